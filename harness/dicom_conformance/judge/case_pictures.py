"""The pictures of a case, as PNG files for its evidence: what was expected, what was displayed, where they differ.

Invariants: every render of the case is shown, every film where the case looks at films, drawn from
what the wire carried, and every decode that is not as it should be; what cannot be drawn is left out, for the finding
has said why. Each picture of stored values is stretched from black to white.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicom_conformance.errors import HarnessError
from dicom_conformance.judge.checks import expectation, frame_of, pages_seen, picture, stored_bounds, subject_of
from dicom_conformance.judge.films import PrintedFilm, films
from dicom_conformance.judge.rendering import png
from dicom_conformance.trace import Operation, Trace
from dicom_simulators.printer import FilmError
from dicom_simulators.printer import render as drawn

MOST = 6
"""How many operations of a case, and how many of its films, are shown."""

FILM_DOTS_PER_MM = 2.0
SMALL_FILM_DOTS_PER_MM = 1.0
"""For the films of a case that passed: enough to see what was printed, and drawn in a quarter of the time."""

_FAINTEST = 8
"""A difference is shown this many times as strong, up to white."""


def pictures(trace: Trace, with_films: bool = True, small_films: bool = False) -> dict[str, bytes]:
    """Give the pictures of a case by file name."""
    files: dict[str, bytes] = {}
    shown = 0
    for number, page in enumerate(pages_seen(trace)[:MOST], 1):
        files[f"page{f'-{number}' if number > 1 else ''}.png"] = page.screenshot
    for operation in trace.operations:
        pair = _pair(trace, operation) if operation.ae == trace.subject and shown < MOST else None
        if pair is None:
            continue
        shown += 1
        suffix = f"-{shown}" if shown > 1 else ""
        expected, actual = pair
        files[f"expected{suffix}.png"] = png(expected)
        files[f"actual{suffix}.png"] = png(actual)
        if expected.shape == actual.shape:
            apart = np.abs(expected.astype(np.int64) - actual.astype(np.int64)) * _FAINTEST
            files[f"difference{suffix}.png"] = png(np.clip(apart, 0, 255).astype(np.uint8))
    if not with_films:
        return files
    return {**files, **_films(trace, SMALL_FILM_DOTS_PER_MM if small_films else FILM_DOTS_PER_MM)}


def _films(trace: Trace, dots_per_mm: float) -> dict[str, bytes]:
    """Draw the first films of a case, as a printer would bring them out."""
    files: dict[str, bytes] = {}
    for film in films(trace)[:MOST]:
        try:
            files[f"film-{film.number}{_fate(film)}.png"] = png(drawn(film.film(), dots_per_mm))
        except FilmError:
            continue
    return files


def _fate(film: PrintedFilm) -> str:
    """Say of a film that did not come out of the printer why it did not; nothing of one that did."""
    if not film.printed:
        return "-not-answered" if film.status is None else f"-not-printed-{film.status:04X}"
    return "-job-failed" if film.execution_status == "FAILURE" else ""


def _pair(trace: Trace, operation: Operation) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    """Give what was expected of an operation and what was displayed; None where there is nothing to show."""
    try:
        if operation.operation == "render":
            actual = picture(operation.outcome, "rendering")
            if actual is None:
                return None
            return expectation(trace, operation, actual.shape).picture, actual.astype(np.uint8)
        if operation.operation == "decode":
            actual = picture(operation.outcome, "pixels")
            one = subject_of(trace, operation)
            low, high = stored_bounds(one, frame_of(operation))
            if actual is None or _alike(low, high, actual, one.max_error):
                return None
            return _stretched(low), _stretched(actual)
    except HarnessError:
        return None
    return None


def _alike(low: NDArray[Any], high: NDArray[Any], actual: NDArray[Any], bound: int) -> bool:
    if low.shape != actual.shape:
        return False
    seen = actual.astype(np.int64)
    return int(np.maximum(low - seen, seen - high).max(initial=0)) <= bound


def _stretched(values: NDArray[Any]) -> NDArray[np.uint8]:
    low, high = int(values.min()), int(values.max())
    grey = (values.astype(np.float64) - low) * (255 / max(1, high - low))
    found: NDArray[np.uint8] = np.rint(grey).astype(np.uint8)
    return found
