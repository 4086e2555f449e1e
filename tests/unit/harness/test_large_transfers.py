"""What a large transfer takes: its bytes once on the wire, and once as the instance that its sender was given."""

from __future__ import annotations

import gc
import json
import tracemalloc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from hand_written import CT, EXPLICIT, acceptance, request

from dicom_conformance.errors import HarnessError
from dicom_conformance.judge import marks
from dicom_conformance.trace import Held, SeenPDU, Trace, evidence
from dicom_conformance.trace.large_data_sets import LARGE_BYTES, LargeDataSets
from dicom_wire import PDV, AReleaseRP, AReleaseRQ, Kind, Message, PDataTF, Recorder, Side, encode, fragment
from dicom_wire.capture import pcap
from dicom_wire.command import command_set

MIB = 1 << 20
NEAR, FAR = (("127.0.0.1", 40000), ("127.0.0.1", 50000)), (("127.0.0.1", 50001), ("127.0.0.1", 104))


def instance(size_bytes: int) -> Held:
    """An instance of CT whose pixels take so many bytes."""
    uid = b"2.25.1"
    head = b"\x08\x00\x18\x00UI" + len(uid).to_bytes(2, "little") + uid
    value = bytes(range(256)) * (size_bytes // 256)
    pixels = b"\xe0\x7f\x10\x00OW\0\0" + len(value).to_bytes(4, "little") + value
    return Held(CT, "2.25.1", EXPLICIT, head + pixels)


def store_request(data_set: bytes) -> list[PDataTF]:
    """C-STORE-RQ, its command set in a PDU of its own."""
    uids = {"AffectedSOPClassUID": CT, "AffectedSOPInstanceUID": "2.25.1"}
    command = command_set("C-STORE-RQ", MessageID=1, Priority=0, CommandDataSetType=1, **uids)
    return list(fragment(Message(1, command, data_set), 32768))


def said(recorder: Recorder, sent: bytes, changed_at: int | None = None) -> None:
    """Have two ends and the relay between them tell of an association, each with bytes of its own."""
    link = recorder.open("link", "modality", "archive", NEAR[0], FAR[1], (NEAR[1], FAR[0]))
    modality = recorder.open("modality", "modality", "archive", *NEAR)
    archive = recorder.open("archive", "?", "archive", *FAR)
    for number in (link, modality, archive):
        recorder.saw(number, Kind.OPENED, Side.REQUESTOR)

    def asked(data: bytes) -> None:
        recorder.saw(modality, Kind.DATA, Side.REQUESTOR, data, written=True)
        for at in range(0, len(data), 200_000):
            for written in (False, True):
                recorder.saw(link, Kind.DATA, Side.REQUESTOR, bytearray(data[at : at + 200_000]), written=written)
        arrived = bytearray(data)
        if changed_at is not None and len(data) > changed_at:
            arrived[changed_at] ^= 1
        for at in range(0, len(arrived), 131_000):
            recorder.saw(archive, Kind.DATA, Side.REQUESTOR, arrived[at : at + 131_000])

    def answered(data: bytes) -> None:
        recorder.saw(archive, Kind.DATA, Side.ACCEPTOR, data, written=True)
        for written in (False, True):
            recorder.saw(link, Kind.DATA, Side.ACCEPTOR, data, written=written)
        recorder.saw(modality, Kind.DATA, Side.ACCEPTOR, data)

    asked(encode(request((CT, (EXPLICIT,)))))
    answered(encode(acceptance((0, EXPLICIT))))
    for at in range(0, len(sent), MIB):
        asked(sent[at : at + MIB])
    uids = {"AffectedSOPClassUID": CT, "AffectedSOPInstanceUID": "2.25.1"}
    response = command_set("C-STORE-RSP", MessageIDBeingRespondedTo=1, Status=0, CommandDataSetType=0x0101, **uids)
    answered(b"".join(map(encode, fragment(Message(1, response), 32768))))
    asked(encode(AReleaseRQ()))
    answered(encode(AReleaseRP()))
    for number in (link, modality, archive):
        recorder.saw(number, Kind.FIN, Side.REQUESTOR)


@pytest.mark.parametrize("is_known", [True, False])
def test_a_transfer_of_70_mib_is_held_once_beside_its_original(tmp_path: Path, is_known: bool) -> None:
    given = instance(70 * MIB)
    size_bytes = len(given.data_set)
    sent = b"".join(map(encode, store_request(given.data_set)))
    tracemalloc.start()
    try:
        recorder = Recorder()
        trace = Trace(recorder, subject="archive", originals={"2.25.1": given} if is_known else {})
        said(recorder, sent)
        ((_, asked), _) = trace.messages()
        trace.verify_agreement()
        marked = marks(trace, [], "PS3.4 B.2.1", "shall")
        evidence.write(tmp_path, trace, 0, True, {}, marks=marked)
        left, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    copies = 1 if is_known else 2  # on the wire, and the data set unless it is the original's
    assert size_bytes * copies < left < size_bytes * (copies + 0.25)
    assert peak < size_bytes * (copies + 0.5)
    assert (asked.data_set is given.data_set) is is_known
    assert asked.data_set == given.data_set
    shown = json.loads((tmp_path / "timeline.json").read_text(encoding="utf-8"))[0]["events"]
    names = ["A-ASSOCIATE-RQ", "A-ASSOCIATE-AC", "C-STORE-RQ", "C-STORE-RSP", "A-RELEASE-RQ", "A-RELEASE-RP"]
    assert [event["name"] for event in shown][:6] == names
    assert all(event["received"] for event in shown[:6])
    (stream,) = pcap.read(tmp_path / "trace.pcap")
    assert sent in stream.sent_by(Side.REQUESTOR)


def talked(*told: bytes, originals: dict[str, Held] | None = None) -> Trace:
    recorder = Recorder()
    number = recorder.open("archive", "modality", "archive", *NEAR)
    for data in (encode(request((CT, (EXPLICIT,)))), *told):
        recorder.saw(number, Kind.DATA, Side.REQUESTOR, data)
    return Trace(recorder, originals=originals or {})


def last_pdus(trace: Trace, count: int) -> list[SeenPDU]:
    (one,) = trace.conversations
    assert len(one.messages) == 1
    return one.pdus[-count:]


def in_pairs(pdus: list[PDataTF]) -> Iterator[PDataTF]:
    """Put two fragments into each PDU, the command set and the first one of the data set among them."""
    pdvs = [pdv for pdu in pdus for pdv in pdu.pdvs]
    for at in range(0, len(pdvs), 2):
        yield PDataTF(tuple(pdvs[at : at + 2]), reserved=at & 0xFF)


def with_an_odd_fragment(pdus: list[PDataTF]) -> Iterator[PDataTF]:
    """Cut one fragment into two of odd lengths, which is a violation."""
    yield from pdus[:5]
    (pdv,) = pdus[5].pdvs
    yield PDataTF((PDV(1, False, False, pdv.data[:5001]),))
    yield PDataTF((PDV(1, False, False, pdv.data[5001:]),))
    yield from pdus[6:]


@pytest.mark.parametrize("form", [list, in_pairs, with_an_odd_fragment])
@pytest.mark.parametrize("is_known", [True, False])
def test_pdus_whose_fragments_became_views_are_what_was_sent(form, is_known: bool) -> None:
    given = instance(2 * MIB)
    sent = list(form(store_request(given.data_set)))
    trace = talked(*map(encode, sent), originals={"2.25.1": given} if is_known else None)
    found = last_pdus(trace, len(sent))
    assert [each.raw for each in found] == [encode(each) for each in sent]
    assert [each.size_bytes for each in found] == [len(encode(each)) for each in sent]
    assert [each.pdu for each in found] == sent
    (message,) = trace.conversations[0].messages
    views = [pdv.data for each in found if not each.violations for pdv in each.pdu.pdvs if not pdv.is_command]
    assert all(isinstance(view, memoryview) and view.obj is message.data_set for view in views)
    assert sum(each.kept is None for each in found) == len(sent) - sum(bool(each.violations) for each in found)


def test_an_instance_with_another_byte_is_not_taken_for_the_original() -> None:
    given = instance(2 * MIB)
    changed = given.data_set[:-1] + b"\1"
    trace = talked(*map(encode, store_request(changed)), originals={"2.25.1": given})
    (message,) = trace.conversations[0].messages
    assert message.data_set == changed


def test_one_changed_byte_of_a_large_transfer_is_our_own_fault() -> None:
    sent = b"".join(map(encode, store_request(instance(3 * MIB).data_set)))
    recorder = Recorder()
    said(recorder, sent, changed_at=900_000)
    at = len(encode(request((CT, (EXPLICIT,))))) + 900_000
    with pytest.raises(HarnessError, match=f"from offset {at}$"):
        Trace(recorder).verify_agreement()


def test_small_data_sets_are_joined_and_not_remembered() -> None:
    known = LargeDataSets()
    assert known.join([b"ab", memoryview(b"cd")]) == b"abcd"
    assert known.join([]) == b""
    large = [bytes(LARGE_BYTES // 2), bytes(LARGE_BYTES // 2)]
    assert known.join(large) is known.join([bytes(LARGE_BYTES)])
    assert known.join([bytes(LARGE_BYTES - 1), b"\1"]) is not known.join(large)
    assert known.join([bytes(LARGE_BYTES + 1)]) == bytes(LARGE_BYTES + 1)


def test_a_case_gives_its_memory_back_without_a_search_for_garbage() -> None:
    gc.collect()
    gc.disable()
    try:
        trace = talked(*map(encode, store_request(instance(2 * MIB).data_set)))
        assert len(trace.messages()) == 1
        assert trace.seen_by_sides()
        recorder = weakref.ref(trace.recorder)
        del trace
        assert recorder() is None
    finally:
        gc.enable()
