"""The shape of a conformance statement as data.

Device, Network AE and Transfer Capability after PS3.15 Annex H, status codes with the behaviour they bring after
PS3.2 Annex N, and what a statement has beside: the register of claims, and the errata. The models say what a file may
hold, field by field; what must agree between fields (a claim cited twice, a policy that names a configuration which
does not exist) is `harness.statement.load`'s to check, since it knows the lines. Nothing here knows of any one product:
a measured statement, written by a probe, has the same shape with fewer parts.

References
----------
PS3.2 Annex N, PS3.15 Annex H, PS3.7 Annex C.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

from harness.checks.wanted import listed
from harness.results import Level

__all__ = [
    "ApplicationEntity",
    "Associations",
    "CharacterSet",
    "Claim",
    "ContextRow",
    "Device",
    "Erratum",
    "MaximumLength",
    "Parameter",
    "Policy",
    "PresentationState",
    "Printing",
    "Role",
    "Section",
    "SecurityProfile",
    "StatementModel",
    "StatusGroup",
    "StatusRow",
    "Table",
]

Role = Literal["SCU", "SCP"]
StatusClass = Literal["success", "pending", "warning", "failure", "cancel", "unknown"]
OutcomeResult = Literal["success", "warning", "failure", "cancelled", "partial", "invalid_response", "timeout"]

UID = Annotated[str, StringConstraints(pattern=r"^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$", max_length=64)]
SectionNumber = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)*$")]
ClaimId = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)*(/\d+)?$")]
StatusCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{4}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Sections = Annotated[tuple[SectionNumber, ...], BeforeValidator(listed)]
Number = int | Literal["unlimited", "configured"]


class Part(BaseModel):
    """A part of a statement: frozen, and no key beyond those of its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Device(Part):
    """The product (PS3.15 Annex H, Device)."""

    manufacturer: Text
    model: Text
    version: str = ""
    description: str = ""
    publication: str = ""
    date: str = ""


class Section(Part):
    """A numbered section: the number as read, the heading, and how either is printed where that differs.

    `promises_nothing` says why a section has neither a claim nor a part with one.
    """

    number: SectionNumber
    title: str = ""
    printed: str | None = None
    promises_nothing: Text | None = None


class MaximumLength(Part):
    """The maximum length that an AE announces for the PDUs it receives, and keeps to when it sends (PS3.8 D.1)."""

    bytes: int
    configurable: bool = False
    minimum_bytes: int | None = None


class Associations(Part):
    """How many associations an AE has at once."""

    initiated: Number = 0
    accepted: Number = 0
    per_peer: Number = "unlimited"


class SOPClassRow(Part):
    """A row of the list of SOP Classes that opens an AE's section."""

    name: Text
    sop_class: UID


class ApplicationEntity(Part):
    """One AE, its roles and its association policies (PS3.15 Annex H, Network AE).

    `printed: false` marks an AE that the statement implies without describing it.
    """

    title: Text
    section: SectionNumber
    description: str = ""
    roles: tuple[Role, ...]
    printed: bool = True
    association_initiator: bool
    association_acceptor: bool
    initiates_when: str = ""
    sop_classes: tuple[SOPClassRow, ...] = ()
    proposes: tuple[Key, ...] = ()
    accepts: tuple[Key, ...] = ()
    maximum_length: MaximumLength | None = None
    associations: Associations = Associations()
    operations_outstanding: Number = 1
    asynchronous_operations_window: bool = False
    implementation_class_uid: UID | None = None
    implementation_version_name: str | None = None
    application_context_name: UID | None = None
    extended_negotiation: bool = False
    access_control: str = ""
    time_outs: str = ""
    store_rules: tuple[str, ...] = ()


class ContextRow(Part):
    """One abstract syntax of a table; its own transfer syntaxes take the place of the table's."""

    label: Key
    name: Text
    sop_class: UID
    transfer_syntaxes: tuple[UID, ...] = ()


