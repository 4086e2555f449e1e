"""Dates, times and datetimes as intervals of microseconds, and the ranges that a key may state.

Invariants: a text of VR DA, TM or DT is an interval, because a value of lower precision says less; a range
runs from the first moment of its lower end to the last moment of its upper end. A text that is none of these is None.

References
----------
PS3.5 Table 6.2-1 (DA, DT, TM); PS3.4 C.2.2.2.5 (range matching). ACR-NEMA forms ``YYYY.MM.DD`` and ``HH:MM:SS`` are
read as well (PS3.5 6.2, notes of DA and TM).
"""

from __future__ import annotations

import calendar
import datetime
import re
from dataclasses import dataclass

MICROSECONDS_PER_SECOND = 1_000_000
_DAY_US = 86_400 * MICROSECONDS_PER_SECOND
FIRST_MOMENT_US = -(1 << 62)
LAST_MOMENT_US = 1 << 62

_DATE = re.compile(r"(\d{4})(?:(\d{2})(\d{2})|\.(\d{2})\.(\d{2}))")
_TIME = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?")
_DATETIME = re.compile(r"(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:\.(\d{1,6}))?([+-]\d{4})?")
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})")


@dataclass(frozen=True, slots=True)
class Interval:
    """From `first` to `last`, both inside.

    Attributes
    ----------
    first, last : int
        Microseconds: since midnight for TM, else since 0001-01-01 00:00 UTC.
    """

    first: int
    last: int


def parse_range(vr: str, text: str, timezone_minutes: int) -> Interval | None:
    """Read a value or a range of VR DA, TM or DT.

    Parameters
    ----------
    vr : str
        ``DA``, ``TM`` or ``DT``.
    text : str
        A value, ``first-last``, ``-last`` or ``first-``.
    timezone_minutes : int
        Offset from UTC of a datetime without one.

    Returns
    -------
    Interval or None
        None if the text is none of these; an interval whose first moment is after its last matches nothing.
    """
    text = text.strip(" ")
    whole = parse(vr, text, timezone_minutes)
    if whole is not None:
        return whole
    for at, character in enumerate(text):
        if character == "-":
            # of the hyphens of a datetime range, some are offsets: the first split with two valid halves counts
            interval = _join(vr, text[:at].strip(" "), text[at + 1 :].strip(" "), timezone_minutes)
            if interval is not None:
                return interval
    return None


def _join(vr: str, first: str, last: str, timezone_minutes: int) -> Interval | None:
    if not first and not last:
        return None
    lower = parse(vr, first, timezone_minutes) if first else Interval(FIRST_MOMENT_US, FIRST_MOMENT_US)
    upper = parse(vr, last, timezone_minutes) if last else Interval(LAST_MOMENT_US, LAST_MOMENT_US)
    return None if lower is None or upper is None else Interval(lower.first, upper.last)


def parse(vr: str, text: str, timezone_minutes: int) -> Interval | None:
    """Read one value of VR DA, TM or DT; see `parse_range`."""
    if vr == "DA":
        return _parse_date(text)
    if vr == "TM":
        return _parse_time(text)
    return _parse_datetime(text, timezone_minutes)


def offset_minutes(text: str) -> int | None:
    """Read ``&ZZXX``, an offset from UTC between -1200 and +1400 (PS3.5 Table 6.2-1, DT)."""
    found = _OFFSET.fullmatch(text.strip(" "))
    if found is None:
        return None
    minutes = int(found[2]) * 60 + int(found[3])
    minutes = -minutes if found[1] == "-" else minutes
    return minutes if -720 <= minutes <= 840 and int(found[3]) < 60 else None


def _day_us(year: int, month: int, day: int) -> int | None:
    try:
        return (datetime.date(year, month, day).toordinal() - 1) * _DAY_US
    except ValueError:
        return None


def _parse_date(text: str) -> Interval | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    start = _day_us(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]))
    return None if start is None else Interval(start, start + _DAY_US - 1)


def _clock(hour: str | None, minute: str | None, second: str | None, fraction: str | None) -> tuple[int, int] | None:
    """Give the offset into the day and the span that the precision leaves, both in microseconds."""
    if hour is None:
        return 0, _DAY_US
    # 60 is a leap second (PS3.5 Table 6.2-1); it falls into the next minute here
    if int(hour) > 23 or int(minute or 0) > 59 or int(second or 0) > 60:
        return None
    start = ((int(hour) * 60 + int(minute or 0)) * 60 + int(second or 0)) * MICROSECONDS_PER_SECOND
    if minute is None:
        return start, 3600 * MICROSECONDS_PER_SECOND
    if second is None:
        return start, 60 * MICROSECONDS_PER_SECOND
    if fraction is None:
        return start, MICROSECONDS_PER_SECOND
    return start + int(fraction.ljust(6, "0")), 10 ** (6 - len(fraction))


def _parse_time(text: str) -> Interval | None:
    found = _TIME.fullmatch(text)
    clock = _clock(found[1], found[2], found[3], found[4]) if found else None
    return None if clock is None else Interval(clock[0], clock[0] + clock[1] - 1)


def _parse_datetime(text: str, timezone_minutes: int) -> Interval | None:
    found = _DATETIME.fullmatch(text)
    if found is None or (found[7] and not found[6]):
        return None
    offset = offset_minutes(found[8]) if found[8] else timezone_minutes
    year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
    start = _day_us(year, month, day)
    clock = _clock(found[4], found[5], found[6], found[7])
    if start is None or clock is None or offset is None:
        return None
    span = clock[1]
    if not found[2]:
        span = (366 if calendar.isleap(year) else 365) * _DAY_US
    elif not found[3]:
        span = calendar.monthrange(year, month)[1] * _DAY_US
    start += clock[0] - offset * 60 * MICROSECONDS_PER_SECOND
    return Interval(start, start + span - 1)
