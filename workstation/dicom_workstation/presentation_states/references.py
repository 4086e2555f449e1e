"""Which images and frames a state, or one part of it, is for (PS3.3 C.11.11, C.11.8, C.10.4, C.10.5; Table 10-3).

Invariants: a state applies to what its Presentation State Relationship Module lists and to nothing else; series,
SOP Class and frame count as much as the SOP Instance UID does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from dicom_workstation.presentation_states.attributes import items, numbers, text
from dicom_workstation.presentation_states.errors import StateError


@dataclass(frozen=True, slots=True)
class ImageReference:
    """One image, and the frames of it; no frames means all."""

    SOPClassUID: str
    SOPInstanceUID: str
    frames: tuple[int, ...] = ()
    SeriesInstanceUID: str = ""

    def covers(self, frame: int) -> bool:
        """Whether a frame, counted from 1, is meant."""
        return not self.frames or frame in self.frames


def read_references(item: Dataset, SeriesInstanceUID: str = "") -> tuple[ImageReference, ...]:
    """Read a Referenced Image Sequence (PS3.3 Table 10-3)."""
    found = []
    for reference in items(item, "ReferencedImageSequence"):
        frames = numbers(reference, "ReferencedFrameNumber")
        if any(each < 1 or each != int(each) for each in frames):
            raise StateError(f"ReferencedFrameNumber {frames} is not a frame number")
        found.append(
            ImageReference(
                text(reference, "ReferencedSOPClassUID"),
                text(reference, "ReferencedSOPInstanceUID"),
                tuple(int(each) for each in frames),
                SeriesInstanceUID,
            )
        )
    return tuple(found)


def read_relationship(state: Dataset) -> tuple[ImageReference, ...]:
    """Read the Presentation State Relationship Module (PS3.3 C.11.11)."""
    found: list[ImageReference] = []
    for series in items(state, "ReferencedSeriesSequence"):
        found += read_references(series, text(series, "SeriesInstanceUID"))
    if not found:
        raise StateError("the state refers to no image (ReferencedSeriesSequence)")
    return tuple(found)


def check_reference(references: Sequence[ImageReference], image: Dataset, frame: int, frames: int) -> None:
    """Raise StateError unless the state is for this frame of this image.

    Parameters
    ----------
    frame, frames : int
        The frame, counted from 1, and how many the image has.
    """
    uid = str(image.SOPInstanceUID)
    same = [each for each in references if each.SOPInstanceUID == uid]
    if not same:
        raise StateError(f"the state does not refer to the image {uid}")
    for each in same:
        if each.SOPClassUID != image.get("SOPClassUID"):
            raise StateError(f"the state refers to {uid} as an instance of {each.SOPClassUID}, which is wrong")
        if each.SeriesInstanceUID != image.get("SeriesInstanceUID"):
            raise StateError(f"the state refers to {uid} in series {each.SeriesInstanceUID}, which is wrong")
        missing = [number for number in each.frames if number > frames]
        if missing:
            raise StateError(f"the state refers to frame {missing[0]} of {uid}, which has only {frames}")
    if not any(each.covers(frame) for each in same):
        raise StateError(f"the state does not refer to frame {frame} of {uid}")


def applying(sequence: Sequence[Dataset], SOPInstanceUID: str, frame: int) -> Iterator[Dataset]:
    """Yield the items that apply to a frame: those that name it, and those that name none (all of the state's)."""
    for item in sequence:
        references = read_references(item)
        if not references or any(each.SOPInstanceUID == SOPInstanceUID and each.covers(frame) for each in references):
            yield item


def single_applying_item(sequence: Sequence[Dataset], SOPInstanceUID: str, frame: int, keyword: str) -> Dataset | None:
    """Return the single item that applies to a frame, None if there is none; StateError if there are two."""
    found = list(applying(sequence, SOPInstanceUID, frame))
    if len(found) > 1:
        raise StateError(f"{len(found)} items of {keyword} apply to frame {frame} of {SOPInstanceUID}: only one may")
    return found[0] if found else None
