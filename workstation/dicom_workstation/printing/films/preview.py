"""The film previewer: each film of a request as a picture, before anything is printed.

Invariants: what is drawn is made of what would be sent - attributes of session, film box and image boxes, and
the translated pixels - by the rules "How a film is drawn" of the architecture, and of nothing else. One image is held
at a time, beside the film.

References
----------
PS3.3 C.13.1, C.13.3, C.13.5; conformance statement, 3.2.4.2.2 (the film previewer)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from dicom_workstation.instances import Memory
from dicom_workstation.outcome import PreviewFilm, PreviewOutcome, Result
from dicom_workstation.pixels import Pixels
from dicom_workstation.presentation_states import Table
from dicom_workstation.printing.errors import PrintError
from dicom_workstation.printing.film_layout import Rectangle
from dicom_workstation.printing.film_size import size_mm
from dicom_workstation.printing.films.preparation import Prepared, PreparedImage, needs, prepare
from dicom_workstation.printing.films.resampling import resampled
from dicom_workstation.printing.films.translation import Translated
from dicom_workstation.printing.request import PrintRequest

DOTS_PER_MM: Final = 2.0
MARGIN_MM: Final = 5.0
STRIP_MM: Final = 8.0  # of annotations
LEAST_DENSITY: Final = 20
GREATEST_DENSITY: Final = 300
WHITE: Final = 255
LETTERS_MM: Final = 5.0
LEAST_LETTERS: Final = 8  # pixels
TEXT_INDENT_MM: Final = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class PreviewedFilm:
    """A film: `pixels` is uint8 of shape (rows, columns), or (rows, columns, 3) in RGB."""

    number: int
    pixels: Pixels


@dataclass(frozen=True, slots=True)
class Dots:
    """A part of a film, in its pixels; the ends are not part of it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def place(self) -> tuple[slice, slice]:
        """Its rows and columns in an array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def draw(prepared: Prepared, dots_per_mm: float = DOTS_PER_MM) -> list[Pixels]:
    """Return all films of a request; uint8, shape (rows, columns[, 3])."""
    return [film.pixels for film in films(prepared, dots_per_mm)]


def films(prepared: Prepared, dots_per_mm: float = DOTS_PER_MM) -> Iterator[PreviewedFilm]:
    """Draw the films of a request one by one; what is doubtful is added to the warnings of what was prepared.

    Raises
    ------
    PrintError
        If it is not known how large the film is or how it is divided, or an image cannot be translated.
    """
    sheet = Sheet(prepared, dots_per_mm)
    count = len(sheet.boxes)
    if not count:
        raise PrintError(f"layout: no box of {prepared.layout.text} fits on the film")
    for number, first in enumerate(range(0, len(prepared.images), count), start=1):
        yield PreviewedFilm(number, sheet.drawn(prepared.images[first : first + count]))


def preview_film(film: PreviewedFilm) -> PreviewFilm:
    """Return a film that was drawn as the user is given it."""
    pixels = film.pixels
    samples = 1 if pixels.ndim == 2 else int(pixels.shape[2])
    return PreviewFilm(int(pixels.shape[0]), int(pixels.shape[1]), samples, pixels.tobytes(), number=film.number)


def preview_without_printer(request: PrintRequest) -> PreviewOutcome:
    """Draw the films of a request as a printer would that takes whatever the images need; PrintError as `films`."""
    nothing_held = Memory(0)
    wanted = needs(request, nothing_held)
    colour = wanted.colour if request.colour is None else request.colour
    prepared = prepare(request, nothing_held, colour, request.bits or wanted.bits)
    drawn = tuple(preview_film(film) for film in films(prepared))
    result = Result.WARNING if prepared.warnings else Result.SUCCESS
    return PreviewOutcome(result=result, films=drawn, warnings=prepared.warnings)


class Sheet:
    """One kind of film, ready to be drawn on.

    Attributes
    ----------
    boxes : tuple of Dots
        In order of Image Box Position.
    """

    def __init__(self, prepared: Prepared, dots_per_mm: float) -> None:
        request = prepared.request
        self._prepared, self._request, self._dots_per_mm = prepared, request, dots_per_mm
        width, height = size_mm(request.film_size, request.orientation)
        self._shape = rounded(height * dots_per_mm), rounded(width * dots_per_mm)
        strip = STRIP_MM if prepared.annotations else 0.0
        inside = Rectangle(MARGIN_MM, MARGIN_MM, width - 2 * MARGIN_MM, height - 2 * MARGIN_MM - strip)
        if inside.width <= 0 or inside.height <= 0:
            raise PrintError(f"film_size: the margin leaves no space on a film of {request.film_size}")
        self.boxes = tuple(
            self._dots(Rectangle(inside.left + each.left, inside.top + each.top, each.width, each.height))
            for each in prepared.layout.boxes(inside.width, inside.height)
        )
        self._border = self._grey(request.border_density)
        self._empty = self._grey(request.empty_image_density)

    def drawn(self, images: tuple[PreparedImage, ...]) -> Pixels:
        """Return a film that holds these images."""
        shape = (*self._shape, 3) if self._prepared.colour else self._shape
        film = np.full(shape, rounded(self._border), np.uint8)
        for position, box in enumerate(self.boxes):
            image = images[position] if position < len(images) else None
            if image is None or not self._draw_image(film, box, image):
                film[box.place] = rounded(self._empty)
            if self._request.trim == "YES":
                self._draw_frame(film, box)
        return self._annotated(film) if self._prepared.annotations else film

    def _grey(self, density: str | None) -> float:
        """Return the grey of a density: BLACK, WHITE or hundredths of OD; BLACK if it is not given."""
        least = LEAST_DENSITY if self._request.min_density is None else self._request.min_density
        most = GREATEST_DENSITY if self._request.max_density is None else self._request.max_density
        if density is None or density == "BLACK":
            return 0.0
        if density == "WHITE":
            return float(WHITE)
        if most <= least:
            return 0.0 if int(density) >= most else float(WHITE)
        return min(1.0, max(0.0, (most - int(density)) / (most - least))) * WHITE

    def _dots(self, part: Rectangle) -> Dots:
        edges = (part.left, part.top, part.left + part.width, part.top + part.height)
        return Dots(*(rounded(edge * self._dots_per_mm) for edge in edges))

    def _draw_image(self, film: Pixels, box: Dots, image: PreparedImage) -> bool:
        """Draw an image into its box; False if the printer would not print it."""
        made = image.translated()
        parameters = image.parameters(made)
        method = parameters.get("MagnificationType") or self._request.magnification or "CUBIC"
        rows, columns = self._picture_size(made, parameters, method, box)
        if rows > box.height or columns > box.width:
            if method != "NONE" and parameters.get("RequestedDecimateCropBehavior") == "FAIL":
                self._prepared.collected.add(f"{image.name}: the image is larger than its box and would not be printed")
                return False
            if method != "NONE" and parameters.get("RequestedDecimateCropBehavior") != "CROP":
                rows, columns = fitting(made, box)
        samples, white = self._samples(made)
        top, shown_rows = _within(rows, box.height)
        left, shown_columns = _within(columns, box.width)
        if method == "NONE":
            part = samples[shown_rows, shown_columns]
        else:
            part = resampled(samples, rows, columns, method, (shown_rows, shown_columns))
        greys = part * (WHITE / white)
        if (parameters.get("Polarity") == "REVERSE") != (self._lut_of(made) == "LIN OD"):
            greys = WHITE - greys
        target = film[box.top + top :, box.left + left :][: part.shape[0], : part.shape[1]]
        target[...] = np.floor(np.clip(greys, 0, WHITE) + 0.5)
        return True

    def _picture_size(self, made: Translated, parameters: dict[str, str], method: str, box: Dots) -> tuple[int, int]:
        """Return rows and columns that the picture wants to have."""
        rows, columns = made.pixels.shape[:2]
        if method == "NONE":
            return rows, columns
        if "RequestedImageSize" not in parameters:
            return fitting(made, box)
        width = float(parameters["RequestedImageSize"]) * self._dots_per_mm
        height = width * rows * made.aspect[0] / (columns * made.aspect[1])
        return max(1, rounded(height)), max(1, rounded(width))

    def _lut_of(self, made: Translated) -> str | Table | None:
        """Return the Presentation LUT that an image goes through: images in colour go through none (PS3.4 H.4.9)."""
        return None if made.pixels.ndim == 3 else self._request.presentation_lut

    def _samples(self, made: Translated) -> tuple[Pixels, int]:
        """Return samples in which grey is linear, and the sample of white: a table of the printer maps first."""
        lut = self._lut_of(made)
        if isinstance(lut, Table):
            return np.array(lut.data, np.uint16)[made.pixels], (1 << lut.bits) - 1
        return made.pixels, (1 << made.bits) - 1

    def _draw_frame(self, film: Pixels, box: Dots) -> None:
        grey = WHITE if self._border < WHITE / 2 else 0
        inside = film[box.place]
        inside[0], inside[-1], inside[:, 0], inside[:, -1] = grey, grey, grey, grey

    def _annotated(self, film: Pixels) -> Pixels:
        """Write the annotations into the strip, side by side."""
        texts = self._prepared.annotations
        rows, columns = self._shape
        strip_mm = rows / self._dots_per_mm - MARGIN_MM - STRIP_MM
        width_mm = (columns / self._dots_per_mm - 2 * MARGIN_MM) / len(texts)
        grey = WHITE if self._border < WHITE / 2 else 0
        font = ImageFont.load_default(letter_dots(self._dots_per_mm))
        indent = rounded(TEXT_INDENT_MM * self._dots_per_mm)
        for place, text in enumerate(texts):
            share = self._dots(Rectangle(MARGIN_MM + place * width_mm, strip_mm, width_mm, STRIP_MM))
            picture = Picture.fromarray(np.ascontiguousarray(film[share.place]))  # what is too long ends with its share
            fill = grey if film.ndim == 2 else (grey, grey, grey)
            canvas = ImageDraw.Draw(picture)
            canvas.text((indent, share.height / 2), text, fill=fill, font=font, anchor="lm")
            film[share.place] = np.asarray(picture)
        return film


def letter_dots(dots_per_mm: float) -> int:
    """Return the size of the letters of annotations."""
    return max(LEAST_LETTERS, rounded(LETTERS_MM * dots_per_mm))


def fitting(made: Translated, box: Dots) -> tuple[int, int]:
    """Return rows and columns of the largest picture that fits into a box."""
    height, width = (length * term for length, term in zip(made.pixels.shape[:2], made.aspect, strict=True))
    scale = min(box.height / height, box.width / width)
    return max(1, rounded(height * scale)), max(1, rounded(width * scale))


def _within(length: int, room: int) -> tuple[int, slice]:
    """Return where something begins in its room, and which part of it is seen."""
    if length <= room:
        return (room - length) // 2, slice(0, length)
    cut = (length - room) // 2
    return 0, slice(cut, cut + room)


def rounded(value: float) -> int:
    """Round, half up."""
    return math.floor(value + 0.5)
