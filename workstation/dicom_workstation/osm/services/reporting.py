"""Storage Commitment: what is committed to, and the reports of it.

Invariants: each file is read anew and held against its digest before it is committed to; each reference is in exactly
one of the two lists of a report. A report goes out on the association of its request while that lives, else on a new
one; one that cannot be delivered is tried again, also after a restart, until the tries of the configuration are used
up.

References
----------
PS3.4 Section J.3.3 (N-EVENT-REPORT), J.3.3.1.2 (a new association); PS3.3 Section C.14.1.1 (Failure Reason)
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from pynetdicom.dimse_primitives import N_EVENT_REPORT
from sqlalchemy import func, select, update

from dicom_workstation.configuration import Archive, Configuration
from dicom_workstation.data_sets import encode_identifier
from dicom_workstation.instances import DIGEST_BYTES
from dicom_workstation.network import Call, Requestor
from dicom_workstation.osm.index import COMMITMENT
from dicom_workstation.osm.store import DiskStore, HeldOnDisk, now_us
from dicom_workstation.outcome import OperationEndedError
from dicom_workstation.tables import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, PDU_LENGTH_BYTES

ACCEPTED: Final = "accepted"
REPORTED: Final = "reported"
GIVEN_UP: Final = "given_up"
_PUSH_MODEL: Final = "1.2.840.10008.1.20.1"
_PUSH_MODEL_INSTANCE: Final = "1.2.840.10008.1.20.1.1"
_NO_SUCH_INSTANCE: Final = 0x0112
_CLASS_CONFLICT: Final = 0x0119
_PROCESSING_FAILURE: Final = 0x0110
_TRANSACTION_USED: Final = 0x0131
_PIECE_BYTES: Final = 1 << 20
_LONGEST_SLEEP_S: Final = 3600.0
_SHORTEST_SLEEP_S: Final = 0.01
_AFTER_AN_ERROR_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Due:
    """A report that is to be delivered."""

    calling_ae: str
    transaction: str
    references: tuple[tuple[str, str], ...]
    tries: int
    due_us: int

    @property
    def is_repeated(self) -> bool:
        """Whether its Transaction UID was used before, for other references."""
        return _REPEATED in self.transaction


_REPEATED: Final = "#"
"""Stands in the key of a row after a Transaction UID that was used before, for other references."""


def repeated_key(transaction: str, references: Sequence[tuple[str, str]]) -> str:
    """Return the key of a request whose Transaction UID was used before; the same for the same references."""
    digest = hashlib.blake2b(json.dumps(sorted(references)).encode(), digest_size=8)
    return f"{transaction}{_REPEATED}{digest.hexdigest()}"


class CommitmentReporter:
    """Delivers the reports; one thread, which sleeps until one is due.

    Parameters
    ----------
    retries_s : sequence of float
        After how long a report that could not be delivered is tried again.
    now : callable, optional
        The time in microseconds; a test moves it, and calls `wake`.
    """

    def __init__(
        self,
        store: DiskStore,
        configuration: Configuration,
        retries_s: Sequence[float],
        destinations: Callable[[], Mapping[str, Archive]],
        note: Callable[[str], None],
        now: Callable[[], int] = now_us,
    ) -> None:
        self._now = now
        self._store = store
        self._configuration = configuration
        self._retries_s = tuple(retries_s)
        self._destinations = destinations
        self._note = note
        self._changed = threading.Condition()
        self._calls: dict[tuple[str, str], Call] = {}
        self._is_stopping = False
        self._is_due = True
        self._requestor: Requestor | None = None
        self._thread = threading.Thread(target=self._run, name="osm-commitment", daemon=True)

    def start(self) -> None:
        """Begin with what an earlier run left."""
        self._thread.start()

    def stop(self) -> None:
        """End, and join the thread; what is due stays recorded."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
            requestor = self._requestor
        if requestor is not None:
            requestor.stop()
        self._thread.join()

    def expect(self, calling_ae: str, transaction: str, call: Call) -> None:
        """Report a transaction now, on the association of its request if that lives long enough."""
        with self._changed:
            self._calls[calling_ae, transaction] = call
            self._is_due = True
            self._changed.notify_all()

    def wake(self) -> None:
        """Look for what is due, because the time has been moved."""
        with self._changed:
            self._is_due = True
            self._changed.notify_all()

    def _run(self) -> None:
        while not self._stopping():
            try:
                if not self._await_work():
                    return
                for due in self._all_due():
                    if self._stopping():
                        return
                    self._deliver(due)
            except Exception as error:  # the disk or the index, perhaps: it is tried again
                self._note(f"commitment: internal error: {type(error).__name__}: {error}")
                with self._changed:
                    self._is_due = True
                    self._changed.wait_for(lambda: self._is_stopping, _AFTER_AN_ERROR_S)

    def _await_work(self) -> bool:
        """Sleep until a report is due or a request came; False when it is time to end."""
        with self._changed:
            if not self._is_due and not self._is_stopping:
                self._changed.wait(self._sleep_s())
            self._is_due = False
            return not self._is_stopping

    def _stopping(self) -> bool:
        return self._is_stopping

    def _sleep_s(self) -> float:
        """Return how long it is until a report is due."""
        wanted = select(func.min(COMMITMENT.c.next_try_us)).where(COMMITMENT.c.state == ACCEPTED)
        with self._store.parts.database.reading() as connection:
            following: int | None = connection.execute(wanted).scalar()
        if following is None:
            return _LONGEST_SLEEP_S
        return min(_LONGEST_SLEEP_S, max(_SHORTEST_SLEEP_S, (following - self._now()) / 1_000_000))

    def _all_due(self) -> list[Due]:
        with self._store.parts.database.reading() as connection:
            rows = connection.execute(
                select(COMMITMENT).where(COMMITMENT.c.state == ACCEPTED, COMMITMENT.c.next_try_us <= self._now())
            ).all()
        return [
            Due(
                row.calling_ae,
                row.transaction_uid,
                tuple((a, b) for a, b in json.loads(row.request)),
                row.tries,
                row.next_try_us,
            )
            for row in rows
        ]

    def _deliver(self, due: Due) -> None:
        if due.is_repeated:
            committed: list[tuple[str, str]] = []
            failed = [(*each, _TRANSACTION_USED) for each in dict.fromkeys(due.references)]
        else:
            committed, failed = self._judged(due.references)
        call = self._calls.pop((due.calling_ae, due.transaction), None)
        is_delivered = call is not None and self._report_on(call, due, committed, failed)
        if not is_delivered and not self._stopping():
            is_delivered = self._report_anew(due, committed, failed)
        if not is_delivered and self._stopping():
            return
        self._settle(due, is_delivered)

    def _judged(
        self, references: Sequence[tuple[str, str]]
    ) -> tuple[list[tuple[str, str]], list[tuple[str, str, int]]]:
        """Return what is committed to, and what is not with its Failure Reason."""
        committed: list[tuple[str, str]] = []
        failed: list[tuple[str, str, int]] = []
        for sop_class, uid in dict.fromkeys(references):
            reason = self._failure(sop_class, uid)
            if reason is None:
                committed.append((sop_class, uid))
            else:
                failed.append((sop_class, uid, reason))
        return committed, failed

    def _failure(self, sop_class: str, uid: str) -> int | None:
        held = self._store.get(uid)
        if held is None:
            return _NO_SUCH_INSTANCE
        if held.entry.SOPClassUID != sop_class:
            return _CLASS_CONFLICT
        if not is_whole(held):
            self._note(f"LOST: {uid}: its file is gone or not what was stored")
            return _PROCESSING_FAILURE
        return None

    def _report(
        self, due: Due, committed: list[tuple[str, str]], failed: list[tuple[str, str, int]], transfer_syntax: str
    ) -> N_EVENT_REPORT:
        keys: dict[str, object] = {"TransactionUID": due.transaction.partition(_REPEATED)[0]}
        if committed:
            keys["RetrieveAETitle"] = self._configuration.ae_title
            keys["ReferencedSOPSequence"] = [
                {"ReferencedSOPClassUID": sop_class, "ReferencedSOPInstanceUID": uid} for sop_class, uid in committed
            ]
        if failed:
            keys["FailedSOPSequence"] = [
                {"ReferencedSOPClassUID": sop_class, "ReferencedSOPInstanceUID": uid, "FailureReason": str(reason)}
                for sop_class, uid, reason in failed
            ]
        report = N_EVENT_REPORT()
        report.AffectedSOPClassUID = _PUSH_MODEL
        report.AffectedSOPInstanceUID = _PUSH_MODEL_INSTANCE
        report.EventTypeID = 2 if failed else 1
        report.EventInformation = BytesIO(encode_identifier(keys, transfer_syntax))
        return report

    def _report_on(
        self, call: Call, due: Due, committed: list[tuple[str, str]], failed: list[tuple[str, str, int]]
    ) -> bool:
        """Report on the association of the request; whether the peer confirmed it."""
        if call.is_over:
            return False
        answer = call.notify(self._report(due, committed, failed, call.transfer_syntax))
        try:
            response = answer.result(self._configuration.dimse_timeout_s)
        except FutureTimeoutError:
            return False
        return response is not None and response.Status == 0x0000

    def _report_anew(self, due: Due, committed: list[tuple[str, str]], failed: list[tuple[str, str, int]]) -> bool:
        """Report on a new association, on which we are SCP; whether the peer confirmed it."""
        peer = self._destinations().get(due.calling_ae)
        if peer is None:
            self._note(f"commitment: {due.calling_ae} is no destination of the configuration; no report can be sent")
            return False
        proposed = [(_PUSH_MODEL, syntax) for syntax in (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN)]
        opening = Requestor(self._configuration, peer, proposed, PDU_LENGTH_BYTES, self._note, as_scp=(_PUSH_MODEL,))
        with self._changed:
            self._requestor = opening
            if self._is_stopping:
                opening.stop()
        try:
            with opening as requestor:
                if not requestor.accepted or not requestor.is_scp_of(_PUSH_MODEL):
                    self._note(f"commitment: {due.calling_ae} does not accept that this AE is SCP of {_PUSH_MODEL}")
                    return False
                context = requestor.accepted[0]
                report = self._report(due, committed, failed, context.transfer_syntax)
                report.MessageID = 1
                requestor.send(report, context.context_id)
                return int(requestor.receive_final(N_EVENT_REPORT, context.context_id, 1).Status) == 0x0000
        except OperationEndedError as end:
            self._note(f"commitment: {due.calling_ae}: {end.detail}")
            return False
        finally:
            with self._changed:
                self._requestor = None

    def _settle(self, due: Due, is_delivered: bool) -> None:
        """Write down what became of a report, unless the request came again meanwhile: then it is due again."""
        retries = self._retries_s
        values: dict[str, object] = {"tries": due.tries + 1, "state": REPORTED if is_delivered else ACCEPTED}
        if not is_delivered and due.tries < len(retries):
            values["next_try_us"] = self._now() + int(retries[due.tries] * 1_000_000)
        elif not is_delivered:
            values["state"] = GIVEN_UP
        here = (COMMITMENT.c.calling_ae == due.calling_ae, COMMITMENT.c.transaction_uid == due.transaction)
        statement = update(COMMITMENT).where(*here, COMMITMENT.c.next_try_us == due.due_us).values(values)
        self._store.parts.writer.do(lambda connection: connection.execute(statement).rowcount)
        self._note(f"commitment: {due.calling_ae} {due.transaction}: {values['state']}")


def _references(request: str) -> tuple[tuple[str, str], ...]:
    return tuple((sop_class, uid) for sop_class, uid in json.loads(request))


def is_whole(held: HeldOnDisk) -> bool:
    """Whether the file of an instance still is what was received."""
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    left = held.entry.length_bytes
    try:
        with held.open() as stream:
            while left and (piece := stream.read(min(left, _PIECE_BYTES))):
                digest.update(piece)
                left -= len(piece)
    except OSError:
        return False
    return not left and digest.hexdigest() == held.digest
