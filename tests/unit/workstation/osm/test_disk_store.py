"""The disk store: what survives a process that dies at any moment, and what no peer can do to the folder."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from osm_instances import CT, EXPLICIT, encoded, put
from sqlalchemy import select

from dicom_workstation.instances import (
    Admission,
    Announced,
    RefusalReason,
    Selection,
    StoreRefusedError,
)
from dicom_workstation.osm import check, rebuild
from dicom_workstation.osm.files import FolderLockedError, SystemDisk
from dicom_workstation.osm.index import PATIENT, SERIES, STUDY, STUDY_MODALITY, STUDY_SOP_CLASS, IndexUnusableError
from dicom_workstation.osm.store.disk_store import DiskStore
from dicom_workstation.osm.store.receiving import StoreLimits


class PowerCut(BaseException):
    """The process ends here."""


class FailingDisk(SystemDisk):
    """A disk whose n-th call fails, or at which the process ends."""

    def __init__(self, fails_at: int = -1, error: BaseException | None = None) -> None:
        self.fails_at = fails_at
        self.error = error or OSError(errno.EIO, os.strerror(errno.EIO))
        self.calls: list[str] = []

    def _count(self, name: str) -> None:
        self.calls.append(name)
        if len(self.calls) - 1 == self.fails_at:
            raise self.error

    def create(self, path: Path) -> int:
        self._count("create")
        return super().create(path)

    def open(self, path: Path) -> int:
        self._count("open")
        return super().open(path)

    def write(self, descriptor: int, data: bytes | bytearray | memoryview) -> None:
        self._count("write")
        super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        self._count("sync")
        super().sync(descriptor)

    def rename(self, path: Path, target: Path) -> None:
        self._count("rename")
        super().rename(path, target)

    def unlink(self, path: Path) -> None:
        self._count("unlink")
        super().unlink(path)

    def make_folder(self, path: Path) -> None:
        self._count("make_folder")
        super().make_folder(path)

    def sync_folder(self, path: Path) -> None:
        self._count("sync_folder")
        super().sync_folder(path)


def files_of(folder: Path) -> list[str]:
    """Return the files of instances; one that was made and is not used yet is none."""
    files = [each for each in (folder / "objects").rglob("*") if each.is_file()]
    return sorted(str(each.relative_to(folder)) for each in files if each.stat().st_size or each.suffix != ".part")


def unused_files(folder: Path) -> int:
    return sum(not each.stat().st_size for each in (folder / "objects").rglob("*.part"))


@pytest.fixture(autouse=True)
def _every_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have instances as small as these written in several calls, and each make its file."""
    monkeypatch.setattr("dicom_workstation.osm.store.disk_store.PREPARED_FILES", 1)
    monkeypatch.setattr("dicom_workstation.osm.store.receiving.GATHERED_BYTES", 150)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "osm"


@pytest.fixture
def store(folder: Path) -> Iterator[DiskStore]:
    with DiskStore(folder) as opened:
        yield opened


def test_what_was_kept_is_there_after_a_restart(folder: Path) -> None:
    with DiskStore(folder) as store:
        put(store, encoded())
    with DiskStore(folder) as store:
        held = store.get("1.2.3.1")
        assert held is not None
        assert held.data_set() == encoded()
        assert store.recovery.lost == store.recovery.rejected == ()


def test_each_instance_is_a_part_10_file_under_a_name_of_our_own(store: DiskStore, folder: Path) -> None:
    put(store, encoded())
    (file,) = files_of(folder)
    raw = (folder / file).read_bytes()
    assert raw[128:132] == b"DICM"
    assert raw.endswith(encoded())
    assert "1.2.3" not in file


def test_the_folder_is_synced_before_the_file_is_written_and_the_file_before_it_has_its_name(folder: Path) -> None:
    disk = FailingDisk()
    with DiskStore(folder, disk=disk) as store:
        del disk.calls[:]
        put(store, encoded())
        made, written = ["make_folder", "sync_folder", "create", "sync_folder"], ["open", "write", "write", "sync"]
        assert disk.calls == [*made, *written, "rename"]


def test_a_second_process_is_kept_off(store: DiskStore, folder: Path) -> None:
    assert store is not None
    with pytest.raises(FolderLockedError):
        DiskStore(folder).open()


