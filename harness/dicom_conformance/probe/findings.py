"""What a probe found: values, each with how and how often it was measured, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Findings", "Offer", "Study", "Value"]


@dataclass(frozen=True, slots=True)
class Value:
    """One measured value.

    Parameters
    ----------
    value : object
        Plain data, by the names of a statement's format 2; UIDs in digits.
    how : str
        How it was measured.
    times : int
        How often, each time with this result.
    """

    value: Any
    how: str
    times: int


@dataclass(frozen=True, slots=True)
class Offer:
    """One entry below `scp` of a statement."""

    service: str
    values: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Study:
    """A study that the product holds: no more of it than is needed to ask for it again."""

    study_instance_uid: str
    patient_id: str = ""
    study_date: str = ""
    accession_number: str = ""


@dataclass(slots=True)
class Findings:
    """Everything that was found of one product.

    Parameters
    ----------
    entity : dict
        Values of the AE, by their names in a statement.
    offers : list of Offer
    left_out : list of str
        Values that varied, or that could not be measured, and why.
    notes : list of str
        What was seen and has no place in a statement.
    studies : list of Study
        Some that are there.
    """

    entity: dict[str, Value] = field(default_factory=dict)
    offers: list[Offer] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    studies: list[Study] = field(default_factory=list)

    def settle(self, name: str, seen: Sequence[Any], how: str) -> Value | None:
        """Give a value that was the same each time; else note that it is left out, and what it was."""
        if not seen:
            return None
        if all(one == seen[0] for one in seen):
            return Value(seen[0], how, len(seen))
        self.left_out.append(f"{name}: it varied: {listed(seen)}")
        return None


def listed(seen: Iterable[Any]) -> str:
    """List different values, each once, in the order in which they came."""
    return ", ".join(dict.fromkeys(str(one) for one in seen))
