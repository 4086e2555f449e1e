"""The kinds of values that a configuration is made of: AE titles, callers, character sets, ports, times.

Invariants: a value that cannot be is a ValueError with a text for whoever wrote the file.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, Field

from dicom_workstation.data_sets import UnencodableError, defined_character_set

LONGEST_WAIT_S = 604_800  # a week
LONGEST_KEPT_S = 315_360_000  # ten years


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
        defined_character_set(value)
    except UnencodableError as error:
        raise ValueError(str(error)) from error
    return value


def _database_url(value: str) -> str:
    """Check the URL of a PostgreSQL database; its parts are the driver's to judge."""
    try:
        parts = urlsplit(value)
        password = parts.password or parse_qs(parts.query).get("password")
    except ValueError as error:
        raise ValueError(f"not a URL: {error}") from error
    if parts.scheme != "postgresql" or not parts.path.strip("/"):
        raise ValueError("a database is given as postgresql://USER@HOST:PORT/NAME")
    if password:
        raise ValueError("a password does not belong here; use the file that PGPASSFILE names")
    return value


def read_bits(value: object) -> object:
    """Take a number of bits that is given as text."""
    return int(value) if isinstance(value, str) and value.isdigit() else value


AETitle = Annotated[str, AfterValidator(_ae_title)]
DatabaseURL = Annotated[str, AfterValidator(_database_url)]
Caller = Annotated[str, AfterValidator(_caller)]
SpecificCharacterSet = Annotated[str, AfterValidator(_character_set)]
Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=LONGEST_WAIT_S, allow_inf_nan=False)]
"""How long to wait: what every wait of the operating system can hold."""
