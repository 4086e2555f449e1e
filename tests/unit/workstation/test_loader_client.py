"""The loader's client side against archives that say any bytes they like (DCS 3.2.2.2; PS3.4 C.4.2)."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import closing

import pytest
from raw_dicom_peer import (
    CT,
    IMPLICIT,
    RawPeer,
    accept,
    element,
    field_of,
    finish_release,
    pdu,
    receive_message,
    response,
    status_of,
    store_rq,
)

from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.tables import TABLE_4

STUDY = "2.25.1000"
KEYS = {"StudyInstanceUID": STUDY}


def move_rsp(status: int, *counts: int | None, identifier: bytes = b"") -> bytes:
    """Encode a C-MOVE-RSP; counts are remaining, completed, failed, warning; None leaves one out."""
    names = ("Remaining", "Completed", "Failed", "Warning")
    told = {
        f"NumberOf{name}Suboperations": count for name, count in zip(names, counts, strict=False) if count is not None
    }
    return response(0x8021, 1, status, identifier, **told)


def send_instances(address, built):
    """Store instances as the sub-operations of a C-MOVE do: on an association of their own."""
    with closing(RawPeer(socket.create_connection(address, 5))) as peer:
        assert peer.open([(1, CT, [IMPLICIT])])[0] == 2
        statuses = []
        for data_set, sop_class, uid in built:
            peer.send(store_rq(data_set, sop_class, uid))
            statuses.append(status_of(peer.receive()))
        assert peer.release()[0] == 6
    return statuses


@pytest.fixture
def load(start, acceptor, instance):
    """Play a script as archive, given a function that sends n instances; returns the outcome of a retrieve."""

    def play(script, level="STUDY", keys=KEYS, **keywords):
        keywords = {"dimse_timeout_s": 2.0, "arrival_timeout_s": 0.2, **keywords}
        workstation: list[Workstation] = []

        def archive(peer):
            def send(*numbers):
                return send_instances(workstation[0].address, [instance(f"2.25.{n}") for n in numbers])

            accept(peer, only=IMPLICIT)
            script(peer, send)

        host, port = acceptor(archive).address
        archives = {"archive": {"ae_title": "ARCHIVE", "host": host, "port": port}}
        workstation.append(start(archives=archives, **keywords))
        return workstation[0].retrieve("archive", level=level, keys=keys).as_dict()

    return play


def moving(final: bytes, *numbers: int):
    """Return a script that sends instances, then the final response."""

    def script(peer, send):
        receive_message(peer)
        send(*numbers)
        peer.send(final)
        finish_release(peer)

    return script


class TestRequest:
    def test_table_4_is_proposed_and_the_destination_is_the_workstation_itself(self, start, acceptor):
        seen = {}

        def script(peer):
            seen["contexts"] = accept(peer)
            seen["context"], seen["command"], seen["identifier"] = receive_message(peer)
            context = seen["context"]
            peer.send(response(0x8021, context, 0, NumberOfCompletedSuboperations=0))
            finish_release(peer)

        host, port = acceptor(script).address
        archives = {"archive": {"ae_title": "ARCHIVE", "host": host, "port": port}}
        workstation = start(archives=archives, ae_title="MYSELF")
        assert workstation.retrieve("archive", level="STUDY", keys=KEYS).result == "success"
        assert tuple(pair[1:] for pair in seen["contexts"]) == TABLE_4
        assert field_of(seen["command"], 0x0600).strip() == b"MYSELF"
        assert seen["context"] == 3  # Explicit VR Little Endian
        assert b"QueryRetrieveLevel" not in seen["identifier"]
        assert STUDY.encode() in seen["identifier"]

    @pytest.mark.parametrize(
        ("level", "keys"),
        [("PATIENT", {"PatientID": "1"}), ("STUDY", {}), ("IMAGE", KEYS), ("STUDY", {**KEYS, "Nonsense": "1"})],
    )
    def test_what_cannot_be_asked_is_refused(self, start, level, keys):
        workstation = start(archives={"archive": {"ae_title": "A", "host": "127.0.0.1", "port": 9}})
        assert workstation.retrieve("archive", level=level, keys=keys).result == "refused"


class TestReconciliation:
    def test_all_arrived(self, load):
        outcome = load(moving(move_rsp(0, None, 2, 0, 0), 1, 2))
        assert outcome["result"] == "success"
        assert (outcome["completed"], outcome["arrived"], outcome["missing"]) == (2, 2, 0)

    def test_success_with_missing_instances_is_partial(self, load):
        outcome = load(moving(move_rsp(0, None, 3, 0, 0), 1, 2))
        assert (outcome["result"], outcome["status"]) == ("partial", "0000")
        assert (outcome["completed"], outcome["arrived"], outcome["missing"]) == (3, 2, 1)

    def test_success_with_sub_operations_remaining_is_partial(self, load):
        outcome = load(moving(move_rsp(0, 7, 3, 0, 0), 1, 2, 3))
        assert (outcome["result"], outcome["missing"], outcome["remaining"]) == ("partial", 7, 7)

    def test_success_with_failed_sub_operations_is_partial(self, load):
        outcome = load(moving(move_rsp(0, None, 1, 1, 0), 1))
        assert (outcome["result"], outcome["failed"], outcome["missing"]) == ("partial", 1, 1)

    def test_an_instance_that_was_asked_for_by_uid_and_did_not_come_is_missing(self, load):
        keys = {**KEYS, "SeriesInstanceUID": "2.25.1001", "SOPInstanceUID": ["2.25.1", "2.25.2"]}
        outcome = load(moving(move_rsp(0), 1), level="IMAGE", keys=keys)
        assert (outcome["result"], outcome["arrived"], outcome["missing"]) == ("partial", 1, 1)

    def test_without_counts_nothing_is_known_to_be_missing(self, load):
        outcome = load(moving(move_rsp(0), 1))
        assert (outcome["result"], outcome["arrived"], outcome["missing"]) == ("success", 1, None)

    def test_the_last_instance_may_come_after_the_final_response(self, load):
        def script(peer, send):
            receive_message(peer)
            send(1)
            peer.send(move_rsp(0, None, 2, 0, 0))
            finish_release(peer)
            send(2)

        outcome = load(script, arrival_timeout_s=5.0)
        assert (outcome["result"], outcome["arrived"]) == ("success", 2)

    def test_instances_of_another_study_do_not_count(self, load):
        outcome = load(moving(move_rsp(0, None, 1, 0, 0), 1), keys={"StudyInstanceUID": "2.25.999"})
        assert (outcome["result"], outcome["arrived"], outcome["missing"]) == ("partial", 0, 1)

    def test_an_instance_that_is_held_already_counts_as_arrived(self, load, instance):
        def script(peer, send):
            receive_message(peer)
            send(1)
            assert send(1) == [0]
            peer.send(move_rsp(0, None, 1, 0, 0))
            finish_release(peer)

        assert load(script)["arrived"] == 1

    def test_failed_instances_are_told(self, load):
        identifier = element(0x00080058, b"2.25.2\\2.25.3")
        outcome = load(moving(move_rsp(0xB000, None, 1, 2, 0, identifier=identifier), 1))
        assert (outcome["result"], outcome["status"]) == ("warning", "B000")
        assert outcome["failed_instances"] == ["2.25.2", "2.25.3"]
        assert (outcome["failed"], outcome["missing"]) == (2, 2)

    @pytest.mark.parametrize("status", [0xA701, 0xA702, 0xA801, 0xA900, 0xC000, 0xCFFF, 0x0122, 0x0124, 0x1234])
    def test_failures(self, load, status):
        outcome = load(moving(move_rsp(status)))
        assert (outcome["result"], outcome["status"], outcome["arrived"]) == ("failure", f"{status:04X}", 0)

    def test_what_arrives_is_a_sign_of_life(self, load):
        """Pending responses are the archive's choice: the time-out begins anew at each arrival."""

        def script(peer, send):
            receive_message(peer)
            for number in (1, 2, 3, 4):
                threading.Event().wait(0.2)
                send(number)
            peer.send(move_rsp(0, None, 4, 0, 0))
            finish_release(peer)

        assert load(script, dimse_timeout_s=0.4)["result"] == "success"

    def test_pending_counts_stay_when_the_end_tells_none(self, load):
        def script(peer, send):
            receive_message(peer)
            peer.send(move_rsp(0xFF00, 2, 0, 0, 0))
            send(1)
            peer.send(move_rsp(0xFF00, 1, 1, 0, 0))
            peer.send(move_rsp(0xA702))
            finish_release(peer)

        outcome = load(script)
        assert (outcome["result"], outcome["completed"], outcome["arrived"]) == ("failure", 1, 1)


