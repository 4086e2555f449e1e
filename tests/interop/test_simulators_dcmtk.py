"""Simulators and DCMTK: storescu and echoscu into the destination, the modality into storescp; also by a link."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dicom_conformance.play import reserved_port
from dicom_simulators.association.association import Deadlines
from dicom_simulators.data_sets import build
from dicom_simulators.destination import Destination
from dicom_simulators.faults import build as fault
from dicom_simulators.link.link import Link
from dicom_simulators.scu.modality import Modality
from dicom_wire import Recorder
from foreign_programs import DEADLINE_S, ENVIRONMENT, require, serve

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"

pytestmark = pytest.mark.peer("dcmtk")


@pytest.fixture(autouse=True, scope="module")
def dcmtk() -> None:
    require("echoscu", "storescu", "storescp", package="dcmtk")


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture(params=["direct", "link"])
def way(request: pytest.FixtureRequest, recorder: Recorder) -> Iterator[tuple[Destination, int]]:
    """A destination, and the port under which it is reached."""
    destination = Destination("destination", "DEST", recorder)
    destination.start()
    link = Link("link", "dcmtk", "destination", destination.address, recorder)
    link.start()
    yield destination, (link if request.param == "link" else destination).address[1]
    link.stop()
    destination.stop()


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=DEADLINE_S, check=False)


def test_echoscu(way: tuple[Destination, int]) -> None:
    done = run("echoscu", "-v", "-aec", "DEST", "127.0.0.1", str(way[1]))
    assert done.returncode == 0, done.stderr
    assert "Received Echo Response (Success)" in done.stdout + done.stderr


def test_storescu(way: tuple[Destination, int], tmp_path: Path) -> None:
    instance = build(sop_class=CT, transfer_syntax=EXPLICIT, rows=256, columns=256)
    path = tmp_path / "ct.dcm"
    path.write_bytes(instance.file_bytes())
    done = run("storescu", "-xe", "--repeat", "5", "127.0.0.1", str(way[1]), str(path))
    assert done.returncode == 0, done.stderr
    assert len(way[0].stored) == 5
    assert {(one.SOPInstanceUID, one.transfer_syntax) for one in way[0].stored} == {(instance.SOPInstanceUID, EXPLICIT)}
    assert {one.data_set for one in way[0].stored} == {instance.data_set}


@pytest.mark.parametrize("status", ["A700", "B000", "C000"])
def test_storescu_is_told_a_status(way: tuple[Destination, int], tmp_path: Path, status: str) -> None:
    way[0].fault(fault("respond", {"to": "C-STORE-RQ", "status": status, "ErrorComment": "as asked"}))
    path = tmp_path / "ct.dcm"
    path.write_bytes(build(sop_class=CT, transfer_syntax=EXPLICIT).file_bytes())
    done = run("storescu", "-d", "-xe", "127.0.0.1", str(way[1]), str(path))
    assert f"0x{status.lower()}" in (done.stdout + done.stderr).lower()


def test_storescu_is_aborted(way: tuple[Destination, int], tmp_path: Path) -> None:
    way[0].fault(fault("abort", {"on": "C-STORE-RQ", "source": "2", "reason": "1"}))
    path = tmp_path / "ct.dcm"
    path.write_bytes(build(sop_class=CT, transfer_syntax=EXPLICIT).file_bytes())
    done = run("storescu", "-v", "-xe", "127.0.0.1", str(way[1]), str(path))
    assert done.returncode != 0
    assert "abort" in (done.stdout + done.stderr).lower()


@pytest.fixture
def storescp(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A storescp, and the folder that it writes to."""
    port, folder = reserved_port(), tmp_path / "received"
    folder.mkdir()
    with serve("storescp", "+xa", "--bit-preserving", "-od", folder, port, port=port):
        yield port, folder


def test_modality_into_storescp(storescp: tuple[int, Path], recorder: Recorder) -> None:
    port, folder = storescp
    instances = [build(sop_class=CT, transfer_syntax=EXPLICIT, seed=seed, rows=128, columns=128) for seed in range(4)]
    modality = Modality("modality", "MOD", recorder, instances=instances, deadlines=Deadlines(dimse_s=10.0))
    link = Link("link", "modality", "storescp", ("127.0.0.1", port), recorder)
    try:
        echoed = modality.perform("echo", ("127.0.0.1", port), {"called_ae_title": "STORESCP"})
        assert echoed["result"] == "success"
        link.start()
        for address in (("127.0.0.1", port), link.address):
            outcome = modality.perform("store", address, {"called_ae_title": "STORESCP"})
            assert outcome["result"] == "success"
            files = [path.read_bytes() for path in folder.iterdir()]
            assert len(files) == 4
            assert all(any(raw.endswith(instance.data_set) for raw in files) for instance in instances)
    finally:
        link.stop()
        modality.stop()
