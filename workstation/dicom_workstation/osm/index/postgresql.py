"""The index in a PostgreSQL database, which has a schema of its own for the tables.

A trigger counts each instance in the statement that inserts it, on connections that ask for it: the count costs no
further journey to the server.

Invariants: a commit waits until it is durable, whatever the default of the server is; a server that cannot promise that
is refused. One process inserts at a time: its connection holds a lock of the server until it ends. A connection on
which a statement was cancelled is never used again, because the cancellation might meet the next statement. A machine
that went away without a word is noticed on both sides within seconds: whoever waits for the server gets an error, and
the lock of a process whose machine lost its power is free when that process starts again.

References
----------
PostgreSQL: `synchronous_commit`, `fsync`, `full_page_writes`, transaction isolation, advisory locks,
`tcp_keepalives_idle`, `tcp_user_timeout` (without effect on a Unix socket)
"""

from __future__ import annotations

import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL, make_url

from dicom_workstation.osm.index.dialect import IndexUnusableError
from dicom_workstation.osm.index.statements import driver_of

READERS: Final = 16
MORE_READERS: Final = 48
CONNECTING: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}
"""What libpq is told, unless the URL says otherwise."""
_SESSION: Final = {
    "synchronous_commit": "on",
    "tcp_keepalives_idle": 4,
    "tcp_keepalives_interval": 2,
    "tcp_keepalives_count": 2,
    "tcp_user_timeout": 8_000,
}
"""What the server is told; its half of the connection is noticed to be dead before `LOCK_MS` are over."""
LOCK_MS: Final = 10_000
"""How long a start waits for the connection of a process that was killed to end."""
_LOOK_S: Final = 0.05
_CANCEL_S: Final = 5.0
_NEEDED: Final = {"fsync": "on", "full_page_writes": "on", "server_encoding": "UTF8"}
_LOCK: Final = 0x444943_4F534D  # any number that other programs hardly use
_LOCK_IS_NOT_FREE: Final = "55P03"
_COUNTS: Final = "osm.counts"
_FUNCTION: Final = """
CREATE FUNCTION count_instance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE of_study bigint; of_patient bigint;
BEGIN
    UPDATE series SET instances = instances + 1 WHERE series_pk = NEW.series_pk RETURNING study_pk INTO of_study;
    UPDATE study SET instances = instances + 1 WHERE study_pk = of_study RETURNING patient_pk INTO of_patient;
    UPDATE patient SET instances = instances + 1 WHERE patient_pk = of_patient;
    INSERT INTO study_sop_class AS held (study_pk, sop_class, instances) VALUES (of_study, NEW.sop_class, 1)
        ON CONFLICT (study_pk, sop_class) DO UPDATE SET instances = held.instances + 1;
    RETURN NULL;
END $$
"""
_TRIGGER: Final = f"""
CREATE TRIGGER counted AFTER INSERT ON instance FOR EACH ROW
    WHEN (current_setting('{_COUNTS}', true) = 'on') EXECUTE FUNCTION count_instance()
"""


