"""`data_set: identical` of what a requestor was given: lawful encodings are the same, a changed value is named."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from pydicom import Dataset, Sequence
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.pixels import compress
from pydicom.uid import RLELossless

from dicom_conformance.judge import judge_expectation
from dicom_conformance.judge.checks.same_instance import difference
from dicom_conformance.judge.checks.store import StoreWanted
from dicom_conformance.trace import Held, Trace, decoded_pixels
from dicom_simulators import build_instance
from dicom_wire.capture import Recorder

IMPLICIT, EXPLICIT, DEFLATED, BIG = (f"1.2.840.10008.1.2{tail}" for tail in ("", ".1", ".1.99", ".2"))
CT = "1.2.840.10008.5.1.4.1.1.2"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"


def instance(**changes) -> Dataset:
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 100"
    made.SOPClassUID, made.SOPInstanceUID = CT, "2.25.1"
    made.PatientName = "Müller^Jürgen"
    made.SliceThickness = "1.50"
    made.ImageComments = "two words"
    item = Dataset()
    item.CodeValue, item.CodeMeaning = "1", "Schädel"
    made.ProcedureCodeSequence = Sequence([item])
    made.Rows, made.Columns, made.BitsAllocated, made.BitsStored, made.HighBit = 2, 2, 16, 16, 15
    made.SamplesPerPixel, made.PixelRepresentation, made.PhotometricInterpretation = 1, 0, "MONOCHROME2"
    made.add_new(0x7FE00010, "OW", bytes(range(8)))
    for keyword, value in changes.items():
        if value is None:
            delattr(made, keyword)
        else:
            setattr(made, keyword, value)
    return made


def held(made: Dataset, syntax: str = EXPLICIT) -> Held:
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = syntax != BIG, syntax == IMPLICIT
    if syntax == BIG:
        made["PixelData"].value = b"".join(made.PixelData[at : at + 2][::-1] for at in range(0, 8, 2))
    write_dataset(buffer, made)
    raw = buffer.getvalue()
    if syntax == DEFLATED:
        packer = zlib.compressobj(wbits=-15)
        raw = packer.compress(raw) + packer.flush()
    return Held(CT, "2.25.1", syntax, raw)


def compressed(made: Dataset) -> Dataset:
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = EXPLICIT
    compress(made, RLELossless, generate_instance_uid=False, encoding_plugin="pydicom")
    return made


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, DEFLATED, BIG])
def test_another_transfer_syntax_is_the_same_instance(syntax):
    assert difference(held(instance()), held(instance(), syntax)) is None


def test_another_character_set_is_the_same_instance():
    assert difference(held(instance()), held(instance(SpecificCharacterSet="ISO_IR 192"))) is None
    declared = held(instance(SpecificCharacterSet=None, PatientName="A", ProcedureCodeSequence=None))
    added = held(instance(SpecificCharacterSet="ISO_IR 100", PatientName="A", ProcedureCodeSequence=None))
    assert difference(declared, added) is None


def test_group_lengths_and_padding_are_no_values():
    sent = held(instance())
    with_length = instance()
    with_length.add_new(0x00080000, "UL", 42)
    with_length.add_new(0xFFFCFFFC, "OB", b"\0\0")
    assert difference(sent, held(with_length)) is None


def test_a_lossless_compression_is_the_same_instance():
    packed = compressed(instance())
    assert difference(held(instance()), held(packed, str(RLELossless))) is None
    changed = compressed(instance(PixelData=bytes(range(1, 9))))
    told = difference(held(instance()), held(changed, str(RLELossless)))
    assert told is not None
    assert told.startswith("PixelData differs after decoding")


@pytest.mark.parametrize(("by", "same"), [(1, True), (2, True), (3, False)])
def test_decoders_of_a_lossy_codestream_may_round_differently(by, same):
    sent = build_instance("smallest", sop_class=CT, transfer_syntax=JPEG_EXTENDED)
    pixels = decoded_pixels(sent.data_set, JPEG_EXTENDED)
    made = sent.read()
    made["PixelData"].value = (pixels + np.where(pixels > pixels.mean(), -by, by)).astype("<u2").tobytes()
    made["PixelData"].is_undefined_length = False
    made["PixelData"].VR = "OW"
    told = difference(Held(CT, "2.25.1", JPEG_EXTENDED, sent.data_set), held(made))
    assert (told is None) is same, told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"PatientName": "Mueller^Juergen"}, "PatientName is 'Mueller^Juergen', not 'Müller^Jürgen'"),
        ({"SliceThickness": "1.5"}, "SliceThickness is '1.5', not '1.50'"),
        ({"ImageComments": None}, "ImageComments is missing"),
        ({"StudyID": "1"}, "StudyID was added"),
        ({"Rows": 1}, "Rows is '1', not '2'"),
        ({"PixelData": bytes(8)}, "PixelData differs"),
        ({"ProcedureCodeSequence": Sequence([])}, "ProcedureCodeSequence has 0 items, not 1"),
    ],
)
@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT])
def test_a_changed_value_is_named(changes, told, syntax):
    assert difference(held(instance()), held(instance(**changes), syntax)) == told


def test_a_changed_value_of_an_item_is_named_with_its_place():
    changed = instance()
    changed.ProcedureCodeSequence[0].CodeValue = "2"
    assert difference(held(instance()), held(changed)) == "ProcedureCodeSequence[0].CodeValue is '2', not '1'"


def test_what_cannot_be_read_is_said():
    broken = Held(CT, "2.25.1", EXPLICIT, held(instance()).data_set[:-3])
    told = difference(held(instance()), broken)
    assert told is not None
    assert told.startswith("the data set held cannot be read: ")


def judged(ae: str, sent: Held, kept: Held, **wanted) -> tuple[bool, str]:
    trace = Trace(Recorder(), originals={"2.25.1": sent}, stores={ae: lambda: (kept,)})
    (found,) = judge_expectation(trace, "store", StoreWanted(ae=ae, **wanted))
    return found.met, found.actual


def test_of_a_peer_the_values_count_and_of_the_subject_the_bytes():
    sent, kept = held(instance()), held(instance(), IMPLICIT)
    assert judged("archive", sent, kept, data_set="identical")[0]
    assert not judged("workstation", sent, kept, data_set="identical")[0]


@pytest.mark.parametrize("what", ["pixel_data", "pixels"])
def test_two_absences_are_not_identical(what):
    bare = held(instance(PixelData=None))
    met, actual = judged("archive", bare, bare, **{what: "identical"})
    assert not met
    assert "neither the instance sent nor the instance held" in actual
