"""Command sets: implicit VR little endian elements of group 0000 (PS3.7 6.3.1, Annex E).

Invariants: a command set is a frozen tuple of elements in wire order, so that a missing, doubled, unknown or
misplaced element can be written and is kept when read. A value that has not the form of its VR stays bytes, both ways.
`decode_command` never raises.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from dicom_wire.command_elements import BY_ELEMENT, BY_KEYWORD
from dicom_wire.command_values import Value, read_value, value_field
from dicom_wire.messages import BY_COMMAND_FIELD, BY_NAME, DataSetRule
from dicom_wire.statuses import StatusClass, status_class
from dicom_wire.violations import Violation, count_bytes, violation

_ELEMENT = struct.Struct("<HHL")
ELEMENT_HEADER_BYTES = 8
LONGEST_KEPT_BYTES = 4096
"""A command set up to this length is kept as it was read: whoever sends, relays and judges it reads it."""
_MOST_KEPT = 256
PRIORITIES = frozenset({0, 1, 2})  # PS3.7 Table E.1-1: medium, high, low


class CommandDataSetType(enum.IntEnum):
    """Whether a data set follows; any value but 0101H says that one does (PS3.7 E.1)."""

    PRESENT = 0x0000
    NULL = 0x0101


class Absent(enum.Enum):
    """Says of an element that `command_set` fills in: leave it out."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Element:
    """One element. `tag` is group and element number; `length` overrides the length field."""

    tag: int
    value: Value
    length: int | None = None

    @property
    def keyword(self) -> str:
        """The standard's keyword, or the tag as eight hex digits in parentheses."""
        row = BY_ELEMENT.get(self.tag)
        return f"({self.tag >> 16:04X},{self.tag & 0xFFFF:04X})" if row is None else row.keyword


@dataclass(frozen=True, slots=True)
class CommandSet:
    """The elements of a command set, in wire order. `cs["MessageID"]` and `cs[0x00000110]` are the same."""

    elements: tuple[Element, ...]

    def __getitem__(self, name: str | int) -> Value:
        """Return the first such element's value; KeyError if there is none."""
        tag = _tag(name)
        for element in self.elements:
            if element.tag == tag:
                return element.value
        raise KeyError(name)

    def __contains__(self, name: str | int) -> bool:
        tag = _tag(name)
        return any(element.tag == tag for element in self.elements)

    def get(self, name: str | int, default: Value = None) -> Value:
        """Return the first such element's value, or the default."""
        tag = _tag(name)
        for element in self.elements:
            if element.tag == tag:
                return element.value
        return default

    def number(self, name: str) -> int | None:
        """Return the element's value if it is there and one number."""
        value = self.get(name)
        return value if isinstance(value, int) else None

    def text(self, name: str) -> str | None:
        """Return the element's value if it is there and text."""
        value = self.get(name)
        return value if isinstance(value, str) else None

    def keywords(self) -> tuple[str, ...]:
        """Return the keywords in wire order; an unknown element's is its tag, as in "(0000,9999)"."""
        return tuple([element.keyword for element in self.elements])

    @property
    def message(self) -> str:
        """The message's name by CommandField: "C-FIND-RSP", "unknown 0x1234", "unknown" if there is no such field."""
        field = self.number("CommandField")
        if field is None:
            return "unknown"
        row = BY_COMMAND_FIELD.get(field)
        return f"unknown 0x{field:04X}" if row is None else row.name

    @property
    def is_response(self) -> bool:
        """Whether bit 15 of CommandField is set."""
        return bool((self.number("CommandField") or 0) & 0x8000)

    @property
    def has_data_set(self) -> bool:
        """Whether CommandDataSetType announces a data set; not, if it is missing or malformed."""
        kind = self.number("CommandDataSetType")
        return kind is not None and kind != CommandDataSetType.NULL

    def changed(self, **changes: Value | Absent) -> CommandSet:
        """Return a copy with elements replaced, added in order of tags, or (`ABSENT`) left out.

        CommandGroupLength is made true again unless it is among the changes.
        """
        wanted = {_tag(name): value for name, value in changes.items()}
        kept = [element for element in self.elements if element.tag not in wanted]
        kept += [Element(tag, value) for tag, value in wanted.items() if not isinstance(value, Absent)]
        kept.sort(key=lambda element: element.tag)
        return CommandSet(tuple(kept) if 0 in wanted else _measured(kept))


def _tag(name: str | int) -> int:
    """Return the tag of a keyword; KeyError if the tables have no such keyword."""
    return name if isinstance(name, int) else BY_KEYWORD[name].element


def _measured(elements: Iterable[Element]) -> tuple[Element, ...]:
    """Return the elements with CommandGroupLength, if there is one first, made true."""
    first, *rest = elements
    if first.tag != 0:
        return (first, *rest)
    return (Element(0, sum([len(_element_field(element)) for element in rest])), *rest)


def command_set(message: str, /, **elements: Value | Absent) -> CommandSet:
    """Build the command set of a message, elements in order of their tags.

    CommandField follows from `message`; CommandDataSetType says that a data set follows where one must, and that none
    does otherwise; CommandGroupLength is true. Each of them may be given, or left out with `ABSENT`.

    Raises
    ------
    ValueError
        No such message or keyword, or a value that its VR cannot hold.
    """
    if message not in BY_NAME:
        raise ValueError(f"unknown DIMSE message {message!r}")
    row = BY_NAME[message]
    kind = CommandDataSetType.PRESENT if row.data_set is DataSetRule.REQUIRED else CommandDataSetType.NULL
    wanted: dict[int, Value | Absent] = {0x0100: row.command_field, 0x0800: int(kind)}
    for keyword, value in elements.items():
        if keyword not in BY_KEYWORD:
            raise ValueError(f"unknown command element {keyword!r}")
        wanted[BY_KEYWORD[keyword].element] = value
    measured = 0 not in wanted
    wanted.setdefault(0, 0)
    built = [Element(tag, value) for tag, value in sorted(wanted.items(), key=_first) if not isinstance(value, Absent)]
    return CommandSet(_measured(built) if measured else tuple(built))


