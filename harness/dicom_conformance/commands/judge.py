"""The command `judge`: hold the conversations of a capture against the standard."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicom_conformance.commands.renderer import Renderer

if TYPE_CHECKING:
    from dicom_conformance.capture import Captured, JudgedCapture


def add(commands: Any, renderer: Renderer) -> None:
    """Add the command to the command line; `renderer` returns what writes the page of a judged capture."""
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
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="write a page of the findings and timelines, and the same as run.json",
    )
    add_reading_options(parser)
    parser.set_defaults(command=lambda arguments, words: _judge(arguments, renderer))


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


def _judge(arguments: argparse.Namespace, renderer: Renderer) -> int:
    from dicom_conformance.capture import judge_capture, read_capture
    from dicom_conformance.files import counted

    streams = read_capture(arguments.capture, arguments.key_log, arguments.port)
    found = judge_capture(streams, arguments.messages or arguments.output is not None)
    for line in found.lines:
        if arguments.messages or line.event in ("connection", "breach", "note"):
            print(line.json if arguments.json else line.line)
    for one in found.not_judged:
        print(f"connection {one.number}, {one.ends}, is not judged: {one.why_not}", file=sys.stderr)
    text = f"{counted(found.judged, 'conversation')} judged: {counted(found.shall, 'broken requirement')}"
    print(f"{text}, {counted(found.should, 'recommendation')} not followed", file=sys.stderr)
    if arguments.output is not None:
        _write_page(arguments, streams, found, renderer)
    return found.exit_status


def _write_page(
    arguments: argparse.Namespace, streams: Sequence[Captured], found: JudgedCapture, renderer: Renderer
) -> None:
    from dicom_conformance.capture import findings_of_capture
    from dicom_conformance.files import OutputFolder
    from dicom_conformance.results import write_capture_run

    run = findings_of_capture(arguments.capture, streams, found)
    with OutputFolder(arguments.output):
        write_capture_run(arguments.output / "run.json", run)
        print(f"report: {renderer()(arguments.output)}", file=sys.stderr)
