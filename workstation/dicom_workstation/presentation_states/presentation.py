"""What is displayed, as plain values that a caller gives and a presentation state is made from.

Invariants: names are the standard's, in lower case; every value is checked here, before anything is created.
Positions are as in the attributes they become: columns and rows from 1 for areas and shutters, column\\row from 0 for
annotations.

References
----------
PS3.3 C.11.1 (Modality LUT), C.11.8 (Softcopy VOI LUT), C.11.6 (Softcopy Presentation LUT), C.7.6.11, C.7.6.15,
C.10.4 to C.10.7
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, PositiveFloat, model_validator

from dicom_workstation.presentation_states.graphic_types import wrong_count
from dicom_workstation.request_models import Number, Option, Value, annotations_of, shutters_of, window_of

Pair = tuple[float, float]
PValue = Annotated[int, Field(ge=0, le=0xFFFF)]
Layer = Annotated[str, Field(pattern=r"^[A-Z0-9 _]{1,16}$")]
Units = Literal["PIXEL", "DISPLAY"]

WINDOW_HELP: Final = "Window Center and Window Width, and a VOI LUT Function"
SHUTTER_HELP: Final = (
    "rectangular:LEFT,RIGHT,UPPER,LOWER, circular:ROW,COLUMN,RADIUS or polygonal:ROW,COLUMN,...; repeatable"
)
ANNOTATE_HELP: Final = (
    "polyline:X,Y,X,Y,... (point, interpolated, circle, ellipse) or text:X,Y,X,Y:WORDS; in image pixels; repeatable"
)


def _lines(given: str) -> str:
    """Check a text of several lines: of the control characters, TAB, LF, FF and CR alone (PS3.5 6.1.3)."""
    if any((ord(each) < 0x20 and each not in "\t\n\f\r") or each == "\x7f" for each in given):
        raise ValueError("a text must not contain control characters other than TAB, LF, FF and CR")
    return given


def _line(given: str) -> str:
    """Check a single value of VR LO (PS3.5 Table 6.2-1)."""
    if "\\" in given or any(ord(each) < 0x20 or each == "\x7f" for each in given):
        raise ValueError("a description must not contain a backslash or control characters")
    return given


def _name(given: str) -> str:
    """Check a single person name: up to three component groups of 64 characters (PS3.5 Table 6.2-1)."""
    groups = _line(given).split("=")
    if len(groups) > 3 or any(len(group) > 64 for group in groups):
        raise ValueError("a person name must have at most 3 component groups of 64 characters")
    return given


class Window(Value):
    """A window of the VOI LUT (PS3.3 C.11.2.1.2, C.11.2.1.3)."""

    center: float = Field(description="Window Center")
    width: PositiveFloat = Field(description="Window Width")
    function: Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"] = Field(default="LINEAR", description="VOI LUT Function")
    explanation: str = Field(default="", description="Window Center & Width Explanation")

    @model_validator(mode="after")
    def _check_width(self) -> Self:
        if self.function == "LINEAR" and self.width < 1:
            raise ValueError("the width of a LINEAR window must be at least 1")
        return self


class Table(Value):
    """A lookup table: its first input value, the bits of its entries, the entries."""

    first: int = Field(default=0, description="first input value that the table maps")
    bits: Annotated[int, Field(ge=8, le=16)] = Field(default=16, description="bits of each entry")
    data: Annotated[tuple[PValue, ...], Field(min_length=1, max_length=65536)] = Field(description="entries")
    explanation: str = Field(default="", description="LUT Explanation")

    @model_validator(mode="after")
    def _check_entries(self) -> Self:
        if max(self.data) >= 1 << self.bits:
            raise ValueError(f"an entry does not fit into {self.bits} bits")
        return self


class ModalityTable(Table):
    """A Modality LUT (PS3.3 C.11.1.1: entries of 8 or 16 bits), and the units of its output."""

    bits: Annotated[Literal[8, 16], Number] = Field(default=16, description="bits of each entry")
    type: str = Field(default="US", max_length=16, description="Modality LUT Type")


class Rescale(Value):
    """A linear Modality LUT, and the units of its output."""

    slope: float = Field(default=1.0, description="Rescale Slope")
    intercept: float = Field(default=0.0, description="Rescale Intercept")
    type: str = Field(default="US", description="Rescale Type")


class ShutterShape(Value):
    """One shape of a shutter; which values are needed depends on the shape."""

    shape: Literal["RECTANGULAR", "CIRCULAR", "POLYGONAL", "BITMAP"] = Field(description="Shutter Shape")
    left: int | None = Field(default=None, description="left edge, in pixels of the image")
    right: int | None = Field(default=None, description="right edge, in pixels of the image")
    upper: int | None = Field(default=None, description="upper edge, in pixels of the image")
    lower: int | None = Field(default=None, description="lower edge, in pixels of the image")
    center: tuple[int, int] | None = Field(default=None, description="row and column of the centre of a circle")
    radius: Annotated[int, Field(ge=0)] | None = Field(default=None, description="radius of a circle, in pixels")
    vertices: Annotated[tuple[tuple[int, int], ...], Field(min_length=3)] | None = Field(
        default=None, description="row and column of each vertex of a polygon"
    )
    bitmap: tuple[tuple[bool, ...], ...] | None = Field(default=None, description="rows of a bitmap; true hides")

    @model_validator(mode="after")
    def _check_shape(self) -> Self:
        needed = {
            "RECTANGULAR": ("left", "right", "upper", "lower"),
            "CIRCULAR": ("center", "radius"),
            "POLYGONAL": ("vertices",),
            "BITMAP": ("bitmap",),
        }[self.shape]
        given = {name for name in type(self).model_fields if name != "shape" and getattr(self, name) is not None}
        if given != set(needed):
            raise ValueError(f"{self.shape} needs {', '.join(needed)} and nothing else")
        edges = (self.left or 0, self.right or 0), (self.upper or 0, self.lower or 0)
        if any(first > last for first, last in edges):
            raise ValueError("the edges of the rectangle are in the wrong order")
        if self.bitmap is not None and len({len(row) for row in self.bitmap}) != 1:
            raise ValueError("the rows of the bitmap differ in length")
        return self


class Annotation(Value):
    """A graphic (`type`, `points`) or a text (`text` with `box`, `anchor` or both)."""

    layer: Layer = Field(default="ANNOTATIONS", description="Graphic Layer")
    units: Units = Field(
        default="PIXEL",
        description="whether positions are in pixels of the image or in fractions of the displayed area",
    )
    type: Literal["POINT", "POLYLINE", "INTERPOLATED", "CIRCLE", "ELLIPSE"] | None = Field(
        default=None, description="Graphic Type"
    )
    points: tuple[Pair, ...] = Field(default=(), description="column and row of each point")
    filled: bool = Field(default=False, description="whether the graphic is filled")
    text: Annotated[str, AfterValidator(_lines), Field(min_length=1, max_length=1024)] | None = Field(
        default=None, description="text"
    )
    box: tuple[Pair, Pair] | None = Field(default=None, description="top left and bottom right of the text's box")
    justification: Literal["LEFT", "CENTER", "RIGHT"] = Field(
        default="LEFT", description="where the text stands within its box"
    )
    anchor: Pair | None = Field(default=None, description="column and row of the point that the text refers to")
    anchor_units: Units = Field(default="PIXEL", description="units of the anchor point")
    anchor_visible: bool = Field(default=False, description="whether a line is drawn to the anchor point")

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if (self.type is None) == (self.text is None):
            raise ValueError("an annotation needs either a type and points, or a text")
        if self.text is not None and (self.points or (self.box is None and self.anchor is None)):
            raise ValueError("a text needs a box or an anchor, and no points")
        if self.type is not None and (wrong := wrong_count(self.type, len(self.points))):
            raise ValueError(wrong)
        return self


class LayerSettings(Value):
    """How a layer is drawn; the first given is the lowest."""

    name: Layer = Field(description="Graphic Layer")
    p_value: PValue = Field(default=0xFFFF, description="recommended P-Value of the layer, 0 (black) to 65535 (white)")
    description: Annotated[str, AfterValidator(_line), Field(max_length=64)] = Field(
        default="", description="Graphic Layer Description"
    )


class Area(Value):
    """A displayed area; corners as column and row from 1, before spatial transformation, whichever way round."""

    top_left: tuple[int, int] | None = Field(
        default=None, description="column and row of the top left pixel that is displayed"
    )
    bottom_right: tuple[int, int] | None = Field(
        default=None, description="column and row of the bottom right pixel that is displayed"
    )
    mode: Literal["SCALE TO FIT", "TRUE SIZE", "MAGNIFY"] = Field(
        default="SCALE TO FIT", description="Presentation Size Mode"
    )
    spacing: tuple[PositiveFloat, PositiveFloat] | None = Field(
        default=None, description="distance of rows and of columns, in mm"
    )
    aspect: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] | None = Field(
        default=None, description="vertical and horizontal part of the pixel aspect ratio"
    )
    magnification: PositiveFloat | None = Field(default=None, description="Presentation Pixel Magnification Ratio")

    @model_validator(mode="after")
    def _check_mode(self) -> Self:
        if (self.top_left is None) != (self.bottom_right is None):
            raise ValueError("an area needs both corners or neither")
        if (self.mode == "MAGNIFY") != (self.magnification is not None):
            raise ValueError("a magnification belongs to MAGNIFY, and MAGNIFY needs one")
        if self.spacing is not None and self.aspect is not None:
            raise ValueError("spacing and aspect cannot be combined")
        return self


class Presentation(Value):
    """Everything that a state records of what is displayed; what is not given is as the images say."""

    label: Annotated[str, Field(pattern=r"^[A-Z0-9 _]{1,16}$"), Option("Content Label")] = "PRESENTATION"
    description: Annotated[str, AfterValidator(_line), Field(max_length=64), Option("Content Description")] = ""
    creator: Annotated[str, AfterValidator(_name), Option("Content Creator's Name")] = ""
    # Specific Character Set; None: the images', else UTF-8
    character_set: Annotated[
        str | None, Option("Specific Character Set; without it the image's, else UTF-8", "TERMS")
    ] = None
    window: Annotated[Window | None, Option(WINDOW_HELP, "C,W", read=window_of)] = None
    voi_lut: Table | None = Field(default=None, description="VOI LUT, instead of a window")
    rescale: Rescale | None = Field(default=None, description="linear Modality LUT")
    modality_lut: ModalityTable | None = Field(default=None, description="Modality LUT, instead of a rescale")
    presentation_lut: Literal["IDENTITY", "INVERSE"] | Table | None = Field(
        default=None, description="Presentation LUT Shape or Presentation LUT"
    )
    polarity: Annotated[
        Literal["NORMAL", "REVERSE"],
        Option("reverse the polarity", flags=("--inverse",), constant="REVERSE"),
    ] = "NORMAL"
    rotate: Annotated[
        Literal[0, 90, 180, 270], Number, Option("degrees, clockwise", choices=("0", "90", "180", "270"))
    ] = 0
    flip: Annotated[bool, Option("left to right, after the rotation", constant=True)] = False
    shutters: Annotated[
        tuple[ShutterShape, ...], Option(SHUTTER_HELP, "SHAPE", ("--shutter",), read_all=shutters_of)
    ] = ()
    shutter_value: Annotated[PValue, Option("P-Value of what is hidden, 0 to 65535", "P")] = 0
    annotations: Annotated[
        tuple[Annotation, ...], Option(ANNOTATE_HELP, "GRAPHIC", ("--annotate",), read_all=annotations_of)
    ] = ()
    layers: tuple[LayerSettings, ...] = Field(default=(), description="graphic layers")
    area: Area = Field(default=Area(), description="displayed area")
    overlays: bool = Field(default=True, description="whether the overlays of the images are shown")

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        for one, other in (("window", "voi_lut"), ("rescale", "modality_lut")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise ValueError(f"{one} and {other} cannot be combined")
        if isinstance(self.presentation_lut, Table) and self.presentation_lut.first != 0:
            raise ValueError("the first value of a Presentation LUT must be 0 (PS3.3 C.11.6.1.1)")
        shapes = [each.shape for each in self.shutters]
        if len(set(shapes)) != len(shapes) or ("BITMAP" in shapes and len(shapes) > 1):
            raise ValueError("give each shutter shape once, and BITMAP alone (PS3.3 C.7.6.11, C.7.6.15)")
        names = [each.name for each in self.layers]
        if len(set(names)) != len(names):
            raise ValueError("a layer is given twice")
        return self


class ImageFrames(Value):
    """An image that a state is for, the frames of it, all unless some are named, and a window for these alone."""

    SOPInstanceUID: str = Field(description="SOP Instance UID of an image in memory")
    frames: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        default=(), description="numbers of frames, from 1; all if not given"
    )
    window: Window | None = Field(default=None, description="window of these frames, instead of the state's")
