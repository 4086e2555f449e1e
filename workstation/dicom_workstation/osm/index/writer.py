"""Writing into the index: whoever waits shares one transaction and its sync with the others.

There is no thread that writes. Whoever asks while nothing is being written leads: it writes its own task and all that
wait, in one transaction. Whoever asks meanwhile waits, and the first of those leads the next transaction.

Invariants: one transaction at a time; a task has been committed when `do` returns; one that fails raises at its
caller's alone: the others are written again without it. (A savepoint for each would be no cheaper, and SQLite may give
the whole transaction up because of what one task met.) While the database is away, nobody waits for more than one try
to reach it.
"""

from __future__ import annotations

import errno
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from dicom_workstation.osm.index.database import Database
from dicom_workstation.osm.metrics import Figures

MOST_IN_ONE_TRANSACTION: Final = 512

Result = TypeVar("Result")


class WriterStoppedError(Exception):
    """The index is being closed; nothing is written any more."""


class IndexAwayError(OSError):
    """No transaction could be begun: the database cannot be reached, or gives no lock. The task was not written.

    Parameters
    ----------
    cause : Exception
        What the database, or its driver, said.
    """

    def __init__(self, cause: Exception) -> None:
        super().__init__(errno.EIO, f"the index cannot be reached: {cause}")


class _Task:
    """Something to be written, and what became of it."""

    __slots__ = ("failure", "is_leader", "result", "woken", "write")

    def __init__(self, write: Callable[[Connection], Any]) -> None:
        self.write = write
        self.woken = threading.Event()
        self.is_leader = False
        self.result: Any = None
        self.failure: BaseException | None = None


class Writer:
    """Writes into the index; any thread may ask.

    Parameters
    ----------
    came_back : callable, optional
        Called before the first transaction after the database was away.
    """

    def __init__(
        self, database: Database, figures: Figures | None = None, came_back: Callable[[], None] = lambda: None
    ) -> None:
        self._database = database
        self._came_back = came_back
        self._figures = figures or Figures()
        self._open = ExitStack()
        self._connection: Connection | None = None
        self._changed = threading.Condition()
        self._waiting: deque[_Task] = deque()
        self._is_led = False
        self._is_stopping = True

    def start(self) -> None:
        """Begin to write."""
        self._connection = self._open.enter_context(self._database.inserting())
        self._is_stopping = False

    def stop(self) -> None:
        """Write what was asked for, and end."""
        with self._changed:
            self._is_stopping = True
            self._changed.wait_for(lambda: not self._is_led)
        self._connection = None
        self._open.close()

    @property
    def waiting(self) -> int:
        """How many tasks wait."""
        return len(self._waiting)

    def do(self, write: Callable[[Connection], Result]) -> Result:
        """Have something written; returns when it is committed.

        Parameters
        ----------
        write : callable
            Gets the connection, on whatever thread leads; what it raises undoes what it wrote, and is raised here.
            It may be called twice, when what it wrote at first was undone because of another task.

        Raises
        ------
        WriterStoppedError
            If the writer has been stopped.
        IndexAwayError
            If no transaction could be begun; it is certain that nothing was written.
        """
        task = _Task(write)
        with self._changed:
            if self._is_stopping:
                raise WriterStoppedError("the index is being closed")
            self._waiting.append(task)
            if not self._is_led:
                self._is_led = task.is_leader = True
        if not task.is_leader:
            task.woken.wait()
        if task.is_leader:
            self._lead()
        if task.failure is not None:
            raise task.failure
        found: Result = task.result
        return found

    def _lead(self) -> None:
        """Write what waits, wake whoever waited for it, and hand the lead on."""
        with self._changed:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_IN_ONE_TRANSACTION))]
        try:
            self._write(batch)
        except BaseException as error:  # nothing was committed: each caller hears why
            for task in batch:
                task.failure = error
            if not isinstance(error, Exception):
                raise
        finally:
            with self._changed:
                successor = self._waiting[0] if self._waiting else None
                if successor is None:
                    self._is_led = False
                    self._changed.notify_all()
                else:
                    successor.is_leader = True
                    successor.woken.set()
            for task in batch:
                task.woken.set()

    def _write(self, batch: Sequence[_Task]) -> None:
        """Write tasks in one transaction; if one of them fails, each in a transaction of its own."""
        try:
            self._transact(batch)
        except IndexAwayError:
            raise
        except Exception as failure:
            if len(batch) == 1:
                raise
            for number, task in enumerate(batch):
                try:
                    self._transact((task,))
                except IndexAwayError:  # nobody knows whether the first transaction was committed
                    for each in batch[number:]:
                        each.failure = failure
                    return
                except Exception as error:
                    task.failure = error

    def _transact(self, tasks: Sequence[_Task]) -> None:
        """Write tasks in one transaction; where this raises, nothing of them is written."""
        connection = self._connection
        assert connection is not None, "it is there until nobody leads"
        begin = time.monotonic()
        try:
            was_away = self._database.begin(connection)
        except Exception as error:
            self._database.undo(connection)
            raise IndexAwayError(error) from error
        if was_away:
            self._came_back()
        try:
            for task in tasks:
                task.result = task.write(connection)
            self._database.commit(connection)
        except BaseException:
            self._database.undo(connection)
            raise
        self._figures.batch.observe(len(tasks))
        self._figures.commit.observe(time.monotonic() - begin)
