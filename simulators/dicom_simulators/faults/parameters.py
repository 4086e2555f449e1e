"""The parameters of faults: typed fields that may also be given as text, as a scenario gives them.

Each field of a fault is made by `parameter`, with how it is read and what it means. So a fault built in Python from
numbers and one built from the texts of a YAML file are the same, a wrong text is a `ValueError` that names the field,
and the JSON Schema of scenarios is made from these declarations.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar

from pydicom._uid_dict import UID_dictionary
from pydicom.uid import RE_VALID_UID

from dicom_simulators.faults.moment import Moment, When
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
MESSAGE_NAMES = tuple(row.name for row in MESSAGE_TYPES)
Reader = Callable[[object], object]
LONGEST_WAIT_S = 604_800
"""A week, in seconds: every wait of the operating system can hold it."""


def whole(low: int, high: int) -> Callable[[object], int]:
    """Return a reader of whole numbers from `low` to `high`."""

    def read(value: object) -> int:
        number = value if isinstance(value, int) else int(str(value), 10) if str(value).isdigit() else None
        if number is None or not low <= number <= high:
            raise ValueError(f"expected a whole number from {low} to {high}, not {value!r}")
        return number

    read.__doc__ = f"whole number, {low} or more" if high >= 1 << 31 else f"whole number from {low} to {high}"
    return read


_FROM_1 = whole(1, 1 << 31)


def seconds(value: object) -> float:
    """Read a number of seconds, from 0 to a week."""
    try:
        number = float(str(value))
    except ValueError:
        number = -1.0
    if not 0.0 <= number <= LONGEST_WAIT_S:
        raise ValueError(f"expected a number of seconds from 0 to {LONGEST_WAIT_S}, not {value!r}")
    return number


def status(value: object) -> int:
    """Read a DIMSE status: four hex digits (or a number, from Python)."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0xFFFF:
        return value
    text = str(value)
    if len(text) != 4 or any(digit not in "0123456789abcdefABCDEF" for digit in text):
        raise ValueError(f"expected a status of four hex digits, not {value!r}")
    return int(text, 16)


def truth(value: object) -> bool:
    """Read true or false."""
    if isinstance(value, bool):
        return value
    if str(value).lower() not in ("true", "false"):
        raise ValueError(f"expected true or false, not {value!r}")
    return str(value).lower() == "true"


def text(value: object) -> str:
    """Read any text."""
    return str(value)


def request_name(value: object) -> str:
    """Read the name of a DIMSE request."""
    if value not in MESSAGE_NAMES or not str(value).endswith("-RQ"):
        raise ValueError(f"expected the name of a DIMSE request, not {value!r}")
    return str(value)


def message_name(value: object) -> str:
    """Read the name of a DIMSE message."""
    if value not in MESSAGE_NAMES:
        raise ValueError(f"expected the name of a DIMSE message, not {value!r}")
    return str(value)


def response_name(value: object) -> str:
    """Read the name of a DIMSE response."""
    if value not in MESSAGE_NAMES or not str(value).endswith("-RSP"):
        raise ValueError(f"expected the name of a DIMSE response, not {value!r}")
    return str(value)


def moment_name(value: object) -> str:
    """Read a moment: `connection`, a PDU or DIMSE message received, or `before` / `after` one that is sent."""
    parse_moment(str(value))
    return str(value)


def parse_moment(value: str) -> tuple[When, str]:
    """Split `before C-FIND-RSP` into its parts; `before` alone means any message."""
    if value == "connection":
        return When.CONNECTION, "connection"
    first, _, rest = value.partition(" ")
    if first in ("before", "after"):
        when, name = When(first), rest
    else:
        when, name = When.RECEIVED, value
    if name not in (*PDU_NAMES, *MESSAGE_NAMES) and (name or when is When.RECEIVED):
        raise ValueError(
            f"expected a moment (connection, {', '.join(PDU_NAMES)}, a DIMSE message, "
            f"or before/after a sent message), not {value!r}"
        )
    return when, name


LAST = "last"


def response_number(value: object) -> int | str:
    """Read the number of a response to one request, from 1, or `last` for the final one."""
    if value == LAST:
        return LAST
    return _FROM_1(value)


def sent_name(value: object) -> str:
    """Read the name of a PDU or of a DIMSE message."""
    if value not in (*PDU_NAMES, *MESSAGE_NAMES):
        raise ValueError(f"expected the name of a PDU or of a DIMSE message, not {value!r}")
    return str(value)


def sender_name(value: object) -> str:
    """Read a side of the association: `requestor` or `acceptor`."""
    if value not in ("requestor", "acceptor"):
        raise ValueError(f"expected requestor or acceptor, not {value!r}")
    return str(value)


def hexadecimal(value: object) -> str:
    """Read bytes as hex digits."""
    try:
        return value.hex() if isinstance(value, bytes) else bytes.fromhex(str(value)).hex()
    except ValueError:
        raise ValueError(f"expected hex digits, not {value!r}") from None


def words(value: object) -> tuple[str, ...]:
    """Read one text or a list of texts."""
    return tuple(str(one) for one in value) if isinstance(value, list | tuple) else (str(value),)


