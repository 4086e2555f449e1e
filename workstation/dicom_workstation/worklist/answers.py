"""What an archive answers to the query of a worklist: which of it belongs to the list, in which order.

Invariants: pure. A key that the archive does not return decides nothing. The order never depends on the order of the
answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from dicom_workstation.configuration import Worklist, vr_of

INSTANCES = "NumberOfStudyRelatedInstances"


@dataclass(frozen=True, slots=True)
class ListedStudy:
    """A study as the archive lists it: keyword -> text.

    `instances` is how many the archive says that it has, None if it does not say; `held` how many are in memory.
    """

    uid: str
    attributes: Mapping[str, str]
    instances: int | None = None
    held: int = 0


def listed(
    worklist: Worklist, matches: Sequence[Mapping[str, str]], held: Mapping[str, int]
) -> tuple[ListedStudy, ...]:
    """Return the studies of the list, in its order, each once, no more than its limit."""
    found: dict[str, Mapping[str, str]] = {}
    for match in sorted(matches, key=lambda one: sorted(one.items())):
        uid = match.get("StudyInstanceUID", "")
        if uid and uid not in found and all(one.holds(match.get(key, "")) for key, one in worklist.conditions.items()):
            found[uid] = match
    ordered = sorted(found.values(), key=lambda one: one["StudyInstanceUID"])
    for key, is_descending in reversed(worklist.sort_keys):
        ordered.sort(key=lambda one: _rank(key, one.get(key, "")), reverse=is_descending)
        ordered.sort(key=lambda one: not one.get(key, ""))  # what has no value comes last, in either direction
    return tuple(
        ListedStudy(
            uid=one["StudyInstanceUID"],
            attributes=one,
            instances=int(count) if (count := one.get(INSTANCES, "").strip()).isdecimal() else None,
            held=held.get(one["StudyInstanceUID"], 0),
        )
        for one in ordered[: worklist.limit]
    )


def _rank(key: str, text: str) -> tuple[float, str]:
    """Return by what a value is sorted: numbers by their value, anything else as text."""
    stripped = text.strip()
    if vr_of(key) in ("IS", "DS"):
        try:
            return (float(stripped), "")
        except ValueError:
            return (inf, stripped)
    return (0.0, stripped)
