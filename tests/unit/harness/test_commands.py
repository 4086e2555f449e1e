"""The commands of a subject file: how they end is told, and nothing of them outlives its case."""

from __future__ import annotations

import json
import os
import signal
import sys
import time

import pytest

from dicom_conformance.__main__ import main
from dicom_conformance.play import reserved_port
from dicom_conformance.play.case_runner import CaseRunner, RunOptions
from dicom_conformance.play.subjects.commands import KEPT_BYTES, Commands
from dicom_conformance.play.subjects.foreign import NAMES, Foreign, SubjectFile
from dicom_conformance.results import Verdict
from dicom_conformance.scenario import scenario
from dicom_conformance.scenario.matrix import expand
from dicom_conformance.statement import statement
from dicom_simulators import SIMULATORS
from dicom_wire.capture.sighting import Recorder

TEXT = """
id: verification/by-command
title: The subject verifies the archive
clause: [PS3.7 9.1.5]
level: shall
peers:
  archive: {simulator: archive}
steps:
  - do: {ae: workstation, operation: echo, peer: archive}
  - expect:
      - dimse: {sender: workstation, message: C-ECHO-RQ, count: 1}
"""
ECHO = """
import sys
sys.path[:0] = json.loads(sys.argv[3])
from dicom_conformance.play.echo import echo
def verify():
    echo((sys.argv[1], int(sys.argv[2])), "ARCHIVE", "TINY", 5.0)
"""


def python(tmp_path, body: str) -> str:
    """Write a program; return the command that runs it with host and port of the peer."""
    path = tmp_path / f"program{len(list(tmp_path.glob('program*')))}.py"
    path.write_text("import json\n" + ECHO + body)
    folders = json.dumps(sys.path).replace("{", "{{").replace("}", "}}")
    return f"{sys.executable} {path} {{host}} {{port}} '{folders}'"


@pytest.fixture
def play(tmp_path):
    """Play the case with the commands given, one after the other, by one runner; give the results."""
    destination = SIMULATORS["destination"]("tiny", "TINY", Recorder())
    destination.start()
    promised = statement.load("directview-5.2")
    path = tmp_path / "case.yaml"

    def played(*commands: str, peers=None, text=TEXT, operation="echo"):
        path.write_text(text)
        case = expand(scenario.read(path), promised)[0]
        host, port = destination.address
        results = []
        file = SubjectFile(network_ae={"title": "TINY", "host": host, "port": port}, peers=peers or {})
        runner = CaseRunner(promised, Foreign("other", file), RunOptions(output=tmp_path / "out"))
        for command in commands:
            way = SubjectFile(network_ae=file.network_ae, operations={"echo": {"command": command, "within_s": 60}})
            runner.subject._operations = {NAMES.get(operation, operation): way.operations["echo"]}
            results.append(runner.play(case))
        runner.close()
        return results

    yield played
    destination.stop()


def test_a_command_that_verifies_passes(play, tmp_path):
    (result,) = play(python(tmp_path, "verify()"))
    assert (result.verdict, result.reason) == (Verdict.PASS, "")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("sys.exit('no such option: \\x1b[31m-q')", "exit status 1 (no such option: \\x1b[31m-q)"),
        ("pass", "exit status 0"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
    ],
)
def test_a_command_that_opened_no_association_is_inconclusive(play, tmp_path, body, told):
    (result,) = play(python(tmp_path, body))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "opened no association" in result.reason
    assert told in result.reason


def test_a_command_that_a_signal_ended_after_its_association_fails(play, tmp_path):
    (result,) = play(python(tmp_path, "verify()\nimport os, signal\nos.kill(os.getpid(), signal.SIGSEGV)"))
    assert result.verdict is Verdict.FAIL
    assert any("SIGSEGV" in finding.actual for finding in result.findings)


