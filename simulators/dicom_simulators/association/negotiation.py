"""What an acceptor supports, and the answer that this gives to an A-ASSOCIATE-RQ: a pure function, no socket.

Each proposed presentation context is answered for itself (PS3.8 9.3.3.2, Table 9-18): 3 where the abstract syntax is
not supported, 4 where none of its transfer syntaxes is, else acceptance with the first of the acceptor's own
list, or of the requestor's, as the policy says. An association none of whose contexts is accepted is still accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from dicom_simulators.encoding import IMPLICIT_VR_LITTLE_ENDIAN, UNCOMPRESSED
from dicom_wire import (
    AAssociateAC,
    AAssociateRJ,
    AAssociateRQ,
    ApplicationContext,
    ImplementationClassUID,
    ImplementationVersionName,
    MaximumLength,
    PresentationContextAC,
    PresentationContextRQ,
    RoleSelection,
    SubItem,
    UserInformation,
)

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
IMPLEMENTATION_CLASS_UID = "2.25.193528870470212343577263310353706424065"
IMPLEMENTATION_VERSION_NAME = "DCMCONFORM_0_1"
MAXIMUM_LENGTH_BYTES = 131072
LEAST_LENGTH_BYTES = 8
VERIFICATION = "1.2.840.10008.1.1"

ACCEPTANCE = 0
ABSTRACT_SYNTAX_NOT_SUPPORTED = 3
TRANSFER_SYNTAXES_NOT_SUPPORTED = 4


@dataclass(frozen=True, slots=True)
class Context:
    """A presentation context as negotiated.

    Attributes
    ----------
    result : int
        PS3.8 Table 9-18; 0 = acceptance.
    transfer_syntax : str
        The accepted one; empty where the result is not acceptance.
    scu, scp : bool
        The roles that the *requestor* has (PS3.7 D.3.3.4).
    """

    context_id: int
    abstract_syntax: str
    transfer_syntax: str
    result: int = ACCEPTANCE
    scu: bool = True
    scp: bool = False

    @property
    def accepted(self) -> bool:
        """Whether messages may be sent in it."""
        return self.result == ACCEPTANCE


@dataclass(frozen=True, slots=True)
class Supported:
    """One SOP Class that an acceptor supports.

    Attributes
    ----------
    sop_class : str
        UID of the SOP Class.
    transfer_syntaxes : tuple of str
        Transfer syntaxes in the acceptor's order of preference; empty: any.
    scu : bool
        Whether the requestor may be SCU, where it asks by SCP/SCU role selection.
    scp : bool
        Whether the requestor may be SCP, where it asks by SCP/SCU role selection.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    sop_class: str
    transfer_syntaxes: tuple[str, ...] = UNCOMPRESSED
    scu: bool = True
    scp: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that decides an acceptor's answer.

    Attributes
    ----------
    supported : tuple of Supported
    order : {"acceptor", "requestor"}
        Whose order of transfer syntaxes decides.
    maximum_length : int
        Offered to the requestor, in bytes; 0 = unlimited.
    called_ae_titles, calling_ae_titles : frozenset of str
        Those that are recognized; empty = any.
    any_sop_class : tuple of str
        Transfer syntaxes in which every SOP Class not named in `supported` is accepted; empty = it is not.
    refused_sop_classes : frozenset of str
        SOP Classes that are refused although `any_sop_class` would accept them.
    user_information : tuple of sub-items
        Added to the answer as they are.
    extend : callable
        Gives further sub-items that depend on the request (SOP Class Extended Negotiation, PS3.7 D.3.3.5).
    """

    supported: tuple[Supported, ...] = ()
    order: Literal["acceptor", "requestor"] = "acceptor"
    maximum_length: int = MAXIMUM_LENGTH_BYTES
    called_ae_titles: frozenset[str] = frozenset()
    calling_ae_titles: frozenset[str] = frozenset()
    any_sop_class: tuple[str, ...] = ()
    refused_sop_classes: frozenset[str] = frozenset()
    implementation_class_uid: str = IMPLEMENTATION_CLASS_UID
    implementation_version_name: str = IMPLEMENTATION_VERSION_NAME
    user_information: tuple[SubItem, ...] = ()
    extend: Callable[[AAssociateRQ], tuple[SubItem, ...]] = lambda request: ()
    _by_class: Mapping[str, Supported] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_class", {entry.sop_class: entry for entry in self.supported})

    def find(self, sop_class: str | None) -> Supported | None:
        """Return how a SOP Class is supported, or None."""
        if sop_class is None or sop_class in self.refused_sop_classes:
            return None
        found = self._by_class.get(sop_class)
        return Supported(sop_class, self.any_sop_class) if found is None and self.any_sop_class else found


@dataclass(frozen=True, slots=True)
class Agreement:
    """An accepted association: what to answer, and the contexts by ID."""

    acceptance: AAssociateAC
    contexts: tuple[Context, ...]

    def as_sent(self, request: AAssociateRQ, sent: AAssociateAC) -> tuple[Context, ...]:
        """Give the contexts that the requestor takes to be agreed, where a fault changed what was sent."""
        return self.contexts if sent is self.acceptance else agreed(request.presentation_contexts, sent)


def title_of(field: str) -> str:
    """Read the title field of an A-ASSOCIATE-RQ: NUL, with which some stacks pad against PS3.8 9.3.2, is a blank."""
    return field.replace("\0", " ").strip()


def negotiate(request: AAssociateRQ, policy: Policy) -> Agreement | AAssociateRJ:
    """Answer an A-ASSOCIATE-RQ.

    References
    ----------
    PS3.8 9.3.3, 9.3.4, Tables 9-18 and 9-21; PS3.7 D.3.3.4 (roles)
    """
    if request.application_context_name != APPLICATION_CONTEXT:
        return AAssociateRJ(1, 1, 2)  # application-context-name-not-supported
    if policy.calling_ae_titles and title_of(request.calling_ae_title) not in policy.calling_ae_titles:
        return AAssociateRJ(1, 1, 3)  # calling-AE-title-not-recognized
    if policy.called_ae_titles and title_of(request.called_ae_title) not in policy.called_ae_titles:
        return AAssociateRJ(1, 1, 7)  # called-AE-title-not-recognized
    if not leaves_room(request.maximum_length):
        return AAssociateRJ(1, 1, 1)  # no-reason-given
    roles = _roles(request, policy)
    contexts = tuple([_answer(proposed, policy, roles) for proposed in request.presentation_contexts])
    return Agreement(_acceptance(request, policy, contexts, roles), contexts)


def _roles(request: AAssociateRQ, policy: Policy) -> dict[str, RoleSelection]:
    """Answer each role selection item: only roles that were requested and are supported."""
    answers: dict[str, RoleSelection] = {}
    for item in request.find(RoleSelection):
        supported = policy.find(item.sop_class)
        if supported is not None:
            answers[item.sop_class] = RoleSelection(
                item.sop_class, int(bool(item.scu) and supported.scu), int(bool(item.scp) and supported.scp)
            )
    return answers


def _answer(proposed: PresentationContextRQ, policy: Policy, roles: Mapping[str, RoleSelection]) -> Context:
    name = proposed.abstract_syntax or ""
    supported = policy.find(proposed.abstract_syntax)
    if supported is None:
        return Context(proposed.context_id, name, "", ABSTRACT_SYNTAX_NOT_SUPPORTED)
    chosen = _choose(proposed.transfer_syntaxes, supported.transfer_syntaxes, policy.order)
    if chosen is None:
        return Context(proposed.context_id, name, "", TRANSFER_SYNTAXES_NOT_SUPPORTED)
    role = roles.get(name)
    if role is None:
        return Context(proposed.context_id, name, chosen)
    return Context(proposed.context_id, name, chosen, scu=bool(role.scu), scp=bool(role.scp))


def _choose(proposed: tuple[str, ...], supported: tuple[str, ...], order: str) -> str | None:
    if not supported:
        return proposed[0] if proposed else None
    first, second = (supported, proposed) if order == "acceptor" else (proposed, supported)
    return next((uid for uid in first if uid in second), None)


def _acceptance(
    request: AAssociateRQ, policy: Policy, contexts: tuple[Context, ...], roles: Mapping[str, RoleSelection]
) -> AAssociateAC:
    answers = [
        # a context that is not accepted bears a transfer syntax too, which nobody tests (PS3.8 9.3.3.2)
        PresentationContextAC(context.context_id, context.result, context.transfer_syntax or IMPLICIT_VR_LITTLE_ENDIAN)
        for context in contexts
    ]
    user_information = UserInformation(
        (
            MaximumLength(policy.maximum_length),
            ImplementationClassUID(policy.implementation_class_uid),
            *roles.values(),
            ImplementationVersionName(policy.implementation_version_name),
            *policy.user_information,
            *policy.extend(request),
        )
    )
    return AAssociateAC(
        request.called_ae_title,
        request.calling_ae_title,
        (ApplicationContext(APPLICATION_CONTEXT), *answers, user_information),
    )


def usable_length(offered: int | None) -> int:
    """Return the maximum length to obey; none said = unlimited (0)."""
    return offered or 0


def leaves_room(offered: int | None) -> bool:
    """Tell whether any fragment fits into the maximum length that a peer announces.

    References
    ----------
    PS3.8 9.3.5.1, E.1: a PDV item has six bytes besides its fragment, and a fragment an even number of bytes
    """
    return not offered or offered >= LEAST_LENGTH_BYTES


def agreed(proposal: Iterable[PresentationContextRQ], acceptance: AAssociateAC) -> tuple[Context, ...]:
    """Pair the answers with what was proposed; a context that is not answered counts as not accepted (result 1)."""
    answers = {answer.context_id: answer for answer in acceptance.presentation_contexts}
    roles = {role.sop_class: role for role in acceptance.find(RoleSelection)}
    contexts = []
    for proposed in proposal:
        answer = answers.get(proposed.context_id)
        name = proposed.abstract_syntax or ""
        role = roles.get(name)
        contexts.append(
            Context(
                proposed.context_id,
                name,
                (answer.transfer_syntax or "") if answer and answer.result == 0 else "",
                answer.result if answer else 1,
                scu=role is None or bool(role.scu),
                scp=role is not None and bool(role.scp),
            )
        )
    return tuple(contexts)


@dataclass(frozen=True, slots=True)
class Established:
    """The association is there; `contexts` are the answers to all that were proposed, accepted or not."""

    contexts: tuple[Context, ...]
    acceptance: AAssociateAC

    @property
    def accepted(self) -> tuple[Context, ...]:
        """The accepted presentation contexts."""
        return tuple([context for context in self.contexts if context.accepted])

    def find(self, abstract_syntax: str, transfer_syntax: str | None = None) -> Context | None:
        """Return the first accepted context for an abstract syntax (and transfer syntax)."""
        return next(
            (
                context
                for context in self.accepted
                if context.abstract_syntax == abstract_syntax and transfer_syntax in (None, context.transfer_syntax)
            ),
            None,
        )
