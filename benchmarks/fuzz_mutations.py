"""Mutations of recorded conversations: of whole PDUs, and of the fields of one; drawn by hypothesis.

A mutation is a value, so that a conversation can be held again, reduced mutation by mutation, and printed. Places are
taken modulo what there is, so that any mutation fits any conversation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from fuzz_fields import Field, fields, repaired
from fuzz_seeds import Turn, addressed, seeds
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

LONGEST_BYTES = 1 << 16
NUMBERS = (0, 1, 2, 3, 5, 7, 0x7F, 0x80, 0xFF, 0x101, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)
Turns = tuple[Turn, ...]
DRAWN_BYTES = 100
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change of a conversation.

    Attributes
    ----------
    kind : str
        A key of `OF_CONVERSATIONS` or `OF_FIELDS`.
    at, field : int
        Which PDU, and which of its fields; where a second PDU is meant, `field` says which.
    number : int
        How often, how much, or the value that a number is to have.
    data : bytes
        What is put in.
    name : str
        Of the seed from which a PDU is taken.
    is_repaired : bool
        Whether the lengths of the PDU are made true again.
    """

    kind: str
    at: int
    field: int = 0
    number: int = 0
    data: bytes = b""
    name: str = "echo"
    is_repaired: bool = True

    def apply(self, turns: Turns) -> Turns:
        """Change a conversation."""
        if not turns:
            return turns
        at = self.at % len(turns)
        if self.kind in OF_CONVERSATIONS:
            return OF_CONVERSATIONS[self.kind](self, turns, at)
        found = fields(turns[at].raw)
        if not found:
            return turns
        raw = OF_FIELDS[self.kind](self, turns[at].raw, found[self.field % len(found)])[:LONGEST_BYTES]
        changed = replace(turns[at], raw=repaired(raw) if self.is_repaired else raw)
        return (*turns[:at], changed, *turns[at + 1 :])


def _swapped(one: Mutation, turns: Turns, at: int) -> Turns:
    other, changed = one.field % len(turns), list(turns)
    changed[at], changed[other] = changed[other], changed[at]
    return tuple(changed)


def _spliced(one: Mutation, turns: Turns, at: int) -> Turns:
    others = seeds()[one.name]
    return (*turns[:at], others[one.field % len(others)], *turns[at:])


def _number(one: Mutation, raw: bytes, place: Field) -> bytes:
    size = place.end - place.begin
    if not place.is_number:
        return raw[: place.begin] + (one.data * size)[:size] + raw[place.end :]
    value = one.number % (1 << 8 * size)
    return raw[: place.begin] + value.to_bytes(size, "big") + raw[place.end :]


def _nudged(one: Mutation, raw: bytes, place: Field) -> bytes:
    """Make a number one more or one less; lengths and tags of elements are little endian."""
    size = place.end - place.begin
    order = "little" if raw[0] == 4 and place.begin >= 12 else "big"
    value = int.from_bytes(raw[place.begin : place.end], order) + (1 if one.number % 2 else -1)  # type: ignore[arg-type]
    return raw[: place.begin] + (value % (1 << 8 * size)).to_bytes(size, order) + raw[place.end :]  # type: ignore[arg-type]


def _flipped(one: Mutation, raw: bytes, place: Field) -> bytes:
    bit = one.number % (8 * (place.end - place.begin))
    changed = bytearray(raw)
    changed[place.begin + bit // 8] ^= 1 << bit % 8
    return bytes(changed)


OF_CONVERSATIONS: dict[str, Callable[[Mutation, Turns, int], Turns]] = {
    "drop": lambda one, turns, at: (*turns[:at], *turns[at + 1 :]),
    "repeat": lambda one, turns, at: (*turns[:at], *(turns[at],) * (1 + one.number % 4), *turns[at:]),
    "swap": _swapped,
    "end": lambda one, turns, at: turns[: at + 1],
    "splice": _spliced,
}
"""What is done to the PDUs of a conversation."""
OF_FIELDS: dict[str, Callable[[Mutation, bytes, Field], bytes]] = {
    "set": _number,
    "nudge": _nudged,
    "flip": _flipped,
    "cut": lambda one, raw, place: raw[: place.begin + one.number % (place.end - place.begin)],
    "remove": lambda one, raw, place: raw[: place.begin] + raw[place.end :],
    "double": lambda one, raw, place: (
        raw[: place.begin] + raw[place.begin : place.end] * (2 + one.number % 7) + raw[place.end :]
    ),
    "insert": lambda one, raw, place: raw[: place.begin] + one.data + raw[place.begin :],
}
"""What is done to a field of a PDU."""


@dataclass(frozen=True, slots=True)
class Script:
    """A conversation to be held: a recorded one, mutated.

    Attributes
    ----------
    piece_bytes : int
        How much is written at once; 0 for whole PDUs.
    waits : bool
        Whether an answer is awaited where there was one; else everything is sent at once.
    ends : str
        `half` closes one direction and reads on, `close` closes, `reset` resets the connection.
    """

    name: str
    mutations: tuple[Mutation, ...]
    piece_bytes: int = 0
    waits: bool = True
    ends: str = "half"

    def turns(self, title: str) -> Turns:
        """What is sent to an AE of this title."""
        turns = addressed(seeds()[self.name], title)
        for mutation in self.mutations:
            turns = mutation.apply(turns)
        return turns


class _Choices:
    """Choices made of bytes: the same ones for the same bytes."""

    def __init__(self, data: bytes) -> None:
        self._left = int.from_bytes(data, "big")

    def below(self, count: int) -> int:
        self._left, chosen = divmod(self._left, count)
        return chosen

    def of(self, *values: _T) -> _T:
        return values[self.below(len(values))]


def _mutation(choices: _Choices) -> Mutation:
    kind = choices.of(*OF_CONVERSATIONS, *OF_FIELDS)
    return Mutation(
        kind=kind,
        at=choices.below(16),
        field=choices.below(256),
        number=choices.of(*NUMBERS) if choices.below(2) else choices.below(1 << 32),
        data=choices.below(1 << 96).to_bytes(12, "big")[: 1 + choices.below(12)] if kind in ("set", "insert") else b"",
        name=choices.of(*seeds()),
        is_repaired=bool(choices.below(2)),
    )


def script_of(data: bytes) -> Script:
    """Make a conversation with one to four mutations of `DRAWN_BYTES` bytes, whatever they are."""
    choices = _Choices(data)
    return Script(
        name=choices.of(*seeds()),
        piece_bytes=choices.of(0, 0, 0, 0, 0, 1, 7, 100),
        waits=choices.below(4) > 0,
        ends=choices.of("half", "half", "half", "close", "reset"),
        mutations=tuple(_mutation(choices) for _ in range(1 + choices.below(4))),
    )


def scripts() -> st.SearchStrategy[Script]:
    """Draw one conversation: in one choice, for a choice costs hypothesis more than a conversation costs."""
    return st.binary(min_size=DRAWN_BYTES, max_size=DRAWN_BYTES).map(script_of)


def draw(count: int, number: int) -> list[Script]:
    """Draw so many different conversations, the same ones for the same number."""
    drawn: dict[Script, None] = {}
    for further in range(20):
        _draw_into(drawn, count - len(drawn), number * 1000 + further)
        if len(drawn) >= count:
            break
    return list(drawn)[:count]


def _draw_into(drawn: dict[Script, None], count: int, number: int) -> None:
    @seed(number)
    @settings(max_examples=max(count, 1), database=None, phases=[Phase.generate], deadline=None)
    @given(scripts())
    def take(one: Script) -> None:
        drawn[one] = None

    take()
