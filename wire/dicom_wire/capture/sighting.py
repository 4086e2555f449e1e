"""Sightings: what the owner of a socket saw, and when.

Invariants: a sighting is never changed or reordered once recorded; its clock is `time.monotonic_ns()`, read under
the recorder's lock, so that the order of the list and the order of the times are one.
"""

from __future__ import annotations

import enum
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class Kind(enum.Enum):
    """What was seen: a connection opened or refused, bytes, an orderly end (FIN) or a reset (RST)."""

    OPENED = "opened"
    DATA = "data"
    FIN = "fin"
    RST = "rst"
    REFUSED = "refused"


class Side(enum.Enum):
    """Who did it: the AE that opened the connection, or the one that accepted it."""

    REQUESTOR = "requestor"
    ACCEPTOR = "acceptor"

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.ACCEPTOR if self is Side.REQUESTOR else Side.REQUESTOR


@dataclass(frozen=True, slots=True)
class Connection:
    """One TCP connection as one observer knows it.

    A relay is between two TCP connections; `relay_endpoints` are its own ends of them: where it listened, and where
    it called from. Without them a port proves nothing: the system may give one local port to calls to two targets.
    """

    number: int
    observer: str
    requestor: str
    acceptor: str
    requestor_endpoint: tuple[str, int]
    acceptor_endpoint: tuple[str, int]
    relay_endpoints: tuple[tuple[str, int], tuple[str, int]] | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """One read or write, opening or end. `t_ns` is monotonic; `written`: the observer wrote it, else it read it."""

    t_ns: int
    connection: int
    kind: Kind
    sender: Side
    data: bytes = b""
    written: bool = False


class Recorder:
    """Keeps the sightings of one case. Every method may be called from any thread.

    `connections` and `sightings` only ever grow at the end, so that they may be read while others write.

    Parameters
    ----------
    limit_bytes : int or None
        How many bytes may be read, by the relays or by the endpoints, before the recorder is full; None = any number.
        What comes after that is not kept, and whoever reads from a socket ends the connection.
    """

    def __init__(self, limit_bytes: int | None = None) -> None:
        self.connections: list[Connection] = []
        self.sightings: list[Sighting] = []
        self.limit_bytes = limit_bytes
        self._changed = threading.Condition()
        self._read_bytes: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
        self._full = False

    @property
    def full(self) -> bool:
        """Whether more bytes came than it keeps."""
        return self._full

    def bytes_of(self, name: str) -> int:
        """How many bytes were read that the AE of this name had sent."""
        with self._changed:
            return max(counts[name] for counts in self._read_bytes.values())

    def open(
        self,
        observer: str,
        requestor: str,
        acceptor: str,
        requestor_endpoint: tuple[str, int],
        acceptor_endpoint: tuple[str, int],
        relay_endpoints: tuple[tuple[str, int], tuple[str, int]] | None = None,
    ) -> int:
        """Register a connection and return its number, with which it is named in `saw`.

        It does not yet say that the connection was opened: that is `saw(number, Kind.OPENED, Side.REQUESTOR)`.
        """
        with self._changed:
            number = len(self.connections)
            self.connections.append(
                Connection(
                    number, observer, requestor, acceptor, requestor_endpoint, acceptor_endpoint, relay_endpoints
                )
            )
            self._changed.notify_all()
            return number

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Hold up every other thread that would tell something; not for longer than a few system calls."""
        with self._changed:
            yield

    def saw(
        self,
        connection: int,
        kind: Kind,
        sender: Side,
        data: bytes | bytearray | memoryview = b"",
        written: bool = False,
    ) -> None:
        """Tell one sighting; bytes that may change later (a receive buffer) are copied.

        Raises
        ------
        IndexError
            The connection was never opened here.
        """
        kept = data if isinstance(data, bytes) else bytes(data)
        with self._changed:
            if not 0 <= connection < len(self.connections):
                raise IndexError(f"connection {connection} was never opened")
            if kind is Kind.DATA and self._full:
                return
            if kind is Kind.DATA and not written:
                self._count(self.connections[connection], sender, len(kept))
            self.sightings.append(Sighting(time.monotonic_ns(), connection, kind, sender, kept, written))
            self._changed.notify_all()

    def passed_on(self, connection: int) -> None:
        """Take note that a link has written on what it read last, as far as the receiver took it.

        A recorder that has work to do with what it saw does it now rather than in `saw`, so that nobody waits for it.
        """

    def closed(self, connection: int) -> None:
        """Take note that an observer has closed its sockets: nothing more will be told of this connection.

        A recorder that keeps everything has nothing to do then.
        """

    def _count(self, connection: Connection, sender: Side, size: int) -> None:
        counts = self._read_bytes[connection.relay_endpoints is not None]
        counts[connection.requestor if sender is Side.REQUESTOR else connection.acceptor] += size
        self._full = self.limit_bytes is not None and counts.total() > self.limit_bytes

    def wait(self, predicate: Callable[[], bool], deadline_s: float) -> bool:
        """Wait until `predicate()` holds, at most `deadline_s` seconds; return whether it does.

        The predicate is tested at once and after each sighting, in the caller's thread and under the recorder's lock;
        it may read the recorder, and must not wait for another thread.
        """
        with self._changed:
            return self._changed.wait_for(predicate, deadline_s)
