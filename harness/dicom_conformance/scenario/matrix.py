"""From a scenario and a statement to cases.

A case is a scenario with every variable bound. Expanding computes ids, parameters and what a case needs, not the
setup itself: `Case.setup` does that when the case is played, so that a hundred thousand cells cost nothing before.
Nothing here is random but what the seed gives, and every order is that of the files: a worker that expands the same
scenario and statement gets the same cases.
"""

from __future__ import annotations

import itertools
import zlib
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dicom_conformance.results import EMPTY, Level
from dicom_conformance.scenario.binders import Binding, NotClaimedError, turns
from dicom_conformance.scenario.for_each import ForEach
from dicom_conformance.scenario.needs import unmet
from dicom_conformance.scenario.scenario import Scenario, Unlike
from dicom_conformance.scenario.scenario_setup import Setup
from dicom_conformance.statement import Statement


@dataclass(frozen=True, slots=True)
class Case:
    """One case: a scenario and the values of its variables.

    Parameters
    ----------
    id : str
        The scenario's, with what was bound in brackets.
    parameters : Mapping
        The result's, by the contract's keys.
    configuration : str
        The workstation's.
    turn : tuple of Binding
        One turn of each binder.
    seed : int
        Of this case: from the run's seed and the id.
    reason : str
        Why the case is NOT_CLAIMED; empty if the statement claims what it needs.
    """

    id: str
    scenario: Scenario
    parameters: Mapping[str, str]
    configuration: str
    turn: tuple[Binding, ...] = ()
    seed: int = 0
    reason: str = ""

    @property
    def title(self) -> str:
        """The scenario's question."""
        return self.scenario.header.title

    @property
    def level(self) -> Level:
        """The scenario's level."""
        return self.scenario.header.level

    @property
    def clause(self) -> tuple[str, ...]:
        """The scenario's clauses."""
        return self.scenario.header.clause

    @property
    def cells(self) -> int:
        """How many facts a case judges at least, as far as its bindings tell."""
        product = 1
        for binding in self.turn:
            product *= binding.cells
        return product

    @property
    def bindings(self) -> Mapping[str, Any]:
        """Every variable and its value, computed again at each call."""
        bound: dict[str, Any] = {"seed": str(self.seed)}
        for binding in self.turn:
            bound |= binding.values
            if binding.later is not None:
                bound |= binding.later()
        return bound

    def setup(self) -> Setup:
        """Bind the stage.

        Raises
        ------
        DataError
            The scenario does not fit what it is bound to; `expand` has tried its first case already.
        """
        return self.scenario.setup(self.bindings)


def expand(scenario: Scenario, statement: Statement, seed: int = 0) -> list[Case]:
    """Expand one scenario.

    A scenario whose needs the statement does not meet gives one case with the reason.

    Raises
    ------
    DataError
        A variable is unbound, a condition names nothing that is bound, or the first case's setup is wrong.
    """
    header = scenario.header
    try:
        combinations = list(itertools.product(*turns(header.for_each, statement)))
    except NotClaimedError as error:
        return [Case(scenario.id, scenario, EMPTY, "", seed=_seed(seed, scenario.id), reason=str(error))]
    chosen = [turn for turn in combinations if _admitted(scenario, turn)]
    cases = [
        _case(scenario, statement, turn, identifier, seed)
        for turn, identifier in zip(chosen, _ids(scenario.id, chosen), strict=True)
    ]
    for case in _tried(cases, header.for_each):
        case.setup()
    return cases


def _tried(cases: list[Case], for_each: ForEach) -> list[Case]:
    """Choose the cases whose stage is tried before any is played.

    The first, for what a statement gives is of one kind; and one of each choice of the values that the file writes out.
    """
    at = for_each.order.index("values") if "values" in for_each.order else None
    tried: dict[Hashable, Case] = {}
    for case in cases:
        if not case.reason:
            tried.setdefault(None if at is None else (case.turn[at].label, case.turn[at].qualifiers), case)
    return list(tried.values())


def _admitted(scenario: Scenario, turn: tuple[Binding, ...]) -> bool:
    where = scenario.header.where
    if not where:
        return True
    bound = _values(turn)
    for name, condition in where.items():
        if name not in bound:
            known = ", ".join(sorted(bound)) or "nothing"
            raise scenario.document.error(("where", name), f"is not bound here; the names bound are {known}")
        value = str(bound[name])
        if value in condition.unlike if isinstance(condition, Unlike) else value not in condition:
            return False
    return True


def _values(turn: tuple[Binding, ...]) -> dict[str, Any]:
    return {name: value for binding in turn for name, value in binding.values.items()}


def _case(scenario: Scenario, statement: Statement, turn: tuple[Binding, ...], identifier: str, seed: int) -> Case:
    own_seed = _seed(seed, identifier)
    bindings = {**_values(turn), "seed": str(own_seed)}
    configuration = str(scenario.bind("configuration", bindings) or next(iter(statement.configurations), "none"))
    parameters = {key: value for binding in turn for key, value in binding.parameters.items()}
    parameters |= scenario.bind("parameters", bindings) or {}
    parameters.setdefault("configuration", configuration)
    needs = scenario.bind("needs", bindings) or {}
    reason = unmet(needs, configuration, statement)
    return Case(identifier, scenario, parameters, configuration, turn, own_seed, reason)


def _ids(scenario_id: str, chosen: list[tuple[Binding, ...]]) -> Iterator[str]:
    """Name the cases by their labels, and by their qualifiers too where labels alone would name two alike."""
    brief = [_bracketed(scenario_id, [text for binding in turn for text in binding.label]) for turn in chosen]
    counted = Counter(brief)
    taken: Counter[str] = Counter()
    for name, turn in zip(brief, chosen, strict=True):
        full = name
        if counted[name] > 1:
            full = _bracketed(
                scenario_id,
                [text for binding in turn for text in (*binding.label, *binding.qualifiers) if text],
            )
        taken[full] += 1
        yield full if taken[full] == 1 else f"{full}#{taken[full]}"


def _bracketed(scenario_id: str, texts: list[str]) -> str:
    return f"{scenario_id}[{','.join(texts)}]" if texts else scenario_id


def _seed(seed: int, identifier: str) -> int:
    """Derive a case's seed: the same for the same id, in every process."""
    return zlib.crc32(identifier.encode(), seed & 0xFFFFFFFF)
