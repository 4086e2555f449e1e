"""SOP Classes and transfer syntaxes by keyword, name, UID or group, as people write them in a statement.

A group stands for several UIDs at once: `all_storage`, `images`, `uncompressed`. What is none of these is a message
with the nearest name that there is.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping

from dicom_conformance.files import suggestion
from dicom_conformance.statement import services
from dicom_conformance.statement.registry import (
    KEYWORDS,
    NAMES,
    STANDARD_SOP_CLASSES,
    STANDARD_TRANSFER_SYNTAXES,
    is_retired,
)

__all__ = [
    "SOP_CLASS_GROUPS",
    "TRANSFER_SYNTAX_GROUPS",
    "sop_classes",
    "transfer_syntaxes",
    "wrong_sop_class",
    "wrong_transfer_syntax",
]

_UID = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+")
_LONGEST_UID = 64
_STORAGE_ARC = "1.2.840.10008.5.1.4.1.1."


def _storage(*parts: str, below: str = "") -> tuple[str, ...]:
    """Give the current Storage SOP Classes whose keyword has one of the parts and whose UID lies below an arc."""
    return tuple(
        uid
        for uid in services.STORAGE
        if not is_retired(uid)
        and (not below or uid.startswith(_STORAGE_ARC + below))
        and any(part in KEYWORDS[uid] for part in parts)
    )


#: Group to the SOP Classes it stands for; none of them is retired.
SOP_CLASS_GROUPS: Mapping[str, tuple[str, ...]] = {
    "all_storage": _storage(""),
    "images": _storage("ImageStorage", "VolumeStorage"),
    "presentation_states": _storage("PresentationStateStorage"),
    "structured_reports": _storage("", below="88."),
    "waveforms": _storage("WaveformStorage"),
    "encapsulated_documents": _storage("Encapsulated"),
    "radiotherapy": _storage("", below="481."),
}

#: Group to the transfer syntaxes it stands for.
TRANSFER_SYNTAX_GROUPS: Mapping[str, tuple[str, ...]] = {
    "little_endian": ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1"),
    "uncompressed": ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"),
    "jpeg": ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"),
    "jpeg_ls": ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"),
    "jpeg_2000": ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"),
    "htj2k": tuple(f"1.2.840.10008.1.2.4.{last}" for last in (201, 202, 203)),
    "mpeg": tuple(uid for uid in STANDARD_TRANSFER_SYNTAXES if KEYWORDS.get(uid, "").startswith(("MPEG", "HEVC"))),
    "all_transfer_syntaxes": tuple(uid for uid in STANDARD_TRANSFER_SYNTAXES if not is_retired(uid)),
}


@functools.cache
def _written(kind: str) -> Mapping[str, str]:
    """Map every way to write a UID of a kind to the UID; a current class before a retired one of the same name."""
    known = STANDARD_SOP_CLASSES if kind == "SOP Class" else STANDARD_TRANSFER_SYNTAXES
    found: dict[str, str] = {}
    for uid in sorted(known, key=is_retired):
        for text in (uid, KEYWORDS.get(uid, ""), NAMES[uid], f"{NAMES[uid]} {kind}"):
            if text:
                found.setdefault(text, uid)
    return found


def _wrong(text: str, kind: str, groups: Mapping[str, tuple[str, ...]]) -> str:
    if text in groups or text in _written(kind):
        return ""
    if _UID.fullmatch(text) and len(text) <= _LONGEST_UID:
        other = NAMES.get(text)
        return f"{text} is {other}, which is not a {kind}" if other is not None else ""
    return f"no {kind} is named {text!r}{suggestion(text, [*groups, *_written(kind)])}"


def _expanded(names: Iterable[str], kind: str, groups: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    known = _written(kind)
    return tuple(dict.fromkeys(uid for name in names for uid in groups.get(name, (known.get(name, name),))))


def wrong_sop_class(text: str) -> str:
    """Say what is wrong with the keyword, name, UID or group of a SOP Class; empty if nothing is."""
    return _wrong(text, "SOP Class", SOP_CLASS_GROUPS)


def wrong_transfer_syntax(text: str) -> str:
    """Say what is wrong with the keyword, name, UID or group of a transfer syntax; empty if nothing is."""
    return _wrong(text, "transfer syntax", TRANSFER_SYNTAX_GROUPS)


def sop_classes(names: Iterable[str]) -> tuple[str, ...]:
    """Give the UIDs of SOP Classes that are written as keyword, name, UID or group, each once, in order."""
    return _expanded(names, "SOP Class", SOP_CLASS_GROUPS)


def transfer_syntaxes(names: Iterable[str]) -> tuple[str, ...]:
    """Give the UIDs of transfer syntaxes that are written as keyword, name, UID or group, each once, in order."""
    return _expanded(names, "transfer syntax", TRANSFER_SYNTAX_GROUPS)
