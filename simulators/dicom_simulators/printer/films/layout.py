"""Where everything lies on a film: its size, its image boxes, its annotations; in millimetres, then in pixels.

Invariants: the rules "How a film is drawn" of `docs/architecture.md`, and no pixel value. Everything is
computed in millimetres from the upper left corner of the film; edges are rounded to whole pixels once, half up, so
that neighbours never overlap. A request that cannot be laid out is a `FilmError`.

References
----------
PS3.3 C.13.3 (Image Display Format, Film Size ID, Film Orientation).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

MARGIN_MM = 5.0
STRIP_MM = 8.0
GAP_MM = 2.0
MOUNT_MM = 50.0
LONGEST_MM = 1000.0
SMALLEST_BOX_MM = 1.0
MILLIMETRES = {"IN": 25.4, "CM": 10.0, "MM": 1.0}
SHEETS_MM = {"A3": (297.0, 420.0), "A4": (210.0, 297.0), "10INX14IN": (257.0, 364.0)}
"""Film sizes that their names do not tell, and the one whose name does not tell the truth (PS3.3 Table C.13-3)."""

SLIDES_MM = {"SLIDE": (36.0, 24.0), "SUPERSLIDE": (40.0, 40.0)}
"""Width and height of the image area within a mount (PS3.3 C.13.3: 35 mm slides, and 40 mm x 40 mm slides)."""

DEFAULT_FILM_SIZE = "14INX17IN"
_SIZE = re.compile(r"(\d+(?:[_.]\d+)?)(IN|CM|MM)X(\d+(?:[_.]\d+)?)(IN|CM|MM)")

CustomLayouts = Mapping[str, Sequence[Sequence[float]]]

CUSTOM_LAYOUTS: CustomLayouts = MappingProxyType(
    {"1": ((0, 0, 1, 0.75), (0, 0.75, 1 / 3, 0.25), (1 / 3, 0.75, 1 / 3, 0.25), (2 / 3, 0.75, 1 / 3, 0.25))}
)
"""CUSTOM\\1: one box above, three in a row below; each is x, y, width and height as fractions of what is left."""


class FilmError(ValueError):
    """No printer could make this film of these attributes."""


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of whole pixels; `right` and `bottom` are the first ones outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def columns(self) -> int:
        """Its width in pixels."""
        return self.right - self.left

    @property
    def rows(self) -> int:
        """Its height in pixels."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in millimetres, from the upper left corner of the film."""

    left_mm: float
    top_mm: float
    width_mm: float
    height_mm: float

    def area(self, dots_per_mm: float) -> Area:
        """Round its edges to whole pixels."""
        right_mm, bottom_mm = self.left_mm + self.width_mm, self.top_mm + self.height_mm
        edges = (self.left_mm, self.top_mm, right_mm, bottom_mm)
        return Area(*(half_up(edge * dots_per_mm) for edge in edges))


@dataclass(frozen=True, slots=True)
class Layout:
    """A film without its pixels.

    Attributes
    ----------
    boxes : tuple of Box
        In order of Image Box Position, from 1.
    shares : tuple of Box
        Of the annotations, from left to right.
    """

    width_mm: float
    height_mm: float
    boxes: tuple[Box, ...]
    shares: tuple[Box, ...]


def half_up(value: float) -> int:
    """Round to the nearest whole number, halves upwards; what is off by less than rounding errors counts as a half."""
    return math.floor(value + 0.5 + 1e-9)


def film_size_mm(box: Mapping[str, str]) -> tuple[float, float]:
    """Return width and height of the film of a film box, as it is looked at (PS3.3 C.13.3: Film Size ID).

    Raises
    ------
    FilmError
        Its Film Size ID or Film Orientation is not of the standard's form.
    """
    name = box.get("FilmSizeID", "").strip() or DEFAULT_FILM_SIZE
    orientation = box.get("FilmOrientation", "").strip() or "PORTRAIT"
    if orientation not in ("PORTRAIT", "LANDSCAPE"):
        raise FilmError(f"unknown Film Orientation {orientation!r}")
    size = SHEETS_MM.get(name)
    if size is None:
        found = _SIZE.fullmatch(name)
        if found is None:
            raise FilmError(f"unknown Film Size ID {name!r}")
        size = (_millimetres(found[1], found[2]), _millimetres(found[3], found[4]))
    if not all(2 * MARGIN_MM + SMALLEST_BOX_MM <= side <= LONGEST_MM for side in size):
        raise FilmError(f"Film Size ID {name} is out of range")
    return size if orientation == "PORTRAIT" else (size[1], size[0])


