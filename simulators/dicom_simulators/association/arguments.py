"""Arguments of an operation: plain data whose scalars may be text, read with clear errors.

Every key must be known; a wrong one is a `ValueError` that names its place, as in ``contexts[2].sop_class``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dicom_simulators.faults import LONGEST_WAIT_S


class Arguments:
    """A mapping, read key by key; `finish` refuses keys that were not read."""

    def __init__(self, data: object, place: str = "") -> None:
        self._place = place
        if not isinstance(data, (dict, Mapping)):  # isinstance of Mapping is slow
            raise ValueError(f"{place or 'arguments'}: expected a mapping, not {data!r}")
        self._data: dict[str, object] = {str(key): value for key, value in data.items()}
        self._read: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return self._data.get(key) is not None

    def raw(self, key: str) -> object:
        """Return the value as it is, or None."""
        self._read.add(key)
        return self._data.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text."""
        value = self.raw(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str | int | float):
            raise self.wrong(key, "expected a text" if value is None else f"expected a text, not {value!r}")
        return str(value)

    def number(self, key: str, default: int | None = None, high: int = 0xFFFFFFFF) -> int:
        """Return a whole number, also written as 0x..."""
        value = self.raw(key)
        if value is None and default is not None:
            return default
        try:
            number = int(str(value), 0) if str(value).lower().startswith("0x") else int(str(value), 10)
        except ValueError:
            number = -1
        if not 0 <= number <= high:
            raise self.wrong(key, f"expected a whole number from 0 to {high}, not {value!r}")
        return number

    def seconds(self, key: str, default: float) -> float:
        """Return a number of seconds."""
        value = self.raw(key)
        try:
            number = default if value is None else float(str(value))
        except ValueError:
            number = -1.0
        if not 0 <= number <= LONGEST_WAIT_S:
            raise self.wrong(key, f"expected a number of seconds from 0 to {LONGEST_WAIT_S}, not {value!r}")
        return number

    def truth(self, key: str, default: bool = False) -> bool:
        """Return true or false."""
        value = self.raw(key)
        if value is None:
            return default
        if str(value).lower() not in ("true", "false"):
            raise self.wrong(key, f"expected true or false, not {value!r}")
        return str(value).lower() == "true"

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """Return one of some texts; the first is the default."""
        value = self.text(key, choices[0])
        if value not in choices:
            raise self.wrong(key, f"expected one of {', '.join(choices)}, not {value!r}")
        return value

    def hexadecimal(self, key: str, default: bytes | None = None) -> bytes:
        """Return bytes written as hex digits, spaces allowed."""
        value = self.raw(key)
        if isinstance(value, bytes):
            return value
        if value is None and default is not None:
            return default
        try:
            return bytes.fromhex(str(value))
        except ValueError:
            raise self.wrong(key, f"expected bytes as hex digits, not {value!r}") from None

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return texts: a list, or a single one."""
        value = self.raw(key)
        if value is None and default is not None:
            return default
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, (list, tuple)) or any(
            type(entry) is not str and isinstance(entry, Mapping | list) for entry in value
        ):
            raise self.wrong(key, f"expected a list of texts, not {value!r}")
        return tuple(map(str, value))

    def each(self, key: str) -> Iterator[Arguments]:
        """Yield the mappings of a list, or the single one given."""
        value = self.raw(key)
        if value is None:
            return
        entries = [value] if isinstance(value, Mapping) else value
        if not isinstance(entries, list | tuple):
            raise self.wrong(key, f"expected a list, not {value!r}")
        for index, entry in enumerate(entries):
            yield Arguments(entry, f"{self._place}{key}[{index}].")

    def rest(self) -> dict[str, object]:
        """Return what was not read yet."""
        left = {key: value for key, value in self._data.items() if key not in self._read}
        self._read.update(left)
        return left

    def finish(self) -> None:
        """Refuse what was not read.

        Raises
        ------
        ValueError
        """
        for key in self._data:
            if key not in self._read:
                raise self.wrong(key, f"unknown key; it must be one of {', '.join(sorted(self._read))}")

    def wrong(self, key: str, why: str) -> ValueError:
        """Return the error that names this key."""
        return ValueError(f"{self._place}{key}: {why}")
