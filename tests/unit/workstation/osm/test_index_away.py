"""While the index cannot be reached: what is answered, what is left on the disk, and that everything goes on later."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from osm_instances import CT, EXPLICIT, encoded, put
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import OperationalError
from test_osm_server import configuration, made, stage_in

from dicom_workstation.instances import Admission, Announced, Selection
from dicom_workstation.osm import DiskStore, StoreLimits, check
from dicom_workstation.osm.index import COMMITMENT, EPOCH, Database, IndexAwayError, Writer
from dicom_workstation.osm.services import CommitmentReporter

DEADLINE_S = 60.0


class Away:
    """Has a database fail as one does that cannot be reached."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self.tries = 0

    def _fail(self, *_: object) -> None:
        self.tries += 1
        raise OperationalError("SELECT", {}, ConnectionError("the server\nis away"))

    def writes(self, database: Database) -> None:
        self._patch.setattr(database, "begin", self._fail)

    def reads(self, database: Database) -> None:
        self._patch.setattr(database, "reading", self._fail)

    def back(self) -> None:
        self._patch.undo()


@pytest.fixture
def away() -> Iterator[Away]:
    with pytest.MonkeyPatch.context() as patch:
        yield Away(patch)


def files(folder: Path) -> list[Path]:
    return [each for each in (folder / "objects").rglob("*") if each.is_file() and each.stat().st_size]


def test_a_store_fails_and_leaves_no_file(tmp_path: Path, database: str | None, away: Away) -> None:
    """Else the disk would fill while senders try again and again."""
    with DiskStore(tmp_path, database=database) as store:
        away.writes(store.parts.database)
        away.reads(store.parts.database)
        for _ in range(3):
            with pytest.raises(IndexAwayError, match=r"the index cannot be reached: .*the server"):
                put(store, encoded(uid="1.1"), "1.1")
        assert files(tmp_path) == []
        away.back()
        assert put(store, encoded(uid="1.1"), "1.1").admission is Admission.KEPT
        assert list(check(store)) == []


def test_nobody_waits_for_more_than_one_try(tmp_path: Path, database: str | None, away: Away) -> None:
    """A try may take ten seconds, and eight senders may wait for one transaction."""
    place = Database(database or tmp_path / "index.sqlite")
    place.create()
    writer = Writer(place)
    writer.start()
    goes_on, is_writing, failures = threading.Event(), threading.Event(), []

    def first(connection: Connection) -> None:
        is_writing.set()
        goes_on.wait(DEADLINE_S)

    def later() -> None:
        try:
            writer.do(lambda connection: None)
        except IndexAwayError as error:
            failures.append(error)

    threads = [threading.Thread(target=writer.do, args=(first,)), *(threading.Thread(target=later) for _ in range(5))]
    threads[0].start()
    assert is_writing.wait(DEADLINE_S)
    for thread in threads[1:]:
        thread.start()
    deadline = time.monotonic() + DEADLINE_S
    while writer.waiting < 5:
        time.sleep(0.005)
        assert time.monotonic() < deadline
    away.writes(place)
    goes_on.set()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert (len(failures), away.tries) == (5, 1)
    away.back()
    assert writer.do(lambda connection: 1) == 1
    writer.stop()
    place.close()


