"""How long the driver waits for what: every wait of an association has one of these deadlines."""

from __future__ import annotations

import math
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
        For a write that the peer does not read, and for the rest of a PDU or message that has begun, in seconds.
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


class Patience:
    """How long a read waits: until its own deadline, and no longer than the rest of what has begun may take.

    A PDU has to be complete `part_s` after its first byte, and a message that has begun has to go on within that time.
    """

    def __init__(self, part_s: float) -> None:
        self._part_s = part_s
        self._pdu = 0
        self._until = math.inf

    def until(self, now: float, pdus_begun: int, amid_pdu: bool, amid_message: bool) -> tuple[float, str]:
        """Return the deadline for the rest of what has begun, and its name; infinite where nothing has.

        Parameters
        ----------
        pdus_begun : int
            How many PDUs have begun on the association.
        """
        if not amid_message:
            return math.inf, ""
        if not amid_pdu:
            return now + self._part_s, "the rest of a message"
        if self._pdu != pdus_begun:
            self._pdu, self._until = pdus_begun, now + self._part_s
        return self._until, "the rest of a PDU"
