"""The picture that is expected of a frame: every step of PS3.4 N.2 in its order.

Invariants: grayscale transformations first, in the image's own grid; then the shutter; then displayed area,
rotation and flip; then overlays and what is annotated, layer by layer. An image in colour has its colours in the place
of the grayscale transformations, and no state: Grayscale Softcopy Presentation States are for grayscale images.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from dicom_conformance.judge.rendering.colour import colours, is_colour
from dicom_conformance.judge.rendering.drawings import Drawing, drawings
from dicom_conformance.judge.rendering.geometry import Geometry, geometry_of
from dicom_conformance.judge.rendering.grayscale import p_values
from dicom_conformance.judge.rendering.overlays import planes
from dicom_conformance.judge.rendering.shutters import Mask, occlusion
from dicom_conformance.judge.rendering.values import Array, RenderError

__all__ = ["WHITE", "Expected", "RenderError", "render"]

WHITE = 255.0
"""The largest value of what is seen; P-Value 0 is 0."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected to be seen.

    Parameters
    ----------
    low, high : ndarray, shape (rows, columns), or (rows, columns, 3) in colour, float64
        Between which a pixel's values have to be, 0 to 255; the same where nothing is interpolated.
    unjudged : Mask
        Pixels of which the standard does not say enough.
    drawings : tuple of Drawing
        What is annotated, the lowest layer first.
    complaint : str
        Why the number of rows and columns is wrong; empty if it is not.
    """

    low: Array
    high: Array
    unjudged: Mask
    drawings: tuple[Drawing, ...]
    complaint: str = ""

    @property
    def picture(self) -> NDArray[np.uint8]:
        """What is expected, to be looked at: the image with its annotations indicated."""
        seen = (self.low + self.high) / 2
        for drawing in self.drawings:
            grey = WHITE if drawing.grey is None else drawing.grey * WHITE
            if drawing.required:
                seen[drawing.interior] = grey
            for u, v in drawing.samples:
                if 0 <= v < seen.shape[0] and 0 <= u < seen.shape[1]:
                    seen[int(v), int(u)] = grey
        found: NDArray[np.uint8] = np.rint(seen).astype(np.uint8)
        return found


def render(
    stored: NDArray[Any],
    image: Dataset,
    state: Dataset | None,
    frame: int = 1,
    window: tuple[float, float] | None = None,
    shape: tuple[int, int] | None = None,
    pitch_mm: float | None = None,
    reduced: bool = True,
    frames: NDArray[Any] | None = None,
    model: str = "",
) -> Expected:
    """Render a frame.

    Parameters
    ----------
    stored : ndarray, shape (rows, columns), or (rows, columns, 3)
        Stored values of the frame.
    image : Dataset
        Its attributes.
    state : Dataset or None
        The presentation state to apply.
    frame : int
        Number of the frame, from 1.
    window : tuple or None
        Center and width that the user set.
    shape : tuple or None
        Rows and columns in which to lay it out, where the state leaves the size to the display.
    pitch_mm : float or None
        Distance of the display's pixels, where it is known.
    reduced : bool
        Whether it may have fewer pixels than what it shows, as in a small window.
    frames : ndarray or None, shape (frames, rows, columns)
        Stored values of all frames, where a mask may be made of them.
    model : str
        What three samples are; empty: what the image says.

    Raises
    ------
    RenderError
        State or image say what cannot be drawn.
    """
    darkest, brightest = _values(stored, image, state, frame, window, frames, model)
    size = int(stored.shape[0]), int(stored.shape[1])
    unjudged = np.zeros(size, bool)
    shutter = None if state is None else occlusion(state, *size)
    if shutter is not None:
        darkest = brightest = np.where(shutter.occluded, shutter.p_value * WHITE, darkest)
        unjudged = ~(shutter.occluded | shutter.seen)
    layout = geometry_of(image, state, frame, pitch_mm)
    rows, columns = natural = _rounded(layout)
    complaint = ""
    if shape is not None and shape != natural:
        complaint = _misfit(layout, shape)
        if not reduced and not complaint and (shape[0] < natural[0] or shape[1] < natural[1]):
            complaint = (
                f"{shape[0]} rows and {shape[1]} columns are fewer than the {natural[0]} and {natural[1]} needed"
            )
        rows, columns = shape
    layout = layout.fitted(rows, columns)
    low, high, outside = _laid_out(darkest, brightest, unjudged, layout, (rows, columns))
    drawn = _drawn(image, state, frame, layout, (rows, columns))
    return Expected(low, high, outside, drawn, complaint)


def _values(
    stored: NDArray[Any],
    image: Dataset,
    state: Dataset | None,
    frame: int,
    window: tuple[float, float] | None,
    frames: NDArray[Any] | None,
    model: str,
) -> tuple[Array, Array]:
    """Give the least and the most that each pixel of the image may be, 0 to 255, before anything lies upon it."""
    if not is_colour(image):
        seen = p_values(stored.astype(np.float64), image, state, frame, window, frames) * WHITE
        return seen, seen
    if state is not None:
        raise RenderError("a Grayscale Softcopy Presentation State does not apply to a colour image")
    low, high = colours(stored, image, model)
    return low * WHITE, high * WHITE


def _drawn(
    image: Dataset, state: Dataset | None, frame: int, layout: Geometry, shape: tuple[int, int]
) -> tuple[Drawing, ...]:
    """Give overlays and annotations, those of the lowest layer first; of a layer, its overlays first."""
    found: list[tuple[float, Drawing]] = []
    for plane in planes(image, state, frame):
        covered = plane.covered.astype(np.float64)
        low, high, beyond = _laid_out(covered, covered, np.zeros(covered.shape, bool), layout, shape)
        inside, may = (low > 0) & ~beyond, (high > 0) & ~beyond
        what = f"overlay {plane.group:04X}"
        found.append((plane.order, Drawing(what, (), inside, may, plane.grey, 0, plane.required)))
    if state is not None:
        found += drawings(state, image, frame, layout, shape)
    return tuple(drawing for _, drawing in sorted(found, key=lambda pair: pair[0]))


def _rounded(layout: Geometry) -> tuple[int, int]:
    rows, columns = layout.size
    return max(1, round(rows)), max(1, round(columns))


def _misfit(layout: Geometry, shape: tuple[int, int]) -> str:
    """Say why a size is wrong: not the given size, or another aspect ratio, within one pixel."""
    rows, columns = layout.size
    if layout.fixed:
        if max(abs(shape[0] - rows), abs(shape[1] - columns)) <= 1:
            return ""
        return f"{shape[0]} rows and {shape[1]} columns instead of {rows:g} and {columns:g}"
    if abs(shape[1] - columns * shape[0] / rows) <= 1 or abs(shape[0] - rows * shape[1] / columns) <= 1:
        return ""
    return f"{shape[0]} rows and {shape[1]} columns do not have the aspect ratio of {rows:g} and {columns:g}"


def _laid_out(
    darkest: Array, brightest: Array, unjudged: Mask, layout: Geometry, shape: tuple[int, int]
) -> tuple[Array, Array, Mask]:
    """Lay a picture out; where it is enlarged or reduced, between which values interpolation may end."""
    across, down = layout.columns_and_rows(*shape)
    rows, columns = unjudged.shape
    beyond = (across < 0) | (across >= columns) | (down < 0) | (down >= rows)
    column = np.clip(across, 0, columns - 1).astype(np.int64)
    row = np.clip(down, 0, rows - 1).astype(np.int64)
    low, high = darkest, brightest
    if (layout.pixel_width, layout.pixel_height) != (1, 1):
        reach = 1 + round(1 / min(1.0, layout.pixel_width, layout.pixel_height)) - 1
        low, high = _neighbourhood(low, np.minimum, reach), _neighbourhood(high, np.maximum, reach)
        unjudged = _neighbourhood(unjudged, np.maximum, reach)
    return low[row, column], high[row, column], unjudged[row, column] | beyond


def _neighbourhood(values: NDArray[Any], pick: Any, reach: int) -> NDArray[Any]:
    """Give the smallest or largest value within `reach` pixels of each."""
    padded = np.pad(values, [(reach, reach), (reach, reach), (0, 0)][: values.ndim], mode="edge")
    rows, columns = values.shape[:2]
    found: NDArray[Any] = values
    for down in range(2 * reach + 1):
        for across in range(2 * reach + 1):
            found = pick(found, padded[down : down + rows, across : across + columns])
    return found
