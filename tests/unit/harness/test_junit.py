from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicom_conformance.results import Finding, Level, Result, Run, Verdict
from dicom_conformance.run.junit import write

UNMET = Finding("dimse", False, "PS3.7 C", expected="0000", actual="C000", parameters={"status": "C000"})


def _result(verdict: Verdict, text: str = "why", **fields: Any) -> Result:
    given_fields: dict[str, Any] = {
        "title": "Is it so?",
        "findings": (UNMET,),
        "reason": text,
        "elapsed_s": 0.5,
        **fields,
    }
    return Result(f"storage/a[{verdict}]", "storage/a", "s", "embedded", ("c",), Level.CLAIM, verdict, **given_fields)


def _written(path: Path, *results: Result, run: Run | None = None) -> ElementTree.Element:
    write(path, results, run)
    return ElementTree.parse(path).getroot()


def test_every_verdict_has_its_place(tmp_path: Path) -> None:
    root = _written(tmp_path / "junit.xml", *(_result(verdict) for verdict in Verdict))
    suite = root[0]
    totals = {"tests": "8", "failures": "1", "errors": "3", "skipped": "2"}
    assert {key: suite.get(key) for key in totals} == totals
    assert {key: root.get(key) for key in totals} == totals
    assert suite.get("time") == "4.000"
    tags = {case.get("name"): [child.tag for child in case] for case in suite}
    assert tags == {
        "storage/a[PASS]": [],
        "storage/a[FAIL]": ["failure"],
        "storage/a[WARN]": ["system-out"],
        "storage/a[FLAKY]": ["error"],
        "storage/a[INCONCLUSIVE]": ["error"],
        "storage/a[NOT_JUDGED]": ["skipped"],
        "storage/a[NOT_CLAIMED]": ["skipped"],
        "storage/a[ERROR]": ["error"],
    }


def test_a_failure_says_requirement_expected_and_actual(tmp_path: Path) -> None:
    root = _written(tmp_path / "junit.xml", _result(Verdict.FAIL, "", evidence="evidence/x"))
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "expected 0000, actual C000"
    assert (failure.text or "").splitlines() == [
        "requirement: Is it so? (PS3.7 C)",
        "check: dimse",
        "parameters: status=C000",
        "expected: 0000",
        "actual: C000",
        "evidence: evidence/x",
    ]


def test_a_known_deviation_is_no_failure(tmp_path: Path) -> None:
    root = _written(tmp_path / "junit.xml", _result(Verdict.FAIL, deviation="fixed in 5.3"))
    skipped = root.find(".//skipped")
    assert skipped is not None
    assert skipped.get("message") == "known deviation: fixed in 5.3"
    assert root.find(".//failure") is None


def test_the_run_gives_start_and_seed(tmp_path: Path) -> None:
    run = Run("2026-01-31T12:00:00Z", 1.0, 7, "small", "embedded", {}, 0)
    root = _written(tmp_path / "junit.xml", run=run)
    assert root[0].get("timestamp") == "2026-01-31T12:00:00Z"
    assert {each.get("name"): each.get("value") for each in root.iter("property")}["seed"] == "7"


@given(st.text(alphabet=st.characters(codec=None), max_size=30))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_makes_valid_xml(tmp_path: Path, text: str) -> None:
    finding = Finding("log", False, text, expected=text, actual=text, parameters={"x": text}, requirement=text)
    results = [_result(verdict, text, findings=(finding,), title=text, evidence=text) for verdict in Verdict]
    root = _written(tmp_path / "junit.xml", *results)
    assert len(root[0]) == len(Verdict)


def test_control_characters_are_told(tmp_path: Path) -> None:
    root = _written(tmp_path / "junit.xml", _result(Verdict.ERROR, "a\x00b\x1f\ufffe"))
    error = root.find(".//error")
    assert error is not None
    assert error.get("message") == "a\\x00b\\x1f\\xfffe"
