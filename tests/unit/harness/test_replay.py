"""Replays: the requestor's side of a capture against simulators, with what they assign anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hand_written import CT, A, R, Talk, trace_of

from dicom_conformance import read_scenario
from dicom_conformance.__main__ import main
from dicom_conformance.capture import trace_of as captured
from dicom_conformance.errors import HarnessError
from dicom_conformance.replay import (
    Allowed,
    Peer,
    Recording,
    Replayed,
    answers,
    read_finding,
    recording_of,
    reduced,
    replay,
    require_allowed,
    scenario_text,
)
from dicom_conformance.trace import Conversation
from dicom_simulators import SIMULATORS, Simulator
from dicom_simulators.data_sets import build, build_study
from dicom_simulators.faults import build as fault
from dicom_simulators.link import Link
from dicom_wire import Kind, Recorder, Side
from dicom_wire.capture import pcap, streams_of


@pytest.fixture
def running() -> Iterator[list[Simulator]]:
    started: list[Simulator] = []
    yield started
    for each in started:
        each.stop()


def started(running: list[Simulator], kind: str, title: str, **settings: Any) -> Simulator:
    made = SIMULATORS[kind](kind, title, Recorder(), **settings)
    made.start()
    running.append(made)
    return made


def recorded(scu: Simulator, peer: Simulator, *operations: tuple[str, Mapping[str, Any]]) -> Conversation:
    """Have an SCU act through a link, and give what the link saw of its association as a capture shows it."""
    recorder = Recorder()
    link = Link("link", "requestor", "acceptor", peer.address, recorder)
    link.start()
    for name, arguments in operations:
        outcome = scu.perform(name, link.address, {"called_ae_title": peer.ae_title, **arguments})
        assert outcome["result"] == "success", outcome
    link.stop()
    return captured(streams_of(recorder.connections, recorder.sightings)).conversations[0]


def again(recording: Recording, peer: Simulator, deadline_s: float = 10.0) -> Replayed:
    return replay(recording, Peer(peer.ae_title, *peer.address, deadline_s=deadline_s))


def all_same(recording: Recording, done: Replayed) -> bool:
    found = answers(recording, done)
    assert not done.notes, done.notes
    return all(each.is_same for each in found)


def test_a_store_is_replayed_byte_by_byte(running: list[Simulator]) -> None:
    scu = started(running, "scu", "SCU", instances=(build(seed=1), build(seed=2)))
    one = recorded(scu, started(running, "archive", "FIRST"), ("store", {}))
    other = started(running, "archive", "SECOND")
    done = again(recording_of(one), other)
    assert all_same(recording_of(one), done)
    assert {each.SOPInstanceUID for each in other.stored} == {build(seed=each).SOPInstanceUID for each in (1, 2)}
    was, now = (each.view.sent(Side.REQUESTOR) for each in (one, done.conversation))
    assert now[26:] == was[26:]
    assert (was[10:26], now[10:26]) == (b"FIRST".ljust(16), b"SECOND".ljust(16))


def test_print_uses_the_uids_that_the_printer_makes(running: list[Simulator]) -> None:
    scu = started(running, "scu", "SCU", instances=(build(rows=16, columns=16),))
    printer = started(running, "printer", "PRINTER", seed=1)
    one = recorded(scu, printer, ("print", {}))
    other = started(running, "printer", "PRINTER", seed=77)
    done = again(recording_of(one), other)
    assert done.remapping.uids, "the second printer makes other UIDs"
    assert all_same(recording_of(one), done)
    named = [each.command.text("RequestedSOPInstanceUID") for each in done.conversation.messages if each.is_request]
    assert set(filter(None, named)) & set(done.remapping.uids.values())


def test_a_query_and_its_retrieval_follow_the_matches_of_now(running: list[Simulator]) -> None:
    """A find and a move on one association: the study that is moved is the one that is found now."""
    first, second = (tuple(build_study(seed=seed, modalities=("CT",), series=1)) for seed in (1, 2))
    taker = started(running, "destination", "TAKER")
    places = {"destinations": {"TAKER": taker.address}}
    archive = started(running, "archive", "ARCHIVE", instances=first, **places)
    scu = started(running, "scu", "SCU")
    uid = str(first[0].read().StudyInstanceUID)
    query = {"model": "study_root", "level": "STUDY", "keys": {"StudyInstanceUID": "", "PatientID": ""}}
    move = {"model": "study_root", "level": "STUDY", "keys": {"StudyInstanceUID": uid}, "destination": "TAKER"}
    contexts = [
        {"sop_class": f"1.2.840.10008.5.1.4.1.2.2.{last}", "transfer_syntaxes": ["1.2.840.10008.1.2"]}
        for last in (1, 2)
    ]
    held = {"association": "kept"}
    one = recorded(
        scu,
        archive,
        ("associate", {"hold": "true", "contexts": contexts, **held}),
        ("find", {**query, **held}),
        ("move", {**move, **held}),
        ("release", held),
    )
    other = started(running, "archive", "ARCHIVE", instances=second, **places)
    done = again(recording_of(one), other)
    assert all_same(recording_of(one), done)
    assert done.remapping.uids[uid] == str(second[0].read().StudyInstanceUID)
    assert {each.SOPInstanceUID for each in taker.stored} >= {each.SOPInstanceUID for each in second}


def test_the_peers_own_requests_are_answered_with_its_message_ids(running: list[Simulator]) -> None:
    """C-GET: the archive sends C-STORE requests on the association, with Message IDs of its own."""
    held = (build(seed=1), build(seed=2))
    scu = started(running, "scu", "SCU")
    keys = {"StudyInstanceUID": str(held[0].read().StudyInstanceUID)}
    get = {"model": "study_root", "level": "STUDY", "keys": keys, "sop_classes": [CT]}
    one = recorded(scu, started(running, "archive", "ARCHIVE", instances=held[:1]), ("get", get))
    done = again(recording_of(one), started(running, "archive", "ARCHIVE", instances=held[:1]))
    assert all_same(recording_of(one), done)
    stores = [each for each in done.conversation.messages if each.name.startswith("C-STORE")]
    assert [each.name for each in stores] == ["C-STORE-RQ", "C-STORE-RSP"]
    assert stores[1].command.get("MessageIDBeingRespondedTo") == stores[0].command.get("MessageID")


def test_another_answer_is_told_beside_the_recorded_one(running: list[Simulator]) -> None:
    scu = started(running, "scu", "SCU", instances=(build(seed=1),))
    one = recorded(scu, started(running, "archive", "ARCHIVE"), ("store", {}))
    refusing = fault("respond", {"to": "C-STORE-RQ", "status": "A700"})
    done = again(recording_of(one), started(running, "archive", "ARCHIVE", faults=(refusing,)))
    found = {each.about: (each.recorded, each.now) for each in answers(recording_of(one), done)}
    assert found["C-STORE-RQ 1"] == ("0000", "A700")


def test_a_peer_that_says_nothing_ends_the_replay_in_time(running: list[Simulator]) -> None:
    scu = started(running, "scu", "SCU", instances=(build(seed=1),))
    one = recorded(scu, started(running, "archive", "ARCHIVE"), ("store", {}))
    silent = fault("silence", {"on": "C-STORE-RQ"})
    done = again(recording_of(one), started(running, "archive", "ARCHIVE", faults=(silent,)), deadline_s=0.5)
    assert done.notes == ("the final response to C-STORE-RQ did not come within 0.5 s",)


def test_a_context_of_another_transfer_syntax_is_said_and_nothing_is_sent_in_it() -> None:
    def write(recorder: Recorder) -> object:
        return Talk(recorder).opened((CT, ("1.2.840.10008.1.2.4.70",))).store(data_set=b"").released()

    def write_now(recorder: Recorder) -> object:
        return Talk(recorder).opened((CT, ("1.2.840.10008.1.2.1",)))

    (was,), (now,) = (trace_of(each).conversations for each in (write, write_now))
    from dicom_conformance.replay.remapping import Remapping, ReplayError

    remapping = Remapping()
    remapping.negotiate(was.contexts, now.contexts)
    with pytest.raises(ReplayError, match=r"context 1 of .* was accepted in 1.2.840.10008.1.2.4.70"):
        remapping.message(was.messages[0])


def test_a_data_set_is_converted_where_the_peer_accepts_another_uncompressed_syntax() -> None:
    from dicom_conformance.replay.remapping import Remapping

    implicit, explicit = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
    data_set = bytes.fromhex("100020000200000031200000")[:10]

    def write(recorder: Recorder) -> object:
        return Talk(recorder).opened((CT, (implicit,))).store(data_set=data_set)

    (was,) = trace_of(write).conversations
    (now,) = trace_of(lambda recorder: Talk(recorder).opened((CT, (explicit,)))).conversations
    remapping = Remapping()
    remapping.negotiate(was.contexts, now.contexts)
    made = remapping.message(was.messages[0])
    assert made is not None
    assert made.data_set == bytes.fromhex("10002000") + b"LO" + bytes.fromhex("02003120")


@pytest.mark.parametrize(
    ("write", "needed"),
    [
        (lambda talk: talk.opened().store().released(), "--allow-store (it sends C-STORE-RQ)"),
        (
            lambda talk: talk.opened().say(
                R, "N-CREATE-RQ", b"", AffectedSOPClassUID="1.2.840.10008.5.1.1.1", MessageID=1
            ),
            "--allow-print (it sends N-CREATE-RQ)",
        ),
        *(
            (
                lambda talk, name=name: talk.opened().say(R, name, b"", AffectedSOPClassUID=CT, MessageID=1),
                f"--allow-retrieve (it sends {name})",
            )
            for name in ("C-MOVE-RQ", "C-GET-RQ")
        ),
        (
            lambda talk: talk.opened().bytes(R, bytes.fromhex("420000000000")),
            "--allow-hostile (it breaks PS3.8 9.3.1 (pdu-type-unknown))",
        ),
    ],
)
def test_another_machine_is_not_touched_without_the_option(write: Any, needed: str) -> None:
    (one,) = trace_of(lambda recorder: write(Talk(recorder))).conversations
    recording = recording_of(one)
    with pytest.raises(HarnessError, match=re.escape(needed)):
        require_allowed(recording, "192.0.2.7", Allowed())
    require_allowed(recording, "192.0.2.7", Allowed(True, True, True, True))
    require_allowed(recording, "127.0.0.1", Allowed())
    require_allowed(recording, "localhost", Allowed())


def test_a_query_needs_no_option() -> None:
    (one,) = trace_of(
        lambda recorder: Talk(recorder).opened().say(R, "C-ECHO-RQ", AffectedSOPClassUID=CT, MessageID=1)
    ).conversations
    require_allowed(recording_of(one), "192.0.2.7", Allowed())


def faulty(running: list[Simulator]) -> tuple[Simulator, Conversation]:
    """Give an archive that answers C-ECHO with a wrong Message ID, and a conversation that shows it."""
    archive = started(running, "archive", "ARCHIVE", faults=(fault("wrong_message_id", {"of": "C-ECHO-RSP"}),))

    def write(recorder: Recorder) -> object:
        verification = "1.2.840.10008.1.1"
        talk = Talk(recorder).opened((CT, ("1.2.840.10008.1.2.1",)), (verification, ("1.2.840.10008.1.2",)))
        talk.store(data_set=build(transfer_syntax="1.2.840.10008.1.2.1").data_set, message_id=7)
        talk.say(R, "C-ECHO-RQ", context_id=3, AffectedSOPClassUID=verification, MessageID=8)
        talk.say(A, "C-ECHO-RSP", context_id=3, MessageIDBeingRespondedTo=9, Status=0)
        return talk.released()

    return archive, trace_of(write).conversations[0]


def test_it_is_reduced_to_what_the_peer_itself_still_shows(running: list[Simulator]) -> None:
    archive, one = faulty(running)
    wanted = read_finding(None, one)
    done = reduced(one, wanted, Peer("ARCHIVE", *archive.address, deadline_s=2.0))
    assert [each.name for each in done.conversation.messages] == ["C-ECHO-RQ", "C-ECHO-RSP"]
    assert len(done.conversation.contexts) == 1
    assert 1 < done.replays < 60


def test_what_answers_nothing_is_awaited_at_the_end_of_a_capture_that_has_no_release(running: list[Simulator]) -> None:
    faults = (fault("wrong_message_id", {"of": "C-ECHO-RSP"}), fault("delay", {"on": "before C-ECHO-RSP", "s": "0.2"}))
    archive = started(running, "archive", "ARCHIVE", faults=faults)

    def write(recorder: Recorder) -> object:
        talk = Talk(recorder).opened(("1.2.840.10008.1.1", ("1.2.840.10008.1.2",)))
        talk.say(R, "C-ECHO-RQ", AffectedSOPClassUID="1.2.840.10008.1.1", MessageID=8)
        return talk.say(A, "C-ECHO-RSP", MessageIDBeingRespondedTo=9, Status=0)

    done = replay(recording_of(trace_of(write).conversations[0]), Peer("ARCHIVE", *archive.address))
    assert [each.name for each in done.conversation.messages] == ["C-ECHO-RQ", "C-ECHO-RSP"]


def test_a_peer_that_does_not_show_it_is_said_to(running: list[Simulator]) -> None:
    _, one = faulty(running)
    good = started(running, "archive", "ARCHIVE")
    with pytest.raises(HarnessError, match=r"ARCHIVE at .* does not show it: response-not-due by the acceptor"):
        reduced(one, read_finding(None, one), Peer("ARCHIVE", *good.address))


def test_a_scenario_of_the_acceptor_has_at_most_fifteen_lines_and_fails(
    running: list[Simulator], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From a capture to a failing scenario by two commands."""
    archive, one = faulty(running)
    capture, scenario = tmp_path / "bug.pcap", tmp_path / "bug.yaml"
    pcap.write(capture, streams_of([one.view.connection], one.view.sightings))
    assert main(["replay", str(capture), "--reduce", "--as-scenario", str(scenario)]) == 0
    assert len(scenario.read_text().splitlines()) <= 15
    host, port = archive.address
    output = tmp_path / "out"
    command = ["run", str(scenario), "--subject", f"ARCHIVE@{host}:{port}", "-n", "1", "--output", str(output)]
    assert main(command) == 1
    told = capsys.readouterr().out
    assert "FAIL captured/bug" in told
    assert "response-not-due in C-ECHO-RSP (PS3.7 9.3.5.2)" in told


