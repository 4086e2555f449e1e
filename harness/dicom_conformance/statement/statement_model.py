"""The shape of a conformance statement as data.

Device, Network AE and Transfer Capability after PS3.15 Annex H, status codes with the behaviour they bring after
PS3.2 Annex N, and what a statement has beside: the register of claims, and the errata. The models say what a file may
hold, field by field; what must agree between fields (a claim cited twice, a policy that names a configuration which
does not exist) is checked by `statement.statement.load`, which knows the lines. Nothing here knows any one product: a
measured statement, written by a probe, has the same shape with fewer parts.

References
----------
PS3.2 Annex N, PS3.15 Annex H, PS3.7 Annex C.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, StringConstraints

from dicom_conformance.files import Part, listed
from dicom_conformance.results import Level
from dicom_conformance.statement.services import Service

__all__ = [
    "PROMISES",
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
    "Promise",
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
ClaimId = Annotated[str, StringConstraints(pattern=r"^(\d+(\.\d+)*(/\d+)?|[A-Za-z0-9][A-Za-z0-9_.-]*/[a-z_]+)$")]
StatusCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{4}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Sections = Annotated[tuple[SectionNumber, ...], BeforeValidator(listed)]
Number = int | Literal["unlimited", "configured"]

Promise = Literal[
    "identity",
    "maximum_length",
    "associations",
    "asynchronous",
    "contexts",
    "only_contexts",
    "selection",
    "statuses",
    "keys",
    "levels",
    "relational",
    "extended_negotiation",
    "person_names",
    "character_sets",
    "destinations",
    "storage_level",
    "coercion",
    "duplicates",
    "commitment",
    "layouts",
    "attributes",
    "densities",
    "bits",
    "films",
    "jobs",
    "time_outs",
]
"""What a statement can promise, by the names that scenarios use; a closed list."""
PROMISES: tuple[Promise, ...] = get_args(Promise)


class Device(Part):
    """The product (PS3.15 Annex H, Device)."""

    manufacturer: Text = Field(description="manufacturer")
    model: Text = Field(description="model name")
    version: str = Field(default="", description="software version")
    description: str = Field(default="", description="what it is")
    publication: str = Field(default="", description="title or number of the printed statement")
    date: str = Field(default="", description="date of publication")


class Section(Part):
    """A numbered section: the number as read, the heading, and how either is printed where that differs.

    `promises_nothing` says why a section has neither a claim nor a part with one.
    """

    number: SectionNumber = Field(description="section number, as read")
    title: str = Field(default="", description="heading")
    printed: str | None = Field(default=None, description="number or heading as printed, where that differs")
    promises_nothing: Text | None = Field(default=None, description="why the section has no claim")


class MaximumLength(Part):
    """The maximum length that an AE announces for the PDUs it receives, and keeps to when it sends (PS3.8 D.1)."""

    bytes: int = Field(description="maximum length in bytes")
    configurable: bool = Field(default=False, description="whether it can be configured")
    minimum_bytes: int | None = Field(default=None, description="smallest value that can be configured, in bytes")


class Associations(Part):
    """How many associations an AE has at once."""

    initiated: Number = Field(default=0, description="associations that it opens at once")
    accepted: Number = Field(default=0, description="associations that it accepts at once")
    per_peer: Number = Field(default="unlimited", description="of these, at most so many with one peer")


class SOPClassRow(Part):
    """A row of the list of SOP Classes that opens an AE's section."""

    name: Text = Field(description="name of the SOP Class")
    sop_class: UID = Field(description="its UID")


class ApplicationEntity(Part):
    """One AE, its roles and its association policies (PS3.15 Annex H, Network AE).

    `printed: false` marks an AE that the statement implies without describing it.
    """

    title: Text = Field(description="name of the AE in the statement")
    section: SectionNumber = Field(description="section that describes it")
    description: str = Field(default="", description="what it does")
    roles: tuple[Role, ...] = Field(description="its roles")
    printed: bool = Field(default=True, description="false for an AE that the statement implies but does not describe")
    association_initiator: bool = Field(description="whether it opens associations")
    association_acceptor: bool = Field(description="whether it accepts associations")
    initiates_when: str = Field(default="", description="what makes it open one")
    sop_classes: tuple[SOPClassRow, ...] = Field(
        default=(), description="SOP Classes listed at the head of its section"
    )
    proposes: tuple[Key, ...] = Field(default=(), description="tables of what it proposes")
    accepts: tuple[Key, ...] = Field(default=(), description="tables of what it accepts")
    maximum_length: MaximumLength | None = Field(default=None, description="length of PDUs")
    associations: Associations = Field(default=Associations(), description="numbers of associations")
    operations_outstanding: Number = Field(default=1, description="requests that may wait for a response at once")
    asynchronous_operations_window: bool = Field(default=False, description="whether it negotiates one")
    implementation_class_uid: UID | None = Field(default=None, description="Implementation Class UID")
    implementation_version_name: str | None = Field(default=None, description="Implementation Version Name")
    application_context_name: UID | None = Field(default=None, description="application context name")
    extended_negotiation: bool = Field(default=False, description="whether it negotiates extensions")
    access_control: str = Field(default="", description="whom it accepts")
    time_outs: str = Field(default="", description="its time-outs")
    store_rules: tuple[str, ...] = Field(default=(), description="what it keeps of an instance, and how")


