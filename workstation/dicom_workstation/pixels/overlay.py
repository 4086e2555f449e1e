"""Overlay planes, groups 6000 to 601E.

Invariants: a plane is a picture of single bits with a place of its own; what of it lies off the image is cut off,
and what is too short, or lies where the pixels of the image are, is a PixelError.

References
----------
PS3.3 Section C.9.2, C.9.3; PS3.5 Section 8.1.2
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from dicom_workstation.data_sets import UNREADABLE
from dicom_workstation.pixels.arrays import Pixels
from dicom_workstation.pixels.decoding import cells
from dicom_workstation.pixels.errors import PixelError
from dicom_workstation.pixels.image import Image
from dicom_workstation.pixels.remarks import Remarks


@dataclass(frozen=True, slots=True)
class Overlay:
    """One overlay plane.

    Parameters
    ----------
    group : int
        0x6000 to 0x601E.
    kind : str
        Overlay Type: "G" graphics, "R" region of interest.
    origin : (int, int)
        Row and column of its first point, counted from 1; may lie off the image.
    frames, first_frame : int
        How many planes there are, and which frame of the image the first of them belongs to; frames is 0 where it is
        not given (C.9.3 is absent): the one plane then belongs to every frame.
    data : bytes or None
        Overlay Data, the least significant bit first; None if it lies in unused bits of the pixel cells.
    bit_position : int
        Where in the cells.
    """

    group: int
    rows: int
    columns: int
    kind: str
    origin: tuple[int, int]
    frames: int
    first_frame: int
    data: bytes | None
    bit_position: int

    def plane(self, image: Image, frame: int) -> NDArray[np.bool_] | None:
        """Return the plane that belongs to a frame, None if none does; (rows, columns)."""
        if self.data is None and image.is_encapsulated:  # only native pixels have bits to spare
            return None
        if self.data is None:
            return ((image.cells(frame) >> self.bit_position) & 1).astype(np.bool_)
        number = frame - self.first_frame if self.frames else 0
        if not 0 <= number < max(1, self.frames):
            return None
        count = self.rows * self.columns
        return cells.unpack_bits(self.data, number * count, count).reshape(self.rows, self.columns).astype(np.bool_)


@dataclass(frozen=True, slots=True)
class ShownOverlay:
    """An overlay that is displayed, in a grey from 0 (black) to 1 (white)."""

    overlay: Overlay
    grey: float = 1.0


def read_overlays(data_set: Dataset, is_little_endian: bool = True) -> tuple[Overlay, ...]:
    """Read all overlay planes of an image or a presentation state."""
    groups = sorted(_groups(data_set))
    return tuple(_overlay(data_set, group, is_little_endian) for group in groups)


def usable_overlays(image: Image, remarks: Remarks) -> tuple[Overlay, ...]:
    """Read the overlay planes of an image that can be drawn; a remark says which cannot, and why."""
    found = []
    for group in sorted(_groups(image.data_set)):
        with remarks.without(f"overlay {group:04X}", *UNREADABLE):
            plane = _overlay(image.data_set, group, image.is_little_endian)
            if plane.data is None and image.is_encapsulated:
                raise PixelError(f"overlay {group:04X} lies in bits that compressed Pixel Data does not have")
            if plane.kind not in ("G", "R"):
                remarks.add(f"overlay {group:04X} has the Overlay Type {plane.kind[:16]!r}: it is drawn as graphics")
            found.append(plane)
    return tuple(found)


def _groups(data_set: Dataset) -> set[int]:
    found = {tag.group for tag in tuple(data_set.keys())}
    return {group for group in found if 0x6000 <= group <= 0x601E and group % 2 == 0}


def _overlay(data_set: Dataset, group: int, is_little_endian: bool) -> Overlay:
    def value(element: int, absent: Any = None) -> Any:
        found = data_set.get((group, element))
        return absent if found is None or found.value is None or found.value == "" else found.value

    name = f"overlay {group:04X}"
    try:
        rows, columns = int(value(0x0010, 0)), int(value(0x0011, 0))
        row, column = (int(number) for number in value(0x0050, (1, 1)))
        frames, first_frame = int(value(0x0015, 0)), int(value(0x0051, 1))
        position = int(value(0x0102, 0))
    except (ValueError, TypeError) as error:
        raise PixelError(f"{name}: {error}") from error
    if rows < 1 or columns < 1 or frames < 0 or (frames and first_frame < 1):
        raise PixelError(
            f"{name} has {rows} rows, {columns} columns, {frames} frames, the first of them for frame {first_frame}"
        )
    data = value(0x3000)
    if isinstance(data, bytes):
        if not is_little_endian and data_set[group, 0x3000].VR != "OB" and len(data) % 2 == 0:
            data = np.frombuffer(data, ">u2").astype("<u2").tobytes()
        if len(data) * 8 < rows * columns * max(1, frames):
            needed = f"{rows} x {columns} x {max(1, frames)} bits"
            raise PixelError(f"{name}: Overlay Data has {len(data)} bytes; {needed} are needed")
    elif not _is_unused(position, data_set):
        raise PixelError(f"{name} has no Overlay Data")
    kind = str(value(0x0040, "G")).strip()
    return Overlay(group, rows, columns, kind, (row, column), frames, first_frame, data, position)


def _is_unused(position: int, data_set: Dataset) -> bool:
    """Whether a bit of a pixel cell holds nothing of the pixel, so that an overlay without data may lie in it."""
    allocated = int(data_set.get("BitsAllocated") or 0)
    stored = int(data_set.get("BitsStored") or allocated)
    high_bit = int(data_set.get("HighBit", stored - 1))
    return 0 < position < allocated and not high_bit - stored < position <= high_bit


def draw(picture: Pixels, image: Image, frame: int, shown: tuple[ShownOverlay, ...], bits: int = 8) -> None:
    """Draw overlays into a rendered picture, in place.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns[, 3])
        P-Values, in the orientation of the image.
    bits : int
        Of the P-Values.
    """
    for each in shown:
        plane = each.overlay.plane(image, frame)
        if plane is None:
            continue
        row, column = each.overlay.origin[0] - 1, each.overlay.origin[1] - 1
        visible = plane[max(0, -row) :, max(0, -column) :]
        region = picture[max(0, row) :, max(0, column) :][: visible.shape[0], : visible.shape[1]]
        region[visible[: region.shape[0], : region.shape[1]]] = round(each.grey * ((1 << bits) - 1))
