"""Conformance statements as data: their model, their checks, the register of claims, the errata.

May import: `files`, `results`.
Begin with `statement`.
"""

from dicom_conformance.statement import registry, services, statement_model, transfer_capability, uid_names
from dicom_conformance.statement.capability import (
    UNSTATED,
    Capability,
    CapabilityContext,
    Profile,
    Unstated,
)
from dicom_conformance.statement.format_two import FormatTwo
from dicom_conformance.statement.measured import contexts_to_negotiate
from dicom_conformance.statement.named_values import known_path, wrong_path
from dicom_conformance.statement.statement import Claim, Statement, Table, load, unclaimed
from dicom_conformance.statement.statement_model import PROMISES, StatementModel
from dicom_conformance.statement.template import write_template
from dicom_conformance.statement.transfer_capability import (
    ACCEPTANCE,
    TRANSFER_SYNTAXES_NOT_SUPPORTED,
    Row,
    chosen,
    preferred,
)

__all__ = [
    "ACCEPTANCE",
    "PROMISES",
    "TRANSFER_SYNTAXES_NOT_SUPPORTED",
    "UNSTATED",
    "Capability",
    "CapabilityContext",
    "Claim",
    "FormatTwo",
    "Profile",
    "Row",
    "Statement",
    "StatementModel",
    "Table",
    "Unstated",
    "chosen",
    "contexts_to_negotiate",
    "known_path",
    "load",
    "preferred",
    "registry",
    "services",
    "statement_model",
    "transfer_capability",
    "uid_names",
    "unclaimed",
    "write_template",
    "wrong_path",
]
