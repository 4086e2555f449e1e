from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from dicom_simulators.association.association import Deadlines
from dicom_simulators.destination import Destination
from dicom_simulators.scripted.script import Send, read_script
from dicom_simulators.scripted.script_send import ReceivedSoFar
from dicom_simulators.scripted.scripted import Scripted
from dicom_simulators.scu.modality import Modality
from dicom_wire import (
    Assembler,
    Message,
    PDataTF,
    PDUStream,
    PresentationContextRQ,
    Recorder,
    Side,
    UnknownPDU,
    command_set,
    decode,
)
from dicom_wire.pdu import AAssociateAC, AAssociateRQ

VERIFICATION, FIND = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.2.2.1"
IMPLICIT = "1.2.840.10008.1.2"
SHORT = Deadlines(2.0, 1.0, 1.0, 0.5, 5.0, 0.2, 2.0)


def made(said: dict[str, Any], heard: ReceivedSoFar | None = None) -> bytes:
    (step,) = read_script([{"send": said}])
    assert isinstance(step, Send)
    return step.make(heard or ReceivedSoFar())


def message(raw: bytes) -> Message:
    assembler = Assembler()
    found = [
        one
        for received in PDUStream().feed(raw)
        if isinstance(received.pdu, PDataTF)
        for one in assembler.feed(received.pdu)
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ({"say": "x"}, "unknown verb 'say'"),
        ({"send": {"pdu": "A-ASSOCIATE"}}, "send.pdu: unknown name"),
        ({"send": {"pdu": "A-ABORT", "sorce": "1"}}, "send.sorce: unknown"),
        ({"send": {"pdu": "A-ABORT", "source": "256"}}, "send.source: expected a whole number"),
        ({"send": {"bytes": "0g"}}, "send.bytes: expected bytes as hex digits"),
        ({"send": {"dimse": "C-LOOK-RQ"}}, "unknown DIMSE message"),
        ({"send": {"dimse": "C-ECHO-RQ", "Colour": "1"}}, "send.Colour: not a command element"),
        ({"send": {"dimse": "C-ECHO-RSP", "Status": "zero"}}, "send.Status: 'zero'"),
        ({"send": {"dimse": "C-FIND-RQ", "data_set": {"PatientNam": "x"}}}, "data_set.PatientNam"),
        ({"send": {}}, "one of pdu, dimse, bytes"),
        ({"receive": {"pdu": "C-ECHO-RQ"}}, "receive.pdu: unknown name"),
        ({"receive": {"dimse": "C-ECHO-RQ", "within": "1"}}, "receive.within: unknown"),
        ({"stall": {}}, "stall.s: expected a number of seconds"),
        ({"close": {"now": "x"}}, "close takes no arguments"),
        ("open", "unknown verb 'open'"),
        ({"close": None, "reset": None}, "one of send, receive"),
    ],
)
def test_a_wrong_line_is_refused_with_its_number(line: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=f"^step 2: .*{complaint}"):
        Scripted("peer", "PEER", Recorder(), script=["close", line])


def test_pdu_fields_may_be_unlawful() -> None:
    assert made({"pdu": "A-ABORT", "source": "9", "reason": "77", "length": "12"}) == bytes.fromhex(
        "0700 0000000c 0000 094d"
    )
    assert made({"bytes": "09 00 ff"}) == b"\x09\x00\xff"
    unknown = decode(made({"pdu": "2A", "data": "01 02"})).pdu
    assert isinstance(unknown, UnknownPDU)
    assert (unknown.type, unknown.data) == (0x2A, b"\x01\x02")
    request: Any = decode(
        made(
            {
                "pdu": "A-ASSOCIATE-RQ",
                "called_ae_title": "X",
                "contexts": [{"sop_class": "1.2", "transfer_syntaxes": [], "context_id": "4"}],
                "omit": ["application_context", "maximum_length"],
                "protocol_version": "2",
            }
        )
    ).pdu
    assert (request.application_context_name, request.maximum_length, request.protocol_version) == (None, None, 2)
    assert request.presentation_contexts == (PresentationContextRQ(4, "1.2", ()),)


