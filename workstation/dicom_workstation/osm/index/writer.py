"""The one thread that writes into the index: whoever waits shares one transaction and its sync with the others.

Invariants: a task has been committed when `do` returns; one that fails is undone alone and raises at its caller's. The
folders of the files that a task names are synced before the transaction is committed, so that no row names a file that
a power cut can take.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from dicom_workstation.osm.index.database import Database

MOST_IN_ONE_TRANSACTION: Final = 512

Result = TypeVar("Result")
SyncFolder = Callable[[Path], None]


class WriterStoppedError(Exception):
    """The index is being closed; nothing is written any more."""


@dataclass(frozen=True, slots=True)
class _Task:
    write: Callable[[Connection], Any]
    folder: Path | None
    done: Future[Any] = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class WriterFigures:
    """What the writer has done: transactions, tasks in them, the largest number at once, and seconds that it took."""

    transactions: int = 0
    tasks: int = 0
    largest: int = 0
    seconds: float = 0.0


class Writer:
    """Writes into the index; any thread may ask."""

    def __init__(self, database: Database, sync_folder: SyncFolder) -> None:
        self._database = database
        self._sync_folder = sync_folder
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_stopping = False
        self._thread: threading.Thread | None = None
        self.figures = WriterFigures()

    def start(self) -> None:
        """Begin to write."""
        self._thread = threading.Thread(target=self._run, name="osm-writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what was asked for, and end."""
        with self._lock:
            self._is_stopping = True
            self._tasks.put(None)
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @property
    def waiting(self) -> int:
        """How many tasks wait."""
        return self._tasks.qsize()

    def do(self, write: Callable[[Connection], Result], folder: Path | None = None) -> Result:
        """Have something written; returns when it is committed.

        Parameters
        ----------
        write : callable
            Gets the connection; what it raises undoes what it wrote, and is raised here.
        folder : Path, optional
            Synced before the transaction is committed.

        Raises
        ------
        WriterStoppedError
            If the writer has been stopped.
        """
        task = _Task(write, folder)
        with self._lock:
            if self._is_stopping or self._thread is None:
                raise WriterStoppedError("the index is being closed")
            self._tasks.put(task)
        found: Result = task.done.result()
        return found

    def _run(self) -> None:
        while (first := self._tasks.get()) is not None:
            batch = [first]
            is_last = False
            while len(batch) < MOST_IN_ONE_TRANSACTION and not self._tasks.empty():
                following = self._tasks.get()
                if following is None:
                    is_last = True
                    break
                batch.append(following)
            self._write(batch)
            if is_last:
                return

    def _write(self, batch: Sequence[_Task]) -> None:
        begin = time.monotonic()
        outcomes: list[tuple[_Task, Any, BaseException | None]] = []
        try:
            for folder in {task.folder for task in batch if task.folder is not None}:
                self._sync_folder(folder)
            with self._database.writing() as connection:
                for task in batch:
                    outcomes.append((task, *_attempt(connection, task)))
        except Exception as error:  # nothing was committed: each caller hears why
            for task in batch:
                task.done.set_exception(error)
            return
        self._note(len(batch), time.monotonic() - begin)
        for task, result, failure in outcomes:
            if failure is None:
                task.done.set_result(result)
            else:
                task.done.set_exception(failure)

    def _note(self, tasks: int, seconds: float) -> None:
        last = self.figures
        self.figures = WriterFigures(
            last.transactions + 1, last.tasks + tasks, max(last.largest, tasks), last.seconds + seconds
        )


def _attempt(connection: Connection, task: _Task) -> tuple[Any, Exception | None]:
    """Do one task in a savepoint of its own; what it raises undoes it alone."""
    try:
        with connection.begin_nested():
            return task.write(connection), None
    except Exception as error:
        return None, error
