"""What the attributes of film and image boxes mean for the drawing: densities, magnification, requested sizes.

Invariants: an attribute that is absent, empty, or not of the standard's form brings its default: a printer
that refuses such values has done so before anything is drawn.

References
----------
PS3.3 C.13.3 (Basic Film Box Presentation), C.13.5 (Image Box Pixel Presentation).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from dicom_simulators.printer.films.film import Film, FilmImage, PresentationLUT
from dicom_simulators.printer.films.magnification import TYPES

MIN_DENSITY, MAX_DENSITY = 20.0, 300.0
"""In hundredths of optical density, unless a film box says otherwise."""

BLACK, WHITE = 0.0, 255.0
CROP, DECIMATE, FAIL = "CROP", "DECIMATE", "FAIL"


def density_grey(box: Mapping[str, str], keyword: str) -> float:
    """Return the grey, 0 to 255, of a density attribute: BLACK, WHITE, or a number of hundredths of OD.

    Parameters
    ----------
    box : mapping of str to str
        Attributes of the film box: MinDensity and MaxDensity bound what the printer can do.
    keyword : str
        BorderDensity or EmptyImageDensity.
    """
    given = box.get(keyword, "").strip()
    if given == "WHITE":
        return WHITE
    density = number(given)
    return BLACK if density is None else _grey(box, density)


def range_grey(film: Film, image: FilmImage) -> tuple[float, float]:
    """Return the greys of an image's white and black: its box's own densities override those of the film box.

    PS3.4 H.4.3.1.2.1.1; what is lighter or darker than the film's range is drawn as its end.
    """
    least, most = number(image.parameters.get("MinDensity", "")), number(image.parameters.get("MaxDensity", ""))
    white = WHITE if least is None else _grey(film.box, least)
    return white, BLACK if most is None else min(white, _grey(film.box, most))


def _grey(box: Mapping[str, str], density: float) -> float:
    """Return the grey of a density in hundredths of OD, within the range of the film."""
    least, most = number(box.get("MinDensity", "")), number(box.get("MaxDensity", ""))
    least, most = MIN_DENSITY if least is None else least, MAX_DENSITY if most is None else most
    if most <= least:
        return BLACK if density >= most else WHITE
    return min(WHITE, max(BLACK, 255.0 * (most - density) / (most - least)))


def magnification_type(film: Film, image: FilmImage) -> str:
    """Return how an image is scaled: as its image box says, else as the film box says, else CUBIC."""
    for parameters in (image.parameters, film.box):
        given = parameters.get("MagnificationType", "").strip()
        if given in TYPES:
            return given
    return "CUBIC"


def requested_mm(image: FilmImage) -> float | None:
    """Return the width that an image has to have (Requested Image Size), if any."""
    width = number(image.parameters.get("RequestedImageSize", ""))
    return width if width is not None and 0 < width < 10_000 else None


def behavior(image: FilmImage) -> str:
    """Return what becomes of an image that is larger than its box (Requested Decimate/Crop Behavior)."""
    given = image.parameters.get("RequestedDecimateCropBehavior", "").strip()
    return given if given in (CROP, FAIL) else DECIMATE


def turned_about(image: FilmImage, presentation_lut: PresentationLUT | None) -> bool:
    """Say whether the grey of a sample is complemented, an odd number of times."""
    reasons = (
        image.photometric_interpretation == "MONOCHROME1",
        image.parameters.get("Polarity", "").strip() == "REVERSE",
        presentation_lut is not None and presentation_lut.shape == "LIN OD",
    )
    return sum(reasons) % 2 == 1


def number(text: str) -> float | None:
    """Read a number of the wire, text of an IS, US or DS; None if it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