def test_every_pdv_of_a_message_may_come_in_one_pdu() -> None:
    raw = made({"dimse": "C-FIND-RSP", "one_pdu": "true", "Status": "FF00", "data_set": {"PatientID": "ONE"}})
    (received,) = PDUStream().feed(raw)
    assert isinstance(received.pdu, PDataTF)
    assert [(pdv.is_command, pdv.is_last) for pdv in received.pdu.pdvs] == [(True, True), (False, True)]
    assert message(raw).command["Status"] == 0xFF00


def test_a_request_that_names_no_titles_calls_the_peer_by_its_own() -> None:
    contexts = [{"sop_class": VERIFICATION, "transfer_syntaxes": [IMPLICIT]}]
    script = [
        {"send": {"pdu": "A-ASSOCIATE-RQ", "contexts": contexts}},
        {"receive": {"pdu": "A-ASSOCIATE-AC"}},
        {"send": {"pdu": "A-RELEASE-RQ"}},
        {"receive": {"pdu": "A-RELEASE-RP"}},
        "close",
    ]
    recorder = Recorder()
    destination = Destination("destination", "HERE", recorder, check_called=True)
    destination.start()
    peer = Scripted("peer", "PEER", recorder, script=script)
    try:
        assert peer.perform("play", destination.address, {"called_ae_title": "HERE"})["result"] == "success"
    finally:
        destination.stop()
    request = next(one.data for one in recorder.sightings if one.data[:1] == b"\x01")
    assert (bytes(request[10:26]), bytes(request[26:42])) == (b"HERE".ljust(16), b"PEER".ljust(16))


def test_dimse_elements_may_be_unlawful() -> None:
    command = message(
        made({"dimse": "C-ECHO-RSP", "Status": "absent", "MessageIDBeingRespondedTo": "0x1234", "MessageID": "7"})
    ).command
    assert "Status" not in command
    assert command["MessageIDBeingRespondedTo"] == 0x1234
    assert command["MessageID"] == 7
    raw = message(made({"dimse": "C-ECHO-RQ", "AffectedSOPClassUID": {"bytes": "31 2e"}})).command
    assert raw["AffectedSOPClassUID"] == "1."


def test_a_data_set_by_keywords() -> None:
    said = {"QueryRetrieveLevel": "STUDY", "PatientID": "", "NumberOfStudyRelatedInstances": "3"}
    found = message(made({"dimse": "C-FIND-RSP", "Status": "FF00", "data_set": said}))
    assert found.command["Status"] == 0xFF00
    assert found.data_set == bytes.fromhex(
        "0800 5200 06000000 5354554459 20  1000 2000 00000000  2000 0812 02000000 3320"
    )
    assert message(made({"dimse": "C-FIND-RSP", "data_set": "01 02"})).data_set == b"\x01\x02"


def play(script: Sequence[object]) -> tuple[Scripted, dict[str, object]]:
    """Let a modality send a C-ECHO to a scripted acceptor."""
    recorder = Recorder()
    scripted = Scripted("peer", "PEER", recorder, script=script, deadlines=SHORT)
    modality = Modality("modality", "MOD", recorder, deadlines=SHORT)
    scripted.start()
    outcome = modality.perform("echo", scripted.address, {"called_ae_title": "PEER"})
    scripted.stop()
    modality.stop()
    assert not [t for t in threading.enumerate() if t.name.startswith("peer ")]
    return scripted, outcome


