"""What a power cut leaves: everything that was answered 0000, byte for byte, and an index that is whole.

The server runs with `synced.c` before the C library, which keeps a copy of each file and folder as last synced.
After SIGKILL the folder is put together again from these copies alone: what was written and not synced is lost. With
a seed some of it survives, as after a real power cut.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from power_cut import SERVE, Senders, Served, Synced, compiled, made_instances

from dicom_simulators.data_sets import Instance
from dicom_workstation.osm import DiskStore, check

INSTANCES = 24
KILLED_AFTER = 12
WITHOUT = "from dicom_workstation.osm.files import SystemDisk; SystemDisk.{} = lambda self, what: None; "


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def instances() -> list[Instance]:
    return made_instances(INSTANCES)


def answered_before_the_kill(synced: Synced, folder: Path, instances: list[Instance], program: str) -> list[Instance]:
    """Serve a folder, store until the server is killed, and return what was answered 0000."""
    with Served(synced.begin(), folder, program=program) as served:
        senders = Senders(served.address, instances, KILLED_AFTER)
        senders.await_enough()
        served.kill()
        senders.join()
    return senders.answered


@pytest.mark.parametrize("seed", [None, 1, 2], ids=["nothing else survives", "seed 1", "seed 2"])
def test_what_was_answered_survives_a_power_cut(
    library: Path, instances: list[Instance], tmp_path: Path, seed: int | None
) -> None:
    folder, synced, left = tmp_path / "store", Synced(library, tmp_path / "synced"), tmp_path / "left"
    answered = answered_before_the_kill(synced, folder, instances, SERVE)
    synced.left(folder, left, None if seed is None else random.Random(seed))
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
    folder, synced, left = tmp_path / "store", Synced(library, tmp_path / "synced"), tmp_path / "left"
    answered = answered_before_the_kill(synced, folder, instances, WITHOUT.format(what) + SERVE)
    synced.left(folder, left)
    with DiskStore(left) as store:
        assert len(store.recovery.lost) >= len(answered)
        assert {each.kind.value for each in check(store)} == {"lost"}
