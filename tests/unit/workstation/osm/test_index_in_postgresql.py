"""An index in PostgreSQL: where it is, what is refused, what survives; matching is in `test_search`."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from osm_instances import encoded, put
from psycopg.errors import DiskFull
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from test_search import asked

from dicom_workstation.configuration import Configuration, ConfigurationError
from dicom_workstation.instances import Admission, Selection
from dicom_workstation.osm import DiskStore, IndexUnusableError, check, rebuild, repair, status_of
from dicom_workstation.osm.index import Database, is_out_of_space
from dicom_workstation.osm.index.statements import driver_of
from dicom_workstation.osm.store import StoreLimits
from dicom_workstation.osm.upkeep import FaultKind


@contextmanager
def connected(url: str, isolation_level: str = "AUTOCOMMIT") -> Iterator[Connection]:
    """Connect as another program does."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), isolation_level=isolation_level)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def filled(folder: Path, url: str, count: int = 3) -> None:
    with DiskStore(folder, database=url) as store:
        for number in range(count):
            put(store, encoded(uid=f"1.2.{number}"), f"1.2.{number}")


def held(folder: Path, url: str) -> list[str]:
    with DiskStore(folder, database=url) as store:
        assert list(check(store)) == []
        return [each.SOPInstanceUID for each in store.find(Selection())]


def test_what_was_kept_is_there_after_a_restart_and_after_a_rebuild(tmp_path: Path, empty_database: str) -> None:
    filled(tmp_path, empty_database)
    assert held(tmp_path, empty_database) == ["1.2.0", "1.2.1", "1.2.2"]
    assert not (tmp_path / "index.sqlite").exists()
    rebuilt = rebuild(tmp_path, url=empty_database)
    assert (rebuilt.instances, rebuilt.rejected) == (3, ())
    assert sorted(held(tmp_path, empty_database)) == ["1.2.0", "1.2.1", "1.2.2"]
    assert status_of(tmp_path, empty_database).instances == 3


def test_the_index_of_another_folder_is_refused(tmp_path: Path, empty_database: str) -> None:
    filled(tmp_path / "one", empty_database)
    for use in (
        lambda: DiskStore(tmp_path / "other", database=empty_database).open(),
        lambda: rebuild(tmp_path / "other", url=empty_database),
    ):
        with pytest.raises(IndexUnusableError, match="another folder"):
            use()
    assert len(held(tmp_path / "one", empty_database)) == 3


@pytest.mark.parametrize("is_server", [True, False], ids=["postgresql", "sqlite"])
def test_an_empty_index_beside_files_is_refused_and_nothing_is_moved(
    tmp_path: Path, empty_database: str, is_server: bool
) -> None:
    url = empty_database if is_server else None
    with DiskStore(tmp_path, database=url) as store:
        put(store, encoded(), "1.2.3.1")
    if url is None:
        (tmp_path / "index.sqlite").unlink()
    else:
        with connected(url) as connection:
            connection.execute(text("DROP SCHEMA osm CASCADE"))
    with pytest.raises(IndexUnusableError, match="osm rebuild"):
        DiskStore(tmp_path, database=url).open()
    assert list((tmp_path / "rejected").iterdir()) == []
    assert rebuild(tmp_path, url=url).instances == 1
    with DiskStore(tmp_path, database=url) as store:
        assert store.get("1.2.3.1") is not None


def test_a_search_that_nobody_wants_is_cancelled_at_the_server(empty_database: str) -> None:
    database = Database(empty_database)
    begin = time.monotonic()
    with pytest.raises(OperationalError), database.reading(lambda: True) as connection:
        connection.execute(text("SELECT pg_sleep(600)"))
    with database.reading(lambda: False) as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    database.close()
    assert time.monotonic() - begin < 300


def test_a_reader_sees_one_state_and_cannot_write(empty_database: str) -> None:
    database = Database(empty_database)
    database.create()
    with database.reading() as before:
        assert before.execute(text("SELECT count(*) FROM epoch")).scalar() == 0
        with database.writing() as writer:
            writer.execute(text("INSERT INTO epoch (epoch) VALUES (1)"))
        assert before.execute(text("SELECT count(*) FROM epoch")).scalar() == 0
    with database.reading() as after:
        assert after.execute(text("SELECT count(*) FROM epoch")).scalar() == 1
        with pytest.raises(Exception, match="read-only"):
            after.execute(text("DELETE FROM epoch"))
    database.close()


