"""Orthanc as a real peer: one process, on ports chosen by the system, in a folder of the test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from dicom_conformance.play import reserved_port
from foreign_programs import DEADLINE_S, path_of, serve, until

PACKAGE = "orthanc"


def require_orthanc() -> str:
    """Path of Orthanc; where it is missing the test skips, and fails in CI."""
    return path_of("Orthanc", PACKAGE)


@dataclass(frozen=True, slots=True)
class Orthanc:
    """A running Orthanc: its DICOM port, and its REST interface."""

    ae_title: str
    port: int
    http: httpx.Client

    def instances(self) -> list[str]:
        """Orthanc's own identifiers of what it holds."""
        answer = self.http.get("/instances")
        answer.raise_for_status()
        return list(answer.json())

    def file(self, identifier: str) -> bytes:
        """The Part 10 file of one instance."""
        answer = self.http.get(f"/instances/{identifier}/file")
        answer.raise_for_status()
        return answer.content

    def keep(self, file: bytes) -> str:
        """Put a Part 10 file into Orthanc, not over DICOM; returns its identifier there."""
        answer = self.http.post("/instances", content=file)
        answer.raise_for_status()
        return str(answer.json()["ID"])

    def forget(self) -> None:
        """Have Orthanc delete everything that it holds."""
        for identifier in self.http.get("/patients").json():
            self.http.delete(f"/patients/{identifier}").raise_for_status()

    def know(self, name: str, ae_title: str, address: tuple[str, int]) -> None:
        """Tell Orthanc of a modality, by which it can be asked to act towards it."""
        known = {"AET": ae_title, "Host": address[0], "Port": address[1]}
        self.http.put(f"/modalities/{name}", json=known).raise_for_status()

    def query(self, name: str, level: str, query: Mapping[str, str]) -> list[dict[str, str]]:
        """Have Orthanc send a C-FIND, and give its matches by keyword."""
        asked = self.ask(f"/modalities/{name}/query", {"Level": level, "Query": query})
        answer = self.http.get(f"{asked['Path']}/answers", params={"expand": "", "simplify": ""})
        answer.raise_for_status()
        return list(answer.json())

    def ask(self, path: str, body: object = None) -> Any:
        """POST a request that Orthanc is to fulfil as SCU, and give its answer."""
        answer = self.http.post(path, json={} if body is None else body)
        answer.raise_for_status()
        return answer.json()

    def refuses(self, path: str, body: object = None) -> str:
        """POST a request that must fail; gives what Orthanc says of it."""
        answer = self.http.post(path, json={} if body is None else body)
        assert answer.status_code >= 400, answer.text
        return answer.text


@contextmanager
def orthanc(
    folder: Path, modalities: Mapping[str, tuple[str, int]], ae_title: str = "ORTHANC", **settings: object
) -> Iterator[Orthanc]:
    """Start Orthanc; it knows `modalities` (AE title -> host, port); end it by its pid.

    Parameters
    ----------
    **settings
        Of Orthanc's configuration, beside or instead of these.
    """
    program = require_orthanc()
    dicom_port, http_port = reserved_port(), reserved_port()
    configuration = {
        "Name": "conformance peer",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "Plugins": [],
        "HttpPort": http_port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomServerEnabled": True,
        "DicomAet": ae_title,
        "DicomPort": dicom_port,
        "DicomCheckCalledAet": True,
        "DicomAlwaysAllowEcho": True,
        "DicomAlwaysAllowStore": True,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowMove": True,
        "UnknownSopClassAccepted": True,
        "StableAge": 1,
        "DicomModalities": {title: [title, host, port] for title, (host, port) in modalities.items()},
        **settings,
    }
    (folder / "orthanc.json").write_text(json.dumps(configuration), encoding="utf-8")
    with (
        serve(program, folder / "orthanc.json", port=http_port, log=folder / "orthanc.log"),
        httpx.Client(base_url=f"http://127.0.0.1:{http_port}", timeout=DEADLINE_S, trust_env=False) as http,
    ):
        until(lambda: _is_ready(http), "Orthanc answers")
        yield Orthanc(ae_title, dicom_port, http)


def _is_ready(http: httpx.Client) -> bool:
    try:
        return http.get("/system").status_code == 200
    except httpx.TransportError:
        return False
