"""What demands an expectation, and so of which kind it is: the standard, the subject's own statement, or this house.

In a file of format 2 each expectation has one demand. A clause of the standard (`PS3.4 C.4.1`) binds every product in
that role; a promise (`maximum_length`) or a claim of one statement (`directview-5.2#3.2.1/1`) binds a product whose
statement says so; `house#...` is what this project asks of its own workstation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from dicom_conformance.results import Level


class Kind(StrEnum):
    """Who demands an expectation."""

    STANDARD = "standard"
    CLAIM = "claim"
    HOUSE = "house"


EVERY_KIND = frozenset(Kind)

LEVELS: Mapping[Kind, tuple[Level, ...]] = MappingProxyType(
    {
        Kind.STANDARD: (Level.SHALL, Level.SHOULD, Level.NOTE),
        Kind.CLAIM: (Level.CLAIM, Level.NOTE),
        Kind.HOUSE: (Level.HOUSE, Level.NOTE),
    }
)
"""The levels that an expectation of each kind may have."""

_OF_LEVEL = {Level.SHALL: Kind.STANDARD, Level.SHOULD: Kind.STANDARD, Level.CLAIM: Kind.CLAIM, Level.HOUSE: Kind.HOUSE}
_STANDARD = re.compile(r"(PS3\.\d+|RFC \d+)( |$)")
_CLAIM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*#\S")
_HOUSE = "house#"


@dataclass(frozen=True, slots=True)
class Demand:
    """The level of an expectation, and what demands it: clauses, or a promise."""

    level: Level
    clause: tuple[str, ...] = ()
    promise: str = ""

    @property
    def kind(self) -> Kind:
        """The kind of the first clause, or a claim where there is a promise; of a file of format 1, by its level."""
        if self.promise:
            return Kind.CLAIM
        return next((kind for clause in self.clause if (kind := kind_of(clause))), kind_of_level(self.level))

    @property
    def mistake(self) -> tuple[str, str]:
        """What is wrong with it: the field and why; two empty texts for nothing."""
        if not self.clause and not self.promise:
            return "clause", "an expectation needs a clause or a promise that demands it"
        for clause in self.clause:
            if kind_of(clause) is None:
                return "clause", f"{clause!r} is not a clause: write `PS3.x ...`, `<statement>#<claim>` or `house#...`"
        if len({kind_of(clause) for clause in self.clause}) > 1:
            return "clause", "names clauses of several kinds; an expectation has one kind: name the others under `see`"
        admitted = LEVELS[self.kind]
        if self.level not in admitted:
            cause = f"the promise {self.promise!r}" if self.promise else f"the clause {self.clause[0]!r}"
            return "level", f"{cause} does not fit the level {self.level}: it must be {_either(admitted)}"
        return "", ""


def kind_of(clause: str) -> Kind | None:
    """Give the kind of a clause of format 2; None where it is none."""
    if clause.startswith(_HOUSE):
        return Kind.HOUSE if clause != _HOUSE else None
    if _STANDARD.match(clause):
        return Kind.STANDARD
    return Kind.CLAIM if _CLAIM.match(clause) else None


def kind_of_level(level: Level) -> Kind:
    """Give the kind of an expectation of format 1, which only its level says."""
    return _OF_LEVEL.get(level, Kind.STANDARD)


def chosen(level: Level, own: Demand | None, header: Demand) -> Demand:
    """Give the demand of one expectation.

    Parameters
    ----------
    level : Level
        Of the expectation.
    own : Demand or None
        What it names itself; None where it names neither a clause nor a promise.
    header : Demand
        What the header names. Where that is both a clause and a promise, a `claim` is demanded by the promise, and
        every other level by the clause.
    """
    found = own or header
    if found.clause and found.promise:
        is_claim = level is Level.CLAIM
        return Demand(level, () if is_claim else found.clause, found.promise if is_claim else "")
    return Demand(level, found.clause, found.promise)


def _either(levels: tuple[Level, ...]) -> str:
    *others, last = (f"`{level}`" for level in levels)
    return f"{', '.join(others)} or {last}"
