"""Stored values of every shape that cells come in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pixel_images import (
    BIG_ENDIAN,
    JPEG_2000,
    JPEG_LOSSLESS,
    RLE,
    attributes,
    encapsulated,
    even,
    grey,
    items,
    native,
    to_file,
)
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.encoders import RLELosslessEncoder

from dicom_simulators.data_sets import SOP_CLASSES, TRANSFER_SYNTAXES, build
from dicom_workstation.pixels import Image, PixelError, register_pydicom_plugin
from dicom_workstation.pixels.decoding.pydicom_plugin import NAME
from dicom_workstation.tables import COMPRESSED

RAMP = np.arange(5 * 7, dtype="<u2").reshape(5, 7) * 100
CONTEXTS = [
    pytest.param(sop_class.uid, syntax.uid, id=f"{sop_class.label}-{syntax.uid.removeprefix('1.2.840.10008.')}")
    for sop_class in SOP_CLASSES
    if sop_class.native is not None
    for syntax in TRANSFER_SYNTAXES
]


def rgb_pattern(rows: int = 5, columns: int = 6) -> np.ndarray:
    values = np.arange(rows * columns * 3, dtype=np.uint8).reshape(rows, columns, 3)
    return values * 2


def colour(rows: int, columns: int, photometric: str = "RGB", planar: int = 0, bits: int = 8) -> pydicom.Dataset:
    return attributes(
        rows,
        columns,
        bits=bits,
        SamplesPerPixel=3,
        PhotometricInterpretation=photometric,
        PlanarConfiguration=planar,
    )


@pytest.mark.parametrize(("sop_class", "transfer_syntax"), CONTEXTS)
def test_every_context_of_table_3_decodes(sop_class, transfer_syntax):
    instance = build("smallest", sop_class, transfer_syntax)
    image = Image((instance.data_set, transfer_syntax))
    decoded = np.stack([image.stored(frame) for frame in range(1, image.frames + 1)])
    expected = instance.pixels.reshape(decoded.shape)
    assert np.abs(decoded.astype(int) - expected).max() <= instance.max_error


@pytest.fixture
def plugin() -> Iterator[None]:
    """Add the plugin to pydicom, and take it away again: the other tests share its decoders."""
    register_pydicom_plugin()
    yield
    for syntax in COMPRESSED:
        get_decoder(syntax).remove_plugin(NAME)


@pytest.mark.parametrize("transfer_syntax", COMPRESSED)
def test_pydicom_is_not_changed_unless_it_is_asked_for(transfer_syntax):
    assert NAME not in get_decoder(transfer_syntax).available_plugins


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize("transfer_syntax", COMPRESSED)
def test_pydicom_knows_the_plugin(transfer_syntax):
    instance = build("smallest", "1.2.840.10008.5.1.4.1.1.1", transfer_syntax)
    found = instance.read()
    decoded, _ = get_decoder(transfer_syntax).as_array(found, index=0, decoding_plugin=NAME)
    image = Image((instance.data_set, transfer_syntax))
    assert np.array_equal(decoded, image.stored(1))


@pytest.mark.parametrize("dtype", ["<u1", "<i1", "<u2", "<i2", "<u4", "<i4"])
def test_native_cells_keep_size_and_sign(dtype):
    stored = np.array([[0, 1, 2], [-1, -2, 100]]).astype(dtype)
    assert np.array_equal(Image(grey(stored)).stored(1), stored)


def test_the_sign_is_that_of_bits_stored_not_of_the_cell():
    cells = np.array([[0x0FFF, 0x0800], [0x07FF, 0xF001]], "<u2")  # 12 bits; the upper four are noise
    image = native(cells.tobytes(), attributes(2, 2, bits=12, signed=1))
    assert Image(image).stored(1).tolist() == [[-1, -2048], [2047, 1]]


def test_bits_above_high_bit_and_below_the_sample_are_no_part_of_a_value():
    cells = np.array([[0xABC5, 0x0010]], "<u2")
    image = native(cells.tobytes(), attributes(1, 2, bits=8, allocated=16, HighBit=11))
    assert Image(image).stored(1).tolist() == [[0xBC, 0x01]]


@pytest.mark.parametrize("vr", ["OB", "OW"])
def test_big_endian_bytes_lie_as_the_vr_says(vr):
    stored = np.arange(9, dtype="u1").reshape(3, 3)  # odd: frames begin inside words
    frames = np.stack([stored, stored + 50])
    raw = frames.tobytes()
    if vr == "OW":
        raw = np.frombuffer(raw, "<u2").byteswap().tobytes()
    image = native(raw, attributes(3, 3, bits=8, NumberOfFrames="2"), BIG_ENDIAN, vr)
    found = Image(image)
    assert np.array_equal(found.stored(1), frames[0])
    assert np.array_equal(found.stored(2), frames[1])


def test_big_endian_words():
    image = native(RAMP.astype(">u2").tobytes(), attributes(5, 7), BIG_ENDIAN)
    assert np.array_equal(Image(image).stored(1), RAMP)


def test_single_bits_run_on_from_frame_to_frame():
    frames = np.random.default_rng(1).integers(0, 2, (3, 3, 5), "u1")
    raw = np.packbits(frames.reshape(-1), bitorder="little").tobytes()
    image = Image(native(raw, attributes(3, 5, bits=1, allocated=1, NumberOfFrames="3")))
    assert all(np.array_equal(image.stored(n + 1), frames[n]) for n in range(3))


@pytest.mark.parametrize("planar", [0, 1])
def test_planes_become_samples(planar):
    pattern = rgb_pattern()
    raw = (pattern.transpose(2, 0, 1) if planar else pattern).tobytes()
    found = Image(native(raw, colour(5, 6, planar=planar))).stored(1)
    assert np.array_equal(found, pattern)


def test_two_pixels_share_the_colour_of_ybr_full_422():
    raw = bytes([10, 200, 128, 128, 50, 90, 128, 128])
    found = Image(native(raw, colour(2, 2, "YBR_FULL_422"))).stored(1)
    assert found.tolist() == [[[10] * 3, [200] * 3], [[50] * 3, [90] * 3]]


def test_ybr_full_is_the_inverse_of_the_equations():
    # Y, CB, CR of pure red, green and blue by C.7.6.3.1.2, rounded
    raw = bytes([76, 85, 255, 150, 44, 21, 29, 255, 107])
    found = Image(native(raw, colour(1, 3, "YBR_FULL"))).stored(1).astype(int)
    assert np.abs(found - np.eye(3) * 255).max() <= 2


def test_ybr_full_422_with_three_samples_a_pixel_is_refused():
    with pytest.raises(PixelError, match="two samples per pixel"):
        Image(native(bytes(2 * 2 * 3), colour(2, 2, "YBR_FULL_422"))).stored(1)


def palette(image: pydicom.Dataset, entries: int = 4, first: int = 0, bits: int = 16) -> pydicom.Dataset:
    image.PhotometricInterpretation = "PALETTE COLOR"
    for number, name in enumerate(("Red", "Green", "Blue")):
        values = (np.arange(entries) * 256 * 10 * (number + 1)).astype("<u2")
        image.add_new(f"{name}PaletteColorLookupTableDescriptor", "US", [entries, first, bits])
        raw = values.tobytes() if bits == 16 else (values >> 8).astype("u1").tobytes()
        image.add_new(f"{name}PaletteColorLookupTableData", "OW", raw)
    return image


@pytest.mark.parametrize("bits", [8, 16])
def test_palette_colour_takes_the_nearest_entry_outside_the_table(bits):
    image = Image(palette(grey(np.array([[0, 2, 3, 5, 9]], "u1")), first=2, bits=bits))
    assert image.stored(1).tolist() == [[0, 2, 3, 5, 9]]
    assert image.rgb(1).tolist() == [[[0, 0, 0], [0, 0, 0], [10, 20, 30], [30, 60, 90], [30, 60, 90]]]


def test_a_dark_table_among_others_is_a_dark_colour():
    """Tables that declare 16 bits and hold 8 are taken for 8 where all three do; one alone means what it says."""
    image = palette(grey(np.array([[0, 1, 3]], "u1")))
    image.BluePaletteColorLookupTableData = np.array([0, 100, 200, 255], "<u2").tobytes()
    assert Image(image).rgb(1)[0, :, 2].tolist() == [0, 0, 0]
    for name in ("Red", "Green"):
        setattr(image, f"{name}PaletteColorLookupTableData", image.BluePaletteColorLookupTableData)
    assert Image(image).rgb(1)[0].tolist() == [[0] * 3, [100] * 3, [255] * 3]


def test_segments_of_a_palette_unfold():
    image = palette(grey(np.array([[0, 3, 6]], "u1")), entries=7)
    for name in ("Red", "Green", "Blue"):
        del image[f"{name}PaletteColorLookupTableData"]
        segments = np.array([0, 1, 256, 1, 4, 1280, 0, 2, 7680, 65280], "<u2")
        image.add_new(f"Segmented{name}PaletteColorLookupTableData", "OW", segments.tobytes())
    assert Image(image).rgb(1)[0, :, 0].tolist() == [1, 4, 255]


@pytest.mark.parametrize("shape", [(3, 3), (4, 6)])
@pytest.mark.parametrize("dtype", ["u1", "<u2", "<i2"])
def test_rle_decodes(shape, dtype):
    stored = np.random.default_rng(2).integers(0, 50, shape).astype(dtype)
    source = grey(stored)
    frame = RLELosslessEncoder.encode(stored, encoding_plugin="pydicom", **pixel_options(source))
    image = encapsulated(grey(stored), items(even(frame)), RLE)
    assert np.array_equal(Image(image).stored(1), stored)


def test_rle_colour_decodes():
    pattern = rgb_pattern(3, 3)
    source = native(pattern.tobytes(), colour(3, 3))
    frame = RLELosslessEncoder.encode(pattern, encoding_plugin="pydicom", **pixel_options(source))
    image = encapsulated(colour(3, 3), items(even(frame)), RLE)
    assert np.array_equal(Image(image).stored(1), pattern)


def pixel_options(image: pydicom.Dataset) -> dict[str, object]:
    return {
        "rows": image.Rows,
        "columns": image.Columns,
        "number_of_frames": 1,
        "samples_per_pixel": image.SamplesPerPixel,
        "bits_allocated": image.BitsAllocated,
        "bits_stored": image.BitsStored,
        "pixel_representation": image.PixelRepresentation,
        "photometric_interpretation": image.PhotometricInterpretation,
        "planar_configuration": 0,
    }


def lossless(stored: np.ndarray) -> bytes:
    return even(imagecodecs.jpeg8_encode(stored.view("u2"), lossless=True, predictor=1, bitspersample=16))


def test_signed_values_in_jpeg_which_knows_no_sign():
    stored = (RAMP.astype("<i2") - 1500).astype("<i2")
    image = encapsulated(attributes(5, 7, signed=1), items(lossless(stored)), JPEG_LOSSLESS)
    assert np.array_equal(Image(image).stored(1), stored)


def test_jpeg_2000_that_forgets_the_sign():
    stored = np.array([[-5, 4], [-2048, 2047]], "<i2")
    unsigned = (stored & 0xFFF).view("<u2")
    stream = imagecodecs.jpeg2k_encode(unsigned, reversible=True, codecformat="J2K", bitspersample=12, mct=False)
    image = encapsulated(attributes(2, 2, bits=12, signed=1), items(even(stream)), JPEG_2000)
    assert np.array_equal(Image(image).stored(1), stored)


FRAMES = [RAMP, RAMP + 1, RAMP + 2]


def test_an_empty_offset_table_leaves_one_fragment_a_frame():
    image = Image(encapsulated(three_frames(), items(*map(lossless, FRAMES)), JPEG_LOSSLESS))
    assert all(np.array_equal(image.stored(n + 1), FRAMES[n]) for n in (2, 0, 1))


def three_frames() -> pydicom.Dataset:
    return attributes(5, 7, NumberOfFrames="3")


@pytest.mark.parametrize(("has_table", "cuts"), [(True, (20, 40)), (False, (20, 40)), (True, (30,))])
def test_fragments_are_joined_to_frames(has_table, cuts):
    fragments, offsets, position = [], [], 0
    for frame in map(lossless, FRAMES):
        offsets.append(position)
        for begin, end in pairwise((0, *cuts, len(frame))):
            fragments.append(frame[begin:end])
            position += 8 + end - begin
    table = np.array(offsets, "<u4").tobytes() if has_table else b""
    image = Image(encapsulated(three_frames(), items(*fragments, table=table), JPEG_LOSSLESS))
    assert all(np.array_equal(image.stored(n + 1), FRAMES[n]) for n in range(3))


@pytest.mark.parametrize("way", ["file", "bytes", "data set"])
def test_three_ways_to_open_give_the_same(way, tmp_path):
    image = encapsulated(three_frames(), items(*map(lossless, FRAMES)), JPEG_LOSSLESS)
    path = to_file(image, tmp_path / "image.dcm")
    raw = path.read_bytes()
    meta = 132 + 12 + int.from_bytes(raw[140:144], "little")
    found = Image({"file": path, "bytes": (raw[meta:], JPEG_LOSSLESS), "data set": image}[way])
    assert found.frames == 3
    assert np.array_equal(found.stored(2), FRAMES[1])


def test_a_file_without_meta_information_opens(tmp_path):
    image = native(RAMP.astype("<u2").tobytes(), attributes(5, 7))
    raw = to_file(image, tmp_path / "whole.dcm").read_bytes()
    bare = tmp_path / "bare.dcm"
    bare.write_bytes(raw[132 + 12 + int.from_bytes(raw[140:144], "little") :])
    assert np.array_equal(Image(bare).stored(1), RAMP)


@pytest.mark.parametrize("stated_bytes", [0, 70])
def test_pixel_data_without_a_value_are_refused(stated_bytes, tmp_path):
    """Their length is zero, or the file ends after it."""
    path = to_file(native(bytes(stated_bytes), attributes(5, 7)), tmp_path / "image.dcm")
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) - stated_bytes])
    with pytest.raises(PixelError, match="Pixel Data is empty"):
        Image(path)


def test_a_deflated_file_opens():
    path = Path(pydicom.__file__).parent / "data" / "test_files" / "image_dfl.dcm"
    assert np.array_equal(Image(path).stored(1), pydicom.dcmread(path).pixel_array)


@pytest.mark.parametrize("frame", [0, 4, -1])
def test_a_frame_that_is_not_there_is_refused(frame):
    image = Image(encapsulated(three_frames(), items(*map(lossless, FRAMES)), JPEG_LOSSLESS))
    with pytest.raises(PixelError, match="there is no frame"):
        image.stored(frame)


WRONG = {
    "no-rows": ({"Rows": 0}, "no pixels"),
    "no-such-photometric": ({"PhotometricInterpretation": "CMYK"}, "CMYK"),
    "samples-unlike-photometric": ({"SamplesPerPixel": 3}, "not 3"),
    "bits-allocated": ({"BitsAllocated": 12}, "Bits Allocated 12"),
    "bits-stored": ({"BitsStored": 17}, "Bits Stored 17"),
    "high-bit": ({"HighBit": 3}, "High Bit 3"),
    "absurd-frame": ({"Rows": 65535, "Columns": 65535, "BitsAllocated": 64}, "limit"),
}


@pytest.mark.parametrize("name", WRONG)
def test_attributes_that_cannot_be_are_refused(name):
    changes, text = WRONG[name]
    image = grey(RAMP)
    for keyword, value in changes.items():
        setattr(image, keyword, value)
    with pytest.raises(PixelError, match=text):
        Image(image)


def test_missing_pixels_are_refused():
    image = native(RAMP.tobytes()[:-2], attributes(5, 7))
    with pytest.raises(PixelError, match="70 are needed"):
        Image(image).stored(1)


def test_what_is_no_image_is_refused(tmp_path):
    path = tmp_path / "text"
    path.write_text("no image at all")
    with pytest.raises(PixelError):
        Image(path)
    with pytest.raises(PixelError, match="no Pixel Data"):
        Image(attributes(2, 2))
    with pytest.raises(PixelError, match="cannot be read"):
        Image(tmp_path / "missing.dcm")
    with pytest.raises(PixelError, match="cannot be decoded"):
        Image(encapsulated(attributes(5, 7), items(b"\0" * 100), "1.2.3.4")).stored(1)
