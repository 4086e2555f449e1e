"""Cases of a small statement, counted by hand, and those of the shipped one, counted by its sections."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.scenario.matrix import Case, expand
from dicom_conformance.scenario.scenario import from_document, read
from dicom_conformance.scenario.steps import Expect
from dicom_conformance.statement import statement as statements
from dicom_conformance.statement.statement import Statement

DATA = Path(__file__).parents[2] / "data"

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
LOSSLESS = "1.2.840.10008.1.2.4.70"

TEXT = """
id: test/a
title: t
clause: DCS 1/1
level: claim
for_each: {FOR_EACH}
configuration: $configuration
steps:
  - expect: [{log: {contains: x}}]
"""


@pytest.fixture(scope="module")
def small() -> Statement:
    return statements.load(DATA / "small-statement.yaml")


@pytest.fixture(scope="module")
def shipped() -> Statement:
    return statements.load("directview-5.2")


def _cases(for_each: str, statement: Statement, more: str = "", seed: int = 0) -> list[Case]:
    text = TEXT.replace("FOR_EACH", for_each[1:-1])
    text = (
        text
        if "contexts" in for_each or "proposals" in for_each
        else text.replace("configuration: $configuration\n", "")
    )
    return expand(from_document(parse(text + more, "f.yaml")), statement, seed)


def test_a_scenario_for_nothing_in_particular_is_one_case(small: Statement) -> None:
    (case,) = _cases("{}", small)
    assert (case.id, case.configuration, case.parameters, case.reason) == (
        "test/a",
        "none",
        {"configuration": "none"},
        "",
    )


def test_contexts_come_each_under_the_first_configuration_that_has_it(small: Statement) -> None:
    cases = _cases('{contexts: {table: "1"}}', small)
    assert [case.id for case in cases] == [
        f"test/a[{label},{uid}]" for label in ("CT", "MR") for uid in (IMPLICIT, EXPLICIT, LOSSLESS)
    ]
    assert [case.configuration for case in cases[:3]] == ["none", "none", "squeezed"]
    assert cases[2].parameters == {
        "table": "1",
        "sop_class": "1.2.840.10008.5.1.4.1.1.2",
        "transfer_syntax": LOSSLESS,
        "role": "SCP",
        "configuration": "squeezed",
    }
    assert cases[2].bindings["expected"] == "acceptance"


def test_contexts_come_under_every_configuration_if_asked(small: Statement) -> None:
    cases = _cases('{contexts: {table: "1", configurations: every}}', small)
    assert len(cases) == 2 * (2 + 3)
    assert len({case.id for case in cases}) == len(cases)
    assert cases[0].id == f"test/a[CT,{IMPLICIT},none,1,SCP]"


def test_values_are_told_as_parameters_where_they_mean_what_every_result_means_by_their_name(small: Statement) -> None:
    rows = [
        r"{layout: 'STANDARD\2,3', status: B604, message: N-SET-RSP, boxes: ['1', '2']}",
        "{layout: SLIDE, status: warned, state: state_shutter, table: x, configuration: lossless}",
        "{layout: '" + 65 * "x" + "', nothing: ''}",
    ]
    cases = _cases("{values: [" + ", ".join(rows) + "]}", small)
    assert [case.parameters for case in cases] == [
        {"layout": "STANDARD\\2,3", "status": "B604", "message": "N-SET-RSP", "configuration": "none"},
        {"layout": "SLIDE", "configuration": "none"},
        {"configuration": "none"},
    ]


def test_contexts_of_an_ae_and_of_all(small: Statement) -> None:
    assert [case.parameters["table"] for case in _cases("{contexts: {ae: client}}", small)] == ["2"]
    assert len(_cases("{contexts: {}}", small)) == 7


def test_what_is_claimed_but_not_under_this_configuration(small: Statement) -> None:
    cases = _cases('{contexts: {table: "1", claimed: configurations}}', small)
    assert [(case.configuration, case.parameters["transfer_syntax"]) for case in cases] == [("none", LOSSLESS)] * 2
    assert cases[0].bindings["expected"] == "transfer_syntaxes_not_supported"
    assert cases[0].bindings["refused"] == "not_accepted"


def test_transfer_syntaxes_that_are_not_claimed(small: Statement) -> None:
    cases = _cases('{contexts: {table: "1", claimed: transfer_syntaxes}}', small)
    syntaxes = Counter(case.parameters["sop_class"] for case in cases)
    assert set(syntaxes.values()) == {len(cases) // 2}
    proposed = {case.parameters["transfer_syntax"] for case in cases}
    assert not proposed & {IMPLICIT, EXPLICIT, LOSSLESS}
    assert {
        "1.2.840.10008.1.2.5",
        "1.2.840.10008.1.2.4.80",
        "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.4.100",
    } < proposed
    assert any(uid.startswith("2.25.") for uid in proposed)


def test_abstract_syntaxes_that_are_not_claimed(small: Statement) -> None:
    cases = _cases('{contexts: {table: "1", claimed: abstract_syntaxes}}', small)
    classes = {case.parameters["sop_class"] for case in cases}
    assert not classes & {"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"}
    assert {
        "1.2.840.10008.1.1",
        "1.2.840.10008.5.1.4.1.2.1.2",
        "1.2.840.10008.5.1.4.31",
        "1.2.840.10008.5.1.1.9",
    } < classes
    assert cases[0].bindings["transfer_syntaxes"] == [IMPLICIT, EXPLICIT, LOSSLESS]
    assert cases[0].bindings["expected"] == "abstract_syntax_not_supported"


def test_all_that_is_not_claimed_is_the_sum_of_its_parts(small: Statement) -> None:
    parts = ("abstract_syntaxes", "transfer_syntaxes", "configurations")
    counted = [len(_cases(f'{{contexts: {{table: "1", claimed: {part}}}}}', small)) for part in parts]
    assert len(_cases('{contexts: {table: "1", claimed: false}}', small)) == sum(counted)


def test_a_batch_carries_many_contexts_of_one_configuration(small: Statement) -> None:
    cases = _cases('{contexts: {table: "1", batch: 3}}', small)
    assert [(case.id, case.cells) for case in cases] == [
        ("test/a[none,1]", 3),
        ("test/a[none,2]", 1),
        ("test/a[squeezed,1]", 2),
    ]
    assert cases[2].bindings["proposed"] == [
        {"sop_class": "1.2.840.10008.5.1.4.1.1.2", "transfer_syntaxes": [LOSSLESS]},
        {"sop_class": "1.2.840.10008.5.1.4.1.1.4", "transfer_syntaxes": [LOSSLESS]},
    ]
    assert cases[2].bindings["expected"][0] == {
        "sop_class": "1.2.840.10008.5.1.4.1.1.2",
        "proposed": [LOSSLESS],
        "result": "acceptance",
        "configuration": "squeezed",
        "transfer_syntax": LOSSLESS,
        "table": "1",
    }


def test_proposals_are_every_subset_forwards_and_backwards(small: Statement) -> None:
    cases = _cases('{proposals: {tables: ["1"], batch: 128}}', small)
    assert [case.id for case in cases] == [
        f"test/a[{label},{conf},1]" for conf in ("none", "squeezed") for label in ("CT", "MR")
    ]
    expected = {tuple(entry["proposed"]): entry.get("transfer_syntax") for entry in cases[0].bindings["expected"]}
    assert expected == {
        (IMPLICIT,): IMPLICIT,
        (EXPLICIT,): EXPLICIT,
        (LOSSLESS,): None,
        (IMPLICIT, EXPLICIT): EXPLICIT,
        (EXPLICIT, IMPLICIT): EXPLICIT,
        (IMPLICIT, LOSSLESS): IMPLICIT,
        (LOSSLESS, IMPLICIT): IMPLICIT,
        (EXPLICIT, LOSSLESS): EXPLICIT,
        (LOSSLESS, EXPLICIT): EXPLICIT,
        (IMPLICIT, EXPLICIT, LOSSLESS): EXPLICIT,
        (LOSSLESS, EXPLICIT, IMPLICIT): EXPLICIT,
    }
    refused = [entry for entry in cases[0].bindings["expected"] if "transfer_syntax" not in entry]
    assert [entry["result"] for entry in refused] == ["transfer_syntaxes_not_supported"]
    assert [entry["result"] for entry in cases[0].bindings["refused"]].count("not_accepted") == 1


def test_statuses_stand_for_the_ends_of_their_range(small: Statement) -> None:
    cases = _cases("{statuses: {ae: client, message: C-FIND-RSP}}", small)
    assert [case.id for case in cases] == ["test/a[0000]", "test/a[C000]", "test/a[CFFF]"]
    assert cases[1].parameters == {"status": "C000", "message": "C-FIND-RSP", "role": "SCU", "configuration": "none"}
    assert (cases[1].bindings["class"], cases[1].bindings["expected"]) == ("failure", "failure")
    assert len(_cases("{statuses: {ae: client, codes: all}}", small)) == 1 + 0x1000
    assert len(_cases("{statuses: {ae: client, codes: first}}", small)) == 2
    assert len(_cases("{statuses: {ae: client, classes: success}}", small)) == 1


def test_recipes_come_in_the_order_named(small: Statement) -> None:
    cases = _cases("{recipes: {names: [state_inverse, state_window]}}", small)
    assert [case.id for case in cases] == ["test/a[state_inverse]", "test/a[state_window]"]
    assert [case.bindings["recipe"] for case in cases] == ["state_inverse", "state_window"]


def test_an_id_is_one_line_without_control_characters(small: Statement) -> None:
    (case,) = _cases(r'{values: {comment: ["out\r\nforged\e[2J"]}}', small)
    assert case.id == r"test/a[out\x0d\x0aforged\x1b[2J]"
    assert case.bindings["comment"] == "out\r\nforged\x1b[2J"


def test_statuses_may_be_written_out(small: Statement) -> None:
    (case,) = _cases("{statuses: {list: [{status: a700, class: failure, expected: partial}]}}", small)
    assert (case.id, case.bindings["status"], case.bindings["expected"]) == ("test/a[A700]", "A700", "partial")


def test_claims_and_cells(small: Statement) -> None:
    assert [case.id for case in _cases("{claims: {}}", small)] == ["test/a[1/1]", "test/a[1/2]", "test/a[2]"]
    assert len(_cases("{claims: {ae: client}}", small)) == 1
    assert len(_cases('{claims: {section: "1"}}', small)) == 2
    (cell,) = _cases("{cells: {states: Sta6, events: Evt12}}", small)
    assert (cell.id, cell.bindings["action"]) == ("test/a[Sta6,Evt12]", "AR-2")
    assert len(_cases("{cells: {}}", small)) > 100


def test_several_binders_multiply(small: Statement) -> None:
    cases = _cases('{contexts: {table: "2"}, statuses: {ae: client}}', small)
    assert [case.id for case in cases] == [f"test/a[FIND,{IMPLICIT},{status}]" for status in ("0000", "C000", "CFFF")]


def test_where_chooses_among_what_is_bound(small: Statement) -> None:
    for_each = '{contexts: {table: "1"}}'
    assert len(_cases(for_each, small, "where: {label: CT}")) == 3
    assert len(_cases(for_each, small, f"where: {{label: CT, transfer_syntax: [{IMPLICIT}, {LOSSLESS}]}}")) == 2
    assert len(_cases(for_each, small, f"where: {{transfer_syntax: {{not: [{IMPLICIT}, {LOSSLESS}]}}}}")) == 2


def test_a_condition_on_nothing_bound_is_wrong(small: Statement) -> None:
    with pytest.raises(
        DataError, match=r"f.yaml:10: where.lable: is not bound here; the names bound are configuration"
    ):
        _cases('{contexts: {table: "1"}}', small, "where: {lable: CT}")


def test_an_unbound_variable_is_found_before_anything_runs(small: Statement) -> None:
    with pytest.raises(DataError, match=r"\$lost is not bound"):
        _cases('{contexts: {table: "1"}}', small, "settings: {x: $lost}")


@pytest.mark.parametrize(
    ("needs", "reason"),
    [
        ("{ae: printer}", "no AE printer"),
        ("{ae: server, role: SCU}", "no AE server as SCU"),
        ("{sop_class: 1.2.3}", "does not claim SOP Class 1.2.3"),
        ("{ae: server, sop_class: 1.2.840.10008.5.1.4.1.2.2.1}", "does not claim SOP Class"),
        ("{transfer_syntax: [1.2.840.10008.1.2, 1.2.3]}", "does not claim transfer syntax 1.2.3"),
        ("{configuration: frozen}", "no configuration frozen"),
    ],
)
def test_what_the_statement_does_not_claim_is_not_claimed(small: Statement, needs: str, reason: str) -> None:
    (case,) = _cases("{}", small, f"needs: {needs}")
    assert reason in case.reason


@pytest.mark.parametrize("needs", ["{ae: server, role: SCP}", "{role: SCU}", "{configuration: squeezed, ae: client}"])
def test_what_the_statement_claims_is_played(small: Statement, needs: str) -> None:
    assert not _cases("{}", small, f"needs: {needs}")[0].reason


@pytest.mark.parametrize(
    "for_each",
    ['{contexts: {table: "9"}}', "{contexts: {ae: printer}}", "{statuses: {ae: printer}}", "{statuses: {ae: server}}"],
)
def test_a_binder_that_the_statement_cannot_fill_gives_one_case_with_the_reason(
    small: Statement, for_each: str
) -> None:
    (case,) = _cases(for_each, small)
    assert case.id == "test/a"
    assert "the statement small" in case.reason


def test_parameters_may_be_added(small: Statement) -> None:
    (case,) = _cases("{}", small, "parameters: {mutant: deaf, message: C-ECHO-RSP}")
    assert case.parameters == {"mutant": "deaf", "message": "C-ECHO-RSP", "configuration": "none"}


def test_the_seed_of_a_case_is_of_its_id_and_the_run(small: Statement) -> None:
    first, again, other = (_cases('{contexts: {table: "1"}}', small, seed=seed) for seed in (7, 7, 8))
    assert [case.seed for case in first] == [case.seed for case in again] != [case.seed for case in other]
    assert len({case.seed for case in first}) == len(first)
    assert first[0].bindings["seed"] == str(first[0].seed)


def test_the_example_of_the_contract_gives_every_context_of_table_3(shipped: Statement) -> None:
    cases = expand(read(DATA / "contract-scenario.yaml"), shipped)
    assert len(cases) == 288
    assert "storage/loader-accepts-every-context-of-table-3[CT,1.2.840.10008.1.2.4.90]" in {case.id for case in cases}
    assert Counter(case.configuration for case in cases) == {"none": 96, "lossless": 64, "lossy": 64, "jpeg2000": 64}
    setup = cases[-1].setup()
    assert isinstance(setup.steps[1], Expect)
    assert setup.peers["modality"].holds[0].transfer_syntax == cases[-1].parameters["transfer_syntax"]


def test_the_priority_matrix_has_every_cell_once(shipped: Statement) -> None:
    cases = _cases('{proposals: {tables: ["2", "3"]}}', shipped)
    assert (len(cases), sum(case.cells for case in cases)) == (1056, 133_716)
    assert len({case.id for case in cases}) == 1056
    cells = {
        (entry["configuration"], entry["sop_class"], tuple(entry["proposed"]))
        for case in cases[::33]
        for entry in case.bindings["expected"]
    }
    assert len(cells) == sum(case.cells for case in cases[::33])


def test_every_context_that_the_store_client_proposes(shipped: Statement) -> None:
    cases = _cases("{contexts: {ae: store_client}}", shipped)
    assert len(cases) == 31 * 9 + 3


@pytest.mark.parametrize(("table", "count"), [("1", 7), ("2", 7), ("4", 14)])
def test_the_rows_of_the_printed_tables(shipped: Statement, table: str, count: int) -> None:
    assert len(_cases(f'{{contexts: {{table: "{table}"}}}}', shipped)) == count


def test_what_a_configuration_has_is_bound_in_order_of_preference(small: Statement) -> None:
    cases = _cases('{contexts: {table: "1", configurations: every}}', small)
    configured = {case.configuration: case.bindings["configured"] for case in cases}
    assert configured == {"none": [EXPLICIT, IMPLICIT], "squeezed": [LOSSLESS, EXPLICIT, IMPLICIT]}
