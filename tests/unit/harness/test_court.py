"""The court over a tiny subject made from our own Destination: each verdict is seen to be given."""

from __future__ import annotations

import io
import json
import socket
import threading

import pytest
from tiny_subject import Tiny

from dicom_conformance.errors import DataError
from dicom_conformance.judge.checks import store
from dicom_conformance.play.case_runner import CaseRunner, RunOptions
from dicom_conformance.play.echo import PATIENCE_S
from dicom_conformance.play.subjects import Foreign, Product, UnsupportedError
from dicom_conformance.play.subjects.foreign import SubjectFile
from dicom_conformance.results import Verdict
from dicom_conformance.scenario import scenario
from dicom_conformance.scenario.matrix import expand
from dicom_conformance.statement import statement
from dicom_simulators import SIMULATORS
from dicom_simulators.faults import build
from dicom_wire.capture.sighting import Recorder

CT = "1.2.840.10008.5.1.4.1.1.2"
HEAD = """
id: storage/tiny
title: The subject stores what it is sent
clause: [PS3.4 B.2.3]
level: shall
peers:
  modality: {simulator: modality, holds: [{recipe: smallest}]}
steps:
"""
STORE = "  - do: {ae: modality, operation: store, peer: workstation}\n"
EXPECT = """  - expect:
      - dimse: {sender: workstation, message: C-STORE-RSP, status: 0000, count: 1}
      - store: {ae: workstation, instances: 1, pixel_data: identical}
      - association: {requestor: modality, acceptor: workstation, ends: released}
"""


class Hanging(Tiny):
    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def perform(self, operation, peer, arguments):
        self.released.wait()

    def close(self):
        self.released.set()
        super().close()


class Crashing(Tiny):
    def perform(self, operation, peer, arguments):
        raise KeyError("a fault of the product")


class Calling(Tiny):
    """It opens a connection to its peer, and tells that nothing came of it."""

    operations = frozenset({"echo"})

    def prepare(self, configuration, peers, settings):
        self.known = peers
        return super().prepare(configuration, peers, settings)

    def perform(self, operation, peer, arguments):
        with socket.create_connection((self.known[peer]["host"], self.known[peer]["port"]), timeout=5) as connection:
            connection.settimeout(5)
            connection.recv(1)
        return {"operation": operation, "peer": peer, "result": "connection_lost", "status": None, "detail": ""}


class Losing(Tiny):
    def instances(self):
        return []


class Dying(Tiny):
    def perform(self, operation, peer, arguments):
        self.destination.stop()
        return {"result": "success"}


class Congested(Tiny):
    """After the case it rejects for the time being (PS3.8 9.3.4) for longer than a subject is asked at first."""

    def perform(self, operation, peer, arguments):
        number = self.destination.faults.add(build("reject", {"result": 2, "source": 3, "reason": 2}))
        threading.Timer(PATIENCE_S + 0.5, self.destination.faults.lift, [lambda one: one.number == number]).start()
        return {"result": "success"}


class Mute(Tiny):
    def __init__(self) -> None:
        super().__init__()
        self.destination.stop()


@pytest.fixture(scope="module")
def promised():
    return statement.load("directview-5.2")


@pytest.fixture
def play(tmp_path, promised):
    runners = []

    def played(text, subject=Tiny, **options):
        path = tmp_path / "tiny.yaml"
        path.write_text(text)
        case = expand(scenario.read(path), promised)[0]
        kind = Product("tiny", subject) if isinstance(subject, type) else subject
        runner = CaseRunner(promised, kind, RunOptions(output=tmp_path / "out", **options))
        runners.append(runner)
        return runner.play(case)

    yield played
    for runner in runners:
        runner.close()


def asks(operation="query"):
    return f"  - do: {{ae: workstation, operation: {operation}, peer: modality}}\n"


OUTCOME = "  - expect: [{outcome: {operation: query, result: success}}]\n"


@pytest.mark.parametrize("links", [True, False])
def test_a_case_passes_with_and_without_links(play, links):
    result = play(HEAD + STORE + EXPECT, links=links)
    assert result.verdict is Verdict.PASS, (result.reason, result.findings)
    assert result.cells == 1


