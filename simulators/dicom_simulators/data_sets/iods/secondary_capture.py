"""Secondary Capture, its multi-frame relations, and the retired Hardcopy images.

References
----------
PS3.3 A.8, C.8.6.1 to C.8.6.3. The Hardcopy IODs have left PS3.3; what is written of them, as well as can be known, is
what print spoolers write: derived, secondary, Modality HC, and the Hardcopy attributes (0018,1011) to (0018,101B) of
PS3.6; colour by plane, as the Basic Color Image Box has it (Table C.13-5).
"""

from __future__ import annotations

from dicom_simulators.data_sets.iods.composite import MANUFACTURER
from dicom_simulators.data_sets.plan import Attributes, Plan

_FRAME_TIME = 0x00181063


def sc_equipment(plan: Plan) -> Attributes:
    """SC Equipment (C.8.6.1) and SC Image (C.8.6.2)."""
    return {"ConversionType": "SYN", "DateOfSecondaryCapture": plan.StudyDate, "TimeOfSecondaryCapture": plan.StudyTime}


def sc_multi_frame(plan: Plan) -> Attributes:
    """SC Multi-frame Image (C.8.6.3) with Multi-frame (C.7.6.6) and Cine (C.7.6.5)."""
    attributes: dict[str, object] = {
        "ConversionType": "SYN",
        "ImageType": ["DERIVED", "SECONDARY"],
        "NumberOfFrames": plan.frames,
        "BurnedInAnnotation": "NO",
        "PresentationLUTShape": "IDENTITY",
        "RescaleIntercept": "0",
        "RescaleSlope": "1",
        "RescaleType": "US",
    }
    if plan.frames > 1:
        attributes.update({"FrameIncrementPointer": _FRAME_TIME, "FrameTime": "100"})
    return attributes


def hardcopy(plan: Plan) -> Attributes:
    """Hardcopy Equipment and Hardcopy Image, grey or colour; retired."""
    attributes: dict[str, object] = {
        "ImageType": ["DERIVED", "SECONDARY"],
        "HardcopyCreationDeviceID": "1",
        "HardcopyDeviceManufacturer": MANUFACTURER,
        "HardcopyDeviceSoftwareVersion": "1",
        "HardcopyDeviceManufacturerModelName": "Synthetic data sets",
    }
    if not plan.form.colour:
        attributes["PresentationLUTShape"] = "IDENTITY"
    return attributes
