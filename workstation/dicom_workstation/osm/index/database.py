"""The database of the index: SQLite in the folder of the archive, or PostgreSQL.

Invariants: what is committed survives a power cut; one connection inserts, that of the writer; each thread that reads
takes a connection of its own and gives it back; a transaction that reads sees one state of the index from its first
statement to its last. In what the two kinds of database differ is behind `dialect`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert, inspect, select
from sqlalchemy.exc import DatabaseError

from dicom_workstation.osm.index.dialect import Dialect, IndexUnusableError
from dicom_workstation.osm.index.names import FOLDING_VERSION
from dicom_workstation.osm.index.postgresql import PostgreSQL
from dicom_workstation.osm.index.schema import META, METADATA, SCHEMA_VERSION
from dicom_workstation.osm.index.sqlite import SQLite
from dicom_workstation.osm.index.statements import driver_of

SCHEMA: Final = "osm"
"""The schema of a PostgreSQL database that has the tables."""
FOLDER: Final = "folder"
"""The row of `meta` with the identity of the folder whose files an index names."""


class Database:
    """The tables of one index; any thread may read.

    Parameters
    ----------
    place : Path or str
        The file of an SQLite database, or the URL of a PostgreSQL database.
    schema : str, optional
        The schema of PostgreSQL that has the tables.
    """

    def __init__(self, place: Path | str, schema: str = SCHEMA) -> None:
        self._dialect: Dialect = SQLite(place) if isinstance(place, Path) else PostgreSQL(place, schema)
        self._engine = self._dialect.engine()

    @property
    def name(self) -> str:
        """Where it is, for a message."""
        return self._dialect.name

    def create(self, identity: str = "", *, must_be_used: bool = False) -> None:
        """Make the tables where there are none.

        Parameters
        ----------
        identity : str, optional
            The identity of the folder whose files the index names; empty where the index is in the folder.
        must_be_used : bool
            Whether there are instances that an index was made for: an empty one is not theirs.

        Raises
        ------
        IndexUnusableError
            If the tables are of another version or of another folder, or are empty although they must not be, or the
            database cannot be used.
        """
        wanted = {"schema": str(SCHEMA_VERSION), "folding": FOLDING_VERSION, **({FOLDER: identity} if identity else {})}
        try:
            with self.writing() as connection:
                self._dialect.check(connection)
                METADATA.create_all(connection)
                self._dialect.add_to_tables(connection)
                known = {row.key: row.value for row in connection.execute(select(META))}
                if must_be_used and not known:
                    raise IndexUnusableError(f"{self.name} is empty, but there are files: run `osm rebuild`")
                for key, value in wanted.items():
                    if key not in known:
                        connection.execute(insert(META).values(key=key, value=value))
                    else:
                        self._compare(key, known[key], value)
        except (DatabaseError, sqlite3.DatabaseError) as error:
            raise IndexUnusableError(f"{self.name}: {getattr(error, 'orig', error)}") from error

    def check_folder(self, identity: str) -> None:
        """Change nothing; IndexUnusableError if it cannot be read, or is the index of a folder of another identity."""
        try:
            with self.reading() as connection:
                if inspect(connection).has_table(META.name):
                    known = connection.execute(select(META.c.value).where(META.c.key == FOLDER)).scalar()
                    if known is not None:
                        self._compare(FOLDER, known, identity)
        except DatabaseError as error:
            raise IndexUnusableError(f"{self.name}: {error.orig}") from error

    def _compare(self, key: str, known: str, wanted: str) -> None:
        if known == wanted:
            return
        if key == FOLDER:
            raise IndexUnusableError(f"{self.name} is the index of another folder")
        raise IndexUnusableError(f"{self.name} has {key} version {known}, this program {wanted}: run `osm rebuild`")

    @contextmanager
    def reading(self, is_over: Callable[[], bool] | None = None) -> Iterator[Connection]:
        """Give a connection for one transaction that reads.

        Parameters
        ----------
        is_over : callable, optional
            Asked now and then while a statement runs; where it says yes the statement ends with an
            `OperationalError`.
        """
        with self._engine.connect() as connection, self._dialect.reading(connection, is_over):
            yield connection

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

        Who has it begins and ends its transactions by `begin`, `commit` and `undo`.

        Raises
        ------
        IndexUnusableError
            If another process has a PostgreSQL index.
        """
        with self._engine.connect() as connection, self._dialect.inserting(connection):
            yield connection

    def begin(self, connection: Connection) -> bool:
        """Begin a transaction that writes; returns whether the database was away since the one before.

        It may have come back as another one then, as a backup or a replica that knows less.
        """
        return self._dialect.begin(connection)

    def commit(self, connection: Connection) -> None:
        """Commit it."""
        if connection.in_transaction():
            connection.commit()
        else:
            driver_of(connection).commit()

    def undo(self, connection: Connection) -> None:
        """Take it back."""
        self._dialect.undo(connection)

    def faults(self) -> list[str]:
        """Return what the database itself finds wrong with its files."""
        with self.reading() as connection:
            return self._dialect.faults(connection)

    def close(self) -> None:
        """Close every connection that was given back."""
        self._engine.dispose()
