"""One operation on the wire: its request, and what came back for it; shared by the checks of query and retrieve.

References
----------
PS3.7 9.1.2 and 9.1.4 (C-FIND and C-MOVE: pending and final responses), 9.3.2.2 (Message ID Being Responded To).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import PlainValidator, WithJsonSchema

from dicom_conformance.judge.checks.choice import message_pointer
from dicom_conformance.trace import Conversation, DataSet, SeenMessage, Trace, read_attributes
from dicom_wire.items import SOPClassExtendedNegotiation
from dicom_wire.pdu import AAssociateAC, AAssociateRQ

NO_DATA = DataSet()
QUERY_EXTENSIONS: Final = (
    "relational", "date_time", "fuzzy", "time_zone", "multi_frame", "empty_value", "multiple_value"
)  # fmt: skip
"""The bytes of the Service-class-application-information of C-FIND, in their order (PS3.4 Table C.5-1)."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its responses, in the order in which they came."""

    conversation: Conversation
    request: SeenMessage
    responses: tuple[SeenMessage, ...]

    @property
    def pending(self) -> tuple[SeenMessage, ...]:
        """The responses with a status of the class Pending."""
        return tuple(one for one in self.responses if not one.is_final_response)

    @property
    def final(self) -> SeenMessage | None:
        """The first response that is final; None where none came."""
        return next((one for one in self.responses if one.is_final_response), None)

    @property
    def keys(self) -> DataSet:
        """The Identifier of the request."""
        return identifier(self.request)

    @property
    def extensions(self) -> tuple[bytes | None, bytes | None]:
        """What extended negotiation asked for its SOP Class, and what was answered; None where nothing was said."""
        sop_class = str(self.request.command.get("AffectedSOPClassUID") or "")
        return _information(self.conversation.request, sop_class), _information(self.conversation.accept, sop_class)

    @property
    def granted(self) -> frozenset[str]:
        """The extensions of a query that were asked for and granted."""
        asked, answered = (said or b"" for said in self.extensions)
        return frozenset(name for name, *bits in zip(QUERY_EXTENSIONS, asked, answered, strict=False) if bits == [1, 1])

    @property
    def place(self) -> str:
        """Point at the final response; without one at the last response, or at the request that none came for."""
        shown = self.final or (self.responses or (self.request,))[-1]
        return message_pointer(self.conversation, shown)

    @property
    def ending(self) -> str:
        """The final status as reports print it, or how the association ended without one."""
        final = self.final
        if final is None or final.status is None:
            return f"no final response; the association is {self.conversation.end}"
        return f"{final.name} {final.status:04X}"


def _information(pdu: AAssociateRQ | AAssociateAC | None, sop_class: str) -> bytes | None:
    items = pdu.find(SOPClassExtendedNegotiation) if pdu is not None else ()
    return next((bytes(item.information) for item in items if item.sop_class == sop_class), None)


def identifier(message: SeenMessage) -> DataSet:
    """Read the data set of a message; one without elements where there is none."""
    if message.data_set is None or message.transfer_syntax is None:
        return NO_DATA
    return read_attributes(message.data_set, message.transfer_syntax)


def exchanges(trace: Trace, names: tuple[str, ...], requestor: str | None, acceptor: str | None) -> list[Exchange]:
    """Give the operations of some requests (`C-FIND-RQ`), by the time of the request."""
    return [
        Exchange(one, message, _responses(one, message))
        for one, message in trace.messages(requestor, acceptor)
        if message.name in names
    ]


def _responses(conversation: Conversation, request: SeenMessage) -> tuple[SeenMessage, ...]:
    number, name = request.command.get("MessageID"), request.name.replace("-RQ", "-RSP")
    found = []
    begun = False
    for message in conversation.messages:
        if message is request:
            begun = True
        elif begun and message.name == request.name and message.command.get("MessageID") == number:
            break  # the Message ID was used again
        elif begun and message.name == name and message.command.get("MessageIDBeingRespondedTo") == number:
            found.append(message)
    return tuple(found)


def _which(value: Any) -> int | str:
    text = str(value).strip()
    if text == "latest":
        return text
    if text.isdigit() and int(text) > 0:
        return int(text)
    raise ValueError("a request is latest, or a number counted from 1")


Which = Annotated[int | str, PlainValidator(_which), WithJsonSchema({"type": ["string", "integer"], "format": "which"})]
"""Which request: the latest, or a number counted from 1."""


def chosen(found: list[Exchange], which: int | str) -> Exchange | None:
    """Choose one operation; None where it was not asked for."""
    if which == "latest":
        return found[-1] if found else None
    return found[int(which) - 1] if int(which) <= len(found) else None
