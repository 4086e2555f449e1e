"""What a power cut leaves of an OSM whose index is in PostgreSQL: the OSM's, the server's, or both.

Both run with `synced.c` before the C library. What a cut leaves of either is put together from what it had synced. That
fits PostgreSQL, too: it writes its files by `pwrite` and syncs them by `fsync` and `fdatasync`; what it maps is shared
memory. Its files are on a tmpfs and its log in files of 1 MB, so that a commit has little to copy. No checkpoint comes
between a start and its cut: PostgreSQL relies on a file system that keeps the name of a new file when the file is
synced, and `synced.c` keeps names with their folder alone.
"""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgresql_cluster import Cluster
from postgresql_server import required_programs
from power_cut import DEADLINE_S, SERVE, Senders, Served, Synced, compiled, made_instances
from sqlalchemy import text

from dicom_simulators.data_sets import Instance
from dicom_simulators.scu import Scu
from dicom_wire import Recorder
from dicom_workstation.osm import DiskStore, check
from dicom_workstation.osm.index import Database
from dicom_workstation.osm.index.statements import driver_of

INSTANCES = 48
ENOUGH = 12
LONGEST_S = 0.15
"""How long after `ENOUGH` answers the power is cut, at most."""
ASYNCHRONOUS = (
    "from dicom_workstation.osm.index import postgresql; postgresql._SESSION['synchronous_commit'] = 'off'; " + SERVE
)
SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 12))]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    required_programs()
    return compiled(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def instances() -> list[Instance]:
    return made_instances(INSTANCES)


@pytest.fixture
def cluster(library: Path) -> Iterator[Cluster]:
    made = Cluster(required_programs(), library)
    try:
        made.start()
        yield made
    finally:
        made.remove()


class Bench:
    """An OSM with its index in a cluster, and the folder that is left of it."""

    def __init__(self, cluster: Cluster, library: Path, place: Path) -> None:
        self.cluster = cluster
        self.folder = place / "store"
        self.left = place / "left"
        self.synced = Synced(library, place / "synced").begin()

    def serve(self, program: str = SERVE) -> Served:
        return Served(self.synced, self.folder, self.cluster.url, program)

    def lose_power(self, seed: int | None = None) -> None:
        """Put the folder together as a power cut leaves it; the OSM has been killed."""
        self.synced.left(self.folder, self.left, None if seed is None else random.Random(seed))

    def assert_there(self, answered: list[Instance]) -> None:
        """What was answered is held and named by the index, byte for byte; nothing is wrong."""
        with DiskStore(self.left, database=self.cluster.url) as store:
            recovery = store.recovery
            assert recovery.lost == ()
            assert list(check(store)) == []
            taken_back = {path.rpartition("/")[2] for path in recovery.taken_back}
            for sent in answered:
                held = store.get(sent.SOPInstanceUID)
                assert held is not None, f"{sent.SOPInstanceUID} is not held"
                assert held.data_set() == sent.data_set
                assert held.path.name not in taken_back, "the index had lost it"


@pytest.fixture
def bench(cluster: Cluster, library: Path, tmp_path: Path) -> Bench:
    return Bench(cluster, library, tmp_path)


def cut(moment: random.Random, senders: Senders, *ends: Callable[[], None]) -> None:
    """Wait for enough answers and for a random moment after them, then have everything end."""
    senders.await_enough()
    time.sleep(moment.uniform(0, LONGEST_S))
    for end in ends:
        end()
    senders.join()
    assert len(senders.answered) >= ENOUGH


@pytest.mark.parametrize("seed", SEEDS)
def test_the_osm_loses_its_power(bench: Bench, instances: list[Instance], seed: int) -> None:
    with bench.serve() as served:
        senders = Senders(served.address, instances, ENOUGH)
        cut(random.Random(seed), senders, served.kill)
    bench.lose_power(seed)
    bench.assert_there(senders.answered)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("is_server_first", [True, False], ids=["the server first", "the OSM first"])
def test_both_lose_their_power(bench: Bench, instances: list[Instance], is_server_first: bool, seed: int) -> None:
    cluster = bench.cluster
    with bench.serve() as served:
        senders = Senders(served.address, instances, ENOUGH)
        ends = (cluster.kill, served.kill) if is_server_first else (served.kill, cluster.kill)
        cut(random.Random(seed), senders, *ends)
    bench.lose_power(None if seed % 2 else seed)
    cluster.lose_power(None if seed % 2 else random.Random(seed))
    cluster.start()
    bench.assert_there(senders.answered)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("how", ["power cut", "immediate shutdown"])
def test_the_server_goes_away_and_the_osm_recovers_by_itself(
    bench: Bench, instances: list[Instance], how: str, seed: int
) -> None:
    """While it is away nothing is answered 0000, and C-FIND fails; what failed can be sent again afterwards."""
    cluster = bench.cluster
    with bench.serve() as served, Scu("asker", "ASKER", Recorder(), instances=instances) as asker:

        def ask(operation: str, **arguments: object) -> str:
            return str(asker.perform(operation, served.address, {"called_ae_title": "OSM", **arguments})["status"])

        keys = {"PatientID": "", "StudyInstanceUID": ""}
        senders = Senders(served.address, instances[:-4], ENOUGH)
        cut(random.Random(seed), senders, cluster.kill if how == "power cut" else cluster.stop_immediately)
        assert {each["status"] for each in senders.others} <= {"0110"}, senders.others
        if how == "power cut":
            cluster.lose_power()
        known = {each.SOPInstanceUID for each in senders.answered}
        rest = [each.SOPInstanceUID for each in instances if each.SOPInstanceUID not in known]
        assert ask("store", instances=rest[:1]) == "0110"
        assert ask("find", level="STUDY", keys=keys) == "0110"
        assert ask("echo") == "0000"
        cluster.start()
        deadline = time.monotonic() + DEADLINE_S
        while ask("store", instances=rest[:1]) != "0000":
            assert time.monotonic() < deadline
        assert ask("find", level="STUDY", keys=keys) == "0000"
        for uid in rest[1:]:
            assert ask("store", instances=[uid]) == "0000"
        served.kill()
    bench.lose_power()
    bench.assert_there(instances)


def test_a_commit_that_does_not_wait_for_the_disk_is_caught(
    cluster: Cluster, bench: Bench, instances: list[Instance]
) -> None:
    with bench.serve():
        pass  # the tables are there
    with bench.serve(ASYNCHRONOUS) as served:
        senders = Senders(served.address, instances, ENOUGH)
        cut(random.Random(0), senders, cluster.kill, served.kill)
    bench.lose_power()
    cluster.lose_power()
    cluster.start()
    with pytest.raises(AssertionError, match=r"is not held|the index had lost it"):
        bench.assert_there(senders.answered)


def test_a_machine_that_went_away_without_a_word_is_noticed_on_both_sides(cluster: Cluster) -> None:
    """Within seconds: the OSM stops waiting for the server, and the server gives the lock of the OSM back."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    cluster.stop()
    cluster.start("listen_addresses=127.0.0.1", f"port={port}")
    for more, idle in (("", 10), ("?keepalives_idle=77", 77)):
        database = Database(f"postgresql://osm@127.0.0.1:{port}/postgres{more}")
        with database.reading() as connection:
            told = [
                connection.execute(text(f"SHOW {name}")).scalar()
                for name in ("tcp_keepalives_idle", "tcp_user_timeout")
            ]
            with socket.socket(fileno=os.dup(driver_of(connection).fileno())) as own:
                options = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
                found = [own.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in options]
        database.close()
        assert (told, found) == (["4", "8000"], [idle, 5, 2, 20_000])
