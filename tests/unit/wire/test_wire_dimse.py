"""Messages in fragments: how they are cut, put together, and what is wrong with them."""

from __future__ import annotations

import pytest

from dicom_wire import (
    CLAUSES,
    PDV,
    AReleaseRQ,
    Assembler,
    Message,
    PDataTF,
    command_set,
    encode,
    encode_command,
    fragment,
    fragment_buffers,
    fragment_bytes,
    walk_pdvs,
    whole_pdus,
)

ECHO = Message(1, command_set("C-ECHO-RQ", MessageID=1, AffectedSOPClassUID="1.2.840.10008.1.1"))
STORE_COMMAND = command_set(
    "C-STORE-RQ", MessageID=1, Priority=0, AffectedSOPClassUID="1.2", AffectedSOPInstanceUID="1.3"
)
STORE = Message(3, STORE_COMMAND, bytes(range(250)))
COMMAND = encode_command(STORE_COMMAND)
DENIED = encode_command(ECHO.command)


@pytest.mark.parametrize(("maximum_length", "fragment_length"), [(8, 2), (9, 2), (16384, 16378), (0, 1 << 20)])
def test_a_fragment_is_even_and_fits_with_its_header(maximum_length: int, fragment_length: int) -> None:
    assert fragment_bytes(maximum_length) == fragment_length


@pytest.mark.parametrize("maximum_length", [1, 5, 7])
def test_no_fragment_fits_a_maximum_length_below_8(maximum_length: int) -> None:
    with pytest.raises(ValueError, match="fits"):
        list(fragment(ECHO, maximum_length))
    with pytest.raises(ValueError, match="fits"):
        fragment_buffers(ECHO, maximum_length)


def test_the_data_set_is_not_copied_on_its_way_out() -> None:
    data_set = bytearray(100000)
    message = Message(1, STORE_COMMAND, bytes(data_set))
    views = [each for each in fragment_buffers(message, 16384) if isinstance(each, memoryview)]
    assert sum(view.obj is message.data_set for view in views) == 7


def test_an_empty_data_set_is_one_empty_last_fragment() -> None:
    pdus = list(fragment(Message(1, STORE_COMMAND, b""), 16384))
    assert pdus[-1].pdvs == (PDV(1, False, True, b""),)
    assert b"".join(fragment_buffers(Message(1, STORE_COMMAND, b""), 16384)) == b"".join(map(encode, pdus))
    assembler = Assembler()
    assert [each for pdu in pdus for each in assembler.feed(pdu)] == [Message(1, STORE_COMMAND, b"")]


def test_messages_follow_one_another() -> None:
    assembler = Assembler()
    said = [ECHO, STORE, ECHO]
    assert [each for message in said for pdu in fragment(message, 64) for each in assembler.feed(pdu)] == said
    assert assembler.violations == []
    assert not assembler.pending
    assembler.finish()
    assert assembler.violations == []


def test_pdvs_are_found_without_building_them() -> None:
    raw = b"junk" + encode(PDataTF((PDV(1, True, True, b"ab"), PDV(1, False, True, b"cdef")))) + b"more"
    (first, second) = walk_pdvs(raw, 4, len(raw) - 4)
    assert (first[:2], raw[first[2] : first[3]]) == ((1, 3), b"ab")
    assert (second[:2], raw[second[2] : second[3]]) == ((1, 2), b"cdef")


@pytest.mark.parametrize(
    "pdu",
    [
        PDataTF(()),
        PDataTF((), b"\0\0\0"),
        PDataTF((), b"\0\0\0\1\1\3"),
        PDataTF((PDV(1, True, True, b"ab", length=5),)),
        PDataTF((PDV(1, True, True, b"ab"),), b"\0"),
    ],
)
def test_a_malformed_pdu_is_refused_by_the_fast_way(pdu: PDataTF) -> None:
    assembler = Assembler()
    with pytest.raises(ValueError, match="PDV"):
        assembler.feed_raw(encode(pdu))
    assert not assembler.pending


