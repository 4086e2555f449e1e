"""The statuses of a message, one by one: what a row of a statement says of each code of its range.

References
----------
PS3.2 Annex N, PS3.7 Annex C.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from dicom_conformance.statement.statement_model import Role, StatusGroup, StatusRow

__all__ = ["Codes", "Status", "statuses_of"]

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


def statuses_of(group: StatusGroup, codes: Codes) -> Iterator[Status]:
    """Yield the statuses of a group; `codes` says which codes represent a range."""
    for row in group.values:
        for code in _codes(row, codes):
            yield _status(group, row, code)


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
