"""The images of a film: their validity, bits, boxes and pixels.

Invariants: each function gives what it has to complain of, one text a box; none has nothing to complain of.

References
----------
PS3.3 C.13.5 (Image Box Pixel Presentation).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from dicom_conformance.errors import HarnessError
from dicom_conformance.judge.checks.choice import listed
from dicom_conformance.judge.films import (
    PrintedFilm,
    PrintedImage,
    RequestedImage,
    hold,
    of_film,
    printing,
    requested_images,
)
from dicom_conformance.trace import Trace

Each = TypeVar("Each")


def filled_boxes(film: PrintedFilm) -> list[PrintedImage]:
    """Give the image boxes that hold an image, in order of position."""
    return sorted((one for one in film.images if one.content is not None), key=lambda one: one.position)


def images_text(film: PrintedFilm) -> str:
    """Tell what the boxes of a film hold."""
    texts = (
        f"{one.photometric_interpretation} of {one.bits} bits, {one.content.text('Rows')} x "
        f"{one.content.text('Columns')}"
        for one in filled_boxes(film)
        if one.content is not None
    )
    return listed(texts, none="no image")


def unlawful(film: PrintedFilm) -> list[str]:
    """Judge the Image Pixel attributes of each box, and that no two images share one."""
    return [f"position {one.position}: {one.complaint}" for one in filled_boxes(film) if one.complaint] + [
        f"{count} images at position {position}"
        for position, count in sorted(Counter(one.position for one in filled_boxes(film)).items())
        if count > 1
    ]


def bits_text(film: PrintedFilm) -> str:
    """Tell the bits of each image."""
    return listed(f"Bits Stored {one.bits}" for one in filled_boxes(film))


def other_bits(wanted: int, film: PrintedFilm) -> list[str]:
    """Judge that each image has the wanted number of bits and uses them."""
    texts = filled_boxes(film)
    if not texts:
        return ["no image was set"]
    wrong = [f"position {one.position}: Bits Stored {one.bits}" for one in texts if one.bits != wanted]
    return wrong + [f"position {one.position}: {_EIGHT}" for one in texts if wanted == 12 and _widened(one)]


_EIGHT = "8-bit values in a 12-bit frame"


def _widened(image: PrintedImage) -> bool:
    """Tell whether every sample of 12 bits is one of 8 bits, shifted, repeated or scaled."""
    pixels = image.pixels
    if pixels is None or image.bits != 12:
        return False
    values = np.unique(pixels).astype(np.int64)
    if values.size < 3 or values[-1] > 4095:
        return False
    high = values >> 4
    scaled = (values * 255 + 2047) // 4095
    again = (scaled * 4095 + 127) // 255
    return bool((values & 15 == 0).all() or (values == (high << 4 | high >> 4)).all() or (values == again).all())


def out_of_order(trace: Trace, names: tuple[str, ...], film: PrintedFilm) -> list[str]:
    """Judge which image each box holds: of all that were asked to be printed, the one that it is nearest to."""
    known = _known(trace, film)

    def complain(name: str, image: PrintedImage) -> list[str]:
        wanted = _distance(trace, _named(name, known), image)
        nearer = [number for number, one in enumerate(known, 1) if _distance(trace, one, image) < wanted]
        if nearer:
            return [f"closer to image {nearer[0]} of the request than to image {name}"]
        return [f"not image {name}"] if wanted == float("inf") else []

    return _by_position(film, names, "an unexpected image", complain)


def _by_position(
    film: PrintedFilm, expected: Sequence[Each], surplus: str, complain: Callable[[Each, PrintedImage], list[str]]
) -> list[str]:
    """Judge the image of each box against what is expected at its position."""
    held = {one.position: one for one in filled_boxes(film)}
    texts = [f"position {position}: {surplus}" for position in held if position > len(expected)]
    for position, one in enumerate(expected, 1):
        image = held.get(position)
        complaints = ["no image"] if image is None else complain(one, image)
        texts += [f"position {position}: {problem}" for problem in complaints]
    return texts


def _known(trace: Trace, film: PrintedFilm) -> list[RequestedImage]:
    """Give the images that were requested from the `print` of a film."""
    operation = printing(trace, film)
    return [] if operation is None else requested_images(trace, operation)


def _named(name: str, known: list[RequestedImage]) -> RequestedImage:
    """Find an image by its number among the requested ones, or by its SOP Instance UID."""
    if name.isdigit():
        if not 0 < int(name) <= len(known):
            raise HarnessError(f"there is no image {name}: the print request has {len(known)}")
        return known[int(name) - 1]
    return next((one for one in known if one.uid == name), RequestedImage(name))


def _distance(trace: Trace, requested: RequestedImage, image: PrintedImage) -> float:
    found = hold(trace, requested, image, 255.0)
    return float("inf") if found.complaints else found.most


def differing_pixels(trace: Trace, names: tuple[str, ...], tolerance: float | None, film: PrintedFilm) -> list[str]:
    """Judge every sample of the named images, otherwise of the images requested from `print`."""
    known = _known(trace, film)
    asked = [_named(name, known) for name in names] if names else of_film(trace, film)
    return _by_position(
        film,
        asked,
        "an image that was not requested",
        lambda one, image: list(hold(trace, one, image, tolerance).complaints),
    )
