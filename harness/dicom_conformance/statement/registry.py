"""The UIDs that statements, scenarios and reports name: what the standard calls each of them.

The whole table of the standard's SOP Classes, transfer syntaxes and well-known instances, as pydicom's dictionary
gives it, so that a report can print a name where a result has a UID, and a person can write a name or a keyword where
a statement needs a UID. Retired entries are marked, since several retired classes share their name with the class that
took their place. Nothing here decides a verdict; an unknown UID keeps its digits.

References
----------
PS3.6 Table A-1.
"""

from __future__ import annotations

import re

from pydicom._uid_dict import UID_dictionary

__all__ = [
    "KEYWORDS",
    "NAMES",
    "NEWER_TRANSFER_SYNTAXES",
    "SHORT_NAMES",
    "STANDARD_SOP_CLASSES",
    "STANDARD_TRANSFER_SYNTAXES",
    "is_retired",
    "keyword_of",
    "name_of",
    "short_name_of",
]

#: In PS3.6, but not in pydicom 3.0's dictionary: UID to name and keyword. Other libraries add some of them to that
#: dictionary when they are imported; named here, our answers are the same whoever was imported before.
_NEWER = {
    "1.2.840.10008.1.2.4.110": ("JPEG XL Lossless", "JPEGXLLossless"),
    "1.2.840.10008.1.2.4.111": ("JPEG XL JPEG Recompression", "JPEGXLJPEGRecompression"),
    "1.2.840.10008.1.2.4.112": ("JPEG XL", "JPEGXL"),
    "1.2.840.10008.1.2.8.1": ("Deflated Image Frame Compression", "DeflatedImageFrameCompression"),
}
NEWER_TRANSFER_SYNTAXES = tuple(_NEWER)

_SOP_CLASSES = ("SOP Class", "Meta SOP Class")
_TRANSFER_SYNTAX = "Transfer Syntax"
#: The kinds of UID that a result can have; coding schemes and attributes of directories are none of them.
_NAMED = (*_SOP_CLASSES, _TRANSFER_SYNTAX, "Application Context Name", "Well-known SOP Instance", "Service Class")

_RETIRED = {uid for uid, entry in UID_dictionary.items() if entry[3]}


def _ordered(uids: set[str]) -> tuple[str, ...]:
    """Sort UIDs by their components, as numbers."""
    return tuple(sorted(uids, key=lambda uid: [int(component) for component in uid.split(".")]))


def _name(uid: str, name: str) -> str:
    name = re.sub(r"(Process \d+) and (\d+)", r"\1 & \2", name.removesuffix(" SOP Class"))  # as PS3.6 prints it
    return f"{name} (Retired)" if uid in _RETIRED and "(Retired)" not in name else name


#: UID to name (PS3.6 Table A-1), without the words "SOP Class" at the end.
NAMES: dict[str, str] = {
    **{uid: _name(uid, entry[0]) for uid, entry in UID_dictionary.items() if entry[1] in _NAMED},
    **{uid: name for uid, (name, _) in _NEWER.items()},
}

#: UID to keyword (PS3.6 Table A-1), of what has a name here.
KEYWORDS: dict[str, str] = {
    **{uid: entry[4] for uid, entry in UID_dictionary.items() if entry[1] in _NAMED and entry[4]},
    **{uid: keyword for uid, (_, keyword) in _NEWER.items()},
}

#: Every SOP Class and Meta SOP Class, retired ones too, in order of their UIDs.
STANDARD_SOP_CLASSES = _ordered({uid for uid, entry in UID_dictionary.items() if entry[1] in _SOP_CLASSES})
#: Every transfer syntax, retired ones too, in order of their UIDs.
STANDARD_TRANSFER_SYNTAXES = _ordered(
    {uid for uid, entry in UID_dictionary.items() if entry[1] == _TRANSFER_SYNTAX} | _NEWER.keys()
)

#: Transfer syntax to what fits in the head of a column.
SHORT_NAMES: dict[str, str] = {
    "1.2.840.10008.1.2": "Implicit LE",
    "1.2.840.10008.1.2.1": "Explicit LE",
    "1.2.840.10008.1.2.2": "Explicit BE",
    "1.2.840.10008.1.2.4.50": "JPEG Baseline",
    "1.2.840.10008.1.2.4.51": "JPEG Extended",
    "1.2.840.10008.1.2.4.57": "JPEG Lossless",
    "1.2.840.10008.1.2.4.70": "JPEG Lossless SV1",
    "1.2.840.10008.1.2.4.90": "JPEG 2000 Lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
}


def name_of(uid: str) -> str:
    """Give the standard's name of `uid`, or the UID itself where the standard has none."""
    return NAMES.get(uid, uid)


def short_name_of(uid: str) -> str:
    """Give a short name of a transfer syntax; else what `name_of` gives."""
    return SHORT_NAMES.get(uid) or name_of(uid)


def keyword_of(uid: str) -> str:
    """Give the standard's keyword of `uid`, or the UID itself where the standard has none."""
    return KEYWORDS.get(uid, uid)


def is_retired(uid: str) -> bool:
    """Tell whether the standard has retired `uid`."""
    return uid in _RETIRED
