"""The database of the index: SQLite, opened so that what is committed survives a power cut.

Invariants: one connection writes, that of the writer's thread; each thread that reads takes a connection of its own and
gives it back; a transaction that reads sees one state of the index from its first statement to its last.

References
----------
SQLite: write-ahead log, `synchronous=FULL`
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, create_engine, event, insert, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool

from dicom_workstation.osm.index.counting import count_no_more, count_what_is_inserted
from dicom_workstation.osm.index.names import FOLDING_VERSION
from dicom_workstation.osm.index.schema import META, METADATA, SCHEMA_VERSION
from dicom_workstation.osm.index.statements import driver_of

BUSY_MS: Final = 30_000
READERS: Final = 16
_STEPS_BETWEEN_LOOKS: Final = 10_000  # instructions of SQLite's machine


class IndexUnusableError(Exception):
    """An index that cannot be used; the text says why and what to do."""


class Database:
    """The tables of one index; any thread may read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine = create_engine(
            f"sqlite:///{path}",
            poolclass=QueuePool,
            pool_size=READERS,
            max_overflow=-1,
            connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000},
        )
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)

    @property
    def path(self) -> Path:
        """Where it stands."""
        return self._path

    def create(self, *, must_be_used: bool = False) -> None:
        """Make the tables where there are none.

        Parameters
        ----------
        must_be_used : bool
            Whether there are instances that an index was made for: an empty one is not theirs.

        Raises
        ------
        IndexUnusableError
            If the tables are of another version, or are empty although they must not be, or the file is no database.
        """
        try:
            METADATA.create_all(self._engine)
            with self.writing() as connection:
                known = {row.key: row.value for row in connection.execute(select(META))}
                if must_be_used and not known:
                    raise IndexUnusableError(f"{self._path} is empty, but there are files: run `osm rebuild`")
                for key, value in (("schema", str(SCHEMA_VERSION)), ("folding", FOLDING_VERSION)):
                    if key not in known:
                        connection.execute(insert(META).values(key=key, value=value))
                    elif known[key] != value:
                        raise IndexUnusableError(
                            f"{self._path} has {key} version {known[key]}, this program {value}: run `osm rebuild`"
                        )
        except (DatabaseError, sqlite3.DatabaseError) as error:
            raise IndexUnusableError(f"{self._path}: {getattr(error, 'orig', error)}") from error

    @contextmanager
    def reading(self, is_over: Callable[[], bool] | None = None) -> Iterator[Connection]:
        """Give a connection for one transaction that reads.

        Parameters
        ----------
        is_over : callable, optional
            Asked now and then while a statement runs; where it says yes the statement ends with an
            `OperationalError`.
        """
        with self._engine.connect() as connection:
            driver = driver_of(connection)
            driver.set_progress_handler(is_over, _STEPS_BETWEEN_LOOKS if is_over else 0)
            try:
                yield connection
            finally:
                driver.set_progress_handler(None, 0)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection for one transaction that writes; it is committed unless an exception leaves the body."""
        with self._engine.connect() as connection:
            connection.info["writes"] = True
            try:
                with connection.begin():
                    yield connection
            finally:
                connection.info.pop("writes", None)

    @contextmanager
    def inserting(self) -> Iterator[Connection]:
        """Give a connection for many transactions, on which each instance that is inserted is counted.

        Who has it begins and ends its transactions by `begin_writing`, `end_writing` and `undo_writing`.
        """
        with self._engine.connect() as connection:
            connection.info["writes"] = True
            count_what_is_inserted(driver_of(connection))
            try:
                yield connection
            finally:
                count_no_more(driver_of(connection))
                connection.info.pop("writes", None)

    def close(self) -> None:
        """Close every connection that was given back."""
        self._engine.dispose()


def _prepare(connection: Any, _: object) -> None:
    """Set what each connection needs; transactions are begun by us, not by the driver."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16384"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Begin a transaction; one that writes takes the lock at once, so that it never fails half way."""
    if not connection.info.get("writes"):
        connection.exec_driver_sql("BEGIN")
    elif not driver_of(connection).in_transaction:  # else SQLAlchemy hears of it only now
        begin_writing(connection)


def begin_writing(connection: Connection) -> None:
    """Begin a transaction that writes."""
    driver_of(connection).execute("BEGIN IMMEDIATE")


def end_writing(connection: Connection) -> None:
    """Commit it."""
    if connection.in_transaction():
        connection.commit()
    else:
        driver_of(connection).commit()


def undo_writing(connection: Connection) -> None:
    """Take it back."""
    if connection.in_transaction():
        connection.rollback()
    driver_of(connection).rollback()