def test_a_server_that_does_not_sync_is_refused(empty_database: str) -> None:
    """`full_page_writes` can be changed while the server runs; `fsync` goes the same way."""
    database = Database(empty_database)
    try:
        for value in ("off", "on"):
            with connected(empty_database) as connection:
                connection.execute(text(f"ALTER SYSTEM SET full_page_writes = {value}"))
                connection.execute(text("SELECT pg_reload_conf()"))
            deadline = time.monotonic() + 60
            while setting(empty_database, "full_page_writes") != value and time.monotonic() < deadline:
                time.sleep(0.005)
            if value == "off":
                with pytest.raises(IndexUnusableError, match="full_page_writes is off"):
                    database.create()
        database.create()
    finally:
        database.close()


def setting(url: str, name: str) -> str:
    """Ask on a new connection: each reads the configuration when it begins."""
    with connected(url) as connection:
        return str(connection.execute(text(f"SHOW {name}")).scalar())


def test_a_server_that_is_not_there_is_reported_and_leaves_the_folder_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(IndexUnusableError, match=r"postgresql://nobody@/none\?host="):
        DiskStore(tmp_path / "osm", database=f"postgresql://nobody@/none?host={tmp_path}").open()
    with DiskStore(tmp_path / "osm"):
        assert (tmp_path / "osm" / "index.sqlite").is_file()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql://user:secret@host/osm", "PGPASSFILE"),
        ("postgresql://user@host/osm?password=secret", "PGPASSFILE"),
        ("mysql://host/osm", "postgresql://"),
        ("postgresql://host", "postgresql://"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why) as refused:
        Configuration.from_keywords(osm={"folder": "archive", "database": url})
    assert "secret" not in str(refused.value)


def test_long_texts_and_characters_that_no_database_holds_are_found(tmp_path: Path, database: str | None) -> None:
    held = {
        "long": {"AccessionNumber": "A" * 900, "PatientName": "N" * 900, "PatientID": "I" * 900},
        "NUL": {"AccessionNumber": "A\0B", "PatientName": "N\0M"},
        "several": {"AccessionNumber": "X\\AB"},
    }
    with DiskStore(tmp_path, database=database) as store:
        for number, (name, changes) in enumerate(held.items()):
            uid = f"1.2.{number}.1"
            put(store, encoded(uid=uid, study=f"1.2.{number}", StudyID=name, **changes), uid)

        def found(**keys: str) -> list[str]:
            return sorted(str(each.StudyID) for each in asked(store, StudyID="", **keys))

        assert found() == ["NUL", "long", "several"]
        assert found(AccessionNumber="A" * 900) == ["long"]
        assert found(AccessionNumber="*A") == ["long"]
        assert found(AccessionNumber="A?B") == ["NUL"]
        assert found(AccessionNumber="A\0B") == ["NUL"]
        assert found(AccessionNumber="AB") == ["several"]
        assert found(PatientName="n" * 900) == ["long"]
        assert found(PatientID="I" * 900) == ["long"]


def test_only_a_rebuild_moves_the_index(tmp_path: Path, empty_database: str) -> None:
    """A start with the other index would make a second one, which differs from the first from then on."""
    with DiskStore(tmp_path) as store:
        put(store, encoded(), "1.2.3.1")
    for url, other in ((empty_database, None), (None, empty_database), (empty_database, None)):
        with pytest.raises(IndexUnusableError, match="osm rebuild"):
            DiskStore(tmp_path, database=url).open()
        assert rebuild(tmp_path, url=url).instances == 1
        with DiskStore(tmp_path, database=url) as store:
            assert list(check(store)) == []
            assert store.get("1.2.3.1") is not None
        for use in (DiskStore(tmp_path, database=other).open, lambda other=other: status_of(tmp_path, other)):
            with pytest.raises(IndexUnusableError, match="osm rebuild"):
                use()
        assert list((tmp_path / "rejected").iterdir()) == []
    assert sorted(each.name for each in tmp_path.iterdir()) == ["identity", "lock", "objects", "rejected"]


