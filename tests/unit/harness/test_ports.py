"""Ports that are reserved for somebody else, waiting for a server there, and a subject that listens elsewhere."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from dicom_conformance.errors import HarnessError
from dicom_conformance.play.case_runner import CaseRunner, RunOptions
from dicom_conformance.play.ports import reserved_port, wait_until_it_listens, with_free_port
from dicom_conformance.play.subjects import Product
from dicom_conformance.results import Verdict
from dicom_conformance.scenario import scenario
from dicom_conformance.scenario.matrix import expand
from dicom_conformance.statement.statement import load
from dicom_simulators import SIMULATORS
from dicom_wire.capture.sighting import Recorder

PORT_IS_CONFIGURED = """
format: "1"
id: mine/port
title: It is found at the port that it is configured with
clause: [DCS 6.2/1]
level: claim
needs: {ae: loader_server, role: SCP}
settings: {port: free}
peers:
  modality: {simulator: modality}
steps:
  - do: {ae: modality, operation: echo, peer: workstation}
  - expect:
      - association: {requestor: modality, acceptor: workstation, ends: released}
"""


@pytest.mark.parametrize("settings", [{}, {"ae_title": "A"}, {"port": "104"}])
def test_other_settings_stay_as_they_are(settings: dict[str, str]) -> None:
    assert with_free_port(settings) == settings


def test_a_free_port_can_be_bound() -> None:
    found = with_free_port({"port": "free", "ae_title": "A"})
    assert found["ae_title"] == "A"
    with socket.create_server(("127.0.0.1", int(found["port"]))):
        pass


def test_ports_are_reserved_once_and_given_to_nobody_who_asks_for_any() -> None:
    reserved = [reserved_port() for _ in range(20)]
    assert len(set(reserved)) == len(reserved)
    with ExitStack() as held:
        given = [held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(500)]
    assert not set(given) & set(reserved)


def test_a_server_can_listen_at_a_reserved_port() -> None:
    with socket.create_server(("127.0.0.1", port := reserved_port())) as listening:
        assert listening.getsockname() == ("127.0.0.1", port)


def test_a_port_cannot_be_reserved_at_an_address_of_another_machine() -> None:
    with pytest.raises(OSError, match="assign requested address"):
        reserved_port("192.0.2.1")


SERVER = """
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))):
    sys.stdin.read()
"""


@contextmanager
def started(program: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_server_is_waited_for_until_it_listens() -> None:
    port = reserved_port()
    with started(SERVER, str(port)) as process:
        wait_until_it_listens(process, port, 30.0)
        socket.create_connection(("127.0.0.1", port), 5.0).close()


@pytest.mark.parametrize(
    ("program", "within_s", "error"),
    [
        ("raise SystemExit(3)", 30.0, "ended with exit status 3"),
        ("import sys; sys.stdin.read()", 0.2, r"does not listen on port \d+ within 0.2 s"),
    ],
    ids=["it ends", "it never listens"],
)
def test_a_server_that_does_not_listen_is_an_error(program: str, within_s: float, error: str) -> None:
    with started(program) as process, pytest.raises(HarnessError, match=error):
        wait_until_it_listens(process, reserved_port(), within_s)


class Listening:
    """A product that listens: at the port of its settings, or where it likes."""

    operations: frozenset[str] = frozenset()
    configurations = frozenset(("none",))
    obeys = True

    def __init__(self) -> None:
        self._here = self._listening(0)

    def _listening(self, port: int):  # type: ignore[no-untyped-def]
        found = SIMULATORS["destination"]("listening", "LISTENING", Recorder(), port=port)
        found.start()
        return found

    def prepare(self, configuration, peers, settings):  # type: ignore[no-untyped-def]
        port = int(settings.get("port", 0))
        if self.obeys and port and port != self._here.address[1]:
            self._here.stop()
            self._here = self._listening(port)
        host, at = self._here.address
        return {"ae_title": "LISTENING", "host": host, "port": at}

    def instances(self) -> list[object]:
        return []

    def log(self) -> list[str]:
        return []

    def close(self) -> None:
        self._here.stop()


class Deaf(Listening):
    """Listens at a port of its own choosing, whatever is configured, and says so."""

    obeys = False


@pytest.mark.parametrize(("product", "verdict"), [(Listening, Verdict.PASS), (Deaf, Verdict.FAIL)])
def test_the_subject_is_called_at_the_port_that_it_was_given(tmp_path, product, verdict) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "port.yaml"
    path.write_text(PORT_IS_CONFIGURED)
    promised = load("directview-5.2")
    runner = CaseRunner(promised, Product("listening", product), RunOptions())
    try:
        result = runner.play(expand(scenario.read(path), promised)[0])
    finally:
        runner.close()
    assert (result.verdict, result.reason) == (verdict, "")