class TestProgressAndCancel:
    def test_each_pending_response_is_reported(self, start, acceptor):
        def script(peer):
            accept(peer, only=IMPLICIT)
            receive_message(peer)
            for remaining in (3, 2, 1):
                peer.send(move_rsp(0xFF00, remaining, 3 - remaining, 0, 0))
            peer.send(move_rsp(0, None, 0, 0, 0))
            finish_release(peer)

        host, port = acceptor(script).address
        workstation = start(archives={"archive": {"ae_title": "ARCHIVE", "host": host, "port": port}})
        reports = []
        workstation.retrieve("archive", level="STUDY", keys=KEYS, progress=reports.append)
        assert [each["remaining"] for each in reports] == [3, 2, 1]

    def test_cancel_from_the_progress_of_it(self, load, start, acceptor):
        def script(peer):
            accept(peer, only=IMPLICIT)
            receive_message(peer)
            peer.send(move_rsp(0xFF00, 5, 0, 0, 0))
            _, command_set, _ = receive_message(peer)
            assert field_of(command_set, 0x0100) == b"\xff\x0f"
            peer.send(move_rsp(0xFE00, 5, 0, 0, 0))
            finish_release(peer)

        host, port = acceptor(script).address
        workstation = start(archives={"archive": {"ae_title": "ARCHIVE", "host": host, "port": port}})
        outcome = workstation.retrieve(
            "archive", level="STUDY", keys=KEYS, progress=lambda _: workstation.cancel("archive")
        )
        assert (outcome.result, outcome.status, outcome.remaining) == ("cancelled", "FE00", 5)


