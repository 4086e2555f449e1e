"""Phantom studies as DICOM files.

Invariants: UIDs come from names alone, so that the same study has the same UIDs on every run.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from dicom_simulators.phantoms.drawing import CHEST, HEAD, beating, cut, projected
from dicom_simulators.phantoms.studies import Kind, PhantomSeries, PhantomStudy

CLASSES: Final = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "CR": "1.2.840.10008.5.1.4.1.1.1",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "US": "1.2.840.10008.5.1.4.1.1.3.1",
}
WINDOWS: Final[dict[Kind, tuple[int, int]]] = {
    "chest": (40, 400),
    "lung": (-600, 1500),
    "scout": (300, 900),
    "head": (450, 900),
    "film": (2048, 4096),
}
SPACING_MM: Final[dict[Kind, float]] = {"chest": 0.7, "lung": 0.7, "scout": 0.8, "head": 0.9, "film": 0.35}


def write_studies(folder: Path, studies: Iterable[PhantomStudy], today: datetime.date) -> int:
    """Write studies into a folder, dated before `today`; returns how many files that are."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for study in studies:
        for made in _instances(study, today):
            count += 1
            made.save_as(folder / f"{made.SOPInstanceUID}.dcm", enforce_file_format=True)
    return count


def _instances(study: PhantomStudy, today: datetime.date) -> Iterator[Dataset]:
    date = (today - datetime.timedelta(days=study.days_ago)).strftime("%Y%m%d")
    for number, series in enumerate(study.series, 1):
        images = 1 if series.kind == "heart" else series.images
        for image in range(1, images + 1):
            made = _named(study, series, number, image, date)
            _draw(made, series, image)
            yield made


def _named(study: PhantomStudy, series: PhantomSeries, number: int, image: int, date: str) -> Dataset:
    """Return an image without pixels: Patient, General Study, General Series, SOP Common."""
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID = CLASSES[study.modality]
    names = [study.patient_id, study.accession]
    made.StudyInstanceUID = generate_uid(entropy_srcs=names)
    made.SeriesInstanceUID = generate_uid(entropy_srcs=[*names, str(number)])
    made.SOPInstanceUID = generate_uid(entropy_srcs=[*names, str(number), str(image)])
    made.PatientName, made.PatientID = study.patient_name, study.patient_id
    made.PatientBirthDate, made.PatientSex = study.birth_date, study.sex
    made.StudyDate = made.SeriesDate = made.ContentDate = date
    made.StudyTime = made.ContentTime = "101500"
    made.AccessionNumber, made.StudyID = study.accession, study.accession
    made.ReferringPhysicianName = "HOUSE^G"
    made.StudyDescription, made.SeriesDescription = study.description, series.description
    made.Modality, made.SeriesNumber, made.InstanceNumber = study.modality, number, image
    made.BodyPartExamined = "HEAD" if series.kind == "head" else "CHEST"
    made.Manufacturer, made.Laterality = "Phantom", ""
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return made


def _draw(made: Dataset, series: PhantomSeries, image: int) -> None:
    size, kind = series.size, series.kind
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.PixelRepresentation = 0
    made.Rows = made.Columns = size
    if kind == "heart":
        frames = beating(series.images, size, size).astype(np.uint8)
        made.NumberOfFrames, made.FrameTime = series.images, "40"
        made.FrameIncrementPointer = 0x00181063
        made.BitsAllocated = made.BitsStored = 8
        made.HighBit, made.PixelData = 7, frames.tobytes()
        made["PixelData"].VR = "OB"
        return
    made.BitsAllocated, made.BitsStored, made.HighBit = 16, 12, 11
    made.WindowCenter, made.WindowWidth = WINDOWS[kind]
    made.PixelSpacing = [SPACING_MM[kind]] * 2
    height = -0.7 + 1.4 * (image - 1) / max(1, series.images - 1)
    if kind in ("chest", "lung", "scout"):
        made.RescaleIntercept, made.RescaleSlope, made.RescaleType = -1024, 1, "HU"
        made.ImagePositionPatient = [-180, -180, 5 * (image - 1)]
        made.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    match kind:
        case "chest" | "lung":
            values = cut(CHEST, size, height, -1000, 12 if kind == "chest" else 30) + 1024
        case "head":
            values = np.clip(cut(HEAD, size, height, 10, 14), 0, None)
            values = values if series.description.startswith("T1") else np.where(values > 60, 1000 - values, values)
        case _:
            dimmed = projected(CHEST, size, size)
            values = dimmed * 4000 if kind == "film" else dimmed * 1200 + 724
    made.PixelData = np.clip(values, 0, 4095).astype("<u2").tobytes()
    made["PixelData"].VR = "OW"
