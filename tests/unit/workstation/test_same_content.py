"""Another content: only what differs in an element or a decoded pixel, whatever the transfer syntaxes."""

from __future__ import annotations

import threading
from io import BytesIO

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from dicom_simulators.data_sets import SOP_CLASSES, TRANSFER_SYNTAXES, build
from dicom_workstation.instances import KeepResult, Memory, StoredInstance, same_content
from dicom_workstation.instances.same_content import has_same_content
from dicom_workstation.storage.decoding import convert
from dicom_workstation.tables import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    JPEG_2000,
    JPEG_BASELINE,
    JPEG_LOSSLESS_FIRST_ORDER,
    UNCOMPRESSED,
)

CR = "1.2.840.10008.5.1.4.1.1.1"
CELLS = np.arange(64, dtype="<u2").reshape(8, 8) * 60


def image(**changes: object) -> Dataset:
    made = Dataset()
    made.SOPInstanceUID = "2.25.1"
    made.PatientName = "Doe^Jane"
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.Rows, made.Columns = CELLS.shape
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 12, 11, 0
    made.SliceThickness = "1.50"
    item = Dataset()
    item.Rows, item.TextString = 3, "inside"
    made.IconImageSequence = [item]
    block = made.private_block(0x0009, "SOMEBODY", create=True)
    block.add_new(0x01, "UL", 70000)
    inner = Dataset()
    inner.AccessionNumber = "A"
    block.add_new(0x02, "SQ", [inner])
    for keyword, value in changes.items():
        setattr(made, keyword, value)
    return made


def encode(made: Dataset, transfer_syntax: str, pixels: bytes | None = None) -> bytes:
    if pixels is not None:
        made.PixelData = pixels
        made["PixelData"].VR = "OW"
    stream = BytesIO()
    is_implicit = transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
    pydicom.dcmwrite(stream, made, implicit_vr=is_implicit, little_endian=transfer_syntax != EXPLICIT_VR_BIG_ENDIAN)
    return stream.getvalue()


def native(transfer_syntax: str = EXPLICIT_VR_LITTLE_ENDIAN, cells: np.ndarray = CELLS, **changes: object) -> bytes:
    by = ">" if transfer_syntax == EXPLICIT_VR_BIG_ENDIAN else "<"
    return encode(image(**changes), transfer_syntax, cells.astype(f"{by}u2").tobytes())


def compressed(frame: bytes, transfer_syntax: str, **changes: object) -> bytes:
    made = image(**changes)
    made.PixelData = encapsulate([frame])
    made["PixelData"].is_undefined_length = True
    made["PixelData"].VR = "OB"
    return encode(made, transfer_syntax)


def lossless(cells: np.ndarray = CELLS, predictor: int = 1) -> bytes:
    return imagecodecs.jpeg8_encode(cells, lossless=True, predictor=predictor, bitspersample=16)


@pytest.mark.parametrize("one", UNCOMPRESSED)
@pytest.mark.parametrize("other", UNCOMPRESSED)
def test_the_same_in_another_uncompressed_syntax(one, other):
    assert has_same_content(native(one), one, native(other), other)