def test_whole_pdus_of_a_receive_buffer() -> None:
    release = encode(AReleaseRQ())
    assert whole_pdus(release + release + b"\4\0\0\0\1\0zz") == ([(5, 0, 10), (5, 10, 20)], 262)
    assert whole_pdus(release + b"\4") == ([(5, 0, 10)], 6)
    assert whole_pdus(b"") == ([], 6)
    assert whole_pdus(b"xx" + release + b"yy", 2, 12) == ([(5, 2, 12)], 6)


def pdata(*pdvs: PDV) -> PDataTF:
    return PDataTF(pdvs)


def command(context_id: int = 3, is_last: bool = True, data: bytes = COMMAND) -> PDV:
    return PDV(context_id, True, is_last, data)


def data_set(context_id: int = 3, is_last: bool = True, data: bytes = b"abcd") -> PDV:
    return PDV(context_id, False, is_last, data)


CASES: dict[str, tuple[list[PDataTF], str, int]] = {
    "other context": (
        [pdata(command()), pdata(data_set(is_last=False)), pdata(data_set(5)), pdata(command(5)), pdata(data_set(5))],
        "message-interleaved",
        1,
    ),
    "command of another context": (
        [pdata(command()), pdata(command(5)), pdata(data_set(5))],
        "message-interleaved",
        1,
    ),
    "data set first": ([pdata(data_set()), pdata(command()), pdata(data_set())], "message-fragment-order", 1),
    "data set within command": (
        [pdata(command(is_last=False, data=COMMAND[:8])), pdata(data_set()), pdata(command()), pdata(data_set())],
        "message-fragment-order",
        1,
    ),
    "command within data set": (
        [pdata(command()), pdata(data_set(is_last=False)), pdata(command()), pdata(data_set())],
        "message-fragment-order",
        1,
    ),
    "data set denied": (
        [pdata(command(data=DENIED)), pdata(data_set())],
        "message-data-set-unexpected",
        1,
    ),
    "two messages in a PDU": (
        [pdata(command(), data_set(), command(), data_set())],
        "message-shares-pdu",
        2,
    ),
    "too long": (
        [pdata(command()), pdata(data_set(data=bytes(1002))), pdata(command()), pdata(data_set())],
        "message-over-limit",
        1,
    ),
    "command set too long": (
        [pdata(command(data=bytes(1002))), pdata(command()), pdata(data_set())],
        "message-over-limit",
        1,
    ),
    "unfinished": ([pdata(command()), pdata(data_set()), pdata(command())], "message-unfinished", 1),
}


@pytest.mark.parametrize("case", CASES)
def test_each_violation_is_seen_and_what_is_whole_comes_through(case: str) -> None:
    pdus, name, complete = CASES[case]
    for way in ("feed", "feed_raw"):
        assembler = Assembler(limit_bytes=1000)
        messages = []
        for pdu in pdus:
            messages += assembler.feed(pdu) if way == "feed" else assembler.feed_raw(encode(pdu))
        assembler.finish()
        assert [each.name for each in assembler.violations] == [name]
        assert len(messages) == complete
        whole = [(STORE_COMMAND, b"abcd"), (ECHO.command, None)]
        assert all((each.command, each.data_set) in whole for each in messages)


def test_every_violation_of_a_message_has_its_case() -> None:
    assert {name for name in CLAUSES if name.startswith("message-")} == {name for _, name, _ in CASES.values()}


def test_a_violation_points_at_its_pdv() -> None:
    assembler = Assembler()
    assembler.feed(pdata(command(), data_set(is_last=False), data_set(5)))
    assert [each.offset for each in assembler.violations] == [6 + 6 + len(COMMAND) + 6 + 4]


def test_violations_of_the_command_set_are_told() -> None:
    assembler = Assembler()
    (message,) = assembler.feed(pdata(command(data=b"ab")))
    assert message.command.message == "unknown"
    assert "command-truncated" in [each.name for each in assembler.violations]
