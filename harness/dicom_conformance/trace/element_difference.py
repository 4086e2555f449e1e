"""Two encodings of one data set, compared element by element: what a conversion may not change.

Invariants: values are compared as bytes in little endian, and never as text. Group lengths do not count; where pixels
were decoded, Pixel Data and what describes its cells are left to whoever compares pixels.

References
----------
PS3.5 6.2 and 7.3 (byte order), 6.2.2 (VR UN), 7.2 (group length), 8.2 (compressed Pixel Data)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydicom.datadict import dictionary_VR

from dicom_conformance.trace.encoding import BIG_ENDIAN, NATIVE, PIXEL_DATA, Element, elements, items

_WORD_BYTES: Final = {
    **dict.fromkeys(("AT", "OW", "SS", "US"), 2),
    **dict.fromkeys(("FL", "OF", "OL", "SL", "UL"), 4),
    **dict.fromkeys(("FD", "OD", "OV", "SV", "UV"), 8),
}
_CHANGED_BY_DECODING: Final = frozenset(
    (PIXEL_DATA, 0x7FE00001, 0x7FE00002, 0x00280004, 0x00280006, 0x00280101, 0x00280102)
)
_BITS_ALLOCATED: Final = 0x00280100


def element_differences(sent: bytes, sent_syntax: str, held: bytes, held_syntax: str) -> tuple[str, ...]:
    """Say which elements differ, each with its path; why a data set cannot be read counts as a difference."""
    (was, complaint), (now, other_complaint) = elements(sent, sent_syntax), elements(held, held_syntax)
    for words in (complaint, other_complaint):
        if words is not None:
            return (words,)
    is_decoded = sent_syntax not in NATIVE and held_syntax in NATIVE
    return tuple(_differences(was, sent_syntax, now, held_syntax, is_decoded, ""))


def _differences(
    was: list[Element], sent_syntax: str, now: list[Element], held_syntax: str, is_decoded: bool, path: str
) -> Iterator[str]:
    ignored = _CHANGED_BY_DECODING if is_decoded else frozenset()
    before = {one.tag: one for one in was if one.tag & 0xFFFF and one.tag not in ignored}
    after = {one.tag: one for one in now if one.tag & 0xFFFF and one.tag not in ignored}
    yield from (f"{path}{_shown(tag)} is missing" for tag in before if tag not in after)
    yield from (f"{path}{_shown(tag)} was not there" for tag in after if tag not in before)
    cell_bytes = max(2, _bits_allocated(before, sent_syntax) // 8)
    for tag in before.keys() & after.keys():
        one, other = before[tag], after[tag]
        if _is_sequence(one, other):
            yield from _in_items(one, sent_syntax, other, held_syntax, is_decoded, f"{path}{_shown(tag)}.")
        elif _little(one, sent_syntax, other.vr, cell_bytes) != _little(other, held_syntax, one.vr, cell_bytes):
            yield f"{path}{_shown(tag)} has another value"


def _in_items(
    one: Element, sent_syntax: str, other: Element, held_syntax: str, is_decoded: bool, path: str
) -> Iterator[str]:
    (some, complaint), (others, other_complaint) = items(one, sent_syntax), items(other, held_syntax)
    if complaint or other_complaint or len(some) != len(others):
        yield f"{path[:-1]} has other items"
        return
    for number, (was, now) in enumerate(zip(some, others, strict=True), start=1):
        yield from _differences(was, sent_syntax, now, held_syntax, is_decoded, f"{path}item {number}.")


def _is_sequence(one: Element, other: Element) -> bool:
    if "SQ" in (one.vr, other.vr):
        return "UN" not in (one.vr, other.vr)
    return one.vr is None and other.vr is None and _vr(one.tag) == "SQ"


def _little(element: Element, transfer_syntax: str, other_vr: str | None, cell_bytes: int) -> bytes:
    value = bytes(element.value)
    vr = element.vr or other_vr or ""
    width = cell_bytes if element.tag == PIXEL_DATA and vr == "OW" else _WORD_BYTES.get(vr, 1)
    if transfer_syntax != BIG_ENDIAN or width == 1:
        return value
    return b"".join(value[at : at + width][::-1] for at in range(0, len(value), width))


def _bits_allocated(found: dict[int, Element], transfer_syntax: str) -> int:
    element = found.get(_BITS_ALLOCATED)
    return int.from_bytes(element.value[:2], "big" if transfer_syntax == BIG_ENDIAN else "little") if element else 0


def _vr(tag: int) -> str:
    try:
        return dictionary_VR(tag)
    except KeyError:
        return "UN"


def _shown(tag: int) -> str:
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
