"""The gate of the control interface: the token first, then the size, then the body; and faults of our own."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.control.control_client import ControlClient
from dicom_workstation.control.control_server import ControlServer
from dicom_workstation.control.gate import DRAINED_BYTES, LIMITS_BYTES
from dicom_workstation.instances.memory import StoredInstance

TOKEN = "a token for tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
HELD = StoredInstance(
    "1.2.840.10008.5.1.4.1.1.7", "1.2.3", "1.2", "1.2.1", "1.2.840.10008.1.2.1", b"\x08\x00\x60\x00CS\x02\x00OT"
)
GIGABYTE = 1 << 30
CHUNK = bytes(1 << 16)


@pytest.fixture(scope="module")
def workstation() -> Iterator[Workstation]:
    with Workstation(Configuration.from_keywords()) as running:
        yield running


@pytest.fixture(scope="module")
def server(workstation: Workstation) -> Iterator[ControlServer]:
    with ControlServer(workstation, TOKEN) as running:
        yield running


@pytest.fixture
def http(server: ControlServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=60) as asking:
        yield asking


def begun(server: ControlServer, request_line: str, *headers: str) -> socket.socket:
    """Send a request up to the end of its headers."""
    host, port = server.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=60)
    lines = [f"{request_line} HTTP/1.1", f"Host: {host}:{port}", *headers, "", ""]
    connection.sendall("\r\n".join(lines).encode())
    return connection


def status_of(connection: socket.socket) -> int:
    return int(connection.makefile("rb").readline().split()[1])


@pytest.mark.parametrize("path", ["/status", "/openapi.json", "/operations", "/no-such-path"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_without_the_token_every_path_is_refused(http: httpx.Client, method: str, path: str) -> None:
    answer = http.request(method, path)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json() == {"detail": "the token is missing or wrong"}


def test_the_token_is_asked_for_before_the_arguments_are_judged(http: httpx.Client) -> None:
    wrong = {"operation": "no such operation"}
    assert http.post("/operations", json=wrong).status_code == 401
    assert http.post("/operations", json=wrong, headers=BEARER).status_code == 422


@pytest.mark.parametrize("headers", [(), ("Authorization: Bearer wrong",)])
def test_the_token_is_asked_for_before_the_body_is_read(server: ControlServer, headers: tuple[str, ...]) -> None:
    with begun(server, "POST /operations", f"Content-Length: {GIGABYTE}", *headers) as connection:
        assert status_of(connection) == 401


def test_two_tokens_are_none(server: ControlServer) -> None:
    headers = [f"Authorization: Bearer {TOKEN}"] * 2
    with begun(server, "GET /status", *headers) as connection:
        assert status_of(connection) == 401


def test_the_case_of_the_scheme_does_not_matter(http: httpx.Client) -> None:
    assert http.get("/status", headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200


@pytest.mark.parametrize(("method", "path"), [*LIMITS_BYTES, ("DELETE", "/log"), ("GET", "/status")])
def test_a_body_that_is_said_to_be_too_long_is_refused_unread(server: ControlServer, method: str, path: str) -> None:
    length = LIMITS_BYTES.get((method, path), 0) + 1
    headers = (f"Authorization: Bearer {TOKEN}", f"Content-Length: {length}")
    with begun(server, f"{method} {path}", *headers) as connection:
        assert status_of(connection) == 413


@pytest.mark.parametrize("token", [TOKEN, "wrong"])
def test_a_body_without_a_length_is_read_no_further_than_it_may_be_long(server: ControlServer, token: str) -> None:
    headers = (f"Authorization: Bearer {token}", "Transfer-Encoding: chunked")
    sent = 0
    with begun(server, "POST /operations", *headers) as connection:
        try:
            while sent < GIGABYTE:
                connection.sendall(b"%x\r\n%s\r\n" % (len(CHUNK), CHUNK))
                sent += len(CHUNK)
        except OSError:  # the other side has closed: that is what is wanted
            pass
    in_buffers = 16 * (1 << 20)  # of both sockets
    assert sent <= LIMITS_BYTES["POST", "/operations"] + DRAINED_BYTES + in_buffers


def test_a_body_of_the_length_that_is_allowed_is_read(http: httpx.Client) -> None:
    body = b'{"ae_title": "DIRECTVIEW"}'.ljust(LIMITS_BYTES["PATCH", "/configuration"])
    headers = {**BEARER, "Content-Type": "application/json"}
    assert http.patch("/configuration", content=body, headers=headers).status_code == 200
    answer = http.patch("/configuration", content=body + b" ", headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (
        413,
        "PATCH /configuration: the body may have 1048576 bytes at most",
    )


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", b'"text"', b"null"])
@pytest.mark.parametrize(("method", "path"), [*LIMITS_BYTES])
def test_a_body_that_is_no_request_is_the_fault_of_who_sends_it(
    http: httpx.Client, method: str, path: str, body: bytes
) -> None:
    headers = {**BEARER, "Content-Type": "application/json"}
    answer = http.request(method, path, content=body, headers=headers)
    assert answer.status_code in (400, 422), answer.text


@pytest.mark.parametrize("field", ["self", "cls", "changes"])
def test_a_field_that_is_named_like_a_parameter_of_ours_is_only_unknown(http: httpx.Client, field: str) -> None:
    answer = http.patch("/configuration", json={field: "x"}, headers=BEARER)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(f"{field}: this key is unknown")


def test_deleting_the_log_deletes_the_log_alone(server: ControlServer, workstation: Workstation) -> None:
    workstation.memory.keep(HELD)
    workstation.note("a line")
    with ControlClient(server.url, TOKEN) as client:
        client.clear_log()
        assert (client.log(), len(client.instances())) == ([], 1)
        workstation.note("a line")
        client.forget()
        assert (client.log(), client.instances()) == ([], [])


def test_a_fault_of_our_own_is_an_internal_error_with_its_traceback_in_the_log(
    http: httpx.Client, workstation: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> list[str]:
        raise TypeError("len() of unsized object")

    with monkeypatch.context() as patched:
        patched.setattr(workstation.memory, "instances", broken)
        answer = http.get("/status", headers=BEARER)
    assert answer.status_code == 500
    assert answer.json() == {"detail": "internal error: TypeError: len() of unsized object; see the log"}
    assert any("Traceback" in line and "in broken" in line for line in workstation.log())
    assert http.get("/status", headers=BEARER).status_code == 200


def test_those_who_wait_for_an_operation_hold_up_nobody_else(
    server: ControlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, release = threading.Semaphore(0), threading.Event()

    def wait(*_: object) -> None:
        waiting.release()
        assert release.wait(30)

    headers = [f"Authorization: Bearer {TOKEN}"]
    with ControlClient(server.url, TOKEN) as client, ExitStack() as stack:
        identifier = client._ask("POST", "/operations", json={"operation": "echo", "peer": "nobody"}).json()["id"]
        monkeypatch.setattr("dicom_workstation.control.jobs.Job.wait", wait)
        stack.callback(release.set)
        asked = [
            stack.enter_context(begun(server, f"GET /operations/{identifier}?wait_s=60", *headers)) for _ in range(64)
        ]
        assert all(waiting.acquire(timeout=60) for _ in asked)
        assert client.status()["ae_title"] == "DIRECTVIEW"
        release.set()
        assert {status_of(connection) for connection in asked} == {200}


def test_the_description_names_the_token(http: httpx.Client) -> None:
    document = http.get("/openapi.json", headers=BEARER).json()
    assert document["paths"]["/status"]["get"]["security"] == [{"HTTPBearer": []}]
    assert json.dumps(document["paths"]["/log"]["delete"]).count("log") >= 1
