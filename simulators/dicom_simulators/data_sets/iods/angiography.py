"""X-ray angiography, radiofluoroscopy, and the retired bi-plane angiography.

References
----------
PS3.3 A.14 and A.16; C.8.7.1 to C.8.7.6. Bi-plane (A.15 of the editions that had it) carried both planes as frames of
one image, Image Type value 3 BIPLANE, and distinguished them by Bi-Plane Acquisition Sequence (0028,5000); PS3.3 names
it retired.
"""

from __future__ import annotations

from dicom_simulators.data_sets.iods.composite import cine, window
from dicom_simulators.data_sets.plan import Attributes, Plan


def x_ray_image(plan: Plan) -> Attributes:
    """X-Ray Image (C.8.7.1) and X-Ray Acquisition (C.8.7.2), a run of frames or one."""
    attributes: dict[str, object] = {
        **window(plan),
        "ImageType": ["ORIGINAL", "PRIMARY", "SINGLE PLANE"],
        "PixelIntensityRelationship": "DISP",
        "KVP": "75",
        "RadiationSetting": "GR",
        "XRayTubeCurrent": 400,
        "ExposureTime": 10,
        "Exposure": 4,
        "ImagerPixelSpacing": ["0.3", "0.3"],
        "PatientOrientation": ["L", "F"],
        "AcquisitionNumber": 1,
    }
    return {**attributes, **cine(plan)}


def xa_positioner(plan: Plan) -> Attributes:
    """XA Positioner (C.8.7.5)."""
    return {
        "PositionerMotion": "STATIC",
        "PositionerPrimaryAngle": "30",
        "PositionerSecondaryAngle": "0",
        "DistanceSourceToPatient": "750",
        "DistanceSourceToDetector": "1000",
    }


def rf_positioner(plan: Plan) -> Attributes:
    """XRF Positioner (C.8.7.6)."""
    return {"DistanceSourceToPatient": "750", "DistanceSourceToDetector": "1000", "ColumnAngulation": "0"}


def biplane(plan: Plan) -> Attributes:
    """Bi-plane Image and XA Bi-plane Positioner; retired: frame 1 is plane A, frame 2 is plane B."""
    return {
        "ImageType": ["ORIGINAL", "PRIMARY", "BIPLANE"],
        "Planes": 2,
        "BiPlaneAcquisitionSequence": [
            {"PositionerPrimaryAngle": "30", "PositionerSecondaryAngle": "0"},
            {"PositionerPrimaryAngle": "-60", "PositionerSecondaryAngle": "0"},
        ],
    }
