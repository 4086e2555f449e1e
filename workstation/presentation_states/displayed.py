"""What a state is created for: images that are displayed (PS3.3 Table 10-3)."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from workstation.pixels import Image


@dataclass(frozen=True, slots=True)
class Displayed:
    """An image that is displayed, and the frames of it that the state is for (none: all)."""

    source: Image
    frames: tuple[int, ...] = ()

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
