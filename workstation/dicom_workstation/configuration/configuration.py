"""What can be configured of the workstation: from a YAML file, or by keywords.

Invariants: the parameters are those of the conformance statement (3.2.1.1.1, 3.2.2.1.2, 3.2.2.1.3, 3.2.2.2.1.2,
3.2.3.2.1.2, 3.2.4, 6.2) and what our own memory needs. An unknown key, a repeated key, a value out of range is refused
with one clear line; a configuration is never half right.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NaiveDatetime,
    PositiveInt,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from dicom_workstation.configuration.osm import OSM
from dicom_workstation.configuration.tls import TLS, TLSFileError
from dicom_workstation.configuration.values import (
    LONGEST_KEPT_S,
    AETitle,
    Caller,
    Port,
    Seconds,
    SpecificCharacterSet,
    read_bits,
)
from dicom_workstation.configuration.worklist import Worklist
from dicom_workstation.configuration.yaml_file import ConfigurationError, YAMLDocument, field_name, read_yaml
from dicom_workstation.data_sets import LEAST_FIRST
from dicom_workstation.tables import PDU_LENGTH_BYTES, JPEGConfiguration, PrintExtension


class Archive(BaseModel):
    """A remote AE that the workstation knows by a name of its user's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ae_title: AETitle = Field(description="its AE title")
    host: str = Field(min_length=1, description="its host name or address")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(description="its port")
    tls: bool | None = Field(
        default=None, description="whether it speaks TLS; if not given, it does when the workstation has `tls`"
    )


class Printer(Archive):
    """A printer: where it is, and what it is known to take; None: not known."""

    bits: Annotated[Literal[8, 12] | None, BeforeValidator(read_bits)] = Field(
        default=None, description="bits per grey sample that it takes, 8 or 12; not known if not given"
    )
    film_size: str | None = Field(
        default=None,
        pattern=r"^[A-Z0-9_][A-Z0-9 _]{0,15}$",
        description="Film Size ID that it uses (`14INX17IN`, VR CS); not known if not given",
    )
    colour: bool | None = Field(default=None, description="whether it prints in colour; not known if not given")


