"""A print from its first message to the end of its jobs.

Invariants: the films are sent and everything created is deleted; then the print jobs are followed, where the
printer accepted Print Job, and where it did not a warning says that the end is not known.

References
----------
Conformance statement, 3.2.4.2.1.2.4; PS3.4 Section H.4.5
"""

from __future__ import annotations

from collections.abc import Callable

from dicom_workstation.configuration import Configuration
from dicom_workstation.operation_register import Operation
from dicom_workstation.outcome import OperationEndedError, PrintOutcome, Progress
from dicom_workstation.printing.film_session import FilmSession
from dicom_workstation.printing.films import Prepared
from dicom_workstation.printing.plan import Plan
from dicom_workstation.printing.print_record import PrintRecord
from dicom_workstation.printing.printer import ChosenPrinter
from dicom_workstation.printing.protocol import EXECUTION, JobFollower, Service, text_of
from dicom_workstation.tables import PRINT_JOB


def print_films(
    chosen: ChosenPrinter,
    prepared: Prepared,
    plan: Plan,
    configuration: Configuration,
    operation: Operation,
    record: PrintRecord,
    progress: Progress | None,
) -> PrintOutcome:
    """Print what was prepared; the caller holds the printer's turn."""

    def unwanted() -> str:
        return chosen.unwanted or ("cancelled" if operation.is_unwanted else "")

    since = chosen.event_count
    for text in plan.warnings:
        record.warn(text)
    FilmSession(prepared, plan.meta, plan.lut, plan.annotation, chosen.jobs, record, unwanted, progress).perform()
    for text in prepared.warnings:
        record.warn(text)
    accepted = [film for film in record.films if film.is_accepted]
    if prepared.request.follow and record.end is None and accepted:
        timeout_s = prepared.request.film_s or configuration.print_job_timeout_s
        FilmJobs(chosen, record, configuration.print_job_interval_s, timeout_s).follow(unwanted, progress)
    for film in accepted:
        film.execution = chosen.jobs.of(film.print_job or "")
    record.note_jobs()
    return record.outcome(chosen.name, chosen.events(since))


class FilmJobs:
    """The jobs of the films that the printer accepted, followed to their end."""

    def __init__(self, chosen: ChosenPrinter, record: PrintRecord, interval_s: float, timeout_s: float) -> None:
        self._chosen = chosen
        self._record = record
        self._interval_s = interval_s
        self._timeout_s = timeout_s
        self._services = chosen.services(PRINT_JOB)
        self._films: dict[str, list[int]] = {}
        self._refused: set[str] = set()

    def follow(self, unwanted: Callable[[], str], progress: Progress | None) -> None:
        """Follow the jobs; a warning names what is not known at the end."""
        if self._services is None:
            self._record.warn("the printer did not accept Print Job: it is not known whether the films were printed")
            return
        for film in self._record.films:
            if film.is_accepted and film.print_job is None:
                self._record.warn(f"film {film.number}: the printer named no print job: it is not known how it ended")
            elif film.is_accepted and film.print_job is not None:
                self._films.setdefault(film.print_job, []).append(film.number)
        association = self._chosen.association
        following = JobFollower(
            self._chosen.jobs,
            self._ask,
            lambda: bool(unwanted()) or not association.is_open,
            self._interval_s,
            self._timeout_s,
        )
        try:
            left = following.follow(self._films, lambda: self._tell(progress))
        except OperationEndedError as end:
            self._record.end = end
            return
        self._tell(progress)
        self._note_unknown([uid for uid in left if uid not in self._refused], unwanted())

    def _ask(self, uid: str) -> bool:
        """N-GET of a job; False if the printer has no answer to it."""
        if self._services is None:
            return False
        where = f"print job of {self._named(uid)}"
        response = self._services.get(PRINT_JOB, uid, ("ExecutionStatus", "ExecutionStatusInfo"))
        if self._chosen.jobs.of(uid).has_ended:  # an event came first, and the printer may have deleted the job then
            return True
        status = text_of(response.attributes, "ExecutionStatus")
        is_accepted_status = self._record.note_minor(Service.GET_JOB, response, where)
        if is_accepted_status and status in EXECUTION:
            self._chosen.jobs.tell(uid, status, text_of(response.attributes, "ExecutionStatusInfo"))
            return True
        if is_accepted_status:
            self._record.warn(f"{where}: Execution Status is {status or 'missing'}", is_result=True)
        self._refused.add(uid)
        return False

    def _named(self, uid: str) -> str:
        numbers = self._films[uid]
        return f"film{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"

    def _note_unknown(self, left: list[str], reason: str) -> None:
        if not left:
            return
        stands = ", ".join(f"{self._named(uid)}: {self._chosen.jobs.of(uid).status or 'no status'}" for uid in left)
        if reason:
            self._record.warn(f"the print job was not followed to its end ({stands}): {reason}", is_result=True)
        elif not self._chosen.association.is_open:
            self._record.end = self._chosen.association.how_it_ended()
        else:
            self._record.timed_out = f"the print job had not ended after {self._timeout_s:g} s ({stands})"

    def _tell(self, progress: Progress | None) -> None:
        if progress is None:
            return
        for uid in self._films:
            known = self._chosen.jobs.of(uid)
            progress({"print_job": uid, "execution_status": known.status, "execution_status_info": known.info})
