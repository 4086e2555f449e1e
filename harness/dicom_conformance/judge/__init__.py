"""Decides whether what happened is right: checks, films and renderings held against expectations, the verdict of a case.

May import: `trace`, `statement`, `results`, `files`.
Begin with `checks`.
"""

from dicom_conformance.judge import verdict
from dicom_conformance.judge.case_pictures import pictures
from dicom_conformance.judge.checks import CHECKS, WANTED, Event, Wanted, judge_expectation, unobserved
from dicom_conformance.judge.checks.association import AssociationWanted
from dicom_conformance.judge.checks.event import described, moment_ns
from dicom_conformance.judge.checks.film import FilmWanted
from dicom_conformance.judge.checks.log import LogWanted
from dicom_conformance.judge.checks.wanted import RESULTS, STATUS_CLASSES
from dicom_conformance.judge.verdict import EXIT_FAILED, EXIT_NOT_JUDGED, EXIT_PASSED, judge_findings

__all__ = [
    "CHECKS",
    "EXIT_FAILED",
    "EXIT_NOT_JUDGED",
    "EXIT_PASSED",
    "RESULTS",
    "STATUS_CLASSES",
    "WANTED",
    "AssociationWanted",
    "Event",
    "FilmWanted",
    "LogWanted",
    "Wanted",
    "described",
    "judge_expectation",
    "judge_findings",
    "moment_ns",
    "pictures",
    "unobserved",
    "verdict",
]