@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), OSError(errno.ENOSPC, "full")])
def test_each_call_may_fail_and_what_was_answered_stays(folder: Path, error: OSError) -> None:
    first = encoded()
    at = 0
    while True:
        place = folder / str(at)
        disk = FailingDisk()
        with DiskStore(place, disk=disk) as store:
            put(store, first)
            disk.fails_at, disk.error = len(disk.calls) + at, error
            try:
                put(store, encoded(uid="1.2.3.2"), "1.2.3.2")
                raised: BaseException | None = None
            except (StoreRefusedError, OSError) as failure:
                raised = failure
            is_kept = raised is None
            if error.errno == errno.ENOSPC and raised is not None:
                assert isinstance(raised, StoreRefusedError)
                assert raised.reason is RefusalReason.OUT_OF_RESOURCES
            has_failed = len(disk.calls) > disk.fails_at
            disk.fails_at = -1
            assert (store.get("1.2.3.2") is not None) == is_kept
            assert len(files_of(place)) == 1 + is_kept
            assert put(store, encoded(uid="1.2.3.3"), "1.2.3.3").admission is Admission.KEPT
        with DiskStore(place) as store:
            held = store.get("1.2.3.1")
            assert held is not None
            assert held.data_set() == first
            assert store.recovery.lost == ()
        if not has_failed:
            break
        at += 1
    assert at >= 7


def test_the_process_may_end_at_each_call(folder: Path) -> None:
    at = 0
    while True:
        place = folder / str(at)
        disk = FailingDisk()
        store = DiskStore(place, disk=disk)
        store.open()
        put(store, encoded())
        disk.fails_at, disk.error = len(disk.calls) + at, PowerCut()
        is_kept = False
        receipt = None
        try:
            receipt = store.receive(Announced(CT, "1.2.3.2", EXPLICIT))
            receipt.write(memoryview(encoded(uid="1.2.3.2")))
            receipt.keep()
            is_kept = True
        except PowerCut:
            pass
        has_failed = len(disk.calls) > disk.fails_at
        disk.fails_at = -1
        store.close()
        with DiskStore(place) as again:
            held = again.get("1.2.3.1")
            assert held is not None
            assert held.data_set() == encoded()
            assert (again.get("1.2.3.2") is not None) == is_kept
            assert again.recovery.lost == ()
            assert len(files_of(place)) == 1 + is_kept
        if not has_failed:
            break
        at += 1
    assert at >= 7


def test_a_file_without_a_row_goes_to_the_rejected(folder: Path) -> None:
    with DiskStore(folder) as store:
        put(store, encoded())
        (file,) = files_of(folder)
        orphan = folder / "objects" / "1" / "0123456789abcdef.part"
        orphan.write_bytes(b"half")
    with DiskStore(folder) as store:
        assert store.recovery.rejected == ("1/0123456789abcdef.part",)
        assert files_of(folder) == [file]
        assert (folder / "rejected" / "1-0123456789abcdef.part").read_bytes() == b"half"


def test_a_name_that_a_power_cut_took_is_given_again(folder: Path) -> None:
    with DiskStore(folder) as store:
        put(store, encoded())
    (file,) = files_of(folder)
    (folder / file).rename(folder / f"{file}.part")
    disk = FailingDisk()
    with DiskStore(folder, disk=disk) as store:
        assert (store.recovery.lost, store.recovery.rejected) == ((), ())
        assert disk.calls[-2:] == ["rename", "sync_folder"]  # a start looks at this folder never again
        held = store.get("1.2.3.1")
        assert held is not None
        assert held.data_set() == encoded()
    assert files_of(folder) == [file]


def test_a_removed_instance_whose_name_a_power_cut_took_is_removed(folder: Path) -> None:
    disk = FailingDisk()
    with DiskStore(folder, disk=disk) as store:
        put(store, encoded())
        disk.fails_at = len(disk.calls)
        store.remove(Selection())
    (file,) = files_of(folder)
    (folder / file).rename(folder / f"{file}.part")
    with DiskStore(folder) as store:
        assert (len(store.recovery.removed), store.recovery.rejected) == (1, ())
    assert files_of(folder) == []


def test_files_are_made_many_at_once_and_those_not_used_are_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom_workstation.osm.store.disk_store.PREPARED_FILES", 5)
    monkeypatch.setattr("dicom_workstation.osm.store.disk_store.EPOCH_FILES", 7)
    disk = FailingDisk()
    with DiskStore(folder, disk=disk) as store:
        for number in range(9):
            put(store, encoded(uid=f"1.{number}"), f"1.{number}")
        assert disk.calls.count("create") == 5 + 2 + 5
        assert disk.calls.count("sync_folder") == 1 + 2 + 3 + 1  # root; names of epochs; names of files; a full epoch
        assert list(check(store)) == []
        assert (len(files_of(folder)), unused_files(folder)) == (9, 3)
    assert (len(files_of(folder)), unused_files(folder)) == (9, 0)
    (folder / "objects" / "2" / "0123456789abcdef.part").write_bytes(b"")  # as a crash leaves it
    with DiskStore(folder) as store:
        assert store.recovery.rejected == ()
    assert (len(files_of(folder)), unused_files(folder)) == (9, 0)


