"""The memory budget while data sets are on their way, are cut off, or do not fit."""

from __future__ import annotations

import gc
import socket
import struct
import time
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
from raw_dicom_peer import CT, DEADLINE_S, IMPLICIT, RawPeer, echo_rq, element, status_of, store_rq

from dicom_workstation.application import Workstation
from dicom_workstation.data_sets import FileError, inflate
from dicom_workstation.instances.memory import KeepResult, Memory, StoredInstance

MIB = 1 << 20
SIZE = 16 * MIB
PAUSE_S = 0.005  # between two looks, so that other tests have the processor meanwhile
PDU = 16012  # of a fragment of 16,000 bytes
FIRST = struct.pack(">BBLLBB", 4, 0, 16006, 16002, 1, 0)
CONTEXTS = [(1, CT, [IMPLICIT]), (3, "1.2.840.10008.1.1", [IMPLICIT])]


def data_set(uid: str, size: int) -> bytes:
    """Encode a CT image without a picture description, of so many bytes of Pixel Data."""
    head = element(0x00080016, CT.encode()) + element(0x00080018, uid.encode())
    return head + element(0x0020000D, b"1.2") + element(0x0020000E, b"1.2.1") + element(0x7FE00010, bytes(size))


def opened(connect, workstation: Workstation) -> RawPeer:
    peer = connect(workstation.address)
    assert peer.open(CONTEXTS)[0] == 2
    return peer


def store(peer: RawPeer, uid: str, size: int) -> int:
    peer.send(store_rq(data_set(uid, size), CT, uid))
    return status_of(peer.receive())


def until(condition) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        time.sleep(PAUSE_S)
        assert time.monotonic() < deadline, "what was awaited did not come"


def reset(peer: RawPeer) -> None:
    peer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def aborts(peer: RawPeer) -> None:
    peer.send(b"\7\0\0\0\0\4\0\0\0\0")


@pytest.fixture
def traced() -> Iterator[None]:
    """Trace what Python allocates, and collect no cycles: what is given back is given back at once."""
    gc.collect()
    gc.disable()
    tracemalloc.start()
    yield
    tracemalloc.stop()
    gc.enable()


@pytest.mark.usefixtures("traced")
def test_a_data_set_is_held_once_while_it_comes(start, connect):
    workstation = start()
    peer = opened(connect, workstation)
    message = store_rq(data_set("1.2.3", SIZE), CT, "1.2.3", fragment=16000)
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    peer.send(message)
    assert status_of(peer.receive()) in (0x0000, 0xB000)
    assert tracemalloc.get_traced_memory()[1] - before < 1.3 * SIZE
    assert workstation.memory.used_bytes > SIZE


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize("end", [reset, RawPeer.close, aborts])
def test_a_data_set_that_is_cut_off_is_forgotten_with_its_association(start, connect, end):
    workstation = start()
    before = tracemalloc.get_traced_memory()[0]
    command, _, rest = store_rq(data_set("1.2.3", SIZE), CT, "1.2.3").partition(FIRST)
    message = command + (FIRST + rest)[: SIZE // 2 // PDU * PDU]
    peers = [opened(connect, workstation) for _ in range(3)]
    for peer in peers:
        peer.send(message)
    until(lambda: workstation.memory.reserved_bytes > 3 * (SIZE // 2) - MIB)
    del message, rest
    for peer in peers:
        end(peer)
    until(lambda: workstation.memory.reserved_bytes == 0)
    until(lambda: tracemalloc.get_traced_memory()[0] - before < 2 * MIB)


def test_what_others_send_counts_until_it_is_kept_or_cut(start, connect):
    workstation = start(memory_budget_bytes=4 * MIB)
    sending, other = opened(connect, workstation), opened(connect, workstation)
    sending.send(store_rq(data_set("1.2.3", 3 * MIB), CT, "1.2.3")[: 3 * MIB])
    until(lambda: workstation.memory.reserved_bytes > 2 * MIB)
    assert store(other, "1.2.4", 2 * MIB) == 0xA700
    reset(sending)
    until(lambda: workstation.memory.reserved_bytes == 0)
    assert store(other, "1.2.4", 2 * MIB) in (0x0000, 0xB000)


def test_a_full_memory_is_answered_a700_and_service_goes_on(start, connect):
    workstation = start(memory_budget_bytes=MIB)
    peer = opened(connect, workstation)
    for number in range(3):
        assert store(peer, f"1.2.{number}", 2 * MIB) == 0xA700
        peer.send(echo_rq(3))
        assert status_of(peer.receive()) == 0x0000
    assert store(peer, "1.2.9", MIB // 2) in (0x0000, 0xB000)
    assert store(peer, "1.2.10", MIB) == 0xA700
    workstation.memory.clear()
    assert store(peer, "1.2.10", MIB // 2) in (0x0000, 0xB000)
    assert workstation.memory.reserved_bytes == 0


@pytest.mark.usefixtures("traced")
def test_the_data_set_of_a_request_that_is_refused_takes_no_memory(start, connect):
    """A C-FIND in a storage context is no operation of the loader's (0211), be its Identifier as long as it may."""
    workstation = start(memory_budget_bytes=MIB)
    peer = opened(connect, workstation)
    request = bytearray(store_rq(bytes(12 * MIB), CT, "1.2.3", fragment=16000))
    at = request.index(struct.pack("<HHLH", 0, 0x0100, 2, 0x0001)) + 8
    request[at : at + 2] = struct.pack("<H", 0x0020)  # C-FIND-RQ
    message = bytes(request)
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    peer.send(message)
    assert status_of(peer.receive()) == 0x0211
    assert tracemalloc.get_traced_memory()[1] - before < 2 * MIB
    assert workstation.memory.reserved_bytes == 0
    assert store(peer, "1.2.9", MIB // 2) in (0x0000, 0xB000)


def test_an_identifier_without_end_ends_the_association(start, connect):
    peer = opened(connect, start())
    request = bytearray(store_rq(bytes(17 * MIB), CT, "1.2.3", fragment=16000))
    at = request.index(struct.pack("<HHLH", 0, 0x0100, 2, 0x0001)) + 8
    request[at : at + 2] = struct.pack("<H", 0x0020)
    peer.send(bytes(request))
    assert peer.receive()[0] == 7


@pytest.mark.usefixtures("traced")
def test_what_is_deflated_is_inflated_within_its_bound_alone():
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    bomb = deflater.compress(bytes(4 * SIZE)) + deflater.flush()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    with pytest.raises(FileError, match="decompression bomb"):
        inflate(bomb, MIB)
    assert tracemalloc.get_traced_memory()[1] - before < 4 * MIB
    assert inflate(bomb, 4 * SIZE) == bytes(4 * SIZE)
    assert tracemalloc.get_traced_memory()[1] - before < 3 * 4 * SIZE


def instance(uid: str, size: int) -> StoredInstance:
    return StoredInstance("c", uid, "S", "s", IMPLICIT, bytes(size))


def test_room_that_was_reserved_is_used_by_whom_it_was_reserved_for():
    memory = Memory(10)
    assert memory.reserve(6)
    assert memory.keep(instance("1", 5)) is KeepResult.NO_ROOM
    assert memory.keep(instance("2", 6), reserved_bytes=6) is KeepResult.KEPT
    assert (memory.used_bytes, memory.reserved_bytes) == (6, 0)
    assert memory.keep(instance("3", 4)) is KeepResult.KEPT
