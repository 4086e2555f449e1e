"""Wild card matching as a condition of SQL: GLOB in SQLite, LIKE in PostgreSQL.

References
----------
PS3.4 Section C.2.2.2.4
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class HasWildCards(FunctionElement[bool]):
    """Whether a column is like a key with `*` and `?`; its clauses are the column, and the key for each database."""

    type = Boolean()
    inherit_cache = True


def wild_card(column: ColumnElement[Any], key: str) -> ColumnElement[bool]:
    """Return the condition that a column is like a key; case counts."""
    return HasWildCards(
        column,
        bindparam(None, glob_of(key), type_=column.type, unique=True),
        bindparam(None, like_of(key), type_=column.type, unique=True),
    )


def glob_of(key: str) -> str:
    """Return a key with wild cards as SQLite's GLOB takes it."""
    return key.replace("[", "[[]")


def like_of(key: str) -> str:
    """Return a key with wild cards as LIKE takes it, with a backslash before what is meant literally."""
    literal = key.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return literal.replace("*", "%").replace("?", "_")


@compiles(HasWildCards, "sqlite")
def _glob(element: HasWildCards, compiler: SQLCompiler, **options: Any) -> str:
    column, glob, _ = element.clauses
    return f"({compiler.process(column, **options)} GLOB {compiler.process(glob, **options)})"


@compiles(HasWildCards, "postgresql")
def _like(element: HasWildCards, compiler: SQLCompiler, **options: Any) -> str:
    column, _, like = element.clauses
    return f"({compiler.process(column, **options)} LIKE {compiler.process(like, **options)})"
