"""Ultrasound, single and multi-frame, and its retired predecessors of 1993.

References
----------
PS3.3 A.6, A.7, C.8.5.5 and C.8.5.6. The predecessors had the same modules but knew no Ultrasound Color Data Present and
wrote grey images; PS3.4 B.6 lists them as retired.
"""

from __future__ import annotations

from dicom_simulators.data_sets.plan import Attributes, Plan

_TWO_DIMENSIONAL, _TISSUE, _CENTIMETRES = 1, 1, 3


def us_image(plan: Plan) -> Attributes:
    """US Image (C.8.5.6)."""
    return {
        "ImageType": ["ORIGINAL", "PRIMARY", "ABDOMINAL", "0001"],
        "UltrasoundColorDataPresent": int(plan.form.colour),
    }


def us_retired(plan: Plan) -> Attributes:
    """US Image as it was before its successor, as well as can be known."""
    return {"ImageType": ["ORIGINAL", "PRIMARY", "ABDOMINAL", "0001"]}


def us_region_calibration(plan: Plan) -> Attributes:
    """US Region Calibration (C.8.5.5): the whole picture, a fifth of a millimetre a pixel."""
    return {
        "SequenceOfUltrasoundRegions": [
            {
                "RegionLocationMinX0": 0,
                "RegionLocationMinY0": 0,
                "RegionLocationMaxX1": plan.columns - 1,
                "RegionLocationMaxY1": plan.rows - 1,
                "PhysicalUnitsXDirection": _CENTIMETRES,
                "PhysicalUnitsYDirection": _CENTIMETRES,
                "PhysicalDeltaX": 0.02,
                "PhysicalDeltaY": 0.02,
                "RegionSpatialFormat": _TWO_DIMENSIONAL,
                "RegionDataType": _TISSUE,
                "RegionFlags": 0,
            }
        ]
    }
