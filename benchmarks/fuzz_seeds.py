"""The seeds of the fuzzing: conversations that our own simulators held, recorded in `benchmarks/seeds/`.

    python benchmarks/fuzz_seeds.py

records them anew. A file has one PDU of the requestor a line, as hex digits; a line `<` says that the acceptor
answered before the requestor went on. Titles are put in when a conversation is held.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dicom_simulators import Archive, Printer, Scu, Simulator
from dicom_simulators.data_sets import build
from dicom_wire import Kind, PDUStream, Recorder, Side

FOLDER = Path(__file__).with_name("seeds")
ANSWERED = "<"
CT = "1.2.840.10008.5.1.4.1.1.2"
TITLE_BYTES = 16
A_ASSOCIATE_RQ = 1


@dataclass(frozen=True, slots=True)
class Turn:
    """A PDU that the requestor sends, and whether the acceptor answered before the next one."""

    raw: bytes
    is_answered: bool


@cache
def seeds() -> dict[str, tuple[Turn, ...]]:
    """Read the recorded conversations, by their names."""
    return {file.stem: _read(file.read_text(encoding="ascii")) for file in sorted(FOLDER.glob("*.txt"))}


def _read(text: str) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    for line in text.split():
        if line == ANSWERED:
            turns[-1] = Turn(turns[-1].raw, True)
        else:
            turns.append(Turn(bytes.fromhex(line), False))
    return tuple(turns)


def addressed(turns: tuple[Turn, ...], title: str) -> tuple[Turn, ...]:
    """Give a conversation with another called AE title."""
    called = title.encode("ascii").ljust(TITLE_BYTES)
    return tuple(
        Turn(turn.raw[:10] + called + turn.raw[10 + TITLE_BYTES :], turn.is_answered)
        if turn.raw[0] == A_ASSOCIATE_RQ
        else turn
        for turn in turns
    )


# -- recording


def record() -> dict[str, str]:
    """Hold each conversation between our own simulators; give the text of its file by its name."""
    ct = build("smallest", CT, seed=1, PatientID="FUZZ", rows=2, columns=2)
    study = {"StudyInstanceUID": str(ct.read().StudyInstanceUID)}
    recorder = Recorder()
    scu = Scu("scu", "FUZZ", recorder, instances=[ct])
    archive, printer = (
        Archive("archive", "ARCHIVE", Recorder(), instances=[ct]),
        Printer("printer", "PRINTER", Recorder()),
    )
    wanted = {"PatientID": "FUZZ", "StudyInstanceUID": "", "StudyDate": ""}
    asked: tuple[tuple[str, Simulator, str, dict[str, object]], ...] = (
        ("echo", archive, "echo", {}),
        ("store", archive, "store", {}),
        (
            "find",
            archive,
            "find",
            {"level": "STUDY", "keys": wanted},
        ),
        ("move", archive, "move", {"level": "STUDY", "keys": study, "destination": "NOBODY"}),
        ("get", archive, "get", {"level": "STUDY", "keys": study, "sop_classes": [CT]}),
        ("print", printer, "print", {}),
    )
    texts = {}
    for one in (scu, archive, printer):
        one.start()
    try:
        for name, peer, operation, arguments in asked:
            outcome = scu.perform(operation, peer.address, arguments)
            print(f"{name}: {outcome['result']}")
            texts[name] = _text(recorder, len(recorder.connections) - 1)
    finally:
        for one in (scu, archive, printer):
            one.stop()
    return texts


def _text(recorder: Recorder, connection: int) -> str:
    """Write what the requestor sent on a connection, PDU by PDU."""
    lines: list[str] = []
    stream = PDUStream()
    for seen in recorder.sightings:
        if seen.connection != connection or seen.kind is not Kind.DATA:
            continue
        if seen.sender is Side.REQUESTOR:
            lines += [bytes(received.raw).hex() for received in stream.feed(bytes(seen.data))]
        elif lines and lines[-1] != ANSWERED:
            lines.append(ANSWERED)
    return "\n".join(lines) + "\n"


def main() -> int:
    """Record the seeds anew."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in record().items():
        (FOLDER / f"{name}.txt").write_text(text, encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())
