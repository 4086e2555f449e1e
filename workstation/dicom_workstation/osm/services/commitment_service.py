"""Storage Commitment Push Model as SCP of the OSM: requests.

Invariants: 0000 means that the request is recorded and survives a power cut; the report comes later.

References
----------
PS3.4 Section J.3.2 (N-ACTION), J.3.5 (well-known SOP Instance); PS3.7 Section 10.1.4.1.10 and Annex C
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Final

from sqlalchemy import ColumnElement, Connection, insert, select
from sqlalchemy.exc import SQLAlchemyError

from dicom_workstation.data_sets import DataSetError, Item, read_tree
from dicom_workstation.instances import Announced
from dicom_workstation.network import Call, Peer, Reply, ServiceRequest
from dicom_workstation.osm.index import (
    COMMITMENT,
    Attributes,
    IndexAwayError,
    first_text,
    items_of,
    read_attributes,
)
from dicom_workstation.osm.services.reporting import ACCEPTED, CommitmentReporter, repeated_key
from dicom_workstation.osm.store import DiskStore, now_us, why

PUSH_MODEL: Final = "1.2.840.10008.1.20.1"
PUSH_MODEL_INSTANCE: Final = "1.2.840.10008.1.20.1.1"
REQUEST_COMMITMENT: Final = 1
SUCCESS: Final = 0x0000
PROCESSING_FAILURE: Final = 0x0110
NO_SUCH_INSTANCE: Final = 0x0112
INVALID_ARGUMENT: Final = 0x0115
NO_SUCH_ACTION: Final = 0x0123
MOST_REFERENCES: Final = 10_000
MOST_BYTES: Final = 1 << 24
_UID: Final = re.compile(r"[0-9.]{1,64}")


class CommitmentService:
    """Records requests, and wakes whoever reports."""

    def __init__(self, store: DiskStore, reporter: CommitmentReporter, note: Callable[[str], None]) -> None:
        self._store = store
        self._reporter = reporter
        self._note = note

    def receive(self, announced: Announced, peer: Peer) -> None:
        """Nothing is stored."""

    def perform(self, request: ServiceRequest, call: Call) -> Iterator[Reply]:
        """Record the request, and reply."""
        reply, key = self._recorded(request, call)
        self._note(f"{call.peer}: N-ACTION {key}: {reply.status:04X} {reply.comment}".rstrip())
        if reply.status == SUCCESS:  # the report waits until the association has sent this reply
            self._reporter.expect(call.peer.ae_title, key, call)
        yield reply

    def _recorded(self, request: ServiceRequest, call: Call) -> tuple[Reply, str]:
        """Record the request; returns the reply, and the key of its row."""
        if request.sop_instance != PUSH_MODEL_INSTANCE:
            return Reply(NO_SUCH_INSTANCE, comment="not the SOP Instance of the Push Model"), ""
        if request.action_type != REQUEST_COMMITMENT:
            return Reply(NO_SUCH_ACTION, comment="the Push Model has Action Type 1 alone"), ""
        try:
            tree = read_tree(request.data_set, request.transfer_syntax) if request.data_set else Item(())
        except DataSetError as error:
            return Reply(INVALID_ARGUMENT, comment=f"Action Information {error}"), ""
        found = read_attributes(tree.elements, most_value_bytes=MOST_BYTES, most_items=MOST_REFERENCES + 1)
        transaction, references = first_text(found, "TransactionUID"), _references_of(found)
        if not transaction or not references:
            return Reply(INVALID_ARGUMENT, comment="Transaction UID or references are missing or incomplete"), ""
        if _UID.fullmatch(transaction) is None:
            return Reply(INVALID_ARGUMENT, comment="Transaction UID is no UID"), ""
        if len(references) > MOST_REFERENCES:
            return Reply(INVALID_ARGUMENT, comment=f"more than {MOST_REFERENCES} references"), transaction
        caller = call.peer.ae_title
        try:
            key = self._store.parts.writer.do(lambda connection: _record(connection, caller, transaction, references))
        except (IndexAwayError, SQLAlchemyError) as error:
            self._note(f"{call.peer}: N-ACTION: the index failed: {why(error)}")
            return Reply(PROCESSING_FAILURE, comment="the index failed"), transaction
        return Reply(SUCCESS), key


def _references_of(found: Attributes) -> list[tuple[str, str]]:
    """Return class and instance of each reference; none where one of them is incomplete."""
    pairs = [
        (first_text(item, "ReferencedSOPClassUID"), first_text(item, "ReferencedSOPInstanceUID"))
        for item in items_of(found.get("ReferencedSOPSequence"))
    ]
    return pairs if all(one and other for one, other in pairs) else []


def _record(connection: Connection, caller: str, transaction: str, references: list[tuple[str, str]]) -> str:
    """Write a request down, and return the key of its row.

    The same request again, for instance after a lost reply, is reported again. Another request with a Transaction UID
    that the caller used before has a row of its own, and its report says that the UID was used already.
    """
    key = transaction
    first = connection.execute(select(COMMITMENT.c.request).where(*_row(caller, key))).scalar()
    if first is not None and set(_pairs(first)) != set(references):
        key = repeated_key(transaction, references)
    last_us = connection.execute(select(COMMITMENT.c.next_try_us).where(*_row(caller, key))).scalar() or 0
    due_us = now_us()
    if due_us == last_us:  # a report under way is known by its time
        due_us -= 1
    values = {"state": ACCEPTED, "request": json.dumps(references), "tries": 0, "next_try_us": due_us}
    if not connection.execute(COMMITMENT.update().where(*_row(caller, key)).values(values)).rowcount:
        connection.execute(insert(COMMITMENT), {"calling_ae": caller, "transaction_uid": key, **values})
    return key


def _row(caller: str, key: str) -> tuple[ColumnElement[bool], ...]:
    return (COMMITMENT.c.calling_ae == caller, COMMITMENT.c.transaction_uid == key)


def _pairs(request: str) -> list[tuple[str, str]]:
    return [(sop_class, uid) for sop_class, uid in json.loads(request)]
