"""The wheel, installed into an environment of its own, used by a project that has folders named as our rooms are.

What is installed must bear names of our own: a user's `wire/`, `workstation/`, `simulators/`, `harness/`, `reports/`
are packages here that break whoever imports them, and `scenarios/` is a folder of their own files.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("wire", "workstation", "simulators", "harness", "reports", "scenarios")
PACKAGES = {"dicom_wire", "dicom_workstation", "dicom_simulators", "dicom_conformance", "dicom_reports"}
TIMEOUT_S = 300
# What would change the project's own pytest: this test's settings, and the run whose results CI names.
LEFT_OUT = ("PYTHON", "PYTEST", "DICOM_CONFORMANCE")

SCENARIO = """\
format: "1"
id: mine/echo
title: The workstation answers a C-ECHO-RQ
clause: [PS3.7 9.1.5]
level: shall
peers: {odd: {simulator: modality}}
steps:
  - do: {ae: odd, operation: echo, peer: workstation}
  - expect: [{dimse: {sender: workstation, message: C-ECHO-RSP, status: "0000", count: 1}}]
"""

TESTS = """\
from __future__ import annotations

import socket

import pytest
from dicom_simulators import SIMULATORS, Archive, Destination, Printer, Scripted
from dicom_simulators.data_sets import build, build_study
from dicom_wire import Recorder


def test_an_archive_of_my_own(dicom_archive):
    with socket.create_connection(dicom_archive.address, timeout=5):
        pass
    assert dicom_archive.stored == []


def test_a_destination_and_a_printer(dicom_destination, dicom_printer):
    assert dicom_destination.address != dicom_printer.address


def test_a_fault_and_what_is_stored(dicom_destination: Destination) -> None:
    image = build()
    with SIMULATORS["scu"]("scu", "CLIENT", Recorder(), instances=[image]) as scu:
        dicom_destination.fault("respond", to="C-STORE-RQ", status="A700")
        scu.perform("store", dicom_destination.address, {"called": "DESTINATION"})
        assert dicom_destination.stored == []
        dicom_destination.clear()
        scu.perform("store", dicom_destination.address, {"called": "DESTINATION"})
    assert [one.SOPInstanceUID for one in dicom_destination.stored] == [image.SOPInstanceUID]


@pytest.mark.dicom_archive(ae_title="PACS", instances=build_study(PatientName="Doe^Jane"))
def test_an_archive_that_holds_a_study(dicom_archive: Archive) -> None:
    with SIMULATORS["scu"]("scu", "CLIENT", Recorder()) as scu:
        asked = {"called": "PACS", "level": "STUDY", "keys": {"StudyInstanceUID": ""}}
        assert scu.perform("find", dicom_archive.address, asked)["count"] == 1


def test_a_film(dicom_printer: Printer) -> None:
    image = build(sop_class="1.2.840.10008.5.1.4.1.1.2")
    with SIMULATORS["scu"]("scu", "CLIENT", Recorder(), instances=[image]) as scu:
        scu.perform("print", dicom_printer.address, {"called": "PRINTER"})
    assert dicom_printer.wait_films(1, deadline_s=10)
    assert len(dicom_printer.films[0].images) == 1


@pytest.mark.dicom_scripted(script=[{"receive": {"pdu": "A-ASSOCIATE-RQ"}}, {"send": {"pdu": "A-ABORT"}}])
def test_a_script(dicom_scripted: Scripted) -> None:
    with SIMULATORS["scu"]("scu", "CLIENT", Recorder()) as scu:
        assert scu.perform("echo", dicom_scripted.address, {"called": "SCRIPTED"})["result"] == "aborted"
    assert dicom_scripted.not_received == ()


def test_my_own_folders_are_mine():
    import pytest

    with pytest.raises(ImportError, match="a folder of the user's own"):
        import simulators
"""

PROGRAM = """\
from dicom_conformance import DataError
from dicom_simulators import Archive
from dicom_wire import Recorder
from dicom_workstation import Configuration, Workstation


