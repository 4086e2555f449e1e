"""What was found in a capture, as plain data: its `run.json`, from which its page is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dicom_conformance.files import write_whole
from dicom_conformance.results.findings import Level
from dicom_conformance.results.run_file import read_run_file

KIND = "capture"


@dataclass(frozen=True, slots=True)
class CaptureFinding:
    """A rule that one side of a captured conversation broke.

    Attributes
    ----------
    rule, clause : str
        The name of the rule, and the clause of the standard that demands it.
    level : Level
        How binding it is.
    side : str
        ``requestor`` or ``acceptor``.
    message : str
        The PDU or DIMSE message that shows it, or ``TCP`` for the end of the connection.
    text : str
        What was expected and what was seen.
    pdu : int
        Number of the PDU within its conversation, from 1.
    conversation : int
        Number of the connection within the file, from 1.
    event : int or None
        Index of the event of the timeline that shows it; None where the timeline leaves it out.
    """

    rule: str
    clause: str
    level: Level
    side: str
    message: str
    text: str
    pdu: int
    conversation: int
    event: int | None


@dataclass(frozen=True, slots=True)
class CaptureEvent:
    """One entry of a timeline.

    Attributes
    ----------
    number : int
        Index of the event within its conversation, from 0; numbers are missing where events were left out.
    t_ms : float
        Time since the start of the connection, in milliseconds.
    side : str
        Who sent it; empty for a presentation context and for a note.
    name : str
        Of the PDU or DIMSE message, ``TCP`` for the end of the connection, else empty.
    summary : str
        The rest of the line.
    detail : tuple of str
        The elements of the command set, or the proposed presentation contexts, one a line.
    """

    number: int
    t_ms: float
    side: str
    name: str
    summary: str
    detail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaptureConversation:
    """One TCP connection of a capture.

    Attributes
    ----------
    number : int
        From 1, in the order in which the connections of the file began.
    requestor, acceptor : str
        ``host:port``.
    titles : str
        ``CALLING calls CALLED``; empty where no association was requested.
    start : str
        ISO 8601, UTC.
    elapsed_s : float
        From the first to the last event, in seconds.
    why_not : str
        Why it was not judged, or not to its end; empty where it was.
    events : tuple of CaptureEvent
        The timeline.
    left_out : int
        How many further events the timeline would have.
    """

    number: int
    requestor: str
    acceptor: str
    titles: str
    start: str
    elapsed_s: float
    why_not: str
    events: tuple[CaptureEvent, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class CaptureRun:
    """A judged capture: its `run.json`.

    Attributes
    ----------
    capture : str
        Path of the capture, as it was given.
    start : str
        When it was judged: ISO 8601, UTC.
    judged, shall, should : int
        How many conversations were judged, and how many findings of each level there are.
    exit_status : int
        That of the command: 2 where something could not be judged, 1 where a requirement was broken, else 0.
    findings_left_out : int
        How many further findings there are.
    """

    capture: str
    start: str
    judged: int
    shall: int
    should: int
    exit_status: int
    conversations: tuple[CaptureConversation, ...]
    findings: tuple[CaptureFinding, ...]
    findings_left_out: int
    versions: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {"kind": KIND, **asdict(self)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> CaptureRun:
        """Read what `to_json` returned.

        Raises
        ------
        ValueError, KeyError, TypeError
            It is something else.
        """
        if plain["kind"] != KIND:
            raise ValueError(f"kind is {plain['kind']!r}")
        rest = {name: value for name, value in plain.items() if name != "kind"}
        rest["conversations"] = tuple(_conversation(one) for one in plain["conversations"])
        rest["findings"] = tuple(CaptureFinding(**{**one, "level": Level(one["level"])}) for one in plain["findings"])
        return cls(**rest)


def _conversation(plain: Mapping[str, Any]) -> CaptureConversation:
    events = tuple(CaptureEvent(**{**one, "detail": tuple(one["detail"])}) for one in plain["events"])
    return CaptureConversation(**{**plain, "events": events})


def write_capture_run(path: Path, run: CaptureRun) -> None:
    """Write `run.json` of a judged capture."""
    write_whole(path, json.dumps(run.to_json(), indent=1) + "\n")


def read_capture_run(path: Path) -> CaptureRun:
    """Read `run.json` of a judged capture.

    Raises
    ------
    DataError
        The file cannot be read, or is no judged capture.
    """
    return read_run_file(path, CaptureRun.from_json, "a judged capture")
