"""Which images stand in which boxes: filtered, sorted, and laid out on the screens.

Invariants: pure. The order of images depends on their attributes and UIDs alone. A box without images says why.

References
----------
PS3.3 Sections C.23.3.1 to C.23.3.1.2, Table C.23.3-1; PS3.4 Section T.4.4 (what an application states of partial data)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dicom_workstation.protocols.display_protocol import DisplayProtocol
from dicom_workstation.protocols.display_set import DisplaySet, ImageBox
from dicom_workstation.protocols.evaluation import Evaluation, Outlook, settled
from dicom_workstation.protocols.facts import Facts, Leaf
from dicom_workstation.protocols.matching import Truth, passes
from dicom_workstation.protocols.sorting import in_order

Corners = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """An image box: where it stands, and the images that it shows first, by UID; `detail` says why it shows none."""

    number: int
    layout: str
    position: Corners
    images: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Display:
    """A display set: its images in order, its boxes, and the series of which images are to be loaded first."""

    display_set: DisplaySet
    images: tuple[str, ...]
    to_load: tuple[str, ...]
    boxes: tuple[Box, ...]


def lay_out(evaluation: Evaluation, facts: Facts) -> tuple[Display, ...]:
    """Return what each display set shows, by number."""
    protocol = evaluation.protocol
    displays = [
        _display(each, evaluation.sets[each.ImageSetNumber], facts)
        for each in sorted(protocol.DisplaySets, key=lambda one: one.DisplaySetNumber)
    ]
    return _adapted(protocol, displays) if protocol.PartialDataDisplayHandling == "ADAPT_LAYOUT" else tuple(displays)


def _display(wanted: DisplaySet, found: Sequence[Leaf], facts: Facts) -> Display:
    passing = [leaf for leaf in found if _passes(wanted, leaf, facts)]
    listed = in_order([leaf for leaf in passing if leaf.image is not None], wanted.SortingOperations)
    images = tuple(leaf.image.uid for leaf in listed if leaf.image is not None)
    not_held = [leaf for leaf in passing if leaf.image is None or not leaf.image.is_held]
    to_load = tuple(dict.fromkeys(leaf.series.uid for leaf in not_held if leaf.series is not None))
    return Display(wanted, images, to_load, _boxes(wanted, images, to_load, bool(found)))


def _passes(wanted: DisplaySet, leaf: Leaf, facts: Facts) -> bool:
    """Whether an image meets every filter; the operations follow each other (PS3.3 C.23.3.1)."""
    return all(
        settled(passes(each, leaf), facts, Outlook.NOW, each.ImageSetSelectorUsageFlag) is Truth.YES
        for each in wanted.FilterOperations
    )


def _boxes(wanted: DisplaySet, images: tuple[str, ...], to_load: tuple[str, ...], has_set: bool) -> tuple[Box, ...]:
    boxes = []
    left = images
    reason = wanted.unsupported or _why_empty(wanted, images, to_load, has_set)
    for each in sorted(wanted.ImageBoxes, key=lambda one: one.ImageBoxNumber):
        shown = left[: each.tiles] if each.tiles else left
        left = left[len(shown) :]
        boxes.append(_box(each, () if wanted.unsupported else shown, reason))
    return tuple(boxes)


def _box(box: ImageBox, shown: tuple[str, ...], reason: str) -> Box:
    detail = "" if shown else reason
    return Box(box.ImageBoxNumber, box.ImageBoxLayoutType, box.DisplayEnvironmentSpatialPosition, shown, detail)


def _why_empty(wanted: DisplaySet, images: tuple[str, ...], to_load: tuple[str, ...], has_set: bool) -> str:
    if images:
        return "the images before it fill the other boxes"
    if to_load:
        return f"its images are to be loaded: series {', '.join(to_load)}"
    if not has_set:
        return f"image set {wanted.ImageSetNumber} has no images"
    return f"no image of image set {wanted.ImageSetNumber} passes the filter"


# -- partial data


def _adapted(protocol: DisplayProtocol, displays: Sequence[Display]) -> tuple[Display, ...]:
    """Leave out the boxes without images, and stretch the others over the room that the group has on each screen."""
    screens = [each.DisplayEnvironmentSpatialPosition for each in protocol.NominalScreenDefinition] or [
        (0.0, 1.0, 1.0, 0.0)
    ]
    room: dict[tuple[int, int], Corners] = {}
    left: dict[tuple[int, int], Corners] = {}
    for display in displays:
        for box in display.boxes:
            place = _place(display, box, screens)
            room[place] = _around(room.get(place), box.position)
            if box.images:
                left[place] = _around(left.get(place), box.position)
    return tuple(
        replace(
            display,
            boxes=tuple(
                _stretched(box, _place(display, box, screens), left, room) for box in display.boxes if box.images
            ),
        )
        for display in displays
    )


def _place(display: Display, box: Box, screens: Sequence[Corners]) -> tuple[int, int]:
    """Return the group of a box, and the screen that its middle is on."""
    x = (box.position[0] + box.position[2]) / 2
    y = (box.position[1] + box.position[3]) / 2
    found = (
        number for number, (left, top, right, bottom) in enumerate(screens) if left <= x <= right and bottom <= y <= top
    )
    return display.display_set.DisplaySetPresentationGroup, next(found, -1)


def _around(one: Corners | None, other: Corners) -> Corners:
    if one is None:
        return other
    return (min(one[0], other[0]), max(one[1], other[1]), max(one[2], other[2]), min(one[3], other[3]))


def _stretched(
    box: Box, place: tuple[int, int], left: Mapping[tuple[int, int], Corners], room: Mapping[tuple[int, int], Corners]
) -> Box:
    """Map a box from the rectangle around the boxes that are left to the one around all of them."""
    small, large = left[place], room[place]

    def mapped(value: float, low: int, high: int) -> float:
        share = (value - small[low]) / (small[high] - small[low])
        return round(large[low] + share * (large[high] - large[low]), 9)

    x1, y1, x2, y2 = box.position
    return replace(box, position=(mapped(x1, 0, 2), mapped(y1, 3, 1), mapped(x2, 0, 2), mapped(y2, 3, 1)))
