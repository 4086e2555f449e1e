"""The queries of a statement, asked of a tiny one of another vendor, so that nothing is wired to one product."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.statement import Context, Statement, UnknownClauseError, check, find, load
from harness.strict_yaml import DataError, parse

TINY = """
format: 1
id: tiny-1
title: A tiny archive
device: {manufacturer: Example, model: Tiny}
configurations: {plain: as delivered, dense: with compression}
application_entities:
  keeper:
    title: Keeper
    section: "2"
    roles: [SCP, SCU]
    association_initiator: true
    association_acceptor: true
    accepts: [A]
    proposes: [B]
    maximum_length: {bytes: 16384}
tables:
  A:
    title: What is kept
    section: "2"
    ae: keeper
    role: SCP
    policy: keeping
    transfer_syntaxes: [1.2.840.10008.1.2, 1.2.840.10008.1.2.1]
    contexts:
      - {label: CT, name: CT pictures, sop_class: 1.2.840.10008.5.1.4.1.1.2}
      - label: OWN
        name: Our own object
        sop_class: 2.25.99
        transfer_syntaxes: [1.2.840.10008.1.2.4.70]
  B:
    title: What is asked
    section: "2"
    ae: keeper
    role: SCU
    transfer_syntaxes: [1.2.840.10008.1.2]
    contexts:
      - {label: ECHO, name: Verification, sop_class: 1.2.840.10008.1.1}
policies:
  keeping:
    ae: keeper
    kind: selection
    sections: "2"
    configurations:
      plain: [1.2.840.10008.1.2.1, 1.2.840.10008.1.2]
      dense: [1.2.840.10008.1.2.4.70, 1.2.840.10008.1.2.1]
status_codes:
  - ae: keeper
    role: SCU
    message: C-ECHO-RSP
    values:
      - {first: 0000, status_class: success, meaning: Well, clause: PS3.7 9.1.5.1.4, result: success, behaviour: Told}
      - first: C000
        last: C003
        status_class: failure
        meaning: Ill
        clause: PS3.7 Annex C
        result: failure
        behaviour: Told
  - ae: keeper
    role: SCP
    message: C-STORE-RSP
    values:
      - {first: A700, status_class: failure, meaning: Full, clause: PS3.4 B.2.3, behaviour: Sent, printed: true}
sections:
  - {number: "1", title: About, promises_nothing: Words}
  - {number: "2", title: Keeping}
claims:
  - {id: 2/1, text: It keeps, ae: keeper, errata: [name]}
  - {id: 2/2, text: It sleeps, untested: nobody sees it sleep}
errata:
  - {id: name, section: "2", printed: CT pictures, read_as: CT Image Storage, why: PS3.6}
