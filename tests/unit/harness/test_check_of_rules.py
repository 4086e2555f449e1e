"""The check `rules`: the standing rules as an expectation of a scenario."""

from __future__ import annotations

import pytest
from hand_written import A, Talk, trace_of

from dicom_conformance.judge.checks import WANTED, judge_expectation
from dicom_conformance.results import Finding
from dicom_conformance.trace import Trace


def judged(trace: Trace, **wanted: object) -> Finding:
    (finding,) = judge_expectation(trace, "rules", WANTED["rules"].model_validate(wanted))
    return finding


def told_twice() -> Trace:
    """A store whose response comes twice."""
    return trace_of(
        lambda recorder: (
            Talk(recorder).opened().store().say(A, "C-STORE-RSP", MessageIDBeingRespondedTo=1, Status=0).released()
        )
    )


def test_a_broken_rule_is_unmet_and_points_at_the_pdu() -> None:
    finding = judged(told_twice(), sender="workstation")
    assert not finding.met
    assert finding.actual == ("response-not-due in C-STORE-RSP (PS3.7 9.3.1.2): no open request has Message ID 1")
    assert finding.evidence == ("link/0/6",)


def test_who_broke_nothing_is_not_blamed() -> None:
    assert judged(told_twice(), sender="modality").met


def test_only_the_rules_that_are_named_are_judged() -> None:
    assert not judged(told_twice(), sender="workstation", rules="response-not-due").met
    assert judged(told_twice(), sender="workstation", rules="message-id-in-use").met
    assert judged(told_twice(), sender="workstation", besides="response-not-due").met


def test_a_recommendation_is_judged_only_where_it_is_named() -> None:
    trace = trace_of(lambda recorder: Talk(recorder).opened().store())
    assert judged(trace, sender="workstation").met


def test_who_sends_nothing_keeps_no_rule() -> None:
    finding = judged(trace_of(lambda recorder: Talk(recorder)), sender="workstation")
    assert (finding.met, finding.actual) == (False, "nothing was sent")


def test_an_unknown_rule_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ValueError, match=r"no rule 'response-not-do'.*response-not-due"):
        WANTED["rules"].model_validate({"sender": "workstation", "rules": "response-not-do"})
