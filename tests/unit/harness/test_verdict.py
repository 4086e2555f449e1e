from __future__ import annotations

import pytest

from dicom_conformance.judge.verdict import count, exit_status, judge_findings, stale_deviations, verified
from dicom_conformance.results import Finding, Level, Result, Verdict

MET, UNMET = Finding("log", True), Finding("log", False)
SHOULD = Finding("log", False, level=Level.SHOULD)
SHALL = Finding("log", False, level=Level.SHALL)

NOTE = Finding("log", False, level=Level.NOTE)
NOT_JUDGED = Finding("log", False, actual="unstated: ae.maximum_length", judged=False)


def _result(verdict: Verdict, identifier: str = "a") -> Result:
    return Result(identifier, "a", "s", "embedded", (), Level.CLAIM, verdict)


@pytest.mark.parametrize(
    ("findings", "level", "strict", "verdict"),
    [
        ((MET, MET), Level.CLAIM, False, Verdict.PASS),
        ((MET, UNMET), Level.CLAIM, False, Verdict.FAIL),
        ((UNMET,), Level.SHALL, False, Verdict.FAIL),
        ((UNMET,), Level.HOUSE, False, Verdict.FAIL),
        ((UNMET,), Level.SHOULD, False, Verdict.WARN),
        ((UNMET,), Level.SHOULD, True, Verdict.FAIL),
        ((SHOULD, MET), Level.CLAIM, False, Verdict.WARN),
        ((MET, SHOULD), Level.CLAIM, True, Verdict.FAIL),
        ((SHOULD, UNMET), Level.CLAIM, False, Verdict.FAIL),
        ((UNMET, SHALL), Level.SHOULD, False, Verdict.FAIL),
        ((), Level.CLAIM, False, Verdict.ERROR),
        ((NOT_JUDGED, NOT_JUDGED), Level.SHALL, False, Verdict.NOT_JUDGED),
        ((NOT_JUDGED, MET), Level.SHALL, False, Verdict.PASS),
        ((MET, NOT_JUDGED, UNMET), Level.SHALL, False, Verdict.FAIL),
        ((UNMET,), Level.NOTE, True, Verdict.PASS),
        ((MET, NOTE), Level.SHALL, True, Verdict.PASS),
        ((NOTE, SHOULD), Level.SHALL, False, Verdict.WARN),
        ((NOTE, UNMET), Level.SHALL, False, Verdict.FAIL),
        ((NOTE, NOT_JUDGED), Level.SHALL, False, Verdict.NOT_JUDGED),
    ],
)
def test_the_table_of_verdicts(findings: tuple[Finding, ...], level: Level, strict: bool, verdict: Verdict) -> None:
    assert judge_findings(findings, level, strict) is verdict


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        ((), 2),
        (("PASS",), 0),
        (("PASS", "WARN", "NOT_CLAIMED"), 0),
        (("PASS", "FAIL"), 1),
        (("FAIL", "PASS"), 1),
        (("FAIL", "INCONCLUSIVE"), 2),
        (("ERROR", "FAIL"), 2),
        (("PASS", "ERROR"), 2),
        (("NOT_CLAIMED",), 2),
        (("NOT_JUDGED",), 2),
        (("NOT_JUDGED", "PASS"), 0),
        (("NOT_JUDGED", "FAIL"), 1),
        (("FLAKY", "PASS"), 2),
    ],
)
def test_the_exit_status(verdicts: tuple[str, ...], status: int) -> None:
    assert exit_status([_result(Verdict(verdict)) for verdict in verdicts]) == status


def test_a_known_deviation_may_fail_and_must() -> None:
    known = {"a": "why"}
    assert exit_status([_result(Verdict.FAIL)], known) == 0
    assert exit_status([_result(Verdict.FAIL), _result(Verdict.FAIL, "b")], known) == 1
    assert exit_status([_result(Verdict.PASS)], known) == 1
    assert exit_status([_result(Verdict.WARN), _result(Verdict.PASS, "b")], known) == 1
    assert exit_status([_result(Verdict.ERROR)], known) == 2


def test_stale_deviations_are_named() -> None:
    results = [_result(Verdict.PASS), _result(Verdict.FAIL, "b"), _result(Verdict.PASS, "c")]
    assert stale_deviations(results, {"a": "x", "b": "x"}) == ("a",)


def test_every_verdict_is_counted() -> None:
    counted = count([_result(Verdict.PASS), _result(Verdict.PASS)])
    assert counted["PASS"] == 2
    assert counted == {verdict.value: 2 * (verdict is Verdict.PASS) for verdict in Verdict}


def test_verdicts_that_differ_make_a_case_flaky_and_are_all_listed() -> None:
    failed = _result(Verdict.FAIL)
    same = verified(failed, [Verdict.FAIL])
    assert (same.verdict, same.attempts) == (Verdict.FAIL, (Verdict.FAIL, Verdict.FAIL))
    flaky = verified(failed, [Verdict.PASS, Verdict.FAIL])
    assert (flaky.verdict, flaky.reason) == (Verdict.FLAKY, "played 3 times: FAIL, PASS, FAIL")
    assert flaky.attempts == (Verdict.FAIL, Verdict.PASS, Verdict.FAIL)
    assert exit_status([flaky]) == 2
    assert Result.from_json(flaky.to_json()) == flaky
