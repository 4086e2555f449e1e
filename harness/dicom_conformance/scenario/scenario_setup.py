"""The setup of a scenario: its peers, the workstation's settings and the steps, read and judged.

The same reader runs twice: over a file as it was written, where it says nothing about parts that hold variables, and
over a case whose variables are bound. Faults are collected, so that a file with three mistakes names all three.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from dicom_conformance.browser import BROWSE, journey_mistakes
from dicom_conformance.errors import DataError
from dicom_conformance.files import (
    Document,
    Location,
    Part,
    Plain,
    Texts,
    has_variable,
    suggestion,
    translate,
    unstated,
)
from dicom_conformance.judge import WANTED, FilmWanted
from dicom_conformance.results import Level
from dicom_conformance.scenario import fault_index, simulator_settings, tls_section, vocabulary
from dicom_conformance.scenario.demand import Demand, Kind, chosen
from dicom_conformance.scenario.steps import (
    JUDGING,
    NOUNS,
    OTHER_AES,
    SUBJECT,
    VERBS,
    WORKSTATION,
    Clear,
    Do,
    Expect,
    Expectation,
    Fault,
    FaultCall,
    Given,
    Holding,
    Peer,
    Step,
    Wait,
    fault_calls,
)
from dicom_conformance.statement import statement_model

HELD, INSTANCES = "held", "instances"
"""What an operation of the subject may be given: instances by UID, and instances which become files."""

_SHARED = ("level", "clause", "promise", "requirement")
_SHARED_IN_FORMAT_1 = ("level", "clause", "requirement")


class ExpectationDefaults(Part):
    """Keys that any expectation may have, beside or inside its noun."""

    level: Level | None = Field(default=None, description="how binding this expectation is")
    clause: Texts = Field(default=(), description="what demands it")
    promise: statement_model.Promise | None = Field(default=None, description="the promise that demands it (format 2)")
    requirement: str | None = Field(default=None, description="the requirement in words")


@dataclass(frozen=True, slots=True)
class Setup:
    """What a case sets up and plays, all variables bound.

    Attributes
    ----------
    settings : mapping
        Of the workstation; a subject that cannot be given them cannot play the case.
    timers : mapping
        Settings that only shorten the timers of the workstation; any other subject keeps its own timers.
    """

    settings: Mapping[str, Any]
    peers: Mapping[str, Peer]
    steps: tuple[Step, ...]
    subject: str = WORKSTATION
    timers: Mapping[str, Any] = field(default_factory=dict)

    def settings_of_subject(self, is_foreign: bool, is_slow: bool) -> Mapping[str, Any]:
        """Give the settings that the subject must have: what only shortens timers is for our own workstation."""
        if is_slow:  # the settings of a slow scenario only shorten timers, too
            return {}
        return self.settings if is_foreign else {**self.timers, **self.settings}

    def only(self, kinds: frozenset[Kind]) -> Setup:
        """Leave out the expectations of other kinds, and the steps of which none is left."""
        steps: list[Step] = []
        for step in self.steps:
            if isinstance(step, Expect):
                kept = tuple(one for one in step.expectations if one.kind in kinds)
                steps.extend([Expect(kept)] if kept else [])
            else:
                steps.append(step)
        return replace(self, steps=tuple(steps))

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of its expectations."""
        return frozenset(one.kind for step in self.steps if isinstance(step, Expect) for one in step.expectations)

    @property
    def looks_at_films(self) -> bool:
        """Whether the case judges how films look: a film of which only the fate is judged is worth no picture."""
        return any(
            isinstance(one.wanted, FilmWanted) and one.wanted.looks_at_film
            for step in self.steps
            if isinstance(step, Expect)
            for one in step.expectations
        )


def _plain(item: object) -> Mapping[str, Any]:
    return item if isinstance(item, dict) else {}


