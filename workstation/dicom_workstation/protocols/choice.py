"""The choice of a display protocol, and why: which rules each protocol meets, and what decided between them.

Invariants: pure and total: whatever is known, a choice comes out, if only that no protocol fits. The order of
protocols, studies, series and images never matters.

References
----------
Conformance statement, 2.2.2.1.3; PS3.3 Section C.23
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dicom_workstation.protocols.display_protocol import DisplayProtocol
from dicom_workstation.protocols.evaluation import CRITERIA, PARTS, Evaluation, Outlook, Rank, Reader, evaluate
from dicom_workstation.protocols.facts import Facts
from dicom_workstation.protocols.layout import Display, lay_out


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen.

    Attributes
    ----------
    chosen : Evaluation or None
        None: no protocol fits.
    ranking : tuple of Evaluation
        Every protocol, the chosen one first; those that do not fit come last.
    displays : tuple of Display
        What each display set of the chosen protocol shows.
    why : str
        What decided, in one sentence.
    """

    chosen: Evaluation | None
    ranking: tuple[Evaluation, ...]
    displays: tuple[Display, ...]
    why: str

    @property
    def protocol(self) -> DisplayProtocol | None:
        """The protocol that was chosen."""
        return None if self.chosen is None else self.chosen.protocol


def choose(protocols: Sequence[DisplayProtocol], facts: Facts, reader: Reader) -> Choice:
    """Choose a protocol by what is known; what is not known is taken as the protocols say."""
    ranking = sorted((evaluate(each, facts, reader, Outlook.NOW) for each in protocols), key=lambda one: one.rank)
    if not ranking or ranking[0].rank.is_excluded:
        text = "no display protocol fits this study" if ranking else "no display protocol is configured"
        return Choice(None, tuple(ranking), (), text)
    chosen = ranking[0]
    return Choice(chosen, tuple(ranking), lay_out(chosen, facts), _why(ranking))


def _why(ranking: Sequence[Evaluation]) -> str:
    others = [each for each in ranking[1:] if not each.rank.is_excluded]
    if not others:
        return "it is the only one that fits"
    return f"it goes before {others[0].protocol.HangingProtocolName} by {decided_by(ranking[0].rank, others[0].rank)}"


def decided_by(one: Rank, other: Rank) -> str:
    """Return in words the first part in which two ranks differ."""
    if one[:2] == other[:2] and one.lacks != other.lacks:
        names = ("certainty", *(name for name, _, _ in CRITERIA))
        pairs = zip(names, one.lacks, other.lacks, strict=True)
        return next(f"the {name} of its definition" for name, first, second in pairs if first != second)
    parts = zip(PARTS.values(), one, other, strict=True)
    return next((words for words, first, second in parts if first != second), "nothing: they are the same")
