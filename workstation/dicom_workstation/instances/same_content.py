"""Whether two encoded instances say the same, be it in different transfer syntaxes.

Invariants: elements are compared by their values and not by how they are encoded; pixels are decoded only where the
bytes of Pixel Data differ, after all other elements were found to be the same, and one frame at a time. What cannot be
compared is not the same.

References
----------
PS3.5 Section 6.2, 7.2, 8.2 and Annex A
"""

from __future__ import annotations

from typing import Final

import numpy as np

from dicom_workstation.data_sets import (
    PIXEL_DATA,
    UNREADABLE,
    DataSetError,
    ElementNode,
    Encoding,
    Item,
    Scope,
    encapsulated_data_set,
    is_our_mistake,
    read_items,
    read_tree,
    settled_vr,
    swapped,
    word_bytes,
)
from dicom_workstation.pixels import Image, PixelError, Pixels
from dicom_workstation.tables import (
    IMPLICIT_VR_LITTLE_ENDIAN,
    JPEG_2000,
    JPEG_BASELINE,
    JPEG_EXTENDED,
    JPEG_LS_NEAR_LOSSLESS,
)

_TRAILING_PADDING: Final = 0xFFFCFFFC
_OFFSETS_OF_FRAGMENTS: Final = (0x7FE00001, 0x7FE00002)
_PHOTOMETRIC_INTERPRETATION: Final = 0x00280004
# What decoding changes: the colour space, the order of samples, and where in a cell a sample is.
_CHANGED_BY_DECODING: Final = (_PHOTOMETRIC_INTERPRETATION, 0x00280006, 0x00280102)
_LOSSY: Final = (JPEG_BASELINE, JPEG_EXTENDED, JPEG_2000, JPEG_LS_NEAR_LOSSLESS)
_DECODERS_DIFFER_BY: Final = 2
"""Units by which two decoders of a lossy codestream, or two conversions of a colour space, may differ."""

_WHOLE_TEXT: Final = ("LT", "ST", "UT", "UC", "UR")
_TEXT: Final = ("AE", "AS", "CS", "DA", "DT", "LO", "PN", "SH", "TM", "UI")
_NUMBERS: Final = ("DS", "IS")
_IMPLICIT: Final = Encoding.of(IMPLICIT_VR_LITTLE_ENDIAN)


def has_same_content(one: bytes, one_syntax: str, other: bytes, other_syntax: str) -> bool:
    """Whether two data sets have the same elements, values and pixels.

    Group lengths, trailing padding, and whether the length of a sequence is defined do not count.
    """
    if one_syntax == other_syntax and one == other:
        return True
    try:
        first, second = read_tree(one, one_syntax), read_tree(other, other_syntax)
        return _Comparison(one_syntax, other_syntax).are_same(Scope(first), Scope(second))
    except (*UNREADABLE, DataSetError, PixelError) as error:
        if is_our_mistake(error):
            raise
        return False


