"""Whatever is said is read back, however it is cut, and whatever is read never raises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicom_wire import (
    ABSENT,
    MESSAGE_TYPES,
    PDU,
    PDV,
    AAbort,
    AAssociateAC,
    AAssociateRJ,
    AAssociateRQ,
    AbstractSyntax,
    ApplicationContext,
    AReleaseRP,
    AReleaseRQ,
    Assembler,
    AsynchronousOperationsWindow,
    CommandSet,
    Element,
    ImplementationClassUID,
    ImplementationVersionName,
    MaximumLength,
    Message,
    PDataTF,
    PDUStream,
    PresentationContextAC,
    PresentationContextRQ,
    RoleSelection,
    SOPClassCommonExtendedNegotiation,
    SOPClassExtendedNegotiation,
    TransferSyntax,
    UnknownItem,
    UnknownPDU,
    UserIdentityAC,
    UserIdentityRQ,
    UserInformation,
    command_set,
    decode,
    decode_command,
    encode,
    encode_command,
    fragment,
    fragment_buffers,
    whole_pdus,
)
from dicom_wire.command_elements import COMMAND_FIELDS, RETIRED_COMMAND_FIELDS

quick = settings(max_examples=60, deadline=None)
thorough = settings(max_examples=250, deadline=None)

byte = st.integers(0, 255)
word = st.integers(0, 0xFFFF)
long = st.integers(0, 0xFFFFFFFF)
uid = st.lists(st.integers(0, 99999), min_size=2, max_size=8).map(lambda parts: ".".join(map(str, parts)))
odd_uid = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF), max_size=70) | uid
title = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=16).map(lambda text: text.rstrip(" "))
version_name = st.text(st.characters(min_codepoint=0, max_codepoint=0xFF), max_size=20)
short = st.binary(max_size=12)


def items(kind, **fields):
    return st.builds(kind, **fields, reserved=byte)


syntax_item = (
    items(AbstractSyntax, name=odd_uid)
    | items(TransferSyntax, name=odd_uid)
    | items(UnknownItem, type=st.integers(0x60, 0xFF), data=short)
)
context_rq = items(
    PresentationContextRQ,
    context_id=byte,
    abstract_syntax=odd_uid,
    transfer_syntaxes=st.lists(odd_uid, max_size=4).map(tuple),
    reserved_6_8=st.binary(min_size=3, max_size=3),
)
context_ac = items(
    PresentationContextAC,
    context_id=byte,
    result=byte,
    transfer_syntax=st.none() | odd_uid,
    reserved_6_8=st.binary(min_size=2, max_size=2),
)
both_ways = [
    items(MaximumLength, length_bytes=long),
    items(ImplementationClassUID, uid=odd_uid),
    items(ImplementationVersionName, name=version_name),
    items(AsynchronousOperationsWindow, invoked=word, performed=word),
    items(RoleSelection, sop_class=odd_uid, scu=byte, scp=byte),
    items(SOPClassExtendedNegotiation, sop_class=odd_uid, information=short),
    items(UnknownItem, type=st.integers(0x5A, 0xFF), data=short),
]
asked = st.one_of(
    *both_ways,
    items(
        SOPClassCommonExtendedNegotiation,
        sop_class=odd_uid,
        service_class=odd_uid,
        related_general_sop_classes=st.lists(odd_uid, max_size=3).map(tuple),
        reserved_tail=short,
    ),
    items(
        UserIdentityRQ,
        user_identity_type=byte,
        primary_field=short,
        secondary_field=short,
        positive_response_requested=byte,
    ),
)
granted = st.one_of(*both_ways, items(UserIdentityAC, server_response=short))
unknown_item = items(UnknownItem, type=st.integers(0x60, 0xFF), data=short)
application_context = items(ApplicationContext, name=odd_uid)


def information(sub_item):
    return items(UserInformation, sub_items=st.lists(sub_item, max_size=5).map(tuple))


def associate(kind, context, sub_item):
    item = st.one_of(application_context, context, information(sub_item), unknown_item)
    return st.builds(
        kind,
        called_ae_title=title,
        calling_ae_title=title,
        items=st.lists(item, max_size=6).map(tuple),
        protocol_version=word,
        reserved_9_10=st.binary(min_size=2, max_size=2),
        reserved_43_74=st.binary(min_size=32, max_size=32),
        reserved=byte,
    )


pdv = st.builds(
    PDV,
    context_id=byte,
    is_command=st.booleans(),
    is_last=st.booleans(),
    data=st.binary(max_size=60),
    reserved_bits=byte.map(lambda value: value & 0xFC),
)
four = st.binary(min_size=4, max_size=4)
pdus = st.one_of(
    associate(AAssociateRQ, context_rq, asked),
    associate(AAssociateAC, context_ac, granted),
    st.builds(
        AAssociateRJ,
        result=byte,
        source=byte,
        reason=byte,
        reserved_7=byte,
        reserved=byte,
        trailing=st.just(b"") | short,
    ),
    st.builds(PDataTF, pdvs=st.lists(pdv, max_size=4).map(tuple), reserved=byte),
    st.builds(AReleaseRQ, reserved_7_10=four, reserved=byte, trailing=short),
    st.builds(AReleaseRP, reserved_7_10=four, reserved=byte, trailing=short),
    st.builds(AAbort, source=byte, reason=byte, reserved_7_8=st.binary(min_size=2, max_size=2), trailing=short),
    st.builds(UnknownPDU, type=st.integers(8, 255), data=short, reserved=byte),
)


@given(pdus)
@thorough
def test_what_is_said_is_read(pdu: PDU) -> None:
    assert decode(encode(pdu)).pdu == pdu


contexts_of_any_syntaxes = st.builds(
    PresentationContextRQ,
    context_id=byte,
    abstract_syntax=st.none(),
    transfer_syntaxes=st.just(()),
    sub_items=st.lists(syntax_item, max_size=5).map(tuple),
)


@given(contexts_of_any_syntaxes)
@quick
def test_sub_items_in_any_order_are_kept(context: PresentationContextRQ) -> None:
    raw = encode(AAssociateRQ("CALLED", "CALLING", (context,)))
    read = decode(raw).pdu
    assert isinstance(read, AAssociateRQ)
    assert encode(read) == raw
    said = context.sub_items or ()
    names = tuple([item.name for item in said if isinstance(item, TransferSyntax)])
    assert read.presentation_contexts[0].transfer_syntaxes == names


@given(st.lists(pdus, max_size=4), st.data())
@quick
def test_slicing_makes_no_difference(said: list[PDU], data: st.DataObject) -> None:
    raw = b"".join(map(encode, said))
    limit = data.draw(st.none() | st.integers(6, 100))
    whole = PDUStream(limit)
    at_once = whole.feed(raw)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=12)))
    stream = PDUStream(limit)
    sliced = []
    for begin, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        sliced += stream.feed(raw[begin:end])
    assert sliced == at_once
    assert stream.pending == whole.pending
    assert b"".join([each.raw for each in sliced]) + stream.pending == raw
    if limit is None:
        assert [each.pdu for each in sliced] == said


@given(st.binary(max_size=300), st.integers(0, 8))
@thorough
def test_random_bytes_never_raise_and_are_kept(raw: bytes, kind: int) -> None:
    stamped = bytes((kind,)) + raw
    if len(stamped) >= 6:
        stamped = stamped[:2] + (len(stamped) - 6).to_bytes(4, "big") + stamped[6:]
    decoded = decode(stamped)
    if not any(each.name in ("uid-padding", "trailing-bytes") for each in decoded.violations):
        assert encode(decoded.pdu) == stamped
    stream = PDUStream(1000)
    received = stream.feed(raw)
    received += stream.finish()
    assert b"".join([each.raw for each in received]) == raw


DAMAGE = (st.lists(st.tuples(st.integers(0, 10**6), byte), min_size=1, max_size=6), st.integers(0, 400))


@given(pdus, *DAMAGE)
@thorough
def test_damaged_pdus_never_raise_and_are_kept(pdu: PDU, changes: list[tuple[int, int]], cut: int) -> None:
    read_damaged(pdu, changes, cut)


@pytest.mark.long
@given(pdus, *DAMAGE)
@settings(max_examples=20_000, deadline=None)
def test_damaged_pdus_never_raise_and_are_kept_for_minutes(pdu: PDU, changes: list[tuple[int, int]], cut: int) -> None:
    read_damaged(pdu, changes, cut)


def read_damaged(pdu: PDU, changes: list[tuple[int, int]], cut: int) -> None:
    """Change bytes of a PDU, cut its end, and read what is left."""
    raw = bytearray(encode(pdu))
    for at, value in changes:
        raw[at % len(raw)] = value
    damaged = bytes(raw[: len(raw) - cut]) if cut < len(raw) else bytes(raw)
    decoded = decode(damaged)
    for found in decoded.violations:
        assert 0 <= found.offset <= len(damaged)
    if not any(each.name in ("uid-padding", "trailing-bytes") for each in decoded.violations):
        assert encode(decoded.pdu) == damaged
    assert decode(memoryview(damaged)) == decoded


VALUES = {
    "US": word,
    "UL": long,
    "UI": uid,
    "AE": st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=16),
    "IS": st.integers(0, 999).map(str),
    "AT": st.lists(long, min_size=1, max_size=4).map(tuple),
}
text = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF), min_size=1, max_size=16)


@st.composite
def commands(draw: st.DrawFn) -> CommandSet:
    rows = [row for row in COMMAND_FIELDS + RETIRED_COMMAND_FIELDS if row.element not in (0, 0x0100, 0x0800)]
    chosen = draw(st.lists(st.sampled_from(rows), max_size=8, unique=True))
    elements = {row.keyword: draw(st.none() | VALUES.get(row.vr, text)) for row in chosen}
    return command_set(draw(st.sampled_from(MESSAGE_TYPES)).name, **elements)


@given(commands())
@quick
def test_what_is_commanded_is_read(command: CommandSet) -> None:
    read, found = decode_command(encode_command(command))
    assert read == command
    assert not [
        each for each in found if each.name not in ("command-element-missing", "command-data-set", "command-value")
    ]


@given(st.lists(st.tuples(long, st.binary(max_size=10)), max_size=6))
@quick
def test_unknown_and_malformed_elements_are_kept(elements: list[tuple[int, bytes]]) -> None:
    command = CommandSet(tuple([Element(tag, field) for tag, field in elements if tag >> 16]))
    read, _ = decode_command(encode_command(command))
    assert read == command


@given(st.binary(max_size=120))
@thorough
def test_random_command_sets_never_raise(raw: bytes) -> None:
    _, found = decode_command(raw)
    assert found
    assert all(0 <= each.offset <= len(raw) for each in found)


@given(st.binary(max_size=3000).map(lambda data: data[: len(data) & ~1]), st.integers(8, 400), st.data())
@quick
def test_fragments_make_the_message_again(data_set: bytes, maximum_length: int, data: st.DataObject) -> None:
    message = Message(data.draw(byte), command_set("C-STORE-RQ", MessageID=1), data_set)
    plain = list(fragment(message, maximum_length))
    assert all(len(encode(pdu)) - 6 <= maximum_length for pdu in plain)
    buffers = b"".join(fragment_buffers(message, maximum_length))
    assert buffers == b"".join([encode(pdu) for pdu in plain])
    regrouped, group = [], []
    for each in plain:
        group += each.pdvs
        if data.draw(st.booleans()):
            regrouped.append(PDataTF(tuple(group)))
            group = []
    regrouped.append(PDataTF(tuple(group)))
    for said in (plain, regrouped):
        assembler = Assembler()
        assert [each for pdu in said for each in assembler.feed(pdu)] == [message]
        assert not assembler.pending
    pdus_found, _ = whole_pdus(buffers)
    assembler = Assembler()
    assert [each for _, begin, end in pdus_found for each in assembler.feed_raw(buffers, begin, end)] == [message]


@given(st.lists(pdv, max_size=10), st.none() | st.integers(0, 40))
@quick
def test_any_order_of_fragments_is_survived(said: list[PDV], limit: int | None) -> None:
    one, other = Assembler(limit), Assembler(limit)
    for each in said:
        raw = encode(PDataTF((each,)))
        assert one.feed(PDataTF((each,))) == other.feed_raw(raw)
    assert one.violations == other.violations


@pytest.mark.parametrize("keyword", ["CommandGroupLength", "CommandField", "CommandDataSetType"])
def test_what_is_filled_in_can_be_left_out(keyword: str) -> None:
    command = command_set("C-ECHO-RQ", **{keyword: ABSENT})
    assert keyword not in command
