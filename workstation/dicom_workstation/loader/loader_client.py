"""The loader, client side: C-MOVE to itself as SCU.

Invariants: each transfer request has an association of its own, as many in parallel as the configuration says;
the Move Destination is the workstation's own AE title; the outcome tells the peer's last counts and, beside them, what
really arrived; a success that left instances out is `partial`.

References
----------
Conformance statement, 3.2.2.2; PS3.4 Section C.4.2; PS3.7 Section 9.1.4
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from pynetdicom.dimse_primitives import C_MOVE, DIMSEPrimitive

from dicom_workstation.configuration import Archive, Configuration
from dicom_workstation.data_sets import (
    DataSetError,
    InvalidKeyError,
    Keys,
    counted,
    decode_identifier,
    encode_identifier,
    values_of,
)
from dicom_workstation.instances import Memory, StoredInstance, Watch
from dicom_workstation.network import MESSAGE_ID, Requestor, describe_status, identifier_syntax, preferred, result_of
from dicom_workstation.operation_register import Operation, OperationRegister, Turns
from dicom_workstation.outcome import (
    OperationEndedError,
    Progress,
    Result,
    RetrieveOutcome,
    StatusClass,
    status_class,
    status_text,
)
from dicom_workstation.query_keys import LEVELS, UNIQUE_KEYS, Identifier
from dicom_workstation.tables import EXPLICIT_VR_LITTLE_ENDIAN, PDU_LENGTH_BYTES, STUDY_ROOT_MOVE, TABLE_4

MEDIUM: Final = 0
LOW: Final = 2
"""Priorities of a C-MOVE-RQ (PS3.7 Section 9.1.4.1.5)."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of sub-operations as the peer told them; None for one that it did not tell."""

    completed: int | None = None
    failed: int | None = None
    warning: int | None = None
    remaining: int | None = None

    @classmethod
    def of(cls, response: DIMSEPrimitive, before: Counts) -> Counts:
        """Read a C-MOVE-RSP; what it does not tell stays as it was told before."""
        reported = cls(
            *(
                getattr(response, f"NumberOf{name}Suboperations")
                for name in ("Completed", "Failed", "Warning", "Remaining")
            )
        )
        return cls(
            reported.completed if reported.completed is not None else before.completed,
            reported.failed if reported.failed is not None else before.failed,
            reported.warning if reported.warning is not None else before.warning,
            reported.remaining,
        )

    @property
    def total(self) -> int | None:
        """How many sub-operations there were to be, if the peer told any number."""
        reported = [each for each in (self.completed, self.failed, self.warning, self.remaining) if each is not None]
        return sum(reported) if reported else None

    @property
    def performed(self) -> int | None:
        """How many instances the peer says that it has sent."""
        reported = [each for each in (self.completed, self.warning) if each is not None]
        return sum(reported) if reported else None


class LoaderClient:
    """Loads studies, series and images into the workstation's memory."""

    def __init__(self, configuration: Callable[[], Configuration], memory: Memory, register: OperationRegister) -> None:
        self._configuration = configuration
        self._memory = memory
        self._register = register
        self._turns = Turns()

    def retrieve(
        self,
        name: str,
        archive: Archive,
        identifier: Identifier,
        progress: Progress | None = None,
        *,
        priority: int = MEDIUM,
        began: Callable[[Operation], None] = lambda operation: None,
    ) -> RetrieveOutcome:
        """Perform a C-MOVE.

        Parameters
        ----------
        progress : callable, optional
            Called at each pending response, with the counts and what has arrived.
        priority : int
            The Priority of the request (PS3.7 Section 9.1.4.1.5): `MEDIUM` or `LOW`.
        began : callable
            Called with the operation before it waits for its turn, so that it can be cancelled apart from others.
        """
        try:
            encode_identifier(identifier.elements, EXPLICIT_VR_LITTLE_ENDIAN)
        except InvalidKeyError as fault:
            return RetrieveOutcome.refused(name, str(fault))
        return self._move(name, archive, _Transfer(identifier, progress, priority), began)

    def _move(
        self, name: str, archive: Archive, transfer: _Transfer, began: Callable[[Operation], None]
    ) -> RetrieveOutcome:
        def limit() -> int:
            return self._configuration().parallel_retrieves

        with self._register.entered(name) as operation:
            began(operation)
            with self._turns.taken("", limit, operation) as admitted:
                watch = self._memory.watch(_selection(transfer.identifier.elements))
                move = _Move(name, transfer, watch, self._memory, self._configuration())
                try:
                    if not admitted:
                        return move.outcome(Result.CANCELLED, detail="cancelled before it began")
                    configuration = self._configuration()
                    opening = Requestor(configuration, archive, TABLE_4, PDU_LENGTH_BYTES, operation.note)
                    with opening.governed_by(operation) as requestor:
                        status, detail = move.perform(requestor, operation)
                    return move.reconcile(status, detail, operation)
                except OperationEndedError as end:
                    return move.outcome(end.result, detail=end.detail).ended_by(end)
                finally:
                    self._memory.unwatch(watch)


