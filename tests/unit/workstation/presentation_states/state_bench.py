"""Images and states in memory, and a viewer that looks at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.data_sets.data_set_encoding import read
from dicom_workstation.instances.encode_instance import stored_instance

ROWS, COLUMNS = 12, 16
CT = "1.2.840.10008.5.1.4.1.1.2"
MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.7.2"


class Bench:
    """A memory, a viewer, and short ways of filling the one and asking the other."""

    def __init__(self) -> None:
        self.workstation = Workstation(Configuration.from_keywords(memory_budget_bytes=1 << 26))
        self.memory = self.workstation.memory

    def image(self, pixels: Any = None, frames: int | None = None, **changes: Any) -> Dataset:
        """Hold an image of 8 bits; its pixels count from 0 unless they are given."""
        data_set = image_data_set(pixels, frames, **changes)
        self.memory.keep(stored_instance(data_set))
        return data_set

    def state(self, change: Callable[[Dataset], object], *images: Dataset, **arguments: Any) -> str:
        """Create a state, change it, hold it; returns its UID."""
        made = self.workstation.present(**{"images": [str(each.SOPInstanceUID) for each in images], **arguments})
        assert made.SOPInstanceUID is not None, made.detail
        data_set = self.data_set(made.SOPInstanceUID)
        change(data_set)
        data_set.SOPInstanceUID = generate_uid(None)
        self.memory.keep(stored_instance(data_set))
        return str(data_set.SOPInstanceUID)

    def data_set(self, uid: str) -> Dataset:
        """Read an instance."""
        found = self.memory.get(uid)
        assert found is not None
        return read(found.data_set, found.TransferSyntaxUID)

    def look(self, image: Dataset, state: str | None = None, **arguments: Any) -> Any:
        """Render; returns the picture."""
        outcome = self.outcome(image, state, **arguments)
        assert outcome.rendering is not None, outcome.detail
        picture = outcome.rendering
        shape = (picture.rows, picture.columns) if picture.samples == 1 else (picture.rows, picture.columns, 3)
        return np.frombuffer(picture.data, np.uint8).reshape(shape)

    def outcome(self, image: Dataset, state: str | None = None, **arguments: Any) -> Any:
        """Render; returns the outcome."""
        return self.workstation.render(**{"SOPInstanceUID": str(image.SOPInstanceUID), "state": state, **arguments})


def image_data_set(pixels: Any = None, frames: int | None = None, **changes: Any) -> Dataset:
    """Return an image whose P-Values are its stored values."""
    if pixels is None:
        pixels = np.arange(ROWS * COLUMNS, dtype=np.uint8).reshape(ROWS, COLUMNS)
        pixels = pixels if frames is None else np.stack([pixels + number for number in range(frames)])
    data_set = Dataset()
    data_set.SOPClassUID, data_set.SOPInstanceUID = (CT if frames is None else MULTI_FRAME), generate_uid(None)
    data_set.StudyInstanceUID, data_set.SeriesInstanceUID = "1.2.3", "1.2.3.4"
    data_set.PatientName, data_set.PatientID = "Test^State", "1"
    data_set.Rows, data_set.Columns = pixels.shape[-2:]
    data_set.SamplesPerPixel, data_set.PhotometricInterpretation = 1, "MONOCHROME2"
    data_set.BitsAllocated, data_set.BitsStored, data_set.HighBit, data_set.PixelRepresentation = 8, 8, 7, 0
    if frames is not None:
        data_set.NumberOfFrames = frames
    data_set.PixelData = pixels.tobytes()
    data_set["PixelData"].VR = "OB"
    for keyword, value in changes.items():
        setattr(data_set, keyword, value)
    return data_set
