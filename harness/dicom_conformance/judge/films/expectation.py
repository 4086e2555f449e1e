"""What a film must hold: the harness's own rendering of the images requested from `print`, in their order.

Invariants: a second opinion, as all of `judge.rendering`. An image is expected in its own grid where the
printer gets the shape of its pixels (Pixel Aspect Ratio), else in square pixels. What is judged is the grey that
would be printed: Photometric Interpretation and Polarity are part of it, density and Presentation LUT are the
printer's.

References
----------
PS3.3 C.13.5 (Image Box), C.7.6.3.1.2 (Photometric Interpretation), C.7.6.3.1.7 (Pixel Aspect Ratio); PS3.4 N.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from dicom_conformance.errors import HarnessError
from dicom_conformance.judge.displayed import DisplayedImage, displayed_image, from_held
from dicom_conformance.judge.films.printed import PrintedFilm, PrintedImage
from dicom_conformance.judge.films.reading import films
from dicom_conformance.judge.rendering import Comparison, Expected, RenderError, compare, geometry_of, is_colour, render
from dicom_conformance.trace import Held, Operation, Trace
from dicom_simulators.data_sets import read_file

LUMINANCE = (0.2990, 0.5870, 0.1140)
_SQUARE = 0.01
_AREAS = 0x0070005A  # Displayed Area Selection Sequence
_SHAPES = ("PresentationPixelSpacing", "PresentationPixelAspectRatio", "PixelSpacing", "PixelAspectRatio")

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RequestedImage:
    """An image that was requested from `print`: `uid` in memory, or a file."""

    uid: str = ""
    file: str = ""
    frame: int = 1
    state: str = ""
    window: tuple[float, float] | None = None
    reverse: bool = False


def requested_images(trace: Trace, operation: Operation) -> list[RequestedImage]:
    """Give the images requested from a `print`, in order, each frame as a separate image.

    Raises
    ------
    HarnessError
        Every frame of an image was asked for that cannot be read.
    """
    arguments = operation.arguments
    found: list[RequestedImage] = []
    for entry in (*_listed(arguments.get("images")), *({"file": file} for file in _listed(arguments.get("files")))):
        given: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {"SOPInstanceUID": entry}
        one = RequestedImage(
            uid=str(given.get("SOPInstanceUID") or ""),
            file=str(given.get("file") or ""),
            state=str(given.get("state") or arguments.get("state") or ""),
            window=_window(given.get("window")) or _window(arguments.get("window")),
            reverse=str(given.get("polarity") or arguments.get("polarity") or "") == "REVERSE",
        )
        found += [replace(one, frame=frame) for frame in _frames(trace, one, str(given.get("frame") or 1))]
    return found


def _frames(trace: Trace, requested: RequestedImage, given: str) -> Iterable[int]:
    """Give the numbers of the requested frames of an image."""
    if given != "all":
        return (int(given),)
    return range(1, int(_subject(trace, requested).data_set.get("NumberOfFrames") or 1) + 1)


def of_film(trace: Trace, film: PrintedFilm) -> list[RequestedImage]:
    """Give the images that belong on a film: those of its `print`, after the images of earlier films.

    Raises
    ------
    HarnessError
        No `print` of its requestor was under way when it was asked for.
    """
    operation = printing(trace, film)
    if operation is None:
        raise HarnessError(
            f"film {film.number}: {film.conversation.requestor} had no print operation in progress for it"
        )
    first = _boxes_elsewhere(trace, film, operation) + film.boxes_before
    return requested_images(trace, operation)[first : first + film.boxes]


def _boxes_elsewhere(trace: Trace, film: PrintedFilm, operation: Operation) -> int:
    """Count the image boxes of earlier film sessions of the same `print`, which may take several associations."""
    parties = film.conversation.parties
    if len(trace.select(*parties)) < 2:
        return 0
    counts: dict[tuple[int, str], int] = {}
    for other in films(trace, *parties):
        session = other.conversation.number, other.film_session
        is_own = session == (film.conversation.number, film.film_session)
        if not is_own and other.requested_ns < film.requested_ns and printing(trace, other) is operation:
            counts[session] = max(counts.get(session, 0), other.boxes_before + other.boxes)
    return sum(counts.values())


def printing(trace: Trace, film: PrintedFilm) -> Operation | None:
    """Give the operation that requested a film."""
    for one in trace.operations:
        under_way = one.started_ns <= film.requested_ns <= (one.finished_ns or film.requested_ns)
        if one.operation == "print" and one.ae == film.conversation.requestor and under_way:
            return one
    return None


def hold(trace: Trace, requested: RequestedImage, image: PrintedImage, tolerance: float | None) -> Comparison:
    """Compare the image in an image box with the requested one.

    Parameters
    ----------
    tolerance : float or None
        By how much of 255 a sample may differ; None: by no more than rounding to the samples' own bits.

    Raises
    ------
    HarnessError
        The harness cannot draw the image.
    """
    pixels, bits = image.pixels, image.bits or 8
    if pixels is None:
        return Comparison((image.complaint or "its pixels cannot be read",), 0.0, 0, 0)
    bound = 0.5 * 255 / ((1 << bits) - 1) + 1e-3 if tolerance is None else tolerance
    actual = pixels.astype(np.float64) * (255.0 / ((1 << bits) - 1))
    turned = (image.photometric_interpretation == "MONOCHROME1") != (image.parameters.get("Polarity") == "REVERSE")
    actual = 255.0 - actual if turned else actual
    subject = _subject(trace, requested)
    try:
        found = _held(trace, requested, subject, image, actual, bound)
    except RenderError as error:
        raise HarnessError(f"the harness cannot draw {subject.SOPInstanceUID}: {error}") from error
    return found


def _held(
    trace: Trace, requested: RequestedImage, subject: DisplayedImage, image: PrintedImage, actual: Array, bound: float
) -> Comparison:
    state = _state(trace, requested)
    data_set = subject.data_set
    shape = geometry_of(data_set, state, requested.frame)
    proportion = shape.pixel_height / shape.pixel_width
    proportion = 1 / proportion if shape.rotation in (90, 270) else proportion
    given = image.aspect_ratio[0] / image.aspect_ratio[1]
    if abs(given / proportion - 1) < _SQUARE:
        data_set, state = _square(data_set), None if state is None else _square(state)
    elif image.aspect_ratio[0] != image.aspect_ratio[1]:
        wrong = f"Pixel Aspect Ratio {image.aspect_ratio[0]}\\{image.aspect_ratio[1]} instead of {proportion:.4g}"
        return Comparison((wrong,), 0.0, 0, 0)
    expected = _drawn(subject, data_set, state, requested, (actual.shape[0], actual.shape[1]))
    if expected.low.ndim == 3 and actual.ndim == 2:
        expected, bound = _luminance(expected), max(bound, 0.5 + 1e-3)
    expected = _turned(expected) if requested.reverse else expected
    if expected.low.ndim == actual.ndim:
        return compare(expected, actual, bound)
    return _worst([compare(expected, actual[:, :, plane], bound) for plane in range(3)])


def _drawn(
    subject: DisplayedImage, data_set: Dataset, state: Dataset | None, requested: RequestedImage, size: tuple[int, int]
) -> Expected:
    """Draw an image with what its compression may have changed."""
    stored = subject.frame(requested.frame)

    def drawn(values: NDArray[Any]) -> Expected:
        return render(
            values, data_set, state, requested.frame, requested.window, size, None, False, subject.pixels, subject.model
        )

    if not is_colour(data_set):
        errors = (-subject.max_error, 0, subject.max_error) if subject.max_error else (0,)
        return _between([drawn(stored.astype(np.float64) + error) for error in errors])
    lost = subject.max_error * 255.0 / ((1 << int(data_set.get("BitsStored", 8))) - 1)
    found = drawn(stored)
    return replace(found, low=found.low - lost, high=found.high + lost)


def _luminance(expected: Expected) -> Expected:
    """Give a colour picture in grey; each share is positive, so what lies between stays between."""
    low, high = (one @ np.array(LUMINANCE) for one in (expected.low, expected.high))
    return replace(expected, low=low, high=high)


def _between(renders: list[Expected]) -> Expected:
    """Give what lies between several renders: of values that lossy compression may have moved either way."""
    one = renders[0]
    low = np.minimum.reduce([each.low for each in renders])
    high = np.maximum.reduce([each.high for each in renders])
    return Expected(low, high, one.unjudged, one.drawings, one.complaint)


def _turned(expected: Expected) -> Expected:
    return Expected(
        255.0 - expected.high, 255.0 - expected.low, expected.unjudged, expected.drawings, expected.complaint
    )


def _worst(found: list[Comparison]) -> Comparison:
    return max(found, key=lambda one: (len(one.complaints), one.most))


def _square(data_set: Dataset) -> Dataset:
    """Give a data set in which nothing says that pixels are not square."""
    shared = [*data_set.keys(), *(element for element in data_set.values() if element.tag != _AREAS)]
    found = deepcopy(data_set, {id(each): each for each in shared})  # whatever stays as it is need not be copied
    for keyword in _SHAPES:
        if keyword in found:
            delattr(found, keyword)
    for area in found.get("DisplayedAreaSelectionSequence") or ():
        for keyword in _SHAPES:
            if keyword in area:
                delattr(area, keyword)
        area.PresentationPixelAspectRatio = [1, 1]
    return found


def _subject(trace: Trace, requested: RequestedImage) -> DisplayedImage:
    return _from_file(requested.file) if requested.file else displayed_image(trace, requested.uid)


def _state(trace: Trace, requested: RequestedImage) -> Dataset | None:
    if not requested.state:
        return None
    found = _from_file(requested.state) if Path(requested.state).is_file() else displayed_image(trace, requested.state)
    return found.data_set


def _from_file(path: str) -> DisplayedImage:
    try:
        one = read_file(Path(path))
        return from_held(Held(one.SOPClassUID, one.SOPInstanceUID, one.transfer_syntax, one.data_set))
    except (OSError, ValueError) as error:
        raise HarnessError(f"{path} cannot be read: {error}") from error


def _window(given: Any) -> tuple[float, float] | None:
    return (float(given["center"]), float(given["width"])) if isinstance(given, Mapping) else None


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]
