"""What was stored and how it was answered: the account against which the target's holdings are checked.

Invariants: an instance is entered before its first byte is sent, and never twice; an entry without a status was sent,
wholly or in part, and never answered. Entries are numbers; their UIDs follow from them (`names`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dicom_wire import StatusClass, status_class

__all__ = ["Entry", "Ledger", "is_stored"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One instance that was sent.

    Attributes
    ----------
    worker, study, instance : int
        Their numbers; the worker's within the run, the study's within the worker, the instance's within the study.
    kind : (int, int)
        Which template it was made of: the index of the entry in the mix, and that of the size.
    status : int or None
        The status of the C-STORE-RSP; None = there was none.
    """

    worker: int
    study: int
    instance: int
    kind: tuple[int, int]
    status: int | None

    def to_plain(self) -> list[int]:
        """Give plain data."""
        return [self.worker, self.study, self.instance, *self.kind, -1 if self.status is None else self.status]

    @classmethod
    def from_plain(cls, plain: Sequence[int]) -> Entry:
        """Read what `to_plain` gave."""
        worker, study, instance, index, size, status = (int(one) for one in plain)
        return cls(worker, study, instance, (index, size), None if status < 0 else status)


def is_stored(status: int | None) -> bool:
    """Whether a status says that the instance was stored: success, or a warning (PS3.4 B.2.3)."""
    return status is not None and status_class(status) in (StatusClass.SUCCESS, StatusClass.WARNING)


@dataclass(slots=True)
class Ledger:
    """The entries of a run, or of a part of it."""

    entries: list[Entry] = field(default_factory=list)

    def take(self, entry: Entry) -> None:
        """Add an entry."""
        self.entries.append(entry)

    def merge(self, other: Ledger) -> None:
        """Add the entries of another."""
        self.entries += other.entries

    def to_plain(self) -> list[list[int]]:
        """Give plain data, which JSON and the messages between workers can carry."""
        return [entry.to_plain() for entry in self.entries]

    @classmethod
    def from_plain(cls, plain: Iterable[Sequence[int]]) -> Ledger:
        """Read what `to_plain` gave."""
        return cls([Entry.from_plain(one) for one in plain])
