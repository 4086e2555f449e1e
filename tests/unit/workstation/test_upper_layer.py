"""What was measured in pynetdicom does not happen here; that it does there, `test_stock_pynetdicom` shows."""

from __future__ import annotations

import compileall
import inspect
import os
import shutil
import struct
import subprocess
import sys
import threading
import time
import tomllib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pynetdicom
import pytest
from pynetdicom import AE
from raw_dicom_peer import (
    CT,
    IMPLICIT,
    RELEASE_RQ,
    VERIFICATION,
    RawPeer,
    abort,
    associate_rq,
    command,
    echo_rq,
    item,
    p_data,
    pdu,
    status_of,
    store_rq,
)

from dicom_workstation.configuration.yaml_file import ConfigurationError
from dicom_workstation.network import upper_layer
from dicom_workstation.network.pynetdicom_version import check_pynetdicom, differences
from dicom_workstation.network.upper_layer.association import Association

ABORT_PROVIDER = 2


def receive_or_silence(peer: RawPeer, within_s: float) -> bytes | None:
    """Return the next PDU, b"" for a closed connection, None for silence."""
    peer.connection.settimeout(within_s)
    try:
        return peer.receive()
    except TimeoutError:
        return None


class TestStalledPDU:
    def test_half_an_association_request_ends_with_the_artim_timer(self, start, connect):
        peer = connect(start(acse_timeout_s=0.2).address)
        peer.send(associate_rq([(1, VERIFICATION, [IMPLICIT])])[:50])
        assert receive_or_silence(peer, 2.0) == b""  # PS3.8 AA-2

    def test_half_a_pdu_on_an_association_ends_with_the_network_time_out(self, start, connect):
        peer = connect(start(network_timeout_s=0.2).address)
        assert peer.open()[0] == 2
        peer.send(echo_rq()[:20])
        assert receive_or_silence(peer, 2.0) == abort(0)

    def test_a_stalled_peer_does_not_stop_the_others(self, start, connect):
        address = start().address
        stalled, other = connect(address), connect(address)
        stalled.send(b"\x01\x00\x00")
        assert other.open()[0] == 2


def _without_user_information() -> bytes:
    raw = associate_rq([(1, VERIFICATION, [IMPLICIT])])
    body = raw[6 : raw.index(b"\x50\x00", 74)]
    return pdu(1, body)


def _echo_of_two_message_ids() -> bytes:
    whole = command(AffectedSOPClassUID=VERIFICATION, CommandField=0x30, MessageID=7, CommandDataSetType=0x101)
    one = struct.pack("<HHLH", 0, 0x0110, 2, 7)
    assert one in whole
    return whole.replace(one, struct.pack("<HHLHH", 0, 0x0110, 4, 7, 8))


