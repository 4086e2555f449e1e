"""Command sets with values that no lawful peer sends: each is answered, and the association goes on.

The OSM and the archive of the simulators are asked the same, so that neither can be right by itself.
"""

from __future__ import annotations

import socket
import struct
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from osm_instances import CT, EXPLICIT, encoded
from raw_dicom_peer import IMPLICIT, VERIFICATION, RawPeer, echo_rq, element, field_of, p_data, receive_message

from dicom_simulators.archive import Archive
from dicom_wire import Recorder
from dicom_workstation.configuration import Configuration
from dicom_workstation.data_sets import encode_identifier
from dicom_workstation.osm import OSMServer

FIND, MOVE, GET = (f"1.2.840.10008.5.1.4.1.2.2.{number}" for number in (1, 2, 3))
PUSH = "1.2.840.10008.1.20.1"
AFFECTED_CLASS, REQUESTED_CLASS, AFFECTED_INSTANCE, REQUESTED_INSTANCE = 0x0002, 0x0003, 0x1000, 0x1001
MESSAGE_ID, DESTINATION, PRIORITY, ACTION_TYPE, ORIGINATOR, COMMENT = 0x0110, 0x0600, 0x0700, 0x1008, 0x1030, 0x0902
LONG_UID = b"1." * 40 + b"1"
ABORT = b"\x07"


@dataclass(frozen=True)
class Request:
    """A lawful request, of which a test changes one element."""

    sop_class: str
    command_field: int
    elements: dict[int, bytes]
    data_set: bytes = b""


def number(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}H", *values)


NOTHING = encode_identifier({"QueryRetrieveLevel": ["STUDY"], "StudyInstanceUID": ["1.2.99"]}, EXPLICIT)
REQUESTS = {
    "C-STORE": Request(CT, 0x0001, {AFFECTED_INSTANCE: b"1.2.3.1", PRIORITY: number(0)}, encoded()),
    "C-FIND": Request(FIND, 0x0020, {PRIORITY: number(0)}, NOTHING),
    "C-MOVE": Request(MOVE, 0x0021, {PRIORITY: number(0), DESTINATION: b"NOBODY"}, NOTHING),
    "C-GET": Request(GET, 0x0010, {PRIORITY: number(0)}, NOTHING),
    "N-ACTION": Request(
        PUSH,
        0x0130,
        {REQUESTED_CLASS: PUSH.encode(), REQUESTED_INSTANCE: b"1.2.840.10008.1.20.1.1", ACTION_TYPE: number(1)},
        encode_identifier({"TransactionUID": ["1.2.3"]}, EXPLICIT),
    ),
    "C-ECHO": Request(VERIFICATION, 0x0030, {}),
}
TITLES = (b"A" * 17, b"A" * 64, b"", b"    ", b"\0\0\0\0", b"\xff\xfe\x01", b"../x", b"A\n", b"DESTINATION\n")
UIDS = (LONG_UID, b"1.2.abc", b"\xff\xfe", b"../x", b"1.2.3 ", b"1.2.3.1\\9")


@pytest.fixture(scope="module")
def osm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OSMServer]:
    archives = {"d": {"ae_title": "DESTINATION", "host": "127.0.0.1", "port": 9}}
    section = {"folder": str(tmp_path_factory.mktemp("osm")), "keep_free_bytes": 0}
    with OSMServer(Configuration.from_keywords(archives=archives, osm=section)) as server:
        yield server


@pytest.fixture(scope="module")
def both(osm: OSMServer) -> Iterator[dict[str, tuple[str, int]]]:
    with Archive("archive", "OSM", Recorder(), destinations={"DESTINATION": ("127.0.0.1", 9)}) as archive:
        assert osm.address is not None
        yield {"osm": osm.address, "archive": archive.address}


@dataclass(frozen=True)
class Answer:
    """The command set that answers; empty if the association was aborted. And whether it went on after that."""

    command: bytes
    goes_on: bool = False

    @property
    def status(self) -> int | None:
        value = field_of(self.command, 0x0900)
        return None if value is None else struct.unpack("<H", value)[0]


def ask(address: tuple[str, int], operation: str, tag: int, value: bytes) -> Answer:
    return request(address, REQUESTS[operation], {tag: value})


