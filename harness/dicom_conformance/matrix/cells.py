"""What each cell of a matrix asks a client to do, and what the wire then says of it.

References
----------
PS3.7 Annex C (statuses); PS3.8 9.3.3 (results of presentation contexts).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from dicom_conformance.files import counted
from dicom_conformance.statement import services
from dicom_conformance.trace import Conversation, SeenMessage

__all__ = ["CELLS", "Cell", "Judged", "Verdict", "judge"]

Verdict = Literal["works", "fails", "not offered"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One question of a matrix.

    Parameters
    ----------
    name : str
    operation : str
        What a subject is asked to perform.
    services : tuple of str
        Services of a statement, one of which it needs.
    responses : tuple of str
        Messages whose final statuses decide.
    """

    name: str
    operation: str
    services: tuple[str, ...]
    responses: tuple[str, ...]


CELLS = (
    Cell("echo", "echo", ("verification",), ("C-ECHO-RSP",)),
    Cell("store", "store", ("storage",), ("C-STORE-RSP",)),
    Cell("query", "query", ("query",), ("C-FIND-RSP",)),
    Cell("retrieve", "retrieve", ("move", "get"), ("C-MOVE-RSP", "C-GET-RSP")),
    Cell("print", "print", ("print",), ("N-ACTION-RSP",)),
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a cell, and in a sentence why."""

    verdict: Verdict
    why: str


def judge(cell: Cell, conversations: Sequence[Conversation]) -> Judged:
    """Judge a cell by what was seen on the wire."""
    contexts = [context for one in conversations for context in one.contexts]
    of_service = [one for one in contexts if services.service_of(one.abstract_syntax) in cell.services]
    finals = [
        message
        for one in conversations
        for message in one.messages
        if message.name in cell.responses and message.is_final_response
    ]
    if not conversations:
        return Judged("fails", "the client opened no connection")
    if not finals and of_service and all(one.result not in (0, None) for one in of_service):
        return Judged("not offered", f"the server accepts no presentation context for {cell.name}")
    if not finals:
        ends = "; ".join(dict.fromkeys(str(one.end) for one in conversations))
        return Judged("fails", f"no final {' or '.join(cell.responses)}; connection: {ends}")
    failed = [message for message in finals if not _is_good(message)]
    if failed:
        statuses = ", ".join(dict.fromkeys(f"{message.name} {message.status or 0:04X}" for message in failed))
        return Judged("fails", f"{len(failed)} of {len(finals)} requests failed: {statuses}")
    return _DONE[cell.name](conversations, finals)


def _is_good(message: SeenMessage) -> bool:
    """Tell whether a final status is a success or a warning (PS3.7 Annex C)."""
    status = message.status
    return status is not None and (status in (0x0000, 0x0001, 0x0107, 0x0116) or status >> 12 == 0xB)


def _answered(conversations: Sequence[Conversation], finals: Sequence[SeenMessage]) -> Judged:
    return Judged("works", f"{len(finals)} answered: {', '.join(dict.fromkeys(f'{one.status:04X}' for one in finals))}")


def _matched(conversations: Sequence[Conversation], finals: Sequence[SeenMessage]) -> Judged:
    every = [message for one in conversations for message in one.messages if message.name == "C-FIND-RSP"]
    matches = len(every) - len(finals)
    return Judged("works" if matches else "fails", f"{counted(matches, 'match')}, {finals[-1].status or 0:04X}")


def _completed(conversations: Sequence[Conversation], finals: Sequence[SeenMessage]) -> Judged:
    completed = finals[-1].command.get("NumberOfCompletedSuboperations")
    stored = [
        message
        for one in conversations
        for message in one.messages
        if message.name == "C-STORE-RSP" and message.status == 0
    ]
    summary = f"{completed!r} completed, {len(stored)} C-STORE-RSP 0000 seen, {finals[-1].status or 0:04X}"
    return Judged("works" if stored else "fails", summary)


_DONE: Mapping[str, Callable[[Sequence[Conversation], Sequence[SeenMessage]], Judged]] = {
    "echo": _answered,
    "store": _answered,
    "query": _matched,
    "retrieve": _completed,
    "print": _answered,
}
