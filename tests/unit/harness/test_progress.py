"""What goes to the console: bounded, with what is left out counted, and without a subject's control characters."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from dicom_conformance.results import Finding, Level, Verdict
from dicom_conformance.results.results import Result, Run
from dicom_conformance.run.progress import MOST_SHOWN, Screen, summarise, why
from dicom_simulators.archive.archive import Archive
from dicom_wire import Recorder


def result(*actual: str, name: str = "a", reason: str = "") -> Result:
    findings = tuple(Finding("dimse", False, expected="C-FIND-RSP", actual=each) for each in actual)
    return Result(name, "a", "s", "t", ("PS3.7 9.1",), Level.SHALL, Verdict.FAIL, findings=findings, reason=reason)


def shown(*results: Result) -> list[str]:
    text = io.StringIO()
    with Screen(len(results), Console(file=text, width=200)) as screen:
        for each in results:
            screen.show(each)
    return text.getvalue().splitlines()


@pytest.mark.parametrize(("unmet", "last"), [(2, "actual answer 1"), (3, "and 1 more"), (4, "and 2 more")])
def test_the_console_counts_the_unmet_expectations_that_it_leaves_out(unmet, last):
    lines = shown(result(*(f"answer {number}" for number in range(unmet))))
    assert len(lines) == 1 + 4 + (unmet > 2)
    assert lines[-1].endswith(last)


def test_the_console_counts_the_cases_that_it_leaves_out():
    lines = shown(*(result("x", name=f"case-{number}") for number in range(MOST_SHOWN + 3)))
    assert lines[-1] == "and 3 more; the report has them"
    assert "more" not in shown(*(result("x", name=f"case-{number}") for number in range(MOST_SHOWN)))[-1]


def test_control_characters_of_a_subject_do_not_reach_the_console():
    lines = shown(result("\x1b[31mPASS\x1b[0m\r\nPASS b", reason="title 'A\x9b2J'\nsecond"))
    assert lines[1:] == [
        "    title 'A\\x9b2J' second",
        "     (PS3.7 9.1)",
        "      dimse: expected C-FIND-RSP; actual \\x1b[31mPASS\\x1b[0m\\x0d\\x0aPASS b",
    ]
    assert why(result("a", "b", "c"))[-1] == "  dimse: expected C-FIND-RSP; actual c"


def test_control_characters_of_a_peer_do_not_reach_the_log_of_a_simulator():
    said: list[str] = []
    archive = Archive("archive", "ARCHIVE", Recorder(), announce=said.append)
    archive.note("association of EVIL\x1b[2J\nassociation of OTHER\u202e accepted")
    assert archive.log == said
    assert len(said) == 1
    assert said[0].isprintable()


def test_what_passed_though_not_all_was_seen_is_counted_apart():
    passed = [result(name="a", reason="unobserved: what workstation holds"), result(name="b")]
    passed = [replace(each, verdict=Verdict.PASS) for each in passed]
    passed[0] = replace(passed[0], unobserved=("what workstation holds",))
    text = io.StringIO()
    run = Run("2026-01-01", 1.0, 1, "s", "t", {"PASS": 2}, cells=2)
    summarise(run, passed, None, Console(file=text, width=80))
    told = [line.split() for line in text.getvalue().splitlines()]
    assert ["of", "which", "partly", "seen", "1"] in told
