"""The command `judge`: hold the conversations of a capture against the standard."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "judge",
        help="judge the conversations of a capture (pcap, pcapng) by the standard",
        description="Print what breaks the standard in a capture: side, message, PDU, rule, clause and level of each. "
        "Exit status: 0 if nothing is broken, or recommendations only; 1 if a requirement is; 2 if the capture has no "
        "conversation, or one that cannot be judged.",
    )
    parser.add_argument("capture", type=Path, metavar="FILE", help="pcap or pcapng file")
    parser.add_argument("--messages", action="store_true", help="print every PDU and message, too")
    parser.add_argument("--json", action="store_true", help="print JSON, one object a line")
    add_reading_options(parser)
    parser.set_defaults(command=_judge)


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a capture is read."""
    parser.add_argument(
        "--key-log", type=Path, metavar="FILE", help="secrets of TLS sessions (SSLKEYLOGFILE); tshark decrypts them"
    )
    parser.add_argument(
        "--port",
        type=int,
        action="append",
        default=[],
        metavar="N",
        help="connections to this port are DICOM, whatever they begin with; may be given again",
    )


def _judge(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    from dicom_conformance.capture import judge_capture, read_capture
    from dicom_conformance.files import counted

    found = judge_capture(read_capture(arguments.capture, arguments.key_log, arguments.port), arguments.messages)
    for line in found.lines:
        print(line.json if arguments.json else line.line)
    for one in found.not_judged:
        print(f"connection {one.number}, {one.ends}, is not judged: {one.why_not}", file=sys.stderr)
    text = f"{counted(found.judged, 'conversation')} judged: {counted(found.shall, 'broken requirement')}"
    print(f"{text}, {counted(found.should, 'recommendation')} not followed", file=sys.stderr)
    return found.exit_status
