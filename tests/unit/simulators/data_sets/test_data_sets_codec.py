"""The markers in the codestreams, and how they are encapsulated."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
import pytest
from pydicom.encaps import generate_frames, parse_basic_offsets

from dicom_simulators.data_sets import SOP_CLASSES, SOPClass, build
from dicom_simulators.data_sets.codec import encapsulate, encode, lossy_bound
from dicom_simulators.data_sets.pixel_format import PixelFormat, choose
from dicom_simulators.data_sets.transfer_syntaxes import TRANSFER_SYNTAXES, transfer_syntax

BASELINE, EXTENDED = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"
LOSSLESS, LOSSLESS_SV1 = "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"
J2K_LOSSLESS, J2K = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"

IMAGES = [pytest.param(row, id=row.label) for row in SOP_CLASSES if row.native is not None]


def _frames(sop_class: SOPClass, uid: str) -> list[bytes]:
    data_set = build("smallest", sop_class.uid, uid).read()
    frames = list(generate_frames(data_set.PixelData, number_of_frames=sop_class.frames))
    assert len(frames) == sop_class.frames
    return frames


def _jpeg_segments(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, segment) up to the start of scan (T.81 B.1.1.4)."""
    assert stream[:2] == b"\xff\xd8"
    position = 2
    while True:
        marker = stream[position + 1]
        length = struct.unpack(">H", stream[position + 2 : position + 4])[0]
        yield marker, stream[position + 4 : position + 2 + length]
        if marker == 0xDA:
            return
        position += 2 + length


def _frame_header(stream: bytes) -> tuple[int, int, int, int, int]:
    """Return (SOF number, precision, rows, columns, components)."""
    (found,) = [(m, s) for m, s in _jpeg_segments(stream) if 0xC0 <= m <= 0xCF and m not in (0xC4, 0xC8, 0xCC)]
    return (found[0] - 0xC0, *struct.unpack(">BHHB", found[1][:6]))


def _selection_value(stream: bytes) -> int:
    """Return Ss of the scan header: the predictor of a lossless scan (T.81 B.2.3)."""
    segment = dict(_jpeg_segments(stream))[0xDA]
    return segment[1 + 2 * segment[0]]


@pytest.mark.parametrize("sop_class", IMAGES)
def test_baseline_is_sof0_at_8_bits(sop_class: SOPClass) -> None:
    for stream in _frames(sop_class, BASELINE):
        assert _frame_header(stream)[:2] == (0, 8)


@pytest.mark.parametrize("sop_class", IMAGES)
def test_extended_is_sof1_at_the_bits_stored(sop_class: SOPClass) -> None:
    stored = build("smallest", sop_class.uid, EXTENDED).read().BitsStored
    assert stored == sop_class.extended_bits
    for stream in _frames(sop_class, EXTENDED):
        assert _frame_header(stream)[:2] == (1, stored)


@pytest.mark.parametrize(("uid", "predictor"), [(LOSSLESS, 6), (LOSSLESS_SV1, 1)])
@pytest.mark.parametrize("sop_class", IMAGES)
def test_lossless_is_sof3_with_its_predictor(sop_class: SOPClass, uid: str, predictor: int) -> None:
    stored = build("smallest", sop_class.uid, uid).read().BitsStored
    for stream in _frames(sop_class, uid):
        assert _frame_header(stream)[:2] == (3, stored)
        assert _selection_value(stream) == predictor


def test_colour_turns_grey_in_extended_unless_the_iod_has_no_grey() -> None:
    rgb, extended = PixelFormat(8, photometric="RGB"), transfer_syntax(EXTENDED)
    assert choose(rgb, 8, extended) == PixelFormat(8)
    assert choose(rgb, 8, extended, colour_only=True) == PixelFormat(8, photometric="YBR_FULL_422")


@pytest.mark.parametrize("uid", [BASELINE, EXTENDED, LOSSLESS, LOSSLESS_SV1])
@pytest.mark.parametrize("sop_class", IMAGES)
def test_jpeg_frame_headers_agree_with_the_data_set(sop_class: SOPClass, uid: str) -> None:
    data_set = build("smallest", sop_class.uid, uid).read()
    size = (data_set.Rows, data_set.Columns, data_set.SamplesPerPixel)
    assert all(_frame_header(stream)[2:] == size for stream in _frames(sop_class, uid))


