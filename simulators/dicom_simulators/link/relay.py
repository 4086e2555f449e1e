"""One relayed connection: bytes pass from either end to the other, are told to the recorder, and meet the faults.

Bytes pass as they come. While a fault is in force that changes what passes, PDUs and DIMSE messages are held until they
are whole (`link.rewriting`).
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from typing import NoReturn

from dicom_simulators import readiness
from dicom_simulators.association import READ_BYTES, prepare
from dicom_simulators.faults import (
    AbortAction,
    Action,
    CloseAction,
    DelayAction,
    InForce,
    Moment,
    PaceAction,
    ReleaseAction,
    ResetAction,
    SilenceAction,
    When,
    paced,
)
from dicom_simulators.link.direction import Direction
from dicom_simulators.link.rewriting import Rewriting
from dicom_wire import AAbort, AReleaseRP, AReleaseRQ, Kind, Message, Recorder, Side, encode

DRAIN_S = 5.0
"""How long what has to go first may take before a fault acts."""


_ENDING = (AbortAction, CloseAction, ReleaseAction, ResetAction)


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
        self._releasing = False
        self._wanted: dict[int, int] = {}
        self._poll = readiness.make_poll()
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._directions = (Direction(near, far, Side.REQUESTOR), Direction(far, near, Side.ACCEPTOR))
        self._rewriting = Rewriting(self, self._directions)
        for sock in self._ends:
            prepare(sock)
            sock.setblocking(False)

    def is_silent(self) -> bool:
        """Whether nothing passes any more."""
        return self._silent

    def run(self) -> None:
        """Relay until both directions are closed, or one end resets."""
        try:
            self.meet("connection", When.CONNECTION)
            while not all(direction.closed for direction in self._directions):
                self._turn()
        except _OverError:
            return

    def _turn(self) -> None:
        wanted: dict[int, int] = {self._wake.fileno(): readiness.POLLIN}
        now_s = time.monotonic()
        wait_ms: float | None = None
        for direction in self._directions:
            if direction.queue and direction.due_s > now_s:
                left_ms = (direction.due_s - now_s) * 1000
                wait_ms = left_ms if wait_ms is None else min(wait_ms, left_ms)
            elif direction.queue:
                wanted[direction.sink.fileno()] = wanted.get(direction.sink.fileno(), 0) | readiness.POLLOUT
            elif not direction.closed:
                wanted[direction.source.fileno()] = wanted.get(direction.source.fileno(), 0) | readiness.POLLIN
        if wanted != self._wanted:
            self._wanted, self._poll = wanted, readiness.make_poll()
            for descriptor, events in wanted.items():
                self._poll.register(descriptor, events)
        ready = dict(self._poll.poll(None if wait_ms is None else wait_ms + 1))
        if self._stopping.is_set():
            raise _OverError
        for direction in self._directions:
            if direction.queue:
                if direction.due_s <= now_s and ready.get(direction.sink.fileno()):
                    self._write(direction)
                    self._recorder.passed_on(self._number)
            elif not direction.closed and ready.get(direction.source.fileno()):
                self._read(direction)
                self._recorder.passed_on(self._number)

    def _read(self, direction: Direction) -> None:
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
        if self._faults.any:  # they may hold it up for long
            self._recorder.passed_on(self._number)
        if self._recorder.full:
            raise _OverError
        if self._releasing:
            self._hear_release(direction, data)
        elif self._silent:
            return
        elif self._faults.rewrites:
            self._rewriting.take(direction, data)
        else:
            self._pass(direction, data)
        if direction.queue:
            self._write(direction)

    def _pass(self, direction: Direction, data: bytes) -> None:
        """Have bytes go on as they came."""
        held = b"".join(direction.let_go())
        data = held + direction.framing.skip(data)
        paces: list[PaceAction] = []
        if self._faults.any:
            for name, message in direction.complete(data):
                self.meet(name, When.RECEIVED, message, direction)
            asked = self._faults.actions(Moment(When.READ, "bytes", sender=direction.name))
            paces = [action for action in asked if isinstance(action, PaceAction)]
        if not self._silent:
            direction.put(paced(data, paces))

    def _write(self, direction: Direction) -> None:
        """Write what is due, as far as the receiver takes it."""
        while direction.queue and direction.due_s <= time.monotonic():
            piece = direction.queue[0]
            if not piece.is_recorded:
                piece.is_recorded = True
                self._recorder.saw(self._number, Kind.DATA, direction.sender, piece.raw, written=True)
            try:
                sent = direction.sink.send(piece.data)
            except BlockingIOError:
                return
            except OSError:
                # the receiver is gone: its own direction tells how, once what it had said is read
                direction.queue.clear()
                direction.closed = True
                return
            direction.sent(sent)

    def drain(self) -> None:
        """Write what is queued, before a fault acts on what comes after it."""
        until_s = time.monotonic() + DRAIN_S
        while any(direction.queue for direction in self._directions) and not self._stopping.is_set():
            poll = readiness.make_poll()
            now_s = time.monotonic()
            if now_s >= until_s:
                return
            wait_s = until_s - now_s
            poll.register(self._wake, readiness.POLLIN)
            for direction in self._directions:
                if direction.queue and direction.due_s > now_s:
                    wait_s = min(wait_s, direction.due_s - now_s)
                elif direction.queue:
                    poll.register(direction.sink, readiness.POLLOUT)
            poll.poll(wait_s * 1000 + 1)
            for direction in self._directions:
                self._write(direction)

    def _pass_fin(self, direction: Direction) -> None:
        direction.closed = True
        self._recorder.saw(self._number, Kind.FIN, direction.sender)
        if self._silent:
            return
        direction.put([(0.0, held) for held in (*direction.let_go(), direction.framing.rest()) if held])
        self.drain()
        self._recorder.saw(self._number, Kind.FIN, direction.sender, written=True)
        with suppress(OSError):  # its receiver is gone already
            direction.sink.shutdown(socket.SHUT_WR)

    def _pass_reset(self, direction: Direction) -> NoReturn:
        self._recorder.saw(self._number, Kind.RST, direction.sender)
        self._recorder.saw(self._number, Kind.RST, direction.sender, written=True)
        reset(direction.sink)
        raise _OverError

    # -- faults ---------------------------------------------------------------------------------------------------

    def meet(
        self,
        name: str,
        when: When,
        message: Message | None = None,
        direction: Direction | None = None,
        response: int = 0,
        transfer_syntax: str = "",
    ) -> list[Action]:
        """Show a moment to the faults in force and do what they ask; return what is left to be done to what passes."""
        if not self._faults.any or self._silent:
            return []
        left: list[Action] = []
        moment = Moment(
            when,
            name,
            response=response,
            message=message,
            transfer_syntax=transfer_syntax,
            sender="" if direction is None else direction.name,
            request=self._rewriting.request,
        )
        for action in self._faults.actions(moment):
            if isinstance(action, _ENDING):
                self.drain()
                self._end(action)
            elif isinstance(action, DelayAction):
                self.drain()
                self._stopping.wait(action.s)
            elif isinstance(action, SilenceAction):
                self._silent = True
            else:
                left.append(action)
        return [] if self._silent else left

    def _end(self, action: Action) -> None:
        match action:
            case ResetAction():
                self._tell_both(Kind.RST)
                for end in self._ends:
                    reset(end)
                raise _OverError
            case CloseAction():
                self.close_both()
            case AbortAction(source=source, reason=reason):
                self._say_to_both(encode(AAbort(source, reason)))
                self.close_both()
            case ReleaseAction():
                self._say_to_both(encode(AReleaseRQ()))
                self._silent = self._releasing = True
            case _:
                pass

    def _say_to_both(self, raw: bytes) -> None:
        for direction in self._directions:
            direction.put([(0.0, raw)])
        self.drain()

    def close_both(self) -> None:
        """Send FIN to both ends; what still comes is read and dropped, or the kernel would turn FIN into RST."""
        self._silent = True
        self._tell_both(Kind.FIN)
        for end in self._ends:
            with suppress(OSError):  # it is gone already
                end.shutdown(socket.SHUT_WR)

    def _hear_release(self, direction: Direction, data: bytes) -> None:
        """Drop what comes after our A-RELEASE-RQ until it is answered; then close this end."""
        answered = any(raw[0] == AReleaseRP.TYPE for raw, is_whole in direction.framing.whole(data) if is_whole)
        if answered and not direction.is_released:
            direction.is_released = True
            opposite = self._directions[1 - self._directions.index(direction)]
            self._recorder.saw(self._number, Kind.FIN, opposite.sender, written=True)
            with suppress(OSError):
                direction.source.shutdown(socket.SHUT_WR)

    def _tell_both(self, kind: Kind) -> None:
        for direction in self._directions:
            self._recorder.saw(self._number, kind, direction.sender, written=True)


def reset(sock: socket.socket) -> None:
    """Close with RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
