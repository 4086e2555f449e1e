"""A conversion of the transfer syntax changes what it must and nothing else: by bytes, element by element."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from element_reader import WIDTH, Seen, parse, size
from pydicom.encaps import encapsulate

from dicom_workstation.data_sets import FileError, open_part10
from dicom_workstation.pixels import Image
from dicom_workstation.storage.decoding import DecodingError, convert
from dicom_workstation.tables import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    JPEG_2000,
    JPEG_LOSSLESS_FIRST_ORDER,
    UNCOMPRESSED,
)

SHIPPED = Path(pydicom.__file__).parent / "data"
OF_THE_PROJECT = Path(__file__).parents[2] / "data" / "images"
LATIN_1 = "text_not_in_declared_set.dcm"


def _files() -> list[Path]:
    found = []
    for path in sorted([*SHIPPED.rglob("*.dcm"), *OF_THE_PROJECT.glob("*.dcm")]):
        try:
            open_part10(path)
        except FileError:
            continue
        found.append(path)
    return found


FILES = _files()
# What cannot be converted, and why.
IMPOSSIBLE = {
    "JPEG2000-embedded-sequence-delimiter.dcm": "codestream declares 1024 x 3722445056",
    "MR_truncated.dcm": "ends within element 7FE00010",
    "SC_rgb_jpeg.dcm": "ends within element",
    "rtplan_truncated.dcm": "ends within element 300A00B0",
}


def is_implicit(transfer_syntax: str) -> bool:
    return transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN


def order(transfer_syntax: str) -> str:
    return ">" if transfer_syntax == EXPLICIT_VR_BIG_ENDIAN else "<"


def number(elements: list[Seen], tag: int, transfer_syntax: str) -> int | None:
    value = next((one.value for one in elements if one.tag == tag), b"")
    return struct.unpack_from(order(transfer_syntax) + "H", value)[0] if len(value) >= 2 else None


def differences(
    was: list[Seen], now: list[Seen], syntaxes: tuple[str, str], decoded: frozenset[int] = frozenset()
) -> list[str]:
    """Say in what two lists of elements differ without need."""
    if [one.tag for one in was] != [one.tag for one in now]:
        return [f"{sorted({one.tag for one in was} ^ {one.tag for one in now})} differ, or the order"]
    found = []
    for one, other in zip(was, now, strict=True):
        name = f"{one.tag:08X}"
        if one.tag & 0xFFFF == 0 and len(one.value) == 4:
            rest = now[now.index(other) + 1 :]
            true = sum(size(each, is_implicit(syntaxes[1])) for each in rest if each.tag >> 16 == one.tag >> 16)
            if struct.unpack(order(syntaxes[1]) + "I", other.value)[0] != true:
                found.append(f"{name} is no true group length")
            continue
        if one.tag in decoded:
            continue
        if one.vr and other.vr and one.vr != other.vr:
            found.append(f"{name} was {one.vr} and is {other.vr}")
        if one.items is None and other.items is not None:  # UN that Implicit VR gives its VR back
            if (one.value, one.is_length_undefined) != (other.value, other.is_length_undefined):
                found.append(f"{name} has other bytes")
            continue
        if one.is_length_undefined != other.is_length_undefined or one.items_undefined != other.items_undefined:
            found.append(f"{name} has another form of length")
        if one.items is not None and (one.vr != "UN" or other.vr == ""):
            assert other.items is not None, name
            inner = syntaxes if one.vr != "UN" else (IMPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN)
            for item, same in zip(one.items, other.items, strict=True):
                found += [f"{name}.{each}" for each in differences(item, same, inner)]
            continue
        if other.value != expected(one, other, was, syntaxes):
            found.append(f"{name} {one.vr}/{other.vr} has other bytes")
    return found


def expected(one: Seen, other: Seen, was: list[Seen], syntaxes: tuple[str, str]) -> bytes:
    """Give the bytes that a value has to have afterwards."""
    vr = one.vr or other.vr
    if order(syntaxes[0]) == order(syntaxes[1]) or vr == "UN":
        return one.value
    width = WIDTH.get(vr, 1)
    if one.tag == 0x7FE00010 and vr == "OW":
        width = max(2, (number(was, 0x00280100, syntaxes[0]) or 16) // 8)
    whole = len(one.value) // width * width
    swapped = np.frombuffer(one.value[:whole], f"u{width}").byteswap().tobytes() if width > 1 else one.value[:whole]
    return swapped + one.value[whole:]


def encoded(path: Path) -> tuple[bytes, str]:
    file = open_part10(path)
    return file.data_set(), file.transfer_syntax


# What decoding may change: Pixel Data and what says how they are held.
OF_PIXELS = frozenset({0x7FE00010, 0x00280004, 0x00280006, 0x00280101, 0x00280102})


@pytest.mark.parametrize("wanted", UNCOMPRESSED, ids=["implicit", "explicit", "big"])
@pytest.mark.parametrize("path", [pytest.param(one, id=one.stem) for one in FILES if one.name not in IMPOSSIBLE])
def test_every_shipped_file_keeps_every_element(path, wanted):
    raw, transfer_syntax = encoded(path)
    converted = convert(raw, transfer_syntax, wanted)
    was = parse(raw, is_implicit(transfer_syntax), order(transfer_syntax))
    now = parse(converted, is_implicit(wanted), order(wanted))
    decoded = OF_PIXELS if transfer_syntax not in UNCOMPRESSED else frozenset()
    assert differences(was, now, (transfer_syntax, wanted), decoded) == []
    if decoded and any(one.tag == 0x7FE00010 for one in was):
        image, native = Image((raw, transfer_syntax)), Image((converted, wanted))
        for frame in range(1, image.frames + 1):
            assert np.array_equal(image.stored(frame), native.stored(frame))


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_file_that_cannot_be_converted_is_refused_with_its_reason(name):
    raw, transfer_syntax = encoded(next(path for path in FILES if path.name == name))
    for wanted in UNCOMPRESSED:
        with pytest.raises(DecodingError, match=IMPOSSIBLE[name]):
            convert(raw, transfer_syntax, wanted)


def test_the_shipped_files_are_there():
    assert len(FILES) > 90


# -- elements made by hand, of what the files do not have


def short(tag: int, vr: str, value: bytes, by: str = "<") -> bytes:
    return struct.pack(by + "HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), len(value)) + value


def long(tag: int, vr: str, value: bytes, by: str = "<", length: int | None = None) -> bytes:
    head = struct.pack(by + "HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode(), 0, len(value) if length is None else length)
    return head + value


def implicit(tag: int, value: bytes, length: int | None = None) -> bytes:
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value) if length is None else length) + value


def item(*elements: bytes, by: str = "<", is_undefined: bool = False) -> bytes:
    body = b"".join(elements)
    end = struct.pack(by + "HHI", 0xFFFE, 0xE00D, 0) if is_undefined else b""
    return struct.pack(by + "HHI", 0xFFFE, 0xE000, 0xFFFFFFFF if is_undefined else len(body)) + body + end


def end(by: str = "<") -> bytes:
    return struct.pack(by + "HHI", 0xFFFE, 0xE0DD, 0)


def test_text_outside_its_declared_character_set_keeps_its_bytes():
    raw, transfer_syntax = encoded(OF_THE_PROJECT / LATIN_1)
    name = next(one.value for one in parse(raw, is_implicit(transfer_syntax)) if one.tag == 0x00100010)
    assert not name.isascii()
    for wanted in UNCOMPRESSED:
        now = parse(convert(raw, transfer_syntax, wanted), is_implicit(wanted), order(wanted))
        assert next(one.value for one in now if one.tag == 0x00100010) == name


@pytest.mark.parametrize("text", [b"Buc^J\xe9r\xf4me ", b"\x1b$B$d$^$@\x1b(B^a", b"\xff\xfe\\\xc0 ", b"a\0", b"x"])
@pytest.mark.parametrize("charset", [b"ISO_IR 192", b"", b"ISO_IR 6 ", b"nonsense"])
def test_any_bytes_of_any_text_are_kept_in_items_too(text, charset):
    def elements(make) -> bytes:
        return b"".join(make(tag, vr, text) for tag, vr in ((0x00100010, "PN"), (0x00100020, "LO"), (0x00104000, "LT")))

    raw = short(0x00080005, "CS", charset) + long(0x00081110, "SQ", item(elements(short))) + elements(short)
    wanted = (
        implicit(0x00080005, charset)
        + implicit(0x00081110, item(elements(lambda tag, vr, value: implicit(tag, value))))
        + elements(lambda tag, vr, value: implicit(tag, value))
    )
    assert convert(raw, EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN) == wanted
    assert convert(wanted, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN) == raw


NUMBERS = bytes(range(1, 17))


def test_each_vr_is_turned_round_by_its_words():
    width = {"AT": 2, "US": 2, "SS": 2, "UL": 4, "SL": 4, "FL": 4, "FD": 8}
    wide = {"OB": 1, "UN": 1, "OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8, "SV": 8, "UV": 8}

    def private(by: str) -> bytes:
        creator = short(0x00090010, "LO", b"SOMEBODY", by)
        made = [creator]
        for place, (vr, bytes_) in enumerate([*width.items(), *wide.items()]):
            value = NUMBERS if by == "<" else np.frombuffer(NUMBERS, f"u{bytes_}").byteswap().tobytes()
            made.append((short if vr in width else long)(0x00091001 + place, vr, value, by))
        return b"".join(made) + long(
            0x00091040, "SQ", item(short(0x00091001, "US", NUMBERS[:2][:: 1 if by == "<" else -1], by), by=by), by
        )

    assert convert(private("<"), EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN) == private(">")
    assert convert(private(">"), EXPLICIT_VR_BIG_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN) == private("<")


def test_words_of_pixels_keep_their_vr_and_change_places():
    attributes = [(0x00280010, 1), (0x00280011, 4), (0x00280100, 8)]

    def image(by: str, pixels: bytes) -> bytes:
        head = b"".join(short(tag, "US", struct.pack(by + "H", value), by) for tag, value in attributes)
        return head + long(0x7FE00010, "OW", pixels, by)

    assert convert(image("<", b"abcd"), EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN) == image(">", b"badc")
    assert convert(image(">", b"badc"), EXPLICIT_VR_BIG_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN) == image("<", b"abcd")


def test_the_form_of_lengths_stays_and_lengths_become_true():
    raw = (
        long(0x00081110, "SQ", item(short(0x00080050, "SH", b"AB"), is_undefined=True) + end(), length=0xFFFFFFFF)
        + long(0x00081111, "SQ", item(short(0x00080050, "SH", b"AB"), long(0x00091001, "UN", b"abc")))
        + long(0x00081115, "SQ", b"")
    )
    wanted = (
        implicit(0x00081110, item(implicit(0x00080050, b"AB"), is_undefined=True) + end(), length=0xFFFFFFFF)
        + implicit(0x00081111, item(implicit(0x00080050, b"AB"), implicit(0x00091001, b"abc")))
        + implicit(0x00081115, b"")
    )
    assert convert(raw, EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN) == wanted
    assert convert(wanted, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN) == raw


def test_a_sequence_of_vr_un_stays_in_implicit_little_endian():
    body = item(implicit(0x00080050, b"AB"), implicit(0x00280010, b"\1\2"), is_undefined=True) + end()
    little = long(0x00091001, "UN", body, length=0xFFFFFFFF)
    big = long(0x00091001, "UN", body, ">", length=0xFFFFFFFF)
    assert convert(little, EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN) == big
    assert convert(big, EXPLICIT_VR_BIG_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN) == little
    assert convert(big, EXPLICIT_VR_BIG_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN) == implicit(0x00091001, body, 0xFFFFFFFF)


def test_implicit_vr_gets_the_vr_that_other_elements_settle():
    raw = (
        implicit(0x00080000, b"\0\0\0\0")
        + implicit(0x00080050, b"AB")
        + implicit(0x00090010, b"SOMEBODY")
        + implicit(0x00091001, b"abc")
        + implicit(0x00280103, b"\1\0")
        + implicit(0x00280106, b"\xff\xff")
        + implicit(0x00281052, b"1" * 0x10000)
    )
    wanted = (
        short(0x00080000, "UL", struct.pack("<I", 10))
        + short(0x00080050, "SH", b"AB")
        + short(0x00090010, "LO", b"SOMEBODY")
        + long(0x00091001, "UN", b"abc")
        + short(0x00280103, "US", b"\1\0")
        + short(0x00280106, "SS", b"\xff\xff")
        + long(0x00281052, "UN", b"1" * 0x10000)  # longer than a length of two bytes can say (PS3.5 6.2.2)
    )
    assert convert(raw, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN) == wanted


# -- from compressed to native


def compressed(bits: int, cells: np.ndarray, frame: bytes, transfer_syntax: str, **changes: object) -> bytes:
    made = pydicom.Dataset()
    made.PatientName = b"J\xe9r\xf4me".decode("latin-1")
    made.SpecificCharacterSet = "ISO_IR 100"
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.Rows, made.Columns = cells.shape
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, bits, bits - 1, 0
    for keyword, value in changes.items():
        setattr(made, keyword, value)
    made.ExtendedOffsetTable = b"\0" * 8
    made.ExtendedOffsetTableLengths = struct.pack("<Q", len(frame))
    made.PixelData = encapsulate([frame], has_bot=False)
    made["PixelData"].VR, made["PixelData"].is_undefined_length = "OB", True
    stream = BytesIO()
    pydicom.dcmwrite(stream, made, implicit_vr=False, little_endian=True)
    return stream.getvalue()


CELLS = np.arange(64, dtype="<u2").reshape(8, 8) * 60 + 100


def values(raw: bytes) -> dict[int, bytes]:
    return {one.tag: one.value for one in parse(raw, False)}


def test_lossless_cells_are_cut_where_they_become_native():
    frame = imagecodecs.jpeg8_encode(CELLS | 0xA000, lossless=True, predictor=1, bitspersample=16)
    raw = compressed(12, CELLS, frame, JPEG_LOSSLESS_FIRST_ORDER, PixelRepresentation=1)
    found = values(convert(raw, JPEG_LOSSLESS_FIRST_ORDER, EXPLICIT_VR_LITTLE_ENDIAN))
    signed = (CELLS << 4).view("<i2") >> 4
    assert found[0x7FE00010] == signed.tobytes()
    assert found[0x00280101] == struct.pack("<H", 12)
    assert 0x7FE00001 not in found
    assert 0x7FE00002 not in found


def test_samples_that_begin_above_bit_0_become_native_from_bit_0_on():
    frame = imagecodecs.jpeg8_encode(CELLS << 4, lossless=True, predictor=1, bitspersample=16)
    raw = compressed(12, CELLS, frame, JPEG_LOSSLESS_FIRST_ORDER, HighBit=15)
    found = values(convert(raw, JPEG_LOSSLESS_FIRST_ORDER, EXPLICIT_VR_LITTLE_ENDIAN))
    assert found[0x7FE00010] == CELLS.tobytes()
    assert found[0x00280102] == struct.pack("<H", 11)


def test_a_lossy_codestream_deeper_than_bits_stored_gets_the_bits_that_it_needs():
    cells = np.where(CELLS % 8 < 4, 4090, 4102).astype("<u2")
    frame = imagecodecs.jpeg2k_encode(cells, 90, reversible=False, codecformat="J2K", bitspersample=16, mct=False)
    raw = compressed(12, cells, frame, JPEG_2000)
    native = convert(raw, JPEG_2000, EXPLICIT_VR_LITTLE_ENDIAN)
    shown = Image((native, EXPLICIT_VR_LITTLE_ENDIAN)).stored(1)
    assert np.array_equal(shown, Image((raw, JPEG_2000)).stored(1))
    assert shown.max() > 4095
    found = values(native)
    assert (found[0x00280101], found[0x00280102]) == (struct.pack("<H", 13), struct.pack("<H", 12))


def test_a_compressed_icon_becomes_native_as_well():
    frame = imagecodecs.jpeg8_encode(CELLS, lossless=True, predictor=1, bitspersample=16)
    raw = compressed(16, CELLS, frame, JPEG_LOSSLESS_FIRST_ORDER)
    whole = long(0x00880200, "SQ", item(raw)) + short(0x00280010, "US", b"\1\0")
    found = parse(convert(whole, JPEG_LOSSLESS_FIRST_ORDER, EXPLICIT_VR_LITTLE_ENDIAN), False)
    icon = found[0].items[0]
    assert icon[-1].value == CELLS.tobytes()
    assert not icon[-1].is_length_undefined


def test_compressed_data_that_are_no_pixels_are_no_reason_to_guess():
    fragments = struct.pack("<HHI", 0xFFFE, 0xE000, 0) + end()
    raw = long(0x00091001, "OB", fragments, length=0xFFFFFFFF)
    with pytest.raises(DecodingError, match="compressed data in element 00091001"):
        convert(raw, JPEG_LOSSLESS_FIRST_ORDER, EXPLICIT_VR_LITTLE_ENDIAN)