LAWFUL: list[Any] = [
    {"receive": {"pdu": "A-ASSOCIATE-RQ", "within_s": "2"}},
    {"send": {"pdu": "A-ASSOCIATE-AC"}},
    {"receive": {"dimse": "C-ECHO-RQ"}},
    {"send": {"dimse": "C-ECHO-RSP"}},
    {"receive": {"pdu": "A-RELEASE-RQ"}},
    {"send": {"pdu": "A-RELEASE-RP"}},
    {"receive": "closed"},
]


def test_as_acceptor_it_plays_a_lawful_association() -> None:
    scripted, outcome = play(LAWFUL)
    assert (outcome["result"], outcome["status"]) == ("success", "0000")
    assert scripted.not_received == ()


@pytest.mark.parametrize(
    ("ending", "result"),
    [
        ([{"send": {"dimse": "C-ECHO-RSP", "Status": "0122"}}, "close"], "failure"),
        ([{"send": {"dimse": "C-ECHO-RSP", "MessageIDBeingRespondedTo": "99"}}], "invalid_response"),
        ([{"send": {"pdu": "A-ABORT", "source": "2", "reason": "6"}}], "aborted"),
        ([{"send": {"bytes": "04 00 00 00 00 02 00 00"}}], "invalid_response"),
        (["close"], "connection_lost"),
        ([{"reset": None}], "connection_lost"),
        ([{"stall": {"s": "1.5"}}], "timeout"),
    ],
)
def test_as_acceptor_it_misbehaves_as_told(ending: list[object], result: str) -> None:
    assert play([*LAWFUL[:3], *ending])[1]["result"] == result


def test_the_response_after_a_cancel_answers_the_operation_that_was_cancelled() -> None:
    recorder = Recorder()
    answer = {"send": {"dimse": "C-FIND-RSP", "Status": "FE00"}}
    asked = [{"receive": {"dimse": "C-FIND-RQ"}}, {"receive": {"dimse": "C-CANCEL-RQ"}}, answer]
    acceptor = Scripted("peer", "PEER", recorder, script=[*LAWFUL[:2], *asked], deadlines=SHORT)
    query = {"dimse": "C-FIND-RQ", "MessageID": "7", "AffectedSOPClassUID": "1.2.3", "data_set": "01 02"}
    sent: list[Any] = [
        {"send": {"pdu": "A-ASSOCIATE-RQ", "contexts": [{"sop_class": "1.2.3", "transfer_syntaxes": [IMPLICIT]}]}},
        {"receive": {"pdu": "A-ASSOCIATE-AC"}},
        {"send": query},
        {"send": {"dimse": "C-CANCEL-RQ", "MessageIDBeingRespondedTo": "7"}},
        {"receive": {"dimse": "C-FIND-RSP"}},
    ]
    acceptor.start()
    Scripted("client", "CLIENT", recorder, deadlines=SHORT).perform("play", acceptor.address, {"script": sent})
    acceptor.stop()
    answers = [each.data for each in recorder.sightings if each.written and each.sender is Side.ACCEPTOR and each.data]
    command = message(answers[-1]).command
    assert (command["MessageIDBeingRespondedTo"], command["AffectedSOPClassUID"]) == (7, "1.2.3")


def test_an_acceptance_has_the_sub_items_given_and_its_contexts_in_reverse() -> None:
    proposed = tuple(PresentationContextRQ(number, VERIFICATION, (IMPLICIT,)) for number in (1, 3))
    heard = ReceivedSoFar(request=AAssociateRQ("PEER", "MOD", proposed))
    sub_item = "7F 00 00 01 2A"
    accepting = {"pdu": "A-ASSOCIATE-AC", "reversed": "true", "result": "3", "sub_items": [{"bytes": sub_item}]}
    raw = made(accepting, heard)
    answer = decode(raw).pdu
    assert isinstance(answer, AAssociateAC)
    assert [(each.context_id, each.result) for each in answer.presentation_contexts] == [(3, 3), (1, 3)]
    assert raw.endswith(bytes.fromhex(sub_item))
    usual = decode(made({"pdu": "A-ASSOCIATE-AC"}, heard)).pdu
    assert isinstance(usual, AAssociateAC)
    assert [each.context_id for each in usual.presentation_contexts] == [1, 3]


