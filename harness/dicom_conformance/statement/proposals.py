"""Presentation contexts that follow from a statement: all that it claims, choices among them, and what it does not.

Each list may be longer than one association has room for (PS3.8 9.3.2.2); an SCU then proposes it on several.

References
----------
PS3.8 7.1.1.13 and 9.3.2.2 (presentation contexts), PS3.5 10.1 (transfer syntaxes).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from dicom_conformance.statement.capability import DEFAULT_TRANSFER_SYNTAX, UNSTATED, Capability, Unstated
from dicom_conformance.statement.registry import STANDARD_TRANSFER_SYNTAXES, keyword_of
from dicom_conformance.statement.services import CLASSES, STORAGE, service_of
from dicom_simulators.data_sets import SOP_CLASSES, UNASSIGNED_SOP_CLASS

__all__ = ["DERIVED", "MOST_ASSOCIATIONS", "most_associations"]

MOST_IN_EVERY_SUBSET = 6
"""Of more transfer syntaxes than these, single ones and ordered pairs are proposed instead of every subset."""
MOST_ASSOCIATIONS = 32
"""More associations than these are not opened at once, whatever a statement promises."""
_BUILT = frozenset(one.uid for one in SOP_CLASSES)
_USUAL = ("1.2.840.10008.1.2.1", DEFAULT_TRANSFER_SYNTAX)

_Proposal = list[dict[str, Any]]


def _claimed(capabilities: Sequence[Capability]) -> _Proposal:
    """Give each pair of a SOP Class and a transfer syntax as a context of its own."""
    pairs = dict.fromkeys(
        (context.sop_class, syntax)
        for capability in capabilities
        for context in capability.contexts
        for syntax in context.transfer_syntaxes
    )
    return [_context(uid, (syntax,)) for uid, syntax in pairs]


def _classes(capabilities: Sequence[Capability]) -> _Proposal:
    """Give each Storage SOP Class as one context, with the usual transfer syntaxes, else the first that is claimed."""
    found: dict[str, tuple[str, ...]] = {}
    for capability in capabilities:
        if capability.service == "storage":
            for context in capability.contexts:
                usual = tuple(uid for uid in _USUAL if uid in context.transfer_syntaxes)
                found.setdefault(context.sop_class, usual or context.transfer_syntaxes[:1])
    return [_context(uid, syntaxes) for uid, syntaxes in found.items()]


def _unclaimed(capabilities: Sequence[Capability]) -> _Proposal:
    """Give what the standard knows and nothing claims: SOP Classes, and transfer syntaxes of each first SOP Class."""
    claimed: dict[str, set[str]] = {}
    for capability in capabilities:
        for context in capability.contexts:
            claimed.setdefault(context.sop_class, set()).update(context.transfer_syntaxes)
    classes = [uid for uids in CLASSES.values() for uid in uids if uid not in claimed]
    firsts = dict.fromkeys(each.contexts[0].sop_class for each in capabilities if each.contexts)
    pairs = ((uid, syntax) for uid in firsts for syntax in STANDARD_TRANSFER_SYNTAXES if syntax not in claimed[uid])
    return [*(_context(uid, _USUAL) for uid in dict.fromkeys(classes)), *(_context(uid, (one,)) for uid, one in pairs)]


def _excluded(capabilities: Sequence[Capability]) -> _Proposal:
    """Give what of `_unclaimed` belongs to a service that has `only: true`, or that is stated as not offered."""
    services = {capability.service for capability in capabilities if capability.values.get("only")}
    return [context for context in _unclaimed(capabilities) if service_of(context["sop_class"]) in services]


def _unclaimed_storage(capabilities: Sequence[Capability]) -> _Proposal:
    """Give the Storage SOP Classes of the standard that nothing claims, and one that nobody assigned."""
    claimed = {context.sop_class for capability in capabilities for context in capability.contexts}
    return [_context(uid, _USUAL) for uid in dict.fromkeys((*STORAGE, UNASSIGNED_SOP_CLASS)) if uid not in claimed]


def _not_built(capabilities: Sequence[Capability]) -> dict[str, str]:
    """Give the claimed Storage SOP Classes of which no whole instance can be built: keyword, else UID, to UID."""
    claimed = (str(one["sop_class"]) for one in _classes(capabilities))
    return {keyword_of(uid): uid for uid in claimed if uid not in _BUILT}


def _choices(capabilities: Sequence[Capability]) -> _Proposal:
    """Give proposals that show an order: of the first SOP Class of each capability that states one."""
    return [
        _context(capability.contexts[0].sop_class, syntaxes)
        for capability in _ordered(capabilities)
        for syntaxes in _choices_among(capability.contexts[0].transfer_syntaxes)
    ]


def _choices_among(syntaxes: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Give every subset in both orders; of many transfer syntaxes single ones and ordered pairs."""
    if len(syntaxes) > MOST_IN_EVERY_SUBSET:
        yield from ((syntax,) for syntax in syntaxes)
        yield from itertools.permutations(syntaxes, 2)
        return
    for size in range(1, len(syntaxes) + 1):
        for subset in itertools.combinations(syntaxes, size):
            yield from dict.fromkeys((subset, subset[::-1]))


def _selections(capabilities: Sequence[Capability]) -> dict[str, list[str]]:
    """Give the order that is stated for the first SOP Class of each capability that states one."""
    return {each.contexts[0].sop_class: list(each.values["selection"]) for each in _ordered(capabilities)}


def _ordered(capabilities: Iterable[Capability]) -> list[Capability]:
    """Give the capabilities that state an order; of several with the same first SOP Class, the first."""
    found: dict[str, Capability] = {}
    for capability in capabilities:
        if capability.contexts and capability.values.get("selection"):
            found.setdefault(capability.contexts[0].sop_class, capability)
    return list(found.values())


def _context(uid: str, syntaxes: Sequence[str]) -> dict[str, Any]:
    return {"sop_class": uid, "transfer_syntaxes": list(syntaxes)}


def most_associations(stated: Mapping[str, Any]) -> int | Unstated:
    """Give how many associations an AE can be asked to accept at once, of one peer; at most `MOST_ASSOCIATIONS`."""
    given = [stated[name] for name in ("accepted", "per_peer") if name in stated]
    if "accepted" not in stated or "configured" in given:
        return UNSTATED
    return min((MOST_ASSOCIATIONS, *(int(number) for number in given if number != "unlimited"))) or UNSTATED


DERIVED: Mapping[str, Callable[[Sequence[Capability]], Any]] = MappingProxyType(
    {
        "claimed_contexts": _claimed,
        "claimed_storage": _classes,
        "unclaimed_contexts": _unclaimed,
        "unclaimed_storage": _unclaimed_storage,
        "storage_not_built": _not_built,
        "excluded_contexts": _excluded,
        "choices": _choices,
        "selections": _selections,
    }
)
"""Name of a value of an AE (`$ae.choices`) to what makes it of the AE's capabilities in a role."""
