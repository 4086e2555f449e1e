"""What DCMTK's print programs keep: Stored Print objects, each of one film, and the hardcopy images that it refers to.

References
----------
PS3.3 A.42 (Stored Print IOD) and A.43 (Hardcopy Grayscale Image IOD), both retired
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread


@dataclass(frozen=True, slots=True)
class StoredPrint:
    """A film: the attributes of its film box, of its image boxes by position, and the images that they hold."""

    path: Path
    data_set: Dataset
    box: Dataset
    image_boxes: dict[int, Dataset]
    hardcopies: dict[int, Dataset]

    def pixels(self, position: int) -> np.ndarray:
        """The samples of one image, as they are stored."""
        image = self.hardcopies[position]
        dtype = np.dtype("u1" if image.BitsAllocated == 8 else "<u2")
        return np.frombuffer(image.PixelData, dtype, image.Rows * image.Columns).reshape(image.Rows, image.Columns)


def stored_prints(folder: Path) -> list[StoredPrint]:
    """Read what is in a folder, in the order in which it was made."""
    hardcopies = {}
    for path in folder.glob("HG_*.dcm"):
        image = dcmread(path)
        hardcopies[image.SOPInstanceUID] = image
    found = [_stored_print(path, hardcopies) for path in folder.glob("SP_*.dcm")]
    return sorted(found, key=lambda one: _age(one.data_set.SOPInstanceUID))


def _stored_print(path: Path, hardcopies: dict[str, Dataset]) -> StoredPrint:
    data_set = dcmread(path)
    (box,) = data_set.FilmBoxContentSequence
    image_boxes = {one.ImageBoxPosition: one for one in data_set.ImageBoxContentSequence}
    held = {
        position: hardcopies[one.ReferencedImageSequence[0].ReferencedSOPInstanceUID]
        for position, one in image_boxes.items()
    }
    return StoredPrint(path, data_set, box, image_boxes, held)


def _age(uid: str) -> tuple[int, ...]:
    """DCMTK's UIDs end with host, process, time and a count."""
    *_, time, count = uid.split(".")
    return int(time), int(count)
