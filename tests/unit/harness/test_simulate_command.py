"""`dicom-conformance simulate` as its users run it: a process of its own, its log, its files, its processes."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dicom_simulators import Destination, Forgetful, Modality, build_instance
from dicom_simulators.data_sets import read_file

CT = "1.2.840.10008.5.1.4.1.1.2"
DEADLINE_S = 60.0


@dataclass
class Running:
    """A simulator that runs, and what it printed until it ended."""

    process: subprocess.Popen[str]
    address: tuple[str, int]
    lines: list[str] = field(default_factory=list)
    greets_on_standard_error: bool = False

    def read_until(self, part: str) -> None:
        """Read lines up to one with this part; the test's own time limit is the deadline."""
        assert self.process.stdout is not None
        while part not in (line := self.process.stdout.readline()):
            assert line, f"it ended without {part!r}"
            self.lines.append(line.rstrip("\n"))

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.lines += self.process.stdout.read().splitlines()  # to its end, which comes with that of the process
        said = self.process.stderr.read()
        assert self.process.wait(DEADLINE_S) == 0
        assert said == "" or self.greets_on_standard_error

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The lines of JSON; nothing else is on standard output."""
        return [json.loads(line) for line in self.lines]


@contextmanager
def simulate(*words: str) -> Iterator[Running]:
    command = [sys.executable, "-m", "dicom_conformance", "simulate", *words, "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    greeted = process.stderr if "json" in words else process.stdout
    assert greeted is not None
    try:
        lines = []
        while (line := greeted.readline()) and " listens on " not in line:
            lines.append(line.rstrip("\n"))
        found = re.search(r" listens on 127\.0\.0\.1:(\d+);", line)
        assert found is not None, process.communicate(timeout=DEADLINE_S)
        yield Running(process, ("127.0.0.1", int(found[1])), lines, "json" in words)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def modality() -> Iterator[Modality]:
    with Modality("modality", "MOD", Forgetful()) as made:
        yield made


def store(modality: Modality, running: Running, *instances: Any) -> dict[str, Any]:
    return dict(modality.perform("store", running.address, {"instances": instances, "called_ae_title": "HERE"}))


def test_each_association_and_message_is_a_line_where_there_is_no_terminal(modality: Modality, tmp_path: Path) -> None:
    instance = build_instance("smallest", sop_class=CT, seed=1)
    with simulate("destination", "--log", str(tmp_path / "log.txt")) as running:
        assert store(modality, running, instance)["result"] == "success"
        running.stop()
    lines = [re.sub(r"^[-0-9]{10} [:.0-9]{12} (127\.0\.0\.1:\d+)?", "TIME PEER", line) for line in running.lines]
    keys = f"SOPClassUID={CT} SOPInstanceUID={instance.SOPInstanceUID}"
    assert lines == [
        "TIME PEER MOD association accepted: 1 of 1 contexts",
        f"TIME PEER MOD C-STORE {keys} 0000",
        "TIME PEER MOD association ended: released by the peer",
        "TIME PEERtotal: 1 associations, 1 messages, 1 instances, 0 refused",
    ]
    assert (tmp_path / "log.txt").read_text().splitlines() == running.lines


def test_the_log_as_json_has_the_keys_of_a_query(tmp_path: Path) -> None:
    with simulate("archive", "--log", "json") as running:
        keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", "PatientName=Doe*", "-k", "StudyInstanceUID"]
        subprocess.run(["findscu", "-S", *keys, "127.0.0.1", str(running.address[1])], check=True, capture_output=True)
        running.stop()
    [entry] = [entry for entry in running.entries if entry["operation"] == "C-FIND"]
    assert entry["ae_title"] == "FINDSCU"
    assert entry["peer"].startswith("127.0.0.1:")
    assert entry["keys"] == {"QueryRetrieveLevel": "STUDY", "PatientName": "Doe*"}
    assert (entry["status"], entry["detail"]) == ("0000", "1 pending")


def test_a_log_that_nobody_reads_holds_nothing_up(modality: Modality) -> None:
    instance = build_instance("smallest", sop_class=CT, seed=1)
    with simulate("destination") as running:
        for _ in range(5):
            assert store(modality, running, *[instance] * 400)["result"] == "success"
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(DEADLINE_S) == 0


def test_several_processes_count_write_and_log_as_one(modality: Modality, tmp_path: Path) -> None:
    instances = [build_instance("smallest", sop_class=CT, seed=seed) for seed in range(40)]
    output, log = tmp_path / "received", tmp_path / "log"
    with simulate(
        "destination", "--processes", "3", "--output", str(output), "--log", "json", "--log", str(log)
    ) as one:
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda some: store(modality, one, *some), [instances[n::8] for n in range(8)]))
        one.stop()
    assert [result["result"] for result in results] == ["success"] * 8
    assert one.entries[-1]["detail"] == "total: 8 associations, 40 messages, 40 instances, 0 refused"
    assert sorted(path.name for path in output.iterdir()) == sorted(f"{one.SOPInstanceUID}.dcm" for one in instances)
    assert read_file(output / f"{instances[7].SOPInstanceUID}.dcm").data_set == instances[7].data_set
    logged = [json.loads(line) for line in log.read_text().splitlines()]
    assert sum(entry["operation"] == "C-STORE" for entry in logged) == 40
    assert sum(entry["operation"] == "C-STORE" for entry in one.entries) == 40


def children(process: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def test_a_process_that_dies_is_replaced_and_counted_on(modality: Modality) -> None:
    instance = build_instance("smallest", sop_class=CT, seed=1)
    with simulate("destination", "--processes", "2", "--log", "json") as running:
        before = children(running.process.pid)
        assert store(modality, running, instance)["result"] == "success"
        running.read_until("association ended")
        for victim in before:
            os.kill(victim, signal.SIGKILL)
        running.read_until("a new one replaces it")
        running.read_until("a new one replaces it")
        assert store(modality, running, instance)["result"] == "success"
        assert not set(children(running.process.pid)) & set(before)
        running.stop()
    assert running.entries[-1]["detail"] == "total: 2 associations, 2 messages, 2 instances, 0 refused"


def test_processes_end_with_the_one_that_began_them() -> None:
    with simulate("destination", "--processes", "2") as running, ExitStack() as watched:
        begun = [os.pidfd_open(one) for one in children(running.process.pid)]
        for one in begun:
            watched.callback(os.close, one)
        assert len(begun) == 2
        running.process.kill()
        for one in begun:
            poll = select.poll()
            poll.register(one, select.POLLIN)
            assert poll.poll(DEADLINE_S * 1000), "a process goes on alone"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("archive", "--processes", "2"), "--processes: only a destination can be served by several processes"),
        (("printer", "--folder", "."), "--folder: only an archive holds a folder"),
        (("archive", "--folder", "nowhere"), "--folder: there is no folder nowhere"),
        (("archive", "--output", "there"), "--output: only a printer and a destination write files"),
        (("destination", "--processes", "0"), "argument --processes: expected a number of processes from 1 to 64"),
        (("destination", "--log", "/nowhere/log"), "/nowhere/log: No such file or directory"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(words: tuple[str, ...], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dicom_conformance", "simulate", *words], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_only_one_process_can_count_is_refused_with_several(tmp_path: Path) -> None:
    for text, said in (
        ("faults: [{abort: {at: C-STORE-RQ}}]", "faults: faults are counted in one process"),
        (
            "settings: {maximum_associations: 2}",
            "settings.maximum_associations: associations are counted in one process",
        ),
    ):
        config = tmp_path / "config.yaml"
        config.write_text(text + "\n")
        words = ["simulate", "destination", "--processes", "2", "--config", str(config)]
        done = subprocess.run([sys.executable, "-m", "dicom_conformance", *words], capture_output=True, text=True)
        assert done.returncode == 2
        assert f"config.yaml:1: {said}" in done.stderr


@pytest.fixture
def real_folder(tmp_path: Path) -> Path:
    """A folder as hospitals have them."""
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    good = build_instance("smallest", sop_class=CT, seed=1)
    (folder / "deep" / "good.dcm").write_bytes(good.file_bytes())
    (folder / "notes.txt").write_text("no DICOM file")
    (folder / "empty.dcm").write_bytes(b"")
    (folder / "cut.dcm").write_bytes(build_instance("smallest", sop_class=CT, seed=2).file_bytes()[:700])
    (folder / "head.dcm").write_bytes(bytes(128) + b"DICM")
    return folder


SKIPPED = {
    "notes.txt": "not a DICOM file (no DICM after the preamble)",
    "empty.dcm": "not a DICOM file (no DICM after the preamble)",
    "head.dcm": "",
    "cut.dcm": "",
}


@pytest.mark.parametrize("by", ["--folder", "holds"])
def test_a_folder_is_served_without_what_cannot_be_read(by: str, real_folder: Path, tmp_path: Path) -> None:
    if by == "--folder":
        words = ["--folder", str(real_folder)]
    else:
        config = tmp_path / "config.yaml"
        config.write_text("holds: [{folder: folder}]\n")
        words = ["--config", str(config)]
    with simulate("archive", *words) as running:
        running.read_until("it holds 1 instance")
        running.stop()
    for name, reason in SKIPPED.items():
        assert [line for line in running.lines if f"{name}: skipped: {reason}" in line], (name, running.lines)
    assert not any("good.dcm" in line for line in running.lines)


def test_a_destination_that_cannot_write_refuses(modality: Modality, tmp_path: Path) -> None:
    instance = build_instance("smallest", sop_class=CT, seed=1)
    with Destination("destination", "HERE", Forgetful(), output=tmp_path / "there") as destination:
        (tmp_path / "there").rmdir()
        outcome = modality.perform("store", destination.address, {"instances": [instance]})
        assert outcome["status"] == "A700"
    assert any("cannot be written: No such file or directory" in line for line in destination.log)
