"""Instances that the subject sent, checked against their IODs by programs of others; what they say becomes notes.

Invariants: a note never changes a verdict, and a program that is missing, fails or takes too long changes nothing. Of
an instance that the subject had from us, only what it changed counts: what the program says of the original is left
out. How many instances are checked is bounded.

May import: `trace`, `results`, `files`.
Begin with `checker`.
"""

from dicom_conformance.iod_checks.checker import IodChecker, programs
from dicom_conformance.iod_checks.dciodvfy import Dciodvfy
from dicom_conformance.iod_checks.dicom_validator import DicomValidator
from dicom_conformance.iod_checks.program import Complaint, Program

__all__ = ["Complaint", "Dciodvfy", "DicomValidator", "IodChecker", "Program", "programs"]
