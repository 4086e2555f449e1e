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

from dicom_wire.capture.shared_bytes import Pieces, SharedBytes

_HEADER_BYTES = 6


_Ends = tuple[tuple[str, int], tuple[str, int]]


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
    """One read or write, opening or end. `t_ns` is monotonic; `written`: the observer wrote it, else it read it.

    `pieces` are the bytes, one after the other: one piece, unless other observers saw them cut otherwise.
    """

    t_ns: int
    connection: int
    kind: Kind
    sender: Side
    pieces: Pieces = ()
    written: bool = False

    @property
    def data(self) -> bytes:
        """The bytes."""
        pieces = self.pieces
        if len(pieces) == 1 and isinstance(pieces[0], bytes):
            return pieces[0]
        return b"".join(pieces)

    @property
    def size_bytes(self) -> int:
        """How many bytes it is."""
        return sum(map(len, self.pieces))


class _Beginnings:
    """Counts the PDUs that begin in the bytes of one direction, by their lengths alone (PS3.8 9.3.1)."""

    __slots__ = ("_ahead", "_head")

    def __init__(self) -> None:
        self._ahead = 0  # bytes of the present PDU that have not come
        self._head = b""  # of a header that is not complete

    def count(self, data: bytes) -> int:
        """Count those that begin in the next bytes."""
        found, place, size = 0, 0, len(data)
        if self._head:
            place = min(_HEADER_BYTES - len(self._head), size)
            self._head += data[:place]
            if len(self._head) < _HEADER_BYTES:
                return 0
            self._ahead, self._head = int.from_bytes(self._head[2:], "big"), b""
        place += self._ahead
        while place < size:
            found += 1
            if size - place < _HEADER_BYTES:
                self._head, self._ahead = data[place:], 0
                return found
            place += _HEADER_BYTES + int.from_bytes(data[place + 2 : place + _HEADER_BYTES], "big")
        self._ahead = place - size
        return found


class Recorder:
    """Keeps the sightings of one case. Every method may be called from any thread.

    `connections` and `sightings` only ever grow at the end, so that they may be read while others write.

    Parameters
    ----------
    limit_bytes : int or None
        How many bytes may be read, by the relays or by the endpoints, before the recorder is full; None = any number.
        What comes after that is not kept, and whoever reads from a socket ends the connection.
    limit_pdus : int or None
        How many PDUs may begin in what is read, in the same way: a peer that sends nothing but headers makes work
        that grows with their number, and few bytes.
    """

    def __init__(self, limit_bytes: int | None = None, limit_pdus: int | None = None) -> None:
        self.connections: list[Connection] = []
        self.sightings: list[Sighting] = []
        self.limit_bytes = limit_bytes
        self.limit_pdus = limit_pdus
        self._changed = threading.Condition()
        self._read_bytes: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
        self._read_pdus: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
        self._beginnings: dict[tuple[int, Side], _Beginnings] = {}
        self._shared = SharedBytes()
        self._near_ends: dict[_Ends, _Ends] = {}
        self._full = False

    @property
    def full(self) -> bool:
        """Whether more bytes or PDUs came than it keeps."""
        return self._full

    @property
    def read_bytes(self) -> int:
        """How many bytes were read, by the relays or by the endpoints, whichever is more."""
        with self._changed:
            return max(counts.total() for counts in self._read_bytes.values())

    def bytes_of(self, name: str) -> int:
        """How many bytes were read that the AE of this name had sent."""
        with self._changed:
            return max(counts[name] for counts in self._read_bytes.values())

    def pdus_of(self, name: str) -> int:
        """How many PDUs began in what the AE of this name had sent; 0 without a limit of them."""
        with self._changed:
            return max(counts[name] for counts in self._read_pdus.values())

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
            if relay_endpoints is not None:
                near, far = (requestor_endpoint, relay_endpoints[0]), (relay_endpoints[1], acceptor_endpoint)
                self._near_ends[far] = near
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
                self._count(self.connections[connection], sender, kept)
            pieces = self._pieces(self.connections[connection], sender, kept, written) if kind is Kind.DATA else ()
            self.sightings.append(Sighting(time.monotonic_ns(), connection, kind, sender, pieces, written))
            self._changed.notify_all()

    def _pieces(self, connection: Connection, sender: Side, data: bytes, written: bool) -> Pieces:
        """Give bytes as they are kept: once, whoever of both ends and the relay between them saw them."""

        def flow() -> tuple[_Ends, Side]:
            relay = connection.relay_endpoints
            ends = (connection.requestor_endpoint, connection.acceptor_endpoint if relay is None else relay[0])
            return self._near_ends.get(ends, ends), sender

        return self._shared.pieces((connection.number, sender, written), flow, data)

    def passed_on(self, connection: int) -> None:
        """Take note that a link has written on what it read last, as far as the receiver took it.

        A recorder that has work to do with what it saw does it now rather than in `saw`, so that nobody waits for it.
        """

    def closed(self, connection: int) -> None:
        """Take note that an observer has closed its sockets: nothing more will be told of this connection.

        A recorder that keeps everything has nothing to do then.
        """

    def _count(self, connection: Connection, sender: Side, data: bytes) -> None:
        by_relay = connection.relay_endpoints is not None
        name = connection.requestor if sender is Side.REQUESTOR else connection.acceptor
        counted = self._read_bytes[by_relay]
        counted[name] += len(data)
        self._full = self.limit_bytes is not None and counted.total() > self.limit_bytes
        if self.limit_pdus is not None:
            beginnings = self._beginnings.setdefault((connection.number, sender), _Beginnings())
            counted = self._read_pdus[by_relay]
            counted[name] += beginnings.count(data)
            self._full = self._full or counted.total() > self.limit_pdus

    def wait(self, predicate: Callable[[], bool], deadline_s: float) -> bool:
        """Wait until `predicate()` holds, at most `deadline_s` seconds; return whether it does.

        The predicate is tested at once and after each sighting, in the caller's thread and under the recorder's lock;
        it may read the recorder, and must not wait for another thread.
        """
        with self._changed:
            return self._changed.wait_for(predicate, deadline_s)