def request(address: tuple[str, int], asked: Request, changes: dict[int, bytes]) -> Answer:
    known = REQUESTED_CLASS if REQUESTED_CLASS in asked.elements else AFFECTED_CLASS
    elements = {known: asked.sop_class.encode(), **asked.elements, 0x0100: number(asked.command_field)}
    elements |= {MESSAGE_ID: number(7), 0x0800: number(1 if asked.data_set else 0x0101), **changes}
    body = b"".join(element(each, elements[each]) for each in sorted(elements))
    with closing(RawPeer(socket.create_connection(address, 10.0))) as peer:
        opened = peer.open([(1, asked.sop_class, [EXPLICIT]), (3, VERIFICATION, [IMPLICIT])], called="OSM")
        assert opened[:1] == b"\x02"
        peer.send(p_data(1, 3, element(0, struct.pack("<L", len(body))) + body))
        if asked.data_set:
            peer.send(p_data(1, 2, asked.data_set))
        context_id, command, _ = receive_message(peer)
        while Answer(command).status == 0xFF00:
            context_id, command, _ = receive_message(peer)
        if not context_id:
            assert command[:1] == ABORT
            return Answer(b"")
        peer.send(echo_rq(3))
        goes_on = receive_message(peer)[0] == 3
        peer.release()
        return Answer(command, goes_on)


def check_both(both: dict[str, tuple[str, int]], operation: str, tag: int, value: bytes, status: int) -> None:
    answers = {name: ask(address, operation, tag, value) for name, address in both.items()}
    assert {name: (each.status, each.goes_on) for name, each in answers.items()} == dict.fromkeys(both, (status, True))
    for each in answers.values():
        comment = (field_of(each.command, COMMENT) or b"").decode("ascii")
        assert len(comment) <= 64
        assert comment.isprintable()
        assert "\\" not in comment


@pytest.mark.parametrize("title", [*TITLES, b"DESTINATION\\X"])
def test_a_destination_that_is_no_title_is_unknown(both: dict[str, tuple[str, int]], title: bytes) -> None:
    check_both(both, "C-MOVE", DESTINATION, title, 0xA801)


@pytest.mark.parametrize("title", [b"DESTINATION ", b" DESTINATION  ", b"DESTINATION" + b" " * 7])
def test_spaces_around_a_destination_do_not_matter(both: dict[str, tuple[str, int]], title: bytes) -> None:
    check_both(both, "C-MOVE", DESTINATION, title, 0x0000)


@pytest.mark.parametrize("title", [*TITLES, b"A\\B"])
def test_an_originator_that_is_no_title_does_not_matter(both: dict[str, tuple[str, int]], title: bytes) -> None:
    check_both(both, "C-STORE", ORIGINATOR, title, 0x0000)


@pytest.mark.parametrize("uid", UIDS)
@pytest.mark.parametrize(
    ("operation", "tag", "status"),
    [
        ("C-STORE", AFFECTED_INSTANCE, 0xA900),
        ("N-ACTION", REQUESTED_CLASS, 0x0118),
        ("N-ACTION", REQUESTED_INSTANCE, 0x0112),
    ],
)
def test_a_uid_that_is_none_is_not_known(
    both: dict[str, tuple[str, int]], operation: str, tag: int, status: int, uid: bytes
) -> None:
    check_both(both, operation, tag, uid, status)


@pytest.mark.parametrize("operation", ["C-STORE", "C-FIND", "C-MOVE", "C-GET", "C-ECHO"])
@pytest.mark.parametrize("uid", UIDS)
def test_a_class_that_is_none_is_not_supported(osm: OSMServer, operation: str, uid: bytes) -> None:
    assert osm.address is not None
    answer = ask(osm.address, operation, AFFECTED_CLASS, uid)
    assert (answer.status, answer.goes_on) == (0x0122, True)
    assert len(field_of(answer.command, AFFECTED_CLASS) or b"") <= 64


@pytest.mark.parametrize("priority", [3, 0xFFFF])
@pytest.mark.parametrize(("operation", "status"), [("C-STORE", 0), ("C-FIND", 0), ("C-MOVE", 0xA801), ("C-GET", 0)])
def test_a_priority_that_is_none_is_no_reason_to_refuse(
    both: dict[str, tuple[str, int]], operation: str, status: int, priority: int
) -> None:
    check_both(both, operation, PRIORITY, number(priority), status)


@pytest.mark.parametrize("action", [number(2), number(1, 1), b"\0\0\0\0"])
def test_an_action_that_is_none_is_unknown(both: dict[str, tuple[str, int]], action: bytes) -> None:
    check_both(both, "N-ACTION", ACTION_TYPE, action, 0x0123)


