"""What the checks take for granted of a trace: whose message it is, which one counts, and what stands for nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hand_written import CT, EXPLICIT, IMPLICIT, MR, A, R, Talk, acceptance, element, judged, met, request, trace_of
from pydantic import ValidationError
from test_checks_of_the_archive import (
    COMMIT,
    CT_UIDS,
    FIND,
    FIRST,
    FIXTURES,
    GET,
    KEYS,
    RIGHT,
    commitment,
    query,
    references,
    retrieval,
    study,
    text,
)

from dicom_conformance.errors import HarnessError
from dicom_conformance.judge.checks import WANTED, unobserved
from dicom_conformance.judge.checks import store as store_check
from dicom_conformance.judge.checks.exchange import Exchange, chosen, exchanges, identifier
from dicom_conformance.judge.checks.matches import MatchesWanted
from dicom_conformance.judge.checks.response import places
from dicom_conformance.judge.checks.retrieved import sub_operations
from dicom_conformance.judge.checks.store import _sent
from dicom_conformance.judge.query_matching import Agreed
from dicom_conformance.judge.service_wanted import wants_service
from dicom_conformance.judge.standing.standing import Standing
from dicom_conformance.judge.unexplained_end import unexplained_end
from dicom_conformance.judge.verdict import count, exit_status, judge_findings, stale_deviations, verified
from dicom_conformance.results import Finding, Level, Result, Verdict
from dicom_conformance.trace import Operation, Trace
from dicom_conformance.trace.trace import Held
from dicom_wire.capture.sighting import Kind
from dicom_wire.items import SOPClassExtendedNegotiation
from dicom_wire.pdu import AAbort, AAssociateRJ, AReleaseRP, AReleaseRQ

BETWEEN = {"requestor": "modality", "acceptor": "workstation"}
ECHO = "1.2.840.10008.1.1"
PATIENT = element(0x0010, 0x0020, b"LO", b"P1")


def only(trace: Trace, noun: str, **wanted: Any) -> Finding:
    (found,) = judged(trace, noun, **wanted)
    return found


def traced(*talks: Callable[[Talk], object], **changes: Any) -> Trace:
    return replace(trace_of(*[lambda recorder, talk=talk: talk(Talk(recorder)) for talk in talks]), **changes)


@pytest.mark.parametrize(
    ("noun", "wanted", "said"),
    [
        ("association", {"ends": "released"}, "an association is chosen by requestor, acceptor or both"),
        ("context", {"result": "0"}, "the negotiation is chosen by requestor, acceptor or both"),
        (
            "data_set",
            {"sender": "a", "message": "C-STORE-RQ"},
            "one of contains, bytes, present, empty, absent, only, private, encoding",
        ),
        ("pdu", {"sender": "a"}, "one of type, violations, within_maximum_length, longest is needed"),
        ("rules", {"sender": "a", "rules": "no-such-rule"}, "no rule 'no-such-rule'"),
        ("rules", {"sender": "a", "besides": "no-such-rule"}, "no rule 'no-such-rule'"),
        ("elapsed", {"operation": "query"}, "one of at_most_s, at_least_s is needed"),
        ("elapsed", {"at_most_s": 1}, "either operation, or both from and to, are needed"),
        ("elapsed", {"at_most_s": 1, "from": {"pdu": "A-ABORT"}}, "either operation, or both from and to, are needed"),
    ],
)
def test_what_chooses_nothing_is_refused(noun: str, wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        WANTED[noun].model_validate(wanted)


# -- what was sent ----------------------------------------------------------------------------------------------------


def stored(talk: Talk) -> None:
    talk.opened((CT, (EXPLICIT,)), (MR, (IMPLICIT,)))
    talk.store("2.25.1", data_set=b"first").store("2.25.1", data_set=b"last", message_id=2)
    talk.say(R, "C-STORE-RQ", b"other", 3, AffectedSOPClassUID=MR, MessageID=3, AffectedSOPInstanceUID="2.25.2")
    talk.say(R, "C-STORE-RQ", None, AffectedSOPClassUID=CT, MessageID=4, AffectedSOPInstanceUID="2.25.2")
    talk.say(R, "C-STORE-RQ", b"lost", 5, MessageID=5, AffectedSOPInstanceUID="2.25.3")
    talk.say(A, "C-STORE-RQ", b"back", AffectedSOPClassUID=CT, MessageID=6, AffectedSOPInstanceUID="2.25.4")


@pytest.mark.parametrize(
    ("ae", "uid", "found"),
    [
        ("workstation", "2.25.1", Held(CT, "2.25.1", EXPLICIT, b"last")),
        ("workstation", "2.25.2", Held(MR, "2.25.2", IMPLICIT, b"other")),
        ("workstation", "2.25.3", Held("", "2.25.3", "", b"lost")),
        ("workstation", "2.25.4", None),
        ("modality", "2.25.4", Held(CT, "2.25.4", EXPLICIT, b"back")),
        ("modality", "2.25.1", None),
        ("workstation", "2.25.9", Held(CT, "2.25.9", EXPLICIT, b"original")),
        ("modality", "2.25.9", Held(CT, "2.25.9", EXPLICIT, b"original")),
    ],
)
def test_what_an_ae_was_sent_is_the_last_request_to_it(ae: str, uid: str, found: Held | None) -> None:
    original = Held(CT, "2.25.9", EXPLICIT, b"original")
    assert _sent(traced(stored, originals={"2.25.9": original}), ae, uid) == found


def test_what_the_subject_gave_away_is_held_against_what_it_was_given() -> None:
    original = Held(CT, "2.25.1", EXPLICIT, b"original")
    trace = traced(stored, originals={"2.25.1": original}, subject="modality")
    assert _sent(trace, "workstation", "2.25.1") == original
    assert _sent(replace(trace, subject="workstation"), "workstation", "2.25.1") != original


def test_where_values_differ_is_told_by_byte_or_by_length() -> None:
    tell = store_check._difference
    assert tell(b"ab", b"ab", "data set") is None
    assert tell(b"ab", b"xb", "data set") == "data set differs from byte 0 (2 bytes sent, 2 held)"
    assert tell(b"abc", b"ab", "data set") == "data set differs in length (3 bytes sent, 2 held)"


def test_a_mistake_of_ours_is_not_told_as_one_of_the_subject(monkeypatch: pytest.MonkeyPatch) -> None:
    from dicom_conformance.judge.checks import same_instance

    def mistaken(*_: object) -> None:
        raise TypeError

    monkeypatch.setattr(same_instance, "is_our_mistake", lambda error: True)
    monkeypatch.setattr(store_check, "is_our_mistake", lambda error: True)
    one, other = Held(CT, "1.2", EXPLICIT, PATIENT), Held(CT, "1.2", IMPLICIT, PATIENT[:6] + b"\0\0")
    monkeypatch.setattr(same_instance, "_read", mistaken)
    monkeypatch.setattr(same_instance, "reading_of", lambda *_: SimpleNamespace(whole=True, fault=None))
    with pytest.raises(TypeError):
        same_instance.difference(one, other)
    answers = iter([lambda: None, mistaken])  # of what was sent, and of what is held
    monkeypatch.setattr(store_check, "decoded_pixels", lambda *_: next(answers)())
    with pytest.raises(TypeError):
        store_check._pixels(0, one, one)
    monkeypatch.setattr(same_instance, "is_our_mistake", lambda error: False)
    assert same_instance.difference(one, other) == "the data sets cannot be compared: "


@pytest.mark.parametrize(
    ("sender", "uid", "data_set", "number"),
    [
        (R, "1.2", PATIENT, 2),
        (R, "1.2 ", PATIENT, 2),
        (A, "1.2", PATIENT, 1),  # the subject gave it away
        (R, "1.3", PATIENT, 1),
        (R, "1.2", None, 1),
    ],
)
def test_what_was_stored_twice_was_sent_to_the_subject_twice(
    sender: Any, uid: str, data_set: bytes | None, number: int
) -> None:
    def talk(one: Talk) -> None:
        one.opened().store("1.2", data_set=PATIENT)
        one.say(sender, "C-STORE-RQ", data_set, MessageID=2, AffectedSOPInstanceUID=uid)

    held = (Held(CT, "1.2", EXPLICIT, PATIENT),)
    found = only(traced(talk, stores={"archive": lambda: held}), "store", ae="archive", duplicates="whole")
    if number == 1:
        assert found.actual == "1.2 was stored 1 times"
    else:
        assert found.actual == "data set 1 and 2 of 2 came back; they were answered 0000, no answer"


# -- requests and responses -------------------------------------------------------------------------------------------


def said(*items: object) -> SimpleNamespace:
    return SimpleNamespace(find=lambda kind: items)


def asked_for(asked: bytes | None, answered: bytes | None, sop_class: str | None = FIND) -> Exchange:
    sides = [
        said(
            SOPClassExtendedNegotiation("x", b"\1\1"),
            *(() if one is None else (SOPClassExtendedNegotiation(FIND, one),)),
        )
        for one in (asked, answered)
    ]
    conversation: Any = SimpleNamespace(request=sides[0], accept=sides[1])
    message: Any = SimpleNamespace(command=SimpleNamespace(get=lambda keyword: sop_class))
    return Exchange(conversation, message, ())


@pytest.mark.parametrize(
    ("asked", "answered", "granted"),
    [
        (None, None, ()),
        (b"\1\1", None, ()),
        (None, b"\1\1", ()),
        (b"\1\1", b"\1\0", ("relational",)),
        (b"\0\1", b"\1\1", ("date_time",)),
        (
            b"\1\1\1\1\1\1\1\1",
            b"\0\0\1\1\1\1\1\1",
            ("fuzzy", "time_zone", "multi_frame", "empty_value", "multiple_value"),
        ),
    ],
)
def test_an_extension_is_granted_that_was_asked_for_and_answered(
    asked: bytes | None, answered: bytes | None, granted: tuple[str, ...]
) -> None:
    one = asked_for(asked, answered)
    assert one.extensions == (asked, answered)
    assert one.granted == frozenset(granted)


def test_a_request_without_a_sop_class_has_no_extensions() -> None:
    one = asked_for(b"\1", b"\1", None)
    assert (one.extensions, one.granted) == ((None, None), frozenset())
    nobody: Any = SimpleNamespace(request=None, accept=None)
    assert Exchange(nobody, one.request, ()).extensions == (None, None)


def test_an_exchange_ends_with_its_first_final_response() -> None:
    def talk(one: Talk) -> None:
        one.opened((FIND, (EXPLICIT,)), (ECHO, (EXPLICIT,)))
        one.say(A, "C-FIND-RSP", MessageIDBeingRespondedTo=1, Status=0)  # before the request
        one.say(R, "C-FIND-RQ", KEYS, AffectedSOPClassUID=FIND, MessageID=1, Priority=0)
        one.say(R, "C-ECHO-RQ", None, 3, AffectedSOPClassUID=ECHO, MessageID=1)
        one.say(A, "C-FIND-RSP", KEYS, MessageIDBeingRespondedTo=1, Status=0xFF00)
        one.say(A, "C-ECHO-RSP", None, 3, MessageIDBeingRespondedTo=1, Status=0)
        one.say(A, "C-FIND-RSP", None, MessageIDBeingRespondedTo=1, Status=0xA700)
        one.say(A, "C-FIND-RSP", None, MessageIDBeingRespondedTo=1, Status=0)
        one.say(R, "C-FIND-RQ", KEYS, AffectedSOPClassUID=FIND, MessageID=2, Priority=0)

    first, second = exchanges(traced(talk), ("C-FIND-RQ",), None, None)
    assert [one.status for one in first.responses] == [0xFF00, 0xA700, 0]
    assert (len(first.pending), first.ending, first.place) == (1, "C-FIND-RSP A700", "link/0/10")
    assert second.final is None
    assert second.ending.startswith("no final response; the association is ")
    assert second.place == "link/0/13"
    assert list(identifier(first.responses[1])) == []
    assert chosen([first, second], 1) is first
    assert chosen([first, second], 3) is None


# -- queries ----------------------------------------------------------------------------------------------------------


def test_a_level_that_is_none_is_not_judged() -> None:
    def talk(one: Talk) -> None:
        one.opened((FIND, (EXPLICIT,)))
        one.say(R, "C-FIND-RQ", study("", level="FRAME"), AffectedSOPClassUID=FIND, MessageID=1, Priority=0)
        one.say(A, "C-FIND-RSP", None, AffectedSOPClassUID=FIND, MessageIDBeingRespondedTo=1, Status=0)

    ends, level = judged(traced(talk, known=FIXTURES.truth(["dates"])), "matches", exactly="first_day")
    assert (ends.met, ends.judged, ends.expected) == (True, True, "the query ends with C-FIND-RSP 0000")
    assert (level.judged, level.actual) == (False, "not judged: 'FRAME' is not a level")


def test_matches_of_which_nothing_is_agreed() -> None:
    wanted = MatchesWanted(exactly="fitting")
    assert wanted.agreed == Agreed()
    assert (wanted.of, wanted.others, wanted.cancelled, wanted.if_supported, wanted.request) == (
        "fixtures",
        "lawful",
        False,
        False,
        "latest",
    )
    for case, wildcards in (("sensitive", "yes"), ("insensitive", "no")):
        agreed = MatchesWanted(exactly="fitting", case=case, wildcards=wildcards).agreed
        assert agreed == Agreed(case == "sensitive", wildcards == "yes")
    named = MatchesWanted(exactly="x", negotiated=["date_time", "empty_value"]).agreed
    assert (named.combined, named.multiple_values, named.empty_value) == (True, False, True)
    assert MatchesWanted(exactly="x", negotiated="multiple_value").agreed.multiple_values
    assert [MatchesWanted(exactly="x", wildcards=each).wildcards for each in (True, False)] == ["yes", "no"]


def test_what_may_be_found_is_no_must() -> None:
    wanted = {"exactly": "fitting", "lawful": "last_day"}
    assert met(query(RIGHT[0]), "matches", **wanted)
    assert met(query(*RIGHT), "matches", **wanted)
    assert not met(query(RIGHT[1]), "matches", **wanted)


def test_what_is_not_negotiated_is_not_judged() -> None:
    found = only(query(*RIGHT), "matches", exactly="first_day", negotiated=["relational", "date_time"])
    assert (found.judged, found.actual) == (False, "not judged: not granted: relational, date_time")
    assert list(found.evidence) == ["link/0/9"]


@pytest.mark.parametrize(
    ("trace", "wanted", "number", "is_met"),
    [
        (query(final=0xA900), {"refused": "lawful"}, 1, True),
        (query(RIGHT[0], final=0xA900), {"refused": "lawful"}, 3, False),
        (query(final=None), {"refused": "lawful"}, 3, False),
        (query(final=0xFE00), {"cancelled": True}, 1, True),
        (query(RIGHT[0], final=0xFE00), {"cancelled": True}, 1, True),
        (query(final=0xFE00), {}, 3, False),
        (query(*RIGHT), {"cancelled": True}, 3, True),
        (query(RIGHT[0]), {"cancelled": True}, 3, False),
    ],
)
def test_a_query_may_end_in_other_ways(trace: Trace, wanted: dict[str, Any], number: int, is_met: bool) -> None:
    found = judged(trace, "matches", exactly=["first_day", "last_day"], **wanted)
    assert (len(found), all(one.met for one in found)) == (number, is_met)


def test_all_keys_are_supported_only_where_each_comes_back() -> None:
    found = judged(query(study(FIRST)[:-8]), "matches", exactly="first_day", if_supported=True)
    assert found[-1].judged is (len(found) == 3)
    lacking = study(FIRST).replace(text(8, 0x20, b"DA", "19530102"), b"")
    ends, rest = judged(query(lacking), "matches", exactly="first_day", if_supported=True)
    assert (ends.met, rest.judged) == (True, False)
    assert rest.actual == "not judged: FF00, but a match without StudyDate"
    assert len(judged(query(*RIGHT), "matches", exactly=["first_day", "last_day"], if_supported=True)) == 3


def test_of_nothing_that_is_known_no_value_is_judged() -> None:
    other = replace(query(study(FIRST, "19530103")), known=None)
    for rule in ("values", "texts"):
        assert met(other, "query_responses", rules=[rule])
    assert not met(query(study(FIRST, "19530103")), "query_responses", rules=["values"])


@pytest.mark.parametrize(
    ("trace", "rule", "actual"),
    [
        (query(*RIGHT, final=None), "one_final", "no final response; the association is "),
        (query(*RIGHT, after=True), "one_final", "FF00 after the final response"),
        (query(*RIGHT, last=KEYS), "identifiers", "0000 with an Identifier"),
        (query(final=0x7777), "statuses", "7777"),
        (query(study(FIRST, level="")), "level", "QueryRetrieveLevel absent"),
        (query(study(FIRST, level="IMAGE")), "level", "QueryRetrieveLevel IMAGE"),
        (query(*RIGHT), "level", "as expected in 3 responses"),
        (query(), "keys", "as expected in 1 response"),
    ],
)
def test_rules_of_responses_say_what_is_wrong(trace: Trace, rule: str, actual: str) -> None:
    found = only(trace, "query_responses", rules=[rule])
    assert found.actual.startswith(actual)
    assert found.met is actual.startswith("as expected")
    assert found.level is Level.SHALL
    assert found.clause.startswith("PS3.")
    assert len(found.evidence) == 1


def test_of_many_wrong_matches_four_are_told() -> None:
    trace = query(*(study(f"1.2.{number}", level=f"L{number}") for number in range(6)))
    found = only(trace, "query_responses", rules=["level"])
    assert found.actual.endswith("QueryRetrieveLevel L3, and 2 more")
    others = judged(query(*(study(f"1.2.{n}", f"1990010{n}") for n in range(1, 7))), "matches", exactly="first_day")[-1]
    assert others.actual.endswith(", and 2 more")
    none = judged(query(*(study(f"1.2.{n}") for n in range(6))), "matches", exactly="first_day", others="none")[-1]
    assert none.actual == "1.2.0, 1.2.1, 1.2.2, 1.2.3, and 2 more"


# -- commitment -------------------------------------------------------------------------------------------------------


def test_without_a_report_there_is_only_that_to_say() -> None:
    def talk(one: Talk) -> None:
        one.opened((COMMIT, (EXPLICIT,)))
        asked = text(8, 0x1195, b"UI", "1.2.3") + references(0x1199, *CT_UIDS)
        names = {"RequestedSOPClassUID": COMMIT, "RequestedSOPInstanceUID": "1.2.840.10008.1.20.1.1"}
        one.say(R, "N-ACTION-RQ", asked, MessageID=1, ActionTypeID=1, **names)

    found = only(traced(talk, known=FIXTURES.truth(["dates"])), "committed", event="1", exactly="janet")
    assert (found.met, found.expected, found.actual) == (False, "one report on transaction 1.2.3", "0 reports")
    assert list(found.evidence) == ["link/0/4"]


def test_names_of_a_commitment_that_mean_nothing_are_our_mistake() -> None:
    trace = commitment(*CT_UIDS)
    with pytest.raises(HarnessError, match="nobody"):
        judged(trace, "committed", event="1", exactly="nobody")
    with pytest.raises(HarnessError, match="nothing is known of the archive"):
        judged(replace(trace, known=None), "committed", event="1", exactly="janet")
    assert met(replace(trace, known=None), "committed", event="1", exactly=CT_UIDS)


def test_a_report_on_another_transaction_is_told() -> None:
    report = text(8, 0x1195, b"UI", "9.9") + references(0x1199, "1.2.9")
    names = {"AffectedSOPClassUID": COMMIT, "AffectedSOPInstanceUID": "1.2.840.10008.1.20.1.1"}

    def talk(one: Talk) -> None:
        one.opened((COMMIT, (EXPLICIT,)))
        one.say(A, "N-EVENT-REPORT-RQ", report, MessageID=1, EventTypeID=1, **names)  # before anything was asked for
        asked = text(8, 0x1195, b"UI", "1.2.3") + references(0x1199, *CT_UIDS)
        action = {"RequestedSOPClassUID": COMMIT, "RequestedSOPInstanceUID": "1.2.840.10008.1.20.1.1"}
        one.say(R, "N-ACTION-RQ", asked, MessageID=1, ActionTypeID=1, **action)
        one.say(A, "N-EVENT-REPORT-RQ", report, MessageID=2, EventTypeID=1, **names)
        one.say(A, "N-EVENT-REPORT-RQ", references(0x1199, "1.2.9"), MessageID=3, EventTypeID=1, **names)

    found = only(traced(talk), "committed", event="1")
    assert found.actual == "0 reports, others on 9.9, none"


@pytest.mark.parametrize(
    ("association", "new", "is_met", "said"),
    [
        ("same", False, True, "the report comes on the same association"),
        ("new_association", True, True, "the report comes on the new association"),
        (["same", "new"], True, True, "the report comes on the same or the new association"),
        ("new", False, False, "the report comes on the new association"),
        ("same_association", True, False, "the report comes on the same association"),
    ],
)
def test_a_report_comes_on_an_association(association: Any, new: bool, is_met: bool, said: str) -> None:
    found = judged(commitment(*CT_UIDS, new=new), "committed", event="1", exactly="janet", association=association)[-1]
    assert (found.met, found.expected, found.actual) == (is_met, said, f"on the {'new' if new else 'same'} one")


def test_what_a_report_says_is_told() -> None:
    strangers = [f"1.2.{number}" for number in range(6)]
    found = judged(commitment(*strangers, failed=tuple(strangers)), "committed", event="2")
    assert found[1].actual == "event 1"
    assert found[2].actual == "with 1.2.0, with 1.2.1, with 1.2.2, with 1.2.3, and 2 more"
    assert found[3].actual == "with 1.2.0 0112, with 1.2.1 0112, with 1.2.2 0112, with 1.2.3 0112, and 2 more"
    right = judged(
        commitment("1.2.0", failed=("1.2.1",)), "committed", event="1", exactly="1.2.0", failed={"1.2.1": []}
    )
    assert [one.actual for one in right[2:]] == ["1 committed", "1 failed"]
    other = judged(commitment(failed=("1.2.1",)), "committed", event="1", failed={"1.2.1": ["0110", "a700"]})[-1]
    assert (other.met, other.actual) == (False, "1.2.1 with 0112, not 0110 or A700")


def test_a_report_is_answered_on_its_association_with_its_number() -> None:
    names = {"AffectedSOPClassUID": COMMIT, "AffectedSOPInstanceUID": "1.2.840.10008.1.20.1.1"}
    report = text(8, 0x1195, b"UI", "1.2.3") + references(0x1199, *CT_UIDS)

    def trace(*answers: int) -> Trace:
        def talk(one: Talk) -> None:
            one.opened((COMMIT, (EXPLICIT,)))
            action = {"RequestedSOPClassUID": COMMIT, "RequestedSOPInstanceUID": "1.2.840.10008.1.20.1.1"}
            asked = text(8, 0x1195, b"UI", "1.2.3") + references(0x1199, *CT_UIDS)
            one.say(R, "N-ACTION-RQ", asked, MessageID=1, ActionTypeID=1, **action)
            for number in (7, 8, 9):
                one.say(A, "N-EVENT-REPORT-RQ", report, MessageID=number, EventTypeID=1, **names)
            for number in answers:
                one.say(R, "N-EVENT-REPORT-RSP", None, MessageIDBeingRespondedTo=number, EventTypeID=1, Status=0)

        return traced(talk, known=FIXTURES.truth(["dates"]))

    for answers, number in (((), 1), ((7,), 1), ((7, 9), 2), ((4,), 1), ((7, 8, 9), 3)):
        once = judged(trace(*answers), "committed", event="1", exactly="janet")[0]
        assert (once.met, once.actual) == (number == 1, f"{number} reports")


# -- retrievals -------------------------------------------------------------------------------------------------------


def test_sub_operations_are_those_of_the_archive_until_the_next_retrieval() -> None:
    names = {"AffectedSOPClassUID": CT, "Priority": 0}

    def talk(one: Talk) -> None:
        one.opened((GET, (EXPLICIT,)), (CT, (EXPLICIT,)))
        one.say(A, "C-STORE-RQ", PATIENT, 3, MessageID=1, AffectedSOPInstanceUID="1.1", **names)
        one.say(R, "C-GET-RQ", PATIENT, AffectedSOPClassUID=GET, MessageID=9, Priority=0)
        one.say(R, "C-STORE-RQ", PATIENT, 3, MessageID=1, AffectedSOPInstanceUID="1.2", **names)
        one.say(A, "C-STORE-RQ", PATIENT, 3, MessageID=2, AffectedSOPInstanceUID="1.3 ", **names)
        one.say(R, "C-STORE-RSP", None, 3, MessageIDBeingRespondedTo=1, Status=0xA700)
        one.say(A, "C-STORE-RSP", None, 3, MessageIDBeingRespondedTo=2, Status=0xA701)
        one.say(R, "C-STORE-RSP", None, 3, MessageIDBeingRespondedTo=2, Status=0xB000)
        one.say(A, "C-STORE-RQ", PATIENT, 3, MessageID=3, AffectedSOPInstanceUID="1.4", **names)
        one.say(R, "C-GET-RQ", PATIENT, AffectedSOPClassUID=GET, MessageID=10, Priority=0)
        one.say(A, "C-STORE-RQ", PATIENT, 3, MessageID=4, AffectedSOPInstanceUID="1.5", **names)

    def elsewhere(one: Talk) -> None:
        one.opened().store("1.9")

    trace = traced(talk, elsewhere)
    first, second = exchanges(trace, ("C-GET-RQ",), None, None)
    assert [(one.uid, one.status) for one in sub_operations(trace, first)] == [("1.3", 0xB000), ("1.4", None)]
    assert [(one.uid, one.status) for one in sub_operations(trace, second)] == [("1.5", None)]


def test_what_is_identical_differs_in_nothing_that_an_archive_may_change() -> None:
    changed = retrieval(spoil=b"CONFAB1|CONFAB2")
    for data_set, is_met in (("identical", False), ("as_stated", True)):
        found = judged(changed, "retrieved", exactly="janet", data_set=data_set, coerces="PatientID")[-1]
        assert (found.met, found.expected) == (is_met, "what arrives is what was stored, but for PatientID")


# -- layouts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layout", "number"),
    [
        ("STANDARD\\2,3", 6),
        ("STANDARD\\2", None),
        ("STANDARD\\2,3,4", None),
        ("ROW\\2,3", 5),
        ("COL\\4", 4),
        ("SLIDE", None),
        ("CUSTOM\\1", None),
        ("ROW\\2,", None),
        ("ROW\\x", None),
        ("", None),
    ],
)
def test_places_of_a_layout(layout: str, number: int | None) -> None:
    assert places(layout) == number


# -- what a subject does not show -------------------------------------------------------------------------------------


def test_what_a_subject_does_not_show_is_named() -> None:
    def wanted(noun: str, **given: Any) -> Any:
        return WANTED[noun].model_validate(given)

    silent = trace_of()
    assert unobserved(silent, wanted("store", ae="archive", instances=1)) == "what archive holds"
    assert unobserved(silent, wanted("log", ae="printer", contains="x")) == "the log of printer"
    assert unobserved(silent, wanted("films", count="as_sent")) == f"the films of {silent.subject}"
    assert unobserved(silent, wanted("association", **BETWEEN)) is None
    assert unobserved(silent, wanted("outcome", operation="query", result="success")) is None
    shown = replace(silent, stores={"archive": tuple}, logs={"printer": list}, films=lambda *_: ())
    assert unobserved(shown, wanted("store", ae="archive", instances=1)) is None
    assert unobserved(shown, wanted("log", ae="printer", contains="x")) is None
    assert unobserved(shown, wanted("films", count="as_sent")) is None
    hidden = Operation("workstation", "query", None, {}, 0, 1, {}, observable=False)
    plain = Operation("workstation", "query", None, {}, 0, 1, {})
    for operations, expected in (
        ([hidden], "what workstation reports to its user"),
        ([hidden, plain], None),
        ([plain], None),
    ):
        trace = replace(silent, operations=operations)
        assert unobserved(trace, wanted("outcome", operation="query", result="success")) == expected


@pytest.mark.parametrize(
    ("noun", "wanted", "expected"),
    [
        ("pdu", {"sender": "a", "violations": "none"}, None),
        ("pdu", {"sender": "a", "type": ["A-ABORT", "A-ASSOCIATE-RJ"]}, False),
        ("pdu", {"sender": "a", "type": ["A-ABORT", "A-ASSOCIATE-AC"]}, True),
        ("pdu", {"sender": "a", "type": "A-ASSOCIATE-AC", "count": "0"}, False),
        ("pdu", {"sender": "a", "type": "A-ASSOCIATE-AC", "count": "at most 1"}, True),
        ("dimse", {"sender": "a", "message": "C-ECHO-RSP"}, True),
        ("dimse", {"sender": "a", "message": "C-ECHO-RSP", "status": "A700"}, False),
        ("dimse", {"sender": "a", "message": "C-ECHO-RSP", "status": ["A700", "0000"]}, True),
        ("dimse", {"sender": "a", "message": "C-ECHO-RSP", "status": "FF01"}, True),
        ("dimse", {"sender": "a", "message": "C-ECHO-RSP", "status": "FF00"}, True),
        ("dimse", {"sender": "a", "message": "C-ECHO-RSP", "status": "B000"}, True),
        ("dimse", {"sender": "a", "order": "C-ECHO-RQ"}, None),
        ("data_set", {"sender": "a", "message": "C-FIND-RSP", "status": "pending", "encoding": "valid"}, True),
        ("data_set", {"sender": "a", "message": "C-FIND-RSP", "status": "A700", "encoding": "valid"}, False),
        ("association", {**BETWEEN, "ends": "released"}, True),
        ("association", {**BETWEEN, "ends": ["released", "aborted"]}, None),
        ("association", {**BETWEEN, "ends": ["rejected", "aborted", "closed", "reset", "refused"]}, False),
        ("association", {**BETWEEN, "established": True}, True),
        ("association", {**BETWEEN, "established": False}, False),
        ("association", {**BETWEEN, "rejection": {}}, False),
        ("association", {**BETWEEN, "abort": {}}, False),
        ("association", {**BETWEEN, "called_ae_title": "A"}, None),
        ("context", {**BETWEEN, "result": "0"}, True),
        ("context", {**BETWEEN, "result": "not_accepted"}, False),
        ("context", {**BETWEEN, "accepted": "1"}, True),
        ("outcome", {"operation": "query", "result": "success"}, True),
        ("outcome", {"operation": "query", "result": "partial"}, True),
        ("outcome", {"operation": "query", "result": "warning"}, True),
        ("outcome", {"operation": "query", "result": "cancelled"}, True),
        ("outcome", {"operation": "query", "result": "refused"}, False),
        ("outcome", {"operation": "query", "detail": "x"}, None),
        ("outcome", {"operation": "query", "matches": "0"}, False),
        ("retrieved", {"exactly": "janet"}, True),
        ("retrieved", {"exactly": "none"}, False),
        ("retrieved", {"exactly": "janet", "arrived": "none"}, False),
        ("retrieved", {"exactly": "none", "arrived": "janet"}, True),
        ("matches", {"exactly": "janet"}, True),
        ("matches", {"exactly": "none"}, False),
        ("store", {"ae": "a", "instances": "1"}, True),
        ("store", {"ae": "a", "instances": "0"}, False),
        ("film", {}, True),
        ("film", {"count": "0"}, False),
        ("films", {"count": "as_sent"}, True),
        ("rendering", {}, True),
        ("committed", {"event": "1"}, True),
        ("log", {"contains": "x"}, None),
        ("negotiation", {**BETWEEN, "rules": "reasons"}, None),
    ],
)
def test_an_expectation_wants_a_service_or_a_refusal(noun: str, wanted: dict[str, Any], expected: bool | None) -> None:
    assert wants_service(noun, WANTED[noun].model_validate(wanted)) is expected


# -- an end that nothing explains -------------------------------------------------------------------------------------

ABOUT = {"AffectedSOPClassUID": CT}
PROPOSED = request((CT, (EXPLICIT,)))


def ended(talk: Callable[[Talk], object], fault_ns: int | None = None, *scripted: str) -> bool:
    """Tell whether the end of an association by the workstation, its acceptor, is not explained."""
    return unexplained_end(traced(talk), fault_ns, frozenset(scripted)) is not None


def echo(talk: Talk, status: int = 0, side: Any = R) -> Talk:
    talk.say(side, "C-ECHO-RQ", AffectedSOPClassUID=CT, MessageID=1)
    return talk.say(side.other, "C-ECHO-RSP", AffectedSOPClassUID=CT, MessageIDBeingRespondedTo=1, Status=status)


@pytest.mark.parametrize(
    ("talk", "is_found"),
    [
        (lambda talk: echo(talk.opened()).pdu(A, AAbort(2, 0)), True),
        (lambda talk: echo(talk.opened()).saw(Kind.FIN, A), True),
        (lambda talk: echo(talk.opened()).saw(Kind.RST, A), True),
        (lambda talk: echo(talk.opened()).pdu(A, AReleaseRQ()).pdu(R, AReleaseRP()).saw(Kind.FIN, A), False),
        (lambda talk: echo(talk.opened()).pdu(R, AAbort(0, 0)), False),
        (lambda talk: echo(talk.opened(), 0xA700, A).pdu(A, AAbort(2, 0)), False),  # a failure is a reason
        (lambda talk: echo(talk.opened(), 0xFF00, A).pdu(A, AAbort(2, 0)), False),  # it waited for the end
        (lambda talk: echo(talk.opened(), 0, A).pdu(A, AAbort(2, 0)), True),
        (lambda talk: talk.pdu(R, PROPOSED).pdu(A, AAbort(2, 0)), True),  # the answer is owed
        (lambda talk: talk.pdu(R, PROPOSED).pdu(A, acceptance((3, None))).pdu(A, AAbort(2, 0)), False),
        (lambda talk: talk.pdu(R, PROPOSED).pdu(A, AAssociateRJ(1, 1, 1)), False),
        (lambda talk: talk.saw(Kind.FIN, A), False),
        (lambda talk: talk.opened().say(R, "C-ECHO-RQ", None, 1, **ABOUT, MessageID=1).pdu(A, AAbort(2, 0)), True),
        (lambda talk: talk.opened().say(R, "C-ECHO-RQ", None, 1, **ABOUT).pdu(A, AAbort(2, 0)), False),  # no Message ID
        (lambda talk: talk.opened().say(R, "C-ECHO-RQ", None, 9, **ABOUT, MessageID=1).pdu(A, AAbort(2, 0)), False),
        (
            lambda talk: (
                talk.opened()
                .say(R, "C-ECHO-RSP", AffectedSOPClassUID=CT, MessageIDBeingRespondedTo=1, Status=0)
                .pdu(A, AAbort(2, 0))
            ),
            False,
        ),
        (
            lambda talk: (
                echo(talk.opened(), 0, A)
                .say(R, "C-ECHO-RSP", AffectedSOPClassUID=CT, MessageIDBeingRespondedTo=1, Status=0)
                .pdu(A, AAbort(2, 0))
            ),
            False,
        ),
        (lambda talk: talk.opened().store(data_set=b"not readable").pdu(A, AAbort(2, 0)), False),
        (lambda talk: talk.opened().store(data_set=PATIENT).pdu(A, AAbort(2, 0)), True),
    ],
)
def test_an_end_has_a_reason_or_none(talk: Callable[[Talk], object], is_found: bool) -> None:
    assert ended(talk) is is_found


def test_a_fault_that_comes_later_is_no_reason() -> None:
    def talk(one: Talk) -> None:
        echo(one.opened()).pdu(A, AAbort(2, 0))

    end_ns = traced(talk).conversations[0].end.t_ns
    assert end_ns is not None
    trace = traced(talk)
    at = trace.conversations[0].end.t_ns
    assert at is not None
    for fault_ns, is_found in ((at - 1, False), (at, False), (at + 1, True)):
        assert (unexplained_end(trace, fault_ns, frozenset()) is not None) is is_found


def test_a_peer_that_plays_a_script_may_begin() -> None:
    def opened(one: Talk) -> None:
        one.opened().pdu(A, AAbort(2, 0))

    def went_on(one: Talk) -> None:
        echo(one.opened()).pdu(A, AAbort(2, 0))

    found = unexplained_end(traced(opened), None, frozenset())
    assert ended(went_on)
    assert not ended(went_on, None, "modality")
    assert (found is None) is not ended(opened, None, "modality")


# -- standing rules, verdicts -----------------------------------------------------------------------------------------


def test_plain_data_are_counted_where_they_are_taken() -> None:
    standing = Standing()
    assert not standing.plain_data(R, 1, 10, 1)
    assert standing._number == 0
    trace = traced(lambda talk: echo(talk.opened()))
    (one,) = trace.conversations
    for seen in one.pdus:
        assert list(standing.pdu(seen, one)) == []
    assert standing._number == 4
    assert standing.plain_data(R, 7, 10, 1)
    assert (standing._number, standing._t_ns) == (5, 7)
    assert not standing.plain_data(R, 8, 10, 3)
    assert (standing._number, standing._t_ns) == (5, 7)


def finding(met_: bool, level: Level | None = None, judged_: bool = True) -> Finding:
    return Finding("dimse", met_, level=level, expected="x", actual="y", judged=judged_)


@pytest.mark.parametrize(
    ("findings", "level", "strict", "verdict"),
    [
        ([], Level.SHALL, False, Verdict.ERROR),
        ([finding(True)], Level.SHALL, False, Verdict.PASS),
        ([finding(False)], Level.SHALL, False, Verdict.FAIL),
        ([finding(False)], Level.SHOULD, False, Verdict.WARN),
        ([finding(False)], Level.SHOULD, True, Verdict.FAIL),
        ([finding(True)], Level.SHOULD, True, Verdict.PASS),
        ([finding(False, Level.SHOULD), finding(False, Level.SHALL)], Level.SHALL, False, Verdict.FAIL),
        ([finding(False, Level.SHOULD), finding(True, Level.SHALL)], Level.SHALL, False, Verdict.WARN),
        ([finding(False, Level.NOTE)], Level.SHALL, True, Verdict.PASS),
        ([finding(False)], Level.NOTE, False, Verdict.PASS),
        ([finding(True, judged_=False)], Level.SHALL, False, Verdict.NOT_JUDGED),
        ([finding(True, judged_=False), finding(True)], Level.SHALL, False, Verdict.PASS),
        ([finding(True, judged_=False), finding(True, Level.NOTE)], Level.SHALL, False, Verdict.NOT_JUDGED),
    ],
)
def test_findings_make_a_verdict(findings: list[Finding], level: Level, strict: bool, verdict: Verdict) -> None:
    assert judge_findings(findings, level, strict) is verdict
    if not strict:
        assert judge_findings(findings, level) is verdict


def result(verdict: Verdict, name: str = "a") -> Result:
    return Result(name, "s", "t", "u", (), Level.SHALL, verdict, cells=3)


@pytest.mark.parametrize(
    ("verdicts", "known", "status"),
    [
        ("", "", 2),
        ("PASS", "", 0),
        ("WARN", "", 0),
        ("FAIL", "", 1),
        ("PASS FAIL", "", 1),
        ("FAIL PASS", "", 1),
        ("ERROR", "", 2),
        ("INCONCLUSIVE", "", 2),
        ("FLAKY", "", 2),
        ("FAIL ERROR", "", 2),
        ("NOT_JUDGED", "", 2),
        ("NOT_JUDGED PASS", "", 0),
        ("PASS NOT_JUDGED", "", 0),
        ("FAIL", "0", 0),
        ("PASS", "0", 1),
        ("WARN", "0", 1),
        ("FAIL FAIL", "0", 1),
        ("NOT_JUDGED", "0", 2),
    ],
)
def test_the_exit_status_of_results(verdicts: str, known: str, status: int) -> None:
    results = [result(Verdict[one], str(number)) for number, one in enumerate(verdicts.split())]
    assert exit_status(results, dict.fromkeys(known, "why")) == status
    if not known:
        assert exit_status(results) == status


def test_results_are_counted_and_played_again() -> None:
    results = [
        result(Verdict.PASS, "a"),
        result(Verdict.WARN, "b"),
        result(Verdict.FAIL, "c"),
        result(Verdict.PASS, "d"),
    ]
    counts = count(results)
    assert set(counts) == {each.value for each in Verdict}
    assert {name: number for name, number in counts.items() if number} == {
        Verdict.PASS.value: 2,
        Verdict.WARN.value: 1,
        Verdict.FAIL.value: 1,
    }
    assert stale_deviations(results, dict.fromkeys("abc", "why")) == ("a", "b")
    same = verified(results[0], [Verdict.PASS])
    assert (same.verdict, same.cells, same.attempts, same.reason) == (Verdict.PASS, 3, (Verdict.PASS,) * 2, "")
    differs = verified(results[0], [Verdict.FAIL, Verdict.PASS])
    assert (differs.verdict, differs.cells) == (Verdict.FLAKY, 0)
    assert differs.attempts == (Verdict.PASS, Verdict.FAIL, Verdict.PASS)
    assert differs.reason.startswith("played 3 times: ")
