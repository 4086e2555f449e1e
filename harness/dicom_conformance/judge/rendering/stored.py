"""Stored values out of Pixel Data that is not encapsulated, read by the harness itself.

Invariants: a sample is the Bits Stored that end at High Bit; what lies beside them in its word is no part of
it (overlays once lay there). Samples stay what they are in the data set: its Photometric Interpretation says what they
mean.

References
----------
PS3.5 8.1.1, 8.2 and Annex D (byte order, words); PS3.3 C.7.6.3.1.1, C.7.6.3.1.2 (YBR_FULL_422), C.7.6.3.1.3 (Planar
Configuration).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from dicom_conformance.judge.rendering.values import RenderError, number, texts

_READ = (8, 16, 32)
"""Bits Allocated that are read here; single bits are left to others."""


def readable(image: Dataset) -> bool:
    """Tell whether the Pixel Data of an image is native, and of whole words."""
    syntax = image.file_meta.TransferSyntaxUID if hasattr(image, "file_meta") else None
    native = syntax is None or not syntax.is_compressed
    return native and "PixelData" in image and int(number(image, "BitsAllocated", 8)) in _READ


def words(image: Dataset) -> NDArray[Any]:
    """Give the words of Pixel Data as they are, shape (frames, rows, columns[, 3]), unsigned.

    The pairs of YBR_FULL_422 are parted: each pixel of a pair gets the CB and CR of the first.

    Raises
    ------
    RenderError
        There are fewer than the image has.
    """
    rows, columns = int(image.Rows), int(image.Columns)
    frames, samples = int(number(image, "NumberOfFrames", 1)), int(number(image, "SamplesPerPixel", 1))
    allocated = int(number(image, "BitsAllocated", 8))
    halved = samples == 3 and photometric(image) == "YBR_FULL_422"
    count = frames * rows * columns * (2 if halved else samples)
    raw = _bytes(image, allocated)
    order = ">" if image.original_encoding[1] is False else "<"
    flat = np.frombuffer(raw[: len(raw) * 8 // allocated * allocated // 8], f"{order}u{allocated // 8}")
    if len(flat) < count:
        raise RenderError(f"Pixel Data has {len(flat)} samples instead of {count}")
    flat = flat[:count]
    if halved:
        return _parted(flat.reshape(frames, rows, columns // 2, 4))
    if samples == 1:
        return flat.reshape(frames, rows, columns)
    if int(number(image, "PlanarConfiguration", 0)) == 1:
        return flat.reshape(frames, samples, rows, columns).transpose(0, 2, 3, 1)
    return flat.reshape(frames, rows, columns, samples)


def stored_values(image: Dataset) -> NDArray[Any]:
    """Give the stored values, shape (frames, rows, columns[, 3])."""
    found = words(image).astype(np.int64)
    stored = int(number(image, "BitsStored", number(image, "BitsAllocated", 8)))
    found = found >> (int(number(image, "HighBit", stored - 1)) + 1 - stored) & ((1 << stored) - 1)
    if number(image, "PixelRepresentation", 0) == 1:
        found = np.where(found >> (stored - 1), found - (1 << stored), found)
    return found


def photometric(image: Dataset) -> str:
    """Give the Photometric Interpretation of an image."""
    return next(iter(texts(image, "PhotometricInterpretation")), "")


def _parted(pairs: NDArray[Any]) -> NDArray[Any]:
    """Part Y1 Y2 CB CR, shape (frames, rows, pairs, 4), into pixels of three samples."""
    first = pairs[..., [0, 2, 3]]
    second = pairs[..., [1, 2, 3]]
    frames, rows, count, _ = pairs.shape
    return np.stack([first, second], axis=3).reshape(frames, rows, 2 * count, 3)


def _bytes(image: Dataset, allocated: int) -> bytes:
    """Give the bytes; those of samples of 8 bits that were sent as big endian words (OW) in their own order."""
    element = image["PixelData"]
    raw = bytes(element.value)
    if allocated == 8 and element.VR == "OW" and image.original_encoding[1] is False:
        return np.frombuffer(raw[: len(raw) // 2 * 2], ">u2").astype("<u2").tobytes()
    return raw
