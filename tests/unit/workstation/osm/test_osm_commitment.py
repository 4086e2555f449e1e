"""Storage commitment of the OSM at its edges: transactions used twice, hostile AE titles, reports nobody takes."""

from __future__ import annotations

import itertools
import queue
from collections.abc import Iterator
from pathlib import Path

import pytest
from osm_instances import encoded, put
from sqlalchemy import Connection, delete, insert, select
from test_osm_server import CT, DEADLINE_S, EXPLICIT, Stage, configuration, made, stage_in

from dicom_simulators.data_sets import build
from dicom_simulators.scu import Scu
from dicom_wire import Recorder
from dicom_workstation.configuration import Archive
from dicom_workstation.osm import DiskStore
from dicom_workstation.osm.index import COMMITMENT
from dicom_workstation.osm.services import CommitmentReporter

DAY_US = 86_400_000_000


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage_in(tmp_path_factory.mktemp("around") / "osm", made()[:1]) as stage:
        stage.ask("store")
        yield stage


def test_a_transaction_uid_that_was_used_for_other_instances_is_said(stage: Stage) -> None:
    def asked(*instances: str) -> dict[str, object]:
        references = [{"sop_class": CT, "instance": each} for each in instances]
        done = stage.ask("commit", references=references, transaction="2.25.7131", within_s=str(DEADLINE_S))
        assert done["status"] == "0000", done
        (event,) = done["events"]
        return dict(event)

    held = stage.instances[0].SOPInstanceUID
    first, again = asked(held), asked(held)
    assert [first["committed"], again["committed"]] == [[held], [held]], first
    other = asked(held, "2.25.404")
    assert (other["committed"], other["transaction"]) == ([], "2.25.7131"), other
    assert "0131" in str(other["failed"])
    assert "0112" not in str(other["failed"])
    assert asked(held)["committed"] == [held]


def test_a_transaction_uid_that_is_none_is_refused(stage: Stage) -> None:
    references = [{"sop_class": CT, "instance": "2.25.1"}]
    for transaction in ("abc", "1.2#3", "1" * 65):
        done = stage.ask("commit", references=references, transaction=transaction, within_s="0.01")
        assert done["status"] == "0115", done


@pytest.mark.parametrize("title", ["A\\B", "A\0B", "A\tB\n", "ÄÖ", "../../x", "'; --", "A" * 16])
def test_a_hostile_calling_ae_title_is_served_or_rejected_and_harms_nothing(stage: Stage, title: str) -> None:
    """Storing, committing, finding: nothing breaks, and nothing is written outside of the folder."""
    root = stage.osm.store.parts.folder.root
    begin = len(stage.log)
    one = build("smallest", CT, EXPLICIT, seed=7000 + sum(map(ord, title)))
    with Scu("hostile", title, Recorder(), instances=[one]) as scu:
        for operation, arguments in (
            ("store", {}),
            ("commit", {"within_s": str(DEADLINE_S), "keep_open": True}),
            ("find", {"level": "STUDY", "keys": {"StudyInstanceUID": ""}}),
        ):
            done = scu.perform(operation, stage.osm.address or ("", 0), {"called_ae_title": "OSM", **arguments})
            assert done["result"] in ("success", "rejected"), done
    assert [line for line in stage.log[begin:] if "internal" in line or "Traceback" in line] == []
    assert {each.name for each in root.parent.iterdir()} == {root.name}
    assert stage.ask("echo")["result"] == "success"


@pytest.mark.parametrize("title", ["A\\B", "A\0B", "A" * 17, "ÄÖ", "../../x", " ", "OSM'--"])
def test_a_hostile_move_destination_is_unknown_or_aborted(stage: Stage, title: str) -> None:
    moved = stage.ask("move", level="STUDY", keys={"StudyInstanceUID": stage.study()}, destination=title)
    assert moved["status"] == "A801" or moved["result"] == "aborted", moved  # no AE title at all is no valid request
    assert stage.ask("echo")["result"] == "success"


def test_a_request_that_comes_again_while_its_report_is_under_way_is_reported_again(tmp_path: Path) -> None:
    """The report is delivered; before that is written down, the same request comes again."""
    said: queue.Queue[str] = queue.Queue()
    due = {"calling_ae": "AWAY", "transaction_uid": "1.2", "request": "[]"}
    with DiskStore(tmp_path) as store:

        def set_due(time_us: int) -> None:
            def write(connection: Connection) -> int:
                connection.execute(delete(COMMITMENT))
                row = {"state": "accepted", "tries": 0, "next_try_us": time_us, **due}
                return connection.execute(insert(COMMITMENT), row).rowcount

            store.parts.writer.do(write)

        def destinations() -> dict[str, Archive]:  # asked while the first report is under way
            if not asked:
                set_due(2)
            asked.append(True)
            return {}

        asked: list[bool] = []
        set_due(1)
        reporter = CommitmentReporter(store, configuration(tmp_path), (), destinations, said.put, lambda: 10)
        reporter.start()
        while len(asked) < 2:
            said.get(timeout=60)
            reporter.wake()
        reporter.stop()
        assert len(asked) >= 2


def test_a_report_that_nobody_takes_is_tried_for_a_day_and_given_up(tmp_path: Path) -> None:
    """Two days of the clock, which the test moves."""
    said: queue.Queue[str] = queue.Queue()
    now, retries_s = [1_000_000], (60.0, 300.0, 1800.0, *(3600.0,) * 23)
    with DiskStore(tmp_path) as store:
        put(store, encoded(), "1.2.3.1")
        row = {"calling_ae": "AWAY", "transaction_uid": "1.2", "request": f'[["{CT}","1.2.3.1"]]', "next_try_us": 1}
        store.parts.writer.do(lambda each: each.execute(insert(COMMITMENT), {"state": "accepted", **row}).rowcount)
        reporter = CommitmentReporter(store, configuration(tmp_path), retries_s, dict, said.put, lambda: now[0])
        reporter.start()
        tried_us: list[int] = []
        while True:
            while " 1.2: " not in (line := said.get(timeout=60)):
                pass
            tried_us.append(now[0])
            with store.parts.database.reading() as connection:
                found = connection.execute(select(COMMITMENT)).one()
            if found.state != "accepted":
                break
            now[0] = found.next_try_us
            reporter.wake()
        assert line.endswith("given_up")
        assert [(b - a) / 1e6 for a, b in itertools.pairwise(tried_us)] == list(retries_s)
        assert DAY_US * 0.9 < tried_us[-1] - tried_us[0] < DAY_US * 1.1
        now[0] += DAY_US
        reporter.wake()
        reporter.stop()
        assert said.empty()
