"""Reading the values of a state's attributes: present, of the right number and kind, or a clear `StateError`.

Invariants: a value is never guessed; an error names the keyword of a value that is missing or not a number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from dicom_workstation.presentation_states.errors import StateError


def values(item: Dataset, keyword: str) -> tuple[Any, ...]:
    """Return the values of an element, none if it is absent or empty."""
    found = item.get(keyword)
    if found is None or found == "":
        return ()
    return tuple(found) if isinstance(found, MultiValue | list | tuple) else (found,)


def numbers(item: Dataset, keyword: str, count: int | None = None) -> tuple[float, ...]:
    """Return finite numbers, exactly `count` of them if that is given."""
    found = values(item, keyword)
    try:
        result = tuple(float(each) for each in found)
    except (TypeError, ValueError) as error:
        raise StateError(f"{keyword} is not a number: {found!r}") from error
    if not all(math.isfinite(each) for each in result):
        raise StateError(f"{keyword} is not a finite number: {found!r}")
    if count is not None and len(result) != count:
        raise StateError(f"{keyword} has {len(result)} values instead of {count}")
    return result


def number(item: Dataset, keyword: str) -> float:
    """Return the one number that an element must have."""
    return numbers(item, keyword, 1)[0]


def text(item: Dataset, keyword: str, default: str | None = None) -> str:
    """Return a text; without a default it must be there."""
    found = values(item, keyword)
    if not found:
        if default is None:
            raise StateError(f"{keyword} is missing")
        return default
    return "\\".join(str(each).strip() for each in found)


def word(item: Dataset, keyword: str, allowed: Sequence[str], default: str | None = None) -> str:
    """Return one of the enumerated values of an element."""
    found = text(item, keyword, default)
    if found not in allowed:
        raise StateError(f"{keyword} is {found!r}, not one of {', '.join(allowed)}")
    return found


def items(data_set: Dataset, keyword: str) -> tuple[Dataset, ...]:
    """Return the items of a sequence, none if it is absent; StateError where a file gives it another VR."""
    found = data_set.get(keyword)
    if found is None or found == "":
        return ()
    if not isinstance(found, Sequence) or not all(isinstance(each, Dataset) for each in found):
        raise StateError(f"{keyword} is not a sequence")
    return tuple(found)


def pairs(flat: Sequence[float], keyword: str) -> tuple[tuple[float, float], ...]:
    """Return numbers two by two."""
    if len(flat) % 2:
        raise StateError(f"{keyword} has {len(flat)} values, which cannot form pairs")
    return tuple((flat[index], flat[index + 1]) for index in range(0, len(flat), 2))
