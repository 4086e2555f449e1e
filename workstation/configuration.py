"""What can be configured of the workstation: from a YAML file, or by keywords.

Invariants: the parameters are those of the conformance statement (3.2.1.1.1, 3.2.2.1.2, 3.2.2.1.3, 3.2.2.2.1.2,
3.2.3.2.1.2, 3.2.4, 6.2) and what our own memory needs. An unknown key, a repeated key, a value out of range is refused
with one clear line; a configuration is never half right.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from workstation.character_sets import LEAST_FIRST, UnencodableError, exactly
from workstation.tables import PDU_LENGTH_BYTES, JPEGConfiguration, PrintExtension
from workstation.tls import TLS
from workstation.yaml_file import ConfigurationError, YAMLDocument, field_name, read_yaml


def _ae_title(value: str) -> str:
    """Check an AE title (PS3.5 Table 6.2-1, VR AE; PS3.8 Table 9-11: not only spaces)."""
    title = value.strip(" ")
    if not 1 <= len(title) <= 16:
        raise ValueError("an AE title has 1 to 16 characters")
    if not all(" " <= character <= "~" and character != "\\" for character in title):
        raise ValueError("an AE title has no backslash, control or non-ASCII character")
    return title


def _caller(value: str) -> str:
    """Check an entry of the allowed callers: an AE title, an IP address or network, or both as `TITLE@network`."""
    title, at, address = value.rpartition("@")
    if not at:
        return value.strip() if _is_network(value.strip()) else _ae_title(value)
    if not _is_network(address):
        raise ValueError(f"{address!r} is not an IP address or network")
    return f"{_ae_title(title)}@{address}"


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def _character_set(value: str) -> str:
    """Check a Specific Character Set that is to be sent (PS3.3 Section C.12.1.1.2)."""
    try:
        exactly(value)
    except UnencodableError as error:
        raise ValueError(str(error)) from error
    return value


def _bits(value: object) -> object:
    """Take a number of bits that is given as text."""
    return int(value) if isinstance(value, str) and value.isdigit() else value


AETitle = Annotated[str, AfterValidator(_ae_title)]
Caller = Annotated[str, AfterValidator(_caller)]
SpecificCharacterSet = Annotated[str, AfterValidator(_character_set)]
Port = Annotated[int, Field(ge=0, le=65535)]


class Archive(BaseModel):
    """A remote AE that the workstation knows by a name of its user's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ae_title: AETitle
    host: str = Field(min_length=1)
    port: Annotated[int, Field(ge=1, le=65535)]
    tls: bool | None = None  # None: TLS if the workstation has it


class Printer(Archive):
    """A printer: where it is, and what it is known to take; None: not said."""

    bits: Annotated[Literal[8, 12] | None, BeforeValidator(_bits)] = None
    film_size: str | None = Field(None, pattern=r"^[A-Z0-9_][A-Z0-9 _]{0,15}$")  # Film Size ID, VR CS
    colour: bool | None = None


class Configuration(BaseModel):
    """The configuration of a workstation; times in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ae_title: AETitle = "DIRECTVIEW"
    host: str = Field("127.0.0.1", min_length=1)
    port: Port = 0  # 0: any free one
    archives: dict[str, Archive] = Field(default_factory=dict)
    printers: dict[str, Printer] = Field(default_factory=dict)  # an archive by the same name may be one, too
    allowed_callers: tuple[Caller, ...] | None = None  # 3.2.2.1.3; None: anyone
    allowed_certificates: tuple[Annotated[str, Field(min_length=1)], ...] | None = None  # names in a certificate
    check_called_ae_title: bool = True
    maximum_associations: PositiveInt | None = None  # these three: an operator's choice; the statement sets none
    maximum_associations_per_peer: PositiveInt | None = None
    maximum_associations_per_s: PositiveInt | None = None
    tls: TLS | None = None  # 4.2.2
    jpeg_configuration: JPEGConfiguration = "none"
    query_pdu_length_bytes: Annotated[int, Field(ge=PDU_LENGTH_BYTES, le=(1 << 32) - 1)] = PDU_LENGTH_BYTES  # 3.2.1.1.1
    query_character_sets: tuple[SpecificCharacterSet, ...] = LEAST_FIRST  # section 7: the first that can hold the keys
    parallel_retrieves: PositiveInt = 4  # 3.2.2.2.1.2
    print_pdu_length_bytes: Annotated[int, Field(ge=PDU_LENGTH_BYTES, le=(1 << 32) - 1)] = PDU_LENGTH_BYTES  # 3.2.4.1.1
    extensions: tuple[PrintExtension, ...] = ()  # SOP Classes of the print client that the statement does not claim
    print_job_interval_s: PositiveFloat = 1.0  # a job of which no event tells is asked for so often
    print_job_timeout_s: PositiveFloat = 300.0  # a job of which nothing new is heard
    memory_budget_bytes: PositiveInt = 1 << 31
    keep_s: PositiveFloat | None = None  # 3.2.2.1.3.2.3: the user determines the duration; None: until removed
    association_timeout_s: PositiveFloat = 10.0  # TCP connection, and answer to A-ASSOCIATE-RQ
    acse_timeout_s: PositiveFloat = 30.0  # the ARTIM timer, and answer to A-RELEASE-RQ
    dimse_timeout_s: PositiveFloat = 30.0  # each DIMSE response
    network_timeout_s: PositiveFloat = 60.0  # silence on an accepted association, or no byte taken by the peer
    arrival_timeout_s: PositiveFloat = 5.0  # the last images of a retrieve, after the final response

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read a YAML file.

        Raises
        ------
        ConfigurationError
            With file, line and field of the first thing that is wrong.
        """
        document = read_yaml(Path(path))
        if not isinstance(document.data, dict):
            raise ConfigurationError("must hold `key: value` lines", str(path), document.line_of(()))
        return cls._checked(document.data, str(path), document)

    @classmethod
    def from_keywords(cls, **values: object) -> Self:
        """Check keywords; ConfigurationError names the first field that is wrong."""
        return cls._checked(values, "", None)

    def changed(self, **changes: object) -> Self:
        """Return a configuration with some fields changed, checked as a whole."""
        return self._checked({**self.model_dump(), **changes}, "", None)

    def printer(self, name: str) -> Printer | None:
        """Return a printer; a peer that is known as an archive alone is a printer of which nothing more is said."""
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
            text = message or first["msg"].removeprefix("Value error, ")
            raise ConfigurationError(text, path, line, field_name(field)) from error
