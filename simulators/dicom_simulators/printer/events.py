"""What a printer reports, and what may be done to it: N-EVENT-REPORT, and the operations that need no peer.

Invariants: an event is handed to the associations that accepted its SOP Class and sent by their own threads;
an operation waits, with a deadline, for the answers, and its outcome lists them. What an operation reports need not be
so.

References
----------
PS3.4 H.4.5.2.1 (Print Job), H.4.6.2.1 (Printer); PS3.7 10.1.1
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dicom_simulators.association import Acceptor, Arguments, Ending, OnResponse, ignore_response, outcome
from dicom_simulators.encoding import encoding_of, write_elements
from dicom_simulators.printer.attributes import made
from dicom_simulators.printer.jobs import DONE, FAILURE, JOB_EVENTS, NORMAL, WARNING, Job, Spooler
from dicom_simulators.printer.sop_classes import COLOR_META, GRAYSCALE_META, PRINT_JOB, PRINTER, PRINTER_INSTANCE
from dicom_wire import CommandDataSetType, Message, command_set

Outcome = dict[str, object]

PRINTER_EVENTS = {NORMAL: 1, WARNING: 2, FAILURE: 3}
"""Event Type IDs of PS3.4 Table H.4-16."""

ANSWER_S = 5.0
"""How long an operation waits for the answers to what it reports, and for associations to end."""


@dataclass(frozen=True, slots=True)
class Reporter:
    """Words events and hands them to associations.

    Attributes
    ----------
    printer_name, film_destination : str
        Reported with events.
    within_s : float
        How long answers are awaited.
    """

    printer_name: str
    film_destination: str
    within_s: float = ANSWER_S

    def report(
        self,
        acceptor: Acceptor,
        job: Job | None,
        status: str,
        info: str,
        event: int | None = None,
        on_response: OnResponse = ignore_response,
    ) -> bool:
        """Send an N-EVENT-REPORT-RQ of a job, or of the printer; False where the class was not accepted."""
        context = acceptor.find(*_classes(job))
        if context is None:
            return False
        elements = [made(keyword, value) for keyword, value in self._information(job, status, info).items() if value]
        encoding = encoding_of(context.transfer_syntax)
        data_set = write_elements({element.tag: element for element in elements}, encoding) if elements else None
        types = JOB_EVENTS if job else PRINTER_EVENTS
        command = command_set(
            "N-EVENT-REPORT-RQ",
            AffectedSOPClassUID=PRINT_JOB if job else PRINTER,
            AffectedSOPInstanceUID=job.uid if job else PRINTER_INSTANCE,
            EventTypeID=types.get(status, 1) if event is None else event,
            CommandDataSetType=int(CommandDataSetType.NULL if data_set is None else CommandDataSetType.PRESENT),
        )
        return acceptor.notify(Message(context.context_id, command, data_set), on_response)

    def _information(self, job: Job | None, status: str, info: str) -> dict[str, str]:
        """Give the Event Information (PS3.4 Tables H.4-14 and H.4-16: a normal printer has none)."""
        if job is not None:
            return {"ExecutionStatusInfo": info, "FilmSessionLabel": job.label, "PrinterName": self.printer_name}
        if status == NORMAL:
            return {}
        return {
            "PrinterStatusInfo": info,
            "FilmDestination": self.film_destination,
            "PrinterName": self.printer_name,
        }

    def report_and_wait(
        self, operation: str, acceptors: Iterable[Acceptor], job: Job | None, status: str, info: str, event: int | None
    ) -> Outcome:
        """Report an event and wait for the answers; the outcome names their statuses."""
        answers: list[str] = []
        done = threading.Condition()

        def on_response(response: Message | None) -> None:
            with done:
                number = None if response is None else response.command.number("Status")
                answers.append("none" if number is None else f"{number:04X}")
                done.notify_all()

        listening = [acceptor for acceptor in acceptors if acceptor.find(*_classes(job)) is not None]
        for acceptor in listening:
            self.report(acceptor, job, status, info, event, on_response)
        with done:
            done.wait_for(lambda: len(answers) >= len(listening), self.within_s)
            return {**outcome(operation, "", "success"), "told": len(listening), "answers": list(answers)}


def _classes(job: Job | None) -> tuple[str, ...]:
    """Return the abstract syntaxes in whose contexts an event may be sent."""
    return (PRINT_JOB,) if job else (GRAYSCALE_META, COLOR_META, PRINTER)


@dataclass(frozen=True, slots=True)
class Handling:
    """What a person may do to a printer.

    Attributes
    ----------
    reports : bool
        Whether a change of condition is reported.
    associations : callable
        Gives those that are established.
    wait_over : callable
        Waits until the given associations have ended; returns whether they have.
    note : callable
        Writes a line into the log.
    """

    reporter: Reporter
    spooler: Spooler
    reports: bool
    associations: Callable[[], list[Acceptor]]
    wait_over: Callable[[list[Acceptor], float], bool]
    note: Callable[[str], None]

    def operations(self) -> Mapping[str, Callable[[Mapping[str, object]], Outcome]]:
        """Return the operations by name."""
        return {
            "condition": self.condition,
            "report": self.report,
            "report_job": self.report_job,
            "finish": self.finish,
            "end": self.end,
        }

    def condition(self, arguments: Mapping[str, object]) -> Outcome:
        """Set Printer Status and Printer Status Info, and report them to every association."""
        status, info, _ = _event(arguments, (NORMAL, WARNING, FAILURE))
        self.spooler.condition = (status, info)
        self.note(f"printer status: {status}, {info}")
        listeners = self.associations() if self.reports else []
        return self.reporter.report_and_wait("condition", listeners, None, status, info, None)

    def report(self, arguments: Mapping[str, object]) -> Outcome:
        """Report a condition that it need not have."""
        status, info, event = _event(arguments, (NORMAL, WARNING, FAILURE))
        return self.reporter.report_and_wait("report", self.associations(), None, status, info, event)

    def report_job(self, arguments: Mapping[str, object]) -> Outcome:
        """Report an execution status of the last job, that it need not have."""
        status, info, event = _event(arguments, tuple(JOB_EVENTS))
        job = self.spooler.last
        if job is None:
            return outcome("report_job", "", "failure", detail="no print job")
        owners = [one for one in self.associations() if one is job.owner]
        return self.reporter.report_and_wait("report_job", owners, job, status, info, event)

    def finish(self, arguments: Mapping[str, object]) -> Outcome:
        """End the job at hand."""
        status, info, _ = _event(arguments, (DONE, FAILURE))
        job = self.spooler.finish(status, info)
        if job is None:
            return outcome("finish", "", "failure", detail="no print job")
        ended = self.spooler.wait_ended(job, ANSWER_S)
        return outcome("finish", "", "success" if ended else "timeout", detail=job.uid)

    def end(self, arguments: Mapping[str, object]) -> Outcome:
        """End every association."""
        read = Arguments(arguments)
        ending = Ending(read.choice("how", [each.value for each in Ending]))
        read.finish()
        listening = self.associations()
        for acceptor in listening:
            acceptor.end(ending)
        gone = self.wait_over(listening, ANSWER_S)
        return {**outcome("end", "", "success" if gone else "timeout"), "ended": len(listening)}


def _event(arguments: Mapping[str, object], statuses: Sequence[str]) -> tuple[str, str, int | None]:
    """Read status, status info and Event Type ID of an operation."""
    read = Arguments(arguments)
    status = read.choice("status", statuses)
    info = read.text("info", NORMAL if status not in (WARNING, FAILURE) else "UNKNOWN")
    event = read.number("event_type", high=0xFFFF) if "event_type" in read else None
    read.finish()
    return status, info, event
