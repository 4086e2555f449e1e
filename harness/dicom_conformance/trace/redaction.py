"""Redaction: names, identifiers, dates of birth, AE titles, hosts and free text give way to pseudonyms.

Invariants: within one run the same value has the same pseudonym, component by component, so that a wildcard still
matches what it matched; a pseudonym has the length in bytes of what it replaces, so that every length on the wire
remains true. UIDs, pixels and numbers remain as they are.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pydicom.datadict import dictionary_VR, tag_for_keyword

from dicom_conformance.trace.conversation import Conversation
from dicom_conformance.trace.encoding import DEFLATED, IMPLICIT, Element, items, reading_of
from dicom_wire.capture import Segment, Side, Stream
from dicom_wire.dimse import PDU_HEADER_BYTES

REPLACED = frozenset({"PN", "LO", "SH", "LT", "ST", "UT", "UC", "AE"})
"""VRs that may hold what a person wrote, or where a system is."""
DATES = frozenset({0x00100030, 0x00100032})
"""Patient's Birth Date and Time."""
SHORTEST = 3
"""A shorter component is replaced on the wire, and not in sentences, where it would be a part of words."""
_COMPONENT = re.compile(r"[^\^=\\*?\s,;:/()-]+")
_ELEMENT = re.compile(
    r"(?P<head>\s+\((?P<group>[0-9A-F]{4}),(?P<element>[0-9A-F]{4})\) (?P<vr>[A-Z]{2})? ?\S+ = )(?P<value>.*)",
    re.DOTALL,
)
SHOWN = 64
"""A timeline shows so many bytes of a value."""
_ASSOCIATE, _P_DATA = (0x01, 0x02), 0x04
_TITLES = ((10, 26), (26, 42))
_ITEMS_BEGIN = 74
_USER_INFORMATION, _IDENTITY_ASKED, _IDENTITY_ANSWERED = 0x50, 0x58, 0x59
_PDV_HEADER_BYTES = 6
_Span = tuple[int, int]


@dataclass(slots=True)
class Redaction:
    """Gives pseudonyms; `secret` makes them those of one run, `words` are redacted wherever they occur."""

    secret: bytes
    words: frozenset[str] = frozenset()
    _known: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._known.update(self.words)

    def pseudonym(self, value: str) -> str:
        """Replace each component of a value: a digit by a digit, a letter by one of its case."""
        return _COMPONENT.sub(lambda match: self._component(match[0]), value)

    def _component(self, plain: str) -> str:
        digest = hashlib.blake2b(plain.encode(), key=self.secret, digest_size=32).digest()
        return "".join(_like(character, digest[k % 32] + k) for k, character in enumerate(plain))

    def note(self, value: str) -> None:
        """Have a value redacted in texts, as a whole and as a timeline shows it."""
        plain = value.strip("\x00 ")
        self._known.update(each for each in (plain, plain[:SHOWN].strip()) if len(each) >= SHORTEST)

    def note_key(self, key: str, value: str) -> None:
        """Have the value of a query's key redacted in texts, where its element is one that is replaced on the wire."""
        tag = tag_for_keyword(key)
        vr = "UN" if tag is None else _vr(tag, None)
        if vr in REPLACED or vr == "UN":
            for part in (value, *(_COMPONENT.findall(value) if vr == "PN" else ())):
                self.note(part)

    def text(self, plain: str) -> str:
        """Replace what was noted, where it stands as a word of its own."""
        if not self._known:
            return plain
        longest = sorted(self._known, key=len, reverse=True)
        word = re.compile(r"(?<![\w.])(?:" + "|".join(map(re.escape, longest)) + r")(?!\w)")
        return word.sub(lambda match: self.pseudonym(match[0]), plain)

    def line(self, plain: str) -> str:
        """Replace the value in a line of a timeline that shows a data element, or what was noted in any other."""
        found = _ELEMENT.fullmatch(plain)
        if found is None:
            return self.text(plain)
        vr = _vr(int(found["group"] + found["element"], 16), found["vr"] or None)
        if vr in ("SQ", "UN"):
            return f"{found['head']}(redacted)"
        return found["head"] + self.pseudonym(found["value"]) if vr in REPLACED else self.text(plain)

    def streams(self, conversations: Iterable[Conversation], streams: Iterable[Stream]) -> list[Stream]:
        """Replace in captured streams what their messages hold, and note it; lengths and places remain.

        What cannot be read to its end, or is deflated, cannot be changed in place: all its bytes become zero.
        """
        syntaxes = {each.data_set: each.transfer_syntax for one in conversations for each in one.messages}
        return [_redacted(stream, syntaxes, self) for stream in streams]

    def bytes_of(self, value: bytes, is_name: bool = False) -> bytes:
        """Replace a value on the wire by as many bytes, and note it; of a name, each of its components, too."""
        plain = value.decode("latin-1")
        readings = {plain}
        with contextlib.suppress(UnicodeDecodeError):
            readings.add(value.decode("utf-8"))
        for reading in readings:
            self.note(reading)
            if is_name:
                for part in _COMPONENT.findall(reading):
                    self.note(part)
        return self.pseudonym(plain).encode("latin-1")


def _like(character: str, number: int) -> str:
    if character.isdigit() and character.isascii():
        return "0123456789"[number % 10]
    if character.isalpha() or not character.isascii():
        return ("ABCDEFGHIJKLMNOPQRSTUVWXYZ" if character.isupper() else "abcdefghijklmnopqrstuvwxyz")[number % 26]
    return character


