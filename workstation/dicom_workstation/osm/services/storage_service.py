"""C-STORE as SCP of the OSM.

Invariants: 0000 means that file and row survive a power cut. Each other status has its cause:

- B000: it is kept, with a real deficiency of its Pixel Data;
- 0111: another content of its SOP Instance UID is held, and stays;
- A700: no room, or larger than an instance may be;
- A900: SOP Class or SOP Instance UID of data set and command differ;
- C000: it cannot be understood;
- 0110: disk or index failed otherwise.

References
----------
PS3.4 Section B.2.3; PS3.7 Section 9.1.1.1.9 and Annex C
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from dicom_workstation.instances import Admission, Announced, Kept, Receipt, RefusalReason, StoreRefusedError
from dicom_workstation.network import Call, Peer, Reply, ServiceRequest
from dicom_workstation.osm.store import DiskReceipt, DiskStore

SUCCESS: Final = 0x0000
STORED_WITH_DEFICIENCY: Final = 0xB000
DUPLICATE_SOP_INSTANCE: Final = 0x0111
PROCESSING_FAILURE: Final = 0x0110
CANNOT_UNDERSTAND: Final = 0xC000
_REFUSALS: Final = {
    RefusalReason.OUT_OF_RESOURCES: 0xA700,
    RefusalReason.TOO_LARGE: 0xA700,
    RefusalReason.NOT_UNDERSTOOD: CANNOT_UNDERSTAND,
    RefusalReason.INSTANCE_DIFFERS: 0xA900,
    RefusalReason.CLASS_DIFFERS: 0xA900,
}


class StorageService:
    """Keeps what comes in a store."""

    def __init__(self, store: DiskStore, note: Callable[[str], None]) -> None:
        self._store = store
        self._figures = store.figures
        self._note = note

    def receive(self, announced: Announced, peer: Peer) -> Receipt:
        """Make room on the disk."""
        return self._store.receive(announced)

    def perform(self, request: ServiceRequest, call: Call) -> Iterator[Reply]:
        """Keep what was received, and say what became of it."""
        reply = self._kept(request)
        status = f"{reply.status:04X}"
        self._figures.stores.add(1, status)
        if isinstance(request.receipt, DiskReceipt):
            self._figures.store_bytes.add(request.receipt.length_bytes, status)
        self._note(f"{call.peer}: C-STORE {request.sop_instance}: {reply.status:04X} {reply.comment}".rstrip())
        yield reply

    def _kept(self, request: ServiceRequest) -> Reply:
        if request.receipt is None:
            return Reply(CANNOT_UNDERSTAND, comment="no data set")
        try:
            kept = request.receipt.keep()
        except StoreRefusedError as refusal:
            return Reply(_REFUSALS[refusal.reason], comment=str(refusal))
        except OSError as error:
            self._note(f"{request.sop_instance}: the disk failed: {error}")
            return Reply(PROCESSING_FAILURE, comment="the disk failed")
        return _reply_to(kept)


def _reply_to(kept: Kept) -> Reply:
    if kept.admission is Admission.OTHER_CONTENT:
        return Reply(DUPLICATE_SOP_INSTANCE, comment="this instance is held with other content")
    if kept.deficiency is not None:
        return Reply(STORED_WITH_DEFICIENCY, comment=kept.deficiency)
    return Reply(SUCCESS)
