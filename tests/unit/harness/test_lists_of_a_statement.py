"""`for_each` over what a statement lists: `{layout: $capability.layouts}`."""

from __future__ import annotations

import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.scenario import scenario
from dicom_conformance.scenario.matrix import Case, expand
from dicom_conformance.statement import statement as statements

FILE = """
format: "2"
id: scp/mine
title: It holds
needs: {role: SCP, service: print}
level: claim
promise: attributes
for_each: {values: FOR_EACH}
WHERE
peers: {scu: {simulator: scu}}
steps:
  - do: {ae: scu, operation: echo, peer: subject}
  - expect: [{dimse: {sender: subject, message: C-ECHO-RSP, fields: {ErrorComment: VALUE}}}]
"""
PRINTERS = """
format: "2"
id: acme-printers
device: {manufacturer: Acme, model: Printers}
application_entities:
  film:
    scp: [{service: print, meta: [grayscale], media: [PAPER, BLUE FILM], bits: [8, 12], prints_sessions: true,
           annotation_formats: {LABEL: 1, COMBINED: 2}}]
  paper:
    scp: [{service: print, meta: [grayscale], prints_sessions: false}]
"""


def cases(for_each: str, value: str, where: str = "") -> list[Case]:
    text = FILE.replace("FOR_EACH", for_each).replace("VALUE", value).replace("WHERE", where)
    return expand(scenario.from_document(parse(text, "f.yaml")), statements.check(parse(PRINTERS, "s.yaml")))


def test_each_value_of_the_list_is_a_case_of_the_ae_that_lists_it() -> None:
    found = cases("{medium: $capability.media}", "$medium")
    assert [case.id for case in found] == ["scp/mine[film,PAPER]", "scp/mine[film,BLUE FILM]"]
    assert [case.bindings["medium"] for case in found] == ["PAPER", "BLUE FILM"]
    assert not any(case.reason for case in found)


def test_numbers_are_texts_and_multiply_with_values_written_out() -> None:
    found = cases("{bits: $capability.bits, more: [a, b]}", "$bits")
    assert [(case.bindings["bits"], case.bindings["more"]) for case in found] == [
        ("8", "a"),
        ("8", "b"),
        ("12", "a"),
        ("12", "b"),
    ]


def test_a_mapping_binds_its_keys_and_their_values() -> None:
    found = cases("{form: $capability.annotation_formats}", "$form_value")
    assert [(case.bindings["form"], case.bindings["form_value"]) for case in found] == [
        ("LABEL", "1"),
        ("COMBINED", "2"),
    ]


def test_a_single_value_is_a_list_of_one_that_where_can_ask_for() -> None:
    assert [case.bindings["all"] for case in cases("{all: $capability.prints_sessions}", "$all")] == ["true", "false"]
    (one,) = cases("{all: $capability.prints_sessions}", "$all", 'where: {all: "true"}')
    assert one.bindings["all"] == "true"


@pytest.mark.parametrize(
    ("for_each", "where", "reason"),
    [
        ("{medium: $capability.polarities}", "", "unstated: capability.polarities"),
        ("{medium: $capability.media}", "where: {medium: [GLASS]}", "lists nothing in capability.media that fits"),
    ],
)
def test_what_the_statement_does_not_list_is_not_claimed(for_each: str, where: str, reason: str) -> None:
    (one,) = cases(for_each, "$medium", where)
    assert reason in one.reason


@pytest.mark.parametrize("path", ["$capability.lay_outs", "$run.id", "$medium"])
def test_a_list_that_no_statement_can_give_is_a_mistake(path: str) -> None:
    with pytest.raises(DataError):
        cases(f"{{medium: {path}}}", "$medium")
