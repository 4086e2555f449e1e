"""The command `load`, and a run by Locust with two worker processes against our archive."""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import plain_load
import pytest

from dicom_conformance.__main__ import main
from dicom_conformance.files import OutputFolder
from dicom_conformance.load import LOCUSTFILE
from dicom_conformance.load.conductor import INTERRUPTED
from dicom_conformance.load.measured import Measured, read_measured
from dicom_conformance.load.names import Names
from dicom_conformance.results import LoadRun, read_load_run
from dicom_simulators.archive import Archive
from dicom_simulators.association import Request, Response
from dicom_wire import Recorder

OPERATIONS = 40
ANSWER_S = 120
MIX = """\
mix:
  - {operation: echo}
  - {operation: store, weight: 3, sizes: [512, 4096], instances_per_study: 4}
  - {operation: find, level: IMAGE}
  - {operation: get}
check: {by: get, within_s: 0}
"""


@pytest.fixture
def plan_path(tmp_path: Path) -> Path:
    return plain_load.plan(tmp_path, MIX).path


class TestRefusals:
    def test_a_wrong_plan_is_one_line(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "plan.yaml"
        path.write_text(plain_load.HEAD + "mix: [{operation: ech}]\n")
        assert main(["load", str(path), "--target", "A@127.0.0.1:104", "--output", str(tmp_path / "out")]) == 2
        said = capsys.readouterr().err
        assert said == f"dicom-conformance: {path}:6: mix[0]: no operation is named 'ech'; did you mean echo?\n"
        assert not (tmp_path / "out").exists()

    def test_another_machine_is_not_loaded(self, plan_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["load", str(plan_path), "--target", "A@192.0.2.1:104"]) == 2
        assert "192.0.2.1 is another machine" in capsys.readouterr().err

    def test_without_locust_the_extra_is_named(
        self, plan_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        assert main(["load", str(plan_path), "--target", "A@127.0.0.1:104"]) == 2
        assert "pip install 'dicom-conformance[load]' installs it" in capsys.readouterr().err

    def test_plan_and_target_are_needed(self, plan_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["load", str(plan_path)]) == 2
        assert "PLAN and --target AET@HOST:PORT are needed" in capsys.readouterr().err

    def test_a_folder_without_a_measurement_is_told(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["load", "--conclude", str(tmp_path)]) == 2
        assert "measured.json: no such file: no load run was measured" in capsys.readouterr().err

    @pytest.mark.parametrize(
        "words", [["plan.yaml", "--target", "A@127.0.0.1:104", "--output", "."], ["--conclude", "."]]
    )
    def test_a_folder_that_holds_something_else_is_left_as_it_is(
        self,
        words: list[str],
        plan_path: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: name)  # it is refused before Locust is started
        monkeypatch.chdir(plan_path.parent)
        for name in ("measured.json", "index.html"):
            Path(name).write_text(f"somebody's {name}")
        before = {path: path.read_bytes() for path in Path().iterdir()}
        assert main(["load", *words]) == 2
        assert "this folder holds plan.yaml, which no run wrote" in capsys.readouterr().err
        assert {path: path.read_bytes() for path in Path().iterdir()} == before

    def test_a_folder_that_another_run_writes_into_is_left_alone(
        self, plan_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
        folder = plan_path.parent / "report"
        with OutputFolder(folder):
            (folder / "measured.json").write_text("of the other run")
            for words in (
                ["--conclude", str(folder)],
                [str(plan_path), "--target", "A@[::1]:1", "--output", str(folder)],
            ):
                assert main(["load", *words]) == 2
                assert "writes into this folder" in capsys.readouterr().err
            assert (folder / "measured.json").read_text() == "of the other run"

    def test_the_locustfile_is_named(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["load", "--locustfile"]) == 0
        assert capsys.readouterr().out == f"{LOCUSTFILE}\n"
        assert LOCUSTFILE.is_file()


def test_nothing_but_the_locustfile_imports_locust() -> None:
    program = (
        "import sys, importlib, pkgutil, dicom_conformance.load as load, dicom_conformance.commands.load\n"
        "names = {one.name for one in pkgutil.iter_modules(load.__path__)} - {'locustfile', 'locust_user'}\n"
        "for name in sorted(names): importlib.import_module(f'dicom_conformance.load.{name}')\n"
        "print(len(names) > 10, *({'locust', 'gevent'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"]


# -- by Locust ----------------------------------------------------------------------------------------------------


class ArchiveOfTwo(Archive):
    """An archive that answers no C-STORE-RQ before two associations have sent one.

    Of two workers with a user each, both store then, however much later one of them begins.
    """

    _senders: frozenset[int] = frozenset()
    _both = threading.Event()

    def _store(self, request: Request) -> Generator[Response, None, None]:
        self._senders |= {id(request.acceptor)}
        if len(self._senders) > 1:
            self._both.set()
        assert self._both.wait(ANSWER_S)
        yield from super()._store(request)


@pytest.fixture(scope="module")
def has_locust() -> None:
    if importlib.util.find_spec("locust") is None:  # not imported here: gevent would patch this process
        pytest.skip("the extra `load` is not installed")


@pytest.fixture(scope="module")
def archive(has_locust: None) -> Iterator[Archive]:
    with Archive("archive", "ARCHIVE", Recorder()) as made:
        yield made


@pytest.fixture(scope="module")
def archive_of_two(has_locust: None) -> Iterator[Archive]:
    with ArchiveOfTwo("archive", "ARCHIVE", Recorder()) as made:
        yield made


@pytest.fixture(scope="module")
def folder(archive_of_two: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("load")
    path = folder / "plan.yaml"
    text = plain_load.HEAD + MIX.replace("within_s: 0", "within_s: 5")
    path.write_text(text.replace("answer_s: 10", f"answer_s: {ANSWER_S}"), encoding="utf-8")
    target = f"ARCHIVE@127.0.0.1:{archive_of_two.address[1]}"
    words = [
        str(path),
        "--target",
        target,
        "--output",
        str(folder / "report"),
        "--processes",
        "2",
        "--count",
        str(OPERATIONS),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "dicom_conformance", "load", *words], capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert f"report: {folder / 'report' / 'index.html'}" in done.stdout
    return folder / "report"


@pytest.fixture(scope="module")
def run(folder: Path) -> LoadRun:
    return read_load_run(folder / "run.json")


@pytest.fixture(scope="module")
def measured(folder: Path) -> Measured:
    return read_measured(folder)


def test_both_workers_share_exactly_the_operations_that_were_granted(run: LoadRun) -> None:
    assert sum(one.count for one in run.operations if one.operation.startswith("C-")) == OPERATIONS
    assert [worker.number for worker in run.workers] == [0, 1]
    assert all(worker.operations and worker.is_whole for worker in run.workers)


def test_workers_store_under_names_of_their_own_and_all_is_held(
    run: LoadRun, measured: Measured, archive_of_two: Archive
) -> None:
    entries = measured.ledger.entries
    uids = {Names(measured.setting.run, one.worker).instance(one.study, one.instance) for one in entries}
    assert {one.worker for one in entries} == {0, 1}
    assert len(uids) == len(entries) == run.stored.held
    assert uids == {instance.SOPInstanceUID for instance in archive_of_two.stored}


def test_every_operation_has_its_percentiles(run: LoadRun) -> None:
    found = {one.operation: one.percentiles_ms for one in run.operations}
    assert set(found) == {"A-ASSOCIATE", "A-RELEASE", "C-ECHO", "C-FIND", "C-GET", "C-STORE"}
    assert all(0 < times["50"] <= times["95"] <= times["99"] <= times["100"] for times in found.values())


def test_the_results_are_plain_data_that_name_the_run(folder: Path) -> None:
    plain = json.loads((folder / "run.json").read_text())
    assert (plain["kind"], plain["exit_status"], plain["ended_by"]) == ("load", 0, "all operations were performed")
    assert plain["bounds"]["operations"] == OPERATIONS
    assert "locust" in plain["versions"]


def test_an_interrupted_run_keeps_what_it_has_and_is_not_judged(archive: Archive, tmp_path: Path) -> None:
    text = "mix: [{operation: store, sizes: 512}]\n"
    path = plain_load.plan(tmp_path, text).path
    before = len(archive.stored)
    target = f"ARCHIVE@127.0.0.1:{archive.address[1]}"
    words = [str(path), "--target", target, "--output", str(tmp_path / "report"), "--rate", "20"]
    command = [sys.executable, "-m", "dicom_conformance", "load", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert archive.recorder.wait(lambda: len(archive.stored) > before + 2, 120)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=120)
    run = read_load_run(tmp_path / "report" / "run.json")
    assert (process.returncode, run.ended_by, run.not_judged) == (2, INTERRUPTED, (INTERRUPTED,))
    assert "not judged: it was interrupted" in said
    assert run.stored.sent >= run.stored.held >= 2
