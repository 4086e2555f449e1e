"""The verbs of a scenario: what a step may say.

A step is a mapping of exactly one verb: `do` (an AE performs an operation; it never fails by itself, what came of it
is recorded), `wait` (for an event in the trace, with a deadline), `fault` and `clear`, `expect`. The models here give
types to steps whose variables have been bound; `harness.scenario` runs them over unbound steps too, so that most
mistakes are found before any case exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from harness.checks.event import Event
from harness.results import Level

#: The subject's name in every scenario.
WORKSTATION = "workstation"

#: The closed set of check nouns; those without a `Wanted` model yet take a free mapping.
NOUNS = (
    "association",
    "context",
    "pdu",
    "dimse",
    "data_set",
    "store",
    "outcome",
    "log",
    "elapsed",
    "film",
    "rendering",
)

#: The steps of a scripted peer (`script:`).
SCRIPT_VERBS = ("send", "receive", "close", "reset", "stall")


def one_or_more(value: Any) -> Any:
    """Read a single text as a list of one text."""
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(one_or_more)]


class Part(BaseModel):
    """A part of a scenario: frozen, and no key but those it names."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Do(BaseModel):
    """An AE performs an operation; every key beyond the four named is an argument of the operation."""

    model_config = ConfigDict(frozen=True, extra="allow")

    ae: str = Field(min_length=1)
    operation: str = Field(min_length=1)
    peer: str | None = None
    background: bool = False

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The operation's own arguments: plain data, scalars as text."""
        return self.model_extra or {}


class Wait(Part):
    """The scenario goes on once `event` was seen; after `within_s` seconds the stage counts as not set."""

    event: Event = Field(alias="for")
    within_s: float = Field(default=5.0, gt=0, le=600)


class Fault(BaseModel):
    """A peer, or the link towards it, misbehaves from now on; each further key is a fault and its parameters."""

    model_config = ConfigDict(frozen=True, extra="allow")

    ae: str = Field(min_length=1)
    at: Literal["ae", "link"] = "ae"

    @property
    def calls(self) -> tuple[FaultCall, ...]:
        """The faults named, in the order written."""
        return fault_calls(self.model_extra or {})


class Clear(Part):
    """The peer, and the link towards it, behave again."""

    ae: str = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class FaultCall:
    """A fault by name, with its parameters as written."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation: the noun, what it wants, and how binding it is.

    Parameters
    ----------
    check : str
        One of `NOUNS`.
    wanted : BaseModel or Mapping
        The check's own `Wanted` model; a mapping for a noun that has none.
    level : Level
        The expectation's own, else the scenario's.
    clause : tuple of str
        Likewise.
    requirement : str
        The demand paraphrased; else the scenario's title.
    """

    check: str
    wanted: BaseModel | Mapping[str, Any]
    level: Level
    clause: tuple[str, ...]
    requirement: str


@dataclass(frozen=True, slots=True)
class Expect:
    """Judge, now."""

    expectations: tuple[Expectation, ...]


Step: TypeAlias = Do | Wait | Fault | Clear | Expect

#: Verb to model; `expect` is read apart, for its nouns are an index of their own.
VERBS: Mapping[str, type[BaseModel]] = {"do": Do, "wait": Wait, "fault": Fault, "clear": Clear}


class Holding(BaseModel):
    """What a peer holds: a recipe, a study of several instances, a folder or a file; further keys are its changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: str | None = None
    study: Mapping[str, Any] | None = None
    folder: str | None = None
    file: str | None = None
    sop_class: str | None = None
    transfer_syntax: str | None = None
    count: int = Field(default=1, ge=1, le=100_000)
    seed: int | None = None
    changes: Mapping[str, Any] = Field(default_factory=dict)


class Peer(Part):
    """A simulator that the scenario sets on the stage.

    `destinations` is the archive's table of C-MOVE destinations: AE titles to names of peers (or just the names);
    `settings` are further arguments of the simulator; `known` tells whether the workstation's configuration names it;
    `host` is how it is called, and where it is called from.
    """

    simulator: str = Field(min_length=1)
    ae_title: str | None = Field(default=None, min_length=1)
    holds: tuple[Holding, ...] = ()
    faults: tuple[Mapping[str, Any], ...] = ()
    destinations: Mapping[str, str] | tuple[str, ...] = ()
    script: tuple[str | Mapping[str, Any], ...] = ()
    settings: Mapping[str, Any] = Field(default_factory=dict)
    known: bool = True
    host: Literal["127.0.0.1", "::1", "localhost"] | None = None

    @property
    def fault_calls(self) -> tuple[FaultCall, ...]:
        """The faults that the peer starts with, in the order written."""
        return tuple(call for entry in self.faults for call in fault_calls(entry))


def fault_calls(entry: Mapping[str, Any]) -> tuple[FaultCall, ...]:
    """Read ``{name: parameters}``; a fault without parameters may be written with nothing behind its colon."""
    return tuple(
        FaultCall(name, parameters if isinstance(parameters, Mapping) else {}) for name, parameters in entry.items()
    )
