"""Texts of somebody else's, as they may be shown."""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    """Write a text of somebody else's so that it can go to a console or into one line of a log.

    Control and format characters (escape sequences, line ends, marks that turn the direction of writing) and lone
    surrogates are written as ``\\x1b`` or ``\\u202e``.
    """
    if text.isprintable():
        return text
    return "".join(character if _shows(character) else _escaped(character) for character in text)


def _shows(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
