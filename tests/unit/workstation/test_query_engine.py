"""The query engine against an archive that says any bytes it likes (DCS 3.2.1, PS3.4 C.4.1)."""

from __future__ import annotations

import socket
import struct
import threading

import pytest
from raw_dicom_peer import (
    IMPLICIT,
    RELEASE_RP,
    RELEASE_RQ,
    abort,
    accept,
    associate_ac,
    echo_rq,
    element,
    field_of,
    find_rsp,
    finish_release,
    pdu,
    proposed_contexts,
    receive_message,
    response,
)

EXPLICIT = "1.2.840.10008.1.2.1"
JPEG = "1.2.840.10008.1.2.4.50"
STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.2.1"
PATIENT_ROOT = "1.2.840.10008.5.1.4.1.2.1.1"
MATCH = element(0x00080052, b"STUDY ") + element(0x0020000D, b"2.25.7")


def explicit_element(tag: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


@pytest.fixture
def ask(start, acceptor):
    """Play a script as archive and return the outcome of a query of it."""

    def play(script, arguments=None, **keywords):
        keywords = {"dimse_timeout_s": 2.0, "association_timeout_s": 2.0, **keywords}
        listening = acceptor(script)
        host, port = listening.address
        workstation = start(archives={"archive": {"ae_title": "ARCHIVE", "host": host, "port": port}}, **keywords)
        arguments = {"level": "STUDY", "keys": {"StudyInstanceUID": ""}, **(arguments or {})}
        return workstation.query("archive", **arguments).as_dict()

    return play


def answering(*responses: bytes, only: str = IMPLICIT):
    """Return a script that accepts, takes a C-FIND-RQ and answers; `%` in the context ID is not needed: it is 1."""

    def script(peer):
        accept(peer, only=only)
        receive_message(peer)
        for each in responses:
            peer.send(each)
        peer.receive()
        peer.send(RELEASE_RP)

    return script


class TestProposal:
    def test_study_root_proposes_the_seven_rows_of_table_1(self, ask):
        seen = {}

        def script(peer):
            seen["request"] = peer.receive()
            peer.send(pdu(3, bytes((0, 1, 1, 1))))

        ask(script)
        syntaxes = ("", ".1", ".2", ".4.50", ".4.51", ".4.57", ".4.70")
        rows = [(2 * n + 1, STUDY_ROOT, f"1.2.840.10008.1.2{end}") for n, end in enumerate(syntaxes)]
        assert proposed_contexts(seen["request"]) == rows
        assert b"1.2.840.113704.7.0.2" in seen["request"]
        assert b"\x53\x00\x00\x04" not in seen["request"]  # no Asynchronous Operations Window
        assert b"\x51\x00\x00\x04" + struct.pack(">L", 32768) in seen["request"]

    def test_patient_root_proposes_the_standards_uid(self, ask):
        seen = {}

        def script(peer):
            seen["contexts"] = accept(peer, only="none")
            peer.receive()
            peer.send(RELEASE_RP)

        outcome = ask(script, {"model": "patient_root", "level": "PATIENT"})
        assert {abstract for _, abstract, _ in seen["contexts"]} == {PATIENT_ROOT}
        assert outcome["result"] == "not_accepted"

    def test_the_pdu_length_is_as_configured(self, ask):
        seen = {}

        def script(peer):
            seen["request"] = peer.receive()
            peer.send(pdu(3, bytes((0, 1, 1, 1))))

        ask(script, query_pdu_length_bytes=65536)
        assert b"\x51\x00\x00\x04" + struct.pack(">L", 65536) in seen["request"]

    def test_explicit_little_endian_is_preferred(self, ask):
        seen = {}

        def script(peer):
            accept(peer)
            seen["context"], _, seen["identifier"] = receive_message(peer)
            peer.send(find_rsp(seen["context"], 0x0000))
            finish_release(peer)

        ask(script)
        assert seen["context"] == 3
        assert seen["identifier"] == explicit_element(0x00080052, b"CS", b"STUDY ") + explicit_element(
            0x0020000D, b"UI", b""
        )

    def test_under_a_jpeg_syntax_the_identifier_is_explicit_little_endian(self, ask):
        seen = {}

        def script(peer):
            accept(peer, only=JPEG)
            seen["context"], _, seen["identifier"] = receive_message(peer)
            match = explicit_element(0x0020000D, b"UI", b"2.25.7")
            peer.send(find_rsp(seen["context"], 0xFF00, match) + find_rsp(seen["context"], 0x0000))
            finish_release(peer)

        outcome = ask(script)
        assert seen["identifier"].startswith(explicit_element(0x00080052, b"CS", b"STUDY "))
        assert outcome["matches"] == [{"StudyInstanceUID": "2.25.7"}]


class TestStatus:
    @pytest.mark.parametrize(
        ("status", "result"),
        [
            (0x0000, "success"),
            (0xFE00, "cancelled"),
            (0x0001, "warning"),
            (0x0107, "warning"),
            (0x0116, "warning"),
            (0xB000, "warning"),
            (0xB001, "warning"),
            (0xBFFF, "warning"),
            (0xA700, "failure"),
            (0xA900, "failure"),
            (0xAFFF, "failure"),
            (0xC000, "failure"),
            (0xCFFF, "failure"),
            (0x0122, "failure"),
            (0x0124, "failure"),
            (0x0210, "failure"),
            (0x0002, "failure"),
            (0xD000, "failure"),
            (0xFE01, "failure"),
            (0xFEFF, "failure"),
            (0xFF02, "failure"),
        ],
    )
    @pytest.mark.parametrize("matches", [0, 1])
    def test_a_final_status_is_told_with_its_class_and_code(self, ask, status, result, matches):
        outcome = ask(answering(*[find_rsp(1, 0xFF00, MATCH)] * matches, find_rsp(1, status)))
        assert (outcome["result"], outcome["status"]) == (result, f"{status:04X}")
        assert len(outcome["matches"]) == outcome["pending"] == matches

    @pytest.mark.parametrize("status", [0x0002, 0xD000, 0xFE01])
    def test_an_undefined_status_is_said_to_be_undefined(self, ask, status):
        assert f"{status:04X} is not defined" in ask(answering(find_rsp(1, status)))["detail"]

    def test_both_pending_statuses_bring_matches(self, ask):
        other = MATCH.replace(b"2.25.7", b"2.25.8")
        outcome = ask(answering(find_rsp(1, 0xFF00, MATCH), find_rsp(1, 0xFF01, other), find_rsp(1, 0)))
        assert [match["StudyInstanceUID"] for match in outcome["matches"]] == ["2.25.7", "2.25.8"]
        assert outcome["result"] == "success"


class TestRepeatedMatches:
    def test_a_match_that_comes_again_is_told_once_and_counted(self, ask):
        other = MATCH.replace(b"2.25.7", b"2.25.8")
        pending = [find_rsp(1, 0xFF00, each) for each in (MATCH, other, MATCH, MATCH)]
        outcome = ask(answering(*pending, find_rsp(1, 0)))
        assert [match["StudyInstanceUID"] for match in outcome["matches"]] == ["2.25.7", "2.25.8"]
        assert (outcome["pending"], outcome["result"], outcome["status"]) == (4, "success", "0000")
        assert outcome["doubtful"] == [[], []]
        assert outcome["detail"] == "2 responses repeated an earlier match"

    def test_one_unique_key_with_other_values_is_told_and_doubtful(self, ask):
        other = MATCH.replace(b"STUDY ", b"SERIES")
        outcome = ask(answering(find_rsp(1, 0xFF00, MATCH), find_rsp(1, 0xFF00, other), find_rsp(1, 0)))
        assert len(outcome["matches"]) == 2
        assert outcome["doubtful"][0] == []
        assert outcome["doubtful"][1] == ["StudyInstanceUID: that of an earlier match, which has other values"]

    def test_what_has_no_unique_key_may_be_two_things(self, ask):
        nameless = MATCH.replace(b"\x06\x00\x00\x002.25.7", b"\x00\x00\x00\x00")
        assert len(nameless) == len(MATCH) - 6
        outcome = ask(answering(*[find_rsp(1, 0xFF00, nameless)] * 2, find_rsp(1, 0)))
        assert len(outcome["matches"]) == 2


class TestInvalidResponse:
    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            pytest.param(find_rsp(1, 0, message_id=7), "message 7", id="wrong Message ID"),
            pytest.param(find_rsp(3, 0), "context 3", id="context not accepted"),
            pytest.param(response(0x8030, 1, 0), "C-ECHO", id="another service"),
            pytest.param(echo_rq(), "C-ECHO", id="a request"),
            pytest.param(RELEASE_RQ, "released", id="release before the response"),
            pytest.param(pdu(0x42, b"1234"), "0x42", id="unknown PDU"),
        ],
    )
    def test_it_ends_the_query(self, ask, answer, words):
        def script(peer):
            accept(peer, only=IMPLICIT)
            receive_message(peer)
            peer.send(answer)
            assert peer.receive()[:1] in (b"\x07", b"\x06")

        outcome = ask(script)
        assert outcome["result"] == "invalid_response"
        assert words in outcome["detail"]

    @pytest.mark.parametrize(
        ("pdu", "words"),
        [
            ("04 00 00000008 00000004 4d 03 0000", "presentation context 77"),
            ("04 00 0000000e 0000000a 01 03 0000000004000000", "cannot be read"),
        ],
    )
    def test_what_cannot_be_read_is_said_in_words(self, ask, pdu, words):
        def script(peer):
            accept(peer, only=IMPLICIT)
            receive_message(peer)
            peer.send(bytes.fromhex(pdu))
            assert peer.receive()[:1] == b"\x07"

        outcome = ask(script)
        assert outcome["result"] == "invalid_response"
        assert words in outcome["detail"]
        assert not outcome["detail"].startswith(("ValueError", "AttributeError", "KeyError", "error:"))

    @pytest.mark.parametrize("length", [1, 6, 7])
    def test_a_maximum_length_into_which_nothing_fits_is_invalid(self, ask, length):
        def script(peer):
            accept(peer, only=IMPLICIT, maximum_length=length)
            assert peer.receive()[:1] == b"\x07"

        outcome = ask(script)
        assert outcome["result"] == "invalid_response"
        assert "maximum length" in outcome["detail"]

    def test_pending_without_identifier_is_noted_and_the_rest_is_taken(self, ask):
        outcome = ask(answering(find_rsp(1, 0xFF00), find_rsp(1, 0xFF00, MATCH), find_rsp(1, 0)))
        assert outcome["result"] == "invalid_response"
        assert (outcome["pending"], len(outcome["matches"]), outcome["status"]) == (2, 1, "0000")
        assert "no Identifier" in outcome["detail"]

    def test_an_identifier_that_is_no_data_set_is_noted(self, ask):
        outcome = ask(answering(find_rsp(1, 0xFF00, b"\x20\x00\x0d\x00\xff\xff\x00\x00ab"), find_rsp(1, 0)))
        assert outcome["result"] == "invalid_response"

    def test_a_transfer_syntax_that_was_not_proposed_is_invalid(self, ask):
        def script(peer):
            peer.receive()
            peer.send(associate_ac([(1, 0, "1.2.840.10008.1.2.5")]))
            assert peer.receive()[0] == 7

        assert ask(script)["result"] == "invalid_response"