def _vr(tag: int, vr: str | None) -> str:
    """Give the VR of an element, where it is not written that of the dictionary, or UN; dates of birth as text."""
    if tag in DATES:
        return "SH"
    if vr is not None:
        return vr
    try:
        return dictionary_VR(tag)
    except KeyError:
        return "UN"


def _redacted(stream: Stream, syntaxes: Mapping[bytes | None, str | None], redaction: Redaction) -> Stream:
    sides = {side: bytearray(stream.sent_by(side)) for side in Side}
    for content in sides.values():
        _titles(content, redaction)
        _identities(content, redaction)
        for is_command, spans in _fragments(content):
            raw = b"".join(bytes(content[begin:end]) for begin, end in spans)
            changed = redacted_data_set(raw, IMPLICIT if is_command else syntaxes.get(raw), redaction)
            for begin, end in spans:
                content[begin:end], changed = changed[: end - begin], changed[end - begin :]
    return replace(stream, segments=tuple(_segments(stream, sides)))


def _segments(stream: Stream, sides: Mapping[Side, bytearray]) -> Iterator[Segment]:
    at = dict.fromkeys(Side, 0)
    for segment in stream.segments:
        begin = at[segment.sender]
        at[segment.sender] = end = begin + len(segment.data)
        yield replace(segment, data=bytes(sides[segment.sender][begin:end]))


def _pdus(content: bytearray) -> Iterator[tuple[int, int, int]]:
    """Yield type, begin and end of each PDU; the last one may be cut off."""
    at = 0
    while at + PDU_HEADER_BYTES <= len(content):
        end = min(at + PDU_HEADER_BYTES + int.from_bytes(content[at + 2 : at + 6], "big"), len(content))
        yield content[at], at, end
        at = end


def _titles(content: bytearray, redaction: Redaction) -> None:
    """Replace the AE titles of A-ASSOCIATE-RQ and A-ASSOCIATE-AC (PS3.8 9.3.2, 9.3.3)."""
    for kind, at, end in _pdus(content):
        if kind in _ASSOCIATE and end - at >= _TITLES[-1][1]:
            for begin, stop in _TITLES:
                content[at + begin : at + stop] = redaction.bytes_of(bytes(content[at + begin : at + stop]))


def _identities(content: bytearray, redaction: Redaction) -> None:
    """Replace user identities: names by pseudonyms, passwords and whatever is no text by zeros (PS3.7 D.3.3.7)."""
    for kind, at, end in _pdus(content):
        if kind not in _ASSOCIATE:
            continue
        for item, begin, stop in _items(content, at + _ITEMS_BEGIN, end):
            if item == _USER_INFORMATION:
                for sub_item, first, last in _items(content, begin, stop):
                    _identity(content, sub_item, first, last, redaction)


def _items(content: bytearray, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield type, begin and end of the value of each item or sub-item; the last one may be cut off."""
    while at + 4 <= end:
        stop = min(at + 4 + int.from_bytes(content[at + 2 : at + 4], "big"), end)
        yield content[at], at + 4, stop
        at = stop


def _identity(content: bytearray, sub_item: int, begin: int, end: int, redaction: Redaction) -> None:
    if sub_item == _IDENTITY_ANSWERED and end - begin > 2:
        content[begin + 2 : end] = bytes(end - begin - 2)
    if sub_item != _IDENTITY_ASKED or end - begin < 4:
        return
    is_name = content[begin] in (1, 2)  # a user name, alone or with a passcode
    first, length = begin + 4, int.from_bytes(content[begin + 2 : begin + 4], "big")
    last = min(first + length, end)
    primary = bytes(content[first:last])
    content[first:last] = redaction.bytes_of(primary) if is_name else bytes(last - first)
    redaction.note(bytes(content[last + 2 : end]).decode("latin-1"))
    content[last + 2 : end] = bytes(max(end - last - 2, 0))


def _fragments(content: bytearray) -> Iterator[tuple[bool, list[_Span]]]:
    """Yield the places of each command set (True) and data set, fragment by fragment (PS3.8 Annex E.2)."""
    begun: dict[tuple[int, bool], list[_Span]] = {}
    for kind, at, end in _pdus(content):
        here = at + PDU_HEADER_BYTES
        while kind == _P_DATA and here + _PDV_HEADER_BYTES <= end:
            stop = min(here + 4 + int.from_bytes(content[here : here + 4], "big"), end)
            header = content[here + 5]
            key = (content[here + 4], bool(header & 1))
            begun.setdefault(key, []).append((here + _PDV_HEADER_BYTES, max(stop, here + _PDV_HEADER_BYTES)))
            if header & 2:
                yield key[1], begun.pop(key)
            here = max(stop, here + _PDV_HEADER_BYTES)
    yield from ((key[1], spans) for key, spans in begun.items())


def redacted_data_set(raw: bytes, transfer_syntax: str | None, redaction: Redaction) -> bytes:
    """Give a data set in which what identifies a person or a place is replaced; as long as it was."""
    if transfer_syntax is None or transfer_syntax in DEFLATED:
        return bytes(len(raw))
    changed = bytearray(raw)
    reading = reading_of(changed, transfer_syntax)
    if not reading.whole:
        return bytes(len(raw))
    _replace(reading.elements, transfer_syntax, redaction)
    return bytes(changed)


def _replace(found: Iterable[Element], transfer_syntax: str, redaction: Redaction) -> None:
    """Replace values where they stand."""
    for element in found:
        vr = _vr(element.tag, element.vr)
        if vr == "SQ":
            for item in items(element, transfer_syntax)[0]:
                _replace(item, transfer_syntax, redaction)
        elif vr in REPLACED or (vr == "UN" and element.tag >> 16 & 1):
            element.value[:] = redaction.bytes_of(bytes(element.value), vr == "PN")
