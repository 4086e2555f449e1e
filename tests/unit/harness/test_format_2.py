"""Scenarios of format 2: what may be written, for which AEs they are played, and what named values become."""

from __future__ import annotations

import pytest
from acme_statement import acme

from dicom_conformance.errors import DataError
from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.results import Level
from dicom_conformance.scenario import scenario
from dicom_conformance.scenario.demand import Demand, Kind
from dicom_conformance.scenario.fit import fits, missing
from dicom_conformance.scenario.matrix import expand
from dicom_conformance.scenario.selection import Selection
from dicom_conformance.scenario.steps import Do, Expect
from dicom_conformance.statement import statement as statements
from dicom_conformance.statement import unclaimed

HEAD = """
format: "2"
id: scp/mine
title: It holds
needs: {role: SCP}
level: shall
clause: PS3.8 9.3
peers: {scu: {simulator: scu}}
"""
STEPS = """
steps:
  - do: {ae: scu, operation: associate, peer: subject, contexts: $capability.proposal}
  - expect:
      - pdu: {sender: subject, violations: none}
      - association: {acceptor: subject, maximum_length: $ae.maximum_length}
        level: claim
        promise: maximum_length
      - outcome: {operation: print, result: success}
        level: house
        clause: house#prints
"""
TWO = """
format: "2"
id: acme-4
device: {manufacturer: Acme, model: PACS}
application_entities:
  archive:
    maximum_length: 65536
    scp:
      - {service: verification}
      - {service: query, models: [study_root]}
  gateway:
    scp: [{service: verification}]
"""


def _read(text: str) -> scenario.Scenario:
    return scenario.from_document(parse(text, "f.yaml"))


def _statement(text: str = TWO) -> statements.Statement:
    return statements.check(parse(text, "s.yaml"))


