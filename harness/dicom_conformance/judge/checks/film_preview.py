"""The film previewer's picture, compared with the film as a printer draws it from what arrived.

Invariants: the letters of annotations are not compared, pixel by pixel, for no rule says where their ink
ends; the strip that holds them is left out. Everything else is.
"""

from __future__ import annotations

import numpy as np

from dicom_conformance.judge.checks.rendering import picture
from dicom_conformance.judge.films import PrintedFilm
from dicom_conformance.trace import Trace
from dicom_simulators.printer import FilmError, lay_out, render

DOTS_PER_MM = 2.0


def unlike_preview(trace: Trace, bound: float, film: PrintedFilm) -> list[str]:
    """Judge the last preview that was shown before a film was printed: within `bound` of 255 everywhere."""
    previews = [
        one
        for one in trace.operations
        if one.operation == "preview"
        and one.ae == film.conversation.requestor
        and one.finished_ns is not None
        and one.finished_ns <= film.requested_ns
    ]
    previewed = (previews[-1].outcome or {}).get("films") if previews else None
    index = film.place - 1
    if not isinstance(previewed, list | tuple) or len(previewed) <= index:
        return ["no preview of it was shown"]
    shown = picture({"film": previewed[index]}, "film")
    try:
        drawn = render(film.film(), DOTS_PER_MM)
        strips = [one.area(DOTS_PER_MM) for one in lay_out(film.box, len(film.annotations)).shares]
    except FilmError as error:
        return [f"the film cannot be drawn: {error}"]
    if shown is None or shown.shape != drawn.shape:
        return [f"a preview of shape {None if shown is None else shown.shape}, where the film has {drawn.shape}"]
    apart = np.abs(shown.astype(np.int64) - drawn.astype(np.int64))
    for strip in strips:
        apart[strip.top : strip.bottom, strip.left : strip.right] = 0
    most = int(apart.max(initial=0))
    if most <= bound:
        return []
    row, column = (int(one) for one in np.argwhere(apart == most)[0][:2])
    count = int((apart > bound).sum())
    return [f"{count} samples of the preview differ, by up to {most}, as at row {row + 1}, column {column + 1}"]
