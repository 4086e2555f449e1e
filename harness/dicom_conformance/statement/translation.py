"""A statement of format 2, or one that was measured, as the tables of format 1.

Both formats are read into one model, so that whatever asks for tables of presentation contexts, for the roles of an AE
or for claims need not know in which format a statement was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dicom_conformance.statement.capability import Capability, Profile
from dicom_conformance.statement.format_two import Entity, FormatTwo
from dicom_conformance.statement.promises import derived_claims
from dicom_conformance.statement.registry import keyword_of, name_of
from dicom_conformance.statement.statement_model import (
    ApplicationEntity,
    Associations,
    CharacterSet,
    ContextRow,
    MaximumLength,
    Policy,
    Role,
    StatementModel,
    Table,
)

__all__ = ["as_tables", "tables_of"]

#: Section of what has none.
NO_SECTION = "0"


def as_tables(statement: FormatTwo, profile: Profile) -> StatementModel:
    """Give a statement of format 2 in the shape of format 1, with a claim for each promise if it lists none."""
    tables, policies = tables_of(profile, statement.configurations)
    entities = statement.application_entities
    sets = dict.fromkeys(term for entity in entities.values() for term in entity.character_sets or ())
    return StatementModel(
        format="1",
        id=statement.id,
        title=statement.full_title,
        origin=statement.origin,
        device=statement.device,
        configurations=statement.configurations,
        application_entities={key: _entity(key, entity, tables) for key, entity in entities.items()},
        tables=tables,
        policies=policies,
        character_sets=tuple(
            CharacterSet(term=term, printed=(term,), code_extensions=term.startswith("ISO 2022")) for term in sets
        ),
        sections=statement.sections,
        claims=statement.claims or derived_claims(profile),
        errata=statement.errata,
    )


def _entity(key: str, entity: Entity, tables: Mapping[str, Table]) -> ApplicationEntity:
    roles: tuple[Role, ...] = (*(("SCP",) if entity.scp else ()), *(("SCU",) if entity.scu else ()))
    own = {name: table for name, table in tables.items() if table.ae == key}
    further: dict[str, Any] = {}
    if entity.maximum_length is not None:
        further["maximum_length"] = MaximumLength(bytes=entity.maximum_length)
    if entity.associations is not None:
        further["associations"] = Associations(**entity.associations.model_dump(exclude_none=True))
    if entity.identity is not None:
        further |= entity.identity.model_dump()
    return ApplicationEntity(
        title=key,
        section=entity.section or NO_SECTION,
        description=entity.description,
        roles=roles,
        association_initiator="SCU" in roles or _reports(entity),
        association_acceptor="SCP" in roles,
        proposes=tuple(name for name, table in own.items() if table.role == "SCU"),
        accepts=tuple(name for name, table in own.items() if table.role == "SCP"),
        **further,
    )


def _reports(entity: Entity) -> bool:
    """Tell whether an SCP opens associations: to move instances, or to report on a commitment."""
    return any(
        offered.service == "move" or "new_association" in getattr(offered, "reports_on", ()) for offered in entity.scp
    )


def tables_of(profile: Profile, configurations: Mapping[str, str]) -> tuple[dict[str, Table], dict[str, Policy]]:
    """Give a table for each capability that names SOP Classes, and the policies of those that need one."""
    tables: dict[str, Table] = {}
    policies: dict[str, Policy] = {}
    for capability in profile.capabilities:
        if not capability.contexts:
            continue
        key = _free(f"{capability.ae}.{capability.role.lower()}.{capability.service}", tables)
        policy = _policy(capability, configurations)
        if policy is not None:
            policies[key] = policy
        tables[key] = Table(
            title=f"{capability.service} as an {capability.role}",
            section=capability.section or NO_SECTION,
            ae=capability.ae,
            role=capability.role,
            policy=None if policy is None else key,
            contexts=tuple(
                ContextRow(
                    label=keyword_of(context.sop_class),
                    name=name_of(context.sop_class),
                    sop_class=context.sop_class,
                    transfer_syntaxes=context.transfer_syntaxes,
                )
                for context in capability.contexts
            ),
        )
    return tables, policies


def _free(key: str, taken: Mapping[str, Table]) -> str:
    number = 1
    name = key
    while name in taken:
        number += 1
        name = f"{key}.{number}"
    return name


def _policy(capability: Capability, configurations: Mapping[str, str]) -> Policy | None:
    selection, only_in = capability.values.get("selection"), capability.values.get("configurations")
    if not isinstance(selection, list) and not only_in:
        return None
    syntaxes = dict.fromkeys(uid for context in capability.contexts for uid in context.transfer_syntaxes)
    order = tuple(dict.fromkeys([*(selection if isinstance(selection, list) else ()), *syntaxes]))
    return Policy(
        ae=capability.ae,
        kind="selection" if capability.role == "SCP" else "proposal",
        sections=(capability.section or NO_SECTION,),
        configurations={name: order for name in configurations if name in (only_in or configurations)},
    )
