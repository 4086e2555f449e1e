"""Instances for the tests of the OSM: small, valid, encoded."""

from __future__ import annotations

from pydicom.dataset import Dataset

from dicom_workstation.data_sets import encode, suppress_warnings
from dicom_workstation.instances import Announced, InstanceStore, Kept

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"


@suppress_warnings()
def data_set(uid: str = "1.2.3.1", study: str = "1.2.3", series: str = "1.2.3.9", **changes: object) -> Dataset:
    made = Dataset()
    made.SOPClassUID = CT
    made.SOPInstanceUID = uid
    made.StudyInstanceUID = study
    made.SeriesInstanceUID = series
    made.PatientName = "Doe^Jane"
    made.PatientID = "P1"
    made.StudyDate = "20260102"
    made.StudyTime = "101530"
    made.AccessionNumber = "A1"
    made.StudyID = "S1"
    made.Modality = "CT"
    made.SeriesNumber = 1
    made.InstanceNumber = 1
    made.Rows, made.Columns, made.SamplesPerPixel, made.BitsAllocated = 2, 2, 1, 8
    made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 7, 0
    made.PhotometricInterpretation = "MONOCHROME2"
    made.add_new(0x7FE00010, "OB", b"\1\2\3\4")
    for keyword, value in changes.items():
        if value is None:
            delattr(made, keyword)
        else:
            setattr(made, keyword, value)
    return made


def encoded(syntax: str = EXPLICIT, **changes: object) -> bytes:
    return encode(data_set(**changes), syntax)  # type: ignore[arg-type]


def put(
    store: InstanceStore, raw: bytes, uid: str = "1.2.3.1", syntax: str = EXPLICIT, sop_class: str = CT, step: int = 100
) -> Kept:
    receipt = store.receive(Announced(sop_class, uid, syntax, "SENDER"))
    for begin in range(0, len(raw), step):
        receipt.write(memoryview(raw)[begin : begin + step])
    return receipt.keep()


def store_data_set(store: InstanceStore, **changes: object) -> Kept:
    uid = str(changes.get("uid", "1.2.3.1"))
    return put(store, encoded(**changes), uid)
