"""Whether the statement claims what a scenario needs; if not, its cases are NOT_CLAIMED."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dicom_conformance.statement import Statement


def unmet(needs: Mapping[str, Any], configuration: str, statement: Statement) -> str:
    """Say what the statement does not claim; empty if it claims everything.

    Parameters
    ----------
    needs : Mapping
        A scenario's `needs`, variables bound. `operation` is the subject's to offer, not the statement's to claim.
    configuration : str
        The workstation's for this case.
    """
    return next(_unmet(needs, configuration, statement), "")


def _unmet(needs: Mapping[str, Any], configuration: str, statement: Statement) -> Iterator[str]:
    ae, role = needs.get("ae"), needs.get("role")
    if ae is not None and not statement.has(ae, role):
        yield f"the statement {statement.id} has no AE {ae}" + (f" as {role}" if role else "")
    elif role is not None and ae is None and not statement.has_role(role):
        yield f"the statement {statement.id} has no AE as {role}"
    for wanted in (configuration, *_listed(needs.get("configuration"))):
        if wanted not in statement.configurations:
            yield f"the statement {statement.id} has no configuration {wanted}"
    sop_classes, transfer_syntaxes = _listed(needs.get("sop_class")), _listed(needs.get("transfer_syntax"))
    if not (sop_classes or transfer_syntaxes):
        return
    claimed = [
        (row.sop_class, uid)
        for table in map(statement.tables.__getitem__, statement.tables_of(ae, role))
        for row in table.contexts
        for uid in table.syntaxes_of(row)
    ]
    for sop_class in sop_classes:
        if not any(sop_class == each for each, _ in claimed):
            yield f"the statement {statement.id} does not claim SOP Class {sop_class}"
    for transfer_syntax in transfer_syntaxes:
        if not any(transfer_syntax == each for _, each in claimed):
            yield f"the statement {statement.id} does not claim transfer syntax {transfer_syntax}"


def _listed(value: object) -> Sequence[str]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(each) for each in value) if isinstance(value, list) else ()
