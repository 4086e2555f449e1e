"""The command `relay`: stand between two real systems."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LAST_PORT = 65535


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "relay",
        help="stand between two systems: show, judge and record what passes, and misbehave on request",
        description="Listen in the place of an acceptor, and lead every connection on to it, both directions. One line "
        "is printed for each connection, PDU, presentation context, DIMSE message and association, until Ctrl-C. Exit "
        "status: 2 if a file could not be written, or --judge could not judge a connection; else 1 if --judge found "
        "that the standard was broken; else 0.",
    )
    parser.add_argument(
        "--listen", type=_listen, required=True, metavar="[HOST:]PORT", help="where to listen; loopback without a host"
    )
    parser.add_argument("--to", type=_place, required=True, metavar="HOST:PORT", help="the acceptor")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="YAML file of faults that the relay carries out")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write what passes as pcapng")
    parser.add_argument(
        "--trace", type=Path, metavar="FILE", help="write every line as JSON, with the whole command sets"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, one object a line")
    parser.add_argument(
        "--judge", action="store_true", help="tell what breaks the standard: clause, side and message of each"
    )
    parser.add_argument(
        "--tls", type=Path, metavar="FILE", help="end TLS on both sides, by this YAML file (default: pass it through)"
    )
    parser.add_argument(
        "--at-most", type=_count, default=100, metavar="N", help="connections at a time (default: 100); more wait"
    )
    parser.set_defaults(command=_relay)


def _relay(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    from dicom_conformance.files import counted
    from dicom_conformance.relay import Setup, read_faults, read_termination, stand_between

    setup = Setup(
        arguments.listen,
        arguments.to,
        read_faults(arguments.faults) if arguments.faults is not None else (),
        arguments.write,
        arguments.trace,
        arguments.json,
        arguments.judge,
        read_termination(arguments.tls) if arguments.tls is not None else None,
        arguments.at_most,
    )

    def ready(address: tuple[str, int]) -> None:
        host, port = arguments.to
        text = f"relaying {address[0]}:{address[1]} to {host}:{port}; press Ctrl-C to stop\n"
        greeted = sys.stderr if arguments.json else sys.stdout
        greeted.write(text)
        greeted.flush()

    witness = stand_between(setup, ready)
    text = counted(witness.associations, "connection")
    if arguments.judge:
        text += f", {counted(witness.shall, 'broken requirement')}"
        text += f", {counted(witness.should, 'recommendation')} not followed"
        text += f", {counted(witness.not_judged, 'connection')} not judged" if witness.not_judged else ""
    sys.stderr.write(f"{text}\n")
    for failure in witness.failures:
        sys.stderr.write(f"dicom-conformance: {failure}\n")
    return 2 if witness.failures or witness.not_judged else 1 if witness.shall else 0


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"expected HOST:PORT, such as 127.0.0.1:11112, not {text!r}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"expected [HOST:]PORT, such as 11112, not {text!r}")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)


def _count(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 10_000:
        return int(text)
    raise argparse.ArgumentTypeError("expected a number from 1 to 10000")
