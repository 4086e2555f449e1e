"""The check `negotiation`: each rule is silent on a lawful answer, and names what is wrong with another one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hand_written import CT, EXPLICIT, IMPLICIT, MR, A, R, Talk, acceptance, judged, request, trace_of

from dicom_wire.items import AsynchronousOperationsWindow, RoleSelection, UserInformation
from dicom_wire.pdu import AAssociateAC, AAssociateRQ

PROPOSED = ((CT, (EXPLICIT, IMPLICIT)), (CT, (IMPLICIT,)), (MR, (IMPLICIT,)))
LAWFUL = ((0, EXPLICIT), (0, IMPLICIT), (3, IMPLICIT))


def told(pdu: AAssociateRQ | AAssociateAC, *items: object) -> AAssociateRQ | AAssociateAC:
    """Add sub-items to the user information."""
    changed = tuple(
        UserInformation((*one.sub_items, *items)) if isinstance(one, UserInformation) else one for one in pdu.items
    )
    return replace(pdu, items=changed)


def finding_of(rule, answers=LAWFUL, asked=(), answered=(), proposed=PROPOSED, change=lambda pdu: pdu, **wanted):
    def talk(recorder):
        ac = change(told(acceptance(*answers), *answered))
        Talk(recorder).pdu(R, told(request(*proposed), *asked)).pdu(A, ac).released()

    rules = {"rules": rule} if rule else {}
    (found,) = judged(trace_of(talk), "negotiation", acceptor="workstation", **rules, **wanted)
    return found


@pytest.mark.parametrize(
    "rule", ["one_result_each", "as_proposed", "reasons", "default_syntax", "roles", "window", "titles"]
)
def test_a_lawful_answer_meets_each_rule(rule):
    found = finding_of(rule)
    assert found.met, found.actual


@pytest.mark.parametrize(
    ("rule", "answers", "words"),
    [
        ("one_result_each", LAWFUL[:2], "0 results for context 5"),
        ("one_result_each", (*LAWFUL, (0, IMPLICIT)), "a result for context 7, which was not proposed"),
        ("as_proposed", (LAWFUL[0], (0, EXPLICIT), LAWFUL[2]), f"context 3 is accepted with {EXPLICIT}"),
        ("reasons", (LAWFUL[0], (3, IMPLICIT), LAWFUL[2]), f"context 3 is refused for {CT}"),
        ("default_syntax", (*LAWFUL[:2], (4, IMPLICIT)), f"{MR} is refused for its transfer syntaxes"),
    ],
)
def test_an_answer_that_breaks_a_rule_is_named(rule, answers, words):
    found = finding_of(rule, answers)
    assert not found.met
    assert words in found.actual


def test_one_context_of_a_class_may_be_refused_for_its_transfer_syntaxes():
    assert finding_of("default_syntax", (LAWFUL[0], (4, IMPLICIT), LAWFUL[2])).met


def test_roles_and_windows_are_no_wider_than_proposed():
    role, window = RoleSelection, AsynchronousOperationsWindow
    assert finding_of("roles", asked=[role(CT, 1, 1)], answered=[role(CT, 1, 0)]).met
    assert not finding_of("roles", asked=[role(CT, 1, 0)], answered=[role(CT, 1, 1)]).met
    assert not finding_of("roles", answered=[role(CT, 1, 0)]).met
    assert finding_of("window", asked=[window(3, 3)], answered=[window(3, 1)]).met
    assert finding_of("window", asked=[window(0, 0)], answered=[window(8, 0)]).met
    assert not finding_of("window", asked=[window(3, 3)], answered=[window(4, 3)]).met
    assert not finding_of("window", asked=[window(3, 3)], answered=[window(0, 3)]).met
    assert not finding_of("window", answered=[window(1, 1)]).met


def test_titles_are_compared_byte_by_byte():
    assert not finding_of("titles", change=lambda pdu: replace(pdu, called_ae_title="OTHER")).met


def test_an_order_is_expected_only_of_what_the_acceptor_takes():
    both = ((CT, (EXPLICIT, IMPLICIT)), (CT, (IMPLICIT, EXPLICIT)), (CT, (IMPLICIT,)))
    by_requestor = ((0, EXPLICIT), (0, IMPLICIT), (0, IMPLICIT))
    fixed = ((0, EXPLICIT), (0, EXPLICIT), (0, IMPLICIT))
    assert finding_of(None, by_requestor, proposed=both, selection="requestor").met
    assert not finding_of(None, fixed, proposed=both, selection="requestor").met
    assert finding_of(None, fixed, proposed=both, selection=[EXPLICIT, IMPLICIT]).met
    assert not finding_of(None, by_requestor, proposed=both, selection=[EXPLICIT, IMPLICIT]).met
    only = ((0, IMPLICIT), (0, IMPLICIT), (0, IMPLICIT))
    assert finding_of(None, only, proposed=both, selection=[EXPLICIT, IMPLICIT]).met


def test_without_an_acceptance_no_rule_is_met():
    trace = trace_of(lambda recorder: Talk(recorder).pdu(R, request(*PROPOSED)))
    (found,) = judged(trace, "negotiation", acceptor="workstation", rules="as_proposed")
    assert (found.met, found.actual) == (False, "no association to workstation was accepted")


def test_an_order_may_be_given_for_each_sop_class():
    proposed = ((CT, (IMPLICIT, EXPLICIT)), (CT, (IMPLICIT,)), (CT, (EXPLICIT,)), (MR, (EXPLICIT, IMPLICIT)))
    answers = ((0, IMPLICIT), (0, IMPLICIT), (0, EXPLICIT), (0, EXPLICIT))
    wanted = {"proposed": proposed, "answers": answers}
    assert finding_of(None, selections={CT: [IMPLICIT, EXPLICIT]}, **wanted).met
    assert finding_of(None, selections={CT: "requestor"}, **wanted).met
    other = finding_of(None, selections={CT: [EXPLICIT, IMPLICIT], MR: [IMPLICIT]}, **wanted)
    assert (other.met, other.actual) == (False, f"{IMPLICIT} of {IMPLICIT}, {EXPLICIT}, not {EXPLICIT}")


def test_what_an_acceptor_takes_on_another_association_counts_for_the_order():
    def talk(*answers, proposed):
        return lambda recorder: Talk(recorder).pdu(R, request(*proposed)).pdu(A, acceptance(*answers)).released()

    alone = talk((0, EXPLICIT), proposed=((CT, (EXPLICIT,)),))
    pair = talk((0, IMPLICIT), proposed=((CT, (IMPLICIT, EXPLICIT)),))
    wanted = {"acceptor": "workstation", "selections": {CT: [EXPLICIT, IMPLICIT]}}
    assert judged(trace_of(pair), "negotiation", **wanted)[0].met
    assert not judged(trace_of(pair, alone), "negotiation", **wanted)[0].met


def test_what_is_accepted_besides_the_statement_is_counted():
    none = finding_of(None, answers=((3, None), (4, None), (3, None)), more_than_claimed=True)
    assert (none.met, none.actual) == (True, "none of them is accepted")
    some = finding_of(None, more_than_claimed=True)
    assert (some.met, some.actual) == (False, f"accepts 2 contexts more than its statement claims, of {CT}")
