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
from dataclasses import dataclass, field
from typing import Any, Protocol

from dicom_conformance.results import EMPTY, Level
from dicom_conformance.scenario import named_values
from dicom_conformance.scenario.binders import Binding, turns
from dicom_conformance.scenario.demand import EVERY_KIND, Kind
from dicom_conformance.scenario.fit import Fit, fits, missing
from dicom_conformance.scenario.fixtures import claimed_keys
from dicom_conformance.scenario.for_each import ForEach, NotClaimedError
from dicom_conformance.scenario.needs import unmet
from dicom_conformance.scenario.scenario import Scenario, Unlike
from dicom_conformance.scenario.scenario_setup import Setup
from dicom_conformance.statement import Statement
from dicom_wire.wording import printable


class Amendment(Protocol):
    """What changes the stage of a case, such as a profile of its peers."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def applied(self, setup: Setup) -> Setup:
        """Change a stage."""
        ...


NO_CLAIMS: Mapping[str, tuple[str, ...]] = {}
"""Not read-only, for cases travel between processes."""


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
    withheld : str
        Why the case is not played, although the statement claims it: an option has to allow it. Empty if it is played.
    kinds : frozenset of Kind
        Expectations of these kinds are judged, the others are left out.
    claims : Mapping
        Promise to the ids of the claims by which the statement makes it, ``<statement>#<claim>``.
    amendment : Amendment, optional
        What changes its stage; what it expects is then recommended only.
    """

    id: str
    scenario: Scenario
    parameters: Mapping[str, str]
    configuration: str
    turn: tuple[Binding, ...] = ()
    seed: int = 0
    reason: str = ""
    withheld: str = ""
    kinds: frozenset[Kind] = EVERY_KIND
    claims: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: NO_CLAIMS)
    amendment: Amendment | None = None

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
        """What demands the scenario: its clauses, or the claims by which the statement makes its promise."""
        header = self.scenario.header
        if header.promise is None or (header.clause and header.level is not Level.CLAIM):
            return header.clause
        return self.claims.get(header.promise) or (f"promise {header.promise}",)

    @property
    def former_ids(self) -> tuple[str, ...]:
        """The ids that it had before its scenario took the place of others."""
        brackets = self.id.removeprefix(self.scenario.id)
        return tuple(name for old in self.scenario.header.formerly for name in dict.fromkeys((old + brackets, old)))

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

    def setup(self, at_play: Mapping[str, str] = EMPTY) -> Setup:
        """Bind the stage, and leave out the expectations of kinds that are not judged.

        Parameters
        ----------
        at_play : Mapping
            Named values that are known only now: `subject.title`, `run.id`.

        Raises
        ------
        DataError
            The scenario does not fit what it is bound to; `expand` has tried its first case already.
        """
        bindings = self.bindings
        setup = self.scenario.setup({**bindings, **{path: at_play[path] for path in at_play if path in bindings}})
        setup = setup if self.kinds >= EVERY_KIND else setup.only(self.kinds)
        return setup if self.amendment is None else self.amendment.applied(setup)


def expand(scenario: Scenario, statement: Statement, seed: int = 0) -> list[Case]:
    """Expand one scenario; one of format 2 for each AE of the statement that has what it needs.

    A scenario whose needs the statement does not meet gives one case with the reason.

    Raises
    ------
    DataError
        A variable is unbound, a condition names nothing that is bound, or the first case's setup is wrong.
    """
    header = scenario.header
    fitting: tuple[Fit, ...] = (Fit(),)
    try:
        if header.format == "2":
            fitting = fits(_written_needs(scenario), statement)
            if not fitting:
                raise NotClaimedError(missing(_written_needs(scenario), statement))
        chosen = _chosen(scenario, fitting, statement)
    except NotClaimedError as error:
        return [Case(scenario.id, scenario, EMPTY, "", seed=_seed(seed, scenario.id), reason=str(error))]
    several = len(fitting) > 1
    labelled = [(*((Binding((fit.ae,), {}),) if several else ()), *turn) for fit, turn in chosen]
    expansion = _Expansion(scenario, statement, seed, scenario.paths, scenario.promises)
    cases = [
        expansion.case(fit, turn, identifier)
        for (fit, turn), identifier in zip(chosen, _ids(scenario.id, labelled), strict=True)
    ]
    for case in _tried(cases, header.for_each):
        case.setup()
    return cases


