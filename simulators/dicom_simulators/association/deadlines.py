"""How long the driver waits for what: every wait of an association has one of these deadlines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long each wait may last, in seconds.

    Attributes
    ----------
    connect_s : float
        For the TCP connection, in seconds.
    associate_s : float
        For the answer to an A-ASSOCIATE-RQ, in seconds.
    release_s : float
        For the answer to an A-RELEASE-RQ, in seconds.
    dimse_s : float
        Between a request and each of its responses, in seconds.
    idle_s : float
        Between two requests on an accepted association, in seconds.
    artim_s : float
        The ARTIM timer of PS3.8 9.1.5, in seconds.
    write_s : float
        For a write that the peer does not read, in seconds.
    operation_s : float
        Between a request and the last of its responses, in seconds.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    connect_s: float = 10.0
    associate_s: float = 30.0
    release_s: float = 10.0
    dimse_s: float = 60.0
    idle_s: float = 300.0
    artim_s: float = 10.0
    write_s: float = 60.0
    operation_s: float = 3600.0