class TestMalformedInput:
    @pytest.mark.parametrize(
        "raw",
        [
            pytest.param(pdu(0x42, b"abcd"), id="unknown type"),
            pytest.param(pdu(0x42, b"abcd")[:8], id="unknown type, cut"),
            pytest.param(b"\x01\x00\xff\xff\xff\xf0", id="endless A-ASSOCIATE-RQ"),
            pytest.param(pdu(1, b"\x00\x01"), id="short A-ASSOCIATE-RQ"),
            pytest.param(associate_rq([(2, VERIFICATION, [IMPLICIT])]), id="even context ID"),
            pytest.param(associate_rq([(0, VERIFICATION, [IMPLICIT])]), id="context ID 0"),
            pytest.param(associate_rq([(1, VERIFICATION, [IMPLICIT])] * 2), id="context ID twice"),
            pytest.param(associate_rq([]), id="no context"),
            pytest.param(_without_user_information(), id="no user information"),
            pytest.param(p_data(1, 3, b"abcd"), id="P-DATA before association"),
            pytest.param(RELEASE_RQ, id="release before association"),
        ],
    )
    def test_before_an_association_it_is_aborted(self, start, connect, raw):
        workstation = start()
        peer = connect(workstation.address)
        peer.send(raw)
        assert peer.receive()[:1] == b"\x07"  # PS3.8 Table 9-10, Sta2: AA-1
        assert connect(workstation.address).open()[0] == 2

    @pytest.mark.parametrize(
        "title", [b"", b"CT1\n", b"\tCT1", b"CT\\1", b"CT\x7f", b"CT\xfc", b"CT1".ljust(16, b"\0")]
    )
    @pytest.mark.parametrize(("at", "reason"), [(10, 7), (26, 3)])
    def test_a_title_that_is_none_is_rejected(self, start, connect, title, at, reason):
        raw = associate_rq([(1, VERIFICATION, [IMPLICIT])])
        peer = connect(start().address)
        peer.send(raw[:at] + title.ljust(16) + raw[at + 16 :])
        assert peer.receive()[:10] == b"\x03\0\0\0\0\x04\0\x01\x01" + bytes((reason,))  # PS3.8 Table 9-21

    @pytest.mark.parametrize(
        ("raw", "reason"),
        [
            pytest.param(pdu(0x42, b"abcd"), 1, id="unknown type"),
            pytest.param(associate_rq([(1, VERIFICATION, [IMPLICIT])]), 2, id="second A-ASSOCIATE-RQ"),
            pytest.param(pdu(6, bytes(4)), 2, id="A-RELEASE-RP unasked"),
            pytest.param(pdu(5, bytes(9)), 6, id="long A-RELEASE-RQ"),
            pytest.param(pdu(4, b""), 6, id="P-DATA without PDV"),
            pytest.param(pdu(4, struct.pack(">LBB", 0, 1, 3)), 6, id="PDV of length 0"),
            pytest.param(pdu(4, struct.pack(">LBB", 99, 1, 3) + b"ab"), 6, id="PDV beyond its PDU"),
            pytest.param(p_data(3, 3, command(CommandField=0x30)), 6, id="context not negotiated"),
            pytest.param(p_data(1, 3, command(CommandField=0x7777, CommandDataSetType=0x101)), 6, id="unknown command"),
            pytest.param(p_data(1, 3, b"\xff" * 30), 6, id="garbage command set"),
            pytest.param(p_data(1, 3, command(MessageID=1)), 6, id="command without Command Field"),
            pytest.param(p_data(1, 3, _echo_of_two_message_ids()), 6, id="two values of Message ID"),
            pytest.param(p_data(1, 2, b"data"), 6, id="data set without command"),
        ],
    )
    def test_on_an_association_the_provider_aborts_and_says_why(self, start, connect, raw, reason):
        workstation = start()
        peer = connect(workstation.address)
        assert peer.open()[0] == 2
        peer.send(raw)
        assert peer.receive() == abort(ABORT_PROVIDER, reason)  # PS3.8 Table 9-26
        assert connect(workstation.address).open()[0] == 2

    def test_a_request_without_message_id_is_aborted(self, start, connect):
        peer = connect(start().address)
        peer.open()
        peer.send(p_data(1, 3, command(AffectedSOPClassUID=VERIFICATION, CommandField=0x30, CommandDataSetType=0x101)))
        assert peer.receive() == abort(0)

    def test_protocol_version_is_tested_in_bit_0_alone(self, start, connect):
        workstation = start()
        assert connect(workstation.address).open(version=3)[0] == 2
        assert connect(workstation.address).open(version=2)[7:10] == bytes((1, 2, 2))  # PS3.8 Table 9-21


class TestUnknownItems:
    def rebuilt(self, more_items: bytes = b"", more_sub_items: bytes = b"") -> bytes:
        request = associate_rq([(1, VERIFICATION, [IMPLICIT])])
        at = request.index(b"\x50\x00\x00", 74)
        return pdu(1, request[6:at] + item(0x50, request[at + 4 :] + more_sub_items) + more_items)

    def test_they_are_ignored(self, start, connect):
        for raw in (self.rebuilt(item(0x2F, b"zz")), self.rebuilt(b"", item(0x99, b"zz"))):
            peer = connect(start().address)
            peer.send(raw)
            assert peer.receive()[0] == 2  # PS3.8 Annex D.2, note 2

    def test_a_context_without_transfer_syntax_is_refused(self, start, connect):
        answer = connect(start().address).open([(1, VERIFICATION, []), (3, VERIFICATION, [IMPLICIT])])
        assert answer[0] == 2
        assert b"\x21\x00\x00\x19\x01\x00\x04\x00" in answer

    def test_padded_uids_are_understood(self, start, connect):
        address = start().address
        assert b"\x03\x00\x00\x00" not in connect(address).open([(1, VERIFICATION + "\0", [IMPLICIT + "\0"])])[74:]


