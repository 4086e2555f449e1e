"""What a simulator logs: one entry for each association and message, as a line of text or of JSON.

Invariants: an entry is a plain value, made where the thing happened; who writes it down is another matter. A line has
no control characters, whatever a peer sent.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from pydicom.datadict import keyword_for_tag

from dicom_simulators.encoding import DataSetError, character_set, read_elements, values
from dicom_wire import Message

NOTE = "note"
LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened.

    Attributes
    ----------
    operation : str
        What was done: ``association accepted``, ``C-FIND``; ``note`` for what is neither association nor message.
    peer : str
        Address and port of the peer; empty where there is none.
    ae_title : str
        The peer's AE title; empty where it is not known.
    keys : tuple of (str, str)
        What the operation was about: keywords and values.
    status : str
        The final status, four hexadecimal digits; empty where there is none.
    detail : str
        What else there is to say.
    at : float
        When, in seconds since 1970.
    """

    operation: str
    peer: str = ""
    ae_title: str = ""
    keys: tuple[tuple[str, str], ...] = ()
    status: str = ""
    detail: str = ""
    at: float = field(default_factory=time.time, compare=False)

    @property
    def sentence(self) -> str:
        """The entry without its time."""
        if self.operation == NOTE:
            return printable(self.detail)
        keys = " ".join(f"{keyword}={_quoted(value)}" for keyword, value in self.keys)
        said = (self.peer or "-", _quoted(self.ae_title) if self.ae_title else "-", self.operation, keys, self.status)
        line = " ".join(part for part in said if part)
        return printable(f"{line}: {self.detail}" if self.detail else line)

    @property
    def line(self) -> str:
        """The entry as one line of text, local time first."""
        return f"{datetime.fromtimestamp(self.at).isoformat(sep=' ', timespec='milliseconds')} {self.sentence}"

    @property
    def json(self) -> str:
        """The entry as one line of JSON; what is not known is left out."""
        moment = datetime.fromtimestamp(self.at).astimezone()
        said: dict[str, object] = {"time": moment.isoformat(timespec="milliseconds"), "operation": self.operation}
        further = {
            "peer": self.peer,
            "ae_title": self.ae_title,
            "keys": dict(self.keys),
            "status": self.status,
            "detail": self.detail,
        }
        return json.dumps(said | {key: value for key, value in further.items() if value})


Journal = Callable[[Entry], None]
"""Takes an entry, from any thread."""


_OF_COMMANDS = ("SOPClassUID", "SOPInstanceUID")
_QUERIES = ("C-FIND-RQ", "C-GET-RQ", "C-MOVE-RQ")
_MOST_KEYS_BYTES = 1 << 16


def keys_of(message: Message, transfer_syntax: str) -> tuple[tuple[str, str], ...]:
    """Give what a request is about: SOP Class and Instance, the keys of a query, the destination of a move."""
    command = message.command
    found: list[tuple[str, str]] = []
    if command.message in _QUERIES:
        destination = command.text("MoveDestination")
        found += [("MoveDestination", destination)] if destination is not None else []
        found += _identifier(bytes(message.data_set or b""), transfer_syntax)
    elif command.message != "C-ECHO-RQ":
        for keyword in _OF_COMMANDS:
            value = command.text(f"Affected{keyword}") or command.text(f"Requested{keyword}")
            found += [(keyword, value.strip(" \0"))] if value is not None else []
    return shortened(found)


def _identifier(data_set: bytes, transfer_syntax: str) -> list[tuple[str, str]]:
    """Give the keys of an Identifier; those that only ask for a value have none."""
    if len(data_set) > _MOST_KEYS_BYTES:
        return [("Identifier", f"of {len(data_set):,} bytes")]
    try:
        elements = read_elements(data_set, transfer_syntax)
        terms = character_set(elements)
        return [
            (keyword_for_tag(tag) or f"({tag >> 16:04X},{tag & 0xFFFF:04X})", "\\".join(values(element, terms)))
            for tag, element in elements.items()
            if element.value and element.vr != "SQ" and tag & 0xFFFF
        ]
    except DataSetError as error:
        return [("Identifier", str(error))]


def shortened(keys: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Cut values that would make a line unreadable."""
    return tuple((key, value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}...") for key, value in keys)


def printable(text: str) -> str:
    """Replace what would break a line, or a terminal."""
    return text if text.isprintable() else "".join(one if one.isprintable() else _escaped(one) for one in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _quoted(value: str) -> str:
    return f'"{value}"' if not value or " " in value else value
