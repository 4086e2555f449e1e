"""A printer that the user chose: its association, what it says about itself, and what it reports.

Invariants: what the user is shown is what the printer reported last, and whether it can be asked now; after the end
of the association it says how it ended.

References
----------
Conformance statement, 3.2.4.1.2, 3.2.4.2.1.1; PS3.4 Section H.4.6 (Printer SOP Class); PS3.3 Section C.13.9
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from pydicom.dataset import Dataset
from pynetdicom.dimse_primitives import DIMSEPrimitive

from dicom_workstation.configuration import Configuration, Printer
from dicom_workstation.network import AcceptedContext
from dicom_workstation.operation_register import Operation, Turns
from dicom_workstation.outcome import (
    OperationEndedError,
    PrinterDetails,
    PrinterEvent,
    PrinterState,
    Result,
    StatusClass,
)
from dicom_workstation.printing.protocol import (
    EVENTS_KEPT,
    PrinterAssociation,
    PrintJobs,
    Response,
    Services,
    answer,
    text_of,
)
from dicom_workstation.tables import BASIC_COLOR_PRINT, BASIC_GRAYSCALE_PRINT, PRINTER, PRINTER_INSTANCE

TURN: Final = "one print at a time"
SHOWN: Final = {
    "status": "PrinterStatus",
    "status_info": "PrinterStatusInfo",
    "printer_name": "PrinterName",
    "manufacturer": "Manufacturer",
    "model": "ManufacturerModelName",
    "serial_number": "DeviceSerialNumber",
    "software": "SoftwareVersions",
}
# Statuses that are about the attributes that were asked for: without naming any, the printer tells what it has.
_ATTRIBUTE_ERRORS: Final = frozenset((0x0105, 0x0106, 0x0107, 0x0114, 0x0115))


class ChosenPrinter:
    """One association with one printer, from its opening to its end, and what was reported meanwhile."""

    def __init__(self, name: str, printer: Printer, configuration: Configuration, note: Callable[[str], None]) -> None:
        self.name = name
        self.printer = printer
        self.jobs = PrintJobs()
        self.turns = Turns()  # one print at a time
        self.unwanted = ""
        self._refusal = ""
        self._note = note
        self._lock = threading.Lock()
        self._reported: dict[str, str] = {}
        self._events: deque[PrinterEvent] = deque(maxlen=EVENTS_KEPT)
        self._event_count = 0
        self.association = PrinterAssociation(configuration, printer, self._answer, self._ended, note)

    def governed_by(self, operation: Operation) -> None:
        """Let the operation's stop abort the association, and its cancel end its opening or its release."""
        operation.on_stop(self.association.stop)
        operation.on_cancel(self.association.leave_off)

    def cancel_asking(self) -> None:
        """Abort the association for a question that is not wanted any more, unless something is being printed."""
        if self.turns.wait_until_free(TURN, 0):
            self.association.abandon()

    def open(self) -> None:
        """Open the association; OperationEndedError if it cannot be, or no print management was accepted."""
        self.association.open()
        if self.meta is None:
            self._refusal = "the printer accepted neither Basic Grayscale nor Basic Color Print Management"
            self.association.release()
            raise OperationEndedError(Result.NOT_ACCEPTED, self._refusal)

    @property
    def how_it_ended(self) -> str:
        """How the association ended, in words."""
        return self._refusal or self.association.end_description

    @property
    def meta(self) -> AcceptedContext | None:
        """The context of a Meta SOP Class to ask the printer in."""
        return self.association.context(BASIC_GRAYSCALE_PRINT) or self.association.context(BASIC_COLOR_PRINT)

    def services(self, abstract_syntax: str) -> Services | None:
        """Return the services of a SOP Class, if it was accepted."""
        context = self.association.context(abstract_syntax)
        return None if context is None else Services(self.association, context)

    def release(self, reason: str, timeout_s: float) -> None:
        """End what is being printed, then release; what does not end in time is aborted."""
        self.unwanted = reason
        self.jobs.wake()
        if not self.turns.wait_until_free(TURN, timeout_s):
            self.association.stop()
        self.association.release(timeout_s)

    # -- the Printer SOP Class

    def ask(self) -> Response:
        """N-GET of the printer's status; its answer is kept."""
        context = self.meta
        if context is None:
            raise OperationEndedError(Result.NOT_ACCEPTED, "no print management was accepted")
        services = Services(self.association, context)
        response = services.get(PRINTER, PRINTER_INSTANCE, tuple(SHOWN.values()))
        is_about_attributes = response.status in _ATTRIBUTE_ERRORS or response.kind is StatusClass.SUCCESS
        if is_about_attributes and not text_of(response.attributes, "PrinterStatus"):
            response = services.get(PRINTER, PRINTER_INSTANCE, ())
        self._keep(response.attributes)
        return response

    def _keep(self, attributes: Dataset) -> None:
        found = {key: text_of(attributes, keyword) for key, keyword in SHOWN.items() if keyword in attributes}
        with self._lock:
            self._reported.update(found)

    def shown(self) -> PrinterState:
        """Return what the user is shown."""
        with self._lock:
            details = PrinterDetails(**{key: self._reported.get(key) or None for key in SHOWN})
        return PrinterState(self.name, self.association.is_open, details)

    def events(self, since: int = 0) -> tuple[PrinterEvent, ...]:
        """Return the reports that came after the first `since` ones."""
        with self._lock:
            kept = list(self._events)
            skipped = max(0, since - (self._event_count - len(kept)))
        return tuple(kept[skipped:])

    @property
    def event_count(self) -> int:
        """How many reports have come."""
        with self._lock:
            return self._event_count

    # -- the association's thread

    def _answer(self, request: DIMSEPrimitive, context: AcceptedContext) -> DIMSEPrimitive:
        response = answer(request, context, self.jobs.knows, self._take)
        if response.Status != 0x0000:
            self._note(f"{self.name}: {request.msg_type} answered with {response.Status:04X}")
        return response

    def _take(self, event: PrinterEvent, attributes: Dataset) -> None:
        with self._lock:
            self._events.append(event)
            self._event_count += 1
        if event.print_job is not None:
            self.jobs.tell(event.print_job, event.status, event.info)
        else:
            self._keep(attributes)
            with self._lock:
                self._reported.update(status=event.status, status_info=event.info)
        self._note(f"{self.name}: {event.of} {event.status} {event.info}".rstrip())

    def _ended(self) -> None:
        self._note(f"{self.name}: the association with the printer has ended: {self.how_it_ended}")
        self.jobs.wake()
