"""An index that is older than its folder, and a folder that is older than its index: what a start tells and mends.

That happens when one of them is restored from a backup. Each test is played with both kinds of index.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from osm_instances import encoded, put
from sqlalchemy import delete, insert, text

from dicom_workstation.instances import Admission, Selection
from dicom_workstation.osm import DiskStore, StoreLimits, check, rebuild, repair
from dicom_workstation.osm.index import EPOCH, INSTANCE, SERIES, STUDY, Database
from dicom_workstation.osm.index.schema import METADATA
from dicom_workstation.osm.store.recovery import Recovery
from dicom_workstation.osm.upkeep import FaultKind

Backup = Callable[[], Callable[[], None]]
"""Saves the index; what it returns restores it."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "osm"


@pytest.fixture
def backup(folder: Path, database: str | None) -> Backup:
    """Copy rows, as a dump and its restoration do."""

    def save() -> Callable[[], None]:
        place = Database(database or folder / "index.sqlite")
        with place.reading() as connection:
            rows = {
                table: [dict(row._mapping) for row in connection.execute(table.select())]
                for table in METADATA.sorted_tables
            }
        place.close()

        def restore() -> None:
            place = Database(database or folder / "index.sqlite")
            with place.writing() as connection:
                for table in reversed(METADATA.sorted_tables):
                    connection.execute(delete(table))
                for table in METADATA.sorted_tables:
                    if rows[table]:
                        connection.execute(insert(table), rows[table])
                    if database is not None and table.name in ("patient", "study", "series", "instance"):
                        key = f"{table.name}_pk"
                        last = f"setval(pg_get_serial_sequence('{table.name}', '{key}'), max({key}))"
                        connection.execute(text(f"SELECT {last} FROM {table.name}"))
            place.close()

        return restore

    return save


def stored(folder: Path, database: str | None, *uids: str, **changes: object) -> None:
    with DiskStore(folder, StoreLimits(replaces=True), database=database) as store:
        for uid in uids:
            assert put(store, encoded(uid=uid, **changes), uid).admission in (Admission.KEPT, Admission.REPLACED)


def assert_held(store: DiskStore, *uids: str, **changes: object) -> None:
    assert sorted(each.SOPInstanceUID for each in store.find(Selection())) == sorted(uids)
    for uid in uids:
        held = store.get(uid)
        assert held is not None
        assert held.data_set() == encoded(uid=uid, **changes)


def started(folder: Path, database: str | None) -> Recovery:
    with DiskStore(folder, database=database) as store:
        return store.recovery


