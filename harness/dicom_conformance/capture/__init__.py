"""Captures: the DICOM conversations in them, and what the standing rules say of these.

May import: `errors`, `files`, `relay`, `results`, `trace`.
Begin with `reading`, then `judging`; `plain_findings` makes the data of the page.
"""

from dicom_conformance.capture.judging import JudgedCapture, judge_capture
from dicom_conformance.capture.plain_findings import findings_of_capture
from dicom_conformance.capture.reading import ACCEPTOR, REQUESTOR, Captured, read_capture, trace_of

__all__ = [
    "ACCEPTOR",
    "REQUESTOR",
    "Captured",
    "JudgedCapture",
    "findings_of_capture",
    "judge_capture",
    "read_capture",
    "trace_of",
]
