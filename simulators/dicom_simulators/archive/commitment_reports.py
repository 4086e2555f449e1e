"""Reports of storage commitment on their way: on the association of the request, or on one of the archive's own.

Invariants: a report waits for one thread, which opens the associations; it is tried a bounded number of times, and a
report that cannot be delivered is named in the log. On a new association the archive, as requestor, proposes the role
of the SCP, and sends nothing where that is not accepted.

References
----------
PS3.4 J.3.3 (N-EVENT-REPORT), J.2.1 (negotiation of roles); PS3.7 D.3.3.4, 10.1.1.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Literal

from dicom_simulators.archive.commitment import PUSH_MODEL, PUSH_MODEL_INSTANCE, Report
from dicom_simulators.archive.move_destination import Dialler
from dicom_simulators.association import Acceptor, Simulator, propose
from dicom_simulators.encoding import UNCOMPRESSED
from dicom_wire import CommandDataSetType, Message, RoleSelection, StatusClass, command_set, status_class

ReportsOn = Literal["same_association", "new_association"]
MOST_WAITING = 1000


@dataclass(frozen=True, slots=True)
class Addressed:
    """A report and the AE title of who asked for the commitment."""

    ae_title: str
    report: Report


class Reports:
    """Delivers the reports of one archive.

    Parameters
    ----------
    archive : Simulator
        Whose title and destinations are used.
    dialler : Dialler
        Opens the associations.
    reports_on : {"same_association", "new_association"}
        Where a report goes first; one that finds its association ended goes to a new one.
    attempts : int
        How many associations are opened for one report.
    retry_s : float
        Between two attempts, in seconds.
    """

    def __init__(
        self, archive: Simulator, dialler: Dialler, reports_on: ReportsOn, attempts: int, retry_s: float
    ) -> None:
        self._archive = archive
        self._dialler = dialler
        self._on_same = reports_on == "same_association"
        self._attempts = attempts
        self._retry_s = retry_s
        self._changed = threading.Condition()
        self._waiting: deque[Addressed] = deque()
        self._thread: threading.Thread | None = None

    @property
    def is_full(self) -> bool:
        """Whether no further report can wait."""
        with self._changed:
            return len(self._waiting) >= MOST_WAITING

    def send(self, report: Report, acceptor: Acceptor, context_id: int) -> None:
        """Deliver a report to the requestor of the association on which the commitment was asked for."""
        addressed = Addressed(acceptor.calling_ae_title, report)
        if not self._on_same:
            self._put(addressed)
            return
        syntax = acceptor.contexts[context_id].transfer_syntax
        command = command_set(
            "N-EVENT-REPORT-RQ",
            AffectedSOPClassUID=PUSH_MODEL,
            AffectedSOPInstanceUID=PUSH_MODEL_INSTANCE,
            EventTypeID=report.event_type,
            CommandDataSetType=int(CommandDataSetType.PRESENT),
        )
        message = Message(context_id, command, report.information(self._archive.ae_title, syntax))
        acceptor.notify(message, lambda response: self._answered(addressed, response))

    def stop(self) -> None:
        """Join the thread; the archive is stopping, so that what still waits is dropped."""
        with self._changed:
            self._waiting.clear()
            thread, self._thread = self._thread, None
            self._changed.notify_all()
        if thread is not None:
            thread.join()

    def _answered(self, addressed: Addressed, response: Message | None) -> None:
        """Take the response on the association of the request; without one, a new association is opened."""
        if response is None:
            self._put(addressed)
        else:
            self._is_delivered(addressed, response)

    def _put(self, addressed: Addressed) -> None:
        with self._changed:
            if self._archive.stopping.is_set():
                return
            self._waiting.append(addressed)
            if self._thread is None:
                name = f"{self._archive.name} commitment"
                self._thread = threading.Thread(target=self._deliver, name=name, daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _deliver(self) -> None:
        """Deliver what waits, until the archive stops; the work of the thread."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._archive.stopping.is_set())
                if self._archive.stopping.is_set():
                    return
                addressed = self._waiting.popleft()
            self._try(addressed)

    def _try(self, addressed: Addressed) -> None:
        """Try to deliver one report, a bounded number of times."""
        for attempt in range(self._attempts):
            if attempt and self._archive.stopping.wait(self._retry_s):
                return
            if addressed.ae_title not in self._archive.destinations:
                break
            if self._call(addressed):
                return
        else:
            self._note(addressed, f"not delivered in {self._attempts} attempts")
            return
        self._note(addressed, "not delivered: no address in destinations")

    def _call(self, addressed: Addressed) -> bool:
        """Open an association and send the report; tell whether it was delivered."""
        role = RoleSelection(PUSH_MODEL, 0, 1)
        called = self._dialler.call(addressed.ae_title, propose((PUSH_MODEL, UNCOMPRESSED)), (role,))
        if called is None:
            return False
        requestor, established = called
        try:
            context = established.find(PUSH_MODEL)
            if context is None or not context.scp:
                self._note(addressed, "the role of the SCP was not accepted")
                return False
            data_set = addressed.report.information(self._archive.ae_title, context.transfer_syntax)
            command = requestor.command(
                "N-EVENT-REPORT-RQ",
                data_set,
                AffectedSOPClassUID=PUSH_MODEL,
                AffectedSOPInstanceUID=PUSH_MODEL_INSTANCE,
                EventTypeID=addressed.report.event_type,
            )
            responses = list(requestor.request(Message(context.context_id, command, data_set)))
            return bool(responses) and self._is_delivered(addressed, responses[-1])
        finally:
            self._dialler.hang_up(requestor)

    def _is_delivered(self, addressed: Addressed, response: Message) -> bool:
        """Tell whether a response takes the report; one that does not is named in the log."""
        status = response.command.number("Status") or 0
        if status_class(status) in (StatusClass.SUCCESS, StatusClass.WARNING):
            return True
        self._note(addressed, f"answered with {status:04X}")
        return False

    def _note(self, addressed: Addressed, text: str) -> None:
        transaction = addressed.report.transaction
        self._archive.note(f"report of storage commitment {transaction} to {addressed.ae_title}: {text}")
