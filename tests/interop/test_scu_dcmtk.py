"""The SCU against DCMTK: dcmqrscp answers its queries, moves and gets, dcmprscp its prints."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dicom_conformance.play import reserved_port
from dicom_simulators.data_sets import Instance, build
from dicom_simulators.destination import Destination
from dicom_simulators.scu.scu import Scu
from dicom_wire import Recorder
from foreign_programs import print_configuration, require, serve
from foreign_programs import run as run_it
from stored_prints import stored_prints

pytestmark = pytest.mark.peer("dcmtk")

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
EXPLICIT = "1.2.840.10008.1.2.1"
LOOPBACK = "127.0.0.1"
run = functools.partial(run_it, check=True)


@dataclass(frozen=True)
class Stage:
    scu: Scu
    destination: Destination
    port: int
    instances: list[Instance]

    def perform(self, operation: str, **arguments: object) -> dict[str, object]:
        return self.scu.perform(operation, (LOOPBACK, self.port), {"called_ae_title": "ORACLE", **arguments})

    def study(self, number: int) -> str:
        return str(self.instances[number].read().StudyInstanceUID)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    require("dcmqrscp", "dcmqridx", package="dcmtk")
    home = tmp_path_factory.mktemp("oracle")
    database = home / "database"
    database.mkdir()
    instances = [
        build("smallest", sop_class, EXPLICIT, seed=seed, PatientName=name, PatientID=f"PAT{seed}")
        for seed, name in enumerate(("DOE^JOHN", "DOE^JANE", "ROE^RICHARD"))
        for sop_class in (CT, MR)
    ]
    for number, one in enumerate(instances):
        (database / f"{number}.dcm").write_bytes(one.file_bytes())
    recorder = Recorder()
    with (
        Scu("scu", "SCU", recorder, instances=instances) as scu,
        Destination("destination", "DESTINATION", recorder) as destination,
    ):
        port = reserved_port()
        known = "\n".join(
            f"{one.name} = ({one.ae_title}, {one.address[0]}, {one.address[1]})" for one in (scu, destination)
        )
        configuration = home / "dcmqrscp.cfg"
        configuration.write_text(
            f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
            f"HostTable BEGIN\n{known}\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
            f"AETable BEGIN\nORACLE {database} RW (200, 1024mb) ANY\nAETable END\n"
        )
        run("dcmqridx", database, *sorted(database.glob("*.dcm")))
        with serve("dcmqrscp", "-c", configuration, port=port):
            yield Stage(scu, destination, port, instances)


def test_a_query_finds_what_fits(stage: Stage) -> None:
    found = stage.perform("find", level="STUDY", keys={"PatientName": "DOE*", "StudyInstanceUID": ""}, linger_s="0.2")
    assert (found["result"], found["status"], found["after_final"], found["noted"]) == ("success", "0000", 0, [])
    assert {one["PatientName"] for one in found["matches"]} == {"DOE^JOHN", "DOE^JANE"}
    assert found["count"] == len(found["matches"]) == 4
    assert found["statuses"] == ["FF00"] * 4 + ["0000"]


def test_queries_one_after_another_on_one_association(stage: Stage) -> None:
    contexts = [{"sop_class": "1.2.840.10008.5.1.4.1.2.2.1", "transfer_syntaxes": ["1.2.840.10008.1.2"]}]
    assert stage.perform("associate", hold="true", contexts=contexts)["result"] == "success"
    for name in ("ROE*", "DOE^JANE"):
        keys = {"PatientName": name, "StudyInstanceUID": ""}
        found = stage.perform("find", association="association", level="STUDY", keys=keys)
        assert (found["status"], found["count"]) == ("0000", 2)
    assert stage.perform("release")["result"] == "success"


def test_a_move_goes_to_another(stage: Stage) -> None:
    stage.destination.forget()
    moved = stage.perform("move", level="STUDY", keys={"StudyInstanceUID": stage.study(0)}, destination="DESTINATION")
    assert (moved["result"], moved["completed"], moved["failed"]) == ("success", 1, 0)
    assert [one.SOPInstanceUID for one in stage.destination.stored] == [stage.instances[0].SOPInstanceUID]
    assert stage.destination.stored[0].move_originator_ae_title == "SCU"


def test_a_get_brings_the_instance_on_the_same_association(stage: Stage) -> None:
    stage.scu.forget()
    got = stage.perform("get", level="STUDY", keys={"StudyInstanceUID": stage.study(0)}, sop_classes=[CT, MR])
    assert (got["result"], got["status"], got["completed"], got["failed"]) == ("success", "0000", 1, 0)
    assert got["arrived"] == [stage.instances[0].SOPInstanceUID]
    assert [one.SOPInstanceUID for one in stage.scu.stored] == got["arrived"]


def test_a_get_without_a_context_for_the_instance_fails(stage: Stage) -> None:
    got = stage.perform("get", level="STUDY", keys={"StudyInstanceUID": stage.study(0)}, sop_classes=[MR])
    assert (got["completed"], got["failed"], got["arrived"]) == (0, 1, [])
    assert got["result"] != "success"


def test_a_get_whose_instance_is_refused_counts_it_as_failed(stage: Stage) -> None:
    uid = stage.instances[0].SOPInstanceUID
    keys = {"StudyInstanceUID": stage.study(0)}
    got = stage.perform("get", level="STUDY", keys=keys, sop_classes=[CT], answers={uid: "A700"})
    assert (got["answered"], got["failed"], got["failed_instances"]) == ({uid: "A700"}, 1, [uid])


def test_what_is_printed_is_what_a_printer_keeps(tmp_path: Path) -> None:
    require("dcmprscp", package="dcmtk")
    port = reserved_port()
    images = [build(sop_class=CT, seed=seed, rows=40, columns=60) for seed in range(3)]
    configuration = print_configuration(tmp_path, "PRINTER", port, "LOCALPRINTER")
    with (
        serve("dcmprscp", "-c", configuration, "-p", "PRINTER", "-d", port=port, log=tmp_path / "said.txt"),
        Scu("scu", "SCU", Recorder(), instances=images) as scu,
    ):
        arguments = {"called_ae_title": "PRINTER", "layout": r"STANDARD\2,1", "copies": "2"}
        printed = scu.perform("print", (LOOPBACK, port), {**arguments, "bits": "12"})
        status = scu.perform(
            "n_get",
            (LOOPBACK, port),
            {"called_ae_title": "PRINTER", "sop_class": "Printer", "instance": "PrinterInstance"},
        )
    assert printed["result"] == "success", printed
    assert [len(film["images"]) for film in printed["films"]] == [2, 2]
    assert (status["status"], status["attributes"]["PrinterStatus"]) == ("0000", "NORMAL")
    kept = stored_prints(tmp_path / "database")
    assert [(one.pixels(1).shape, one.pixels(1).max() > 255) for one in kept] == [((40, 60), True)] * 2
