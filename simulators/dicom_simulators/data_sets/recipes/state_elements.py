"""The elements of presentation states, module by module, for images of the size that `plan` has.

Invariants: each function gives the attributes of one transformation, by keyword; what it is for stands in
its docstring. Numbers are chosen so that a transformation done wrongly shows in many pixels.

References
----------
PS3.3 C.7.6.11, C.7.6.15, C.10.4 to C.10.7, C.11.1, C.11.6, C.11.8, C.11.12.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from dicom_simulators.data_sets.plan import COLUMNS, ROWS

Elements = dict[str, Any]

WHITE = 0xFFFF
LAYER = "MARKS"


def words(values: Sequence[int], big_endian: bool) -> bytes:
    """Give 16 bit words in a byte order."""
    return struct.pack(f"{'>' if big_endian else '<'}{len(values)}H", *values)


def lut(first: int, bits: int, values: Sequence[int], big_endian: bool) -> Elements:
    """Give an item of a LUT sequence (C.11.1.1)."""
    count = 0 if len(values) == 65536 else len(values)
    return {"LUTDescriptor": [count, first, bits], "LUTData": words(values, big_endian)}


def modality_lut(first: int, values: Sequence[int], big_endian: bool) -> Elements:
    """Give a Modality LUT Sequence of 16 bits, in the place of a rescale."""
    return {"ModalityLUTSequence": [{**lut(first, 16, values, big_endian), "ModalityLUTType": "US"}]}


def rescale(slope: str, intercept: str) -> Elements:
    """Give a Modality LUT as a rescale."""
    return {"RescaleSlope": slope, "RescaleIntercept": intercept, "RescaleType": "US"}


def window(center: str, width: str, function: str | None = None) -> Elements:
    """Give an item of Softcopy VOI LUT Sequence: one window, or several with a backslash."""
    found = {"WindowCenter": center, "WindowWidth": width}
    return found if function is None else {**found, "VOILUTFunction": function}


def voi_lut(first: int, bits: int, values: Sequence[int], big_endian: bool) -> Elements:
    """Give an item of Softcopy VOI LUT Sequence: a table."""
    return {"VOILUTSequence": [lut(first, bits, values, big_endian)]}


def presentation_lut(values: Sequence[int], bits: int, big_endian: bool) -> Elements:
    """Give a Presentation LUT Sequence; the shape that the base has is emptied out by the caller."""
    return {"PresentationLUTSequence": [lut(0, bits, values, big_endian)]}


def gamma(count: int, top: int, power: float) -> list[int]:
    """Give the entries of a smooth table that rises by a power."""
    return [round(top * (place / (count - 1)) ** power) for place in range(count)]


def shutter(*shapes: str, value: int = 0) -> Elements:
    """Give display shutters of a 64 x 48 picture: none is symmetric, so that rows and columns mixed up show."""
    known: Mapping[str, Elements] = {
        "RECTANGULAR": {
            "ShutterLeftVerticalEdge": "9",
            "ShutterRightVerticalEdge": "50",
            "ShutterUpperHorizontalEdge": "6",
            "ShutterLowerHorizontalEdge": "30",
        },
        "CIRCULAR": {"CenterOfCircularShutter": ["20", "36"], "RadiusOfCircularShutter": "17"},
        "POLYGONAL": {"VerticesOfThePolygonalShutter": ["4", "10", "8", "58", "40", "44", "30", "6"]},
    }
    found: Elements = {"ShutterShape": "\\".join(shapes), "ShutterPresentationValue": value}
    for shape in shapes:
        found |= known[shape]
    return found


def bitmap_shutter(value: int, big_endian: bool) -> tuple[Elements, dict[int, tuple[str, Any]]]:
    """Give a bitmap shutter: by keyword, and the elements of its overlay group by tag, with their VRs.

    A triangle in the upper left and the last four rows are occluded.
    """
    covered = [column + row < 20 or row >= ROWS - 4 for row in range(ROWS) for column in range(COLUMNS)]
    plane = bytearray(math.ceil(len(covered) / 8))
    for place, one in enumerate(covered):
        plane[place // 8] |= one << place % 8  # the first pixel is the lowest bit (PS3.5 8.1.1)
    data = bytes(plane)
    if big_endian:  # OW: bytes of each word in the order of the transfer syntax
        data = b"".join(data[at : at + 2][::-1] for at in range(0, len(data), 2))
    overlay: dict[int, tuple[str, Any]] = {
        0x60000010: ("US", ROWS),
        0x60000011: ("US", COLUMNS),
        0x60000040: ("CS", "G"),
        0x60000050: ("SS", [1, 1]),
        0x60000100: ("US", 1),
        0x60000102: ("US", 0),
        0x60003000: ("OW", data),
    }
    return {"ShutterShape": "BITMAP", "ShutterOverlayGroup": 0x6000, "ShutterPresentationValue": value}, overlay


def graphic(kind: str, points: Sequence[float], *, filled: bool = False, units: str = "PIXEL") -> Elements:
    """Give an item of Graphic Object Sequence."""
    return {
        "GraphicAnnotationUnits": units,
        "GraphicDimensions": 2,
        "NumberOfGraphicPoints": len(points) // 2,
        "GraphicData": list(points),
        "GraphicType": kind,
        "GraphicFilled": "Y" if filled else "N",
    }


def text(words_: str, box: Sequence[float] = (), anchor: Sequence[float] = (), units: str = "PIXEL") -> Elements:
    """Give an item of Text Object Sequence, with a bounding box, an anchor point, or both."""
    found: Elements = {"UnformattedTextValue": words_}
    if box:
        found |= {
            "BoundingBoxAnnotationUnits": units,
            "BoundingBoxTopLeftHandCorner": list(box[:2]),
            "BoundingBoxBottomRightHandCorner": list(box[2:]),
            "BoundingBoxTextHorizontalJustification": "LEFT",
        }
    if anchor:
        found |= {"AnchorPointAnnotationUnits": units, "AnchorPoint": list(anchor), "AnchorPointVisibility": "Y"}
    return found


def annotation(graphics: Sequence[Elements] = (), text_: Sequence[Elements] = (), layer: str = LAYER) -> Elements:
    """Give an item of Graphic Annotation Sequence."""
    found: Elements = {"GraphicLayer": layer}
    if graphics:
        found["GraphicObjectSequence"] = list(graphics)
    if text_:
        found["TextObjectSequence"] = list(text_)
    return found


def layer(name: str = LAYER, order: int = 1, grey: int = WHITE) -> Elements:
    """Give an item of Graphic Layer Sequence."""
    return {"GraphicLayer": name, "GraphicLayerOrder": order, "GraphicLayerRecommendedDisplayGrayscaleValue": grey}


def area(
    corner: tuple[int, int] = (1, 1),
    opposite: tuple[int, int] = (COLUMNS, ROWS),
    mode: str = "SCALE TO FIT",
    **further: Any,
) -> Elements:
    """Give an item of Displayed Area Selection Sequence; corners are column and row, from 1."""
    found: Elements = {
        "DisplayedAreaTopLeftHandCorner": list(corner),
        "DisplayedAreaBottomRightHandCorner": list(opposite),
        "PresentationSizeMode": mode,
    }
    spacing = {} if "PresentationPixelAspectRatio" in further else {"PresentationPixelSpacing": ["2", "2"]}
    return {**found, **spacing, **further}


def spatial(rotation: int, flip: bool) -> tuple[Elements, Elements]:
    """Give the spatial transformation, and the displayed area that shows the whole image with it.

    The corners of the area are those that end in the upper left and lower right of what is seen (C.10.4).
    """
    left, right, top, bottom = 1, COLUMNS, 1, ROWS
    upper_left = {0: (left, top), 90: (left, bottom), 180: (right, bottom), 270: (right, top)}
    upper_right = {0: (right, top), 90: (left, top), 180: (left, bottom), 270: (right, bottom)}
    first = (upper_right if flip else upper_left)[rotation]
    last = (left + right - first[0], top + bottom - first[1])
    return {"ImageRotation": rotation, "ImageHorizontalFlip": "Y" if flip else "N"}, area(first, last)
