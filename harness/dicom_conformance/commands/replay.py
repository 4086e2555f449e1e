"""The command `replay`: play a captured conversation against a peer."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicom_conformance.commands.judge import add_reading_options
from dicom_conformance.commands.probe import read_tls, target, title

if TYPE_CHECKING:
    from dicom_conformance.replay import Peer, Recording
    from dicom_conformance.trace import Conversation


_ALLOWED = {
    "store": "send what stores to another machine",
    "print": "send what uses film to another machine",
    "hostile": "send what breaks the standard to another machine",
    "retrieve": "have another machine send instances where the capture says (C-MOVE, C-GET)",
}


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "replay",
        help="play the requestor's side of a captured conversation against a peer",
        description="Send what the requestor of a captured conversation sent, and compare the answers. UIDs, Message "
        "IDs and presentation contexts that the peer assigns are mapped. Exit status: 0 if everything is answered as "
        "it was recorded; 1 if not, or if the peer breaks the standard; 2 if it cannot be replayed.",
    )
    parser.add_argument("capture", type=Path, metavar="FILE", help="pcap or pcapng file")
    parser.add_argument("--to", type=target, metavar="AET@HOST:PORT", help="the peer")
    parser.add_argument("--connection", type=int, metavar="N", help="which connection of the capture (default: first)")
    parser.add_argument("--calling", type=title, metavar="AET", help="our AE title (default: as recorded)")
    parser.add_argument(
        "--deadline", type=float, default=30.0, metavar="S", help="how long each answer is awaited (default: 30)"
    )
    parser.add_argument("--tls", type=Path, metavar="FILE", help="speak TLS, by this YAML file")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the replay, or the reduced capture, as pcap")
    parser.add_argument(
        "--as-scenario", type=Path, metavar="FILE", help="write it as a scenario that fails where the finding is shown"
    )
    parser.add_argument(
        "--reduce",
        action="store_true",
        help="reduce it to the shortest conversation that still shows the finding; with --to in what that peer answers",
    )
    parser.add_argument(
        "--finding",
        metavar="WHAT",
        help="what is to be shown: a rule (response-not-due), `C-FIND-RSP A700`, or an end (aborted); default: the "
        "first broken rule",
    )
    for name, what in _ALLOWED.items():
        parser.add_argument(f"--allow-{name}", action="store_true", help=f"{what}, too")
    add_reading_options(parser)
    parser.set_defaults(command=_replay)


def _replay(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    from dicom_conformance.errors import HarnessError
    from dicom_conformance.replay import Allowed, require_allowed

    recording = _recording(arguments)
    if arguments.to is not None:
        allowed = (arguments.allow_store, arguments.allow_print, arguments.allow_hostile, arguments.allow_retrieve)
        require_allowed(recording, arguments.to.host, Allowed(*allowed))
    if arguments.reduce or arguments.as_scenario is not None:
        return _write_scenario(recording, arguments)
    if arguments.to is None:
        raise HarnessError("--to AET@HOST:PORT is needed, or --reduce, or --as-scenario FILE")
    return _play(recording, _peer(arguments), arguments)


def _peer(arguments: argparse.Namespace) -> Peer:
    from dicom_conformance.replay import Peer

    to, tls = arguments.to, read_tls(arguments.tls)
    return Peer(to.title, to.host, to.port, arguments.calling or "", arguments.deadline, tls)


def _write_scenario(recording: Recording, arguments: argparse.Namespace) -> int:
    """Reduce a conversation, write it as a scenario, or both."""
    from dicom_conformance.files import counted, write_whole
    from dicom_conformance.replay import read_finding, reduced, scenario_text

    one = recording.conversation
    wanted = read_finding(arguments.finding, one)
    print(f"finding: {wanted}")
    if arguments.reduce:
        done = reduced(one, wanted, _peer(arguments) if arguments.to is not None else None)
        asked = f" in {counted(done.replays, 'replay')}" if done.replays else ""
        before, after = (counted(len(each.messages), "message") for each in (one, done.conversation))
        print(f"reduced from {before} to {after}{asked}")
        one = done.conversation
        if arguments.write is not None:
            _write_capture(arguments.write, one)
    if arguments.as_scenario is not None:
        text = scenario_text(one, wanted, arguments.as_scenario.stem)
        write_whole(arguments.as_scenario, text)
        print(f"{arguments.as_scenario}: {counted(len(text.splitlines()), 'line')}")
    return 0


def _write_capture(path: Path, one: Conversation) -> None:
    from dicom_wire.capture import pcap, streams_of

    pcap.write(path, streams_of([one.view.connection], one.view.sightings))


def _recording(arguments: argparse.Namespace) -> Recording:
    from dicom_conformance.capture import read_capture, trace_of
    from dicom_conformance.errors import HarnessError
    from dicom_conformance.replay import recording_of

    found = read_capture(arguments.capture, arguments.key_log, arguments.port)
    wanted = arguments.connection
    chosen = [one for one in found if wanted in (None, one.number)]
    usable = [one for one in chosen if not one.why_not]
    if not usable:
        reasons = "; ".join(f"connection {one.number}: {one.why_not}" for one in chosen[:5])
        raise HarnessError(f"{arguments.capture} has no such conversation{f': {reasons}' if reasons else ''}")
    if wanted is None and len(usable) > 1:
        print(f"connection {usable[0].number} of {len(usable)}; --connection chooses another", file=sys.stderr)
    return recording_of(trace_of([usable[0].stream]).conversations[0])


def _play(recording: Recording, peer: Peer, arguments: argparse.Namespace) -> int:
    import time

    from dicom_conformance.judge import breaches
    from dicom_conformance.replay import answers, lines, replay
    from dicom_conformance.results import Level
    from dicom_wire.capture import Side, pcap, streams_of

    done = replay(recording, peer)
    found = answers(recording, done)
    for line in lines(found):
        print(line)
    for note in done.notes:
        print(f"note: {note}")
    if done.remapping.uids:
        print(f"{len(done.remapping.uids)} UIDs of the peer took the place of recorded ones")
    broken = [one for one in breaches(done.conversation) if one.side is Side.ACCEPTOR]
    for one in broken:
        print(f"! {one.message}, PDU {one.pdu}: {one.rule} ({one.clause}, {one.level}): {one.text}")
    if arguments.write is not None:
        recorder = done.trace.recorder
        streams = streams_of(recorder.connections, recorder.sightings)
        pcap.write(arguments.write, streams, time.time_ns() - time.monotonic_ns())
    is_same = all(each.is_same for each in found)
    return 0 if is_same and not any(one.level is Level.SHALL for one in broken) else 1
