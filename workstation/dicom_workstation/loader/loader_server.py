"""The loader, server side: Verification and the 32 storage classes as SCP, images kept in memory.

Invariants: it never initiates an association; it sets no limit to their number; its services are those of every AE
(`storage.StorageService`, `network.VerificationService`), over the memory; each C-STORE is answered with one of four
statuses, each with a real cause:

- 0000: the data set is in memory, byte for byte as received (also if the same one was there already);
- B000: it is in memory, with a real deficiency: Pixel Data is missing or shorter than Rows, Columns and the like say;
  or another content of the same SOP Instance UID came first, and that one stays;
- A700: the memory budget does not allow it;
- C000: it cannot be understood: no data set, a UID that identifies it is missing or invalid, or its SOP Class UID or
  SOP Instance UID is not the one that the command names.

What is wrong with an instance that is kept (`docs/reading-images.md`) stands in the log and with the instance.

Besides, 0122 where the command's SOP Class is not the presentation context's, and 0211 for an operation that is
neither C-ECHO nor C-STORE (PS3.7 Annex C).

References
----------
Conformance statement, 3.2.2.1; PS3.4 Annex B.2; PS3.7 Section 9.1.1 and 9.1.5
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pynetdicom.dimse_primitives import C_ECHO, C_STORE

from dicom_workstation.configuration import Configuration
from dicom_workstation.instances import Admission, Memory, MemoryStore, RefusalReason
from dicom_workstation.network import Offer, ServiceServer, VerificationService
from dicom_workstation.storage import (
    CANNOT_UNDERSTAND,
    OUT_OF_RESOURCES,
    STORED_WITH_DEFICIENCY,
    StorageService,
    StoreStatuses,
)
from dicom_workstation.tables import LOADER_SOP_CLASSES, SELECTION_POLICIES, VERIFICATION

STATUSES: Final[StoreStatuses] = {
    Admission.OTHER_CONTENT: STORED_WITH_DEFICIENCY,
    RefusalReason.OUT_OF_RESOURCES: OUT_OF_RESOURCES,
    RefusalReason.TOO_LARGE: OUT_OF_RESOURCES,
    RefusalReason.NOT_UNDERSTOOD: CANNOT_UNDERSTAND,
    RefusalReason.INSTANCE_DIFFERS: CANNOT_UNDERSTAND,
    RefusalReason.CLASS_DIFFERS: CANNOT_UNDERSTAND,
}
MOST_WAITING: Final = 1024
"""Requests of one association that may wait: far more than a peer sends that does not wait for each response."""


class LoaderServer(ServiceServer):
    """Listens, and has Verification and storage requests answered."""

    def __init__(self, configuration: Configuration, memory: Memory, note: Callable[[str], None]) -> None:
        storage = StorageService(MemoryStore(memory), STATUSES, self.note)
        verification = VerificationService()

        def offers(configured: Configuration) -> dict[str, Offer]:
            """Return what is offered (3.2.2.1.3.1.4 and 3.2.2.1.3.2.5: what is accepted, most wanted first)."""
            syntaxes = SELECTION_POLICIES[configured.jpeg_configuration]
            stored = dict.fromkeys(LOADER_SOP_CLASSES, Offer(storage, C_STORE, syntaxes))
            return {VERIFICATION: Offer(verification, C_ECHO, syntaxes), **stored}

        super().__init__("loader", configuration, offers, note, MOST_WAITING)
