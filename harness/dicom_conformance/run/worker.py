"""Worker processes: each is sent batches of cases and plays them.

A process that dies costs the case that it was playing, which becomes an ERROR, and is replaced. One that says nothing
for much longer than any case may take is ended. What crosses the pipe is cases one way, as the parent expanded
them, and results the other; so a file that changes during a run changes nothing.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from dicom_conformance import worker_processes
from dicom_conformance.errors import HarnessError
from dicom_conformance.interruption import ended_by, waiting
from dicom_conformance.play import CaseRunner, RunOptions, open_subject, subject_file
from dicom_conformance.profiles import Profile, against
from dicom_conformance.results import Result, Verdict, split_parameters
from dicom_conformance.run.choice import Choice
from dicom_conformance.run.dispatch import Dispatch, firsts
from dicom_conformance.run.memory import collect_seldom, peak_rss_bytes
from dicom_conformance.run.shards import Shard
from dicom_conformance.scenario import Case, listing, selection
from dicom_conformance.statement import CapabilityContext, Statement, load, unclaimed

DEFAULT_STATEMENT = listing.STATEMENT_OF_SHIPPED
"""What a subject of ours is held to."""
MOST_DEATHS = 8
"""After this many workers have died in a row without a result between them, the harness is at fault."""
SILENCE_FACTOR = 4.0
"""A worker that reports nothing for this many times a case's deadline is stopped."""
_END_S = 30.0
_EXIT_S = 5.0


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to play, and how.

    Parameters
    ----------
    selects : tuple of str
        As on the command line.
    statement : str
        Name or path; empty: the one that the subject file names, or that a subject of ours is held to.
    subject : str
        Name or path.
    seed : int
        Of the run.
    scenarios : Path
        The folder of scenarios.
    options : RunOptions
        How cases are played.
    quick : bool
        Whether only one case of each family of scenarios is played (`selection.quick`).
    choice : Choice
        Kinds of expectations, and what a foreign subject may be asked for.
    measured : tuple of CapabilityContext
        What a foreign subject accepted in a negotiation before the first case.
    announced : str
        The implementation version name that it announced there.
    profiles : tuple of Profile
        The cases are played against each of these instead of lawful peers; none, as they are.
    shard : Shard, optional
        Which part of the cases is played; all, if none is given.
    """

    selects: tuple[str, ...] = ()
    statement: str = ""
    subject: str = "embedded"
    seed: int = 0
    scenarios: Path = selection.FOLDER
    options: RunOptions = field(default_factory=RunOptions)
    quick: bool = False
    choice: Choice = field(default_factory=Choice)
    measured: tuple[CapabilityContext, ...] = ()
    announced: str = ""
    profiles: tuple[Profile, ...] = ()
    shard: Shard | None = None

    def load(self) -> Statement:
        """Read the statement, with what was measured; raises `DataError`."""
        foreign = None if self.statement else subject_file(self.subject)
        if foreign is None or foreign.statement:
            promised = load(self.statement or (foreign.statement if foreign else DEFAULT_STATEMENT))
            return promised.with_measured(self.measured) if self.measured else promised
        return unclaimed(foreign.product).with_measured(self.measured).with_operations(foreign.models_of_operations)

    def cases(self, promised: Statement) -> list[Case]:
        """Expand every case that is selected and fits the subject; raises `DataError`."""
        found = selection.cases(selection.select(self.selects, self.scenarios), promised, self.seed)
        chosen = self.choice.cases(found, promised, subject_file(self.subject), self.scenarios)
        return against(chosen, self.profiles) if self.profiles else chosen

    def played(self, found: list[Case]) -> list[Case]:
        """Choose those of the cases found that are played."""
        chosen = selection.quick(found) if self.quick else found
        return chosen if self.shard is None else self.shard.chooses(chosen)

    def product(self, promised: Statement) -> str:
        """Name another product as its statement does, else its subject file, else the product itself.

        It is empty for a subject of ours. A template for any product, or the statement of our workstation, names none.
        """
        foreign = subject_file(self.subject)
        if foreign is None:
            return ""
        own = bool(self.statement or foreign.statement) and promised.id != DEFAULT_STATEMENT
        stated = own and promised.device.manufacturer not in ("any", "unknown")
        device = promised.device
        named = " ".join(part for part in (device.manufacturer, device.model, device.version) if part)
        return (named if stated else "") or str(foreign.file.product or "") or self.announced or foreign.name

    def case_runner(self, promised: Statement) -> CaseRunner:
        """Open the subject and return what plays its cases; raises `DataError`."""
        return CaseRunner(promised, open_subject(self.subject), self.options)


@dataclass(frozen=True, slots=True)
class Batch:
    """What a worker is sent: cases of one scenario.

    Parameters
    ----------
    cases : tuple of (int, Case, bool)
        Number in the run, the case, and whether its timeline is kept whatever the verdict.
    """

    cases: tuple[tuple[int, Case, bool], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a worker sends back for each case; `peak_rss_bytes` is the most memory that it has held so far."""

    number: int
    result: Result
    peak_rss_bytes: int


