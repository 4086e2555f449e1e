"""The state table of the upper layer as a table of verdicts: one for the acceptor, one for the requestor.

Invariants: a field bears the worst verdict of its cases, as a sign and as a word beside its colour; a cell of the
standard's table that no peer can reach has the reason in its place, a blank of that table is blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dicom_conformance.results import Result, StateCell

WORSE_FIRST = ("ERROR", "FAIL", "FLAKY", "INCONCLUSIVE", "WARN", "PASS", "NOT_JUDGED", "NOT_CLAIMED")
SIGNS: Mapping[str, str] = {
    "ERROR": "‼",
    "FAIL": "✗",
    "FLAKY": "≈",
    "INCONCLUSIVE": "?",
    "WARN": "!",
    "PASS": "✓",
    "NOT_JUDGED": "–",
    "NOT_CLAIMED": "–",
}
"""What stands for a verdict beside its colour; as in the script of the page."""
ROLES = (("SCP", "acceptor", "As acceptor"), ("SCU", "requestor", "As requestor"))


@dataclass(frozen=True, slots=True)
class CellCase:
    """A case that plays a cell."""

    id: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a table: `cell` is None where the standard's table is blank."""

    cell: StateCell | None = None
    cases: tuple[CellCase, ...] = ()
    why_not: str = ""

    @property
    def worst(self) -> CellCase | None:
        """The case with the worst verdict; None where no case of the run plays the cell."""
        return min(self.cases, key=lambda case: WORSE_FIRST.index(case.verdict), default=None)

    @property
    def said(self) -> str:
        """The field in words."""
        if self.cell is None:
            return ""
        cell, worst = self.cell, self.worst
        what = f"{cell.state} ({cell.state_text}), {cell.event} ({cell.event_text}): {cell.action}"
        if worst is None:
            return f"{what}. {self.why_not or 'No case of this run plays it.'}"
        more = f", the worst of {len(self.cases)} cases" if len(self.cases) > 1 else ""
        return f"{what}. {worst.verdict}{more}"


@dataclass(frozen=True, slots=True)
class RoleTable:
    """The table of one role."""

    title: str
    states: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, str, tuple[Field, ...]], ...]
    reasons: tuple[tuple[str, tuple[str, ...]], ...]
    judged: int
    reachable: int


@dataclass(slots=True)
class StateTables:
    """Gathers the cases of cells; `tables` gives a table for each role that has any."""

    cases: dict[tuple[str, str, str], list[CellCase]] = field(default_factory=dict)

    def take(self, result: Result) -> None:
        """Take note of a case, if it plays a cell."""
        parameters = result.parameters
        if "state" in parameters and "event" in parameters and "role" in parameters:
            key = parameters["role"], parameters["state"], parameters["event"]
            self.cases.setdefault(key, []).append(CellCase(result.id, str(result.verdict)))

    def tables(self, cells: Sequence[StateCell]) -> list[RoleTable]:
        """Give the tables of the roles of which there are cases."""
        present = {role for role, _, _ in self.cases}
        return [self._table(cells, role, name, title) for role, name, title in ROLES if role in present and cells]

    def _table(self, cells: Sequence[StateCell], role: str, name: str, title: str) -> RoleTable:
        states = _numbered({cell.state: cell.state_text for cell in cells})
        events = _numbered({cell.event: cell.event_text for cell in cells})
        by_place = {(cell.state, cell.event): cell for cell in cells}
        reasons: dict[str, list[str]] = {}

        def of(state: str, event: str) -> Field:
            cell = by_place.get((state, event))
            if cell is None:
                return Field()
            why_not: str = getattr(cell, name)
            if why_not:
                reasons.setdefault(why_not, []).append(f"{state} {event}")
            return Field(cell, tuple(self.cases.get((role, state, event), ())), why_not)

        rows = tuple((event, text, tuple(of(state, event) for state, _ in states)) for event, text in events)
        return RoleTable(
            title,
            states,
            rows,
            tuple((reason, tuple(places)) for reason, places in reasons.items()),
            judged=sum(1 for _, _, fields in rows for each in fields if each.cases),
            reachable=sum(1 for cell in cells if not getattr(cell, name)),
        )


def _numbered(texts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Sort names such as `Sta2` and `Evt10` by their numbers."""
    names: Iterable[str] = sorted(texts, key=lambda each: int(each[3:]))
    return tuple((each, texts[each]) for each in names)
