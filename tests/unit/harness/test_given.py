"""What must be so before anything can be judged: `given`, tripwires, and whose fault an unmet one is."""

from __future__ import annotations

from contextlib import closing

import pytest
from tiny_subject import Breaking, Closing, Resetting, Tiny

from dicom_conformance.errors import DataError
from dicom_conformance.files import read, scenarios_folder
from dicom_conformance.play import open_subject
from dicom_conformance.play.case_runner import CaseRunner, RunOptions
from dicom_conformance.play.subjects import Product
from dicom_conformance.results import Verdict
from dicom_conformance.scenario import scenario
from dicom_conformance.scenario.matrix import expand
from dicom_conformance.statement import statement
from dicom_simulators.association import Requestor

FORMAT_2 = 'format: "2"\nneeds: {role: SCP}'
HEAD = """
id: scp/tiny
title: The subject stores what it is sent
clause: [PS3.4 B.2.3]
level: shall
peers:
  modality: {simulator: modality, holds: [{recipe: smallest}]}
steps:
"""
STORE = "  - do: {ae: modality, operation: store, peer: workstation}\n"
SENT = "  - given: [{dimse: {sender: modality, message: C-STORE-RQ, count: 1}}]\n"
NOT_SENT = "  - given: [{dimse: {sender: modality, message: C-FIND-RQ, count: 1}}]\n"
ANSWERED = "  - expect: [{dimse: {sender: workstation, message: C-STORE-RSP, status: 0000, count: 1}}]\n"
REFUSED = "  - expect: [{dimse: {sender: workstation, message: C-STORE-RSP, status: A700, count: 1}}]\n"


@pytest.fixture(scope="module")
def promised():
    return statement.load("directview-5.2")


@pytest.fixture
def play(tmp_path, promised):
    runners = []

    def played(text, subject=Tiny):
        path = tmp_path / "tiny.yaml"
        path.write_text(text)
        case = expand(scenario.read(path), promised)[0]
        runner = CaseRunner(promised, Product("tiny", subject), RunOptions(output=tmp_path / "out"))
        runners.append(runner)
        return runner.play(case)

    yield played
    for runner in runners:
        runner.close()


def test_what_is_given_lets_the_expectations_decide(play):
    assert play(HEAD + STORE + SENT + ANSWERED).verdict is Verdict.PASS
    assert play(HEAD + STORE + SENT + REFUSED).verdict is Verdict.FAIL


@pytest.mark.parametrize("expect", [ANSWERED, REFUSED])
def test_an_unmet_given_makes_the_case_inconclusive_whatever_is_expected(play, expect):
    result = play(HEAD + STORE + NOT_SENT + expect)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reason.startswith("given: expected 1 x C-FIND-RQ from modality; actual ")
    assert len(result.findings) == 1


def test_a_given_that_the_subject_does_not_show_makes_the_case_inconclusive(play):
    hidden = "  - given: [{log: {ae: nobody, contains: [x]}}]\n".replace("nobody", "workstation")

    class Silent(Tiny):
        log = None

    result = play(HEAD + STORE + hidden + ANSWERED)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "given: " in result.reason


TWO_ECHOES = """
id: scp/echoes
title: The subject answers
clause: [PS3.7 9.1.5]
level: shall
peers:
  modality: {simulator: modality}
steps:
  - do: {ae: modality, operation: echo, peer: workstation}
  - given: [{pdu: {sender: modality, type: A-RELEASE-RQ, count: 1}}]
  - expect: [{dimse: {sender: workstation, message: C-ECHO-RSP, status: 0000, count: 1}}]
"""


@pytest.mark.parametrize("subject", [Breaking, Closing, Resetting])
def test_a_subject_that_ends_the_association_without_a_reason_fails(play, subject):
    result = play(TWO_ECHOES, subject)
    assert result.verdict is Verdict.FAIL, result.reason
    ended = [finding for finding in result.findings if finding.check == "association"]
    assert [finding.expected for finding in ended] == [
        "the association with modality goes on as long as modality conforms to the standard"
    ]
    assert result.reason.startswith("given: ")


def test_a_subject_that_ends_the_association_after_our_peer_deviated_is_not_blamed(play):
    late = "{simulator: modality, faults: [{delay: {on: A-ASSOCIATE-AC, s: 0}}]}"
    assert play(TWO_ECHOES.replace("{simulator: modality}", late), Breaking).verdict is Verdict.INCONCLUSIVE


def test_a_subject_that_aborts_at_a_pdu_out_of_place_is_not_blamed(play):
    context = "{sop_class: 1.2.840.10008.1.1, transfer_syntaxes: [1.2.840.10008.1.2]}"
    request = f"{{send: {{pdu: A-ASSOCIATE-RQ, contexts: [{context}]}}}}"
    lines = f"[{request}, {{receive: {{pdu: A-ASSOCIATE-AC}}}}, {request}, {{receive: closed}}]"
    played = "  - do: {ae: client, operation: play, peer: workstation}\n"
    peers = f"peers:\n  client: {{simulator: scripted, script: {lines}}}\n"
    result = play(HEAD.replace("peers:\n", peers) + played + NOT_SENT + ANSWERED)
    assert result.verdict is Verdict.INCONCLUSIVE, result.findings


