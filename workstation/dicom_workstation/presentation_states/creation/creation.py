"""A presentation state created from what is displayed: the Grayscale Softcopy Presentation State IOD, module by module.

Invariants: patient and study are the images'; everything that decides the picture is written down, be it as the
image has it already (PS3.4 N.2: what a state does not say is not applied). One state is for images of one study whose
Modality LUT and polarity agree; for others it is refused.

References
----------
PS3.3 A.33.1 (modules), C.11.9 (Presentation Series), C.11.10 (Identification), C.11.11 (Relationship)
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Final

from pydicom.dataset import Dataset
from pydicom.uid import UID, generate_uid

from dicom_workstation.data_sets import UnencodableError, copy_element, encode_texts
from dicom_workstation.presentation_states.attributes import values
from dicom_workstation.presentation_states.creation.created_annotation import annotation_modules
from dicom_workstation.presentation_states.creation.created_area import area_module, spatial_module
from dicom_workstation.presentation_states.creation.created_grayscale import grayscale_modules
from dicom_workstation.presentation_states.creation.created_mask import mask_module
from dicom_workstation.presentation_states.creation.created_shutter import shutter_modules
from dicom_workstation.presentation_states.errors import StateError
from dicom_workstation.presentation_states.image_selection import SelectedImage
from dicom_workstation.presentation_states.presentation import Presentation
from dicom_workstation.tables import GRAYSCALE_SOFTCOPY_PRESENTATION_STATE

MANUFACTURER: Final = "DirectView"
PATIENT_AND_STUDY: Final = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "StudyID",
    "AccessionNumber",
)
PATIENT_AND_STUDY_IF_THERE: Final = (
    "IssuerOfPatientID",
    "OtherPatientIDs",
    "PatientComments",
    "StudyDescription",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
)


def create_state(displayed: Sequence[SelectedImage], presentation: Presentation) -> tuple[Dataset, tuple[str, ...]]:
    """Create a state for these images; returns it, and what is doubtful in text that was taken over.

    Raises
    ------
    StateError
        If no single state can be for all of them, one has no such frame, or a text does not fit its character set.
    """
    _check(displayed)
    state = new_instance(displayed[0].image, GRAYSCALE_SOFTCOPY_PRESENTATION_STATE, "PR")
    for module in (
        _identification(state, presentation),
        _relationship(displayed),
        mask_module(displayed),
        grayscale_modules(displayed, presentation),
        shutter_modules(displayed, presentation),
        spatial_module(presentation),
        area_module(displayed, presentation),
        annotation_modules(displayed, presentation),
    ):
        state.update(module)
    return state, encode_texts_of(state, displayed[0].image, presentation.character_set)


def encode_texts_of(made: Dataset, image: Dataset, character_set: str | None = None) -> tuple[str, ...]:
    """Encode the text of an instance that was made of an image; returns doubts, StateError where text does not fit."""
    try:
        return encode_texts(made, image, character_set)
    except UnencodableError as error:
        raise StateError(str(error)) from error


def new_instance(image: Dataset, sop_class: str, modality: str) -> Dataset:
    """Return an instance of this study in a new series: Patient, Study, Series, Equipment and SOP Common Modules.

    Its text is that of the image as bytes: `encode_texts_of` encodes what is still to be encoded.
    """
    made = Dataset()
    for keyword in (*PATIENT_AND_STUDY, *PATIENT_AND_STUDY_IF_THERE):
        if keyword in image:
            copy_element(made, image, keyword)
        elif keyword in PATIENT_AND_STUDY:
            setattr(made, keyword, "")
    now = datetime.datetime.now()
    made.SOPClassUID, made.SOPInstanceUID = UID(sop_class), generate_uid(None)
    made.SeriesInstanceUID, made.Modality = generate_uid(None), modality
    made.SeriesNumber, made.InstanceNumber = _series_number(now), 1
    made.InstanceCreationDate, made.InstanceCreationTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    made.SeriesDate, made.SeriesTime = made.InstanceCreationDate, made.InstanceCreationTime
    made.Laterality = image.get("Laterality", "")
    made.Manufacturer = MANUFACTURER
    if image.get("PositionReferenceIndicator") is not None and modality != "PR":
        made.FrameOfReferenceUID = image.get("FrameOfReferenceUID", "")
    return made


def _series_number(now: datetime.datetime) -> int:
    """Return a number that no modality's series is likely to bear, later ones higher."""
    return 90000 + now.timetuple().tm_yday


def _check(displayed: Sequence[SelectedImage]) -> None:
    if not displayed:
        raise StateError("no image is given to create a state for")
    seen: dict[str, set[int]] = {}
    for each in displayed:
        known = seen.setdefault(str(each.image.SOPInstanceUID), set())
        if known and (not each.frames or 0 in known or known & set(each.frames)):
            raise StateError(f"{each.image.SOPInstanceUID} or a frame of it is given twice")
        known.update(each.frames or {0})  # 0: all of them
    if len({str(each.image.get("StudyInstanceUID")) for each in displayed}) > 1:
        raise StateError("the images belong to several studies (PS3.3 C.11.11: a state refers to one study)")
    for each in displayed:
        uid = each.image.SOPInstanceUID
        if values(each.image, "SamplesPerPixel") not in ((), (1,)) or not str(
            each.image.get("PhotometricInterpretation", "")
        ).startswith("MONOCHROME"):
            raise StateError(f"{uid} is not a grayscale image")
        count = each.source.frames
        if any(frame > count for frame in each.frames):
            raise StateError(f"{uid} has {count} frames, not {max(each.frames)}")
        if each.frames and "NumberOfFrames" not in each.image:
            raise StateError(f"{uid} is not a multi-frame image: no frame of it can be referred to")


def _identification(state: Dataset, presentation: Presentation) -> Dataset:
    """Presentation State Identification Module (PS3.3 C.11.10)."""
    module = Dataset()
    module.PresentationCreationDate = state.InstanceCreationDate
    module.PresentationCreationTime = state.InstanceCreationTime
    module.ContentLabel = presentation.label
    module.ContentDescription = presentation.description
    module.ContentCreatorName = presentation.creator
    return module


def _relationship(displayed: Sequence[SelectedImage]) -> Dataset:
    """Presentation State Relationship Module (PS3.3 C.11.11)."""
    module = Dataset()
    series: dict[str, list[Dataset]] = {}
    for each in displayed:
        series.setdefault(str(each.image.SeriesInstanceUID), []).append(each.reference())
    module.ReferencedSeriesSequence = [_series(uid, references) for uid, references in series.items()]
    return module


def _series(uid: str, references: list[Dataset]) -> Dataset:
    item = Dataset()
    item.SeriesInstanceUID = uid
    item.ReferencedImageSequence = references
    return item
