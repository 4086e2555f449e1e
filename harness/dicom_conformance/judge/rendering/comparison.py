"""A picture compared with the expected one.

Invariants: every pixel outside of what is annotated has to lie within the tolerance; of what is annotated,
marks have to be where the geometry says. What is not judged is counted and reported. Red, green and blue are judged one
by one, and the worst of them is reported.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicom_conformance.judge.rendering.drawings import Drawing
from dicom_conformance.judge.rendering.renderer import WHITE, Expected
from dicom_conformance.judge.rendering.shutters import Mask
from dicom_conformance.judge.rendering.values import Array

_NEAR = 1.5
"""How far from where a line runs its mark may lie, in pixels."""

_CONTRAST = 48.0
"""How different a mark and what is beneath have to be, 0 to 255, to tell one from the other."""

_SHARE = 0.9
"""The share of the samples of a line that have to bear a mark: ends and joins may be cut."""


_OF_UNKNOWN_GREY = 0.5
"""The share of the pixels of an overlay that must differ from the image where its grey is unknown."""

_COLOURS = 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it: complaints (none: it is the same picture), and how much was judged."""

    complaints: tuple[str, ...]
    most: float
    judged: int
    unjudged: int


def compare(expected: Expected, actual: NDArray[Any], tolerance: float) -> Comparison:
    """Compare.

    Parameters
    ----------
    actual : ndarray, shape (rows, columns), or (rows, columns, 3) in colour
        What was displayed, 0 to 255: whole numbers, or fractions where samples have more than 8 bits.
    tolerance : float
        By how much of 255 a pixel may differ.
    """
    if expected.complaint:
        return Comparison((expected.complaint,), 0.0, 0, 0)
    if actual.shape != expected.low.shape:
        return Comparison((f"shape {actual.shape} instead of {expected.low.shape}",), 0.0, 0, 0)
    if actual.ndim == 2:
        return _plane(expected, actual, tolerance, expected.drawings)
    centre = (expected.low + expected.high) / 2
    marked = [int((np.abs(actual[..., one] - centre[..., one]) > _CONTRAST / 2).sum()) for one in range(_COLOURS)]
    found = []
    for one in range(_COLOURS):
        plane = replace(expected, low=expected.low[..., one], high=expected.high[..., one])
        drawn = expected.drawings if one == int(np.argmax(marked)) else ()  # marks may have a colour of their own
        found.append(_plane(plane, actual[..., one], tolerance, drawn))
    return max(found, key=lambda one: (len(one.complaints), one.most))


def _plane(expected: Expected, actual: NDArray[Any], tolerance: float, drawings: tuple[Drawing, ...]) -> Comparison:
    """Compare one plane; `drawings` are those that have to be seen in it."""
    seen = actual.astype(np.float64)
    off = np.maximum(expected.low - seen, seen - expected.high)
    judged = ~expected.unjudged
    for drawing in expected.drawings:
        judged &= ~drawing.may
    most = float(off[judged].max(initial=0.0))
    complaints = []
    wrong = judged & (off > tolerance + 1e-6)
    if wrong.any():
        row, column = (int(one) for one in np.argwhere(wrong)[0])
        complaints.append(
            f"{int(wrong.sum())} of {int(judged.sum())} pixels differ, by up to {most:.1f} of 255; the first at row "
            f"{row + 1}, column {column + 1}: {seen[row, column]:.5g} instead of {expected.low[row, column]:.1f}"
        )
    above = np.zeros(judged.shape, bool)
    for drawing in reversed(drawings):
        complaint = _drawn(drawing, expected, seen, above)
        if complaint:
            complaints.append(f"{drawing.what}: {complaint}")
        above |= drawing.may
    return Comparison(tuple(complaints), most, int(judged.sum()), int((~judged).sum()))


def _drawn(drawing: Drawing, expected: Expected, seen: Array, above: Mask) -> str:
    """Say what is missing of a drawing; `above` is where higher layers may cover it."""
    image = (expected.low + expected.high) / 2
    if not drawing.required and not (np.abs(seen - image)[drawing.may & ~above] > _CONTRAST / 2).any():
        return ""  # left out, as it may be
    if drawing.grey is None:
        marked, tellable = np.abs(seen - image) > _CONTRAST / 2, np.ones(seen.shape, bool)
    else:
        grey = drawing.grey * WHITE
        tellable = np.abs(image - grey) >= _CONTRAST
        marked = np.abs(seen - grey) < np.abs(image - grey) / 2
    interior = drawing.interior & ~above
    if drawing.grey is not None and interior.any():
        bare = interior & (np.abs(seen - drawing.grey * WHITE) > 2)
        if bare.any():
            return f"{int(bare.sum())} of {int(interior.sum())} pixels inside do not have its grey value"
    if drawing.grey is None and interior.any() and (interior & marked).sum() < interior.sum() * _OF_UNKNOWN_GREY:
        return f"{int((interior & ~marked).sum())} of {int(interior.sum())} pixels under it are not marked"
    found, needed = int((marked & drawing.may).sum()), int((tellable & drawing.may & ~above).sum())
    missing = _samples(drawing, tellable & ~above, marked)
    if not missing and found < min(drawing.least, max(1, needed // 4)) and needed:
        return f"pixels drawn: {found}, required: at least {drawing.least}"
    return missing


def _samples(drawing: Drawing, tellable: Mask, marked: Mask) -> str:
    """Say how many samples of a line have no mark; those that cannot be distinguished from the image are left out."""
    rows, columns = marked.shape
    missing = judged = 0
    for u, v in drawing.samples:
        left, right = max(0, int(np.floor(u - _NEAR))), min(columns, int(np.ceil(u + _NEAR)))
        top, bottom = max(0, int(np.floor(v - _NEAR))), min(rows, int(np.ceil(v + _NEAR)))
        if left >= right or top >= bottom or not tellable[top:bottom, left:right].all():
            continue
        judged += 1
        missing += not marked[top:bottom, left:right].any()
    if judged - missing < _SHARE * judged:
        return f"nothing is drawn at {missing} of {judged} positions along it"
    return ""