def _changed(old: str, new: str) -> str:
    whole = HEAD + STEPS
    assert old in whole
    return whole.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{role: SCP}", "{role: SCP, ae: archive}", "f.yaml:5: needs.ae: a scenario of format 2 is chosen by role"),
        ("needs: {role: SCP}\n", "", "role is missing"),
        ("level: shall\n", "level: claim\n", "level: the clause 'PS3.8 9.3' does not fit the level claim"),
        ("clause: PS3.8 9.3\n", "clause: DCS 3.2\n", "'DCS 3.2' is not a clause"),
        ("clause: PS3.8 9.3\n", "clause: [PS3.8 9.3, a#1]\n", "names clauses of several kinds"),
        ("clause: PS3.8 9.3\n", "", "a clause or a promise is missing"),
        ("promise: maximum_length", "promise: maximum_lenght", "promise"),
        ("level: claim", "level: should", r"f.yaml:\d+: steps\[1\].expect\[1\].level: the promise 'maximum_length'"),
        ("$ae.maximum_length", "$ae.maximum_lenght", r"no statement can give \$ae.maximum_lenght; did you mean"),
        ("$ae.maximum_length", "$aee.maximum_length", "a named value begins with"),
        (
            "$capability.proposal",
            "$run.number",
            r"there is no value \$run.number; it must be one of run.id, subject.title",
        ),
        ("peer: subject", "peer: workstation", "'workstation': the product is called subject"),
        ("{scu: {simulator: scu}}", "{subject: {simulator: scu}}", "subject is the name of the subject"),
        ("{scu: {simulator: scu}}", "{workstation: {simulator: scu}}", "workstation is the name of the subject"),
        ("{role: SCP}", "{role: SCP, service: querry}", "needs.service"),
    ],
)
def test_a_wrong_file_is_refused_with_its_field(old: str, new: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _read(_changed(old, new))


@pytest.mark.parametrize("key", ["formerly: [old/one]", "see: PS3.8 9.3", "promise: identity"])
def test_format_1_does_not_have_the_new_keys(key: str) -> None:
    text = "id: a/b\ntitle: t\nlevel: shall\nclause: PS3.8 9.3\nsteps: [{expect: [{outcome: {operation: x}}]}]\n"
    assert _read(text).header.format == "1"
    with pytest.raises(DataError, match='needs `format: "2"`'):
        _read(text + key + "\n")
    with pytest.raises(DataError, match=r'\$ae.maximum_length is a named value, which needs `format: "2"`'):
        expand(_read(text.replace("operation: x", "operation: $ae.maximum_length")), _statement())


def test_an_expectation_has_one_demand() -> None:
    case = expand(_read(HEAD + STEPS), _statement())[0]
    (expect,) = [step for step in case.setup().steps if isinstance(step, Expect)]
    assert [(one.kind, one.clause, one.promise) for one in expect.expectations] == [
        (Kind.STANDARD, ("PS3.8 9.3",), ""),
        (Kind.CLAIM, (), "maximum_length"),
        (Kind.HOUSE, ("house#prints",), ""),
    ]
    assert getattr(expect.expectations[2].wanted, "ae", None) == "subject"


def test_a_note_may_go_with_any_demand() -> None:
    for demand in (
        Demand(Level.NOTE, ("PS3.4 C.4",)),
        Demand(Level.NOTE, (), "keys"),
        Demand(Level.NOTE, ("house#x",)),
    ):
        assert demand.mistake == ("", "")


def test_it_is_played_for_each_ae_that_fits_and_named_after_it_where_there_are_several() -> None:
    found = expand(_read(HEAD + STEPS), _statement())
    assert [case.id for case in found] == ["scp/mine[archive]", "scp/mine[gateway]"]
    only = expand(_read(_changed("{role: SCP}", "{role: SCP, service: query}")), _statement())
    assert [case.id for case in only] == ["scp/mine"]
    assert not any(case.reason for case in (*found, *only))


def test_the_capability_that_is_needed_gives_the_proposal() -> None:
    (case,) = expand(_read(_changed("{role: SCP}", "{role: SCP, service: query}")), _statement())
    (do,) = [step for step in case.setup().steps if isinstance(step, Do)]
    assert [each["sop_class"] for each in do.arguments["contexts"]] == ["1.2.840.10008.5.1.4.1.2.2.1"]


@pytest.mark.parametrize("needs", ["service: move", "service: retrieve", "promise: duplicates", "model: patient_root"])
def test_what_no_ae_claims_is_not_claimed(needs: str) -> None:
    (case,) = expand(_read(_changed("{role: SCP}", f"{{role: SCP, {needs}}}")), _statement())
    assert case.id == "scp/mine"
    assert case.reason.startswith("the statement acme-4 does not claim an AE as SCP with ")


def test_an_unstated_value_leaves_one_expectation_unjudged() -> None:
    first, second = expand(_read(HEAD + STEPS), _statement())
    assert [one.unstated for one in first.setup().steps[-1].expectations] == ["", "", ""]  # type: ignore[union-attr]
    assert [one.unstated for one in second.setup().steps[-1].expectations] == ["", "ae.maximum_length", ""]  # type: ignore[union-attr]


def test_an_unstated_value_in_what_is_done_makes_the_case_not_claimed() -> None:
    text = _changed("contexts: $capability.proposal", "maximum_length: $ae.maximum_length")
    assert [case.reason for case in expand(_read(text), _statement())] == ["", "unstated: ae.maximum_length"]


def test_what_claims_nothing_fits_nothing_until_it_was_measured() -> None:
    nothing = unclaimed("Acme")
    assert expand(_read(HEAD + STEPS), nothing)[0].reason
    from dicom_conformance.statement import CapabilityContext

    found = nothing.with_measured([CapabilityContext("1.2.840.10008.1.1", ("1.2.840.10008.1.2",))])
    (case,) = expand(_read(HEAD + STEPS), found)
    assert case.reason == ""
    assert case.id == "scp/mine"


def test_the_title_of_the_subject_is_known_when_a_case_is_played() -> None:
    text = _changed("contexts: $capability.proposal", "called_ae_title: $subject.title")
    case = expand(_read(text), _statement())[0]
    played = case.setup({"subject.title": "ACME", "run.id": "7"})
    assert played.steps[0].arguments["called_ae_title"] == "ACME"  # type: ignore[union-attr]
    assert played.subject == "subject"


def test_expectations_of_other_kinds_are_left_out() -> None:
    case = expand(_read(HEAD + STEPS), _statement())[0]
    assert case.setup().kinds == frozenset(Kind)
    assert case.setup().only(frozenset({Kind.CLAIM})).kinds == {Kind.CLAIM}


def test_an_earlier_id_still_selects_the_case_and_a_folder_of_it_does_not() -> None:
    text = HEAD.replace("title:", "formerly: [old/loader-greets]\ntitle:") + STEPS
    case = expand(_read(text), _statement())[0]
    assert case.former_ids == ("old/loader-greets[archive]", "old/loader-greets")
    for select, chosen in (("old/loader-greets", True), ("old/loader-g", True), ("old/", False), ("scp/", True)):
        assert Selection((case.scenario,), (select,)).chooses(case) is chosen


def test_the_claims_of_a_promise_go_with_the_case() -> None:
    case = expand(_read(HEAD + STEPS), _statement())[0]
    assert case.claims == {"maximum_length": ("acme-4#archive/maximum_length",)}


def test_an_ae_fits_that_has_the_further_services_too() -> None:
    statement = _statement()
    assert [fit.ae for fit in fits({"role": "SCP", "service": "verification"}, statement)] == ["archive", "gateway"]
    needs = {"role": "SCP", "service": "verification", "also": ["query"]}
    assert [fit.ae for fit in fits(needs, statement)] == ["archive"]
    assert fits({**needs, "also": ["query", "move"]}, statement) == ()
    assert "service move" in missing({**needs, "also": ["query", "move"]}, statement)


def test_a_transfer_syntax_that_is_needed_must_be_claimed_where_any_is_stated():
    text = """
format: "2"
id: scp/mine
title: It is kept
needs: {role: SCP, service: storage, sop_class: CTImageStorage, transfer_syntax: $transfer_syntax}
level: shall
clause: PS3.4 B.2.2
for_each: {values: {transfer_syntax: [ExplicitVRLittleEndian, JPEGLosslessSV1, RLELossless]}}
peers: {scu: {simulator: scu, holds: [{recipe: smallest}]}}
steps:
  - do: {ae: scu, operation: store, peer: subject}
  - expect: [{dimse: {sender: subject, message: C-STORE-RSP, status: success}}]
"""
    mine = scenario.from_document(parse(text, "f.yaml"))
    reasons = [case.reason for case in expand(mine, acme())]
    assert reasons[:2] == ["", ""]
    assert "transfer syntax 1.2.840.10008.1.2.5" in reasons[2]
    listed = "transfer_syntaxes: [uncompressed, JPEGLosslessSV1]"
    listed += "\n        selection: [JPEGLosslessSV1, ExplicitVRLittleEndian]"
    silent = acme(listed, "duplicates: replaces")
    assert [case.reason for case in expand(mine, silent)] == ["", "", ""]