class Table(Part):
    """A table of presentation contexts (PS3.15 Annex H, Transfer Capability); one a row and transfer syntax.

    `policy` names the order by which a transfer syntax is chosen, or the configurations that add one to a proposal.
    """

    title: Text
    section: SectionNumber
    printed: bool = True
    ae: Key
    role: Role
    extended_negotiation: bool = False
    policy: Key | None = None
    transfer_syntaxes: tuple[UID, ...] = ()
    contexts: tuple[ContextRow, ...]


class Policy(Part):
    """Transfer syntaxes by configuration: for `selection` in order of preference, for `proposal` those proposed."""

    ae: Key
    kind: Literal["selection", "proposal"]
    sections: Sections
    configurations: dict[Key, tuple[UID, ...]]


class StatusRow(Part):
    """A status, or a range of them, and what it brings.

    `result` is what the subject reports to its user (as an SCU); `condition` is what makes it send this (as an SCP).
    """

    first: StatusCode
    last: StatusCode | None = None
    status_class: StatusClass
    meaning: Text
    clause: Text
    level: Level = Level.SHALL
    printed: bool = False
    result: OutcomeResult | None = None
    behaviour: Text
    condition: str = ""


class StatusGroup(Part):
    """The statuses of one message for one AE and role (PS3.2 Annex N)."""

    ae: Key
    role: Role
    message: Literal["C-ECHO-RSP", "C-FIND-RSP", "C-MOVE-RSP", "C-STORE-RSP", "C-GET-RSP"]
    section: SectionNumber | None = None
    values: tuple[StatusRow, ...]


class SecurityProfile(Part):
    """A security profile, as printed and as the standard names it."""

    section: SectionNumber
    printed: Text
    profile: str = ""


class Parameter(Part):
    """Something that can be configured."""

    name: Text
    sections: Sections
    printed: bool = True


class CharacterSet(Part):
    """A defined term of Specific Character Set, and the printed lines that name it."""

    term: Text
    printed: tuple[Text, ...]
    code_extensions: bool


class PresentationState(Part):
    """What of a presentation state is derived from the display (create) and applied to it (apply)."""

    section: SectionNumber
    sop_class: UID
    create: tuple[Key, ...]
    apply: tuple[Key, ...]


class Printing(Part):
    """A Meta SOP Class of printing and its parts, or a single SOP Class without parts."""

    section: SectionNumber
    name: Text
    sop_class: UID
    consists_of: tuple[SOPClassRow, ...] = ()


class Claim(Part):
    """One thing that a section promises, in our words.

    `id` is the section as read, or section/number where it promises several things; `printed` how the number is
    printed where that differs. `untested` says why no case can reach it.
    """

    id: ClaimId
    text: Text
    level: Level = Level.CLAIM
    ae: Key | None = None
    printed: str | None = None
    untested: Text | None = None
    errata: Annotated[tuple[Key, ...], BeforeValidator(listed)] = ()

    @property
    def section(self) -> str:
        """The section that makes the claim."""
        return self.id.partition("/")[0]


class Erratum(Part):
    """Where the printed text contradicts itself or the standard, and how it is read."""

    id: Key
    section: Sections
    printed: Text
    read_as: Text
    why: Text


class StatementModel(Part):
    """A whole statement."""

    format: Literal["1"]
    id: Key
    title: Text
    origin: Literal["claimed", "measured"] = "claimed"
    device: Device
    configurations: dict[Key, str] = {"none": ""}
    application_entities: dict[Key, ApplicationEntity]
    tables: dict[Key, Table] = {}
    policies: dict[Key, Policy] = {}
    status_codes: tuple[StatusGroup, ...] = ()
    security_profiles: tuple[SecurityProfile, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    character_sets: tuple[CharacterSet, ...] = ()
    presentation_states: tuple[PresentationState, ...] = ()
    printing: tuple[Printing, ...] = ()
    sections: tuple[Section, ...] = ()
    claims: tuple[Claim, ...] = ()
    errata: tuple[Erratum, ...] = ()