def _chosen(
    scenario: Scenario, fitting: tuple[Fit, ...], statement: Statement
) -> list[tuple[Fit, tuple[Binding, ...]]]:
    """Pair each AE with its turns; an AE of which the statement lists nothing has none, unless no AE has any."""
    chosen: list[tuple[Fit, tuple[Binding, ...]]] = []
    unstated: NotClaimedError | None = None
    for fit in fitting:
        try:
            chosen += [(fit, turn) for turn in _turned(scenario, fit, statement)]
        except NotClaimedError as error:
            unstated = unstated or error
    if unstated is not None and not chosen:
        raise unstated
    return chosen


def _turned(scenario: Scenario, fit: Fit, statement: Statement) -> list[tuple[Binding, ...]]:
    """Give the turns of a scenario for one AE: what the statement lists differs from AE to AE."""
    for_each = scenario.header.for_each
    listed = frozenset(for_each.values.paths.values()) if for_each.values is not None else frozenset()
    if for_each.claimed_keys is not None:
        listed |= frozenset(claimed_keys.PATHS)
    stated = named_values.values(listed, fit, statement)
    found = [turn for turn in itertools.product(*turns(for_each, statement, stated)) if _admitted(scenario, turn)]
    if listed and not found:
        raise NotClaimedError(f"the statement {statement.id} lists nothing in {', '.join(sorted(listed))} that fits")
    return found


def _written_needs(scenario: Scenario) -> Mapping[str, Any]:
    needs = scenario.document.data.get("needs") if isinstance(scenario.document.data, dict) else None
    return needs if isinstance(needs, dict) else {}


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


@dataclass(frozen=True, slots=True)
class _Expansion:
    """What all cases of a scenario have in common."""

    scenario: Scenario
    statement: Statement
    seed: int
    paths: frozenset[str]
    promises: tuple[str, ...]

    def case(self, fit: Fit, turn: tuple[Binding, ...], identifier: str) -> Case:
        """Make the case of an AE and of one turn of each binder."""
        scenario, statement = self.scenario, self.statement
        own_seed = _seed(self.seed, identifier)
        bindings = {**_values(turn), "seed": str(own_seed)}
        needs = scenario.bind("needs", bindings) or {}
        reason = ""
        if scenario.header.format == "2":
            bound = next((each for each in fits(needs, statement) if each.ae == fit.ae), None)
            reason = missing(needs, statement) if bound is None else ""
            turn = (*turn, Binding((), named_values.values(self.paths, bound or fit, statement)))
            bindings |= turn[-1].values
            needs = {"configuration": needs.get("configuration")}
        configuration = str(scenario.bind("configuration", bindings) or next(iter(statement.configurations), "none"))
        parameters = {key: value for binding in turn for key, value in binding.parameters.items()}
        parameters |= scenario.bind("parameters", bindings) or {}
        parameters.setdefault("configuration", configuration)
        reason = reason or unmet(needs, configuration, statement) or self._unstated(bindings)
        claims = {promise: statement.promise_claims(promise, fit.ae) for promise in self.promises}
        return Case(identifier, scenario, parameters, configuration, turn, own_seed, reason, claims=claims)

    def _unstated(self, bindings: Mapping[str, Any]) -> str:
        """Say which value without which nothing can be played the statement does not give."""
        path = self.scenario.unstated(bindings) if self.paths else ""
        return f"unstated: {path}" if path else ""


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
    return printable(f"{scenario_id}[{','.join(texts)}]") if texts else scenario_id


def _seed(seed: int, identifier: str) -> int:
    """Derive a case's seed: the same for the same id, in every process."""
    return zlib.crc32(identifier.encode(), seed & 0xFFFFFFFF)
