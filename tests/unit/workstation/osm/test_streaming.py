"""A large instance leaves the OSM as it is read: its size is no size of the server's memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from osm_instances import CT, encoded, put

from dicom_simulators.scu import Scu
from dicom_wire import Recorder
from dicom_workstation.configuration import Configuration
from dicom_workstation.instances import Selection
from dicom_workstation.osm import DiskStore, OSMServer
from dicom_workstation.osm.store.disk_store import DataSetStream

MIB = 1 << 20
LARGE_BYTES = 64 * MIB
MOST_MORE_BYTES = 16 * MIB
LARGE, SMALL = "1.2.3.1", "1.2.3.2"


def most_memory_bytes(process: subprocess.Popen[str]) -> int:
    lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def got(address: tuple[str, int], uid: str) -> list[bytes]:
    with Scu("scu", "SCU", Recorder()) as scu:
        asked = {"called_ae_title": "OSM", "level": "STUDY", "keys": {"StudyInstanceUID": uid}}
        outcome = scu.perform("get", address, {**asked, "sop_classes": [CT]})
        assert outcome["result"] == "success", outcome
        return [instance.data_set for instance in scu.stored]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("large") / "store"
    with DiskStore(made) as store:
        put(store, encoded(uid=LARGE, study=LARGE, PixelData=b"\7" * LARGE_BYTES), LARGE, step=MIB)
        put(store, encoded(uid=SMALL, study=SMALL), SMALL)
    return made


def test_a_large_instance_is_not_in_memory_while_it_is_sent(folder: Path) -> None:
    command = [sys.executable, "-m", "dicom_workstation.cli.command_line", "osm", "serve", "--log", os.devnull]
    with subprocess.Popen([*command, "--folder", str(folder)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            address = (said["host"], said["port"])
            assert got(address, SMALL) == [encoded(uid=SMALL, study=SMALL)]
            before = most_memory_bytes(process)
            (large,) = got(address, LARGE)
            assert large.endswith(b"\7" * LARGE_BYTES)
            assert most_memory_bytes(process) - before < MOST_MORE_BYTES
        finally:
            process.terminate()


def test_a_file_that_cannot_be_read_to_its_end_ends_the_association(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with DiskStore(tmp_path) as store:
        put(store, encoded(uid=SMALL, study=SMALL), SMALL)
    monkeypatch.setattr(DataSetStream, "read", lambda stream, count=-1, /: b"")
    with OSMServer(Configuration(osm={"folder": str(tmp_path), "port": 0})) as osm:
        assert osm.address is not None
        with Scu("scu", "SCU", Recorder()) as scu:
            asked = {"called_ae_title": "OSM", "level": "STUDY", "keys": {"StudyInstanceUID": SMALL}}
            outcome = scu.perform("get", osm.address, {**asked, "sop_classes": [CT]})
            assert outcome["result"] == "aborted", outcome
            assert scu.stored == []
        assert [each.SOPInstanceUID for each in osm.store.find(Selection())] == [SMALL]
