"""One simulator standing alone, until it is told to stop: what `dicom-conformance simulate` is made of.

The configuration is plain data: `ae_title`, `host`, `port`, `folder` (of DICOM files that it holds), `holds` (recipes:
the arguments of `simulators.data_sets.build`), `destinations` (``{AE title: {host, port}}``), `faults`
(``[{name: {parameter: value}}]``), `script` (of a scripted peer), `seed`, `tls` (the fields of `simulators.tls.TLS`). It runs for days: nothing is kept of what
the connections carried, and a destination drops what it received unless `keeps: true`.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from simulators import SIMULATORS, Simulator, faults
from simulators.arguments import Arguments
from simulators.data_sets import Instance, build, read_file
from simulators.tls import CHOICES, TLS
from wire import Kind, Recorder, Side

Announce = Callable[[str], None]


class Forgetful(Recorder):
    """A recorder that keeps nothing."""

    def open(
        self,
        observer: str,
        requestor: str,
        acceptor: str,
        requestor_endpoint: tuple[str, int],
        acceptor_endpoint: tuple[str, int],
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


def make(kind: str, config: Mapping[str, object], announce: Announce = lambda line: None) -> Simulator:
    """Make a simulator from its configuration, not yet started.

    Raises
    ------
    ValueError
        No such simulator, or a wrong key or value; the message names it.
    OSError
        A folder or file cannot be read.
    """
    if kind not in SIMULATORS:
        raise ValueError(f"no simulator {kind!r}; there are {', '.join(SIMULATORS)}")
    arguments = Arguments(config)
    options: dict[str, Any] = {
        "instances": tuple(_instances(arguments)),
        "faults": tuple(_faults(arguments)),
        "destinations": _destinations(arguments),
        "host": arguments.text("host", "127.0.0.1"),
        "port": arguments.number("port", 0, 0xFFFF),
        "seed": arguments.number("seed", 0),
        "announce": announce,
        "tls": _tls(arguments),
    }
    if kind == "destination":
        options["keeps"] = arguments.truth("keeps")
    if kind == "scripted":
        script = arguments.raw("script")
        options["script"] = script if isinstance(script, list | tuple) else ()
    title = arguments.text("ae_title", kind.upper())
    arguments.finish()
    return SIMULATORS[kind](kind, title, Forgetful(), **options)


def serve(
    kind: str,
    config: Mapping[str, object],
    on_ready: Callable[[Simulator], None],
    announce: Announce = lambda line: None,
) -> None:
    """Run a simulator until SIGINT or SIGTERM; call from the main thread.

    Parameters
    ----------
    on_ready : callable
        Told the simulator once it listens.
    announce : callable
        Told each association's beginning and end, in words, from the thread that leads it.

    Raises
    ------
    ValueError, OSError
        As `make`; or the port cannot be had.
    """
    simulator = make(kind, config, announce)
    with _told_to_stop() as told:
        simulator.start()
        try:
            on_ready(simulator)
            told.wait()
        finally:
            simulator.stop()


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """Give an event that SIGINT or SIGTERM sets; put the handlers back afterwards."""
    told = threading.Event()

    def tell(number: int, frame: FrameType | None) -> None:
        told.set()

    before = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _instances(arguments: Arguments) -> Iterator[Instance]:
    folder = arguments.text("folder", "")
    if folder:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and path.read_bytes()[128:132] == b"DICM":
                yield read_file(path)
    for entry in arguments.each("holds"):
        yield build(**{key: _recipe_value(value) for key, value in entry.rest().items()})


def _recipe_value(value: object) -> Any:
    """Numbers of a recipe may come as text; UIDs and names stay text."""
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _faults(arguments: Arguments) -> Iterator[faults.Fault]:
    for entry in arguments.each("faults"):
        for name, parameters in entry.rest().items():
            if not isinstance(parameters, Mapping | None):
                raise entry.wrong(name, f"parameters are wanted, not {parameters!r}")
            try:
                yield faults.build(name, parameters or {})
            except ValueError as error:
                raise entry.wrong(name, str(error)) from None


def _tls(arguments: Arguments) -> TLS | None:
    said = arguments.raw("tls")
    if said is None:
        return None
    entry = Arguments(said, "tls.")
    values = {key: Path(entry.text(key)) for key in ("certificate", "key", "authorities") if key in entry}
    chosen: dict[str, Any] = {key: entry.choice(key, allowed) for key, allowed in CHOICES.items() if key in entry}
    if "check_host" in entry:
        chosen["check_host"] = entry.truth("check_host")
    entry.finish()
    return TLS(**values, **chosen)


def _destinations(arguments: Arguments) -> dict[str, tuple[str, int]]:
    said = arguments.raw("destinations")
    if said is None:
        return {}
    known = {}
    for title, where in Arguments(said, "destinations.").rest().items():
        entry = Arguments(where, f"destinations.{title}.")
        known[title] = (entry.text("host", "127.0.0.1"), entry.number("port", high=0xFFFF))
        entry.finish()
    return known
