"""Each standing rule notices what breaks it, names the side and the clause, and is silent on what is lawful."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hand_written import CT, EXPLICIT, IMPLICIT, MR, A, R, Talk, acceptance, information, request, trace_of

from dicom_conformance.judge import STANDING_RULES, Breach, breaches
from dicom_conformance.results import Level
from dicom_wire import Kind, Recorder, Side
from dicom_wire.items import AsynchronousOperationsWindow, PresentationContextAC, RoleSelection
from dicom_wire.pdu import AAbort, AAssociateAC, AAssociateRJ, AReleaseRP, AReleaseRQ

FIND = "1.2.840.10008.5.1.4.1.2.2.1"
MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
VERIFICATION = "1.2.840.10008.1.1"
IDENTIFIER = bytes.fromhex("20000d00554902003120")
Written = Callable[[Talk], object]


def found(write: Written) -> list[Breach]:
    """Judge one conversation that is written by hand."""
    (one,) = trace_of(lambda recorder: write(Talk(recorder))).conversations
    return breaches(one)


def find(talk: Talk, number: int = 1) -> Talk:
    return talk.say(R, "C-FIND-RQ", IDENTIFIER, AffectedSOPClassUID=FIND, MessageID=number, Priority=0)


def found_one(talk: Talk, status: int, data_set: bytes | None = None, number: int = 1, **more: object) -> Talk:
    return talk.say(
        A, "C-FIND-RSP", data_set, AffectedSOPClassUID=FIND, MessageIDBeingRespondedTo=number, Status=status, **more
    )


def told_event(talk: Talk, number: int, side: Side = A) -> Talk:
    elements = {"AffectedSOPClassUID": FIND, "AffectedSOPInstanceUID": "1.2", "EventTypeID": 1}
    return talk.say(side, "N-EVENT-REPORT-RQ", MessageID=number, **elements)


def opened(talk: Talk) -> Talk:
    return talk.opened((FIND, (EXPLICIT,)))


def with_window(talk: Talk, invoked: int) -> Talk:
    proposed = request((FIND, (EXPLICIT,)), more=[AsynchronousOperationsWindow(0, 1)])
    answer = acceptance((0, EXPLICIT))
    assert isinstance(answer, AAssociateAC)
    items = (*answer.items[:-1], information(16384, AsynchronousOperationsWindow(invoked, 1)))
    return talk.pdu(R, proposed).pdu(A, AAssociateAC("WORKSTATION", "MODALITY", items))


def answered(talk: Talk, *items: object, contexts: int = 1, **fields: str) -> Talk:
    """An A-ASSOCIATE-AC to a request for `contexts` of CT, with these items in the place of the contexts."""
    talk.pdu(R, request(*[(CT, (EXPLICIT, IMPLICIT))] * contexts))
    made = acceptance()
    assert isinstance(made, AAssociateAC)
    titles = {"called_ae_title": "WORKSTATION", "calling_ae_title": "MODALITY", **fields}
    return talk.pdu(A, AAssociateAC(items=(made.items[0], *items, made.items[-1]), **titles))


def move_abandoned(talk: Talk) -> Talk:
    talk.opened((MOVE, (EXPLICIT,)))
    talk.say(R, "C-MOVE-RQ", IDENTIFIER, AffectedSOPClassUID=MOVE, MessageID=1, Priority=0, MoveDestination="THERE")
    talk.say(A, "C-MOVE-RSP", AffectedSOPClassUID=MOVE, MessageIDBeingRespondedTo=1, Status=0xFF00)
    return talk.pdu(A, AReleaseRQ())


BROKEN: dict[str, tuple[Side, str, Written]] = {
    "first-pdu": (R, "A-RELEASE-RQ", lambda t: t.pdu(R, AReleaseRQ())),
    "wrong-side": (A, "A-ASSOCIATE-RQ", lambda t: t.pdu(A, request((CT, (EXPLICIT,))))),
    "second-request": (R, "A-ASSOCIATE-RQ", lambda t: t.opened().pdu(R, request((CT, (EXPLICIT,))))),
    "second-answer": (A, "A-ASSOCIATE-AC", lambda t: t.opened().pdu(A, acceptance((0, EXPLICIT)))),
    "before-association": (
        R,
        "P-DATA-TF",
        lambda t: t.pdu(R, request((CT, (EXPLICIT,)))).say(R, "C-ECHO-RQ", AffectedSOPClassUID=CT, MessageID=1),
    ),
    "release-not-requested": (A, "A-RELEASE-RP", lambda t: t.opened().pdu(A, AReleaseRP())),
    "second-release": (R, "A-RELEASE-RQ", lambda t: t.opened().pdu(R, AReleaseRQ()).pdu(R, AReleaseRQ())),
    "after-release": (R, "P-DATA-TF", lambda t: find(opened(t).pdu(R, AReleaseRQ()))),
    "after-abort": (A, "P-DATA-TF", lambda t: found_one(find(opened(t)).pdu(A, AAbort(0, 0)), 0)),
    "after-rejection": (
        A,
        "A-RELEASE-RQ",
        lambda t: t.pdu(R, request((CT, (EXPLICIT,)))).pdu(A, AAssociateRJ(1, 1, 1)).pdu(A, AReleaseRQ()),
    ),
    "request-not-answered": (A, "TCP", lambda t: t.pdu(R, request((CT, (EXPLICIT,)))).saw(Kind.FIN, A)),
    "release-not-answered": (A, "TCP", lambda t: t.opened().pdu(R, AReleaseRQ()).saw(Kind.FIN, A)),
    "closed-without-release": (A, "TCP", lambda t: find(opened(t)).saw(Kind.RST, A)),
    "released-while-owing": (A, "A-RELEASE-RQ", move_abandoned),
    "context-not-accepted": (
        R,
        "P-DATA-TF",
        lambda t: opened(t).say(R, "C-ECHO-RQ", context_id=7, AffectedSOPClassUID=FIND, MessageID=1),
    ),
    "maximum-length": (
        R,
        "P-DATA-TF",
        lambda t: t.pdu(R, request((CT, (EXPLICIT,)))).pdu(A, acceptance((0, EXPLICIT), maximum_length=64)).store(),
    ),
    "response-not-due": (A, "C-FIND-RSP", lambda t: found_one(find(opened(t)), 0, number=9)),
    "response-of-another-kind": (
        A,
        "C-ECHO-RSP",
        lambda t: find(opened(t)).say(A, "C-ECHO-RSP", MessageIDBeingRespondedTo=1, Status=0),
    ),
    "response-for-another-class": (
        A,
        "C-FIND-RSP",
        lambda t: find(opened(t)).say(A, "C-FIND-RSP", AffectedSOPClassUID=MOVE, MessageIDBeingRespondedTo=1, Status=0),
    ),
    "response-for-another-instance": (
        A,
        "C-STORE-RSP",
        lambda t: (
            t.opened()
            .say(R, "C-STORE-RQ", b"", AffectedSOPClassUID=CT, MessageID=1, Priority=0, AffectedSOPInstanceUID="1.2")
            .say(A, "C-STORE-RSP", MessageIDBeingRespondedTo=1, Status=0, AffectedSOPInstanceUID="1.3")
        ),
    ),
    "response-in-another-context": (
        A,
        "C-FIND-RSP",
        lambda t: found_one(find(t.opened((FIND, (EXPLICIT,)), (FIND, (IMPLICIT,)))), 0, context_id=3),
    ),
    "message-id-in-use": (R, "C-FIND-RQ", lambda t: find(find(with_window(t, 0)))),
    "window-exceeded": (R, "C-FIND-RQ", lambda t: find(find(opened(t)), 2)),
    "cancel-of-nothing": (
        R,
        "C-CANCEL-RQ",
        lambda t: opened(t).say(R, "C-CANCEL-RQ", MessageIDBeingRespondedTo=3),
    ),
    "status-undefined": (A, "C-FIND-RSP", lambda t: found_one(find(opened(t)), 0x1234)),
    "pending-without-identifier": (A, "C-FIND-RSP", lambda t: found_one(find(opened(t)), 0xFF00)),
    "identifier-at-the-end": (A, "C-FIND-RSP", lambda t: found_one(find(opened(t)), 0, IDENTIFIER)),
    "class-of-another-context": (
        R,
        "C-FIND-RQ",
        lambda t: find(t.opened((MOVE, (EXPLICIT,)))),
    ),
    "data-set-unreadable": (R, "C-STORE-RQ", lambda t: t.opened().store(data_set=b"\x08\x00\x05\x00CS\xff\x0012")),
    "one_result_each": (A, "A-ASSOCIATE-AC", lambda t: answered(t, PresentationContextAC(1, 0, EXPLICIT), contexts=2)),
    "as_proposed": (A, "A-ASSOCIATE-AC", lambda t: answered(t, PresentationContextAC(1, 0, "1.2.840.10008.1.2.2"))),
    "reasons": (
        A,
        "A-ASSOCIATE-AC",
        lambda t: answered(t, PresentationContextAC(1, 0, EXPLICIT), PresentationContextAC(3, 3, None), contexts=2),
    ),
    "default_syntax": (A, "A-ASSOCIATE-AC", lambda t: answered(t, PresentationContextAC(1, 4, None))),
    "roles": (
        A,
        "A-ASSOCIATE-AC",
        lambda t: t.pdu(R, request((CT, (EXPLICIT,)))).pdu(
            A,
            AAssociateAC(
                "WORKSTATION",
                "MODALITY",
                (*acceptance((0, EXPLICIT)).items[:-1], information(16384, RoleSelection(CT, 1, 1))),
            ),
        ),
    ),
    "window": (
        A,
        "A-ASSOCIATE-AC",
        lambda t: t.pdu(R, request((CT, (EXPLICIT,)))).pdu(
            A,
            AAssociateAC(
                "WORKSTATION",
                "MODALITY",
                (*acceptance((0, EXPLICIT)).items[:-1], information(16384, AsynchronousOperationsWindow(1, 1))),
            ),
        ),
    ),
    "titles": (
        A,
        "A-ASSOCIATE-AC",
        lambda t: answered(t, PresentationContextAC(1, 0, EXPLICIT), called_ae_title="ANOTHER"),
    ),
}
"""Rule to who breaks it, in which message, and a conversation in which this happens."""

LAWFUL: dict[str, Written] = {
    "a store": lambda t: t.opened().store().released(),
    "pending answers and a final one": lambda t: found_one(
        found_one(found_one(find(opened(t)), 0xFF00, IDENTIFIER), 0xFF01, IDENTIFIER), 0
    ).released(),
    "a failure with an error comment": lambda t: found_one(find(opened(t)), 0xA700, ErrorComment="no").released(),
    "a cancelled query": lambda t: found_one(
        find(opened(t)).say(R, "C-CANCEL-RQ", MessageIDBeingRespondedTo=1), 0xFE00
    ).released(),
    "a cancel that comes too late": lambda t: (
        found_one(find(opened(t)), 0).say(R, "C-CANCEL-RQ", MessageIDBeingRespondedTo=1).released()
    ),
    "as many operations as were negotiated": lambda t: found_one(
        found_one(find(find(with_window(t, 2)), 2), 0, number=2), 0
    ).released(),
    "reports of events, which are no operations that the window bounds": lambda t: told_event(
        told_event(find(opened(t)), 7), 8
    ).say(R, "N-EVENT-REPORT-RSP", MessageIDBeingRespondedTo=7, Status=0),
    "an operation beside a report of its own side": lambda t: find(told_event(opened(t), 7, R)),
    "the same Message ID again, after its answer": lambda t: found_one(
        find(found_one(find(opened(t)), 0)), 0
    ).released(),
    "an abort by the requestor": lambda t: find(opened(t)).pdu(R, AAbort(0, 0)).saw(Kind.FIN, A),
    "a rejection": lambda t: t.pdu(R, request((CT, (EXPLICIT,)))).pdu(A, AAssociateRJ(1, 1, 1)).saw(Kind.FIN, R),
    "a release collision": lambda t: (
        t.opened().pdu(R, AReleaseRQ()).pdu(A, AReleaseRQ()).pdu(R, AReleaseRP()).pdu(A, AReleaseRP()).saw(Kind.FIN, R)
    ),
    "a request that crosses the acceptor's release": lambda t: find(opened(t)).pdu(A, AReleaseRQ()),
    "contexts that are refused": lambda t: answered(
        t, PresentationContextAC(1, 3, None), PresentationContextAC(3, 3, None), contexts=2
    ).released(),
    "a response that names neither class nor instance": lambda t: (
        t.opened()
        .say(R, "C-STORE-RQ", b"", AffectedSOPClassUID=CT, MessageID=1, Priority=0, AffectedSOPInstanceUID="1.2")
        .say(A, "C-STORE-RSP", MessageIDBeingRespondedTo=1, Status=0)
        .released()
    ),
    "a store of another class in its own context": lambda t: t.opened((MR, (EXPLICIT,)), (CT, (EXPLICIT,))).released(),
    "a connection that says nothing": lambda t: t.saw(Kind.FIN, R),
}


def test_each_rule_has_a_conversation_that_breaks_it() -> None:
    assert set(BROKEN) == set(STANDING_RULES)


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_noticed_with_side_message_and_clause(rule: str) -> None:
    side, message, write = BROKEN[rule]
    noticed = [each for each in found(write) if each.rule == rule]
    assert [(each.side, each.message) for each in noticed[:1]] == [(side, message)], found(write)
    assert noticed[0].level is STANDING_RULES[rule].level
    assert noticed[0].clause.startswith(STANDING_RULES[rule].clause)
    assert noticed[0].text


@pytest.mark.parametrize("conversation", LAWFUL)
def test_a_lawful_conversation_breaks_no_rule(conversation: str) -> None:
    assert found(LAWFUL[conversation]) == []


def test_a_violation_of_the_wire_is_a_breach_by_its_own_clause() -> None:
    (one,) = found(lambda t: t.opened().bytes(A, bytes.fromhex("420000000000")))
    assert (one.rule, one.clause, one.side, one.level) == ("pdu-type-unknown", "PS3.8 9.3.1", A, Level.SHALL)


def test_a_breach_names_the_pdu_that_shows_it() -> None:
    (one,) = found(lambda t: found_one(find(opened(t)), 0x1234).released())
    assert (one.rule, one.pdu) == ("status-undefined", 5)


def test_an_empty_recorder_has_nothing_to_judge() -> None:
    assert trace_of(lambda recorder: recorder).conversations == []
    assert Recorder().sightings == []
