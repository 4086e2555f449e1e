"""The services that a statement of format 2 can list below an AE: one model for each, told apart by `service`.

What all of them may say stands in `Offered`; the rest belongs to one service. A value that is left out is not stated,
and nothing is judged by it.

References
----------
PS3.2 Annex N; PS3.4 Annexes A, B, C, F, H, J, K.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydicom.datadict import keyword_dict

from dicom_conformance.files import AETitle, Part, Texts, listed, suggestion
from dicom_conformance.statement import uid_names
from dicom_conformance.statement.statement_model import Key, SectionNumber, StatusCode, Text

__all__ = [
    "Commitment",
    "Get",
    "Measured",
    "Move",
    "Mpps",
    "Offered",
    "OfferedService",
    "PersonNames",
    "Print",
    "Query",
    "Statuses",
    "Storage",
    "Verification",
    "Worklist",
]


def _sop_class(value: str) -> str:
    if message := uid_names.wrong_sop_class(value):
        raise ValueError(message)
    return value


def _transfer_syntax(value: str) -> str:
    if message := uid_names.wrong_transfer_syntax(value):
        raise ValueError(message)
    return value


def _preferred(value: str) -> str:
    return value if value == "requestor" else _transfer_syntax(value)


def _keyword(value: str) -> str:
    if value not in keyword_dict:
        raise ValueError(f"no attribute has the keyword {value!r}{suggestion(value, list(keyword_dict))}")
    return value


def _alone(word: str) -> AfterValidator:
    def check(values: tuple[str, ...]) -> tuple[str, ...]:
        if word in values and len(values) > 1:
            raise ValueError(f"{word} stands alone, without other values")
        return values

    return AfterValidator(check)


def _ascending(value: Any) -> Any:
    if value.maximum < value.minimum:
        raise ValueError("the maximum is below the minimum")
    return value


def _bits(value: int) -> int:
    if value not in (8, 12):
        raise ValueError(f"an image to print has 8 or 12 bits stored, not {value} (PS3.3 C.13.5)")
    return value


SOPClassNames = Annotated[tuple[Annotated[str, AfterValidator(_sop_class)], ...], BeforeValidator(listed)]
SyntaxNames = Annotated[tuple[Annotated[str, AfterValidator(_transfer_syntax)], ...], BeforeValidator(listed)]
Keywords = Annotated[tuple[Annotated[str, AfterValidator(_keyword)], ...], BeforeValidator(listed)]
QueryLevel = Literal["PATIENT", "STUDY", "SERIES", "IMAGE"]
Levels = Annotated[tuple[QueryLevel, ...], BeforeValidator(listed)]
Model = Literal["study_root", "patient_root", "patient_study_only"]
Models = Annotated[tuple[Model | Literal["none"], ...], BeforeValidator(listed), _alone("none")]
Extension = Literal["relational", "date_time", "fuzzy", "time_zone", "empty_value", "multiple_value"]
Extensions = Annotated[tuple[Extension | Literal["none"], ...], BeforeValidator(listed), _alone("none")]
PositiveNumber = Annotated[int, Field(gt=0)]
OpticalDensity = Annotated[int, Field(ge=0, le=65535)]
Selection = Annotated[
    tuple[Annotated[str, AfterValidator(_preferred)], ...],
    BeforeValidator(listed),
    _alone("requestor"),
]

_MODELS = "information models; `none` states that the service is not offered"
_EXTENSIONS = "extensions that are negotiated; `none` states that there is none"


class Statuses(Part):
    """The status that an SCP sends for each cause, where the statement names one (PS3.4 B.2.3, C.4.1.1.4)."""

    unparsable: StatusCode | None = Field(default=None, description="the data set cannot be understood")
    mismatch: StatusCode | None = Field(default=None, description="the data set is not what the command names")
    no_memory: StatusCode | None = Field(default=None, description="there is no room for it")


class Measured(Part):
    """How a value was measured."""

    how: str = Field(description="how it was measured")
    times: PositiveNumber = Field(description="how often, each time with this result")


class Offered(Part):
    """What every service may say."""

    transfer_syntaxes: SyntaxNames = Field(default=(), description="transfer syntaxes, by keyword, name, UID or group")
    selection: Selection = Field(
        default=(),
        description="transfer syntaxes in the order in which an acceptor prefers them; `requestor`: the first proposed",
    )
    only: bool | None = Field(default=None, description="true: it accepts nothing but what is stated here")
    configurations: tuple[Key, ...] = Field(default=(), description="configurations under which this holds")
    statuses: Statuses | None = Field(default=None, description="statuses that it sends, by cause")
    measured: dict[str, Measured] = Field(
        default={}, description="of a measured statement: by its name, how a value of this entry was measured"
    )
    table: Key | None = Field(default=None, description="table of the printed statement")
    section: SectionNumber | None = Field(default=None, description="section of the printed statement")


class Verification(Offered):
    """C-ECHO (PS3.4 Annex A)."""

    service: Literal["verification"] = Field(description="the service")


class Storage(Offered):
    """C-STORE (PS3.4 Annex B)."""

    service: Literal["storage"] = Field(description="the service")
    sop_classes: SOPClassNames = Field(default=(), description="SOP Classes, by keyword, name, UID or group")
    level: Annotated[int, Field(ge=0, le=2)] | None = Field(default=None, description="level of storage (PS3.4 B.4.1)")
    coerces: Keywords | None = Field(default=None, description="attributes that it may change")
    duplicates: Literal["keeps_first", "replaces", "refuses"] | None = Field(
        default=None, description="what it does with other content under a SOP Instance UID that it has"
    )
    largest_bytes: PositiveNumber | None = Field(default=None, description="longest data set that it takes")


class PersonNames(Part):
    """How person names are matched, which the standard leaves open (PS3.4 C.2.2.2.1.1, C.2.2.2.4)."""

    case: Literal["sensitive", "insensitive"] | None = Field(default=None, description="whether case counts")
    wildcards: bool | None = Field(default=None, description="whether * and ? are wild cards in names")


class Query(Offered):
    """C-FIND of Query/Retrieve (PS3.4 C.4.1)."""

    service: Literal["query"] = Field(description="the service")
    models: Models = Field(default=(), description=_MODELS)
    levels: Levels | None = Field(default=None, description="levels that can be asked for")
    person_names: PersonNames | None = Field(default=None, description="how person names are matched")
    keys: dict[QueryLevel, Keywords] | None = Field(
        default=None, description="optional keys that are matched, by level; unique and required ones are understood"
    )
    returns: dict[QueryLevel, Keywords] | None = Field(
        default=None, description="keys that are returned and not matched, by level"
    )
    extended_negotiation: Extensions | None = Field(default=None, description=_EXTENSIONS)
    most_matches: PositiveNumber | None = Field(default=None, description="most matches that a query returns")


class Move(Offered):
    """C-MOVE (PS3.4 C.4.2)."""

    service: Literal["move"] = Field(description="the service")
    models: Models = Field(default=(), description=_MODELS)
    levels: Levels | None = Field(default=None, description="levels that can be asked for")
    extended_negotiation: Extensions | None = Field(default=None, description=_EXTENSIONS)
    destinations: Literal["configured"] | tuple[AETitle, ...] | None = Field(
        default=None, description="titles it sends to; `configured`: whatever its configuration knows"
    )


class Get(Offered):
    """C-GET (PS3.4 C.4.3)."""

    service: Literal["get"] = Field(description="the service")
    models: Models = Field(default=(), description=_MODELS)
    levels: Levels | None = Field(default=None, description="levels that can be asked for")
    extended_negotiation: Extensions | None = Field(default=None, description=_EXTENSIONS)


class Commitment(Offered):
    """Storage Commitment Push Model (PS3.4 Annex J)."""

    service: Literal["commitment"] = Field(description="the service")
    reports_on: Annotated[tuple[Literal["same_association", "new_association"], ...], BeforeValidator(listed)] = Field(
        default=(), description="associations on which it sends its report"
    )
    within_s: Annotated[float, Field(gt=0)] | None = Field(default=None, description="longest time to the report, in s")


class Densities(Part):
    """A range of optical densities, in hundredths of OD (PS3.3 C.13.3)."""

    minimum: OpticalDensity = Field(description="least density, in hundredths of OD")
    maximum: OpticalDensity = Field(description="greatest density, in hundredths of OD")


class Print(Offered):
    """Print Management (PS3.4 Annex H)."""

    service: Literal["print"] = Field(description="the service")
    meta: Annotated[tuple[Literal["grayscale", "color"], ...], BeforeValidator(listed)] = Field(
        default=(), description="Meta SOP Classes"
    )
    optional: Annotated[
        tuple[Literal["PrintJob", "PresentationLUT", "AnnotationBox", "PrinterConfiguration"], ...],
        BeforeValidator(listed),
    ] = Field(default=(), description="optional SOP Classes")
    layouts: Texts | None = Field(default=None, description="Image Display Formats, such as STANDARD\\1,1")
    film_sizes: Texts | None = Field(default=None, description="values of Film Size ID")
    media: Texts | None = Field(default=None, description="values of Medium Type")
    destinations: Texts | None = Field(default=None, description="values of Film Destination")
    magnifications: Texts | None = Field(default=None, description="values of Magnification Type")
    orientations: Texts | None = Field(default=None, description="values of Film Orientation")
    polarities: Texts | None = Field(default=None, description="values of Polarity")
    trims: Texts | None = Field(default=None, description="values of Trim")
    borders: Texts | None = Field(default=None, description="values of Border Density")
    priorities: Texts | None = Field(default=None, description="values of Print Priority")
    bits: Annotated[tuple[Annotated[int, AfterValidator(_bits)], ...], BeforeValidator(listed)] | None = Field(
        default=None, description="bits of a pixel that it takes"
    )
    densities: Annotated[Densities, AfterValidator(_ascending)] | None = Field(
        default=None, description="range of Min Density and Max Density"
    )
    annotation_formats: dict[Text, PositiveNumber] | None = Field(
        default=None, description="Annotation Display Format IDs, each with its number of annotation boxes"
    )
    copies: PositiveNumber | None = Field(default=None, description="greatest Number of Copies")
    prints_sessions: bool | None = Field(default=None, description="whether a whole film session can be printed")
    unsupported_value: Literal["fails", "warns"] | None = Field(
        default=None, description="what happens to a value that is not supported"
    )


class Worklist(Offered):
    """Modality Worklist (PS3.4 Annex K); accepted, not judged yet."""

    service: Literal["worklist"] = Field(description="the service")
    person_names: PersonNames | None = Field(default=None, description="how person names are matched")
    keys: Keywords | None = Field(default=None, description="optional keys that are matched")
    returns: Keywords | None = Field(default=None, description="keys that are returned and not matched")
    most_matches: PositiveNumber | None = Field(default=None, description="most matches that a query returns")


class Mpps(Offered):
    """Modality Performed Procedure Step (PS3.4 Annex F); accepted, not judged yet."""

    service: Literal["mpps"] = Field(description="the service")


OfferedService = Annotated[
    Verification | Storage | Query | Move | Get | Commitment | Print | Worklist | Mpps,
    Field(discriminator="service"),
]
"""One of the services, by its key `service`."""
