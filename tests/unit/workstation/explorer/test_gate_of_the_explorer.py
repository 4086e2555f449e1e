"""Who comes through the gate of the explorer, and what a form may ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from starlette.responses import PlainTextResponse

from dicom_workstation.application import Workstation
from dicom_workstation.configuration import Configuration
from dicom_workstation.explorer import ExplorerServer
from dicom_workstation.explorer.gate import MOST_BODY_BYTES, Gate, cookie_name, cookie_of
from dicom_workstation.explorer.session import IDLE_S, Sessions


@pytest.fixture(scope="module")
def explorer() -> Iterator[ExplorerServer]:
    archives = {
        "PACS": {"ae_title": "PACS", "host": "127.0.0.1", "port": 1},
    }
    with ExplorerServer(Workstation(Configuration.from_keywords(archives=archives))) as server:
        yield server


@pytest.fixture(scope="module")
def visitor(explorer: ExplorerServer) -> Iterator[httpx.Client]:
    """A client that came by the link."""
    with httpx.Client(base_url=explorer.url, follow_redirects=True) as client:
        assert client.get(explorer.link).status_code == 200
        yield client


def csrf_of(visitor: httpx.Client) -> str:
    page = visitor.get("/devices").text
    return page.split('name="csrf" value="')[1].split('"')[0]


@pytest.mark.parametrize(
    "address", ["/devices", "/loaded", "/jobs/progress", "/enter", "/enter?token=wrong", "/static/x"]
)
def test_without_the_link_nothing_is_shown(explorer: ExplorerServer, address: str) -> None:
    answer = httpx.get(explorer.url + address)
    assert answer.status_code == 403
    assert "Open the link" in answer.text


def test_a_token_of_the_link_is_no_cookie(explorer: ExplorerServer) -> None:
    port = explorer.url.rpartition(":")[2]
    token = explorer.link.partition("token=")[2]
    assert httpx.get(f"{explorer.url}/devices", cookies={f"explorer_{port}": token}).status_code == 403


def test_another_host_is_refused(explorer: ExplorerServer, visitor: httpx.Client) -> None:
    assert visitor.get("/devices", headers={"host": "pacs.example:80"}).status_code == 421


def test_every_answer_forbids_what_comes_from_elsewhere(visitor: httpx.Client, explorer: ExplorerServer) -> None:
    for answer in (visitor.get("/devices"), visitor.get("/nowhere"), httpx.get(f"{explorer.url}/devices")):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("operation", ["echo", "forget", "retrieve"])
def test_a_form_without_the_token_of_the_session_does_nothing(visitor: httpx.Client, operation: str) -> None:
    assert visitor.post(f"/do/{operation}", data={"csrf": "guessed", "peer": "PACS"}).status_code == 403
    assert visitor.get("/jobs/progress").json()["jobs"] == []


def test_a_form_of_another_site_is_refused(visitor: httpx.Client) -> None:
    form = {"csrf": csrf_of(visitor), "peer": "PACS"}
    assert visitor.post("/do/echo", data=form, headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_a_form_that_is_too_long_is_refused(visitor: httpx.Client) -> None:
    assert visitor.post("/do/echo", content=b"x" * ((1 << 20) + 1)).status_code == 413


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("store", '{"files": ["/etc/hostname"]}'),
        ("print", '{"files": ["/etc/hostname"]}'),
        ("print", '{"images": [{"file": "/etc/hostname"}]}'),
        ("print", '{"images": [{"SOPInstanceUID": "1.2", "state": "/etc/hostname"}]}'),
        ("print", '{"images": ["1.2"], "state": "/etc/hostname"}'),
        ("echo", "[]"),
        ("echo", "{"),
    ],
)
def test_a_page_names_no_file(visitor: httpx.Client, operation: str, arguments: str) -> None:
    answer = visitor.post(f"/do/{operation}", data={"csrf": csrf_of(visitor), "peer": "PACS", "arguments": arguments})
    assert answer.status_code == 400


@pytest.mark.parametrize("operation", ["configure", "advance", "associate", "unknown"])
def test_other_operations_are_not_done_here(visitor: httpx.Client, operation: str) -> None:
    assert visitor.post(f"/do/{operation}", data={"csrf": csrf_of(visitor)}).status_code == 404


@pytest.mark.parametrize(
    "back", ["//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere.example", "javascript:1"]
)
def test_a_form_leads_to_no_other_site(visitor: httpx.Client, back: str) -> None:
    form = {"csrf": csrf_of(visitor), "peer": "PACS", "back": back}
    answer = visitor.post("/do/cancel", data=form, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/jobs/")


def test_a_session_that_is_not_used_ends() -> None:
    moment = [0.0]
    sessions = Sessions("token", lambda: moment[0])
    assert sessions.enter("other") is None
    session = sessions.enter("token")
    assert session is not None
    moment[0] = IDLE_S - 1
    assert sessions.find(session.key) == session
    moment[0] += IDLE_S + 1
    assert sessions.find(session.key) is None


@pytest.mark.parametrize(
    ("length", "status"), [("", 411), ("x", 411), (str(MOST_BODY_BYTES), 404), (str(MOST_BODY_BYTES + 1), 413)]
)
def test_a_form_says_how_long_it_is_and_is_not_too_long(length: str, status: int) -> None:
    assert asyncio.run(gate_answers(headers={"content-length": length})) == status


@pytest.mark.parametrize(("site", "status"), [("same-origin", 404), ("cross-site", 403), ("same-site", 403)])
def test_a_form_of_another_site_is_not_taken(site: str, status: int) -> None:
    assert asyncio.run(gate_answers(headers={"content-length": "0", "sec-fetch-site": site})) == status


def test_an_answer_that_breaks_off_is_noted_and_told() -> None:
    notes: list[str] = []
    assert asyncio.run(gate_answers(fails=True, notes=notes, headers={"content-length": "0"})) == 500
    assert "ValueError: broken" in notes[0]


async def gate_answers(headers: dict[str, str], fails: bool = False, notes: list[str] | None = None) -> int:
    async def app(scope: object, receive: object, send: object) -> None:
        if fails:
            raise ValueError("broken")
        await PlainTextResponse("no such page", 404)(scope, receive, send)

    sessions = Sessions("token")
    session = sessions.enter("token")
    told: list[dict] = []

    async def send(message: dict) -> None:
        told.append(message)

    given = {"host": "127.0.0.1:8", "cookie": f"{cookie_name(8)}={session.key}", **headers}
    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": "/do/echo",
        "raw_path": b"/do/echo",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in given.items() if value],
        "server": ("127.0.0.1", 8),
    }
    await Gate(app, sessions, (notes if notes is not None else []).append)(scope, None, send)
    return told[0]["status"]


def test_the_cookie_of_another_port_is_not_ours() -> None:
    assert cookie_of("explorer_8=a; explorer_9=b", 9) == "b"
    assert cookie_of("explorer_8=a", 9) == cookie_of("", 9) == ""
    assert cookie_of("a b{};=", 9) == ""
