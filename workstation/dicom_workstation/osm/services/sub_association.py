"""The association of a C-MOVE with its destination, led by a thread of its own.

Invariants: the thread is started and joined by whoever made it; each instance that was given ends in one result; a
cancel lets the C-STORE at hand come to its end and then releases the association; whatever ends the association early
is the result of all that is left.

References
----------
PS3.4 Section C.4.2.3.1; PS3.7 Section 9.1.1 (Move Originator)
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from pynetdicom.dimse_primitives import C_STORE

from dicom_workstation.configuration import Archive, Configuration
from dicom_workstation.network import Requestor
from dicom_workstation.osm.services.conversions import Conversions
from dicom_workstation.osm.services.sub_operations import UnsendableError, context_for, store_request
from dicom_workstation.osm.store import HeldOnDisk
from dicom_workstation.outcome import OperationEndedError
from dicom_workstation.tables import PDU_LENGTH_BYTES, UNCOMPRESSED, store_client_transfer_syntaxes

MOST_CONTEXTS: Final = 128  # PS3.8 Section 9.3.2.2: odd numbers from 1 to 255


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one instance: the status of its C-STORE, or why it has none."""

    SOPInstanceUID: str
    status: int | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """What a C-MOVE is: where to, for whom, how."""

    destination: Archive
    originator: str
    message_id: int
    priority: int
    proposes_as_stored: bool = True


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes over one association."""

    instances: list[HeldOnDisk] = field(default_factory=list)
    proposed: dict[tuple[str, str], None] = field(default_factory=dict)


def batches(instances: Sequence[HeldOnDisk], configuration: Configuration, as_stored: bool) -> list[Batch]:
    """Divide instances so that the contexts of each association are at most 128."""
    found = [Batch()]
    for held in instances:
        sop_class = held.entry.SOPClassUID
        syntaxes = store_client_transfer_syntaxes(sop_class, configuration.jpeg_configuration)
        if as_stored:
            syntaxes = tuple(dict.fromkeys((held.entry.TransferSyntaxUID, *UNCOMPRESSED)))
        needed = dict.fromkeys((sop_class, syntax) for syntax in syntaxes)
        if len(found[-1].proposed | needed) > MOST_CONTEXTS:
            found.append(Batch())
        found[-1].instances.append(held)
        found[-1].proposed.update(needed)
    return found


class SubAssociation:
    """Sends instances to a destination; results come one by one, and `wake` is called after each."""

    def __init__(
        self,
        configuration: Configuration,
        move: Move,
        instances: Sequence[HeldOnDisk],
        conversions: Conversions,
        wake: Callable[[], None],
        note: Callable[[str], None],
    ) -> None:
        self._conversions = conversions
        self._configuration = configuration
        self._move = move
        self._instances = instances
        self._wake = wake
        self._note = note
        self._results: deque[Result] = deque()
        self._is_cancelled = threading.Event()
        self._is_aborted = threading.Event()
        self._is_over = threading.Event()
        self._requestor: Requestor | None = None
        self._thread = threading.Thread(target=self._run, name="osm-sub-association", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether no more results come."""
        return self._is_over.is_set()

    def take_results(self) -> list[Result]:
        """Return what has come since the last time."""
        found = []
        while self._results:
            found.append(self._results.popleft())
        return found

    def cancel(self) -> None:
        """Send no more than what is being sent."""
        self._is_cancelled.set()
        requestor = self._requestor
        if requestor is not None:
            requestor.leave_off()

    def abort(self) -> None:
        """End at once: nobody waits for the results any more."""
        self._is_cancelled.set()
        self._is_aborted.set()
        requestor = self._requestor
        if requestor is not None:
            requestor.abandon()

    def join(self) -> None:
        """Wait for the end of the thread."""
        self._thread.join()

    def _run(self) -> None:
        try:
            for batch in batches(self._instances, self._configuration, self._move.proposes_as_stored):
                if self._is_cancelled.is_set():
                    return
                self._send_batch(batch)
        finally:
            self._is_over.set()
            self._wake()

    def _send_batch(self, batch: Batch) -> None:
        left = deque(batch.instances)
        try:
            opening = Requestor(
                self._configuration, self._move.destination, batch.proposed, PDU_LENGTH_BYTES, self._note
            )
            self._requestor = opening
            if self._is_aborted.is_set():
                opening.abandon()
            with opening as requestor:
                for number in range(1, len(batch.instances) + 1):
                    if self._is_cancelled.is_set():
                        return
                    result = self._send(requestor, left[0], (number - 1) % 0xFFFF + 1)
                    left.popleft()
                    self._add(result)
        except OperationEndedError as end:
            self._fail(left, str(end.detail))
        except Exception as error:  # a mistake of ours: every instance is counted all the same
            self._note(f"C-MOVE: internal error: {type(error).__name__}: {error}")
            self._fail(left, f"internal error: {type(error).__name__}")
        finally:
            self._requestor = None

    def _fail(self, left: deque[HeldOnDisk], detail: str) -> None:
        if self._is_cancelled.is_set():
            return
        for held in left:
            self._add(Result(held.entry.SOPInstanceUID, None, detail))

    def _add(self, result: Result) -> None:
        self._results.append(result)
        self._wake()

    def _send(self, requestor: Requestor, held: HeldOnDisk, message_id: int) -> Result:
        uid = held.entry.SOPInstanceUID
        context = context_for(requestor.accepted, held)
        if context is None:
            return Result(uid, None, "no presentation context was accepted")
        try:
            with store_request(held, context, self._move.priority, self._conversions) as request:
                request.MessageID = message_id
                request.MoveOriginatorApplicationEntityTitle = self._move.originator
                request.MoveOriginatorMessageID = self._move.message_id
                requestor.send(request, context.context_id)
        except UnsendableError as error:
            return Result(uid, None, str(error))
        return Result(uid, int(requestor.receive_final(C_STORE, context.context_id, message_id).Status))
