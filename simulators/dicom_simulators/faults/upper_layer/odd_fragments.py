"""odd_fragments: a message is cut into fragments as few senders do it: odd, tiny, random, empty, together."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from dicom_simulators.faults.moment import Action, FragmentAction, Moment
from dicom_simulators.faults.parameters import (
    Addressed,
    is_before,
    message_name,
    parameter,
    response_number,
    truth,
    whole,
)
from dicom_wire import PDV, Message, PDataTF, encode, encode_command

_LAST = "last"
Raw = bytes
"""Bytes, in a class that has a field of that name."""


def fragment_end(value: object) -> str:
    """Read which fragments bear the bit of the last one: `last` (as they should), `none` or `all`."""
    if value not in (_LAST, "none", "all"):
        raise ValueError(f"expected last, none or all, not {value!r}")
    return str(value)


@dataclass(frozen=True, slots=True)
class OddFragments(Addressed):
    """Cut a message into fragments of a given or a random length. The receiver's maximum length is not exceeded.

    References
    ----------
    PS3.8 9.3.5.1; PS3.8 E.1 and E.2: even fragments, the bits for command and last
    """

    of: str | None = parameter(message_name, "the DIMSE message; default: all", None)
    bytes: int = parameter(whole(1, 1 << 31), "the length of a fragment, odd or even", 7)
    random: bool = parameter(truth, "take random lengths from 1 to `bytes`", False)
    seed: int = parameter(whole(0, 1 << 63), "seed of the random lengths", 0)
    together: bool = parameter(truth, "put as many fragments into one PDU as the receiver takes", False)
    empty: bool = parameter(truth, "send an empty fragment before each other one", False)
    marked: str = parameter(fragment_end, "which fragments are marked as the last: `last`, `none` or `all`", "last")
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "which such message since the fault was set; default: all", None
    )
    response: int | str | None = parameter(
        response_number, "which response to one request, or `last`; default: all", None
    )

    def at(self, moment: Moment) -> Action | None:
        """Act before the message is sent."""
        if moment.message is None or not is_before(moment, self.of, self.occurrence, self.response):
            return None
        return FragmentAction(self._pdus)

    def _pdus(self, message: Message, maximum_length: int) -> list[Raw]:
        limit = maximum_length or 0xFFFFFFFF
        groups: list[list[PDV]] = []
        room = 0
        for pdv in self._pdvs(message, max(1, limit - 6)):
            needed = 6 + len(pdv.data)
            if not groups or not self.together or needed > room:
                groups.append([])
                room = limit
            groups[-1].append(pdv)
            room -= needed
        return [encode(PDataTF(tuple(group))) for group in groups]

    def _pdvs(self, message: Message, most: int) -> Iterator[PDV]:
        drawn = random.Random(f"{self.seed} {message.command.message}")
        parts = [(True, encode_command(message.command))]
        if message.data_set is not None:
            parts.append((False, message.data_set))
        for is_command, data in parts:
            begin = 0
            while True:
                size = min(most, drawn.randint(1, self.bytes) if self.random else self.bytes)
                end = begin + size
                if self.empty:
                    yield PDV(message.context_id, is_command, False, b"")
                is_last = self.marked == "all" or (self.marked == _LAST and end >= len(data))
                yield PDV(message.context_id, is_command, is_last, data[begin:end])
                begin = end
                if begin >= len(data):
                    break
