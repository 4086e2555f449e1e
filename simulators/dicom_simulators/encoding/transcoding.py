"""An instance in another transfer syntax than the one it is held in, always an uncompressed one.

Invariants: nothing is ever compressed, and nothing lossless becomes lossy. What cannot be decoded gives
None, and the sub-operation that needed it has failed.

References
----------
PS3.4 C.4.2.2 and B.3.3 (an SCP may convert what the destination does not accept); PS3.5 A.1 to A.4, 8.1, 8.2.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dicom_simulators.encoding.data_set_codec import (
    DataSetError,
    Element,
    encoding_of,
    read_elements,
    tag_of,
    text_element,
    values,
    write_elements,
)
from dicom_simulators.encoding.transfer_syntax_uids import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    JPEG,
    JPEG_2000,
    UNCOMPRESSED,
)

if TYPE_CHECKING:  # numpy and imagecodecs are imported by what decodes, for a quick start of the rest
    from numpy.typing import NDArray

PIXEL_DATA = tag_of("PixelData")
_NATIVE = frozenset((*UNCOMPRESSED, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN))
_NO_STOP = 0xFFFFFFFF
_PIXEL_REPRESENTATION = tag_of("PixelRepresentation")
_SIGNED_LIKE_PIXELS = frozenset(
    tag_of(keyword)
    for keyword in (
        "SmallestImagePixelValue",
        "LargestImagePixelValue",
        "SmallestPixelValueInSeries",
        "LargestPixelValueInSeries",
        "PixelPaddingValue",
        "PixelPaddingRangeLimit",
    )
)
"""Attributes of VR "US or SS": SS where Pixel Representation is 1 (PS3.3 C.7.6.3)."""


def transcode(data_set: bytes, transfer_syntax: str, target: str) -> bytes | None:
    """Encode a data set anew in an uncompressed transfer syntax.

    Parameters
    ----------
    data_set : bytes
        Without File Meta Information.
    transfer_syntax : str
        UID of the one it is in.
    target : str
        UID; one of `UNCOMPRESSED`.

    Returns
    -------
    bytes or None
        None if the data set cannot be read or its pixels cannot be decoded.
    """
    try:
        elements = read_elements(data_set, transfer_syntax, stop_tag=_NO_STOP)
        if transfer_syntax in JPEG | JPEG_2000 and PIXEL_DATA in elements:
            elements = _decompressed(elements, transfer_syntax in JPEG_2000)
        elif transfer_syntax not in _NATIVE and PIXEL_DATA in elements:
            return None
        settled = {tag: _settled(element, elements) for tag, element in elements.items() if tag & 0xFFFF}
    except (DataSetError, RuntimeError, ValueError):
        return None  # imagecodecs raises RuntimeErrors of its own for a stream that it cannot decode
    return write_elements(settled, encoding_of(target))


def _settled(element: Element, elements: dict[int, Element]) -> Element:
    """Choose the VR that Implicit VR leaves open and Explicit VR needs."""
    if element.tag in _SIGNED_LIKE_PIXELS and _number(elements, "PixelRepresentation", 0) == 1:
        return replace(element, vr="SS")
    return element


def _number(elements: dict[int, Element], keyword: str, default: int) -> int:
    element = elements.get(tag_of(keyword))
    found = values(element) if element is not None else ()
    return int(found[0]) if found else default


def _decompressed(elements: dict[int, Element], jpeg_2000: bool) -> dict[int, Element]:
    """Replace encapsulated Pixel Data by native, and say so in the Image Pixel module.

    Raises
    ------
    ValueError, RuntimeError
        If a frame is missing or cannot be decoded.
    """
    import imagecodecs

    count = _number(elements, "NumberOfFrames", 1)
    frames = _frames(elements[PIXEL_DATA].value, count)
    decode = imagecodecs.jpeg2k_decode if jpeg_2000 else imagecodecs.jpeg8_decode
    raw = b"".join(_native(decode(frame), elements) for frame in frames)
    bits = _number(elements, "BitsAllocated", 16)
    made = {**elements, PIXEL_DATA: Element(PIXEL_DATA, "OW" if bits > 8 else "OB", raw)}
    if _number(elements, "SamplesPerPixel", 1) == 3:
        photometric, planar = tag_of("PhotometricInterpretation"), tag_of("PlanarConfiguration")
        made[photometric] = text_element(photometric, "CS", "RGB")
        made[planar] = Element(planar, "US", b"\0\0")
    return made


def _native(frame: NDArray[Any], elements: dict[int, Element]) -> bytes:
    """Give the little endian bytes of one decoded frame (PS3.5 8.1.1)."""
    shape = (_number(elements, "Rows", 0), _number(elements, "Columns", 0))
    if frame.shape[:2] != shape:
        raise ValueError(f"decoded {frame.shape[:2]} instead of Rows and Columns {shape}")
    width = _number(elements, "BitsAllocated", 16) // 8
    kind = frame.dtype.kind
    return bytes(frame.astype(f"<{kind}{width}").tobytes())


def _frames(value: bytes, count: int) -> list[bytes]:
    """Split encapsulated Pixel Data into frames (PS3.5 A.4).

    Raises
    ------
    ValueError
        If fragments cannot be divided into that many frames.
    """
    items: list[tuple[int, bytes]] = []
    at = 0
    while at + 8 <= len(value):
        length = struct.unpack_from("<I", value, at + 4)[0]
        items.append((at, value[at + 8 : at + 8 + length]))
        at += 8 + length
    if len(items) < 2:
        raise ValueError("no fragments")
    table, fragments = items[0][1], items[1:]
    if len(fragments) == count:
        return [fragment for _, fragment in fragments]
    if count == 1:
        return [b"".join(fragment for _, fragment in fragments)]
    starts = [fragments[0][0] + one for one in struct.unpack(f"<{len(table) // 4}I", table)]
    if len(starts) != count:
        raise ValueError(f"{len(fragments)} fragments and {len(starts)} offsets for {count} frames")
    ends = [*starts[1:], len(value)]
    return [
        b"".join(fragment for at, fragment in fragments if start <= at < end)
        for start, end in zip(starts, ends, strict=True)
    ]
