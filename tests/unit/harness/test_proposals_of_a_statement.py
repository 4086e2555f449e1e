"""Presentation contexts that follow from a statement: `$ae.claimed_contexts`, `$ae.choices` and their like."""

from __future__ import annotations

import pytest
from acme_statement import acme

from dicom_conformance.statement import UNSTATED, known_path, registry
from dicom_conformance.statement.proposals import MOST_ASSOCIATIONS

CT, MR, SC = (f"1.2.840.10008.5.1.4.1.1.{last}" for last in ("2", "4", "7"))
IMPLICIT, EXPLICIT, BIG = (f"1.2.840.10008.1.2{last}" for last in ("", ".1", ".2"))
LOSSLESS = "1.2.840.10008.1.2.4.70"
PRIVATE = "2.25.310927"


def value(name, statement=None, ae="archive"):
    assert known_path(f"ae.{name}")
    return (statement or acme()).stated(f"ae.{name}", ae, role="SCP", configuration="plain")


def of_class(proposal, uid):
    return [one["transfer_syntaxes"] for one in proposal if one["sop_class"] == uid]


def test_each_claimed_pair_has_a_context_of_its_own():
    found = value("claimed_contexts")
    assert sorted(of_class(found, MR)) == sorted([[one] for one in (EXPLICIT, IMPLICIT, BIG, LOSSLESS)])
    assert of_class(found, "1.2.840.10008.1.1") == [[IMPLICIT]]
    assert all(len(one["transfer_syntaxes"]) == 1 for one in found)


def test_each_claimed_storage_class_is_proposed_once_in_a_usual_transfer_syntax():
    found = value("claimed_storage")
    assert [one["sop_class"] for one in found] == [CT, MR, SC, "2.25.99"]
    assert {tuple(one["transfer_syntaxes"]) for one in found} == {(EXPLICIT, IMPLICIT)}


def test_what_is_not_claimed_is_no_pair_that_is():
    claimed = {(one["sop_class"], uid) for one in value("claimed_contexts") for uid in one["transfer_syntaxes"]}
    found = value("unclaimed_contexts")
    unclaimed = {(one["sop_class"], uid) for one in found for uid in one["transfer_syntaxes"]}
    assert not claimed & unclaimed
    assert of_class(found, MR) == []
    assert {syntax for (syntax,) in of_class(found, CT)} == {*registry.STANDARD_TRANSFER_SYNTAXES} - {
        IMPLICIT,
        EXPLICIT,
        BIG,
        LOSSLESS,
    }
    assert of_class(found, "1.2.840.10008.5.1.4.1.1.20") == [[EXPLICIT, IMPLICIT]]


def test_excluded_is_what_only_leaves_out_and_what_is_not_offered():
    found = value("excluded_contexts")
    assert of_class(found, "1.2.840.10008.5.1.4.1.1.20") == [[EXPLICIT, IMPLICIT]], "the storage has `only: true`"
    assert [BIG] not in of_class(found, CT)
    assert ["1.2.840.10008.1.2.5"] in of_class(found, CT)
    assert of_class(found, "1.2.840.10008.5.1.4.1.2.2.3") == [[EXPLICIT, IMPLICIT]], "get is not offered"
    assert not of_class(found, "1.2.840.10008.5.1.4.1.2.3.1"), "the queries may have more models"
    assert not of_class(found, "1.2.840.10008.1.1"), "Verification may have more transfer syntaxes"


def test_a_statement_that_excludes_nothing_states_no_excluded_contexts():
    lenient = acme("        only: true\n").stated("ae.excluded_contexts", "printer", role="SCP", configuration="plain")
    assert lenient is UNSTATED


def test_unclaimed_storage_has_a_class_that_nobody_assigned():
    found = [one["sop_class"] for one in value("unclaimed_storage")]
    assert found[-1] == PRIVATE
    assert not {CT, MR, SC} & {*found}


def test_up_to_six_transfer_syntaxes_are_proposed_in_every_choice_and_both_orders():
    found = of_class(value("choices"), CT)
    assert len(found) == len({tuple(one) for one in found}) == 2 * (2**4 - 1) - 4
    assert all([*reversed(one)] in found for one in found)
    assert {one["sop_class"] for one in value("choices")} == {CT}, "the only service that states an order"
    assert value("selections") == {CT: [LOSSLESS, EXPLICIT]}


def test_more_transfer_syntaxes_are_proposed_alone_and_in_ordered_pairs():
    many = acme("[uncompressed, JPEGLosslessSV1]", "[uncompressed, JPEGLosslessSV1, jpeg_2000, jpeg_ls]")
    found = of_class(value("choices", many), CT)
    assert len(found) == 8 + 8 * 7
    assert {len(one) for one in found} == {1, 2}


@pytest.mark.parametrize(
    ("stated", "most"),
    [
        ("associations: {accepted: 20}", 20),
        ("associations: {accepted: 20, per_peer: 4}", 4),
        ("associations: {accepted: unlimited}", MOST_ASSOCIATIONS),
        ("associations: {accepted: 500, per_peer: unlimited}", MOST_ASSOCIATIONS),
        ("associations: {accepted: configured}", UNSTATED),
        ("associations: {accepted: 0}", UNSTATED),
        ("associations: {initiated: 2}", UNSTATED),
        ("maximum_length: 4096", UNSTATED),
    ],
)
def test_as_many_associations_as_one_peer_may_open(stated, most):
    text = "associations: {accepted: 20}"
    statement = acme(f"maximum_length: 65536\n    {text}", stated) if "maximum" in stated else acme(text, stated)
    assert value("most_associations", statement) == most


def test_an_ae_that_claims_nothing_of_a_kind_does_not_state_it():
    assert value("choices", ae="printer") is UNSTATED
    assert value("claimed_storage", ae="printer") is UNSTATED
