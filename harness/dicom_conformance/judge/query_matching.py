"""Does an entity match the keys of a query? The court's own model of Attribute Matching.

Invariants: pure functions, written from the standard alone; nothing of a simulator or subject is used, for nothing
judges itself. An answer is True (must match), False (must not) or None: the standard leaves it to the implementation.

References
----------
PS3.4 C.2.2.1 (required and optional keys, zero length), C.2.2.2 (the kinds of matching), C.2.2.3; PS3.5 6.2.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from dicom_conformance.trace import Attribute, DataSet

WILDCARD_VRS: Final = frozenset({"AE", "CS", "LO", "LT", "SH", "ST", "UC", "UR", "UT"})
"""PS3.4 C.2.2.2.4, but for PN, whose wild cards are the implementation's own."""
_EMPTY_VALUE: Final = '""'
_UNDECODED: Final = "\N{REPLACEMENT CHARACTER}"
_DAY_US: Final = 86_400_000_000
_TIME = re.compile(r"(\d{2}):?(?:(\d{2}):?(?:(\d{2})(?:\.(\d{1,6}))?)?)?\Z")
_DATE = re.compile(r"(\d{4})[.]?(\d{2})[.]?(\d{2})\Z")
_UID = re.compile(r"[0-9.]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a statement promises, or a negotiation agreed, about matching; None where nothing is known.

    Attributes
    ----------
    case_counts : bool or None
        Whether person names match case-sensitively (C.2.2.2.1.1).
    wildcards_in_names : bool or None
        Whether `*` and `?` are wild in person names (C.2.2.2.4).
    combined : bool
        Ranges of a date and of the time of the same kind are one range of moments (C.2.2.2.5.1).
    multiple_values : bool
        Each value of a key must be there (C.2.2.2.8).
    empty_value : bool
        Two quotation marks match only what has no value (C.2.2.2.7).
    """

    case_counts: bool | None = None
    wildcards_in_names: bool | None = None
    combined: bool = False
    multiple_values: bool = False
    empty_value: bool = False


NOTHING_AGREED: Final = Agreed()
_PAIRS: Final = {0x00080020: 0x00080030, 0x00080021: 0x00080031, 0x00100030: 0x00100032}
"""Dates and the times that belong to them: of the study, of the series, of birth."""
NO_KEYS: Final = frozenset(
    {0x00080005, 0x00080052, 0x00080053, 0x00080054, 0x00080056, 0x00080201, 0x00880130, 0x00880140}
)
"""What an Identifier holds beside keys: character set, level, view, Retrieve AE Title, time zone and the like."""


def entity_fits(keys: Iterable[Attribute], entity: DataSet, agreed: Agreed = NOTHING_AGREED) -> bool | None:
    """Tell whether an entity matches every key.

    Parameters
    ----------
    keys : iterable of Attribute
        The Identifier of the request.
    entity : DataSet
        What the entity's attributes are; one that is absent decides nothing.
    """
    asked = {key.tag: key for key in keys if key.tag not in NO_KEYS}
    answers: list[bool | None] = []
    for tag, time_tag in _PAIRS.items() if agreed.combined else ():
        if tag in asked and time_tag in asked and not (asked[tag].is_empty or asked[time_tag].is_empty):
            pair = (asked.pop(tag), asked.pop(time_tag))
            answers.append(_moment_fits(*pair, entity.attributes.get(tag), entity.attributes.get(time_tag)))
    answers.extend(fits(key, entity.attributes.get(tag), agreed) for tag, key in asked.items())
    return _all(answers)


def differing(keys: Iterable[Attribute], entity: DataSet, agreed: Agreed = NOTHING_AGREED) -> tuple[str, ...]:
    """Name the keys that an entity does not match, with its values."""
    found = []
    for key in keys:
        held = entity.attributes.get(key.tag)
        if key.tag not in NO_KEYS and held is not None and fits(key, held, agreed) is False:
            found.append(f"{key.name} {held.text!r} where {key.text!r} was asked for")
    return tuple(found)


def fits(key: Attribute, held: Attribute | None, agreed: Agreed = NOTHING_AGREED) -> bool | None:
    """Tell whether one attribute matches one key."""
    if key.tag >> 16 & 1:
        return None
    if agreed.empty_value and key.values == (_EMPTY_VALUE,):
        return None if held is None else held.is_empty
    if key.vr == "SQ":
        return _sequence_fits(key, held, agreed)
    if key.is_empty or (key.vr in WILDCARD_VRS and all(not value.strip("*") for value in key.values)):
        return True  # universal matching, also by * alone (C.2.2.2.3, C.2.2.2.4)
    if held is None:
        return None
    if held.is_empty:
        return True  # C.2.2.1.2: an unknown value matches whatever is asked for
    if any(_UNDECODED in text for text in (*key.values, *held.values)):
        return None
    if key.vr == "UI":
        if not all(_UID.match(value) for value in key.values):
            return None
        return bool(set(key.values) & set(held.values))
    if len(key.values) > 1:
        each = [_any(_value_fits(key.vr, value, one, agreed) for one in held.values) for value in key.values]
        return _all(each) if agreed.multiple_values else None
    return _any(_value_fits(key.vr, key.values[0], one, agreed) for one in held.values)


def _sequence_fits(key: Attribute, held: Attribute | None, agreed: Agreed) -> bool | None:
    """Match a sequence: all keys of the item in one and the same item (C.2.2.2.6)."""
    if not key.items or all(_is_universal(inner) for inner in key.items[0]):
        return True
    if held is None:
        return None
    if held.is_empty:
        return True
    return _any(entity_fits(key.items[0], item, agreed) for item in held.items)


def _is_universal(key: Attribute) -> bool:
    if key.vr == "SQ":
        return not key.items or all(_is_universal(inner) for inner in key.items[0])
    return key.is_empty


def _value_fits(vr: str, wanted: str, held: str, agreed: Agreed) -> bool | None:
    if vr == "PN":
        return _name_fits(wanted, held, agreed)
    if vr == "DA":
        return _range_fits(wanted, held, date_of)
    if vr == "TM":
        return _range_fits(wanted, held, time_of)
    if vr == "DT":
        return True if wanted == held else None
    if vr in ("IS", "DS"):
        return _number_fits(wanted, held)
    wanted, held = (unicodedata.normalize("NFC", text) for text in (wanted, held))
    if vr in WILDCARD_VRS and set(wanted) & set("*?"):
        return _pattern(wanted).match(held) is not None
    return wanted == held


def _pattern(wanted: str, flags: int = 0) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(letter, re.escape(letter)) for letter in wanted) + r"\Z", flags | re.DOTALL)


def _number_fits(wanted: str, held: str) -> bool | None:
    """Match a number: whether 7 finds 007 is the implementation's own (CP-2305)."""
    if wanted == held:
        return True
    try:
        return None if float(wanted) == float(held) else False
    except ValueError:
        return None


def _name_fits(wanted: str, held: str, agreed: Agreed) -> bool | None:
    """Match a person name: literally; by case, wild cards and one group of several as was promised."""
    asked, groups = _groups(wanted), _groups(held)
    wild = bool(set(wanted) & set("*?"))
    if asked == groups and not wild:
        return True
    if wild and agreed.wildcards_in_names is False:
        return None if asked == groups else False
    whole = len(asked) == len(groups) == 1
    pairs = [(asked[0], group) for group in groups] if len(asked) == 1 else list(zip(asked, groups, strict=False))
    choose = any if len(asked) == 1 else all
    if choose(not one or _pattern(one).match(group) for one, group in pairs):
        return True if whole and (not wild or agreed.wildcards_in_names) else None
    if not choose(not one or _pattern(_folded(one)).match(_folded(group)) for one, group in pairs):
        return False
    if agreed.case_counts and choose(not one or _pattern(one, re.IGNORECASE).match(group) for one, group in pairs):
        return False
    decided = agreed.case_counts is False and whole and (not wild or agreed.wildcards_in_names)
    return True if decided else None


def _groups(name: str) -> tuple[str, ...]:
    """Split a name into its groups, without empty components and groups at the end (PS3.5 Table 6.2-1)."""
    groups = [unicodedata.normalize("NFC", group).strip(" ").rstrip("^ ") for group in name.split("=")]
    while len(groups) > 1 and not groups[-1]:
        groups.pop()
    return tuple(groups)


def _folded(text: str) -> str:
    """Take case and accents from a text; a search may do so with names (C.2.2.2.1.1)."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


Interval: TypeAlias = tuple[int, int]
"""The first and the last moment that a value covers."""
_Reader: TypeAlias = Callable[[str], Interval | None]


def date_of(text: str) -> Interval | None:
    """Read a date as one number, twice."""
    found = _DATE.match(text.strip())
    if found is None:
        return None
    day = int("".join(found.groups()))
    return day, day


def time_of(text: str) -> Interval | None:
    """Read a time as the first and last microsecond of the day that it covers at its precision."""
    found = _TIME.match(text.strip())
    if found is None:
        return None
    hours, minutes, seconds, fraction = found.groups()
    begin = ((int(hours) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)) * 1_000_000
    covered = 1_000_000 if seconds else 60_000_000 if minutes else 3_600_000_000
    if fraction:
        begin, covered = begin + int(fraction.ljust(6, "0")), 10 ** (6 - len(fraction))
    return begin, begin + covered - 1


def _range_of(text: str, read: _Reader) -> tuple[Interval | None, Interval | None, bool] | None:
    """Read `a`, `a-b`, `a-` or `-b`: both ends, and whether it is a range; None where it is neither."""
    first, dash, last = text.partition("-")
    if not dash:
        one = read(first)
        return None if one is None else (one, one, False)
    ends = tuple(read(end) if end.strip() else None for end in (first, last))
    wrong = [end for end, value in zip((first, last), ends, strict=True) if end.strip() and value is None]
    return None if wrong or ends == (None, None) else (ends[0], ends[1], True)


def _range_fits(wanted: str, held: str, read: _Reader) -> bool | None:
    asked, value = _range_of(wanted, read), read(held)
    if asked is None or value is None:
        return None
    first, last, is_range = asked
    return _within(first, last, value, is_range)


def _within(first: Interval | None, last: Interval | None, value: Interval, is_range: bool) -> bool | None:
    """Tell whether a value lies in a range, both ends included; how a lower precision counts is left open."""
    if (first is not None and value[1] < first[0]) or (last is not None and value[0] > last[1]):
        return False
    if not is_range:
        return True if value == first or value[0] == (first or value)[0] else None
    after = first is None or value[0] >= first[0]
    before = last is None or value[0] <= last[0]
    return True if after and before else None


def _moment_fits(
    date: Attribute, time: Attribute, held_date: Attribute | None, held_time: Attribute | None
) -> bool | None:
    """Match date and time as one moment (C.2.2.2.5.1)."""
    if held_date is None or held_time is None:
        return None
    if held_date.is_empty or held_time.is_empty:
        return True
    days, times = _range_of(date.values[0], date_of), _range_of(time.values[0], time_of)
    day, moment = date_of(held_date.values[0]), time_of(held_time.values[0])
    if days is None or times is None or day is None or moment is None:
        return None
    ends: list[Interval | None] = []
    for at_day, at_time, whole in ((days[0], times[0], 0), (days[1], times[1], _DAY_US - 1)):
        ends.append(None if at_day is None else _at(at_day, at_time or (whole, whole)))
    return _within(ends[0], ends[1], _at(day, moment), True)


def _at(day: Interval, time: Interval) -> Interval:
    return day[0] * _DAY_US + time[0], day[0] * _DAY_US + time[1]


def _all(answers: Iterable[bool | None]) -> bool | None:
    found = list(answers)
    return False if False in found else None if None in found else True


def _any(answers: Iterable[bool | None]) -> bool | None:
    found = list(answers)
    return True if True in found else None if None in found else False