class _Comparison:
    """Compares what is encoded in one transfer syntax with what is encoded in another."""

    def __init__(self, one_syntax: str, other_syntax: str) -> None:
        self._syntaxes = one_syntax, other_syntax
        self._is_exact = one_syntax not in _LOSSY and other_syntax not in _LOSSY

    def are_same(self, one: Scope, other: Scope) -> bool:
        """Whether two items are the same; Pixel Data is looked at last."""
        first, second = _elements(one.item), _elements(other.item)
        pixels = first.pop(PIXEL_DATA, None), second.pop(PIXEL_DATA, None)
        if any(each is not None and each.is_encapsulated for each in pixels):
            _align(first, second)
        if first.keys() != second.keys():
            return False
        if not all(self._is_same_element(first[tag], second[tag], one, other) for tag in first):
            return False
        if pixels[0] is None or pixels[1] is None:
            return pixels[0] is pixels[1]
        return self._are_same_pixels(pixels[0], pixels[1], one, other)

    def _is_same_element(self, first: ElementNode, second: ElementNode, one: Scope, other: Scope) -> bool:
        if first.items is not None or second.items is not None:
            some, others = _items(first), _items(second)
            if len(some) != len(others):
                return False
            return all(self.are_same(Scope(a, one), Scope(b, other)) for a, b in zip(some, others, strict=True))
        vrs = settled_vr(first, one), settled_vr(second, other)
        vr = vrs[0] if vrs[0] != "UN" else vrs[1]
        return _is_same_value(_little(first, vrs[0], one), _little(second, vrs[1], other), vr)

    def _are_same_pixels(self, first: ElementNode, second: ElementNode, one: Scope, other: Scope) -> bool:
        is_encapsulated = first.is_encapsulated, second.is_encapsulated
        if not any(is_encapsulated):
            values = [_little(each, settled_vr(each, scope), scope) for each, scope in ((first, one), (second, other))]
            return _is_same_value(values[0], values[1], "OB")
        if all(is_encapsulated) and self._syntaxes[0] == self._syntaxes[1] and first.value == second.value:
            return True
        images = [
            Image(encapsulated_data_set(scope.item, each, syntax))
            for scope, each, syntax in zip((one, other), (first, second), self._syntaxes, strict=True)
        ]
        return images[0].frames == images[1].frames and all(
            self._is_same_frame(images[0], images[1], number) for number in range(1, images[0].frames + 1)
        )

    def _is_same_frame(self, one: Image, other: Image, number: int) -> bool:
        first, second = one.stored(number), other.stored(number)
        if first.shape != second.shape:
            return False
        if self._is_exact and one.pixel.photometric == other.pixel.photometric:
            return np.array_equal(first, second)
        return _most_apart(first, second) <= _DECODERS_DIFFER_BY


def _elements(item: Item) -> dict[int, ElementNode]:
    """Return the elements that say something; of those that come twice the first."""
    found: dict[int, ElementNode] = {}
    for each in item.elements:
        if each.tag & 0xFFFF and each.tag != _TRAILING_PADDING and each.tag not in _OFFSETS_OF_FRAGMENTS:
            found.setdefault(each.tag, each)
    return found


def _align(first: dict[int, ElementNode], second: dict[int, ElementNode]) -> None:
    """Take out what differs between compressed and decoded pixels; a colour space counts only against another one."""
    spaces = [
        bytes(found[_PHOTOMETRIC_INTERPRETATION].value).strip(b" \0")
        for found in (first, second)
        if _PHOTOMETRIC_INTERPRETATION in found
    ]
    is_colour = all(space == b"RGB" or space.startswith(b"YBR_") for space in spaces)
    for tag in _CHANGED_BY_DECODING:
        if tag != _PHOTOMETRIC_INTERPRETATION or is_colour:
            first.pop(tag, None)
            second.pop(tag, None)


def _items(element: ElementNode) -> tuple[Item, ...]:
    """Return the items of an element, also where it does not say that it is a sequence."""
    return element.items if element.items is not None else read_items(element.value, _IMPLICIT)


def _little(element: ElementNode, vr: str, scope: Scope) -> bytes | memoryview:
    """Return a value in little endian."""
    width = word_bytes(element, vr, scope) if element.encoding.is_big else 1
    return swapped(element.value, width) if width > 1 else element.value


def _is_same_value(one: bytes | memoryview, other: bytes | memoryview, vr: str) -> bool:
    if one == other:
        return True
    if vr in _WHOLE_TEXT:
        return bytes(one).rstrip(b" \0") == bytes(other).rstrip(b" \0")
    if vr in _TEXT:
        return _parts(one) == _parts(other)
    if vr in _NUMBERS:
        return _parts(one) == _parts(other) or _numbers(one) == _numbers(other) != []
    shorter, longer = sorted((one, other), key=len)
    return len(longer) == len(shorter) + 1 and longer[:-1] == shorter and longer[-1] in b" \0"


def _parts(value: bytes | memoryview) -> list[bytes]:
    return [part.strip(b" ") for part in bytes(value).rstrip(b" \0").split(b"\\")]


def _numbers(value: bytes | memoryview) -> list[float]:
    try:
        return [float(part) for part in _parts(value)]
    except ValueError:
        return []


def _most_apart(one: Pixels, other: Pixels) -> int:
    return int(np.abs(one.astype(np.int64) - other.astype(np.int64)).max(initial=0))
