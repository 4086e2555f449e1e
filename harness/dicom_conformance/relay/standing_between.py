"""A relay between two real systems until it is told to stop: what `dicom-conformance relay` runs."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from dicom_conformance.errors import HarnessError
from dicom_conformance.relay.line import Line
from dicom_conformance.relay.witness import Witness
from dicom_simulators.association import Termination
from dicom_simulators.faults import Fault
from dicom_simulators.link import Link
from dicom_simulators.standalone import Log, descriptors_of, stop_requested, wait_for_any
from dicom_wire.capture import PcapngWriter

MOST_CONNECTIONS = 100


@dataclass(frozen=True, slots=True)
class Setup:
    """What a relay is to do.

    Parameters
    ----------
    listen, to : (str, int)
        Where it listens, and what it leads to: host and port.
    faults : tuple of Fault
        In force from the start.
    write, trace : Path or None
        The pcapng file, and the file of JSON lines.
    as_json : bool
        Whether the lines on standard output are JSON.
    judge : bool
        Whether what passes is held against the standing rules.
    tls : Termination or None
        How TLS is ended on both sides; None passes it through.
    most : int
        Connections at a time.
    """

    listen: tuple[str, int]
    to: tuple[str, int]
    faults: tuple[Fault, ...] = ()
    write: Path | None = None
    trace: Path | None = None
    as_json: bool = False
    judge: bool = False
    tls: Termination | None = None
    most: int = MOST_CONNECTIONS


def stand_between(setup: Setup, on_ready: Callable[[tuple[str, int]], None]) -> Witness:
    """Relay until SIGINT or SIGTERM, or until another program has the port; call from the main thread.

    Parameters
    ----------
    on_ready : callable
        Called with host and port once the relay has them.

    Returns
    -------
    Witness
        What was counted.

    Raises
    ------
    OSError
        The port cannot be had, or a file cannot be opened.
    HarnessError
        The target has no address.
    """
    target = _address(setup.to)
    with ExitStack() as stack:
        heard = stack.enter_context(stop_requested())
        capture = None
        if setup.write is not None:
            capture = PcapngWriter(stack.enter_context(setup.write.open("wb")))
        trace = None
        if setup.trace is not None:
            trace = stack.enter_context(setup.trace.open("w", encoding="utf-8"))
        log = Log(descriptors_of(sys.stdout), setup.as_json)

        def tell(line: Line) -> None:
            log.take(line)

        witness = Witness(tell, setup.judge, capture, trace, bool(setup.faults))
        lost, ring = (stack.enter_context(end) for end in socket.socketpair())

        def on_lost(error: OSError) -> None:
            witness.failures.append(f"{error.filename}: {error.strerror}; another program listens there")
            ring.send(b"\0")

        host, port = setup.listen
        link = Link(
            "link",
            "requestor",
            "acceptor",
            target,
            witness,
            host,
            port,
            setup.faults,
            setup.tls,
            most=setup.most,
            on_lost=on_lost,
        )
        log.start()
        try:
            link.start()
            on_ready(link.address)
            wait_for_any(None, heard, lost)
        finally:
            link.stop()
            log.stop()
    return witness


def _address(place: tuple[str, int]) -> tuple[str, int]:
    """Give the first address of a host: the link, and a capture, name no hosts."""
    host, port = place
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise HarnessError(f"{host} has no address: {error.strerror or error}") from error
    address = found[0][4]
    return str(address[0]), int(address[1])
