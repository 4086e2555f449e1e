"""Text of a data set: from bytes and the Specific Character Set (0008,0005) to Unicode.

Invariants: decoding never raises and never warns. A byte that its character set does not define becomes
U+FFFD; an unknown defined term is read as ISO_IR 100. So a key in one character set can be compared with an
attribute held in another (PS3.4 C.2.2.2), whatever a faulty peer sent.

Code extension follows PS3.5 6.1.2.5: G0 and G1 are designated by escape sequences and fall back to those of the first
value at each delimiter. A peer that forgets to designate G1 again after a delimiter (seen with ISO 2022 IR 149) is
understood all the same: then the set that was designated last is used.

References
----------
PS3.3 C.12.1.1.2 (Tables C.12-2 to C.12-5, defined terms and escape sequences); PS3.5 6.1.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ESC: Final = 0x1B

SINGLE_BYTE_CODECS: Final[dict[str, str]] = {
    "": "ascii",
    "ISO_IR 6": "ascii",
    "ISO_IR 100": "iso8859_1",
    "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3",
    "ISO_IR 110": "iso8859_4",
    "ISO_IR 144": "iso8859_5",
    "ISO_IR 127": "iso8859_6",
    "ISO_IR 126": "iso8859_7",
    "ISO_IR 138": "iso8859_8",
    "ISO_IR 148": "iso8859_9",
    "ISO_IR 203": "iso8859_15",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 166": "iso8859_11",
}
"""PS3.3 Table C.12-2: single-byte character sets without code extension."""

WHOLE_CODECS: Final[dict[str, str]] = {"ISO_IR 192": "utf_8", "GB18030": "gb18030", "GBK": "gbk"}
"""PS3.3 Table C.12-5: multi-byte character sets without code extension."""


@dataclass(frozen=True, slots=True)
class GraphicSet:
    """One coded character set that an escape sequence designates.

    Attributes
    ----------
    codec : str
        Python's name.
    prefix : bytes
        What the codec needs before each character (0x8F for JIS X 0212 in EUC).
    size_bytes : int
        1 or 2.
    """

    codec: str
    prefix: bytes = b""
    size_bytes: int = 1

    def decode(self, code: bytes) -> str:
        """Give the character for `code`; a two-byte code is looked up with its high bits set."""
        if self.size_bytes == 2:
            code = self.prefix + bytes(byte | 0x80 for byte in code)
        return code.decode(self.codec, "replace")


ASCII: Final = GraphicSet("ascii")
G0_SETS: Final[dict[bytes, GraphicSet]] = {
    b"(B": ASCII,
    b"(J": ASCII,  # JIS X 0201 Romaji: the yen sign replaces the backslash of ASCII, and also delimits values
    b"$B": GraphicSet("euc_jp", size_bytes=2),
    b"$(D": GraphicSet("euc_jp", b"\x8f", 2),
}
"""Escape sequences (after ESC) that designate G0: PS3.3 Tables C.12-3 and C.12-4."""
G1_SETS: Final[dict[bytes, GraphicSet]] = {
    b"-A": GraphicSet("iso8859_1"),
    b"-B": GraphicSet("iso8859_2"),
    b"-C": GraphicSet("iso8859_3"),
    b"-D": GraphicSet("iso8859_4"),
    b"-L": GraphicSet("iso8859_5"),
    b"-G": GraphicSet("iso8859_6"),
    b"-F": GraphicSet("iso8859_7"),
    b"-H": GraphicSet("iso8859_8"),
    b"-M": GraphicSet("iso8859_9"),
    b"-b": GraphicSet("iso8859_15"),
    b"-T": GraphicSet("iso8859_11"),
    b")I": GraphicSet("shift_jis"),
    b"$)C": GraphicSet("euc_kr", size_bytes=2),
    b"$)A": GraphicSet("gb2312", size_bytes=2),
}
"""Escape sequences (after ESC) that designate G1: PS3.3 Tables C.12-3 and C.12-4."""

_CONTROL_DELIMITERS: Final = b"\\\r\n\x0c\t"


def is_plain(value: bytes) -> bool:
    """Tell whether `value` means the same in every character set (default repertoire, no escape sequence)."""
    return value.isascii() and ESC not in value


def decode_text(value: bytes, terms: tuple[str, ...], person_name: bool = False) -> str:
    """Decode `value` under the Specific Character Set `terms`.

    Parameters
    ----------
    value : bytes
        The whole value field, all values of it.
    terms : tuple of str
        The values of (0008,0005); empty for the default repertoire.
    person_name : bool
        Whether ``^`` and ``=`` delimit too (PS3.5 6.1.2.5.3).
    """
    if is_plain(value):
        return value.decode("ascii")
    first = terms[0] if terms else ""
    if first in WHOLE_CODECS:
        return value.decode(WHOLE_CODECS[first], "replace")
    if len(terms) > 1 or first.startswith("ISO 2022 "):
        return _decode_extended(value, first, _CONTROL_DELIMITERS + (b"^=" if person_name else b""))
    return value.decode(SINGLE_BYTE_CODECS.get(first, "iso8859_1"), "replace")


def _decode_extended(value: bytes, first: str, delimiters: bytes) -> str:
    """Decode with code extension (PS3.5 6.1.2.5); `first` gives the initial G1."""
    codec = SINGLE_BYTE_CODECS.get(first.replace("ISO 2022 IR", "ISO_IR"), "ascii")
    initial = None if codec == "ascii" else GraphicSet(codec)
    g0, g1, designated = ASCII, initial, initial
    text: list[str] = []
    at = 0
    while at < len(value):
        byte = value[at]
        if byte == ESC:
            length, g0, g1 = _designate(value, at, g0, g1)
            designated = g1 or designated
            at += length
            continue
        in_g0 = byte < 0x80
        graphic = g0 if in_g0 and byte > 0x20 else ASCII if in_g0 else (g1 or designated or GraphicSet("iso8859_1"))
        code = value[at : at + graphic.size_bytes]
        text.append(graphic.decode(code))
        at += len(code)
        if graphic is ASCII and byte in delimiters:
            g0, g1 = ASCII, initial
    return "".join(text)


def _designate(
    value: bytes, at: int, g0: GraphicSet, g1: GraphicSet | None
) -> tuple[int, GraphicSet, GraphicSet | None]:
    """Read the escape sequence at `at`: its length in bytes and the sets then in force."""
    for length in (3, 2):
        sequence = value[at + 1 : at + 1 + length]
        if sequence in G0_SETS:
            return 1 + len(sequence), G0_SETS[sequence], g1
        if sequence in G1_SETS:
            return 1 + len(sequence), g0, G1_SETS[sequence]
    return 1, g0, g1
