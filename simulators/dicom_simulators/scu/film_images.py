"""Instances as images for a film: the item of a Basic Grayscale or Basic Color Image Sequence (PS3.3 C.13.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicom_simulators.data_sets import Instance

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ImageError(ValueError):
    """The pixels of an instance cannot be had."""


def image_item(instance: Instance, bits: int, color: bool) -> dict[str, object]:
    """Give the item of one image, of its first frame.

    Parameters
    ----------
    bits : int
        Bits stored of a grayscale image: 8 or 12. Stored values are shifted to that many.
    color : bool
        RGB by plane, 8 bits; grayscale pixels become grey.

    Raises
    ------
    ImageError
    """
    import numpy as np  # here for a quick start of programs that print nothing

    data_set = instance.read()
    pixels = _first_frame(instance, data_set)
    stored = int(data_set.get("BitsStored", 8))
    if int(data_set.get("PixelRepresentation", 0)):
        pixels = pixels.astype(np.int64) + (1 << stored - 1)
    pixels = _shifted(pixels.astype(np.int64), stored, 8 if color else bits)
    rows, columns = pixels.shape[:2]
    photometric = str(data_set.get("PhotometricInterpretation", "MONOCHROME2"))
    if color:
        planes = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, axis=-1)
        described = {"SamplesPerPixel": "3", "PhotometricInterpretation": "RGB", "PlanarConfiguration": "1"}
        values = np.moveaxis(planes, -1, 0)
    else:
        values = pixels.mean(axis=-1).astype(np.int64) if pixels.ndim == 3 else pixels
        name = photometric if photometric.startswith("MONOCHROME") else "MONOCHROME2"
        described = {"SamplesPerPixel": "1", "PhotometricInterpretation": name}
    depth = 8 if color else bits
    allocated = 8 if depth == 8 else 16
    data = values.astype("<u1" if allocated == 8 else "<u2").tobytes()
    return {
        **described,
        "Rows": str(rows),
        "Columns": str(columns),
        "BitsAllocated": str(allocated),
        "BitsStored": str(depth),
        "HighBit": str(depth - 1),
        "PixelRepresentation": "0",
        "PixelData": data + b"\0" * (len(data) % 2),
    }


def _first_frame(instance: Instance, data_set: Any) -> NDArray[Any]:
    if instance.pixels is not None:
        frame: NDArray[Any] = instance.pixels[0]
        return frame
    try:
        pixels: NDArray[Any] = data_set.pixel_array
    except Exception as error:  # whatever the decoder raises: the instance is not to be printed
        raise ImageError(f"{instance.SOPInstanceUID}: no pixels: {error}") from None
    first: NDArray[Any] = pixels[0] if int(data_set.get("NumberOfFrames", 1) or 1) > 1 else pixels
    return first


def _shifted(pixels: NDArray[Any], stored: int, wanted: int) -> NDArray[Any]:
    shifted = pixels >> (stored - wanted) if stored >= wanted else pixels << (wanted - stored)
    return shifted.clip(0, (1 << wanted) - 1)
