"""Plays a case: peers and subject are brought up, steps are performed, the trace is judged.

May import: `scenario` and what stands below it, `dicom_simulators`.
Begin with `case_runner`, then `step_runner`.
"""

from dicom_conformance.play.case_evidence import redaction_of
from dicom_conformance.play.case_runner import CALLING, CaseRunner
from dicom_conformance.play.instances import made
from dicom_conformance.play.negotiation import Negotiated, negotiate
from dicom_conformance.play.ports import reserved_port, wait_until_it_listens
from dicom_conformance.play.run_options import RunOptions
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
    subject_file,
)

__all__ = [
    "CALLING",
    "OPERATIONS",
    "Address",
    "CaseRunner",
    "Foreign",
    "Negotiated",
    "Product",
    "RunOptions",
    "Subject",
    "SubjectFile",
    "UnsupportedError",
    "find_program",
    "made",
    "negotiate",
    "open_subject",
    "redaction_of",
    "reserved_port",
    "subject_file",
    "wait_until_it_listens",
]
