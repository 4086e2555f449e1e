"""Holding one mutated conversation: what is said, in which pieces, and how it ends. What comes back does not matter."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from dataclasses import dataclass

from fuzz_mutations import Script
from fuzz_seeds import Turn

CONNECT_S = 10.0
ANSWER_S = 0.1
"""How long an answer is awaited before the conversation goes on without it."""
LATER_ANSWER_S = 0.01
"""The same once an answer did not come."""
LEAVE_S = 0.5
MOST_PIECES = 200


@dataclass(frozen=True, slots=True)
class Words:
    """What is said; the rest as in `Script`."""

    turns: tuple[Turn, ...]
    piece_bytes: int = 0
    waits: bool = True
    ends: str = "half"


def words_of(script: Script, title: str) -> Words:
    """Give what a script says to an AE of this title."""
    return Words(script.turns(title), script.piece_bytes, script.waits, script.ends)


def hold(words: Words, address: tuple[str, int]) -> None:
    """Hold a conversation; it ends within seconds whatever the AE does."""
    with suppress(OSError), socket.create_connection(address, CONNECT_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answer_s = ANSWER_S
        for turn in words.turns:
            _write(connection, turn.raw, words.piece_bytes)
            if words.waits and turn.is_answered:
                connection.settimeout(answer_s)
                try:
                    if not connection.recv(1 << 16):
                        return
                except TimeoutError:
                    answer_s = LATER_ANSWER_S
        _leave(connection, words.ends)


def _write(connection: socket.socket, raw: bytes, piece_bytes: int) -> None:
    connection.settimeout(CONNECT_S)
    size = max(piece_bytes, len(raw) // MOST_PIECES + 1) if piece_bytes else max(len(raw), 1)
    for begin in range(0, len(raw), size):
        connection.sendall(raw[begin : begin + size])


def _leave(connection: socket.socket, ends: str) -> None:
    if ends == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif ends == "half":
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(LEAVE_S)
        while connection.recv(1 << 16):
            pass