def title(archive: Archive) -> str:
    return archive.ae_title


with Workstation(Configuration.from_keywords()) as workstation:
    host, port = workstation.address
    print(host, port > 0, title(Archive("archive", "PACS", Recorder())), DataError.__name__)
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """A project of a user's, and the environment in which our wheel is installed."""

    wheel: Path
    python: Path
    project: Path

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment within the project."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}
        return subprocess.run(
            [str(word) for word in words],
            cwd=self.project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )

    def script(self, name: str) -> Path:
        """Return a command that the wheel installed."""
        return self.python.with_name(name)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel and install it; what it needs is taken from the environment of this test."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT]
    subprocess.run(build, check=True, timeout=TIMEOUT_S, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "environment", with_pip=False)  # pip of this environment installs, which is quicker
    python = folder / "environment" / "bin" / "python"
    libraries = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
    (site,) = (folder / "environment" / "lib").glob("python*/site-packages")
    (site / "libraries.pth").write_text("\n".join(libraries))
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel],
        check=True,
        timeout=TIMEOUT_S,
    )
    project = folder / "project"
    for name in FOLDERS:
        (project / name).mkdir(parents=True)
        if name != "scenarios":  # a folder of data, which pytest would import if it were a package
            (project / name / "__init__.py").write_text('raise ImportError("a folder of the user\'s own")\n')
    (project / "scenarios" / "echo.yaml").write_text(SCENARIO)
    (project / "pytest.ini").write_text("[pytest]\ndicom_scenarios = scenarios\n")
    (project / "test_mine.py").write_text(TESTS)
    (project / "program.py").write_text(PROGRAM)
    return Installed(wheel, python, project)


def test_the_wheel_holds_packages_of_our_own_names_alone(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == PACKAGES
    assert {name.split("/")[0] for name in names if name.endswith("/py.typed")} == PACKAGES
    scenarios = [name for name in names if name.startswith("dicom_conformance/scenarios/")]
    in_checkout = list((ROOT / "scenarios").rglob("*.yaml"))
    assert len(scenarios) == len(in_checkout) > 600


def test_the_command_line_plays_the_scenarios_that_came_along(installed: Installed) -> None:
    done = installed.run(installed.script("dicom-conformance"), "run", "verification/", "--output", "report")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (installed.project / "report" / "index.html").is_file()


def test_a_scenario_of_the_users_own_is_played(installed: Installed) -> None:
    done = installed.run(installed.python, "-m", "dicom_conformance", "run", "scenarios/echo.yaml", "--output", "mine")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS" in done.stdout


def test_plugin_and_fixtures_serve_a_test_suite(installed: Installed) -> None:
    done = installed.run(installed.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "scenarios", "test_mine.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 passed" in done.stdout


@pytest.fixture(scope="module")
def checked(installed: Installed) -> str:
    """Check programs of the user's with mypy, strictly but for the functions of the tests, and give what it says."""
    (installed.project / "mypy.ini").write_text(
        "[mypy]\nstrict = True\nfollow_imports = silent\n"
        "[mypy-test_mine]\ndisallow_untyped_defs = False\ndisallow_untyped_calls = False\n"
    )
    (installed.project / "test_wrong.py").write_text(
        "from dicom_simulators import Destination\n\n\ndef never(one: Destination) -> None:\n    one.fault(5)\n"
    )
    return installed.run(installed.python, "-m", "mypy", "program.py", "test_mine.py", "test_wrong.py").stdout


def test_the_fixtures_have_types(checked: str) -> None:
    assert "test_mine.py" not in checked, checked
    assert 'test_wrong.py:5: error: Argument 1 to "fault"' in checked, checked


def test_a_program_finds_names_and_types(installed: Installed, checked: str) -> None:
    done = installed.run(installed.python, "program.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["127.0.0.1", "True", "PACS", "DataError"]
    assert "(checked 3 source files)" in checked, checked
    assert "program.py" not in checked, checked
