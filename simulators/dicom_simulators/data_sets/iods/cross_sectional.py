"""CT, MR and PET: slices in a frame of reference.

References
----------
PS3.3 A.3, A.4 and A.21; C.8.2.1, C.8.3.1, C.8.9.1 to C.8.9.4; C.7.6.2.
"""

from __future__ import annotations

from dicom_simulators.data_sets.iods.composite import code, window
from dicom_simulators.data_sets.plan import Attributes, Plan

SLICE_SPACING_MM = 2


def image_plane(plan: Plan) -> Attributes:
    """Image Plane (C.7.6.2): axial slices, one above the other by Instance Number."""
    return {
        "PixelSpacing": ["2", "2"],
        "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
        "ImagePositionPatient": ["-63", "-47", str(plan.number * SLICE_SPACING_MM)],
        "SliceThickness": str(SLICE_SPACING_MM),
    }


def ct_image(plan: Plan) -> Attributes:
    """CT Image (C.8.2.1): signed values are Hounsfield units, unsigned ones begin at -1024 of them."""
    units_a_step = 4096 >> plan.form.bits_stored if plan.form.bits_stored < 12 else 1
    return {
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "PatientPosition": "HFS",
        "RescaleIntercept": "0" if plan.form.signed else "-1024",
        "RescaleSlope": str(units_a_step),
        "RescaleType": "HU",
        "KVP": "120",
        "AcquisitionNumber": 1,
        "WindowCenter": "1024",
        "WindowWidth": "4096",
    }


def mr_image(plan: Plan) -> Attributes:
    """MR Image (C.8.3.1)."""
    return {
        **window(plan),
        "ImageType": ["ORIGINAL", "PRIMARY", "OTHER"],
        "PatientPosition": "HFS",
        "ScanningSequence": "SE",
        "SequenceVariant": "NONE",
        "ScanOptions": None,
        "MRAcquisitionType": "2D",
        "RepetitionTime": "500",
        "EchoTime": "15",
        "EchoTrainLength": 1,
        "MagneticFieldStrength": "1.5",
    }


def pet_series(plan: Plan) -> Attributes:
    """PET Series (C.8.9.1) and PET Isotope (C.8.9.2)."""
    return {
        "Units": "BQML",
        "CountsSource": "EMISSION",
        "SeriesType": ["STATIC", "IMAGE"],
        "NumberOfSlices": 1,
        "CorrectedImage": ["DECY", "ATTN"],
        "DecayCorrection": "START",
        "CollimatorType": "NONE",
        "RadiopharmaceuticalInformationSequence": [
            {
                "RadionuclideCodeSequence": [code("77004003", "SCT", "^18^Fluorine")],
                "RadiopharmaceuticalStartTime": plan.StudyTime,
                "RadionuclideTotalDose": "300000000",
                "RadionuclideHalfLife": "6586.2",
                "RadiopharmaceuticalCodeSequence": [code("35321007", "SCT", "Fluorodeoxyglucose F^18^")],
            }
        ],
    }


def pet_image(plan: Plan) -> Attributes:
    """PET Image (C.8.9.4)."""
    return {
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "RescaleIntercept": "0",
        "RescaleSlope": "0.5",
        "FrameReferenceTime": "60000",
        "AcquisitionDate": plan.StudyDate,
        "AcquisitionTime": plan.StudyTime,
        "ActualFrameDuration": "120000",
        "ImageIndex": 1,
        "DecayFactor": "1",
        "DoseCalibrationFactor": "1",
    }


def patient_orientation(plan: Plan) -> Attributes:
    """NM/PET Patient Orientation (C.8.4.6)."""
    return {
        "PatientOrientationCodeSequence": [
            {
                **code("102538003", "SCT", "recumbent"),
                "PatientOrientationModifierCodeSequence": [code("40199007", "SCT", "supine")],
            }
        ],
        "PatientGantryRelationshipCodeSequence": [code("102540008", "SCT", "headfirst")],
    }