QUERY = (
    TEXT.replace("verification/by-command", "query/by-command")
    .replace("operation: echo", "operation: query")
    .replace("- dimse: {sender: workstation, message: C-ECHO-RQ, count: 1}", "- association: {requestor: workstation}")
)
ASSOCIATE = """
import socket
from dicom_wire.codec import encode
from dicom_wire.items import *
from dicom_wire.pdu import AAssociateRQ, AReleaseRQ
def associate(sop_class, ends):
    items = (ApplicationContext("1.2.840.10008.3.1.1.1"), PresentationContextRQ(1, sop_class, ("1.2.840.10008.1.2",)),
             UserInformation((MaximumLength(16384), ImplementationClassUID("2.25.1"))))
    sock = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
    sock.sendall(encode(AAssociateRQ("ARCHIVE", "TINY", items)))
    sock.recv(65536)
    if ends:
        sock.sendall(encode(AReleaseRQ()))
        sock.recv(65536)
"""


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("verify()", "query was not seen: no association of workstation proposes a SOP Class of this service"),
        (
            ASSOCIATE + "associate('1.2.840.10008.5.1.4.1.2.2.1', True)",
            "query was not seen: its context was accepted, and no C-FIND-RQ was sent",
        ),
        (ASSOCIATE + "associate('1.2.840.10008.5.1.4.1.2.9.1', True)", ""),
    ],
)
def test_an_operation_that_is_not_seen_does_not_pass(play, tmp_path, body, reason):
    (result,) = play(python(tmp_path, body), text=QUERY, operation="find")
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE if reason else Verdict.PASS, reason)


LEFT_BEHIND = """
import os, time
if os.fork():
    verify()
    os._exit(0)
{daemon}
end = time.monotonic() + 30
while time.monotonic() < end:
    verify()
    time.sleep(0.01)
"""


@pytest.mark.parametrize("daemon", ["", "os.setsid()\nif os.fork(): os._exit(0)"])
def test_what_a_command_leaves_behind_does_not_reach_the_next_case(play, tmp_path, daemon):
    peers = {"archive": {"title": "ARCHIVE", "port": reserved_port()}}
    first, second = play(python(tmp_path, LEFT_BEHIND.format(daemon=daemon)), python(tmp_path, "time = 1"), peers=peers)
    assert first.verdict in (Verdict.PASS, Verdict.FAIL)  # it verifies more than once
    assert (second.verdict, second.findings[0].met) == (Verdict.INCONCLUSIVE, False)
    assert "opened no association" in second.reason


def test_output_is_bounded_and_a_command_is_ended_when_its_time_is_over():
    commands = Commands()
    commands.run(["sh", "-c", "head -c 10000000 /dev/zero | tr '\\0' x; exec sleep 600"], 5.0)
    (end,) = commands.settle()
    assert end.status is None
    assert 0 < len(end.output) <= 2 * KEPT_BYTES + 100
    assert commands.settle() == ()


def test_a_command_still_running_when_its_case_is_over_is_ended_and_not_told_to_the_next(tmp_path):
    import threading

    commands = Commands()
    said = tmp_path / "pid"
    code = f"import os, pathlib, time; pathlib.Path({str(said)!r}).write_text(str(os.getpid())); time.sleep(60)"
    running = threading.Thread(target=commands.run, args=([sys.executable, "-c", code], 60.0))
    running.start()
    until = time.monotonic() + 60
    while not (said.is_file() and said.read_text()) and time.monotonic() < until:
        time.sleep(0.005)
    assert commands.settle() == ()
    running.join(20)
    assert commands.settle() == ()
    with pytest.raises(ProcessLookupError):
        os.kill(int(said.read_text()), signal.SIGCONT)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "network_ae: {title: T, port: 1}\noperations:\n  echo: {command: no-such-program-here}\n",
            "3: operations.echo",
        ),
        ("network_ae: {title: 'A\\B', port: 1}\n", "1: network_ae.title"),
        ("network_ae: {title: '   ', port: 1}\n", "1: network_ae.title"),
        ("network_ae: {title: T\u00e4, port: 1}\n", "1: network_ae.title"),
        ("network_ae: {title: T, port: 1, host: 300.1.1.1}\n", "1: network_ae.host"),
        ("network_ae: {title: T, port: 1, host: 'a b'}\n", "1: network_ae.host"),
        (f"network_ae: {{title: T, port: 1, host: {'a' * 70}.example}}\n", "1: network_ae.host"),
        ("network_ae: {title: T, port: 0}\n", "1: network_ae.port"),
        ("network_ae: {title: T, port: 1}\npeers:\n  a: {title: A, port: 11999, host: 192.0.2.1}\n", "3: peers.a.port"),
        ("network_ae: {title: T, port: 1}\npeers: {a: {title: A, port: 5}, b: {title: B, port: 5}}\n", "2: peers"),
    ],
)
def test_what_cannot_be_is_an_error_of_the_file_before_the_first_case(tmp_path, capsys, text, told):
    subject = tmp_path / "subject.yaml"
    subject.write_text(text)
    assert main(["run", "verification", "--subject", str(subject), "--output", str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    assert f"subject.yaml:{told}" in said.err
    assert not said.out
