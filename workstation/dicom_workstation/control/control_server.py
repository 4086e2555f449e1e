"""The control interface on its socket.

Invariants: loopback only; the socket is open before `start` returns, so that a port in use is an error at once.
"""

from __future__ import annotations

from typing import Final, Self

from dicom_workstation.application import Workstation
from dicom_workstation.control.jobs import Jobs
from dicom_workstation.control.loopback_server import LoopbackServer
from dicom_workstation.control.routes import build

JOIN_S: Final = 5.0


class ControlServer:
    """Serves the control interface of a workstation; a context manager that starts and stops it."""

    def __init__(self, workstation: Workstation, token: str, port: int = 0) -> None:
        self._jobs = Jobs(workstation)
        self._server = LoopbackServer(build(workstation, self._jobs, token), "control interface", port)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it is asked."""
        return self._server.url

    def start(self) -> str:
        """Listen and serve.

        Raises
        ------
        ConfigurationError
            If the port cannot be had.
        """
        return self._server.start()

    def stop(self) -> None:
        """Stop serving; operations that still run are waited for, up to `JOIN_S`."""
        self._server.stop()
        self._jobs.join(JOIN_S)
