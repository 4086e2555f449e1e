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

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

from dicom_conformance.files import DataError, Document, read, scenarios_folder, validate
from dicom_conformance.statement.statement_check import faults
from dicom_conformance.statement.statement_model import (
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
]

#: Where the statements that come with the project lie, in a checkout and installed alike.
FOLDER = scenarios_folder() / "statements"

#: What a clause of the statement in play begins with; other clauses are the standard's.
PREFIX = "DCS "


#: Which codes of a range represent it.
Codes: TypeAlias = Literal["first", "last", "boundaries", "all"]


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
                for row in group.values:
                    for code in _codes(row, codes):
                        yield _status(group, row, code)

    @cached_property
    def claims_by_id(self) -> dict[str, Claim]:
        """The register, by id."""
        return {claim.id: claim for claim in self.claims}

    def reached(self, clauses: Iterable[str]) -> tuple[Claim, ...]:
        """Give the claims that some clauses name; what this statement does not know names none."""
        identifiers = (clause.removeprefix(PREFIX).strip() for clause in clauses if clause.startswith(PREFIX))
        known = self.claims_by_id
        return tuple(known[identifier] for identifier in dict.fromkeys(identifiers) if identifier in known)


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
