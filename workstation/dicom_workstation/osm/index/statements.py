"""Statements of the index that run for every instance, compiled once and executed by the driver itself.

SQLAlchemy builds them from the tables as it builds every other statement. It looks at each execution for longer than
SQLite works on it, and one instance needs a dozen of them.

Invariants: a statement runs in the transaction of its connection; its parameters have names.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol, cast

from sqlalchemy import Connection, Table, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL
from sqlalchemy.sql.elements import ClauseElement

REPLACEMENT: Final = "\ufffd"
_POSTGRESQL: Final = URL.create("postgresql+psycopg")
_DISK_IS_FULL: Final = "53100"


class Cursor(Protocol):
    """What a driver returns of a statement that it executed."""

    @property
    def rowcount(self) -> int:
        """How many rows it inserted, updated or deleted."""

    def fetchone(self) -> Any:
        """Return the next row; None after the last one."""


class Driver(Protocol):
    """A connection of a driver: `sqlite3.Connection`, or `psycopg.Connection`."""

    def execute(self, statement: Any, values: Any = ..., /) -> Cursor:
        """Run a statement."""

    def commit(self) -> None:
        """Commit its transaction."""

    def rollback(self) -> None:
        """Take its transaction back."""


class PreparedStatement:
    """A statement as text, with the names of its parameters.

    Parameters
    ----------
    statement : ClauseElement
        A select, insert, update or delete.
    columns : iterable of str, optional
        Of an insert: the columns that are given; their names are those of the parameters.
    postgresql : callable, optional
        Makes the statement for PostgreSQL, where it is another one.
    """

    def __init__(
        self,
        statement: ClauseElement,
        columns: Iterable[str] | None = None,
        *,
        postgresql: Callable[[], ClauseElement] | None = None,
    ) -> None:
        self._columns = None if columns is None else list(columns)
        self._text = str(statement.compile(dialect=sqlite.dialect(paramstyle="named"), column_keys=self._columns))
        self._of_postgresql = postgresql or (lambda: statement)
        self._text_of_postgresql = ""

    def execute(self, driver: Driver, values: Mapping[str, Any]) -> Cursor:
        """Run it on the connection of the driver."""
        if isinstance(driver, sqlite3.Connection):
            return driver.execute(self._text, values)
        if not self._text_of_postgresql:
            compiled = self._of_postgresql().compile(dialect=_POSTGRESQL.get_dialect()(), column_keys=self._columns)
            self._text_of_postgresql = str(compiled)
        return driver.execute(self._text_of_postgresql, {name: storable(value) for name, value in values.items()})

    def first(self, driver: Driver, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run it and return its first row; None where there is none."""
        return cast("tuple[Any, ...] | None", self.execute(driver, values).fetchone())


class PreparedInsert(PreparedStatement):
    """An insert into a table that has one column as its primary key."""

    def __init__(self, table: Table, columns: Iterable[str]) -> None:
        super().__init__(insert(table), columns, postgresql=lambda: insert(table).returning(*table.primary_key.columns))

    def key(self, driver: Driver, values: Mapping[str, Any]) -> int:
        """Insert a row and return its key."""
        made = self.execute(driver, values)
        key = made.lastrowid if isinstance(made, sqlite3.Cursor) else made.fetchone()[0]
        assert key is not None, "each of these tables has a primary key"
        return int(key)


def storable(value: Any) -> Any:
    """Return a value as PostgreSQL can hold it: REPLACEMENT stands for each NUL of a text."""
    return value.replace("\0", REPLACEMENT) if isinstance(value, str) and "\0" in value else value


def driver_of(connection: Connection) -> Driver:
    """Return the connection of the driver that runs the statements of a connection."""
    return cast(Driver, connection.connection.driver_connection)


def sqlite_driver_of(connection: Connection) -> sqlite3.Connection:
    """Return the connection of SQLite's driver."""
    return cast(sqlite3.Connection, connection.connection.driver_connection)


def is_out_of_space(error: BaseException) -> bool:
    """Whether the database failed because its disk is full, whoever passed its error on."""
    found: BaseException | None = error
    while found is not None:
        if getattr(found, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return True
        if getattr(found, "sqlstate", None) == _DISK_IS_FULL:
            return True
        found = found.__cause__
    return False
