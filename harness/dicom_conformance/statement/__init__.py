"""Conformance statements as data: their model, their checks, the register of claims, the errata.

May import: `files`, `results`.
Begin with `statement`.
"""

from dicom_conformance.statement import registry, statement_model, transfer_capability
from dicom_conformance.statement.statement import Claim, Statement, Table, load
from dicom_conformance.statement.statement_model import StatementModel
from dicom_conformance.statement.transfer_capability import (
    ACCEPTANCE,
    TRANSFER_SYNTAXES_NOT_SUPPORTED,
    Row,
    chosen,
    preferred,
)

__all__ = [
    "ACCEPTANCE",
    "TRANSFER_SYNTAXES_NOT_SUPPORTED",
    "Claim",
    "Row",
    "Statement",
    "StatementModel",
    "Table",
    "chosen",
    "load",
    "preferred",
    "registry",
    "statement_model",
    "transfer_capability",
]
