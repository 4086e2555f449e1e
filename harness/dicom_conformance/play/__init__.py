"""Plays a case: peers and subject are brought up, steps are performed, the trace is judged.

May import: `scenario` and what stands below it, `dicom_simulators`.
Begin with `case_runner`, then `step_runner`.
"""

from dicom_conformance.play.case_runner import CaseRunner, RunOptions
from dicom_conformance.play.instances import made
from dicom_conformance.play.subjects import (
    OPERATIONS,
    Address,
    Foreign,
    Product,
    Subject,
    SubjectFile,
    UnsupportedError,
    find_program,
    open_subject,
)

__all__ = [
    "OPERATIONS",
    "Address",
    "CaseRunner",
    "Foreign",
    "Product",
    "RunOptions",
    "Subject",
    "SubjectFile",
    "UnsupportedError",
    "find_program",
    "made",
    "open_subject",
]