class Configuration(BaseModel):
    """The configuration of a workstation; times in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ae_title: AETitle = Field(default="DIRECTVIEW", description="AE title of the workstation")
    host: str = Field(default="127.0.0.1", min_length=1, description="address that it listens on")
    port: Port = Field(default=0, description="port that it listens on; 0 is any free one")
    archives: dict[str, Archive] = Field(
        default_factory=dict, description="archives, by the names that the user calls them"
    )
    printers: dict[str, Printer] = Field(
        default_factory=dict, description="printers, likewise; an archive of the same name may be a printer, too"
    )
    worklists: dict[str, Worklist] = Field(
        default_factory=dict, description="worklists, by the names that the user calls them (2.2.2.1.2)"
    )
    clock: Literal["system", "manual"] | NaiveDatetime = Field(
        default="system",
        description=(
            "the time that worklists go by: `system`; `manual`, which begins now and stands still until the operation "
            "`advance` moves it; or a date and time (2026-03-31T23:59:30) at which such a clock begins"
        ),
    )
    osm: OSM | None = Field(default=None, description="the archive on the local disk; none if not given (2.1.1)")
    allowed_callers: tuple[Caller, ...] | None = Field(
        default=None,
        description=(
            "who may open associations: AE titles, IP addresses or networks, or `TITLE@network`; "
            "anyone if not given (3.2.2.1.3)"
        ),
    )
    allowed_certificates: tuple[Annotated[str, Field(min_length=1)], ...] | None = Field(
        default=None,
        description="names in the certificates of who may open associations; any trusted certificate if not given",
    )
    check_called_ae_title: bool = Field(
        default=True, description="whether callers must call the workstation by its AE title"
    )
    accept_titles_padded_with_nul: bool = Field(
        default=False,
        description=(
            "whether AE titles of callers that are padded with NUL instead of spaces (PS3.8 9.3.2) are read as if NUL "
            "were a space; such callers are rejected if not"
        ),
    )
    maximum_associations: PositiveInt | None = Field(
        default=None, description="associations accepted at once; unlimited if not given"
    )
    maximum_associations_per_peer: PositiveInt | None = Field(
        default=None, description="of these, at most so many of one AE title at one address; unlimited if not given"
    )
    maximum_associations_per_s: PositiveInt | None = Field(
        default=None, description="associations accepted in one second; unlimited if not given"
    )
    tls: TLS | None = Field(default=None, description="TLS for every association (4.2.2); plain TCP if not given")
    jpeg_configuration: JPEGConfiguration = Field(
        default="none", description="which JPEG transfer syntaxes are proposed and preferred"
    )
    query_pdu_length_bytes: Annotated[int, Field(ge=PDU_LENGTH_BYTES, le=(1 << 32) - 1)] = Field(
        default=PDU_LENGTH_BYTES, description="maximum PDU length announced by the query engine, in bytes (3.2.1.1.1)"
    )
    query_character_sets: tuple[SpecificCharacterSet, ...] = Field(
        default=LEAST_FIRST,
        description="character sets of queries; the first that can hold the keys is used (section 7)",
    )
    parallel_retrieves: PositiveInt = Field(default=4, description="retrieves that run at once (3.2.2.2.1.2)")
    print_pdu_length_bytes: Annotated[int, Field(ge=PDU_LENGTH_BYTES, le=(1 << 32) - 1)] = Field(
        default=PDU_LENGTH_BYTES, description="maximum PDU length announced by the print client, in bytes (3.2.4.1.1)"
    )
    extensions: tuple[PrintExtension, ...] = Field(
        default=(),
        description="SOP Classes of printing that the statement does not claim, but that are used all the same",
    )
    print_job_interval_s: Seconds = Field(
        default=1.0,
        description="how often the status of a print job is asked for when the printer reports none; in seconds",
    )
    print_job_timeout_s: Seconds = Field(
        default=300.0, description="how long a print job may say nothing new before it is given up; in seconds"
    )
    memory_budget_bytes: PositiveInt = Field(default=1 << 31, description="memory for received instances, in bytes")
    keep_s: Annotated[float, Field(gt=0, le=LONGEST_KEPT_S, allow_inf_nan=False)] | None = Field(
        default=None,
        description=(
            "how long received instances are kept, in seconds; until they are removed if not given (3.2.2.1.3.2.3)"
        ),
    )
    association_timeout_s: Seconds = Field(
        default=10.0,
        description="how long to wait for the TCP connection, and for the answer to an A-ASSOCIATE-RQ; in seconds",
    )
    acse_timeout_s: Seconds = Field(
        default=30.0, description="the ARTIM timer, and how long to wait for the answer to an A-RELEASE-RQ; in seconds"
    )
    dimse_timeout_s: Seconds = Field(default=30.0, description="how long to wait for each DIMSE response; in seconds")
    network_timeout_s: Seconds = Field(
        default=60.0,
        description=(
            "how long an accepted association may be silent, or a peer may take no byte, before it is ended; in seconds"
        ),
    )
    arrival_timeout_s: Seconds = Field(
        default=5.0,
        description="how long to wait, after the final response of a retrieve, for the last images; in seconds",
    )

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read a YAML file.

        Raises
        ------
        ConfigurationError
            With file, line and field of the first thing that is wrong.
        """
        document = read_yaml(Path(path))
        if document.data is None:
            raise ConfigurationError("the file is empty; it must hold `key: value` lines", str(path), 1)
        if not isinstance(document.data, dict):
            raise ConfigurationError("must hold `key: value` lines", str(path), document.line_of(()))
        found = cls._checked(document.data, str(path), document)
        try:
            found.check_tls_files()
        except ConfigurationError as error:
            line = document.line_of(tuple(error.field.split(".")))
            raise ConfigurationError(error.message, str(path), line, error.field) from error
        for name, worklist in found.worklists.items():
            if worklist.archive not in found.archives:
                place = ("worklists", name, "archive")
                text = f"no archive {worklist.archive} is configured"
                raise ConfigurationError(text, str(path), document.line_of(place), field_name(place))
        return found

    @classmethod
    def from_keywords(cls, /, **values: object) -> Self:
        """Check keywords; ConfigurationError names the first field that is wrong."""
        return cls._checked(values, "", None)

    def changed(self, /, **changes: object) -> Self:
        """Return a configuration with some fields changed, checked as a whole."""
        return self._checked({**self.model_dump(), **changes}, "", None)

    def check_tls_files(self) -> None:
        """Read certificate, key and authorities once, so that a wrong file is reported now and not by an association.

        Raises
        ------
        ConfigurationError
            With the field that names the file.
        """
        try:
            if self.tls is not None:
                self.tls.server_context()
        except TLSFileError as error:
            raise ConfigurationError(str(error), field=f"tls.{error.field}") from error

    def printer(self, name: str) -> Printer | None:
        """Return a printer; a peer that is known as an archive alone is a printer of which nothing more is known."""
        known, archive = self.printers.get(name), self.archives.get(name)
        if known is None and archive is not None:
            return Printer.model_validate(archive.model_dump())
        return known

    @model_validator(mode="after")
    def _certificates_need_tls(self) -> Self:
        if self.allowed_certificates is not None and self.tls is None:
            raise ValueError("allowed_certificates needs a tls section")
        if self.allowed_certificates is not None and self.tls is not None and self.tls.client_authentication == "off":
            raise ValueError("allowed_certificates needs clients that show a certificate")
        return self

    @classmethod
    def _checked(cls, values: Mapping[str, object], path: str, document: YAMLDocument | None) -> Self:
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = tuple(first["loc"])
            line = document.line_of(field) if document is not None else None
            message = {"extra_forbidden": "this key is unknown", "missing": "is missing"}.get(first["type"])
            text = message or _in_plain_words(first)
            raise ConfigurationError(text, path, line, field_name(field)) from error


def _in_plain_words(error: ErrorDetails) -> str:
    """Say what pydantic found, as what the value must be and what it is."""
    text = " ".join(error["msg"].removeprefix("Value error, ").split())
    begins = next((each for each in ("Input should ", "String should ") if text.startswith(each)), None)
    if begins is None:
        return text
    text = f"must {text.removeprefix(begins)}".partition(", unable to parse")[0]
    given = error["input"]
    return f"{text}, not {str(given)[:40]!r}" if isinstance(given, str | int | float) else text
