"""The pixel pipeline: decode an image and render it through the grayscale transformation sequence.

Invariants: arrays come out, nothing is written, no network is known; every step of PS3.4 Annex N.2 that works
on values is a module named after it. What is geometry (shutters, annotation, spatial transformation, displayed area)
is not here.

References
----------
PS3.4 Annex N.2; PS3.3 Section C.7.6.3, C.11; PS3.5 Section 8; DCS 3.2.2.1.3.2.3, 3.2.5

May import: `data_sets`, `tables`.
Begin with `image` (a decoded image) and `rendering`; `decoding/` turns Pixel Data into stored values.
"""

from __future__ import annotations

from dicom_workstation.pixels import mask, modality_lut, presentation_lut, voi_lut
from dicom_workstation.pixels.arrays import Pixels
from dicom_workstation.pixels.decoding import copied, pydicom_plugin
from dicom_workstation.pixels.errors import PixelError
from dicom_workstation.pixels.image import Image
from dicom_workstation.pixels.limits import LIMITS, Limits
from dicom_workstation.pixels.lookup_table import LookUpTable, read_lookup_table
from dicom_workstation.pixels.mask import Mask
from dicom_workstation.pixels.modality_lut import Rescale
from dicom_workstation.pixels.overlay import Overlay, ShownOverlay, read_overlays, usable_overlays
from dicom_workstation.pixels.pixel_shape import PixelShape, read_pixel_shape, with_square_pixels
from dicom_workstation.pixels.presentation_lut import Shape
from dicom_workstation.pixels.remarks import Remarks
from dicom_workstation.pixels.rendering import apply
from dicom_workstation.pixels.transformation import Transformation, mask_of
from dicom_workstation.pixels.voi_lut import Function, Window

register_pydicom_plugin = pydicom_plugin.register  # a user of pydicom calls it; the workstation does not

__all__ = [
    "LIMITS",
    "Function",
    "Image",
    "Limits",
    "LookUpTable",
    "Mask",
    "Overlay",
    "PixelError",
    "PixelShape",
    "Pixels",
    "Remarks",
    "Rescale",
    "Shape",
    "ShownOverlay",
    "Transformation",
    "Window",
    "apply",
    "copied",
    "mask",
    "mask_of",
    "modality_lut",
    "presentation_lut",
    "read_lookup_table",
    "read_overlays",
    "read_pixel_shape",
    "register_pydicom_plugin",
    "usable_overlays",
    "voi_lut",
    "with_square_pixels",
]