class TestMaximumLength:
    def test_a_pdu_above_the_announced_maximum_is_aborted(self, start, connect):
        peer = connect(start().address)
        answer = peer.open()
        announced = struct.unpack_from(">L", answer, answer.index(b"\x51\x00\x00\x04") + 4)[0]
        assert announced == 32768
        peer.send(pdu(4, bytes(announced + 1))[: announced + 7])
        assert peer.receive() == abort(ABORT_PROVIDER, 6)

    def test_a_pdu_of_the_announced_maximum_is_taken(self, start, connect, instance):
        data_set, sop_class, uid = instance(x00204000=b"x" * 60000)
        peer = connect(start().address)
        peer.open([(1, CT, [IMPLICIT])])
        peer.send(store_rq(data_set, sop_class, uid, fragment=32768 - 6))
        assert status_of(peer.receive()) == 0x0000

    @pytest.mark.parametrize("maximum_length", [8, 20, 64, 4096])
    def test_responses_keep_to_the_peers_maximum(self, start, connect, maximum_length):
        peer = connect(start().address)
        peer.open(maximum_length=maximum_length)
        peer.send(echo_rq())
        lengths, value = [], b""
        while True:
            response = peer.receive()
            lengths.append(len(response) - 6)
            value += response[12:]
            if response[11] & 2:
                break
        assert max(lengths) <= maximum_length
        assert value.endswith(struct.pack("<HHLH", 0, 0x0900, 2, 0))

    def test_a_peer_that_can_receive_nothing_is_rejected(self, start, connect):
        assert connect(start().address).open(maximum_length=5)[7:10] == bytes((1, 1, 1))


class TestAcceptance:
    def test_a_foreign_application_context_is_rejected(self, start, connect):
        assert connect(start().address).open(application_context="1.2.3")[7:10] == bytes((1, 1, 2))

    def test_there_is_no_limit_of_ten_associations(self, start, connect):
        address = start().address
        assert {connect(address).open()[0] for _ in range(30)} == {2}

    def test_a_retired_sop_class_is_served(self, start, connect, instance):
        retired = "1.2.840.10008.5.1.4.1.1.5"
        data_set, sop_class, uid = instance(sop_class=retired)
        peer = connect(start().address)
        peer.open([(1, retired, [IMPLICIT])])
        peer.send(store_rq(data_set, sop_class, uid))
        assert status_of(peer.receive()) == 0x0000


class TestEnd:
    def test_after_a_release_the_peer_closes_first(self, start, connect):
        peer = connect(start(acse_timeout_s=5.0).address)
        peer.open()
        assert peer.release()[0] == 6
        assert receive_or_silence(peer, 0.2) is None  # Sta13 awaits the peer's close

    def test_a_peer_that_never_closes_is_left_when_the_artim_timer_expires(self, start, connect):
        peer = connect(start(acse_timeout_s=0.2).address)
        peer.open()
        peer.release()
        assert receive_or_silence(peer, 2.0) == b""

    def test_a_rejection_is_transmitted(self, start, connect):
        address = start().address
        for _ in range(20):
            assert connect(address).open(called="OTHER")[7:10] == bytes((1, 1, 7))

    def test_stop_is_quick_aborts_what_is_open_and_leaves_no_thread(self, start, connect):
        before = threading.active_count()
        workstation = start()
        peers = [connect(workstation.address) for _ in range(5)]
        for peer in peers:
            peer.open()
        begun = time.monotonic()
        workstation.stop()
        assert time.monotonic() - begun < 0.4  # pynetdicom needs 0.5 s
        assert threading.active_count() == before
        assert {peer.receive() for peer in peers} == {abort(0)}

    def test_the_thread_of_an_ended_association_ends(self, start, connect):
        peer = connect(start().address)
        peer.open()
        (thread,) = (each for each in threading.enumerate() if each.name.startswith("loader-127"))
        peer.close()
        thread.join(5)
        assert not thread.is_alive()

    def test_one_thread_serves_an_association(self, start, connect):
        workstation = start()
        before = threading.active_count()
        for _ in range(3):
            connect(workstation.address).open()
        assert threading.active_count() == before + 3


