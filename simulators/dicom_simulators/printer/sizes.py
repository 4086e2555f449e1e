"""Whether an image is larger than its image box, and what a printer says of it.

Invariants: an image has a size of its own where a width is requested (true size), or where it is not
magnified, one pixel a dot; every other image is made to fit. What becomes of one that is too large is told by
Requested Decimate/Crop Behavior; where that says nothing, a width that does not fit is demagnified (B604), and what
is not magnified is cropped.

References
----------
PS3.3 C.13.5 (Requested Image Size, Requested Decimate/Crop Behavior); PS3.4 H.4.3.1.2.1.2, H.4.3.1.2.1.3
"""

from __future__ import annotations

from dicom_simulators.printer.abilities import Abilities
from dicom_simulators.printer.films import FilmError, FilmImage
from dicom_simulators.printer.objects import FilmBox
from dicom_simulators.printer.replies import Status

_SLACK_MM = 1e-6


def size_status(film_box: FilmBox, image: FilmImage, abilities: Abilities) -> Status:
    """Return SUCCESS, a warning, or the failure C603."""
    own = _own_size_mm(film_box, image, abilities)
    try:
        boxes = film_box.laid_out(abilities.custom_layouts).boxes
    except FilmError:
        return Status.SUCCESS  # it was laid out before; an annotation may have left no room since
    if own is None or not 1 <= image.position <= len(boxes):
        return Status.SUCCESS
    box = boxes[image.position - 1]
    if own[0] <= box.width_mm + _SLACK_MM and own[1] <= box.height_mm + _SLACK_MM:
        return Status.SUCCESS
    match image.parameters.get("RequestedDecimateCropBehavior", ""):
        case "FAIL":
            return Status.IMAGE_TOO_LARGE
        case "CROP":
            return Status.CROPPED
        case "DECIMATE":
            return Status.IMAGE_TOO_LARGE if _unmagnified(film_box, image) else Status.DECIMATED
        case _:
            return Status.CROPPED if _unmagnified(film_box, image) else Status.DEMAGNIFIED


def _unmagnified(film_box: FilmBox, image: FilmImage) -> bool:
    magnification = image.parameters.get("MagnificationType") or film_box.texts().get("MagnificationType")
    return magnification == "NONE"


def _own_size_mm(film_box: FilmBox, image: FilmImage, abilities: Abilities) -> tuple[float, float] | None:
    """Return width and height that an image has whatever its box; None where it is made to fit."""
    rows, columns = image.pixels.shape[:2]
    vertical, horizontal = image.pixel_aspect_ratio
    if _unmagnified(film_box, image):
        return columns / abilities.dots_per_mm, rows / abilities.dots_per_mm
    requested = image.parameters.get("RequestedImageSize")
    if not requested:
        return None
    width_mm = float(requested)
    return width_mm, width_mm * rows * vertical / (columns * horizontal)
