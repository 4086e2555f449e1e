"""Whether two encodings are of one instance: what a requestor was given to send, and what arrived from it.

A requestor may encode a data set in another transfer syntax and in another character set, and leave group lengths and
padding out or put them in (PS3.5 7.2, 6.1.2, 7.1.1). Every value stays. What differs is named by its keyword.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
from pydicom import DataElement, Dataset
from pydicom.filereader import read_dataset
from pydicom.multival import MultiValue

from dicom_conformance.errors import is_our_mistake
from dicom_conformance.judge.checks.choice import listed
from dicom_conformance.trace import (
    BIG_ENDIAN,
    DEFLATED,
    IMPLICIT,
    LOSSLESS,
    NATIVE,
    UNDECODABLE,
    Held,
    decoded_pixels,
    reading_of,
)

_SPECIFIC_CHARACTER_SET = 0x00080005
_TRAILING_PADDING = 0xFFFCFFFC
_PIXEL_DATA = 0x7FE00010
_OF_COMPRESSION = frozenset({0x00280004, 0x00280006})
"""Photometric Interpretation and Planar Configuration: a change of compression may change them (PS3.5 8.2)."""
_BYTES = frozenset({"OB", "OW", "OD", "OF", "OL", "OV", "UN"})
_MOST_NAMED = 5
_DECODERS_DIFFER_BY = 2
"""Units: two decoders of one lossy codestream round differently, once for a component and once for its colour."""


def difference(sent: Held, held: Held) -> str | None:
    """Name the elements that differ; None where it is the same instance."""
    if sent.transfer_syntax == held.transfer_syntax and sent.data_set == held.data_set:
        return None
    for one, which in ((sent, "sent"), (held, "held")):
        reading = reading_of(one.data_set, one.transfer_syntax)
        if not reading.whole:
            return f"the data set {which} cannot be read: {reading.fault}"
    try:
        was, now = _read(sent), _read(held)
        found = list(_differences(was, now, _ignored(sent, held), "", sent, held))
    except UNDECODABLE as error:
        if is_our_mistake(error):
            raise
        return f"the data sets cannot be compared: {error}"
    return listed(found, most=_MOST_NAMED) if found else None


def _read(one: Held) -> Dataset:
    raw = zlib.decompress(one.data_set, wbits=-15) if one.transfer_syntax in DEFLATED else one.data_set
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a character that cannot be read is as wrong on the other side, or differs
        found = read_dataset(BytesIO(raw), one.transfer_syntax == IMPLICIT, one.transfer_syntax != BIG_ENDIAN)
        found.decode()
    return found


def _recompressed(sent: Held, held: Held) -> bool:
    """Tell whether Pixel Data was compressed, decompressed, or compressed in another way."""
    both = {sent.transfer_syntax, held.transfer_syntax}
    return len(both) > 1 and not both <= NATIVE | DEFLATED


def _ignored(sent: Held, held: Held) -> frozenset[int]:
    always = frozenset({_SPECIFIC_CHARACTER_SET, _TRAILING_PADDING})
    return always | _OF_COMPRESSION if _recompressed(sent, held) else always


def _differences(
    was: Dataset, now: Dataset, ignored: frozenset[int], place: str, sent: Held, held: Held
) -> Iterator[str]:
    for tag in sorted({*was.keys(), *now.keys()}):
        if tag in ignored or tag.element == 0:
            continue
        if tag not in now:
            yield f"{place}{_name(was[tag])} is missing"
        elif tag not in was:
            yield f"{place}{_name(now[tag])} was added"
        elif tag == _PIXEL_DATA and not place and _recompressed(sent, held):
            yield from _pixels(sent, held)
        else:
            yield from _element(was[tag], now[tag], ignored, place, sent, held)


def _element(
    was: DataElement, now: DataElement, ignored: frozenset[int], place: str, sent: Held, held: Held
) -> Iterator[str]:
    name = f"{place}{_name(was)}"
    if was.VR == now.VR == "SQ":
        if len(was.value) != len(now.value):
            yield f"{name} has {len(now.value)} items, not {len(was.value)}"
            return
        for number, (one, other) in enumerate(zip(was.value, now.value, strict=True)):
            yield from _differences(one, other, ignored, f"{name}[{number}].", sent, held)
    elif _value(was, sent) != _value(now, held):
        binary = was.VR in _BYTES or now.VR in _BYTES
        yield f"{name} differs" if binary else f"{name} is {_shown(now)}, not {_shown(was)}"


def _value(element: DataElement, one: Held) -> Any:
    """Give a value so that equal values of two encodings are equal: without padding, in one byte order."""
    value = element.value
    if isinstance(value, bytes):
        if element.VR == "OW" and one.transfer_syntax == BIG_ENDIAN and len(value) % 2 == 0:
            value = np.frombuffer(value, ">u2").astype("<u2").tobytes()
        return value.rstrip(b"\0 ") if element.VR == "UN" else value + b"\0" * (len(value) % 2)
    values = list(value) if isinstance(value, MultiValue | list | tuple) else [] if value is None else [value]
    if element.VR in ("DS", "IS"):
        values = [getattr(each, "original_string", each) for each in values]
    texts = [str(each).strip(" \0") for each in values]
    return texts if any(texts) else []


def _pixels(sent: Held, held: Held) -> Iterator[str]:
    """Compare decoded pixels: a lossless change of transfer syntax keeps each; decoders of a lossy one differ."""
    was, now = (decoded_pixels(one.data_set, one.transfer_syntax) for one in (sent, held))
    bound = 0 if {sent.transfer_syntax, held.transfer_syntax} <= LOSSLESS | DEFLATED else _DECODERS_DIFFER_BY
    if was is None or now is None or was.shape != now.shape or not np.allclose(was, now, rtol=0, atol=bound):
        yield f"PixelData differs after decoding ({sent.transfer_syntax} sent, {held.transfer_syntax} held)"


def _name(element: DataElement) -> str:
    return element.keyword or str(element.tag)


def _shown(element: DataElement) -> str:
    text = str(element.value)
    return repr(text if len(text) <= 64 else f"{text[:64]}...")
