"""What the workstation tells its user of an operation.

Invariants: an outcome is plain data, the same for each way of asking; its `result` is one word of a closed list;
nothing is told as better than it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from typing import Final, Self, TypeAlias

Progress: TypeAlias = Callable[[Mapping[str, object]], None]
"""Called with plain values each time that an operation has got further."""

LEFT_OUT_IF_NONE: Final = {"left_out_if_none": True}
_SPREAD: Final = {"spread": True}


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
    INTERNAL_ERROR = "internal_error"


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


def plain(value: object) -> object:
    """Return a value as JSON knows values: records as dicts, tuples as lists, words as text."""
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        found: dict[str, object] = {}
        for each in fields(value):
            found.update(_entries(each, getattr(value, each.name)))
        return found
    return value


def _entries(record_field: Field[object], value: object) -> dict[str, object]:
    """Return the entries that a field of a record becomes: one, none or, where it is spread, those of the field."""
    if value is None and (record_field.metadata.keys() & {"left_out_if_none", "spread"}):
        return {}
    entry = plain(value)
    if "spread" in record_field.metadata and isinstance(entry, dict):
        return entry
    return {record_field.name: entry}


class Record:
    """A part of an outcome."""

    __slots__ = ()

    def as_dict(self) -> dict[str, object]:
        """Return plain values."""
        found = plain(self)
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Picture(Record):
    """A picture in eight bits; `data` in C order, by pixel where there are three samples (RGB)."""

    rows: int
    columns: int
    samples: int
    data: bytes


@dataclass(frozen=True, slots=True)
class StoredPixels(Record):
    """The stored values of one frame: `data` is little endian, in C order."""

    rows: int
    columns: int
    samples: int
    bits: int
    signed: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class StateSummary(Record):
    """What a user chooses a presentation state by; `missing` are the images that it is for and that are not loaded."""

    SOPInstanceUID: str
    ContentLabel: str
    ContentDescription: str
    ContentCreatorName: str
    GraphicLayerDescription: str
    missing: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PrinterEvent(Record):
    """One report of a printer: of itself, or of the print job that it names."""

    of: str
    status: str
    info: str
    at: str
    print_job: str | None = field(default=None, metadata=LEFT_OUT_IF_NONE)


@dataclass(frozen=True, slots=True)
class PrinterDetails(Record):
    """What a printer last told of itself; None where it told nothing."""

    status: str | None = None
    status_info: str | None = None
    printer_name: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial_number: str | None = None
    software: str | None = None


@dataclass(frozen=True, slots=True)
class PrinterState(Record):
    """A printer as the user sees it: whether its association is open, and what it told, if it was ever chosen."""

    name: str | None
    connected: bool
    details: PrinterDetails | None = field(default=None, metadata=_SPREAD)


@dataclass(frozen=True, slots=True)
class PreviewFilm(Picture):
    """A film as it would come out of the printer."""

    number: int = field(default=1, kw_only=True)


@dataclass(frozen=True, slots=True)
class FilmResult(Record):
    """What became of one film; `status` is that of the response that decided about it."""

    number: int
    film_box: str | None = None
    boxes: int | None = None
    status: str | None = None
    print_job: str | None = None
    execution_status: str | None = None
    execution_status_info: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Record):
    """The outcome of an operation; `status` is the final DIMSE status as four hex digits, if there was one."""

    operation: str = ""
    peer: str | None = None
    result: Result
    detail: str = ""
    status: str | None = None
    rejection: Rejection | None = field(default=None, metadata=LEFT_OUT_IF_NONE)
    abort: Abort | None = field(default=None, metadata=LEFT_OUT_IF_NONE)

    @classmethod
    def refused(cls, peer: str | None, detail: str) -> Self:
        """Return the outcome of what was not even begun, and why."""
        return cls(peer=peer, result=Result.REFUSED, detail=detail)

    @classmethod
    def ended(cls, peer: str | None, end: OperationEndedError) -> Self:
        """Return the outcome of an operation that ended before the final response."""
        return cls(peer=peer, result=end.result, detail=end.detail).ended_by(end)

    def ended_by(self, end: OperationEndedError | None) -> Self:
        """Return the outcome with the fields of the rejection or abort that ended the operation, if one did."""
        return self if end is None else replace(self, rejection=end.rejection, abort=end.abort)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryOutcome(Outcome):
    """The outcome of a C-FIND: each match as keyword -> text, and how many pending responses came.

    `doubtful` tells for each match, in the same order, what is doubtful in its text; nothing, as a rule.
    """

    matches: tuple[Mapping[str, str], ...] = ()
    pending: int = 0
    doubtful: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowOutcome(Outcome):
    """What an instance in memory says of itself, as keyword -> text, and what is doubtful in that text.

    `warnings` says what is wrong with it although it is held, and why it cannot be displayed if that is so.
    """

    attributes: Mapping[str, str] = field(default_factory=dict)
    doubtful: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveOutcome(Outcome):
    """The outcome of a C-MOVE: the counts as the peer last told them, and what really arrived.

    `display_protocol` is the one that a whole study got, or none, if any are configured.
    """

    completed: int | None = None
    failed: int | None = None
    warning: int | None = None
    remaining: int | None = None
    arrived: int = 0
    missing: int | None = None
    failed_instances: tuple[str, ...] = ()
    display_protocol: str | None = field(default=None, metadata=LEFT_OUT_IF_NONE)
    display_protocol_why: str | None = field(default=None, metadata=LEFT_OUT_IF_NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeOutcome(Outcome):
    """The outcome of decoding a frame: its stored values, and what they are."""

    pixels: StoredPixels | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOutcome(Outcome):
    """The outcome of rendering: the picture, its annotations' texts, and what is not as asked for."""

    rendering: Picture | None = None
    texts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatesOutcome(Outcome):
    """The presentation states in memory that are for an image."""

    states: tuple[StateSummary, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOutcome(Outcome):
    """The outcome of C-STOREs: SOP Instance UIDs by what became of them, and each status that came."""

    stored: tuple[str, ...] = ()
    stored_with_warning: tuple[str, ...] = ()
    not_stored: tuple[str, ...] = ()
    statuses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreationOutcome(StoreOutcome):
    """The outcome of creating an instance, and of storing it where a peer was named."""

    SOPInstanceUID: str | None = None
    warnings: tuple[str, ...] = ()

    def after_storing(self, sent: StoreOutcome) -> Self:
        """Return the outcome of creating and then storing: that of storing, unless the storing went well."""
        return replace(
            self,
            peer=sent.peer,
            result=self.result if sent.result is Result.SUCCESS else sent.result,
            detail="; ".join(text for text in (sent.detail, self.detail) if text),
            status=sent.status,
            rejection=sent.rejection,
            abort=sent.abort,
            stored=sent.stored,
            stored_with_warning=sent.stored_with_warning,
            not_stored=sent.not_stored,
            statuses=sent.statuses,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterOutcome(Outcome):
    """What the user is shown of a printer, and what it reported."""

    printer: PrinterState = PrinterState(None, False)
    events: tuple[PrinterEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewOutcome(Outcome):
    """The films as they would come out of the printer; nothing is printed."""

    films: tuple[PreviewFilm, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintOutcome(Outcome):
    """What became of each film, and what is left in the printer."""

    films: tuple[FilmResult, ...] = ()
    films_printed: int = 0
    films_failed: int = 0
    events: tuple[PrinterEvent, ...] = ()
    warnings: tuple[str, ...] = ()
    not_deleted: tuple[str, ...] = ()
