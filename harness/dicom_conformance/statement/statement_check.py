"""What the parts of a statement must say of each other.

A model checks field by field; this file checks what spans fields: no claim twice, every section that is cited exists,
every policy names configurations and AEs that exist, no status is listed twice. Each fault is a location within the
document and a sentence; `statement.statement` adds file and line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from dicom_conformance.statement import uid_names
from dicom_conformance.statement.format_two import FormatTwo
from dicom_conformance.statement.offered_services import OfferedService
from dicom_conformance.statement.registry import keyword_of
from dicom_conformance.statement.statement_model import StatementModel

__all__ = ["Fault", "faults", "faults_of_format_two", "register_faults"]

#: Location within the document, and what is wrong there.
Fault: TypeAlias = tuple[tuple[str | int, ...], str]


def faults(statement: StatementModel) -> Iterator[Fault]:
    """Yield every disagreement between the parts of a statement."""
    yield from _application_entities(statement)
    yield from _tables(statement)
    yield from _policies(statement)
    yield from _status_codes(statement)
    yield from register_faults(statement)


def register_faults(statement: StatementModel) -> Iterator[Fault]:
    """Yield every disagreement between sections, claims and errata."""
    yield from _sections(statement)
    yield from _claims(statement)
    yield from _errata(statement)


def faults_of_format_two(statement: FormatTwo) -> Iterator[Fault]:
    """Yield every disagreement between the parts of a statement of format 2, but for its register of claims."""
    if not statement.application_entities:
        yield ("application_entities",), "the statement has no AE"
    for key, entity in statement.application_entities.items():
        where = ("application_entities", key)
        if not (entity.scp or entity.scu):
            yield where, "the AE offers nothing; list its services in scp or scu"
        for role, offered in (("scp", entity.scp), ("scu", entity.scu)):
            for index, service in enumerate(offered):
                yield from _offered((*where, role, index), service, statement)


def _offered(where: tuple[str | int, ...], offered: OfferedService, statement: FormatTwo) -> Iterator[Fault]:
    for number, configuration in enumerate(offered.configurations):
        if configuration not in statement.configurations:
            message = _unknown("configuration", configuration, statement.configurations)
            yield (*where, "configurations", number), message
    named = uid_names.transfer_syntaxes(offered.transfer_syntaxes)
    preferred = () if "requestor" in offered.selection else uid_names.transfer_syntaxes(offered.selection)
    for uid in preferred:
        if uid not in named:
            yield (*where, "selection"), f"{keyword_of(uid)} is not among the transfer_syntaxes of the service"
    sections = {section.number for section in statement.sections}
    if offered.section is not None and sections and offered.section not in sections:
        yield (*where, "section"), f"there is no section {offered.section}"


def _twice(part: str, field: str, values: Iterable[str]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for index, value in enumerate(values):
        if value in first:
            yield (part, index, field), f"{value} is used twice (first in {part}[{first[value]}])"
        first.setdefault(value, index)


def _unknown(kind: str, value: str, known: Iterable[str]) -> str:
    return f"no {kind} {value!r}; it must be one of {', '.join(known) or 'none'}"


def _application_entities(statement: StatementModel) -> Iterator[Fault]:
    for name, entity in statement.application_entities.items():
        for field, tables in (("proposes", entity.proposes), ("accepts", entity.accepts)):
            for index, table in enumerate(tables):
                where = ("application_entities", name, field, index)
                if table not in statement.tables:
                    yield where, _unknown("table", table, statement.tables)
                elif statement.tables[table].ae != name:
                    yield where, f"table {table!r} belongs to {statement.tables[table].ae}"
        if entity.accepts and not entity.association_acceptor:
            yield ("application_entities", name, "accepts"), "the AE accepts no association"
        if entity.proposes and not entity.association_initiator:
            yield ("application_entities", name, "proposes"), "the AE initiates no association"


def _tables(statement: StatementModel) -> Iterator[Fault]:
    for key, table in statement.tables.items():
        entity = statement.application_entities.get(table.ae)
        if entity is None:
            yield ("tables", key, "ae"), _unknown("AE", table.ae, statement.application_entities)
        elif table.role not in entity.roles:
            yield ("tables", key, "role"), f"{table.ae} has no role {table.role}"
        policy = None if table.policy is None else statement.policies.get(table.policy)
        if table.policy is not None and policy is None:
            yield ("tables", key, "policy"), _unknown("policy", table.policy, statement.policies)
        elif policy is not None and policy.ae != table.ae:
            yield ("tables", key, "policy"), f"policy {table.policy!r} belongs to {policy.ae}"
        listed = {uid for order in policy.configurations.values() for uid in order} if policy else None
        labels: set[str] = set()
        for index, row in enumerate(table.contexts):
            where = ("tables", key, "contexts", index)
            if row.label in labels:
                yield (*where, "label"), f"{row.label} is used twice"
            labels.add(row.label)
            own = table.syntaxes_of(row)
            if not own:
                yield where, "neither the row nor the table has transfer syntaxes"
            if len(set(own)) < len(own):
                yield (*where, "transfer_syntaxes"), "a transfer syntax is listed twice"
            for uid in own:
                if listed is not None and uid not in listed:
                    yield where, f"no configuration of policy {table.policy!r} lists {uid}"


def _policies(statement: StatementModel) -> Iterator[Fault]:
    for key, policy in statement.policies.items():
        if policy.ae not in statement.application_entities:
            yield ("policies", key, "ae"), _unknown("AE", policy.ae, statement.application_entities)
        for configuration, order in policy.configurations.items():
            where = ("policies", key, "configurations", configuration)
            if configuration not in statement.configurations:
                yield where, _unknown("configuration", configuration, statement.configurations)
            if len(set(order)) < len(order):
                yield where, "a transfer syntax is listed twice"


def _status_codes(statement: StatementModel) -> Iterator[Fault]:
    for index, group in enumerate(statement.status_codes):
        entity = statement.application_entities.get(group.ae)
        if entity is None:
            yield ("status_codes", index, "ae"), _unknown("AE", group.ae, statement.application_entities)
        elif group.role not in entity.roles:
            yield ("status_codes", index, "role"), f"{group.ae} has no role {group.role}"
        spans: list[tuple[str, str]] = []
        for number, row in enumerate(group.values):
            where = ("status_codes", index, "values", number)
            last = row.last or row.first
            if last < row.first:
                yield (*where, "last"), f"the range ends at {last}, before its start"
            if any(row.first <= other_last and first <= last for first, other_last in spans):
                yield (*where, "first"), f"{row.first} to {last} overlaps an earlier range"
            spans.append((row.first, last))
            if (group.role == "SCU") == (row.result is None):
                fault = (
                    "is missing: the result that the SCU reports to its user"
                    if group.role == "SCU"
                    else "only an SCU reports a result to a user"
                )
                yield (*where, "result"), fault


def _sections(statement: StatementModel) -> Iterator[Fault]:
    yield from _twice("sections", "number", (section.number for section in statement.sections))
    claimed = {claim.section for claim in statement.claims}
    for index, section in enumerate(statement.sections):
        inner = any(number == section.number or number.startswith(section.number + ".") for number in claimed)
        if section.promises_nothing is None and not inner:
            yield ("sections", index), f"{section.number} makes no claim; say why in promises_nothing"
        elif section.promises_nothing is not None and section.number in claimed:
            yield ("sections", index, "promises_nothing"), f"but a claim names section {section.number}"


def _claims(statement: StatementModel) -> Iterator[Fault]:
    yield from _twice("claims", "id", (claim.id for claim in statement.claims))
    sections = {section.number for section in statement.sections}
    errata = {erratum.id for erratum in statement.errata}
    firsts = {claim.section for claim in statement.claims if claim.id == f"{claim.section}/1"}
    for index, claim in enumerate(statement.claims):
        if claim.section not in sections:
            yield ("claims", index, "id"), f"there is no section {claim.section}"
        if "/" not in claim.id and claim.section in firsts:  # without a number, a claim is the first of its section
            yield ("claims", index, "id"), f"{claim.section} makes several claims, so this one needs a number"
        if claim.ae is not None and claim.ae not in statement.application_entities:
            yield ("claims", index, "ae"), _unknown("AE", claim.ae, statement.application_entities)
        if claim.configuration is not None and claim.configuration not in statement.configurations:
            message = _unknown("configuration", claim.configuration, statement.configurations)
            yield ("claims", index, "configuration"), message
        for number, erratum in enumerate(claim.errata):
            if erratum not in errata:
                yield ("claims", index, "errata", number), f"there is no erratum {erratum!r}"


def _errata(statement: StatementModel) -> Iterator[Fault]:
    yield from _twice("errata", "id", (erratum.id for erratum in statement.errata))
    sections = {section.number for section in statement.sections}
    for index, erratum in enumerate(statement.errata):
        for section in erratum.section:
            if section not in sections:
                yield ("errata", index, "section"), f"there is no section {section}"
