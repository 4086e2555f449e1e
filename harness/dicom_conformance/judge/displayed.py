"""The displayed instances, as the trace knows them: attributes, and the values they were made from.

What an AE was given to send counts first; what the subject made itself is known from the wire. Values that no recipe
gives are read by the harness where they are native, and decoded where they are compressed.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from typing import Any

from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from dicom_conformance.errors import HarnessError
from dicom_conformance.judge.rendering import RenderError, readable, stored_values
from dicom_conformance.trace import BIG_ENDIAN, IMPLICIT, UNDECODABLE, Held, Trace, pixels_of

RGB = "RGB"
"""What recipes make, and what the harness decodes to."""


@dataclass(frozen=True, slots=True)
class DisplayedImage:
    """One instance that is displayed, or a presentation state that says how.

    Parameters
    ----------
    pixels : ndarray or None
        Stored values, shape (frames, rows, columns[, 3]).
    max_error : int
        What its compression may change in them.
    of_recipe : bool
        Whether they are what a recipe made.
    model : str
        What three samples are; empty: the Photometric Interpretation of the data set.
    """

    SOPInstanceUID: str
    data_set: Dataset
    pixels: NDArray[Any] | None = field(default=None, repr=False)
    max_error: int = 0
    of_recipe: bool = False
    model: str = ""

    def frame(self, number: int) -> NDArray[Any]:
        """Give the stored values of a frame, numbered from 1.

        Raises
        ------
        HarnessError
            There is no such frame.
        """
        if self.pixels is None or not 0 < number <= len(self.pixels):
            raise HarnessError(f"{self.SOPInstanceUID} has no frame {number}")
        found: NDArray[Any] = self.pixels[number - 1]
        return found


class NotSentError(HarnessError):
    """An instance passed nowhere in the case, so that the harness does not know what it looks like."""


def displayed_image(trace: Trace, uid: str) -> DisplayedImage:
    """Find an instance by its UID.

    Raises
    ------
    NotSentError
        The instance was not sent in this case.
    """
    held = trace.originals.get(uid) or _carried(trace, uid)
    if held is None:
        raise NotSentError(f"no instance {uid} was sent in this case")
    return from_held(held)


def from_held(held: Held) -> DisplayedImage:
    """Give an instance with its values: those that it was made of, else those that pydicom decodes."""
    try:
        data_set = _read(held.data_set, held.transfer_syntax)
    except (*UNDECODABLE, zlib.error) as error:
        raise HarnessError(f"the harness cannot read {held.SOPInstanceUID}: {error}") from error
    if held.pixels is not None:
        return DisplayedImage(held.SOPInstanceUID, data_set, held.pixels, held.max_error, True, RGB)
    if readable(data_set):
        try:
            return DisplayedImage(held.SOPInstanceUID, data_set, stored_values(data_set))
        except RenderError as error:
            raise HarnessError(f"{held.SOPInstanceUID}: {error}") from error
    return DisplayedImage(held.SOPInstanceUID, data_set, _decoded(held.SOPInstanceUID, data_set), model=RGB)


def _carried(trace: Trace, uid: str) -> Held | None:
    """Find an instance in the C-STORE-RQs of the case."""
    for _, message in trace.messages():
        if message.name != "C-STORE-RQ" or message.data_set is None or message.transfer_syntax is None:
            continue
        if message.command.text("AffectedSOPInstanceUID") == uid:
            sop_class = message.command.text("AffectedSOPClassUID") or ""
            return Held(sop_class, uid, message.transfer_syntax, message.data_set)
    return None


@lru_cache(maxsize=8)
def _read(raw: bytes, syntax: str) -> Dataset:
    if syntax == DeflatedExplicitVRLittleEndian:
        raw = zlib.decompress(raw, -zlib.MAX_WBITS)
    data_set = read_dataset(BytesIO(raw), syntax == IMPLICIT, syntax != BIG_ENDIAN)
    data_set.file_meta = FileMetaDataset()
    data_set.file_meta.TransferSyntaxUID = UID(syntax)
    return data_set


def _decoded(uid: str, data_set: Dataset) -> NDArray[Any] | None:
    try:
        pixels = pixels_of(data_set, str(data_set.file_meta.TransferSyntaxUID))
    except UNDECODABLE as error:
        raise HarnessError(f"the pixels of {uid} cannot be decoded: {error}") from error
    if pixels is None or int(data_set.get("NumberOfFrames") or 1) > 1:
        return pixels
    return pixels[None]
