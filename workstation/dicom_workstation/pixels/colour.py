"""Colour spaces to RGB.

Invariants: integer samples in, RGB of the same dtype out, by the equations of the standard; a few rows at a time,
in place where that is possible, so that a large frame is not held several times over.

References
----------
PS3.3 Section C.7.6.3.1.2
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from dicom_workstation.pixels.arrays import Pixels
from dicom_workstation.pixels.errors import PixelError

_PIXELS_AT_ONCE: Final = 1 << 16


def to_rgb(samples: Pixels, photometric: str, bits: int) -> Pixels:
    """Convert samples of a Photometric Interpretation with three components.

    Parameters
    ----------
    samples : ndarray, shape (rows, columns, 3), unsigned
    bits : int
        Bits Stored.
    """
    if photometric == "RGB":
        return samples
    convert = _CONVERSIONS.get(photometric)
    if convert is None:
        raise PixelError(f"{photometric} cannot be shown in RGB")
    converted = samples if samples.flags.writeable else np.empty(samples.shape, samples.dtype)
    rows = max(1, _PIXELS_AT_ONCE // samples.shape[1])
    for row in range(0, samples.shape[0], rows):
        converted[row : row + rows] = convert(samples[row : row + rows], bits)
    return converted


def _from_full(samples: Pixels, bits: int) -> Pixels:
    """Invert Y = .2990R + .5870G + .1140B; CB and CR are .5 / .886 (B - Y) and .5 / .701 (R - Y), half way up."""
    half = 1 << (bits - 1)
    y, cb, cr = _components(samples, 0, half)
    return _packed((y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb), samples, bits)


def _from_partial(samples: Pixels, bits: int) -> Pixels:
    """Invert the retired partial range: Y from 16 to 235, CB and CR from 16 to 240 of 8 bits."""
    step = 1 << (bits - 8) if bits >= 8 else 1
    y, cb, cr = _components(samples, 16 * step, 128 * step)
    y = y * (255 / 219)
    cb, cr = cb * (255 / 224), cr * (255 / 224)
    return _packed((y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb), samples, bits)


def _components(samples: Pixels, black: int, half: int) -> tuple[Pixels, ...]:
    """Return Y, CB and CR as float32, without their offsets."""
    offsets = (black, half, half)
    return tuple(samples[..., n].astype(np.float32) - np.float32(offset) for n, offset in enumerate(offsets))


def _packed(components: tuple[Pixels, ...], like: Pixels, bits: int) -> Pixels:
    """Round and clip to what the bits hold."""
    packed = np.empty(like.shape, like.dtype)
    for n, component in enumerate(components):
        packed[..., n] = np.clip(np.rint(component), 0, (1 << bits) - 1)
    return packed


_CONVERSIONS: Final[dict[str, Callable[[Pixels, int], Pixels]]] = {
    "YBR_FULL": _from_full,
    "YBR_FULL_422": _from_full,
    "YBR_PARTIAL_422": _from_partial,
    "YBR_PARTIAL_420": _from_partial,
}
