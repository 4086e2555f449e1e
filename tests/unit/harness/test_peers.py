from __future__ import annotations

import socket

import pytest

from dicom_conformance.errors import HarnessError
from dicom_conformance.play.peers import Peers
from dicom_conformance.play.ports import missing_feature
from dicom_conformance.play.subjects import Address
from dicom_conformance.scenario.scenario_setup import Setup
from dicom_conformance.scenario.steps import Do, Peer
from dicom_conformance.trace.trace import Trace
from dicom_simulators.scu.modality import Modality
from dicom_wire import Recorder, Side

SUBJECT = Address("SUBJECT", "127.0.0.1", 1)
SIX = Setup({}, {"archive": Peer(simulator="archive", host="::1")}, ())


@pytest.fixture
def staged(tmp_path):
    """Start the peers of a stage without links; gives them and what they saw."""
    started = []

    def start(peers, steps=()):
        recorder = Recorder()
        setup = Setup(peers=peers, settings={}, steps=tuple(steps))
        found = Peers(setup, SUBJECT, recorder, fixed={}, base=tmp_path, seed=0, links=False, case_deadline_s=10.0)
        started.append(found)
        return found.__enter__(), Trace(recorder)

    yield start
    for peers in started:
        peers.stop()


def echo(title: str, address: tuple[str, int]) -> None:
    """C-ECHO as someone whom nobody on the stage records."""
    stranger = Modality("stranger", title, Recorder())
    assert stranger.perform("echo", address, {"called_ae_title": "ARCHIVE"})["result"] == "success"
    stranger.stop()


def seen(trace: Trace) -> list[str]:
    return [one.requestor for one in trace.conversations]


def test_without_links_whoever_calls_a_peer_that_no_peer_calls_is_the_subject(staged):
    peers, trace = staged({"archive": Peer(simulator="archive")})
    echo("WHATEVER", peers.address("workstation", "archive"))
    assert seen(trace) == ["workstation"]


def test_without_links_a_peer_that_acts_is_known_by_its_title(staged):
    step = Do(ae="modality", operation="echo", peer="archive")
    peers, trace = staged({"archive": Peer(simulator="archive"), "modality": Peer(simulator="modality")}, [step])
    address = peers.address("workstation", "archive")
    echo("MODALITY", address)
    echo("OTHER", address)
    assert seen(trace) == ["modality", "workstation"]


def test_without_links_an_archive_is_known_to_its_destinations_by_its_title(staged):
    peers, trace = staged(
        {
            "archive": Peer(simulator="archive", ae_title="PACS", destinations=("vault",)),
            "vault": Peer(simulator="archive"),
        }
    )
    echo("PACS", peers.address("archive", "vault"))
    echo("SUBJECT", peers.address("workstation", "vault"))
    assert seen(trace) == ["archive", "workstation"]


def test_a_peer_that_closes_at_once_hears_what_the_subject_says_into_it(staged):
    peers, trace = staged({"archive": Peer(simulator="archive", faults=({"close": {"on": "connection"}},))})
    with socket.create_connection(peers.address("workstation", "archive"), 5.0) as caller:
        assert caller.recv(1) == b""  # closed, and not reset
        caller.sendall(b"too late")
        caller.shutdown(socket.SHUT_WR)
        on_result = trace.recorder.wait(
            lambda: b"".join(one.view.sent(Side.REQUESTOR) for one in trace.conversations) == b"too late", 5.0
        )
    assert on_result
    assert seen(trace) == ["workstation"]


def test_a_peer_may_be_called_by_name(staged):
    peers, _ = staged({"archive": Peer(simulator="archive", host="localhost")})
    known = peers.known()["archive"]
    assert known.host == "localhost"
    echo("WHATEVER", (known.host, known.port))


@pytest.mark.skipif(bool(missing_feature(SIX)), reason=missing_feature(SIX))
def test_a_peer_may_be_at_an_ipv6_address(staged):
    peers, trace = staged(SIX.peers)
    host, port = peers.address("workstation", "archive")
    assert host == "::1"
    echo("WHATEVER", (host, port))
    assert seen(trace) == ["workstation"]


def test_a_machine_without_ipv6_says_so(monkeypatch):
    monkeypatch.setattr("dicom_conformance.play.ports._has_ipv6", lambda: False)
    assert (
        missing_feature(SIX)
        == missing_feature(Setup({"host": "::1"}, {}, ()))
        == "this machine has no IPv6 loopback address"
    )
    assert missing_feature(Setup({}, {"archive": Peer(simulator="archive")}, ())) == ""


def with_links(tmp_path) -> Peers:
    peers = {name: Peer(simulator="archive") for name in ("near", "far")}
    setup = Setup(settings={}, peers=peers, steps=())
    return Peers(setup, SUBJECT, Recorder(), fixed={}, base=tmp_path, seed=0, links=True, case_deadline_s=10.0)


def test_an_operation_that_was_left_behind_makes_no_link_after_the_end(tmp_path):
    with with_links(tmp_path) as peers:
        assert peers.address("workstation", "near") == peers.address("workstation", "near")
    with pytest.raises(HarnessError, match="the case is over: workstation cannot reach far any more"):
        peers.address("workstation", "far")


def test_a_link_may_be_made_while_the_peers_stop(tmp_path):
    """What stops a link here has another link made, as an operation in its own thread does at any moment."""
    refused = []

    def make_another():
        try:
            peers.address("workstation", "far")
        except HarnessError as error:
            refused.append(str(error))

    with with_links(tmp_path) as peers:
        peers.address("workstation", "near")
        (link,) = peers._links.values()
        stop, link.stop = link.stop, lambda: (make_another(), stop())
    assert refused == ["the case is over: workstation cannot reach far any more"]
    assert peers._links == {}


def test_every_simulator_is_stopped_even_where_another_fails_to_stop(tmp_path):
    stopped = []

    def fail(name):
        stopped.append(name)
        raise OSError(name)

    def play():
        with with_links(tmp_path) as peers:
            for name in ("near", "far"):
                simulator = peers.simulator(name)
                simulator.stop = lambda stop=simulator.stop, name=name: (stop(), fail(name))

    with pytest.raises(OSError, match="far"):
        play()
    assert stopped == ["near", "far"]
