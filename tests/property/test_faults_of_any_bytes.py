"""Faults over conversations that nobody thought of: what they may change, and what has to stay as it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dicom_simulators.encoding import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    Element,
    encoding_of,
    read_elements,
    tag_of,
    write_elements,
)
from dicom_simulators.faults import InForce, Moment, PaceAction, When, build, paced, prepared
from dicom_simulators.link.direction import Framing
from dicom_wire import Assembler, Message, PDataTF, PDUStream, command_set, encode, fragment

BODIES = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=60)), max_size=8)
CUTS = st.lists(st.integers(1, 40), min_size=1, max_size=40)
DATA_SETS = st.one_of(st.none(), st.binary(max_size=300))


def pdus(bodies: list[tuple[int, bytes]]) -> list[bytes]:
    return [bytes((kind, 0)) + len(body).to_bytes(4, "big") + body for kind, body in bodies]


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    found = []
    for size in cuts:
        found.append(data[:size])
        data = data[size:]
    return [*found, data]


@given(BODIES, CUTS)
def test_pdus_come_out_whole_however_the_bytes_arrive(bodies: list[tuple[int, bytes]], cuts: list[int]) -> None:
    framing, whole = Framing(), pdus(bodies)
    found = [one for piece in pieces(b"".join(whole), cuts) for one in framing.whole(piece)]
    assert found == [(raw, True) for raw in whole]
    assert framing.rest() == b""


@given(BODIES, CUTS, st.lists(st.booleans(), max_size=41))
def test_no_byte_is_lost_or_sent_twice_when_a_fault_comes_and_goes(
    bodies: list[tuple[int, bytes]], cuts: list[int], holds: list[bool]
) -> None:
    framing, stream = Framing(), b"".join(pdus(bodies))
    gone = b""
    for number, piece in enumerate(pieces(stream, cuts)):
        if number < len(holds) and holds[number]:
            gone += b"".join(raw for raw, _ in framing.whole(piece))
        else:
            gone += framing.skip(piece)
    assert gone + framing.rest() == stream


@given(
    DATA_SETS,
    st.integers(1, 50),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(0, 9),
    st.sampled_from([0, 8, 20, 99, 4096]),
)
def test_odd_fragments_hold_the_same_message_and_keep_within_the_length(
    data_set: bytes | None, size: int, random: bool, together: bool, empty: bool, seed: int, maximum: int
) -> None:
    kind = 0x0101 if data_set is None else 1
    message = Message(1, command_set("C-ECHO-RQ", MessageID=1, CommandDataSetType=kind), data_set)
    fault = build(
        "odd_fragments", {"bytes": size, "random": random, "together": together, "empty": empty, "seed": seed}
    )
    sent, delivery = prepared(message, InForce([fault]).actions(Moment(When.BEFORE, "C-ECHO-RQ", message=message)))
    assembler = Assembler()
    found: list[Message] = []
    for received in PDUStream().feed(b"".join(delivery.pdus(sent, maximum))):
        assert isinstance(received.pdu, PDataTF)
        assert maximum == 0 or len(received.raw) - 6 <= maximum
        found += assembler.feed(received.pdu)
    assert [(one.context_id, one.command, bytes(one.data_set or b"")) for one in found] == [
        (1, message.command, data_set or b"")
    ]


@given(st.binary(max_size=400), st.integers(0, 50), st.integers(0, 50), st.integers(0, 90))
def test_however_slowly_they_go_the_bytes_are_the_same(data: bytes, size: int, other: int, after: int) -> None:
    paces = [PaceAction(stall_after_bytes=after, stall_s=1.0), PaceAction(size, 0.1), PaceAction(other, 0.2)]
    assert b"".join(piece for _, piece in paced(data, paces)) == data


@given(
    st.dictionaries(
        st.sampled_from(["PatientName", "PatientID", "StudyDate", "Modality"]), st.text("AB12 ", max_size=9)
    ),
    st.sampled_from([IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN]),
    st.binary(max_size=20),
)
def test_what_a_change_of_a_data_set_does_not_name_stays(held: dict[str, str], syntax: str, pixels: bytes) -> None:
    vrs = {"PatientName": "PN", "PatientID": "LO", "StudyDate": "DA", "Modality": "CS"}
    elements = {tag_of(name): Element(tag_of(name), vrs[name], text.encode()) for name, text in held.items()}
    rest = write_elements({0x7FE00010: Element(0x7FE00010, "OW", pixels)}, encoding_of(syntax))
    data_set = write_elements(elements, encoding_of(syntax)) + rest
    message = Message(1, command_set("C-STORE-RQ", MessageID=1, CommandDataSetType=1), data_set)
    fault = build("change_data_set", {"of": "C-STORE-RQ", "set": {"PatientID": "NEW"}, "remove": "Modality"})
    moment = Moment(When.BEFORE, "C-STORE-RQ", message=message, transfer_syntax=syntax)
    sent, _ = prepared(message, InForce([fault]).actions(moment))
    assert sent.data_set is not None
    assert sent.data_set.endswith(rest)
    found = read_elements(sent.data_set, syntax)
    before = read_elements(data_set, syntax)
    assert found.pop(tag_of("PatientID")).value == b"NEW "
    assert found == {tag: one for tag, one in before.items() if tag not in (tag_of("PatientID"), tag_of("Modality"))}


@given(DATA_SETS, st.integers(0, 200), st.integers(0, 30), st.integers(0, 99))
def test_damage_to_a_pdu_is_the_same_for_the_same_seed(data_set: bytes | None, flip: int, cut: int, seed: int) -> None:
    message = Message(1, command_set("C-ECHO-RQ", MessageID=1), data_set)
    raw = encode(next(fragment(message, 0)))
    fault = build("corrupt_pdu", {"of": "C-ECHO-RQ", "flip": flip, "cut": cut, "seed": seed})
    damaged = []
    for _ in range(2):
        _, delivery = prepared(message, InForce([fault]).actions(Moment(When.BEFORE, "C-ECHO-RQ", message=message)))
        damaged.append(delivery.changed(raw))
    assert damaged[0] == damaged[1]
    assert len(damaged[0]) == max(0, len(raw) - cut)
    assert damaged[0][:6] == raw[:6][: len(damaged[0])]
