"""The display protocols of the demo, in the terms of PS3.3 Section C.23: three for the phantoms, one that fits none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

Position = tuple[float, float, float, float]
"""Left, upper, right and lower edge in fractions of the display; y grows upwards."""
Protocol = Mapping[str, object]

WHOLE: Final[Position] = (0.0, 1.0, 1.0, 0.0)
LEFT: Final[Position] = (0.0, 1.0, 0.5, 0.0)
RIGHT: Final[Position] = (0.5, 1.0, 1.0, 0.0)
CURRENT: Final = {
    "ImageSetNumber": 1,
    "ImageSetLabel": "current",
    "ImageSetSelectorCategory": "RELATIVE_TIME",
    "RelativeTime": [0, 0],
    "RelativeTimeUnits": "MINUTES",
}
PRIOR: Final = {
    "ImageSetNumber": 2,
    "ImageSetLabel": "prior",
    "ImageSetSelectorCategory": "ABSTRACT_PRIOR",
    "AbstractPriorValue": [1, 1],
}


def _box(number: int, image_set: int, series: str, position: Position) -> Protocol:
    """Return a display set with one box, for the series with a description."""
    box = {"ImageBoxNumber": 1, "DisplayEnvironmentSpatialPosition": position, "ImageBoxLayoutType": "STACK"}
    chosen = {"SelectorAttribute": "SeriesDescription", "SelectorLOValue": series, "FilterByOperator": "MEMBER_OF"}
    return {
        "DisplaySetNumber": number,
        "DisplaySetPresentationGroup": 1,
        "ImageSetNumber": image_set,
        "ImageBoxes": [box],
        "FilterOperations": [chosen],
    }


def _protocol(name: str, modality: str, sets: Sequence[Protocol], boxes: Sequence[Protocol]) -> Protocol:
    """Return a protocol of the site for one modality."""
    wanted = {"SelectorAttribute": "Modality", "SelectorCSValue": modality, "ImageSetSelectorUsageFlag": "NO_MATCH"}
    return {
        "HangingProtocolName": name,
        "HangingProtocolLevel": "SITE",
        "HangingProtocolDefinition": [{"Modality": modality}],
        "NumberOfPriorsReferenced": len(sets) - 1,
        "ImageSets": [{"ImageSetSelector": [wanted], "TimeBasedImageSets": sets}],
        "DisplaySets": boxes,
    }


DISPLAY_PROTOCOLS: Final[tuple[Protocol, ...]] = (
    _protocol("CT thorax", "CT", [CURRENT], [_box(1, 1, "Thorax 5 mm", LEFT), _box(2, 1, "Lung 5 mm", RIGHT)]),
    _protocol(
        "CT with prior",
        "CT",
        [CURRENT, PRIOR],
        [_box(1, 2, "Thorax 5 mm", LEFT), _box(2, 1, "Thorax 5 mm", RIGHT)],
    ),
    _protocol("MR head", "MR", [CURRENT], [_box(1, 1, "T1 axial", LEFT), _box(2, 1, "T2 axial", RIGHT)]),
    _protocol("Mammography", "MG", [CURRENT], [_box(1, 1, "MLO", WHOLE)]),
)
