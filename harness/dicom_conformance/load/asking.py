"""The operations of a load on an association that is there: each is one DIMSE request and all its responses.

References
----------
PS3.4 A.4 (C-ECHO), B.2 (C-STORE), C.4.1 to C.4.3 (C-FIND, C-MOVE, C-GET); PS3.7 9.1
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dicom_simulators.association import VERIFICATION, Context, Established, in_words, is_followed
from dicom_simulators.encoding import encode_attributes
from dicom_simulators.scu import Receiver
from dicom_wire import Message, StatusClass, status_class

__all__ = ["FIND", "GET", "MODELS", "MOVE", "NO_CONTEXT", "Answer", "Asked", "Held"]

FIND = "1.2.840.10008.5.1.4.1.2.2.1"
MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
GET = "1.2.840.10008.5.1.4.1.2.2.3"
"""The SOP Classes of the Study Root model (PS3.4 C.6.2.3)."""
MODELS: Mapping[str, Mapping[str, str]] = {
    "study_root": {"find": FIND, "move": MOVE, "get": GET},
    "patient_root": {
        "find": "1.2.840.10008.5.1.4.1.2.1.1",
        "move": "1.2.840.10008.5.1.4.1.2.1.2",
        "get": "1.2.840.10008.5.1.4.1.2.1.3",
    },
}
"""The SOP Classes by model and operation (PS3.4 C.6.1.3, C.6.2.3)."""
NO_CONTEXT = "no presentation context accepted"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request.

    Attributes
    ----------
    status : int or None
        Of the last response; None = it did not come.
    failure : str
        Why it failed: the status as four hex digits, or how the association ended; empty where it did not.
    size_bytes : int
        Of the data sets, in both directions.
    responses : tuple of Message
        All responses, where they were wanted.
    matches : int
        Pending responses.
    retrieved : int
        Sub-operations that succeeded, as the last response has it (PS3.7 C.4.2.1, C.4.3.1).
    """

    status: int | None
    failure: str = ""
    size_bytes: int = 0
    responses: tuple[Message, ...] = ()
    matches: int = 0
    retrieved: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to be sent.

    Attributes
    ----------
    message : str
        ``C-FIND-RQ``.
    context : Context or None
        Where it is to be sent; None = none was accepted.
    elements : mapping
        Of the command set, besides those that every request has.
    """

    message: str
    context: Context | None
    sop_class: str
    data_set: bytes | None = None
    elements: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Held:
    """An association that is open."""

    requestor: Receiver
    established: Established

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.requestor.ended is None

    def echo(self) -> Answer:
        """Send C-ECHO."""
        return self.ask(Asked("C-ECHO-RQ", self.established.find(VERIFICATION), VERIFICATION))

    def store(self, sop_class: str, transfer_syntax: str, instance: str, data_set: bytes) -> Answer:
        """Send C-STORE."""
        context = self.established.find(sop_class, transfer_syntax)
        elements: dict[str, str | int] = {"AffectedSOPInstanceUID": instance, "Priority": 0}
        return self.ask(Asked("C-STORE-RQ", context, sop_class, data_set, elements))

    def find(self, keys: Mapping[str, str], wanted: bool = False, model: str = "study_root") -> Answer:
        """Send C-FIND in a model of `MODELS`; keep the responses where they are wanted."""
        return self.ask(self._query("C-FIND-RQ", MODELS[model]["find"], keys), wanted)

    def move(self, keys: Mapping[str, str], destination: str, model: str = "study_root") -> Answer:
        """Send C-MOVE in a model of `MODELS`."""
        return self.ask(self._query("C-MOVE-RQ", MODELS[model]["move"], keys, MoveDestination=destination))

    def get(self, keys: Mapping[str, str], model: str = "study_root") -> Answer:
        """Send C-GET in a model of `MODELS`; what it brings goes to the requestor's `receive`."""
        return self.ask(self._query("C-GET-RQ", MODELS[model]["get"], keys))

    def _query(self, message: str, sop_class: str, keys: Mapping[str, str], **elements: str) -> Asked:
        context = self.established.find(sop_class)
        identifier = encode_attributes(keys, context.transfer_syntax) if context is not None else None
        return Asked(message, context, sop_class, identifier, {"Priority": 0, **elements})

    def ask(self, asked: Asked, wanted: bool = False) -> Answer:
        """Send a request and read its responses."""
        if asked.context is None:
            return Answer(None, NO_CONTEXT)
        command = self.requestor.command(
            asked.message, asked.data_set, AffectedSOPClassUID=asked.sop_class, **asked.elements
        )
        size_bytes, count, kept = len(asked.data_set or b""), 0, []
        last: Message | None = None
        for last in self.requestor.request(Message(asked.context.context_id, command, asked.data_set)):
            size_bytes += len(last.data_set or b"")
            count += 1
            if wanted:
                kept.append(last)
        status = last.command.number("Status") if last is not None else None
        if last is None or status is None or is_followed(asked.message, status):
            ended = self.requestor.ended
            return Answer(None, in_words(ended) if ended is not None else "no response", size_bytes)
        return Answer(status, _failure(status), size_bytes, tuple(kept), count - 1, _retrieved(last))


def _retrieved(response: Message) -> int:
    numbers = (response.command.number(f"NumberOf{kind}Suboperations") for kind in ("Completed", "Warning"))
    return sum(number or 0 for number in numbers)


def _failure(status: int) -> str:
    kind = status_class(status)
    return "" if kind in (StatusClass.SUCCESS, StatusClass.WARNING) else f"{status:04X}"
