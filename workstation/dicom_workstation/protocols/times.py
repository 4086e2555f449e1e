"""How long before the current study another one was made, in the units of a display protocol.

Invariants: pure. A unit that has begun is not counted: 23 hours are 0 days only if both are on the same day.

References
----------
PS3.3 Table C.23.1-1 (Relative Time, Relative Time Units)
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

_SECONDS: Final = {"SECONDS": 1, "MINUTES": 60, "HOURS": 3600}
_DAYS: Final = {"DAYS": 1, "WEEKS": 7}


def units_before(earlier: datetime, later: datetime, units: str) -> int:
    """Return by how many whole units a time is before another one; days and longer units go by the calendar."""
    if units in _SECONDS:
        return int((later - earlier).total_seconds()) // _SECONDS[units]
    if units in _DAYS:
        return (later.date() - earlier.date()).days // _DAYS[units]
    months = (later.year - earlier.year) * 12 + later.month - earlier.month - (later.day < earlier.day)
    return months if units == "MONTHS" else months // 12
