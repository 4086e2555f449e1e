"""The script of a scripted peer: plain data in, steps out, judged when it is read.

A line is one of ``send: {pdu: NAME, ...}``, ``send: {dimse: NAME, ...}``, ``send: {bytes: 09 00 ...}``,
``receive: {pdu | dimse: NAME, within_s: N, optional: true}``, ``receive: closed``, ``close``, ``reset``,
``stall: {s: N}``. Scalars may be text. What a `receive` awaits and does not get is a script gone wrong, and the case
is then inconclusive, unless it is optional. A wrong line is a `ValueError` that begins with its number, from 1. What
may be sent has no bounds but those of the fields' widths; see `scripted.script_send` for the fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dicom_simulators.association import Arguments
from dicom_simulators.scripted.script_send import ReceivedSoFar, Sending, sending
from dicom_wire import MESSAGE_TYPES

PDU_NAMES = (
    "A-ASSOCIATE-RQ",
    "A-ASSOCIATE-AC",
    "A-ASSOCIATE-RJ",
    "P-DATA-TF",
    "A-RELEASE-RQ",
    "A-RELEASE-RP",
    "A-ABORT",
)
WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Send:
    """Send bytes that are made from what was received so far."""

    make: Sending


@dataclass(frozen=True, slots=True)
class Receive:
    """Wait for a PDU or DIMSE message of this name; "closed" for the end of the connection.

    The script has gone wrong where it does not come, unless it is `optional`.
    """

    name: str
    within_s: float = WITHIN_S
    optional: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """End the TCP connection, by FIN or RST."""

    reset: bool


@dataclass(frozen=True, slots=True)
class Stall:
    """Neither read nor write for some time."""

    s: float


Step = Send | Receive | End | Stall


def read_script(lines: Sequence[object]) -> tuple[Step, ...]:
    """Read a script.

    Raises
    ------
    ValueError
        ``step N: ...`` says what is wrong.
    """
    steps = []
    for number, line in enumerate(lines, start=1):
        try:
            steps.append(_step(line))
        except ValueError as error:
            raise ValueError(f"step {number}: {error}") from None
    return tuple(steps)


def _step(line: object) -> Step:
    if isinstance(line, str):
        line = {line: None}
    if not isinstance(line, Mapping) or len(line) != 1:
        raise ValueError(f"expected one of send, receive, close, reset, stall, not {line!r}")
    ((verb, given),) = line.items()
    match verb:
        case "send":
            make = sending(given)
            make(ReceivedSoFar())  # a mistake in it is found now
            return Send(make)
        case "receive":
            return _receive(given)
        case "close" | "reset":
            if given:
                raise ValueError(f"{verb} takes no arguments")
            return End(reset=verb == "reset")
        case "stall":
            arguments = Arguments(given, "stall.")
            stall = Stall(arguments.seconds("s", -1.0))
            arguments.finish()
            return stall
    raise ValueError(f"unknown verb {verb!r}; expected one of send, receive, close, reset, stall")


def _receive(given: object) -> Receive:
    if given == "closed":
        return Receive("closed")
    arguments = Arguments(given, "receive.")
    within_s = arguments.seconds("within_s", WITHIN_S)
    optional = arguments.truth("optional")
    kinds = [key for key in ("pdu", "dimse", "closed") if key in arguments]
    if len(kinds) != 1:
        raise ValueError("receive: expected one of pdu, dimse, closed")
    name = arguments.text(kinds[0]) if kinds[0] != "closed" else "closed"
    arguments.raw("closed")
    known = {"pdu": PDU_NAMES, "dimse": tuple(row.name for row in MESSAGE_TYPES), "closed": ("closed",)}[kinds[0]]
    if name not in known:
        raise ValueError(f"receive.{kinds[0]}: unknown name {name!r}")
    arguments.finish()
    return Receive(name, within_s, optional)