def tags(value: object) -> tuple[int, ...]:
    """Read attribute tags of eight hex digits, separated by commas or spaces (OffendingElement)."""
    if isinstance(value, tuple):
        return value
    words = str(value).replace(",", " ").split()
    if not words or any(len(word) != 8 or any(d not in "0123456789abcdefABCDEF" for d in word) for word in words):
        raise ValueError(f"expected tags of eight hex digits, not {value!r}")
    return tuple([int(word, 16) for word in words])


@functools.cache
def _sop_classes() -> dict[str, str]:
    """Give the SOP Classes of PS3.6 Table A-1, well-known ones and meta ones too, by name and by keyword."""
    found: dict[str, str] = {}
    for uid, (name, kind, _, _, keyword) in UID_dictionary.items():
        if kind in ("SOP Class", "Meta SOP Class"):
            found.update(dict.fromkeys((name, name.removesuffix(" SOP Class"), keyword), uid))
    found.pop("", None)  # some have no keyword
    return found


def sop_class_uid(value: object) -> str:
    """Read a SOP Class: its UID, or the name or keyword that PS3.6 has for it."""
    text = str(value)
    uid = _sop_classes().get(text, text)
    if not uid or re.fullmatch(RE_VALID_UID, uid) is None:
        raise ValueError(f"expected the UID, name or keyword of a SOP Class, not {value!r}")
    return uid


def parameter(read: Reader, doc: str, default: Any = MISSING, keyword_only: bool = False) -> Any:
    """Declare a field of a fault; without a default it must be given."""
    metadata = {"read": read, "doc": doc}
    if keyword_only:
        return field(default=default, metadata=metadata, kw_only=True)
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Parameterized:
    """Base of all faults: reads every field that is given as something else than its default.

    `InForce` asks a fault no more once it has acted `at_most` times, and only about what the `sender` sends.
    """

    REWRITES: ClassVar[bool] = True
    """Whether a link has to hold PDUs and messages until they are whole."""

    at_most: int | None = parameter(
        _FROM_1, "how many times it acts at most; default: without limit", None, keyword_only=True
    )
    sender: str | None = parameter(
        sender_name,
        "whose PDUs and messages are meant, those of the `requestor` or of the `acceptor`; default: both",
        None,
        keyword_only=True,
    )

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if value is None and entry.default is None:
                continue
            try:
                object.__setattr__(self, entry.name, entry.metadata["read"](value))
            except ValueError as error:
                raise ValueError(f"{entry.name}: {error}") from None


@dataclass(frozen=True, slots=True)
class Addressed(Parameterized):
    """Base of the faults that name a message: it may be one of a particular SOP Class.

    `InForce` shows such a fault no other message; a PDU, which has no SOP Class, neither.
    """

    sop_class: str | None = parameter(
        sop_class_uid,
        "SOP Class of the message: UID, name or keyword (BasicFilmBox); default: any",
        None,
        keyword_only=True,
    )


def is_response(moment: Moment, wanted: int | str | None) -> bool:
    """Tell whether a moment is about the response of that number, or the `last` one; None stands for any."""
    return moment.is_final if wanted == LAST else wanted in (None, moment.response)


def is_before(moment: Moment, message: str | None, occurrence: int | None, response: int | str | None = None) -> bool:
    """Tell whether the moment is the one just before such a message or PDU is sent; None stands for any."""
    return (
        moment.when is When.BEFORE
        and message in (None, moment.name)
        and occurrence in (None, moment.occurrence)
        and is_response(moment, response)
    )


@dataclass(frozen=True, slots=True)
class Timed(Addressed):
    """Base of the faults that happen at a given moment."""

    on: str = parameter(moment_name, "the moment: connection, a received message, or before/after a sent message")
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "which such moment since the fault was set; default: all", None
    )
    response: int | str | None = parameter(
        response_number, "which response to one request, or `last`; default: all", None
    )

    def fits(self, moment: Moment) -> bool:
        """Tell whether the moment is the one waited for."""
        when, name = parse_moment(self.on)
        return (
            moment.when is when
            and name in ("", moment.name)
            and self.occurrence in (None, moment.occurrence)
            and is_response(moment, self.response)
        )


@dataclass(frozen=True, slots=True)
class ParameterDescription:
    """One parameter of a fault, for the JSON Schema of scenarios and the reference.

    Parameters
    ----------
    reads : str
        What is read of a text, in words.
    """

    name: str
    type: str
    required: bool
    doc: str
    default: object = None
    reads: str = ""


def describe(fault: type[Any]) -> tuple[ParameterDescription, ...]:
    """Return the parameters of a fault, in order: its own, then those that many faults have."""
    return tuple(
        [
            ParameterDescription(
                entry.name,
                str(entry.type).removesuffix(" | None"),
                entry.default is MISSING,
                str(entry.metadata["doc"]),
                None if entry.default is MISSING else entry.default,
                (entry.metadata["read"].__doc__ or "").partition("\n")[0].removeprefix("Read ").rstrip("."),
            )
            for entry in sorted(fields(fault), key=lambda entry: entry.kw_only is True)
        ]
    )
