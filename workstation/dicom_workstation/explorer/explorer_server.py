"""The Archive Explorer on its socket: a port of its own, a token of its own."""

from __future__ import annotations

from typing import Final, Self

from dicom_workstation.application import Workstation
from dicom_workstation.control import Jobs, LoopbackServer, make_token
from dicom_workstation.explorer.gate import Gate
from dicom_workstation.explorer.session import Sessions
from dicom_workstation.explorer.site import build

JOIN_S: Final = 5.0


class ExplorerServer:
    """Serves the explorer of a workstation on loopback; a context manager that starts and stops it.

    Parameters
    ----------
    token : str or None
        What the link bears; made afresh if not given. It never opens the control interface.
    """

    def __init__(self, workstation: Workstation, port: int = 0, token: str | None = None) -> None:
        self._token = token or make_token()
        self._jobs = Jobs(workstation)
        app = Gate(build(workstation, self._jobs), Sessions(self._token), workstation.note)
        self._server = LoopbackServer(app, "explorer", port)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it is served."""
        return self._server.url

    @property
    def link(self) -> str:
        """What a user opens: it gives the browser its cookie."""
        return f"{self.url}/enter?token={self._token}"

    def start(self) -> str:
        """Listen and serve; ConfigurationError if the port cannot be had."""
        return self._server.start()

    def stop(self) -> None:
        """Stop serving; operations that still run are waited for, up to `JOIN_S`."""
        self._server.stop()
        self._jobs.join(JOIN_S)
