"""change_command: elements of a command set have other values, or are missing; values need not fit their VR."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dicom_simulators.faults.moment import Action, Moment, ReplaceAction
from dicom_simulators.faults.parameters import (
    Addressed,
    is_before,
    message_name,
    parameter,
    response_number,
    truth,
    whole,
    words,
)
from dicom_wire import ABSENT, CommandSet
from dicom_wire.command import Absent, CommandDataSetType
from dicom_wire.command_elements import BY_KEYWORD
from dicom_wire.command_values import Value


def command_values(value: object) -> Mapping[str, object]:
    """Read command elements by keyword: numbers (`Status` four hex digits), texts, or `{bytes: ...}` as hex digits."""
    if not isinstance(value, Mapping):
        raise ValueError(f"expected a mapping of keywords to values, not {value!r}")
    for keyword, given in value.items():
        element_value(str(keyword), given)
    return {str(keyword): given for keyword, given in value.items()}


def element_value(keyword: str, given: object) -> Value:
    """Give the value of a command element as the codec takes it; bytes go out as they are.

    Raises
    ------
    ValueError
        No such element, or a value that its VR cannot hold.
    """
    if keyword not in BY_KEYWORD:
        raise ValueError(f"{keyword}: not a command element")
    if isinstance(given, bytes):
        return given
    text = str(given)
    vr = BY_KEYWORD[keyword].vr
    try:
        if isinstance(given, Mapping):
            (name, digits), *others = given.items()
            if name != "bytes" or others:
                raise ValueError(f"{keyword}: expected a value, or bytes as hex digits")
            return bytes.fromhex(str(digits))
        if keyword == "Status":
            return given if isinstance(given, int) else int(text, 16)
        if vr == "AT":
            return tuple([int(word, 16) for word in text.replace(",", " ").split()])
        if vr in ("US", "UL"):
            return int(text, 16) if text.lower().startswith("0x") else int(text)
    except ValueError:
        raise ValueError(f"{keyword}: {given!r} is not a valid value of VR {vr}") from None
    return text


def command_keywords(value: object) -> tuple[str, ...]:
    """Read the keyword of a command element, or a list of them."""
    keywords = words(value)
    for keyword in keywords:
        if keyword not in BY_KEYWORD:
            raise ValueError(f"expected the keyword of a command element, not {keyword!r}")
    return keywords


@dataclass(frozen=True, slots=True)
class ChangeCommand(Addressed):
    """Change a command set about to be sent; the group length is made to fit unless it is set.

    References
    ----------
    PS3.7 E.1: the command elements
    """

    of: str = parameter(message_name, "the DIMSE message")
    set: Mapping[str, object] | None = parameter(command_values, "keywords and values that are put in", None)
    remove: tuple[str, ...] | str | None = parameter(command_keywords, "keywords of elements that are left out", None)
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "which such message since the fault was set; default: all", None
    )
    response: int | str | None = parameter(
        response_number, "which response to one request, or `last`; default: all", None
    )
    with_data_set: bool = parameter(truth, "only messages with a data set, by Command Data Set Type", False)

    def at(self, moment: Moment) -> Action | None:
        """Act before the message is sent."""
        if moment.message is None or not is_before(moment, self.of, self.occurrence, self.response):
            return None
        if self.with_data_set and moment.message.command.get("CommandDataSetType") == CommandDataSetType.NULL:
            return None
        return ReplaceAction(self.changed(moment.message.command))

    def changed(self, command: CommandSet) -> CommandSet:
        """Return the command set as it is sent."""
        values: dict[str, Value | Absent] = dict.fromkeys(words(self.remove) if self.remove else (), ABSENT)
        for keyword, given in (self.set or {}).items():
            values[keyword] = element_value(keyword, given)
        return command.changed(**values)
