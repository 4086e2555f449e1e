"""From an encoded instance to an uncompressed one, for a peer that takes nothing else.

Invariants: nothing is ever newly compressed; decoding is exact for the lossless syntaxes; what the image is
after decoding (colour space, planar configuration, bits, bytes) is what its attributes say; every other element keeps
the bytes of its value.

References
----------
PS3.5 Section 8.1, 8.2, Annex A.4; PS3.3 Section C.7.6.3.1.2; DCS 3.2.3.2.1.2
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Final

import numpy as np

from dicom_workstation.data_sets import (
    PIXEL_DATA,
    UNREADABLE,
    DataSetError,
    ElementNode,
    Encoding,
    Item,
    encapsulated_data_set,
    is_our_mistake,
    read_tree,
    write_tree,
)
from dicom_workstation.pixels import Image, PixelError, Pixels
from dicom_workstation.tables import (
    COMPRESSED,
    EXPLICIT_VR_LITTLE_ENDIAN,
    JPEG_LS,
    JPEG_LS_NEAR_LOSSLESS,
    RLE_LOSSLESS,
    UNCOMPRESSED,
)

_DECODABLE: Final = (*COMPRESSED, JPEG_LS, JPEG_LS_NEAR_LOSSLESS, RLE_LOSSLESS)
_LITTLE_ENDIAN: Final = Encoding.of(EXPLICIT_VR_LITTLE_ENDIAN)
_PHOTOMETRIC_INTERPRETATION: Final = 0x00280004
_PLANAR_CONFIGURATION: Final = 0x00280006
_BITS_STORED: Final = 0x00280101
_HIGH_BIT: Final = 0x00280102
_NUMBER_OF_FRAMES: Final = 0x00280008
_LONGEST_NUMBER: Final = 12  # IS, PS3.5 Table 6.2-1
_SIZES: Final = (0x00280010, 0x00280011, 0x00280002, 0x00280100)  # Rows, Columns, Samples per Pixel, Bits Allocated
_FRAMES_AT_ONCE: Final = 8  # a frame as it is decoded: samples of a codec, of its colours, of their size
_SMALL_BYTES: Final = 4 << 20  # elements that are not pixels
_OFFSETS_OF_FRAGMENTS: Final = (0x7FE00001, 0x7FE00002)


class DecodingError(Exception):
    """An instance that cannot be brought into the transfer syntax; the text says why."""


def can_convert(transfer_syntax: str) -> bool:
    """Whether instances of this syntax can be brought into an uncompressed one."""
    return transfer_syntax in UNCOMPRESSED or transfer_syntax in _DECODABLE


def bytes_to_convert(data_set: bytes, transfer_syntax: str) -> int:
    """Return how much memory `convert` takes at most, in bytes, with what it is given and what it returns.

    Of an image that is compressed, its attributes say how large its frames are; what contradicts them is not decoded.

    Raises
    ------
    DecodingError
        If it cannot be read.
    """
    if transfer_syntax in UNCOMPRESSED:
        return 3 * len(data_set) + _SMALL_BYTES  # as it came, with its bytes in the other order, as it goes out
    try:
        item = read_tree(data_set, transfer_syntax)
    except (*UNREADABLE, DataSetError) as error:
        raise DecodingError(f"cannot be converted: {type(error).__name__}: {error}") from error
    rows, columns, samples, bits = (_number(item, tag) for tag in _SIZES)
    frame_bytes = rows * columns * samples * -(-bits // 8)
    pixels_bytes = frame_bytes * _frames(item)
    return 2 * len(data_set) + 2 * pixels_bytes + _FRAMES_AT_ONCE * frame_bytes + _SMALL_BYTES


def _number(item: Item, tag: int) -> int:
    found = item.find(tag)
    return int.from_bytes(found.value[:2], "little") if found is not None else 1


def _frames(item: Item) -> int:
    found = item.find(_NUMBER_OF_FRAMES)
    text = bytes(found.value).strip(b" \0") if found is not None else b""
    return int(text) if text.isdigit() and len(text) <= _LONGEST_NUMBER else 1


def convert(data_set: bytes, transfer_syntax: str, wanted: str) -> bytes:
    """Re-encode an instance in an uncompressed transfer syntax.

    Raises
    ------
    DecodingError
        If it cannot be read or its pixel data not decoded.
    """
    if wanted not in UNCOMPRESSED or not can_convert(transfer_syntax):
        raise DecodingError(f"cannot convert {transfer_syntax} to {wanted}")
    try:
        tree = read_tree(data_set, transfer_syntax)
        if transfer_syntax in _DECODABLE:
            tree = _decoded(tree, transfer_syntax)
        return write_tree(tree, Encoding.of(wanted))
    except (*UNREADABLE, DataSetError, PixelError) as error:
        if is_our_mistake(error):
            raise
        raise DecodingError(f"cannot be converted: {type(error).__name__}: {error}") from error


def _decoded(item: Item, transfer_syntax: str) -> Item:
    """Replace encapsulated Pixel Data by native, in items (icons) too."""
    made = replace(item, elements=tuple(_with_decoded_items(element, transfer_syntax) for element in item.elements))
    pixels = item.find(PIXEL_DATA)
    if pixels is None or not pixels.is_encapsulated:
        return made
    image = Image(encapsulated_data_set(item, pixels, transfer_syntax))
    changed = _native_attributes(image)
    return replace(made, elements=_changed(made.elements, changed))


def _with_decoded_items(element: ElementNode, transfer_syntax: str) -> ElementNode:
    if element.vr != "SQ" or element.items is None:
        return element
    return replace(element, items=tuple(_decoded(item, transfer_syntax) for item in element.items))


def _native_attributes(image: Image) -> dict[int, ElementNode]:
    """Decode all frames: Pixel Data, and the attributes that say what it is now."""
    pixel = image.pixel
    values: list[bytes] = []
    bits = pixel.bits_stored
    photometric = pixel.photometric
    for frame in range(1, image.frames + 1):
        decoded = image.decoded(frame)
        photometric = decoded.photometric
        bits = max(bits, _bits_of(decoded.samples))
        values.append(decoded.samples.astype(pixel.dtype.newbyteorder("<"), copy=False).tobytes())
    if pixel.bits_allocated == 1:
        values = [np.packbits(np.frombuffer(b"".join(values), np.uint8), bitorder="little").tobytes()]
    if sum(map(len, values)) % 2:
        values.append(b"\0")
    vr = "OB" if pixel.bits_allocated <= 8 else "OW"
    found = {PIXEL_DATA: _element(PIXEL_DATA, vr, b"".join(values))}
    if bits != pixel.bits_stored:  # of a lossy codestream: no reader would see what is above Bits Stored
        found[_BITS_STORED] = _element(_BITS_STORED, "US", struct.pack("<H", bits))
    if pixel.high_bit != bits - 1:
        found[_HIGH_BIT] = _element(_HIGH_BIT, "US", struct.pack("<H", bits - 1))
    if pixel.samples == 3:
        found[_PLANAR_CONFIGURATION] = _element(_PLANAR_CONFIGURATION, "US", b"\0\0")
    if photometric != pixel.photometric:
        text = photometric.encode("ascii")
        found[_PHOTOMETRIC_INTERPRETATION] = _element(_PHOTOMETRIC_INTERPRETATION, "CS", text + b" " * (len(text) % 2))
    return found


def _bits_of(samples: Pixels) -> int:
    """Return how many bits the largest and the smallest of these values need."""
    least, most = int(samples.min()), int(samples.max())
    if samples.dtype.kind == "u":
        return most.bit_length()
    return max(most.bit_length(), (-least - 1).bit_length() if least < 0 else 0) + 1


def _element(tag: int, vr: str, value: bytes) -> ElementNode:
    return ElementNode(tag, vr, memoryview(value), _LITTLE_ENDIAN)


def _changed(elements: tuple[ElementNode, ...], changed: dict[int, ElementNode]) -> tuple[ElementNode, ...]:
    """Put the changed elements in their places, and leave out what tells where fragments begin."""
    kept = [changed.get(each.tag, each) for each in elements if each.tag not in _OFFSETS_OF_FRAGMENTS]
    missing = [changed[tag] for tag in changed.keys() - {each.tag for each in kept}]
    return tuple(sorted((*kept, *missing), key=lambda each: each.tag)) if missing else tuple(kept)
