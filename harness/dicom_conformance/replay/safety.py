"""What a replay may do to a system on another machine: the same options allow it as for `run`, and one more.

A C-MOVE-RQ of a capture names a destination that the tests do not know: what is retrieved leaves the other machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dicom_conformance.errors import HarnessError
from dicom_conformance.judge import breaches
from dicom_conformance.loopback import is_on_loopback
from dicom_conformance.replay.recording import Recording
from dicom_conformance.results import Level
from dicom_conformance.trace import SeenMessage
from dicom_wire.capture import Side

STORAGE_COMMITMENT = "1.2.840.10008.1.20.1"
_PRINTING = "1.2.840.10008.5.1.1."
_RETRIEVING = ("C-MOVE-RQ", "C-GET-RQ")
_CHANGING = ("N-CREATE-RQ", "N-SET-RQ", "N-ACTION-RQ", "N-DELETE-RQ")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the user allows on a host that is not this one."""

    store: bool = False
    print: bool = False
    hostile: bool = False
    retrieve: bool = False


def needed(recording: Recording) -> Iterator[tuple[str, str]]:
    """Yield the name of each thing that must be allowed (a field of `Allowed`), and why, once each."""
    found: dict[str, str] = {}
    for exchange in recording.exchanges:
        kind = _kind(exchange.request)
        if kind:
            found.setdefault(kind, f"it sends {exchange.request.name}")
    for breach in breaches(recording.conversation):
        if breach.side is Side.REQUESTOR and breach.level is Level.SHALL:
            found.setdefault("hostile", f"it breaks {breach.clause} ({breach.rule})")
            break
    yield from found.items()


def _kind(request: SeenMessage) -> str:
    if request.name == "C-STORE-RQ":
        return "store"
    if request.name in _RETRIEVING:
        return "retrieve"
    if request.name not in _CHANGING:
        return ""
    named = request.command.text("AffectedSOPClassUID") or request.command.text("RequestedSOPClassUID") or ""
    return "print" if named.startswith(_PRINTING) else "store"


def require_allowed(recording: Recording, host: str, allowed: Allowed) -> None:
    """Refuse what is not allowed on a host; on this machine everything is.

    Raises
    ------
    HarnessError
        Says which options are missing, and why.
    """
    if is_on_loopback(host):
        return
    missing = [f"--allow-{name} ({why})" for name, why in needed(recording) if not getattr(allowed, name)]
    if missing:
        raise HarnessError(f"{host} is another machine; this replay needs {', '.join(missing)}")
