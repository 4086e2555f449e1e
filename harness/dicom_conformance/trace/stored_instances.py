"""What an AE was given to keep: the instances of the C-STORE requests that it did not refuse.

References
----------
PS3.7 9.1.1 (C-STORE), Annex C (statuses).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dicom_conformance.trace.attributes import DataSet, read_attributes
from dicom_conformance.trace.conversation import Conversation, SeenMessage
from dicom_conformance.trace.trace import Trace
from dicom_wire import statuses


@dataclass(frozen=True, slots=True)
class StoredInstance:
    """The identifiers of an instance as its data set has them; empty where they cannot be read."""

    patient_id: str
    study_instance_uid: str
    sop_instance_uid: str


def instances_stored_at(trace: Trace, ae: str) -> tuple[StoredInstance, ...]:
    """Give the instances that an AE may have kept: those answered with success or a warning, and those not answered."""
    sent = (request for one in trace.select(acceptor=ae) for request in _not_refused(one, ae))
    return tuple(dict.fromkeys(map(_identifiers, sent)))


def _not_refused(one: Conversation, ae: str) -> Iterator[SeenMessage]:
    open_requests: dict[int | None, SeenMessage] = {}
    for message in one.messages:
        if message.name == "C-STORE-RQ" and message.sender != ae:
            open_requests[message.command.number("MessageID")] = message
        elif message.name == "C-STORE-RSP" and message.sender == ae:
            request = open_requests.pop(message.command.number("MessageIDBeingRespondedTo"), None)
            if request is not None and _is_taken(message.status):
                yield request
    yield from open_requests.values()


def _is_taken(status: int | None) -> bool:
    taken = (statuses.StatusClass.SUCCESS, statuses.StatusClass.WARNING)
    return status is not None and statuses.status_class(status) in taken


def _identifiers(request: SeenMessage) -> StoredInstance:
    syntax = request.transfer_syntax
    data_set = DataSet() if request.data_set is None or syntax is None else read_attributes(request.data_set, syntax)
    instance = request.command.text("AffectedSOPInstanceUID") or data_set.text("SOPInstanceUID") or ""
    patient, study = data_set.text("PatientID") or "", data_set.text("StudyInstanceUID") or ""
    return StoredInstance(patient, study, instance.strip(" \0"))
