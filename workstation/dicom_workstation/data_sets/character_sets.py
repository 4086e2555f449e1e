"""Text and bytes of a data set: decoding by a Specific Character Set with what is doubtful in it, and encoding by one.

Invariants: decoding never raises; what a character set does not define is shown as U+FFFD, and whatever was
guessed, repaired or broken is reported as a doubt. Encoding never loses a character: what the set cannot hold is an
`UnencodableError`, no question mark.

It stands in the place of pydicom's `charset` module, which falls short here: it writes and reads ISO 2022 IR 58 without
its escape sequences, puts `?` for what cannot be encoded (and raises TypeError where validation is set to raise), takes
misspelt terms for names of Python's codecs without a word, and reads ISO 2022 IR 149 that is not designated again
after a delimiter as something else.

References
----------
PS3.5 Section 6.1.2.3 to 6.1.2.5 (code extensions), 6.2.1.1 (person names); PS3.3 Section C.12.1.1.2
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from dicom_workstation.data_sets.character_set_terms import (
    ASCII,
    DEFINED_TERMS,
    GRAPHIC_SETS,
    MULTI_BYTE,
    ROMAJI,
    SINGLE_BYTE,
    WHOLE,
    GraphicSet,
    corrected_term,
    without_extensions,
)

ENCODED_TEXT: Final = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))
"""VRs to which Specific Character Set applies (PS3.5 Section 6.1.2.2)."""
LEAST_FIRST: Final = ("ISO_IR 100", "ISO_IR 192")
"""What a query is encoded in that the default repertoire cannot hold: the first that can."""
REPLACEMENT: Final = "\ufffd"
_ESC: Final = 0x1B
_NEW_LINES: Final = "\r\n\f\t"
# Of these, no word has a capital before a mark or symbol: bytes that are UTF-8 as well are most likely just that.
_UNLIKE_UTF_8: Final = frozenset(f"ISO_IR {n}" for n in (100, 101, 109, 110, 126, 127, 138, 144, 148, 203))


class UnencodableError(Exception):
    """Text that a character set cannot hold, or a character set that there is not; the text says which."""


@dataclass(frozen=True, slots=True)
class Text:
    """Decoded text, several values joined by a backslash, and why it is doubtful, if it is."""

    text: str
    doubts: tuple[str, ...] = ()


def delimiters(vr: str) -> str:
    """Return the characters before which the first character set is in force again (PS3.5 Section 6.1.2.5.3)."""
    return _NEW_LINES + {"PN": "\\^=", "LO": "\\", "SH": "\\", "UC": "\\"}.get(vr, "")


@dataclass(frozen=True, slots=True)
class CharacterSet:
    """A Specific Character Set as it is understood.

    Attributes
    ----------
    declared : str
        The value of the attribute.
    whole : str
        The codec of a set without code extensions, if it is one of Table C.12-5.
    first : str
        The single-byte set of value 1, as a term of Table C.12-2.
    graphic_sets : tuple of GraphicSet
        All that may be designated, in their order.
    is_extended : bool
        Whether escape sequences are allowed.
    doubts : tuple of str
        What is wrong with the value itself.
    """

    declared: str = ""
    whole: str = ""
    first: str = ""
    graphic_sets: tuple[GraphicSet, ...] = (ASCII,)
    is_extended: bool = False
    doubts: tuple[str, ...] = ()

    @classmethod
    def of(cls, declared: str) -> CharacterSet:
        """Understand the value of Specific Character Set, as far as it can be understood."""
        doubts: list[str] = []
        terms = [_recognized_term(term.strip(" \0"), doubts) for term in declared.split("\\")]
        whole = next((term for term in terms if term in WHOLE), "")
        if whole and len(terms) > 1:
            doubts.append(f"{whole} cannot be combined with other character sets")
            if whole != terms[0]:
                terms, whole = [term for term in terms if term not in WHOLE], ""
        if len(terms) > 1 and any(term.startswith("ISO_IR") for term in terms):
            doubts.append("a term without code extensions is one of several values")
        first = without_extensions(terms[0])
        first = first if first in SINGLE_BYTE else ""
        is_extended = not whole and (len(terms) > 1 or terms[0].startswith("ISO 2022"))
        known = [SINGLE_BYTE.get(without_extensions(term)) or MULTI_BYTE.get(term) for term in terms]
        romaji = (ROMAJI,) if any(without_extensions(term) == "ISO_IR 13" for term in terms) else ()
        sets = (ASCII, *romaji, *filter(None, known))
        return cls(declared, WHOLE.get(whole, ""), first, sets, is_extended, tuple(doubts))

    @property
    def g0(self) -> GraphicSet:
        """What stands in G0 at the beginning of each value."""
        return ROMAJI if self.first == "ISO_IR 13" else ASCII

    @property
    def g1(self) -> GraphicSet | None:
        """What stands in G1 at the beginning of each value."""
        return SINGLE_BYTE[self.first]

    def decode(self, raw: bytes, vr: str) -> Text:
        """Decode a value field of a VR to which the character set applies."""
        if raw.isascii() and _ESC not in raw:  # the same in every character set
            return Text(raw.decode("ascii"))
        if self.whole and not any(b"\x1b" + escape in raw for escape in GRAPHIC_SETS):
            text = _decode_whole(raw, self.whole, self.declared)
        elif _ESC in raw or (self.is_extended and self.g1 is not None):
            text = _Reader(self, delimiters(vr)).read(raw)
        elif self.g1 is None:
            text = _guess(raw, self.declared)
        else:
            text = _decode_single(raw, self.g1, self.first in _UNLIKE_UTF_8)
        return Text(text.text, (*self.doubts, *text.doubts))

    def encode(self, text: str, vr: str) -> bytes:
        """Encode text; UnencodableError if a character has no place."""
        if text.isascii():
            return text.encode("ascii")
        try:
            if self.whole:
                return text.encode(self.whole)
        except UnicodeEncodeError as error:
            raise _unencodable(text, text[error.start], self.declared) from error
        if self.is_extended:
            return _Writer(self, delimiters(vr)).write(text)
        codes = [ASCII.encode(one) or (self.g1.encode(one) if self.g1 else None) for one in text]
        if None in codes:
            raise _unencodable(text, text[codes.index(None)], self.declared)
        return b"".join(filter(None, codes))


def defined_character_set(declared: str) -> CharacterSet:
    """Return the character set of a value that we send; UnencodableError if PS3.3 does not define it."""
    found = CharacterSet.of(declared)
    if found.doubts:
        raise UnencodableError("; ".join(found.doubts))
    return found


def choose(texts: Iterable[tuple[str, str]], candidates: Iterable[str]) -> str:
    """Return the first of the candidates that can hold every (text, VR); empty for the default repertoire.

    Raises
    ------
    UnencodableError
        None of them can.
    """
    wanted = [(text, vr) for text, vr in texts if not text.isascii()]
    if not wanted:
        return ""
    why = "no character set is configured"
    for candidate in candidates:
        try:
            character_set = defined_character_set(candidate)
            for text, vr in wanted:
                character_set.encode(text, vr)
        except UnencodableError as error:
            why = str(error)
        else:
            return candidate
    raise UnencodableError(why)


def _recognized_term(term: str, doubts: list[str]) -> str:
    if not term or term in DEFINED_TERMS:
        return term
    guessed = corrected_term(term)
    doubts.append(f"{term[:32]!r} is not a defined term" + (f", read as {guessed}" if guessed else ""))
    return guessed or ""


def _unencodable(text: str, character: str, declared: str) -> UnencodableError:
    where = f"character set {declared}" if declared else "the default character repertoire"
    return UnencodableError(f"{where} cannot hold {character!r} (U+{ord(character):04X}) of {text!r}")


def _decode_whole(raw: bytes, codec: str, declared: str) -> Text:
    try:
        return Text(raw.decode(codec))
    except UnicodeDecodeError as error:
        return Text(raw.decode(codec, "replace"), (f"byte {raw[error.start]:02X} is invalid in {declared}",))


def _guess(raw: bytes, declared: str) -> Text:
    """Show bytes that no declared character set covers: as UTF-8 if they are that, else as ISO_IR 100."""
    doubt = f"bytes beyond 7F under {declared or 'the default character repertoire'}"
    try:
        return Text(raw.decode("utf_8"), (f"{doubt}, read as UTF-8",))
    except UnicodeDecodeError:
        return Text(raw.decode("iso8859_1"), (f"{doubt}, read as ISO_IR 100",))


def _decode_single(raw: bytes, g1: GraphicSet, is_unlike_utf_8: bool) -> Text:
    doubts = []
    text = "".join(chr(byte) if byte < 0x80 else g1.decode(bytes((byte,))) or REPLACEMENT for byte in raw)
    if REPLACEMENT in text:
        doubts.append(f"bytes that {g1.name} does not define")
    if is_unlike_utf_8 and _is_utf_8(raw):
        doubts.append(f"declared as {g1.name}, but the bytes look like UTF-8")
    return Text(text, tuple(doubts))


def _is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode("utf_8")
    except UnicodeDecodeError:
        return False
    return True


@dataclass(slots=True)
class _Reader:
    """Reads a value field with code extensions."""

    character_set: CharacterSet
    delimiters: str
    doubts: list[str] = field(default_factory=list)
    g0: GraphicSet = ASCII
    g1: GraphicSet | None = None
    forgotten: GraphicSet | None = None

    def read(self, raw: bytes) -> Text:
        self.reset()
        text, at = [], 0
        while at < len(raw):
            character, count = self.next(raw, at)
            text.append(character)
            at += count
        if self.g0.size_bytes > 1:
            self.doubt(f"{self.g0.name} is still in force at the end of the value")
        return Text("".join(text), tuple(self.doubts))

    def reset(self) -> None:
        """Return to the sets of value 1 (PS3.5 Section 6.1.2.5.3)."""
        self.forgotten = self.g1 or self.forgotten
        self.g0, self.g1 = self.character_set.g0, self.character_set.g1

    def doubt(self, words: str) -> None:
        if words not in self.doubts:
            self.doubts.append(words)

    def next(self, raw: bytes, at: int) -> tuple[str, int]:
        """Return what stands at an offset, and of how many bytes."""
        byte = raw[at]
        if byte == _ESC:
            return self.designate(raw, at)
        if byte < 0x80 and (byte <= 0x20 or self.g0.size_bytes == 1):
            character = chr(byte)
            if byte < 0x20 and self.g0.size_bytes > 1:
                self.doubt(f"{self.g0.name} is still in force at a control character")
            if character in self.delimiters:
                self.reset()
            return character, 1
        graphic = self.g0 if byte < 0x80 else self.in_g1()
        found = graphic.decode(raw[at : at + graphic.size_bytes])
        if found is None:
            self.doubt(f"byte {byte:02X} does not begin a character of {graphic.name}")
            return REPLACEMENT, 1
        return found, graphic.size_bytes

    def in_g1(self) -> GraphicSet:
        if self.g1 is not None:
            return self.g1
        if self.forgotten is not None:
            self.doubt(f"{self.forgotten.name} is not designated again after a delimiter")
            return self.forgotten
        self.doubt("bytes beyond 7F before any character set is designated, read as ISO_IR 100")
        return GRAPHIC_SETS[b"-A"]

    def designate(self, raw: bytes, at: int) -> tuple[str, int]:
        for length in (3, 2):
            graphic = GRAPHIC_SETS.get(raw[at + 1 : at + 1 + length])
            if graphic is None:
                continue
            if graphic not in self.character_set.graphic_sets or not self.character_set.is_extended:
                self.doubt(f"{graphic.name} is designated, but not declared in Specific Character Set")
            if graphic.in_g1:
                self.g1 = graphic
            else:
                self.g0 = graphic
            return "", 1 + length
        self.doubt("an unknown escape sequence")
        return REPLACEMENT, 1


@dataclass(slots=True)
class _Writer:
    """Writes a value field with code extensions: a set is designated where it is needed, and again in each value."""

    character_set: CharacterSet
    delimiters: str
    g0: GraphicSet = ASCII
    g1: GraphicSet | None = None
    written: bytearray = field(default_factory=bytearray)

    def write(self, text: str) -> bytes:
        self.g0, self.g1 = self.character_set.g0, self.character_set.g1
        for character in text:
            if character.isascii():
                self.designate(self.character_set.g0)
                self.written += character.encode("ascii")
                if character in self.delimiters:
                    self.reset()
            else:
                self.add(character, text)
        self.designate(self.character_set.g0)
        return bytes(self.written)

    def reset(self) -> None:
        """A delimiter: G1 holds what value 1 put there, and needs to be designated again (PS3.5 6.1.2.5.3)."""
        self.g1 = self.character_set.g1

    def add(self, character: str, text: str) -> None:
        for graphic in filter(None, (self.g1, self.g0, *self.character_set.graphic_sets)):
            code = graphic.encode(character)
            if code is not None:
                self.designate(graphic)
                self.written += code
                return
        raise _unencodable(text, character, self.character_set.declared)

    def designate(self, graphic: GraphicSet) -> None:
        if graphic.in_g1 and graphic != self.g1:
            self.g1 = graphic
        elif not graphic.in_g1 and graphic != self.g0:
            self.g0 = graphic
        else:
            return
        self.written += b"\x1b" + graphic.escape
