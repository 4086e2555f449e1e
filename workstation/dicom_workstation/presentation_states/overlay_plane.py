"""Overlay Plane and Overlay Activation Modules: bit-maps of a state or its image, and the layer each is shown in.

Invariants: a state shows the overlays that it activates and no others; one of its own takes the place of the
image's in the same group.

References
----------
PS3.3 C.9.2 (Overlay Plane), C.11.7 (Overlay Activation), C.7.6.15 (Bitmap Display Shutter)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from dicom_workstation.pixels import Image, Overlay, Pixels, read_overlays
from dicom_workstation.presentation_states.errors import StateError

GROUPS: Final = tuple(range(0x6000, 0x6020, 2))
ROWS: Final = 0x0010
ACTIVATION_LAYER: Final = 0x1001


@dataclass(frozen=True, slots=True, eq=False)
class ActiveOverlay:
    """An overlay that a state shows; `plane` is a boolean array in the size of the image."""

    group: int
    layer: str
    plane: Pixels


def has_overlay(data_set: Dataset, group: int) -> bool:
    """Whether a data set has an overlay plane of this group, with data of its own or in unused bits of the pixels."""
    return Tag(group, ROWS) in data_set


def read_planes(data_set: Dataset, is_little_endian: bool, groups: Collection[int] = GROUPS) -> dict[int, Overlay]:
    """Read overlay planes of a state or an image by their groups; groups that only activate one are passed over."""
    planes = Dataset()
    for tag in tuple(data_set.keys()):
        if tag.group in groups and has_overlay(data_set, tag.group):
            planes.add(data_set[tag])
    for keyword in ("BitsAllocated", "BitsStored", "HighBit"):  # they say which bits of a cell a plane may lie in
        if keyword in data_set:
            planes.add(data_set[keyword])
    return {each.group: each for each in read_overlays(planes, is_little_endian)}


def fitted(overlay: Overlay, image: Image, frame: int) -> Pixels:
    """Return a plane in the size of the image, True where its bit is 1; what reaches beyond the image is cut."""
    rows, columns = image.pixel.rows, image.pixel.columns
    whole = np.zeros((rows, columns), bool)
    bits = overlay.plane(image, frame)
    if bits is None:
        return whole
    top, left = overlay.origin[0] - 1, overlay.origin[1] - 1
    cut = bits[max(0, -top) : max(0, rows - top), max(0, -left) : max(0, columns - left)]
    top, left = max(0, top), max(0, left)
    whole[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
    return whole


def active_overlays(
    state: Dataset, own: dict[int, Overlay], image: Image, frame: int, shutter_group: int | None
) -> Iterator[ActiveOverlay]:
    """Yield the overlays that a state activates, its own (`own`) before the image's."""
    for group in GROUPS:
        layer = _layer(state, group)
        if not layer or group == shutter_group:
            continue
        overlay = own.get(group) or read_planes(image.data_set, image.is_little_endian, (group,)).get(group)
        if overlay is None:
            raise StateError(f"the state activates overlay {group:04X}, which is neither in the state nor in the image")
        yield ActiveOverlay(group, layer, fitted(overlay, image, frame))


def _layer(state: Dataset, group: int) -> str:
    """Return the layer that an overlay is activated in; empty if it is not (PS3.3 C.11.7)."""
    tag = Tag(group, ACTIVATION_LAYER)
    return str(state[tag].value or "").strip() if tag in state else ""


def pack(plane: Pixels) -> bytes:
    """Return a boolean array as Overlay Data, of even length."""
    packed = np.packbits(np.asarray(plane, bool).ravel(), bitorder="little").tobytes()
    return packed + b"\0" * (len(packed) % 2)