def test_what_an_older_index_does_not_know_is_taken_back(
    folder: Path, database: str | None, backup: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom_workstation.osm.store.disk_store.EPOCH_FILES", 2)
    monkeypatch.setattr("dicom_workstation.osm.store.files_without_rows.FILES_AT_ONCE", 2)
    stored(folder, database, "1.1", "1.2", "1.3")
    restore = backup()
    stored(folder, database, "1.4", "1.5", "1.6", "1.7", "1.8")
    restore()
    notes: list[str] = []
    with DiskStore(folder, note=notes.append, database=database) as store:
        assert len(store.recovery.taken_back) == 5
        assert (store.recovery.lost, store.recovery.rejected) == ((), ())
        assert_held(store, *(f"1.{number}" for number in range(1, 9)))
        assert list(check(store)) == []
    assert notes == ["5 files without a row taken into the index"]
    assert started(folder, database) == Recovery()


def test_an_older_index_names_what_was_replaced_since_and_gets_what_replaced_it(
    folder: Path, database: str | None, backup: Backup
) -> None:
    stored(folder, database, "1.1")
    restore = backup()
    stored(folder, database, "1.1", PatientComments="other")
    restore()
    with DiskStore(folder, database=database) as store:
        assert (len(store.recovery.taken_back), store.recovery.lost) == (1, ())
        assert_held(store, "1.1", PatientComments="other")
        assert list(check(store)) == []


def test_an_older_index_names_what_was_removed_since_and_that_is_told_until_it_is_removed_again(
    folder: Path, database: str | None, backup: Backup
) -> None:
    stored(folder, database, "1.1", "1.2")
    restore = backup()
    with DiskStore(folder, database=database) as store:
        store.remove(Selection(instances=("1.1",)))
    restore()
    for _ in range(2):
        with DiskStore(folder, database=database) as store:
            assert store.recovery == Recovery(lost=("1.1",))
            assert [(fault.kind, fault.what) for fault in check(store)] == [(FaultKind.LOST, "1.1")]
    with DiskStore(folder, database=database) as store:
        store.remove(Selection(instances=("1.1",)))
        assert list(check(store)) == []


def test_a_file_that_was_being_removed_is_not_taken_back(
    folder: Path, database: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(folder, database, "1.1")

    def fail(path: Path) -> None:
        raise OSError(5, "broken")

    with DiskStore(folder, database=database) as store:
        with monkeypatch.context() as patch:
            patch.setattr(store.parts.disk, "unlink", fail)
            store.remove(Selection())
        store.parts.writer.do(lambda connection: connection.execute(delete(EPOCH)).rowcount)
    store = DiskStore(folder, database=database)
    with monkeypatch.context() as patch:
        patch.setattr(store._disk, "unlink", fail)
        with store:
            assert store.recovery == Recovery()
            assert_held(store)
    assert len(started(folder, database).removed) == 1
    assert started(folder, database) == Recovery()


@pytest.mark.parametrize("content", ["held", "other", "broken", "unnamed"])
def test_a_file_that_adds_nothing_goes_to_the_rejected(folder: Path, database: str | None, content: str) -> None:
    """An instance that is held in a whole file, something unreadable, and what still has the suffix `.part`."""
    stored(folder, database, "1.1")
    (held,) = (folder / "objects" / "1").iterdir()
    raw = held.read_bytes()
    if content == "other":
        raw = raw.replace(b"Doe^Jane", b"Doe^John")
    name = "0123456789abcdef.part" if content == "unnamed" else "0123456789abcdef"
    if content == "unnamed":
        raw = raw.replace(b"1.1\0", b"1.9\0")
    (folder / "objects" / "2").mkdir()
    (folder / "objects" / "2" / name).write_bytes(raw[:200] if content == "broken" else raw)
    with DiskStore(folder, database=database) as store:
        assert store.recovery == Recovery(rejected=(f"2/{name}",))
        assert_held(store, "1.1")
    assert [each.name for each in (folder / "rejected").iterdir()] == [f"2-{name}"]


def test_rows_that_an_index_lost_are_found_by_a_check_and_made_by_a_repair(folder: Path, database: str | None) -> None:
    """The folder is sealed, so that no start looks at it."""
    stored(folder, database, "1.1", "1.2")
    assert started(folder, database) == Recovery()
    with DiskStore(folder, database=database) as store:

        def lose(connection: object) -> None:
            for table in (INSTANCE, SERIES, STUDY):
                connection.execute(delete(table))  # type: ignore[attr-defined]

        store.parts.writer.do(lose)
        assert {fault.kind for fault in check(store)} >= {FaultKind.UNKNOWN_FILE}
        assert repair(store) >= 2
        repair(store)
        assert list(check(store)) == []
        assert_held(store, "1.1", "1.2")
    assert list((folder / "rejected").iterdir()) == []


@pytest.mark.parametrize("how", ["gone", "cut", "gone with its folder"])
def test_a_lost_instance_that_comes_again_is_kept_again(folder: Path, database: str | None, how: str) -> None:
    """It is not answered for as held already: the bytes that came take the place of those that are gone."""
    stored(folder, database, "1.1", "1.2")
    files = {path.stat().st_ctime_ns: path for path in (folder / "objects" / "1").iterdir()}
    for file in files.values():
        if how == "cut":
            file.write_bytes(file.read_bytes()[:-1])
        else:
            file.unlink()
    if how == "gone with its folder":
        shutil.rmtree(folder / "objects" / "1")
    with DiskStore(folder, database=database) as store:
        assert sorted(store.recovery.lost) == ["1.1", "1.2"]
        for uid in ("1.1", "1.2"):
            assert put(store, encoded(uid=uid), uid).admission is Admission.REPLACED
            assert put(store, encoded(uid=uid), uid).admission is Admission.ALREADY_KEPT
        assert_held(store, "1.1", "1.2")
        assert list(check(store)) == []
    started(folder, database)
    assert started(folder, database) == Recovery()


def test_an_older_folder_gets_new_files_where_the_index_has_none(folder: Path, database: str | None) -> None:
    """The index has sealed folders that the restored folder has not: a file there would never be looked at."""
    stored(folder, database, "1.1")
    old = folder.with_name("saved")
    shutil.copytree(folder / "objects", old)
    stored(folder, database, "1.2")
    assert started(folder, database) == Recovery()
    shutil.rmtree(folder / "objects")
    old.rename(folder / "objects")
    with DiskStore(folder, database=database) as store:
        assert [fault.what for fault in check(store)] == ["1.2"]
        assert put(store, encoded(uid="1.3"), "1.3").admission is Admission.KEPT
        held = store.get("1.3")
        assert held is not None
        assert int(held.path.parent.name) > 2


def test_a_folder_without_losses_is_sealed_beside_one_with_a_loss(folder: Path, database: str | None) -> None:
    """Else every start would look at every folder since the loss."""
    stored(folder, database, "1.1")
    (lost,) = (folder / "objects" / "1").iterdir()
    lost.unlink()
    for uid in ("1.2", "1.3"):
        stored(folder, database, uid)
    with DiskStore(folder, database=database) as store:
        assert store.recovery.lost == ("1.1",)
        with store.parts.database.reading() as connection:
            assert sorted(connection.execute(EPOCH.select()).scalars()) == [2, 3]


def test_a_rebuild_mends_whatever_a_restored_index_says(folder: Path, database: str | None, backup: Backup) -> None:
    stored(folder, database, "1.1", "1.2")
    restore = backup()
    stored(folder, database, "1.3")
    with DiskStore(folder, database=database) as store:
        store.remove(Selection(instances=("1.1",)))
    restore()
    assert rebuild(folder, url=database).instances == 2
    with DiskStore(folder, database=database) as store:
        assert_held(store, "1.2", "1.3")
        assert list(check(store)) == []
