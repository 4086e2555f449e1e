"""Graphic Annotation Module: points, lines, curves, circles, ellipses and text that are drawn over an image.

References
----------
PS3.3 C.10.5: positions are column\\row; PIXEL counts from the outer corner of the first pixel of the image, before
spatial transformation; DISPLAY is a fraction of the Specified Displayed Area, after it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset

from dicom_workstation.presentation_states.attributes import items, number, numbers, pairs, text, values, word
from dicom_workstation.presentation_states.errors import StateError
from dicom_workstation.presentation_states.graphic_types import GRAPHIC_TYPES, wrong_count
from dicom_workstation.presentation_states.references import applying

UNITS: Final = ("PIXEL", "DISPLAY")
JUSTIFICATIONS: Final = ("LEFT", "CENTER", "RIGHT")
CLOSED: Final = ("CIRCLE", "ELLIPSE")
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class GraphicObject:
    """A graphic; `points` in `units`."""

    layer: str
    type: str
    points: tuple[Point, ...]
    units: str = "PIXEL"
    is_filled: bool = False


@dataclass(frozen=True, slots=True)
class TextObject:
    """A text, in a bounding box or beside an anchor point or both."""

    layer: str
    text: str
    box: tuple[Point, Point] | None = None
    box_units: str = "PIXEL"
    justification: str = "LEFT"
    anchor: Point | None = None
    anchor_units: str = "PIXEL"
    is_anchor_visible: bool = False


Annotation = GraphicObject | TextObject


def read_annotations(state: Dataset, SOPInstanceUID: str, frame: int) -> tuple[Annotation, ...]:
    """Read the annotations of one frame, in the order of the state."""
    found: list[Annotation] = []
    for item in applying(items(state, "GraphicAnnotationSequence"), SOPInstanceUID, frame):
        layer = text(item, "GraphicLayer")
        found += [_read_graphic(each, layer) for each in items(item, "GraphicObjectSequence")]
        found += [_read_text(each, layer) for each in items(item, "TextObjectSequence")]
    return tuple(found)


def undrawn(state: Dataset, SOPInstanceUID: str, frame: int) -> tuple[str, ...]:
    """Return a warning for annotations of a kind that is not drawn (Compound Graphics, PS3.3 C.10.5)."""
    sequence = items(state, "GraphicAnnotationSequence")
    count = sum(len(items(item, "CompoundGraphicSequence")) for item in applying(sequence, SOPInstanceUID, frame))
    return (f"{count} compound graphics are not drawn",) if count else ()


def _read_graphic(item: Dataset, layer: str) -> GraphicObject:
    name = word(item, "GraphicType", tuple(GRAPHIC_TYPES))
    if values(item, "GraphicDimensions") and number(item, "GraphicDimensions") != 2:
        raise StateError("GraphicDimensions is not 2")
    points = pairs(numbers(item, "GraphicData"), "GraphicData")
    if number(item, "NumberOfGraphicPoints") != len(points):
        raise StateError(
            f"NumberOfGraphicPoints is {item.NumberOfGraphicPoints}, but GraphicData has {len(points)} points"
        )
    if wrong := wrong_count(name, len(points)):
        raise StateError(wrong)
    is_filled = word(item, "GraphicFilled", ("Y", "N"), "N") == "Y"
    is_closed = name in CLOSED or points[0] == points[-1]
    return GraphicObject(layer, name, points, word(item, "GraphicAnnotationUnits", UNITS), is_filled and is_closed)


def _read_text(item: Dataset, layer: str) -> TextObject:
    content = text(item, "UnformattedTextValue")
    box = anchor = None
    if values(item, "BoundingBoxTopLeftHandCorner") or values(item, "BoundingBoxBottomRightHandCorner"):
        left, top = numbers(item, "BoundingBoxTopLeftHandCorner", 2)
        right, bottom = numbers(item, "BoundingBoxBottomRightHandCorner", 2)
        box = (left, top), (right, bottom)
    if values(item, "AnchorPoint"):
        x, y = numbers(item, "AnchorPoint", 2)
        anchor = x, y
    if box is None and anchor is None:
        raise StateError(f"the text {content[:40]!r} has neither bounding box nor anchor point")
    return TextObject(
        layer,
        content,
        box,
        word(item, "BoundingBoxAnnotationUnits", UNITS) if box else "PIXEL",
        word(item, "BoundingBoxTextHorizontalJustification", JUSTIFICATIONS, "LEFT"),
        anchor,
        word(item, "AnchorPointAnnotationUnits", UNITS) if anchor else "PIXEL",
        word(item, "AnchorPointVisibility", ("Y", "N"), "N") == "Y",
    )
