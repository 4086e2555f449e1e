"""The folder of a run: locked while the run lasts, never somebody else's, and what a full disk says."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from test_court import EXPECT, HEAD, STORE
from test_runner import THREE, played

from dicom_conformance.__main__ import main
from dicom_conformance.errors import DataError
from dicom_conformance.files import output_file
from dicom_conformance.files.output_folder import FILES, LOCK, OutputFolder
from dicom_conformance.results import Verdict
from dicom_conformance.results.results import read_results

MANY = HEAD.replace("peers:", THREE) + STORE + EXPECT


def holding(folder: Path, *names: str) -> dict[str, str]:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(f"what was in {name}")
    return {name: f"what was in {name}" for name in names}


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


class TestSomebodyElses:
    @pytest.mark.parametrize(
        "names", [("notes.txt",), ("index.html",), ("index.html", "style.css"), ("run.json", "other.json"), (".git",)]
    )
    def test_a_folder_that_no_run_wrote_is_left_as_it_is(self, tmp_path, capsys, names):
        before = holding(tmp_path / "out", *names)
        assert main(["run", "verification/", "--quick", "--output", str(tmp_path / "out")]) == 2
        told = capsys.readouterr().err
        assert told.startswith(f"dicom-conformance: {tmp_path / 'out'}: this folder holds ")
        assert any(name in told for name in names)
        assert told.count("\n") == 1
        assert texts(tmp_path / "out") == before

    def test_a_file_is_no_folder(self, tmp_path):
        (tmp_path / "out").write_text("a file")
        with (
            pytest.raises(DataError, match="is a file; the report needs a folder"),
            OutputFolder(tmp_path / "out"),
        ):
            pass
        assert (tmp_path / "out").read_text() == "a file"

    @pytest.mark.parametrize("names", [(), FILES, ("results.jsonl",), ("run.json", "results.jsonl", "notes.txt")])
    def test_what_an_earlier_run_wrote_is_replaced_and_nothing_else(self, tmp_path, names):
        holding(tmp_path / "out", *names)
        with OutputFolder(tmp_path / "out"):
            pass
        assert set(texts(tmp_path / "out")) == {LOCK} | ({"notes.txt"} & set(names))

    def test_a_second_run_replaces_the_first(self, tmp_path):
        for _ in range(2):
            outcome = played(tmp_path, MANY, "test_court:Tiny", 1)
            assert len(list(read_results(tmp_path / "out" / "results.jsonl"))) == len(outcome.results) == 3


class TestLock:
    def test_a_second_run_into_the_same_folder_is_refused(self, tmp_path, capsys):
        with OutputFolder(tmp_path / "out"):
            holding(tmp_path / "out", "results.jsonl")
            assert main(["run", "verification/", "--quick", "--output", str(tmp_path / "out")]) == 2
            text = f"another run (process {os.getpid()}) writes into this folder; give another --output"
            assert capsys.readouterr().err == f"dicom-conformance: {tmp_path / 'out'}: {text}\n"
            assert (tmp_path / "out" / "results.jsonl").read_text() == "what was in results.jsonl"
        with OutputFolder(tmp_path / "out"):
            pass

    def test_a_run_that_crashes_leaves_no_lock(self, tmp_path):
        program = (
            "import os, sys, pathlib\n"
            "from dicom_conformance.files.output_folder import OutputFolder\n"
            "OutputFolder(pathlib.Path(sys.argv[1])).__enter__()\n"
            "os.kill(os.getpid(), 9)\n"
        )
        crashed = subprocess.run([sys.executable, "-c", program, str(tmp_path / "out")], check=False, timeout=60)
        assert crashed.returncode == -signal.SIGKILL
        assert (tmp_path / "out" / LOCK).exists()
        with OutputFolder(tmp_path / "out"):
            pass


@contextmanager
def largest_file(size_bytes: int) -> Iterator[None]:
    """Have every file of this process end after so many bytes (EFBIG), as a full disk would (ENOSPC)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestFullDisk:
    def test_results_that_cannot_be_written_name_path_and_size_and_leave_whole_lines(self, tmp_path):
        with largest_file(1500), pytest.raises(OSError, match=r"File too large: [0-9,]+ bytes could not be") as raised:
            played(tmp_path, MANY, "test_court:Tiny", 1)
        assert raised.value.filename == str(tmp_path / "out" / "results.jsonl")
        assert all(result.verdict is not Verdict.FAIL for result in read_results(tmp_path / "out" / "results.jsonl"))

    @pytest.mark.parametrize("name", ["run.json", "junit.xml", "index.html"])
    def test_a_report_that_cannot_be_written_names_path_and_size(self, tmp_path, capsys, monkeypatch, name):
        real = Path.write_bytes

        def write_bytes(path, data):
            if path.name == name:
                real(path, data[:10])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(path, data)

        monkeypatch.setattr(Path, "write_bytes", write_bytes)
        (tmp_path / "three.yaml").write_text(MANY)
        words = [str(tmp_path / "three.yaml"), "--subject", "test_court:Tiny", "--output", str(tmp_path / "out")]
        assert main(["run", *words]) == 2
        told = capsys.readouterr().err
        assert told.startswith(f"dicom-conformance: {tmp_path / 'out' / name}: No space left on device: ")
        assert " bytes could not be written, " in told
        assert told.endswith(" bytes are free\n")
        assert told.count("\n") == 1
        assert not (tmp_path / "out" / name).exists()

    @pytest.mark.parametrize("name", ["trace.pcap", "timeline.json"])
    def test_evidence_that_cannot_be_written_names_path_and_size(self, tmp_path, monkeypatch, name):
        real = Path.write_bytes

        def full(path, *arguments):
            if path.name == name:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(path, *arguments)

        monkeypatch.setattr(Path, "write_bytes", full)
        if name == "trace.pcap":
            monkeypatch.setattr("dicom_wire.capture.pcap.write", full)
        outcome = played(tmp_path, HEAD + STORE + EXPECT, "test_court:Losing", 1)
        (result,) = outcome.results
        assert result.verdict is Verdict.ERROR
        assert name in result.reason
        assert "No space left on device: " in result.reason
        assert outcome.run.exit_status == 2

    def test_what_is_free_is_left_out_where_it_is_not_known(self, tmp_path):
        with (
            pytest.raises(OSError, match="could not be written") as raised,
            output_file.writing(tmp_path / "absent" / "file", 1234),
        ):
            raise OSError(errno.EIO, "Input/output error")
        assert raised.value.strerror == "Input/output error: 1,234 bytes could not be written"