class TestParallel:
    @pytest.mark.parametrize("limit", [1, 2, 3])
    def test_as_many_associations_as_configured(self, limit):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            host, port = listening.getsockname()
            configuration = Configuration.from_keywords(
                parallel_retrieves=limit, archives={"archive": {"ae_title": "A", "host": host, "port": port}}
            )
            with Workstation(configuration) as workstation:
                loads = [
                    threading.Thread(
                        target=workstation.retrieve, args=("archive",), kwargs={"level": "STUDY", "keys": KEYS}
                    )
                    for _ in range(limit + 1)
                ]
                for each in loads:
                    each.start()
                listening.settimeout(5)
                opened = [listening.accept()[0] for _ in range(limit)]
                listening.settimeout(0.15)
                with pytest.raises(TimeoutError):
                    listening.accept()
                opened[0].sendall(pdu(3, bytes((0, 1, 1, 1))))
                listening.settimeout(5)
                opened.append(listening.accept()[0])
                for connection in opened[1:]:
                    connection.sendall(pdu(3, bytes((0, 1, 1, 1))))
                for each in loads:
                    each.join(5)
                for connection in opened:
                    connection.close()

    def test_a_load_that_waits_its_turn_can_be_cancelled(self, start):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            host, port = listening.getsockname()
            archives = {"archive": {"ae_title": "A", "host": host, "port": port}}
            workstation = start(parallel_retrieves=1, archives=archives)
            outcomes = []

            def load():
                outcomes.append(workstation.retrieve("archive", level="STUDY", keys=KEYS))

            loads = [threading.Thread(target=load) for _ in range(2)]
            for each in loads:
                each.start()
            listening.settimeout(5)
            connection, _ = listening.accept()
            peer = RawPeer(connection)
            accept(peer)
            receive_message(peer)
            while workstation.cancel("archive").detail != "2 operations were asked to end":
                time.sleep(0.005)
            connection.close()
            for each in loads:
                each.join(5)
            assert sorted(outcome.result for outcome in outcomes) == ["cancelled", "connection_lost"]
