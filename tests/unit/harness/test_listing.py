from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.results import ClaimState, Finding, Level, Result, Verdict
from dicom_conformance.scenario import listing
from dicom_conformance.scenario.matrix import Case, expand
from dicom_conformance.scenario.scenario import from_document, read
from dicom_conformance.scenario.selection import cases, select
from dicom_conformance.statement import statement as statements
from dicom_conformance.statement.promises import NOT_JUDGED
from dicom_conformance.statement.statement import Statement
from dicom_conformance.statement.statement_model import PROMISES

TEXT = """
id: test/a
title: t
clause: [DCS 1/1, PS3.8 9.3.4, DCS 9/9]
level: claim
for_each: {contexts: {table: "1"}}
configuration: $configuration
steps:
  - expect:
      - log: {contains: x}
      - log: {contains: y}
        clause: DCS 2
"""


@pytest.fixture(scope="module")
def small() -> Statement:
    return statements.load(Path(__file__).parents[2] / "data" / "small-statement.yaml")


def _cases(small: Statement, text: str = TEXT) -> list[Case]:
    return expand(from_document(parse(text)), small)


def _result(verdict: Verdict, *findings: Finding) -> Result:
    return Result("a", "a", "small", "embedded", ("DCS 1/1", "PS3.7 C"), Level.CLAIM, verdict, findings=findings)


def test_the_clauses_of_expectations_count(small: Statement) -> None:
    assert listing.clauses(_cases(small)[0]) == ("DCS 1/1", "PS3.8 9.3.4", "DCS 9/9", "DCS 2")


def test_each_claim_is_told_with_its_scenarios_or_the_reason(small: Statement) -> None:
    reached = {each.claim.id: each for each in listing.claims(_cases(small), small)}
    assert reached["1/1"].scenarios == (("test/a", 6),)
    assert (reached["1/1"].cases, reached["1/1"].reason) == (6, "")
    assert (reached["1/2"].cases, reached["1/2"].reason) == (0, "no case names it")
    assert reached["2"].cases == 6
    assert [each.claim.id for each in listing.unreached(tuple(reached.values()))] == ["1/2"]


def test_a_claim_that_cannot_be_reached_says_why(small: Statement) -> None:
    reached = {each.claim.id: each for each in listing.claims([], small)}
    assert reached["2"].reason == "untested: a kernel limit"


def test_a_case_that_is_not_claimed_reaches_nothing(small: Statement) -> None:
    found = _cases(small, TEXT + "needs: {ae: printer}\n")
    assert all(case.reason for case in found)
    assert all(not each.cases for each in listing.claims(found, small))


def test_a_clause_that_is_no_claim_is_named(small: Statement) -> None:
    assert listing.unknown_clauses(_cases(small), small) == (("test/a", "DCS 9/9"),)


def test_only_judged_cases_count_in_a_run(small: Statement) -> None:
    met = Finding("log", True, clause="DCS 2; PS3.7 C")
    results = [_result(Verdict.PASS, met), *(_result(verdict) for verdict in Verdict)]
    register = {each.id: each for each in listing.register(small, results)}
    assert {identifier: each.cases for identifier, each in register.items()} == {"1/1": 3, "1/2": 0, "2": 1}
    assert (register["2"].section, register["2"].paraphrase, register["2"].untested) == (
        "2",
        "it asks",
        "a kernel limit",
    )


def test_a_claim_is_reached_by_findings_and_not_by_the_header_alone(small: Statement) -> None:
    own, inherited = Finding("log", True, clause="DCS 2"), Finding("log", False)
    unseen = _result(Verdict.PASS, own)  # what the header is about was not to be seen
    assert {each.id: each.cases for each in listing.register(small, [unseen])} == {"1/1": 0, "1/2": 0, "2": 1}
    seen = _result(Verdict.FAIL, own, inherited)
    assert {each.id: each.cases for each in listing.register(small, [seen])} == {"1/1": 1, "1/2": 0, "2": 1}


MET, UNMET = Finding("log", True), Finding("log", False)
OF_2 = {"clause": "DCS 2"}


