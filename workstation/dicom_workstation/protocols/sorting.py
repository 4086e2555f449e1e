"""The order of the images of a display set.

Invariants: pure. An image that does not have the attribute comes last, in either direction. Where nothing else decides,
the latest study comes first, then Series Number, Instance Number and UID do.

References
----------
PS3.3 Section C.23.3.1.2; C.7.6.2.1.1 (the axes of the patient: x grows to the left, y to the back, z to the head)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dicom_workstation.protocols.codes import CodedValue
from dicom_workstation.protocols.facts import Leaf, moment
from dicom_workstation.protocols.fields import vr_of
from dicom_workstation.protocols.matching import ORIENTATION, cosines
from dicom_workstation.protocols.selector import NUMERIC, SortingOperation

POSITION: Final = "ImagePositionPatient"
TIMES: Final = ("AcquisitionDateTime", "AcquisitionDate", "AcquisitionTime", "ContentDate", "ContentTime")

Key = tuple[float, str]


def in_order(images: Sequence[Leaf], operations: Sequence[SortingOperation]) -> list[Leaf]:
    """Sort images by the operations; the first operation decides before the second."""
    found = sorted(images, key=_natural)
    for operation in reversed(operations):
        keys = {id(leaf): _key(operation, leaf) for leaf in found}
        with_key = [leaf for leaf in found if keys[id(leaf)] is not None]
        without = [leaf for leaf in found if keys[id(leaf)] is None]
        with_key.sort(
            key=lambda leaf: keys[id(leaf)] or (0.0, ""),
            reverse=operation.SortingDirection == "DECREASING",
        )
        found = with_key + without
    return found


def _natural(leaf: Leaf) -> tuple[float, str, float, str, float, str]:
    time = leaf.study.time
    latest_first = -time.timestamp() if time is not None else 0.0
    series = leaf.series.uid if leaf.series is not None else ""
    image = leaf.image.uid if leaf.image is not None else ""
    return latest_first, leaf.study.uid, _number(leaf, "SeriesNumber"), series, _number(leaf, "InstanceNumber"), image


def _number(leaf: Leaf, key: str) -> float:
    try:
        return float(str(leaf.attributes.get(key, ("",))[0]))
    except (ValueError, IndexError):
        return float("inf")


def _key(operation: SortingOperation, leaf: Leaf) -> Key | None:
    """Return by what an image is sorted; None if it does not have it."""
    if operation.SortByCategory == "ALONG_AXIS":
        place = along_axis(leaf)
        return None if place is None else (place, "")
    if operation.SortByCategory == "BY_ACQ_TIME":
        return _acquired(leaf)
    values = leaf.attributes.get(operation.key, ())
    chosen = values[max(operation.SelectorValueNumber, 1) - 1 :][:1]
    if not chosen:
        return None
    if isinstance(chosen[0], CodedValue):
        return 0.0, chosen[0].meaning
    if vr_of(operation.SelectorAttribute or "") not in NUMERIC:
        return 0.0, chosen[0]
    try:
        return float(chosen[0]), ""
    except ValueError:
        return None


def along_axis(leaf: Leaf) -> float | None:
    """Return where an image stands along the axis that its plane is perpendicular to, in mm; None if it is not known.

    The axis points to where the coordinate of the patient grows in which it is longest.
    """
    directions = cosines(leaf.attributes.get(ORIENTATION[0], ()))
    try:
        position = [float(str(each)) for each in leaf.attributes.get(POSITION, ())]
    except ValueError:
        return None
    if directions is None or len(position) != 3:
        return None
    (a, b, c), (d, e, f) = directions[:3], directions[3:]
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    longest = max(normal, key=abs)
    sign = -1.0 if longest < 0 else 1.0
    return sign * sum(one * other for one, other in zip(normal, position, strict=True))


def _acquired(leaf: Leaf) -> Key | None:
    def text(key: str) -> str:
        found = leaf.attributes.get(key, ())
        return str(found[0]) if found else ""

    whole = text(TIMES[0])
    time = moment(whole[:8], whole[8:].partition("+")[0].partition("-")[0]) if whole else None
    time = time or moment(text(TIMES[1]), text(TIMES[2])) or moment(text(TIMES[3]), text(TIMES[4]))
    return None if time is None else (0.0, time.isoformat())
