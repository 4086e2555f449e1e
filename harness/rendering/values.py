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
    """Give the values of an element as numbers; none where it is absent or empty."""
    value: Any = data_set.get(keyword)
    if value is None or value == "":
        return []
    return [float(one) for one in (value if hasattr(value, "__iter__") and not isinstance(value, str) else [value])]


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
    descriptor = [int(one) for one in numbers(item, "LUTDescriptor")]
    if len(descriptor) != 3:
        raise RenderError(f"LUT Descriptor has {len(descriptor)} values, not three")
    count = descriptor[0] & 0xFFFF or 65536  # 0 stands for 65,536
    first, bits = descriptor[1], descriptor[2]
    if signed and first > 32767:
        first -= 65536
    if not signed and first < 0:
        first += 65536
    entries = _entries(item, count, bits)
    if not 8 <= bits <= 16 or len(entries) < count:
        raise RenderError(f"LUT Descriptor {descriptor} does not describe {len(entries)} entries")
    return Table(first, bits, entries[:count])


def _entries(item: Dataset, count: int, bits: int) -> Array:
    raw: Any = item.get("LUTData")
    if isinstance(raw, bytes):
        little = item.is_little_endian if hasattr(item, "is_little_endian") else True
        little = item.original_encoding[1] is not False if item.original_encoding[1] is not None else little
        if bits == 8 and len(raw) in (count, count + 1):
            return np.frombuffer(raw, np.uint8).astype(np.float64)
        return np.frombuffer(raw[: len(raw) // 2 * 2], "<u2" if little else ">u2").astype(np.float64)
    return np.array([int(one) & 0xFFFF for one in numbers(item, "LUTData")], dtype=np.float64)
