"""An image in as many pixels as a film has room for.

Invariants: rows and columns are resampled one after the other, by weights that are computed once for each; the
edges are repeated. Results are not rounded, and CUBIC may overshoot.

References
----------
PS3.3 Table C.13-3 (Magnification Type)
"""

from __future__ import annotations

from typing import Final

import numpy as np

from dicom_workstation.pixels import Pixels

SHARPNESS: Final = -0.5  # of CUBIC: Catmull-Rom


def resampled(pixels: Pixels, rows: int, columns: int, method: str, window: tuple[slice, slice]) -> Pixels:
    """Return a part of the picture that an image becomes.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns[, 3])
    rows, columns : int
        Of the whole picture.
    method : str
        REPLICATE, BILINEAR or CUBIC.
    window : (slice, slice)
        Which of these rows and columns are wanted.

    Returns
    -------
    ndarray, float64; of REPLICATE the dtype of `pixels`
    """
    across = _along(pixels, 1, columns, method, window[1])
    return _along(across, 0, rows, method, window[0])


def _along(pixels: Pixels, axis: int, count: int, method: str, window: slice) -> Pixels:
    places = np.arange(count)[window] + 0.5
    places = places * pixels.shape[axis] / count
    last = pixels.shape[axis] - 1
    if method == "REPLICATE":
        nearest: Pixels = pixels.take(np.minimum(np.floor(places).astype(np.intp), last), axis)
        return nearest
    below = np.floor(places - 0.5)
    part = places - 0.5 - below
    made = np.zeros(())
    for offset, weight in _weights(part, method):
        samples = pixels.take(np.clip(below.astype(np.intp) + offset, 0, last), axis)
        made = made + samples * weight.reshape([-1 if n == axis else 1 for n in range(pixels.ndim)])
    return made


def _weights(part: Pixels, method: str) -> list[tuple[int, Pixels]]:
    """Return what each of the samples around a place counts; `part` is how far it lies beyond the first of two."""
    if method == "BILINEAR":
        return [(0, 1 - part), (1, part)]
    return [(offset, _cubic(np.abs(part - offset))) for offset in (-1, 0, 1, 2)]


def _cubic(distance: Pixels) -> Pixels:
    a, x = SHARPNESS, distance
    near = (a + 2) * x**3 - (a + 3) * x**2 + 1
    far = a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))
