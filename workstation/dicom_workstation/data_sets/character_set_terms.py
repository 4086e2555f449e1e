"""The defined terms of Specific Character Set (0008,0005), and the coded character sets behind them.

Invariants: tables alone. A graphic set is what an escape sequence designates to G0 (codes below 80) or G1 (codes
from 80); Python's codecs know the characters.

References
----------
PS3.3 Section C.12.1.1.2, Tables C.12-2 to C.12-5; PS3.5 Section 6.1.2
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class GraphicSet:
    """One coded character set as ISO 2022 has it.

    Attributes
    ----------
    name : str
        As its registration is called.
    escape : bytes
        The escape sequence that designates it, without ESC.
    in_g1 : bool
        Whether it is designated to G1.
    codec : str
        Python's codec; a code of two bytes is looked up with its high bits set.
    prefix : bytes
        What the codec needs before each code (JIS X 0212 in EUC).
    size_bytes : int
        Of one code: 1 or 2.
    """

    name: str
    escape: bytes
    in_g1: bool
    codec: str
    prefix: bytes = b""
    size_bytes: int = 1

    def decode(self, code: bytes) -> str | None:
        """Return the character of a code, None if there is none."""
        if len(code) != self.size_bytes or (self.size_bytes == 2 and not 0x21 <= code[1] & 0x7F <= 0x7E):
            return None
        if self.in_g1 and any(byte < 0xA0 for byte in code):  # 80 to 9F are control characters, C1
            return None
        wide = bytes(byte | 0x80 for byte in code) if self.size_bytes == 2 else code
        try:
            text = (self.prefix + wide).decode(self.codec)
        except UnicodeDecodeError:
            return None
        return text if len(text) == 1 else None

    def encode(self, character: str) -> bytes | None:
        """Return the code of a character, None if the set does not have it."""
        try:
            raw = character.encode(self.codec)
        except UnicodeEncodeError:
            return None
        if not raw.startswith(self.prefix) or len(raw) != len(self.prefix) + self.size_bytes:
            return None
        code = raw[len(self.prefix) :]
        if self.size_bytes == 2 and any(byte < 0xA1 for byte in code):
            return None  # another set of the same codec: katakana in EUC, characters beyond KS X 1001
        if self.size_bytes == 2 and not self.in_g1:
            return bytes(byte & 0x7F for byte in code)
        # a codec may fold a character into the code of another one: the yen sign into that of the backslash
        return code if self.decode(code) == character else None


ASCII: Final = GraphicSet("ISO 646", b"(B", False, "ascii")
ROMAJI: Final = GraphicSet("JIS X 0201 romaji", b"(J", False, "ascii")
KATAKANA: Final = GraphicSet("JIS X 0201 katakana", b")I", True, "shift_jis")

SINGLE_BYTE: Final[dict[str, GraphicSet | None]] = {
    "": None,
    "ISO_IR 6": None,
    "ISO_IR 100": GraphicSet("ISO-IR 100", b"-A", True, "iso8859_1"),
    "ISO_IR 101": GraphicSet("ISO-IR 101", b"-B", True, "iso8859_2"),
    "ISO_IR 109": GraphicSet("ISO-IR 109", b"-C", True, "iso8859_3"),
    "ISO_IR 110": GraphicSet("ISO-IR 110", b"-D", True, "iso8859_4"),
    "ISO_IR 144": GraphicSet("ISO-IR 144", b"-L", True, "iso8859_5"),
    "ISO_IR 127": GraphicSet("ISO-IR 127", b"-G", True, "iso8859_6"),
    "ISO_IR 126": GraphicSet("ISO-IR 126", b"-F", True, "iso8859_7"),
    "ISO_IR 138": GraphicSet("ISO-IR 138", b"-H", True, "iso8859_8"),
    "ISO_IR 148": GraphicSet("ISO-IR 148", b"-M", True, "iso8859_9"),
    "ISO_IR 203": GraphicSet("ISO-IR 203", b"-b", True, "iso8859_15"),
    "ISO_IR 166": GraphicSet("ISO-IR 166", b"-T", True, "iso8859_11"),
    "ISO_IR 13": KATAKANA,
}
"""Table C.12-2: what stands in G1; G0 is ISO 646, or JIS X 0201 romaji under ISO_IR 13. `ISO 2022 IR n` likewise."""

MULTI_BYTE: Final[dict[str, GraphicSet]] = {
    "ISO 2022 IR 87": GraphicSet("JIS X 0208", b"$B", False, "euc_jp", size_bytes=2),
    "ISO 2022 IR 159": GraphicSet("JIS X 0212", b"$(D", False, "euc_jp", b"\x8f", 2),
    "ISO 2022 IR 149": GraphicSet("KS X 1001", b"$)C", True, "euc_kr", size_bytes=2),
    "ISO 2022 IR 58": GraphicSet("GB 2312", b"$)A", True, "gb2312", size_bytes=2),
}
"""Table C.12-4: multi-byte character sets with code extensions."""

WHOLE: Final[dict[str, str]] = {"ISO_IR 192": "utf_8", "GB18030": "gb18030", "GBK": "gbk"}
"""Table C.12-5: multi-byte character sets without code extensions, and Python's codecs."""

GRAPHIC_SETS: Final[dict[bytes, GraphicSet]] = {
    one.escape: one for one in (ASCII, ROMAJI, *filter(None, SINGLE_BYTE.values()), *MULTI_BYTE.values())
}
"""Every graphic set by its escape sequence."""


def with_extensions(term: str) -> str:
    """Return the term of a single-byte set as it is called with code extensions (Table C.12-3)."""
    return term.replace("ISO_IR", "ISO 2022 IR")


def without_extensions(term: str) -> str:
    """Return the term of a single-byte set as it is called without code extensions (Table C.12-2)."""
    return term.replace("ISO 2022 IR", "ISO_IR")


DEFINED_TERMS: Final = frozenset(
    (*filter(None, SINGLE_BYTE), *(with_extensions(term) for term in SINGLE_BYTE if term), *MULTI_BYTE, *WHOLE)
)
"""Every defined term."""


def _normalized(term: str) -> str:
    return "".join(character for character in term.upper() if character.isalnum())


_MISSPELT: Final = {
    **{_normalized(term): term for term in sorted(DEFINED_TERMS)},
    **{_normalized(term).replace("2022", ""): term for term in MULTI_BYTE},
    "ISO2022IR192": "ISO_IR 192",
    "UTF8": "ISO_IR 192",
    "UNICODE": "ISO_IR 192",
    "LATIN1": "ISO_IR 100",
    "ISO88591": "ISO_IR 100",
    "ASCII": "ISO_IR 6",
    "USASCII": "ISO_IR 6",
}


def corrected_term(term: str) -> str | None:
    """Return the defined term that a misspelt one means, None if it is not clear which."""
    return _MISSPELT.get(_normalized(term))
