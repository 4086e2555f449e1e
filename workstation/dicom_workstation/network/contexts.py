"""Presentation contexts and roles, as a requestor proposes them and as an acceptor accepted them.

Invariants: each proposed context has one transfer syntax, and the odd number that its place gives it.

References
----------
PS3.8 Section 9.3.2.2 (presentation context ID); PS3.7 Annex D.3.3.4 (SCP/SCU role selection)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pynetdicom import build_context
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext


@dataclass(frozen=True, slots=True)
class AcceptedContext:
    """A presentation context that the peer accepted."""

    context_id: int
    abstract_syntax: str
    transfer_syntax: str


def proposed_contexts(pairs: Iterable[tuple[str, str]]) -> list[PresentationContext]:
    """Return the contexts that propose pairs of abstract and transfer syntax."""
    contexts = []
    for index, (abstract_syntax, transfer_syntax) in enumerate(pairs):
        context = build_context(abstract_syntax, transfer_syntax)
        context.context_id = 2 * index + 1
        contexts.append(context)
    return contexts


def scp_role(abstract_syntax: str) -> SCP_SCU_RoleSelectionNegotiation:
    """Return the proposal that the requestor is SCP of an abstract syntax, and not its SCU."""
    role = SCP_SCU_RoleSelectionNegotiation()
    role.sop_class_uid = abstract_syntax
    role.scu_role, role.scp_role = False, True
    return role
