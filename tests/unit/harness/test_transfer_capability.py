"""What the tables of a statement claim, asked of a tiny statement of another vendor."""

from __future__ import annotations

import pytest
from tiny_statement import TINY

from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.statement.statement import Statement, check
from dicom_conformance.statement.transfer_capability import (
    ABSTRACT_SYNTAX_NOT_SUPPORTED,
    ACCEPTANCE,
    PRIVATE_ABSTRACT_SYNTAX,
    PRIVATE_TRANSFER_SYNTAX,
    TRANSFER_SYNTAXES_NOT_SUPPORTED,
    Row,
    chosen,
    claimed,
    configured,
    preferred,
    unclaimed_abstract_syntaxes,
    unclaimed_configurations,
    unclaimed_transfer_syntaxes,
    union_of_syntaxes,
)

EXPLICIT, IMPLICIT, JPEG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.4.70"
CT, OWN, ECHO = "1.2.840.10008.5.1.4.1.1.2", "2.25.99", "1.2.840.10008.1.1"


@pytest.fixture(scope="module")
def tiny() -> Statement:
    return check(parse(TINY, "tiny.yaml"))


def accepted(label: str, sop_class: str, uid: str, configuration: str) -> Row:
    return Row("A", label, sop_class, (uid,), "SCP", configuration, ACCEPTANCE, uid)


def test_rows_follow_the_file_and_know_their_first_configuration(tiny: Statement) -> None:
    assert list(claimed(tiny, ["A"], every_configuration=False)) == [
        accepted("CT", CT, IMPLICIT, "plain"),
        accepted("CT", CT, EXPLICIT, "plain"),
        accepted("OWN", OWN, JPEG, "dense"),
    ]


def test_rows_under_every_configuration(tiny: Statement) -> None:
    assert list(claimed(tiny, ["A"], every_configuration=True)) == [
        accepted("CT", CT, IMPLICIT, "plain"),
        accepted("CT", CT, EXPLICIT, "plain"),
        accepted("CT", CT, EXPLICIT, "dense"),
        accepted("OWN", OWN, JPEG, "dense"),
    ]


def test_a_table_without_a_policy_holds_under_every_configuration(tiny: Statement) -> None:
    assert [row.configuration for row in claimed(tiny, ["B"], every_configuration=True)] == ["plain", "dense"]
    assert [row.configuration for row in claimed(tiny, ["B"], every_configuration=False)] == ["plain"]
    assert preferred(tiny, tiny.tables["B"], "dense") == (IMPLICIT,)


def test_the_choice_follows_the_policy_and_not_the_proposal(tiny: Statement) -> None:
    plain, dense = (preferred(tiny, tiny.tables["A"], configuration) for configuration in ("plain", "dense"))
    assert chosen(plain, [IMPLICIT, EXPLICIT]) == chosen(plain, [EXPLICIT, IMPLICIT]) == EXPLICIT
    assert chosen(dense, [EXPLICIT, JPEG]) == JPEG
    assert chosen(dense, [IMPLICIT]) == ""
    assert preferred(tiny, tiny.tables["A"], "no such configuration") == ()


def test_what_is_configured_for_a_row(tiny: Statement) -> None:
    first, *_, last = claimed(tiny, ["A"], every_configuration=True)
    assert configured(tiny, first) == [EXPLICIT, IMPLICIT]
    assert configured(tiny, last) == [JPEG]


def test_an_abstract_syntax_that_no_table_names_is_unclaimed(tiny: Statement) -> None:
    rows = list(unclaimed_abstract_syntaxes(tiny, ["A", "B"], every_configuration=False))
    assert {row.result for row in rows} == {ABSTRACT_SYNTAX_NOT_SUPPORTED}
    assert {row.transfer_syntaxes for row in rows} == {(IMPLICIT, EXPLICIT, JPEG)}
    names = [row.sop_class for row in rows]
    assert PRIVATE_ABSTRACT_SYNTAX in names
    assert not {CT, OWN, ECHO} & set(names)


def test_a_transfer_syntax_that_neither_table_nor_policy_names_is_unclaimed(tiny: Statement) -> None:
    rows = list(unclaimed_transfer_syntaxes(tiny, ["A"], every_configuration=False))
    assert {row.result for row in rows} == {TRANSFER_SYNTAXES_NOT_SUPPORTED}
    unclaimed = {row.transfer_syntaxes[0] for row in rows if row.sop_class == CT}
    assert PRIVATE_TRANSFER_SYNTAX in unclaimed
    assert not {IMPLICIT, EXPLICIT, JPEG} & unclaimed


def test_a_row_is_unclaimed_under_the_configurations_that_lack_it(tiny: Statement) -> None:
    rows = [(row.configuration, row.label, row.transfer_syntaxes) for row in unclaimed_configurations(tiny, ["A"])]
    assert rows == [("plain", "OWN", (JPEG,)), ("dense", "CT", (IMPLICIT,))]


def test_all_transfer_syntaxes_of_some_tables(tiny: Statement) -> None:
    assert union_of_syntaxes(tiny, ["A", "B"]) == (IMPLICIT, EXPLICIT, JPEG)
