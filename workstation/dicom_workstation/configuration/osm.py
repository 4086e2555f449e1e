"""The section `osm` of the configuration: the archive on the local disk.

Invariants: every limit has a default that a small archive can live with; what the OSM has in common with the loader
(time-outs, TLS, callers by certificate) stands in the configuration itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from dicom_workstation.configuration.values import AETitle, Caller, DatabaseURL, Port, Seconds


class OSM(BaseModel):
    """The OSM server: a small archive on the local disk (2.1.1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ae_title: AETitle = Field(default="OSM", description="its AE title")
    host: str = Field(default="127.0.0.1", min_length=1, description="address that it listens on")
    port: Port = Field(default=0, description="port that it listens on; 0 is any free one")
    folder: Path = Field(description="folder of its files and its index; made if it is not there")
    database: DatabaseURL | None = Field(
        default=None,
        description=(
            "PostgreSQL database of the index, as `postgresql://USER@HOST:PORT/NAME`; a password belongs in the file "
            "that `PGPASSFILE` names, never here. An SQLite database in the folder if not given"
        ),
    )
    metrics_port: Port | None = Field(
        default=None,
        description=(
            "port of 127.0.0.1 where `/metrics` is served for Prometheus; 0 is any free one. Not served if not given"
        ),
    )
    duplicates: Literal["refuse", "replace"] = Field(
        default="refuse",
        description=(
            "what becomes of another content of a SOP Instance UID that is held: refused (status 0111), or put in the "
            "place of what is held"
        ),
    )
    keep_free_bytes: NonNegativeInt = Field(
        default=1 << 30, description="what stays free of the file system, in bytes; status A700 below it"
    )
    maximum_instance_bytes: PositiveInt = Field(default=1 << 32, description="size of the largest data set, in bytes")
    conversion_bytes: NonNegativeInt = Field(
        default=1 << 30,
        description=(
            "memory for instances that are converted to another transfer syntax when they are sent, in bytes; one that "
            "needs more fails, and others wait for each other"
        ),
    )
    maximum_matches: PositiveInt = Field(
        default=100_000, description="matches of one query; status A700 where there may be more"
    )
    find_timeout_s: Seconds = Field(
        default=10.0, description="how long the index may be searched for one query; in seconds"
    )
    match_unknown: bool = Field(
        default=True, description="whether an attribute without a value matches any key (PS3.4 C.2.2.1.2)"
    )
    allowed_callers: tuple[Caller, ...] | None = Field(
        default=None,
        description="who may open associations, as `allowed_callers` of the workstation; anyone if not given",
    )
    check_called_ae_title: bool = Field(default=True, description="whether callers must call it by its AE title")
    maximum_associations: PositiveInt | None = Field(
        default=None, description="associations accepted at once; unlimited if not given"
    )
    proposes: Literal["as_stored", "store_client"] = Field(
        default="as_stored",
        description=(
            "what a C-MOVE proposes to its destination: the transfer syntax of each instance and the "
            "uncompressed ones, or what the store client proposes (3.2.3.2.1.2)"
        ),
    )
    pending_interval_s: Annotated[float, Field(ge=0, le=60)] = Field(
        default=0.5, description="how often a C-MOVE says how far it is, at most; in seconds"
    )
    commitment_retries_s: tuple[Seconds, ...] = Field(
        default=(60.0, 300.0, 1800.0, *(3600.0,) * 23),
        description="after how long a report of storage commitment that could not be delivered is tried again",
    )