class ContextRow(Part):
    """One abstract syntax of a table; its own transfer syntaxes take the place of the table's."""

    label: Key = Field(description="short name of the row")
    name: Text = Field(description="name of the abstract syntax")
    sop_class: UID = Field(description="its UID")
    transfer_syntaxes: tuple[UID, ...] = Field(
        default=(), description="transfer syntaxes of this row, instead of the table's"
    )


class Table(Part):
    """A table of presentation contexts (PS3.15 Annex H, Transfer Capability); one a row and transfer syntax.

    `policy` names the order by which a transfer syntax is chosen, or the configurations that add one to a proposal.
    """

    title: Text = Field(description="heading")
    section: SectionNumber = Field(description="section that holds it")
    printed: bool = Field(default=True, description="false for a table that the statement implies")
    ae: Key = Field(description="AE that it belongs to")
    role: Role = Field(description="role of the AE")
    extended_negotiation: bool = Field(default=False, description="whether extensions are negotiated")
    policy: Key | None = Field(default=None, description="policy by which a transfer syntax is chosen or proposed")
    transfer_syntaxes: tuple[UID, ...] = Field(default=(), description="transfer syntaxes of every row")
    contexts: tuple[ContextRow, ...] = Field(description="rows")

    def syntaxes_of(self, row: ContextRow) -> tuple[str, ...]:
        """Give the transfer syntaxes that the table prints for one of its rows."""
        return row.transfer_syntaxes or self.transfer_syntaxes


class Policy(Part):
    """Transfer syntaxes by configuration: for `selection` in order of preference, for `proposal` those proposed."""

    ae: Key = Field(description="AE that it belongs to")
    kind: Literal["selection", "proposal"] = Field(
        description="`selection`: the order of preference of an acceptor; `proposal`: what a requestor proposes"
    )
    sections: Sections = Field(description="sections that state it")
    configurations: dict[Key, tuple[UID, ...]] = Field(description="transfer syntaxes, by configuration")


class StatusRow(Part):
    """A status, or a range of them, and what it brings.

    `result` is what the subject reports to its user (as an SCU); `condition` is what makes it send this (as an SCP).
    """

    first: StatusCode = Field(description="status, or the first of a range")
    last: StatusCode | None = Field(default=None, description="last of the range")
    status_class: StatusClass = Field(description="class of the status")
    meaning: Text = Field(description="what it means")
    clause: Text = Field(description="where it is defined")
    level: Level = Field(default=Level.SHALL, description="how binding the behaviour is")
    printed: bool = Field(default=False, description="whether the statement lists it")
    result: OutcomeResult | None = Field(default=None, description="what is reported to the user")
    behaviour: Text = Field(description="what the AE does")
    condition: str = Field(default="", description="what makes the AE send it")
    causes: Annotated[tuple[Literal["unparsable", "mismatch", "no_memory"], ...], BeforeValidator(listed)] = Field(
        default=(), description="causes, as format 2 names them, that make an SCP send it"
    )


class StatusGroup(Part):
    """The statuses of one message for one AE and role (PS3.2 Annex N)."""

    ae: Key = Field(description="AE")
    role: Role = Field(description="role of the AE")
    message: Literal["C-ECHO-RSP", "C-FIND-RSP", "C-MOVE-RSP", "C-STORE-RSP", "C-GET-RSP"] = Field(
        description="response that bears the statuses"
    )
    section: SectionNumber | None = Field(default=None, description="section that lists them")
    values: tuple[StatusRow, ...] = Field(description="the statuses")


class SecurityProfile(Part):
    """A security profile, as printed and as the standard names it."""

    section: SectionNumber = Field(description="section that names it")
    printed: Text = Field(description="name as printed")
    profile: str = Field(default="", description="name in PS3.15")


