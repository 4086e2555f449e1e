"""One relayed connection: bytes pass from either end to the other, are told to the recorder, and meet the faults."""

from __future__ import annotations

import socket
import struct
import threading

from dicom_simulators import readiness
from dicom_simulators.association import READ_BYTES, prepare
from dicom_simulators.faults import CloseAction, DelayAction, InForce, Moment, ResetAction, SilenceAction, When
from dicom_wire import Assembler, Kind, Message, PDataTF, PDUStream, Recorder, Side


class _Direction:
    """One direction of a relayed connection."""

    __slots__ = ("assembler", "closed", "pending", "sender", "sink", "source", "stream")

    def __init__(self, source: socket.socket, sink: socket.socket, sender: Side) -> None:
        self.source, self.sink, self.sender = source, sink, sender
        self.pending = memoryview(b"")
        self.closed = False
        self.stream = PDUStream()
        self.assembler = Assembler()

    def complete(self, data: bytes) -> list[tuple[str, Message | None]]:
        """Return the PDUs and DIMSE messages that are complete with these bytes, by name."""
        found: list[tuple[str, Message | None]] = []
        for received in self.stream.feed(data):
            if isinstance(received.pdu, PDataTF):
                found.extend((message.command.message, message) for message in self.assembler.feed(received.pdu))
            else:
                found.append((received.pdu.NAME, None))
        return found


class _OverError(Exception):
    """The connection is over."""


class Relay:
    """One relayed connection."""

    def __init__(
        self,
        number: int,
        near: socket.socket,
        far: socket.socket,
        recorder: Recorder,
        faults: InForce,
        stopping: threading.Event,
        wake: socket.socket,
    ) -> None:
        self._number = number
        self._recorder = recorder
        self._faults = faults
        self._stopping = stopping
        self._wake = wake
        self._ends = (near, far)
        self._silent = False
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._directions = (_Direction(near, far, Side.REQUESTOR), _Direction(far, near, Side.ACCEPTOR))
        for sock in self._ends:
            prepare(sock)
            sock.setblocking(False)

    def run(self) -> None:
        """Relay until both directions are closed, or one end resets."""
        try:
            self._meet("connection", When.CONNECTION)
            while not all(direction.closed for direction in self._directions):
                self._turn()
        except _OverError:
            return

    def _turn(self) -> None:
        poll = readiness.make_poll()
        wanted: dict[int, int] = {self._wake.fileno(): readiness.POLLIN}
        for direction in self._directions:
            if direction.pending:
                wanted[direction.sink.fileno()] = wanted.get(direction.sink.fileno(), 0) | readiness.POLLOUT
            elif not direction.closed:
                wanted[direction.source.fileno()] = wanted.get(direction.source.fileno(), 0) | readiness.POLLIN
        for descriptor, events in wanted.items():
            poll.register(descriptor, events)
        ready = dict(poll.poll())
        if self._stopping.is_set():
            raise _OverError
        for direction in self._directions:
            if direction.pending:
                if ready.get(direction.sink.fileno()):
                    self._write(direction)
            elif not direction.closed and ready.get(direction.source.fileno()):
                self._read(direction)

    def _read(self, direction: _Direction) -> None:
        try:
            count = direction.source.recv_into(self._buffer)
        except BlockingIOError:
            return
        except OSError:
            self._pass_reset(direction)
        if count == 0:
            self._pass_fin(direction)
            return
        data = bytes(self._buffer[:count])
        self._recorder.saw(self._number, Kind.DATA, direction.sender, data)
        if self._recorder.full:
            raise _OverError
        if self._faults.any:
            for name, message in direction.complete(data):
                self._meet(name, When.RECEIVED, message)
        if self._silent:
            return
        self._recorder.saw(self._number, Kind.DATA, direction.sender, data, written=True)
        direction.pending = memoryview(data)
        self._write(direction)

    def _write(self, direction: _Direction) -> None:
        try:
            sent = direction.sink.send(direction.pending)
        except BlockingIOError:
            return
        except OSError:
            # the receiver is gone: its own direction tells how, once what it had said is read
            direction.pending = memoryview(b"")
            direction.closed = True
            return
        direction.pending = direction.pending[sent:]

    def _pass_fin(self, direction: _Direction) -> None:
        direction.closed = True
        self._recorder.saw(self._number, Kind.FIN, direction.sender)
        if self._silent:
            return
        self._recorder.saw(self._number, Kind.FIN, direction.sender, written=True)
        try:
            direction.sink.shutdown(socket.SHUT_WR)
        except OSError:
            return  # its receiver is gone already

    def _pass_reset(self, direction: _Direction) -> None:
        self._recorder.saw(self._number, Kind.RST, direction.sender)
        self._recorder.saw(self._number, Kind.RST, direction.sender, written=True)
        reset(direction.sink)
        raise _OverError

    def _meet(self, name: str, when: When, message: Message | None = None) -> None:
        if not self._faults.any:
            return
        for action in self._faults.actions(Moment(when, name, message=message)):
            match action:
                case DelayAction(s=s):
                    self._stopping.wait(s)
                case ResetAction():
                    self._tell_both(Kind.RST)
                    for end in self._ends:
                        reset(end)
                    raise _OverError
                case CloseAction():
                    # what still comes is read and dropped, or the kernel would turn FIN into RST
                    self._silent = True
                    self._tell_both(Kind.FIN)
                    for end in self._ends:
                        end.shutdown(socket.SHUT_WR)
                case SilenceAction():
                    self._silent = True
                case _:
                    pass  # what only an AE can do

    def _tell_both(self, kind: Kind) -> None:
        for direction in self._directions:
            self._recorder.saw(self._number, kind, direction.sender, written=True)


def reset(sock: socket.socket) -> None:
    """Close with RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