def test_a_response_comes_in_another_context_of_its_abstract_syntax_where_there_is_one() -> None:
    of_verification = [PresentationContextRQ(number, VERIFICATION, (IMPLICIT,)) for number in (1, 3)]
    proposed = (*of_verification, PresentationContextRQ(5, FIND, (IMPLICIT,)))
    heard = ReceivedSoFar(AAssociateRQ("PEER", "MOD", proposed), transfer_syntaxes=dict.fromkeys((1, 3, 5), IMPLICIT))
    for asked, answered in ((1, 3), (3, 1), (5, 5)):
        said = {"dimse": "C-ECHO-RSP", "context_id": str(asked), "in_another_context": "true"}
        assert message(made(said, heard)).context_id == answered


@pytest.mark.parametrize("later", ["C-CANCEL-RQ", "C-STORE-RSP"])
def test_a_response_answers_the_last_request_whatever_came_after_it(later: str) -> None:
    heard = ReceivedSoFar()
    heard.hear(Message(3, command_set("C-GET-RQ", MessageID=7, AffectedSOPClassUID=VERIFICATION)))
    heard.hear(Message(5, command_set(later, MessageIDBeingRespondedTo=9)))
    response = message(made({"dimse": "C-GET-RSP", "Status": "FE00"}, heard))
    assert response.context_id == 3
    assert response.command.number("MessageIDBeingRespondedTo") == 7
    assert response.command.text("AffectedSOPClassUID") == VERIFICATION


def test_a_request_without_a_message_id_is_answered_with_none() -> None:
    heard = ReceivedSoFar()
    heard.hear(Message(1, command_set("C-ECHO-RQ", AffectedSOPClassUID=VERIFICATION)))
    assert message(made({"dimse": "C-ECHO-RSP"}, heard)).command.number("MessageIDBeingRespondedTo") == 0


def test_what_does_not_come_is_recorded() -> None:
    scripted, _ = play([*LAWFUL[:4], {"receive": {"dimse": "C-FIND-RQ", "within_s": "0.05"}}, *LAWFUL[4:]])
    assert scripted.not_received == ("step 5: awaited C-FIND-RQ, got A-RELEASE-RQ",)


@pytest.mark.parametrize(
    ("awaited", "missed"),
    [
        ({"any_of": ["C-FIND-RQ", "A-RELEASE-RQ"]}, ()),
        ({"any_of": "A-RELEASE-RQ"}, ()),
        ({"any_of": ["C-FIND-RQ", "ended"]}, ()),
        ("ended", ()),
        (
            {"any_of": ["C-FIND-RQ", "A-ABORT"], "within_s": "0.05"},
            ("step 5: awaited C-FIND-RQ or A-ABORT, got A-RELEASE-RQ",),
        ),
    ],
)
def test_one_of_several_may_be_awaited(awaited: object, missed: tuple[str, ...]) -> None:
    end = [] if missed == () else [LAWFUL[4]]
    scripted, outcome = play([*LAWFUL[:4], {"receive": awaited}, *end, *LAWFUL[5:]])
    assert scripted.not_received == missed
    assert outcome["result"] == "success"


@pytest.mark.parametrize(("how", "got"), [("abort", "A-ABORT"), ("close", "the end of the connection")])
def test_an_end_is_a_release_an_abort_or_a_close(how: str, got: str) -> None:
    assert _played_against(how, [{"receive": "ended"}])["not_received"] == ()
    awaited: list[object] = [{"receive": {"dimse": "C-ECHO-RSP", "within_s": "0.5"}}]
    (missed,) = _played_against(how, awaited)["not_received"]
    assert missed.startswith("step 2: awaited C-ECHO-RSP, got ")
    assert got in missed


