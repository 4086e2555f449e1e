"""Dates, times and date-times as the moments that they mean, single or as ranges.

Invariants: a value of lower precision means the interval that it covers; both ends of a range belong to it; what is no
value of its VR is None.

References
----------
PS3.5 Table 6.2-1 (DA, DT, TM); PS3.4 Section C.2.2.2.1.3 and C.2.2.2.5
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

DAY_US: Final = 86_400_000_000
_DATE: Final = re.compile(r"(\d{4})(\d\d)(\d\d)")
_OLD_DATE: Final = re.compile(r"(\d{4})\.(\d\d)\.(\d\d)")
_TIME: Final = re.compile(r"(\d\d)(?::?(\d\d)(?::?(\d\d)(?:\.(\d{1,6}))?)?)?")
_DATE_TIME: Final = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.(\d{1,6}))?([+-]\d{4})?")
_EPOCH: Final = datetime(1, 1, 1)
_EARLIEST_ZONE, _LATEST_ZONE = timedelta(hours=-12), timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Interval:
    """First and last moment, in microseconds; both belong to it.

    Of a date and a date-time they are counted from the year 1 in UTC, of a time from midnight.
    """

    first: int
    last: int

    def has(self, moment: int) -> bool:
        """Whether a moment is in it."""
        return self.first <= moment <= self.last


def interval_of(vr: str, text: str) -> Interval | None:
    """Return what one value of DA, TM or DT covers; None for what is none."""
    return {"DA": _date, "TM": _time, "DT": _date_time}[vr](text.strip())


def range_of(vr: str, text: str) -> Interval | None:
    """Return what a key covers: a value, or a range that may be open at one side; None for what is neither."""
    single = interval_of(vr, text)
    if single is not None:
        return single
    limits = Interval(0, DAY_US - 1) if vr == "TM" else Interval(0, 1 << 62)
    for at in (index for index, character in enumerate(text) if character == "-"):
        before, after = text[:at].strip(), text[at + 1 :].strip()
        first = interval_of(vr, before) if before else limits
        last = interval_of(vr, after) if after else limits
        if (before or after) and first is not None and last is not None:
            return Interval(first.first, last.last)
    return None


def _date(text: str) -> Interval | None:
    found = _DATE.fullmatch(text) or _OLD_DATE.fullmatch(text)
    if found is None:
        return None
    try:
        day = datetime(*map(int, found.groups()))  # type: ignore[arg-type]
    except ValueError:
        return None
    first = _microseconds(day)
    return Interval(first, first + DAY_US - 1)


def _time(text: str) -> Interval | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hour, minute, second, fraction = found.groups()
    if int(hour) > 23 or int(minute or 0) > 59 or int(second or 0) > 60:
        return None
    units = ((hour, 3_600_000_000), (minute, 60_000_000), (second, 1_000_000))
    first = sum(int(value) * unit for value, unit in units if value)
    width = min(unit for value, unit in units if value)
    if fraction:
        first += int(fraction.ljust(6, "0"))
        width = 10 ** (6 - len(fraction))
    return Interval(first, first + width - 1)


def _date_time(text: str) -> Interval | None:
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        return None
    *fields, fraction, offset = found.groups()
    numbers = [int(each) for each in fields if each is not None]
    if fraction and len(numbers) < 6:
        return None
    zone = timedelta()
    if offset:
        sign = -1 if offset[0] == "-" else 1
        zone = sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[3:5]))
        if int(offset[3:5]) > 59 or not _EARLIEST_ZONE <= zone <= _LATEST_ZONE:
            return None
    try:
        first, following = _span(numbers)
    except (ValueError, OverflowError):
        return None
    begin, end = _microseconds(first - zone), _microseconds(following - zone)
    if fraction:
        begin += int(fraction.ljust(6, "0"))
        end = begin + 10 ** (6 - len(fraction))
    return Interval(begin, end - 1)


def _span(numbers: list[int]) -> tuple[datetime, datetime]:
    """Return the first moment of a date-time of so many components, and the first after it."""
    year, month, day, hour, minute, second = (*numbers, *(1, 1, 1, 0, 0, 0)[len(numbers) :])
    if second > 60:
        raise ValueError(f"second {second}")
    first = datetime(year, month, day, hour, minute, min(second, 59))
    if len(numbers) == 1:
        return first, datetime(year + 1, 1, 1)
    if len(numbers) == 2:
        return first, datetime(year + month // 12, month % 12 + 1, 1)
    width = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1))[len(numbers) - 3]
    return first, first + width


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
