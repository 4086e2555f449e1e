"""The file of a load plan: who asks what, how often, within which bounds, and how the result is judged.

Every scalar is text and gets its type from the model; a key that is not known is an error with its line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from dicom_conformance.files import AETitle, Part, Seconds, Texts
from dicom_simulators.association import TLS

__all__ = [
    "AtMost",
    "Check",
    "Echo",
    "Entry",
    "Find",
    "Get",
    "Limits",
    "Move",
    "PercentileLimit",
    "PlanFile",
    "Size",
    "Store",
]

MOST_USERS = 10_000
MOST_OPERATIONS = 10_000_000
MOST_PER_S = 1_000_000
MOST_BYTES = 1 << 30
MOST_SIZES = 20
MOST_ENTRIES = 40

Weight = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]


class Size(Part):
    """A size of the instances that are stored."""

    bytes: Annotated[int, Field(ge=2, le=MOST_BYTES)] = Field(description="of the pixels before compression, at least")
    weight: Weight = Field(default=1.0, description="how often, beside the other sizes")


def _sizes(value: Any) -> Any:
    """Read a number, or a list of numbers and mappings, as sizes."""
    listed = value if isinstance(value, list | tuple) else [value]
    if not 0 < len(listed) <= MOST_SIZES:
        raise ValueError(f"must be 1 to {MOST_SIZES} sizes")
    return tuple({"bytes": one} if isinstance(one, str | int) else one for one in listed)


Sizes = Annotated[
    tuple[Size, ...],
    BeforeValidator(_sizes, json_schema_input_type=int | list[int | Size]),
]


class Weighted(Part):
    """What every entry of the mix has."""

    weight: Weight = Field(default=1.0, description="how often it is chosen, beside the other entries")
    name: str = Field(default="", max_length=60, description="what the report calls it (default: what it asks for)")


class Echo(Weighted):
    """C-ECHO."""

    operation: Literal["echo"] = Field(description="C-ECHO")


class Store(Weighted):
    """C-STORE of synthetic instances; each has UIDs of its own."""

    operation: Literal["store"] = Field(description="C-STORE of synthetic instances")
    sop_class: str = Field(default="CTImageStorage", description="SOP Class by keyword, name or UID")
    transfer_syntax: str = Field(default="ExplicitVRLittleEndian", description="by keyword, name or UID")
    sizes: Sizes = Field(
        default_factory=lambda: (Size(bytes=524288),),
        description="bytes of pixels before compression: a number, or a list (default: 524288)",
    )
    instances_per_study: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=10, description="after so many instances a user begins another study"
    )


class Asking(Weighted):
    """What find, move and get have in common."""

    of: Literal["stored", "keys"] = Field(
        default="stored", description="a study that the same user stored, or what `keys` say"
    )
    keys: Mapping[str, str] = Field(default={}, description="keyword to value, of the Identifier")
    model: Literal["study_root", "patient_root"] = Field(
        default="study_root", description="information model: Study Root or Patient Root"
    )


class Find(Asking):
    """C-FIND."""

    operation: Literal["find"] = Field(description="C-FIND")
    level: Literal["PATIENT", "STUDY", "SERIES", "IMAGE"] = Field(
        default="STUDY", description="Query/Retrieve Level; PATIENT in the Patient Root model only"
    )


class Move(Asking):
    """C-MOVE of a study."""

    operation: Literal["move"] = Field(description="C-MOVE of a study")
    destination: AETitle = Field(description="AE title of the destination, which the target must know")


class Get(Asking):
    """C-GET of a study."""

    operation: Literal["get"] = Field(description="C-GET of a study")
    sop_classes: Texts = Field(
        default=(), description="SOP Classes to be received, beside those that the mix stores, by keyword, name or UID"
    )


Entry = Annotated[Echo | Store | Find | Move | Get, Field(discriminator="operation")]


def _some(mix: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse a mix of nothing; a bound of the model's own would tell every mistake of an entry twice."""
    if not 0 < len(mix) <= MOST_ENTRIES:
        raise ValueError(f"must be 1 to {MOST_ENTRIES} entries")
    return mix


