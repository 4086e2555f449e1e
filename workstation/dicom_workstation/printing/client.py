"""The print client: which printer is chosen, and what it is asked to print.

Invariants: there is one association at a time. Choosing another printer ends what the one before is printing
(after the response at hand; what was created is deleted), releases that association, and only then opens the next.
A printer stays chosen until it is left; when its association ends, the user is told how, and the next print opens a
new one.

References
----------
Conformance statement, 3.2.4.1.2, 3.2.4.1.3, 3.2.4.2.1.1
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from dicom_workstation.configuration import Configuration, Printer
from dicom_workstation.instances import Memory
from dicom_workstation.operation_register import Operation, OperationRegister, Turns
from dicom_workstation.outcome import (
    OperationEndedError,
    PreviewOutcome,
    PrinterOutcome,
    PrinterState,
    PrintOutcome,
    Progress,
    Result,
    StatusClass,
    status_text,
)
from dicom_workstation.printing.errors import PrintError
from dicom_workstation.printing.films import Needs, Prepared, PreviewedFilm, films, needs, prepare, preview_film
from dicom_workstation.printing.plan import Plan, plan
from dicom_workstation.printing.print_record import PrintRecord
from dicom_workstation.printing.printer import TURN, ChosenPrinter
from dicom_workstation.printing.printing import print_films
from dicom_workstation.printing.protocol import Service, meaning
from dicom_workstation.printing.request import PrintRequest

CHOOSING: Final = "choosing"  # one operation at a time changes which printer is chosen
LEAVE_S: Final = 2.0  # for a printer to answer A-RELEASE-RQ when the workstation stops or forgets


class PrintClient:
    """Keeps the association with the printer that the user chose."""

    def __init__(
        self,
        configuration: Callable[[], Configuration],
        register: OperationRegister,
        memory: Memory,
        note: Callable[[str], None],
    ) -> None:
        self._configuration = configuration
        self._register = register
        self._memory = memory
        self._note = note
        self._turns = Turns()
        self._lock = threading.Lock()  # of `_chosen`, for no longer than it takes to set it
        self._chosen: ChosenPrinter | None = None

    @property
    def chosen(self) -> str | None:
        """The name of the printer chosen."""
        chosen = self._chosen
        return None if chosen is None else chosen.name

    # -- choosing

    def select(self, name: str) -> PrinterOutcome:
        """Choose a printer: the association before is closed, its own opened; the printer is asked how it is."""
        printer = self._configuration().printer(name)
        if printer is None:
            return _not_chosen(name, "unknown printer")
        with self._register.entered(name) as operation:
            try:
                chosen = self._choose(name, printer, operation)
                operation.on_stop(chosen.association.stop)
                operation.on_cancel(chosen.cancel_asking)
                response = chosen.ask()
            except OperationEndedError as end:
                return self._ended(name, end)
        is_success = response.kind is StatusClass.SUCCESS
        return PrinterOutcome(
            peer=name,
            result=Result.SUCCESS if is_success else Result.WARNING if response.is_done else Result.FAILURE,
            status=status_text(response.status),
            detail="" if is_success else meaning(Service.GET_PRINTER, response),
            printer=chosen.shown(),
            events=chosen.events(),
        )

    def _choose(self, name: str, printer: Printer, operation: Operation) -> ChosenPrinter:
        """Return the printer with an association that is open; OperationEndedError if none comes about."""
        with self._turns.taken(CHOOSING, lambda: 1, operation) as admitted:
            if not admitted:
                raise OperationEndedError(Result.CANCELLED, "cancelled before a printer was chosen")
            before = self._chosen
            if before is not None:
                if (before.name, before.printer) == (name, printer) and before.association.is_open:
                    return before
                before.governed_by(operation)
                self._release(before, "another printer was chosen" if before.name != name else "it is opened anew")
            chosen = ChosenPrinter(name, printer, self._configuration(), self._note)
            with self._lock:
                self._chosen = chosen
            chosen.governed_by(operation)
            chosen.open()
            self._note(f"{name}: association with the printer opened")
            return chosen

    def _release(self, chosen: ChosenPrinter, reason: str, timeout_s: float | None = None) -> None:
        configuration = self._configuration()
        bound_s = configuration.dimse_timeout_s + configuration.acse_timeout_s
        chosen.release(reason, bound_s if timeout_s is None else timeout_s)

    def leave(self, name: str | None = None) -> PrinterOutcome:
        """Leave the printer: its association is released."""
        with (
            self._register.entered(name or self.chosen or "") as operation,
            self._turns.taken(CHOOSING, lambda: 1, operation) as admitted,
        ):
            chosen = self._chosen
            if chosen is None or name not in (None, "", chosen.name):
                return _not_chosen(name, "this printer is not chosen")
            if not admitted:
                return PrinterOutcome(peer=chosen.name, result=Result.CANCELLED, printer=chosen.shown())
            was_open = chosen.association.is_open
            chosen.governed_by(operation)
            self._release(chosen, "the printer was left")
        return _as_it_is(chosen, "" if was_open else f"the association had ended: {chosen.how_it_ended}")

    def close(self) -> None:
        """Leave whatever printer is chosen, quickly, and forget it."""
        self._turns.wait_until_free(CHOOSING, LEAVE_S)
        with self._lock:
            chosen, self._chosen = self._chosen, None
        if chosen is not None:
            self._release(chosen, "the workstation is stopped", LEAVE_S)

    def shown(self, name: str | None = None) -> PrinterOutcome:
        """Tell what the user is shown of the printer chosen, without asking it."""
        chosen = self._chosen
        if chosen is None or name not in (None, "", chosen.name):
            return _not_chosen(name, "this printer is not chosen" if name else "no printer is chosen")
        is_open = chosen.association.is_open
        return _as_it_is(chosen, "" if is_open else f"not connected: {chosen.how_it_ended}")

    def _ended(self, name: str, end: OperationEndedError) -> PrinterOutcome:
        chosen = self._chosen
        return PrinterOutcome(
            peer=name,
            result=end.result,
            detail=end.detail,
            printer=PrinterState(name, False) if chosen is None else chosen.shown(),
            events=() if chosen is None else chosen.events(),
        ).ended_by(end)

    # -- printing

    def print(self, name: str, request: PrintRequest, progress: Progress | None = None) -> PrintOutcome:
        """Print; opens the association if there is none with this printer."""
        record = PrintRecord()
        printer = self._configuration().printer(name)
        if printer is None:
            return PrintOutcome.refused(name, "unknown printer")
        with self._register.entered(name) as operation:
            try:
                wanted = needs(request, self._memory)
                chosen = self._choose(name, printer, operation)
                found, prepared = self._prepared(request, wanted, chosen, printer)
            except PrintError as error:
                return PrintOutcome.refused(name, str(error))
            except OperationEndedError as end:
                record.end = end
                return record.outcome(name, ())
            with chosen.turns.taken(TURN, lambda: 1, operation) as admitted:
                if not admitted:
                    record.end = OperationEndedError(Result.CANCELLED, "cancelled before its turn came")
                    return record.outcome(name, ())
                operation.on_stop(chosen.association.stop)
                operation.on_cancel(chosen.jobs.wake)
                return print_films(chosen, prepared, found, self._configuration(), operation, record, progress)

    def _prepared(
        self, request: PrintRequest, wanted: Needs, chosen: ChosenPrinter, printer: Printer
    ) -> tuple[Plan, Prepared]:
        """Say how a request is printed on the printer chosen, and prepare its films.

        Raises
        ------
        PrintError
        """
        found = plan(request, wanted, chosen, self._configuration())
        return found, prepare(request.on_film(printer.film_size), self._memory, found.colour, found.bits)

    def preview(self, name: str, request: PrintRequest) -> PreviewOutcome:
        """Draw the films and print nothing; opens the association if there is none with this printer (3.2.4.2.1.1)."""
        printer = self._configuration().printer(name)
        if printer is None:
            return PreviewOutcome.refused(name, "unknown printer")
        with self._register.entered(name) as operation:
            try:
                wanted = needs(request, self._memory)
                chosen = self._choose(name, printer, operation)
                found, prepared = self._prepared(request, wanted, chosen, printer)
                drawn = tuple(preview_film(film) for film in _while_wanted(films(prepared), operation))
            except PrintError as error:
                return PreviewOutcome.refused(name, str(error))
            except OperationEndedError as end:
                return PreviewOutcome.ended(name, end)
        return PreviewOutcome(
            peer=name,
            result=Result.SUCCESS,
            films=drawn,
            warnings=(*found.warnings, *prepared.warnings),
        )


def _while_wanted(films: Iterable[PreviewedFilm], operation: Operation) -> Iterator[PreviewedFilm]:
    """Yield the films; OperationEndedError before the next one when the operation was cancelled or stopped."""
    for film in films:
        if operation.is_unwanted:
            raise OperationEndedError(Result.CANCELLED, "cancelled before all films were drawn")
        yield film


def _as_it_is(chosen: ChosenPrinter, detail: str) -> PrinterOutcome:
    """Tell of the printer chosen what is known of it now."""
    return PrinterOutcome(
        peer=chosen.name, result=Result.SUCCESS, detail=detail, printer=chosen.shown(), events=chosen.events()
    )


def _not_chosen(name: str | None, detail: str) -> PrinterOutcome:
    return PrinterOutcome(
        peer=name or None, result=Result.REFUSED, detail=detail, printer=PrinterState(name or None, False)
    )
