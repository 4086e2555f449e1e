"""The recorder: order, clock, threads, waiting."""

from __future__ import annotations

import enum
import threading

import pytest

from dicom_wire import Connection, Kind, Recorder, Side
from dicom_wire.messages import DataSetRule

REQUESTOR, ACCEPTOR = ("127.0.0.1", 40000), ("127.0.0.1", 104)


def test_sightings_keep_their_order_and_their_clock() -> None:
    recorder = Recorder()
    number = recorder.open("link", "workstation", "archive", REQUESTOR, ACCEPTOR)
    recorder.saw(number, Kind.OPENED, Side.REQUESTOR)
    buffer = bytearray(b"abc")
    recorder.saw(number, Kind.DATA, Side.REQUESTOR, memoryview(buffer), written=True)
    buffer[:] = b"xyz"
    recorder.saw(number, Kind.FIN, Side.ACCEPTOR)
    assert recorder.connections == [Connection(0, "link", "workstation", "archive", REQUESTOR, ACCEPTOR)]
    assert [each.kind for each in recorder.sightings] == [Kind.OPENED, Kind.DATA, Kind.FIN]
    assert recorder.sightings[1].data == b"abc"
    assert recorder.sightings[1].written
    times = [each.t_ns for each in recorder.sightings]
    assert times == sorted(times)


def test_an_unknown_connection_is_refused() -> None:
    with pytest.raises(IndexError):
        Recorder().saw(0, Kind.FIN, Side.REQUESTOR)


def test_the_other_side() -> None:
    assert Side.REQUESTOR.other is Side.ACCEPTOR
    assert Side.ACCEPTOR.other is Side.REQUESTOR


def test_waiting_ends_with_the_sighting() -> None:
    recorder = Recorder()
    number = recorder.open("link", "a", "b", REQUESTOR, ACCEPTOR)
    thread = threading.Thread(target=recorder.saw, args=(number, Kind.FIN, Side.REQUESTOR))
    thread.start()
    try:
        assert recorder.wait(lambda: any(each.kind is Kind.FIN for each in recorder.sightings), deadline_s=10)
    finally:
        thread.join()


def test_waiting_ends_with_the_deadline() -> None:
    assert not Recorder().wait(lambda: False, deadline_s=0.01)


def test_many_threads_lose_nothing() -> None:
    recorder = Recorder()

    def work(name: str) -> None:
        number = recorder.open(name, name, "b", REQUESTOR, ACCEPTOR)
        for count in range(100):
            recorder.saw(number, Kind.DATA, Side.REQUESTOR, bytes((count,)))

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.number for each in recorder.connections] == [0, 1, 2, 3]
    for number in range(4):
        said = b"".join([each.data for each in recorder.sightings if each.connection == number])
        assert said == bytes(range(100))
    times = [each.t_ns for each in recorder.sightings]
    assert times == sorted(times)


@pytest.mark.parametrize("words", [Kind, Side, DataSetRule])
def test_words_that_others_write_down_do_not_change(words: type[enum.Enum]) -> None:
    assert [each.value for each in words] == [each.name.lower() for each in words]
