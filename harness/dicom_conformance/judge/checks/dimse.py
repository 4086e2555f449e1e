"""The check `dimse`: DIMSE messages by sender, their status, command elements, number and order."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, model_validator

from dicom_conformance.files import Texts, counted
from dicom_conformance.judge.checks.choice import finding, listed, message_pointer, message_text, pick, pointer
from dicom_conformance.judge.checks.wanted import AT_LEAST_ONE, Count, Position, Statuses, Wanted, status_admitted
from dicom_conformance.results import EMPTY, Finding
from dicom_conformance.trace import Conversation, SeenMessage, Trace
from dicom_wire.pdu import PDataTF

CHECK = "dimse"


class DimseWanted(Wanted):
    """What may be wanted of the DIMSE messages that `sender` sent.

    Messages are chosen by `sender`, `message` and `sop_class`; `position` chooses one of them (`each`: all of them,
    and there is at least one), which must have the `status` and `fields`. Without a position the number of those that
    have them is counted: `count`, 'at least 1' unless given. `fields` holds command elements by keyword against text
    (numbers in decimal, `present` and `absent` as they read). `order` wants these messages, of either side, one after
    the other on one association, others between them or not. `single_outstanding` wants no request before the final
    response to the one before (PS3.7 D.3.3.3: no asynchronous operations). `same_context` wants each response in the
    presentation context of its request. `accepted_contexts` wants every message in a presentation context that was
    accepted (PS3.8 7.6.1). `cancels_own` wants each C-CANCEL-RQ to name the Message ID of an operation that the sender
    began on that association (PS3.7 9.3.2.3).
    """

    sender: str = Field(description="AE that sends")
    requestor: str | None = Field(default=None, description="AE that opened the association")
    acceptor: str | None = Field(default=None, description="AE that the association was opened to")
    message: Texts = Field(default=(), description="names of messages (`C-FIND-RSP`)")
    sop_class: str | None = Field(default=None, description="UID of the affected or requested SOP Class")
    position: Position | None = Field(
        default=None,
        description=(
            "judge this one of them (`each`: all, and there is at least one); without it, those that match are counted"
        ),
    )
    status: Statuses = Field(default=(), description="statuses that are admitted")
    fields: dict[str, Texts] = Field(
        default_factory=dict,
        description=(
            "command elements by keyword, and the texts they may have: numbers in decimal, or `present`, `absent`"
        ),
    )
    count: Count | None = Field(default=None, description="how many messages match (at least 1 if not given)")
    order: Texts = Field(
        default=(),
        description=(
            "these messages, of either side, follow each other on one association; others may come between them"
        ),
    )
    single_outstanding: bool = Field(
        default=False, description="no request is sent before the final response to the one before (PS3.7 D.3.3.3)"
    )

    same_context: bool = Field(
        default=False,
        description=(
            "each response comes in the presentation context of its request; no clause demands it, so its level is "
            "`should`"
        ),
    )
    accepted_contexts: bool = Field(
        default=False, description="every message is sent in a presentation context that was accepted (PS3.8 7.6.1)"
    )
    cancels_own: bool = Field(
        default=False,
        description="each C-CANCEL-RQ names the Message ID of an operation that the sender began (PS3.7 9.3.2.3)",
    )

    @model_validator(mode="after")
    def _something(self) -> DimseWanted:
        rules = (self.single_outstanding, self.same_context, self.accepted_contexts, self.cancels_own)
        if not (self.message or self.order or any(rules)):
            raise ValueError(
                "one of message, order, single_outstanding, same_context, accepted_contexts, cancels_own is needed"
            )
        return self


def judge(trace: Trace, wanted: DimseWanted) -> list[Finding]:
    """Judge the DIMSE messages of one sender: one finding for each thing that is wanted."""
    findings = []
    if wanted.message:
        findings.append(_messages(trace, wanted))
    if wanted.order:
        findings.append(_order(trace, wanted))
    if wanted.single_outstanding:
        findings.append(_single_outstanding(trace, wanted))
    if wanted.same_context:
        findings.append(_same_context(trace, wanted))
    if wanted.accepted_contexts:
        findings.append(_accepted_contexts(trace, wanted))
    if wanted.cancels_own:
        findings.append(_cancels_own(trace, wanted))
    return findings


def choose(
    trace: Trace, sender: str, requestor: str | None, acceptor: str | None, names: tuple[str, ...]
) -> list[tuple[Conversation, SeenMessage]]:
    """Give the messages of one sender by time; no name is any."""
    return [
        (one, message)
        for one, message in trace.messages(requestor, acceptor)
        if message.sender == sender and (not names or message.name in names)
    ]


def _messages(trace: Trace, wanted: DimseWanted) -> Finding:
    named = [
        (one, message)
        for one, message in choose(trace, wanted.sender, wanted.requestor, wanted.acceptor, wanted.message)
        if wanted.sop_class in (None, sop_class(message))
    ]
    chosen = pick(named, wanted.position)
    good = [(one, message) for one, message in chosen if _fits(message, wanted)]
    what = f"{' or '.join(wanted.message)} from {wanted.sender}{_conditions(wanted)}"
    if wanted.position is None:
        bounds = wanted.count or AT_LEAST_ONE
        met, expected = bounds.admit(len(good)), f"{bounds} x {what}"
    else:
        bounds = wanted.count or AT_LEAST_ONE
        met = bounds.admit(len(named)) and len(good) == len(chosen) and (bool(chosen) or not named)
        expected = f"{wanted.position}: {what}" + (f", {bounds} in all" if wanted.count is not None else "")
    actual = listed((_text(message, wanted.fields) for _, message in chosen), none=_instead(trace, wanted))
    wrong = [(one, message) for one, message in chosen if not _fits(message, wanted)]
    evidence = [message_pointer(one, message) for one, message in (wrong[:5] or chosen[:1])]
    return finding(CHECK, met, expected, actual, EMPTY, evidence)


def sop_class(message: SeenMessage) -> str | None:
    """Give the SOP Class that a message names, else that of its presentation context."""
    for keyword in ("AffectedSOPClassUID", "RequestedSOPClassUID"):
        named = message.command.text(keyword)
        if named:
            return named
    return message.abstract_syntax


def _fits(message: SeenMessage, wanted: DimseWanted) -> bool:
    if wanted.status and not status_admitted(message.status, wanted.status):
        return False
    return all(_element_fits(message, keyword, texts) for keyword, texts in wanted.fields.items())


def _element_fits(message: SeenMessage, keyword: str, texts: tuple[str, ...]) -> bool:
    text = _element(message, keyword)
    if "present" in texts:
        return text != "absent"
    return text in texts


def _element(message: SeenMessage, keyword: str) -> str:
    """Write a command element as text; `absent` where there is none."""
    if keyword not in message.command:
        return "absent"
    value = message.command.get(keyword)
    if isinstance(value, tuple):
        return "\\".join(str(part) for part in value)
    return value.hex(" ") if isinstance(value, bytes) else str(value).rstrip(" \0")


def _conditions(wanted: DimseWanted) -> str:
    conditions = [" or ".join(wanted.status)] if wanted.status else []
    conditions += [f"{keyword} {' or '.join(texts)}" for keyword, texts in wanted.fields.items()]
    conditions += [f"of {wanted.sop_class}"] if wanted.sop_class else []
    return f" with {', '.join(conditions)}" if conditions else ""


def _text(message: SeenMessage, fields: Mapping[str, tuple[str, ...]]) -> str:
    elements = ", ".join(f"{keyword} {_element(message, keyword)}" for keyword in fields)
    return f"{message_text(message)} ({elements})" if elements else message_text(message)


def _instead(trace: Trace, wanted: DimseWanted) -> str:
    others = choose(trace, wanted.sender, wanted.requestor, wanted.acceptor, ())
    ends = [one.end for one in trace.select(wanted.requestor, wanted.acceptor) if wanted.sender in one.parties]
    sent = listed((message_text(message) for _, message in others), none="no message at all")
    return f"none; {wanted.sender} sent {sent}" + (f"; association {listed(ends)}" if ends else "")


def _order(trace: Trace, wanted: DimseWanted) -> Finding:
    """Judge whether one association brought these messages one after the other, others between them or not."""
    expected = f"in this order: {', '.join(wanted.order)}"
    sequences = []
    for one in trace.select(wanted.requestor, wanted.acceptor):
        if wanted.sender not in one.parties:
            continue
        names = iter([message.name for message in one.messages])
        sequences.append(listed((message.name for message in one.messages), none="no message"))
        if all(name in names for name in wanted.order):
            return finding(CHECK, True, expected, sequences[-1])
    return finding(CHECK, False, expected, listed(sequences, none="no association"))


def _single_outstanding(trace: Trace, wanted: DimseWanted) -> Finding:
    """Judge whether the sender waited for each final response before its next request.

    A C-CANCEL-RQ is no operation of its own (PS3.7 9.3.2.3), and a C-STORE sub-operation of a C-GET comes from the
    other side. Who sends no request has none outstanding: that there are requests is for `count` to demand.
    """
    early: list[tuple[str, str]] = []
    requests = 0
    for one in trace.select(wanted.requestor, wanted.acceptor):
        open_ids: dict[int | None, str] = {}
        for message in one.messages:
            if message.sender == wanted.sender and message.is_request:
                requests += 1
                if open_ids:
                    text = f"{message.name} before the final response to {', '.join(open_ids.values())}"
                    early.append((message_pointer(one, message), text))
                open_ids[message.command.number("MessageID")] = message.name
            elif message.sender != wanted.sender and message.is_final_response:
                open_ids.pop(message.command.number("MessageIDBeingRespondedTo"), None)
    expected = f"{wanted.sender} has one operation outstanding at a time"
    in_turn = f"{counted(requests, 'request')}, each sent after the previous response"
    actual = listed((text for _, text in early), none=in_turn if requests else "no request was sent")
    return finding(CHECK, not early, expected, actual, EMPTY, [where for where, _ in early[:5]])


def _same_context(trace: Trace, wanted: DimseWanted) -> Finding:
    """Judge whether the sender answered each request in the presentation context in which it came."""
    elsewhere: list[tuple[str, str]] = []
    responses = 0
    for one in trace.select(wanted.requestor, wanted.acceptor):
        asked: dict[int | None, int] = {}
        for message in one.messages:
            if message.sender != wanted.sender and message.is_request:
                asked[message.command.number("MessageID")] = message.context_id
            elif message.sender == wanted.sender and message.name.endswith("-RSP"):
                responses += 1
                due = asked.get(message.command.number("MessageIDBeingRespondedTo"), message.context_id)
                if message.context_id != due:
                    text = f"{message.name} in context {message.context_id} to a request in {due}"
                    elsewhere.append((message_pointer(one, message), text))
    expected = f"each response of {wanted.sender} comes in the presentation context of its request"
    actual = listed((text for _, text in elsewhere), none=counted(responses, "response"))
    return finding(CHECK, not elsewhere, expected, actual, EMPTY, [where for where, _ in elsewhere[:5]])


def _accepted_contexts(trace: Trace, wanted: DimseWanted) -> Finding:
    """Judge whether the sender used accepted presentation contexts alone; who sends nothing uses none.

    The fragments are looked at: a peer may end the association before the message is whole.
    """
    elsewhere: dict[tuple[int, int], str] = {}
    fragments = 0
    for number, one in enumerate(trace.select(wanted.requestor, wanted.acceptor)):
        accepted = {context.context_id for context in one.contexts if context.result == 0}
        for place, seen in enumerate(one.pdus, start=1):
            if seen.sender == wanted.sender and isinstance(seen.pdu, PDataTF):
                fragments += len(seen.pdu.pdvs)
                for context_id in {pdv.context_id for pdv in seen.pdu.pdvs} - accepted:
                    elsewhere.setdefault((number, context_id), pointer(one, place))
    expected = f"every message of {wanted.sender} in an accepted presentation context"
    actual = listed(
        (f"P-DATA-TF in context {context_id}, which was not accepted" for _, context_id in elsewhere),
        none=counted(fragments, "fragment"),
    )
    return finding(CHECK, not elsewhere, expected, actual, EMPTY, list(elsewhere.values())[:5])


def _cancels_own(trace: Trace, wanted: DimseWanted) -> Finding:
    """Judge whether each C-CANCEL-RQ names an operation that the sender began before, on the same association."""
    wrong: list[tuple[str, str]] = []
    cancels = 0
    for one in trace.select(wanted.requestor, wanted.acceptor):
        begun: set[int | None] = set()
        for message in one.messages:
            if message.sender != wanted.sender:
                continue
            if message.name == "C-CANCEL-RQ":
                cancels += 1
                named = message.command.number("MessageIDBeingRespondedTo")
                if named not in begun:
                    text = f"C-CANCEL-RQ of message {named}, which is not an operation of {wanted.sender}"
                    wrong.append((message_pointer(one, message), text))
            elif message.is_request:
                begun.add(message.command.number("MessageID"))
    expected = f"each C-CANCEL-RQ of {wanted.sender} names an operation that it began"
    actual = listed((text for _, text in wrong), none=counted(cancels, "C-CANCEL-RQ"))
    return finding(CHECK, not wrong, expected, actual, EMPTY, [where for where, _ in wrong[:5]])