def test_when_nobody_knows_whether_the_commit_was_done_the_file_stays(
    tmp_path: Path, database: str | None, away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit fails, and the server is away when it is asked; the next start takes the file back."""
    with DiskStore(tmp_path, database=database) as store:

        def fail(connection: Connection) -> None:
            away.writes(store.parts.database)
            raise OperationalError("COMMIT", {}, ConnectionError("the connection was lost"))

        with monkeypatch.context() as patch:
            patch.setattr(store.parts.database, "commit", fail)
            with pytest.raises(OperationalError):
                put(store, encoded(uid="1.1"), "1.1")
        assert len(files(tmp_path)) == 1
        away.back()
        assert put(store, encoded(uid="1.2"), "1.2").admission is Admission.KEPT
    with DiskStore(tmp_path, database=database) as store:
        assert (len(store.recovery.taken_back), store.recovery.rejected) == (1, ())
        assert sorted(each.SOPInstanceUID for each in store.find(Selection())) == ["1.1", "1.2"]


def test_a_commit_that_was_done_although_it_failed_keeps_its_file(
    tmp_path: Path, database: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with DiskStore(tmp_path, database=database) as store:
        commit: Callable[[Connection], None] = store.parts.database.commit

        def fail(connection: Connection) -> None:
            commit(connection)
            patch.undo()
            raise OperationalError("COMMIT", {}, ConnectionError("the answer was lost"))

        patch = pytest.MonkeyPatch()
        patch.setattr(store.parts.database, "commit", fail)
        with pytest.raises(OperationalError):
            put(store, encoded(uid="1.1"), "1.1")
        assert len(files(tmp_path)) == 1
        assert put(store, encoded(uid="1.1"), "1.1").admission is Admission.ALREADY_KEPT
        assert list(check(store)) == []


def test_what_cannot_be_written_down_now_harms_no_store(
    tmp_path: Path, database: str | None, away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is full, and a file that was replaced: the next start does both."""
    monkeypatch.setattr("dicom_workstation.osm.store.disk_store.EPOCH_FILES", 1)
    monkeypatch.setattr("dicom_workstation.osm.store.disk_store.PREPARED_FILES", 1)
    notes: list[str] = []
    with DiskStore(tmp_path, StoreLimits(replaces=True), notes.append, database=database) as store:
        put(store, encoded(uid="1.1"), "1.1")
        put(store, encoded(uid="1.2"), "1.2")
        away.writes(store.parts.database)
        receipt = store.receive(announced("1.3"))  # seals the first folder
        assert any("cannot be sealed now: the index cannot be reached" in note for note in notes)
        away.back()
        receipt.write(memoryview(encoded(uid="1.3")))
        assert receipt.keep().admission is Admission.KEPT
        unlink = store.parts.disk.unlink

        def unlink_and_lose_the_index(path: Path) -> None:
            unlink(path)
            away.writes(store.parts.database)

        with monkeypatch.context() as patch:
            patch.setattr(store.parts.disk, "unlink", unlink_and_lose_the_index)
            assert put(store, encoded(uid="1.1", PatientComments="x"), "1.1").admission is Admission.REPLACED
        assert any("cannot be removed now: the index cannot be reached" in note for note in notes)
        away.back()
    with DiskStore(tmp_path, database=database) as store:
        assert len(store.recovery.removed) == 1
        assert list(check(store)) == []
        with store.parts.database.reading() as connection:
            assert len(connection.execute(select(EPOCH)).all()) == len(store.parts.folder.epochs())


def announced(uid: str) -> Announced:
    return Announced(CT, uid, EXPLICIT, "SENDER")


def test_peers_are_told_that_it_failed_and_go_on_later(tmp_path: Path, away: Away) -> None:
    with stage_in(tmp_path / "osm", made()[:2]) as stage:
        keys = {"StudyInstanceUID": ""}
        one, other = (each.SOPInstanceUID for each in stage.instances)
        assert stage.ask("store", instances=[one])["status"] == "0000"
        study = {"StudyInstanceUID": stage.study()}
        references = [{"sop_class": CT, "instance": one}]
        index = stage.osm.store.parts.database
        away.writes(index)
        away.reads(index)
        assert stage.ask("store", instances=[other])["status"] == "0110"
        assert stage.ask("find", level="STUDY", keys=keys)["status"] == "0110"
        assert stage.osm.store.figures.finds.samples()
        assert stage.ask("move", level="STUDY", keys=study, destination="DESTINATION")["status"] == "0110"
        assert stage.ask("get", level="STUDY", keys=study, sop_classes=[CT])["status"] == "0110"
        committed = stage.ask("commit", references=references, within_s="1")
        assert (committed["result"], committed["status"]) == ("failure", "0110")
        away.back()
        assert stage.ask("commit", references=references, within_s=str(DEADLINE_S))["result"] == "success"
        assert stage.ask("store", instances=[other])["status"] == "0000"
        assert stage.ask("find", level="STUDY", keys=keys)["status"] == "0000"
    for name in ("C-FIND", "C-MOVE", "C-GET", "N-ACTION"):
        assert any(f"{name}: the index failed: " in line and "the server is away" in line for line in stage.log)
    assert not any("Traceback" in line for line in stage.log)


def test_reports_of_commitment_go_on_when_the_index_is_back(
    tmp_path: Path, away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom_workstation.osm.services.reporting._AFTER_AN_ERROR_S", 0.01)
    with DiskStore(tmp_path) as store:
        said: list[str] = []
        reporter = CommitmentReporter(store, configuration(tmp_path), (), dict, said.append, lambda: 10)
        away.reads(store.parts.database)
        reporter.start()
        deadline = time.monotonic() + DEADLINE_S
        while away.tries < 3:
            time.sleep(0.005)
            assert time.monotonic() < deadline
        away.back()
        row = {"calling_ae": "AWAY", "transaction_uid": "1.2", "request": "[]", "state": "accepted", "next_try_us": 1}
        store.parts.writer.do(lambda connection: connection.execute(insert(COMMITMENT), row).rowcount)
        reporter.wake()
        while not any(line.endswith("1.2: given_up") for line in said):
            time.sleep(0.005)
            assert time.monotonic() < deadline
        reporter.stop()
