"""The run as a whole, the coverage of the statement's claims, and its errata: `run.json` as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from dicom_conformance.results.findings import EMPTY, Verdict

NO_PROCESSES: Mapping[str, int] = {}
NONE_WITHHELD: Mapping[str, int] = {}


class ClaimState(StrEnum):
    """What a run says about a claim of the statement."""

    PROVED = "proved"
    DIFFERS = "differs"
    NOT_OBSERVED = "not observed"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class ClaimCoverage:
    """One claim of the statement, and what the run says about it.

    Parameters
    ----------
    untested : str
        The statement's reason why no case can reach it.
    cases : int
        How many judged cases have a finding that bears it.
    state : ClaimState
        `proved`: a finding that bears it was met, and none was unmet; `differs`: one was unmet; `not observed`: cases
        name it, but the subject does not show what they ask for; `not judged`: no case of the run judged it.
    """

    id: str
    section: str
    paraphrase: str
    level: str
    printed: str = ""
    untested: str = ""
    cases: int = 0
    state: ClaimState = ClaimState.NOT_JUDGED


@dataclass(frozen=True, slots=True)
class Erratum:
    """A place where the printed statement contradicts itself or the standard."""

    id: str
    section: str
    printed: str
    read_as: str
    why: str


@dataclass(frozen=True, slots=True)
class StateCell:
    """One cell of the state table of PS3.8 Table 9-10 that is not blank.

    Parameters
    ----------
    state, event : str
        `Sta6`, `Evt19`.
    action, following : str
        What the table says: `AA-8`, and the states that may follow.
    state_text, event_text : str
        What the state and the event are.
    acceptor, requestor : str
        Why no peer can reach the cell in an AE of that role; empty where one can.
    """

    state: str
    event: str
    action: str
    following: str
    state_text: str
    event_text: str
    acceptor: str
    requestor: str


@dataclass(frozen=True, slots=True)
class Run:
    """The run as a whole: `run.json`.

    Parameters
    ----------
    start : str
        When it began: ISO 8601, UTC.
    elapsed_s : float
        How long it took, in seconds.
    seed : int
        Seed of everything random.
    statement : str
        Id of the statement.
    subject : str
        Name of the subject.
    cells : int
        How many separate facts were judged.
    exit_status : int
        Exit status of the run.
    strict : bool
        Whether an unmet `should` failed.
    errata : tuple of Erratum
        Errata of the statement.
    stale_deviations : tuple of str
        Known deviations that no longer fail.
    versions : Mapping
        Package or peer to version.
    counts : Mapping
        Verdict to number of cases; every verdict has an entry.
    register : tuple of ClaimCoverage
        Every claim of the statement.
    command : tuple of str
        What was typed, so that it can be typed again.
    names : Mapping
        UID to name, for SOP Classes and transfer syntaxes, in the statement's order.
    interrupted : bool
        Whether the user stopped it before every case was played.
    left_out : int
        How many cases a quick run did not play.
    withheld : Mapping
        Reason to the number of cases that were not played because no option allowed it.
    notes : tuple of str
        What unmet findings of the level `note` say, each after the id of its case; they change no verdict.
    run_all : str
        The command that plays them too; empty where none was left out.
    shard : str
        Which part of a run it is, such as ``2/4``; empty for a whole one.
    peak_rss_bytes : Mapping
        Process ("main", "worker 1" ...) to the most memory that it held at one time.
    product : str
        Name and version of another product, as its report calls it; empty for a subject of ours.
    redacted : bool
        Whether names, identifiers and free text were replaced by pseudonyms (`--redact`).
    state_table : tuple of StateCell
        The state table of the upper layer, with what no peer can reach; its cases name their cell.
    """

    start: str
    elapsed_s: float
    seed: int
    statement: str
    subject: str
    counts: Mapping[str, int]
    cells: int
    exit_status: int = 0
    strict: bool = False
    versions: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    command: tuple[str, ...] = ()
    register: tuple[ClaimCoverage, ...] = ()
    errata: tuple[Erratum, ...] = ()
    stale_deviations: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    interrupted: bool = False
    left_out: int = 0
    withheld: Mapping[str, int] = field(default_factory=lambda: NONE_WITHHELD)
    notes: tuple[str, ...] = ()
    run_all: str = ""
    shard: str = ""
    peak_rss_bytes: Mapping[str, int] = field(default_factory=lambda: NO_PROCESSES)
    product: str = ""
    redacted: bool = False
    state_table: tuple[StateCell, ...] = ()

    @property
    def reached(self) -> int:
        """How many claims at least one judged case reaches."""
        return sum(1 for claim in self.register if claim.cases)

    @property
    def claim_states(self) -> dict[str, int]:
        """How many claims are in each state, by its name."""
        return {state.value: sum(1 for claim in self.register if claim.state is state) for state in ClaimState}

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object; claims are ``{"reached", "all", "register"}``."""
        return {
            "start": self.start,
            "elapsed_s": round(self.elapsed_s, 3),
            "seed": self.seed,
            "statement": self.statement,
            "subject": self.subject,
            "counts": {verdict.value: self.counts.get(verdict.value, 0) for verdict in Verdict},
            "cells": self.cells,
            "exit_status": self.exit_status,
            "strict": self.strict,
            "versions": dict(self.versions),
            "command": list(self.command),
            "claims": {
                "reached": self.reached,
                "all": len(self.register),
                "states": self.claim_states,
                "register": [asdict(claim) for claim in self.register],
            },
            "errata": [asdict(erratum) for erratum in self.errata],
            "stale_deviations": list(self.stale_deviations),
            "names": dict(self.names),
            "interrupted": self.interrupted,
            "left_out": self.left_out,
            "withheld": dict(self.withheld),
            "notes": list(self.notes),
            "run_all": self.run_all,
            "shard": self.shard,
            "peak_rss_bytes": dict(self.peak_rss_bytes),
            "product": self.product,
            "redacted": self.redacted,
            "state_table": [asdict(cell) for cell in self.state_table],
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Run:
        """Read what `to_json` gave."""
        return cls(
            start=plain["start"],
            elapsed_s=plain["elapsed_s"],
            seed=plain["seed"],
            statement=plain["statement"],
            subject=plain["subject"],
            counts=plain["counts"],
            cells=plain["cells"],
            exit_status=plain.get("exit_status", 0),
            strict=plain.get("strict", False),
            versions=plain.get("versions", EMPTY),
            command=tuple(plain.get("command", ())),
            register=tuple(_claim(claim) for claim in plain.get("claims", {}).get("register", ())),
            errata=tuple(Erratum(**erratum) for erratum in plain.get("errata", ())),
            stale_deviations=tuple(plain.get("stale_deviations", ())),
            names=plain.get("names", EMPTY),
            interrupted=plain.get("interrupted", False),
            left_out=plain.get("left_out", 0),
            withheld=plain.get("withheld", NONE_WITHHELD),
            notes=tuple(plain.get("notes", ())),
            run_all=plain.get("run_all", ""),
            shard=plain.get("shard", ""),
            peak_rss_bytes=plain.get("peak_rss_bytes", NO_PROCESSES),
            product=plain.get("product", ""),
            redacted=plain.get("redacted", False),
            state_table=tuple(StateCell(**cell) for cell in plain.get("state_table", ())),
        )


def _claim(plain: Mapping[str, Any]) -> ClaimCoverage:
    return ClaimCoverage(**{**plain, "state": ClaimState(plain.get("state", ClaimState.NOT_JUDGED))})
