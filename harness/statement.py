"""What a product promises, as data that can be asked.

`load` reads one statement and checks what its parts say of each other; the fault of a file is a `DataError` with
file, line and field. `Statement` answers what the rest of the harness asks: which presentation contexts there are and
under which configuration, which transfer syntax a policy chooses, which statuses there are and what they bring, which
claim a clause names. The order of every answer is the order of the file, so that two runs ask the same in the same
order. The subject never reads a statement: it is what the subject is held to.

References
----------
PS3.2 Annex N, PS3.15 Annex H.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

from harness import registry
from harness.statement_check import faults
from harness.statement_model import (
    ApplicationEntity,
    Claim,
    Erratum,
    Policy,
    Role,
    Section,
    StatementModel,
    StatusGroup,
    StatusRow,
    Table,
)
from harness.strict_yaml import DataError, Document, read, validate

__all__ = [
    "ApplicationEntity",
    "Claim",
    "Context",
    "Erratum",
    "Policy",
    "Section",
    "Statement",
    "Status",
    "Table",
    "UnknownClauseError",
    "check",
    "find",
    "load",
    "names",
]

#: Where the statements that come with the project lie, in a checkout and installed alike.
FOLDER = Path(__file__).resolve().parent.parent / "scenarios" / "statements"

#: What a clause of the statement in play begins with; other clauses are the standard's.
PREFIX = "DCS "


#: Which codes of a range represent it.
Codes: TypeAlias = Literal["first", "last", "boundaries", "all"]


class UnknownClauseError(LookupError):
    """A clause names no claim of the statement, or more than one."""


@dataclass(frozen=True, slots=True)
class Context:
    """One row of a table: an abstract syntax with one transfer syntax.

    Parameters
    ----------
    table : str
        The table's key in the statement.
    label : str
        Short and unique within the table, fit for the id of a case.
    name : str
        As printed.
    sop_class, transfer_syntax : str
        UIDs.
    configuration : str
        The first configuration under which the row holds.
    role : {"SCU", "SCP"}
        Of the AE.
    ae : str
        The AE's key in the statement.
    """

    table: str
    label: str
    name: str
    sop_class: str
    transfer_syntax: str
    configuration: str
    role: Role
    ae: str


@dataclass(frozen=True, slots=True)
class Status:
    """One status code, and what the statement (or, where it is silent, the standard) says of it.

    Parameters
    ----------
    code : str
        Four hex digits.
    status_class : str
        ``success``, ``pending``, ``warning``, ``failure``, ``cancel`` or ``unknown`` (PS3.7 Annex C).
    result : str or None
        What the subject, as an SCU, reports to its user when the operation ends with this status; for a pending one,
        when it goes on and ends well. None for a status that the subject sends.
    printed : bool
        Whether the statement itself names the status.
    """

    ae: str
    role: Role
    message: str
    code: str
    status_class: str
    meaning: str
    clause: str
    level: str
    result: str | None
    behaviour: str
    condition: str
    printed: bool


class Statement(StatementModel):
    """A statement that was read and checked, with what can be asked of it."""

    def has(self, ae: str, role: str | None = None) -> bool:
        """Tell whether the statement has such an AE, in such a role if one is given (a scenario's ``needs``)."""
        entity = self.application_entities.get(ae)
        return entity is not None and (role is None or role in entity.roles)

    def table(self, table: str) -> Table:
        """Give a table by its key.

        Raises
        ------
        KeyError
            The statement has no such table.
        """
        if table not in self.tables:
            raise KeyError(f"no table {table!r}; the tables are {', '.join(self.tables) or 'none'}")
        return self.tables[table]

    def contexts(self, table: str) -> Iterator[Context]:
        """Yield the rows of a table; see `table` for what is raised."""
        found = self.table(table)
        for row in found.contexts:
            for transfer_syntax in row.transfer_syntaxes or found.transfer_syntaxes:
                configuration = self.configuration_for(table, transfer_syntax)
                yield Context(
                    table, row.label, row.name, row.sop_class, transfer_syntax, configuration, found.role, found.ae
                )

    def configuration_for(self, table: str, transfer_syntax: str) -> str:
        """Give the first configuration whose policy lists the transfer syntax; the first of all without a policy.

        Raises
        ------
        KeyError
            There is no such table, or no configuration of its policy lists the transfer syntax.
        """
        policy = self.policy_of(table)
        if policy is None:
            return next(iter(self.configurations))
        for configuration in self.configurations:
            if transfer_syntax in policy.configurations.get(configuration, ()):
                return configuration
        raise KeyError(f"no configuration of table {table!r} lists {transfer_syntax}")

    def policy_of(self, table: str) -> Policy | None:
        """Give the policy that a table names."""
        name = self.table(table).policy
        return None if name is None else self.policies[name]

    def order(self, table: str, configuration: str) -> tuple[str, ...]:
        """Give the transfer syntaxes that a table's policy lists under a configuration, in order of preference."""
        policy = self.policy_of(table)
        if policy is None:
            return self.table(table).transfer_syntaxes
        if configuration not in self.configurations:
            raise KeyError(
                f"no configuration {configuration!r}; the configurations are {', '.join(self.configurations)}"
            )
        return policy.configurations.get(configuration, ())

    def select(self, table: str, configuration: str, proposed: Iterable[str]) -> str | None:
        """Give the transfer syntax that is accepted of those proposed, whatever their order; None where none is."""
        offered = frozenset(proposed)
        return next((uid for uid in self.order(table, configuration) if uid in offered), None)

    def configurations_for(self, table: str, transfer_syntax: str) -> tuple[str, ...]:
        """Give every configuration under which a transfer syntax of the table holds; all without a policy."""
        policy = self.policy_of(table)
        if policy is None:
            return tuple(self.configurations)
        return tuple(name for name in self.configurations if transfer_syntax in policy.configurations.get(name, ()))

    def statuses(
        self, ae: str, message: str | None = None, role: str | None = None, codes: Codes = "boundaries"
    ) -> Iterator[Status]:
        """Yield the statuses of an AE and a message (or of all its messages); none where the statement has none.

        `codes` says which codes represent a range: its first, its last, both, or all of them.
        """
        for group in self.status_codes:
            if group.ae == ae and message in (None, group.message) and role in (None, group.role):
                for row in group.values:
                    for code in _codes(row, codes):
                        yield _status(group, row, code)

    def status(self, ae: str, message: str, code: str) -> Status | None:
        """Give the entry of one status code, whether it is the end of a range or inside it."""
        for group in self.status_codes:
            if group.ae == ae and group.message == message:
                for row in group.values:
                    if row.first <= code <= (row.last or row.first):
                        return _status(group, row, code)
        return None

    @cached_property
    def claims_by_id(self) -> dict[str, Claim]:
        """The register, by id."""
        return {claim.id: claim for claim in self.claims}

    def claims_of(self, section: str) -> tuple[Claim, ...]:
        """Give what one section promises, without its parts."""
        return tuple(claim for claim in self.claims if claim.section == section)

    def errata_of(self, section: str) -> tuple[Erratum, ...]:
        """Give the errata of one section, without its parts."""
        return tuple(erratum for erratum in self.errata if section in erratum.section)

    def resolve(self, clause: str) -> Claim | None:
        """Give the claim that ``DCS <id>`` names; None for a clause of the standard.

        Raises
        ------
        UnknownClauseError
            The statement has no such claim, or the section named makes several: coverage must say which is reached.
        """
        if not clause.startswith(PREFIX):
            return None
        identifier = clause.removeprefix(PREFIX).strip()
        if identifier in self.claims_by_id:
            return self.claims_by_id[identifier]
        several = self.claims_of(identifier)
        if several:
            raise UnknownClauseError(f"{identifier} makes several claims: {', '.join(claim.id for claim in several)}")
        raise UnknownClauseError(f"{self.id} makes no claim {identifier}")

    def reached(self, clauses: Iterable[str]) -> tuple[Claim, ...]:
        """Give the claims that some clauses name; what this statement does not know names none."""
        identifiers = (clause.removeprefix(PREFIX).strip() for clause in clauses if clause.startswith(PREFIX))
        known = self.claims_by_id
        return tuple(known[identifier] for identifier in dict.fromkeys(identifiers) if identifier in known)

    @cached_property
    def labels(self) -> dict[str, str]:
        """SOP Class to label, over all tables; the first that names it."""
        labels: dict[str, str] = {}
        for table in self.tables.values():
            for row in table.contexts:
                labels.setdefault(row.sop_class, row.label)
        return labels

    def name_of(self, uid: str) -> str:
        """Give the standard's name of a UID, else the printed one of a table, else the UID."""
        if uid in registry.NAMES:
            return registry.name_of(uid)
        rows = (row for table in self.tables.values() for row in table.contexts)
        return next((row.name for row in rows if row.sop_class == uid), uid)


def _codes(row: StatusRow, codes: Codes) -> Iterable[str]:
    first, last = row.first, row.last or row.first
    if codes == "all":
        return (f"{code:04X}" for code in range(int(first, 16), int(last, 16) + 1))
    return {"first": (first,), "last": (last,), "boundaries": dict.fromkeys((first, last))}[codes]


def _status(group: StatusGroup, row: StatusRow, code: str) -> Status:
    return Status(
        group.ae,
        group.role,
        group.message,
        code,
        row.status_class,
        row.meaning,
        row.clause,
        row.level,
        row.result,
        row.behaviour,
        row.condition,
        row.printed,
    )


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
    statement = validate(document, Statement)
    found = sorted(
        (document.error(location, message) for location, message in faults(statement)),
        key=lambda fault: fault.line or 0,
    )
    if found:
        first = found[0]
        raise DataError(first.path, first.line, first.field, first.message, tuple(found[1:]))
    return statement
