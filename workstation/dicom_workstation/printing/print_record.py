"""What became of a print: film by film, and as one outcome.

Invariants: nothing is told as better than it was. A film is printed when the printer said so and its job, where
it was followed, did not end in FAILURE. The status is that of the first response that was not 0000.

References
----------
PS3.4 Section H.4; PS3.7 Annex C
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from dicom_workstation.outcome import FilmResult, OperationEndedError, PrinterEvent, PrintOutcome, Result, StatusClass
from dicom_workstation.printing.protocol import Execution, Response, Service, meaning

TOLD_IN_DETAIL: Final = 12


@dataclass(slots=True)
class FilmRecord:
    """One film; `status` is that of the response that decided about it."""

    number: int
    film_box: str | None = None
    boxes: int | None = None
    status: str | None = None
    print_job: str | None = None
    execution: Execution = field(default_factory=Execution)
    is_accepted: bool = False
    has_failed: bool = False

    @property
    def is_printed(self) -> bool:
        """Whether it came out of the printer, as far as that was told."""
        return self.is_accepted and not self.has_failed and self.execution.status != "FAILURE"

    def result(self) -> FilmResult:
        """Return what the user is told of it."""
        return FilmResult(
            number=self.number,
            film_box=self.film_box,
            boxes=self.boxes,
            status=self.status,
            print_job=self.print_job,
            execution_status=self.execution.status or None,
            execution_status_info=self.execution.info or None,
        )


def _first_of(words: list[str]) -> list[str]:
    """Return as many as a user reads; each film and the warnings tell the others."""
    more = len(words) - TOLD_IN_DETAIL
    return [*words[:TOLD_IN_DETAIL], *([f"and {more} more"] if more > 0 else [])]


class PrintRecord:
    """Keeps what the printer answered in one print, and sums it up."""

    def __init__(self) -> None:
        self.films: list[FilmRecord] = []
        self.not_deleted: list[str] = []
        self.end: OperationEndedError | None = None
        self.cancelled = ""
        self.timed_out = ""
        self._warnings: dict[str, None] = {}
        self._failures: list[str] = []
        self._first: Response | None = None
        self._was_warned = False
        self._kinds: set[StatusClass] = set()

    def note(self, service: Service, response: Response, where: str = "") -> bool:
        """Take down a response; whether what was asked for was done."""
        if response.kind is StatusClass.SUCCESS:
            return True
        self._first = self._first or response
        text = f"{where or service}: {meaning(service, response)}"
        if response.is_done:
            self.warn(text, is_result=True)
        else:
            self._kinds.add(response.kind)
            self._failures.append(text)
        return response.is_done

    def note_minor(self, service: Service, response: Response, where: str = "") -> bool:
        """Take down a response that decides about no film: a failure is a warning to the user."""
        if response.is_done:
            return self.note(service, response, where)
        self._first = self._first or response
        self.warn(f"{where or service}: {meaning(service, response)}", is_result=True)
        return False

    def warn(self, text: str, is_result: bool = False) -> None:
        """Tell what the user should know; with `is_result`, so much that the result is a warning."""
        self._warnings[text] = None
        self._was_warned = self._was_warned or is_result

    def fail(self, text: str) -> None:
        """Tell of a failure that no status tells of."""
        self._kinds.add(StatusClass.FAILURE)
        self._failures.append(text)

    def note_jobs(self) -> None:
        """Take down how the jobs of the films stand."""
        for film in self.films:
            execution = film.execution
            words = " ".join(filter(None, (execution.status, execution.info)))
            if execution.status == "FAILURE":
                self.fail(f"film {film.number}: the print job ended in {words}")
            elif execution.is_troubled:
                self.warn(f"film {film.number}: the print job reported trouble ({words} at last)", is_result=True)

    def outcome(self, name: str, events: Iterable[PrinterEvent]) -> PrintOutcome:
        """Sum up."""
        printed = sum(film.is_printed for film in self.films)
        end = self.end
        others = ("" if end is None else end.detail, self.timed_out, self.cancelled)
        words = [*_first_of(self._failures), *filter(None, others)]
        if not words and self._was_warned:
            words = _first_of(list(self._warnings))
        return PrintOutcome(
            peer=name,
            result=self._result(printed),
            status=self._first.code if self._first is not None else self._last_status(),
            detail="; ".join(words),
            films=tuple(film.result() for film in self.films),
            films_printed=printed,
            films_failed=len(self.films) - printed,
            events=tuple(events),
            warnings=tuple(self._warnings),
            not_deleted=tuple(self.not_deleted),
        ).ended_by(end)

    def _last_status(self) -> str | None:
        return "0000" if any(film.film_box for film in self.films) else None

    def _result(self, printed: int) -> Result:
        if self.end is not None:
            return self.end.result
        if self._failures:
            if printed:
                return Result.PARTIAL
            return Result.CANCELLED if self._kinds == {StatusClass.CANCEL} else Result.FAILURE
        if self.cancelled:
            return Result.CANCELLED
        if self.timed_out:
            return Result.TIMEOUT
        return Result.WARNING if self._was_warned else Result.SUCCESS