class Parameter(Part):
    """Something that can be configured."""

    name: Text = Field(description="name of the parameter")
    sections: Sections = Field(description="sections that name it")
    printed: bool = Field(default=True, description="false for a parameter that the statement implies")


class CharacterSet(Part):
    """A defined term of Specific Character Set, and the printed lines that name it."""

    term: Text = Field(description="defined term")
    printed: tuple[Text, ...] = Field(description="lines that name it")
    code_extensions: bool = Field(description="whether it is used with code extensions")


class PresentationState(Part):
    """What of a presentation state is derived from the display (create) and applied to it (apply)."""

    section: SectionNumber = Field(description="section that describes it")
    sop_class: UID = Field(description="SOP Class")
    create: tuple[Key, ...] = Field(description="transformations that are written into a new state")
    apply: tuple[Key, ...] = Field(description="transformations that are applied")


class Printing(Part):
    """A Meta SOP Class of printing and its parts, or a single SOP Class without parts."""

    section: SectionNumber = Field(description="section that describes it")
    name: Text = Field(description="name of the SOP Class")
    sop_class: UID = Field(description="its UID")
    consists_of: tuple[SOPClassRow, ...] = Field(default=(), description="SOP Classes of a Meta SOP Class")


class Claim(Part):
    """One thing that a section promises, in our words.

    `id` is the section as read, or section/number where it promises several things; the first of them may go without
    its number. `promise` names the kind of thing that is promised, so that a scenario for any product reaches the
    claim. A statement without claims of its own has one for each kind of thing that it states: AE/promise. `printed` is
    how the number is printed where that differs. `untested` says why no case can reach it.
    """

    id: ClaimId = Field(description="section, or section/number")
    text: Text = Field(description="what is promised, in our words")
    level: Level = Field(default=Level.CLAIM, description="how binding it is")
    ae: Key | None = Field(default=None, description="AE that promises it")
    promise: Promise | None = Field(default=None, description="kind of thing that is promised")
    service: Service | None = Field(default=None, description="service of which alone it is promised")
    configuration: Key | None = Field(default=None, description="configuration under which alone it is promised")
    printed: str | None = Field(default=None, description="section number as printed, where that differs")
    untested: Text | None = Field(default=None, description="why no case can reach it")
    errata: Annotated[tuple[Key, ...], BeforeValidator(listed)] = Field(
        default=(), description="ids of errata that bear on it"
    )

    @property
    def section(self) -> str:
        """The section that makes the claim."""
        return self.id.partition("/")[0]


class Erratum(Part):
    """Where the printed text contradicts itself or the standard, and how it is read."""

    id: Key = Field(description="name of the erratum")
    section: Sections = Field(description="sections where it stands")
    printed: Text = Field(description="what is printed")
    read_as: Text = Field(description="how it is read")
    why: Text = Field(description="why it is read so")


class StatementModel(Part):
    """A whole statement."""

    format: Literal["1"] = Field(description="version of the file format")
    id: Key = Field(description="name of the statement")
    title: Text = Field(description="its title")
    origin: Literal["claimed", "measured"] = Field(
        default="claimed", description="whether the product's maker claims it, or a probe measured it"
    )
    device: Device = Field(description="the product")
    configurations: dict[Key, str] = Field(default={"none": ""}, description="configurations, and what each is")
    application_entities: dict[Key, ApplicationEntity] = Field(description="AEs, by name")
    tables: dict[Key, Table] = Field(default={}, description="tables of presentation contexts, by name")
    policies: dict[Key, Policy] = Field(default={}, description="policies for transfer syntaxes, by name")
    status_codes: tuple[StatusGroup, ...] = Field(default=(), description="statuses and the behaviour they bring")
    security_profiles: tuple[SecurityProfile, ...] = Field(default=(), description="security profiles")
    parameters: tuple[Parameter, ...] = Field(default=(), description="parameters that can be configured")
    character_sets: tuple[CharacterSet, ...] = Field(default=(), description="character sets")
    presentation_states: tuple[PresentationState, ...] = Field(default=(), description="presentation states")
    printing: tuple[Printing, ...] = Field(default=(), description="SOP Classes of printing")
    sections: tuple[Section, ...] = Field(default=(), description="numbered sections")
    claims: tuple[Claim, ...] = Field(default=(), description="claims")
    errata: tuple[Erratum, ...] = Field(default=(), description="places where the printed text is wrong")