@pytest.mark.parametrize(("uid", "reversible"), [(J2K_LOSSLESS, True), (J2K, False)])
@pytest.mark.parametrize("sop_class", IMAGES)
def test_jpeg_2000_markers(sop_class: SOPClass, uid: str, reversible: bool) -> None:
    data_set = build("smallest", sop_class.uid, uid).read()
    for stream in _frames(sop_class, uid):
        assert stream[:4] == b"\xff\x4f\xff\x51", "a bare codestream (PS3.5 A.4.4), SOC and SIZ first"
        columns, rows = struct.unpack(">II", stream[8:16])
        assert (rows, columns) == (data_set.Rows, data_set.Columns)
        components = struct.unpack(">H", stream[40:42])[0]
        assert components == data_set.SamplesPerPixel
        depth = stream[42]
        assert (depth & 0x7F) + 1 == data_set.BitsStored
        assert depth >> 7 == data_set.PixelRepresentation
        cod = stream.index(b"\xff\x52")
        component_transform, wavelet = stream[cod + 8], stream[cod + 13]
        assert wavelet == int(reversible)
        assert component_transform == int(components == 3)


@pytest.mark.parametrize("syntax", [pytest.param(s, id=s.uid) for s in TRANSFER_SYNTAXES if s.encapsulated])
def test_the_offset_table_points_at_every_frame(syntax: object) -> None:
    assert isinstance(syntax, type(TRANSFER_SYNTAXES[0]))
    value = build("smallest", "1.2.840.10008.5.1.4.1.1.3.1", syntax.uid).read().PixelData
    offsets = parse_basic_offsets(value)
    assert len(offsets) == 3
    first = 8 + 4 * len(offsets)
    for offset in offsets:
        tag, length = struct.unpack("<II", value[first + offset : first + offset + 8])
        assert tag == 0xE000FFFE
        assert length % 2 == 0


def test_odd_frames_are_padded_and_the_offsets_count_the_padding() -> None:
    value = encapsulate([b"abc", b"de"])
    assert parse_basic_offsets(value) == [0, 12]
    assert list(generate_frames(value, number_of_frames=2)) == [b"abc\0", b"de"]


def test_native_pixels_have_the_byte_order_of_their_transfer_syntax() -> None:
    pixels = np.array([[[0x0102, 0x0304]]], dtype=np.uint16)
    form = PixelFormat(16)
    assert encode(pixels, form, transfer_syntax("1.2.840.10008.1.2.1")).value == b"\x02\x01\x04\x03"
    assert encode(pixels, form, transfer_syntax("1.2.840.10008.1.2.2")).value == b"\x01\x02\x03\x04"


def test_native_pixels_of_odd_length_are_padded() -> None:
    pixels = np.array([[[1, 2, 3]]], dtype=np.uint8)
    assert encode(pixels, PixelFormat(8), transfer_syntax("1.2.840.10008.1.2.1")).value == b"\1\2\3\0"


def test_planar_colour_is_written_plane_by_plane() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    by_plane = PixelFormat(8, photometric="RGB", planar=True)
    value = encode(pixels, by_plane, transfer_syntax("1.2.840.10008.1.2")).value
    assert list(value) == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]


def test_nothing_is_lost_without_a_lossy_codec() -> None:
    for syntax in TRANSFER_SYNTAXES:
        assert (lossy_bound(PixelFormat(12), syntax) > 0) == syntax.lossy


@pytest.mark.parametrize(
    ("native", "extended_bits", "uid", "bits_stored", "signed"),
    [
        (PixelFormat(16, signed=True), 12, "1.2.840.10008.1.2.1", 16, True),
        (PixelFormat(16, signed=True), 12, BASELINE, 8, False),
        (PixelFormat(16, signed=True), 12, EXTENDED, 12, False),
        (PixelFormat(16, signed=True), 12, LOSSLESS, 16, True),
        (PixelFormat(8), 8, EXTENDED, 8, False),
        (PixelFormat(10), 12, J2K, 10, False),
    ],
)
def test_the_codec_has_the_last_word_on_depth(
    native: PixelFormat, extended_bits: int, uid: str, bits_stored: int, signed: bool
) -> None:
    form = choose(native, extended_bits, transfer_syntax(uid))
    assert (form.bits_stored, form.signed) == (bits_stored, signed)
    assert form.bits_allocated == (8 if bits_stored == 8 else 16)