def test_evidence_is_kept(play, tmp_path):
    result = play(HEAD + STORE + EXPECT.replace("count: 1", "count: 2"))
    folder = tmp_path / "out" / result.evidence
    assert (folder / "trace.pcap").stat().st_size > 100
    timeline = json.loads((folder / "timeline.json").read_text())
    assert {"C-STORE-RQ", "C-STORE-RSP"} <= {event["name"] for event in timeline[0]["events"]}


def test_a_verdict_whose_evidence_cannot_be_written_is_an_error(play, tmp_path):
    (tmp_path / "out").mkdir(exist_ok=True)
    (tmp_path / "out" / "evidence").write_text("a file where the folder would be")
    result = play(HEAD + STORE + EXPECT)
    assert result.verdict is Verdict.ERROR
    assert result.reason.startswith("the evidence cannot be written: ")
    assert result.evidence == ""


def test_an_unmet_expectation_fails_and_says_why(play):
    result = play(HEAD + STORE + EXPECT, Losing)
    assert result.verdict is Verdict.FAIL
    unmet = [finding for finding in result.findings if not finding.met]
    assert {finding.check for finding in unmet} == {"store"}
    assert all(finding.expected and finding.actual for finding in unmet)


def test_an_expectation_may_be_a_should(play):
    text = HEAD + STORE + EXPECT.replace("instances: 1,", "level: should, instances: 2,")
    assert play(text).verdict is Verdict.WARN
    assert play(text, strict=True).verdict is Verdict.FAIL


def test_a_hanging_subject_fails_and_is_replaced(play):
    result = play(HEAD + asks() + OUTCOME, Hanging, case_deadline_s=0.3)
    assert result.verdict is Verdict.FAIL
    assert any("still running" in finding.actual for finding in result.findings)


def test_a_crash_is_the_subjects_failure(play):
    result = play(HEAD + asks() + OUTCOME, Crashing)
    assert result.verdict is Verdict.FAIL
    assert any("crashed" in finding.actual for finding in result.findings)


def test_a_mistake_in_what_drives_the_subject_is_not_the_subjects(play, monkeypatch):
    def broken(*_):
        raise KeyError("a mistake of ours")

    monkeypatch.setattr(Product, "perform", broken)
    result = play(HEAD + asks() + OUTCOME)
    assert result.verdict is Verdict.ERROR
    assert "KeyError: 'a mistake of ours'" in result.reason


@pytest.mark.parametrize("links", [True, False])
def test_a_simulator_that_breaks_in_its_own_thread_is_an_error_not_a_finding(play, monkeypatch, links, tmp_path):
    """The requestor sees no more than a connection that ends: nothing may be concluded of it."""

    def broken(*_):
        raise TypeError("a mistake of ours")

    monkeypatch.setattr("dicom_simulators.archive.archive.Archive.supported", broken)
    text = HEAD.replace("{simulator: modality, holds: [{recipe: smallest}]}", "{simulator: archive}")
    result = play(text + asks("echo") + OUTCOME.replace("query", "echo"), Calling, links=links)
    assert (result.verdict, result.reason) == (Verdict.ERROR, "TypeError: a mistake of ours")
    assert "in broken" in (tmp_path / "out" / result.evidence / "traceback.txt").read_text()


@pytest.mark.parametrize(
    ("raised", "verdict"), [(AttributeError, Verdict.ERROR), (TypeError, Verdict.ERROR), (ValueError, Verdict.FAIL)]
)
def test_a_check_that_breaks_is_an_error_not_a_finding(play, monkeypatch, raised, verdict):
    """Only what the held instance is decoded with breaks: that is where the subject's bytes may be at fault."""
    real, calls = store.decoded_pixels, []

    def broken(encoded, syntax):
        calls.append(encoded)
        if len(calls) % 2 == 0:
            raise raised("what we forgot")
        return real(encoded, syntax)

    monkeypatch.setattr(store, "decoded_pixels", broken)
    monkeypatch.setattr("dicom_conformance.errors._OURS", __file__)  # the mistake is made here
    result = play(HEAD + STORE + EXPECT.replace("pixel_data: identical", "pixels: identical"))
    assert result.verdict is verdict, result.findings


