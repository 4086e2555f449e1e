"""DCMTK as a foreign subject, described by the example in `docs/subjects/`; what comes of it is never our ERROR.

Also: what the subject cannot do is NOT_CLAIMED, and what DCMTK does otherwise than the statement says fails.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dicom_conformance.__main__ import main
from dicom_conformance.play import reserved_port
from dicom_conformance.play.case_runner import RunOptions
from dicom_conformance.results import Result, Verdict
from dicom_conformance.run import runner
from dicom_conformance.run.worker import RunRequest
from foreign_programs import require, run, serve

pytestmark = pytest.mark.peer("dcmtk")

EXAMPLE = Path(__file__).parents[2] / "docs" / "subjects" / "dcmtk.yaml"
PRINTING = EXAMPLE.with_name("dcmtk-print.yaml")
PASS, FAIL, NOT_CLAIMED = Verdict.PASS, Verdict.FAIL, Verdict.NOT_CLAIMED


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the commands of the subject send without Nagle's algorithm, which costs 40 ms a message."""
    monkeypatch.setenv("TCP_NODELAY", "1")


@pytest.fixture(scope="module", autouse=True)
def dcmtk() -> None:
    require("storescp", "storescu", "findscu", "movescu", "echoscu", "dcmqrscp", package="dcmtk")


def subject(folder: Path, port: int) -> Path:
    """Write the example anew for another port."""
    text, count = re.subn(r"port: 11112\b", f"port: {port}", EXAMPLE.read_text(), count=1)
    assert count == 1
    path = folder / "dcmtk.yaml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def storescp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run storescp, and give its subject file."""
    port = reserved_port()
    with serve("storescp", "--fork", "--ignore", "-aet", "DCMTK", port, port=port):
        yield subject(tmp_path_factory.mktemp("storescp"), port)


