"""Mask subtraction: a frame less others of the same image.

Invariants: it comes after the Modality LUT and before the VOI LUT, in numbers that may be negative; a frame
for which the operation has no mask is left as it is. Of an image without a state, the mask is subtracted where the
image recommends that.

References
----------
PS3.3 C.7.6.10.1 (Mask Operation), C.11.13 (Presentation State Mask); PS3.4 N.2.1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom import Dataset

from dicom_conformance.judge.rendering.values import Array, RenderError, items, number, numbers, texts


def is_subtracted(governs: Dataset) -> bool:
    """Tell whether a mask is to be subtracted, as a state, or an image that has none, says."""
    viewed = "SUB" in texts(governs, "RecommendedViewingMode")
    return viewed and next(items(governs, "MaskSubtractionSequence"), None) is not None


def subtracted(frames: Sequence[Array], governs: Dataset, frame: int) -> Array:
    """Give a frame less its mask.

    Parameters
    ----------
    frames : sequence of ndarray, shape (rows, columns)
        All frames of the image, after the Modality LUT.
    frame : int
        Number of the frame, from 1.

    Raises
    ------
    RenderError
        The operation is unknown, a mask frame is missing, or the mask is shifted, whose direction is not judged.
    """
    item = next(items(governs, "MaskSubtractionSequence"))
    ranges = [int(one) for one in numbers(item, "ApplicableFrameRange")]
    if ranges and not any(first <= frame <= last for first, last in zip(ranges[::2], ranges[1::2], strict=False)):
        return frames[frame - 1]
    if any(numbers(item, "MaskSubPixelShift")):
        raise RenderError("a shifted mask is not judged")
    operation = next(iter(texts(item, "MaskOperation")), "")
    if operation == "AVG_SUB":
        masks = [int(one) for one in numbers(item, "MaskFrameNumbers")]
        if not masks or not all(0 < one <= len(frames) for one in masks):
            raise RenderError(f"Mask Frame Numbers {masks} are not all among the {len(frames)} frames")
        contrast = range(frame, frame + max(1, int(number(item, "ContrastFrameAveraging", 1))))
        if contrast[-1] > len(frames):
            return frames[frame - 1]
        return _mean(frames, contrast) - _mean(frames, masks)
    if operation == "TID":
        mask = frame - int(number(item, "TIDOffset", 1))
        return frames[frame - 1] - frames[mask - 1] if 0 < mask <= len(frames) else frames[frame - 1]
    raise RenderError(f"Mask Operation {operation!r} is not allowed in a presentation state")


def _mean(frames: Sequence[Array], chosen: Sequence[int]) -> Array:
    found: Array = np.mean([frames[one - 1] for one in chosen], axis=0)
    return found