def test_a_link_that_breaks_in_its_own_thread_is_an_error_not_a_finding(play, monkeypatch):
    monkeypatch.setattr("dicom_simulators.link.link.Relay", None)
    result = play(HEAD + STORE + EXPECT)
    assert result.verdict is Verdict.ERROR
    assert result.reason.startswith("TypeError: 'NoneType'")


def test_a_subject_that_no_longer_answers_fails(play):
    result = play(HEAD + asks() + OUTCOME, Dying)
    assert result.verdict is Verdict.FAIL
    assert any("no longer answers" in finding.actual for finding in result.findings)


def test_a_subject_that_serves_again_after_a_while_does_not_fail(play):
    result = play(HEAD + asks() + OUTCOME, Congested)
    assert result.verdict is Verdict.PASS, result.findings
    assert result.elapsed_s > PATIENCE_S


def test_a_subject_that_never_answered_is_inconclusive(play):
    result = play(HEAD + STORE + EXPECT, Mute)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "prologue" in result.reason


def test_a_missed_wait_is_inconclusive_unless_an_expectation_is_unmet(play):
    wait = "  - wait: {for: {dimse: C-FIND-RQ, sender: workstation}, within_s: 0.05}\n"
    assert play(HEAD + STORE + wait + EXPECT).verdict is Verdict.INCONCLUSIVE
    assert play(HEAD + STORE + wait + EXPECT, Losing).verdict is Verdict.FAIL


FAULTY = HEAD.replace("smallest}]", "smallest}], faults: [{abort: {on: C-MOVE-RQ}}]")


def test_a_fault_that_never_acts_makes_the_case_inconclusive_unless_it_fails(play):
    result = play(FAULTY + STORE + EXPECT)
    assert (result.verdict, result.reason) == (
        Verdict.INCONCLUSIVE,
        "the fault abort at modality never had an effect",
    )
    assert play(FAULTY + STORE + EXPECT, Losing).verdict is Verdict.FAIL


def test_a_fault_of_a_step_or_of_the_link_must_act_too(play):
    for step in ("ae: modality, abort: {on: C-MOVE-RQ}", "ae: modality, at: link, close: {on: C-MOVE-RQ}"):
        result = play(HEAD + f"  - fault: {{{step}}}\n" + STORE + EXPECT)
        assert result.verdict is Verdict.INCONCLUSIVE, step
        assert "never had an effect" in result.reason


def test_a_fault_that_acts_lets_the_case_pass(play):
    slow = FAULTY.replace("abort: {on: C-MOVE-RQ}", "delay: {on: C-STORE-RSP, s: 0}")
    assert play(slow + STORE + EXPECT).verdict is Verdict.PASS


SCRIPTED = """
id: verification/tiny
title: The subject answers
clause: [PS3.7 9.1.5]
level: shall
peers:
  modality:
    simulator: scripted
    script:
      - send: {pdu: A-ASSOCIATE-RQ, contexts: [{sop_class: 1.2.840.10008.1.1, transfer_syntaxes: [1.2.840.10008.1.2]}]}
      - receive: {pdu: A-ASSOCIATE-AC}
      - receive: {dimse: C-ECHO-RQ, within_s: 0.05}
      - close
steps:
  - do: {ae: modality, operation: play, peer: workstation}
  - expect:
      - association: {requestor: modality, acceptor: workstation}
"""


class Forgetful(Tiny):
    """It loses what it is sent the first time."""

    lives = 0

    def prepare(self, configuration, peers, settings):
        if peers or settings:
            return super().prepare(configuration, peers, settings)
        type(self).lives += 1
        return super().prepare(configuration, peers, settings)

    def instances(self):
        return super().instances() if type(self).lives > 1 else []


