"""A film as a picture: what a person would see who took it out of the printer.

Invariants: the rules "How a film is drawn" of `docs/architecture.md`. Greys are floating-point until the
end, where they are rounded half up, once. Nothing here refuses a film for what its images ask: `fits` tells the
printer beforehand; an image that does not fit and has to FAIL is left out.

References
----------
PS3.3 C.13.3 (Basic Film Box Presentation), C.13.5 (Image Box Pixel Presentation), C.11.4 (Presentation LUT).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dicom_simulators.printer.films.film import Film, FilmImage, Pixels, PresentationLUT
from dicom_simulators.printer.films.layout import CUSTOM_LAYOUTS, Area, CustomLayouts, half_up, lay_out
from dicom_simulators.printer.films.lettering import write
from dicom_simulators.printer.films.magnification import Samples, magnify
from dicom_simulators.printer.films.parameters import (
    BLACK,
    CROP,
    FAIL,
    WHITE,
    behavior,
    density_grey,
    magnification_type,
    range_grey,
    requested_mm,
    turned_about,
)

Picture = NDArray[np.uint8]


def render(film: Film, dots_per_mm: float = 2.0, custom_layouts: CustomLayouts = CUSTOM_LAYOUTS) -> Picture:
    """Draw a film.

    Returns
    -------
    ndarray, shape (rows, columns), or (rows, columns, 3) for a colour film, uint8

    Raises
    ------
    FilmError
        The film cannot be laid out.
    """
    layout = lay_out(film.box, len(film.annotations), custom_layouts)
    colour = film.colour or any(image.pixels.ndim == 3 for image in film.images)
    shape = (half_up(layout.height_mm * dots_per_mm), half_up(layout.width_mm * dots_per_mm))
    border, empty = (density_grey(film.box, keyword) for keyword in ("BorderDensity", "EmptyImageDensity"))
    trim = WHITE - 255.0 * (border >= 127.5)
    canvas = np.full((*shape, 3) if colour else shape, border)
    images = {image.position: image for image in film.images}
    for position, box in enumerate(layout.boxes, 1):
        area = box.area(dots_per_mm)
        image = images.get(position)
        if image is None or not image.pixels.size:
            canvas[area.top : area.bottom, area.left : area.right] = empty
        else:
            _place(canvas, *_printed(film, image, area, dots_per_mm))
        if film.box.get("Trim", "").strip() == "YES":
            _frame(canvas, area, trim)
    picture: Picture = np.floor(np.clip(canvas, 0, 255) + 0.5).astype(np.uint8)
    texts = [annotation.text for annotation in sorted(film.annotations, key=lambda one: one.position)]
    write(picture, texts, [share.area(dots_per_mm) for share in layout.shares], round(trim), dots_per_mm)
    return picture


def fits(film: Film, image: FilmImage, custom_layouts: CustomLayouts = CUSTOM_LAYOUTS) -> bool:
    """Say whether an image may be printed where it is; False = its requested size is too large, and it has to FAIL.

    Raises
    ------
    FilmError
        The film cannot be laid out.
    """
    width_mm = requested_mm(image)
    boxes = lay_out(film.box, len(film.annotations), custom_layouts).boxes
    if width_mm is None or behavior(image) != FAIL or not 1 <= image.position <= len(boxes) or not image.pixels.size:
        return True
    box = boxes[image.position - 1]
    return not _exceeds(width_mm, width_mm / _proportion(image), box.width_mm, box.height_mm)


def greys(pixels: Pixels, bits: int, turned: bool, presentation_lut: PresentationLUT | None = None) -> Samples:
    """Give the grey, 0 to 255, of samples: table, scale, and complement if they are turned about.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, any shape
    bits : int
        Bits Stored, 1 to 16.
    presentation_lut : PresentationLUT, optional
        Only its table is used here; shapes are the business of `turned`.
    """
    highest = (1 << bits) - 1
    if presentation_lut is None or not presentation_lut.table:
        scaled = np.minimum(pixels, highest) * (255.0 / highest)
        return 255.0 - scaled if turned else scaled
    table = np.array(presentation_lut.table, np.float64) * (255.0 / ((1 << presentation_lut.bits) - 1))
    index = np.clip(np.minimum(pixels, highest).astype(np.intp) - presentation_lut.first, 0, table.size - 1)
    mapped: Samples = np.minimum(table, 255.0)[index]
    return 255.0 - mapped if turned else mapped


def _printed(film: Film, image: FilmImage, area: Area, dots_per_mm: float) -> tuple[Samples, Area]:
    """Give the samples of an image in the size in which it is printed, and where they belong, cut to the box."""
    kind = magnification_type(film, image)
    rows, columns = image.pixels.shape[:2] if kind == "NONE" else _size(image, area, dots_per_mm)
    if not rows:
        return np.zeros((0, 0)), Area(area.left, area.top, area.left, area.top)
    lut = presentation_lut_of(film, image)
    turned = turned_about(image, lut)
    white, black = range_grey(film, image)

    def to_grey(pixels: Pixels) -> Samples:
        full = greys(pixels, image.bits_stored, turned, lut)
        return full if (white, black) == (WHITE, BLACK) else black + full * ((white - black) / WHITE)

    visible = _middle(rows, area.rows), _middle(columns, area.columns)
    if kind == "NONE":
        samples = to_grey(image.pixels[visible[0], visible[1]])
    else:
        samples = magnify(image.pixels, to_grey, (rows, columns), visible, kind)
    left = area.left + (area.columns - samples.shape[1]) // 2
    top = area.top + (area.rows - samples.shape[0]) // 2
    return samples, Area(left, top, left + samples.shape[1], top + samples.shape[0])


def presentation_lut_of(film: Film, image: FilmImage) -> PresentationLUT | None:
    """Return the Presentation LUT that an image goes through: that of its box, else of the film; none in colour."""
    return None if image.pixels.ndim == 3 else image.presentation_lut or film.presentation_lut


def _size(image: FilmImage, area: Area, dots_per_mm: float) -> tuple[int, int]:
    """Return rows and columns of an image on the film, before it is cropped; (0, 0) = it is not printed."""
    proportion = _proportion(image)
    width_mm = requested_mm(image)
    if width_mm is not None:
        width, height = width_mm * dots_per_mm, width_mm * dots_per_mm / proportion
        within = not _exceeds(half_up(width), half_up(height), area.columns, area.rows)
        if within or behavior(image) == CROP:
            return max(1, half_up(height)), max(1, half_up(width))
        if behavior(image) == FAIL:
            return 0, 0
    width = min(area.columns, area.rows * proportion)
    return min(area.rows, max(1, half_up(width / proportion))), min(area.columns, max(1, half_up(width)))


def _proportion(image: FilmImage) -> float:
    """Return width by height of an image, with its Pixel Aspect Ratio (PS3.3 C.7.6.3.1.7)."""
    rows, columns = image.pixels.shape[:2]
    vertical, horizontal = image.pixel_aspect_ratio
    if vertical <= 0 or horizontal <= 0:
        vertical, horizontal = 1, 1
    return float(columns * horizontal) / float(rows * vertical)


def _exceeds(width: float, height: float, width_there: float, height_there: float) -> bool:
    return width > width_there + 1e-9 or height > height_there + 1e-9


def _middle(size: int, room: int) -> slice:
    """Return the range that remains when pixels are cut equally on both sides."""
    start = max(0, size - room) // 2
    return slice(start, start + min(size, room))


def _place(canvas: Samples, samples: Samples, where: Area) -> None:
    """Put samples upon the canvas; what is gray is gray in three samples on a colour film."""
    if canvas.ndim == 3 and samples.ndim == 2:
        samples = samples[:, :, None]
    canvas[where.top : where.bottom, where.left : where.right] = samples


def _frame(canvas: Samples, area: Area, grey: float) -> None:
    """Draw a trim box: a frame of one pixel inside an image box (PS3.3 C.13.3: Trim)."""
    inside = canvas[area.top : area.bottom, area.left : area.right]
    inside[0], inside[-1], inside[:, 0], inside[:, -1] = grey, grey, grey, grey
