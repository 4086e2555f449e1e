"""Projection radiography: CR, the digital X-ray family (DX, mammography, intra-oral) and RT Image.

References
----------
PS3.3 A.2, A.17, A.26, A.27 and A.28; C.8.1.1, C.8.1.2, C.8.8.1, C.8.8.2, C.8.11.1 to C.8.11.4, C.8.11.7 to C.8.11.9.
"""

from __future__ import annotations

from dicom_simulators.data_sets.iods.composite import code, window
from dicom_simulators.data_sets.plan import Attributes, Plan


def cr_image(plan: Plan) -> Attributes:
    """CR Series (C.8.1.1) and CR Image (C.8.1.2)."""
    return {
        **window(plan),
        "BodyPartExamined": "CHEST",
        "ViewPosition": "PA",
        "PatientOrientation": ["L", "F"],
        "KVP": "125",
        "PlateID": "1",
        "ImagerPixelSpacing": ["2", "2"],
        "PresentationLUTShape": _presentation_lut_shape(plan),
    }


def for_presentation(plan: Plan) -> Attributes:
    """DX Series (C.8.11.1) of an image to look at, with the window that it needs (C.8.11.3)."""
    return {**window(plan), "PresentationIntentType": "FOR PRESENTATION"}


def for_processing(plan: Plan) -> Attributes:
    """DX Series (C.8.11.1) of an image to process."""
    return {"PresentationIntentType": "FOR PROCESSING"}


def dx_image(plan: Plan) -> Attributes:
    """DX Anatomy Imaged (C.8.11.2), DX Image (C.8.11.3) and DX Detector (C.8.11.4)."""
    return {
        "ImageType": ["ORIGINAL", "PRIMARY", ""],
        "PatientOrientation": ["L", "F"],
        "ImageLaterality": "U",
        "AnatomicRegionSequence": [code("816094009", "SCT", "Chest")],
        "PixelIntensityRelationship": "LOG",
        "PixelIntensityRelationshipSign": -1 if plan.form.photometric == "MONOCHROME1" else 1,
        "RescaleIntercept": "0",
        "RescaleSlope": "1",
        "RescaleType": "US",
        "PresentationLUTShape": _presentation_lut_shape(plan),
        "BurnedInAnnotation": "NO",
        "AcquisitionDate": plan.StudyDate,
        "AcquisitionTime": plan.StudyTime,
        "DetectorType": "DIRECT",
        "DetectorID": "1",
        "ImagerPixelSpacing": ["2", "2"],
        "PositionerType": "NONE",
    }


def mammography(plan: Plan) -> Attributes:
    """Mammography Image (C.8.11.7): right breast, cranio-caudal."""
    return {
        "PatientOrientation": ["P", "L"],
        "ImageLaterality": "R",
        "PositionerType": "MAMMOGRAPHIC",
        "PositionerPrimaryAngle": "0",
        "OrganExposed": "BREAST",
        "AnatomicRegionSequence": [code("76752008", "SCT", "Breast")],
        "ViewCodeSequence": [{**code("399162004", "SCT", "cranio-caudal"), "ViewModifierCodeSequence": []}],
        "PartialView": "NO",
        "BreastImplantPresent": "NO",
    }


def intra_oral(plan: Plan) -> Attributes:
    """Intra-Oral Series (C.8.11.8) and Intra-Oral Image (C.8.11.9): a molar of the upper jaw."""
    return {
        "PatientOrientation": ["L", "F"],
        "ImageLaterality": "R",
        "PositionerType": "NONE",
        "AnatomicRegionSequence": [
            {
                **code("70925003", "SCT", "Maxilla"),
                "AnatomicRegionModifierSequence": [code("699507006", "SCT", "First molar region")],
            }
        ],
    }


def rt_image(plan: Plan) -> Attributes:
    """RT Series (C.8.8.1) and RT Image (C.8.8.2): a portal image."""
    return {
        **window(plan),
        "OperatorsName": None,
        "RTImageLabel": "PORTAL",
        "ImageType": ["ORIGINAL", "PRIMARY", "PORTAL"],
        "ConversionType": "DI",
        "ReportedValuesOrigin": "ACTUAL",
        "RTImagePlane": "NORMAL",
        "XRayImageReceptorAngle": "0",
        "RTImageOrientation": ["1", "0", "0", "0", "-1", "0"],
        "ImagePlanePixelSpacing": ["2", "2"],
        "RTImagePosition": ["-63", "47"],
        "RadiationMachineName": "LINAC",
        "RadiationMachineSAD": "1000",
        "RTImageSID": "1500",
        "PrimaryDosimeterUnit": "MU",
        "GantryAngle": "0",
        "AcquisitionNumber": None,
    }


def _presentation_lut_shape(plan: Plan) -> str:
    """Presentation LUT Shape (2050,0020), tied to the photometric interpretation (C.8.11.3.1.2)."""
    return "INVERSE" if plan.form.photometric == "MONOCHROME1" else "IDENTITY"
