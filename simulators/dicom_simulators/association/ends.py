"""How an association may end, or fail to begin: values, not exceptions.

The driver gives one of these to its caller. `AssociationEndedError` carries one through the driver
itself, from the depth where a read or a write failed; it never leaves `simulators`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Released:
    """A-RELEASE was requested and answered (PS3.8 7.2)."""

    by_us: bool


@dataclass(frozen=True, slots=True)
class Rejected:
    """An A-ASSOCIATE-RJ PDU came, or was sent (PS3.8 9.3.4)."""

    result: int
    source: int
    reason: int
    by_us: bool = False


@dataclass(frozen=True, slots=True)
class Aborted:
    """An A-ABORT PDU came, or was sent (PS3.8 9.3.8). `detail` says why, where we sent it."""

    source: int
    reason: int
    by_us: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    """The TCP connection ended without release or abort: by FIN, or where `reset`, by RST."""

    reset: bool = False
    by_us: bool = False


@dataclass(frozen=True, slots=True)
class TimedOut:
    """A deadline of ours passed while waiting for this."""

    waiting_for: str

    @property
    def words(self) -> str:
        """What did not happen in time."""
        match self.waiting_for:
            case "ARTIM":
                return "the ARTIM timer expired"
            case "the peer to read":
                return "the peer did not read in time"
            case awaited if awaited.startswith("the "):
                return f"{awaited} did not come in time"
            case awaited:
                return f"no {awaited} in time"


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No TCP connection came about."""

    detail: str


@dataclass(frozen=True, slots=True)
class Unsecured:
    """No TLS session came about, so that there was no association."""

    detail: str


End = Released | Rejected | Aborted | Closed | TimedOut | Unreachable | Unsecured


def in_words(end: End) -> str:
    """Say how an association ended, as the end of a sentence that begins with it."""
    match end:
        case Released(by_us=by_us):
            return "released by this side" if by_us else "released by the peer"
        case Rejected(result, source, reason, by_us):
            return f"rejected by {_side(by_us)} (A-ASSOCIATE-RJ {result}/{source}/{reason})"
        case Aborted(source, reason, by_us, detail):
            why = f": {detail}" if detail else ""
            return f"aborted by {_side(by_us)} (A-ABORT {source}/{reason}){why}"
        case Closed(reset, by_us):
            return f"the TCP connection was {'reset' if reset else 'closed'} by {_side(by_us)}"
        case TimedOut() as late:
            return f"aborted by this side: {late.words}"
        case Unreachable(detail):
            return f"no TCP connection: {detail}"
        case Unsecured(detail):
            return f"no TLS session: {detail}"


def _side(by_us: bool) -> str:
    return "this side" if by_us else "the peer"


class AssociationEndedError(Exception):
    """Raised inside the driver when the association is over; `end` tells how."""

    def __init__(self, end: End) -> None:
        super().__init__(repr(end))
        self.end = end