@pytest.fixture(scope="module")
def dcmqrscp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run dcmqrscp, and give its subject file: an archive of another make."""
    home, port = tmp_path_factory.mktemp("dcmqrscp"), reserved_port()
    (home / "database").mkdir()
    (home / "dcmqrscp.cfg").write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
        "HostTable BEGIN\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nDCMTK {home / 'database'} RW (200, 1024mb) ANY\nAETable END\n"
    )
    with serve("dcmqrscp", "-c", home / "dcmqrscp.cfg", port=port):
        yield subject(home, port)


def play(file: Path, *selects: str, quick: bool = False, refusal: str = "?") -> dict[str, Result]:
    """Play cases; each can be judged, but where the command refuses what it is asked with these words."""
    request = RunRequest(selects, subject=str(file), seed=5, options=RunOptions(), quick=quick)
    promised = request.load()
    results = runner.run(request, promised, request.played(request.cases(promised))).results
    open_ones = [one for one in results if one.verdict in (Verdict.ERROR, Verdict.INCONCLUSIVE)]
    assert [(one.id, one.reason) for one in open_ones if refusal not in one.reason] == []
    return {one.id: one for one in results}


def verdicts(results: Mapping[str, Result], scenario: str) -> Counter[Verdict]:
    found = Counter(one.verdict for one in results.values() if one.scenario == scenario)
    assert found, scenario
    return found


def test_as_an_scu(storescp: Path) -> None:
    results = play(
        storescp,
        "query/proposes-every-context-of-table-1",
        "query/final-status-first",
        "query/study-root-study-level",
        "query/patient-root-patient-level",
        "query/wrong-message-id",
        "query/cancelled-by-the-user",
        "retrieve/final-status-last",
        "retrieve/part-of-it-fails",
        "retrieve/series-level",
        "storage/store-client-stops-middle",
    )
    for group in ("verification/", "query/", "retrieve/", "workflow/", "storage/store-client-"):
        results |= play(storescp, group, quick=True)
    # findscu and movescu wait 20 s for what never comes: of the hostile peers, those that are hostile to C-STORE
    results |= play(storescp, "robustness/loader-", quick=True)
    for scenario in ("query/study-root-study-level", "query/patient-root-patient-level", "retrieve/series-level"):
        assert verdicts(results, scenario) == {PASS: 1}
    for scenario in ("query/final-status-first", "retrieve/final-status-last", "storage/store-client-stops-middle"):
        assert set(verdicts(results, scenario)) == {PASS}
    # the JPEG syntaxes that the statement's query engine proposes, and findscu does not
    assert verdicts(results, "query/proposes-every-context-of-table-1") == {PASS: 3, FAIL: 4}
    # what is told to the user cannot be seen, settings cannot be given, and there is no way to cancel
    for scenario in ("query/wrong-message-id", "retrieve/part-of-it-fails", "query/cancelled-by-the-user"):
        assert verdicts(results, scenario) == {NOT_CLAIMED: 1}
    assert all(one.reason for one in results.values() if one.verdict is NOT_CLAIMED)
    assert Counter(one.verdict for one in results.values())[PASS] > 150


def test_as_an_scp(storescp: Path) -> None:
    results = play(storescp, "storage/loader-", "association/loader-", "association/storage-priority-none", "security/")
    assert verdicts(results, "storage/loader-accepts-every-context-of-table-3") == {PASS: 96, NOT_CLAIMED: 192}
    assert verdicts(results, "association/storage-priority-none") == {PASS: 256}
    assert verdicts(results, "association/loader-survives-an-abort") == {PASS: 1}
    # another implementation, and one that does not look at Pixel Data
    identity = results["association/loader-server-announces-itself"]
    assert identity.verdict is FAIL
    assert any("1.2.276.0.7230010.3.0.3.6." in found.actual for found in identity.findings if not found.met)
    assert set(verdicts(results, "storage/loader-warns-of-pixel-data-too-short")) == {FAIL}
    # a setting cannot be given to a subject file; the scenarios without any are played
    without = ("security/titles-are-mapped-to-addresses", "security/peers-are-reached-by-name")
    for scenario in without:
        assert set(verdicts(results, scenario)) == {PASS}
    secured = [one for one in results.values() if one.scenario.startswith("security/") and one.scenario not in without]
    assert {one.verdict for one in secured} == {NOT_CLAIMED}


REFUSAL = "the command opened no association: python ended with exit status 1 (no "


def test_as_a_print_client(storescp: Path, tmp_path: Path) -> None:
    require("dcmpsprt", "dcmprscu", package="dcmtk")
    port = re.search(r"port: (\d+)", storescp.read_text())
    assert port is not None
    text = PRINTING.read_text().replace("port: 11112", f"port: {port[1]}")
    program = f'"{sys.executable} {PRINTING.with_name("dcmtk_print.py")} '
    file = tmp_path / "dcmtk-print.yaml"
    file.write_text(text.replace('"python docs/subjects/dcmtk_print.py ', program))
    results = play(
        file,
        "print/film-trim",
        "print/film-size",
        "print/session-",
        "print/layout-",
        "print/choosing-",
        refusal=REFUSAL,
    )
    refused = {one.scenario for one in results.values() if one.verdict is Verdict.INCONCLUSIVE}
    assert {"print/layout-col"} <= refused
    for scenario in ("film-trim", "film-size", "session-copies", "session-priority", "session-label"):
        assert set(verdicts(results, f"print/{scenario}")) == {PASS}
    # of two films, each of its own association, every image is on the box it was meant for; no job can be followed
    over_two = next(one for key, one in results.items() if key.startswith("print/layout-over-several-films[2x3"))
    assert [found.actual for found in over_two.findings if "pixel" in found.expected and not found.met] == []
    assert any("rendering" in found.expected and found.met for found in over_two.findings)
    assert set(verdicts(results, "print/session-memory")) == {Verdict.INCONCLUSIVE}  # DCMTK has no such option
    # a printer cannot be chosen by a command alone
    choosing = {one.verdict for one in results.values() if one.scenario.startswith("print/choosing-")}
    assert choosing == {NOT_CLAIMED}


def test_an_archive_as_an_scp(dcmqrscp: Path) -> None:
    results = play(dcmqrscp, "verification/loader-", "storage/loader-accepts", "association/loader-s")
    assert verdicts(results, "verification/loader-answers-echo") == {PASS: 1}
    stored = [one for one in results.values() if one.scenario.startswith("storage/") and one.verdict is not NOT_CLAIMED]
    assert len(stored) == 96
    assert {one.verdict for one in stored} <= {PASS, FAIL}
    assert sum(one.verdict is PASS for one in stored) > 20


def test_from_the_command_line(storescp: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["run", "--subject", str(storescp), "--output", str(tmp_path / "out")]
    assert main([*arguments, "verification/loader-answers-echo"]) == 0
    assert (tmp_path / "out" / "index.html").is_file()
    assert main([*arguments, "association/loader-server-announces-itself"]) == 1
    assert "Implementation Class UID" in capsys.readouterr().out


def test_a_subject_that_is_not_there_is_inconclusive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = subject(tmp_path, reserved_port())
    arguments = ["run", "--subject", str(file), "--output", str(tmp_path / "out"), "verification/loader-answers-echo"]
    assert main(arguments) == 2
    assert "the subject does not answer" in capsys.readouterr().out


def test_the_commands_of_the_example_are_the_tools(storescp: Path) -> None:
    port = re.search(r"port: (\d+)", storescp.read_text())
    assert port is not None
    assert "Success" in run("echoscu", "-v", "-aec", "DCMTK", "127.0.0.1", port[1])


def test_runs_are_merged_and_compared(storescp: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the standard alone, as SCP: storescp has no statement in a file with nothing but its address."""
    port = re.search(r"port: (\d+)", storescp.read_text())
    assert port is not None
    file = tmp_path / "storescp.yaml"
    file.write_text(f"name: storescp\nnetwork_ae: {{title: DCMTK, host: 127.0.0.1, port: {port[1]}}}\n")
    words = ["run", "scp/verification/", "scp/association/echo", "--subject", str(file), "--seed", "1"]
    assert main([*words, "--output", str(tmp_path / "whole")]) == 0
    shards = [tmp_path / "1", tmp_path / "2"]
    for number, folder in enumerate(shards, start=1):
        assert main([*words, "--shard", f"{number}/2", "--output", str(folder)]) == 0
    merged = tmp_path / "merged"
    assert main(["merge", *map(str, shards), "--output", str(merged)]) == 0
    capsys.readouterr()
    assert main(["compare", str(tmp_path / "whole"), str(merged), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {row["state"] for row in found["rows"]} - {"slower"} == {"unchanged"}  # the machine may have been busy
    assert len(found["rows"]) >= 2