@pytest.mark.parametrize(
    ("level", "keys"),
    [
        ("PATIENT", {"PatientID": ["P1", "P2"]}),
        ("STUDY", {"PatientID": ["P1", "P2"], "StudyInstanceUID": ["1.2.3"]}),
        ("SERIES", {"PatientID": ["P1"], "StudyInstanceUID": ["1.2.3", "1.2.4"], "SeriesInstanceUID": ["1.2.5"]}),
        ("STUDY", {"PatientID": ["P*"], "StudyInstanceUID": ["1.2.3"]}),
        ("STUDY", {"PatientID": ["P1"], "StudyInstanceUID": ["1.2.*"]}),
        ("STUDY", {"PatientID": ["P1"], "StudyInstanceUID": ["1.2.3", "1.2.abc"]}),
        ("STUDY", {"PatientID": ["P1"], "StudyInstanceUID": ["1." * 40 + "1"]}),
        ("SERIES", {"PatientID": ["P1"], "StudyInstanceUID": ["../x"], "SeriesInstanceUID": ["1.2.5"]}),
    ],
)
@pytest.mark.parametrize("operation", ["C-FIND", "C-MOVE", "C-GET"])
def test_a_unique_key_that_cannot_name_what_is_wanted_is_refused(
    both: dict[str, tuple[str, int]], operation: str, level: str, keys: dict[str, list[str]]
) -> None:
    """PS3.4 Section C.2.2.2.2: a list is for UIDs alone; C.4.1.3.1.1: one value of each unique key above."""
    known = REQUESTS[operation]
    model = known.sop_class.replace("1.2.2.", "1.2.1.")  # Patient Root
    identifier = encode_identifier({"QueryRetrieveLevel": [level], **keys}, EXPLICIT)
    asked = Request(model, known.command_field, known.elements, identifier)
    assert [request(each, asked, {}).status for each in both.values()] == [0xA900, 0xA900]


@pytest.mark.parametrize("operation", ["C-MOVE", "C-GET"])
def test_patients_are_not_retrieved_by_wild_cards(both: dict[str, tuple[str, int]], operation: str) -> None:
    known = REQUESTS[operation]
    identifier = encode_identifier({"QueryRetrieveLevel": ["PATIENT"], "PatientID": ["P*"]}, EXPLICIT)
    asked = Request(known.sop_class.replace("1.2.2.", "1.2.1."), known.command_field, known.elements, identifier)
    assert [request(each, asked, {}).status for each in both.values()] == [0xA900, 0xA900]


@pytest.mark.parametrize("tag", [MESSAGE_ID, AFFECTED_CLASS])
def test_what_cannot_be_answered_ends_the_association(both: dict[str, tuple[str, int]], tag: int) -> None:
    answers = [ask(address, "C-FIND", tag, b"") for address in both.values()]
    assert [each.status for each in answers] == [None, None]


def test_a_title_padded_with_nul_is_known_where_that_is_configured(tmp_path: Path) -> None:
    archives = {"d": {"ae_title": "DESTINATION", "host": "127.0.0.1", "port": 9}}
    section = {"folder": str(tmp_path), "keep_free_bytes": 0}
    for accepts, status in ((False, 0xA801), (True, 0x0000)):
        configuration = Configuration.from_keywords(
            archives=archives, osm=section, accept_titles_padded_with_nul=accepts
        )
        with OSMServer(configuration) as osm:
            assert osm.address is not None
            assert ask(osm.address, "C-MOVE", DESTINATION, b"DESTINATION\0").status == status


def test_what_a_peer_sends_is_one_line_of_the_log(tmp_path: Path) -> None:
    log: list[str] = []
    section = {"folder": str(tmp_path), "keep_free_bytes": 0}
    with OSMServer(Configuration.from_keywords(osm=section), log.append) as osm:
        assert osm.address is not None
        assert ask(osm.address, "C-STORE", AFFECTED_INSTANCE, b"1.2\n09:00:00 osm: forged").status == 0xA900
    assert any("forged" in line for line in log)
    assert not any("\n" in line for line in log)


def test_a_data_set_that_will_be_refused_is_not_gathered(osm: OSMServer) -> None:
    """A C-STORE in a context that is none of storage: its data set may have any length."""
    sent_bytes, fragment = 24 << 20, bytes(16000)
    assert osm.address is not None
    with closing(RawPeer(socket.create_connection(osm.address, 10.0))) as peer:
        assert peer.open(called="OSM")[:1] == b"\x02"
        elements = {
            AFFECTED_CLASS: VERIFICATION.encode(),
            0x0100: number(1),
            MESSAGE_ID: number(1),
            PRIORITY: number(0),
        }
        elements |= {0x0800: number(1), AFFECTED_INSTANCE: b"1.2.3.1"}
        body = b"".join(element(each, elements[each]) for each in sorted(elements))
        tracemalloc.start()
        try:
            peer.send(p_data(1, 3, element(0, struct.pack("<L", len(body))) + body))
            for _ in range(sent_bytes // len(fragment)):
                peer.send(p_data(1, 0, fragment))
            peer.send(p_data(1, 2, fragment))
            _, command, _ = receive_message(peer)
            peak_bytes = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert Answer(command).status == 0x0211
    assert peak_bytes < sent_bytes // 2
