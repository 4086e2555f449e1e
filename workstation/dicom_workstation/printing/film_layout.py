"""Image Display Format: how a film is divided into image boxes.

Invariants: a format is read from its text once and written back as the standard spells it; a short form `RxC`
means so many rows of so many columns. How many boxes a film really has is the printer's to say; what is computed here
is for the preview. Distances are mm from the upper left corner of what is divided.

References
----------
PS3.3 Table C.13-3 (Image Display Format), C.13.5.1 (Image Box Position)
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final, Self

from dicom_workstation.printing.errors import PrintError

GAP_MM: Final = 2.0
MOUNT_MM: Final = 50.0
MOUNTED_MM: Final = {"SLIDE": (36.0, 24.0), "SUPERSLIDE": (40.0, 40.0)}  # width and height of the image area
MOST_BOXES: Final = 1024
_SHORT: Final = re.compile(r"(\d{1,3})[xX](\d{1,3})")
_NUMBERED: Final = re.compile(r"(STANDARD|ROW|COL|CUSTOM)\\(\d{1,4}(?:,\d{1,4})*)")
# CUSTOM\i is the printer's own; these are the ones that are drawn: left, top, width, height as fractions.
CUSTOM_LAYOUTS: Final = {1: ((0.0, 0.0, 1.0, 0.75), *((third / 3, 0.75, 1 / 3, 0.25) for third in range(3)))}


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A part of a film, in mm."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """An Image Display Format: its kind, and the numbers after it."""

    kind: str
    numbers: tuple[int, ...] = ()

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `2x3`, `STANDARD\\3,2`, `ROW\\1,2`, `COL\\2,1`, `SLIDE`, `SUPERSLIDE` or `CUSTOM\\1`."""
        if text in MOUNTED_MM:
            return cls(text)
        short = _SHORT.fullmatch(text)
        if short is not None:
            layout = cls("STANDARD", (int(short[2]), int(short[1])))
        else:
            found = _NUMBERED.fullmatch(text)
            if found is None:
                raise PrintError(
                    f"{text!r} is not one of 2x3, STANDARD\\3,2, ROW\\1,2, COL\\2,1, SLIDE, SUPERSLIDE, CUSTOM\\1"
                )
            layout = cls(found[1], tuple(int(number) for number in found[2].split(",")))
        layout._check(text)
        return layout

    def _check(self, text: str) -> None:
        wanted = {"STANDARD": 2, "CUSTOM": 1}.get(self.kind)
        if wanted is not None and len(self.numbers) != wanted:
            raise PrintError(f"{text!r}: {self.kind} has {wanted} number{'s' if wanted > 1 else ''}")
        if min(self.numbers) < 1:
            raise PrintError(f"{text!r}: its numbers start at 1")
        if self.kind != "CUSTOM" and (self.box_count or 0) > MOST_BOXES:
            raise PrintError(f"{text!r}: more than {MOST_BOXES} boxes")

    @property
    def text(self) -> str:
        """The value of Image Display Format (2010,0010)."""
        return self.kind + ("\\" + ",".join(map(str, self.numbers)) if self.numbers else "")

    @property
    def box_count(self) -> int | None:
        """How many image boxes the format gives; None where that depends on the film or the printer."""
        match self.kind:
            case "STANDARD":
                return self.numbers[0] * self.numbers[1]
            case "ROW" | "COL":
                return sum(self.numbers)
        return None

    def boxes(self, width_mm: float, height_mm: float) -> tuple[Rectangle, ...]:
        """Divide so much of a film, in order of Image Box Position; PrintError for an unknown CUSTOM format."""
        match self.kind:
            case "STANDARD":
                columns, rows = self.numbers
                return _in_rows((columns,) * rows, width_mm, height_mm)
            case "ROW":
                return _in_rows(self.numbers, width_mm, height_mm)
            case "COL":
                turned = _in_rows(self.numbers, height_mm, width_mm)
                return tuple(Rectangle(each.top, each.left, each.height, each.width) for each in turned)
            case "CUSTOM":
                return _custom(self.numbers[0], width_mm, height_mm)
        return _mounts(*MOUNTED_MM[self.kind], width_mm, height_mm)


def _in_rows(counts: tuple[int, ...], width_mm: float, height_mm: float) -> tuple[Rectangle, ...]:
    """Divide into equal rows, each of so many equal cells."""
    height = _share(height_mm, len(counts))
    found = []
    for row, count in enumerate(counts):
        width = _share(width_mm, count)
        top = row * (height + GAP_MM)
        found += [Rectangle(column * (width + GAP_MM), top, width, height) for column in range(count)]
    return tuple(found)


def _share(whole_mm: float, count: int) -> float:
    return (whole_mm - GAP_MM * (count - 1)) / count


def _mounts(image_width: float, image_height: float, width_mm: float, height_mm: float) -> tuple[Rectangle, ...]:
    """Put as many mounts as fit into the middle; a box is the image area of a mount."""
    columns, rows = math.floor(width_mm / MOUNT_MM), math.floor(height_mm / MOUNT_MM)
    left = (width_mm - columns * MOUNT_MM) / 2 + (MOUNT_MM - image_width) / 2
    top = (height_mm - rows * MOUNT_MM) / 2 + (MOUNT_MM - image_height) / 2
    return tuple(
        Rectangle(left + column * MOUNT_MM, top + row * MOUNT_MM, image_width, image_height)
        for row in range(rows)
        for column in range(columns)
    )


def _custom(number: int, width_mm: float, height_mm: float) -> tuple[Rectangle, ...]:
    if number not in CUSTOM_LAYOUTS:
        raise PrintError(f"CUSTOM\\{number} is defined by the printer: its layout is not known here")
    return tuple(
        Rectangle(left * width_mm, top * height_mm, width * width_mm, height * height_mm)
        for left, top, width, height in CUSTOM_LAYOUTS[number]
    )