class PostgreSQL:
    """A schema of a PostgreSQL database.

    Parameters
    ----------
    url : str
        `postgresql://user@host:port/database`; a password belongs in the file that `PGPASSFILE` names.
    schema : str
        The schema; letters, digits and `_`.
    """

    def __init__(self, url: str, schema: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        self._schema = schema

    @property
    def name(self) -> str:
        """The URL, without a password."""
        return self._url.set(drivername="postgresql").render_as_string()

    def engine(self) -> Engine:
        """Make the engine; IndexUnusableError where psycopg is not installed."""
        try:
            options = {"search_path": self._schema, **_SESSION}
            return create_engine(
                _with_options(self._url, " ".join(f"-c {name}={value}" for name, value in options.items())),
                pool_size=READERS,
                max_overflow=MORE_READERS,
                pool_pre_ping=True,
                connect_args={name: value for name, value in CONNECTING.items() if name not in self._url.query},
            )
        except ImportError as error:
            raise IndexUnusableError(
                f"{self.name}: psycopg is missing: pip install 'dicom-conformance[postgresql]'"
            ) from error

    def check(self, connection: Connection) -> None:
        """Make the schema; IndexUnusableError if the server does not write through to its disk, or not in UTF-8."""
        settings = ", ".join(f"current_setting('{setting}')" for setting in _NEEDED)
        for (setting, needed), found in zip(
            _NEEDED.items(), connection.execute(text(f"SELECT {settings}")).one(), strict=True
        ):
            if found != needed:
                raise IndexUnusableError(f"{self.name}: {setting} is {found}, and must be {needed}")
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {self._schema}"))

    def add_to_tables(self, connection: Connection) -> None:
        """Make the trigger that counts."""
        known = text("SELECT 1 FROM pg_trigger WHERE tgname = 'counted' AND tgrelid = to_regclass('instance')")
        if connection.execute(known).first() is None:
            connection.exec_driver_sql(_FUNCTION)
            connection.exec_driver_sql(_TRIGGER)

    @contextmanager
    def reading(self, connection: Connection, is_over: Callable[[], bool] | None) -> Iterator[None]:
        """Have every statement of the transaction see the state of the first one.

        Another thread asks whether it is over, while this one waits for the server; that thread has ended after the
        block.
        """
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        if is_over is None:
            yield
            return
        driver: Any = driver_of(connection)
        done, is_cancelled = threading.Event(), threading.Event()

        def watch() -> None:
            while not done.wait(_LOOK_S):
                if is_over():
                    is_cancelled.set()
                    driver.cancel_safe(timeout=_CANCEL_S)
                    return

        watcher = threading.Thread(target=watch, name="osm-search-watch", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()
            if is_cancelled.is_set():
                connection.invalidate()

    @contextmanager
    def inserting(self, connection: Connection) -> Iterator[None]:
        """Hold the lock and count while the block lasts; IndexUnusableError if another process holds the lock."""
        self._claim(connection)
        try:
            yield
        finally:
            connection.invalidate()  # with its lock and its settings

    def _claim(self, connection: Connection) -> None:
        """Take the lock for as long as the connection to the server lasts."""
        driver = driver_of(connection)
        try:
            driver.execute(f"SET LOCAL lock_timeout = {LOCK_MS}")
            driver.execute(f"SELECT pg_advisory_lock({_LOCK})")
            driver.execute(f"SET {_COUNTS} = 'on'")
            driver.commit()
        except Exception as error:
            if getattr(error, "sqlstate", None) == _LOCK_IS_NOT_FREE:
                raise IndexUnusableError(f"{self.name}: another process has this index") from error
            raise
        connection.info[_COUNTS] = True

    def begin(self, connection: Connection) -> bool:
        """Let the driver begin it with its first statement; a new connection to the server takes the lock first."""
        if _is_lost(driver_of(connection)):
            connection.invalidate()
        was_away = not connection.info.get(_COUNTS)
        if was_away:
            self._claim(connection)
        return was_away

    def undo(self, connection: Connection) -> None:
        """Take a transaction back; a connection that was lost is made again when the next one begins."""
        driver: Any = None if connection.invalidated else driver_of(connection)
        if driver is not None and driver.closed:
            connection.invalidate()
            driver = None
        if connection.in_transaction():
            connection.rollback()
        if driver is not None:
            driver.rollback()

    def faults(self, connection: Connection) -> list[str]:
        """Find nothing: the files of the database are the server's to check (`pg_amcheck`)."""
        return []


def _is_lost(driver: Any) -> bool:
    """Whether the server has ended a connection that nobody was using; without a journey to it where nothing came."""
    arrived = select.poll()
    arrived.register(driver, select.POLLIN)
    if not arrived.poll(0):
        return False
    try:
        driver.execute("SELECT 1")
    except Exception:  # whatever it says: another connection is needed
        return True
    return False


def move_schema(url: str, schema: str, place: str) -> None:
    """Put the tables of one schema in the place of those of another, at once.

    Raises
    ------
    IndexUnusableError
        If psycopg is not installed.
    """
    engine = PostgreSQL(url, schema).engine()
    try:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {place} CASCADE"))
            connection.execute(text(f"ALTER SCHEMA {schema} RENAME TO {place}"))
    finally:
        engine.dispose()


def drop_schema(url: str, schema: str) -> None:
    """Remove a schema with its tables; IndexUnusableError if psycopg is not installed."""
    engine = PostgreSQL(url, schema).engine()
    try:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
    finally:
        engine.dispose()


def _with_options(url: URL, options: str) -> URL:
    """Add options for the server to those that the URL has."""
    given = url.query.get("options", "")
    before = given if isinstance(given, str) else " ".join(given)
    return url.update_query_dict({"options": f"{before} {options}".strip()})
