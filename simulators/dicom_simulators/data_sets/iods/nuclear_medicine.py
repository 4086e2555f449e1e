"""Nuclear Medicine, and its retired predecessor of 1993.

References
----------
PS3.3 A.5; C.8.4.6 to C.8.4.11. The predecessor is written as a multi-frame image with a frame time, without the
vectors, isotope and detector descriptions that came with its successor; PS3.4 B.6 lists it as retired.
"""

from __future__ import annotations

from dicom_simulators.data_sets.iods.composite import cine, code
from dicom_simulators.data_sets.plan import Attributes, Plan

_ENERGY_WINDOW_VECTOR, _DETECTOR_VECTOR = 0x00540010, 0x00540020


def nm_image(plan: Plan) -> Attributes:
    """NM Image Pixel (C.8.4.7), NM Multi-frame (C.8.4.8) and NM Image (C.8.4.9): one static frame for each detector."""
    return {
        "ImageType": ["ORIGINAL", "PRIMARY", "STATIC", "EMISSION"],
        "PixelSpacing": ["4", "4"],
        "NumberOfFrames": plan.frames,
        "FrameIncrementPointer": [_ENERGY_WINDOW_VECTOR, _DETECTOR_VECTOR],
        "EnergyWindowVector": [1] * plan.frames,
        "NumberOfEnergyWindows": 1,
        "DetectorVector": list(range(1, plan.frames + 1)),
        "NumberOfDetectors": plan.frames,
        "CountsAccumulated": 100000,
        "ActualFrameDuration": "60000",
    }


def nm_isotope(plan: Plan) -> Attributes:
    """NM Isotope (C.8.4.10)."""
    return {
        "EnergyWindowInformationSequence": [
            {
                "EnergyWindowName": "Tc99m",
                "EnergyWindowRangeSequence": [{"EnergyWindowLowerLimit": "126", "EnergyWindowUpperLimit": "154"}],
            }
        ],
        "RadiopharmaceuticalInformationSequence": [
            {
                "RadionuclideCodeSequence": [code("72454006", "SCT", "^99m^Technetium")],
                "Radiopharmaceutical": "MDP",
            }
        ],
    }


def nm_detector(plan: Plan) -> Attributes:
    """NM Detector (C.8.4.11): one item for each detector."""
    detector = {
        "CollimatorType": "PARA",
        "ImageOrientationPatient": ["1", "0", "0", "0", "0", "-1"],
        "ImagePositionPatient": ["-126", "0", "94"],
    }
    return {"DetectorInformationSequence": [dict(detector) for _ in range(plan.frames)]}


def nm_retired(plan: Plan) -> Attributes:
    """NM Image as it was before its successor, as well as can be known."""
    return {
        **cine(plan),
        "ImageType": ["ORIGINAL", "PRIMARY", "STATIC", "EMISSION"],
        "PixelSpacing": ["4", "4"],
        "CountsAccumulated": 100000,
        "ActualFrameDuration": "60000",
    }
