"""The workstation as the subject of a test, in this process."""

from __future__ import annotations

import json
import socket
import threading
import time

import pytest
from raw_dicom_peer import CT, IMPLICIT, RawPeer, status_of, store_rq

from dicom_conformance.play import reserved_port
from dicom_workstation.subjects import Embedded


@pytest.fixture
def subject():
    before = threading.active_count()
    embedded = Embedded()
    yield embedded
    embedded.close()
    assert threading.active_count() == before


def put(address: dict, built) -> int:
    peer = RawPeer(socket.create_connection((address["host"], address["port"]), 5))
    try:
        peer.open([(1, CT, [IMPLICIT])], called=address["ae_title"])
        peer.send(store_rq(*built))
        return status_of(peer.receive())
    finally:
        peer.close()


def test_prepare_forgets_and_is_quick(subject, instance):
    address = subject.prepare("none", {}, {})
    assert put(address, instance()) == 0
    assert [each["SOPInstanceUID"] for each in subject.instances()] == ["2.25.1"]
    assert subject.instances()[0]["data_set"] == instance()[0]
    assert subject.log()
    begun = time.perf_counter()
    assert subject.prepare("none", {"a": {"ae_title": "A", "host": "h", "port": 1}}, {}) == address
    assert time.perf_counter() - begun < 0.05
    assert subject.instances() == []
    assert subject.log() == []


def test_settings_hold_for_one_case(subject, instance):
    address = subject.prepare("none", {}, {"memory_budget_bytes": 10})
    assert put(address, instance()) == 0xA700
    address = subject.prepare("none", {}, {})
    assert put(address, instance()) == 0


def test_each_configuration_has_a_workstation_of_its_own(subject):
    ports = {name: subject.prepare(name, {}, {})["port"] for name in sorted(subject.configurations)}
    assert len(set(ports.values())) == 4
    assert {name: subject.prepare(name, {}, {})["port"] for name in ports} == ports


def test_it_listens_at_the_port_of_a_case_and_leaves_it_afterwards(subject):
    port = reserved_port()
    address = subject.prepare("none", {}, {"port": str(port)})
    assert address["port"] == port
    socket.create_connection(("127.0.0.1", port), 5).close()
    after = subject.prepare("none", {}, {})["port"]
    assert after != port
    assert subject.prepare("none", {}, {})["port"] == after
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5)


@pytest.mark.parametrize("through", [{}, {"through": "control_interface"}], ids=["directly", "over HTTP"])
def test_what_is_configured_in_a_case_does_not_reach_the_next(subject, through):
    settings = {"keep_s": "5"}
    subject.prepare("none", {}, settings)
    told = subject.perform("configure", None, {"query_pdu_length_bytes": "65536", **through})
    assert (told["result"], told["detail"]) == ("success", "")
    told = subject.perform("configure", None, {"query_pdu_length_bytes": "32767", "ae_title": "OTHER", **through})
    assert told["result"] == "refused"
    assert told["detail"].startswith("query_pdu_length_bytes")
    configuration = subject._workstation().configuration
    assert (configuration.query_pdu_length_bytes, configuration.ae_title) == (65536, "DIRECTVIEW")
    subject.prepare("none", {}, settings)
    assert subject._workstation().configuration.query_pdu_length_bytes == 32768


def test_it_can_speak_to_itself_and_its_outcomes_are_plain(subject):
    address = subject.prepare("lossless", {}, {})
    subject.prepare("lossless", {"self": address}, {})
    outcome = subject.perform("echo", "self", {})
    assert outcome == {"operation": "echo", "peer": "self", "result": "success", "detail": "", "status": "0000"}
    for operation in sorted(subject.operations):
        json.dumps(subject.perform(operation, "self", {}))


@pytest.mark.parametrize("operation", ["echo", "query", "retrieve", "store", "associate", "cancel", "dance"])
def test_an_unknown_peer_or_operation_is_refused(subject, operation):
    subject.prepare("none", {}, {})
    outcome = subject.perform(operation, "nobody", {})
    assert (outcome["result"], outcome["peer"]) == ("refused", "nobody")


def test_wrong_arguments_are_refused(subject):
    subject.prepare("none", {"a": {"ae_title": "A", "host": "127.0.0.1", "port": 9}}, {})
    assert subject.perform("query", "a", {"nonsense": 1})["result"] == "refused"


@pytest.mark.parametrize(
    ("peers", "settings"),
    [({"a": {"ae_title": "", "host": "h", "port": 1}}, {}), ({}, {"query_pdu_length_bytes": 100}), ({}, {"x": 1})],
)
def test_what_is_not_valid_is_said(subject, peers, settings):
    with pytest.raises(ValueError, match=r"archives\.a\.ae_title|query_pdu_length_bytes|unknown"):
        subject.prepare("none", peers, settings)


def test_prepare_comes_first(subject):
    with pytest.raises(RuntimeError):
        subject.log()


def test_printers_of_the_settings_are_where_the_peers_of_their_names_are(subject):
    printers = {"imager": {"bits": 8}, "elsewhere": {"ae_title": "FAR", "host": "127.0.0.1", "port": 104}}
    subject.prepare("none", {}, {"printers": printers})
    assert subject.perform("print", "imager", {"files": ["/nowhere.dcm"]})["detail"] == "unknown printer"
    subject.prepare("none", {"imager": {"ae_title": "IMAGER", "host": "127.0.0.1", "port": 1}}, {"printers": printers})
    assert subject.perform("select_printer", "imager", {})["result"] == "unreachable"
    with pytest.raises(ValueError, match=r"printers\.nobody"):
        subject.prepare(
            "none",
            {"imager": {"ae_title": "IMAGER", "host": "127.0.0.1", "port": 1}},
            {"printers": {"nobody": {"bits": 8}}},
        )
