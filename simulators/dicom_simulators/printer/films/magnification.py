"""How an image becomes larger or smaller: the four Magnification Types.

Invariants: samples are taken at pixel centres, edges are repeated, nothing is smoothed beforehand, and
nothing is rounded: what comes out are floating-point samples that may overshoot. Only what is needed is touched: the
rows and columns of the image that some pixel of the film depends on.

References
----------
PS3.3 C.13.5 (Magnification Type: REPLICATE, BILINEAR, CUBIC, NONE).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dicom_simulators.printer.films.film import Pixels

Samples = NDArray[np.float64]
TYPES = ("REPLICATE", "BILINEAR", "CUBIC", "NONE")
_CUBIC = -0.5
"""The parameter of the cubic kernel: Catmull-Rom."""


@dataclass(frozen=True, slots=True)
class _Axis:
    """How one axis is scaled.

    Attributes
    ----------
    used : ndarray of int, shape (n,)
        Indexes of the image that are needed.
    taps : tuple of (ndarray of int, ndarray of float)
        For each neighbour: its place in `used` and its weight, one of each for every pixel of the film.
    """

    used: NDArray[np.intp]
    taps: tuple[tuple[NDArray[np.intp], Samples], ...]


def magnify(
    pixels: Pixels,
    to_grey: Callable[[Pixels], Samples],
    shape: tuple[int, int],
    visible: tuple[slice, slice],
    kind: str,
) -> Samples:
    """Scale an image to a number of rows and columns, and return the visible part.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns) or (rows, columns, 3), uint8 or uint16
    to_grey : callable
        Sample by sample; it is given no more samples than are needed.
    shape : (int, int)
        Rows and columns of the whole.
    visible : (slice, slice)
        Of `shape`.
    kind : str
        REPLICATE, BILINEAR or CUBIC.
    """
    rows, columns = (
        _axis(source, target, shown, kind) for source, target, shown in zip(pixels.shape, shape, visible, strict=False)
    )
    needed = to_grey(pixels[rows.used][:, columns.used])
    return _weigh(_weigh(needed, rows, 0), columns, 1)


def _axis(source: int, target: int, shown: slice, kind: str) -> _Axis:
    wanted = np.arange(shown.start, shown.stop, dtype=np.intp)
    if kind == "REPLICATE" or source == target:
        indexes = [((2 * wanted + 1) * source // (2 * target), np.ones(wanted.size))]
    else:
        place = (wanted + 0.5) * source / target - 0.5
        first = np.floor(place)
        weights = _linear(place - first) if kind == "BILINEAR" else _cubic(place - first)
        indexes = [(np.clip(first.astype(np.intp) + offset, 0, source - 1), weight) for offset, weight in weights]
    used, places = np.unique(np.concatenate([index for index, _ in indexes]), return_inverse=True)
    split = places.reshape(len(indexes), -1)
    return _Axis(used, tuple((place, weight) for place, (_, weight) in zip(split, indexes, strict=True)))


def _weigh(samples: Samples, axis: _Axis, number: int) -> Samples:
    """Sum the neighbours along an axis, each with its weight."""
    if len(axis.taps) == 1:
        return np.take(samples, axis.taps[0][0], axis=number)
    shape = [1] * samples.ndim
    shape[number] = -1
    parts = (np.take(samples, place, axis=number) * weight.reshape(shape) for place, weight in axis.taps)
    made = next(parts)
    for part in parts:
        made += part
    return made


def _linear(t: Samples) -> tuple[tuple[int, Samples], ...]:
    return (0, 1 - t), (1, t)


def _cubic(t: Samples) -> tuple[tuple[int, Samples], ...]:
    """Give the weights of the four neighbours of a position (cubic convolution)."""
    return (-1, _far(1 + t)), (0, _near(t)), (1, _near(1 - t)), (2, _far(2 - t))


def _near(d: Samples) -> Samples:
    return (_CUBIC + 2) * d**3 - (_CUBIC + 3) * d**2 + 1


def _far(d: Samples) -> Samples:
    return _CUBIC * (d**3 - 5 * d**2 + 8 * d - 4)
