"""Which images and frames a presentation state, or an item of it, is for.

References
----------
PS3.3 C.11.11 (Presentation State Relationship), Tables 10-3 and 10-4 (image SOP Instance reference).
"""

from __future__ import annotations

from pydicom import Dataset

from dicom_conformance.judge.rendering.values import items, numbers


def refers(state: Dataset, image: Dataset, frame: int) -> bool:
    """Tell whether a state is for a frame of an image."""
    return any(
        series.get("SeriesInstanceUID") == image.get("SeriesInstanceUID")
        and any(_names(reference, image, frame) for reference in items(series, "ReferencedImageSequence"))
        for series in items(state, "ReferencedSeriesSequence")
    )


def applies(item: Dataset, image: Dataset, frame: int) -> bool:
    """Tell whether an item is for a frame of an image; one that names none is for all that the state refers to."""
    references = list(items(item, "ReferencedImageSequence"))
    return not references or any(_names(reference, image, frame) for reference in references)


def _names(reference: Dataset, image: Dataset, frame: int) -> bool:
    frames = numbers(reference, "ReferencedFrameNumber")
    same = reference.get("ReferencedSOPInstanceUID") == image.get("SOPInstanceUID")
    return bool(same) and (not frames or float(frame) in frames)
