"""Keys of the Patient Root and Study Root Query/Retrieve Information Models, as tables.

Invariants: nothing here decides anything; it holds the rows of PS3.4 Tables C.6-1 to C.6-5, in the order of
the standard, and beside them the attributes that belong to a level because the module that defines them belongs to
the Information Entity of that level (the rows "All other Attributes at ... Level"). An attribute that none of the
tables names belongs to the composite object instance.

``U`` = unique key, ``R`` = required key, ``O`` = optional key (PS3.4 C.1.2). A leading ``>`` marks an attribute inside
the sequence above it.

References
----------
PS3.4 C.3.4 and Table C.3-1 (additional attributes), C.6.1.1 (Tables C.6-1 to C.6-4), C.6.2.1 (Table C.6-5);
PS3.3 Tables C.7-1 to C.7-8 (modules of the Patient, Study, Series and Equipment entities).
"""

from __future__ import annotations

from typing import Final

Row = tuple[str, str]

_CODE_ROWS: Final[tuple[Row, ...]] = (
    (">CodeValue", "O"),
    (">CodingSchemeDesignator", "O"),
    (">CodingSchemeVersion", "O"),
    (">CodeMeaning", "O"),
)
_REFERENCE_ROWS: Final[tuple[Row, ...]] = (
    (">ReferencedSOPClassUID", "O"),
    (">ReferencedSOPInstanceUID", "O"),
)

TABLE_C_6_1: Final[tuple[Row, ...]] = (
    ("PatientName", "R"),
    ("PatientID", "U"),
    ("IssuerOfPatientID", "O"),
    ("ReferencedPatientSequence", "O"),
    *_REFERENCE_ROWS,
    ("PatientBirthDate", "O"),
    ("PatientBirthTime", "O"),
    ("PatientSex", "O"),
    ("OtherPatientIDs", "O"),
    ("OtherPatientNames", "O"),
    ("EthnicGroup", "O"),
    ("PatientComments", "O"),
    ("NumberOfPatientRelatedStudies", "O"),
    ("NumberOfPatientRelatedSeries", "O"),
    ("NumberOfPatientRelatedInstances", "O"),
)
"""PS3.4 Table C.6-1: Patient level keys, Patient Root."""

TABLE_C_6_2: Final[tuple[Row, ...]] = (
    ("StudyDate", "R"),
    ("StudyTime", "R"),
    ("AccessionNumber", "R"),
    ("StudyID", "R"),
    ("StudyInstanceUID", "U"),
    ("ModalitiesInStudy", "O"),
    ("SOPClassesInStudy", "O"),
    ("ReferringPhysicianName", "O"),
    ("StudyDescription", "O"),
    ("ProcedureCodeSequence", "O"),
    *_CODE_ROWS,
    ("NameOfPhysiciansReadingStudy", "O"),
    ("AdmittingDiagnosesDescription", "O"),
    ("ReferencedStudySequence", "O"),
    *_REFERENCE_ROWS,
    ("PatientAge", "O"),
    ("PatientSize", "O"),
    ("PatientWeight", "O"),
    ("Occupation", "O"),
    ("AdditionalPatientHistory", "O"),
    ("OtherStudyNumbers", "O"),
    ("NumberOfStudyRelatedSeries", "O"),
    ("NumberOfStudyRelatedInstances", "O"),
)
"""PS3.4 Table C.6-2: Study level keys, Patient Root."""

TABLE_C_6_3: Final[tuple[Row, ...]] = (
    ("Modality", "R"),
    ("SeriesNumber", "R"),
    ("SeriesInstanceUID", "U"),
    ("NumberOfSeriesRelatedInstances", "O"),
)
"""PS3.4 Table C.6-3: Series level keys, both models."""

TABLE_C_6_4: Final[tuple[Row, ...]] = (
    ("InstanceNumber", "R"),
    ("OverlayNumber", "O"),
    ("CurveNumber", "O"),
    ("LUTNumber", "O"),
    ("SOPInstanceUID", "U"),
    ("SOPClassUID", "O"),
)
"""PS3.4 Table C.6-4: composite object instance (IMAGE) level keys, both models."""