class TestEnd:
    def test_rejected(self, ask):
        def script(peer):
            peer.receive()
            peer.send(pdu(3, bytes((0, 1, 1, 7))))

        outcome = ask(script)
        assert (outcome["result"], outcome["rejection"]) == ("rejected", {"result": 1, "source": 1, "reason": 7})

    def test_rejected_with_values_that_the_standard_does_not_know(self, ask):
        def script(peer):
            peer.receive()
            peer.send(pdu(3, bytes((0, 9, 8, 7))))

        assert ask(script)["rejection"] == {"result": 9, "source": 8, "reason": 7}

    @pytest.mark.parametrize(("source", "reason"), [(0, 0), (1, 5), (2, 0), (2, 1), (2, 6), (2, 99), (3, 3)])
    @pytest.mark.parametrize("when", ["negotiation", "operation"])
    def test_aborted(self, ask, source, reason, when):
        def script(peer):
            if when == "negotiation":
                peer.receive()
            else:
                accept(peer)
                receive_message(peer)
            peer.send(abort(source, reason))

        outcome = ask(script)
        assert (outcome["result"], outcome["abort"]) == ("aborted", {"source": source, "reason": reason})

    @pytest.mark.parametrize("when", ["connection", "negotiation", "operation"])
    def test_connection_lost(self, ask, when):
        def script(peer):
            if when != "connection":
                peer.receive()
            if when == "operation":
                peer.send(associate_ac([(1, 0, IMPLICIT)]))
                receive_message(peer)

        assert ask(script)["result"] == "connection_lost"

    def test_no_answer_to_the_association_request(self, ask):
        def script(peer):
            peer.receive()
            assert peer.receive() == abort(0)

        outcome = ask(script, association_timeout_s=0.2)
        assert outcome["result"] == "timeout"

    def test_no_response(self, ask):
        def script(peer):
            accept(peer, only=IMPLICIT)
            receive_message(peer)
            peer.send(find_rsp(1, 0xFF00, MATCH))
            assert peer.receive() == abort(0)

        outcome = ask(script, dimse_timeout_s=0.2)
        assert (outcome["result"], outcome["pending"], outcome["status"]) == ("timeout", 1, None)

    def test_unreachable(self, start):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            host, port = closed.getsockname()
        workstation = start(archives={"archive": {"ae_title": "A", "host": host, "port": port}})
        assert workstation.query("archive", level="STUDY", keys={}).result == "unreachable"

    def test_a_host_without_address_is_unreachable(self, start):
        workstation = start(archives={"archive": {"ae_title": "A", "host": "no.such.host.invalid", "port": 104}})
        assert workstation.query("archive", level="STUDY", keys={}).result == "unreachable"

    def test_a_peer_that_never_answers_the_release_is_left(self, ask):
        def script(peer):
            accept(peer, only=IMPLICIT)
            receive_message(peer)
            peer.send(find_rsp(1, 0))
            assert peer.receive()[0] == 5
            assert peer.receive() == abort(0)

        assert ask(script, acse_timeout_s=0.2)["result"] == "success"

    def test_release_collision(self, ask):
        def script(peer):
            accept(peer, only=IMPLICIT)
            receive_message(peer)
            peer.send(find_rsp(1, 0))
            assert peer.receive()[0] == 5
            peer.send(RELEASE_RQ)
            assert peer.receive()[0] == 6
            peer.send(RELEASE_RP)
            assert peer.receive() == b""

        assert ask(script)["result"] == "success"


