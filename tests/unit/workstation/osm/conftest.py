"""The databases in which an index can be."""

from postgresql_server import database, empty_database, postgresql

__all__ = ["database", "empty_database", "postgresql"]
