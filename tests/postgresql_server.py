"""A PostgreSQL server for the tests of the index: one for each process of the tests, on a Unix socket alone."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
from sqlalchemy import create_engine, inspect, text

from dicom_workstation.osm.index.schema import METADATA

READY = b"ready to accept connections"
PROGRAMS = Path("/usr/lib/postgresql")
SHARED_MEMORY = Path("/dev/shm")
DEADLINE_S = 60.0


def programs() -> Path | None:
    """Return the folder of the newest PostgreSQL's programs; None where it is not installed."""
    found = sorted(PROGRAMS.glob("*/bin/initdb"), key=lambda each: float(each.parts[-3]))
    return found[-1].parent if found else None


def owner_of_the_server() -> pwd.struct_passwd | None:
    """Return the user who runs the server, where it cannot be this one: PostgreSQL refuses root."""
    if os.geteuid():
        return None
    names = [each.pw_name for each in pwd.getpwall()]
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody")


@contextmanager
def serving(programs: Path, parent: Path | None = None) -> Iterator[str]:
    """Run a server while the block lasts, in a new folder of a parent (that of temporary files); yields its URL."""
    owner = owner_of_the_server()
    folder = Path(tempfile.mkdtemp(prefix="pg", dir=parent))  # a short path: it names the socket
    try:
        if owner is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        with _running(programs, folder, owner) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(programs: Path, folder: Path, owner: pwd.struct_passwd | None) -> Iterator[str]:
    """Run a server on a folder of its own."""
    data = folder / "data"
    identity: dict[str, Any] = {}
    if owner is not None:
        identity = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    made = ("--pgdata", data, "--username", "osm", "--auth", "trust", "--encoding", "UTF8", "--no-sync")
    subprocess.run(
        [programs / "initdb", *made],
        check=True,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        timeout=DEADLINE_S,
        **identity,
    )
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        **identity,
    )
    assert server.stderr is not None
    is_ready = threading.Event()
    reader = threading.Thread(target=follow, args=(server.stderr, is_ready), daemon=True)
    reader.start()
    try:
        assert is_ready.wait(DEADLINE_S), "the server does not start"
        yield f"postgresql://osm@/postgres?host={folder}"
    finally:
        server.send_signal(signal.SIGINT)  # a fast shutdown: connections are closed
        server.wait(DEADLINE_S)
        reader.join(DEADLINE_S)
        server.stderr.close()


def follow(log: IO[bytes], is_ready: threading.Event) -> None:
    for line in log:
        if READY in line:
            is_ready.set()


def required_programs() -> Path:
    """Return the folder of PostgreSQL's programs; skip the test, or fail it in CI, where it is not installed."""
    found = programs()
    if found is None:
        message = "PostgreSQL not found: apt-get install postgresql"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Give the URL of a server that runs; skip the test, or fail it in CI, where none is installed."""
    found = required_programs()
    with serving(found, SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str | None:
    """Give the URL of an empty database: None for SQLite, whose database is in the folder."""
    if request.param == "sqlite":
        return None
    url: str = request.getfixturevalue("empty_database")
    return url


@pytest.fixture
def empty_database(postgresql: str) -> str:
    """Give the URL of a PostgreSQL database that has no row of the OSM."""
    engine = create_engine(postgresql.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        names = inspect(connection).get_table_names("osm")
        for table in reversed(METADATA.sorted_tables):  # to make them again takes longer
            if table.name in names:
                connection.execute(text(f"DELETE FROM osm.{table.name}"))
    engine.dispose()
    return postgresql
