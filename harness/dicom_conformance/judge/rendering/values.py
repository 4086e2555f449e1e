"""Reading elements of a data set as plain numbers, and look-up tables as arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

Array = NDArray[np.float64]


class RenderError(ValueError):
    """What a data set says cannot be drawn; the text says why."""


def numbers(data_set: Dataset, keyword: str) -> list[float]:
    """Give the values of an element as numbers; none where it is absent or empty.

    Raises
    ------
    RenderError
        One is not a number.
    """
    value: Any = data_set.get(keyword)
    if value is None or value == "":
        return []
    try:
        return [float(one) for one in (value if hasattr(value, "__iter__") and not isinstance(value, str) else [value])]
    except ValueError as error:
        raise RenderError(f"{keyword} is not a number: {str(value)[:40]!r}") from error


def number(data_set: Dataset, keyword: str, default: float) -> float:
    """Give the first value of an element as a number."""
    return next(iter(numbers(data_set, keyword)), default)


def points(data_set: Dataset, keyword: str) -> list[tuple[float, float]]:
    """Give the values of an element two by two."""
    flat = numbers(data_set, keyword)
    return list(zip(flat[::2], flat[1::2], strict=False))


def texts(data_set: Dataset, keyword: str) -> list[str]:
    """Give the values of an element as texts."""
    value: Any = data_set.get(keyword)
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str) else [str(one) for one in value]


def items(data_set: Dataset, keyword: str) -> Iterator[Dataset]:
    """Give the items of a sequence; none where it is absent."""
    yield from data_set.get(keyword) or ()


@dataclass(frozen=True, slots=True)
class Table:
    """A look-up table (PS3.3 C.11.1.1.1): `entries` of `bits` bits, the first of which belongs to `first`."""

    first: int
    bits: int
    entries: Array

    def __call__(self, values: Array) -> Array:
        """Look values up; those below the first get the first entry, those beyond the last get the last."""
        index = np.clip(np.rint(values) - self.first, 0, len(self.entries) - 1).astype(np.int64)
        found: Array = self.entries[index]
        return found

    @property
    def top(self) -> int:
        """The largest value that an entry can have."""
        return int((1 << self.bits) - 1)


def table(item: Dataset, signed: bool) -> Table:
    """Read an item of a LUT sequence; `signed` says whether its input may be negative.

    Raises
    ------
    RenderError
        Descriptor and data do not fit each other.
    """
    count, first, bits = described(item, "LUTDescriptor", signed)
    entries = words_of(item, "LUTData", bits if _packed(item, "LUTData", count) else 16)
    if not 8 <= bits <= 16 or len(entries) < count:
        raise RenderError(f"LUT Descriptor {[count, first, bits]} does not describe {len(entries)} entries")
    return Table(first, bits, entries[:count])


def described(data_set: Dataset, keyword: str, signed: bool) -> tuple[int, int, int]:
    """Read a descriptor of three values: number of entries, first value mapped, bits of an entry.

    Raises
    ------
    RenderError
        It has not three values.
    """
    descriptor = [int(one) for one in numbers(data_set, keyword)]
    if len(descriptor) != 3:
        raise RenderError(f"{keyword} has {len(descriptor)} values, not three")
    count = descriptor[0] & 0xFFFF or 65536  # 0 stands for 65,536
    first, bits = descriptor[1], descriptor[2]
    if signed and first > 32767:
        first -= 65536
    if not signed and first < 0:
        first += 65536
    return count, first, bits


def words_of(data_set: Dataset, keyword: str, bits: int) -> Array:
    """Read table data: words, or bytes of which a word holds two, the first in its lower half, where `bits` is 8."""
    raw: Any = data_set.get(keyword)
    if not isinstance(raw, bytes):
        return np.array([int(one) & 0xFFFF for one in numbers(data_set, keyword)], dtype=np.float64)
    even = raw[: len(raw) // 2 * 2]
    words = np.frombuffer(even, ">u2" if data_set.original_encoding[1] is False else "<u2")
    return words.astype("<u2").view(np.uint8).astype(np.float64) if bits == 8 else words.astype(np.float64)


def _packed(item: Dataset, keyword: str, count: int) -> bool:
    """Tell whether the entries of a table lie two in a word."""
    raw: Any = item.get(keyword)
    return isinstance(raw, bytes) and len(raw) in (count, count + 1)