class TestCancel:
    def test_cancel_is_sent_with_the_message_id_and_the_final_status_told(self, ask, start, acceptor):
        asked = threading.Event()
        seen = {}

        def script(peer):
            accept(peer, only=IMPLICIT)
            receive_message(peer)
            peer.send(find_rsp(1, 0xFF00, MATCH))
            asked.set()
            _, seen["cancel"], _ = receive_message(peer)
            peer.send(find_rsp(1, 0xFE00))
            finish_release(peer)

        host, port = acceptor(script).address
        workstation = start(archives={"archive": {"ae_title": "ARCHIVE", "host": host, "port": port}})
        outcomes = []
        query = threading.Thread(
            target=lambda: outcomes.append(workstation.query("archive", level="STUDY", keys={"PatientID": ""}))
        )
        query.start()
        assert asked.wait(5)
        assert workstation.cancel("archive").result == "success"
        query.join(5)
        assert field_of(seen["cancel"], 0x0100) == b"\xff\x0f"
        assert field_of(seen["cancel"], 0x0120) == b"\x01\x00"
        assert (outcomes[0].result, outcomes[0].status, outcomes[0].pending) == ("cancelled", "FE00", 1)

    def test_nothing_to_cancel_is_refused(self, start):
        assert start().cancel("archive").result == "refused"

    def test_stop_ends_a_query(self, start, acceptor):
        asked = threading.Event()

        def script(peer):
            accept(peer, only=IMPLICIT)
            receive_message(peer)
            asked.set()
            assert peer.receive() == abort(0)

        host, port = acceptor(script).address
        workstation = start(archives={"archive": {"ae_title": "ARCHIVE", "host": host, "port": port}})
        outcomes = []
        query = threading.Thread(target=lambda: outcomes.append(workstation.query("archive", level="STUDY", keys={})))
        query.start()
        assert asked.wait(5)
        workstation.stop()
        query.join(5)
        assert outcomes[0].result == "aborted"


