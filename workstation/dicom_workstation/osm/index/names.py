"""Person names as they are compared: without regard to case, accents and the width of characters.

Invariants: folding twice is folding once; the sound marks of kana stay, for they make another syllable.

References
----------
PS3.5 Section 6.2.1 (component groups); PS3.4 Section C.2.2.2.1.1
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

FOLDING_VERSION: Final = "1"
GROUPS: Final = 3
_MARKS: Final = range(0x0300, 0x0370)


@lru_cache(maxsize=4096)
def folded_groups(name: str) -> tuple[str, str, str]:
    """Return the alphabetic, ideographic and phonetic group of a name, folded; empty where there is none."""
    groups = [folded(group) for group in name.split("=")[:GROUPS]]
    alphabetic, ideographic, phonetic = (*groups, "", "", "")[:GROUPS]
    return alphabetic, ideographic, phonetic


def folded(group: str) -> str:
    """Fold one component group: its compatibility form, case, accents, spaces, and empty components at its end."""
    wide = unicodedata.normalize("NFKC", group).casefold()
    bare = "".join(each for each in unicodedata.normalize("NFD", wide) if ord(each) not in _MARKS)
    components = [" ".join(each.split()) for each in unicodedata.normalize("NFC", bare).split("^")]
    return "^".join(components).rstrip("^")
