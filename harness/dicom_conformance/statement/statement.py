"""What a product promises, as data that can be asked.

`load` reads one statement and checks what its parts say of each other; the fault of a file is a `DataError` with
file, line and field. `Statement` answers what the rest of the harness asks: which AEs there are and in which roles,
which statuses there are and what they bring, which claims some clauses name; which presentation contexts there are is
`statement.transfer_capability`'s to say. The order of every answer is the order of the file, so that two runs ask the
same in the same order. The subject never reads a statement: it is what the subject is held to.

References
----------
PS3.2 Annex N, PS3.15 Annex H.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr

from dicom_conformance.files import DataError, Document, read, scenarios_folder, validate
from dicom_conformance.statement import measured, profile, services, uid_names
from dicom_conformance.statement.capability import (
    UNSTATED,
    Capability,
    CapabilityContext,
    Profile,
    Unstated,
    proposal,
)
from dicom_conformance.statement.format_two import FormatTwo
from dicom_conformance.statement.named_values import value_at
from dicom_conformance.statement.promises import derived_claims
from dicom_conformance.statement.proposals import DERIVED, most_associations
from dicom_conformance.statement.statement_check import Fault, faults, faults_of_format_two, register_faults
from dicom_conformance.statement.statement_model import (
    ApplicationEntity,
    Claim,
    Erratum,
    Policy,
    Section,
    StatementModel,
    Table,
)
from dicom_conformance.statement.status import Codes, Status, statuses_of
from dicom_conformance.statement.translation import as_tables, tables_of

__all__ = [
    "ApplicationEntity",
    "Claim",
    "Erratum",
    "Policy",
    "Section",
    "Statement",
    "Status",
    "Table",
    "check",
    "find",
    "load",
    "names",
    "unclaimed",
]

#: Where the statements that come with the project lie, in a checkout and installed alike.
FOLDER = scenarios_folder() / "statements"

#: Versions of the file format.
FORMATS = ("1", "2")

#: What a clause of the statement in play begins with; other clauses are the standard's.
PREFIX = "DCS "


class Statement(StatementModel):
    """A statement that was read and checked, with what can be asked of it."""

    _profile: Profile | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, model: StatementModel, stated: Profile | None = None) -> Statement:
        """Make a statement of its parts; without a profile, the tables say which capabilities there are."""
        statement = cls(**_fields(model))
        statement._profile = stated
        return statement

    def profile(self, configuration: str | None = None) -> Profile:
        """Give what is stated of each AE, and the capabilities under a configuration (by default the first)."""
        name = self._configuration(configuration)
        if self._profile is None:
            return profile.of_tables(self, name)
        held = (each for each in self._profile.capabilities if name in each.values.get("configurations", (name,)))
        return Profile(self._profile.entities, tuple(held), self._profile.absent)

    def capabilities(
        self,
        *,
        ae: str | None = None,
        role: str | None = None,
        service: str | None = None,
        sop_class: str | None = None,
        model: str | None = None,
        configuration: str | None = None,
    ) -> tuple[Capability, ...]:
        """Give the capabilities that fit, in the order of the statement.

        Parameters
        ----------
        service : str or None
            One of `services.SERVICES`, or ``retrieve``: move or get.
        sop_class : str or None
            Keyword, name, UID or group; one of the capability's must be among them.
        model : str or None
            An information model of Query/Retrieve.
        configuration : str or None
            The product's; by default the first of the statement.
        """
        wanted = services.RETRIEVE if service == "retrieve" else (service,)
        classes = () if sop_class is None else uid_names.sop_classes((sop_class,))
        return tuple(
            each
            for each in self.profile(configuration).capabilities
            if ae in (None, each.ae)
            and role in (None, each.role)
            and (service is None or each.service in wanted)
            and (sop_class is None or any(uid in classes for uid in each.sop_classes))
            and model in (None, *each.models)
        )

    def stated(
        self,
        path: str,
        ae: str,
        capability: Capability | None = None,
        *,
        role: str | None = None,
        configuration: str | None = None,
    ) -> Any | Unstated:
        """Give a value that the statement states, as plain data; `UNSTATED` where it does not.

        Parameters
        ----------
        path : str
            ``ae.maximum_length``, ``capability.statuses.unparsable``; `known_path` says which there are.
        ae : str
            The AE in question.
        capability : Capability or None
            What ``capability.`` means; without one, ``capability.proposal`` is that of the whole AE.
        role : str or None
            Role in which the AE is asked for its proposal; by default the capability's, else SCP if it has that role.
        """
        root, *parts = path.split(".")
        if parts == ["proposal"]:
            return self._proposal(root, ae, capability, role, configuration)
        if root == "ae":
            return self._of_ae(parts, ae, role or (capability.role if capability is not None else None), configuration)
        if root != "capability" or capability is None:
            return UNSTATED
        return value_at(_values(capability), parts)

    def _of_ae(self, parts: list[str], ae: str, role: str | None, configuration: str | None) -> Any | Unstated:
        values = self.profile(configuration).entities.get(ae, {})
        if parts == ["key"]:
            return ae
        if parts == ["most_associations"]:
            return most_associations(values.get("associations", {}))
        if parts[0] in DERIVED:
            asked = role or ("SCP" if self.has(ae, "SCP") else "SCU")
            offered = self.capabilities(ae=ae, role=asked, configuration=configuration)
            return DERIVED[parts[0]]((*offered, *self._nothing_of(ae, asked, configuration))) or UNSTATED
        return value_at(values, parts)

    def _nothing_of(self, ae: str, role: str, configuration: str | None) -> Iterator[Capability]:
        """Give a capability without contexts for each service that is stated as not offered."""
        for key, absent_role, service in self.profile(configuration).absent:
            if (key, absent_role) == (ae, role):
                yield Capability(ae, "SCP" if role == "SCP" else "SCU", service, values={"only": True})

    def _proposal(
        self, root: str, ae: str, capability: Capability | None, role: str | None, configuration: str | None
    ) -> Any | Unstated:
        if root == "capability" and capability is not None:
            return proposal((capability,))
        asked = role or (capability.role if capability is not None else None)
        if asked is None:
            asked = "SCP" if self.has(ae, "SCP") else "SCU"
        return proposal(self.capabilities(ae=ae, role=asked, configuration=configuration))

    def promise_claims(
        self, promise: str, ae: str, *, service: str | None = None, configuration: str | None = None
    ) -> tuple[str, ...]:
        """Give the claims that a finding with this promise bears, as ``<statement>#<claim>``; none if unpromised.

        Parameters
        ----------
        service : str or None
            The service that was looked at; without one, claims of any service.
        configuration : str or None
            The product's; by default the first of the statement.
        """
        name = self._configuration(configuration)
        return tuple(
            f"{self.id}#{claim.id}"
            for claim in self.claims
            if claim.promise == promise
            and claim.ae in (None, ae)
            and (service is None or claim.service in (None, service))
            and claim.configuration in (None, name)
        )

    def _configuration(self, name: str | None) -> str:
        return next(iter(self.configurations), "none") if name is None else name

    def with_measured(self, accepted: Iterable[CapabilityContext], ae: str | None = None) -> Statement:
        """Give this statement with what was accepted in a negotiation with one AE, or with any that is an SCP.

        Only what the statement leaves open is filled in: AEs without a capability, capabilities without a SOP Class.
        """
        scps = [key for key, entity in self.application_entities.items() if "SCP" in entity.roles and ae in (None, key)]
        return self._with_profile(measured.measured(self._profile or self.profile(), scps, accepted))

    def with_operations(self, operations: Mapping[str, Iterable[str]]) -> Statement:
        """Give this statement with the services, as an SCU, of the operations that a product can be made to perform.

        An AE that states a service as an SCU keeps what it states. Each operation has the information models with which
        it can be used.
        """
        return self._with_profile(measured.operated(self._profile or self.profile(), operations))

    def _with_profile(self, found: Profile) -> Statement:
        """Give this statement with other capabilities, and the tables that they make."""
        tables, policies = tables_of(found, self.configurations)
        entities = {
            key: entity.model_copy(
                update={
                    "proposes": tuple(name for name, each in tables.items() if (each.ae, each.role) == (key, "SCU")),
                    "accepts": tuple(name for name, each in tables.items() if (each.ae, each.role) == (key, "SCP")),
                }
            )
            for key, entity in self.application_entities.items()
        }
        changed = {"tables": tables, "policies": policies, "application_entities": entities}
        return Statement.of(StatementModel(**{**_fields(self), **changed}), found)

    def has(self, ae: str, role: str | None = None) -> bool:
        """Tell whether the statement has such an AE, in such a role if one is given (a scenario's ``needs``)."""
        entity = self.application_entities.get(ae)
        return entity is not None and (role is None or role in entity.roles)

    def has_role(self, role: str) -> bool:
        """Tell whether any AE of the statement has a role."""
        return any(role in entity.roles for entity in self.application_entities.values())

    def tables_of(self, ae: str | None = None, role: str | None = None) -> tuple[str, ...]:
        """Give the keys of the tables of an AE in a role; of every AE, and in any role, where none is named."""
        return tuple(key for key, table in self.tables.items() if ae in (None, table.ae) and role in (None, table.role))

    def statuses(
        self, ae: str, message: str | None = None, role: str | None = None, codes: Codes = "boundaries"
    ) -> Iterator[Status]:
        """Yield the statuses of an AE and a message (or of all its messages); none where the statement has none.

        `codes` says which codes represent a range: its first, its last, both, or all of them.
        """
        for group in self.status_codes:
            if group.ae == ae and message in (None, group.message) and role in (None, group.role):
                yield from statuses_of(group, codes)

    @cached_property
    def claims_by_id(self) -> dict[str, Claim]:
        """The register, by id."""
        return {claim.id: claim for claim in self.claims}

    def reached(self, clauses: Iterable[str]) -> tuple[Claim, ...]:
        """Give the claims that some clauses name; what this statement does not know names none."""
        prefixes = (PREFIX, f"{self.id}#")
        identifiers = (
            clause.removeprefix(prefix).strip()
            for clause in clauses
            for prefix in prefixes
            if clause.startswith(prefix)
        )
        known = self.claims_by_id
        return tuple(known[identifier] for identifier in dict.fromkeys(identifiers) if identifier in known)


def _fields(model: StatementModel) -> dict[str, Any]:
    return {name: getattr(model, name) for name in StatementModel.model_fields}


def _values(capability: Capability) -> dict[str, Any]:
    """Give what can be asked of a capability by name: what is stated, and what follows from it."""
    found: dict[str, Any] = {"service": capability.service, "role": capability.role, **capability.values}
    if capability.contexts:
        found["sop_classes"] = list(capability.sop_classes)
        found["contexts"] = [
            {"sop_class": each.sop_class, "transfer_syntaxes": list(each.transfer_syntaxes)}
            for each in capability.contexts
        ]
    if capability.models:
        found["models"] = list(capability.models)
    return found


def names() -> tuple[str, ...]:
    """List the statements that come with the project."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def find(statement: str | Path) -> Path:
    """Find a statement by the name of one that comes with the project, or by its path.

    Raises
    ------
    DataError
        It is neither.
    """
    path = Path(statement)
    named = FOLDER / f"{statement}.yaml"
    if path.suffix in (".yaml", ".yml") or path.is_file():
        return path
    if named.is_file():
        return named
    raise DataError(path, None, "", f"no such statement; give one of {', '.join(names())}, or the path of a file")


def load(statement: str | Path) -> Statement:
    """Read a statement, by name or path, and check it.

    Raises
    ------
    DataError
        The file is wrong; the first fault by line, the rest are its ``others``.
    """
    return check(read(find(statement)))


def check(document: Document) -> Statement:
    """Give a document the types of a statement, and check what its parts say of each other; raises as `load`."""
    written = document.data.get("format", FORMATS[0]) if isinstance(document.data, dict) else FORMATS[0]
    if written not in FORMATS:
        raise document.error(("format",), f"must be {' or '.join(map(repr, FORMATS))}, not {written!r}")
    if written == "2":
        return _of_format_two(document)
    model = validate(document, StatementModel)
    _raise(document, faults(model))
    statement = Statement.of(model)
    if statement.claims:
        return statement
    return Statement.of(model.model_copy(update={"claims": derived_claims(statement.profile())}))


def _of_format_two(document: Document) -> Statement:
    written = validate(document, FormatTwo)
    _raise(document, faults_of_format_two(written))
    stated = profile.of_capabilities(written)
    model = as_tables(written, stated)
    if written.claims or written.sections or written.errata:
        _raise(document, register_faults(model))
    return Statement.of(model, stated)


def _raise(document: Document, found: Iterable[Fault]) -> None:
    """Raise the first of some faults by line, if there are any; the rest are its ``others``."""
    errors = sorted(
        (document.error(location, message) for location, message in found), key=lambda fault: fault.line or 0
    )
    if errors:
        first = errors[0]
        raise DataError(first.path, first.line, first.field, first.message, tuple(errors[1:]))


def unclaimed(name: str) -> Statement:
    """Give the statement of a product, by name, that claims nothing; `with_measured` and `with_operations` add."""
    return Statement.of(*measured.nothing_claimed(name))
