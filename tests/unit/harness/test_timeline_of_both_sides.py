"""The timeline shows each message as sent and as received, and marks a broken clause on the side that broke it."""

from __future__ import annotations

from typing import Any

import pytest
from hand_written import CT, EXPLICIT, A, R, Talk, acceptance, judged, request, trace_of

from dicom_conformance.judge import marks
from dicom_conformance.results import Finding, Level
from dicom_conformance.trace import Trace, timeline, timeline_lines
from dicom_wire.capture import Kind, Recorder, Side
from dicom_wire.codec import encode
from dicom_wire.command import command_set
from dicom_wire.dimse import Message, fragment
from dicom_wire.pdu import PDU, AAbort, AReleaseRQ

CLAUSE = "PS3.7 9.3.1"


class Relayed:
    """A conversation through a relay: what each side sends, and what the relay hands on."""

    def __init__(self, recorder: Recorder) -> None:
        self.talk = Talk(recorder)

    def passes(self, side: Side, sent: bytes | None, handed_on: bytes | None) -> Relayed:
        """Have a side send bytes (None: nothing), and the other side get bytes (None: nothing)."""
        if sent is not None:
            self.talk.bytes(side, sent)
        if handed_on is not None:
            self.talk.bytes(side, handed_on, written=True)
        return self

    def as_sent(self, side: Side, *pdus: PDU) -> Relayed:
        for pdu in pdus:
            self.passes(side, encode(pdu), encode(pdu))
        return self

    def opened(self) -> Relayed:
        return self.as_sent(R, request((CT, (EXPLICIT,)))).as_sent(A, acceptance((0, EXPLICIT)))


def message(name: str, **elements: object) -> bytes:
    return b"".join(map(encode, fragment(Message(1, command_set(name, **elements)), 0)))


def echo_request(number: int) -> bytes:
    return message("C-ECHO-RQ", AffectedSOPClassUID=CT, MessageID=number)


def echo_response(number: int) -> bytes:
    return message("C-ECHO-RSP", AffectedSOPClassUID=CT, MessageIDBeingRespondedTo=number, Status=0)


def shown(trace: Trace, *findings: Finding) -> dict[str, Any]:
    (conversation,) = timeline(trace, 0, marks(trace, findings, CLAUSE, Level.SHALL))
    return conversation


