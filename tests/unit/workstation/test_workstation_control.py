"""The control interface: the facade over HTTP, with a token, and nothing more than the facade."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator, Mapping

import httpx
import pytest

from dicom_conformance.play import reserved_port
from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.configuration.yaml_file import ConfigurationError
from dicom_workstation.control.control_client import ControlClient, ControlError
from dicom_workstation.control.control_server import ControlServer
from dicom_workstation.instances.memory import StoredInstance
from dicom_workstation.outcome import Outcome, Progress, Result
from dicom_workstation.subjects import Process

TOKEN = "a token for tests"
HELD = StoredInstance(
    "1.2.840.10008.5.1.4.1.1.7", "1.2.3", "1.2", "1.2.1", "1.2.840.10008.1.2.1", b"\x08\x00\x60\x00CS\x02\x00OT"
)


@pytest.fixture(scope="module")
def workstation() -> Iterator[Workstation]:
    with Workstation(Configuration.from_keywords()) as running:
        yield running


@pytest.fixture(scope="module")
def server(workstation: Workstation) -> Iterator[ControlServer]:
    with ControlServer(workstation, TOKEN) as running:
        yield running


@pytest.fixture
def client(server: ControlServer, workstation: Workstation) -> Iterator[ControlClient]:
    workstation.forget()
    with ControlClient(server.url, TOKEN) as asking:
        yield asking


def test_status_tells_where_associations_are_accepted(client: ControlClient, workstation: Workstation) -> None:
    told = client.status()
    assert (told["host"], told["port"]) == workstation.address


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
def test_without_the_token_nothing_is_told(server: ControlServer, headers: dict[str, str]) -> None:
    answer = httpx.get(f"{server.url}/status", headers=headers, trust_env=False)
    assert answer.status_code == 401
    assert "port" not in answer.text


def test_a_page_of_another_host_is_refused(server: ControlServer) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Host": "evil.example"}
    assert httpx.get(f"{server.url}/status", headers=headers, trust_env=False).status_code == 400


def test_openapi_describes_every_route(server: ControlServer) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    paths = httpx.get(f"{server.url}/openapi.json", headers=headers, trust_env=False).json()["paths"]
    assert {"/status", "/configuration", "/log", "/operations", "/operations/{identifier}", "/instances"} <= set(paths)
    assert all(route.get("summary") for methods in paths.values() for route in methods.values())


def test_an_operation_ends_with_its_outcome(client: ControlClient) -> None:
    outcome = client.perform("echo", "nobody", {})
    assert (outcome["result"], outcome["detail"]) == ("refused", "unknown peer")


def test_an_unreachable_peer_is_told_so(client: ControlClient) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        client.reconfigure(
            archives={"gone": {"ae_title": "GONE", "host": "127.0.0.1", "port": closed.getsockname()[1]}}
        )
        assert client.perform("query", "gone", {"level": "STUDY", "keys": {"PatientID": ""}})["result"] == "unreachable"


def test_wrong_arguments_are_refused_in_words(client: ControlClient) -> None:
    outcome = client.perform("query", "nobody", {"colour": "green"})
    assert outcome["result"] == "refused"
    assert "colour" in outcome["detail"]


def test_a_wrong_change_changes_nothing(client: ControlClient) -> None:
    before = client.configuration()
    with pytest.raises(ControlError, match="query_pdu_length_bytes"):
        client.reconfigure(ae_title="OTHER", query_pdu_length_bytes=16384)
    assert client.configuration() == before


def test_instances_are_given_as_they_were_received(client: ControlClient, workstation: Workstation) -> None:
    workstation.memory.keep(HELD)
    assert [each["SOPInstanceUID"] for each in client.instances()] == ["1.2.3"]
    assert client.data_set("1.2.3") == HELD.data_set
    file = client.file("1.2.3")
    assert file[128:132] == b"DICM"
    assert file.endswith(HELD.data_set)


def test_the_user_determines_how_long_an_instance_is_kept(client: ControlClient, workstation: Workstation) -> None:
    workstation.memory.keep(HELD)
    client.remove("1.2.3")
    assert client.instances() == []
    with pytest.raises(ControlError, match="404"):
        client.remove("1.2.3")


def test_progress_comes_while_it_runs(client: ControlClient, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = threading.Event()

    def slow(
        _: object, operation: str, peer: str | None, arguments: Mapping[str, object], progress: Progress
    ) -> Outcome:
        progress({"PatientID": "1"})
        assert seen.wait(10), "the first entry was not told before the end"
        return Outcome(operation=operation, peer=peer, result=Result.SUCCESS)

    monkeypatch.setattr("dicom_workstation.control.jobs.ask", slow)
    assert client.perform("query", "any", {}, lambda _: seen.set())["result"] == "success"


def test_a_port_in_use_is_one_clear_error(workstation: Workstation, server: ControlServer) -> None:
    port = int(server.url.rsplit(":", 1)[1])
    with pytest.raises(ConfigurationError, match=rf"cannot listen on 127\.0\.0\.1:{port}"):
        ControlServer(workstation, TOKEN, port).start()


def test_no_thread_is_left(workstation: Workstation) -> None:
    before = set(threading.enumerate())
    with ControlServer(workstation, TOKEN) as server, ControlClient(server.url, TOKEN) as asking:
        asking.perform("echo", "nobody", {})
    assert [
        thread for thread in set(threading.enumerate()) - before if thread.name.startswith(("operation", "control"))
    ] == []


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    running = Process()
    yield running
    running.close()


class TestProcess:
    def test_it_is_brought_into_a_configuration(self, process: Process) -> None:
        told = process.prepare("lossy", {}, {"ae_title": "OTHER"})
        assert told["ae_title"] == "OTHER"
        with socket.create_connection((told["host"], told["port"]), timeout=5):
            pass

    def test_settings_of_one_case_do_not_reach_the_next(self, process: Process) -> None:
        process.prepare("none", {}, {"ae_title": "OTHER"})
        assert process.prepare("none", {}, {})["ae_title"] == "DIRECTVIEW"

    def test_where_a_case_moved_it_it_does_not_stay(self, process: Process) -> None:
        before = process.prepare("none", {}, {})["host"]
        assert process.prepare("none", {}, {"host": "127.0.0.2"})["host"] == "127.0.0.2"
        assert process.prepare("none", {}, {})["host"] == before

    def test_it_listens_at_the_port_of_a_case_and_goes_back(self, process: Process) -> None:
        port = reserved_port()
        assert process.prepare("none", {}, {"port": str(port)})["port"] == port
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
        after = process.prepare("none", {}, {})["port"]
        assert after != port
        assert process.prepare("none", {}, {})["port"] == after

    def test_what_is_configured_in_a_case_does_not_reach_the_next(self, process: Process) -> None:
        process.prepare("none", {}, {})
        assert process.perform("configure", None, {"query_pdu_length_bytes": "65536"})["result"] == "success"
        told = process.perform("configure", None, {"query_pdu_length_bytes": "32767"})
        assert (told["result"], "query_pdu_length_bytes" in told["detail"]) == ("refused", True)
        assert process._running().configuration()["query_pdu_length_bytes"] == 65536
        process.prepare("none", {}, {})
        assert process._running().configuration()["query_pdu_length_bytes"] == 32768

    def test_it_performs(self, process: Process) -> None:
        process.prepare("none", {}, {})
        assert process.perform("echo", "nobody", {})["result"] == "refused"
        assert any("echo nobody refused" in line for line in process.log())

    def test_a_process_that_died_is_told_and_replaced(self, process: Process) -> None:
        process.prepare("none", {}, {})
        inner = process._process
        assert inner is not None
        inner.kill()
        inner.wait(10)
        assert process.prepare("none", {}, {})["ae_title"] == "DIRECTVIEW"

    def test_one_that_does_not_start_says_why(self) -> None:
        with pytest.raises(ControlError, match="no such thing"):
            Process([sys.executable, "-c", "raise SystemExit('no such thing')"]).prepare("none", {}, {})
