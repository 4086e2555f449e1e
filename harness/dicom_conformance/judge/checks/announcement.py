"""What each side says of itself in its A-ASSOCIATE PDU, and how each of these things is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import Field

from dicom_conformance.files import Part
from dicom_conformance.judge.checks.choice import listed
from dicom_conformance.judge.checks.wanted import Bounds
from dicom_wire.items import (
    AsynchronousOperationsWindow,
    RoleSelection,
    SOPClassCommonExtendedNegotiation,
    SOPClassExtendedNegotiation,
    UserIdentityAC,
    UserIdentityRQ,
)
from dicom_wire.pdu import AAssociateAC, AAssociateRQ


class Role(Part):
    """One SCP/SCU Role Selection sub-item (PS3.7 D.3.3.4)."""

    sop_class: str = Field(description="UID of the SOP Class")
    scu: bool = Field(description="whether the SCU role is supported")
    scp: bool = Field(description="whether the SCP role is supported")


Associate: TypeAlias = AAssociateRQ | AAssociateAC


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing that an A-ASSOCIATE PDU says, and how it is judged; `field` names it in an expectation."""

    field: str
    what: str
    read: Callable[[Associate], object]
    admit: Callable[[Any, object], bool]

    def expected(self, value: object) -> str:
        """Write what is wanted."""
        return listed(_role_text(item) for item in value) if isinstance(value, tuple) else str(value)


def _role_text(role: Role | RoleSelection) -> str:
    return f"{role.sop_class} SCU {int(role.scu)} SCP {int(role.scp)}"


def _admit_length(bounds: Bounds, value: object) -> bool:
    """Judge a Maximum Length; 0 means no limit (PS3.8 D.1), which is more than any number."""
    if not isinstance(value, int):
        return False
    if value == 0:
        return bounds.at_most in (None, 0)
    return bounds.admit(value)


def _admit_count(bounds: Bounds, value: object) -> bool:
    return isinstance(value, int) and bounds.admit(value)


def _admit_presence(wanted: str, value: object) -> bool:
    return (value == "absent") == (wanted == "absent")


def _admit_text(wanted: str, value: object) -> bool:
    if wanted in ("absent", "present"):
        return (value is None) == (wanted == "absent")
    return value == wanted


def _window(pdu: Associate) -> str:
    found = pdu.find(AsynchronousOperationsWindow)
    return f"{found[0].invoked},{found[0].performed}" if found else "absent"


def _admit_window(wanted: str, value: object) -> bool:
    """Judge the window; without the sub-item it is 1,1 (PS3.7 D.3.3.3)."""
    return value in ("absent", "1,1") if wanted == "single" else _admit_presence(wanted, value)


def _presence(*kinds: type[Any]) -> Callable[[Associate], str]:
    return lambda pdu: "present" if any(pdu.find(kind) for kind in kinds) else "absent"


def _roles(pdu: Associate) -> str:
    return listed((_role_text(role) for role in pdu.find(RoleSelection)), most=128)


def _role_selection(pdu: Associate) -> str:
    found = pdu.find(RoleSelection)
    if all(role.scu and not role.scp for role in found):
        return "default" if found else "absent"
    return "present"


def _admit_role_selection(wanted: str, value: object) -> bool:
    """Judge whether roles are negotiated; SCU for the requestor alone is what holds without (PS3.7 D.3.3.4)."""
    return value in ("absent", "default") if wanted == "default" else _admit_presence(wanted, value)


def _admit_roles(wanted: tuple[Role, ...], value: object) -> bool:
    return all(_role_text(role) in str(value).split(", ") for role in wanted)


FACETS = (
    Facet("maximum_length", "Maximum Length", lambda pdu: pdu.maximum_length, _admit_length),
    Facet("implementation_class_uid", "Implementation Class UID", lambda p: p.implementation_class_uid, _admit_text),
    Facet("implementation_version_name", "Version Name", lambda p: p.implementation_version_name, _admit_text),
    Facet("application_context", "Application Context", lambda pdu: pdu.application_context_name, _admit_text),
    Facet(
        "protocol_version",
        "Protocol Version",
        lambda pdu: pdu.protocol_version,
        lambda number, expected: number == expected,
    ),
    Facet("contexts", "presentation contexts", lambda p: len(p.presentation_contexts), _admit_count),
    Facet("asynchronous_operations_window", "Asynchronous Operations Window", _window, _admit_window),
    Facet("role_selection", "SCP/SCU Role Selection", _role_selection, _admit_role_selection),
    Facet("roles", "SCP/SCU Role Selection", _roles, _admit_roles),
    Facet(
        "extended_negotiation",
        "SOP Class Extended Negotiation",
        _presence(SOPClassExtendedNegotiation, SOPClassCommonExtendedNegotiation),
        _admit_presence,
    ),
    Facet("user_identity", "User Identity", _presence(UserIdentityRQ, UserIdentityAC), _admit_presence),
)
