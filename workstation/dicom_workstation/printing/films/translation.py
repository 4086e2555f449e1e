"""From an image, and a presentation state if there is one, to the pixels that a printer takes.

Invariants: what is printed is what is displayed: Modality LUT, VOI LUT, Presentation LUT, shutters, overlays,
annotations, rotation and displayed area are in the pixels. Not in the pixels is what a printer does itself: the size,
the shape of the pixels, the polarity that was asked for. Grey comes as P-Values of 8 or 12 bits, colour as RGB of
3 x 8 bits; grey of colour is Y = 0.2990 R + 0.5870 G + 0.1140 B.

References
----------
Conformance statement, 2.2.2.4; PS3.4 N.2; PS3.3 C.13.5 (Image Box), C.7.6.3.1.2 (Y), C.7.6.3.1.7 (Pixel Aspect Ratio)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from pydicom.dataset import Dataset

from dicom_workstation.pixels import Image, Pixels
from dicom_workstation.presentation_states import Display, PresentationState, Window, render

ON_FILM: Final = Display(is_film=True)
LUMINANCE: Final = (0.2990, 0.5870, 0.1140)
_LARGEST_TERM: Final = 1000  # of an aspect ratio that is no ratio of small numbers
_SQUARE: Final = 1e-3  # relative difference of height and width that nobody sees


@dataclass(frozen=True, slots=True, eq=False)
class Translated:
    """Pixels for a printer.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns), uint8 (8 bits) or uint16 (12 bits); or (rows, columns, 3), uint8 RGB
        Grey is MONOCHROME2.
    bits : int
        8 or 12.
    aspect : (int, int)
        Pixel Aspect Ratio: the height of a pixel to its width.
    width_mm : float or None
        True size.
    """

    pixels: Pixels
    bits: int
    aspect: tuple[int, int]
    width_mm: float | None
    warnings: tuple[str, ...]


def translate(
    image: Image, frame: int, state: PresentationState | None, window: Window | None, colour: bool, bits: int
) -> Translated:
    """Render a frame, and bring it into the format of the printer.

    Raises
    ------
    StateError, PixelError
        If it cannot be rendered.
    """
    made = render(image, frame, state, window, ON_FILM, 8 if colour or not image.grayscale else bits)
    bits = 8 if colour else bits
    if colour:
        pixels = made.pixels if made.pixels.ndim == 3 else np.repeat(made.pixels[..., None], 3, axis=2)
    elif made.pixels.ndim == 3:
        pixels = grey_of(made.pixels, bits)
    else:
        pixels = made.pixels
    return Translated(pixels, bits, aspect_ratio(*made.pixel_size), made.width_mm, made.warnings)


def grey_of(rgb: Pixels, bits: int) -> Pixels:
    """Return the luminance of RGB of 8 bits as P-Values."""
    weights = np.array(LUMINANCE) * (((1 << bits) - 1) / 255)
    grey = np.empty(rgb.shape[:2], np.uint8 if bits == 8 else np.uint16)
    for row, samples in enumerate(rgb):  # by rows: never a whole picture of floats
        grey[row] = np.floor(samples @ weights + 0.5)
    return grey


def aspect_ratio(height: float, width: float) -> tuple[int, int]:
    """Return a Pixel Aspect Ratio (vertical, horizontal) of whole numbers."""
    if math.isclose(height, width, rel_tol=_SQUARE):
        return 1, 1
    if height < width:
        vertical, horizontal = aspect_ratio(width, height)
        return horizontal, vertical
    ratio = Fraction(width / height).limit_denominator(_LARGEST_TERM)
    return (ratio.denominator, ratio.numerator) if ratio else (_LARGEST_TERM, 1)


def image_item(made: Translated, is_little_endian: bool = True) -> Dataset:
    """Return the item of the Preformatted Grayscale or Color Image Sequence (PS3.3 Table C.13-5)."""
    item = Dataset()
    is_colour = made.pixels.ndim == 3
    item.SamplesPerPixel = 3 if is_colour else 1
    item.PhotometricInterpretation = "RGB" if is_colour else "MONOCHROME2"
    if is_colour:
        item.PlanarConfiguration = 1  # frame interleave is what PS3.3 C.13.5 wants: one plane after the other
    item.Rows, item.Columns = made.pixels.shape[:2]
    if made.aspect != (1, 1):
        item.PixelAspectRatio = [str(term) for term in made.aspect]
    item.BitsAllocated = 8 if made.bits == 8 else 16
    item.BitsStored, item.HighBit, item.PixelRepresentation = made.bits, made.bits - 1, 0
    stored = np.moveaxis(made.pixels, 2, 0) if is_colour else made.pixels
    if made.bits != 8:
        stored = stored.astype("<u2" if is_little_endian else ">u2", copy=False)
    raw = np.ascontiguousarray(stored).tobytes()
    item.add_new("PixelData", "OB" if made.bits == 8 else "OW", raw + b"\0" * (len(raw) % 2))
    return item
