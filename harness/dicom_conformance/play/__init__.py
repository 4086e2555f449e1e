"""Plays a case: peers and subject are brought up, steps are performed, the trace is judged.

May import: `scenario` and what stands below it, `dicom_simulators`.
Begin with `case_runner`, then `step_runner`.
"""

from dicom_conformance.play.case_runner import CaseRunner, RunOptions
from dicom_conformance.play.instances import made
from dicom_conformance.play.subjects import Address, Foreign, Product, Subject, UnsupportedError, open_subject
from dicom_conformance.play.subjects.foreign import OPERATIONS, SubjectFile

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
    "made",
    "open_subject",
]
