"""How fast the OSM stores durably, beside Orthanc, and how fast it finds what it holds.

storescu sends the same 512 x 512 x 16 bit CT instances to both in turn, round after round, on one association and on
eight at once: on each association the series of a study, as a modality sends it, or with `--studies` as many studies
as instances. Both answer when an instance is on the disk: Orthanc with `SyncStorageArea`, whose index is not synced.

Then come so many gigabytes in as `--gigabytes` says, for the memory that the OSM needs, after which it is killed with
SIGKILL and started again. The start is measured with a large index, too, of which the last folder was not sealed: its
rows are made by this program, and so are the files of that folder, which have the right length and no content. What a
C-FIND costs is measured on two such indexes, in process: the search itself, and no network.

With `--index postgresql` all of it is measured with the index in a PostgreSQL server that this program starts, on the
same disk; storing is measured with SQLite, too, in the same rounds.

    python benchmarks/osm.py [--index postgresql] [--instances 100] [--rounds 3] [--studies] [--gigabytes 10]
        [--start 100000] [--small 10000] [--large 1000000]
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count as count_up
from pathlib import Path

from loader import CT, ROOT, await_echo, make_folder, real_peers, send
from machine import is_installed, print_machine, with_aim
from sqlalchemy import create_engine, insert, select

from dicom_simulators.data_sets import build_study, write_file
from dicom_workstation.osm.files import StoreFolder, SystemDisk
from dicom_workstation.osm.index import (
    EPOCH,
    INSTANCE,
    PATIENT,
    SERIES,
    STUDY,
    STUDY_MODALITY,
    STUDY_SOP_CLASS,
    Database,
    FindRequest,
    Level,
    MatchingRules,
    Model,
    SearchLimits,
    search,
)

AIMS = {1: 1.0, 8: 2.0}  # times as fast as Orthanc, by associations
MOST_SLOWER = 2.0  # the large index, beside the small one
MOST_START_S = 5.0
MOST_MORE_MIB = 64
AT_ONCE = 8
FILES_IN_AN_EPOCH = 4096
IN_A_SERIES, SERIES_IN_A_STUDY = 50, 2
BATCH = 20_000


NewDatabase = Callable[[], str | None]
"""Makes an empty PostgreSQL database and returns its URL; returns None for SQLite, whose database is in the folder."""


@contextmanager
def new_databases(index: str) -> Iterator[NewDatabase]:
    """Run a PostgreSQL server while the block lasts, if the index is to be there."""
    if index == "sqlite":
        yield lambda: None
        return
    sys.path.insert(0, str(ROOT / "tests"))
    module = importlib.import_module("postgresql_server")
    programs = module.programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed: apt-get install postgresql")
    with module.serving(programs) as url:
        engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
        names = (f"benchmark{number}" for number in count_up(1))

        def make() -> str:
            name = next(names)
            with engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
            return str(url).replace("/postgres?", f"/{name}?")

        try:
            yield make
        finally:
            engine.dispose()


@contextmanager
def osm(folder: Path, database: str | None) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """The OSM as a process of its own, on a folder."""
    command = [sys.executable, "-m", "dicom_workstation.cli.command_line", "osm", "serve", "--log", os.devnull]
    command += ["--folder", str(folder), *([] if database is None else ["--database", database])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        try:
            yield process, said["ae_title"], said["port"]
        finally:
            process.terminate()


def resident_bytes(process: subprocess.Popen[str]) -> int:
    """Return the most memory that a process has had."""
    for line in Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def send_at_once(title: str, port: int, folders: list[Path]) -> float:
    """Send folders, each on an association of its own; seconds until the last is done."""
    begin = time.perf_counter()
    with ThreadPoolExecutor(len(folders)) as threads:
        list(threads.map(lambda folder: send(title, port, folder), folders))
    return time.perf_counter() - begin


def make_series(folder: Path, instances: int, number: int) -> Path:
    """Make instances of one series; no other number has the same."""
    folder.mkdir()
    made = build_study(modalities=("CT",), series=1, instances=instances, recipe="ct_512", seed=1000 * number)
    for index, instance in enumerate(made):
        write_file(instance, folder / f"{index:04}.dcm")
    return folder


def measure_storing(instances: int, rounds: int, studies: bool, new_database: NewDatabase) -> None:
    """Compare with Orthanc."""
    make = make_folder if studies else make_series
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (scratch / "orthanc").mkdir()
        real = stack.enter_context(real_peers().orthanc(scratch / "orthanc", {}, SyncStorageArea=True))
        receivers = {}
        for name, database in {"OSM": None, "OSM, PostgreSQL": new_database()}.items():
            if name == "OSM" or database is not None:
                _, title, port = stack.enter_context(osm(scratch / name, database))
                receivers[name] = (title, port)
        receivers["Orthanc"] = (real.ae_title, real.port)
        number = 0
        for associations, aim in AIMS.items():
            seconds: dict[str, list[float]] = {name: [] for name in receivers}
            for round_number in range(rounds + 1):
                folders = []
                for _ in range(associations):
                    folders.append(make(scratch / f"{number}", instances, number))
                    number += 1
                for name, (ae_title, at) in receivers.items():
                    await_echo(ae_title, at)
                    taken = send_at_once(ae_title, at, folders)
                    if round_number:  # the first is for the caches
                        seconds[name].append(taken)
                for folder in folders:
                    shutil.rmtree(folder)
            for name, values in seconds.items():
                median = statistics.median(values)
                spread = f"{min(values):.3f} to {max(values):.3f}"
                print(f"{associations} associations  {name:15} {median:7.3f} s (median; {spread})", end="")
                print(f"  {associations * instances / median:6.0f} instances/s")
            for name in list(receivers)[:-1]:
                ratio = statistics.median(seconds["Orthanc"]) / statistics.median(seconds[name])
                print(f"{associations} associations, {name} / Orthanc: {with_aim(ratio, aim)} as fast", flush=True)
            print()


def measure_memory(gigabytes: float, new_database: NewDatabase) -> None:
    """Have many gigabytes come in on eight associations, then kill the OSM and start it again."""
    with tempfile.TemporaryDirectory() as place:
        scratch, database = Path(place), new_database()
        with osm(scratch / "osm", database) as (process, title, port):
            sent_bytes = count = first_bytes = 0
            while sent_bytes < gigabytes * 1e9:
                folders = [make_series(scratch / f"{number}", 100, count + number) for number in range(AT_ONCE)]
                sent_bytes += sum(path.stat().st_size for folder in folders for path in folder.iterdir())
                send_at_once(title, port, folders)
                count += AT_ONCE
                first_bytes = first_bytes or resident_bytes(process)
                for folder in folders:
                    shutil.rmtree(folder)
            more = (resident_bytes(process) - first_bytes) / (1 << 20)
            said = "" if more <= MOST_MORE_MIB else f", above its limit of {MOST_MORE_MIB} MiB"
            print(f"memory after {sent_bytes / 1e9:.1f} GB ({count * 100} instances): {more:.0f} MiB more", end="")
            print(f" at its most than after the first {AT_ONCE * 100} instances{said}", flush=True)
            process.send_signal(signal.SIGKILL)
            process.wait()
        print(f"start after SIGKILL: {_start(scratch / 'osm', database)}\n", flush=True)


def _start(folder: Path, url: str | None) -> str:
    """Start the OSM on a folder; returns how long it takes until it answers an echo."""
    begin = time.perf_counter()
    with osm(folder, url) as (_, title, port):
        taken = time.perf_counter() - begin
        await_echo(title, port)
    return f"{taken:.2f} s" + ("" if taken < MOST_START_S else f", above its limit of {MOST_START_S:g} s")


def measure_start(instances: int, new_database: NewDatabase) -> None:
    """Start on an index of many instances whose last folder is not sealed, as a crash leaves it."""
    with tempfile.TemporaryDirectory() as scratch:
        store = StoreFolder(Path(scratch) / "osm")
        last = instances // FILES_IN_AN_EPOCH + 1
        (store.objects / str(last)).mkdir(parents=True)
        url = new_database()
        database = Database(url or store.index)
        fill(database, instances, "" if url is None else store.identity(SystemDisk()))
        with database.writing() as connection:
            connection.execute(insert(EPOCH), [{"epoch": epoch} for epoch in range(1, last)])
            wanted = select(INSTANCE).where(INSTANCE.c.file.startswith(f"{last}/"))
            for row in connection.execute(wanted):
                with store.path_of(row.file).open("wb") as file:
                    file.truncate(row.offset_bytes + row.length_bytes)
        database.close()
        files = sum(1 for _ in store.files_in(last))
        taken = _start(store.root, url)
        print(
            f"start with {instances} instances, {files} of them in a folder that is not sealed: {taken}\n", flush=True
        )


def fill(database: Database, instances: int, identity: str = "") -> None:
    """Make an index of studies of a hundred instances each, in two series."""
    database.create(identity)
    studies = max(1, instances // (IN_A_SERIES * SERIES_IN_A_STUDY))
    with database.writing() as connection:
        for begin in range(1, studies + 1, BATCH):
            keys = range(begin, min(begin + BATCH, studies + 1))
            connection.execute(insert(PATIENT), [_patient(key) for key in keys])
            connection.execute(insert(STUDY), [_study(key) for key in keys])
            connection.execute(
                insert(STUDY_MODALITY), [{"study_pk": key, "modality": "CT", "series": 2} for key in keys]
            )
            connection.execute(
                insert(STUDY_SOP_CLASS), [{"study_pk": key, "sop_class": CT, "instances": 100} for key in keys]
            )
        series = studies * SERIES_IN_A_STUDY
        for begin in range(1, series + 1, BATCH):
            connection.execute(insert(SERIES), [_series(key) for key in range(begin, min(begin + BATCH, series + 1))])
        total = series * IN_A_SERIES
        for begin in range(1, total + 1, BATCH):
            rows = [_instance(key) for key in range(begin, min(begin + BATCH, total + 1))]
            connection.execute(insert(INSTANCE), rows)
    with database.writing() as connection:
        connection.exec_driver_sql("ANALYZE")


def _name(key: int) -> str:
    return f"family{key % 9973:05d}^given{key}"


def _patient(key: int) -> dict[str, object]:
    held = {"PatientID": [f"P{key}"], "PatientName": [_name(key)]}
    counts = {"studies": 1, "series": 2, "instances": 100}
    return {"patient_pk": key, "patient_id": f"P{key}", "name_a": _name(key), "attributes": json.dumps(held), **counts}


def _study(key: int) -> dict[str, object]:
    day = f"{2000 + key % 26}{1 + key // 26 % 12:02d}{1 + key // 312 % 28:02d}"
    held = {
        "StudyInstanceUID": [f"1.2.{key}"],
        "PatientID": [f"P{key}"],
        "StudyDate": [day],
        "AccessionNumber": [f"A{key}"],
    }
    return {
        "study_pk": key,
        "study_uid": f"1.2.{key}",
        "patient_pk": key,
        "patient_id": f"P{key}",
        "name_a": _name(key),
        "study_date": day,
        "study_time_us": key % 86_400 * 1_000_000,
        "accession": f"A{key}",
        "series": 2,
        "instances": 100,
        "attributes": json.dumps(held),
    }


def _series(key: int) -> dict[str, object]:
    study = (key - 1) // SERIES_IN_A_STUDY + 1
    held = {"SeriesInstanceUID": [f"1.2.{study}.{key}"], "Modality": ["CT"]}
    return {
        "series_pk": key,
        "series_uid": f"1.2.{study}.{key}",
        "study_pk": study,
        "modality": "CT",
        "series_number": key % SERIES_IN_A_STUDY,
        "instances": IN_A_SERIES,
        "attributes": json.dumps(held),
    }


def _instance(key: int) -> dict[str, object]:
    return {
        "instance_pk": key,
        "instance_uid": f"1.3.{key}",
        "series_pk": (key - 1) // IN_A_SERIES + 1,
        "sop_class": CT,
        "instance_number": key % IN_A_SERIES,
        "file": f"{key // 4096 + 1}/{key:016x}",
        "offset_bytes": 300,
        "length_bytes": 525_000,
        "received_us": key,
        "attributes": json.dumps({"SOPInstanceUID": [f"1.3.{key}"]}),
    }


def questions(key: int) -> dict[str, FindRequest]:
    """Return what is asked, by what it is narrowed by; `key` is a study that is there."""
    study = _study(key)
    asked = {
        "Study Instance UID": {"StudyInstanceUID": [f"1.2.{key}"]},
        "Patient ID": {"PatientID": [f"P{key}"]},
        "name": {"PatientName": [_name(key)]},
        "beginning of a name": {"PatientName": [f"{_name(key)[:-1]}*"]},
        "Accession Number": {"AccessionNumber": [f"A{key}"]},
        "day and Patient ID": {"StudyDate": [str(study["study_date"])], "PatientID": [f"P{key}"]},
    }
    found = {
        name: FindRequest(
            Model.STUDY_ROOT, Level.STUDY, {}, {**keys, "StudyInstanceUID": keys.get("StudyInstanceUID", [])}
        )
        for name, keys in asked.items()
    }
    above = {Level.STUDY: f"1.2.{key}"}
    found["series of a study"] = FindRequest(Model.STUDY_ROOT, Level.SERIES, above, {"Modality": []})
    return found


def seconds_of(database: Database, request: FindRequest) -> float:
    """Return the median time of a search, with all of its matches."""
    taken = []
    for _ in range(31):
        begin = time.perf_counter()
        matches = list(search(database, request, MatchingRules(), SearchLimits()))
        taken.append(time.perf_counter() - begin)
        assert matches, request
    return statistics.median(taken)


def measure_finding(small: int, large: int, new_database: NewDatabase) -> None:
    """Compare what a search costs on a small and a large index."""
    with tempfile.TemporaryDirectory() as scratch:
        databases = {}
        for count in (small, large):
            databases[count] = Database(new_database() or Path(scratch) / f"{count}.sqlite")
            fill(databases[count], count)
        key = max(1, small // (IN_A_SERIES * SERIES_IN_A_STUDY)) // 2
        for name in questions(key):
            both = {count: seconds_of(database, questions(key)[name]) for count, database in databases.items()}
            ratio = both[large] / both[small]
            said = "" if ratio <= MOST_SLOWER else f", above its limit of {MOST_SLOWER:g} x"
            print(
                f"{name:22} {both[small] * 1e3:8.2f} ms {both[large] * 1e3:8.2f} ms  {ratio:5.2f} x{said}", flush=True
            )
        for database in databases.values():
            database.close()


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--index", choices=("sqlite", "postgresql"), default="sqlite", help="where the index is")
    options.add_argument("--instances", type=int, default=100, help="instances on each association")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--studies", action="store_true", help="each instance is a study of its own")
    options.add_argument("--gigabytes", type=float, default=10.0, help="how much comes in; needs as much of the disk")
    options.add_argument("--start", type=int, default=100_000, help="instances of the index that is started on")
    options.add_argument("--small", type=int, default=10_000)
    options.add_argument("--large", type=int, default=1_000_000)
    given = options.parse_args()
    for tool in ("storescu", "echoscu", "Orthanc"):
        if not is_installed(tool):
            raise SystemExit(f"{tool} is not installed: apt-get install dcmtk orthanc")
    print_machine()
    with new_databases(given.index) as new_database:
        measure_storing(given.instances, given.rounds, given.studies, new_database)
        measure_memory(given.gigabytes, new_database)
        measure_start(given.start, new_database)
        print(f"searches, of {given.small} and of {given.large} instances")
        measure_finding(given.small, given.large, new_database)


if __name__ == "__main__":
    main()
