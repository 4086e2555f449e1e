"""What the tests of the workstation share: a running workstation, and peers that say any bytes they like."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator

import pytest
from raw_dicom_peer import CT, DEADLINE_S, RawAcceptor, RawPeer, element

from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration


@pytest.fixture
def start() -> Iterator[Callable[..., Workstation]]:
    """Start workstations with keywords; all are stopped, and no thread of theirs is left."""
    before = set(threading.enumerate())
    started: list[Workstation] = []

    def begin(**keywords: object) -> Workstation:
        keywords.setdefault("acse_timeout_s", 2.0)
        workstation = Workstation(Configuration.from_keywords(**keywords))
        workstation.start()
        started.append(workstation)
        return workstation

    yield begin
    for workstation in started:
        workstation.stop()
    assert set(threading.enumerate()) <= before


@pytest.fixture
def connect() -> Iterator[Callable[[tuple[str, int]], RawPeer]]:
    """Connect raw peers to an address; all are closed."""
    opened: list[RawPeer] = []

    def begin(address: tuple[str, int]) -> RawPeer:
        peer = RawPeer(socket.create_connection(address, DEADLINE_S))
        opened.append(peer)
        return peer

    yield begin
    for peer in opened:
        peer.close()


@pytest.fixture
def acceptor() -> Iterator[Callable[[Callable[[RawPeer], None]], RawAcceptor]]:
    """Start raw acceptors; each has played its script to the end when the test ends."""
    started: list[RawAcceptor] = []

    def begin(script: Callable[[RawPeer], None]) -> RawAcceptor:
        started.append(RawAcceptor(script))
        return started[-1]

    yield begin
    for each in started:
        each.finish()


@pytest.fixture
def instance() -> Callable[..., tuple[bytes, str, str]]:
    """Build (data set in Implicit VR LE, SOP Class UID, SOP Instance UID) of a small CT image."""

    def build(uid: str = "2.25.1", pixels: int = 32, sop_class: str = CT, **more: bytes) -> tuple[bytes, str, str]:
        elements = {
            0x00080016: sop_class.encode(),
            0x00080018: uid.encode(),
            0x0020000D: b"2.25.1000",
            0x0020000E: b"2.25.1001",
            0x00280002: struct.pack("<H", 1),
            0x00280004: b"MONOCHROME2",
            0x00280010: struct.pack("<H", 4),
            0x00280011: struct.pack("<H", 4),
            0x00280100: struct.pack("<H", 16),
            0x7FE00010: bytes(range(pixels)),
        }
        elements.update({int(tag[1:], 16): value for tag, value in more.items()})
        data_set = b"".join(element(tag, value) for tag, value in sorted(elements.items()) if value is not None)
        return data_set, sop_class, uid

    return build
