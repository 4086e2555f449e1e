"""The query engine: C-FIND as SCU in the Study Root and Patient Root models.

Invariants: at most one association per archive at a time, several archives at once; each row of Table 1 is a
presentation context of its own; a single outstanding operation; the outcome tells the peer's final status, and every
match that came before it, whatever the end. A match that comes again is told once.

References
----------
Conformance statement, 3.2.1; PS3.4 Section C.4.1; PS3.7 Section 9.1.2 and 9.3.2
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from io import BytesIO

from pynetdicom.dimse_primitives import C_FIND, DIMSEPrimitive

from dicom_workstation.configuration import Archive, Configuration
from dicom_workstation.data_sets import (
    DataSetError,
    InvalidKeyError,
    counted,
    encode_identifier,
    show,
    walk,
    with_character_set,
)
from dicom_workstation.network import MESSAGE_ID, Requestor, describe_status, identifier_syntax, preferred, result_of
from dicom_workstation.operation_register import Operation, OperationRegister, Turns
from dicom_workstation.outcome import (
    OperationEndedError,
    Outcome,
    Progress,
    QueryOutcome,
    Result,
    StatusClass,
    status_class,
    status_text,
)
from dicom_workstation.query_keys import Identifier
from dicom_workstation.tables import EXPLICIT_VR_LITTLE_ENDIAN, TABLE_1, TABLE_1_PATIENT_ROOT


class QueryEngine:
    """Asks archives."""

    def __init__(self, configuration: Callable[[], Configuration], register: OperationRegister) -> None:
        self._configuration = configuration
        self._register = register
        self._turns = Turns()

    def associate(self, name: str, archive: Archive) -> Outcome:
        """Explore a device: open an association with all of Table 1 and release it (3.2.1.2.1.1.1)."""
        with self._register.entered(name) as operation, self._turn(archive, operation) as admitted:
            if not admitted:
                return Outcome(peer=name, result=Result.CANCELLED)
            try:
                with self._requestor(archive, TABLE_1, operation).governed_by(operation) as requestor:
                    count = len(requestor.accepted)
            except OperationEndedError as end:
                return Outcome.ended(name, end)
        result = Result.SUCCESS if count else Result.NOT_ACCEPTED
        return Outcome(peer=name, result=result, detail=f"{count} of {len(TABLE_1)} accepted")

    def query(
        self,
        name: str,
        archive: Archive,
        identifier: Identifier,
        progress: Progress | None = None,
        *,
        began: Callable[[Operation], None] = lambda operation: None,
    ) -> QueryOutcome:
        """Perform a C-FIND.

        Parameters
        ----------
        progress : callable, optional
            Called with each match.
        began : callable
            Called with the operation before it waits for its turn, so that it can be ended apart from others.
        """
        try:
            elements = with_character_set(identifier.elements, self._configuration().query_character_sets)
            encode_identifier(elements, EXPLICIT_VR_LITTLE_ENDIAN)
        except InvalidKeyError as fault:
            return QueryOutcome.refused(name, str(fault))
        proposed = TABLE_1 if identifier.model == "study_root" else TABLE_1_PATIENT_ROOT
        with self._register.entered(name) as operation:
            began(operation)
            with self._turn(archive, operation) as admitted:
                find = _Find(name, identifier.with_elements(elements), progress)
                if not admitted:
                    return find.outcome(Result.CANCELLED, detail="cancelled before it began")
                try:
                    with self._requestor(archive, proposed, operation).governed_by(operation) as requestor:
                        return find.perform(requestor, operation)
                except OperationEndedError as end:
                    return find.ended(end)

    @contextmanager
    def conversation(
        self, name: str, archive: Archive, *, began: Callable[[Operation], None] = lambda operation: None
    ) -> Iterator[Conversation]:
        """Let several C-FINDs follow each other on one association, which opens with the first of them."""
        with self._register.entered(name) as operation, ExitStack() as stack:
            began(operation)
            yield Conversation(
                name, stack, operation, lambda: self._entered(archive, operation, stack), self._configuration
            )

    def _entered(self, archive: Archive, operation: Operation, stack: ExitStack) -> Requestor:
        """Wait for the turn and open the association; OperationEndedError if that cannot be."""
        if not stack.enter_context(self._turn(archive, operation)):
            raise OperationEndedError(Result.CANCELLED, "cancelled before it began")
        return stack.enter_context(self._requestor(archive, TABLE_1, operation).governed_by(operation))

    def _turn(self, archive: Archive, operation: Operation) -> AbstractContextManager[bool]:
        return self._turns.taken((archive.host, archive.port), lambda: 1, operation)

    def _requestor(self, archive: Archive, proposed: tuple[tuple[str, str], ...], operation: Operation) -> Requestor:
        configuration = self._configuration()
        return Requestor(configuration, archive, proposed, configuration.query_pdu_length_bytes, operation.note)


class Conversation:
    """Queries that follow each other on one association, in the Study Root model.

    Once the association has ended early, or the user has cancelled, every further query ends at once.
    """

    def __init__(
        self,
        peer: str,
        stack: ExitStack,
        operation: Operation,
        connect: Callable[[], Requestor],
        configuration: Callable[[], Configuration],
    ) -> None:
        self._peer = peer
        self._stack = stack
        self._operation = operation
        self._connect = connect
        self._configuration = configuration
        self._requestor: Requestor | None = None
        self._end: OperationEndedError | None = None

    def ask(self, identifier: Identifier, take: Callable[[bytes, str], None]) -> QueryOutcome:
        """Perform one C-FIND.

        Parameters
        ----------
        take : callable
            Called with each match as it came: the encoded Identifier, and its transfer syntax.
        """
        try:
            elements = with_character_set(identifier.elements, self._configuration().query_character_sets)
        except InvalidKeyError as fault:
            return QueryOutcome.refused(self._peer, str(fault))
        find = _Find(self._peer, identifier.with_elements(elements), None, take)
        if self._end is None and self._operation.is_unwanted:
            self._end = OperationEndedError(Result.CANCELLED, "cancelled before the next query")
        if self._end is not None:
            return find.ended(self._end)
        try:
            self._requestor = self._requestor or self._connect()
            return find.perform(self._requestor, self._operation)
        except OperationEndedError as end:
            self._end = end
            self._leave(end)
            return find.ended(end)

    def _leave(self, end: OperationEndedError) -> None:
        """Close the association as one that ended early: nothing is released any more."""
        self._stack.pop_all().__exit__(type(end), end, end.__traceback__)


class _Find:
    """One C-FIND, from request to final response."""

    def __init__(
        self,
        peer: str,
        identifier: Identifier,
        progress: Progress | None,
        take: Callable[[bytes, str], None] = lambda raw, transfer_syntax: None,
    ) -> None:
        self._peer = peer
        self._identifier = identifier
        self._progress = progress
        self._taken_by = take
        self._matches: list[dict[str, str]] = []
        self._doubtful: list[tuple[str, ...]] = []
        self._pending = 0
        self._faults: list[str] = []
        self._known: dict[str, list[dict[str, str]]] = {}  # by the value of the unique key
        self._repeated = 0

    def perform(self, requestor: Requestor, operation: Operation) -> QueryOutcome:
        """Send the request and take every response."""
        abstract_syntax = requestor.proposed[0][0]
        context = preferred(requestor.accepted, abstract_syntax)
        request = C_FIND()
        request.MessageID = MESSAGE_ID
        request.AffectedSOPClassUID = abstract_syntax
        request.Priority = 0
        request.Identifier = BytesIO(encode_identifier(self._identifier.elements, identifier_syntax(context)))
        requestor.send(request, context.context_id)
        operation.on_cancel(lambda: requestor.cancel(context.context_id))
        while True:
            response = requestor.receive(C_FIND, context.context_id)
            if status_class(response.Status) is not StatusClass.PENDING:
                break
            self._take(response, identifier_syntax(requestor.context_of(response)))
        status = int(response.Status)
        again = f"{counted(self._repeated, 'response')} repeated an earlier match" if self._repeated else ""
        detail = "; ".join(filter(None, [*self._faults, describe_status(status, response), again]))
        result = Result.INVALID_RESPONSE if self._faults else result_of(status)
        return self.outcome(result, status=status_text(status), detail=detail)

    def _take(self, response: DIMSEPrimitive, transfer_syntax: str) -> None:
        self._pending += 1
        raw = response.Identifier.getvalue() if response.Identifier is not None else b""
        if not raw:
            self._faults.append(f"pending response {self._pending} has no Identifier")
            return
        try:
            walk(raw, transfer_syntax)
            shown = show(raw, transfer_syntax)
        except DataSetError as fault:
            self._faults.append(f"Identifier of pending response {self._pending} {fault}")
            return
        unique = self._identifier.unique_key
        name = shown.values.get(unique, "")
        known = self._known.setdefault(name, []) if name else []
        if shown.values in known:
            self._repeated += 1
            return
        doubts = shown.doubts
        if not name:
            doubts += (f"{unique}: empty, although it identifies the match",)
        elif known:
            doubts += (f"{unique}: that of an earlier match, which has other values",)
        known.append(shown.values)
        self._matches.append(shown.values)
        self._doubtful.append(doubts)
        self._taken_by(raw, transfer_syntax)
        if self._progress is not None:
            self._progress(shown.values)

    def outcome(self, result: Result, status: str | None = None, detail: str = "") -> QueryOutcome:
        """Return the outcome with what has come so far."""
        return QueryOutcome(
            peer=self._peer,
            result=result,
            matches=tuple(self._matches),
            pending=self._pending,
            doubtful=tuple(self._doubtful),
            status=status,
            detail=detail,
        )

    def ended(self, end: OperationEndedError) -> QueryOutcome:
        """Return the outcome of a find that was ended early."""
        return self.outcome(end.result, detail=end.detail).ended_by(end)