class TestNumberOfAssociations:
    def test_a_second_query_of_an_archive_waits_its_turn(self, start):
        """The second connection comes only after the first association has ended."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            host, port = listening.getsockname()
            workstation = start(archives={"archive": {"ae_title": "ARCHIVE", "host": host, "port": port}})
            queries = [
                threading.Thread(target=lambda: workstation.query("archive", level="STUDY", keys={})) for _ in range(2)
            ]
            for query in queries:
                query.start()
            listening.settimeout(5)
            first, _ = listening.accept()
            listening.settimeout(0.2)
            with first:
                with pytest.raises(TimeoutError):
                    listening.accept()
                first.sendall(pdu(3, bytes((0, 1, 1, 1))))
            listening.settimeout(5)
            second, _ = listening.accept()
            with second:
                second.sendall(pdu(3, bytes((0, 1, 1, 1))))
            for query in queries:
                query.join(5)

    def test_two_archives_are_asked_at_once(self, start):
        with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
            archives = {
                name: {"ae_title": name, "host": "127.0.0.1", "port": listening.getsockname()[1]}
                for name, listening in (("one", one), ("other", other))
            }
            workstation = start(archives=archives)
            queries = [
                threading.Thread(target=workstation.query, args=(name,), kwargs={"level": "STUDY", "keys": {}})
                for name in archives
            ]
            for query in queries:
                query.start()
            connections = []
            for listening in (one, other):
                listening.settimeout(5)
                connections.append(listening.accept()[0])
            assert len(connections) == 2, "the second is asked though the first has not answered"
            for connection in connections:
                connection.sendall(pdu(3, bytes((0, 1, 1, 1))))
            for query in queries:
                query.join(5)
            for connection in connections:
                connection.close()

    def test_no_other_thread_could_take_a_response(self, ask):
        """pynetdicom loses a response now and then to its reactor thread: here there is none."""
        seen = {}

        def script(peer):
            before = threading.active_count()
            accept(peer, only=IMPLICIT)
            receive_message(peer)
            seen["more"] = threading.active_count() - before
            peer.send(find_rsp(1, 0))
            finish_release(peer)

        assert ask(script)["result"] == "success"
        assert seen["more"] == 0


class TestRefused:
    @pytest.mark.parametrize(
        "arguments",
        [
            {"level": "PATIENT", "keys": {}},
            {"level": "FRAME", "keys": {}},
            {"level": "STUDY", "keys": {}, "model": "composite"},
            {"level": "STUDY", "keys": {"NoSuchKeyword": ""}},
            {"level": "IMAGE", "keys": {"Rows": "many"}},
        ],
    )
    def test_what_cannot_be_asked(self, start, arguments):
        workstation = start(archives={"archive": {"ae_title": "A", "host": "127.0.0.1", "port": 9}})
        assert workstation.query("archive", **arguments).result == "refused"

    def test_an_unknown_peer(self, start):
        assert start().query("nobody", level="STUDY", keys={}).result == "refused"


class TestAssociate:
    def test_it_opens_and_releases(self, start, acceptor):
        def script(peer):
            accept(peer)
            finish_release(peer)

        host, port = acceptor(script).address
        workstation = start(archives={"archive": {"ae_title": "ARCHIVE", "host": host, "port": port}})
        assert workstation.associate("archive").result == "success"
