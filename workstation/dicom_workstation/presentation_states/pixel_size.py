"""The size of an image's pixel for a display: what the image says of it, or square with a warning.

References
----------
PS3.3 10.7.1.1, 10.7.1.3, C.7.6.3.1.7
"""

from __future__ import annotations

from dicom_workstation.pixels import Image, PixelError, PixelShape, read_pixel_shape


def pixel_size(image: Image, frame: int) -> tuple[PixelShape, tuple[str, ...]]:
    """Return the shape of a pixel, and a warning where the size in the image is not valid."""
    try:
        return read_pixel_shape(image.data_set, frame), ()
    except PixelError as error:
        return PixelShape(), (f"{error}: the pixels are assumed to be square",)