Mix = Annotated[tuple[Entry, ...], AfterValidator(_some)]


class AtMost(Part):
    """Bounds of the whole run, over all users and machines together."""

    operations: Annotated[int, Field(ge=1, le=MOST_OPERATIONS)] = Field(description="so many operations")
    rate_per_s: Annotated[float, Field(gt=0, le=MOST_PER_S, allow_inf_nan=False)] = Field(
        description="so many operations in a second"
    )


class Check(Part):
    """How it is found out afterwards what the target holds."""

    by: Literal["query", "get", "folder", "none"] = Field(
        default="query",
        description="query: by C-FIND; get: by C-GET, which compares data sets, too; folder: by the files in `folder`; "
        "none: not at all",
    )
    folder: str = Field(default="", description="where the target writes its instances, seen from the plan's folder")
    model: Literal["study_root", "patient_root"] | None = Field(
        default=None,
        description="information model of the check (default: that of the mix, and Study Root where the mix has both "
        "or asks for nothing)",
    )
    within_s: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = Field(
        default=10.0, description="so long after the run an instance may still be missing"
    )


class PercentileLimit(Part):
    """The longest time that an operation may take."""

    operation: Literal["echo", "store", "find", "move", "get"] = Field(description="which operation")
    percentile: Annotated[float, Field(gt=0, le=100)] = Field(description="95: 95 of 100 operations are no slower")
    at_most_ms: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(description="in milliseconds")


class Limits(Part):
    """What is accepted; what is beyond is a finding."""

    failures_percent: Annotated[float, Field(ge=0, le=100)] = Field(
        default=0.0, description="how many of 100 operations of a kind may fail"
    )
    percentiles: tuple[PercentileLimit, ...] = Field(default=(), description="how long operations may take")


class RampStep(Part):
    """How many users act from a moment on."""

    after_s: Annotated[float, Field(ge=0, le=604_800, allow_inf_nan=False)] = Field(
        description="so long after the start of the load"
    )
    users: Annotated[int, Field(ge=1, le=MOST_USERS)] = Field(description="so many users act from then on")


class PlanFile(Part):
    """A load plan."""

    format: Literal["1"] = Field(default="1", description="version of the file format")
    title: str = Field(min_length=1, max_length=200, description="what this load is like, in one line")
    users: Annotated[int, Field(ge=1, le=MOST_USERS)] = Field(
        description="so many act at the same time, each on an association of its own"
    )
    spawn_rate_per_s: Annotated[float, Field(gt=0, le=MOST_USERS, allow_inf_nan=False)] = Field(
        default=100.0, description="so many users begin in a second"
    )
    ramp: tuple[RampStep, ...] = Field(
        default=(),
        description="how many of the users act from when on, in order of time, the first step at 0 (default: all of "
        "them, all the time)",
    )
    duration_s: Annotated[float, Field(gt=0, le=604_800, allow_inf_nan=False)] = Field(
        description="how long the load lasts"
    )
    at_most: AtMost = Field(description="bounds of the whole run")
    operations_per_association: Annotated[int, Field(ge=1, le=65535)] = Field(
        default=10, description="after so many operations a user releases the association and opens another"
    )
    calling: AETitle = Field(default="LOAD", description="our AE title")
    tls: TLS | None = Field(
        default=None, description="TLS of every association, with files seen from the plan's folder (default: none)"
    )
    answer_s: Seconds = Field(default=60.0, description="how long an answer is awaited")
    seed: Annotated[int, Field(ge=0)] = Field(default=0, description="of the choices that users make")
    mix: Mix = Field(description="what is asked, and how often")
    check: Check = Field(default_factory=Check, description="how losses are found after the run")
    limits: Limits = Field(default_factory=Limits, description="what is accepted")
