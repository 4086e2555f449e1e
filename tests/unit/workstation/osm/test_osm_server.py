"""The OSM as an AE: what it answers to each request, and what is left when it ends at any moment.

The SCU of the simulators asks; it is built on `wire` alone, and so is an independent witness.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from dicom_simulators.data_sets import Instance, build
from dicom_simulators.destination import Destination
from dicom_simulators.scu import Scu
from dicom_wire import Recorder
from dicom_workstation.configuration import Configuration, ConfigurationError
from dicom_workstation.data_sets import encode_identifier
from dicom_workstation.instances import Selection
from dicom_workstation.network import Call, Peer, ServiceRequest
from dicom_workstation.osm import DiskStore, FolderLockedError, OSMServer, check
from dicom_workstation.osm.index import MatchingRules, Model, SearchLimits
from dicom_workstation.osm.services import FindService

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
EXPLICIT, IMPLICIT, JPEG_LOSSLESS = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.4.70"
DEADLINE_S = 10.0


@dataclass
class Stage:
    """An OSM, an SCU that holds instances, and a destination."""

    osm: OSMServer
    scu: Scu
    destination: Destination
    instances: list[Instance]
    log: list[str] = field(default_factory=list)

    def ask(self, operation: str, **arguments: object) -> dict[str, Any]:
        assert self.osm.address is not None
        return dict(self.scu.perform(operation, self.osm.address, {"called_ae_title": "OSM", **arguments}))

    def study(self, number: int = 0) -> str:
        return str(self.instances[number].read().StudyInstanceUID)


def configuration(folder: Path, peers: tuple[Scu | Destination, ...] = (), **osm: object) -> Configuration:
    archives = {
        each.ae_title: {"ae_title": each.ae_title, "host": each.address[0], "port": each.address[1]} for each in peers
    }
    section = {"folder": str(folder), "keep_free_bytes": 0, **osm}
    return Configuration.from_keywords(archives=archives, osm=section, acse_timeout_s=2.0, dimse_timeout_s=DEADLINE_S)


@contextmanager
def stage_in(folder: Path, instances: list[Instance], **osm: object) -> Iterator[Stage]:
    recorder, log = Recorder(), []
    with (
        Scu("scu", "SCU", recorder, instances=instances) as scu,
        Destination("destination", "DESTINATION", recorder) as destination,
        OSMServer(configuration(folder, (scu, destination), **osm), log.append) as server,
    ):
        yield Stage(server, scu, destination, instances, log)


def made() -> list[Instance]:
    """Two studies: three CT images of one patient, in three transfer syntaxes, and an MR image of another."""
    study = {
        "StudyInstanceUID": "2.25.90001",
        "SeriesInstanceUID": "2.25.90002",
        "PatientName": "DOE^JANE",
        "PatientID": "P1",
    }
    syntaxes = (EXPLICIT, IMPLICIT, JPEG_LOSSLESS)
    found = [build("smallest", CT, each, seed=700 + number, **study) for number, each in enumerate(syntaxes)]
    return [*found, build("smallest", MR, EXPLICIT, seed=710, PatientName="ROE^RICHARD")]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    before = set(threading.enumerate())
    with stage_in(tmp_path_factory.mktemp("osm"), made()) as stage:
        stored = stage.ask("store")
        assert (stored["result"], len(stage.instances)) == ("success", 4), stored
        yield stage
    assert set(threading.enumerate()) <= before


@pytest.fixture(autouse=True)
def forgotten(request: pytest.FixtureRequest) -> None:
    if "stage" in request.fixturenames:
        stage: Stage = request.getfixturevalue("stage")
        stage.scu.forget()
        stage.destination.forget()


def test_what_was_stored_is_there_byte_for_byte(stage: Stage) -> None:
    held = {each.entry.SOPInstanceUID: each for each in stage.osm.store.held(Selection())}
    for sent in stage.instances:
        assert held[sent.SOPInstanceUID].data_set() == sent.data_set
        assert held[sent.SOPInstanceUID].entry.TransferSyntaxUID == sent.transfer_syntax


def test_the_same_instance_again_is_a_success_and_another_content_is_refused(stage: Stage) -> None:
    assert stage.ask("store")["result"] == "success"
    other = build("smallest", CT, EXPLICIT, seed=700, SOPInstanceUID=stage.instances[0].SOPInstanceUID, rows=9)
    with Scu("other", "SCU", Recorder(), instances=[other]) as scu:
        refused = scu.perform("store", stage.osm.address or ("", 0), {"called_ae_title": "OSM"})
    assert (refused["result"], refused["status"]) == ("failure", "0111"), refused
    held = stage.osm.store.get(other.SOPInstanceUID)
    assert held is not None
    assert held.data_set() == stage.instances[0].data_set


@pytest.mark.parametrize(
    "limit", [{"keep_free_bytes": 1 << 62}, {"maximum_instance_bytes": 100}], ids=["full", "large"]
)
def test_what_there_is_no_room_for_is_refused_and_the_association_lives(
    tmp_path: Path, limit: dict[str, object]
) -> None:
    with stage_in(tmp_path, made()[:2], **limit) as stage:
        stored = stage.ask("store", on_failure="continue")
        assert (stored["result"], stored["status"]) == ("failure", "A700"), stored
        assert len([line for line in stage.log if "C-STORE" in line and "A700" in line]) == 2
        assert list(stage.osm.store.find(Selection())) == []
        assert [path for path in tmp_path.rglob("*") if path.parent.name == "1" and path.stat().st_size] == []


@pytest.mark.parametrize(("model", "level"), [("study_root", "STUDY"), ("patient_root", "PATIENT")])
def test_a_query_finds_and_counts(stage: Stage, model: str, level: str) -> None:
    count = f"NumberOf{level.title()}RelatedInstances"
    found = stage.ask("find", level=level, model=model, keys={"PatientID": "", "PatientName": "doe*", count: ""})
    assert (found["status"], found["count"]) == ("0000", 1)
    (match,) = found["matches"]
    assert (match["PatientName"], match[count], match["RetrieveAETitle"]) == ("DOE^JANE", "3", "OSM")


def test_a_key_that_is_not_supported_is_said(stage: Stage) -> None:
    keys = {"StudyInstanceUID": stage.study(), "BurnedInAnnotation": ""}
    assert stage.ask("find", level="STUDY", keys=keys)["statuses"] == ["FF01", "0000"]


@pytest.mark.parametrize(
    ("level", "keys", "status"),
    [
        ("SERIES", {"SeriesInstanceUID": ""}, "A900"),
        ("PATIENT", {"PatientID": ""}, "A900"),
        ("STUDY", {"StudyInstanceUID": "", "StudyDate": "2026-01"}, "A900"),
    ],
    ids=["no unique key above", "level of another model", "no date"],
)
def test_an_identifier_that_cannot_be_answered_is_refused(
    stage: Stage, level: str, keys: dict[str, str], status: str
) -> None:
    assert stage.ask("find", level=level, model="study_root", keys=keys)["status"] == status


class CallCancelledAfter:
    """A call whose C-CANCEL comes after so many looks."""

    peer = Peer("SCU", "127.0.0.1")
    is_ending = False

    def __init__(self, looks: int) -> None:
        self._looks = looks

    @property
    def is_cancelled(self) -> bool:
        self._looks -= 1
        return self._looks < 0


@pytest.mark.parametrize("looks", [0, 1])
def test_a_cancel_is_seen_before_the_next_answer(stage: Stage, looks: int) -> None:
    keys = encode_identifier({"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": ""}, EXPLICIT)
    request = ServiceRequest("", EXPLICIT, "", 1, keys)
    limits, rules = SearchLimits(), MatchingRules()
    service = FindService(Model.STUDY_ROOT, stage.osm.store.parts.database, "OSM", rules, limits, stage.log.append)
    replies = [each.status for each in service.perform(request, cast(Call, CallCancelledAfter(looks)))]
    assert replies == [0xFF00] * looks + [0xFE00]


def test_a_query_of_too_much_is_refused_without_a_partial_answer(tmp_path: Path) -> None:
    with stage_in(tmp_path, made(), maximum_matches=1) as stage:
        stage.ask("store")
        assert stage.ask("find", level="STUDY", keys={"StudyInstanceUID": ""})["statuses"] == ["A700"]
        moved = stage.ask("move", level="STUDY", keys={"StudyInstanceUID": stage.study()}, destination="DESTINATION")
    assert moved["statuses"] == ["A701"]


def test_a_move_sends_everything_as_it_is_stored(stage: Stage) -> None:
    moved = stage.ask("move", level="STUDY", keys={"StudyInstanceUID": stage.study()}, destination="DESTINATION")
    assert (moved["status"], moved["completed"], moved["failed"]) == ("0000", 3, 0), moved
    arrived = {each.SOPInstanceUID: each for each in stage.destination.stored}
    assert len(arrived) == 3
    for sent in stage.instances[:3]:
        got = arrived[sent.SOPInstanceUID]
        assert got.data_set == sent.data_set
        assert got.move_originator_ae_title == "SCU"


@pytest.mark.parametrize(
    ("destination", "keys", "status"),
    [
        ("NOBODY", {}, "A801"),
        ("DESTINATION", {"StudyInstanceUID": "2.25.1"}, "0000"),
    ],
    ids=["unknown destination", "nothing matches"],
)
def test_a_move_that_sends_nothing(stage: Stage, destination: str, keys: dict[str, str], status: str) -> None:
    asked = {"StudyInstanceUID": stage.study(), **keys}
    moved = stage.ask("move", level="STUDY", keys=asked, destination=destination)
    assert moved["status"] == status
    assert stage.destination.stored == []


def test_a_move_to_somebody_who_is_away_fails_with_the_list(tmp_path: Path) -> None:
    with stage_in(tmp_path, made()) as stage:
        stage.ask("store")
        stage.destination.stop()
        moved = stage.ask("move", level="STUDY", keys={"StudyInstanceUID": stage.study()}, destination="DESTINATION")
    assert (moved["status"], moved["completed"], moved["failed"]) == ("A702", 0, 3)
    assert set(moved["failed_instances"]) == {each.SOPInstanceUID for each in stage.instances[:3]}


def test_a_get_comes_on_the_same_association_uncompressed_where_that_is_asked(stage: Stage) -> None:
    got = stage.ask(
        "get",
        level="STUDY",
        keys={"StudyInstanceUID": stage.study()},
        sop_classes=[CT],
        storage_transfer_syntaxes=[IMPLICIT],
    )
    assert (got["status"], got["completed"], got["failed"]) == ("0000", 3, 0), got
    assert {each.transfer_syntax for each in stage.scu.stored} == {IMPLICIT}


def test_a_get_without_the_role_of_scp_fails(stage: Stage) -> None:
    keys = {"StudyInstanceUID": stage.study()}
    got = stage.ask("get", level="STUDY", keys=keys, sop_classes=[CT], roles=[])
    assert (got["status"], got["completed"], got["failed"]) == ("A702", 0, 3), got
    assert stage.scu.stored == []


def test_what_is_held_is_committed_to_and_what_is_not_is_named(stage: Stage) -> None:
    asked = stage.ask("commit", within_s=str(DEADLINE_S))
    assert (asked["result"], asked["status"]) == ("success", "0000"), asked
    references = [{"sop_class": CT, "instance": "2.25.404"}]
    assert stage.ask("commit", references=references, within_s=str(DEADLINE_S))["result"] != "success"


def test_a_sop_class_that_is_not_offered_is_not_accepted(stage: Stage) -> None:
    with Scu("pdf", "SCU", Recorder(), instances=[build("smallest", CT, EXPLICIT, seed=1)]) as scu:
        opened = scu.perform(
            "associate",
            stage.osm.address or ("", 0),
            {
                "called_ae_title": "OSM",
                "contexts": [{"sop_class": ENCAPSULATED_PDF, "transfer_syntaxes": [EXPLICIT]}],
            },
        )
    assert "3" in str(opened["contexts"]) if "contexts" in opened else opened["result"], opened


def test_a_second_process_is_kept_off(stage: Stage, tmp_path: Path) -> None:
    folder = stage.osm.store.parts.folder.root
    with pytest.raises(FolderLockedError), OSMServer(configuration(folder)):
        pass
    taken = configuration(tmp_path / "other", port=(stage.osm.address or ("", 0))[1])
    with pytest.raises(ConfigurationError, match=r"osm\.port"), OSMServer(taken):
        pass
    with DiskStore(tmp_path / "other") as store:
        assert list(store.find(Selection())) == []


def serve(folder: Path) -> tuple[subprocess.Popen[str], tuple[str, int]]:
    """Start the command, and return its process and its address."""
    command = [sys.executable, "-m", "dicom_workstation.cli.command_line", "osm", "serve"]
    process = subprocess.Popen(
        [*command, "--folder", str(folder), "--log", os.devnull], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    return process, (said["host"], said["port"])


def test_what_was_answered_is_there_after_kill_9(tmp_path: Path) -> None:
    instances = [build("smallest", CT, EXPLICIT, seed=900 + number) for number in range(40)]
    process, address = serve(tmp_path)
    enough, answered = threading.Event(), []

    def kill_when_some_are_stored() -> None:
        enough.wait(DEADLINE_S)
        process.send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill_when_some_are_stored)
    killer.start()
    with Scu("scu", "SCU", Recorder(), instances=instances) as scu:
        for sent in instances:
            said = scu.perform("store", address, {"called_ae_title": "OSM", "instances": [sent.SOPInstanceUID]})
            if said["result"] != "success":
                break
            answered.append(sent)
            if len(answered) == 10:
                enough.set()
    killer.join()
    process.wait(DEADLINE_S)
    assert process.stdout is not None
    process.stdout.close()
    assert len(answered) >= 10
    with DiskStore(tmp_path) as store:
        assert store.recovery.lost == ()
        assert list(check(store)) == []
        for sent in answered:
            held = store.get(sent.SOPInstanceUID)
            assert held is not None
            assert held.data_set() == sent.data_set
