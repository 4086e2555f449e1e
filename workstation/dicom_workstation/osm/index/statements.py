"""Statements of the index that run for every instance, compiled once and executed by the driver itself.

SQLAlchemy builds them from the tables as it builds every other statement. It looks at each execution for longer than
SQLite works on it, and one instance needs a dozen of them.

Invariants: a statement runs in the transaction of its connection; its parameters have names.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, cast

from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.elements import ClauseElement


class PreparedStatement:
    """A statement as text, with the names of its parameters.

    Parameters
    ----------
    statement : ClauseElement
        A select, insert, update or delete.
    columns : iterable of str, optional
        Of an insert: the columns that are given; their names are those of the parameters.
    """

    def __init__(self, statement: ClauseElement, columns: Iterable[str] | None = None) -> None:
        keys = None if columns is None else list(columns)
        self._text = str(statement.compile(dialect=sqlite.dialect(paramstyle="named"), column_keys=keys))

    def execute(self, driver: sqlite3.Connection, values: Mapping[str, Any]) -> sqlite3.Cursor:
        """Run it on the connection of the driver."""
        return driver.execute(self._text, values)

    def first(self, driver: sqlite3.Connection, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run it and return its first row; None where there is none."""
        return cast("tuple[Any, ...] | None", driver.execute(self._text, values).fetchone())


def driver_of(connection: Connection) -> sqlite3.Connection:
    """Return the connection of the driver that runs the statements of a connection."""
    return cast(sqlite3.Connection, connection.connection.driver_connection)


def is_out_of_space(error: BaseException) -> bool:
    """Whether SQLite failed because the disk is full, whoever passed its error on."""
    found: BaseException | None = error
    while found is not None:
        if getattr(found, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return True
        found = found.__cause__
    return False
