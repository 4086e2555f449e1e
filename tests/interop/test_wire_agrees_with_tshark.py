"""What we write, tshark reads as we do; and where the bytes differ, the comparison says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_wire import (
    MESSAGE_TYPES,
    PDV,
    AAbort,
    AAssociateAC,
    AAssociateRJ,
    AAssociateRQ,
    ApplicationContext,
    AReleaseRP,
    AReleaseRQ,
    AsynchronousOperationsWindow,
    ImplementationClassUID,
    ImplementationVersionName,
    Kind,
    MaximumLength,
    Message,
    PDataTF,
    PresentationContextAC,
    PresentationContextRQ,
    RoleSelection,
    Side,
    SOPClassCommonExtendedNegotiation,
    SOPClassExtendedNegotiation,
    UserIdentityAC,
    UserIdentityRQ,
    UserInformation,
    command_set,
    encode,
    fragment_buffers,
)
from dicom_wire.capture.pcap import CaptureError, Segment, Stream, write
from dicom_wire.command_elements import COMMAND_FIELDS, RETIRED_COMMAND_FIELDS
from foreign_programs import require
from tshark_dissection import dissected
from tshark_witness import compare


@pytest.fixture(autouse=True)
def _tshark_is_there() -> None:
    require("tshark", package="tshark")


REQUESTOR, ACCEPTOR = Side.REQUESTOR, Side.ACCEPTOR
IMPLICIT, CT, VERIFICATION = "1.2.840.10008.1.2", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.1"
NAME = ApplicationContext("1.2.840.10008.3.1.1.1")
FIND = "1.2.840.10008.5.1.4.1.2.2.1"
WHO = (MaximumLength(16384), ImplementationClassUID("1.2.3"), ImplementationVersionName("VERSION_1"))
ASK = AAssociateRQ(
    "CALLED",
    "CALLING",
    (
        NAME,
        PresentationContextRQ(1, VERIFICATION, (IMPLICIT,)),
        PresentationContextRQ(3, CT, (IMPLICIT, "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70")),
        PresentationContextRQ(255, FIND, (IMPLICIT,)),
        UserInformation(
            (
                *WHO,
                AsynchronousOperationsWindow(3, 4),
                RoleSelection(CT, 1, 0),
                SOPClassExtendedNegotiation(FIND, b"\1\0\1\0"),
                SOPClassCommonExtendedNegotiation(CT, "1.2.840.10008.4.2", (CT,)),
                UserIdentityRQ(2, b"user", b"word", 1),
            )
        ),
    ),
)
ANSWER = AAssociateAC(
    "CALLED",
    "CALLING",
    (
        NAME,
        PresentationContextAC(1, 0, IMPLICIT),
        PresentationContextAC(3, 0, IMPLICIT),
        PresentationContextAC(255, 4, IMPLICIT),
        UserInformation((*WHO, AsynchronousOperationsWindow(1, 1), RoleSelection(CT, 1, 0), UserIdentityAC(b"ok"))),
    ),
)
STORE = command_set("C-STORE-RQ", MessageID=1, Priority=0, AffectedSOPClassUID=CT, AffectedSOPInstanceUID="1.2.3.4")
DATA_SET = bytes.fromhex("0800180008000000312e322e332e3400") * 20


def stream(*said: tuple[Side, bytes], port: int = 40000) -> Stream:
    segments = [Segment(1000 * at, Kind.DATA, sender, data) for at, (sender, data) in enumerate(said)]
    return Stream(("127.0.0.1", port), ("127.0.0.1", 11112), tuple(segments))


def message(context_id: int, command: object, data_set: bytes | None = None, maximum_length: int = 16384) -> bytes:
    return b"".join(fragment_buffers(Message(context_id, command, data_set), maximum_length))


def differences(path: Path, *streams: Stream) -> list[str]:
    write(path / "talk.pcap", streams)
    return compare(path / "talk.pcap")


OPENING = ((REQUESTOR, encode(ASK)), (ACCEPTOR, encode(ANSWER)))


def test_every_pdu_and_item(tmp_path: Path) -> None:
    whole = stream(
        *OPENING,
        (REQUESTOR, message(3, STORE, DATA_SET)),
        (ACCEPTOR, message(3, command_set("C-STORE-RSP", MessageIDBeingRespondedTo=1, Status=0xB007))),
        (REQUESTOR, encode(AReleaseRQ())),
        (ACCEPTOR, encode(AReleaseRP())),
    )
    rejected = [
        stream((REQUESTOR, encode(ASK)), (ACCEPTOR, encode(AAssociateRJ(result, source, reason))), port=41000 + at)
        for at, (result, source, reason) in enumerate([(1, 1, 1), (2, 1, 7), (1, 2, 2), (2, 3, 1)])
    ]
    aborted = [
        stream(*OPENING, (ACCEPTOR, encode(AAbort(source, reason))), port=42000 + at)
        for at, (source, reason) in enumerate([(0, 0), (2, 0), (2, 1), (2, 6)])
    ]
    assert differences(tmp_path, whole, *rejected, *aborted) == []
    facts = dissected(tmp_path / "talk.pcap")
    assert len(facts) == 2 + 8 + 8
    assert ("dicom.pctx.result", 4) in facts["127.0.0.1", 11112, "127.0.0.1", 40000][0]


def test_every_message(tmp_path: Path) -> None:
    said = [(REQUESTOR, message(1, command_set(row.name, MessageID=5))) for row in MESSAGE_TYPES if not row.is_response]
    said += [(ACCEPTOR, message(1, command_set(row.name, Status=0))) for row in MESSAGE_TYPES if row.is_response]
    assert differences(tmp_path, stream(*OPENING, *said)) == []


def test_every_element(tmp_path: Path) -> None:
    values = {"US": 0x1234, "UL": 0x12345678, "UI": "1.2.345", "AT": (0x00100010, 0x7FE00010), "IS": "12"}
    elements = {
        row.keyword: values.get(row.vr, "TEXT")
        for row in COMMAND_FIELDS + RETIRED_COMMAND_FIELDS
        if row.element not in (0, 0x0100, 0x0800)
    }
    whole = command_set("C-MOVE-RSP", **elements)
    assert differences(tmp_path, stream(*OPENING, (ACCEPTOR, message(1, whole)))) == []


def test_any_fragmentation(tmp_path: Path) -> None:
    several = PDataTF((PDV(3, False, False, DATA_SET[:100]), PDV(3, False, True, DATA_SET[100:])))
    said = [
        (REQUESTOR, message(3, STORE, DATA_SET, 64)),
        (REQUESTOR, message(3, STORE) + encode(several)),
        (REQUESTOR, message(3, STORE, bytes(200_000))),
    ]
    sliced = message(3, STORE, DATA_SET, 40)
    said += [(REQUESTOR, sliced[at : at + 7]) for at in range(0, len(sliced), 7)]
    assert differences(tmp_path, stream(*OPENING, *said)) == []


def test_statuses(tmp_path: Path) -> None:
    answer = command_set("C-FIND-RSP", MessageIDBeingRespondedTo=1, AffectedSOPClassUID=FIND)
    statuses = [0x0000, 0x0122, 0xA700, 0xB000, 0xC001, 0xFE00, 0xFF00, 0x1234]
    said = [(ACCEPTOR, message(1, answer.changed(Status=status))) for status in statuses]
    assert differences(tmp_path, stream(*OPENING, *said)) == []


def test_a_difference_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.pcap", [stream(*OPENING)])
    write(tmp_path / "b.pcap", [stream(OPENING[0], (ACCEPTOR, encode(AAssociateAC("CALLED", "X", ANSWER.items))))])
    monkeypatch.setattr("tshark_witness.dissected", lambda _: dissected(tmp_path / "b.pcap"))
    (line,) = compare(tmp_path / "a.pcap")
    assert "dicom.assoc.ae.calling" in line


def test_what_is_no_capture_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.pcap").write_bytes(b"not a capture")
    with pytest.raises(CaptureError):
        compare(tmp_path / "x.pcap")


def test_what_tshark_misreads_behind_a_data_set_it_is_shown_again(tmp_path: Path) -> None:
    answer = command_set("C-STORE-RSP", MessageIDBeingRespondedTo=1, Status=0)
    for missing_bytes in (2, 4, 6, 100):
        cut = message(3, STORE, DATA_SET[:-missing_bytes])  # its last element lacks a part of its value
        said = ((REQUESTOR, cut), (ACCEPTOR, message(3, answer)), (REQUESTOR, encode(AReleaseRQ())))
        assert differences(tmp_path, stream(*OPENING, *said)) == []


def test_what_differs_at_the_last_look_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([tmp_path / f"{name}.pcap" for name in ("first", "first", "second")])
    for name, data_set, status in (("ours", 4, 0xA700), ("first", 4, 0), ("second", 0, 0)):
        answer = message(3, command_set("C-STORE-RSP", MessageIDBeingRespondedTo=1, Status=status))
        asked = message(3, STORE, DATA_SET[: len(DATA_SET) - data_set] if name != "second" else None)
        write(tmp_path / f"{name}.pcap", [stream(*OPENING, (REQUESTOR, asked), (ACCEPTOR, answer))])
    monkeypatch.setattr("tshark_witness.dissected", lambda _: dissected(next(looks)))
    (line,) = compare(tmp_path / "ours.pcap")
    assert line.startswith("without data sets: ")
    assert line.endswith("dicom.tag.value.16u = 42752, tshark: dicom.tag.value.16u = 0")


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n\r\n", bytes.fromhex("160301002f0100002b0303")])
def test_the_answer_to_what_is_no_pdu(tmp_path: Path, first: bytes) -> None:
    assert differences(tmp_path, stream((REQUESTOR, first), (ACCEPTOR, encode(AAbort(2, 1))))) == []
    assert dissected(tmp_path / "talk.pcap")["127.0.0.1", 11112, "127.0.0.1", 40000][0][0] == ("dicom.pdu.type", 7)
