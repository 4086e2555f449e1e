"""The SCU reads past what fits nothing, notes it, and answers what comes from the other side."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from dicom_simulators.association.association import Deadlines
from dicom_simulators.scripted.scripted import Scripted
from dicom_simulators.scu import observer
from dicom_simulators.scu.scu import Scu
from dicom_wire import AAbort, Kind, PDUStream, Recorder

CT = "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT = "1.2.840.10008.1.2"
STUDY_FIND, STUDY_GET = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.3"
SHORT = Deadlines(2.0, 2.0, 2.0, 2.0, 5.0, 0.2, 2.0)
BRIEF = Deadlines(2.0, 2.0, 2.0, 0.3, 5.0, 0.2, 2.0)
ASSOCIATE: list[Any] = [{"receive": {"pdu": "A-ASSOCIATE-RQ"}}, {"send": {"pdu": "A-ASSOCIATE-AC"}}]
RELEASE: list[Any] = [{"receive": {"pdu": "A-RELEASE-RQ"}}, {"send": {"pdu": "A-RELEASE-RP"}}]
FIND_RQ = {"receive": {"dimse": "C-FIND-RQ"}}
KEYS = {"level": "STUDY", "keys": {"StudyInstanceUID": ""}}
IDENTIFIER = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2.3"}
#: Each test's SCU gives its first request the Message ID 1.
PENDING = {"send": {"dimse": "C-FIND-RSP", "Status": "FF00", "data_set": IDENTIFIER}}
FINAL = {"send": {"dimse": "C-FIND-RSP", "Status": "0000"}}


def performed(
    script: list[Any], operation: str = "find", deadlines: Deadlines = SHORT, **arguments: Any
) -> tuple[dict[str, object], Scripted, Recorder]:
    """Let the SCU perform an operation with a scripted peer; return the outcome, the peer, and what the peer saw."""
    recorder = Recorder()
    with (
        Scripted("peer", "PEER", recorder, script=[*ASSOCIATE, *script], deadlines=SHORT) as peer,
        Scu("scu", "SCU", Recorder(), deadlines=deadlines) as scu,
    ):
        given = {"called_ae_title": "PEER", **(KEYS if operation in ("find", "get") else {}), **arguments}
        outcome = scu.perform(operation, peer.address, given)
    assert not [one for one in threading.enumerate() if one.name.startswith(("scu ", "peer "))]
    return outcome, peer, recorder


def aborts(recorder: Recorder) -> list[AAbort]:
    """Return the A-ABORT PDUs that the peer received."""
    stream = PDUStream()
    data = [one.data for one in recorder.sightings if one.kind is Kind.DATA and not one.written]
    return [read.pdu for piece in data for read in stream.feed(piece) if isinstance(read.pdu, AAbort)]


@pytest.mark.parametrize(
    ("strange", "note"),
    [
        ({"MessageIDBeingRespondedTo": "99"}, "C-FIND-RSP with Message ID 99: no request of this association has it"),
        ({"MessageIDBeingRespondedTo": "absent"}, "no Message ID Being Responded To"),
        ({"Status": "absent"}, "C-FIND-RSP without Status"),
        ({"dimse": "C-ECHO-RSP"}, "C-ECHO-RSP to Message ID 1, which is a C-FIND-RQ"),
        ({"context_id": "77"}, "C-FIND-RSP in presentation context 77, which was not accepted"),
    ],
)
def test_a_strange_response_is_noted_and_read_past(strange: dict[str, str], note: str) -> None:
    wrong = {"send": {"dimse": "C-FIND-RSP", "Status": "0000", **strange}}
    outcome, peer, recorder = performed([FIND_RQ, wrong, PENDING, FINAL, *RELEASE])
    assert (outcome["result"], outcome["status"], outcome["count"]) == ("success", "0000", 1)
    assert [note in one for one in outcome["noted"]] == [True], outcome["noted"]
    assert peer.not_received == ()
    assert aborts(recorder) == []


def test_a_response_in_another_accepted_context_is_noted_and_taken() -> None:
    contexts = [
        {"sop_class": STUDY_FIND, "transfer_syntaxes": [IMPLICIT]},
        {"sop_class": CT, "transfer_syntaxes": [IMPLICIT]},
    ]
    elsewhere = {"send": {**FINAL["send"], "context_id": "3"}}
    outcome, _, recorder = performed([FIND_RQ, elsewhere, *RELEASE], contexts=contexts)
    assert (outcome["result"], outcome["status"]) == ("success", "0000")
    assert outcome["noted"] == ["C-FIND-RSP in context 3, but the request was in 1; taken"]
    assert aborts(recorder) == []


def test_responses_after_the_final_one_are_counted() -> None:
    outcome, peer, recorder = performed([FIND_RQ, PENDING, FINAL, PENDING, FINAL, *RELEASE], linger_s="0.5")
    assert (outcome["status"], outcome["count"], outcome["after_final"]) == ("0000", 1, 2)
    assert len(outcome["noted"]) == 2
    assert peer.not_received == ()
    assert aborts(recorder) == []


def test_no_response_is_a_timeout_and_ends_the_association() -> None:
    outcome, _, recorder = performed([FIND_RQ, {"receive": {"pdu": "A-ABORT"}}], deadlines=BRIEF)
    assert (outcome["result"], outcome["status"]) == ("timeout", None)
    assert len(aborts(recorder)) == 1


def test_an_abort_of_the_peer_is_told() -> None:
    outcome, _, _ = performed([FIND_RQ, PENDING, {"send": {"pdu": "A-ABORT", "source": "2", "reason": "1"}}])
    assert (outcome["result"], outcome["abort"], outcome["count"]) == ("aborted", {"source": 2, "reason": 1}, 1)


def test_a_cancel_goes_out_after_so_many_matches() -> None:
    cancel = {"receive": {"dimse": "C-CANCEL-RQ"}}
    cancelled = {"send": {"dimse": "C-FIND-RSP", "MessageIDBeingRespondedTo": "1", "Status": "FE00"}}
    outcome, peer, _ = performed([FIND_RQ, PENDING, PENDING, cancel, cancelled, *RELEASE], cancel={"after": "2"})
    assert (outcome["result"], outcome["statuses"]) == ("cancelled", ["FF00", "FF00", "FE00"])
    assert peer.not_received == ()


def test_a_request_from_the_other_side_is_answered() -> None:
    event = {"AffectedSOPClassUID": CT, "AffectedSOPInstanceUID": "1.2.3", "EventTypeID": "1", "MessageID": "7"}
    report = {"send": {"dimse": "N-EVENT-REPORT-RQ", **event}}
    final = {"send": {**FINAL["send"], "MessageIDBeingRespondedTo": "1"}}
    script = [FIND_RQ, report, {"receive": {"dimse": "N-EVENT-REPORT-RSP"}}, final, *RELEASE]
    outcome, peer, _ = performed(script)
    assert (outcome["result"], peer.not_received) == ("success", ())


def test_an_unexpected_request_is_noted_and_refused() -> None:
    store = {"AffectedSOPClassUID": CT, "AffectedSOPInstanceUID": "1.2.3", "Priority": "0", "MessageID": "7"}
    request = {"send": {"dimse": "C-STORE-RQ", "data_set": {"PatientID": "1"}, **store}}
    final = {"send": {**FINAL["send"], "MessageIDBeingRespondedTo": "1"}}
    outcome, peer, _ = performed([FIND_RQ, request, {"receive": {"dimse": "C-STORE-RSP"}}, final, *RELEASE])
    assert (outcome["result"], peer.not_received) == ("success", ())
    assert outcome["noted"] == ["C-STORE-RQ from the other side: this side does not perform it and answered with 0211"]


def test_an_instance_of_a_get_without_the_scp_role_is_refused() -> None:
    store = {"AffectedSOPClassUID": CT, "AffectedSOPInstanceUID": "1.2.3", "Priority": "0", "MessageID": "7"}
    request = {"send": {"dimse": "C-STORE-RQ", "context_id": "3", "data_set": {"PatientID": "1"}, **store}}
    final = {"dimse": "C-GET-RSP", "context_id": "1", "MessageIDBeingRespondedTo": "1", "Status": "0000"}
    script = [{"receive": {"dimse": "C-GET-RQ"}}, request, {"receive": {"dimse": "C-STORE-RSP"}}, {"send": final}]
    outcome, _, _ = performed([*script, *RELEASE], "get", sop_classes=[CT])
    assert (outcome["result"], outcome["answered"]) == ("success", {"1.2.3": "0122"})


@pytest.mark.parametrize(("window", "at_once"), [(2, True), (1, False)])
def test_two_requests_at_once_where_the_window_is_that_wide(window: int, at_once: bool) -> None:
    accepted = {"send": {"pdu": "A-ASSOCIATE-AC", "asynchronous_operations": [{"invoked": str(window)}]}}
    second = {"receive": {"dimse": "C-FIND-RQ", "within_s": "0.5", "optional": "true"}}
    answers = [{"send": {**FINAL["send"], "MessageIDBeingRespondedTo": number}} for number in ("2", "1")]
    script = [FIND_RQ, second, *answers] if at_once else [FIND_RQ, second, answers[1], FIND_RQ, answers[0]]
    recorder = Recorder()
    with (
        Scripted("peer", "PEER", recorder, script=[ASSOCIATE[0], accepted, *script, *RELEASE], deadlines=SHORT) as peer,
        Scu("scu", "SCU", Recorder(), deadlines=SHORT) as scu,
    ):
        contexts = [{"sop_class": STUDY_FIND, "transfer_syntaxes": [IMPLICIT]}]
        opening = {"called_ae_title": "PEER", "hold": "true", "contexts": contexts}
        scu.perform("associate", peer.address, {**opening, "asynchronous_operations": [{"invoked": "2"}]})
        outcomes: list[dict[str, object]] = []
        asked = {"association": "association", **KEYS}
        threads = [
            threading.Thread(target=lambda: outcomes.append(scu.perform("find", peer.address, asked))) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5.0)
        released = scu.perform("release", peer.address, {})
    assert [one["status"] for one in outcomes] == ["0000", "0000"]
    assert released["result"] == "success"
    assert peer.not_received == ()


def test_a_query_whose_association_is_released_meanwhile_is_no_success() -> None:
    contexts = [{"sop_class": STUDY_FIND, "transfer_syntaxes": [IMPLICIT]}]
    script = [*ASSOCIATE, FIND_RQ, PENDING, *RELEASE]
    with (
        Scripted("peer", "PEER", Recorder(), script=script, deadlines=SHORT) as peer,
        Scu("scu", "SCU", Recorder(), deadlines=SHORT) as scu,
    ):
        scu.perform("associate", peer.address, {"called_ae_title": "PEER", "hold": "true", "contexts": contexts})
        outcomes: list[dict[str, object]] = []
        asked = {"association": "association", **KEYS}
        thread = threading.Thread(target=lambda: outcomes.append(scu.perform("find", peer.address, asked)))
        thread.start()
        assert peer.recorder.wait(lambda: len(peer.recorder.sightings) >= 5, 5.0)
        scu.perform("release", peer.address, {})
        thread.join(5.0)
    (outcome,) = outcomes
    assert (outcome["result"], outcome["status"]) == ("connection_lost", None)
    assert outcome["detail"] == "released before the response came"


def test_a_mistake_of_ours_ends_the_operation_and_is_raised_in_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[BaseException | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: raised.append(arguments.exc_value))
    monkeypatch.setattr(observer, "answer_to", lambda *_: 1 / 0)
    event = {"AffectedSOPClassUID": CT, "AffectedSOPInstanceUID": "1.2.3", "EventTypeID": "1", "MessageID": "7"}
    outcome, _, _ = performed([FIND_RQ, {"send": {"dimse": "N-EVENT-REPORT-RQ", **event}}])
    assert outcome["result"] == "connection_lost"
    assert [type(one) for one in raised] == [ZeroDivisionError]


def test_bytes_are_sent_as_they_are() -> None:
    outcome, peer, _ = performed([{"receive": {"pdu": "A-ABORT"}}], "raw", bytes="07 00 00 00 00 04 00 00 00 00")
    assert (outcome["ended"], peer.not_received) == (True, ())


def test_a_message_is_sent_as_it_is_given() -> None:
    script = [{"receive": {"dimse": "C-ECHO-RQ"}}, {"send": {"dimse": "C-ECHO-RSP", "Status": "0122"}}, *RELEASE]
    command = {"AffectedSOPClassUID": "absent", "MessageID": "0x20"}
    outcome, peer, _ = performed(script, "raw", message="C-ECHO-RQ", command=command)
    assert (outcome["status"], outcome["statuses"], peer.not_received) == ("0122", ["0122"], ())


@pytest.mark.parametrize(
    ("operation", "wrong", "said"),
    [
        ("find", {"keys": {"PatientNam": "A"}}, "keys.PatientNam: unknown keyword"),
        ("find", {"keys": {"Rows": "many"}}, "keys.Rows: 'many' is not a value of VR US"),
        ("find", {"keys": {"PatientName": "山"}, "character_set": "ISO_IR 100"}, "keys.PatientName"),
        ("find", {"cancel": "later"}, "cancel: expected at_once or"),
        ("find", {"cancel": {"before": "1"}}, "cancel.after: expected a whole number"),
        ("find", {"model": "series_root"}, "model: expected one of study_root, patient_root"),
        ("find", {"extended": ["relation"]}, "extended: expected some of relational"),
        ("move", {}, "destination: expected a text"),
        ("get", {"answers": {"*": "bad"}}, r"answers\.\*: expected a status"),
        ("get", {"sop_classes": [f"1.2.{one}" for one in range(128)]}, "sop_classes: 128 are more than"),
        ("commit", {}, "references: there is nothing to be committed"),
        ("n_set", {"sop_class": "FilmSession"}, "'FilmSession' is neither a UID nor the keyword of one"),
        ("n_get", {"sop_class": "Printer", "attributes": ["PrinterState"]}, "unknown keyword 'PrinterState'"),
        ("raw", {}, "give `bytes`, or `message`"),
        ("raw", {"message": "C-ECHO-RQ", "command": {"Prio": "1"}}, "command.Prio: unknown keyword"),
    ],
)
def test_wrong_arguments_are_errors_before_anything_is_sent(operation: str, wrong: dict[str, Any], said: str) -> None:
    with Scu("scu", "SCU", Recorder()) as scu, pytest.raises(ValueError, match=said):
        scu.perform(operation, ("127.0.0.1", 9), wrong)
