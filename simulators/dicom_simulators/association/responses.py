"""What a DIMSE response says: its status, its command set, and whether it answers the request that is outstanding."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dicom_simulators.association.negotiation import Context
from dicom_simulators.encoding import IMPLICIT_VR_LITTLE_ENDIAN
from dicom_simulators.faults import BEHIND_ALL, Action, RespondAction
from dicom_wire import CommandDataSetType, CommandSet, Message, command_set
from dicom_wire.command import Absent
from dicom_wire.command_values import Value

SUCCESS = 0x0000
CANCEL = 0xFE00
PENDING = 0xFF00
PENDING_WITH_WARNING = 0xFF01
UNRECOGNIZED_OPERATION = 0x0211
RESOURCE_LIMITATION = 0x0213
OUT_OF_RESOURCES = {"C-STORE-RQ": 0xA700, "C-FIND-RQ": 0xA700, "C-MOVE-RQ": 0xA701, "C-GET-RQ": 0xA701}
"""PS3.4 Tables B.2-1, C.4-1, C.4-2 and C.4-3: refused, out of resources."""
SOP_CLASS_NOT_SUPPORTED = 0x0122

# request elements that the response repeats, where they are there (PS3.7 9.3, 10.3)
_REPEATED = {
    "AffectedSOPClassUID": "AffectedSOPClassUID",
    "AffectedSOPInstanceUID": "AffectedSOPInstanceUID",
    "RequestedSOPClassUID": "AffectedSOPClassUID",
    "RequestedSOPInstanceUID": "AffectedSOPInstanceUID",
    "EventTypeID": "EventTypeID",
    "ActionTypeID": "ActionTypeID",
}

Elements = Mapping[str, Value | Absent]


def is_pending(status: int) -> bool:
    """Tell whether more responses follow (PS3.7 Annex C: FF00, FF01)."""
    return status in (PENDING, PENDING_WITH_WARNING)


def is_followed(request: str, status: int) -> bool:
    """Tell whether more responses follow one; only C-FIND, C-GET and C-MOVE have more than one (PS3.7 9.1)."""
    return request in ("C-FIND-RQ", "C-GET-RQ", "C-MOVE-RQ") and is_pending(status)


@dataclass(frozen=True, slots=True)
class Response:
    """One response of a service.

    Attributes
    ----------
    status : int
    data_set : bytes or None
        Encoded in the context's transfer syntax.
    elements : mapping of keyword to value
        Further command elements (NumberOfRemainingSuboperations, ErrorComment ...); they override the driver's own.
    """

    status: int
    data_set: bytes | None = None
    elements: Elements = field(default_factory=dict)


def without_memory(request: str = "C-STORE-RQ") -> Response:
    """Refuse a request for which there is no memory.

    Raises
    ------
    KeyError
        Its service has no status for that.
    """
    status = RESOURCE_LIMITATION if request.startswith("N-") else OUT_OF_RESOURCES[request]
    return Response(status, elements={"ErrorComment": "no memory for the data set"})


def refused_for_memory(request: str) -> Generator[Response, None, None]:
    """Answer a request for which there is no memory; raises as `without_memory`."""
    yield without_memory(request)


def unrecognized() -> Generator[Response, None, None]:
    """Answer a request for an operation that is not served (PS3.7 Annex C: 0211)."""
    yield Response(UNRECOGNIZED_OPERATION)


def summary(last: Response | None, count: int) -> tuple[str, str]:
    """Give the final status of a request, four digits, and in words what else is to be said of its responses."""
    if last is None or is_pending(last.status):
        return "", f"{count} responses, none of them final"
    comment = last.elements.get("ErrorComment")
    comment = comment.decode("latin-1") if isinstance(comment, bytes) else comment  # of a fault: as it was given
    said = [f"{count - 1} pending"] if count > 1 else []
    said += [comment] if isinstance(comment, str) else []
    return f"{last.status:04X}", ", ".join(said)


def apply_responds(
    responses: Iterator[Response], actions: list[Action], transfer_syntax: str = IMPLICIT_VR_LITTLE_ENDIAN
) -> Iterator[Response]:
    """Yield a service's responses as the `Respond` actions change them; the first that fits a response decides."""
    wanted = [action for action in actions if isinstance(action, RespondAction)]
    if not any(action.after_pending for action in wanted) and wanted and not wanted[0].goes_on:
        yield Response(wanted[0].status, _data_set(wanted[0], transfer_syntax), dict(wanted[0].elements))
        return
    for number, response in enumerate(responses):
        due = next((w for w in wanted if w.after_pending == number or not is_pending(response.status)), None)
        if due is None:
            yield response
        elif due.goes_on and (due.after_pending == number or (due.after_pending == BEHIND_ALL and _ends(response))):
            said = _data_set(due, transfer_syntax, response.data_set)
            yield Response(due.status, said, {**response.elements, **dict(due.elements)})
        elif due.goes_on:
            yield response
        else:
            elements = {**_counts(response, due.status), **dict(due.elements)}
            yield Response(due.status, _data_set(due, transfer_syntax), elements)
            return


