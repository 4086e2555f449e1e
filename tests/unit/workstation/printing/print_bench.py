"""Images in memory, and requests for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.data_sets.data_set_encoding import read
from dicom_workstation.instances.encode_instance import stored_instance
from dicom_workstation.printing.films.preparation import Prepared, prepare
from dicom_workstation.printing.request import PrintRequest

CT = "1.2.840.10008.5.1.4.1.1.2"
MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.7.2"


class PrintBench:
    """A memory, and short ways of filling it and of preparing what is in it."""

    def __init__(self) -> None:
        self.workstation = Workstation(Configuration.from_keywords(memory_budget_bytes=1 << 28))
        self.memory = self.workstation.memory

    def image(self, pixels: Any, bits: int | None = None, **changes: Any) -> str:
        """Hold an image with these stored values; returns its UID."""
        made = image_data_set(np.asarray(pixels), bits, **changes)
        self.memory.keep(stored_instance(made))
        return str(made.SOPInstanceUID)

    def state(self, *images: str, **arguments: Any) -> str:
        """Hold a presentation state for images; returns its UID."""
        made = self.workstation.present(**{"images": list(images), **arguments})
        assert made.SOPInstanceUID is not None, made.detail
        return made.SOPInstanceUID

    def data_set(self, uid: str) -> Dataset:
        """Read an instance."""
        found = self.memory.get(uid)
        assert found is not None
        return read(found.data_set, found.TransferSyntaxUID)

    def prepared(self, colour: bool = False, bits: int = 8, **arguments: Any) -> Prepared:
        """Prepare a request."""
        return prepare(PrintRequest.read(arguments), self.memory, colour, bits)


def image_data_set(pixels: np.ndarray, bits: int | None = None, **changes: Any) -> Dataset:
    """Return an image: grey of shape (rows, columns), colour (rows, columns, 3), frames with `frames=True`."""
    frames, made = changes.pop("frames", False), Dataset()
    made.SOPClassUID, made.SOPInstanceUID = MULTI_FRAME if frames else CT, generate_uid(None)
    made.StudyInstanceUID, made.SeriesInstanceUID = "1.2.3", "1.2.3.4"
    made.PatientName, made.PatientID = "Test^Print", "1"
    shape = pixels.shape[1:] if frames else pixels.shape
    is_colour = len(shape) == 3
    made.Rows, made.Columns = shape[:2]
    made.SamplesPerPixel = 3 if is_colour else 1
    made.PhotometricInterpretation = "RGB" if is_colour else "MONOCHROME2"
    if is_colour:
        made.PlanarConfiguration = 0
    allocated = pixels.dtype.itemsize * 8
    stored = bits or allocated
    made.BitsAllocated, made.BitsStored, made.HighBit = allocated, stored, stored - 1
    made.PixelRepresentation = int(pixels.dtype.kind == "i")
    if frames:
        made.NumberOfFrames = len(pixels)
    raw = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    made.add_new("PixelData", "OB" if allocated == 8 else "OW", raw + b"\0" * (len(raw) % 2))
    for keyword, value in changes.items():
        setattr(made, keyword, value)
    return made


def samples_of(content: Dataset, byte_order: str = "<") -> tuple[Dataset, np.ndarray]:
    """Return the item of an image box, and its pixels as (rows, columns) or (rows, columns, 3)."""
    sequence = content.get("BasicColorImageSequence") or content.get("BasicGrayscaleImageSequence")
    item = sequence[0]
    dtype = np.dtype(np.uint8) if item.BitsAllocated == 8 else np.dtype(f"{byte_order}u2")
    count = item.Rows * item.Columns * item.SamplesPerPixel
    flat = np.frombuffer(item.PixelData, dtype, count)
    if item.SamplesPerPixel == 1:
        return item, flat.reshape(item.Rows, item.Columns).astype(dtype.newbyteorder("="))
    assert item.PlanarConfiguration == 1
    return item, np.ascontiguousarray(np.moveaxis(flat.reshape(3, item.Rows, item.Columns), 0, 2))