def _first(item: tuple[int, object]) -> int:
    return item[0]


def _element_field(element: Element) -> bytes:
    field = value_field(element.tag, element.value)
    length = len(field) if element.length is None else element.length
    return _ELEMENT.pack(element.tag >> 16, element.tag & 0xFFFF, length) + field


def encode_command(command: CommandSet) -> bytes:
    """Return the bytes of a command set, elements in the order given.

    Raises
    ------
    ValueError
        A value has not the form of its element's VR.
    """
    try:
        return b"".join([_element_field(element) for element in command.elements])
    except struct.error as error:
        raise ValueError(f"{command.message}: a tag or length does not fit its field: {error}") from error


def decode_command(raw: bytes | bytearray | memoryview) -> tuple[CommandSet, tuple[Violation, ...]]:
    """Read a command set; offsets of the violations count from its beginning. Never raises."""
    return _decode_kept(bytes(raw)) if len(raw) <= LONGEST_KEPT_BYTES else _decode(bytes(raw))


def _decode(data: bytes) -> tuple[CommandSet, tuple[Violation, ...]]:
    report: list[Violation] = []
    elements: list[Element] = []
    at, end, last = 0, len(data), -1
    while at < end:
        if end - at < ELEMENT_HEADER_BYTES:
            report.append(violation("command-truncated", at, f"{count_bytes(end - at)} left"))
            break
        group, number, declared = _ELEMENT.unpack_from(data, at)
        tag = group << 16 | number
        field = data[at + 8 : at + 8 + declared]
        length = None
        if len(field) < declared:
            report.append(violation("command-overflow", at + 4, f"length {declared}, {count_bytes(len(field))} left"))
            length = declared
        _check_place(tag, last, declared, at, report)
        value, found = read_value(tag, field, at + 8)
        report.extend(found)
        elements.append(Element(tag, value, length))
        at, last = at + ELEMENT_HEADER_BYTES + len(field), tag
    command = CommandSet(tuple(elements))
    _check_group_length(command, end, report)
    report.extend(check_message(command))
    return command, tuple(report)


_decode_kept = lru_cache(maxsize=_MOST_KEPT)(_decode)


def _check_place(tag: int, last: int, declared: int, at: int, report: list[Violation]) -> None:
    """Report an element that is unknown, of another group, doubled, out of order, or of odd length."""
    if tag >> 16:
        report.append(violation("command-group", at, f"tag {tag:08X}H"))
    elif tag not in BY_ELEMENT:
        report.append(violation("command-element-unknown", at, f"tag {tag:08X}H"))
    if tag == last:
        report.append(violation("command-duplicate", at, f"tag {tag:08X}H"))
    elif tag < last:
        report.append(violation("command-order", at, f"tag {tag:08X}H after {last:08X}H"))
    if declared % 2:
        report.append(violation("command-length-odd", at + 4, f"tag {tag:08X}H of length {declared}"))


def _check_group_length(command: CommandSet, end: int, report: list[Violation]) -> None:
    """PS3.7 E.1: the number of bytes from the end of CommandGroupLength's value to the end of the command set."""
    if not command.elements or command.elements[0].tag != 0:
        report.append(violation("command-group-length", 0, "CommandGroupLength is not the first element"))
        return
    value = command.elements[0].value
    if value != end - 12:
        report.append(violation("command-group-length", 8, f"{value!r}, true length {end - 12}"))


def check_message(command: CommandSet) -> tuple[Violation, ...]:
    """Return what the message lacks, or bears without right, by its CommandField (PS3.7 9.3, 10.3).

    The offsets are 0: what is missing has no place.
    """
    field = command.number("CommandField")
    row = None if field is None else BY_COMMAND_FIELD.get(field)
    if row is None:
        return (violation("command-field-unknown", 0, command.message),)
    clause = "PS3.7 9.3" if row.name.startswith("C-") else "PS3.7 10.3"
    found = [
        violation("command-element-missing", 0, f"{row.name} without {keyword}", clause)
        for keyword in (*row.required, "CommandDataSetType")
        if command.get(keyword) is None
    ]
    priority = command.number("Priority")
    if "Priority" in row.required and priority is not None and priority not in PRIORITIES:
        found.append(violation("command-value", 0, f"Priority {priority:04X}H", clause))
    rule = row.data_set
    if row.name == "C-FIND-RSP":  # PS3.7 Table 9.1-2: the Identifier comes with pending, and with nothing else
        status = command.number("Status")
        pending = status is not None and status_class(status) is StatusClass.PENDING
        rule = DataSetRule.REQUIRED if pending else DataSetRule.FORBIDDEN
    if rule is DataSetRule.REQUIRED and not command.has_data_set:
        found.append(violation("command-data-set", 0, f"{row.name} without a data set", clause))
    if rule is DataSetRule.FORBIDDEN and command.has_data_set:
        found.append(violation("command-data-set", 0, f"{row.name} with a data set", clause))
    return tuple(found)