CHANGES = {
    "a name": {"PatientName": "Doe^John"},
    "a number": {"SliceThickness": "1.51"},
    "an element more": {"PatientID": "1"},
    "bits": {"BitsStored": 13},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("other", [*UNCOMPRESSED, JPEG_LOSSLESS_FIRST_ORDER])
def test_another_value_is_another_content_in_every_syntax(change, other):
    changed = compressed(lossless(), other, **change) if other not in UNCOMPRESSED else native(other, **change)
    assert not has_same_content(native(), EXPLICIT_VR_LITTLE_ENDIAN, changed, other)


def test_what_is_in_items_and_in_private_elements_counts():
    def differing(change) -> bytes:
        made = image()
        change(made)
        return encode(made, IMPLICIT_VR_LITTLE_ENDIAN, CELLS.tobytes())

    def in_item(made: Dataset) -> None:
        made.IconImageSequence[0].TextString = "other"

    def in_private_item(made: Dataset) -> None:
        made[0x0009, 0x1002].value[0].AccessionNumber = "B"

    def in_private(made: Dataset) -> None:
        made[0x0009, 0x1001].value = 70001

    for change in (in_item, in_private_item, in_private):
        assert not has_same_content(native(), EXPLICIT_VR_LITTLE_ENDIAN, differing(change), IMPLICIT_VR_LITTLE_ENDIAN)


def test_an_element_that_says_nothing_else_is_no_other_content():
    assert has_same_content(
        native(), EXPLICIT_VR_LITTLE_ENDIAN, native(SliceThickness="1.5"), EXPLICIT_VR_LITTLE_ENDIAN
    )
    padded = native() + b"\xfc\xff\xfc\xffOB\0\0\x04\0\0\0\0\0\0\0"
    assert has_same_content(native(), EXPLICIT_VR_LITTLE_ENDIAN, padded, EXPLICIT_VR_LITTLE_ENDIAN)
    made = image()
    made["IconImageSequence"].is_undefined_length = True
    other = encode(made, EXPLICIT_VR_LITTLE_ENDIAN, CELLS.tobytes())
    assert other != native()
    assert has_same_content(native(), EXPLICIT_VR_LITTLE_ENDIAN, other, EXPLICIT_VR_LITTLE_ENDIAN)


@pytest.mark.parametrize("other", UNCOMPRESSED)
def test_losslessly_compressed_pixels_are_compared_decoded(other):
    raw = compressed(lossless(), JPEG_LOSSLESS_FIRST_ORDER)
    assert has_same_content(raw, JPEG_LOSSLESS_FIRST_ORDER, native(other), other)
    assert has_same_content(native(other), other, raw, JPEG_LOSSLESS_FIRST_ORDER)
    changed = CELLS.copy()
    changed[7, 7] += 1
    assert not has_same_content(raw, JPEG_LOSSLESS_FIRST_ORDER, native(other, changed), other)


def test_two_codestreams_of_the_same_pixels_are_the_same():
    one, other = (
        compressed(lossless(), JPEG_LOSSLESS_FIRST_ORDER),
        compressed(lossless(predictor=4), JPEG_LOSSLESS_FIRST_ORDER),
    )
    assert one != other
    assert has_same_content(one, JPEG_LOSSLESS_FIRST_ORDER, other, JPEG_LOSSLESS_FIRST_ORDER)


def test_bits_above_bits_stored_are_no_content_of_lossless_cells():
    raw = compressed(lossless(CELLS | 0x5000), JPEG_LOSSLESS_FIRST_ORDER)
    assert has_same_content(raw, JPEG_LOSSLESS_FIRST_ORDER, native(), EXPLICIT_VR_LITTLE_ENDIAN)


def test_a_lossy_image_that_was_decoded_is_the_same_and_another_one_is_not():
    colours = np.stack([CELLS // 20, 200 - CELLS // 20, CELLS * 0 + 90], axis=-1).astype("u1")
    colour = {
        "SamplesPerPixel": 3,
        "PhotometricInterpretation": "YBR_FULL_422",
        "PlanarConfiguration": 0,
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
    }

    def jpeg(pixels: np.ndarray) -> bytes:
        frame = imagecodecs.jpeg8_encode(pixels, 95, colorspace="RGB", outcolorspace="YCBCR", subsampling="422")
        return compressed(frame, JPEG_BASELINE, **colour)

    raw = jpeg(colours)
    decoded = convert(raw, JPEG_BASELINE, EXPLICIT_VR_LITTLE_ENDIAN)
    assert has_same_content(raw, JPEG_BASELINE, decoded, EXPLICIT_VR_LITTLE_ENDIAN)
    brighter = jpeg(np.minimum(colours, 245) + 10)
    assert not has_same_content(brighter, JPEG_BASELINE, decoded, EXPLICIT_VR_LITTLE_ENDIAN)


def test_the_sense_of_grey_counts():
    raw = compressed(lossless(), JPEG_LOSSLESS_FIRST_ORDER, PhotometricInterpretation="MONOCHROME1")
    assert not has_same_content(raw, JPEG_LOSSLESS_FIRST_ORDER, native(), EXPLICIT_VR_LITTLE_ENDIAN)


def test_what_cannot_be_decoded_is_not_the_same():
    raw = compressed(b"\xff\xd8\xff\xe0", JPEG_LOSSLESS_FIRST_ORDER)
    assert not has_same_content(raw, JPEG_LOSSLESS_FIRST_ORDER, native(), EXPLICIT_VR_LITTLE_ENDIAN)
    assert has_same_content(raw, JPEG_LOSSLESS_FIRST_ORDER, raw, JPEG_LOSSLESS_FIRST_ORDER)


@pytest.mark.parametrize("sop_class", [one.uid for one in SOP_CLASSES if one.native is not None][::4])
@pytest.mark.parametrize("syntax", [one.uid for one in TRANSFER_SYNTAXES])
@pytest.mark.parametrize("wanted", UNCOMPRESSED)
def test_what_was_converted_is_the_same(sop_class, syntax, wanted):
    raw = build("smallest", sop_class, syntax).data_set
    assert has_same_content(raw, syntax, convert(raw, syntax, wanted), wanted)


def stored(raw: bytes, transfer_syntax: str) -> StoredInstance:
    return StoredInstance(CR, "2.25.1", "2.25.2", "2.25.3", transfer_syntax, raw)


def test_no_pixels_are_decoded_where_the_bytes_are_equal_or_an_element_differs(monkeypatch):
    monkeypatch.setattr(same_content, "Image", None)
    raw = compressed(lossless(), JPEG_LOSSLESS_FIRST_ORDER)
    memory = Memory(1 << 20)
    assert memory.keep(stored(raw, JPEG_LOSSLESS_FIRST_ORDER)) is KeepResult.KEPT
    assert memory.keep(stored(raw, JPEG_LOSSLESS_FIRST_ORDER)) is KeepResult.ALREADY_KEPT
    other = native(PatientName="Doe^John")
    assert memory.keep(stored(other, EXPLICIT_VR_LITTLE_ENDIAN)) is KeepResult.OTHER_CONTENT


def test_the_memory_can_be_used_while_contents_are_compared(monkeypatch):
    memory = Memory(1 << 20)
    used: list[int] = []

    def comparing(*_: object) -> bool:
        asked = threading.Thread(target=lambda: used.append(memory.used_bytes))
        asked.start()
        asked.join(10)
        return True

    monkeypatch.setattr("dicom_workstation.instances.memory.has_same_content", comparing)
    memory.keep(stored(native(), EXPLICIT_VR_LITTLE_ENDIAN))
    assert memory.keep(stored(native(IMPLICIT_VR_LITTLE_ENDIAN), IMPLICIT_VR_LITTLE_ENDIAN)) is KeepResult.ALREADY_KEPT
    assert used == [len(native())]


def test_an_instance_that_goes_while_contents_are_compared_makes_room_for_the_new_one(monkeypatch):
    memory = Memory(1 << 20)

    def comparing(*_: object) -> bool:
        memory.remove("2.25.1")
        return False

    monkeypatch.setattr("dicom_workstation.instances.memory.has_same_content", comparing)
    memory.keep(stored(native(), EXPLICIT_VR_LITTLE_ENDIAN))
    assert memory.keep(stored(native(), JPEG_2000)) is KeepResult.KEPT
    assert memory.get("2.25.1").TransferSyntaxUID == JPEG_2000
