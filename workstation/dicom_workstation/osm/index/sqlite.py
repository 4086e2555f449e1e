"""The index in an SQLite database, opened so that what is committed survives a power cut.

A connection that inserts has a trigger that counts the instances of series, studies and patients: each statement that
a thread has SQLite execute lets other threads of the interpreter go first, and the trigger counts an instance in the
statement that inserts it.

Invariants: a transaction that writes takes the lock before its first statement. An instance that is inserted on a
connection that counts is counted once; what is taken out is counted by the caller.

References
----------
SQLite: write-ahead log, `synchronous=FULL`
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.pool import QueuePool

from dicom_workstation.osm.index.statements import sqlite_driver_of

BUSY_MS: Final = 30_000
READERS: Final = 16
_STEPS_BETWEEN_LOOKS: Final = 10_000  # instructions of SQLite's machine
_OF_SERIES: Final = "(SELECT study_pk FROM series WHERE series_pk = NEW.series_pk)"
_OF_STUDY: Final = f"(SELECT patient_pk FROM study WHERE study_pk = {_OF_SERIES})"
_TRIGGER: Final = f"""
CREATE TEMPORARY TRIGGER counted AFTER INSERT ON main.instance BEGIN
    UPDATE series SET instances = instances + 1 WHERE series_pk = NEW.series_pk;
    UPDATE study SET instances = instances + 1 WHERE study_pk = {_OF_SERIES};
    UPDATE patient SET instances = instances + 1 WHERE patient_pk = {_OF_STUDY};
    INSERT INTO study_sop_class (study_pk, sop_class, instances) VALUES ({_OF_SERIES}, NEW.sop_class, 1)
        ON CONFLICT (study_pk, sop_class) DO UPDATE SET instances = instances + 1;
END
"""


class SQLite:
    """A database in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        """The path of the file."""
        return str(self._path)

    def engine(self) -> Engine:
        """Make the engine."""
        engine = create_engine(
            f"sqlite:///{self._path}",
            poolclass=QueuePool,
            pool_size=READERS,
            max_overflow=-1,
            connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000},
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine

    def check(self, connection: Connection) -> None:
        """Every connection is prepared when it is made."""

    def add_to_tables(self, connection: Connection) -> None:
        """The trigger belongs to a connection."""

    @contextmanager
    def reading(self, connection: Connection, is_over: Callable[[], bool] | None) -> Iterator[None]:
        """Ask between the instructions of SQLite's machine, on the thread that reads."""
        driver = sqlite_driver_of(connection)
        driver.set_progress_handler(is_over, _STEPS_BETWEEN_LOOKS if is_over else 0)
        try:
            yield
        finally:
            driver.set_progress_handler(None, 0)

    @contextmanager
    def inserting(self, connection: Connection) -> Iterator[None]:
        """Have the trigger while the block lasts."""
        connection.info["writes"] = True
        sqlite_driver_of(connection).execute(_TRIGGER)
        try:
            yield
        finally:
            sqlite_driver_of(connection).execute("DROP TRIGGER counted")
            connection.info.pop("writes", None)

    def begin(self, connection: Connection) -> bool:
        """Begin a transaction that has the lock from the beginning, so that it never fails half way."""
        sqlite_driver_of(connection).execute("BEGIN IMMEDIATE")
        return False

    def undo(self, connection: Connection) -> None:
        """Take a transaction back."""
        if connection.in_transaction():
            connection.rollback()
        sqlite_driver_of(connection).rollback()

    def faults(self, connection: Connection) -> list[str]:
        """Have SQLite check every page."""
        answers = connection.execute(text("PRAGMA integrity_check")).scalars()
        return [str(answer) for answer in answers if answer != "ok"]


def _prepare(connection: Any, _: object) -> None:
    """Set what each connection needs; transactions are begun by us, not by the driver."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16384"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Begin a transaction; one that writes takes the lock at once."""
    if not connection.info.get("writes"):
        connection.exec_driver_sql("BEGIN")
    elif not sqlite_driver_of(connection).in_transaction:  # else SQLAlchemy hears of it only now
        sqlite_driver_of(connection).execute("BEGIN IMMEDIATE")
