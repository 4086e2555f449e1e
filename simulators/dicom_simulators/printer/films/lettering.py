"""Annotations as pixels, in the font that Pillow brings along, or in one of the machine's.

Invariants: one line, cut to its share of the strip. Pillow's font has little more than ASCII and looks the
same everywhere; for other text the font of the machine that lacks the least of it is taken. What no font has becomes
the font's sign for a missing glyph. The full text of the annotation is in `Film.annotations`.

References
----------
PS3.3 C.13.7 (Basic Annotation Presentation: Text String).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from dicom_simulators.printer.films.layout import Area, half_up

LETTER_MM = 5.0
INDENT_MM = 1.0
SMALLEST_PIXELS = 8
NO_CHARACTER = "\ufffe"
LONGEST_TEXT = 64
"""Characters of a Text String (LO)."""


FURTHER_FONTS = ("DejaVuSans.ttf", "NotoSansCJK-Regular.ttc", "wqy-microhei.ttc", "arialuni.ttf", "arial.ttf")

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@cache
def _font(size: int, name: str = "") -> Font | None:
    """Return Pillow's own font, or the machine's of that name; None if there is none."""
    try:
        return ImageFont.truetype(name, size) if name else ImageFont.load_default(size)
    except OSError:
        return None


def _fitting(text: str, size: int) -> Font:
    """Return the font that lacks the fewest characters of a text; Pillow's own where it has them all."""
    found = [font for name in ("", *FURTHER_FONTS) if (font := _font(size, name)) is not None]
    return min(found, key=lambda font: _lacking(font, text))


def _lacking(font: Font, text: str) -> int:
    missing = bytes(font.getmask(NO_CHARACTER))
    return sum(not one.isspace() and bytes(font.getmask(one)) == missing for one in set(text))


def write(
    picture: NDArray[np.uint8], texts: Sequence[str], shares: Sequence[Area], grey: int, dots_per_mm: float
) -> None:
    """Write each text into its share of the picture, from the left, half way between top and bottom."""
    for text, share in zip(texts, shares, strict=True):
        room = picture[share.top : share.bottom, share.left : share.right]
        if room.size:
            mask = _mask(_line(text), room.shape[0], room.shape[1], dots_per_mm)
            weight = mask if room.ndim == 2 else mask[:, :, None]
            room[...] = np.floor(room + (grey - room.astype(np.float64)) * weight / 255.0 + 0.5).astype(np.uint8)


def _mask(text: str, rows: int, columns: int, dots_per_mm: float) -> NDArray[np.uint8]:
    """Draw a line of text: 255 where it covers, 0 where it does not."""
    image = Image.new("L", (columns, rows))
    font = _fitting(text, max(SMALLEST_PIXELS, half_up(LETTER_MM * dots_per_mm)))
    place = (half_up(INDENT_MM * dots_per_mm), rows // 2)
    ImageDraw.Draw(image).text(place, text, fill=255, font=font, anchor="lm")
    return np.asarray(image)


def _line(text: str) -> str:
    """Return the part of a text that fits in one line: no control characters."""
    return "".join(letter for letter in text if letter.isprintable())[:LONGEST_TEXT]
