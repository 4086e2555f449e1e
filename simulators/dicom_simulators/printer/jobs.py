"""Print jobs and the thread that prints them, film after film.

Invariants: one thread prints, the one that `start` makes and `stop` joins; every change of a job is reported once, in
order, by the thread that made it. While the printer's condition is FAILURE nothing is begun: jobs stay PENDING and say
why. A job that has ended keeps its attributes, not its films, until its end is confirmed: then it is deleted.

References
----------
PS3.4 H.4.5 (Print Job SOP Class), H.4.5.3; PS3.3 C.13.8 (Print Job Module), C.13.9.1 (status information)
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from dicom_simulators.printer.attributes import Attributes, made
from dicom_simulators.printer.films import Film
from dicom_simulators.printer.requests import JobRequest

PENDING, PRINTING, DONE, FAILURE = "PENDING", "PRINTING", "DONE", "FAILURE"
NORMAL, WARNING, QUEUED = "NORMAL", "WARNING", "QUEUED"
JOB_EVENTS = {PENDING: 1, PRINTING: 2, DONE: 3, FAILURE: 4}
"""Event Type IDs of PS3.4 Table H.4-14."""

JOBS_KEPT = 1000


@dataclass(slots=True, eq=False)
class Job:
    """A print job.

    Attributes
    ----------
    order : JobRequest or None
        None once it has ended.
    originator : str
        The AE that asked for it.
    owner : object
        The association on which it was created, while it lasts; its events go there (PS3.4 H.4.5.2.1.2).
    """

    uid: str
    number: int
    order: JobRequest | None
    originator: str
    owner: object
    label: str
    priority: str
    status: str = PENDING
    info: str = QUEUED
    created: datetime = field(default_factory=datetime.now)
    requested_end: tuple[str, str] | None = None  # how somebody wants it to end

    @property
    def ended(self) -> bool:
        """Whether it is DONE or FAILURE."""
        return self.status in (DONE, FAILURE)

    def attributes(self, printer_name: str) -> Attributes:
        """Return what an N-GET gives (PS3.4 Table H.4-15)."""
        values_by_keyword = {
            "ExecutionStatus": self.status,
            "ExecutionStatusInfo": self.info,
            "PrintPriority": self.priority,
            "CreationDate": f"{self.created:%Y%m%d}",
            "CreationTime": f"{self.created:%H%M%S}",
            "PrinterName": printer_name,
            "Originator": self.originator,
        }
        elements = [made(keyword, value) for keyword, value in values_by_keyword.items()]
        return {element.tag: element for element in elements}


class Spooler:
    """The print queue and its thread.

    Parameters
    ----------
    queue : int
        How many jobs may wait or print at once.
    film_s : float or "never"
        How long a film takes; never: until somebody says `finish`.
    ends, info : str
        How jobs end, and the Execution Status Info of those that fail.
    condition : (str, str)
        The printer's status and status info.
    make_uid : callable
    print_film : callable
        Given each film that comes out, by the printing thread.
    on_change : callable
        Called with each job that has changed, by the thread that changed it.
    """

    def __init__(
        self,
        *,
        queue: int,
        film_s: float | Literal["never"],
        ends: str,
        info: str,
        condition: tuple[str, str],
        make_uid: Callable[[str], str],
        print_film: Callable[[Film], None],
        on_change: Callable[[Job], None],
        name: str,
    ) -> None:
        self._queue_length = queue
        self._film_s = None if film_s == "never" else film_s
        self._ends = (ends, info if ends == FAILURE else NORMAL)
        self._condition = condition
        self._make_uid = make_uid
        self._print_film = print_film
        self._on_change = on_change
        self._name = name
        self._changed = threading.Condition()
        self._jobs: dict[str, Job] = {}
        self._last: Job | None = None
        self._waiting: deque[Job] = deque()  # the first is the one at hand
        self._numbered = 0
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to print."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"{self._name} spooler", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Print no more, and join the thread. May be called twice."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @property
    def condition(self) -> tuple[str, str]:
        """The printer's status and status info."""
        with self._changed:
            return self._condition

    @condition.setter
    def condition(self, condition: tuple[str, str]) -> None:
        with self._changed:
            self._condition = condition
            self._changed.notify_all()

    def submit(self, order: JobRequest, originator: str, owner: object) -> Job | None:
        """Take a job; None where the queue is full."""
        with self._changed:
            if len(self._waiting) >= self._queue_length or self._stopping:
                return None
            self._numbered += 1
            session = order.session
            label, priority = session.get("FilmSessionLabel", ""), session.get("PrintPriority", "")
            job = Job(self._make_uid("print job"), self._numbered, order, originator, owner, label, priority)
            if self._condition[0] == FAILURE:
                job.info = self._condition[1]
            self._on_change(job)
            self._jobs[job.uid] = self._last = job
            self._forget_old()
            self._waiting.append(job)
            self._changed.notify_all()
            return job

    def _forget_old(self) -> None:
        ended = [uid for uid, job in self._jobs.items() if job.ended]
        for uid in ended[: max(0, len(self._jobs) - JOBS_KEPT)]:
            del self._jobs[uid]

    def disown(self, owner: object) -> None:
        """Forget an association that has ended: its jobs continue, and nobody is notified of them."""
        with self._changed:
            for job in (*self._jobs.values(), *([self._last] if self._last is not None else [])):
                if job.owner is owner:
                    job.owner = None

    def delete(self, job: Job) -> None:
        """Delete a job: its end was confirmed (PS3.4 H.4.5.2.1.2)."""
        with self._changed:
            self._jobs.pop(job.uid, None)

    def find(self, uid: str) -> Job | None:
        """Return a job, including one that has ended without confirmation."""
        with self._changed:
            return self._jobs.get(uid)

    @property
    def last(self) -> Job | None:
        """The job that was taken last."""
        with self._changed:
            return self._last

    def finish(self, status: str, info: str) -> Job | None:
        """Have the job at hand end now; None where there is none."""
        with self._changed:
            if not self._waiting:
                return None
            job = self._waiting[0]
            job.requested_end = (status, info)
            self._changed.notify_all()
            return job

    def wait_ended(self, job: Job, within_s: float) -> bool:
        """Wait until a job has ended; return whether it has."""
        with self._changed:
            return self._changed.wait_for(lambda: job.ended, within_s)

    # -- the printing thread --------------------------------------------------------------------------------------

    def _run(self) -> None:
        while (job := self._next()) is not None:
            self._set(job, PRINTING, NORMAL)
            ending = self._printed(job)
            if ending is None:
                return
            self._set(job, *ending)

    def _next(self) -> Job | None:
        """Wait for a job that may begin; None = to stop. One that must wait says why."""
        with self._changed:
            while not self._stopping:
                job = self._waiting[0] if self._waiting else None
                held = self._condition[0] == FAILURE
                if job is not None and (job.requested_end is not None or not held):
                    return job
                if job is not None and job.info != self._condition[1]:
                    job.info = self._condition[1]
                    self._on_change(job)
                self._changed.wait()
            return None

    def _set(self, job: Job, status: str, info: str) -> None:
        with self._changed:
            job.status, job.info = status, info
            if job.ended:
                job.order = None
                self._waiting.popleft()
            self._on_change(job)
            self._changed.notify_all()

    def _printed(self, job: Job) -> tuple[str, str] | None:
        """Print the films of a job; give how it ended, None = to stop."""
        for film in _copies(job.order):
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or job.requested_end is not None, self._film_s)
                if self._stopping:
                    return None
                ending = job.requested_end or self._ends
            if ending[0] == FAILURE:
                return ending
            self._print_film(film)
        return job.requested_end or self._ends


def _copies(order: JobRequest | None) -> Iterator[Film]:
    """Yield the films of an order, copy after copy (PS3.4 H.4.1.2.4: collated)."""
    if order is not None:
        for _ in range(order.copies):
            yield from order.films
