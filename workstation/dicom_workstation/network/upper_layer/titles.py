"""AE titles as they stand in an A-ASSOCIATE-RQ, lawful or not.

Invariants: a title that is none is kept as it came, so that it can be rejected by its name and not as a PDU that
cannot be read.

References
----------
PS3.5 Table 6.2-1 (AE); PS3.8 Table 9-11
"""

from __future__ import annotations

from typing import Final

_NO_TITLE: Final = b"NO TITLE".ljust(16)


def with_lawful_titles(fixed: bytes) -> tuple[bytes, tuple[bytes, bytes]]:
    """Return the fixed fields with titles that pynetdicom can hold, and the called and calling title as they came."""
    if len(fixed) < 74:
        raise ValueError("ends within the fixed fields")
    titles = fixed[10:26], fixed[26:42]
    held = (title if is_title(title) else _NO_TITLE for title in titles)
    return b"".join((fixed[:10], *held, fixed[42:])), titles


def without_nul(field: bytes) -> bytes:
    """Return a title as it is where NUL, with which some stacks pad, stands for a space."""
    return field.replace(b"\0", b" ")


def is_title(field: bytes) -> bool:
    """Whether a field holds an AE title (PS3.5 Table 6.2-1; PS3.8 Table 9-11: not only spaces)."""
    return bool(field.strip(b" ")) and all(0x20 <= byte <= 0x7E and byte != 0x5C for byte in field)