def lay_out(box: Mapping[str, str], annotations: int = 0, custom_layouts: CustomLayouts = CUSTOM_LAYOUTS) -> Layout:
    """Lay out the film of a film box.

    Parameters
    ----------
    box : mapping of str to str
        Attributes of the film box, by keyword: ImageDisplayFormat, FilmOrientation, FilmSizeID.
    annotations : int
        How many annotations share the strip at the bottom; no strip for none.

    Raises
    ------
    FilmError
        The film cannot be laid out so.
    """
    width_mm, height_mm = film_size_mm(box)
    left = Box(MARGIN_MM, MARGIN_MM, width_mm - 2 * MARGIN_MM, height_mm - 2 * MARGIN_MM)
    shares: tuple[Box, ...] = ()
    if annotations:
        rest_mm = left.height_mm - STRIP_MM
        strip = Box(left.left_mm, left.top_mm + rest_mm, left.width_mm, STRIP_MM)
        shares = tuple(_split(strip, annotations, across=True, gap_mm=0.0, smallest_mm=0.0))
        left = Box(left.left_mm, left.top_mm, left.width_mm, rest_mm)
    boxes = tuple(_boxes(left, box.get("ImageDisplayFormat", "").strip(), custom_layouts))
    return Layout(width_mm, height_mm, boxes, shares)


def _boxes(left: Box, display_format: str, custom_layouts: CustomLayouts) -> Iterator[Box]:
    """Divide what is left by an Image Display Format."""
    kind, _, numbers = display_format.partition("\\")
    match kind:
        case "STANDARD":
            columns, rows = _counts(display_format, numbers, exactly=2)
            for row in _split(left, rows, across=False):
                yield from _split(row, columns, across=True)
        case "ROW" | "COL":
            across = kind == "ROW"
            counts = _counts(display_format, numbers)
            for part, count in zip(_split(left, len(counts), across=not across), counts, strict=True):
                yield from _split(part, count, across=across)
        case "SLIDE" | "SUPERSLIDE" if not numbers:
            yield from _slides(left, *SLIDES_MM[kind])
        case "CUSTOM" if numbers in custom_layouts:
            yield from _fractions(left, custom_layouts[numbers])
        case _:
            raise FilmError(f"this printer has no Image Display Format {display_format!r}")


def _counts(display_format: str, numbers: str, exactly: int | None = None) -> tuple[int, ...]:
    parts = [part.strip() for part in numbers.split(",")]
    counts = tuple(int(part) if re.fullmatch(r"[0-9]{1,4}", part) else 0 for part in parts)
    if 0 in counts or (exactly is not None and len(counts) != exactly):
        raise FilmError(f"unknown Image Display Format {display_format!r}")
    return counts


def _split(
    box: Box, count: int, *, across: bool, gap_mm: float = GAP_MM, smallest_mm: float = SMALLEST_BOX_MM
) -> Iterator[Box]:
    """Divide a box into equal ones, side by side (`across`) or one below the other."""
    whole_mm = box.width_mm if across else box.height_mm
    each_mm = (whole_mm - gap_mm * (count - 1)) / count
    if each_mm < smallest_mm:
        raise FilmError(f"{count} boxes do not fit into {whole_mm:.0f} mm")
    for index in range(count):
        start_mm = index * (each_mm + gap_mm)
        if across:
            yield Box(box.left_mm + start_mm, box.top_mm, each_mm, box.height_mm)
        else:
            yield Box(box.left_mm, box.top_mm + start_mm, box.width_mm, each_mm)


def _slides(left: Box, width_mm: float, height_mm: float) -> Iterator[Box]:
    """Fill with mounts that touch, centred as a block; the image area lies in the middle of each."""
    columns, rows = int(left.width_mm // MOUNT_MM), int(left.height_mm // MOUNT_MM)
    if not (columns and rows):
        raise FilmError("no slide fits on this film")
    first_x_mm = left.left_mm + (left.width_mm - columns * MOUNT_MM) / 2 + (MOUNT_MM - width_mm) / 2
    first_y_mm = left.top_mm + (left.height_mm - rows * MOUNT_MM) / 2 + (MOUNT_MM - height_mm) / 2
    for row in range(rows):
        for column in range(columns):
            yield Box(first_x_mm + column * MOUNT_MM, first_y_mm + row * MOUNT_MM, width_mm, height_mm)


def _fractions(left: Box, fractions: Sequence[Sequence[float]]) -> Iterator[Box]:
    for x, y, width, height in fractions:
        yield Box(
            left.left_mm + x * left.width_mm,
            left.top_mm + y * left.height_mm,
            width * left.width_mm,
            height * left.height_mm,
        )


def _millimetres(number: str, unit: str) -> float:
    return float(number.replace("_", ".")) * MILLIMETRES[unit]
