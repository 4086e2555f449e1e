"""Associations with the product that is probed: opened at a bounded rate, one at a time unless that is the question.

References
----------
PS3.8 9.3.2 (A-ASSOCIATE-RQ), 9.3.3 (A-ASSOCIATE-AC).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from dicom_conformance.errors import HarnessError
from dicom_simulators.association import (
    TLS,
    Aborted,
    Deadlines,
    End,
    Established,
    Proposal,
    Rejected,
    Requestor,
    TimedOut,
    Unreachable,
    Unsecured,
    propose,
)
from dicom_wire import Recorder, SubItem

__all__ = ["Asker", "Limits", "Opened", "Target", "read_target"]

CALLING = "CONFORMANCE"
LONGEST_TITLE = 16
_LAST_PORT = 65535
_BEFORE_ANOTHER_ATTEMPT_S = 1.0
Contexts = Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Target:
    """The product: its AE title, host and port."""

    title: str
    host: str
    port: int

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return (self.host, self.port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.title}@{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is asked of the product.

    Parameters
    ----------
    at_most : int
        Associations that are opened at once in order to find how many it accepts; everything else needs one.
    requests_per_s : float
        Association requests and DIMSE requests in a second.
    deadline_s : float
        How long an answer is awaited, in seconds.
    """

    at_most: int = 10
    requests_per_s: float = 20.0
    deadline_s: float = 30.0


def read_target(text: str) -> Target:
    """Read ``AET@HOST:PORT``; the host may be an IPv6 address in brackets.

    Raises
    ------
    ValueError
        It is none; the message says what is expected.
    """
    title, _, place = text.rpartition("@")
    host, _, port = place.rpartition(":")
    if not (title and host and port.isdecimal() and 0 < int(port) <= _LAST_PORT) or len(title) > LONGEST_TITLE:
        raise ValueError(f"expected AET@HOST:PORT, such as ARCHIVE@127.0.0.1:11112, not {text!r}")
    return Target(title, host.removeprefix("[").removesuffix("]"), int(port))


@dataclass(frozen=True, slots=True)
class Opened:
    """An association that was accepted."""

    requestor: Requestor
    established: Established


@dataclass(slots=True)
class Asker:
    """Opens associations with the product, at a bounded rate.

    Parameters
    ----------
    target : Target
    calling : str
        AE title of ours.
    tls : TLS or None
        How TLS is spoken; None: it is not.
    limits : Limits
    """

    target: Target
    calling: str = CALLING
    tls: TLS | None = None
    limits: Limits = field(default_factory=Limits)
    associations: int = 0
    acceptances: list[Established] = field(default_factory=list)
    _free_at: float = 0.0

    def pace(self) -> None:
        """Wait until another request is within the rate."""
        now = time.monotonic()
        time.sleep(max(0.0, self._free_at - now))
        self._free_at = max(now, self._free_at) + 1.0 / self.limits.requests_per_s

    def open(
        self, contexts: Contexts, further: tuple[SubItem, ...] = (), deadline_s: float | None = None
    ) -> Opened | End:
        """Open an association, which the caller releases; `deadline_s` takes the place of the usual one."""
        self.pace()
        wait_s = self.limits.deadline_s if deadline_s is None else deadline_s
        proposal = Proposal(self.target.title, self.calling, propose(*contexts), user_information=further)
        requestor = Requestor(
            Recorder(),
            self.target.address,
            proposal,
            name="probe",
            peer="product",
            deadlines=Deadlines(wait_s, wait_s, wait_s, wait_s, operation_s=wait_s),
            tls=self.tls,
        )
        self.associations += 1
        established = requestor.associate()
        if not isinstance(established, Established):
            return established
        self.acceptances.append(established)
        return Opened(requestor, established)

    @contextmanager
    def association(self, contexts: Contexts, further: tuple[SubItem, ...] = ()) -> Iterator[Opened]:
        """Give an association and release it afterwards.

        Raises
        ------
        HarnessError
            It was not accepted; where another was accepted before, in two attempts.
        """
        opened = self.open(contexts, further)
        if not isinstance(opened, Opened) and self.acceptances:  # it was there before, and may be busy
            time.sleep(_BEFORE_ANOTHER_ATTEMPT_S)
            opened = self.open(contexts, further)
        if not isinstance(opened, Opened):
            raise HarnessError(self.refused(opened))
        try:
            yield opened
        finally:
            opened.requestor.release()

    def refused(self, end: End) -> str:
        """Say why no association came about."""
        hint = ""
        if isinstance(end, Rejected):
            titles = f"called {self.target.title}, calling {self.calling}"
            hint = f" ({titles}; --calling gives another calling AE title)"
        return f"no association with {self.target}: {_in_words(end)}{hint}"


def _in_words(end: End) -> str:
    """Say why there is no association."""
    match end:
        case Rejected(result, source, reason):
            return f"rejected (A-ASSOCIATE-RJ {result}/{source}/{reason})"
        case TimedOut():
            return end.words
        case Unreachable(detail):
            return f"no TCP connection: {detail}"
        case Unsecured(detail):
            return f"no TLS session: {detail}"
        case Aborted(source, reason):
            return f"aborted (A-ABORT {source}/{reason})"
        case _:
            return "the connection was closed"
