"""The check `retrieved`: what a C-MOVE or C-GET sent, held against what was asked for and what was answered to it.

References
----------
PS3.4 C.4.2.1.4.2 (Failed SOP Instance UID List), C.4.2.1.6 to C.4.2.1.9 (numbers of sub-operations), C.4.2.3.1 and
C.4.3.3.1 (statuses).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from pydantic import Field

from dicom_conformance.errors import HarnessError
from dicom_conformance.files import Texts
from dicom_conformance.judge.checks.choice import finding, listed
from dicom_conformance.judge.checks.exchange import Exchange, Which, chosen, exchanges, identifier
from dicom_conformance.judge.checks.same_instance import difference
from dicom_conformance.judge.checks.wanted import Wanted
from dicom_conformance.results import Finding, Level
from dicom_conformance.trace import Held, Known, SeenMessage, Trace, read_attributes
from dicom_wire.statuses import StatusClass, status_class

CHECK = "retrieved"
NONE: Final = ("none",)
ANY: Final = ("any",)
REMAINING: Final = "NumberOfRemainingSuboperations"
COUNTS: Final = {
    "completed": "NumberOfCompletedSuboperations",
    "failed": "NumberOfFailedSuboperations",
    "warning": "NumberOfWarningSuboperations",
}
FAILED_LIST: Final = "FailedSOPInstanceUIDList"
CANCELED: Final = 0xFE00


class RetrievedWanted(Wanted):
    """What a retrieval is to bring, judged by the C-STORE-RQs that the archive sent and how they were answered.

    `exactly` names the fixtures that are asked for (a name stands for all instances below it); `arrived` those that are
    sent, where it is not the same. Counts, status and list are held against what the receiver answered, instance by
    instance; whether final responses bear counts at all is a finding of its own, with its own level.
    """

    exactly: Texts = Field(description="names of the fixtures that are asked for, or `none`")
    arrived: Texts = Field(
        default=(),
        description="names of those that are sent, `none`, or `any` of `exactly`; all of `exactly` if not given",
    )
    counts: Literal["agree"] | None = Field(default=None, description="the numbers of sub-operations are true")
    status: Literal["agrees"] | None = Field(default=None, description="the final status is that of the outcome")
    failed_list: Literal["exact"] | None = Field(
        default=None, description="Failed SOP Instance UID List names what failed, and is absent where nothing did"
    )
    originator: Literal["agrees"] | None = Field(
        default=None,
        description="Move Originator, where a C-STORE-RQ names one, is the AE and the Message ID of the C-MOVE",
    )
    data_set: Literal["identical", "as_stated"] | None = Field(
        default=None, description="what arrived is what was stored; `as_stated`: but for the elements of `coerces`"
    )
    coerces: Texts = Field(default=(), description="keywords of elements that the archive may change")
    requestor: str | None = Field(default=None, description="AE that asks")
    acceptor: str | None = Field(default=None, description="AE that is asked")
    request: Which = Field(default="latest", description="which C-MOVE-RQ or C-GET-RQ: `latest`, or a number from 1")


@dataclass(frozen=True, slots=True)
class SubOperation:
    """One C-STORE-RQ of a retrieval, and the status that it was answered with (None: no answer)."""

    message: SeenMessage
    uid: str
    status: int | None


def judge(trace: Trace, wanted: RetrievedWanted) -> list[Finding]:
    """Judge one retrieval: what was sent, and what the responses say of it."""
    if trace.known is None:
        raise HarnessError("nothing is known of the archive: the scenario needs a fixture")
    found = exchanges(trace, ("C-MOVE-RQ", "C-GET-RQ"), wanted.requestor, wanted.acceptor)
    exchange = chosen(found, wanted.request)
    if exchange is None:
        return [finding(CHECK, False, "a C-MOVE-RQ or C-GET-RQ is sent", "none was sent")]
    sent = sub_operations(trace, exchange)
    asked = _uids(trace.known, wanted.exactly)
    outcome = _outcome(asked, sent)
    findings = [_arrived(asked, _arriving(trace.known, wanted, asked, sent), sent)]
    if wanted.counts:
        findings.extend(_counts(exchange, outcome))
    if wanted.status:
        findings.append(_status(exchange, outcome))
    if wanted.failed_list:
        findings.extend(_failed_list(exchange, outcome))
    if wanted.originator:
        findings.append(_originator(exchange, sent))
    if wanted.data_set:
        findings.append(_data_sets(trace.known, sent, wanted))
    where = (exchange.place,)
    return [replace(one, evidence=where) for one in findings]


def sub_operations(trace: Trace, exchange: Exchange) -> list[SubOperation]:
    """Give the C-STORE-RQs that the archive sent for a request: on its association (C-GET), or on others (C-MOVE)."""
    own, request = exchange.conversation, exchange.request
    archive = own.acceptor if request.sender == own.requestor else own.requestor
    later = [
        other.request.t_ns
        for other in exchanges(trace, ("C-MOVE-RQ", "C-GET-RQ"), None, None)
        if other.request.t_ns > request.t_ns
    ]
    until = min(later, default=None)
    found = []
    for one in trace.conversations:
        if (one is own) is not (request.name == "C-GET-RQ"):
            continue
        for message in one.messages:
            in_time = message.t_ns >= request.t_ns and (until is None or message.t_ns < until)
            if message.name == "C-STORE-RQ" and message.sender == archive and in_time:
                answer = _answer(one.messages, message)
                found.append(SubOperation(message, _uid(message), None if answer is None else answer.status))
    return found


def _uid(message: SeenMessage) -> str:
    return (message.command.text("AffectedSOPInstanceUID") or "").strip(" \0")


def _answer(messages: list[SeenMessage], request: SeenMessage) -> SeenMessage | None:
    number, begun = request.command.get("MessageID"), False
    for message in messages:
        begun = begun or message is request
        same = message.command.get("MessageIDBeingRespondedTo") == number
        if begun and message.name == "C-STORE-RSP" and same and message.side is not request.side:
            return message
    return None


def _uids(known: Known, names: tuple[str, ...]) -> dict[str, str]:
    try:
        return {} if names == NONE else known.keys(names, "IMAGE")
    except LookupError as error:
        raise HarnessError(str(error.args[0])) from error


def _arriving(
    known: Known, wanted: RetrievedWanted, asked: Mapping[str, str], sent: list[SubOperation]
) -> Mapping[str, str]:
    if wanted.arrived == ANY:
        came = {one.uid for one in sent}
        return {uid: name for uid, name in asked.items() if uid in came}
    return _uids(known, wanted.arrived) if wanted.arrived else asked


def _outcome(asked: Mapping[str, str], sent: list[SubOperation]) -> dict[str, set[str]]:
    """Sort what was asked for by what came of it; what was not answered with success or a warning failed."""
    kinds = {one.uid: None if one.status is None else status_class(one.status) for one in sent}
    completed = {uid for uid in asked if kinds.get(uid) is StatusClass.SUCCESS}
    warning = {uid for uid in asked if kinds.get(uid) is StatusClass.WARNING}
    return {"completed": completed, "warning": warning, "failed": set(asked) - completed - warning}


def _arrived(asked: Mapping[str, str], arriving: Mapping[str, str], sent: list[SubOperation]) -> Finding:
    uids = [one.uid for one in sent]
    names = dict(asked) | dict(arriving)
    missing = [name for uid, name in arriving.items() if uid not in uids]
    besides = [names.get(uid, uid) for uid in dict.fromkeys(uids) if uid not in arriving]
    twice = [names.get(uid, uid) for uid in dict.fromkeys(uids) if uids.count(uid) > 1]
    kinds = {"not sent": missing, "sent in addition": besides, "sent more than once": twice}
    wrong = "; ".join(f"{what}: {listed(which)}" for what, which in kinds.items() if which)
    expected = f"exactly these are sent: {listed(arriving.values(), none='nothing')}"
    return finding(CHECK, not wrong, expected, wrong or f"{len(uids)} sent")


def _counts(exchange: Exchange, outcome: Mapping[str, set[str]]) -> Iterator[Finding]:
    is_get, final = exchange.request.name == "C-GET-RQ", exchange.final
    clause = "PS3.4 C.4.3.1.6" if is_get else "PS3.4 C.4.2.1.7"
    true = {kind: len(uids) for kind, uids in outcome.items()}
    if final is None:
        yield finding(CHECK, False, "a final response with counts", exchange.ending)
        return
    said = {kind: final.command.number(keyword) for kind, keyword in COUNTS.items()}
    told = ", ".join(f"{kind} {'absent' if count is None else count}" for kind, count in said.items())
    if final.status == CANCELED:
        done = {kind: true[kind] for kind in ("completed", "warning")}
        wrong = [kind for kind, count in done.items() if said[kind] not in (None, count)]
        expected = f"counts of what was sent: {', '.join(f'{kind} {count}' for kind, count in done.items())}"
        yield finding(CHECK, not wrong, expected, told)
    else:  # of a retrieval that was canceled, what was never tried is no failure
        wrong = [kind for kind, count in said.items() if count is not None and count != true[kind]]
        expected = f"counts, where present: {', '.join(f'{kind} {count}' for kind, count in true.items())}"
        yield finding(CHECK, not wrong, expected, told)
        there = REMAINING in final.command
        yield replace(
            finding(CHECK, not there, f"{final.status or 0:04X} without {REMAINING}", "present" if there else "absent"),
            level=Level.SHALL,
            clause="PS3.4 C.4.3.1.5" if is_get else "PS3.4 C.4.2.1.6",
        )
    level = Level.SHALL if final.status == CANCELED else Level.NOTE if is_get else Level.SHOULD
    complete = None not in said.values()
    present = finding(CHECK, complete, "the final response bears the three counts", told)
    yield replace(present, level=level, clause=clause)
    yield from _on_the_way(exchange, clause)


def _on_the_way(exchange: Exchange, clause: str) -> Iterator[Finding]:
    """Judge pending responses, which are optional: all four counts (shall); their sum stays (should)."""
    sums: list[int] = []
    wrong = 0
    for message in exchange.pending:
        counts = [message.command.number(keyword) for keyword in (REMAINING, *COUNTS.values())]
        whole = [count for count in counts if count is not None]
        if len(whole) == len(counts):
            sums.append(sum(whole))
        else:
            wrong += 1
    number = len(exchange.pending)
    expected = "each pending response bears the four counts"
    yield replace(finding(CHECK, not wrong, expected, f"{wrong} of {number} do not"), level=Level.SHALL, clause=clause)
    expected, actual = "the sum of the four counts stays the same", listed(sums, none="no pending response")
    yield replace(finding(CHECK, len(set(sums)) <= 1, expected, actual), level=Level.SHOULD, clause=clause)


def _status(exchange: Exchange, outcome: Mapping[str, set[str]]) -> Finding:
    final = exchange.final
    kind = None if final is None or final.status is None else status_class(final.status)
    failed, good = bool(outcome["failed"]), bool(outcome["completed"] | outcome["warning"])
    wanted: tuple[StatusClass, ...]
    if failed and not good:
        wanted, expected = (StatusClass.FAILURE,), "a failure, for nothing was stored"
    elif failed:
        wanted, expected = (StatusClass.WARNING,), "B000, for a part was not stored"
    elif outcome["warning"]:
        wanted, expected = (StatusClass.SUCCESS, StatusClass.WARNING), "0000 or B000, for there were warnings"
    else:
        wanted, expected = (StatusClass.SUCCESS,), "0000, for everything was stored"
    return finding(CHECK, kind in wanted, expected, exchange.ending)


def _failed_list(exchange: Exchange, outcome: Mapping[str, set[str]]) -> Iterator[Finding]:
    final = exchange.final
    early = sum(1 for one in exchange.pending if one.data_set is not None)
    yield finding(CHECK, not early, "no Identifier in pending responses", f"{early} with an Identifier")
    if final is None:
        yield finding(CHECK, False, "a final response", exchange.ending)
        return
    element = identifier(final).get(FAILED_LIST)
    named = set() if element is None else set(element.values)
    if not outcome["failed"]:
        actual = "no Identifier" if final.data_set is None else f"an Identifier with {listed(sorted(named))}"
        yield finding(CHECK, final.data_set is None, "no Identifier, for nothing failed", actual)
        return
    missing, besides = sorted(outcome["failed"] - named), sorted(named - outcome["failed"])
    wrong = [f"without {uid}" for uid in missing] + [f"with {uid}, which did not fail" for uid in besides]
    expected = f"{FAILED_LIST} names the {len(outcome['failed'])} that failed"
    yield finding(CHECK, not wrong, expected, listed(wrong, most=4, none=f"{len(named)} named"))


def _originator(exchange: Exchange, sent: list[SubOperation]) -> Finding:
    """Judge the Move Originator AE Title and Message ID, which may be absent (PS3.7 9.1.1.1.6, 9.1.1.1.7)."""
    calling = exchange.conversation.request
    title = "" if calling is None else calling.calling_ae_title.strip(" ")
    number = exchange.request.command.number("MessageID")
    wrong = []
    for one in sent:
        named_title = one.message.command.text("MoveOriginatorApplicationEntityTitle")
        if named_title is not None and named_title.strip(" \0") != title:
            wrong.append(f"AE title {named_title.strip()}")
        if one.message.command.number("MoveOriginatorMessageID") not in (None, number):
            wrong.append(f"Message ID {one.message.command.number('MoveOriginatorMessageID')}")
    expected = f"Move Originator, where named, is {title} with Message ID {number}"
    actual = listed(dict.fromkeys(wrong), none=f"as expected in {len(sent)} C-STORE-RQ")
    return finding(CHECK, not wrong, expected, actual)


def _data_sets(known: Known, sent: list[SubOperation], wanted: RetrievedWanted) -> Finding:
    wrong = []
    for one in sent:
        origin = known.find("IMAGE", one.uid)
        if origin is None or origin.original is None or one.message.data_set is None:
            continue
        sop_class = one.message.command.text("AffectedSOPClassUID") or ""
        came = Held(sop_class, one.uid, one.message.transfer_syntax or "", one.message.data_set)
        stored = origin.original()
        whole = wanted.data_set == "identical"
        problem = difference(stored, came) if whole else _changed(stored, came, wanted.coerces)
        if problem is not None:
            wrong.append(f"{origin.name}: {problem}")
    expected = "what arrives is what was stored" + (f", but for {listed(wanted.coerces)}" if wanted.coerces else "")
    return finding(CHECK, bool(sent) and not wrong, expected, listed(wrong, most=4, none=f"{len(sent)} arrived"))


def _changed(stored: Held, came: Held, coerces: tuple[str, ...]) -> str | None:
    """Name the elements that are lost or changed, but for those that may be; what has no value is not lost."""
    before, after = (read_attributes(one.data_set, one.transfer_syntax) for one in (stored, came))
    if after.fault is not None:
        return f"cannot be read: {after.fault}"
    lost = []
    for one in before:
        other = after.attributes.get(one.tag)
        if one.name in (*coerces, "SpecificCharacterSet") or (one.is_empty and other is None):
            continue
        if other is None:
            lost.append(f"{one.name} is missing")
        elif one.values != other.values or len(one.items) != len(other.items):
            lost.append(f"{one.name} is {other.text!r}, not {one.text!r}")
    return listed(lost, most=5) if lost else None
