"""Images made by hand, for the tests of the pixel pipeline."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset

EXPLICIT = "1.2.840.10008.1.2.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
RLE = "1.2.840.10008.1.2.5"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG_2000 = "1.2.840.10008.1.2.4.90"
WORD_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7.3"


def attributes(
    rows: int, columns: int, *, bits: int = 16, allocated: int | None = None, signed: int = 0, **changes: object
) -> Dataset:
    """The Image Pixel Module without Pixel Data."""
    image = Dataset()
    image.SOPClassUID, image.SOPInstanceUID = WORD_SECONDARY_CAPTURE, "2.25.1"
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.Rows, image.Columns = rows, columns
    image.BitsAllocated = allocated or (8 if bits <= 8 else 16)
    image.BitsStored, image.HighBit, image.PixelRepresentation = bits, bits - 1, signed
    for keyword, value in changes.items():
        setattr(image, keyword, value)
    return image


def native(raw: bytes, image: Dataset, transfer_syntax: str = EXPLICIT, vr: str = "OW") -> Dataset:
    """Give an image native pixels."""
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = transfer_syntax
    image.add_new("PixelData", vr, raw + b"\0" * (len(raw) % 2))
    return image


def grey(stored: np.ndarray, **changes: object) -> Dataset:
    """A native little endian image with these stored values."""
    bits = changes.pop("bits", stored.dtype.itemsize * 8)
    rows, columns = stored.shape[-2:]
    frames = {"NumberOfFrames": str(len(stored))} if stored.ndim == 3 else {}
    signed = int(stored.dtype.kind == "i")
    allocated = stored.dtype.itemsize * 8
    image = attributes(rows, columns, bits=bits, allocated=allocated, signed=signed, **frames, **changes)
    return native(stored.astype(stored.dtype.newbyteorder("<")).tobytes(), image)


def items(*fragments: bytes, table: bytes = b"") -> bytes:
    """A Basic Offset Table and fragments as items, with the delimiter."""
    whole = b"".join(b"\xfe\xff\x00\xe0" + struct.pack("<I", len(item)) + item for item in (table, *fragments))
    return whole + b"\xfe\xff\xdd\xe0\0\0\0\0"


def encapsulated(image: Dataset, value: bytes, transfer_syntax: str) -> Dataset:
    """Give an image encapsulated pixels."""
    native(value, image, transfer_syntax, "OB")
    image["PixelData"].is_undefined_length = True
    return image


def even(stream: bytes) -> bytes:
    """A codestream padded to an even length."""
    return bytes(stream) + b"\0" * (len(stream) % 2)


def to_file(image: Dataset, path: Path) -> Path:
    """Write a file of PS3.10."""
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    image.save_as(path, enforce_file_format=True)
    return path
