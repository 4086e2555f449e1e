"""Measures what a product offers, read-only, and writes it as a statement.

May import: `errors`, `pages`, `statement`.
Begin with `probing`; `asking` opens the associations, within limits.
"""

from dicom_conformance.probe.asking import Asker, Limits, Target, read_target
from dicom_conformance.probe.findings import Findings
from dicom_conformance.probe.measured_page import page
from dicom_conformance.probe.probing import Wishes, probe
from dicom_conformance.probe.statement_text import data_text, statement_text

__all__ = [
    "Asker",
    "Findings",
    "Limits",
    "Target",
    "Wishes",
    "data_text",
    "page",
    "probe",
    "read_target",
    "statement_text",
]
