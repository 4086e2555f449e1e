"""The verbs of a scenario: what a step may say.

A step is a mapping of exactly one verb: `do` (an AE performs an operation; it never fails by itself, what came of it
is recorded), `wait` (for an event in the trace, with a deadline), `fault` and `clear`, `expect` and `given` (what must
be so before anything can be judged). The models here give
types to steps whose variables have been bound; `scenario.scenario` runs them over unbound steps too, so that most
mistakes are found before any case exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from dicom_conformance.files import Part
from dicom_conformance.judge import Event
from dicom_conformance.results import Level
from dicom_conformance.scenario.demand import Demand, Kind

#: The subject's name in a scenario of format 1.
WORKSTATION = "workstation"
#: The subject's name in a scenario of format 2.
SUBJECT = "subject"

#: The further AEs of the workstation, which a peer may call in a scenario of format 1: the archive on its disk.
OTHER_AES = ("osm",)

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
    "films",
    "rendering",
    "matches",
    "negotiation",
    "query_responses",
    "retrieved",
    "committed",
    "response",
    "answers",
    "rules",
    "page",
    "axe",
)

#: Beside the name of a fault: it need not have an effect.
OPTIONAL = "optional"
#: Beside the name of a fault: it must not have an effect.
TRIPWIRE = "tripwire"

#: The steps of a scripted peer (`script:`).
SCRIPT_VERBS = ("send", "receive", "close", "reset", "stall")


class Do(BaseModel):
    """An AE performs an operation; every key beyond the four named is an argument of the operation."""

    model_config = ConfigDict(frozen=True, extra="allow")

    ae: str = Field(min_length=1, description="AE that acts: `workstation` (in format 2 `subject`), or a peer")
    operation: str = Field(min_length=1, description="what it does")
    peer: str | None = Field(default=None, description="AE that it does it with")
    background: bool = Field(default=False, description="go on with the next step at once")

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The operation's own arguments: plain data, scalars as text."""
        return self.model_extra or {}


class Wait(Part):
    """The scenario goes on once `event` was seen; after `within_s` seconds the stage counts as not set."""

    event: Event = Field(alias="for", description="the event")
    within_s: float = Field(default=5.0, gt=0, le=600, description="how long to wait, in seconds")


class Fault(BaseModel):
    """A peer, or the link towards it, misbehaves from now on; each further key is a fault and its parameters."""

    model_config = ConfigDict(frozen=True, extra="allow")

    ae: str = Field(min_length=1, description="the peer")
    at: Literal["ae", "link"] = Field(
        default="ae", description="whether the peer itself misbehaves, or the link to and from it"
    )
    tripwire: bool = Field(
        default=False, description="the fault must never have an effect: the subject fails where it has one"
    )

    optional: bool = Field(default=False, description="the fault need not have an effect")

    @property
    def calls(self) -> tuple[FaultCall, ...]:
        """The faults named, in the order written."""
        return fault_calls({TRIPWIRE: self.tripwire, OPTIONAL: self.optional, **(self.model_extra or {})})


class Clear(Part):
    """The peer, and the link towards it, behave again; in one way only, if a fault is named."""

    ae: str = Field(min_length=1, description="the peer")
    fault: str | None = Field(default=None, min_length=1, description="the fault that is lifted; all if not given")


