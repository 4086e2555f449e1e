"""The check `answers`: whether each request was answered, and each response belongs to a request.

References
----------
PS3.7 7.5.3 (operations are confirmed on their association), 9.3 and 10.3 (what a response repeats of its request).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from dicom_conformance.files import Texts, counted
from dicom_conformance.files import listed as read_list
from dicom_conformance.judge.checks.choice import finding, listed, message_text, pointer
from dicom_conformance.judge.checks.wanted import Wanted
from dicom_conformance.results import EMPTY, Finding
from dicom_conformance.trace import Conversation, SeenMessage, Trace

CHECK = "answers"
Rule = Literal["every_request", "response_or_abort", "message_id", "names", "context"]
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "AffectedSOPClassUID": "RequestedSOPClassUID",
        "AffectedSOPInstanceUID": "RequestedSOPInstanceUID",
    }
)
"""Element of a response to the element that a DIMSE-N request may have in its place."""


class AnswersWanted(Wanted):
    """Rules for the responses that `sender` sent, each held against its request on the same association.

    `every_request`: each request to the sender has a final response. `response_or_abort`: it has one, or the sender
    aborted the association. `message_id`: each response names the Message ID
    of a request of its kind that has no final response yet. `names`: SOP Class and SOP Instance UIDs of a response,
    where it has them, are those that its request names. `context`: each response comes in the presentation context of
    its request, which no clause demands.
    """

    sender: str = Field(description="AE that answers")
    requestor: str | None = Field(default=None, description="AE that opened the association")
    acceptor: str | None = Field(default=None, description="AE that the association was opened to")
    rules: Annotated[tuple[Rule, ...], BeforeValidator(read_list), Field(min_length=1)] = Field(
        description="the rules that are judged: one finding each"
    )
    to: Texts = Field(default=(), description="judge only requests with these names (`C-FIND-RQ`) and their responses")


@dataclass(frozen=True, slots=True)
class Pairing:
    """The requests to an AE on one association, and its responses: each with its request, None where there is none."""

    conversation: Conversation
    sender: str
    unanswered: tuple[SeenMessage, ...]
    responses: tuple[tuple[SeenMessage, SeenMessage | None], ...]


def judge(trace: Trace, wanted: AnswersWanted) -> list[Finding]:
    """Judge the responses of one AE: one finding for each rule."""
    paired = [
        _paired(one, wanted.sender, wanted.to)
        for one in trace.select(wanted.requestor, wanted.acceptor)
        if wanted.sender in one.parties
    ]
    responses = sum(len(one.responses) for one in paired)
    findings = []
    for rule in wanted.rules:
        words, complain = RULES[rule]
        wrong = [(one.conversation, text) for one in paired for text in complain(one)]
        actual = listed((text for _, text in wrong), none=counted(responses, "response"))
        evidence = list(dict.fromkeys(pointer(one) for one, _ in wrong))[:5]
        asked = responses > 0 or (rule == "response_or_abort" and any(one.unanswered for one in paired))
        findings.append(finding(CHECK, asked and not wrong, words, actual, EMPTY, evidence))
    return findings


def _paired(one: Conversation, sender: str, to: tuple[str, ...]) -> Pairing:
    """Find the request of each response: the one of its kind with its Message ID that is still open."""
    outstanding: list[SeenMessage] = []
    responses: list[tuple[SeenMessage, SeenMessage | None]] = []
    for message in one.messages:
        if message.sender != sender and message.is_request and message.name in (to or (message.name,)):
            outstanding.append(message)
        elif message.sender == sender and message.name.endswith("-RSP"):
            name, number = message.name.replace("-RSP", "-RQ"), message.command.number("MessageIDBeingRespondedTo")
            if name not in (to or (name,)):
                continue
            found = next(
                (each for each in outstanding if (each.name, each.command.number("MessageID")) == (name, number)), None
            )
            responses.append((message, found))
            if found is not None and message.is_final_response:
                outstanding.remove(found)
    return Pairing(one, sender, tuple(outstanding), tuple(responses))


def _every_request(paired: Pairing) -> Iterator[str]:
    for request in paired.unanswered:
        number = request.command.number("MessageID")
        yield f"no final response to {request.name} {number} in context {request.context_id}"


def _response_or_abort(paired: Pairing) -> Iterator[str]:
    end, sender = paired.conversation.end, paired.sender
    return iter(()) if end.how == "aborted" and end.by == sender else _every_request(paired)


def _message_id(paired: Pairing) -> Iterator[str]:
    for response, request in paired.responses:
        if request is None:
            number = response.command.number("MessageIDBeingRespondedTo")
            yield f"{message_text(response)} to message {number}, which is no open request"


def _names(paired: Pairing) -> Iterator[str]:
    for response, request in paired.responses:
        for keyword, instead in NAMES.items():
            said = _uid(response, keyword)
            asked = "" if request is None else _uid(request, keyword) or _uid(request, instead)
            if said and asked and said != asked:
                yield f"{message_text(response)} with {keyword} {said}, not {asked}"


def _context(paired: Pairing) -> Iterator[str]:
    for response, request in paired.responses:
        if request is not None and response.context_id != request.context_id:
            yield f"{response.name} in context {response.context_id} to a request in {request.context_id}"


def _uid(message: SeenMessage, keyword: str) -> str:
    return (message.command.text(keyword) or "").strip(" \0")


RULES: Mapping[Rule, tuple[str, Callable[[Pairing], Iterator[str]]]] = MappingProxyType(
    {
        "every_request": ("each request has a final response", _every_request),
        "response_or_abort": ("each request has a final response, or the association is aborted", _response_or_abort),
        "message_id": ("each response names the Message ID of a request that is open", _message_id),
        "names": ("SOP Class and SOP Instance of a response are those of its request", _names),
        "context": ("each response comes in the presentation context of its request", _context),
    }
)
"""Rule to what it expects, in words, and what complains."""