class TestSignal:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    @pytest.mark.parametrize("processes", ["1", "2"])
    @pytest.mark.parametrize("subject", ["embedded", "process"])
    def test_a_run_that_is_ended_reports_what_was_done_and_leaves_nothing(self, tmp_path, number, processes, subject):
        out, temporary = tmp_path / "out", tempfile.mkdtemp(prefix="t")  # a path that is short enough for a socket
        words = ["run", "storage/", "-n", processes, "--subject", subject, "--output", str(out)]
        with subprocess.Popen(
            [sys.executable, "-m", "dicom_conformance", *words],
            env={**os.environ, "TMPDIR": temporary, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as run:
            await_lines(out / "results.jsonl", 3, run)
            run.send_signal(number)
            told, wrong = run.communicate(timeout=60)
        assert run.returncode == 2
        assert wrong == ""
        assert "interrupted: the report covers the cases played before that" in told
        assert f"report: {out / 'index.html'}" in told
        assert {path.name for path in out.iterdir()} == {LOCK, "evidence", *FILES}
        assert len(list(read_results(out / "results.jsonl"))) >= 3
        assert os.listdir(temporary) == []
        os.rmdir(temporary)
        assert alive_in_session(run.pid) == []


def await_lines(path: Path, count: int, run: subprocess.Popen[str]) -> None:
    """Wait until a file has so many lines, or the run has ended."""
    ended = threading.Event()
    deadline = time.monotonic() + 60
    while not path.exists() or path.read_bytes().count(b"\n") < count:
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < deadline, "the run has no results"
        ended.wait(0.05)


def alive_in_session(session: int) -> list[str]:
    """Give the processes of a session that have not ended; those that end now are given a moment."""
    found = [process for process in psutil.process_iter() if session_of(process.pid) == session]
    _, alive = psutil.wait_procs(found, timeout=60)
    return [repr(process) for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return -1
