"""The timeline of a case: everything that was seen, in the order in which it was seen."""

from __future__ import annotations

import pytest
from hand_written import CT, A, R, Talk, trace_of

from dicom_conformance.trace.timeline import MOST_EVENTS, timeline
from dicom_conformance.trace.trace import Trace
from dicom_wire.capture.sighting import Kind
from dicom_wire.codec import encode
from dicom_wire.command import command_set
from dicom_wire.dimse import Message, fragment
from dicom_wire.pdu import PDV, AReleaseRP, AReleaseRQ, PDataTF

VERIFICATION = "1.2.840.10008.1.1"
UNKNOWN_ELEMENT = bytes.fromhex("0900 0100 04000000 01020304")


def events(trace: Trace) -> list[dict[str, object]]:
    (conversation,) = timeline(trace, 0)
    found: list[dict[str, object]] = conversation["events"]
    return found


def names(trace: Trace) -> list[object]:
    return [event["name"] for event in events(trace)]


def command_of(message: str, **elements: object) -> bytes:
    (pdu,) = fragment(Message(1, command_set(message, **elements)), 0)
    return bytes(pdu.pdvs[0].data)


@pytest.mark.parametrize(
    ("raw", "name", "line"),
    [
        (command_of("C-ECHO-RQ", MessageID=1) + UNKNOWN_ELEMENT, "C-ECHO-RQ", "(0009,0001) = 01 02 03 04"),
        (bytes.fromhex("deadbeef0400000000000000"), "unknown", "(ADDE,EFBE) = 00 00 00 00"),
    ],
)
def test_a_command_element_that_no_table_has_is_shown_by_its_tag(raw, name, line):
    trace = trace_of(lambda recorder: Talk(recorder).opened().pdu(R, PDataTF((PDV(1, True, True, raw),))))
    message = events(trace)[-1]
    assert message["name"] == name
    assert line in message["detail"]
    assert any(violation.startswith("command-group ") for violation in message["violations"])


def test_a_command_element_that_comes_twice_is_shown_twice():
    twice = command_of("C-ECHO-RQ", MessageID=1) + bytes.fromhex("0000 1001 02000000 0700")
    trace = trace_of(lambda recorder: Talk(recorder).opened().pdu(R, PDataTF((PDV(1, True, True, twice),))))
    shown = [line for line in events(trace)[-1]["detail"] if line.startswith("MessageID ")]
    assert shown == ["MessageID = 1", "MessageID = 7"]


def test_what_came_at_one_time_stands_in_the_order_in_which_it_came():
    report = b"".join(
        map(encode, fragment(Message(1, command_set("N-EVENT-REPORT-RQ", MessageID=7, EventTypeID=2)), 0))
    )
    at_once = report + encode(AReleaseRP())

    def talk(recorder):
        Talk(recorder).opened().pdu(R, AReleaseRQ()).bytes(A, at_once).saw(Kind.FIN, R)

    assert names(trace_of(talk))[-4:] == ["A-RELEASE-RQ", "N-EVENT-REPORT-RQ", "A-RELEASE-RP", "TCP FIN"]


def test_a_message_of_which_the_data_set_stops_half_way_is_shown():
    response, data = fragment(Message(1, command_set("C-FIND-RSP", Status=0xFF00, CommandDataSetType=1), bytes(100)), 0)
    half = PDataTF((PDV(1, False, False, bytes(data.pdvs[0].data)[:40]),))
    trace = trace_of(lambda recorder: Talk(recorder).opened().pdu(A, response).pdu(A, half).saw(Kind.FIN, A))
    shown = next(event for event in events(trace) if event["name"] == "incomplete C-FIND-RSP")
    assert shown["summary"] == "status FF00, the last fragment of its data set did not come; 40 bytes of it did"
    assert "Status = FF00" in shown["detail"]


def test_a_command_set_that_stops_half_way_is_shown():
    half = PDataTF((PDV(1, True, False, command_of("C-ECHO-RQ", MessageID=1)[:20]),))
    trace = trace_of(lambda recorder: Talk(recorder).opened().pdu(R, half).saw(Kind.FIN, R))
    shown = next(event for event in events(trace) if event["name"] == "incomplete message")
    assert shown["summary"] == "its last fragment did not come; 20 bytes of a command set did"


@pytest.mark.parametrize(
    ("left", "summary"),
    [
        (
            "04 00 00 00 01 00 00 00 00 fc 01 02 08 00",
            "14 of the 262 bytes of a PDU of type 04H; the rest did not come",
        ),
        ("04 00 00", "3 bytes of a PDU header"),
    ],
)
def test_a_pdu_that_stops_half_way_is_shown(left, summary):
    raw = bytes.fromhex(left)
    trace = trace_of(lambda recorder: Talk(recorder).opened().store().bytes(A, raw).saw(Kind.FIN, A))
    shown = next(event for event in events(trace) if event["name"] == "incomplete PDU")
    assert (shown["sender"], shown["summary"], shown["detail"]) == ("workstation", summary, [raw.hex(" ")])


def test_a_data_set_without_a_command_set_is_shown_among_messages():
    stray = PDataTF((PDV(1, False, True, b"1234"),))
    trace = trace_of(lambda recorder: Talk(recorder).opened().store().pdu(R, stray).released())
    shown = [event for event in events(trace) if event["name"] == "P-DATA-TF"]
    assert [event["detail"] for event in shown] == [["PDV context 1 data last, 4 bytes"]]
    assert shown[0]["violations"]


def test_a_long_timeline_says_how_much_it_leaves_out():
    def talk(recorder):
        one = Talk(recorder).opened((CT, ("1.2.840.10008.1.2.1",)))
        for _ in range(MOST_EVENTS // 2):
            one.store()
        one.released()

    found = events(trace_of(talk))
    assert len(found) == MOST_EVENTS + 1
    assert found[-1]["summary"] == "5 more events; trace.pcap has them"
