"""PDUs sent and read on a bare connection, with a deadline and a bound on what is read."""

from __future__ import annotations

import socket
import time
from collections import deque

from dicom_wire.codec import encode
from dicom_wire.pdu import PDU
from dicom_wire.stream import PDUStream

_MOST_BYTES = 1 << 20


class PDUReader:
    """The PDUs of a connection, one after the other, until a deadline and up to a number of bytes."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline
        self._stream = PDUStream(_MOST_BYTES)
        self._waiting: deque[PDU] = deque()
        self._left_bytes = _MOST_BYTES
        self._end = "the end of the connection"

    def send(self, pdu: PDU) -> None:
        """Send a PDU; one that the peer no longer takes is missed by its answer."""
        try:
            self._sock.settimeout(max(self._deadline - time.monotonic(), 0.001))
            self._sock.sendall(encode(pdu))
        except OSError:
            return

    def next(self) -> PDU | None:
        """Give the next PDU; None where none comes any more: `instead_of` says why."""
        while not self._waiting:
            data = self._read()
            if not data:
                return None
            self._waiting.extend(received.pdu for received in self._stream.feed(data))
        return self._waiting.popleft()

    def hurry(self, within_s: float) -> None:
        """Wait no longer than so many seconds from now."""
        self._deadline = min(self._deadline, time.monotonic() + within_s)

    def instead_of(self, pdu: PDU | None) -> str:
        """Name what came in the place of what was awaited."""
        return self._end if pdu is None else pdu.NAME

    def _read(self) -> bytes:
        left_s = self._deadline - time.monotonic()
        if left_s <= 0 or self._left_bytes <= 0:
            self._end = "no answer in time" if left_s <= 0 else f"more than {_MOST_BYTES} bytes"
            return b""
        try:
            self._sock.settimeout(left_s)
            data = self._sock.recv(65536)
        except TimeoutError:
            self._end = "no answer in time"
            return b""
        except OSError as error:
            self._end = f"{error.strerror or error}"
            return b""
        self._left_bytes -= len(data)
        return data
