"""Display Shutter, Bitmap Display Shutter and Presentation State Shutter Modules of a created state.

References
----------
PS3.3 C.7.6.11, C.7.6.15, C.11.12; C.9.2 (the overlay plane that holds a bitmap)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from dicom_workstation.presentation_states.errors import StateError
from dicom_workstation.presentation_states.image_selection import SelectedImage
from dicom_workstation.presentation_states.overlay_plane import GROUPS, has_overlay, pack
from dicom_workstation.presentation_states.presentation import Presentation, ShutterShape


def shutter_modules(displayed: Sequence[SelectedImage], presentation: Presentation) -> Dataset:
    """Return the modules; empty where nothing is shuttered."""
    module = Dataset()
    if not presentation.shutters:
        return module
    shapes = [each.shape for each in presentation.shutters]
    module.ShutterShape = shapes[0] if len(shapes) == 1 else shapes
    module.ShutterPresentationValue = presentation.shutter_value
    for each in presentation.shutters:
        module.update(_bitmap(each, displayed) if each.shape == "BITMAP" else _shape(each))
    return module


def _shape(shape: ShutterShape) -> Dataset:
    module = Dataset()
    if shape.shape == "RECTANGULAR":
        module.ShutterLeftVerticalEdge, module.ShutterRightVerticalEdge = shape.left, shape.right
        module.ShutterUpperHorizontalEdge, module.ShutterLowerHorizontalEdge = shape.upper, shape.lower
    elif shape.shape == "CIRCULAR":
        module.CenterOfCircularShutter = list(shape.center or ())
        module.RadiusOfCircularShutter = shape.radius
    else:
        module.VerticesOfThePolygonalShutter = [value for vertex in shape.vertices or () for value in vertex]
    return module


def _bitmap(shape: ShutterShape, displayed: Sequence[SelectedImage]) -> Dataset:
    bits = np.array(shape.bitmap, bool)
    for each in displayed:
        if bits.shape != (each.image.Rows, each.image.Columns):
            raise StateError(
                f"the bitmap has {bits.shape[0]} x {bits.shape[1]} bits, but the image has other Rows x Columns"
            )
    module, group = Dataset(), _free_group(displayed)
    module.ShutterOverlayGroup = group
    plane = (
        (0x0010, "US", bits.shape[0]),  # Overlay Rows
        (0x0011, "US", bits.shape[1]),  # Overlay Columns
        (0x0040, "CS", "G"),  # Overlay Type
        (0x0050, "SS", [1, 1]),  # Overlay Origin
        (0x0100, "US", 1),  # Overlay Bits Allocated
        (0x0102, "US", 0),  # Overlay Bit Position
        (0x1001, "CS", None),  # Overlay Activation Layer: a shutter is in no layer (C.11.7)
        (0x3000, "OW", pack(bits)),  # Overlay Data
    )
    for element, vr, value in plane:
        module.add(DataElement(Tag(group, element), vr, value))
    return module


def _free_group(displayed: Sequence[SelectedImage]) -> int:
    """Return the first group that no image has an overlay in: the state's would hide it."""
    for group in GROUPS:
        if not any(has_overlay(each.image, group) for each in displayed):
            return group
    raise StateError("the images have overlays in every group: no group is left for the bitmap shutter")
