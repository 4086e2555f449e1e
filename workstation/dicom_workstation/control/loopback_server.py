"""An ASGI application on a loopback socket, served by a thread of its own.

Invariants: loopback only; the socket is open before `start` returns, so that a port in use is an error at once.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from dicom_workstation.configuration import ConfigurationError

HOST: Final = "127.0.0.1"
GRACE_S: Final = 2  # for clients to take what they were promised
JOIN_S: Final = 5.0


class LoopbackServer:
    """Serves an application.

    Parameters
    ----------
    name : str
        What the thread is called.
    port : int
        0 is any free one.
    """

    def __init__(self, app: ASGIApp, name: str, port: int = 0) -> None:
        self._name = name
        self._port = port
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        configuration = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=GRACE_S,
        )
        self._server = uvicorn.Server(configuration)

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://{HOST}:{self._port}"

    def start(self) -> str:
        """Listen and serve.

        Raises
        ------
        ConfigurationError
            If the port cannot be had.
        """
        # asyncio sets TCP_NODELAY only where the socket names its protocol; without it each answer waits 40 ms
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, self._port))
        except OSError as error:
            listening.close()
            raise ConfigurationError(f"cannot listen on {HOST}:{self._port}: {error.strerror}", field="port") from error
        listening.listen(64)
        self._port = listening.getsockname()[1]
        self._socket = listening
        self._thread = threading.Thread(target=self._server.run, args=([listening],), name=self._name)
        self._thread.start()
        return self.url

    def stop(self) -> None:
        """Stop serving, within `GRACE_S` and two times `JOIN_S`."""
        self._server.should_exit = True
        if self._thread is not None:
            with _without_complaints():
                self._thread.join(JOIN_S)
                self._server.force_exit = True
                self._thread.join(JOIN_S)
            self._thread = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@contextmanager
def _without_complaints() -> Iterator[None]:
    """Keep uvicorn from logging that it ends the connections of clients that have not done with them."""
    logger = logging.getLogger("uvicorn.error")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