def serve(request: RunRequest, connection: Connection) -> None:
    """Play batches until told to end: the whole life of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    with ended_by((signal.SIGTERM,), lambda number: SystemExit(128 + number)):
        _serve(request, connection)


def _serve(request: RunRequest, connection: Connection) -> None:
    case_runner = request.case_runner(request.load())
    collect_seldom()
    try:
        while (batch := _received(connection)) is not None:
            for number, case, with_timeline in batch.cases:
                result = case_runner.play(case, with_timeline)
                connection.send(Report(number, result, peak_rss_bytes()))
    except EOFError:
        return  # the parent is gone
    finally:
        case_runner.close()


def _received(connection: Connection) -> Batch | None:
    """Wait for a batch; None at the end."""
    with waiting():
        batch: Batch | None = connection.recv()
    return batch


@dataclass(slots=True)
class _Worker:
    """A worker process as its owner sees it."""

    process: BaseProcess
    connection: Connection
    name: str
    batch: list[int] = field(default_factory=list)
    configuration: str | None = None
    last_message_s: float = field(default_factory=time.monotonic)
    lost: bool = False
    silent: bool = False


class Pool:
    """Worker processes over one dispatch; a context manager by `close`.

    At most `count` of them play at a time, and `waiting` more while these play cases that take long.
    """

    def __init__(
        self,
        request: RunRequest,
        dispatch: Dispatch,
        count: int,
        broken: Callable[[Case, str], Result],
        waiting: int = 0,
    ) -> None:
        self._request = request
        self._dispatch = dispatch
        self._broken = broken
        worker_processes.start_server(request.subject)
        self._context = worker_processes.context(request.subject)
        self._deaths = 0
        self._firsts = firsts(dispatch.cases)
        self.peak_rss_bytes: dict[str, int] = {}
        self._count = count
        self._workers: list[_Worker] = []
        for _ in range(count + waiting):
            self._workers.append(self._start())

    def results(self) -> Iterator[tuple[int, Result]]:
        """Yield number and result of each case as it is done."""
        for worker in list(self._workers):
            self._feed(worker)
        while any(worker.batch for worker in self._workers):
            sources: list[Connection | int] = []
            for worker in self._workers:
                sources += [worker.connection, worker.process.sentinel]
            with waiting():
                ready = wait(sources, timeout=1.0)
            for worker in list(self._workers):
                if worker.connection in ready and (message := self._receive(worker)) is not None:
                    self._deaths = 0
                    yield message
                elif self._is_lost(worker, ready):
                    yield from self._replace(worker)
            for worker in self._workers:
                if not worker.batch:
                    self._feed(worker)

    def close(self) -> None:
        """End every process."""
        for worker in self._workers:
            if worker.process.is_alive() and not worker.batch:
                self._send(worker, None)
            else:
                worker.process.terminate()
        deadline = time.monotonic() + _END_S
        for worker in self._workers:
            worker.process.join(max(deadline - time.monotonic(), 0.1))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.connection.close()

    def _start(self) -> _Worker:
        parent_end, worker_end = self._context.Pipe()
        process = self._context.Process(target=serve, args=(self._request, worker_end), daemon=True)
        process.start()
        worker_end.close()
        name = f"worker {len(self.peak_rss_bytes) + 1}"
        self.peak_rss_bytes[name] = 0
        return _Worker(process, parent_end, name)

    def _send(self, worker: _Worker, batch: Batch | None) -> bool:
        try:
            worker.connection.send(batch)
        except (BrokenPipeError, OSError):
            return False  # it died; its sentinel tells
        return True

    def _feed(self, worker: _Worker) -> None:
        computing = [each for each in self._workers if each.batch and not self._dispatch.takes_long(each.batch)]
        batch = self._dispatch.next(worker.configuration, only_long=len(computing) >= self._count)
        if batch is None:
            return
        worker.batch = batch
        worker.configuration = self._dispatch.cases[batch[0]].configuration
        worker.last_message_s = time.monotonic()
        self._send(
            worker, Batch(tuple((number, self._dispatch.cases[number], number in self._firsts) for number in batch))
        )

    def _receive(self, worker: _Worker) -> tuple[int, Result] | None:
        try:
            message: Report = worker.connection.recv()
        except (EOFError, ConnectionResetError):
            worker.lost = True
            return None
        worker.last_message_s = time.monotonic()
        worker.batch.remove(message.number)
        self.peak_rss_bytes[worker.name] = message.peak_rss_bytes
        return message.number, message.result

    def _is_lost(self, worker: _Worker, ready: Sequence[object]) -> bool:
        if worker.lost or worker.process.sentinel in ready:
            return worker.lost or not worker.connection.poll()  # what it sent before it died is read first
        silent_s = time.monotonic() - worker.last_message_s
        options = self._request.options
        most_s = SILENCE_FACTOR * options.case_deadline_s * (1 + options.verify)
        worker.silent = bool(worker.batch) and silent_s > most_s
        return worker.silent

    def _replace(self, worker: _Worker) -> Iterator[tuple[int, Result]]:
        """Give the case that a lost worker was playing as an ERROR, and start another worker."""
        self._deaths += 1
        if self._deaths > MOST_DEATHS:
            raise HarnessError(f"{self._deaths} worker processes died in a row without a result")
        worker.process.join(0.0 if worker.silent else _EXIT_S)  # its pipes close before it can be reaped
        alive = worker.process.is_alive()
        if alive:
            worker.process.kill()
        worker.process.join()
        worker.connection.close()
        self._workers.remove(worker)
        how = "hung" if alive else f"died (exit status {worker.process.exitcode})"
        if worker.batch:
            number, *rest = worker.batch
            self._dispatch.put_back(rest)
            yield number, self._broken(self._dispatch.cases[number], f"the worker process {how} while playing it")
        if self._dispatch.left:
            self._workers.append(self._start())


def broken(request: RunRequest, promised: Statement, case: Case, reason: str) -> Result:
    """Give the result of a case that we could not play."""
    parameters, values = split_parameters(case.parameters)
    return Result(
        id=case.id,
        scenario=case.scenario.id,
        statement=promised.id,
        subject=request.subject,
        clause=case.clause,
        level=case.level,
        verdict=Verdict.ERROR,
        title=case.title,
        parameters=parameters,
        values=values,
        reason=reason,
        deviation=request.options.deviations.get(case.id, ""),
    )
