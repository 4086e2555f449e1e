"""One simulator on its own, until it is asked to stop: what `dicom-conformance simulate` runs.

It runs for days: nothing is kept of what the connections carried.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from dicom_simulators.association import Simulator
from dicom_wire import Kind, Recorder, Side


class Forgetful(Recorder):
    """A recorder that keeps nothing."""

    def open(
        self,
        observer: str,
        requestor: str,
        acceptor: str,
        requestor_endpoint: tuple[str, int],
        acceptor_endpoint: tuple[str, int],
        relay_endpoints: tuple[tuple[str, int], tuple[str, int]] | None = None,
    ) -> int:
        """Give every connection the same number."""
        return 0

    def saw(
        self,
        connection: int,
        kind: Kind,
        sender: Side,
        data: bytes | bytearray | memoryview = b"",
        written: bool = False,
    ) -> None:
        """Forget what was seen."""


def serve(simulator: Simulator, on_ready: Callable[[Simulator], None]) -> None:
    """Run a simulator until SIGINT or SIGTERM; call from the main thread.

    Parameters
    ----------
    on_ready : callable
        Called with the simulator once it listens.

    Raises
    ------
    OSError
        The port cannot be had.
    """
    with _stop_requested() as stopped:
        simulator.start()
        try:
            on_ready(simulator)
            stopped.wait()
        finally:
            simulator.stop()


@contextmanager
def _stop_requested() -> Iterator[threading.Event]:
    """Give an event that SIGINT or SIGTERM sets; put the handlers back afterwards."""
    stopped = threading.Event()

    def set_stopped(number: int, frame: FrameType | None) -> None:
        stopped.set()

    before = {number: signal.signal(number, set_stopped) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
