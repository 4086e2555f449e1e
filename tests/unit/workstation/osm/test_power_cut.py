"""What a power cut leaves: everything that was answered 0000, byte for byte, and an index that is whole.

The server runs with `synced.c` before the C library, which keeps a copy of each file and folder as last synced.
After SIGKILL the folder is put together again from these copies alone: what was written and not synced is lost. With
a seed some of it survives, as after a real power cut.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dicom_simulators.data_sets import Instance, build
from dicom_simulators.scu import Scu
from dicom_wire import Recorder
from dicom_workstation.osm import DiskStore, check

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
INSTANCES = 24
KILLED_AFTER = 12
DEADLINE_S = 30.0
SERVE = "import sys; from dicom_workstation.cli.command_line import main; sys.exit(main())"
WITHOUT = "from dicom_workstation.osm.files import SystemDisk; SystemDisk.{} = lambda self, what: None; "


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile `synced.c`."""
    compiler = shutil.which("cc")
    if compiler is None:
        if os.environ.get("CI") == "true":
            pytest.fail("cc not found: apt-get install gcc")
        pytest.skip("cc not found: apt-get install gcc")
    made = tmp_path_factory.mktemp("library") / "synced.so"
    source = Path(__file__).with_name("synced.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", made, source, "-ldl"], check=True)
    return made


@pytest.fixture(scope="module")
def instances() -> list[Instance]:
    return [build("smallest", CT, EXPLICIT, seed=3000 + number) for number in range(INSTANCES)]


def answered_before_the_kill(
    library: Path, folder: Path, synced: Path, instances: list[Instance], program: str
) -> list[Instance]:
    """Serve a folder, store until the server is killed, and return what was answered 0000."""
    for name in ("files", "folders"):
        (synced / name).mkdir(parents=True)
    process = subprocess.Popen(
        [sys.executable, "-c", program, "osm", "serve", "--folder", str(folder), "--log", os.devnull],
        env={**os.environ, "LD_PRELOAD": str(library), "SYNCED": str(synced)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    answered: list[Instance] = []
    enough = threading.Event()
    killer = threading.Thread(target=lambda: (enough.wait(DEADLINE_S), process.send_signal(signal.SIGKILL)))
    killer.start()
    with Scu("scu", "SCU", Recorder(), instances=instances) as scu:
        for sent in instances:
            arguments = {"called_ae_title": "OSM", "instances": [sent.SOPInstanceUID]}
            if scu.perform("store", (said["host"], said["port"]), arguments)["result"] != "success":
                break
            answered.append(sent)
            if len(answered) == KILLED_AFTER:
                enough.set()
    enough.set()
    killer.join()
    process.wait(DEADLINE_S)
    process.stdout.close()
    assert len(answered) >= KILLED_AFTER
    return answered


def left_by_a_power_cut(folder: Path, synced: Path, target: Path, chance: random.Random | None) -> None:
    """Put a folder together from what was synced; with `chance`, half of what was not synced survives, too."""

    def survives() -> bool:
        return chance is not None and chance.random() < 0.5

    target.mkdir()
    listing = synced / "folders" / str(folder.stat().st_ino)
    entries = {}
    if listing.is_file():
        for line in listing.read_text().splitlines():
            inode, name = line.split(" ", 1)
            entries[name] = int(inode)
    if survives():
        entries = {path.name: path.stat().st_ino for path in folder.iterdir()}
    for name, inode in entries.items():
        live = folder / name
        is_there = live.exists() and live.stat().st_ino == inode
        if is_there and live.is_dir():
            left_by_a_power_cut(live, synced, target / name, chance)
            continue
        kept = synced / "files" / str(inode)
        if is_there and survives():
            shutil.copy(live, target / name)
        elif kept.is_file():
            shutil.copy(kept, target / name)
        else:
            (target / name).touch()


@pytest.mark.parametrize("seed", [None, 1, 2], ids=["nothing else survives", "seed 1", "seed 2"])
def test_what_was_answered_survives_a_power_cut(
    library: Path, instances: list[Instance], tmp_path: Path, seed: int | None
) -> None:
    folder, synced = tmp_path / "store", tmp_path / "synced"
    answered = answered_before_the_kill(library, folder, synced, instances, SERVE)
    left = tmp_path / "left"
    left_by_a_power_cut(folder, synced, left, None if seed is None else random.Random(seed))
    with DiskStore(left) as store:
        assert store.recovery.lost == ()
        assert list(check(store)) == []
        for sent in answered:
            held = store.get(sent.SOPInstanceUID)
            assert held is not None, sent.SOPInstanceUID
            assert held.data_set() == sent.data_set


@pytest.mark.parametrize("what", ["sync", "sync_folder"])
def test_a_server_that_does_not_sync_its_files_or_folders_is_caught(
    library: Path, instances: list[Instance], tmp_path: Path, what: str
) -> None:
    folder, synced, left = tmp_path / "store", tmp_path / "synced", tmp_path / "left"
    answered = answered_before_the_kill(library, folder, synced, instances, WITHOUT.format(what) + SERVE)
    left_by_a_power_cut(folder, synced, left, None)
    with DiskStore(left) as store:
        assert len(store.recovery.lost) >= len(answered)
        assert {each.kind.value for each in check(store)} == {"lost"}
