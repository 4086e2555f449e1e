"""The shape of a statement in format 2: capabilities below each AE, by role.

A statement of this format says in some twenty lines what an archive or a printer offers. Whatever it leaves out is not
stated: it is neither assumed nor judged. `profile` turns it into what the rest of the harness asks.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from dicom_conformance.files import AETitle, Part, Seconds, Texts
from dicom_conformance.statement.offered_services import Measured, OfferedService
from dicom_conformance.statement.statement_model import (
    UID,
    Claim,
    Device,
    Erratum,
    Key,
    Number,
    Section,
    SectionNumber,
)

__all__ = ["AssociationNumbers", "Asynchronous", "Entity", "FormatTwo", "Identity", "TimeOuts"]


class Identity(Part):
    """How an AE names its implementation (PS3.7 D.3.3.2)."""

    implementation_class_uid: UID | None = Field(default=None, description="Implementation Class UID")
    implementation_version_name: Annotated[str, StringConstraints(min_length=1, max_length=16)] | None = Field(
        default=None, description="Implementation Version Name"
    )
    application_context_name: UID | None = Field(default=None, description="application context name")


class AssociationNumbers(Part):
    """How many associations an AE has at once."""

    initiated: Number | None = Field(default=None, description="associations that it opens at once")
    accepted: Number | None = Field(default=None, description="associations that it accepts at once")
    per_peer: Number | None = Field(default=None, description="of these, at most so many with one peer")


class Asynchronous(Part):
    """The asynchronous operations window that an AE negotiates; 0 is unlimited (PS3.7 D.3.3.3)."""

    invoked: Annotated[int, Field(ge=0)] = Field(description="most operations that it invokes at once")
    performed: Annotated[int, Field(ge=0)] = Field(description="most operations that it performs at once")


class TimeOuts(Part):
    """How long an AE waits, in seconds."""

    association_s: Seconds | None = Field(default=None, description="for the answer to an association request")
    response_s: Seconds | None = Field(default=None, description="for a response")
    idle_s: Seconds | None = Field(default=None, description="for the next request on an association")
    release_s: Seconds | None = Field(default=None, description="for the answer to a release request")


class Entity(Part):
    """One AE and what it offers, by role."""

    title: AETitle | None = Field(default=None, description="its AE title; the title in a subject file comes first")
    description: str = Field(default="", description="what it does")
    section: SectionNumber | None = Field(default=None, description="section of the printed statement")
    identity: Identity | None = Field(default=None, description="how it names its implementation")
    maximum_length: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="maximum length of PDUs that it announces, in bytes; 0 is unlimited"
    )
    associations: AssociationNumbers | None = Field(default=None, description="numbers of associations")
    asynchronous: Asynchronous | Literal["none"] | None = Field(
        default=None, description="asynchronous operations window; `none` states that it negotiates none"
    )
    character_sets: Texts | None = Field(default=None, description="defined terms of Specific Character Set")
    time_outs: TimeOuts | None = Field(default=None, description="its time-outs")
    measured: dict[str, Measured] = Field(
        default={}, description="of a measured statement: by its name, how a value above was measured"
    )
    scp: tuple[OfferedService, ...] = Field(default=(), description="what it offers as an SCP")
    scu: tuple[OfferedService, ...] = Field(default=(), description="what it uses as an SCU")


class FormatTwo(Part):
    """A whole statement of format 2."""

    format: Literal["2"] = Field(description="version of the file format")
    id: Key = Field(description="name of the statement")
    title: str = Field(default="", description="its title")
    origin: Literal["claimed", "measured"] = Field(
        default="claimed", description="whether the product's maker claims it, or a probe measured it"
    )
    device: Device = Field(description="the product")
    configurations: dict[Key, str] = Field(default={"none": ""}, description="configurations, and what each is")
    application_entities: dict[Key, Entity] = Field(description="AEs, by name")
    sections: tuple[Section, ...] = Field(default=(), description="numbered sections of the printed statement")
    claims: tuple[Claim, ...] = Field(
        default=(), description="claims of the printed statement; without them, each stated value is a claim"
    )
    errata: tuple[Erratum, ...] = Field(default=(), description="places where the printed text is wrong")

    @property
    def full_title(self) -> str:
        """The title, or the product's name where the file gives none."""
        device = self.device
        return self.title or " ".join(part for part in (device.manufacturer, device.model, device.version) if part)
