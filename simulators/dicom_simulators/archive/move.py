"""The arithmetic of a C-MOVE or C-GET: which contexts are proposed to the destination, and what the responses say.

Invariants: no sockets; it plans, counts, and words. The counts are true: each sub-operation is in exactly one
of remaining, completed, failed and warning, and together they are the number of instances selected.

References
----------
PS3.4 C.4.2.1.4 to C.4.2.1.9 (parameters of the responses), C.4.2.3.1 (behaviour of the SCP), Table C.4-2 (statuses);
C.4.3.1.5 to C.4.3.1.8, C.4.3.3.1, Table C.4-3 (the same of C-GET);
B.2.3 (statuses of C-STORE); PS3.7 Annex C (classes of status).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dicom_simulators.archive.holdings import HeldInstance, Holdings
from dicom_simulators.archive.information_model import Level, MoveRequest
from dicom_simulators.encoding import UNCOMPRESSED, Element, Encoding, tag_of, write_elements

STATUS_SUCCESS = 0x0000
STATUS_PENDING = 0xFF00
STATUS_CANCELLED = 0xFE00
STATUS_SUB_OPERATIONS_WARNING = 0xB000
STATUS_UNABLE_TO_COUNT = 0xA701
STATUS_UNABLE_TO_PERFORM = 0xA702
STATUS_DESTINATION_UNKNOWN = 0xA801

MOST_CONTEXTS = 128
FAILED_SOP_INSTANCE_UID_LIST = tag_of("FailedSOPInstanceUIDList")

Proposal = tuple[str, tuple[str, ...]]


def is_warning(status: int) -> bool:
    """Tell whether a C-STORE status means that the instance was stored, with a warning (PS3.7 C.3, PS3.4 B.2.3)."""
    return status in (0x0001, 0x0107, 0x0116) or status & 0xF000 == 0xB000


def select(holdings: Holdings, request: MoveRequest) -> list[HeldInstance]:
    """Give the instances that a retrieval asks for, in the order in which they are held (PS3.4 C.4.2.3.1)."""
    with holdings.unchanging():
        entities = holdings.entities(request.level, request.above, frozenset(request.unique_values))
        images = [image for entity in entities for image in entity.at_level(Level.IMAGE)]
    return [image.instance for image in images if image.instance is not None]


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes over one association to the destination.

    Attributes
    ----------
    instances : tuple of HeldInstance
        In this order.
    proposals : tuple of (SOP Class UID, transfer syntax UIDs)
        The presentation contexts to propose, at most 128.
    """

    instances: tuple[HeldInstance, ...]
    proposals: tuple[Proposal, ...]


def plan(instances: Iterable[HeldInstance]) -> tuple[Batch, ...]:
    """Distribute instances over associations: a new one is begun where 128 contexts do not suffice (PS3.8 9.3.2.2)."""
    batches: list[Batch] = []
    taken: list[HeldInstance] = []
    proposals: dict[Proposal, None] = {}
    for instance in instances:
        needed = dict.fromkeys(proposals_for(instance.SOPClassUID, instance.transfer_syntax))
        if len(proposals | needed) > MOST_CONTEXTS:
            batches.append(Batch(tuple(taken), tuple(proposals)))
            taken, proposals = [], {}
        taken.append(instance)
        proposals |= needed
    if taken:
        batches.append(Batch(tuple(taken), tuple(proposals)))
    return tuple(batches)


def proposals_for(sop_class: str, transfer_syntax: str) -> tuple[Proposal, ...]:
    """Give the contexts that one instance needs: its own transfer syntax alone, then those it could be decoded to."""
    return (sop_class, (transfer_syntax,)), (sop_class, UNCOMPRESSED)


def choose_syntax(accepted: Sequence[str], held: str) -> str | None:
    """Choose among the transfer syntaxes accepted for a SOP Class: the one held, else an uncompressed one."""
    if held in accepted:
        return held
    return next((one for one in UNCOMPRESSED if one in accepted), None)


@dataclass(slots=True)
class SubOperations:
    """The count of the C-STORE sub-operations of one C-MOVE or C-GET.

    Attributes
    ----------
    remaining, completed, failed, warning : int
        As the responses tell them.
    failed_uids : list of str
        SOP Instance UIDs of those that failed.
    comment : str
        Why the first of those failed that could not be sent at all, in words.
    """

    remaining: int
    completed: int = 0
    failed: int = 0
    warning: int = 0
    failed_uids: list[str] = field(default_factory=list)
    comment: str = ""

    def count(self, sop_instance_uid: str, status: int | None, fault: str = "") -> None:
        """Count one sub-operation by the status of its C-STORE response; None if there was none, for this fault."""
        self.comment = self.comment or fault
        self.remaining -= 1
        if status == STATUS_SUCCESS:
            self.completed += 1
        elif status is not None and is_warning(status):
            self.warning += 1
        else:
            self.failed += 1
            self.failed_uids.append(sop_instance_uid)

    def final_status(self) -> int:
        """Give the status of the final response, when nothing remains (PS3.4 C.4.2.3.1)."""
        if self.failed and not (self.completed or self.warning):
            return STATUS_UNABLE_TO_PERFORM
        return STATUS_SUB_OPERATIONS_WARNING if self.failed or self.warning else STATUS_SUCCESS

    def elements(self, status: int) -> dict[str, int]:
        """Give the command elements that count: Remaining only while pending or cancelled (PS3.4 C.4.2.1.6)."""
        counts = {
            "NumberOfCompletedSuboperations": self.completed,
            "NumberOfFailedSuboperations": self.failed,
            "NumberOfWarningSuboperations": self.warning,
        }
        if status in (STATUS_PENDING, STATUS_CANCELLED):
            return {"NumberOfRemainingSuboperations": self.remaining, **counts}
        return counts

    def identifier(self, status: int, encoding: Encoding) -> bytes | None:
        """Give the Identifier with the Failed SOP Instance UID List; None where there is none (PS3.4 C.4.2.1.4.2)."""
        if status in (STATUS_PENDING, STATUS_SUCCESS) or not self.failed_uids:
            return None
        value = "\\".join(self.failed_uids).encode("ascii", "replace")
        element = Element(FAILED_SOP_INSTANCE_UID_LIST, "UI", value)
        return write_elements({element.tag: element}, encoding)
