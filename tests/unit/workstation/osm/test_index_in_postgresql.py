"""An index in PostgreSQL: what is refused, what a rebuild does, how a search ends; matching is in `test_search`."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from osm_instances import encoded, put
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from dicom_workstation.configuration import Configuration, ConfigurationError
from dicom_workstation.instances import Selection
from dicom_workstation.osm import DiskStore, IndexUnusableError, check, rebuild, status_of
from dicom_workstation.osm.index import Database


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
        engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA osm CASCADE"))
        engine.dispose()
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
    engine = create_engine(empty_database.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    database = Database(empty_database)
    asked = text("SELECT setting FROM pg_settings WHERE name = 'full_page_writes'")
    try:
        for value in ("off", "on"):
            with engine.connect() as connection:
                connection.execute(text(f"ALTER SYSTEM SET full_page_writes = {value}"))
                connection.execute(text("SELECT pg_reload_conf()"))
            deadline = time.monotonic() + 60
            while _fresh(empty_database, str(asked)) != value and time.monotonic() < deadline:
                pass
            if value == "off":
                with pytest.raises(IndexUnusableError, match="full_page_writes is off"):
                    database.create()
        database.create()
    finally:
        database.close()
        engine.dispose()


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(IndexUnusableError, match=r"postgresql://nobody@/none\?host="):
        DiskStore(tmp_path / "osm", database=f"postgresql://nobody@/none?host={tmp_path}").open()


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
    from test_search import asked

    odd = {
        "long": {"AccessionNumber": "A" * 900, "PatientName": "N" * 900, "PatientID": "I" * 900},
        "NUL": {"AccessionNumber": "A\0B", "PatientName": "N\0M"},
        "several": {"AccessionNumber": "X\\AB"},
    }
    with DiskStore(tmp_path, database=database) as store:
        for number, (name, changes) in enumerate(odd.items()):
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


def _fresh(url: str, statement: str) -> str:
    """Ask on a new connection: each reads the configuration when it begins."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        found = str(connection.execute(text(statement)).scalar())
    engine.dispose()
    return found
