"""The services of an archive as sequences of responses: C-STORE, C-FIND, C-MOVE and C-GET, without a socket.

Invariants: a service is a generator of `Response`; its caller sends each one before requesting the next,
and whether the peer has cancelled is asked before each step. So faults can come between any two replies, and a test
needs no network. What a sub-operation needs of the destination is a `Link`: C-MOVE obtains it by a `Dial`, C-GET
has one, the association of the request.

References
----------
PS3.4 B.2.3 (C-STORE), C.4.1 (C-FIND), C.4.2 (C-MOVE), C.4.3 (C-GET); PS3.7 9.1, Annex C.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pydicom.uid import UID

from dicom_simulators.archive.file_instance import first_value
from dicom_simulators.archive.find import Responder, find_matches
from dicom_simulators.archive.holdings import HeldInstance, Holdings, read_header
from dicom_simulators.archive.information_model import (
    Behaviour,
    FindRequest,
    InformationModel,
    Level,
    MoveRequest,
    Refusal,
    read_find,
    read_move,
)
from dicom_simulators.archive.move import (
    STATUS_CANCELLED,
    STATUS_DESTINATION_UNKNOWN,
    STATUS_PENDING,
    STATUS_SUCCESS,
    Batch,
    Proposal,
    SubOperations,
    choose_syntax,
    plan,
    select,
)
from dicom_simulators.association import Response
from dicom_simulators.encoding import DataSetError, Elements, Encoding, read_elements, tag_of, transcode, values
from dicom_wire.command import Absent
from dicom_wire.command_values import Value

STATUS_DOES_NOT_MATCH_SOP_CLASS = 0xA900
STATUS_CANNOT_UNDERSTAND = 0xC000
STATUS_UNABLE_TO_PROCESS = 0xC001
MOST_COMMENT = 64
"""The characters of Error Comment (0000,0902), VR LO."""

Address = tuple[str, int]
IsCancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """A C-FIND-RQ, C-MOVE-RQ or C-GET-RQ, as a service sees it.

    Attributes
    ----------
    model : InformationModel
        That of the SOP Class.
    identifier : bytes
        As received.
    transfer_syntax : str
        UID of the one accepted.
    encoding : Encoding
        Of the responses.
    behaviour : Behaviour
        What was agreed on this association.
    answers_in : tuple of str
        The Specific Character Set to answer in, if one is wanted.
    """

    model: InformationModel
    identifier: bytes
    transfer_syntax: str
    encoding: Encoding
    behaviour: Behaviour
    answers_in: tuple[str, ...] = ()


class Link(Protocol):
    """An association on which C-STORE sub-operations are performed."""

    def accepted(self, sop_class: str) -> tuple[str, ...]:
        """Give the transfer syntaxes in which instances of a SOP Class may be sent."""

    def store(self, instance: HeldInstance, transfer_syntax: str, data_set: bytes) -> int | None:
        """Send one instance; give the status of the response, None if none came and none will."""

    def close(self) -> None:
        """End the association."""


Dial = Callable[[str, tuple[Proposal, ...]], Link | None]
"""Opens an association with the destination of this AE title; None if it does not come about."""


Wanted = TypeVar("Wanted", FindRequest, MoveRequest)


def refusal_response(refusal: Refusal) -> Response:
    """Word a refusal: status, Error Comment and Offending Element (PS3.4 C.4.1.1.4, C.4.2.1.5)."""
    elements: dict[str, Value | Absent] = {"ErrorComment": refusal.comment}
    if refusal.offending:
        elements["OffendingElement"] = refusal.offending
    return Response(refusal.status, None, elements)


def _read(
    asked: QueryRequest, judge: Callable[[InformationModel, Elements, Behaviour], Wanted | Refusal]
) -> Wanted | Response:
    """Read the Identifier and judge it; give the response that refuses it where it is wrong."""
    try:
        identifier = read_elements(asked.identifier, asked.transfer_syntax)
    except DataSetError as error:
        return Response(STATUS_UNABLE_TO_PROCESS, None, {"ErrorComment": f"Identifier: {error}"[:MOST_COMMENT]})
    request = judge(asked.model, identifier, asked.behaviour)
    return refusal_response(request) if isinstance(request, Refusal) else request


def store(holdings: Holdings, instance: HeldInstance, abstract_syntax: str = "") -> Response:
    """Keep a received instance (PS3.4 B.2.3).

    The data set must be readable up to Pixel Data, and name the SOP Class and SOP Instance that the command names, and
    its study and series; the command must name the SOP Class of its presentation context, where that is given.
    """
    if abstract_syntax and instance.SOPClassUID != abstract_syntax:
        comment = "SOP Class of command and presentation context differ"
        return Response(STATUS_DOES_NOT_MATCH_SOP_CLASS, None, {"ErrorComment": comment})
    try:
        header = read_header(instance)
    except DataSetError as error:
        return Response(STATUS_CANNOT_UNDERSTAND, None, {"ErrorComment": str(error)[:MOST_COMMENT]})
    for keyword, wanted in (("SOPClassUID", instance.SOPClassUID), ("SOPInstanceUID", instance.SOPInstanceUID)):
        element = header.get(tag_of(keyword))
        if element is None or values(element) != (wanted,):
            comment = f"{keyword} of data set and command differ"
            return Response(
                STATUS_DOES_NOT_MATCH_SOP_CLASS, None, {"ErrorComment": comment, "OffendingElement": (tag_of(keyword),)}
            )
    for level in (Level.STUDY, Level.SERIES):
        if not first_value(header, level.unique_key):  # it could be neither found nor retrieved
            comment = f"no unique key of level {level.value} in the data set"
            return Response(
                STATUS_DOES_NOT_MATCH_SOP_CLASS,
                None,
                {"ErrorComment": comment, "OffendingElement": (level.unique_key,)},
            )
    holdings.add(instance, header)
    return Response(STATUS_SUCCESS)


def find(
    holdings: Holdings, ae_title: str, query: QueryRequest, is_cancelled: IsCancelled
) -> Generator[Response, None, None]:
    """Answer a C-FIND-RQ: a pending response for each match, then the final one (PS3.4 C.4.1.3)."""
    request = _read(query, read_find)
    if isinstance(request, Response):
        yield request
        return
    responder = Responder(request, ae_title, query.encoding, query.answers_in)
    with holdings.unchanging():
        matches = [responder.identifier(entity) for entity in find_matches(holdings, request, ae_title)]
    for match in matches:
        if is_cancelled():
            yield Response(STATUS_CANCELLED)
            return
        yield Response(responder.status, match)
    yield Response(STATUS_CANCELLED if is_cancelled() else STATUS_SUCCESS)


def move(
    holdings: Holdings,
    query: QueryRequest,
    destination: str,
    knows: Callable[[str], bool],
    dial: Dial,
    is_cancelled: IsCancelled,
) -> Generator[Response, None, None]:
    """Answer a C-MOVE-RQ (PS3.4 C.4.2.3).

    One pending response goes out before each sub-operation, so that the first says how many there are. `knows` tells
    whether there is an address for a destination, `is_cancelled` whether a C-CANCEL-RQ has come.
    """
    request = _read(query, read_move)
    if isinstance(request, Response):
        yield request
        return
    if not knows(destination):
        yield Response(
            STATUS_DESTINATION_UNKNOWN, None, {"ErrorComment": f"no such destination: {destination}"[:MOST_COMMENT]}
        )
        return
    instances = select(holdings, request)
    operations = SubOperations(len(instances))
    for batch in plan(instances):
        yield from _send(batch, operations, destination, dial, is_cancelled)
        if operations.remaining and is_cancelled():
            yield _final_response(operations, STATUS_CANCELLED, query.encoding)
            return
    yield _final_response(operations, operations.final_status(), query.encoding)


def _send(
    batch: Batch, operations: SubOperations, destination: str, dial: Dial, is_cancelled: IsCancelled
) -> Generator[Response, None, None]:
    """Send one batch over one association, until it is done or cancelled."""
    link = dial(destination, batch.proposals)
    try:
        yield from _perform(batch.instances, operations, link, is_cancelled)
    finally:
        if link is not None:
            link.close()


def get(
    holdings: Holdings, query: QueryRequest, link: Link, is_cancelled: IsCancelled
) -> Generator[Response, None, None]:
    """Answer a C-GET-RQ (PS3.4 C.4.3.3): as C-MOVE, but over the association of the request."""
    request = _read(query, read_move)
    if isinstance(request, Response):
        yield request
        return
    instances = select(holdings, request)
    operations = SubOperations(len(instances))
    yield from _perform(instances, operations, link, is_cancelled)
    status = STATUS_CANCELLED if operations.remaining else operations.final_status()
    yield _final_response(operations, status, query.encoding)


def _perform(
    instances: Iterable[HeldInstance], operations: SubOperations, link: Link | None, is_cancelled: IsCancelled
) -> Generator[Response, None, None]:
    """Perform the sub-operations for these instances, until they are done or cancelled."""
    for instance in instances:
        if link is not None:
            yield Response(STATUS_PENDING, None, dict(operations.elements(STATUS_PENDING)))
        if is_cancelled():
            return
        status, fault = _store_at(link, instance) if link is not None else (None, "no association with the destination")
        operations.count(instance.SOPInstanceUID, status, fault)


def _store_at(link: Link, instance: HeldInstance) -> tuple[int | None, str]:
    """Perform one sub-operation; without a status, why it cannot be performed."""
    held = instance.transfer_syntax
    accepted = link.accepted(instance.SOPClassUID)
    chosen = choose_syntax(accepted, held)
    if chosen is None:
        return None, f"not accepted by the destination: {UID(held if accepted else instance.SOPClassUID).name}"
    try:
        data_set: bytes | None = instance.data_set
    except OSError:
        return None, "a file of the archive cannot be read any more"
    if data_set is not None and chosen != held:
        data_set = transcode(data_set, held, chosen)
    if data_set is None:
        return None, f"cannot be converted: {UID(held).name}"
    return link.store(instance, chosen, data_set), ""


def _final_response(operations: SubOperations, status: int, encoding: Encoding) -> Response:
    elements: dict[str, Value | Absent] = {**operations.elements(status)}
    if operations.comment:
        elements["ErrorComment"] = operations.comment[:MOST_COMMENT]
    return Response(status, operations.identifier(status, encoding), elements)