@pytest.mark.parametrize(
    ("subject", "times", "attempts"),
    [(Losing, 0, ()), (Losing, 2, ("FAIL", "FAIL", "FAIL")), (Tiny, 2, ())],
)
def test_a_case_that_fails_is_played_again_where_it_is_to_be_verified(play, subject, times, attempts):
    result = play(HEAD + STORE + EXPECT, subject, verify=times)
    assert result.attempts == attempts
    assert result.verdict is (Verdict.PASS if subject is Tiny else Verdict.FAIL)


def test_a_case_that_fails_now_and_then_is_flaky(play, tmp_path):
    Forgetful.lives = 0
    result = play(HEAD + STORE + EXPECT, Forgetful, verify=1)
    assert (result.verdict, result.reason) == (Verdict.FLAKY, "played 2 times: FAIL, PASS")
    assert result.findings
    assert (tmp_path / "out" / result.evidence / "trace.pcap").is_file()


def test_a_script_that_does_not_receive_what_it_awaits_makes_the_case_inconclusive(play):
    result = play(SCRIPTED)
    assert (result.verdict, result.reason) == (
        Verdict.INCONCLUSIVE,
        "the script of modality did not play to its end: step 3: awaited C-ECHO-RQ, got nothing",
    )
    derailed = SCRIPTED.replace("workstation", "subject") + "      - dimse: {sender: subject, message: C-ECHO-RSP}\n"
    derailed = 'format: "2"\nneeds: {role: SCP}' + derailed
    assert play(derailed).verdict is Verdict.INCONCLUSIVE
    demanded = derailed + "      - outcome: {ae: modality, operation: play, result: success}\n"
    assert play(demanded).verdict is Verdict.FAIL
    optional = SCRIPTED.replace("within_s: 0.05", "within_s: 0.05, optional: true")
    assert play(optional).verdict is Verdict.PASS


@pytest.mark.parametrize("command", ["de ad be ef 04 00 00 00 00 00 00 00", "09 00 01 00 04 00 00 00 01 02 03 04"])
def test_a_command_element_that_no_table_has_does_not_keep_the_court_from_its_evidence(play, tmp_path, command):
    pdv = f"{{context_id: 1, is_command: true, is_last: true, data: {command}}}"
    text = SCRIPTED.replace("receive: {dimse: C-ECHO-RQ, within_s: 0.05}", f"send: {{pdu: P-DATA-TF, pdvs: [{pdv}]}}")
    text += "      - dimse: {sender: tiny, message: C-ECHO-RSP, count: 1}\n".replace("tiny", "workstation")
    result = play(text)
    assert (result.verdict, result.reason) == (Verdict.FAIL, "")  # it fails as it should, and its timeline is written
    (conversation,) = json.loads((tmp_path / "out" / result.evidence / "timeline.json").read_text())
    assert any(event["name"] == "unknown" for event in conversation["events"])


def test_a_value_that_its_vr_cannot_hold_is_told_with_file_and_line(play, tmp_path):
    sent = "send: {dimse: C-FIND-RSP, Status: FF00, data_set: {Rows: 70000}}"
    with pytest.raises(DataError) as raised:
        play(SCRIPTED.replace("receive: {dimse: C-ECHO-RQ, within_s: 0.05}", sent))
    line = next(n for n, text in enumerate((tmp_path / "tiny.yaml").read_text().splitlines(), 1) if "script:" in text)
    told = str(raised.value)
    assert told.startswith(f"{tmp_path / 'tiny.yaml'}:")
    assert raised.value.line is not None
    assert raised.value.line >= line
    assert told.endswith("data_set.Rows: '70000' is not a valid value of VR US")


def test_a_case_without_a_finding_is_an_error_that_says_so(play, monkeypatch):
    monkeypatch.setattr("dicom_conformance.play.step_runner.judge_expectation", lambda trace, check, wanted: [])
    result = play(HEAD + STORE + EXPECT)
    assert (result.verdict, result.reason) == (Verdict.ERROR, "no expectation was judged")