def event(conversation: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (each for each in conversation["events"] if each["name"] == name)
    return dict(found)


def rules(marked: dict[str, Any]) -> list[tuple[str, str]]:
    return [(mark["by"], mark["rule"]) for mark in marked["marks"]]


def test_what_a_relay_changes_is_shown_as_sent_and_as_received():
    conversation = shown(
        trace_of(lambda recorder: Relayed(recorder).opened().passes(R, echo_request(1), echo_request(7)))
    )
    asked = event(conversation, "C-ECHO-RQ")
    assert "MessageID = 1" in asked["detail"]
    assert asked["received"]["differences"] == ["- MessageID = 1", "+ MessageID = 7"]
    assert asked["received"]["t_ms"] >= asked["t_ms"]
    assert "name" not in event(conversation, "A-ASSOCIATE-RQ")["received"], (
        "what arrives as it was sent is not repeated"
    )


def test_a_side_is_held_against_what_it_was_given():
    """The acceptor answers the Message ID that reached it; the requestor is given another than the one it sent."""

    def answers(number: int) -> dict[str, Any]:
        def talk(recorder: Recorder) -> None:
            relayed = Relayed(recorder).opened().passes(R, echo_request(1), echo_request(7))
            relayed.passes(A, echo_response(number), echo_response(number))

        return event(shown(trace_of(talk)), "C-ECHO-RSP")

    assert rules(answers(7)) == []
    assert rules(answers(1)) == [("workstation", "response-not-due")]


def test_what_does_not_arrive_and_what_nobody_sent():
    def talk(recorder: Recorder) -> None:
        Relayed(recorder).opened().passes(R, echo_request(1), None).passes(A, None, echo_response(1))

    conversation = shown(trace_of(talk))
    asked, answered = event(conversation, "C-ECHO-RQ"), event(conversation, "C-ECHO-RSP")
    assert (asked["received"], "sent" in asked) == (False, False)
    assert answered["sent"] is False
    assert answered["received"]["t_ms"] == answered["t_ms"]
    text = "\n".join(timeline_lines(trace_of(talk), 0))
    assert "C-ECHO-RQ  [not received]" in text
    assert "C-ECHO-RSP  status 0000  [not sent by it: made on the way]" in text


def test_a_relay_that_cuts_a_message_anew_changes_nothing():
    data = bytes(1000)
    pieces = [
        b"".join(map(encode, fragment(Message(1, command_set("C-FIND-RSP", CommandDataSetType=1), data), most)))
        for most in (0, 100)
    ]
    conversation = shown(trace_of(lambda recorder: Relayed(recorder).opened().passes(A, *pieces)))
    assert list(event(conversation, "C-FIND-RSP")["received"]) == ["t_ms"]


def test_without_a_relay_both_ends_are_seen_where_both_are_ours():
    def talk(recorder: Recorder) -> None:
        ends = [
            Talk(recorder, "archive", "destination", observer, ports=(40000, 104))
            for observer in ("archive", "destination")
        ]
        for side, pdu in ((R, request((CT, (EXPLICIT,)))), (A, acceptance((0, EXPLICIT))), (R, AReleaseRQ())):
            ends[side is A].bytes(side, encode(pdu), written=True)
            if not isinstance(pdu, AReleaseRQ):
                ends[side is R].bytes(side, encode(pdu))

    conversation = shown(trace_of(talk))
    received = {each["name"]: each["received"] for each in conversation["events"]}
    assert received["A-RELEASE-RQ"] is False, "the acceptor read no further"
    assert list(received["A-ASSOCIATE-AC"]) == ["t_ms"]


def test_a_side_that_nobody_observed_is_not_said_to_have_received_or_sent():
    conversation = shown(trace_of(lambda recorder: Talk(recorder, observer="modality").opened()))
    asked, answered = conversation["events"]
    assert (asked["received"], asked.get("sent", True)) == (None, True)
    assert answered["sent"] is None
    assert answered["received"]["t_ms"] == answered["t_ms"]


def test_a_finding_is_marked_at_the_subject_and_at_its_pdu():
    trace = trace_of(lambda recorder: Talk(recorder).opened().store(status=0xA700).released())
    at_pdu = Finding("dimse", False, "", Level.SHALL, "0000", "A700", evidence=("link/0/5",))
    at_none = Finding("association", False, "PS3.8 9.1", Level.SHOULD, "x", "y", evidence=("link/0",))
    met = Finding("pdu", True, evidence=("link/0/1",))
    conversation = shown(trace, at_pdu, at_none, met, Finding("log", False, level=Level.NOTE, evidence=("link/0/1",)))
    assert conversation["subject"] == "workstation"
    assert event(conversation, "C-STORE-RSP")["marks"] == [
        {"by": "workstation", "rule": "dimse", "clause": CLAUSE, "level": "shall", "text": "expected 0000; actual A700"}
    ]
    assert rules(conversation) == [("workstation", "association")]
    assert sum(len(each["marks"]) for each in conversation["events"]) == 1


def test_a_broken_rule_of_a_fragment_stands_at_its_message():
    """A P-DATA-TF longer than announced is a part of a message; the message is what the timeline shows."""
    too_long = b"".join(
        map(encode, fragment(Message(1, command_set("C-STORE-RQ", CommandDataSetType=1), bytes(20000)), 19000))
    )
    trace = trace_of(lambda recorder: Talk(recorder).opened().bytes(R, too_long))
    assert ("modality", "maximum-length") in rules(event(shown(trace), "C-STORE-RQ"))


def test_an_end_without_a_release_is_marked_at_the_end():
    trace = trace_of(lambda recorder: Talk(recorder).opened().saw(Kind.FIN, A))
    assert rules(event(shown(trace), "TCP FIN")) == [("workstation", "closed-without-release")]


@pytest.mark.parametrize(
    ("noun", "wanted", "name"),
    [
        ("dimse", {"sender": "workstation", "message": "C-STORE-RSP", "status": "A700"}, "C-STORE-RSP"),
        ("response", {"to": "C-STORE-RQ", "status": "A700"}, "C-STORE-RSP"),
        ("association", {"acceptor": "workstation", "ends": "released"}, "A-ABORT"),
        ("association", {"acceptor": "workstation", "released_by": "modality"}, "A-ABORT"),
        ("context", {"acceptor": "workstation", "result": "abstract_syntax_not_supported"}, "A-ASSOCIATE-AC"),
    ],
)  # fmt: skip
def test_a_finding_points_at_the_pdu_that_shows_it(noun: str, wanted: dict[str, object], name: str):
    trace = trace_of(lambda recorder: Talk(recorder).opened().store().pdu(A, AAbort(0, 0)).saw(Kind.FIN, A))
    unmet = [finding for finding in judged(trace, noun, **wanted) if finding.unmet]
    assert [mark["rule"] for mark in event(shown(trace, *unmet), name)["marks"]] == [noun]
