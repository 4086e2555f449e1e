"""Decides whether what happened is right: checks, films and renderings against expectations, and the verdict.

May import: `trace`, `statement`, `results`, `files`, `interruption`.
Begin with `checks`.
"""

from dicom_conformance.judge import verdict
from dicom_conformance.judge.after_operation import keys_asked, naming_operation
from dicom_conformance.judge.case_pictures import pictures
from dicom_conformance.judge.checks import (
    CHECKS,
    RESULTS,
    STATUS_CLASSES,
    WANTED,
    AssociationWanted,
    Event,
    FilmWanted,
    LogWanted,
    Wanted,
    described,
    judge_expectation,
    moment_ns,
    unobserved,
)
from dicom_conformance.judge.displayed import NotSentError
from dicom_conformance.judge.films import FilmTray
from dicom_conformance.judge.marks import marks
from dicom_conformance.judge.service_wanted import wants_an_answer_of_ours, wants_more_than_a_refusal, wants_service
from dicom_conformance.judge.standing import RULES as STANDING_RULES
from dicom_conformance.judge.standing import Breach, Standing, breaches
from dicom_conformance.judge.unexplained_end import unexplained_end
from dicom_conformance.judge.verdict import EXIT_FAILED, EXIT_NOT_JUDGED, EXIT_PASSED, judge_findings

__all__ = [
    "CHECKS",
    "EXIT_FAILED",
    "EXIT_NOT_JUDGED",
    "EXIT_PASSED",
    "RESULTS",
    "STANDING_RULES",
    "STATUS_CLASSES",
    "WANTED",
    "AssociationWanted",
    "Breach",
    "Event",
    "FilmTray",
    "FilmWanted",
    "LogWanted",
    "NotSentError",
    "Standing",
    "Wanted",
    "breaches",
    "described",
    "judge_expectation",
    "judge_findings",
    "keys_asked",
    "marks",
    "moment_ns",
    "naming_operation",
    "pictures",
    "unexplained_end",
    "unobserved",
    "verdict",
    "wants_an_answer_of_ours",
    "wants_more_than_a_refusal",
    "wants_service",
]
