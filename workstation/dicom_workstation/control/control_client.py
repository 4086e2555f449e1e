"""The control interface from the asking side.

Invariants: the same operations and the same outcomes as the facade; what HTTP adds (a refused connection, a wrong
token) is a `ControlError` in one clear line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Self

import httpx

from dicom_workstation.control.bytes_in_json import decode
from dicom_workstation.control.control_error import ControlError
from dicom_workstation.outcome import Progress

__all__ = ["ControlClient", "ControlError"]

REQUEST_TIMEOUT_S: Final = 90.0
POLL_S: Final = 30.0


class ControlClient:
    """Asks a workstation over its control interface; a context manager that closes its connections."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=REQUEST_TIMEOUT_S, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(
        self,
        method: str,
        path: str,
        json: Mapping[str, object] | None = None,
        params: Mapping[str, str | int | float] | None = None,
    ) -> httpx.Response:
        try:
            answer = self._http.request(method, path, json=json, params=params)
        except httpx.HTTPError as error:
            raise ControlError(f"{self._http.base_url}: {error}") from error
        if answer.is_error:
            raise ControlError(f"{method} {path}: {answer.status_code} {_detail(answer)}")
        return answer

    def status(self) -> dict[str, object]:
        """AE title, host and port of the loader, and what is in memory."""
        return dict(self._ask("GET", "/status").json())

    def configuration(self) -> dict[str, object]:
        """Return the configuration in force."""
        return dict(self._ask("GET", "/configuration").json())

    def reconfigure(self, **changes: object) -> dict[str, object]:
        """Change some fields of the configuration."""
        return dict(self._ask("PATCH", "/configuration", json=changes).json())

    def perform(
        self,
        operation: str,
        peer: str | None,
        arguments: Mapping[str, object],
        progress: Progress | None = None,
    ) -> dict[str, object]:
        """Perform an operation and return its outcome; `progress` is called with each entry as it comes."""
        body: dict[str, object] = {"operation": operation, "peer": peer, "arguments": dict(arguments)}
        state = self._ask("POST", "/operations", json=body).json()
        seen = 0
        while True:
            for entry in state["progress"]:
                seen += 1
                if progress is not None:
                    progress(entry)
            if state["state"] == "finished":
                outcome = decode(state["outcome"])
                return dict(outcome) if isinstance(outcome, dict) else {}
            state = self._ask("GET", f"/operations/{state['id']}", params={"wait_s": POLL_S, "seen": seen}).json()

    def instances(self) -> list[dict[str, object]]:
        """List what is in memory, in order of arrival."""
        return list(self._ask("GET", "/instances").json())

    def data_set(self, SOPInstanceUID: str) -> bytes:
        """Return a data set as it was received."""
        return self._ask("GET", f"/instances/{SOPInstanceUID}/data-set").content

    def file(self, SOPInstanceUID: str) -> bytes:
        """Return an instance as a Part 10 file."""
        return self._ask("GET", f"/instances/{SOPInstanceUID}/file").content

    def remove(self, SOPInstanceUID: str) -> None:
        """Forget an instance."""
        self._ask("DELETE", f"/instances/{SOPInstanceUID}")

    def log(self) -> list[str]:
        """Return the log, oldest line first."""
        return list(self._ask("GET", "/log").json())

    def clear_log(self) -> None:
        """Delete the lines of the log; nothing else changes."""
        self._ask("DELETE", "/log")

    def forget(self) -> None:
        """End the operations that run, leave the printer, and delete the log and every instance in memory."""
        self._ask("DELETE", "/session")


def _detail(answer: httpx.Response) -> str:
    try:
        document = answer.json()
    except ValueError:
        return answer.text[:200]
    return str(document.get("detail", document)) if isinstance(document, dict) else str(document)
