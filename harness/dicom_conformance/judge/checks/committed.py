"""The check `committed`: the report of a storage commitment, held against what was asked for.

References
----------
PS3.4 J.3.2 (N-ACTION), J.3.3 (N-EVENT-REPORT), PS3.3 C.14.1.1 (Failure Reason).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from dicom_conformance.errors import HarnessError
from dicom_conformance.files import Texts
from dicom_conformance.files import listed as listed_values
from dicom_conformance.judge.checks.choice import finding, listed
from dicom_conformance.judge.checks.exchange import Which, chosen, exchanges, identifier
from dicom_conformance.judge.checks.wanted import Wanted
from dicom_conformance.results import Finding
from dicom_conformance.trace import Conversation, DataSet, SeenMessage, Trace

CHECK = "committed"
Place = Literal["same", "new", "same_association", "new_association"]


class CommittedWanted(Wanted):
    """What is to be reported on a request for storage commitment, judged by the N-EVENT-REPORT-RQ on the wire."""

    event: Literal["1", "2"] = Field(description="Event Type ID: 1 all are committed, 2 some are not")
    exactly: Texts = Field(default=(), description="fixtures, or UIDs, that are reported as committed, and no others")
    failed: dict[str, Texts] = Field(
        default_factory=dict,
        description="fixtures, or UIDs, that are reported as failed, and the reasons admitted (hex)",
    )
    association: Annotated[tuple[Place, ...], BeforeValidator(listed_values)] = Field(
        default=(),
        description="the associations on which the report may come; `same_association` and `new_association` likewise",
    )
    requestor: str | None = Field(default=None, description="AE that asks")
    acceptor: str | None = Field(default=None, description="AE that is asked")
    request: Which = Field(default="latest", description="which N-ACTION-RQ: `latest`, or a number counted from 1")


@dataclass(frozen=True, slots=True)
class Report:
    """One N-EVENT-REPORT-RQ and its data set."""

    conversation: Conversation
    message: SeenMessage
    data_set: DataSet


def judge(trace: Trace, wanted: CommittedWanted) -> list[Finding]:
    """Judge the report on one transaction: once, its event, both lists, and the association it came on."""
    exchange = chosen(exchanges(trace, ("N-ACTION-RQ",), wanted.requestor, wanted.acceptor), wanted.request)
    if exchange is None:
        return [finding(CHECK, False, "an N-ACTION-RQ is sent", "none was sent")]
    transaction = exchange.keys.text("TransactionUID") or ""
    seen = [
        Report(one, message, identifier(message))
        for one, message in trace.messages()
        if message.name == "N-EVENT-REPORT-RQ" and message.t_ns >= exchange.request.t_ns
    ]
    own = [one for one in seen if one.data_set.text("TransactionUID") == transaction]
    own = [one for one in own if _is_answered(one)] or own[-1:]  # one that got no answer may be sent again
    others = [one.data_set.text("TransactionUID") or "none" for one in seen]
    strangers = [uid for uid in others if uid != transaction]
    once = f"{len(own)} reports" + (f", others on {listed(strangers)}" if strangers else "")
    where = [exchange.place]
    findings = [finding(CHECK, len(own) == 1, f"one report on transaction {transaction}", once, evidence=where)]
    if not own:
        return findings
    report = own[-1]
    kind = report.message.command.number("EventTypeID")
    findings.append(finding(CHECK, str(kind) == wanted.event, f"event {wanted.event}", f"event {kind}", evidence=where))
    committed, failed = _uids(trace, wanted.exactly), _reasons(trace, wanted.failed)
    findings.append(_committed(committed, report.data_set))
    findings.append(_failed(failed, report.data_set))
    if wanted.association:
        came = "same" if report.conversation is exchange.conversation else "new"
        admitted = dict.fromkeys(place.removesuffix("_association") for place in wanted.association)
        expected = f"the report comes on the {' or the '.join(admitted)} association"
        findings.append(finding(CHECK, came in admitted, expected, f"on the {came} one", evidence=where))
    return findings


def _is_answered(report: Report) -> bool:
    number = report.message.command.get("MessageID")
    return any(
        each.name == "N-EVENT-REPORT-RSP"
        and each.t_ns >= report.message.t_ns
        and each.command.get("MessageIDBeingRespondedTo") == number
        for each in report.conversation.messages
    )


def _uids(trace: Trace, names: tuple[str, ...]) -> dict[str, str]:
    """Give what names stand for, UID to name; a UID stands for itself."""
    found = {}
    for name in names:
        if name[:1].isdigit():
            found[name] = name
        elif trace.known is None:
            raise HarnessError("nothing is known of the archive: the scenario needs a fixture")
        else:
            try:
                found |= trace.known.keys([name], "IMAGE")
            except LookupError as error:
                raise HarnessError(str(error.args[0])) from error
    return found


def _reasons(trace: Trace, failed: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {uid: reasons for name, reasons in failed.items() for uid in _uids(trace, (name,))}


def _references(data_set: DataSet, keyword: str) -> list[DataSet]:
    element = data_set.get(keyword)
    return [] if element is None else list(element.items)


def _committed(wanted: Mapping[str, str], report: DataSet) -> Finding:
    named = [item.text("ReferencedSOPInstanceUID") or "none" for item in _references(report, "ReferencedSOPSequence")]
    missing = [f"without {name}" for uid, name in wanted.items() if uid not in named]
    besides = [f"with {uid}" for uid in named if uid not in wanted]
    expected = f"committed, and no others: {listed(wanted.values(), none='none')}"
    wrong = [*missing, *besides]
    return finding(CHECK, not wrong, expected, listed(wrong, most=4, none=f"{len(named)} committed"))


def _failed(wanted: Mapping[str, tuple[str, ...]], report: DataSet) -> Finding:
    reasons = {}
    for item in _references(report, "FailedSOPSequence"):
        reason = item.text("FailureReason")
        uid = item.text("ReferencedSOPInstanceUID") or "none"
        reasons[uid] = "none" if reason is None else f"{int(reason):04X}"
    wrong = [f"without {uid}" for uid in wanted if uid not in reasons]
    wrong += [f"with {uid} {reason}" for uid, reason in reasons.items() if uid not in wanted]
    for uid, admitted in wanted.items():
        texts = tuple(each.upper() for each in admitted)
        if uid in reasons and texts and reasons[uid] not in texts:
            wrong.append(f"{uid} with {reasons[uid]}, not {' or '.join(texts)}")
    expected = f"failed, and no others: {listed(wanted, none='none')}"
    return finding(CHECK, not wrong, expected, listed(wrong, most=4, none=f"{len(reasons)} failed"))
