"""The queries of a statement, asked of a tiny one of another vendor, so that nothing is wired to one product."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_statement import TINY

from dicom_conformance.files.strict_yaml import DataError, parse
from dicom_conformance.statement.statement import Statement, check, find, load


@pytest.fixture(scope="module")
def tiny() -> Statement:
    return check(parse(TINY, "tiny.yaml"))


def test_tables_of_an_ae_and_role(tiny: Statement) -> None:
    assert tiny.tables_of() == tiny.tables_of("keeper") == ("A", "B")
    assert tiny.tables_of("keeper", "SCU") == tiny.tables_of(role="SCU") == ("B",)
    assert tiny.tables_of("printer") == ()


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


def test_each_status_of_a_range_is_said_to_be_what_the_range_is(tiny: Statement) -> None:
    ill = [status for status in tiny.statuses("keeper", "C-ECHO-RSP", codes="all") if status.code != "0000"]
    assert [(status.code, status.meaning, status.result) for status in ill] == [
        (f"C00{last}", "Ill", "failure") for last in range(4)
    ]


def test_claims_are_named_exactly(tiny: Statement) -> None:
    assert [claim.text for claim in tiny.reached(["DCS 2/1"])] == ["It keeps"]
    assert tiny.reached(["PS3.7 9.1.5", "DCS 2", "DCS 3.1"]) == ()


def test_clauses_that_the_statement_does_not_know_reach_nothing(tiny: Statement) -> None:
    reached = tiny.reached(["DCS 2/2", "PS3.8 9.3", "DCS 2/2", "DCS 3.2.2.1.3.2.2", "DCS 2"])
    assert [claim.id for claim in reached] == ["2/2"]


def test_needs(tiny: Statement) -> None:
    assert tiny.has("keeper")
    assert tiny.has("keeper", "SCU")
    assert not tiny.has("printer")
    assert not tiny.has("printer", "SCU")
    assert tiny.has_role("SCU")
    assert not tiny.has_role("user")


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
