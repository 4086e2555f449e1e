"""UIDs by their keywords in PS3.6, for what people write."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from pydicom._uid_dict import UID_dictionary

_UID_BY_KEYWORD: Final = MappingProxyType({entry[4]: uid for uid, entry in UID_dictionary.items() if entry[4]})


def uid_of(text: str) -> str:
    """Give the UID that a text is, or names by its keyword in PS3.6.

    Raises
    ------
    ValueError
        It is neither.
    """
    if text in _UID_BY_KEYWORD:
        return _UID_BY_KEYWORD[text]
    if text and all(character in "0123456789." for character in text):
        return text
    raise ValueError(f"{text!r} is neither a UID nor the keyword of one")