@pytest.mark.parametrize("how", ["gone", "short", "gone with its folder"])
def test_a_lost_file_is_reported_and_never_hidden(folder: Path, how: str) -> None:
    notes: list[str] = []
    with DiskStore(folder) as store:
        put(store, encoded())
    (file,) = files_of(folder)
    if how == "gone":
        (folder / file).unlink()
    elif how == "gone with its folder":
        shutil.rmtree((folder / file).parent)
    else:
        (folder / file).write_bytes((folder / file).read_bytes()[:-1])
    for _ in range(2):  # at each start, as long as it is lost
        with DiskStore(folder, note=notes.append) as store:
            assert store.recovery.lost == ("1.2.3.1",)
            assert store.get("1.2.3.1") is not None
    assert notes.count("LOST: 1.2.3.1: its file is gone or not whole") == 2


def test_a_removal_that_was_begun_is_finished(folder: Path) -> None:
    disk = FailingDisk()
    with DiskStore(folder, disk=disk) as store:
        put(store, encoded())
        disk.fails_at = len(disk.calls)
        assert store.remove(Selection()) == 1
        assert store.get("1.2.3.1") is None
        assert len(files_of(folder)) == 1
    with DiskStore(folder) as store:
        assert len(store.recovery.removed) == 1
        assert files_of(folder) == []
    with DiskStore(folder) as store:
        assert store.recovery.removed == ()


def test_replacing_puts_the_new_content_in_the_place_of_the_old(folder: Path) -> None:
    with DiskStore(folder, StoreLimits(replaces=True)) as store:
        put(store, encoded())
        assert put(store, encoded(PatientName="Other")).admission is Admission.REPLACED
        held = store.get("1.2.3.1")
        assert held is not None
        assert held.data_set() == encoded(PatientName="Other")
        assert len(files_of(folder)) == 1
        assert counts(store)["study"] == [(1, 1)]


def test_an_instance_may_be_too_large(folder: Path) -> None:
    with DiskStore(folder, StoreLimits(maximum_instance_bytes=len(encoded()))) as store:
        assert put(store, encoded()).admission is Admission.KEPT
        with pytest.raises(StoreRefusedError) as refused:
            put(store, encoded(uid="1.2.3.2", PatientComments="x"), "1.2.3.2")
        assert refused.value.reason is RefusalReason.TOO_LARGE
        assert len(files_of(folder)) == 1


def test_an_index_that_has_no_room_is_a_full_disk(folder: Path) -> None:
    with DiskStore(folder) as store:
        put(store, encoded())
        pages = "PRAGMA max_page_count = 1"  # as many as there are: none is added
        store.parts.writer.do(lambda connection: connection.exec_driver_sql(pages).scalar())
        with pytest.raises(StoreRefusedError) as refused:
            put(store, encoded(uid="1.2.3.2", study="1.2.9", StudyDescription="\\".join(["x" * 1000] * 12)), "1.2.3.2")
        assert refused.value.reason is RefusalReason.OUT_OF_RESOURCES
        assert [each.SOPInstanceUID for each in store.find(Selection())] == ["1.2.3.1"]
        assert len(files_of(folder)) == 1
    with DiskStore(folder) as store:
        assert put(store, encoded(uid="1.2.3.2"), "1.2.3.2").admission is Admission.KEPT


def counts(store: DiskStore) -> dict[str, list[tuple[object, ...]]]:
    with store.parts.database.reading() as connection:
        return {
            "patient": [
                tuple(r) for r in connection.execute(select(PATIENT.c.studies, PATIENT.c.series, PATIENT.c.instances))
            ],
            "study": [tuple(r) for r in connection.execute(select(STUDY.c.series, STUDY.c.instances))],
            "series": [tuple(r) for r in connection.execute(select(SERIES.c.instances))],
            "modality": [
                tuple(r) for r in connection.execute(select(STUDY_MODALITY.c.modality, STUDY_MODALITY.c.series))
            ],
            "class": [
                tuple(r) for r in connection.execute(select(STUDY_SOP_CLASS.c.sop_class, STUDY_SOP_CLASS.c.instances))
            ],
        }


