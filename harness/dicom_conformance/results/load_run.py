"""The result of a load run as plain data: `run.json` of `dicom-conformance load`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dicom_conformance.files import write_whole
from dicom_conformance.results.findings import Finding
from dicom_conformance.results.run_file import read_run_file

__all__ = [
    "PERCENTILES",
    "LoadRun",
    "LoadWorker",
    "OperationFigures",
    "StoredFigures",
    "read_load_run",
    "write_load_run",
]

PERCENTILES = (50.0, 90.0, 95.0, 99.0, 100.0)
"""What is written of the times of an operation."""
KIND = "load"


@dataclass(frozen=True, slots=True)
class OperationFigures:
    """The operations of one kind.

    Attributes
    ----------
    operation, name : str
        ``C-STORE``, and which entry of the plan in words.
    count : int
        How many were performed, failed ones among them.
    failures : mapping of str to int
        How many failed, by status (four hex digits) or by what happened.
    mean_ms : float
        Of those that did not fail, in milliseconds.
    percentiles_ms : mapping of str to float
        Percentile to time in milliseconds, of those that did not fail; empty where there are none.
    rate_per_s : float
        Operations in a second, over the whole run.
    size_bytes : int
        Of the data sets, in both directions.
    """

    operation: str
    name: str
    count: int
    failures: Mapping[str, int]
    mean_ms: float
    percentiles_ms: Mapping[str, float]
    rate_per_s: float
    size_bytes: int

    @property
    def failed(self) -> int:
        """How many failed."""
        return sum(self.failures.values())


@dataclass(frozen=True, slots=True)
class LoadWorker:
    """One worker: its number, the machine it ran on, what it performed, and whether it reported to its end."""

    number: int
    host: str
    operations: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class StoredFigures:
    """What became of the instances that were sent.

    Attributes
    ----------
    sent, answered, refused, unanswered : int
        How many were sent; answered by success or a warning; refused by a failure status; never answered.
    held : int or None
        Of those answered, how many the target holds; None = not looked at.
    lost, altered : int
        Of those answered, how many it does not hold, or holds with other values.
    by : str
        How it was found out: ``query``, ``get``, ``folder`` or ``none``.
    """

    sent: int
    answered: int
    refused: int
    unanswered: int
    held: int | None
    lost: int
    altered: int
    by: str


@dataclass(frozen=True, slots=True)
class LoadRun:
    """A load run: `run.json`.

    Attributes
    ----------
    title : str
        The plan's.
    target, calling : str
        ``AET@HOST:PORT``, and our AE title.
    start : str
        ISO 8601, UTC.
    elapsed_s : float
        From the first operation to the end of the last one, in seconds.
    ended_by : str
        Why it ended.
    bounds : mapping of str to float
        What was in force: operations, rate_per_s, users, duration_s.
    not_judged : tuple of str
        Why the run cannot be judged; empty where it was.
    exit_status : int
        2 where it cannot be judged, 1 where a finding is not met, else 0.
    """

    title: str
    target: str
    calling: str
    start: str
    elapsed_s: float
    ended_by: str
    bounds: Mapping[str, float]
    workers: tuple[LoadWorker, ...]
    operations: tuple[OperationFigures, ...]
    stored: StoredFigures
    findings: tuple[Finding, ...]
    not_judged: tuple[str, ...]
    exit_status: int
    versions: Mapping[str, str]
    plan: str

    @property
    def unmet(self) -> tuple[Finding, ...]:
        """The findings that were not met."""
        return tuple(one for one in self.findings if one.unmet)

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object."""
        return {
            "kind": KIND,
            **{name: getattr(self, name) for name in ("title", "target", "calling", "start", "ended_by", "plan")},
            "elapsed_s": round(self.elapsed_s, 3),
            "bounds": dict(self.bounds),
            "workers": [asdict(one) for one in self.workers],
            "operations": [asdict(one) for one in self.operations],
            "stored": asdict(self.stored),
            "findings": [finding.to_json(False) for finding in self.findings],
            "not_judged": list(self.not_judged),
            "exit_status": self.exit_status,
            "versions": dict(self.versions),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> LoadRun:
        """Read what `to_json` gave.

        Raises
        ------
        ValueError, KeyError, TypeError
            It is something else.
        """
        if plain["kind"] != KIND:
            raise ValueError(f"kind is {plain['kind']!r}")
        return cls(
            **{name: plain[name] for name in ("title", "target", "calling", "start", "ended_by", "plan")},
            elapsed_s=plain["elapsed_s"],
            bounds=plain["bounds"],
            workers=tuple(LoadWorker(**one) for one in plain["workers"]),
            operations=tuple(OperationFigures(**one) for one in plain["operations"]),
            stored=StoredFigures(**plain["stored"]),
            findings=tuple(Finding.from_json(one) for one in plain["findings"]),
            not_judged=tuple(plain["not_judged"]),
            exit_status=plain["exit_status"],
            versions=plain["versions"],
        )


def write_load_run(path: Path, run: LoadRun) -> None:
    """Write `run.json` of a load run."""
    write_whole(path, json.dumps(run.to_json(), indent=1) + "\n")


def read_load_run(path: Path) -> LoadRun:
    """Read `run.json` of a load run.

    Raises
    ------
    DataError
        The file cannot be read, or is no load run.
    """
    return read_run_file(path, LoadRun.from_json, "a load run")
