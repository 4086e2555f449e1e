"""The store client against archives that say any bytes they like (DCS 3.2.3; PS3.4 Annex B)."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from raw_dicom_peer import (
    CT,
    IMPLICIT,
    RELEASE_RP,
    abort,
    accept,
    associate_ac,
    field_of,
    finish_release,
    p_data,
    pdu,
    proposed_contexts,
    receive_message,
    response,
)

from dicom_workstation.network import StreamedDataSet
from dicom_workstation.storage import store_client
from dicom_workstation.tables import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    STORE_CLIENT_ADDITIONS,
    STORE_CLIENT_SOP_CLASSES,
    UNCOMPRESSED,
    store_client_transfer_syntaxes,
)

GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
JPEG_2000_LOSSLESS = "1.2.840.10008.1.2.4.90"


@pytest.fixture
def write_file(tmp_path):
    """Write a small Part 10 file and return its path."""

    def write(uid="2.25.1", sop_class=CT, transfer_syntax=IMPLICIT):
        found = Dataset()
        found.file_meta = FileMetaDataset()
        found.file_meta.TransferSyntaxUID = transfer_syntax
        found.file_meta.MediaStorageSOPClassUID = found.SOPClassUID = sop_class
        found.file_meta.MediaStorageSOPInstanceUID = found.SOPInstanceUID = uid
        found.SamplesPerPixel = 1
        found.PhotometricInterpretation = "MONOCHROME2"
        found.Rows = found.Columns = 4
        found.BitsAllocated = found.BitsStored = 16
        found.HighBit, found.PixelRepresentation = 15, 0
        if transfer_syntax == JPEG_2000_LOSSLESS:
            import imagecodecs
            from pydicom.encaps import encapsulate

            pixels = np.arange(16, dtype="u2").reshape(4, 4)
            found.PixelData = encapsulate([imagecodecs.jpeg2k_encode(pixels, reversible=True, codecformat="J2K")])
        else:
            found.PixelData = np.arange(16, dtype="<u2").tobytes()
        found["PixelData"].VR = "OW"
        path = tmp_path / f"{uid}.dcm"
        found.save_as(path, enforce_file_format=True)
        return path

    return write


@pytest.fixture
def store(start, acceptor):
    """Play a script as archive and return the outcome of storing files to it."""

    def play(script, files, **keywords):
        keywords = {"dimse_timeout_s": 2.0, "association_timeout_s": 2.0, **keywords}
        host, port = acceptor(script).address
        workstation = start(archives={"archive": {"ae_title": "ARCHIVE", "host": host, "port": port}}, **keywords)
        return workstation.store("archive", files=files).as_dict()

    return play


def answering(*statuses, only=IMPLICIT, seen=None):
    """Return a script that answers each C-STORE-RQ with the next status."""

    def script(peer):
        accept(peer, only=only)
        for status in statuses:
            context_id, command_set, data_set = receive_message(peer)
            if seen is not None:
                seen.append((context_id, command_set, data_set))
            number = int.from_bytes(field_of(command_set, 0x0110), "little")
            peer.send(response(0x8001, context_id, status, MessageIDBeingRespondedTo=number))
        finish_release(peer)

    return script


class TestProposal:
    @pytest.mark.parametrize("configuration", sorted(STORE_CLIENT_ADDITIONS))
    def test_the_base_list_and_the_configurations_own(self, store, write_file, configuration):
        seen = {}

        def script(peer):
            seen["contexts"] = proposed_contexts(peer.receive())
            peer.send(pdu(3, bytes((0, 1, 1, 1))))

        files = [write_file(), write_file("2.25.2", GSPS)]
        outcome = store(script, files, jpeg_configuration=configuration)
        syntaxes = UNCOMPRESSED + STORE_CLIENT_ADDITIONS[configuration]
        expected = [(CT, syntax) for syntax in syntaxes] + [(GSPS, syntax) for syntax in UNCOMPRESSED]
        assert [pair[1:] for pair in seen["contexts"]] == expected
        assert [pair[0] for pair in seen["contexts"]] == [2 * n + 1 for n in range(len(expected))]
        assert outcome["result"] == "rejected"
        assert outcome["not_stored"] == ["2.25.1", "2.25.2"]

    def test_thirty_one_classes_are_claimed_and_the_presentation_state(self):
        assert len(STORE_CLIENT_SOP_CLASSES) == 31
        assert store_client_transfer_syntaxes(GSPS, "jpeg2000") == UNCOMPRESSED
        assert store_client_transfer_syntaxes("1.2.3", "none") == ()

    def test_more_than_128_contexts_take_more_associations(self, start, connect, write_file):
        receiver = start(jpeg_configuration="none")
        host, port = receiver.address
        archives = {"archive": {"ae_title": "DIRECTVIEW", "host": host, "port": port}}
        sender = start(jpeg_configuration="lossless", archives=archives)
        files = [write_file(f"2.25.{n}", sop) for n, sop in enumerate(STORE_CLIENT_SOP_CLASSES, start=1)]
        outcome = sender.store("archive", files=files)
        assert len(outcome.stored_with_warning) + len(outcome.stored) == 0  # they lack Study Instance UIDs: C000
        assert outcome.status == "C000"


class TestTransferSyntax:
    def test_the_instances_own_if_accepted_byte_for_byte(self, store, write_file):
        seen = []
        path = write_file()
        assert store(answering(0, only=None, seen=seen), [path])["result"] == "success"
        assert seen[0][0] == 1
        assert path.read_bytes().endswith(seen[0][2])

    def test_else_an_uncompressed_one(self, store, write_file):
        seen = []
        path = write_file(transfer_syntax=JPEG_2000_LOSSLESS)
        script = answering(0, only=EXPLICIT_VR_LITTLE_ENDIAN, seen=seen)
        assert store(script, [path], jpeg_configuration="jpeg2000")["result"] == "success"
        assert seen[0][0] == 3
        assert seen[0][2].endswith(np.arange(16, dtype="<u2").tobytes())

    def test_the_compressed_one_goes_as_it_is_where_it_is_accepted(self, store, write_file):
        seen = []
        path = write_file(transfer_syntax=JPEG_2000_LOSSLESS)
        assert store(answering(0, only=None, seen=seen), [path], jpeg_configuration="jpeg2000")["result"] == "success"
        assert seen[0][0] == 7
        assert path.read_bytes().endswith(seen[0][2])

    @pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT_VR_LITTLE_ENDIAN, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN])
    def test_a_large_file_is_sent_from_the_disk_and_arrives_the_same(self, store, write_file, monkeypatch, syntax):
        path = write_file(transfer_syntax=syntax)
        whole, streamed = [], []
        assert store(answering(0, only=IMPLICIT, seen=whole), [path])["result"] == "success"
        monkeypatch.setattr(store_client, "STREAMED_BYTES", 1)
        assert store(answering(0, only=IMPLICIT, seen=streamed), [path])["result"] == "success"
        assert streamed == whole
        if syntax == IMPLICIT:
            assert path.read_bytes().endswith(streamed[0][2])

    def test_a_large_file_is_not_in_memory_while_it_is_sent(self, store, write_file, monkeypatch):
        monkeypatch.setattr(store_client, "STREAMED_BYTES", 1)
        path = write_file()
        item = store_client.item_of_file(path)
        loaded = item.load()
        assert isinstance(loaded, StreamedDataSet)
        with loaded.stream:
            assert path.read_bytes().endswith(loaded.stream.read())
        assert isinstance(
            store_client.item_of_file(write_file("2.25.2", CT, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN)).load(), bytes
        )

    def test_a_deflated_file_goes_out_inflated(self, store, write_file):
        seen = []
        path = write_file(transfer_syntax=DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN)
        script = answering(0, only=EXPLICIT_VR_LITTLE_ENDIAN, seen=seen)
        assert store(script, [path])["result"] == "success"
        assert seen[0][2].endswith(np.arange(16, dtype="<u2").tobytes())

    def test_never_another_compressed_one(self, store, write_file):
        def script(peer):
            accept(peer, only="1.2.840.10008.1.2.4.91")
            finish_release(peer)

        outcome = store(script, [write_file()], jpeg_configuration="jpeg2000")
        assert (outcome["result"], outcome["not_stored"]) == ("not_accepted", ["2.25.1"])


class TestSequence:
    @pytest.mark.parametrize(
        ("statuses", "result", "status", "stored", "warned", "missing"),
        [
            ((0x0000, 0x0000, 0x0000), "success", "0000", 3, 0, 0),
            ((0xB000, 0x0000, 0x0000), "warning", "B000", 2, 1, 0),
            ((0x0000, 0xB006, 0xB007), "warning", "B007", 1, 2, 0),
            ((0xA700,), "failure", "A700", 0, 0, 3),
            ((0xC000,), "failure", "C000", 0, 0, 3),
            ((0x0122,), "failure", "0122", 0, 0, 3),
            ((0x0000, 0xA900), "partial", "A900", 1, 0, 2),
            ((0x0000, 0x0000, 0xCFFF), "partial", "CFFF", 2, 0, 1),
            ((0xB000, 0x1234), "partial", "1234", 0, 1, 2),
        ],
    )
    def test_next_after_success_or_warning_none_after_a_failure(
        self, store, write_file, statuses, result, status, stored, warned, missing
    ):
        files = [write_file(f"2.25.{n}") for n in (1, 2, 3)]
        outcome = store(answering(*statuses), files)
        assert (outcome["result"], outcome["status"]) == (result, status)
        counts = (len(outcome["stored"]), len(outcome["stored_with_warning"]), len(outcome["not_stored"]))
        assert counts == (stored, warned, missing)
        assert list(outcome["statuses"].values()) == [f"{each:04X}" for each in statuses]

    def test_one_association_and_consecutive_message_ids(self, store, write_file):
        seen = []
        store(answering(0, 0, 0, seen=seen), [write_file(f"2.25.{n}") for n in (1, 2, 3)])
        assert [field_of(command_set, 0x0110) for _, command_set, _ in seen] == [b"\1\0", b"\2\0", b"\3\0"]

    def test_a_cancel_status_is_no_success(self, store, write_file):
        outcome = store(answering(0xFE00), [write_file()])
        assert (outcome["result"], outcome["status"]) == ("cancelled", "FE00")
        assert outcome["not_stored"] == ["2.25.1"]

    def test_a_pending_status_is_invalid(self, store, write_file):
        def script(peer):
            accept(peer, only=IMPLICIT)
            receive_message(peer)
            peer.send(response(0x8001, 1, 0xFF00))
            assert peer.receive() == abort(0)

        assert store(script, [write_file()])["result"] == "invalid_response"

    def test_a_wrong_message_id_is_invalid(self, store, write_file):
        def script(peer):
            accept(peer, only=IMPLICIT)
            receive_message(peer)
            peer.send(response(0x8001, 1, 0, MessageIDBeingRespondedTo=99))
            assert peer.receive() == abort(0)

        assert store(script, [write_file()])["result"] == "invalid_response"


class TestEnd:
    def test_a_premature_end_ends_the_operation(self, store, write_file):
        def script(peer):
            accept(peer, only=IMPLICIT)
            receive_message(peer)
            peer.send(response(0x8001, 1, 0))
            receive_message(peer)
            peer.send(abort(2, 0))

        outcome = store(script, [write_file(f"2.25.{n}") for n in (1, 2, 3)])
        assert (outcome["result"], outcome["abort"]) == ("aborted", {"source": 2, "reason": 0})
        assert (outcome["stored"], outcome["not_stored"]) == (["2.25.1"], ["2.25.2", "2.25.3"])

    def test_a_peer_that_takes_no_data_is_a_time_out(self, start, acceptor, tmp_path, write_file):
        import threading

        path = write_file()
        path.write_bytes(path.read_bytes() + bytes(30_000_000))
        over = threading.Event()

        def script(peer):
            accept(peer, only=IMPLICIT)
            over.wait(5)

        host, port = acceptor(script).address
        archives = {"archive": {"ae_title": "ARCHIVE", "host": host, "port": port}}
        workstation = start(archives=archives, network_timeout_s=0.3)
        assert workstation.store("archive", files=[path]).result == "timeout"
        over.set()

    def test_fragments_keep_to_the_peers_maximum_length(self, store, write_file):
        lengths = []

        def script(peer):
            contexts = proposed_contexts(peer.receive())
            peer.send(associate_ac([(number, 0, syntax) for number, _, syntax in contexts], maximum_length=100))
            last = False
            while not last:
                received = peer.receive()
                lengths.append(len(received) - 6)
                last = received[11] == 2
            peer.send(p_data(1, 3, response(0x8001, 1, 0)[12:]))
            peer.receive()
            peer.send(RELEASE_RP)

        assert store(script, [write_file()])["result"] == "success"
        assert max(lengths) == 100

    @pytest.mark.parametrize("maximum_length", [0, 1 << 20])
    def test_a_peer_that_takes_more_gets_no_more_than_32k(self, store, write_file, maximum_length):
        path = write_file()
        path.write_bytes(path.read_bytes() + bytes(200_000))
        lengths = []

        def script(peer):
            accept(peer, only=IMPLICIT, maximum_length=maximum_length)
            control = 0
            while control != 2:
                received = peer.receive()
                lengths.append(len(received) - 6)
                control = received[11]
            peer.send(response(0x8001, 1, 0))
            finish_release(peer)

        assert store(script, [path])["result"] == "success"
        assert max(lengths) == 32768


class TestRefused:
    def test_a_file_that_is_none(self, start, tmp_path):
        path = tmp_path / "text.dcm"
        path.write_text("no DICOM")
        workstation = start(archives={"archive": {"ae_title": "A", "host": "127.0.0.1", "port": 9}})
        for files in ([path], [tmp_path / "absent.dcm"], []):
            assert workstation.store("archive", files=files).result == "refused"
        outcome = workstation.store("archive", files=[path])
        assert outcome.detail == f"{path}: is not a DICOM file: it has no DICM prefix"

    def test_a_file_that_was_cut_off_is_not_sent_and_the_others_are(self, store, write_file):
        seen = []
        cut, whole = write_file("2.25.1"), write_file("2.25.2")
        cut.write_bytes(cut.read_bytes()[:-9])
        found = store(answering(0, only=None, seen=seen), [cut, whole])
        assert (found["result"], found["stored"], found["not_stored"]) == ("partial", ["2.25.2"], ["2.25.1"])
        assert f"{cut}: the data set ends within element 7FE00010" in found["detail"]
        assert len(seen) == 1

    def test_a_class_that_is_not_claimed(self, start, write_file):
        workstation = start(archives={"archive": {"ae_title": "A", "host": "127.0.0.1", "port": 9}})
        outcome = workstation.store("archive", files=[write_file(sop_class="1.2.840.10008.5.1.4.1.1.104.1")])
        assert (outcome.result, outcome.not_stored) == ("refused", ("2.25.1",))

    def test_an_instance_that_is_not_in_memory(self, start):
        workstation = start(archives={"archive": {"ae_title": "A", "host": "127.0.0.1", "port": 9}})
        assert workstation.store("archive", instances=["2.25.404"]).result == "refused"
