"""The priority matrix against a brute-force oracle, on small statements of any shape."""

from __future__ import annotations

import itertools
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.scenario.binders import orders
from dicom_conformance.scenario.matrix import expand
from dicom_conformance.scenario.scenario import from_document
from dicom_conformance.statement import statement as statements
from dicom_conformance.statement.statement import Statement

TEXT = """
id: test/a
title: t
clause: c
level: claim
for_each: {proposals: {table: "1", batch: BATCH}}
configuration: $configuration
steps:
  - expect: [{context: {acceptor: workstation, contexts: $expected}}]
"""

SMALL = statements.load(Path(__file__).parents[1] / "data" / "small-statement.yaml")
UIDS = [f"1.2.840.10008.1.2.4.{number}" for number in range(50, 56)]


@st.composite
def small_statements(draw: st.DrawFn) -> Statement:
    syntaxes = draw(st.lists(st.sampled_from(UIDS), min_size=1, max_size=5, unique=True))
    policy = SMALL.policies["order"]
    configurations = {
        name: tuple(draw(st.lists(st.sampled_from(UIDS), max_size=6, unique=True))) for name in policy.configurations
    }
    table = SMALL.tables["1"].model_copy(update={"transfer_syntaxes": tuple(syntaxes)})
    return SMALL.model_copy(
        update={
            "tables": {"1": table},
            "policies": {"order": policy.model_copy(update={"configurations": configurations})},
        }
    )


def _oracle(statement: Statement) -> dict[tuple[str, str, tuple[str, ...]], str | None]:
    """Say what is accepted of each proposal, without a thought for speed or order."""
    table = statement.tables["1"]
    cells: dict[tuple[str, str, tuple[str, ...]], str | None] = {}
    for configuration, preference in statement.policies["order"].configurations.items():
        for row in table.contexts:
            for chosen in itertools.product([False, True], repeat=len(table.transfer_syntaxes)):
                subset = [uid for uid, wanted in zip(table.transfer_syntaxes, chosen, strict=True) if wanted]
                if subset:
                    accepted = [uid for uid in preference if uid in subset]
                    for order in (tuple(subset), tuple(reversed(subset))):
                        cells[configuration, row.sop_class, order] = accepted[0] if accepted else None
    return cells


@given(small_statements(), st.integers(min_value=1, max_value=128))
@settings(max_examples=60, deadline=None)
def test_every_cell_of_the_oracle_is_asked_once_and_nothing_else(statement: Statement, batch: int) -> None:
    cases = expand(from_document(parse(TEXT.replace("BATCH", str(batch)))), statement)
    entries = [entry for case in cases for entry in case.bindings["expected"]]
    found = {
        (entry["configuration"], entry["sop_class"], tuple(entry["proposed"])): entry.get("transfer_syntax")
        for entry in entries
    }
    assert found == _oracle(statement)
    assert len(entries) == len(found) == sum(case.cells for case in cases)
    assert all((entry["result"] == "acceptance") == ("transfer_syntax" in entry) for entry in entries)
    assert all(len(case.bindings["proposed"]) <= batch for case in cases)
    assert len({case.id for case in cases}) == len(cases)


@given(st.integers(min_value=1, max_value=9))
def test_the_number_of_orders(count: int) -> None:
    found = orders([str(number) for number in range(count)])
    assert len(found) == len(set(found)) == 2 * (2**count - 1) - count
