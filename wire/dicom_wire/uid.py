"""UIDs as PDUs carry them: text of digits and dots, unpadded (PS3.8 Annex F, PS3.5 9.1).

Invariants: reading a UID never fails; what is wrong with it is returned with it. Both ways are cached, since
an association names the same few hundred UIDs over and over.
"""

from __future__ import annotations

import re
from functools import lru_cache

from dicom_wire.violations import Violation, count_bytes, violation

UID_LENGTH_MAXIMUM = 64  # PS3.5 9.1
_SYNTAX = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+\Z")


@lru_cache(maxsize=8192)
def uid_field(uid: str) -> bytes:
    """Return the bytes of a UID field: as given, unpadded; what is illegal is written as asked (latin-1)."""
    return uid.encode("latin-1")


@lru_cache(maxsize=8192)
def read_uid(field: bytes) -> tuple[str, tuple[Violation, ...]]:
    """Return the UID without trailing NUL or space, and its violations (offsets within the field).

    References
    ----------
    PS3.5 9.1 (at most 64 characters; components of digits without a leading zero), PS3.8 Annex F (not padded)
    """
    stripped = field.rstrip(b"\0 ")
    uid = stripped.decode("latin-1")
    found = []
    if len(stripped) != len(field):
        found.append(
            violation("uid-padding", len(stripped), f"{count_bytes(len(field) - len(stripped))} after {uid!r}")
        )
    if not uid:
        found.append(violation("uid-empty", 0, "the UID is empty"))
    else:
        if len(uid) > UID_LENGTH_MAXIMUM:
            found.append(violation("uid-length", UID_LENGTH_MAXIMUM, f"{len(uid)} characters"))
        if not _SYNTAX.match(uid):
            found.append(violation("uid-syntax", 0, repr(uid)))
    return uid, tuple(found)
