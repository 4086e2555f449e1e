"""Orthanc as a real peer: one process, on ports chosen by the system, in a folder of the test's own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

START_S = 30.0


def free_port() -> int:
    """A TCP port of the loopback address that nobody held a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_orthanc() -> str:
    """Path of Orthanc; where it is missing the test skips, and fails in CI."""
    found = shutil.which("Orthanc")
    if found is None:
        text = "Orthanc is not installed: apt-get install orthanc"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    return found


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


@contextmanager
def orthanc(folder: Path, modalities: Mapping[str, tuple[str, int]], ae_title: str = "ORTHANC") -> Iterator[Orthanc]:
    """Start Orthanc; it knows `modalities` (AE title -> host, port); end it by its pid."""
    program = require_orthanc()
    dicom_port, http_port = free_port(), free_port()
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
    }
    (folder / "orthanc.json").write_text(json.dumps(configuration), encoding="utf-8")
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen(
            [program, str(folder / "orthanc.json")], stdout=log, stderr=log, env={**os.environ, "TCP_NODELAY": "1"}
        )
    client = httpx.Client(base_url=f"http://127.0.0.1:{http_port}", timeout=10.0, trust_env=False)
    try:
        _await_ready(process, client, folder / "orthanc.log")
        yield Orthanc(ae_title, dicom_port, client)
    finally:
        client.close()
        process.terminate()
        process.wait(20)


def _await_ready(process: subprocess.Popen[bytes], client: httpx.Client, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if client.get("/system", timeout=1.0).status_code == 200:
                return
        except httpx.TransportError:
            continue
    pytest.fail(f"Orthanc did not start: {log.read_text(errors='replace')[-2000:]}")