TABLE_C_6_5: Final[tuple[Row, ...]] = (
    ("StudyDate", "R"),
    ("StudyTime", "R"),
    ("AccessionNumber", "R"),
    ("PatientName", "R"),
    ("PatientID", "R"),
    ("StudyID", "R"),
    ("StudyInstanceUID", "U"),
    ("ModalitiesInStudy", "O"),
    ("SOPClassesInStudy", "O"),
    ("ReferringPhysicianName", "O"),
    ("StudyDescription", "O"),
    ("ProcedureCodeSequence", "O"),
    *_CODE_ROWS,
    ("NameOfPhysiciansReadingStudy", "O"),
    ("AdmittingDiagnosesDescription", "O"),
    ("ReferencedStudySequence", "O"),
    *_REFERENCE_ROWS,
    ("ReferencedPatientSequence", "O"),
    *_REFERENCE_ROWS,
    ("IssuerOfPatientID", "O"),
    ("PatientBirthDate", "O"),
    ("PatientBirthTime", "O"),
    ("PatientSex", "O"),
    ("OtherPatientIDs", "O"),
    ("OtherPatientNames", "O"),
    ("PatientAge", "O"),
    ("PatientSize", "O"),
    ("PatientWeight", "O"),
    ("EthnicGroup", "O"),
    ("Occupation", "O"),
    ("AdditionalPatientHistory", "O"),
    ("PatientComments", "O"),
    ("OtherStudyNumbers", "O"),
    ("NumberOfPatientRelatedStudies", "O"),
    ("NumberOfPatientRelatedSeries", "O"),
    ("NumberOfPatientRelatedInstances", "O"),
    ("NumberOfStudyRelatedSeries", "O"),
    ("NumberOfStudyRelatedInstances", "O"),
)
"""PS3.4 Table C.6-5: Study level keys, Study Root."""

OTHER_PATIENT_ATTRIBUTES: Final[tuple[str, ...]] = (
    "TypeOfPatientID",
    "IssuerOfPatientIDQualifiersSequence",
    "OtherPatientIDsSequence",
    "PatientBirthName",
    "PatientMotherBirthName",
    "PatientSpeciesDescription",
    "PatientSpeciesCodeSequence",
    "PatientBreedDescription",
    "ResponsiblePerson",
    "ResponsiblePersonRole",
    "ResponsibleOrganization",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "PatientAddress",
    "PatientTelephoneNumbers",
    "PatientReligiousPreference",
    "QualityControlSubject",
    "ClinicalTrialSponsorName",
    "ClinicalTrialProtocolID",
    "ClinicalTrialSubjectID",
)
"""Attributes of the modules of the Patient entity (PS3.3 C.7.1) that Table C.6-1 does not list one by one."""

OTHER_STUDY_ATTRIBUTES: Final[tuple[str, ...]] = (
    "PhysiciansOfRecord",
    "ConsultingPhysicianName",
    "RequestingService",
    "IssuerOfAccessionNumberSequence",
    "AdmittingDiagnosesCodeSequence",
    "AdmissionID",
    "PregnancyStatus",
    "SmokingStatus",
    "MedicalAlerts",
    "Allergies",
    "PatientState",
    "AnatomicRegionsInStudyCodeSequence",
    "StudyStatusID",
    "StudyPriorityID",
    "StudyComments",
    "TimezoneOffsetFromUTC",
)
"""Attributes of the modules of the Study entity (PS3.3 C.7.2) that Tables C.6-2 and C.6-5 do not list one by one."""

OTHER_SERIES_ATTRIBUTES: Final[tuple[str, ...]] = (
    "Laterality",
    "SeriesDate",
    "SeriesTime",
    "SeriesDescription",
    "SeriesDescriptionCodeSequence",
    "PerformingPhysicianName",
    "OperatorsName",
    "ProtocolName",
    "BodyPartExamined",
    "PatientPosition",
    "FrameOfReferenceUID",
    "PositionReferenceIndicator",
    "ReferencedPerformedProcedureStepSequence",
    "RequestAttributesSequence",
    "PerformedProcedureStepID",
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime",
    "PerformedProcedureStepDescription",
    "Manufacturer",
    "InstitutionName",
    "InstitutionAddress",
    "InstitutionalDepartmentName",
    "StationName",
    "ManufacturerModelName",
    "DeviceSerialNumber",
    "SoftwareVersions",
)
"""Attributes of the modules of the Series, Equipment and Frame of Reference entities (PS3.3 C.7.3 to C.7.5)."""

ANY_LEVEL: Final[tuple[str, ...]] = (
    "RetrieveAETitle",
    "InstanceAvailability",
    "StorageMediaFileSetID",
    "StorageMediaFileSetUID",
)
"""What a response may bear at each level, whatever the model (PS3.4 C.4.1.1.3.2)."""