@dataclass(frozen=True, slots=True)
class _Transfer:
    """What is retrieved, with which Priority, and who is told how far it has got."""

    identifier: Identifier
    progress: Progress | None
    priority: int


class _Move:
    """One C-MOVE, from request to the arrival of the last instance."""

    def __init__(
        self,
        peer: str,
        transfer: _Transfer,
        watch: Watch,
        memory: Memory,
        configuration: Configuration,
    ) -> None:
        self._peer = peer
        self._identifier = transfer.identifier
        self._priority = transfer.priority
        self._watch = watch
        self._memory = memory
        self._configuration = configuration
        self._progress = transfer.progress
        self._counts = Counts()
        self._announced: int | None = None
        self._failed_instances: tuple[str, ...] = ()

    def perform(self, requestor: Requestor, operation: Operation) -> tuple[int, str]:
        """Send the request and take every response; returns the final status and words for it."""
        context = preferred(requestor.accepted, STUDY_ROOT_MOVE)
        syntax = identifier_syntax(context)
        request = C_MOVE()
        request.MessageID = MESSAGE_ID
        request.AffectedSOPClassUID = STUDY_ROOT_MOVE
        request.Priority = self._priority
        request.MoveDestination = self._configuration.ae_title
        request.Identifier = BytesIO(encode_identifier(self._identifier.elements, syntax))
        requestor.send(request, context.context_id)
        operation.on_cancel(lambda: requestor.cancel(context.context_id))
        while True:
            # PS3.4 C.4.2.3: pending responses are the archive's choice, so what arrives shows too that it is at work
            response = requestor.receive(C_MOVE, context.context_id, sign_of_life=lambda: len(self._watch.arrived))
            self._counts = Counts.of(response, self._counts)
            self._announced = max(filter(None, (self._announced, self._counts.total)), default=self._counts.total)
            if status_class(response.Status) is not StatusClass.PENDING:
                break
            self._report()
        self._failed_instances = _failed_instances(response, identifier_syntax(requestor.context_of(response)))
        return int(response.Status), describe_status(response.Status, response)

    def _report(self) -> None:
        if self._progress is not None:
            counts = self._counts
            self._progress(
                {
                    "completed": counts.completed,
                    "failed": counts.failed,
                    "warning": counts.warning,
                    "remaining": counts.remaining,
                    "arrived": len(self._watch.arrived),
                }
            )

    def reconcile(self, status: int, detail: str, operation: Operation) -> RetrieveOutcome:
        """Wait for what the peer says that it sent, unless the operation is no longer wanted, and compare."""
        operation.on_stop(self._memory.wake)
        operation.on_cancel(self._memory.wake)
        performed = self._counts.performed or 0
        if status_class(status) is StatusClass.SUCCESS:
            performed = max(performed, len(self._asked_instances()))
        self._memory.wait(
            lambda: operation.is_unwanted or len(self._watch.arrived) >= performed,
            self._configuration.arrival_timeout_s,
        )
        result = result_of(status)
        missing = self._missing()
        if result is Result.SUCCESS and (missing or self._counts.failed):
            result = Result.PARTIAL
            detail = "; ".join(
                filter(
                    None,
                    [detail, f"the archive reported success, but {counted(missing or 0, 'instance')} did not arrive"],
                )
            )
        return self.outcome(result, status=status_text(status), detail=detail)

    def _asked_instances(self) -> tuple[str, ...]:
        if self._identifier.level != "IMAGE":
            return ()
        return values_of(self._identifier.elements["SOPInstanceUID"])

    def _missing(self) -> int | None:
        """Count what did not arrive of all that the peer ever announced, though its last response may say less."""
        asked = len(self._asked_instances())
        if self._announced is None and not asked:
            return None
        return max(0, max(self._announced or 0, asked) - len(self._watch.arrived))

    def outcome(self, result: Result, status: str | None = None, detail: str = "") -> RetrieveOutcome:
        """Return the outcome with what has been told and what has arrived so far."""
        return RetrieveOutcome(
            peer=self._peer,
            result=result,
            completed=self._counts.completed,
            failed=self._counts.failed,
            warning=self._counts.warning,
            remaining=self._counts.remaining,
            arrived=len(self._watch.arrived),
            missing=self._missing(),
            failed_instances=self._failed_instances,
            status=status,
            detail=detail,
        )


def _selection(keys: Keys) -> Callable[[StoredInstance], bool]:
    """Return whether an instance is one that the keys ask for."""
    keywords = [UNIQUE_KEYS[level] for level in LEVELS["study_root"]]
    wanted = {keyword: frozenset(values_of(keys[keyword])) for keyword in keywords if keys.get(keyword)}
    return lambda instance: all(getattr(instance, keyword) in uids for keyword, uids in wanted.items())


def _failed_instances(response: DIMSEPrimitive, transfer_syntax: str) -> tuple[str, ...]:
    """Return the Failed SOP Instance UID List of a final response (PS3.4 Section C.4.2.1.4.2)."""
    raw = response.Identifier.getvalue() if response.Identifier is not None else b""
    if not raw:
        return ()
    try:
        return values_of(decode_identifier(raw, transfer_syntax).get("FailedSOPInstanceUIDList", ""))
    except DataSetError:
        return ()
