from __future__ import annotations

import pytest
from hand_written import CT, EXPLICIT, A, R, Talk, acceptance, request, trace_of

from dicom_conformance.errors import HarnessError
from dicom_conformance.trace.trace import Trace
from dicom_wire.capture.sighting import Kind, Recorder
from dicom_wire.codec import encode

ASK = encode(request((CT, (EXPLICIT,))))
ANSWER = encode(acceptance((0, EXPLICIT)))


def seen_thrice(at_acceptor=ASK):
    """One association led through a relay: seen by the requestor, the relay and the acceptor."""
    recorder = Recorder()
    mine = Talk(recorder, observer="modality", ports=(40000, 50000))
    relay = Talk(recorder, observer="link", ports=(40000, 104), relay_ports=(50000, 41000))
    theirs = Talk(recorder, requestor="?", observer="archive", ports=(41000, 104))
    mine.bytes(R, ASK, written=True)
    relay.bytes(R, ASK)
    relay.bytes(R, ASK, written=True)
    theirs.bytes(R, at_acceptor)
    return Trace(recorder)


def test_the_relays_view_is_judged_alone():
    trace = seen_thrice()
    assert [one.view.connection.observer for one in trace.conversations] == ["link"]
    assert len(trace.conversations[0].pdus) == 1, "what the relay wrote on is not sent twice"
    trace.verify_agreement()


def test_observers_that_saw_different_bytes_are_our_own_fault():
    odd = ASK[:20] + bytes([ASK[20] ^ 1]) + ASK[21:]
    with pytest.raises(HarnessError, match="offset 20"):
        seen_thrice(odd).verify_agreement()


def test_bytes_on_their_way_prove_nothing():
    seen_thrice(ASK[:-7]).verify_agreement()


def test_one_local_port_towards_two_targets_is_two_connections():
    recorder = Recorder()
    relay = Talk(recorder, observer="link", ports=(40000, 104), relay_ports=(50000, 41000)).bytes(R, ASK)
    other = Talk(recorder, observer="archive", ports=(40000, 105)).bytes(R, ANSWER)
    onward = Talk(recorder, observer="link", ports=(40001, 106), relay_ports=(50001, 40000)).bytes(R, ANSWER)
    trace = Trace(recorder)
    trace.verify_agreement()
    judged = [one.view.connection.number for one in trace.conversations]
    assert judged == [relay.number, other.number, onward.number]


def test_the_same_two_ends_once_more_are_another_connection():
    recorder = Recorder()
    for said in (ASK, ANSWER):
        Talk(recorder, observer="modality", ports=(40000, 104)).bytes(R, said, written=True)
        Talk(recorder, observer="vault", ports=(40000, 104)).bytes(R, said)
    trace = Trace(recorder)
    trace.verify_agreement()
    assert len(trace.conversations) == 2


def test_both_endpoints_of_a_direct_connection_are_one_conversation():
    recorder = Recorder()
    one = Talk(recorder, observer="archive", requestor="archive", acceptor="destination", ports=(40000, 104))
    two = Talk(recorder, observer="destination", requestor="archive", acceptor="destination", ports=(40000, 104))
    one.bytes(R, ASK, written=True)
    two.bytes(R, ASK)
    trace = Trace(recorder)
    assert len(trace.conversations) == 1
    two.bytes(A, ANSWER, written=True)
    one.bytes(A, ANSWER[:10] + b"\xff" + ANSWER[11:])
    with pytest.raises(HarnessError, match="acceptor"):
        trace.verify_agreement()


def test_an_unknown_requestor_is_named_by_its_title():
    recorder = Recorder()
    talk = Talk(recorder, requestor="?", acceptor="archive", observer="archive")
    trace = Trace(recorder, titles={"MODALITY": "modality"})
    assert trace.conversations[0].requestor == "?"
    talk.bytes(R, ASK)
    assert trace.conversations[0].requestor == "modality"
    assert trace.conversations[0].pdus[0].sender == "modality"


def test_a_title_padded_with_nul_names_its_requestor():
    recorder = Recorder()
    padded = "MODALITY".ljust(16, "\0").encode()
    assert b"MODALITY        " in ASK
    trace = Trace(recorder, titles={"MODALITY": "modality"})
    Talk(recorder, requestor="?", observer="archive").bytes(R, ASK.replace(b"MODALITY        ", padded))
    assert trace.conversations[0].requestor == "modality"


def test_a_trace_grows_and_decodes_each_byte_once():
    recorder = Recorder()
    talk = Talk(recorder)
    trace = Trace(recorder)
    talk.bytes(R, ASK[:30])
    conversation = trace.conversations[0]
    assert conversation.pdus == []
    assert len(conversation.pending(R)) == 30
    talk.bytes(R, ASK[30:]).bytes(A, ANSWER)
    assert trace.conversations[0] is conversation
    first = conversation.pdus[0]
    assert [context.result for context in conversation.contexts] == [0]
    talk.store()
    assert trace.conversations == [conversation]
    assert [message.name for message in conversation.messages] == ["C-STORE-RQ", "C-STORE-RSP"]
    assert conversation.pdus[0] is first
    assert conversation.messages[0].transfer_syntax == EXPLICIT
    assert conversation.messages[0].abstract_syntax == CT


@pytest.mark.parametrize(("kind", "how"), [(Kind.RST, "reset"), (Kind.FIN, "closed"), (Kind.REFUSED, "refused")])
def test_an_end_without_a_word(kind, how):
    end = trace_of(lambda recorder: Talk(recorder).saw(kind, A)).conversations[0].end
    assert (end.how, end.by) == (how, "workstation")


def test_what_comes_after_the_release_changes_nothing():
    trace = trace_of(lambda recorder: Talk(recorder).opened().released().saw(Kind.RST, A))
    assert trace.conversations[0].end.how == "released"
    assert trace.conversations[0].end.by == "modality"
