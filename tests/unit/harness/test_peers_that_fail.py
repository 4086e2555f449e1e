"""Mutant simulators: peers that fail at their own part leave a case INCONCLUSIVE, and never make the subject fail.

Each simulator is made to fail behind the back of the court: it aborts, closes, or says nothing, instead of
each message that a `given` can name, or sends it wrongly. The subject is our workstation, which does what it should.
"""

from __future__ import annotations

import pytest

import dicom_simulators
from dicom_conformance.play import open_subject
from dicom_conformance.play.case_runner import CaseRunner, RunOptions
from dicom_conformance.results import Verdict
from dicom_conformance.scenario import scenario
from dicom_conformance.scenario.matrix import expand
from dicom_conformance.statement import statement
from dicom_simulators.faults import build

HEAD = """format: "2"
id: test/given
title: The subject does what it should
clause: [PS3.7 9.1]
level: shall
needs: {role: ROLE}
peers:
  peer: PEER
settings: {dimse_timeout_s: "0.5", association_timeout_s: "0.5", print_job_timeout_s: "0.5"}
steps:
"""
ONE = "holds: [{study: {modalities: [CT], instances: 1, StudyInstanceUID: 2.25.52}}]"
PLAYS = {
    "archive echo": ("archive", "archive", "  - do: {ae: subject, operation: echo, peer: peer}\n"),
    "archive query": (
        "archive",
        f"archive, {ONE}",
        '  - do: {ae: subject, operation: query, peer: peer, level: STUDY, keys: {PatientName: ""}}\n',
    ),
    "archive retrieve": (
        "archive",
        f"archive, destinations: [subject], {ONE}",
        "  - do: {ae: subject, operation: retrieve, peer: peer, level: STUDY, keys: {StudyInstanceUID: 2.25.52}}\n",
    ),
    "archive store": (
        "archive",
        "archive",
        "  - do: {ae: subject, operation: store, peer: peer, instances: [{recipe: smallest}]}\n",
    ),
    "destination store": (
        "destination",
        "destination",
        "  - do: {ae: subject, operation: store, peer: peer, instances: [{recipe: smallest}]}\n",
    ),
    "printer print": (
        "printer",
        'printer, settings: {film_s: "0"}',
        "  - do: {ae: subject, operation: print, peer: peer, instances: [{recipe: smallest}]}\n"
        "  - do: {ae: subject, operation: leave_printer, peer: peer}\n",
    ),
    "modality echo": ("modality", "modality", "  - do: {ae: peer, operation: echo, peer: subject}\n"),
    "modality store": (
        "modality",
        "modality, holds: [{recipe: smallest}]",
        "  - do: {ae: peer, operation: store, peer: subject}\n",
    ),
}
MESSAGES = {
    "archive echo": ("A-ASSOCIATE-AC", "C-ECHO-RSP", "A-RELEASE-RP"),
    "archive query": ("A-ASSOCIATE-AC", "C-FIND-RSP", "A-RELEASE-RP"),
    "archive retrieve": ("A-ASSOCIATE-AC", "C-MOVE-RSP", "C-STORE-RQ"),
    "archive store": ("A-ASSOCIATE-AC", "C-STORE-RSP", "A-RELEASE-RP"),
    "destination store": ("A-ASSOCIATE-AC", "C-STORE-RSP", "A-RELEASE-RP"),
    "printer print": ("A-ASSOCIATE-AC", "N-CREATE-RSP", "N-SET-RSP", "N-ACTION-RSP", "N-DELETE-RSP"),
    "modality echo": ("A-ASSOCIATE-RQ", "C-ECHO-RQ", "A-RELEASE-RQ"),
    "modality store": ("A-ASSOCIATE-RQ", "C-STORE-RQ", "A-RELEASE-RQ"),
}
"""What each simulator sends when it plays its part, by the play."""


def failures(play, message):
    """Give how a simulator can fail at a message: the name of a fault, and its parameters."""
    moment = "A-RELEASE-RQ" if message == "A-RELEASE-RP" else f"before {message}"
    yield from ((how, {"on": moment}) for how in ("abort", "close", "silence"))
    if message.endswith("-RSP"):
        yield "drop_element", {"of": message, "element": "Status"}
        if message.startswith("C-"):
            yield "wrong_message_id", {"of": message}
    if message.endswith("-RQ") and not message.startswith("A-"):
        yield "drop_element", {"of": message, "element": "MessageID"}


MUTANTS = [
    pytest.param(play, message, how, parameters, id=f"{play}: {how} {message}")
    for play, messages in MESSAGES.items()
    for message in messages
    for how, parameters in failures(play, message)
]


def given(play, message):
    """Write a `given` that the simulator sent a message, as it should."""
    if message.startswith("A-"):
        return f"  - given: [{{pdu: {{sender: peer, type: {message}, count: at least 1}}}}]\n"
    lawful = ", status: [success, pending]" if message.endswith("-RSP") else ", fields: {MessageID: present}"
    if message.endswith("-RSP"):
        answered = "1" if message.startswith("C-") else "present"
        lawful += f", fields: {{MessageIDBeingRespondedTo: {answered}}}"
    return f"  - given: [{{dimse: {{sender: peer, message: {message}{lawful}}}}}]\n"


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    options = RunOptions(output=tmp_path_factory.mktemp("out"), case_deadline_s=6)
    made = CaseRunner(statement.load("directview-5.2"), open_subject("embedded"), options)
    yield made
    made.close()


@pytest.fixture
def judged(runner, tmp_path, monkeypatch):
    """Play a scenario with a simulator that fails behind the court's back, or with none."""

    def judge(play, message, hidden=None):
        kind, peer, does = PLAYS[play]
        text = HEAD.replace("PEER", f"{{simulator: {peer}}}") + does
        text += given(play, message) + "  - given: [{pdu: {sender: peer, violations: none}}]\n"
        text += "  - expect: [{association: {requestor: SIDES, count: at least 1, ends: released}}]\n"
        text = text.replace("SIDES", "peer, acceptor: subject" if kind == "modality" else "subject")
        text = text.replace("ROLE", "SCP" if kind == "modality" else "SCU")
        path = tmp_path / "given.yaml"
        path.write_text(text)
        if hidden is not None:
            monkeypatch.setitem(dicom_simulators.SIMULATORS, kind, failing(dicom_simulators.SIMULATORS[kind], hidden))
        return runner.play(expand(scenario.read(path), runner.statement)[0])

    return judge


def failing(kind, hidden):
    class Failing(kind):
        def __init__(self, *arguments, faults=(), **options):
            super().__init__(*arguments, faults=(*faults, build(*hidden)), **options)

    return Failing


@pytest.mark.parametrize(
    ("play", "message"), [(play, message) for play, messages in MESSAGES.items() for message in messages]
)
def test_a_simulator_that_plays_its_part_lets_the_subject_pass(judged, play, message):
    result = judged(play, message)
    assert result.verdict is Verdict.PASS, (result.reason, [one for one in result.findings if not one.met])


@pytest.mark.parametrize(("play", "message", "how", "parameters"), MUTANTS)
def test_a_simulator_that_fails_is_not_the_subjects_failure(judged, play, message, how, parameters):
    result = judged(play, message, (how, parameters))
    assert result.verdict is Verdict.INCONCLUSIVE, (result.reason, [one for one in result.findings if not one.met])
    assert "given: " in result.reason
