"""Responses that later requests refer to: the instances that an SCP made, or named in a sequence.

A DIMSE-N operation gives its response a name (``name: film``). A later one writes ``{named: film}`` for the SOP
Instance UID of that response, ``{named: film, in: ReferencedImageBoxSequence, item: 2}`` for the Referenced SOP
Instance UID in the second item of a sequence of it. Bytes may be written as ``{repeat: 0080ff00, times: 64}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_REFERENCE = frozenset({"named", "in", "item"})
_REPETITION = frozenset({"repeat", "times"})
MOST_BYTES = 1 << 26
"""How long a repeated value may become."""


class UnansweredError(Exception):
    """A request refers to what no response gave."""


@dataclass(slots=True)
class NamedResponses:
    """The responses that have a name, whatever association they came on."""

    _named: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def keep(self, name: str, said: Mapping[str, Any]) -> None:
        """Keep the outcome of an operation under a name."""
        self._named[name] = said

    def resolved(self, value: Any) -> Any:
        """Put values in the place of references and repetitions, at any depth.

        Raises
        ------
        ValueError
            A reference or repetition that cannot be read, or a name that no operation before gave.
        UnansweredError
            The response has no such instance.
        """
        if isinstance(value, Mapping):
            if "named" in value and set(value) <= _REFERENCE:
                return self._instance(value)
            if set(value) == _REPETITION:
                return _repeated(value)
            return {key: self.resolved(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.resolved(inner) for inner in value]
        return value

    def _instance(self, reference: Mapping[str, Any]) -> str:
        name = str(reference["named"])
        if name not in self._named:
            raise ValueError(f"named: no response has the name {name!r}")
        said = self._named[name]
        sequence = reference.get("in")
        if sequence is None:
            found = said.get("instance")
        else:
            number = str(reference.get("item", "1"))
            if not number.isdigit() or int(number) < 1:
                raise ValueError(f"item: expected a number from 1, not {number!r}")
            items = (said.get("attributes") or {}).get(str(sequence))
            items = items if isinstance(items, list) else []
            item = items[int(number) - 1] if int(number) <= len(items) else {}
            found = item.get("ReferencedSOPInstanceUID") if isinstance(item, Mapping) else None
        if not found:
            where = f"{sequence}, item {reference.get('item', '1')}" if sequence else "a SOP Instance UID"
            raise UnansweredError(f"the response {name!r} does not have {where}")
        return str(found)


def _repeated(value: Mapping[str, Any]) -> bytes:
    times = str(value["times"])
    unit = bytes.fromhex(str(value["repeat"]))
    if not times.isdigit() or len(unit) * int(times) > MOST_BYTES:
        raise ValueError(f"times: expected a number, and at most {MOST_BYTES} bytes, not {times!r}")
    return unit * int(times)
