"""The check `association`: how many there were, how they ended, and what each side announced."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from dicom_conformance.files import counted
from dicom_conformance.files import listed as read_list
from dicom_conformance.judge.checks.announcement import FACETS, Role
from dicom_conformance.judge.checks.choice import (
    abort_differs,
    associations,
    between,
    end_pointer,
    finding,
    listed,
    pick,
    pointer,
    rejection_differs,
    wanted_fields,
)
from dicom_conformance.judge.checks.wanted import AT_LEAST_ONE, Abort, Count, Position, Rejection, Wanted
from dicom_conformance.results import EMPTY, Finding
from dicom_conformance.trace import Conversation, Trace, simultaneous
from dicom_wire.capture import Side

CHECK = "association"

Ending = Literal["released", "rejected", "aborted", "closed", "reset", "refused", "open"]


class AssociationWanted(Wanted):
    """What may be wanted of the associations between two AEs.

    `requestor` and `acceptor` choose the associations, `position` one of them; without it every chosen one must
    satisfy the rest. `count` is 'at least 1' unless given. `sender` names the AE whose A-ASSOCIATE PDU the fields
    from `maximum_length` on are read from (the subject, unless given). `role_selection: default` admits sub-items that
    leave the requestor SCU and the acceptor SCP.
    """

    requestor: str | None = Field(
        default=None,
        description=(
            "AE that opened the association; with `acceptor` it chooses the associations, and one of the two is needed"
        ),
    )
    acceptor: str | None = Field(default=None, description="AE that the association was opened to")
    position: Position | None = Field(
        default=None, description="judge only this one of the chosen associations; without it, every chosen one"
    )
    count: Count | None = Field(default=None, description="how many there are (at least 1 if not given)")
    simultaneous: Count | None = Field(default=None, description="how many exist at the same time, at most")
    established: bool | None = Field(default=None, description="whether the association was accepted")
    ends: Annotated[tuple[Ending, ...], BeforeValidator(read_list)] = Field(
        default=(), description="the ends that are admitted"
    )
    released_by: str | None = Field(default=None, description="the AE that released it")
    closed_by: str | None = Field(
        default=None, description="the AE that closes or resets the TCP connection before the other one does"
    )
    rejection: Rejection | None = Field(default=None, description="the A-ASSOCIATE-RJ that rejected it")
    abort: Abort | None = Field(default=None, description="the A-ABORT that ended it")
    called_ae_title: str | None = Field(default=None, description="called AE title of the request")
    calling_ae_title: str | None = Field(default=None, description="calling AE title of the request")
    sender: str | None = Field(
        default=None, description="AE whose A-ASSOCIATE PDU the keys below are read from (the subject if not given)"
    )
    maximum_length: Count | None = Field(default=None, description="maximum length announced, in bytes")
    implementation_class_uid: str | None = Field(default=None, description="Implementation Class UID")
    implementation_version_name: str | None = Field(default=None, description="Implementation Version Name")
    application_context: str | None = Field(default=None, description="application context name")
    protocol_version: int | None = Field(default=None, description="protocol version")
    contexts: Count | None = Field(default=None, description="number of presentation contexts")
    asynchronous_operations_window: Literal["absent", "present", "single"] | None = Field(
        default=None,
        description=(
            "the Asynchronous Operations Window: absent, present, or `single` (absent, or one operation each way)"
        ),
    )
    role_selection: Literal["absent", "present", "default"] | None = Field(
        default=None,
        description=(
            "the SCP/SCU Role Selection items: absent, present, or `default` (absent, or the requestor is SCU and the "
            "acceptor SCP)"
        ),
    )
    roles: tuple[Role, ...] = Field(default=(), description="the SCP/SCU Role Selection items that must be there")
    extended_negotiation: Literal["absent", "present"] | None = Field(
        default=None, description="whether there are SOP Class Extended Negotiation items"
    )
    user_identity: Literal["absent", "present"] | None = Field(
        default=None, description="whether there is a User Identity item"
    )

    @model_validator(mode="after")
    def _someone(self) -> AssociationWanted:
        if self.requestor is None and self.acceptor is None:
            raise ValueError("an association is chosen by requestor, acceptor or both")
        return self


def judge(trace: Trace, wanted: AssociationWanted) -> list[Finding]:
    """Judge the associations between two AEs: one finding for each thing that is wanted."""
    found = associations(trace, wanted.requestor, wanted.acceptor)
    chosen = pick(found, wanted.position)
    findings = list(_numbers(found, wanted))
    if found and not chosen:
        expected = f"an association {between(wanted.requestor, wanted.acceptor)} ({wanted.position})"
        findings.append(finding(CHECK, False, expected, counted(len(found), "association")))
    if chosen:
        findings.extend(_beginnings_and_ends(chosen, wanted))
        findings.extend(_announcements(chosen, wanted, wanted.sender or trace.subject))
    return findings or [_number(found, wanted)]


def _numbers(found: list[Conversation], wanted: AssociationWanted) -> Iterator[Finding]:
    """Judge how many associations there are, whichever of them the rest is about."""
    if wanted.count is not None or not found:
        yield _number(found, wanted)
    if wanted.simultaneous is not None:
        most = simultaneous(found)
        where = between(wanted.requestor, wanted.acceptor)
        expected = f"{counted(wanted.simultaneous, 'association')} {where} at the same time"
        yield finding(CHECK, wanted.simultaneous.admit(most), expected, f"{most} at the same time")


def _number(found: list[Conversation], wanted: AssociationWanted) -> Finding:
    """Judge how many associations there are: at least one, where nothing else is wanted."""
    bounds = wanted.count or AT_LEAST_ONE
    matching = [one for one in found if one.established] if wanted.established else found
    ends = listed((str(one.end) for one in matching), none="no association")
    expected = f"{counted(bounds, 'association')} {between(wanted.requestor, wanted.acceptor)}"
    return finding(CHECK, bounds.admit(len(matching)), expected, f"{len(matching)}: {ends}", EMPTY)


def _beginnings_and_ends(chosen: list[Conversation], wanted: AssociationWanted) -> Iterator[Finding]:
    """Judge how the associations began and ended."""
    where = between(wanted.requestor, wanted.acceptor)
    if wanted.established is not None and wanted.count is None:
        wrong = [one for one in chosen if (one.accept is not None) is not wanted.established]
        state = "established" if wanted.established else "not established"
        yield _judge_all(wrong, chosen, f"the association {where} is {state}")
    if wanted.ends:
        wrong = [one for one in chosen if one.end.how not in wanted.ends]
        yield _judge_all(wrong, chosen, f"the association {where} ends {' or '.join(wanted.ends)}")
    if wanted.released_by is not None:
        wrong = [one for one in chosen if one.end.how != "released" or one.end.by != wanted.released_by]
        yield _judge_all(wrong, chosen, f"the association {where} is released by {wanted.released_by}")
    if wanted.closed_by is not None:
        yield _closing(chosen, wanted.closed_by, where)
    if (rejection := wanted.rejection) is not None:
        wrong = [
            one
            for one in chosen
            if one.end.how != "rejected" or rejection_differs(rejection, one.end.result, one.end.source, one.end.reason)
        ]
        yield _judge_all(wrong, chosen, f"A-ASSOCIATE-RJ: {wanted_fields(rejection)}")
    if (abort := wanted.abort) is not None:
        wrong = [
            one
            for one in chosen
            if one.end.how != "aborted" or abort_differs(abort, one.end.by, one.end.source, one.end.reason)
        ]
        yield _judge_all(wrong, chosen, f"A-ABORT: {wanted_fields(abort)}")
    for title in ("called_ae_title", "calling_ae_title"):
        text = getattr(wanted, title)
        if text is not None:
            values = [(one, getattr(one.request, title) if one.request else None) for one in chosen]
            what = title.replace("_ae_title", " AE title")
            yield _of_values(what, text, values, partial(operator.eq, text))


def _closing(chosen: list[Conversation], closer: str, where: str) -> Finding:
    """Judge who closes or resets the TCP connection first."""
    wrong = [one for one in chosen if one.closed_by != closer]
    by = listed(f"closed first by {one.closed_by}" if one.closed_by else "still open" for one in wrong or chosen)
    expected = f"the connection {where} is closed first by {closer}"
    return finding(CHECK, not wrong, expected, by, EMPTY, [pointer(one) for one in wrong[:5]])


def _judge_all(wrong: list[Conversation], chosen: list[Conversation], expected: str) -> Finding:
    shown = wrong or chosen
    ends = listed(str(one.end) + ("" if one.accept or one.request is None else ", never accepted") for one in shown)
    return finding(CHECK, not wrong, expected, ends, EMPTY, [end_pointer(one) for one in wrong[:5]])


def _of_values(
    what: str, expected: str, values: list[tuple[Conversation, object]], admit: Callable[[object], bool]
) -> Finding:
    wrong = [(one, value) for one, value in values if not admit(value)]
    actual = listed("not sent" if value is None else value for _, value in wrong or values)
    return finding(CHECK, not wrong, f"{what}: {expected}", actual, EMPTY, [pointer(one) for one, _ in wrong[:5]])


def _announcements(chosen: list[Conversation], wanted: AssociationWanted, sender: str) -> Iterator[Finding]:
    """Judge what one AE announced in its A-ASSOCIATE-RQ or -AC."""
    facets = [facet for facet in FACETS if getattr(wanted, facet.field) not in (None, ())]
    if not facets:
        return
    sent = [(one, one.request if one.side(sender) is Side.REQUESTOR else one.accept) for one in chosen]
    received = [(one, pdu) for one, pdu in sent if pdu is not None]
    if not received:
        ends = listed(str(one.end) for one in chosen)
        yield finding(CHECK, False, f"an A-ASSOCIATE PDU of {sender}", f"none; {ends}", EMPTY, [pointer(chosen[0])])
        return
    for facet in facets:
        values = [(one, facet.read(pdu)) for one, pdu in received]
        value = getattr(wanted, facet.field)
        admit = partial(facet.admit, value)
        yield _of_values(f"{facet.what} of {sender}", facet.expected(value), values, admit)
