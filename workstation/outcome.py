"""What the workstation tells its user of an operation.

Invariants: an outcome is plain data, the same for each way of asking; its `result` is one word of a closed list;
nothing is told as better than it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any


class Result(StrEnum):
    """How an operation ended."""

    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"
    CANCELLED = "cancelled"
    PARTIAL = "partial"
    REJECTED = "rejected"
    NOT_ACCEPTED = "not_accepted"
    ABORTED = "aborted"
    CONNECTION_LOST = "connection_lost"
    UNREACHABLE = "unreachable"
    HANDSHAKE_FAILED = "handshake_failed"
    TIMEOUT = "timeout"
    INVALID_RESPONSE = "invalid_response"
    REFUSED = "refused"


class StatusClass(StrEnum):
    """The class of a DIMSE status (PS3.7 Annex C)."""

    SUCCESS = "success"
    PENDING = "pending"
    CANCEL = "cancelled"
    WARNING = "warning"
    FAILURE = "failure"


def status_class(status: int) -> StatusClass:
    """Return the class of a status; a code that nobody defined is a failure.

    References
    ----------
    PS3.7 Annex C: Success 0000; Pending FF00, FF01; Cancel FE00; Warning 0001, 0107, 0116 and Bxxx; Failure the rest.
    """
    if status == 0x0000:
        return StatusClass.SUCCESS
    if status in (0xFF00, 0xFF01):
        return StatusClass.PENDING
    if status == 0xFE00:
        return StatusClass.CANCEL
    if status in (0x0001, 0x0107, 0x0116) or status >> 12 == 0xB:
        return StatusClass.WARNING
    return StatusClass.FAILURE


def is_defined(status: int) -> bool:
    """Whether PS3.7 Annex C gives this code, or the range around it, a meaning."""
    return status_class(status) is not StatusClass.FAILURE or status >> 12 in (0xA, 0xC) or status >> 8 in (0x01, 0x02)


def status_text(status: int) -> str:
    """Return a status as four hex digits."""
    return f"{status:04X}"


def one_line(text: object, most: int = 200) -> str:
    """Return what a peer wrote as one line that can be shown: nothing unprintable, and not without end."""
    line = " ".join("".join(one if one.isprintable() else " " for one in str(text)[: 4 * most]).split())
    return line if len(line) <= most else f"{line[: most - 3]}..."


@dataclass(frozen=True, slots=True)
class Rejection:
    """The fields of an A-ASSOCIATE-RJ (PS3.8 Section 9.3.4)."""

    result: int
    source: int
    reason: int


@dataclass(frozen=True, slots=True)
class Abort:
    """The fields of an A-ABORT (PS3.8 Section 9.3.8)."""

    source: int
    reason: int


@dataclass(eq=False)
class OperationEndedError(Exception):
    """An operation that came to its end before the peer's final response."""

    result: Result
    detail: str
    rejection: Rejection | None = None
    abort: Abort | None = None

    def __str__(self) -> str:
        return f"{self.result}: {self.detail}"


def _plain(item: object) -> object:
    return dict(item) if isinstance(item, dict) else list(item) if isinstance(item, tuple) else item


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of an operation; `status` is the final DIMSE status as four hex digits, if there was one."""

    operation: str
    peer: str | None
    result: Result
    detail: str = ""
    status: str | None = None
    rejection: Rejection | None = None
    abort: Abort | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values; rejection and abort only where there was one."""
        values: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in ("rejection", "abort"):
                if value is not None:
                    values[each.name] = {part.name: getattr(value, part.name) for part in fields(value)}
            elif isinstance(value, tuple):
                values[each.name] = [_plain(item) for item in value]
            else:
                values[each.name] = dict(value) if isinstance(value, dict) else value
        values["result"] = str(self.result)
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryOutcome(Outcome):
    """The outcome of a C-FIND: each match as keyword -> text, and how many pending responses came.

    `doubtful` tells for each match, in the same order, what is doubtful in its text; nothing, as a rule.
    """

    matches: tuple[dict[str, str], ...] = ()
    pending: int = 0
    doubtful: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowOutcome(Outcome):
    """What an instance in memory says of itself, as keyword -> text, and what is doubtful in that text."""

    attributes: dict[str, str] = field(default_factory=dict)
    doubtful: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveOutcome(Outcome):
    """The outcome of a C-MOVE: the counts as the peer last told them, and what really arrived."""

    completed: int | None = None
    failed: int | None = None
    warning: int | None = None
    remaining: int | None = None
    arrived: int = 0
    missing: int | None = None
    failed_instances: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeOutcome(Outcome):
    """The outcome of decoding a frame: its stored values, little endian, and what they are."""

    pixels: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOutcome(Outcome):
    """The outcome of rendering: the picture in eight bits, its annotations' texts, and what is not as asked for."""

    rendering: dict[str, Any] | None = None
    texts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatesOutcome(Outcome):
    """The presentation states in memory that are for an image."""

    states: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOutcome(Outcome):
    """The outcome of C-STOREs: SOP Instance UIDs by what became of them, and each status that came."""

    stored: tuple[str, ...] = ()
    stored_with_warning: tuple[str, ...] = ()
    not_stored: tuple[str, ...] = ()
    statuses: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreationOutcome(StoreOutcome):
    """The outcome of creating an instance, and of storing it where a peer was named."""

    SOPInstanceUID: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterOutcome(Outcome):
    """What the user is shown of a printer: its last status, whether the association is open, and its events."""

    printer: dict[str, Any] = field(default_factory=dict)
    events: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewOutcome(Outcome):
    """The films as they would come out of the printer; nothing is printed."""

    films: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintOutcome(Outcome):
    """What became of each film, and what is left in the printer."""

    films: tuple[dict[str, Any], ...] = ()
    films_printed: int = 0
    films_failed: int = 0
    events: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    not_deleted: tuple[str, ...] = ()