@pytest.mark.parametrize(
    ("results", "states"),
    [
        ([], {"1/1": "not judged", "1/2": "not judged", "2": "not judged"}),
        ([_result(Verdict.PASS, MET)], {"1/1": "proved"}),
        ([_result(Verdict.FAIL, MET, UNMET)], {"1/1": "differs"}),
        ([_result(Verdict.FAIL, UNMET), _result(Verdict.PASS, MET)], {"1/1": "differs"}),
        ([_result(Verdict.FAIL, UNMET, Finding("log", True, **OF_2))], {"1/1": "differs", "2": "proved"}),
        ([_result(Verdict.FAIL, MET, Finding("log", False, **OF_2))], {"1/1": "proved", "2": "differs"}),
        ([_result(Verdict.PASS, MET, Finding("log", False, level=Level.NOTE))], {"1/1": "proved"}),
        (
            [_result(Verdict.PASS, Finding("log", True, **OF_2, judged=False), MET)],
            {"1/1": "proved", "2": "not judged"},
        ),
        ([_result(Verdict.PASS, Finding("log", True, claims=("small#2",)))], {"1/1": "proved", "2": "proved"}),
        ([_result(Verdict.PASS, Finding("log", True, claims=("other#2",)))], {"1/1": "proved", "2": "not judged"}),
        ([_result(Verdict.INCONCLUSIVE, UNMET)], {"1/1": "not judged"}),
        ([_result(Verdict.FLAKY, UNMET)], {"1/1": "not judged"}),
        (
            [replace(_result(Verdict.PASS, Finding("log", True, **OF_2)), unobserved=("what it holds",))],
            {"1/1": "not observed", "2": "proved"},
        ),
        (
            [replace(_result(Verdict.NOT_CLAIMED), unobserved=("what it holds",)), _result(Verdict.PASS, MET)],
            {"1/1": "proved"},
        ),
    ],
)
def test_the_state_of_a_claim_comes_from_its_findings(small: Statement, results: list[Result], states: object) -> None:
    assert isinstance(states, dict)
    found = {each.id: each.state for each in listing.register(small, results)}
    assert {identifier: found[identifier] for identifier in states} == states
    assert set(found.values()) <= set(ClaimState)


def test_a_header_whose_expectations_all_bear_other_clauses_reaches_nothing(small: Statement) -> None:
    text = TEXT.replace("log: {contains: x}", "log: {contains: x, clause: PS3.8 9.3}")
    reached = {each.claim.id: each.cases for each in listing.claims(_cases(small, text), small)}
    assert reached == {"1/1": 0, "1/2": 0, "2": 6}


def test_every_clause_of_the_shipped_scenarios_is_a_claim_of_the_statement() -> None:
    statement = statements.load("directview-5.2")
    assert listing.unknown_clauses(cases(select(), statement), statement) == ()


@pytest.mark.parametrize("name", ["orthanc", "generic-archive"])
def test_the_shipped_scenarios_name_no_wrong_claim_of_another_statement(name: str) -> None:
    statement = statements.load(name)
    assert listing.unknown_clauses(cases(select(), statement), statement) == ()


def test_a_scenario_of_the_users_own_is_held_to_the_claims_of_any_statement(small: Statement, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(TEXT)
    assert listing.unknown_clauses(expand(read(path), small), small) == (("test/a", "DCS 9/9"),)


def test_a_claim_of_another_product_is_reached_by_the_scenarios_that_name_its_promise() -> None:
    archive = statements.load("dicom-conformance-archive")
    reached = {each.claim.id: dict(each.scenarios) for each in listing.claims(cases(select(), archive), archive)}
    names = next(found for claim, found in reached.items() if claim.endswith("person_names"))
    assert {"scp/query/name-case", "scp/query/name-wildcards"} <= names.keys()


def test_a_promise_is_judged_by_a_scenario_or_said_not_to_be_and_why():
    named = {promise for scenario in select().scenarios for promise in scenario.promises}
    assert set(PROMISES) - named == set(NOT_JUDGED)
    page = (Path(__file__).parents[3] / "docs" / "statements.md").read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line.startswith("| `")][-len(NOT_JUDGED) :] == [
        f"| `{promise}` | {why} |" for promise, why in NOT_JUDGED.items()
    ]


def test_each_claim_of_an_archive_is_reached_or_says_why_not():
    promised = statements.load("dicom-conformance-archive")
    every = [case for scenario in select().scenarios for case in expand(scenario, promised)]
    reached = {each.claim.promise: each for each in listing.claims(every, promised)}
    assert {name for name, each in reached.items() if not each.cases} == set(reached) & set(NOT_JUDGED)
    assert reached["levels"].reason == f"untested: {NOT_JUDGED['levels']}"
    for promise, name in (
        ("destinations", "scp/move/destinations"),
        ("storage_level", "scp/storage/level-2"),
        ("duplicates", "scp/storage/duplicates"),  # named by an expectation, not by the header
    ):
        assert name in dict(reached[promise].scenarios)
