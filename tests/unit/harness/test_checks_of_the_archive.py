"""The checks of queries, retrievals and commitments, on traces written by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hand_written import EXPLICIT, A, R, Talk, element, judged, met, trace_of

from dicom_conformance.results import Finding, Level
from dicom_conformance.scenario.fixtures import standard
from dicom_conformance.trace import Trace
from dicom_wire.capture.sighting import Side

FIND, GET, COMMIT = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.3", "1.2.840.10008.1.20.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
FIXTURES = standard()
FIRST, LAST, BEFORE = (FIXTURES.value(f"{name}.StudyInstanceUID") for name in ("first_day", "last_day", "day_before"))
CT_UIDS = list(FIXTURES.known.keys(["janet.ct"], "IMAGE"))


def text(group: int, number: int, vr: bytes, value: str) -> bytes:
    raw = value.encode()
    return element(group, number, vr, raw + (b"\0" if vr == b"UI" else b" ") * (len(raw) % 2))


def study(uid: str, day: str = "19530102", level: str = "STUDY", character_set: str = "", more: bytes = b"") -> bytes:
    head = text(8, 5, b"CS", character_set) if character_set else b""
    head += text(8, 0x20, b"DA", day) + (text(8, 0x52, b"CS", level) if level else b"")
    return head + text(8, 0x54, b"AE", "ARCHIVE") + more + (text(0x20, 0xD, b"UI", uid) if uid else b"")


KEYS = study("", "19530102-19530104") + text(0x20, 0xD, b"UI", "")


def query(
    *answers: bytes, final: int | None = 0, pending: int = 0xFF00, after: bool = False, last: bytes | None = None
) -> Trace:
    def talk(recorder: object) -> None:
        said = Talk(recorder, "scu", "subject").opened((FIND, (EXPLICIT,)))
        said.say(R, "C-FIND-RQ", KEYS, AffectedSOPClassUID=FIND, MessageID=1, Priority=0)
        answer = partial(said.say, A, "C-FIND-RSP", AffectedSOPClassUID=FIND, MessageIDBeingRespondedTo=1)
        for one in answers:
            answer(one, Status=pending)
        if final is not None:
            answer(last, Status=final)
        if after:
            answer(KEYS, Status=pending)
        said.released()

    return replace(trace_of(talk), known=FIXTURES.truth(["dates"]))


RIGHT = (study(FIRST), study(LAST, "19530104"))
EXACTLY = {"exactly": ["first_day", "last_day"]}


@pytest.mark.parametrize("wanted", [EXACTLY, {"exactly": "fitting"}])
def test_a_query_that_finds_exactly_this_in_any_order_passes(wanted: dict[str, object]) -> None:
    assert met(query(*RIGHT), "matches", **wanted)
    assert met(query(*reversed(RIGHT)), "matches", **wanted)
    assert met(query(*RIGHT, pending=0xFF01), "matches", **wanted)
    assert met(query(*RIGHT, study("1.2.3", "19530103")), "matches", **wanted)


@pytest.mark.parametrize(
    ("trace", "says"),
    [
        (query(RIGHT[0]), "not found: last_day"),
        (query(*RIGHT, study(BEFORE, "19530101")), "found, though it does not match: day_before"),
        (query(*RIGHT, RIGHT[0]), "found more than once: first_day"),
        (query(*RIGHT, study("1.2.3", "19530109")), "StudyDate '19530109'"),
        (query(*RIGHT, study("")), "without StudyInstanceUID"),
        (query(*RIGHT, final=0xA700), "A700"),
        (query(*RIGHT, final=None), "no final response"),
    ],
)
def test_each_deviation_of_matches_is_found(trace: Trace, says: str) -> None:
    unmet = [one.actual for one in judged(trace, "matches", **EXACTLY) if not one.met]
    assert any(says in actual for actual in unmet), unmet


def test_others_may_be_excluded_and_a_refusal_allowed() -> None:
    assert not met(query(*RIGHT, study("1.2.3", "19530103")), "matches", **EXACTLY, others="none")
    assert met(query(final=0xA900), "matches", **EXACTLY, refused="lawful")
    assert not met(query(final=0xA900), "matches", **EXACTLY)
    assert met(query(*RIGHT, study(BEFORE, "19530101")), "matches", **EXACTLY, lawful="day_before")


def test_a_key_that_is_not_supported_leaves_the_matches_unjudged() -> None:
    findings = judged(query(RIGHT[0], pending=0xFF01), "matches", **EXACTLY, if_supported="true")
    assert [one.judged for one in findings] == [True, False]


def rules(trace: Trace) -> list[str]:
    return [one.expected for one in judged(trace, "query_responses") if not one.met]


def test_lawful_responses_break_no_rule() -> None:
    title = text(0x10, 0x20, b"LO", "CONFDATES")
    assert rules(query(*RIGHT)) == []
    assert rules(query()) == []
    assert rules(query(study(FIRST, character_set="ISO_IR 192", more=title), RIGHT[1])) == []


@pytest.mark.parametrize(
    ("trace", "rule"),
    [
        (query(study(FIRST, level="")), "level"),
        (query(study(FIRST, level="SERIES")), "level"),
        (query(study(FIRST, more=text(8, 0x60, b"CS", "CT"))), "nothing comes back"),
        (query(text(8, 0x52, b"CS", "STUDY") + text(8, 0x54, b"AE", "A") + text(0x20, 0xD, b"UI", FIRST)), "required"),
        (query(text(8, 0x20, b"DA", "19530102") + text(8, 0x52, b"CS", "STUDY")), "Retrieve AE"),
        (query(study(FIRST, "19530103")), "as they were stored"),
        (query(*RIGHT, last=KEYS), "an Identifier with each"),
        (query(*RIGHT, after=True), "nothing after it"),
        (query(*RIGHT, final=0x7777), "Annex C"),
        (query(RIGHT[0][:-4]), "read to its end"),
        (query(study(FIRST, more=text(8, 0x1030, b"LO", "Größe"))), "Specific Character Set"),
    ],
)
def test_each_unlawful_response_is_found_by_its_rule(trace: Trace, rule: str) -> None:
    broken = rules(trace)
    assert any(rule in one for one in broken), broken


ORIGINATOR = ("MoveOriginatorApplicationEntityTitle", "MoveOriginatorMessageID")


def retrieval(
    uids: list[str] = CT_UIDS,
    answers: tuple[int, ...] = (0, 0, 0),
    status: int = 0,
    unstored: tuple[str, ...] = (),
    spoil: bytes | None = None,
    originator: tuple[str, int] | None = None,
    **counts: int,
) -> Trace:
    originals = {one.SOPInstanceUID: one.data_set for one in FIXTURES.instances(["janet", "mixed"])}

    def talk(recorder: object) -> None:
        said = Talk(recorder, "scu", "subject").opened((GET, (EXPLICIT,)), (CT, (EXPLICIT,)))
        said.say(R, "C-GET-RQ", KEYS, AffectedSOPClassUID=GET, MessageID=9, Priority=0)
        for number, (uid, answer) in enumerate(zip(uids, answers, strict=False), start=1):
            names = {"AffectedSOPClassUID": CT, "AffectedSOPInstanceUID": uid}
            asked_by = {} if originator is None else dict(zip(ORIGINATOR, originator, strict=True))
            data_set = originals[uid] if spoil is None else originals[uid].replace(*spoil.split(b"|"))
            said.say(A, "C-STORE-RQ", data_set, 3, MessageID=number, Priority=0, **names, **asked_by)
            said.say(R, "C-STORE-RSP", None, 3, MessageIDBeingRespondedTo=number, Status=answer, **names)
        listed = text(8, 0x58, b"UI", "\\".join(unstored)) if unstored else None
        numbers = {f"NumberOf{key.capitalize()}Suboperations": value for key, value in counts.items()}
        said.say(A, "C-GET-RSP", listed, AffectedSOPClassUID=GET, MessageIDBeingRespondedTo=9, Status=status, **numbers)
        said.released()

    return replace(trace_of(talk), known=FIXTURES.truth(["dates"]))


RETRIEVED = {
    "exactly": "janet", "counts": "agree", "status": "agrees", "failed_list": "exact", "data_set": "identical",
}  # fmt: skip


def broken(trace: Trace) -> list[Finding]:
    return [one for one in judged(trace, "retrieved", **RETRIEVED) if not one.met]


def test_a_retrieval_whose_responses_are_true_passes() -> None:
    assert broken(retrieval(completed=3, failed=0, warning=0)) == []
    partly = retrieval(answers=(0, 0xA700, 0), status=0xB000, unstored=(CT_UIDS[1],), completed=2, failed=1, warning=0)
    assert [one.expected for one in broken(partly)] == []


def test_counts_that_are_absent_are_a_note_in_a_get_and_no_wrong_value() -> None:
    assert [str(one.level) for one in broken(retrieval())] == ["note"]


@pytest.mark.parametrize(
    ("trace", "says"),
    [
        (retrieval(CT_UIDS[:2], status=0), "not sent: janet.ct.private"),
        (retrieval([*CT_UIDS, next(iter(FIXTURES.known.keys(["mixed.ct"], "IMAGE")))], (0,) * 4), "sent in addition"),
        (retrieval([*CT_UIDS, CT_UIDS[0]], (0,) * 4), "sent more than once"),
        (retrieval(completed=2, failed=0, warning=0), "completed 2"),
        (retrieval(completed=3, failed=0, warning=0, remaining=0), "present"),
        (retrieval(answers=(0, 0xA700, 0), status=0), "C-GET-RSP 0000"),
        (retrieval(status=0xB000), "C-GET-RSP B000"),
        (retrieval(answers=(0, 0xA700, 0), status=0xB000, unstored=(CT_UIDS[0],)), "which did not fail"),
        (retrieval(answers=(0, 0xA700, 0), status=0xB000), f"without {CT_UIDS[1]}"),
        (retrieval(unstored=(CT_UIDS[0],)), "an Identifier"),
        (retrieval(spoil=b"kept or not|lost or not"), "(0009,1001)"),
    ],
)
def test_each_deviation_of_a_retrieval_is_found(trace: Trace, says: str) -> None:
    actual = [one.actual for one in broken(trace)]
    assert any(says in one for one in actual), actual


@pytest.mark.parametrize(
    ("counts", "wrong"),
    [
        ({"remaining": 1, "completed": 2, "failed": 0, "warning": 0}, ()),
        ({"remaining": 2, "completed": 1, "failed": 0, "warning": 0}, ("counts of what was sent",)),
        ({"remaining": 1, "completed": 2, "failed": 0, "warning": 1}, ("counts of what was sent",)),
        ({}, ("the final response bears the three counts",)),
    ],
)
def test_a_canceled_retrieval_counts_what_was_sent(counts: dict[str, int], wrong: tuple[str, ...]) -> None:
    trace = retrieval(CT_UIDS[:2], status=0xFE00, **counts)
    unmet = [one for one in judged(trace, "retrieved", exactly="janet", arrived="any", counts="agree") if not one.met]
    assert len(unmet) == len(wrong)
    assert all(one.expected.startswith(start) for one, start in zip(unmet, wrong, strict=True))
    assert {one.level for one in unmet} <= {None, Level.SHALL}


@pytest.mark.parametrize(("changed", "is_met"), [(None, True), ((), True), ((0, "OTHER"), False), ((1, 4711), False)])
def test_an_originator_is_that_of_the_request_or_absent(changed: tuple[int, object] | None, is_met: bool) -> None:
    request = retrieval().conversations[0].request
    assert request is not None
    named: list[Any] = [request.calling_ae_title, 9]
    if changed:
        named[changed[0]] = changed[1]
    trace = retrieval(originator=None if changed is None else (named[0], named[1]))
    found = judged(trace, "retrieved", exactly="janet", originator="agrees")
    assert all(one.met for one in found) is is_met


def references(tag: int, *uids: str, reason: int | None = None) -> bytes:
    items = b""
    for uid in uids:
        item = text(8, 0x1150, b"UI", CT) + text(8, 0x1155, b"UI", uid)
        if reason is not None:
            item += element(8, 0x1197, b"US", reason.to_bytes(2, "little"))
        items += b"\xfe\xff\x00\xe0" + len(item).to_bytes(4, "little") + item
    return element(8, tag, b"SQ", items)


def commitment(
    *done: str,
    failed: tuple[str, ...] = (),
    event: int = 1,
    new: bool = False,
    again: bool = False,
    answered: bool = True,
) -> Trace:
    transaction = text(8, 0x1195, b"UI", "1.2.3")
    report = transaction + (references(0x1198, *failed, reason=0x0112) if failed else b"") + references(0x1199, *done)

    def talk(recorder: object) -> None:
        said = Talk(recorder, "scu", "subject").opened((COMMIT, (EXPLICIT,)))
        names = {"RequestedSOPClassUID": COMMIT, "RequestedSOPInstanceUID": "1.2.840.10008.1.20.1.1"}
        asked = transaction + references(0x1199, *CT_UIDS)
        said.say(R, "N-ACTION-RQ", asked, MessageID=1, ActionTypeID=1, **names)
        other, side = (Talk(recorder, "subject", "scu").opened((COMMIT, (EXPLICIT,))), R) if new else (said, A)
        for _ in range(2 if again else 1):
            names = {"AffectedSOPClassUID": COMMIT, "AffectedSOPInstanceUID": "1.2.840.10008.1.20.1.1"}
            other.say(Side(side), "N-EVENT-REPORT-RQ", report, MessageID=7, EventTypeID=event, **names)
            if answered:
                back = A if Side(side) is R else R
                other.say(back, "N-EVENT-REPORT-RSP", None, MessageIDBeingRespondedTo=7, EventTypeID=event, Status=0)
        said.released()

    return replace(trace_of(talk), known=FIXTURES.truth(["dates"]))


def test_a_true_report_passes_in_any_order_and_on_either_association() -> None:
    everything = {"event": "1", "exactly": "janet"}
    assert met(commitment(*CT_UIDS), "committed", **everything, association="same")
    assert met(commitment(*reversed(CT_UIDS), new=True), "committed", **everything, association="new")
    assert met(commitment(*CT_UIDS, again=True, answered=False), "committed", **everything)  # sent again without answer
    part = commitment(*CT_UIDS[:2], failed=(CT_UIDS[2],), event=2)
    failed = {"janet.ct.private": ["0112", "0110"]}
    assert met(part, "committed", event="2", exactly=["janet.ct.plain", "janet.ct.empty"], failed=failed)


@pytest.mark.parametrize(
    ("trace", "wanted"),
    [
        (commitment(*CT_UIDS[:2]), {}),
        (commitment(*CT_UIDS, "1.2.9"), {}),
        (commitment(*CT_UIDS, event=2), {}),
        (commitment(*CT_UIDS, again=True), {}),
        (commitment(*CT_UIDS, failed=("1.2.9",)), {}),
        (commitment(*CT_UIDS, failed=("1.2.9",)), {"failed": {"1.2.9": "0119"}}),
        (commitment(*CT_UIDS), {"failed": {"1.2.9": "0112"}}),
        (commitment(*CT_UIDS), {"association": "new"}),
    ],
)
def test_each_deviation_of_a_report_is_found(trace: Trace, wanted: dict[str, object]) -> None:
    assert not met(trace, "committed", event="1", exactly="janet", **wanted)
