"""What a state is created for: images that are displayed (PS3.3 Table 10-3)."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from dicom_workstation.pixels import Image
from dicom_workstation.presentation_states.presentation import Window


@dataclass(frozen=True, slots=True)
class SelectedImage:
    """An image that is displayed, the frames of it that the state is for (none: all), and a window of their own."""

    source: Image
    frames: tuple[int, ...] = ()
    window: Window | None = None

    @property
    def image(self) -> Dataset:
        """The attributes of the image."""
        return self.source.data_set

    def reference(self) -> Dataset:
        """Return an item of Referenced Image Sequence (PS3.3 Table 10-3)."""
        item = Dataset()
        item.ReferencedSOPClassUID = self.image.SOPClassUID
        item.ReferencedSOPInstanceUID = self.image.SOPInstanceUID
        if self.frames:
            item.ReferencedFrameNumber = list(self.frames)
        return item
