"""What holds for every lookup table, every window, every cell and every damaged frame.

References
----------
PS3.3 Section C.11.1.1.1, C.11.2.1.1, C.11.2.1.2.1, C.11.2.1.3; PS3.5 Section 8.1.1, Annex A.4
"""

from __future__ import annotations

import struct

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset

from dicom_simulators.data_sets import build
from dicom_workstation.pixels import (
    Function,
    Image,
    PixelError,
    Rescale,
    Shape,
    Transformation,
    Window,
    apply,
    lookup_table,
    presentation_lut,
)
from dicom_workstation.pixels.colour import to_rgb
from dicom_workstation.pixels.decoding import cells, encapsulation
from dicom_workstation.pixels.decoding.pixel_source import InMemory
from dicom_workstation.pixels.image_pixel import ImagePixel

numbers = st.floats(-1e5, 1e5, allow_nan=False)
inputs = st.lists(numbers, min_size=1, max_size=30).map(lambda values: np.array(sorted(values)))
windows = st.builds(Window, numbers, st.floats(1, 1e5, allow_nan=False), st.sampled_from(sorted(Function, key=str)))
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
unhurried = settings(deadline=None)  # a busy machine is no failure


@st.composite
def tables(draw: st.DrawFn) -> tuple[Dataset, bool, list[int], int, int]:
    """An item with LUT Descriptor and LUT Data, and what it means."""
    bits = draw(st.integers(8, 16))
    is_signed = draw(st.booleans())
    first = draw(st.integers(-0x8000, 0x7FFF) if is_signed else st.integers(0, 0xFFFF))
    size = draw(st.one_of(st.integers(1, 40), st.sampled_from([65535, 65536])))
    pattern = draw(st.lists(st.integers(0, (1 << bits) - 1), min_size=1, max_size=20))
    entries = (pattern * (size // len(pattern) + 1))[:size]
    item = Dataset()
    vr = draw(st.sampled_from(["SS", "US"])) if is_signed else "US"
    item.add_new("LUTDescriptor", vr, [size & 0xFFFF, first if vr == "SS" else first & 0xFFFF, bits])
    if size > 40 or draw(st.booleans()):
        item.add_new("LUTData", "OW", np.array(entries, "<u2").tobytes())
    else:
        item.add_new("LUTData", "US", entries)
    return item, is_signed, entries, first, bits


@settings(deadline=None, max_examples=60)
@given(tables(), st.lists(st.integers(-70000, 140000), min_size=1, max_size=20))
def test_every_descriptor_gives_the_table_that_it_describes(found, values):
    item, is_signed, entries, first, bits = found
    table = lookup_table.read_lookup_table(item, "table", is_signed=is_signed)
    assert (table.entries, table.first, table.bits) == (len(entries), first, bits)
    expected = [entries[min(max(value - first, 0), len(entries) - 1)] for value in values]
    assert table.apply(np.array(values)).tolist() == expected


@unhurried
@given(st.integers(1, 65536), st.integers(1, 65536))
def test_a_descriptor_with_another_number_of_entries_is_refused(said, there):
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [said & 0xFFFF, 0, 16])
    item.add_new("LUTData", "OW", bytes(2 * there))
    if said == there:
        assert lookup_table.read_lookup_table(item, "table", is_signed=False).entries == there
    elif 2 * there != said + said % 2:  # half as many words may be entries of 8 bits
        with pytest.raises(PixelError):
            lookup_table.read_lookup_table(item, "table", is_signed=False)


@unhurried
@given(windows, inputs)
def test_windows_rise_from_0_to_1(window, values):
    found = window.apply(values)
    assert ((found >= 0) & (found <= 1)).all()
    assert (np.diff(found) >= 0).all()


@unhurried
@given(numbers, st.integers(1, 4096))
def test_the_edges_of_linear_are_where_the_standard_has_them(center, width):
    low, high = center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2
    step = max(1e-3, abs(center) * 1e-9)
    found = Window(center, width).apply(np.array([low - step, low, high + step]))
    assert found[0] == 0.0
    assert found[1] <= 1e-6
    assert found[2] == 1.0


@unhurried
@given(numbers, st.floats(1, 1e4))
def test_the_centre_of_exact_and_sigmoid_is_mid_grey(center, width):
    for function in (Function.LINEAR_EXACT, Function.SIGMOID):
        assert Window(center, width, function).apply(np.array([center]))[0] == 0.5


@unhurried
@given(st.floats(0.001, 1e4), numbers, windows, inputs)
def test_a_window_follows_a_rescale(slope, intercept, window, values):
    by_hand = window.apply(values * slope + intercept)
    assert np.array_equal(window.apply(Rescale(slope, intercept).apply(values)), by_hand)


@unhurried
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_inverse_undoes_itself(values):
    once = presentation_lut.apply(Shape.INVERSE, np.array(values))
    assert np.allclose(presentation_lut.apply(Shape.INVERSE, once), values)
    assert np.array_equal(presentation_lut.apply(Shape.IDENTITY, np.array(values)), values)


@unhurried
@given(st.integers(8, 16), st.integers(2, 300))
def test_a_straight_presentation_table_is_identity_but_for_its_steps(bits, entries):
    straight = np.linspace(0, (1 << bits) - 1, entries)
    table = lookup_table.of_values(np.rint(straight), bits=bits)
    shown = np.linspace(0, 1, 101)
    assert np.abs(presentation_lut.apply(table, shown) - shown).max() <= 0.5 / (entries - 1) + 1 / (1 << bits)


@unhurried
@given(st.data(), st.sampled_from([8, 16, 32]), st.booleans())
def test_cells_keep_their_values_whatever_the_unused_bits_hold(data, allocated, signed):
    stored = data.draw(st.integers(1, allocated))
    high_bit = data.draw(st.integers(stored - 1, allocated - 1))
    low, high = (-(1 << (stored - 1)), (1 << (stored - 1)) - 1) if signed else (0, (1 << stored) - 1)
    values = data.draw(st.lists(st.integers(low, high), min_size=1, max_size=8))
    noise = data.draw(st.integers(0, (1 << allocated) - 1))
    shift = high_bit + 1 - stored
    mask = ((1 << stored) - 1) << shift
    raw = [((value << shift) & mask) | (noise & ~mask & ((1 << allocated) - 1)) for value in values]
    pixel = ImagePixel(1, len(values), 1, "MONOCHROME2", allocated, stored, high_bit, signed, False)
    packed = np.array(raw, f"u{allocated // 8}").view(pixel.dtype)
    assert cells.values(packed, pixel).tolist() == values


@unhurried
@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_ybr_full_comes_back(red, green, blue):
    y = 0.299 * red + 0.587 * green + 0.114 * blue
    cb = -0.168736 * red - 0.331264 * green + 0.5 * blue + 128
    cr = 0.5 * red - 0.418688 * green - 0.081312 * blue + 128
    ybr = np.clip(np.rint([[[y, cb, cr]]]), 0, 255).astype("u1")
    assert np.abs(to_rgb(ybr, "YBR_FULL", 8)[0, 0].astype(int) - (red, green, blue)).max() <= 2


# --- frames and fragments


@unhurried
@given(st.lists(st.lists(st.binary(min_size=2, max_size=10), min_size=1, max_size=4), min_size=1, max_size=6))
def test_every_grouping_of_fragments_is_found_by_its_offset_table(frames):
    frames = [[part + b"\0" * (len(part) % 2) for part in parts] for parts in frames]
    offsets, position = [], 0
    for parts in frames:
        offsets.append(position)
        position += sum(8 + len(part) for part in parts)
    flat = [struct.pack(f"<{len(offsets)}I", *offsets), *(part for parts in frames for part in parts)]
    raw = b"".join(b"\xfe\xff\x00\xe0" + struct.pack("<I", len(item)) + item for item in flat)
    found = encapsulation.index(InMemory(raw, 0, len(raw)), len(frames), None)
    assert [found.frame(number + 1) for number in range(len(frames))] == [b"".join(parts) for parts in frames]


@unhurried
@given(st.binary(max_size=200), st.integers(1, 5))
def test_no_bytes_are_more_than_an_error(raw, frames):
    try:
        found = encapsulation.index(InMemory(raw, 0, len(raw)), frames, None)
    except PixelError:
        return
    assert len(found.frames) == frames


def image(signed: bool, bits: int, stored: np.ndarray) -> Dataset:
    found = Dataset()
    found.file_meta = FileMetaDataset()
    found.SamplesPerPixel, found.PhotometricInterpretation = 1, "MONOCHROME2"
    found.Rows, found.Columns = stored.shape
    found.BitsAllocated, found.BitsStored, found.HighBit = 16, bits, bits - 1
    found.PixelRepresentation = int(signed)
    found.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    found.add_new("PixelData", "OW", stored.astype("<u2").tobytes())
    return found


@settings(deadline=None, max_examples=40)
@given(st.booleans(), st.integers(9, 16), st.integers(-2000, 2000), windows, st.booleans(), st.booleans())
def test_looking_up_is_computing(signed, bits, intercept, window, is_inverted, is_inverse):
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    stored = np.linspace(low, high, 64).astype(np.int64).reshape(8, 8)
    shape = Shape.INVERSE if is_inverse else Shape.IDENTITY
    transformation = Transformation(Rescale(1, intercept), None, window, shape, is_inverted)
    found = apply(Image(image(signed, bits, stored & 0xFFFF)), 1, transformation)
    interest = window.apply(stored + float(intercept))
    if is_inverted != is_inverse:
        interest = 1 - interest
    assert np.abs(found - interest * 255).max() <= 0.5 + 1e-6


# Even as it is; the padding is part of no marker.
STREAM = bytes(
    imagecodecs.jpeg8_encode(
        np.add.outer(np.arange(16), np.arange(16)).astype("u2"), lossless=True, predictor=1, bitspersample=16
    )
)


@unhurried
@given(st.data())
def test_damaged_headers_give_a_frame_or_an_error(data):
    stream = bytearray(STREAM)
    for _ in range(data.draw(st.integers(1, 4))):
        stream[data.draw(st.integers(0, 40))] = data.draw(st.integers(0, 255))
    value = b"".join(b"\xfe\xff\x00\xe0" + struct.pack("<I", len(item)) + item for item in (b"", bytes(stream)))
    found = image(False, 16, np.zeros((16, 16)))
    found.file_meta.TransferSyntaxUID = JPEG_LOSSLESS
    found.add_new("PixelData", "OB", value)
    try:
        decoded = Image(found).stored(1)
    except PixelError:
        return
    assert decoded.shape == (16, 16)


CONTEXTS = [
    (sop_class, syntax)
    for sop_class in ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.6.1", "1.2.840.10008.5.1.4.1.1.7.2")
    for syntax in ("1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90")
]


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(CONTEXTS), st.data())
def test_damaged_instances_give_a_picture_or_an_error(context, data):
    sop_class, transfer_syntax = context
    raw = bytearray(build("smallest", sop_class, transfer_syntax).data_set)
    for _ in range(data.draw(st.integers(1, 5))):
        raw[data.draw(st.integers(0, min(len(raw), 3000) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = Image((bytes(raw), transfer_syntax))
        picture = apply(found, 1, Transformation.of_image(found))
    except PixelError:
        return
    assert picture.shape[:2] == (found.pixel.rows, found.pixel.columns)
