"""The shortest part of something that still shows a thing: delta debugging.

References
----------
A. Zeller, R. Hildebrandt: Simplifying and Isolating Failure-Inducing Input (IEEE TSE 28(2), 2002): `ddmin`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Part = TypeVar("Part")


def shortest(parts: Sequence[Part], shows: Callable[[tuple[Part, ...]], bool]) -> tuple[Part, ...]:
    """Leave parts out as long as the rest still shows it.

    Parameters
    ----------
    parts : sequence
        They show it all together.
    shows : callable
        Tells whether some of the parts, in their order, show it. It is asked at most once for the same parts.

    Returns
    -------
    tuple
        Parts that show it, in their order; without any single one of them it is not shown.
    """
    known: dict[tuple[int, ...], bool] = {}

    def test(chosen: tuple[int, ...]) -> bool:
        if chosen not in known:
            known[chosen] = shows(tuple(parts[number] for number in chosen))
        return known[chosen]

    kept = tuple(range(len(parts)))
    pieces = 2
    while kept:
        size = max(1, -(-len(kept) // pieces))
        chunks = [kept[at : at + size] for at in range(0, len(kept), size)]
        smaller = next((rest for chunk in chunks if test(rest := _without(kept, chunk))), None)
        if smaller is not None:
            kept, pieces = smaller, max(pieces - 1, 2)
        elif size == 1:
            break
        else:
            pieces = min(pieces * 2, len(kept))
    return tuple(parts[number] for number in kept)


def _without(kept: tuple[int, ...], chunk: tuple[int, ...]) -> tuple[int, ...]:
    gone = frozenset(chunk)
    return tuple(number for number in kept if number not in gone)