def test_a_copy_of_the_folder_cannot_be_served_at_the_same_time(
    tmp_path: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom_workstation.osm.index.postgresql.LOCK_MS", 1)
    with DiskStore(tmp_path / "one", database=empty_database) as store:
        put(store, encoded(), "1.2.3.1")
        shutil.copytree(tmp_path / "one", tmp_path / "copy")
        for use in (
            DiskStore(tmp_path / "copy", database=empty_database).open,
            lambda: rebuild(tmp_path / "copy", url=empty_database),
        ):
            with pytest.raises(IndexUnusableError, match="another process has this index"):
                use()
        put(store, encoded(uid="1.2.3.2"), "1.2.3.2")
    assert held(tmp_path / "one", empty_database) == ["1.2.3.1", "1.2.3.2"]


def test_connections_that_the_server_ended_are_made_again(tmp_path: Path, empty_database: str) -> None:
    others = "SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    with DiskStore(tmp_path, database=empty_database) as store:
        for number in range(3):
            assert put(store, encoded(uid=f"1.2.{number}"), f"1.2.{number}").admission is Admission.KEPT
            with connected(empty_database) as connection:
                ended = connection.execute(text(f"{others} AND backend_type = 'client backend'")).scalar()
            assert ended > 0
    assert held(tmp_path, empty_database) == ["1.2.0", "1.2.1", "1.2.2"]


def test_folders_from_before_the_server_was_away_are_looked_at_by_the_next_start(
    tmp_path: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have come back as a replica that knows less; here a row is gone."""
    monkeypatch.setattr("dicom_workstation.osm.store.disk_store.EPOCH_FILES", 2)
    others = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    with DiskStore(tmp_path, database=empty_database) as store:
        for number in range(8):
            if number == 3:
                with connected(empty_database) as connection:
                    connection.execute(text(f"{others} AND backend_type = 'client backend'"))
                    connection.execute(text("DELETE FROM osm.instance WHERE instance_uid = '1.2.2'"))
            put(store, encoded(uid=f"1.2.{number}"), f"1.2.{number}")
        with store.parts.database.reading() as connection:
            assert sorted(connection.execute(text("SELECT epoch FROM epoch")).scalars()) == [1, 3]
    with DiskStore(tmp_path, database=empty_database) as store:
        assert len(store.recovery.taken_back) == 1
        repair(store)  # the counts, which were not those of the rows
    assert len(held(tmp_path, empty_database)) == 8


def test_a_transaction_that_loses_its_connection_is_undone(tmp_path: Path, empty_database: str) -> None:
    with DiskStore(tmp_path, database=empty_database) as store:

        def lost(connection: Connection) -> None:
            connection.execute(text("INSERT INTO epoch (epoch) VALUES (77)"))
            process = connection.execute(text("SELECT pg_backend_pid()")).scalar()
            with connected(empty_database) as other:
                other.execute(text(f"SELECT pg_terminate_backend({process}, 60000)"))
            connection.execute(text("INSERT INTO epoch (epoch) VALUES (78)"))

        with pytest.raises(OperationalError):
            store.parts.writer.do(lost)
        assert put(store, encoded(), "1.2.3.1").admission is Admission.KEPT
        with store.parts.database.reading() as connection:
            assert connection.execute(text("SELECT count(*) FROM epoch WHERE epoch >= 77")).scalar() == 0
        assert list(check(store)) == []


@contextmanager
def held_up_commits(url: str) -> Iterator[Callable[[], None]]:
    """Have each commit of an instance wait; yields what lets them go on."""
    with connected(url) as holding:
        holding.execute(text("SELECT pg_advisory_lock(77)"))
        waits = "BEGIN PERFORM pg_advisory_xact_lock(77); RETURN NULL; END"
        holding.execute(text(f"CREATE FUNCTION osm.wait() RETURNS trigger LANGUAGE plpgsql AS $$ {waits} $$"))
        when = "AFTER INSERT ON osm.instance DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
        holding.execute(text(f"CREATE CONSTRAINT TRIGGER wait {when} EXECUTE FUNCTION osm.wait()"))
        try:
            yield lambda: holding.execute(text("SELECT pg_advisory_unlock(77)")) and None
        finally:
            holding.execute(text("SELECT pg_advisory_unlock_all()"))
            holding.execute(text("DROP FUNCTION osm.wait CASCADE"))


def await_waiting(url: str, count: int, is_over: Callable[[], bool] = lambda: False) -> None:
    """Wait until so many connections wait for a lock."""
    deadline = time.monotonic() + 60
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with connected(url) as connection:
        while connection.execute(waiting).scalar_one() < count and not is_over():
            assert time.monotonic() < deadline


def test_a_commit_that_goes_on_without_its_connection_keeps_the_file_of_its_row(
    tmp_path: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks while the server commits. Whether the row is there is asked when that is decided."""
    monkeypatch.setattr("dicom_workstation.osm.index.postgresql.LOCK_MS", 60_000)
    with DiskStore(tmp_path, database=empty_database) as store, ThreadPoolExecutor(1) as thread:
        connection = store.parts.writer.do(driver_of)
        with held_up_commits(empty_database) as go_on:
            putting = thread.submit(put, store, encoded(), "1.2.3.1")
            await_waiting(empty_database, 1)
            with socket.socket(fileno=os.dup(connection.fileno())) as broken:
                broken.shutdown(socket.SHUT_RDWR)
            await_waiting(empty_database, 2, putting.done)
            go_on()
            with pytest.raises(Exception, match="connection"):
                putting.result(60)
        assert put(store, encoded(), "1.2.3.1").admission is Admission.ALREADY_KEPT
        assert list(check(store)) == []
    assert held(tmp_path, empty_database) == ["1.2.3.1"]


def test_every_count_is_that_of_the_rows(tmp_path: Path, database: str | None) -> None:
    with DiskStore(tmp_path, StoreLimits(replaces=True), database=database) as store:
        for patient in "AB":
            for series in (1, 2):
                for number in (1, 2):
                    uid, study = f"1.{ord(patient)}.{series}.{number}", f"1.{ord(patient)}"
                    changes = {"PatientID": patient, "Modality": f"M{series}", "SeriesNumber": series}
                    raw = encoded(uid=uid, study=study, series=f"{study}.{series}", **changes)
                    put(store, raw, uid)
        changes = {"PatientID": "B", "Modality": "M2", "PatientComments": "other"}
        raw = encoded(uid="1.65.1.1", study="1.66", series="1.66.2", **changes)
        assert put(store, raw, "1.65.1.1").admission is Admission.REPLACED
        store.remove(Selection(series=("1.65.2",)))
        assert list(check(store)) == []
        (study,) = asked(store, StudyInstanceUID="1.65", NumberOfStudyRelatedInstances="", ModalitiesInStudy="")
        assert (study.NumberOfStudyRelatedInstances, study.ModalitiesInStudy) == (1, "M1")
        wrong = "UPDATE study SET instances = 9, series = 0"
        assert store.parts.writer.do(lambda connection: connection.execute(text(wrong)).rowcount) == 2
        assert [fault.kind for fault in check(store)] == [FaultKind.COUNT] * 2
        assert repair(store) == 2
        assert list(check(store)) == []


def test_sqlite_needs_no_psycopg_and_postgresql_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as if it were not installed
    with DiskStore(tmp_path) as store:
        assert put(store, encoded(), "1.2.3.1").admission is Admission.KEPT
        assert list(check(store)) == []
    with pytest.raises(IndexUnusableError, match=r"pip install 'dicom-conformance\[postgresql\]'"):
        DiskStore(tmp_path / "other", database="postgresql://osm@/archive").open()


def test_a_full_disk_of_the_server_is_known_by_its_code() -> None:
    error = OperationalError("INSERT", {}, DiskFull())
    error.__cause__ = error.orig
    assert is_out_of_space(error)
    assert not is_out_of_space(OperationalError("INSERT", {}, Exception()))
