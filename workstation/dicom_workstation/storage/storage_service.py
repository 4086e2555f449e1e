"""C-STORE as SCP, the same for every AE that has it: what differs is the store, and a table of statuses.

Invariants: 0000 is answered when the store has kept the instance, and not before; what the store refuses is answered
by the status that the table has for the reason. Besides:

- B000: it is kept, with a real deficiency of its Pixel Data;
- C000: the request has no data set;
- 0110: the store failed.

References
----------
PS3.4 Section B.2.3; PS3.7 Section 9.1.1.1.9 and Annex C
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from dicom_workstation.instances import (
    Admission,
    Announced,
    InstanceStore,
    Kept,
    Receipt,
    RefusalReason,
    StoreRefusedError,
)
from dicom_workstation.network import Call, Peer, Reply, ServiceRequest

SUCCESS: Final = 0x0000
PROCESSING_FAILURE: Final = 0x0110
DUPLICATE_SOP_INSTANCE: Final = 0x0111
OUT_OF_RESOURCES: Final = 0xA700
DATA_SET_DOES_NOT_MATCH: Final = 0xA900
STORED_WITH_DEFICIENCY: Final = 0xB000
CANNOT_UNDERSTAND: Final = 0xC000

StoreStatuses = Mapping[RefusalReason | Admission, int]
"""What is answered for each reason of a refusal, and for each way of keeping an instance that is no plain success."""


class StorageService:
    """Keeps what comes in a store.

    Parameters
    ----------
    store : InstanceStore
    statuses : mapping
        A status for each `RefusalReason`, and for `Admission.OTHER_CONTENT`.
    note : callable
        Writes a line into the log.
    answered : callable, optional
        Called with each request and its reply, before the peer is told.
    """

    def __init__(
        self,
        store: InstanceStore,
        statuses: StoreStatuses,
        note: Callable[[str], None],
        answered: Callable[[ServiceRequest, Reply], None] = lambda request, reply: None,
    ) -> None:
        self._store = store
        self._statuses = statuses
        self._note = note
        self._answered = answered

    def receive(self, announced: Announced, peer: Peer) -> Receipt:
        """Make room for an instance."""
        return self._store.receive(announced)

    def perform(self, request: ServiceRequest, call: Call) -> Iterator[Reply]:
        """Keep what was received, and say what became of it."""
        reply = self._kept(request, call.peer)
        self._answered(request, reply)
        self._note(f"{call.peer}: C-STORE {request.sop_instance}: {reply.status:04X} {reply.comment}".rstrip())
        yield reply

    def _kept(self, request: ServiceRequest, peer: Peer) -> Reply:
        if request.receipt is None:
            return Reply(CANNOT_UNDERSTAND, comment="data set is empty")
        try:
            kept = request.receipt.keep()
        except StoreRefusedError as refusal:
            return Reply(self._statuses[refusal.reason], comment=str(refusal))
        except OSError as error:
            self._note(f"{request.sop_instance}: the store failed: {error}")
            return Reply(PROCESSING_FAILURE, comment="the store failed")
        for remark in kept.remarks:
            self._note(f"{peer}: warning: {request.sop_instance} {remark}")
        return self._reply_to(kept)

    def _reply_to(self, kept: Kept) -> Reply:
        if kept.admission is Admission.OTHER_CONTENT:
            return Reply(self._statuses[kept.admission], comment="this instance is already kept with other content")
        if kept.deficiency is not None:
            return Reply(STORED_WITH_DEFICIENCY, comment=kept.deficiency)
        return Reply(SUCCESS)
