"""Presentation State Mask Module of a created state.

Invariants: frames that are displayed less their mask are subtracted under the state, too. The one item of a state
is for every frame that the state refers to, and has no Applicable Frame Range: where an image subtracts some of the
frames and not others, no single state can be for both.

References
----------
PS3.3 C.11.13, C.7.6.10; A.33.1 (required where multi-frame images are to be subtracted)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydicom.dataset import Dataset

from dicom_workstation.data_sets import UNREADABLE
from dicom_workstation.pixels import Mask, Remarks, mask_of
from dicom_workstation.presentation_states.errors import StateError
from dicom_workstation.presentation_states.image_selection import SelectedImage


def mask_module(displayed: Sequence[SelectedImage]) -> Dataset:
    """Return the module, empty where nothing is subtracted; StateError if the images differ in it."""
    module = Dataset()
    found = {_mask(each) for each in displayed}
    if len(found) > 1:
        raise StateError("the images or frames differ in their masks: one state can have only one mask (PS3.3 C.11.13)")
    (mask,) = found
    if mask is not None:
        module.MaskSubtractionSequence = [_item(mask)]
        module.RecommendedViewingMode = "SUB"
    return module


def _mask(displayed: SelectedImage) -> Mask | None:
    """Return the mask that the frames are displayed less, without the range of frames that it is for."""
    mask: Mask | None = None
    with Remarks().without("mask subtraction", *UNREADABLE):  # an image is displayed without a mask that is wrong
        mask = mask_of(displayed.source)
    if mask is None:
        return None
    frames = displayed.frames or tuple(range(1, displayed.source.frames + 1))
    subtracted = [any(first <= frame <= last for first, last in mask.ranges) for frame in frames]
    if not mask.ranges or all(subtracted):
        return replace(mask, ranges=())
    if any(subtracted):
        raise StateError(
            f"{displayed.image.SOPInstanceUID} subtracts some of these frames and not others: "
            "create a state for each kind (PS3.3 C.11.13)"
        )
    return None


def _item(mask: Mask) -> Dataset:
    item = Dataset()
    item.MaskOperation = mask.operation
    if mask.frames:
        item.MaskFrameNumbers = list(mask.frames)
    if mask.averaged > 1 or len(mask.frames) > 1:  # type 1C: required with several mask frames
        item.ContrastFrameAveraging = mask.averaged
    if any(mask.shift):
        item.MaskSubPixelShift = list(mask.shift)
    if mask.operation == "TID":
        item.TIDOffset = mask.offset
    return item