def test_a_scenario_of_the_requestor_scripts_what_the_acceptor_answered(tmp_path: Path) -> None:
    find = "1.2.840.10008.5.1.4.1.2.2.1"

    def write(recorder: Recorder) -> object:
        talk = Talk(recorder).opened((find, ("1.2.840.10008.1.2",)))
        keys = bytes.fromhex("08005200060000005354554459201000200000000000")
        for number in (1, 1):
            talk.say(R, "C-FIND-RQ", keys, AffectedSOPClassUID=find, MessageID=number, Priority=0)
        talk.say(A, "C-FIND-RSP", AffectedSOPClassUID=find, MessageIDBeingRespondedTo=1, Status=0xA700)
        return talk.saw(Kind.FIN, R)

    (one,) = trace_of(write).conversations
    path = tmp_path / "bug.yaml"
    path.write_text(scenario_text(one, read_finding("message-id-in-use", one), "bug"))
    text = path.read_text()
    assert "needs: {role: SCU, service: query, operation: query}" in text
    assert '{send: {dimse: C-FIND-RSP, Status: "A700"}}' in text
    assert "level: STUDY" in text
    assert read_scenario(path).id == "captured/bug"
    assert len(text.splitlines()) <= 15


@pytest.mark.parametrize("finding", ["C-STORE-RSP A700", "aborted", "response-not-due"])
def test_a_finding_that_is_not_shown_is_refused(finding: str) -> None:
    (one,) = trace_of(lambda recorder: Talk(recorder).opened().store().released()).conversations
    with pytest.raises(HarnessError, match="does not show"):
        read_finding(finding, one)


