"""From a statement of either format to its `Profile`: what each AE states, and its capabilities.

Format 2 lists capabilities; in format 1 they are the tables of presentation contexts, and the selection of a transfer
syntax is the table's policy under the configuration in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dicom_conformance.statement import services, uid_names
from dicom_conformance.statement.capability import (
    DEFAULT_TRANSFER_SYNTAX,
    Capability,
    CapabilityContext,
    Profile,
)
from dicom_conformance.statement.format_two import Entity, FormatTwo
from dicom_conformance.statement.offered_services import OfferedService, Print, Storage
from dicom_conformance.statement.statement_model import ApplicationEntity, Role, StatementModel, Table

__all__ = ["of_capabilities", "of_tables"]

_NOT_VALUES = frozenset({"service", "table", "section", "description", "scp", "scu", "measured"})


def of_capabilities(statement: FormatTwo) -> Profile:
    """Give the profile of a statement of format 2."""
    offered = [
        (ae, role, service)
        for ae, entity in statement.application_entities.items()
        for role, services_of in (("SCP", entity.scp), ("SCU", entity.scu))
        for service in services_of
    ]
    return Profile(
        {ae: _values(entity) for ae, entity in statement.application_entities.items()},
        tuple(_capability(ae, role, each) for ae, role, each in offered if not _is_absent(each)),
        tuple((ae, role, each.service) for ae, role, each in offered if _is_absent(each)),
    )


def _is_absent(offered: OfferedService) -> bool:
    return "none" in getattr(offered, "models", ())


def _values(part: Entity | OfferedService) -> dict[str, Any]:
    stated = part.model_dump(mode="json", exclude_unset=True, exclude_none=True, exclude=set(_NOT_VALUES))
    for field in ("transfer_syntaxes", "selection"):
        if field in stated:
            stated[field] = list(uid_names.transfer_syntaxes(stated[field]))
    if "sop_classes" in stated:
        stated["sop_classes"] = list(uid_names.sop_classes(stated["sop_classes"]))
    if stated.get("selection") == ["requestor"]:
        stated["selection"] = "requestor"
    return stated


def _capability(ae: str, role: str, offered: OfferedService) -> Capability:
    syntaxes = uid_names.transfer_syntaxes(offered.transfer_syntaxes) or (DEFAULT_TRANSFER_SYNTAX,)
    return Capability(
        ae,
        "SCP" if role == "SCP" else "SCU",
        offered.service,
        tuple(CapabilityContext(uid, syntaxes) for uid in _sop_classes(offered)),
        tuple(getattr(offered, "models", ())),
        _values(offered),
        offered.table,
        offered.section,
    )


def _sop_classes(offered: OfferedService) -> tuple[str, ...]:
    if isinstance(offered, Storage):
        return uid_names.sop_classes(offered.sop_classes)
    if isinstance(offered, Print):
        optional = (services.OPTIONAL[name] for name in offered.optional)
        return (*(services.META[name] for name in offered.meta), *optional)
    if offered.service in ("query", "move", "get"):
        return tuple(services.MODELS[model][offered.service] for model in getattr(offered, "models", ()))
    return services.CLASSES[offered.service]


def of_tables(statement: StatementModel, configuration: str) -> Profile:
    """Give the profile of a statement of format 1 under a configuration of the product."""
    capabilities = [
        capability
        for key, table in statement.tables.items()
        for capability in _of_table(statement, key, table, configuration)
    ]
    for ae, entity in statement.application_entities.items():
        if not any(table.ae == ae for table in statement.tables.values()):
            capabilities += _of_list(ae, entity)
    return Profile(
        {ae: _entity_values(statement, entity) for ae, entity in statement.application_entities.items()},
        tuple(capabilities),
    )


def _of_table(statement: StatementModel, key: str, table: Table, configuration: str) -> Iterator[Capability]:
    """Give a capability for each service that a table has SOP Classes of."""
    policy = statement.policies.get(table.policy) if table.policy else None
    order = None if policy is None else policy.configurations.get(configuration, ())
    contexts = [
        CapabilityContext(row.sop_class, tuple(uid for uid in table.syntaxes_of(row) if order is None or uid in order))
        for row in table.contexts
    ]
    values: dict[str, Any] = {"transfer_syntaxes": list(order if order is not None else table.transfer_syntaxes)}
    if policy is not None and policy.kind == "selection" and order:
        values["selection"] = list(order)
    if table.role == "SCP":
        values["only"] = True  # a printed table lists all that is accepted
    values["extended_negotiation"] = ["none"] if not table.extended_negotiation else []
    listed = {services.service_of(row.sop_class) for row in statement.application_entities[table.ae].sop_classes}
    for service, of_service in _by_service(context for context in contexts if context.transfer_syntaxes).items():
        if listed and service not in listed:  # proposed, and yet none of the services that the AE's section names
            continue
        yield _grouped(table.ae, table.role, service, of_service, statement, values, key, table.section)


def _of_list(ae: str, entity: ApplicationEntity) -> Iterator[Capability]:
    """Give the capabilities of an AE that has no table: by the SOP Classes at the head of its section."""
    contexts = [CapabilityContext(row.sop_class, (DEFAULT_TRANSFER_SYNTAX,)) for row in entity.sop_classes]
    for role in entity.roles:
        for service, of_service in _by_service(contexts).items():
            yield _grouped(ae, role, service, of_service, None, {}, None, entity.section)


def _by_service(contexts: Iterable[CapabilityContext]) -> dict[services.Service, list[CapabilityContext]]:
    found: dict[services.Service, list[CapabilityContext]] = {}
    for context in contexts:
        service = services.service_of(context.sop_class)
        if service is not None:
            found.setdefault(service, []).append(context)
    return found


def _grouped(
    ae: str,
    role: Role,
    service: services.Service,
    contexts: list[CapabilityContext],
    statement: StatementModel | None,
    values: Mapping[str, Any],
    table: str | None,
    section: str | None,
) -> Capability:
    """Make one capability of the contexts of one service, as format 2 would state it."""
    stated = {name: value for name, value in values.items() if name != "extended_negotiation" or service in _EXTENDED}
    models = tuple(model for context in contexts if (model := services.model_of(context.sop_class)) is not None)
    uids = [context.sop_class for context in contexts]
    if service == "storage":
        stated["sop_classes"] = uids
    elif models:
        stated["models"] = list(models)
    elif service == "print":
        stated["meta"] = [name for name, uid in services.META.items() if uid in uids]
        stated["optional"] = [name for name, uid in services.OPTIONAL.items() if uid in uids]
    statuses = _statuses(statement, ae, role, service) if statement is not None else {}
    if statuses:
        stated["statuses"] = statuses
    return Capability(ae, role, service, tuple(contexts), models, stated, table, section)


_EXTENDED = frozenset({"query", "move", "get"})
_RESPONSES = {"storage": "C-STORE-RSP", "query": "C-FIND-RSP", "move": "C-MOVE-RSP", "get": "C-GET-RSP"}


def _statuses(statement: StatementModel, ae: str, role: Role, service: str) -> dict[str, str]:
    """Give the statuses that an SCP sends, by cause; a row of format 1 names its causes."""
    return {
        cause: row.first
        for group in statement.status_codes
        if role == "SCP" and (group.ae, group.role) == (ae, role) and group.message == _RESPONSES.get(service)
        for row in group.values
        for cause in row.causes
    }


def _entity_values(statement: StatementModel, entity: ApplicationEntity) -> dict[str, Any]:
    """Give what format 1 states of an AE, by the names of format 2."""
    identity = {
        name: value
        for name in ("implementation_class_uid", "implementation_version_name", "application_context_name")
        if (value := getattr(entity, name)) is not None
    }
    values: dict[str, Any] = {"identity": identity} if identity else {}
    if entity.maximum_length is not None:
        values["maximum_length"] = entity.maximum_length.bytes
    if "associations" in entity.model_fields_set:
        values["associations"] = entity.associations.model_dump(mode="json", exclude_unset=True)
    if "asynchronous_operations_window" in entity.model_fields_set and not entity.asynchronous_operations_window:
        values["asynchronous"] = "none"
    if statement.character_sets:
        values["character_sets"] = [each.term for each in statement.character_sets]
    return values
