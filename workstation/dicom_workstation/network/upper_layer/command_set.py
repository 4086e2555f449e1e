"""Command sets as bytes: what pynetdicom's primitives say, written at once.

pynetdicom makes a pydicom data set of each message and encodes it twice, once to count its bytes; that is most of the
work of a short message. Its tables of what each message holds are used here.

Invariants: a parameter that the primitive does not have is not written; elements stand in the order of their tags.

References
----------
PS3.7 Section 6.3.1 (Implicit VR Little Endian), Annex E (command elements)
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import Any, Final

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pynetdicom import dimse, dimse_messages

NO_DATA_SET: Final = 0x0101  # PS3.7 Section E.1, Command Data Set Type
DATA_SET_FOLLOWS: Final = 0x0001

_COMMAND_FIELDS: Final = {kind[0]: field for field, kind in dimse_messages._MESSAGE_TYPES.items()}
_COUNTED: Final = frozenset(("CommandGroupLength", "CommandField", "CommandDataSetType"))


def _numbers(value: Any) -> bytes:
    numbers = value if isinstance(value, Iterable) else (value,)
    return b"".join(struct.pack("<H", number) for number in numbers)


def _tags(value: Any) -> bytes:
    tags = value if isinstance(value, Iterable) else (value,)
    return b"".join(struct.pack("<HH", tag >> 16, tag & 0xFFFF) for tag in map(int, tags))


def _uid(value: Any) -> bytes:
    text = str(value).encode("ascii", "replace")
    return text + b"\0" * (len(text) % 2)


def _text(value: Any) -> bytes:
    text = value if isinstance(value, bytes) else str(value).encode("latin-1", "replace")
    return text + b" " * (len(text) % 2)


_WRITERS: Final[dict[str, Callable[[Any], bytes]]] = {
    "US": _numbers,
    "AT": _tags,
    "UI": _uid,
    "AE": _text,
    "LO": _text,
}
_Element = tuple[int, str, Callable[[Any], bytes]]


def _elements(keywords: Iterable[str]) -> tuple[_Element, ...]:
    """List tag, keyword and writer of what a message holds beside what is counted, in the order of the tags."""
    found = []
    for keyword in keywords:
        tag = tag_for_keyword(keyword)
        if keyword not in _COUNTED and tag is not None:
            found.append((tag, keyword, _WRITERS[dictionary_VR(tag)]))
    return tuple(sorted(found, key=lambda element: element[0]))


_ELEMENTS: Final = {name: _elements(keywords) for name, keywords in dimse_messages._COMMAND_SET_KEYWORDS.items()}


def encode_message(primitive: Any) -> tuple[bytes, Any]:
    """Encode the command set of a request or response.

    Returns
    -------
    tuple of bytes and (BytesIO, StreamedDataSet or None)
        The command set, and the encoded data set where there is one.
    """
    kinds = dimse._RQ_TO_MESSAGE if primitive.MessageIDBeingRespondedTo is None else dimse._RSP_TO_MESSAGE
    kind = kinds[type(primitive)].__name__
    name = kind.replace("_", "-")
    keyword = dimse_messages._DATASET_KEYWORDS.get(kind)
    data_set = getattr(primitive, "streamed", None)
    if data_set is None and keyword is not None:
        data_set = getattr(primitive, keyword)
    written = {
        0x0100: struct.pack("<H", _COMMAND_FIELDS[name]),
        0x0800: struct.pack("<H", DATA_SET_FOLLOWS if data_set else NO_DATA_SET),
    }
    for tag, parameter, write in _ELEMENTS[name]:
        value = getattr(primitive, parameter)
        if value is not None:
            written[tag] = write(value)
    body = b"".join(struct.pack("<HHL", 0, tag, len(written[tag])) + written[tag] for tag in sorted(written))
    return struct.pack("<HHLL", 0, 0, 4, len(body)) + body, data_set
