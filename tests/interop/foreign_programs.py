"""Programs that are not ours: whether they are here, run to their end, or served while a test lasts.

The law of this file: a program that is missing skips the test, and fails it where CI promises that it is there
(`CI=true`). Every program runs with TCP_NODELAY (else Nagle's algorithm costs 40 ms a message), on loopback, on a
reserved port; what is started is ended by whoever started it, by its own process id.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dicom_conformance.errors import HarnessError
from dicom_conformance.play import wait_until_it_listens

ENVIRONMENT = {**os.environ, "TCP_NODELAY": "1"}
LOOPBACK = "127.0.0.1"
PRINTER_SETTINGS = {
    "BorderDensity": "150\\20\\BLACK\\WHITE",
    "DisableNewVRs": "false",
    "DisplayFormat": "1,1\\1,2\\2,1\\2,2\\2,3\\3,3\\3,5",
    "EmptyImageDensity": "20\\BLACK\\WHITE",
    "FilmDestination": "MAGAZINE\\PROCESSOR\\BIN_1\\BIN_2",
    "FilmSizeID": "8INX10IN\\10INX12IN\\14INX17IN\\24CMX30CM",
    "ImplicitOnly": "false",
    "MagnificationType": "REPLICATE\\BILINEAR\\CUBIC\\NONE",
    "MaxDensity": "320\\300",
    "MaxPDU": "32768",
    "MediumType": "PAPER\\CLEAR FILM\\BLUE FILM",
    "MinDensity": "20\\25",
    "OmitSOPClassUIDFromCreateResponse": "false",
    "PresentationLUTMatchRequired": "false",
    "PresentationLUTinFilmSession": "false",
    "ResolutionID": "STANDARD\\HIGH",
    "SmoothingType": "NONE",
    "Supports12Bit": "true",
    "SupportsDecimateCrop": "true",
    "SupportsImageSize": "true",
    "SupportsPresentationLUT": "true",
    "SupportsTrim": "true",
}
"""What DCMTK's print programs believe of a printer that has nearly everything."""
DEADLINE_S = 60.0
_PAUSE_S = 0.02


def require(*programs: str, package: str) -> None:
    """Skip the test, or fail it in CI, unless every program is here."""
    missing = [program for program in programs if shutil.which(program) is None]
    if not missing:
        return
    text = f"{', '.join(missing)} not found: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


def path_of(program: str, package: str) -> str:
    """Give the path of a program that a test requires."""
    require(program, package=package)
    return shutil.which(program) or program


def run(*command: object, check: bool = False) -> str:
    """Run a program to its end and give all that it said; with `check` it must end well."""
    done = subprocess.run(
        [str(part) for part in command],
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0 or not check, done.stdout
    return done.stdout


def until(condition: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Ask again and again, at most so long; the test fails if the condition never held."""
    pause, deadline = threading.Event(), time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: not within {deadline_s:g} s")
        pause.wait(_PAUSE_S)


TLS_SETTINGS = {
    "UseTLS": "true",
    "TLSProfile": "BCP195",
    "PeerAuthentication": "REQUIRE",
    "Certificate": "cert.pem",
    "PrivateKey": "key.pem",
}
"""What of a printer's settings makes DCMTK's print programs speak TLS."""


def print_configuration(
    folder: Path, title: str, port: int, kind: str, tls: Path | None = None, **changes: str | None
) -> Path:
    """Write a configuration of dcmprscp, dcmprscu and dcmpsprt that knows one printer, and make its folders.

    Parameters
    ----------
    kind : str
        LOCALPRINTER (what dcmprscp is) or PRINTER (what dcmprscu prints on).
    tls : Path, optional
        A folder with cert.pem, key.pem, and authorities by their hashes in `authorities`: TLS is spoken.
    **changes : str or None
        Settings of the printer that are otherwise than `PRINTER_SETTINGS`; None = not said.

    Returns
    -------
    Path
        The file; Stored Print and hardcopy objects are in the folder `database` beside it.
    """
    for name in ("database", "spool", "log", "lut"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    printer = {
        "Aetitle": title,
        "Description": title,
        "Hostname": LOOPBACK,
        "Port": str(port),
        "Type": kind,
        **PRINTER_SETTINGS,
        **({} if tls is None else TLS_SETTINGS),
        **changes,
    }
    secured = () if tls is None else (f"[TLS]\nTLSDirectory = {tls}\nCACertificateDirectory = {tls / 'authorities'}",)
    sections = (
        "[[GENERAL]]",
        f"[APPLICATION]\nLogDirectory = {folder / 'log'}",
        f"[PRINT]\nDirectory = {folder / 'spool'}\nDeletePrintJobs = false",
        f"[DATABASE]\nDirectory = {folder / 'database'}",
        f"[LUT]\nDirectory = {folder / 'lut'}",
        *secured,
        "[NETWORK]\naetitle = DCMPSTATE",
        "[[COMMUNICATION]]",
        f"[{title}]",
        *(f"{name} = {value}" for name, value in printer.items() if value is not None),
    )
    file = folder / "print.cfg"
    file.write_text("\n".join(sections) + "\n")
    return file


@contextmanager
def serve(*command: object, port: int, log: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server while a block lasts; it listens on `port` when the block begins."""
    words = [str(part) for part in command]
    with open(log or os.devnull, "wb") as said:
        process = subprocess.Popen(words, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        _await(process, port, log)
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process of ours, kindly at first."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def _await(process: subprocess.Popen[bytes], port: int, log: Path | None) -> None:
    try:
        wait_until_it_listens(process, port, DEADLINE_S)
    except HarnessError as error:
        printed = log.read_text(errors="replace")[-2000:] if log is not None else ""
        pytest.fail(f"{process.args!r} {error} {printed}")
