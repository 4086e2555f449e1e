from __future__ import annotations

from typing import Any

import pytest

from dicom_simulators.association.negotiation import Agreement, Policy, Supported, agreed, negotiate
from dicom_simulators.association.requestor import Proposal, propose
from dicom_wire import AAssociateRJ, RoleSelection

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"


def answer(policy: Policy, *contexts: tuple[str, list[str]], **proposed: Any) -> Agreement:
    found = negotiate(Proposal("SCP", "SCU", propose(*contexts), **proposed).request(), policy)
    assert isinstance(found, Agreement)
    return found


@pytest.mark.parametrize(
    ("order", "expected"), [("acceptor", EXPLICIT), ("requestor", IMPLICIT)], ids=["acceptor", "requestor"]
)
def test_whose_order_decides(order: Any, expected: str) -> None:
    policy = Policy((Supported(CT, (EXPLICIT, IMPLICIT)),), order=order)
    (context,) = answer(policy, (CT, [BIG, IMPLICIT, EXPLICIT])).contexts
    assert (context.result, context.transfer_syntax) == (0, expected)


def test_results_of_what_is_not_supported() -> None:
    policy = Policy((Supported(CT, (EXPLICIT,)),))
    contexts = answer(policy, (CT, [EXPLICIT]), (CT, [BIG]), (MR, [EXPLICIT]), (CT, [])).contexts
    assert [(context.context_id, context.result) for context in contexts] == [(1, 0), (3, 4), (5, 3), (7, 4)]


def test_every_context_is_answered_with_one_transfer_syntax() -> None:
    acceptance = answer(Policy(), *[(MR, [EXPLICIT])] * 128).acceptance
    assert len(acceptance.presentation_contexts) == 128
    assert all(context.transfer_syntax for context in acceptance.presentation_contexts)


def test_any_sop_class() -> None:
    (context,) = answer(Policy(any_sop_class=(EXPLICIT,)), ("1.2.3", [IMPLICIT, EXPLICIT])).contexts
    assert context.transfer_syntax == EXPLICIT


@pytest.mark.parametrize(
    ("policy", "triple"),
    [
        (Policy(called_ae_titles=frozenset({"OTHER"})), (1, 1, 7)),
        (Policy(calling_ae_titles=frozenset({"OTHER"})), (1, 1, 3)),
    ],
)
def test_titles_that_are_not_recognized(policy: Policy, triple: tuple[int, int, int]) -> None:
    found = negotiate(Proposal("SCP", "SCU", ()).request(), policy)
    assert isinstance(found, AAssociateRJ)
    assert (found.result, found.source, found.reason) == triple


def test_another_application_context_is_rejected() -> None:
    found = negotiate(Proposal("SCP", "SCU", (), application_context_name="1.2.3").request(), Policy())
    assert isinstance(found, AAssociateRJ)
    assert (found.result, found.source, found.reason) == (1, 1, 2)


@pytest.mark.parametrize(("scu", "scp"), [(0, 1), (1, 1), (1, 0), (0, 0)])
def test_no_role_is_given_that_was_not_asked_for_or_is_not_supported(scu: int, scp: int) -> None:
    policy = Policy((Supported(CT, (EXPLICIT,), scu=True, scp=False),))
    proposal = Proposal("SCP", "SCU", propose((CT, [EXPLICIT])), user_information=(RoleSelection(CT, scu, scp),))
    found = negotiate(proposal.request(), policy)
    assert isinstance(found, Agreement)
    (role,) = found.acceptance.find(RoleSelection)
    assert (role.scu, role.scp) == (scu, 0)
    (context,) = agreed(proposal.contexts, found.acceptance)
    assert (context.scu, context.scp) == (bool(scu), False)


def test_without_role_selection_the_requestor_is_scu() -> None:
    (context,) = answer(Policy((Supported(CT),)), (CT, [EXPLICIT])).contexts
    assert (context.scu, context.scp) == (True, False)


def test_a_context_that_is_not_answered_is_not_accepted() -> None:
    proposal = Proposal("SCP", "SCU", propose((CT, [EXPLICIT]), (MR, [EXPLICIT])))
    found = negotiate(Proposal("SCP", "SCU", propose((CT, [EXPLICIT]))).request(), Policy((Supported(CT),)))
    assert isinstance(found, Agreement)
    assert [context.accepted for context in agreed(proposal.contexts, found.acceptance)] == [True, False]
