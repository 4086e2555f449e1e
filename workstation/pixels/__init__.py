"""The pixel pipeline: decode an image and render it through the grayscale transformation sequence.

Invariants: arrays come out, nothing is written, no network is known; every step of PS3.4 Annex N.2 that works
on values is a module named after it. What is geometry (shutters, annotation, spatial transformation, displayed area)
is not here.

References
----------
PS3.4 Annex N.2; PS3.3 Section C.7.6.3, C.11; PS3.5 Section 8; DCS 3.2.2.1.3.2.3, 3.2.5
"""

from __future__ import annotations

from workstation.pixels import pydicom_plugin
from workstation.pixels.errors import PixelError
from workstation.pixels.image import Image
from workstation.pixels.limits import LIMITS, Limits
from workstation.pixels.lookup_table import LookUpTable
from workstation.pixels.mask import Mask
from workstation.pixels.modality_lut import Rescale
from workstation.pixels.overlay import Overlay, ShownOverlay
from workstation.pixels.pixel_shape import PixelShape, with_square_pixels
from workstation.pixels.presentation_lut import Shape
from workstation.pixels.rendering import apply
from workstation.pixels.transformation import Transformation
from workstation.pixels.voi_lut import Function, Window

pydicom_plugin.register()

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
    "Rescale",
    "Shape",
    "ShownOverlay",
    "Transformation",
    "Window",
    "apply",
    "with_square_pixels",
]