def test_a_tripwire_must_not_have_an_effect(play):
    entry = "smallest}], faults: [{delay: {on: C-MOVE-RQ, s: 0}, tripwire: true}]"
    assert play(HEAD.replace("smallest}]", entry) + STORE + ANSWERED).verdict is Verdict.PASS
    result = play(HEAD.replace("smallest}]", entry.replace("C-MOVE-RQ", "C-STORE-RSP")) + STORE + ANSWERED)
    assert result.verdict is Verdict.FAIL
    assert [finding.expected for finding in result.findings if not finding.met] == [
        "nothing that the fault delay at modality acts on"
    ]


@pytest.mark.parametrize("at", ["", ", at: link"])
def test_a_tripwire_of_a_step_must_not_have_an_effect(play, at):
    step = f"  - fault: {{ae: modality{at}, tripwire: true, delay: {{on: C-STORE-RSP, s: 0}}}}\n"
    quiet = step.replace("C-STORE-RSP", "C-FIND-RSP")
    assert play(HEAD + quiet + STORE + ANSWERED).verdict is Verdict.PASS
    opened = HEAD + "  - do: {ae: modality, operation: echo, peer: workstation}\n"
    assert play(opened + step + STORE + ANSWERED).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("expectation", "field"),
    [
        ("dimse: {sender: modality, message: C-STORE-RQ}", "dimse.sender"),
        ("pdu: {sender: modality, type: A-ASSOCIATE-RQ}", "pdu.sender"),
        ("data_set: {sender: modality, message: C-STORE-RQ, encoding: valid}", "data_set.sender"),
        ("association: {requestor: modality, sender: modality, maximum_length: 5}", "association.sender"),
        ("association: {requestor: modality, released_by: modality}", "association.released_by"),
        ("association: {requestor: modality, abort: {by: modality}}", "association.abort.by"),
    ],
)
def test_a_file_of_format_2_asks_for_our_own_doings_under_given_only(tmp_path, expectation, field):
    path = tmp_path / "own.yaml"
    written = HEAD + STORE + "  - {verb}: [{{{what}}}]\n".format(verb="expect", what=expectation)
    text = FORMAT_2 + written.replace("workstation", "subject")
    path.write_text(text)
    with pytest.raises(DataError, match="is about our own modality, not the subject: put it under `given`") as caught:
        scenario.read(path)
    assert caught.value.field.endswith(field)
    path.write_text(text.replace("expect:", "given:") + ANSWERED.replace("workstation", "subject"))
    assert scenario.read(path).id == "scp/tiny"
    path.write_text(written)
    assert scenario.read(path).id == "scp/tiny"


def message_ids(data, key):
    """Give every value of a key in a scenario file, wherever it stands, as text."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name == key:
                yield str(value)
            else:
                yield from message_ids(value, key)
    elif isinstance(data, list):
        for value in data:
            yield from message_ids(value, key)


def test_a_message_id_that_the_subject_must_answer_is_one_that_our_peer_is_seen_to_have_sent():
    lacking = []
    for path in sorted(scenarios_folder().rglob("*.yaml")):
        data = read(path).data
        if not isinstance(data, dict) or "steps" not in data:
            continue
        wanted = set(message_ids([step.get("expect") for step in data["steps"]], "MessageIDBeingRespondedTo"))
        wanted -= {"present", "absent"}
        scripts = [peer.get("script") for peer in data.get("peers", {}).values()]  # what a script sends stands in it
        given = message_ids(
            [*(step.get("given") for step in data["steps"]), *scripts, data.get("for_each")], "MessageID"
        )
        if wanted - set(given):
            lacking.append(f"{path.stem}: {sorted(wanted - set(given))}")
    assert lacking == []


def test_a_request_of_ours_with_another_message_id_is_not_the_fault_of_the_subject(monkeypatch, promised, tmp_path):
    """Each scenario that expects a Message ID in an answer to our SCU is played with one that numbers otherwise."""
    number = Requestor.next_message_id
    monkeypatch.setattr(Requestor, "next_message_id", lambda self: number(self) + 40)
    results = []
    for name in ("verification/loader-answers-echo", "storage/loader-names-the-instance-that-it-answers-for"):
        case = expand(scenario.read(scenarios_folder() / f"{name}.yaml"), promised)[0]
        with closing(CaseRunner(promised, open_subject("embedded"), RunOptions(output=tmp_path / "out"))) as runner:
            results.append(runner.play(case))
    assert [one.verdict for one in results] == [Verdict.INCONCLUSIVE] * 2, [one.reason for one in results]
