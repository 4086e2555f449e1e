"""The script of a scripted peer: plain data in, steps out, judged when it is read.

A line is one of ``send: {pdu: NAME, ...}``, ``send: {dimse: NAME, ...}``, ``send: {bytes: 09 00 ...}``,
``receive: {pdu | dimse: NAME, within_s: N, optional: true}``, ``receive: {any_of: [NAME ...]}``, ``receive: closed``,
``receive: ended`` (a release, an abort or the end of the connection), ``close``, ``reset``, ``stall: {s: N}``. Scalars
may be text. What a `receive` awaits and does not get is a script gone wrong, and the case
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
_MESSAGE_NAMES = tuple(row.name for row in MESSAGE_TYPES)
WITHIN_S = 5.0
CLOSED = "closed"
ENDED = "ended"
ENDS = ("A-RELEASE-RQ", "A-RELEASE-RP", "A-ABORT", CLOSED)
"""What `ended` stands for."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send bytes that are made from what was received so far."""

    make: Sending


@dataclass(frozen=True, slots=True)
class Receive:
    """Wait for a PDU or DIMSE message of one of these names; "closed" for the end of the connection.

    The script has gone wrong where none comes, unless it is `optional`. `awaited` says in words what is awaited.
    """

    names: tuple[str, ...]
    awaited: str
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
    if given == CLOSED:
        return Receive((CLOSED,), CLOSED)
    if given == ENDED:
        return Receive(ENDS, "the end of the association")
    arguments = Arguments(given, "receive.")
    within_s = arguments.seconds("within_s", WITHIN_S)
    optional = arguments.truth("optional")
    kinds = [key for key in ("pdu", "dimse", CLOSED, "any_of") if key in arguments]
    if len(kinds) != 1:
        raise ValueError("receive: expected one of pdu, dimse, closed, ended, any_of")
    kind = kinds[0]
    if kind == "any_of":
        given_names: tuple[str, ...] = arguments.texts(kind)
    else:
        given_names = (arguments.text(kind),) if kind != CLOSED else (CLOSED,)
    arguments.raw(CLOSED)
    known = {"pdu": PDU_NAMES, "dimse": _MESSAGE_NAMES, CLOSED: (CLOSED,)}
    admitted = known.get(kind, (*PDU_NAMES, *_MESSAGE_NAMES, CLOSED, ENDED))
    for name in given_names:
        if name not in admitted:
            raise ValueError(f"receive.{kind}: unknown name {name!r}")
    if not given_names:
        raise ValueError("receive.any_of: names nothing")
    arguments.finish()
    names = tuple(dict.fromkeys(each for name in given_names for each in (ENDS if name == ENDED else (name,))))
    return Receive(names, " or ".join(given_names), within_s, optional)
