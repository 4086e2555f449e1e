"""Text of an annotation as pixels: as large as its box allows, in a font that has its characters.

Invariants: the text is never cut to its box; the font that Pillow brings along has little more than ASCII, so for
other text one of the machine's is looked for; a warning names characters that no font here has a glyph for.

References
----------
PS3.3 C.10.5.1.1: the text runs from the top left to the bottom right corner of its box, also where these corners are in
the image and were rotated, flipped or scaled with it; it need not stay within the box
PS3.3 C.10.6, note: rotation and flip come after annotations in the pixel space of the image, and before those in the
displayed area; so text on a flipped image is mirrored
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from dicom_workstation.pixels import Pixels
from dicom_workstation.presentation_states.spatial_transformation import SpatialTransformation

SMALLEST_PIXELS: Final = 8
LARGEST_PIXELS: Final = 64
FURTHER_FONTS: Final = (
    "DejaVuSans.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKjp-Regular.otf",
    "wqy-microhei.ttc",
    "Arial Unicode.ttf",
    "arialuni.ttf",
    "malgun.ttf",
    "msgothic.ttc",
    "simsun.ttc",
    "arial.ttf",
)
Point = tuple[float, float]


@cache
def _font(name: str, size: int) -> Any:
    return ImageFont.truetype(name, size) if name else ImageFont.load_default(size)


@cache
def _fonts() -> tuple[str, ...]:
    """Return the further fonts that there are; Pillow looks for a name where the operating system keeps fonts."""
    return tuple(name for name in FURTHER_FONTS if _is_there(name))


def _is_there(name: str) -> bool:
    try:
        _font(name, SMALLEST_PIXELS * 2)
    except OSError:
        return False
    return True


@cache
def _missing_glyph(font: str) -> bytes:
    return bytes(_font(font, SMALLEST_PIXELS * 2).getmask("\ufffe"))


@cache
def _has_glyph(font: str, character: str) -> bool:
    return character.isspace() or bytes(_font(font, SMALLEST_PIXELS * 2).getmask(character)) != _missing_glyph(font)


def _best_font(text: str) -> tuple[str, str]:
    """Return the first of the fonts that lack the least of a text, and the characters that it lacks."""
    best, least = "", _lacking("", text)
    for font in _fonts() if least else ():
        lacking = _lacking(font, text)
        if len(lacking) < len(least):
            best, least = font, lacking
    return best, least


def _lacking(font: str, text: str) -> str:
    return "".join(each for each in sorted(set(text)) if not _has_glyph(font, each))


def draw_text(
    picture: Picture.Image,
    text: str,
    box: tuple[Point, Point] | None,
    anchor: Point | None,
    turned: SpatialTransformation | None,
    justification: str,
    grey: int,
) -> list[str]:
    """Draw a text into its box, or beside its anchor; returns warnings.

    Parameters
    ----------
    box : tuple of points or None
        Its corners on the display, which for a turned box are no longer top left and bottom right.
    turned : SpatialTransformation or None
        How the box was turned, and so the text.
    """
    lines = "\n".join(re.split(r"\r\n|\r|\n|\f", text.rstrip())).expandtabs()
    width, height = _size(box, picture, turned)
    font, unknown = _best_font(lines)
    mask = _text_mask(lines, font, width, height, justification)
    if turned is not None:
        mask = turned.apply(mask)
    left, top = _corner(box, anchor, mask, turned)
    picture.paste(grey, (left, top), Picture.fromarray(np.ascontiguousarray(mask)))
    if not unknown:
        return []
    return [f"the text {lines!r} cannot be drawn completely: the font has no glyph for {unknown!r}"]


def _size(
    box: tuple[Point, Point] | None, picture: Picture.Image, turned: SpatialTransformation | None
) -> tuple[float, float]:
    """Return how wide and high the text may become, in its own reading direction."""
    if box is None:
        return picture.size[0], max(2 * SMALLEST_PIXELS, picture.size[1] / 24)
    (left, top), (right, bottom) = box
    width, height = abs(right - left), abs(bottom - top)
    return (height, width) if turned is not None and turned.swaps_axes else (width, height)


def _text_mask(lines: str, font: str, width: float, height: float, justification: str) -> Pixels:
    """Return the text in the largest size that its room allows: uint8, shape (rows, columns), 255 where it covers."""
    size = round(min(LARGEST_PIXELS, max(SMALLEST_PIXELS, height / (lines.count("\n") + 1))))
    measure = ImageDraw.Draw(Picture.new("L", (1, 1)))
    align = justification.lower()
    while True:
        left, top, right, bottom = measure.multiline_textbbox(
            (0, 0), lines, font=_font(font, size), align=align, spacing=0
        )
        if size <= SMALLEST_PIXELS or (right - left <= width and bottom - top <= height):
            break
        size -= 1
    drawn_width, drawn_height = max(1, round(right - left)), max(1, round(bottom - top))
    room = max(drawn_width, round(width)) if justification != "LEFT" else drawn_width
    shift = {"LEFT": 0, "CENTER": (room - drawn_width) // 2, "RIGHT": room - drawn_width}[justification]
    image = Picture.new("L", (room, drawn_height))
    ImageDraw.Draw(image).multiline_text(
        (shift - left, -top), lines, fill=255, font=_font(font, size), align=align, spacing=0
    )
    return np.asarray(image)


def _corner(
    box: tuple[Point, Point] | None, anchor: Point | None, mask: Pixels, turned: SpatialTransformation | None
) -> tuple[int, int]:
    """Return the pixel where the drawn text begins: in the corner where its reading begins."""
    if box is None:
        x, y = anchor or (0.0, 0.0)
        return round(x) + 2, round(y) + 2
    (first_x, first_y), (last_x, last_y) = box
    if turned is None:
        return round(min(first_x, last_x)), round(min(first_y, last_y))
    rows, columns = mask.shape
    return (
        round(first_x) if last_x >= first_x else round(first_x) - columns,
        round(first_y) if last_y >= first_y else round(first_y) - rows,
    )
