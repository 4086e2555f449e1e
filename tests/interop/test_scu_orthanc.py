"""The SCU against Orthanc: find, move, get, and storage commitment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from dicom_simulators.data_sets import Instance, build
from dicom_simulators.destination import Destination
from dicom_simulators.scu.scu import Scu
from dicom_wire import Recorder
from orthanc import Orthanc, orthanc

pytestmark = pytest.mark.peer("orthanc")

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
EXPLICIT = "1.2.840.10008.1.2.1"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Stage:
    scu: Scu
    destination: Destination
    peer: Orthanc
    instances: list[Instance]

    def perform(self, operation: str, **arguments: object) -> dict[str, object]:
        return self.scu.perform(
            operation, (LOOPBACK, self.peer.port), {"called_ae_title": self.peer.ae_title, **arguments}
        )

    def study(self, number: int) -> str:
        return str(self.instances[number].read().StudyInstanceUID)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    instances = [
        build("smallest", sop_class, EXPLICIT, seed=seed, PatientName=name, PatientID=f"PAT{seed}")
        for seed, name in enumerate(("DOE^JOHN", "DOE^JANE", "ROE^RICHARD"))
        for sop_class in (CT, MR)
    ]
    recorder = Recorder()
    with (
        Scu("scu", "SCU", recorder, instances=instances) as scu,
        Destination("destination", "DESTINATION", recorder) as destination,
        orthanc(tmp_path_factory.mktemp("orthanc"), {"SCU": scu.address, "DESTINATION": destination.address}) as peer,
    ):
        for one in instances:
            peer.keep(one.file_bytes())
        yield Stage(scu, destination, peer, instances)


def test_a_query_finds_what_fits(stage: Stage) -> None:
    keys = {"PatientName": "DOE*", "StudyInstanceUID": ""}
    found = stage.perform("find", level="STUDY", keys=keys, linger_s="0.2")
    assert (found["result"], found["status"], found["after_final"], found["noted"]) == ("success", "0000", 0, [])
    assert {one["PatientName"] for one in found["matches"]} == {"DOE^JOHN", "DOE^JANE"}


def test_a_move_goes_to_another(stage: Stage) -> None:
    stage.destination.forget()
    keys = {"StudyInstanceUID": stage.study(0)}
    moved = stage.perform("move", level="STUDY", keys=keys, destination="DESTINATION")
    assert (moved["result"], moved["status"]) == ("success", "0000")
    assert [one.SOPInstanceUID for one in stage.destination.stored] == [stage.instances[0].SOPInstanceUID]
    assert stage.destination.stored[0].move_originator_ae_title == "SCU"


def test_a_move_may_go_to_the_one_who_asks(stage: Stage) -> None:
    keys = {"StudyInstanceUID": stage.study(1)}
    moved = stage.perform("move", level="STUDY", keys=keys, destination="SCU")
    assert moved["arrived"] == [stage.instances[1].SOPInstanceUID]


def test_a_get_brings_the_instance_on_the_same_association(stage: Stage) -> None:
    got = stage.perform("get", level="STUDY", keys={"StudyInstanceUID": stage.study(0)}, sop_classes=[CT, MR])
    assert (got["result"], got["status"], got["completed"], got["failed"]) == ("success", "0000", 1, 0)
    assert got["arrived"] == [stage.instances[0].SOPInstanceUID]
    assert stage.scu.stored[-1].transfer_syntax in ("1.2.840.10008.1.2", EXPLICIT)


def test_storage_commitment_of_what_it_holds(stage: Stage) -> None:
    done = stage.perform("commit", instances=["1", "2"])
    uids = [one.SOPInstanceUID for one in stage.instances[:2]]
    (event,) = done["events"]
    assert (done["result"], done["status"], event["type"], event["on"]) == ("success", "0000", 1, "new")
    assert event["transaction"] == done["transaction"]
    assert sorted(event["committed"]) == sorted(uids)
    assert event["failed"] == {}


def test_storage_commitment_of_what_it_does_not_hold(stage: Stage) -> None:
    held = stage.instances[0].SOPInstanceUID
    references = [{"sop_class": "CTImageStorage", "instance": held}, {"sop_class": CT, "instance": "1.2.3.4"}]
    done = stage.perform("commit", references=references)
    (event,) = done["events"]
    assert (done["result"], event["type"], event["committed"]) == ("partial", 2, [held])
    assert event["failed"] == {"1.2.3.4": "0112"}