"""

EXPLICIT, IMPLICIT, JPEG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.4.70"
CT = "1.2.840.10008.5.1.4.1.1.2"


@pytest.fixture(scope="module")
def tiny() -> Statement:
    return check(parse(TINY, "tiny.yaml"))


def test_contexts_follow_the_file_and_know_their_configuration(tiny: Statement) -> None:
    assert list(tiny.contexts("A")) == [
        Context("A", "CT", "CT pictures", CT, IMPLICIT, "plain", "SCP", "keeper"),
        Context("A", "CT", "CT pictures", CT, EXPLICIT, "plain", "SCP", "keeper"),
        Context("A", "OWN", "Our own object", "2.25.99", JPEG, "dense", "SCP", "keeper"),
    ]


def test_a_table_without_a_policy_holds_under_the_first_configuration(tiny: Statement) -> None:
    assert [context.configuration for context in tiny.contexts("B")] == ["plain"]
    assert tiny.configurations_for("B", IMPLICIT) == ("plain", "dense")
    assert tiny.order("B", "dense") == (IMPLICIT,)


def test_configurations_of_a_transfer_syntax(tiny: Statement) -> None:
    assert tiny.configurations_for("A", EXPLICIT) == ("plain", "dense")
    assert tiny.configurations_for("A", IMPLICIT) == ("plain",)
    assert tiny.configurations_for("A", "1.2.3") == ()
    with pytest.raises(KeyError, match=r"lists 1\.2\.3"):
        tiny.configuration_for("A", "1.2.3")


def test_selection_follows_the_policy_and_not_the_proposal(tiny: Statement) -> None:
    assert tiny.select("A", "plain", [IMPLICIT, EXPLICIT]) == EXPLICIT
    assert tiny.select("A", "plain", [EXPLICIT, IMPLICIT]) == EXPLICIT
    assert tiny.select("A", "dense", [EXPLICIT, JPEG]) == JPEG
    assert tiny.select("A", "dense", [IMPLICIT]) is None


def test_an_unknown_table_or_configuration_is_named(tiny: Statement) -> None:
    with pytest.raises(KeyError, match="no table 'C'; the tables are A, B"):
        list(tiny.contexts("C"))
    with pytest.raises(KeyError, match="no configuration 'lossy'; the configurations are plain, dense"):
        tiny.order("A", "lossy")


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("boundaries", ["0000", "C000", "C003"]),
        ("first", ["0000", "C000"]),
        ("last", ["0000", "C003"]),
        ("all", ["0000", "C000", "C001", "C002", "C003"]),
    ],
)
def test_which_codes_stand_for_a_range(tiny: Statement, codes: str, expected: list[str]) -> None:
    assert [status.code for status in tiny.statuses("keeper", "C-ECHO-RSP", codes=codes)] == expected  # type: ignore[arg-type]


def test_statuses_by_message_and_role(tiny: Statement) -> None:
    assert [status.message for status in tiny.statuses("keeper", role="SCP")] == ["C-STORE-RSP"]
    assert list(tiny.statuses("keeper", "C-FIND-RSP")) == []
    assert list(tiny.statuses("nobody", "C-ECHO-RSP")) == []
    (sent,) = tiny.statuses("keeper", "C-STORE-RSP")
    assert (sent.result, sent.printed, sent.status_class) == (None, True, "failure")


def test_a_status_within_a_range_is_found(tiny: Statement) -> None:
    found = tiny.status("keeper", "C-ECHO-RSP", "C002")
    assert found is not None
    assert (found.code, found.meaning, found.result) == ("C002", "Ill", "failure")
    assert tiny.status("keeper", "C-ECHO-RSP", "C004") is None


def test_claims_are_named_exactly(tiny: Statement) -> None:
    claim = tiny.resolve("DCS 2/1")
    assert claim is not None
    assert claim.text == "It keeps"
    assert tiny.resolve("PS3.7 9.1.5") is None
    with pytest.raises(UnknownClauseError, match="2 makes several claims: 2/1, 2/2"):
        tiny.resolve("DCS 2")
    with pytest.raises(UnknownClauseError, match=r"tiny-1 makes no claim 3\.1"):
        tiny.resolve("DCS 3.1")


def test_clauses_that_the_statement_does_not_know_reach_nothing(tiny: Statement) -> None:
    reached = tiny.reached(["DCS 2/2", "PS3.8 9.3", "DCS 2/2", "DCS 3.2.2.1.3.2.2", "DCS 2"])
    assert [claim.id for claim in reached] == ["2/2"]


def test_needs(tiny: Statement) -> None:
    assert tiny.has("keeper")
    assert tiny.has("keeper", "SCU")
    assert not tiny.has("printer")


def test_names_and_labels(tiny: Statement) -> None:
    assert tiny.name_of(CT) == "CT Image Storage"
    assert tiny.name_of("2.25.99") == "Our own object"
    assert tiny.name_of("2.25.1") == "2.25.1"
    assert tiny.labels["2.25.99"] == "OWN"
    assert [erratum.id for erratum in tiny.errata_of("2")] == ["name"]
    assert [claim.id for claim in tiny.claims_of("2")] == ["2/1", "2/2"]


def test_a_written_statement_reads_as_it_was(tiny: Statement) -> None:
    assert Statement.model_validate(tiny.model_dump(mode="json")) == tiny


@pytest.mark.parametrize(
    ("old", "new", "at", "message"),
    [
        ("id: 2/2", "id: 2/1", "- {id: 2/1, text: It sleeps", "claims[1].id: 2/1 is used twice (first in claims[0])"),
        ("id: 2/2", 'id: "2"', '- {id: "2", text', "claims[1].id: 2 makes several claims, so this one needs a number"),
        ("id: 2/2", "id: 9.1", "- {id: 9.1,", "claims[1].id: there is no section 9.1"),
        ("ae: keeper, errata: [name]", "ae: keeper, errata: [nome]", "errata: [nome]", "there is no erratum 'nome'"),
        (
            'section: "2", printed: CT',
            'section: "7", printed: CT',
            "- {id: name",
            "errata[0].section: there is no section 7",
        ),
        ("      dense: [", "      thick: [", "thick: [", "no configuration 'thick'; it must be one of plain, dense"),
        (
            "    policy: keeping",
            "    policy: kept",
            "policy: kept",
            "tables.A.policy: no policy 'kept'; it must be one of keeping",
        ),
        ("    accepts: [A]", "    accepts: [C]", "accepts: [C]", "no table 'C'; it must be one of A, B"),
        ("[1.2.840.10008.1.2.4.70]\n", "[1.2.840.10008.1.2.4.91]\n", "- label: OWN", "lists 1.2.840.10008.1.2.4.91"),
        (
            "last: C003",
            "last: BFFF",
            "last: BFFF",
            "status_codes[0].values[1].last: the range ends at BFFF, before its start",
        ),
        ("first: C000", "first: 0000", "first: 0000\n", "0000 to C003 overlaps an earlier range"),
        ("        result: failure\n", "", "first: C000", "is missing: the result that the SCU reports to its user"),
        ("promises_nothing: Words", "title_: Words", "title_:", "unknown key"),
        (", promises_nothing: Words", "", 'number: "1"', "1 makes no claim; say why in promises_nothing"),
        ("sop_class: 2.25.99", "sop_class: 2.25.099", "2.25.099", "sop_class"),
        ("first: A700", "first: a700", "first: a700", "first"),
        ("association_acceptor: true", "association_acceptor: false", "accepts: [A]", "the AE accepts no association"),
        ("label: OWN", "label: CT", "label: CT\n", "CT is used twice"),
    ],
)
def test_faults_tell_file_line_and_field(old: str, new: str, at: str, message: str) -> None:
    assert TINY.count(old) == 1
    text = TINY.replace(old, new)
    line = text[: text.index(at)].count("\n") + 1
    with pytest.raises(DataError) as caught:
        check(parse(text, "tiny.yaml"))
    told = str(caught.value)
    assert message in told
    assert told.startswith(f"tiny.yaml:{line}: ")


def test_every_fault_is_told() -> None:
    text = TINY.replace("id: 2/2", "id: 9.1").replace("    accepts: [A]", "    accepts: [C]")
    with pytest.raises(DataError) as caught:
        check(parse(text, "tiny.yaml"))
    assert len(caught.value.others) == 1


def test_a_statement_is_found_by_name_or_path(tmp_path: Path) -> None:
    assert find("directview-5.2").name == "directview-5.2.yaml"
    file = tmp_path / "tiny.yaml"
    file.write_text(TINY, encoding="utf-8")
    assert load(file).id == "tiny-1"
    with pytest.raises(DataError, match=r"no such statement; give one of .*directview-5\.2"):
        load("nowhere-1.0")
    with pytest.raises(DataError, match="No such file"):
        load(tmp_path / "missing.yaml")
