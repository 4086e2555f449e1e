"""The grayscale transformation sequence: stored values to P-Values, each step as a formula.

Invariants: values stay numbers in floating point between the steps; the VOI step ends in a fraction from 0
to 1 of its output range, and so does every step after it. Where a state is given, it alone says what is done; where
none is, the image does.

References
----------
PS3.4 N.2; PS3.3 C.11.1 (Modality LUT), C.11.13 (mask), C.11.2.1.2 (windows), C.11.8 (Softcopy VOI LUT), C.11.6
(Softcopy Presentation LUT), C.7.6.3.1.2 (Photometric Interpretation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydicom import Dataset

from dicom_conformance.judge.rendering.mask import is_subtracted, subtracted
from dicom_conformance.judge.rendering.references import applies
from dicom_conformance.judge.rendering.values import Array, RenderError, items, number, numbers, table, texts


@dataclass(frozen=True, slots=True)
class Window:
    """A window: center and width as given, and the function that it belongs to (PS3.3 C.11.2.1.2, C.11.2.1.3)."""

    center: float
    width: float
    function: str = "LINEAR"

    def __call__(self, values: Array) -> Array:
        """Give the fraction of the output range, 0 to 1."""
        center, width = self.center, self.width
        if self.function == "SIGMOID":
            sigmoid: Array = 1 / (1 + np.exp(-4 * (values - center) / width))
            return sigmoid
        if self.function == "LINEAR_EXACT":
            if width <= 0:
                raise RenderError(f"Window Width {width:g} must be greater than 0")
            return np.clip((values - center) / width + 0.5, 0, 1)
        if self.function != "LINEAR":
            raise RenderError(f"unknown VOI LUT Function {self.function!r}")
        if width < 1:
            raise RenderError(f"Window Width {width:g} must be at least 1")
        if width == 1:
            return np.where(values <= center - 0.5, 0.0, 1.0)
        return np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)


def p_values(
    stored: Array,
    image: Dataset,
    state: Dataset | None,
    frame: int,
    window: tuple[float, float] | None,
    frames: Array | None = None,
) -> Array:
    """Give the P-Values of a frame.

    Parameters
    ----------
    stored : ndarray, shape (rows, columns)
        Stored values.
    image, state : Dataset
        Whose attributes govern: those of the state, where there is one.
    window : tuple or None
        Center and width that the user set in place of all others.
    frames : ndarray or None, shape (frames, rows, columns)
        Stored values of all frames, of which a mask is made.

    Returns
    -------
    ndarray, shape (rows, columns), float64
        0 (black) to 1 (white).
    """
    governs = image if state is None else state
    signed = number(image, "PixelRepresentation", 0) == 1
    values = modality(stored, governs, signed)
    voi_item = image if state is None else softcopy_voi(state, image, frame)
    if is_subtracted(governs):
        if window is None and (voi_item is None or not {"WindowCenter", "VOILUTSequence"} & set(voi_item.dir())):
            raise RenderError("a subtraction without a VOI LUT has no defined range of values")
        every = [stored] if frames is None else list(frames.astype(np.float64))
        values = subtracted([modality(one, governs, signed) for one in every], governs, frame)
    fraction = voi(values, voi_item, window, _identity_range(image, governs, signed))
    fraction = presentation(fraction, governs)
    return 1 - fraction if state is None and _inverted_by_image(image) else fraction


def modality(stored: Array, governs: Dataset, signed: bool) -> Array:
    """Stored values to the units of Rescale Type or Modality LUT Type (C.11.1)."""
    sequence = next(items(governs, "ModalityLUTSequence"), None)
    if sequence is not None:
        return table(sequence, signed)(stored)
    return stored * number(governs, "RescaleSlope", 1) + number(governs, "RescaleIntercept", 0)


def softcopy_voi(state: Dataset, image: Dataset, frame: int) -> Dataset | None:
    """Find the item of Softcopy VOI LUT Sequence that is for this image and frame (C.11.8)."""
    found = [item for item in items(state, "SoftcopyVOILUTSequence") if applies(item, image, frame)]
    return found[0] if found else None


def voi(
    values: Array, item: Dataset | None, window: tuple[float, float] | None, identity: tuple[float, float]
) -> Array:
    """Values to a fraction of the output range; the first of several alternatives counts."""
    if window is not None:
        return Window(*window)(values)
    if item is not None:
        sequence = next(items(item, "VOILUTSequence"), None)
        if sequence is not None:
            lut = table(sequence, identity[0] < 0)
            return lut(values) / lut.top
        centers, widths = numbers(item, "WindowCenter"), numbers(item, "WindowWidth")
        if centers and widths:
            function = next(iter(texts(item, "VOILUTFunction")), "LINEAR")
            return Window(centers[0], widths[0], function)(values)
    low, high = identity
    return np.clip((values - low) / (high - low), 0, 1)


def presentation(fraction: Array, governs: Dataset) -> Array:
    """Apply the Presentation LUT (C.11.6): a table over the whole input range, or its shape."""
    sequence = next(items(governs, "PresentationLUTSequence"), None)
    if sequence is not None:
        lut = table(sequence, False)
        return lut(fraction * (len(lut.entries) - 1)) / lut.top
    return 1 - fraction if next(iter(texts(governs, "PresentationLUTShape")), "") == "INVERSE" else fraction


def _inverted_by_image(image: Dataset) -> bool:
    """Tell whether MONOCHROME1 inverts; an image whose Presentation LUT Shape says so is inverted once, not twice."""
    inverse = next(iter(texts(image, "PresentationLUTShape")), "") == "INVERSE"
    return str(image.get("PhotometricInterpretation")) == "MONOCHROME1" and not inverse


def _identity_range(image: Dataset, governs: Dataset, signed: bool) -> tuple[float, float]:
    """Give the range of values after the Modality LUT, which an identity VOI spreads over the output."""
    sequence = next(items(governs, "ModalityLUTSequence"), None)
    if sequence is not None:
        return 0.0, float(table(sequence, signed).top)
    bits = int(number(image, "BitsStored", 8))
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    slope, intercept = number(governs, "RescaleSlope", 1), number(governs, "RescaleIntercept", 0)
    ends = sorted((low * slope + intercept, high * slope + intercept))
    return ends[0], ends[1]