class TestFailuresOfOurOwn:
    def test_they_are_not_taken_for_the_peers(self):
        """A failure where the connection is lost (Evt17) would else be Evt19, then Evt17 again, and so on for ever."""
        association = upper_layer.Association(AE("RAW"), "acceptor")  # nobody told it its peer's address
        association.dul.state_machine.current_state = "Sta6"
        with pytest.raises(AttributeError):
            association.dul.state_machine.do_action("Evt17")
        association.dul.dispose()


class TestPynetdicomVersion:
    def test_the_installed_one_is_the_supported_one(self):
        check_pynetdicom()
        assert differences(upper_layer.REPLACED) == []

    def test_the_project_pins_the_version_that_is_checked(self):
        project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        pins = [each for each in project["dependencies"] if each.startswith("pynetdicom")]
        assert pins == [f"pynetdicom=={upper_layer.PYNETDICOM_VERSION}"]

    @pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "4.0"])
    def test_another_version_is_refused(self, version, monkeypatch):
        monkeypatch.setattr(pynetdicom, "__version__", version)
        with pytest.raises(ConfigurationError, match=rf"pynetdicom {version} is not supported: install pynetdicom==3"):
            check_pynetdicom.__wrapped__()

    def test_a_build_of_the_version_is_accepted(self, monkeypatch):
        monkeypatch.setattr(pynetdicom, "__version__", f"{upper_layer.PYNETDICOM_VERSION}+local")
        check_pynetdicom.__wrapped__()

    def test_a_changed_function_is_refused_by_name(self, monkeypatch):
        monkeypatch.setattr(pynetdicom.association.Association, "kill", lambda self: None)
        with pytest.raises(ConfigurationError, match=r"was changed after its release \(association.Association.kill\)"):
            check_pynetdicom.__wrapped__()

    @pytest.mark.parametrize("name", sorted(upper_layer.REPLACED))
    def test_each_change_is_named(self, name):
        changed = {**upper_layer.REPLACED, name: replace(upper_layer.REPLACED[name], sha256="0" * 16)}
        assert differences(changed) == [name]

    @pytest.mark.parametrize("name", sorted(upper_layer.REPLACED))
    def test_each_change_of_parameters_is_named_without_sources(self, name, monkeypatch):
        def getsource(_):
            raise OSError("could not get source code")

        monkeypatch.setattr(inspect, "getsource", getsource)
        assert differences(upper_layer.REPLACED) == []
        changed = {**upper_layer.REPLACED, name: replace(upper_layer.REPLACED[name], parameters="self other")}
        assert differences(changed) == [name]

    def test_a_function_that_is_gone_is_named(self):
        gone = {"dul.DULServiceProvider.no_such": upper_layer.Replaced("0" * 16, "self", "")}
        assert differences(gone) == ["dul.DULServiceProvider.no_such"]

    def test_an_installation_without_sources_is_accepted(self, tmp_path):
        copy = shutil.copytree(Path(pynetdicom.__file__).parent, tmp_path / "pynetdicom", ignore=_TESTS)
        assert compileall.compile_dir(copy, legacy=True, quiet=1)
        for source in copy.rglob("*.py"):
            source.unlink()
        program = (
            "import pynetdicom; from dicom_workstation.network.pynetdicom_version import check_pynetdicom;"
            "check_pynetdicom();"
            "print(pynetdicom.__file__)"
        )
        path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
        done = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert (done.returncode, done.stdout.strip()) == (0, str(copy / "__init__.pyc")), done.stderr


_TESTS = shutil.ignore_patterns("tests", "__pycache__", "benchmarks")


def test_an_association_that_is_killed_is_established_no_longer() -> None:
    stopped: list[bool] = []
    killed = SimpleNamespace(
        is_established=True, _kill=False, dul=SimpleNamespace(stop_dul=lambda: stopped.append(True))
    )
    Association.kill(killed)  # type: ignore[arg-type]
    assert (killed.is_established, killed._kill, stopped) == (False, True, [True])
