"""Which attributes the index holds, by level, and which keys of a query are supported there.

Invariants: each keyword stands at one level alone; whatever stands here is returned when it is asked for, and matched
if its VR can be.

References
----------
PS3.4 Tables C.6-1 to C.6-5 (keys), C.3-1 (additional attributes); PS3.3 Section C.7.1 to C.7.3 (the modules of the
levels)
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Final

from pydicom.datadict import dictionary_VR, tag_for_keyword


class Level(Enum):
    """A level of the Query/Retrieve Information Models."""

    PATIENT = "PATIENT"
    STUDY = "STUDY"
    SERIES = "SERIES"
    IMAGE = "IMAGE"


class Model(Enum):
    """A Query/Retrieve Information Model, and its levels from the root."""

    PATIENT_ROOT = "patient_root"
    STUDY_ROOT = "study_root"

    @property
    def levels(self) -> tuple[Level, ...]:
        """Its levels, from the root."""
        return _LEVELS[self]

    def above(self, level: Level) -> tuple[Level, ...]:
        """Return the levels above one of them, from the root."""
        return self.levels[: self.levels.index(level)]


_LEVELS: Final = {Model.PATIENT_ROOT: tuple(Level), Model.STUDY_ROOT: tuple(Level)[1:]}


UNIQUE_KEYS: Final = {
    Level.PATIENT: "PatientID",
    Level.STUDY: "StudyInstanceUID",
    Level.SERIES: "SeriesInstanceUID",
    Level.IMAGE: "SOPInstanceUID",
}

PATIENT_ATTRIBUTES: Final = (
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "TypeOfPatientID",
    "PatientBirthDate",
    "PatientBirthTime",
    "PatientSex",
    "OtherPatientIDs",
    "OtherPatientNames",
    "PatientBirthName",
    "PatientMotherBirthName",
    "EthnicGroup",
    "PatientComments",
    "PatientSpeciesDescription",
    "PatientBreedDescription",
    "ResponsiblePerson",
    "ResponsibleOrganization",
    "PatientAddress",
    "PatientTelephoneNumbers",
    "PatientReligiousPreference",
    "PatientIdentityRemoved",
    "ReferencedPatientSequence",
    "OtherPatientIDsSequence",
    "PatientSpeciesCodeSequence",
    "IssuerOfPatientIDQualifiersSequence",
)
STUDY_ATTRIBUTES: Final = (
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "StudyID",
    "StudyInstanceUID",
    "ReferringPhysicianName",
    "StudyDescription",
    "ProcedureCodeSequence",
    "NameOfPhysiciansReadingStudy",
    "PhysiciansOfRecord",
    "ConsultingPhysicianName",
    "RequestingService",
    "AdmittingDiagnosesDescription",
    "AdmittingDiagnosesCodeSequence",
    "ReferencedStudySequence",
    "IssuerOfAccessionNumberSequence",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "Occupation",
    "AdditionalPatientHistory",
    "AdmissionID",
    "MedicalAlerts",
    "Allergies",
    "PregnancyStatus",
    "SmokingStatus",
    "PatientState",
    "OtherStudyNumbers",
    "StudyStatusID",
    "StudyPriorityID",
    "StudyComments",
)
SERIES_ATTRIBUTES: Final = (
    "Modality",
    "SeriesNumber",
    "SeriesInstanceUID",
    "SeriesDate",
    "SeriesTime",
    "SeriesDescription",
    "SeriesDescriptionCodeSequence",
    "BodyPartExamined",
    "Laterality",
    "PatientPosition",
    "ProtocolName",
    "PerformingPhysicianName",
    "OperatorsName",
    "FrameOfReferenceUID",
    "PositionReferenceIndicator",
    "PerformedProcedureStepID",
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime",
    "PerformedProcedureStepDescription",
    "ReferencedPerformedProcedureStepSequence",
    "RequestAttributesSequence",
    "Manufacturer",
    "InstitutionName",
    "InstitutionAddress",
    "InstitutionalDepartmentName",
    "StationName",
    "ManufacturerModelName",
    "DeviceSerialNumber",
    "SoftwareVersions",
)
IMAGE_ATTRIBUTES: Final = (
    "SOPClassUID",
    "SOPInstanceUID",
    "InstanceNumber",
    "InstanceCreationDate",
    "InstanceCreationTime",
    "AcquisitionDate",
    "AcquisitionTime",
    "AcquisitionNumber",
    "ContentDate",
    "ContentTime",
    "ImageType",
    "ImageComments",
    "ImageLaterality",
    "ViewPosition",
    "SliceThickness",
    "SliceLocation",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PixelSpacing",
    "WindowCenter",
    "WindowWidth",
    "LossyImageCompression",
    "BurnedInAnnotation",
    "ContentLabel",
    "ContentDescription",
    "ContentCreatorName",
    "PresentationCreationDate",
    "PresentationCreationTime",
    "ReferencedSeriesSequence",
    "AnatomicRegionSequence",
    "ViewCodeSequence",
    "ConversionType",
    "DerivationDescription",
    "SourceImageSequence",
)
ATTRIBUTES: Final = {
    Level.PATIENT: PATIENT_ATTRIBUTES,
    Level.STUDY: STUDY_ATTRIBUTES,
    Level.SERIES: SERIES_ATTRIBUTES,
    Level.IMAGE: IMAGE_ATTRIBUTES,
}

# Counted by the index, never read from an instance (PS3.4 Table C.3-1).
COUNTED: Final = {
    Level.PATIENT: (
        "NumberOfPatientRelatedStudies",
        "NumberOfPatientRelatedSeries",
        "NumberOfPatientRelatedInstances",
    ),
    Level.STUDY: (
        "ModalitiesInStudy",
        "SOPClassesInStudy",
        "NumberOfStudyRelatedSeries",
        "NumberOfStudyRelatedInstances",
    ),
    Level.SERIES: ("NumberOfSeriesRelatedInstances",),
    Level.IMAGE: (),
}
# In every answer, whatever the level (PS3.4 Section C.4.1.1.3.2).
ANY_LEVEL: Final = ("RetrieveAETitle", "InstanceAvailability")


@lru_cache(maxsize=16)
def supported_keys(model: Model, level: Level) -> frozenset[str]:
    """Return the keywords that may be asked at a level; at the root of Study Root those of the patient as well."""
    above = {UNIQUE_KEYS[each] for each in model.above(level)}
    own = {*ATTRIBUTES[level], *COUNTED[level], *ANY_LEVEL}
    if level is Level.STUDY and model is Model.STUDY_ROOT:
        own |= {*PATIENT_ATTRIBUTES, *COUNTED[Level.PATIENT]}
    return frozenset(own | above)


@lru_cache(maxsize=4096)
def vr_of(keyword: str) -> str:
    """Return the VR of a keyword by PS3.6; the first where there are several; UN for what is no keyword."""
    tag = tag_for_keyword(keyword)
    return "UN" if tag is None else dictionary_VR(tag).split(" or ")[0]
