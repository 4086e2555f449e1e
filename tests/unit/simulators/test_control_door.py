"""The door by which the faults of a simulator that stands alone are changed while it runs."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from dicom_simulators.faults import InForce, build
from dicom_simulators.standalone import ControlDoor, ControlError, order
from dicom_simulators.standalone.control import LONGEST_LINE_BYTES, runtime_folder

PORT = 11112


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "dicom-conformance"


@pytest.fixture
def faults() -> InForce:
    return InForce([build("silence", {"on": "C-ECHO-RQ"})])


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def door(faults: InForce, notes: list[str]) -> Iterator[ControlDoor]:
    opened = ControlDoor("ARCHIVE", PORT, faults, notes.append)
    yield opened
    opened.close()


def test_faults_are_shown_set_and_lifted(door: ControlDoor, faults: InForce, notes: list[str]) -> None:
    assert order(PORT, "ARCHIVE", {"do": "show"})["faults"] == [
        {"number": 1, "acted": 0, "silence": {"on": "C-ECHO-RQ"}}
    ]
    answer = order(PORT, "", {"do": "fault", "faults": [{"respond": {"to": "C-FIND-RQ", "status": "A700"}}]})
    assert [one["number"] for one in answer["faults"]] == [1, 2]
    assert len(faults.active()) == 2
    assert order(PORT, "", {"do": "off", "which": "silence"})["faults"][0]["number"] == 2
    assert order(PORT, "", {"do": "off", "which": "2"})["faults"] == []
    assert [note.partition(":")[0] for note in notes] == ["fault set", "fault lifted", "fault lifted"]


def test_all_are_lifted_at_once(door: ControlDoor, faults: InForce) -> None:
    assert order(PORT, "", {"do": "off", "which": None})["faults"] == []
    assert not faults.any


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"do": "fault", "faults": [{"respnd": {}}]}, "no fault 'respnd'"),
        ({"do": "fault", "faults": [{"respond": {"to": "C-FIND-RQ"}}]}, "status"),
        ({"do": "fault"}, "cannot be read"),
        ({"do": "off", "which": "abort"}, "no fault abort is active"),
        ({"do": "stop"}, "unknown order"),
    ],
)
def test_a_wrong_order_is_refused_and_changes_nothing(
    door: ControlDoor, faults: InForce, given: dict[str, object], problem: str
) -> None:
    with pytest.raises(ControlError, match=problem):
        order(PORT, "", given)
    assert len(faults.active()) == 1


def test_one_wrong_fault_of_two_sets_neither(door: ControlDoor, faults: InForce) -> None:
    with pytest.raises(ControlError):
        order(PORT, "", {"do": "fault", "faults": [{"refuse": {}}, {"abort": {}}]})
    assert len(faults.active()) == 1


def test_only_its_owner_may_read_where_it_is(door: ControlDoor, folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / f"{PORT}.json").stat().st_mode) == 0o600


def test_without_the_secret_nothing_is_done(door: ControlDoor, folder: Path, faults: InForce) -> None:
    file = folder / f"{PORT}.json"
    told = json.loads(file.read_text(encoding="utf-8"))
    for secret in ("", told["secret"][:-1], "é"):
        file.write_text(json.dumps({**told, "secret": secret}), encoding="utf-8")
        with pytest.raises(ControlError, match="secret"):
            order(PORT, "", {"do": "off", "which": None})
    file.write_text(json.dumps(told), encoding="utf-8")
    assert len(faults.active()) == 1


@pytest.mark.parametrize(
    "said",
    [
        *(b"", b"GET / HTTP/1.1\r\n\r\n", b"[]\n", b"\xff\xfe\n", b'{"secret": "\\ud800"}\n'),
        *(b"x" * (LONGEST_LINE_BYTES + 4096), b"[" * (LONGEST_LINE_BYTES - 8) + b"\n"),
    ],
    ids=["nothing", "http", "a list", "no text", "a surrogate", "too long", "nested"],
)
def test_it_survives_whatever_is_said_to_it(door: ControlDoor, folder: Path, said: bytes) -> None:
    port = json.loads((folder / f"{PORT}.json").read_text(encoding="utf-8"))["port"]
    with socket.create_connection(("127.0.0.1", port), 3.0) as stranger:
        stranger.sendall(said)
        stranger.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):
            assert stranger.recv(10) == b""
    assert len(order(PORT, "", {"do": "show"})["faults"]) == 1


def test_another_title_is_not_meant(door: ControlDoor) -> None:
    with pytest.raises(ControlError, match="is ARCHIVE, not PRINTER"):
        order(PORT, "PRINTER", {"do": "show"})


def test_where_nothing_runs_that_is_said(folder: Path) -> None:
    with pytest.raises(ControlError, match="no simulator of yours"):
        order(PORT, "", {"do": "show"})


def test_closed_it_leaves_no_file_and_no_thread(faults: InForce, folder: Path) -> None:
    door = ControlDoor("ARCHIVE", PORT, faults, lambda text: None)
    door.close()
    assert list(folder.iterdir()) == []
    assert not door._thread.is_alive()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="folders have no owners here")
def test_a_folder_that_others_can_read_is_not_used(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    with pytest.raises(ControlError, match="not private"):
        runtime_folder()
