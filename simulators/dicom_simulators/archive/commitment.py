"""Storage commitment, Push Model, without a socket: what an N-ACTION asks, what is committed, what the event says.

Invariants: each reference of a request is in exactly one of the two lists of its report. An instance is committed
where it is held, as an instance of the class that the reference names; nothing is ever deleted, so that is a promise
that holds.

References
----------
PS3.4 J.3.2 (N-ACTION), J.3.3 (N-EVENT-REPORT); PS3.3 C.14 (Storage Commitment Module), C.14.1.1 (Failure Reason).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from dicom_simulators.archive.holdings import Holdings
from dicom_simulators.association import SUCCESS, Response
from dicom_simulators.encoding import (
    DataSetError,
    Element,
    Elements,
    encoding_of,
    read_elements,
    tag_of,
    text_element,
    values,
    write_elements,
)
from dicom_wire import CommandSet

PUSH_MODEL = "1.2.840.10008.1.20.1"
"""Storage Commitment Push Model SOP Class."""
PUSH_MODEL_INSTANCE = "1.2.840.10008.1.20.1.1"
"""Its well-known SOP Instance (PS3.4 J.3.5)."""
REQUEST_COMMITMENT = 1
"""The Action Type ID."""

NO_SUCH_OBJECT_INSTANCE = 0x0112
INVALID_ARGUMENT_VALUE = 0x0115
NO_SUCH_SOP_CLASS = 0x0118
CLASS_INSTANCE_CONFLICT = 0x0119
NO_SUCH_ACTION_TYPE = 0x0123

_TRANSACTION = tag_of("TransactionUID")
_REFERENCES = tag_of("ReferencedSOPSequence")
_FAILURES = tag_of("FailedSOPSequence")
_CLASS = tag_of("ReferencedSOPClassUID")
_INSTANCE = tag_of("ReferencedSOPInstanceUID")
_REASON = tag_of("FailureReason")
_RETRIEVE_AE_TITLE = tag_of("RetrieveAETitle")


@dataclass(frozen=True, slots=True)
class Reference:
    """An instance that a request names."""

    sop_class: str
    sop_instance: str


@dataclass(frozen=True, slots=True)
class Transaction:
    """A request for storage commitment: its Transaction UID and what it names."""

    uid: str
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What an N-EVENT-REPORT says of a transaction.

    Attributes
    ----------
    transaction : str
        Transaction UID.
    committed : tuple of Reference
        For which the archive takes responsibility.
    failed : tuple of (Reference, int)
        For which it does not, with the Failure Reason.
    """

    transaction: str
    committed: tuple[Reference, ...]
    failed: tuple[tuple[Reference, int], ...]

    @property
    def event_type(self) -> int:
        """The Event Type ID: 1 where everything is committed, 2 where failures exist (PS3.4 J.3.3.1)."""
        return 2 if self.failed else 1

    def information(self, ae_title: str, transfer_syntax: str) -> bytes:
        """Encode the Event Information (PS3.4 Table J.3-2)."""
        elements = [text_element(_TRANSACTION, "UI", self.transaction)]
        if self.committed:
            elements.append(Element(_RETRIEVE_AE_TITLE, "AE", ae_title.encode("latin-1")))
            elements.append(Element(_REFERENCES, "SQ", items=tuple(map(_item, self.committed))))
        if self.failed:
            failures = tuple(
                {**_item(reference), _REASON: Element(_REASON, "US", struct.pack("<H", reason))}
                for reference, reason in self.failed
            )
            elements.append(Element(_FAILURES, "SQ", items=failures))
        in_order = sorted(elements, key=lambda element: element.tag)
        return write_elements({element.tag: element for element in in_order}, encoding_of(transfer_syntax))


def _item(reference: Reference) -> dict[int, Element]:
    return {
        _CLASS: text_element(_CLASS, "UI", reference.sop_class),
        _INSTANCE: text_element(_INSTANCE, "UI", reference.sop_instance),
    }


def read_transaction(command: CommandSet, data_set: bytes | None, transfer_syntax: str) -> Transaction | Response:
    """Read an N-ACTION-RQ of the Push Model; the response that refuses it where it is wrong (PS3.7 10.1.4.1.10)."""
    if command.text("RequestedSOPClassUID") != PUSH_MODEL:
        return _refusal(NO_SUCH_SOP_CLASS, "not the Storage Commitment Push Model")
    if command.text("RequestedSOPInstanceUID") != PUSH_MODEL_INSTANCE:
        return _refusal(NO_SUCH_OBJECT_INSTANCE, "not the well-known SOP Instance of the Push Model")
    if command.number("ActionTypeID") != REQUEST_COMMITMENT:
        return _refusal(NO_SUCH_ACTION_TYPE, "the Action Type of the Push Model is 1")
    try:
        information = read_elements(data_set or b"", transfer_syntax)
    except DataSetError as error:
        return _refusal(INVALID_ARGUMENT_VALUE, f"Action Information: {error}")
    uid = _uid(information, _TRANSACTION)
    sequence = information.get(_REFERENCES)
    items: Sequence[Elements] = () if sequence is None else sequence.items
    references = tuple(Reference(_uid(item, _CLASS), _uid(item, _INSTANCE)) for item in items)
    if not uid:
        return _refusal(INVALID_ARGUMENT_VALUE, "no Transaction UID")
    if not references or not all(one.sop_class and one.sop_instance for one in references):
        return _refusal(INVALID_ARGUMENT_VALUE, "Referenced SOP Sequence is absent, empty or incomplete")
    return Transaction(uid, references)


def _uid(elements: Elements, tag: int) -> str:
    element = elements.get(tag)
    found = () if element is None or element.vr == "SQ" else values(element)
    return found[0] if len(found) == 1 else ""


def _refusal(status: int, comment: str) -> Response:
    return Response(status, None, {"ErrorComment": comment[:64]})


def judge(holdings: Holdings, transaction: Transaction) -> Report:
    """Say which instances of a transaction are held."""
    committed: list[Reference] = []
    failed: list[tuple[Reference, int]] = []
    for reference in transaction.references:
        reason = _failure(holdings, reference)
        if reason == SUCCESS:
            committed.append(reference)
        else:
            failed.append((reference, reason))
    return Report(transaction.uid, tuple(committed), tuple(failed))


def _failure(holdings: Holdings, reference: Reference) -> int:
    """Give the Failure Reason of a reference; 0000 where it is held."""
    instance = holdings.instance(reference.sop_instance)
    if instance is None:
        return NO_SUCH_OBJECT_INSTANCE
    return SUCCESS if instance.SOPClassUID == reference.sop_class else CLASS_INSTANCE_CONFLICT