@dataclass(frozen=True, slots=True)
class FaultCall:
    """A fault by name, with its parameters as written; a tripwire must never have an effect, an optional one may."""

    name: str
    parameters: Mapping[str, Any]
    tripwire: bool = False
    optional: bool = False


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
    promise : str
        What the statement has to promise, in the place of a clause; empty for none (format 2).
    unstated : str
        Path of a named value in `wanted` that the statement does not give, so that nothing can be judged.
    """

    check: str
    wanted: BaseModel | Mapping[str, Any]
    level: Level
    clause: tuple[str, ...]
    requirement: str
    promise: str = ""
    unstated: str = ""

    @property
    def kind(self) -> Kind:
        """Who demands it."""
        return Demand(self.level, self.clause, self.promise).kind


@dataclass(frozen=True, slots=True)
class Expect:
    """Judge, now."""

    expectations: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """Verify, now, what must be so before anything can be judged: that our peers did their part."""

    expectations: tuple[Expectation, ...]


Step: TypeAlias = Do | Wait | Fault | Clear | Expect | Given

#: Verbs that hold a list of expectations; they are read apart, for their nouns are an index of their own.
JUDGING: Mapping[str, type[Expect | Given]] = {"expect": Expect, "given": Given}

#: Verb to model, without those that judge.
VERBS: Mapping[str, type[BaseModel]] = {"do": Do, "wait": Wait, "fault": Fault, "clear": Clear}


class Holding(Part):
    """What a peer holds: a recipe, a study, a folder, a file or a sample; further keys are its changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: str | None = Field(
        default=None, description="build instances by this recipe (`smallest` if nothing is named)"
    )
    study: Mapping[str, Any] | None = Field(
        default=None, description="build a whole study of several series and instances"
    )
    folder: str | None = Field(
        default=None, description="read every DICOM file below a folder; the path is relative to this file"
    )
    file: str | None = Field(
        default=None, description="read one DICOM file; `pydicom:NAME` is a file that comes with pydicom"
    )
    sample: str | None = Field(
        default=None,
        description="a file of this SOP Class of `run --samples DIR`; where there is none the case is not judged",
    )
    sop_class: str | None = Field(default=None, description="UID of the SOP Class (CT Image Storage if not given)")
    transfer_syntax: str | None = Field(
        default=None, description="UID of the transfer syntax (Explicit VR Little Endian if not given)"
    )
    count: int = Field(default=1, ge=1, le=100_000, description="how many instances")
    seed: int | None = Field(
        default=None,
        description="tells instances of the same recipe apart; taken from the place in the file if not given",
    )
    changes: Mapping[str, Any] = Field(
        default_factory=dict,
        description=(
            "elements to set by keyword, `remove:` keywords to leave out, and `rows`, `columns`, `frames`, `size_bytes`"
        ),
    )


class Peer(Part):
    """A simulator that the scenario sets on the stage.

    `destinations` is the archive's table of C-MOVE destinations: AE titles to names of peers (or just the names);
    `settings` are further arguments of the simulator; `known` tells whether the workstation's configuration names it;
    `host` is how it is called, and where it is called from.
    """

    simulator: str = Field(min_length=1, description="kind of simulator")
    ae_title: str | None = Field(
        default=None, min_length=1, description="AE title; the name of the peer in capitals if not given"
    )
    holds: tuple[Holding, ...] = Field(default=(), description="instances that it holds")
    faults: tuple[Mapping[str, Any], ...] = Field(default=(), description="faults that are active from the start")
    destinations: Mapping[str, str] | tuple[str, ...] = Field(
        default=(),
        description="move destinations of an archive: names of peers, or AE titles and the peers they stand for",
    )
    script: tuple[str | Mapping[str, Any], ...] = Field(
        default=(), description="what a `scripted` peer sends and receives"
    )
    settings: Mapping[str, Any] = Field(default_factory=dict, description="further settings of the simulator")
    known: bool = Field(default=True, description="whether the workstation's configuration names it")
    host: Literal["127.0.0.1", "::1", "localhost"] | None = Field(
        default=None, description="address that the peer listens on, and that the workstation calls"
    )

    @property
    def fault_calls(self) -> tuple[FaultCall, ...]:
        """The faults that the peer starts with, in the order written."""
        return tuple(call for entry in self.faults for call in fault_calls(entry))


def fault_calls(entry: Mapping[str, Any]) -> tuple[FaultCall, ...]:
    """Read ``{name: parameters}``; a fault without parameters may be written with nothing behind its colon.

    ``tripwire: true`` beside the names marks faults that must not have an effect, ``optional: true`` those that may
    have none.
    """
    tripwire, optional = (entry.get(mark) in (True, "true") for mark in (TRIPWIRE, OPTIONAL))
    return tuple(
        FaultCall(name, parameters if isinstance(parameters, Mapping) else {}, tripwire, optional)
        for name, parameters in entry.items()
        if name not in (TRIPWIRE, OPTIONAL)
    )
