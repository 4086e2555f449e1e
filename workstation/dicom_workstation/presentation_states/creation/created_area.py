"""Displayed Area and Spatial Transformation Modules of a created state.

References
----------
PS3.3 C.10.4 (an item for each image: their sizes and their spacing differ), C.10.6; C.7.6.3.1.7 (Pixel Aspect Ratio)
"""

from __future__ import annotations

from collections.abc import Sequence

from pydicom.dataset import Dataset

from dicom_workstation.presentation_states.creation.created_grayscale import decimal
from dicom_workstation.presentation_states.displayed_area import turned_corners
from dicom_workstation.presentation_states.errors import StateError
from dicom_workstation.presentation_states.image_selection import SelectedImage
from dicom_workstation.presentation_states.pixel_size import pixel_size
from dicom_workstation.presentation_states.presentation import Area, Presentation
from dicom_workstation.presentation_states.spatial_transformation import SpatialTransformation


def spatial_module(presentation: Presentation) -> Dataset:
    """Return the Spatial Transformation Module; empty where nothing is turned."""
    module = Dataset()
    if presentation.rotate or presentation.flip:
        module.ImageRotation = presentation.rotate
        module.ImageHorizontalFlip = "Y" if presentation.flip else "N"
    return module


def area_module(displayed: Sequence[SelectedImage], presentation: Presentation) -> Dataset:
    """Return the Displayed Area Module."""
    module = Dataset()
    module.DisplayedAreaSelectionSequence = [_item(each, presentation) for each in displayed]
    return module


def _item(displayed: SelectedImage, presentation: Presentation) -> Dataset:
    image, pixel, area = displayed.image, displayed.source.pixel, presentation.area
    one, other = area.top_left or (1, 1), area.bottom_right or (pixel.columns, pixel.rows)
    (left, right), (top, bottom) = (sorted(pair) for pair in zip(one, other, strict=True))
    if right < 1 or bottom < 1 or left > pixel.columns or top > pixel.rows:
        raise StateError(f"the displayed area contains no pixel of {image.SOPInstanceUID}")
    turned = SpatialTransformation(presentation.rotate, presentation.flip)
    item = Dataset()
    item.ReferencedImageSequence = [displayed.reference()]
    first, last = turned_corners(left, top, right, bottom, turned)
    item.DisplayedAreaTopLeftHandCorner, item.DisplayedAreaBottomRightHandCorner = list(first), list(last)
    item.PresentationSizeMode = area.mode
    _set_size(item, displayed, area)
    if area.magnification is not None:
        item.PresentationPixelMagnificationRatio = area.magnification
    return item


def _set_size(item: Dataset, displayed: SelectedImage, area: Area) -> None:
    """Write the size of a pixel where it is known, else its shape alone (each type 1C: one of them must be there)."""
    own, _ = pixel_size(displayed.source, displayed.frames[0] if displayed.frames else 1)
    if area.spacing is not None:
        item.PresentationPixelSpacing = [decimal(each) for each in area.spacing]
    elif area.aspect is None and own.is_physical:
        item.PresentationPixelSpacing = [decimal(own.height), decimal(own.width)]
    elif area.mode == "TRUE SIZE":
        raise StateError(
            f"the size of a pixel of {displayed.image.SOPInstanceUID} is not known, but TRUE SIZE needs it"
        )
    else:
        item.PresentationPixelAspectRatio = list(area.aspect or (round(own.height), round(own.width)))
