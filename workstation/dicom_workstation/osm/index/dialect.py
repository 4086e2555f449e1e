"""The door between the index and the kind of database that has it: everything in which the two kinds differ.

SQLite is in `sqlite`, PostgreSQL in `postgresql`. The texts of prepared statements are in `statements`, wild cards in
`conditions`; everything else of the index is the same for both.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection, Engine


class IndexUnusableError(Exception):
    """An index that cannot be used; the text says why and what to do."""


class Dialect(Protocol):
    """One kind of database."""

    @property
    def name(self) -> str:
        """Where the database is, for a message."""

    def engine(self) -> Engine:
        """Make the engine; IndexUnusableError where its driver is not installed."""

    def check(self, connection: Connection) -> None:
        """Prepare for the tables; IndexUnusableError where the database cannot keep what the OSM promises."""

    def add_to_tables(self, connection: Connection) -> None:
        """Make what belongs to the tables and is not in the schema, unless it is there."""

    def reading(self, connection: Connection, is_over: Callable[[], bool] | None) -> AbstractContextManager[None]:
        """Have the transaction of a block see one state of the index, and end its statements when `is_over` says so."""

    def inserting(self, connection: Connection) -> AbstractContextManager[None]:
        """Have a connection count each instance that is inserted on it, while a block lasts.

        Raises
        ------
        IndexUnusableError
            If another process is inserting.
        """

    def begin(self, connection: Connection) -> bool:
        """Begin a transaction that writes; returns whether the database was away since the one before."""

    def undo(self, connection: Connection) -> None:
        """Take a transaction that writes back, as far as it came; the connection can begin another one."""

    def faults(self, connection: Connection) -> list[str]:
        """Return what the database itself finds wrong with its files."""
