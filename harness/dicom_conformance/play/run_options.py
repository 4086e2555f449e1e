"""How the cases of a run are played: what the options of the command line say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dicom_conformance.scenario import fixtures

CASE_DEADLINE_S = 60.0


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How cases are played.

    Parameters
    ----------
    links : bool
        Whether associations are led through links.
    strict : bool
        Whether a `should` counts as a `shall`.
    output : Path or None
        Where `evidence/` goes; None keeps none.
    deviations : mapping
        Case id to the reason for which it may fail.
    case_deadline_s : float
        What a case may take before the subject counts as hanging.
    run_id : str
        Digits that no other run has: the named value `$run.id`.
    redact : str
        The secret of the pseudonyms in results and evidence; empty: nothing is redacted.
    verify : int
        How many times more a case that fails is played, each time with the subject started afresh.
    data : tuple of StudyThere
        Studies that the subject holds already.
    at_most : int
        Matches after which the query that finds such studies is cancelled, where `data` names none.
    may_store : bool
        Whether fixtures may be stored, and asked for in the place of such studies.
    iod_checks : bool
        Whether what a foreign subject sends is checked against its IODs by programs that are installed.
    samples : tuple of Sample
        Files of which no whole instance can be built.
    """

    links: bool = True
    strict: bool = False
    output: Path | None = None
    deviations: Mapping[str, str] = field(default_factory=dict)
    case_deadline_s: float = CASE_DEADLINE_S
    run_id: str = "0"
    verify: int = 0
    redact: str = ""
    data: tuple[fixtures.StudyThere, ...] = ()
    at_most: int = 50
    may_store: bool = False
    iod_checks: bool = False
    samples: tuple[fixtures.Sample, ...] = ()
