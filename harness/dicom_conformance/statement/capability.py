"""What a product says it can do: capabilities, and the values that it states for each.

Whatever the format of a statement, and where there is none what was found by negotiation, is turned into a `Profile`:
the values of each AE and its capabilities, one for each service and role. Values are plain data (texts, numbers, lists
and mappings); a value that nobody stated is absent, and asking for it gives `UNSTATED`. There are no defaults.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal

__all__ = [
    "DEFAULT_TRANSFER_SYNTAX",
    "MOST_CONTEXTS",
    "UNSTATED",
    "Capability",
    "CapabilityContext",
    "Profile",
    "Unstated",
    "proposal",
]

#: Implicit VR Little Endian, which every AE supports for what it supports (PS3.5 10.1).
DEFAULT_TRANSFER_SYNTAX = "1.2.840.10008.1.2"

#: As many presentation contexts as one negotiation can carry: their IDs are odd and at most 255 (PS3.8 Table 9-13).
MOST_CONTEXTS = 128


class Unstated(Enum):
    """The type of `UNSTATED`: the statement does not give the value."""

    UNSTATED = "unstated"


UNSTATED: Final = Unstated.UNSTATED


@dataclass(frozen=True, slots=True)
class CapabilityContext:
    """One abstract syntax of a capability.

    Parameters
    ----------
    sop_class : str
        Its UID.
    transfer_syntaxes : tuple of str
        UIDs; a set, whose order means nothing. Where none is stated, the default transfer syntax alone.
    """

    sop_class: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Capability:
    """What one AE offers of one service in one role.

    Parameters
    ----------
    ae : str
        Key of the AE in the statement.
    role : str
        ``SCU`` or ``SCP``.
    service : str
        One of `services.SERVICES`.
    contexts : tuple of CapabilityContext
        Empty where no SOP Class is stated (a generic statement): these are found by negotiation.
    models : tuple of str
        Information models of Query/Retrieve, such as ``study_root``.
    values : Mapping
        What is stated, by the names of the statement's format 2; plain data, UIDs in digits.
    table, section : str or None
        Table and section of the printed statement.
    """

    ae: str
    role: Literal["SCU", "SCP"]
    service: str
    contexts: tuple[CapabilityContext, ...] = ()
    models: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    table: str | None = None
    section: str | None = None

    @property
    def sop_classes(self) -> tuple[str, ...]:
        """The UIDs of its abstract syntaxes."""
        return tuple(context.sop_class for context in self.contexts)


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything that is stated of a product's AEs.

    Parameters
    ----------
    entities : Mapping
        Key of each AE to the values stated for it: ``identity``, ``maximum_length``, ``associations`` ...
    capabilities : tuple of Capability
        In the order of the statement.
    absent : tuple of tuple
        AE, role and service of what the statement says is not offered.
    """

    entities: Mapping[str, Mapping[str, Any]]
    capabilities: tuple[Capability, ...]
    absent: tuple[tuple[str, str, str], ...] = ()


def proposal(capabilities: Iterable[Capability]) -> list[dict[str, Any]] | Unstated:
    """Give the presentation contexts of capabilities as a step's `contexts` takes them.

    Each SOP Class is in one context with all its transfer syntaxes; there are at most `MOST_CONTEXTS`, the first ones.
    Unstated where the capabilities name no SOP Class.
    """
    syntaxes: dict[str, dict[str, None]] = {}
    for capability in capabilities:
        for context in capability.contexts:
            syntaxes.setdefault(context.sop_class, {}).update(dict.fromkeys(context.transfer_syntaxes))
    found = [{"sop_class": uid, "transfer_syntaxes": list(names)} for uid, names in syntaxes.items()]
    return found[:MOST_CONTEXTS] or UNSTATED