def _ends(response: Response) -> bool:
    """Tell whether no response follows."""
    return not is_pending(response.status)


def _data_set(due: RespondAction, transfer_syntax: str, own: bytes | None = None) -> bytes | None:
    """Return the data set that a `Respond` action gives, else the service's own."""
    return own if due.data_set is None else due.data_set(transfer_syntax)


def _counts(response: Response, status: int) -> dict[str, Value | Absent]:
    """Return the counts of sub-operations, which a status in the place of another keeps.

    References
    ----------
    PS3.4 C.4.2.1.6: the number of remaining sub-operations stands in pending and cancel responses
    """
    dropped = () if is_pending(status) or status == CANCEL else ("NumberOfRemainingSuboperations",)
    return {key: v for key, v in response.elements.items() if key.endswith("Suboperations") and key not in dropped}


def answer_to(request: CommandSet, response: Response) -> CommandSet:
    """Build the command set of a response to a request."""
    elements: dict[str, Value | Absent] = {"MessageIDBeingRespondedTo": request.number("MessageID") or 0}
    for asked, answered in _REPEATED.items():
        value = request.get(asked)
        if value is not None:
            elements.setdefault(answered, value)
    elements["Status"] = response.status
    present = CommandDataSetType.NULL if response.data_set is None else CommandDataSetType.PRESENT
    elements["CommandDataSetType"] = int(present)
    elements.update(response.elements)
    comment = elements.get("ErrorComment")
    if isinstance(comment, str):
        elements["ErrorComment"] = _one_value(comment)
    name = request.message.removesuffix("-RQ") + "-RSP"
    return command_set(name, **elements)


def _one_value(comment: str) -> str:
    """Return a comment as one value of LO: it may repeat what the peer sent, with control characters or a backslash."""
    return "".join(one if one.isascii() and one.isprintable() and one != "\\" else "?" for one in comment)


def mismatch(response: Message, awaited: str, message_id: int | None) -> str:
    """Say why this is not a response to the outstanding request; empty if it is (PS3.7 9.3, 10.3).

    In which presentation context it came is for `misplacement` to say.
    """
    command = response.command
    if command.message != awaited:
        return f"{command.message} instead of {awaited}"
    if command.number("MessageIDBeingRespondedTo") != message_id:
        return f"{awaited} to Message ID {command.get('MessageIDBeingRespondedTo')!r}, but {message_id} is outstanding"
    return ""


@dataclass(frozen=True, slots=True)
class Misplacement:
    """A response in another presentation context than its request.

    Attributes
    ----------
    detail : str
        Which context is which.
    tolerable : bool
        Whether both contexts have the same abstract syntax: no clause demands that request and response share one
        context, and some peers answer in the first that they accepted.
    """

    detail: str
    tolerable: bool


def misplacement(response: Message, context_id: int, contexts: Mapping[int, Context]) -> Misplacement | None:
    """Hold the context of a response against that of its request, both of them accepted; None where it is the same."""
    if response.context_id == context_id:
        return None
    came, asked = (contexts.get(number) for number in (response.context_id, context_id))
    name = response.command.message
    detail = f"{name} in presentation context {response.context_id}, but the request was in {context_id}"
    return Misplacement(
        detail, came is not None and asked is not None and came.abstract_syntax == asked.abstract_syntax
    )


ANY_INSTANCE = "*"


@dataclass(frozen=True, slots=True)
class Answers:
    """The status with which a storage SCP answers each instance.

    Parameters
    ----------
    statuses : Mapping
        SOP Instance UID, the number of the C-STORE-RQ (from 1, in the order in which they come), or ``*`` for any
        other, to status.

    References
    ----------
    PS3.4 B.2.3 (Table B.2-1); PS3.7 9.1.1.1.9
    """

    statuses: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, given: object, place: str = "answers") -> Answers:
        """Read a mapping of UIDs or numbers to statuses, four hexadecimal digits each.

        Raises
        ------
        ValueError
        """
        if given is None:
            return cls()
        if not isinstance(given, Mapping):
            raise ValueError(f"{place}: expected a mapping of SOP Instance UIDs to statuses, not {given!r}")
        return cls(MappingProxyType({str(uid): _status(value, f"{place}.{uid}") for uid, value in given.items()}))

    def status(self, uid: str, number: int, default: int) -> int:
        """Give the status of an instance, which came as the C-STORE-RQ of that number."""
        known = (self.statuses[key] for key in (uid, str(number), ANY_INSTANCE) if key in self.statuses)
        return next(known, default)


def _status(value: object, place: str) -> int:
    text = str(value)
    try:
        status = int(text, 16)
    except ValueError:
        status = -1
    if len(text) != 4 or not 0 <= status <= 0xFFFF:
        raise ValueError(f"{place}: expected a status of four hexadecimal digits, not {value!r}")
    return status
