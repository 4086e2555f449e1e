"""After which operation of a scenario something was judged: what a finding says where there are several.

An expectation is judged where its step stands. Of six queries in a scenario, a finding is mostly about the one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from dicom_conformance.results import JUDGED_AFTER, Finding
from dicom_conformance.trace import Operation

MOST_KEYS, MOST_VALUES, LONGEST_VALUE = 6, 2, 64


def naming_operation(found: list[Finding], begun: Sequence[Operation], of: int) -> list[Finding]:
    """Name in each unmet finding the operation that was begun last, if the scenario has more than one."""
    if of < 2 or not begun:
        return found
    words = f" [{JUDGED_AFTER} {len(begun)} of {of}: {described(begun[-1])}]"
    return [replace(one, actual=one.actual + words) if one.unmet else one for one in found]


def described(operation: Operation) -> str:
    """Describe an operation by who performs it, its level and its keys; those that ask for nothing bear no value."""
    level, keys = operation.arguments.get("level"), operation.arguments.get("keys")
    parts = [f"{operation.ae} {operation.operation}" + (f" {level}" if isinstance(level, str) else "")]
    pairs = [_pair(str(key), value) for key, value in keys.items()] if isinstance(keys, Mapping) else []
    parts += pairs[:MOST_KEYS]
    parts += [f"{len(pairs) - MOST_KEYS} more keys"] if len(pairs) > MOST_KEYS else []
    return ", ".join(parts)


def keys_asked(operations: Sequence[Operation]) -> Iterator[tuple[str, str]]:
    """Yield each value of the keys of operations, with its key: all that a description may hold of them."""
    for operation in operations:
        keys = operation.arguments.get("keys")
        for key, value in keys.items() if isinstance(keys, Mapping) else ():
            yield from ((str(key), str(one)) for one in _values(value) if not isinstance(one, Mapping))


def _values(value: object) -> list[object]:
    values = list(value) if isinstance(value, list | tuple) else [value]
    return [one for one in values if one not in ("", None)]


def _pair(key: str, value: object) -> str:
    texts = [_short(one) for one in _values(value)]
    more = f" and {len(texts) - MOST_VALUES} more" if len(texts) > MOST_VALUES else ""
    return f"{key}={' or '.join(texts[:MOST_VALUES])}{more}" if texts else key


def _short(value: object) -> str:
    text = "..." if isinstance(value, Mapping) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
