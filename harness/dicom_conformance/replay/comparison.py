"""A replay beside its recording: what was answered then, and what is answered now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dicom_conformance.replay.playing import Replayed
from dicom_conformance.replay.recording import Recording, responses_to
from dicom_conformance.trace import Conversation, SeenMessage
from dicom_wire.capture import Side


@dataclass(frozen=True, slots=True)
class Answer:
    """What one thing of the requestor's was answered, then and now."""

    about: str
    recorded: str
    now: str

    @property
    def is_same(self) -> bool:
        """Whether it is answered as it was."""
        return self.recorded == self.now


def answers(recording: Recording, replayed: Replayed) -> list[Answer]:
    """Compare the answers to the association, to each request, and the end."""
    found = [Answer("A-ASSOCIATE-RQ", _association(recording.conversation), _association(replayed.conversation))]
    requests = [one for one in replayed.conversation.messages if one.side is Side.REQUESTOR and one.is_request]
    for number, exchange in enumerate(recording.exchanges):
        now = responses_to(replayed.conversation, requests[number]) if number < len(requests) else None
        text = "not sent" if now is None else _responses(now)
        found.append(Answer(f"{exchange.request.name} {number + 1}", _responses(exchange.responses), text))
    ends = [str(each.end.how) for each in (recording.conversation, replayed.conversation)]
    found.append(Answer("end", *ends))
    return found


def _association(one: Conversation) -> str:
    if one.accept is None:
        return one.end.how if one.request is not None else "nothing"
    accepted = sum(1 for each in one.contexts if each.result == 0)
    return f"{accepted} of {len(one.contexts)} contexts accepted"


def _responses(found: tuple[SeenMessage, ...]) -> str:
    final = next((each for each in found if each.is_final_response), None)
    pending = len(found) - (final is not None)
    said = [f"{pending} pending"] if pending else []
    said.append(
        "no final response" if final is None else "no status" if final.status is None else f"{final.status:04X}"
    )
    return ", ".join(said)


def lines(found: list[Answer]) -> Iterator[str]:
    """Give a line for each answer."""
    for each in found:
        mark = "=" if each.is_same else "!"
        yield f"{mark} {each.about}: {each.now}" + ("" if each.is_same else f" (recorded: {each.recorded})")
