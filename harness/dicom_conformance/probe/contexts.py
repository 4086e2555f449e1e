"""Which presentation contexts a product accepts, and which of several transfer syntaxes it takes.

Every context is proposed twice; a context that is accepted once and refused once varied. In one negotiation a SOP Class
is proposed no more than once, for not every product keeps several contexts of one class apart.

References
----------
PS3.8 7.1.1.14 and 9.3.3.2 (results of presentation contexts), Table 9-13 (128 contexts at most).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dicom_conformance.probe.asking import Asker

__all__ = ["TIMES", "Accepted", "accepted_contexts", "preferences"]

MOST_CONTEXTS = 128
SYNTAXES_AT_ONCE = 16
"""Transfer syntaxes of one context, when it is asked whether a class is accepted at all."""
MOST_IN_PAIRS = 6
"""With more transfer syntaxes than these, the order is found by leaving out the one that was taken."""
TIMES = 2

Proposed = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a product accepts.

    Parameters
    ----------
    contexts : mapping
        SOP Class to the transfer syntaxes that were accepted each time, in order of their UIDs as proposed.
    varied : mapping
        SOP Class to those that were accepted some of the times.
    """

    contexts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    varied: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def accepted_contexts(asker: Asker, sop_classes: Sequence[str], syntaxes: Sequence[str]) -> Accepted:
    """Propose every SOP Class with every transfer syntax, each alone where the class is accepted at all.

    Raises
    ------
    HarnessError
        No association was accepted.
    """
    groups = [tuple(syntaxes[at : at + SYNTAXES_AT_ONCE]) for at in range(0, len(syntaxes), SYNTAXES_AT_ONCE)]
    asked = [(uid, group) for group in groups for uid in sop_classes]
    taken = [_negotiate(asker, asked) for _ in range(TIMES)]
    found = dict.fromkeys(one for one, *answers in zip(asked, *taken, strict=True) if any(answers))
    single = [(uid, (syntax,)) for uid, group in found for syntax in group]
    single.sort(key=lambda one: syntaxes.index(one[1][0]))
    answers = [_negotiate(asker, single) for _ in range(TIMES)]
    contexts: dict[str, tuple[str, ...]] = {}
    varied: dict[str, tuple[str, ...]] = {}
    for (uid, (syntax,)), *each in zip(single, *answers, strict=True):
        if all(each):
            contexts[uid] = (*contexts.get(uid, ()), syntax)
        elif any(each):
            varied[uid] = (*varied.get(uid, ()), syntax)
    return Accepted({uid: contexts[uid] for uid in sop_classes if uid in contexts}, varied)


def _negotiate(asker: Asker, proposed: Sequence[Proposed]) -> list[str]:
    """Propose contexts in as few associations as may be; give the syntax accepted for each, empty where none was."""
    answers = [""] * len(proposed)
    waiting = list(range(len(proposed)))
    while waiting:
        batch: dict[str, int] = {}
        later: list[int] = []
        for index in waiting:
            uid = proposed[index][0]
            if uid in batch or len(batch) == MOST_CONTEXTS:
                later.append(index)
            else:
                batch[uid] = index
        with asker.association([proposed[index] for index in batch.values()]) as opened:
            for index, context in zip(batch.values(), opened.established.contexts, strict=True):
                answers[index] = context.transfer_syntax if context.accepted else ""
        waiting = later
    return answers


Preference = tuple[str, ...] | str | None
"""Transfer syntaxes in the order in which they are taken, ``requestor``, or None where it varied."""


def preferences(asker: Asker, contexts: Mapping[str, tuple[str, ...]]) -> dict[str, Preference]:
    """Find which of several transfer syntaxes is taken, for each SOP Class that is accepted with more than one.

    Up to `MOST_IN_PAIRS` of them are proposed in pairs, each pair in both orders, twice. Of more, all are proposed in
    both orders, twice; then all but the one that was taken, and so on.
    """
    several = {uid: syntaxes for uid, syntaxes in contexts.items() if len(syntaxes) > 1}
    few = {uid: syntaxes for uid, syntaxes in several.items() if len(syntaxes) <= MOST_IN_PAIRS}
    many = {uid: syntaxes for uid, syntaxes in several.items() if uid not in few}
    found = {**_by_pairs(asker, few), **_by_elimination(asker, many)}
    return {uid: found[uid] for uid in several}


def _by_pairs(asker: Asker, contexts: Mapping[str, tuple[str, ...]]) -> dict[str, Preference]:
    asked = [
        (uid, pair)
        for uid, syntaxes in contexts.items()
        for one, other in itertools.combinations(syntaxes, 2)
        for pair in ((one, other), (other, one))
    ]
    taken = [_negotiate(asker, asked) for _ in range(TIMES)]
    answers: dict[str, dict[tuple[str, ...], set[str]]] = {uid: {} for uid in contexts}
    for (uid, pair), *each in zip(asked, *taken, strict=True):
        answers[uid][pair] = set(each)
    return {uid: _order(contexts[uid], answers[uid]) for uid in contexts}


def _order(syntaxes: Sequence[str], answers: Mapping[tuple[str, ...], set[str]]) -> Preference:
    """Say what follows from what was taken of each pair."""
    if all(taken == {pair[0]} for pair, taken in answers.items()):
        return "requestor"
    wins = dict.fromkeys(syntaxes, 0)
    for one, other in itertools.combinations(syntaxes, 2):
        taken = answers[one, other]
        if taken != answers[other, one] or len(taken) != 1 or not taken <= {one, other}:
            return None
        wins[next(iter(taken))] += 1
    order = tuple(sorted(syntaxes, key=lambda uid: -wins[uid]))
    is_order = [wins[uid] for uid in order] == list(range(len(order) - 1, -1, -1))
    return order if is_order else None


def _by_elimination(asker: Asker, contexts: Mapping[str, tuple[str, ...]]) -> dict[str, Preference]:
    left = dict(contexts)
    orders: dict[str, tuple[str, ...]] = dict.fromkeys(contexts, ())
    by_requestor = dict.fromkeys(contexts, True)
    found: dict[str, Preference] = {}
    while left:
        asked = [(uid, order) for uid, rest in left.items() for order in (rest, rest[::-1])]
        taken = [_negotiate(asker, asked) for _ in range(TIMES)]
        answers: dict[str, list[tuple[tuple[str, ...], str]]] = {uid: [] for uid in left}
        for (uid, order), *each in zip(asked, *taken, strict=True):
            answers[uid] += [(order, one) for one in each]
        for uid, rest in list(left.items()):
            winners = {one for _, one in answers[uid]}
            by_requestor[uid] = by_requestor[uid] and all(one == order[0] for order, one in answers[uid])
            if not by_requestor[uid] and len(winners) == 1 and winners <= set(rest):
                winner = next(iter(winners))
                orders[uid] = (*orders[uid], winner)
                left[uid] = tuple(one for one in rest if one != winner)
            else:
                found[uid] = "requestor" if by_requestor[uid] else None
                del left[uid]
            if uid in left and len(left[uid]) == 1:
                found[uid] = (*orders[uid], *left.pop(uid))
    return found