def test_a_wait_that_is_met_lets_the_case_go_on(play):
    store = STORE.replace("peer: workstation", "peer: workstation, background: true")
    wait = "  - wait: {for: {dimse: C-STORE-RSP, sender: workstation}}\n"
    assert play(HEAD + store + wait + EXPECT).verdict is Verdict.PASS


def test_our_own_fault_is_an_error_with_its_traceback(play, tmp_path):
    text = HEAD.replace("recipe: smallest", "recipe: smallest, changes: {NoSuchElement: x}") + STORE + EXPECT
    result = play(text)
    assert result.verdict is Verdict.ERROR
    assert "NoSuchElement" in result.reason
    assert "Traceback" in (tmp_path / "out" / result.evidence / "traceback.txt").read_text()


def test_what_is_not_offered_is_not_claimed(play):
    assert play(HEAD + asks("retrieve") + OUTCOME.replace("query", "retrieve")).verdict is Verdict.NOT_CLAIMED
    assert play(HEAD.replace("level: shall", "level: shall\nconfiguration: lossy") + STORE + EXPECT).verdict is (
        Verdict.NOT_CLAIMED
    )


def foreign(product, **further):
    host, port = product.destination.address
    return Foreign("other", SubjectFile(network_ae={"title": "TINY", "host": host, "port": port}, **further))


def test_a_foreign_subject_is_judged_on_the_wire_alone(play):
    product = Tiny()
    try:
        result = play(HEAD + STORE + EXPECT, foreign(product))
        assert result.verdict is Verdict.PASS
        assert "unobserved" in result.reason
        only = "  - expect: [{store: {ae: workstation, instances: 1}}]\n"
        assert play(HEAD + STORE + only, foreign(product)).verdict is Verdict.NOT_CLAIMED
        assert play(HEAD + asks() + OUTCOME, foreign(product)).verdict is Verdict.NOT_CLAIMED
    finally:
        product.close()


def test_a_foreign_subject_is_told_by_a_command(tmp_path):
    target = tmp_path / "said"
    command = f"/bin/sh -c 'echo {{called}} {{port}} {{StudyInstanceUID}} > {target}'"
    file = SubjectFile(network_ae={"title": "X", "port": 104}, operations={"move": {"command": command}})
    subject = Foreign("x", file)
    from dicom_conformance.play.subjects import Address

    subject.prepare("none", {"archive": Address("PACS", "127.0.0.1", 11112)}, {})
    assert subject.perform("retrieve", "archive", {"keys": {"StudyInstanceUID": "1.2"}}) is None
    assert target.read_text().split() == ["PACS", "11112", "1.2"]
    with pytest.raises(UnsupportedError, match="StudyInstanceUID"):
        subject.perform("retrieve", "archive", {})
    with pytest.raises(UnsupportedError):
        subject.perform("query", "archive", {})


def test_a_person_is_not_asked_without_a_terminal(monkeypatch):
    file = SubjectFile(network_ae={"title": "X", "port": 104}, operations={"echo": {"manual": "Press {called}."}})
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert "terminal" in Foreign("x", file).offers("echo", "none")


class Movable(Tiny):
    """A product whose settings move it; it does not go back to the port where it was."""

    def prepare(self, configuration, peers, settings):
        host = settings.get("host", "127.0.0.1")
        if host != self.destination.address[0]:
            self.destination.stop()
            self.destination = SIMULATORS["destination"]("tiny", "TINY", Recorder(), host=host)
            self.destination.start()
        return super().prepare(configuration, peers, {})


def test_a_subject_that_a_case_moved_is_asked_anew_where_it_is(tmp_path, promised):
    path = tmp_path / "tiny.yaml"
    runner = CaseRunner(promised, Product("tiny", Movable), RunOptions(output=tmp_path / "out"))
    try:
        verdicts = []
        for settings in ("", "settings: {host: localhost}\n", ""):
            path.write_text(HEAD.replace("peers:", settings + "peers:") + STORE + EXPECT)
            result = runner.play(expand(scenario.read(path), promised)[0])
            verdicts.append((result.verdict, result.reason))
    finally:
        runner.close()
    assert verdicts == [(Verdict.PASS, "")] * 3