def test_what_is_sent_to_a_peer_that_has_closed_is_no_timeout() -> None:
    sends: list[object] = [{"send": {"pdu": "A-RELEASE-RQ"}} for _ in range(20)]
    played = _played_against("abort", [{"receive": "ended"}, *sends, {"receive": "closed"}])
    assert played["not_received"] == ()


def _played_against(how: str, rest: list[object]) -> Any:
    """Play a script that opens an association against a peer which ends it at once."""
    ending: list[object] = ["close"] if how == "close" else [{"send": {"pdu": "A-ABORT"}}, "close"]
    acceptor = Scripted("acceptor", "PEER", Recorder(), script=[{"receive": {"pdu": "A-ASSOCIATE-RQ"}}, *ending])
    requestor = Scripted("requestor", "OURS", Recorder(), script=[{"send": {"pdu": "A-ASSOCIATE-RQ"}}, *rest])
    acceptor.start()
    try:
        return requestor.perform("play", acceptor.address, {})
    finally:
        acceptor.stop()
        requestor.stop()


def test_what_is_optional_may_not_come() -> None:
    optional = {"receive": {"dimse": "C-FIND-RQ", "within_s": "0.05", "optional": "true"}}
    scripted, _ = play([*LAWFUL[:4], optional, *LAWFUL[4:]])
    assert scripted.not_received == ()


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("Rows", "70000"),
        ("Rows", "-1"),
        ("SelectorSSValue", "40000"),
        ("SelectorULValue", "4294967296"),
        ("SelectorSVValue", "9223372036854775808"),
        ("RecommendedDisplayFrameRateInFloat", "1e99"),
        ("SelectorFDValue", "1e999x"),
        ("PixelPaddingValue", "65536"),
        ("SelectorATValue", "no tag"),
    ],
)
def test_a_value_that_its_vr_cannot_hold_is_one_sentence(keyword: str, value: str) -> None:
    line = {"send": {"dimse": "C-FIND-RSP", "Status": "FF00", "data_set": {keyword: value}}}
    with pytest.raises(ValueError, match=rf"^step 1: data_set.{keyword}: '{re.escape(value)}' is not a") as raised:
        Scripted("peer", "PEER", Recorder(), script=[line])
    assert "\n" not in str(raised.value)


def test_a_character_set_that_is_misspelt_is_sent_as_it_is() -> None:
    data_set = {"SpecificCharacterSet": "ISO-IR 6", "PatientName": "Doe"}
    (step,) = read_script([{"send": {"dimse": "C-FIND-RSP", "Status": "FF00", "data_set": data_set}}])
    assert isinstance(step, Send)
    assert b"ISO-IR 6" in step.make(ReceivedSoFar())


def test_as_requestor() -> None:
    recorder = Recorder()
    destination = Destination("destination", "DEST", recorder, deadlines=SHORT)
    destination.start()
    context = {"sop_class": VERIFICATION, "transfer_syntaxes": [IMPLICIT]}
    script = [
        {"send": {"pdu": "A-ASSOCIATE-RQ", "called_ae_title": "DEST", "contexts": [context]}},
        {"receive": {"pdu": "A-ASSOCIATE-AC"}},
        {"send": {"dimse": "C-ECHO-RQ", "AffectedSOPClassUID": VERIFICATION, "MessageID": "12"}},
        {"receive": {"dimse": "C-ECHO-RSP"}},
        {"send": {"pdu": "A-ASSOCIATE-AC"}},
        {"receive": {"pdu": "A-ABORT"}},
        {"receive": "closed"},
    ]
    scripted = Scripted("peer", "PEER", recorder, script=script, deadlines=SHORT)
    outcome = scripted.perform("play", destination.address, {"called_ae_title": "DEST"})
    destination.stop()
    assert (outcome["result"], outcome["not_received"]) == ("success", ())
    assert scripted.perform("play", destination.address, {})["result"] == "unreachable"