def test_a_misspelt_finding_is_refused_with_the_nearest_one() -> None:
    (one,) = trace_of(lambda recorder: Talk(recorder).opened().store().released()).conversations
    with pytest.raises(HarnessError, match=r"no rule or end 'abborted'.*aborted"):
        read_finding("abborted", one)
    with pytest.raises(HarnessError, match="--finding says what is looked for"):
        read_finding(None, one)


def test_a_status_can_be_the_finding(tmp_path: Path) -> None:
    def write(recorder: Recorder) -> object:
        talk = Talk(recorder).opened()
        for number in range(1, 4):
            talk.store(uid=f"2.25.{number}", message_id=number, status=0xA700 if number == 2 else 0)
        return talk.released()

    (one,) = trace_of(write).conversations
    wanted = read_finding("C-STORE-RSP A700", one)
    short = reduced(one, wanted).conversation
    assert [each.command.get("MessageID") for each in short.messages if each.is_request] == [2]
    path = tmp_path / "status.yaml"
    path.write_text(scenario_text(short, wanted, "status"))
    assert read_scenario(path).id == "captured/status"
    assert "MessageID: 2" in path.read_text()


@pytest.mark.parametrize(("status", "is_refused"), [(0x0000, True), (0xB000, True), (0xFE00, False), (0xC001, False)])
def test_no_scenario_looks_for_a_status_that_it_would_expect(status: int, is_refused: bool) -> None:
    def write(recorder: Recorder) -> object:
        return Talk(recorder).opened().store(uid="2.25.1", message_id=1, status=status)

    (one,) = trace_of(write).conversations
    wanted = read_finding(f"C-STORE-RSP {status:04X}", one)
    if is_refused:
        with pytest.raises(HarnessError, match=f"C-STORE-RSP {status:04X} is no failure"):
            scenario_text(one, wanted, "bug")
    else:
        assert "status: [success, pending, warning]}" in scenario_text(one, wanted, "bug")
