"""A port of this host that is listened on, or refuses connections while it stays ours.

The kernel refuses connections to a port that is bound and not listened on. So a port is bound twice: once for good, and
once by the socket that listens while it is to be open.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

BACKLOG = 128
RECONSIDERED_WITHIN_S = 5.0


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 = one of the system's choice.

    Raises
    ------
    OSError
        The port is in use, or not ours to take; the address is its `filename`.
    """
    listener = bind(host, port)
    listener.listen(BACKLOG)
    return listener


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that has taken an address of this host and does not listen; raises as `listen`."""
    taken = socket.socket(family_of(host), socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise OSError(error.errno, error.strerror, f"{host}:{port}") from error
    return taken


def family_of(host: str) -> socket.AddressFamily:
    """Return the family of an address as text."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


class Port:
    """A port that one thread listens on, and that is open or refuses connections.

    Parameters
    ----------
    host : str
    port : int
        0 = one of the system's choice.
    is_open : callable
        Whether connections are to be accepted now.

    Raises
    ------
    OSError
        The port is in use, or not ours to take; the address is its `filename`.
    """

    def __init__(self, host: str, port: int, is_open: Callable[[], bool]) -> None:
        self._is_open = is_open
        self._reserve = bind(host, port)  # keeps the port ours; never listens
        self._address = (host, int(self._reserve.getsockname()[1]))
        self._rung, self._bell = socket.socketpair()
        for end in (self._rung, self._bell):
            end.setblocking(False)
        self._considered = threading.Condition()
        self.listener: socket.socket | None = None
        """What listens; None while connections are refused. For the thread that accepts them."""
        try:
            self.consider()
        except OSError:
            self.close()
            raise

    @property
    def number(self) -> int:
        """The number of the port."""
        return self._address[1]

    @property
    def bell(self) -> socket.socket:
        """What can be read when the thread that accepts connections is to call `consider`."""
        return self._rung

    def consider(self) -> None:
        """Listen, or stop listening, as it is wanted now. For the thread that accepts connections.

        Raises
        ------
        OSError
            Another program listens at the port.
        """
        with suppress(BlockingIOError):
            self._rung.recv(4096)
        with self._considered:
            wanted = self._is_open()
            if wanted and self.listener is None:
                self.listener = listen(*self._address)
                self.listener.setblocking(False)
            elif not wanted and self.listener is not None:
                self.listener.close()
                self.listener = None
            self._considered.notify_all()

    def reconsider(self) -> None:
        """Have it listen or stop listening as it is wanted now, and wait until it does. For any other thread."""
        if self._is_open() == (self.listener is not None):
            return
        with suppress(OSError):
            self._bell.send(b"\0")
        with self._considered:
            self._considered.wait_for(
                lambda: self._is_open() == (self.listener is not None), timeout=RECONSIDERED_WITHIN_S
            )

    def close(self) -> None:
        """Give the port up."""
        for taken in (self.listener, self._reserve, self._rung, self._bell):
            if taken is not None:
                taken.close()
        self.listener = None
