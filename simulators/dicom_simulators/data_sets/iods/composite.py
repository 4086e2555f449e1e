"""Modules that (nearly) every composite IOD has, and small pieces that several of them share.

Invariants: type 1 and type 2 attributes, and those of type 3 that a query can ask for.

References
----------
PS3.3 C.7.1 to C.7.6, C.11.2 and C.12.1.
"""

from __future__ import annotations

from dicom_simulators.data_sets.plan import Attributes, Plan

MANUFACTURER = "dicom-conformance"


def code(value: str, scheme: str, meaning: str) -> Attributes:
    """Return the item of a code sequence (PS3.3 8.8)."""
    return {"CodeValue": value, "CodingSchemeDesignator": scheme, "CodeMeaning": meaning}


def patient(plan: Plan) -> Attributes:
    """Patient (C.7.1.1)."""
    return {
        "PatientName": f"Conformance^Seed {plan.seed}",
        "PatientID": f"CONF{plan.seed:06d}",
        "PatientBirthDate": "19700101",
        "PatientSex": "O",
    }


def general_study(plan: Plan) -> Attributes:
    """General Study (C.7.2.1)."""
    return {
        "StudyInstanceUID": plan.StudyInstanceUID,
        "StudyDate": plan.StudyDate,
        "StudyTime": plan.StudyTime,
        "ReferringPhysicianName": "Referrer^Rita",
        "StudyID": f"S{plan.seed}",
        "AccessionNumber": f"A{plan.seed:06d}",
        "StudyDescription": f"Synthetic {plan.sop_class.label if plan.sop_class.native else 'CT'}",
    }


def general_series(plan: Plan) -> Attributes:
    """General Series (C.7.3.1), of an unpaired body part, so that no Laterality is due."""
    attributes: dict[str, object] = {
        "Modality": plan.sop_class.Modality,
        "SeriesInstanceUID": plan.SeriesInstanceUID,
        "SeriesNumber": plan.SeriesNumber,
        "SeriesDate": plan.StudyDate,
        "SeriesTime": plan.StudyTime,
        "SeriesDescription": f"{plan.sop_class.label} {plan.syntax.uid}",
    }
    if plan.sop_class.Modality != "RTIMAGE":  # RT Series (C.8.8.1) has neither body part nor laterality
        attributes["BodyPartExamined"] = "ABDOMEN"
    return attributes


def general_equipment(plan: Plan) -> Attributes:
    """General Equipment (C.7.5.1)."""
    return {
        "Manufacturer": MANUFACTURER,
        "ManufacturerModelName": "Synthetic data sets",
        "DeviceSerialNumber": "1",
        "SoftwareVersions": "1",
        "InstitutionName": "Conformance Hospital",
    }


def general_image(plan: Plan) -> Attributes:
    """General Image (C.7.6.1)."""
    return {
        "InstanceNumber": plan.number,
        "PatientOrientation": None,
        "ContentDate": plan.StudyDate,
        "ContentTime": plan.StudyTime,
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "BurnedInAnnotation": "NO",
    }


def sop_common(plan: Plan) -> Attributes:
    """SOP Common (C.12.1)."""
    return {
        "SOPClassUID": plan.sop_class.uid,
        "SOPInstanceUID": plan.SOPInstanceUID,
        "SpecificCharacterSet": "ISO_IR 100",
    }


def frame_of_reference(plan: Plan) -> Attributes:
    """Frame of Reference (C.7.4.1)."""
    return {"FrameOfReferenceUID": plan.FrameOfReferenceUID, "PositionReferenceIndicator": None}


def cine(plan: Plan) -> Attributes:
    """Multi-frame (C.7.6.6) and Cine (C.7.6.5), frames at equal intervals."""
    return {"NumberOfFrames": plan.frames, "FrameIncrementPointer": 0x00181063, "FrameTime": "100"}


def acquisition_context(plan: Plan) -> Attributes:
    """Acquisition Context (C.7.6.14)."""
    return {"AcquisitionContextSequence": []}


def window(plan: Plan) -> Attributes:
    """VOI LUT (C.11.2): a window over the whole range of stored values, for identity modality transformations."""
    form = plan.form
    width = form.maximum - form.minimum + 1
    return {"WindowCenter": str(form.minimum + width // 2), "WindowWidth": str(width)}


COMPOSITE = (patient, general_study, general_series, general_equipment, general_image, sop_common)
"""What every image has."""