def without_variables(
    document: Document, model: type[BaseModel], error: ValidationError, base: Location
) -> Iterator[DataError]:
    """Drop the errors that only say that a variable is not yet what it will be bound to."""
    certain = ("missing", "extra_forbidden")
    kept = [
        details
        for details in error.errors(include_url=False)
        if details["type"] in certain or not has_variable(details["input"])
    ]
    if kept:
        yield from translate(document, model, kept, base)


class SetupReader:
    """Reads peers and steps, collecting the faults of the file; `tolerant` of variables not yet bound."""

    def __init__(self, document: Document, defaults: ExpectationDefaults, tolerant: bool = False) -> None:
        self.document = document
        self.defaults = defaults
        self.tolerant = tolerant
        self.errors: list[DataError] = []
        data = document.data if isinstance(document.data, dict) else {}
        self._is_format_2 = data.get("format") == "2"
        self._subject = SUBJECT if self._is_format_2 else WORKSTATION
        self._others = () if self._is_format_2 else OTHER_AES
        self._named: tuple[str, ...] = (self._subject, *self._others)
        self._peers: tuple[str, ...] = ()
        self._kinds: dict[str, str] = {}

    def raise_errors(self) -> None:
        """Raise the first fault by line, with the others along."""
        if self.errors:
            first, *others = sorted(self.errors, key=lambda error: error.line or 0)
            raise DataError(first.path, first.line, first.field, first.message, tuple(others))

    def peers(self, raw: Plain) -> dict[str, Peer]:
        """Read `peers:`."""
        peers: dict[str, Peer] = {}
        self._peers = tuple(raw) if isinstance(raw, dict) else ()
        # also for a peer that cannot be read yet, because it has a variable instead of a number or term
        self._named = (*self._peers, self._subject, *self._others)
        for name, value in (raw if isinstance(raw, dict) else {}).items():
            base: Location = ("peers", name)
            if name in ((SUBJECT, WORKSTATION) if self._is_format_2 else (WORKSTATION, *OTHER_AES)):
                self._fault(base, f"{name} is the name of the subject; give the peer another name")
            peer = self._model(Peer, value, base)
            if peer is None:
                continue
            peers[name] = peer
            self._kinds[name] = peer.simulator
            self._simulator(peer, base)
            for index, entry in enumerate(peer.faults):
                for call in fault_calls(entry):
                    self._call(call, (*base, "faults", index, call.name))
        for name, peer in peers.items():
            self._destinations(name, peer)
        return peers

    def steps(self, raw: Plain) -> tuple[Step, ...]:
        """Read `steps:`, after the peers."""
        items = raw if isinstance(raw, list) else []
        steps = []
        for index, item in enumerate(items):
            step = self._step(item, ("steps", index))
            if step is not None:
                self._names(step, _plain(item), self._named, ("steps", index))
                steps.append(step)
        if not any(isinstance(item, dict) and "expect" in item for item in items):
            self._fault(("steps",), "no expectation: a scenario needs at least one expect step")
        return tuple(steps)

    def _fault(self, location: Location, message: str) -> None:
        self.errors.append(self.document.error(location, message))

    def _model(self, model: type[Any], value: object, base: Location) -> Any:
        try:
            return model.model_validate(value)
        except ValidationError as error:
            if self.tolerant:
                self.errors.extend(without_variables(self.document, model, error, base))
            else:
                self.errors.extend(translate(self.document, model, error.errors(include_url=False), base))
        return None

    def _step(self, item: object, base: Location) -> Step | None:
        if not isinstance(item, dict) or len(item) != 1:
            self._fault(base, f"a step is a mapping with one verb: {', '.join((*VERBS, *JUDGING))}")
            return None
        ((verb, value),) = item.items()
        if verb in JUDGING:
            return self._judging(verb, value, (*base, verb))
        if verb not in VERBS:
            self._fault((*base, verb), f"unknown verb{suggestion(verb, (*VERBS, *JUDGING))}")
            return None
        step: Step | None = self._model(VERBS[verb], value, (*base, verb))
        if isinstance(step, Fault):
            if not step.calls:
                self._fault((*base, verb), "names no fault")
            for call in step.calls:
                self._call(call, (*base, verb, call.name))
        return step

    def _judging(self, verb: str, value: object, base: Location) -> Expect | Given | None:
        if not isinstance(value, list) or not value:
            self._fault(base, "must be a list of expectations")
            return None
        read = [self._expectation(item, (*base, index)) for index, item in enumerate(value)]
        return JUDGING[verb](tuple(expectation for expectation in read if expectation is not None))

    def _expectation(self, item: object, base: Location) -> Expectation | None:
        shared_keys = _SHARED if self._is_format_2 else _SHARED_IN_FORMAT_1
        nouns = [key for key in item if key not in shared_keys] if isinstance(item, dict) else []
        if not isinstance(item, dict) or len(nouns) != 1:
            self._fault(base, f"an expectation is a mapping with one noun: {', '.join(NOUNS)}")
            return None
        noun, value = nouns[0], item[nouns[0]]
        if noun not in NOUNS:
            self._fault((*base, noun), f"unknown noun{suggestion(noun, NOUNS)}")
            return None
        own = {key: item[key] for key in shared_keys if key in item}
        if isinstance(value, dict):
            own |= {key: value[key] for key in shared_keys if key in value}
        bearing = self._model(ExpectationDefaults, own, base)
        if not isinstance(value, dict):
            self._fault((*base, noun), "must be a mapping")
            return None
        if bearing is None:
            return None
        level = bearing.level or self.defaults.level or Level.CLAIM
        demand = self._demand(level, bearing, base)
        missing = unstated(value)
        wanted = value if missing or noun not in WANTED else self._wanted(noun, value, (*base, noun))
        if wanted is None:
            return None
        requirement = bearing.requirement or self.defaults.requirement or ""
        return Expectation(noun, wanted, level, demand.clause, requirement, demand.promise, missing)

    def _wanted(self, noun: str, value: dict[str, Any], base: Location) -> Any:
        model = WANTED[noun]
        value = {key: inner for key, inner in value.items() if key != "promise" or not self._is_format_2}
        ae = model.model_fields.get("ae")
        if ae is not None and ae.default == WORKSTATION and "ae" not in value:
            value = {**value, "ae": self._subject}
        return self._model(model, value, base)

    def _demand(self, level: Level, bearing: ExpectationDefaults, base: Location) -> Demand:
        """Give what demands an expectation: its own clause or promise, else the header's."""
        if not self._is_format_2:
            return Demand(level, bearing.clause or self.defaults.clause)
        own = Demand(level, bearing.clause, bearing.promise or "") if bearing.clause or bearing.promise else None
        demand = chosen(level, own, Demand(level, self.defaults.clause, self.defaults.promise or ""))
        key, message = demand.mistake
        if message and not has_variable(demand.clause) and base[-2] != "given":
            self._fault((*base, key), message)
        return demand

    def _call(self, call: FaultCall, location: Location) -> None:
        if self.tolerant and has_variable(call.parameters):
            return
        for inner, message in fault_index.mistakes(call):
            self._fault((*location, *inner), message)

    def _simulator(self, peer: Peer, base: Location) -> None:
        known = fault_index.simulator_names()
        if known and peer.simulator not in known and not has_variable(peer.simulator):
            self._fault((*base, "simulator"), f"unknown simulator{suggestion(peer.simulator, known)}")
        if not (self.tolerant and has_variable(peer.settings)):
            for inner, message in simulator_settings.mistakes(peer.simulator, tls_section.without_link(peer.settings)):
                self._fault((*base, "settings", *inner), message)
            problem = tls_section.mistake(peer.settings["tls"]) if "tls" in peer.settings else ""
            if problem:
                self._fault((*base, "settings", "tls"), problem)
        for inner, message in vocabulary.script_mistakes(peer.script):
            self._fault((*base, "script", *inner), message)
        for inner, message in vocabulary.peer_mistakes(peer.simulator, peer.model_fields_set):
            self._fault((*base, *inner), message)
        for index, holding in enumerate(peer.holds):
            self._holding(holding, (*base, "holds", index))

    def _holding(self, holding: Holding, base: Location) -> None:
        given = holding.model_dump(exclude_unset=True)
        for inner, message in vocabulary.holding_mistakes(given, self.document.path.parent):
            self._fault((*base, *inner), message)

    def _destinations(self, name: str, peer: Peer) -> None:
        named = peer.destinations.values() if isinstance(peer.destinations, Mapping) else peer.destinations
        for destination in named:
            if destination not in self._named and not has_variable(destination):
                self._fault(("peers", name, "destinations"), f"{destination!r} is neither a peer nor {self._subject}")

    def _names(self, step: Step, item: Mapping[str, Any], known: tuple[str, ...], base: Location) -> None:
        if isinstance(step, Do):
            self._instances(step, (*base, "do"))
            self._name(step.ae, tuple(name for name in known if name not in self._others), (*base, "do", "ae"))
            if step.peer is not None:
                self._name(step.peer, known, (*base, "do", "peer"))
            kind = self._kinds.get(step.ae, "")
            wrong = vocabulary.operation_mistakes(kind, step.operation, step.arguments)
            keys = vocabulary.key_mistakes(kind, step.arguments)
            browsing = step.operation == BROWSE and step.ae == self._subject
            pages = journey_mistakes(step.arguments) if browsing else ()
            for inner, message in (*wrong, *keys, *pages, *vocabulary.reference_mistakes(step.arguments)):
                self._fault((*base, "do", *inner), message)
        elif isinstance(step, (Fault, Clear)):
            verb = "fault" if isinstance(step, Fault) else "clear"
            if isinstance(step, Clear) and step.fault is not None:
                for message in fault_index.unknown(step.fault):
                    self._fault((*base, verb, "fault"), message)
            self._name(step.ae, tuple(name for name in known if name != self._subject), (*base, verb, "ae"))
        elif isinstance(step, Wait):
            for inner, message in vocabulary.event_mistakes(item["wait"]["for"], known):
                self._fault((*base, "wait", "for", *inner), message)
        else:
            ((verb, items),) = item.items()
            self._expected_names(items, known, (*base, verb))

    def _instances(self, step: Do, base: Location) -> None:
        """Read the instances that the subject is given for an operation."""
        if step.ae != self._subject:
            return
        for other in ("files", INSTANCES):
            if HELD in step.arguments and other in step.arguments:
                self._fault((*base, other), f"{HELD} and {other} exclude each other")
        given = step.arguments.get(INSTANCES)
        for index, entry in enumerate(given if isinstance(given, list) else []):
            where: Location = (*base, INSTANCES, index)
            holding = self._model(Holding, entry, where)
            if holding is not None:
                self._holding(holding, where)

    def _expected_names(self, items: list[Any], known: tuple[str, ...], base: Location) -> None:
        for index, item in enumerate(items):
            for noun in NOUNS:
                wanted = item.get(noun) if isinstance(item, dict) else None
                if isinstance(wanted, dict):
                    for inner, message in vocabulary.mistakes(noun, wanted, known):
                        self._fault((*base, index, noun, *inner), message)
                    if self._is_format_2 and base[-1] == "expect":
                        for field, peer in vocabulary.own_doings(noun, wanted, self._peers):
                            message = f"is about our own {peer}, not the subject: put it under `given`"
                            self._fault((*base, index, noun, *field), message)

    def _name(self, name: str, known: tuple[str, ...], location: Location) -> None:
        if name not in known and not has_variable(name):
            near = f": the product is called {SUBJECT}" if self._is_format_2 and name == WORKSTATION else ""
            self._fault(location, f"no peer of this scenario is named {name!r}{near or suggestion(name, known)}")
