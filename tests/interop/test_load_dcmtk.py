"""A load by Locust on DCMTK: dcmqrscp answers everything, storescp writes files and dies in the middle."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dicom_conformance.load.conductor import COUNT, GONE
from dicom_conformance.play import reserved_port
from dicom_conformance.results import LoadRun, read_load_run
from dicom_simulators.destination import Destination
from dicom_wire import Recorder
from foreign_programs import ENVIRONMENT, LOOPBACK, require, serve, until

pytestmark = pytest.mark.peer("dcmtk")

HEAD = "title: Against DCMTK\nduration_s: 100\nanswer_s: 20\n"
STORE = "{operation: store, weight: 3, sizes: 2048, instances_per_study: 3}"


@pytest.fixture(autouse=True, scope="module")
def has_locust() -> None:
    if importlib.util.find_spec("locust") is None:  # not imported here: gevent would patch this process
        pytest.skip("the extra `load` is not installed")


def load(text: str, title: str, port: int, folder: Path) -> tuple[int, LoadRun]:
    plan = folder / "plan.yaml"
    plan.write_text(HEAD + text)
    target = f"{title}@{LOOPBACK}:{port}"
    command = [sys.executable, "-m", "dicom_conformance", "load", str(plan), "--target", target]
    done = subprocess.run([*command, "--output", str(folder / "report")], capture_output=True, text=True, timeout=300)
    assert (folder / "report" / "run.json").is_file(), done.stderr
    return done.returncode, read_load_run(folder / "report" / "run.json")


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of dcmqrscp, which sends to DESTINATION."""
    require("dcmqrscp", package="dcmtk")
    home = tmp_path_factory.mktemp("oracle")
    (home / "database").mkdir()
    with Destination("destination", "DESTINATION", Recorder()) as destination:
        port = reserved_port()
        configuration = home / "dcmqrscp.cfg"
        configuration.write_text(
            f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\nHostTable BEGIN\n"
            f"destination = (DESTINATION, {LOOPBACK}, {destination.address[1]})\nHostTable END\n"
            "VendorTable BEGIN\nVendorTable END\nAETable BEGIN\n"
            f"ORACLE {home / 'database'} RW (200, 1024mb) ANY\nAETable END\n"
        )
        with serve("dcmqrscp", "-c", configuration, port=port):
            yield port


def test_dcmqrscp_answers_everything_and_holds_what_it_stored(oracle: int, tmp_path: Path) -> None:
    text = (  # one user: two that store in one second may get one file name of dcmqrscp 3.6.7, and an instance is lost
        "users: 1\nat_most: {operations: 60, rate_per_s: 1000}\n"
        f"mix: [{{operation: echo}}, {STORE}, {{operation: find}}, {{operation: find, level: IMAGE}}, "
        "{operation: get}, {operation: move, destination: DESTINATION}]\ncheck: {by: get, within_s: 2}\n"
    )
    status, run = load(text, "ORACLE", oracle, tmp_path)
    assert [(one.expected, one.actual) for one in run.unmet] == []
    assert (status, run.not_judged, run.ended_by) == (0, (), COUNT)
    found = {one.operation for one in run.operations}
    assert found == {"A-ASSOCIATE", "A-RELEASE", "C-ECHO", "C-STORE", "C-FIND", "C-GET", "C-MOVE"}
    assert (run.stored.held, run.stored.altered) == (run.stored.answered, 0)
    log = (tmp_path / "report" / "locust.log").read_text()
    for one in run.operations:  # each operation was an event of Locust's
        name = one.name or one.operation
        row = next(line for line in log.splitlines() if line.startswith(one.operation) and f" {name} " in line)
        assert row.replace(one.operation, "", 1).replace(name, "", 1).split()[0] == str(one.count)


def test_a_storescp_that_dies_is_told_and_its_files_are_what_it_had_answered(tmp_path: Path) -> None:
    require("storescp", package="dcmtk")
    files, port = tmp_path / "files", reserved_port()
    files.mkdir()
    text = (
        "users: 1\nat_most: {operations: 100000, rate_per_s: 100}\noperations_per_association: 5\n"
        f"mix: [{STORE}, {{operation: echo}}]\ncheck: {{by: folder, folder: files, within_s: 0}}\n"
    )
    done: list[tuple[int, LoadRun]] = []
    with subprocess.Popen(["storescp", "-od", str(files), str(port)], env=ENVIRONMENT) as process:
        loading = threading.Thread(target=lambda: done.append(load(text, "ANY-SCP", port, tmp_path)))
        loading.start()
        try:
            until(lambda: len(list(files.iterdir())) > 5, "files of storescp", 120)
        finally:
            process.kill()
        loading.join(200)
    status, run = done[0]
    assert (status, run.ended_by, run.not_judged) == (1, GONE, ())
    assert ("reachable", GONE) in [(one.check, one.actual) for one in run.unmet]
    assert run.stored.held == run.stored.answered >= 5
    assert run.stored.lost == 0
