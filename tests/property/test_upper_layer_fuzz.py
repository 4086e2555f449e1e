"""Whatever bytes a peer says, the loader's association thread ends in order, and the next peer is served."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration

VERIFICATION = b"1.2.840.10008.1.1"
IMPLICIT = b"1.2.840.10008.1.2"


def item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(value)) + value


def pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBL", kind, 0, len(body)) + body


REQUEST = pdu(
    1,
    struct.pack(">HH", 1, 0)
    + b"DIRECTVIEW      FUZZ            "
    + bytes(32)
    + item(0x10, b"1.2.840.10008.3.1.1.1")
    + item(0x20, bytes((1, 0, 0, 0)) + item(0x30, VERIFICATION) + item(0x40, IMPLICIT))
    + item(0x50, item(0x51, struct.pack(">L", 16384)) + item(0x52, b"1.2.3")),
)
COMMAND = (
    struct.pack("<HHL", 0, 2, 18)
    + VERIFICATION
    + b"\0"
    + struct.pack("<HHLH", 0, 0x100, 2, 0x30)
    + struct.pack("<HHLH", 0, 0x110, 2, 1)
    + struct.pack("<HHLH", 0, 0x800, 2, 0x101)
)
ECHO = pdu(4, struct.pack(">LBB", len(COMMAND) + 2, 1, 3) + COMMAND)


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    configuration = Configuration.from_keywords(acse_timeout_s=0.5, network_timeout_s=0.5)
    with Workstation(configuration) as workstation:
        yield workstation.address


@st.composite
def spoiled(draw: st.DrawFn, whole: bytes) -> bytes:
    """Change, remove or insert a few bytes."""
    raw = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(raw) - 1))
        match draw(st.integers(0, 2)):
            case 0:
                raw[at] = draw(st.integers(0, 255))
            case 1 if len(raw) > 1:
                del raw[at]
            case _:
                raw[at:at] = draw(st.binary(max_size=4))
    return bytes(raw)


def say(address: tuple[str, int], raw: bytes) -> bytes:
    """Say bytes, end the sending, and return all that comes until the end."""
    with socket.create_connection(address, 5) as connection:
        answer = b""
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(4096):
                answer += part
        except (ConnectionResetError, BrokenPipeError):
            pass
        return answer


def is_served(address: tuple[str, int]) -> bool:
    return say(address, REQUEST + ECHO + pdu(5, bytes(4)))[:1] == b"\x02"


relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@relaxed
@given(raw=spoiled(REQUEST))
def test_any_association_request(address: tuple[str, int], raw: bytes) -> None:
    assert say(address, raw)[:1] in (b"", b"\x02", b"\x03", b"\x07")
    assert is_served(address)


@relaxed
@given(raw=spoiled(ECHO))
def test_any_message(address: tuple[str, int], raw: bytes) -> None:
    assert say(address, REQUEST + raw)[:1] == b"\x02"
    assert is_served(address)


@relaxed
@given(raw=st.binary(max_size=64))
def test_any_bytes(address: tuple[str, int], raw: bytes) -> None:
    assert say(address, raw)[:1] in (b"", b"\x03", b"\x07")
    assert is_served(address)


def test_no_thread_is_left(address: tuple[str, int]) -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("loader-127"):
            thread.join(5)
            assert not thread.is_alive()