def test_the_counts_are_those_of_the_rows(store: DiskStore) -> None:
    put(store, encoded(uid="1.1"), "1.1")
    put(store, encoded(uid="1.2"), "1.2")
    put(store, encoded(uid="1.3", series="1.8", Modality="SR"), "1.3")
    put(store, encoded(uid="1.4", study="1.9", series="1.7"), "1.4")
    assert counts(store) == {
        "patient": [(2, 3, 4)],
        "study": [(2, 3), (1, 1)],
        "series": [(2,), (1,), (1,)],
        "modality": [("CT", 1), ("SR", 1), ("CT", 1)],
        "class": [(CT, 3), (CT, 1)],
    }
    store.remove(Selection(instances=("1.3", "1.1")))
    assert counts(store) == {
        "patient": [(2, 2, 2)],
        "study": [(1, 1), (1, 1)],
        "series": [(1,), (1,)],
        "modality": [("CT", 1), ("CT", 1)],
        "class": [(CT, 1), (CT, 1)],
    }
    store.remove(Selection())
    assert set(map(tuple, counts(store).values())) == {()}


def test_the_first_value_stays_and_empty_ones_are_filled(folder: Path) -> None:
    notes: list[str] = []
    with DiskStore(folder, note=notes.append) as store:
        put(store, encoded(uid="1.1", PatientSex=""), "1.1")
        put(store, encoded(uid="1.2", PatientName="Other", PatientSex="F"), "1.2")
        with store.parts.database.reading() as connection:
            row = connection.execute(select(STUDY)).one()
    assert (row.name_a, row.sex) == ("doe^jane", "F")
    assert json.loads(row.attributes)["PatientName"] == ["Doe^Jane"]
    assert any("PatientName" in note for note in notes)


def test_folders_are_of_a_bounded_size_and_sealed_when_full(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicom_workstation.osm.store.disk_store.EPOCH_FILES", 2)
    with DiskStore(folder) as store:
        for number in range(5):
            put(store, encoded(uid=f"1.{number}"), f"1.{number}")
        assert [file.split("/")[1] for file in files_of(folder)] == ["1", "1", "2", "2", "3"]
    (folder / "objects" / "1" / "0000000000000000").write_bytes(b"")
    with DiskStore(folder) as store:
        assert store.recovery.rejected == ()  # a sealed folder is not looked at
        assert len(list(store.find(Selection()))) == 5


def test_a_store_that_was_open_before_takes_as_many_instances_as_ever(folder: Path) -> None:
    for run in range(3):
        with DiskStore(folder) as store:
            for number in range(3):
                uid = f"1.2.3.{run}.{number}"
                assert put(store, encoded(uid=uid), uid).admission is Admission.KEPT
    with DiskStore(folder) as store:
        assert len(list(store.find(Selection()))) == 9
        assert store.recovery.lost == ()


@pytest.mark.parametrize("uid", ["1." + "9" * 62, "0.0", "1.2.840.00.1"])
def test_long_and_strange_uids_stay_inside(folder: Path, tmp_path: Path, uid: str) -> None:
    before = set(tmp_path.iterdir())
    with DiskStore(folder) as store:
        put(store, encoded(uid=uid, PatientID="../../x", PatientName="a'; DROP TABLE study; --"), uid)
        assert store.get(uid) is not None
    assert set(tmp_path.iterdir()) - before == {folder}
    assert {each.name for each in folder.iterdir()} <= {"objects", "rejected", "lock", "index.sqlite"}


@pytest.mark.parametrize("uid", ["../../../etc/passwd", "..", "1.2\0.3", "a" * 64, ""])
def test_what_is_no_uid_is_refused(folder: Path, uid: str) -> None:
    with DiskStore(folder) as store:
        with pytest.raises(StoreRefusedError):
            put(store, encoded(uid=uid), uid)
        assert files_of(folder) == []


@pytest.mark.parametrize("how", ["absent", "empty"])
def test_an_index_that_was_lost_is_no_reason_to_set_the_files_aside(folder: Path, how: str) -> None:
    with DiskStore(folder) as store:
        put(store, encoded())
    before = files_of(folder)
    for each in folder.glob("index.sqlite*"):
        each.unlink()
    if how == "empty":
        (folder / "index.sqlite").touch()
    for _ in range(2):  # the first try does not make the index look like one that was used
        with pytest.raises(IndexUnusableError, match="is empty, but there are files: run `osm rebuild`"):
            DiskStore(folder).open()
        assert files_of(folder) == before
    rebuild(folder)
    with DiskStore(folder) as store:
        assert store.recovery.rejected == ()
        assert len(list(store.find(Selection()))) == 1


def test_a_start_that_was_ended_early_left_no_file_that_counts(folder: Path) -> None:
    """Empty files that were made ahead are no reason to refuse a new index."""
    (folder / "objects" / "1").mkdir(parents=True)
    (folder / "objects" / "1" / "0123456789abcdef.part").touch()
    with DiskStore(folder) as store:
        assert store.recovery.rejected == ()
