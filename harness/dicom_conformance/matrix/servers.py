"""The servers of a matrix: simulators of ours, the workstation, and products that are started or already run."""

from __future__ import annotations

import os
import shlex
import string
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from dicom_conformance.errors import HarnessError
from dicom_conformance.matrix.matrix_file import OWN_SERVERS, Side
from dicom_conformance.play import (
    Address,
    Foreign,
    UnsupportedError,
    find_program,
    open_subject,
    reserved_port,
    wait_until_it_listens,
)
from dicom_simulators import SIMULATORS
from dicom_wire import Recorder

__all__ = ["open_server"]

_LOOPBACK = "127.0.0.1"
_END_S = 5.0


@contextmanager
def open_server(name: str, side: Side, receivers: Mapping[str, Address]) -> Iterator[Address]:
    """Have a server run while a block lasts; gives its title and where it listens.

    Parameters
    ----------
    receivers : mapping
        Clients to which a server can send, by their names.

    Raises
    ------
    DataError
        Its subject file is wrong.
    HarnessError
        It does not listen.
    """
    if side.subject == "workstation":
        product = open_subject("embedded")
        try:
            yield product.prepare("none", {}, {})
        finally:
            product.close()
    elif side.subject in OWN_SERVERS:
        with _simulator(name, side.subject, receivers) as address:
            yield address
    else:
        known = Foreign.from_file(Path(side.subject)).file.network_ae
        if side.command is None:
            yield Address(known.title, known.host, known.port)
        else:
            with _started(name, side, known.title, receivers) as address:
                yield address


@contextmanager
def _simulator(name: str, kind: str, receivers: Mapping[str, Address]) -> Iterator[Address]:
    destinations = {one.ae_title: one.endpoint for one in receivers.values()}
    simulator = SIMULATORS[kind](name, name.upper()[:16], Recorder(), destinations=destinations)
    simulator.start()
    try:
        yield Address(simulator.ae_title, *simulator.address)
    finally:
        simulator.stop()


@contextmanager
def _started(name: str, side: Side, title: str, receivers: Mapping[str, Address]) -> Iterator[Address]:
    with tempfile.TemporaryDirectory() as folder:
        port = reserved_port()
        values = {"port": str(port), "title": title, "folder": folder}
        for client, address in receivers.items():
            values |= {f"{client}_port": str(address.port), f"{client}_title": address.ae_title}
        for file, text in side.files.items():
            path = Path(folder) / Path(file).name
            path.write_text(_filled(name, text, values), encoding="utf-8")
        words = [_filled(name, word, values) for word in shlex.split(side.command or "")]
        log = Path(folder) / "output.log"
        with log.open("wb") as output:
            process = _process(name, words, folder, output.fileno())
        try:
            _await(name, process, port, side.within_s, log)
            yield Address(title, _LOOPBACK, port)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END_S)
            if process.poll() is None:
                process.kill()
                process.wait()


def _process(name: str, words: list[str], folder: str, output: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "TCP_NODELAY": "1"}
    try:
        program = sys.executable if words[0] == "python" else find_program(words[0])
        return subprocess.Popen(
            [program, *words[1:]], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    except UnsupportedError as error:
        raise HarnessError(f"the server {name} cannot be started: {error}") from error
    except OSError as error:
        raise HarnessError(f"the server {name} cannot be started: {words[0]}: {error.strerror}") from error


def _filled(name: str, text: str, values: Mapping[str, str]) -> str:
    try:
        return string.Template(text).substitute(values)
    except KeyError as error:
        known = ", ".join(f"${each}" for each in values)
        raise HarnessError(f"the server {name} uses ${error.args[0]}, which does not exist; there is {known}") from None
    except ValueError as error:
        raise HarnessError(f"the server {name}: {error}; write a dollar sign as $$") from None


def _await(name: str, process: subprocess.Popen[bytes], port: int, within_s: float, log: Path) -> None:
    """Wait until the server listens; an error says which server, and what it printed if it ended."""
    try:
        wait_until_it_listens(process, port, within_s)
    except HarnessError as error:
        ended = process.poll() is not None
        printed = f": {' '.join(log.read_text(errors='replace').split())[-300:]}" if ended else ""
        raise HarnessError(f"the server {name} {error}{printed}") from error
