"""One simulator on its own until it is asked to stop, in one process or in several that share its port.

Several processes inherit one listening socket, which the first of them bound (docs/decisions/0018). The process that
was started only watches the others: it leads no association, has no threads, and begins a process anew that died.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType

from dicom_simulators import readiness
from dicom_simulators.association import Simulator
from dicom_simulators.journal import NOTE, Entry
from dicom_simulators.standalone.control import ControlDoor, ControlError
from dicom_simulators.standalone.counts import Counts
from dicom_simulators.standalone.log import Log

MOST_RESTARTS = 10
_STOPS = (signal.SIGINT, signal.SIGTERM)


def serve(
    simulator: Simulator,
    on_ready: Callable[[Simulator], None],
    *,
    processes: int = 1,
    log: Log | None = None,
    counts: Counts | None = None,
) -> None:
    """Run a simulator until SIGINT or SIGTERM; call from the main thread, and where no other thread runs.

    Parameters
    ----------
    on_ready : callable
        Called with the simulator once it listens.
    processes : int
        How many processes accept associations.
    log : Log, optional
        Started and stopped here; the simulator's journal writes to it.
    counts : Counts, optional
        Made for as many processes.

    Raises
    ------
    OSError
        The port cannot be had.
    RuntimeError
        Processes died again and again.
    """
    log, counts = log or Log(()), counts or Counts(processes)
    with stop_requested() as stopped:
        try:
            if processes == 1:
                _serve(simulator, on_ready, log, stopped, is_alone=True)
            else:
                _Family(simulator, processes, log, counts).serve(on_ready, stopped)
        finally:
            log.start()
            log.take(Entry(NOTE, detail=f"total: {counts.words}"))
            log.stop()


def _serve(
    simulator: Simulator,
    on_ready: Callable[[Simulator], None],
    log: Log,
    *until: socket.socket,
    is_alone: bool = False,
) -> None:
    """Serve in this process until one of these can be read."""
    log.start()
    simulator.start()
    try:
        with _controlled(simulator) if is_alone else nullcontext():
            on_ready(simulator)
            wait_for_any(None, *until)
    finally:
        simulator.stop()
        log.stop()


@contextmanager
def _controlled(simulator: Simulator) -> Iterator[None]:
    """Have the faults of a simulator changed from outside while it runs, where that can be."""
    try:
        door = ControlDoor(simulator.ae_title, simulator.address[1], simulator.faults, simulator.note)
    except (ControlError, OSError) as error:
        simulator.note(f"its faults cannot be changed while it runs: {error}")
        yield
        return
    try:
        yield
    finally:
        door.close()


class _Family:
    """The processes of one simulator."""

    def __init__(self, simulator: Simulator, size: int, log: Log, counts: Counts) -> None:
        self._simulator = simulator
        self._size = size
        self._log = log
        self._counts = counts
        self._numbers: dict[int, int] = {}  # process ID to number
        self._restarts = 0

    def serve(self, on_ready: Callable[[Simulator], None], stopped: socket.socket) -> None:
        """Begin the processes, and watch them until it is time to stop."""
        self._simulator.listen()
        alive, ours = socket.socketpair()  # the others end when this process does, however it ends
        with alive, ours, _children_watched() as died:
            try:
                for number in range(self._size):
                    self._begin(number, alive, (ours, stopped, died))
                on_ready(self._simulator)
                while stopped not in wait_for_any(None, stopped, died):
                    died.recv(4096)
                    self._replace_dead(alive, (ours, stopped, died))
            finally:
                ours.close()  # the word to stop, also for a process that has just begun and hears no signals yet
                for process in self._numbers:
                    os.waitpid(process, 0)
                self._simulator.stop_listening()

    def _begin(self, number: int, alive: socket.socket, not_theirs: tuple[socket.socket, ...]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        process = os.fork()
        if process:
            self._numbers[process] = number
            return
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in not_theirs:
                each.close()
            self._counts.begin(number)
            with stop_requested() as stopped:
                _serve(self._simulator, lambda simulator: None, self._log, stopped, alive)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)

    def _replace_dead(self, alive: socket.socket, not_theirs: tuple[socket.socket, ...]) -> None:
        for process, number in tuple(self._numbers.items()):
            found, status = os.waitpid(process, os.WNOHANG)
            if not found:
                continue
            del self._numbers[process]
            how = os.waitstatus_to_exitcode(status)
            self._log.take(Entry(NOTE, detail=f"process {number + 1} ended with {how}; a new one replaces it"))
            self._restarts += 1
            if self._restarts > MOST_RESTARTS:
                raise RuntimeError(f"processes died {self._restarts} times")
            self._begin(number, alive, not_theirs)


def wait_for_any(within_s: float | None, *sockets: socket.socket) -> list[socket.socket]:
    """Wait until one can be read; return those that can."""
    poll = readiness.make_poll()
    for one in sockets:
        poll.register(one, readiness.POLLIN)
    ready = {descriptor for descriptor, _ in poll.poll(None if within_s is None else within_s * 1000)}
    return [one for one in sockets if one.fileno() in ready]


@contextmanager
def stop_requested() -> Iterator[socket.socket]:
    """Give a socket that can be read after SIGINT or SIGTERM; put the handlers back afterwards."""
    with _signals_heard(*_STOPS) as heard:
        yield heard


@contextmanager
def _children_watched() -> Iterator[socket.socket]:
    """Give a socket that can be read after a process of ours has ended."""
    with _signals_heard(signal.SIGCHLD) as heard:
        yield heard


@contextmanager
def _signals_heard(*numbers: signal.Signals) -> Iterator[socket.socket]:
    near, far = socket.socketpair()
    far.setblocking(False)

    def ring(number: int, frame: FrameType | None) -> None:
        try:
            far.send(b"\0")
        except OSError:
            return  # it has rung often enough, or nobody listens any more

    before = {number: signal.signal(number, ring) for number in numbers}
    try:
        with near, far:
            yield near
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
