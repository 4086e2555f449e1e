"""What a finding shows: its check, at most five places of what is wrong, and no more of a list than can be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hand_written import CT, EXPLICIT, IMPLICIT, MR, A, R, Talk, acceptance, element, judged, request, trace_of
from printed_by_hand import PrintTalk

from dicom_conformance.judge.checks import WANTED
from dicom_conformance.judge.checks.choice import (
    answer_pointer,
    between,
    end_pointer,
    listed,
    pick,
    wanted_fields,
)
from dicom_conformance.judge.checks.wanted import Abort, Rejection
from dicom_conformance.results import Finding
from dicom_conformance.scenario.fixtures import standard
from dicom_conformance.trace import Trace
from dicom_conformance.trace.trace import Held
from dicom_wire.capture.sighting import Kind
from dicom_wire.pdu import PDV, AAbort, AAssociateRJ, PDataTF, UnknownPDU

BETWEEN = {"requestor": "modality", "acceptor": "workstation"}
MODALITY, WORKSTATION = {"sender": "modality"}, {"sender": "workstation"}
ECHO = "1.2.840.10008.1.1"
SIX = range(1, 7)
PLACES = [f"link/{number}" for number in range(6)]


def six(talk: Callable[[Talk], object]) -> Trace:
    """Six connections on which the same is said."""
    return trace_of(*[lambda recorder: talk(Talk(recorder))] * 6)


def long(talk: Callable[[Talk, int], object], *contexts: tuple[str, tuple[str, ...]]) -> Trace:
    """One association on which the same is said six times, with the number of the time."""

    def said(recorder: Any) -> None:
        one = Talk(recorder).opened(*contexts)
        for number in SIX:
            talk(one, number)

    return trace_of(said)


def only(trace: Trace, noun: str, **wanted: Any) -> Finding:
    (found,) = judged(trace, noun, **wanted)
    return found


# -- whose finding it is ----------------------------------------------------------------------------------------------

LEAST: dict[str, dict[str, Any]] = {
    "association": BETWEEN,
    "context": {**BETWEEN, "result": "0"},
    "negotiation": {**BETWEEN, "rules": "reasons"},
    "pdu": {**MODALITY, "type": "A-ABORT"},
    "dimse": {**MODALITY, "message": "C-ECHO-RQ"},
    "data_set": {**MODALITY, "message": "C-STORE-RQ", "encoding": "valid"},
    "store": {"ae": "workstation", "instances": "1"},
    "outcome": {"operation": "query", "result": "success"},
    "log": {"contains": "x"},
    "elapsed": {"operation": "query", "at_most_s": "1"},
    "rendering": {},
    "film": {},
    "films": {"count": "as_sent"},
    "matches": {"exactly": "janet"},
    "query_responses": {},
    "retrieved": {"exactly": "janet"},
    "committed": {"event": "1"},
    "response": {"to": "N-GET-RQ", "status": "0000"},
    "answers": {**WORKSTATION, "rules": "names"},
    "rules": MODALITY,
    "page": {"contains": "x"},
    "axe": {},
}


@pytest.mark.parametrize("noun", WANTED)
def test_a_finding_bears_the_name_of_its_check(noun: str) -> None:
    silent = replace(
        trace_of(),
        known=standard().truth(["dates"]),
        stores={"workstation": tuple},
        logs={"workstation": list},
        films=lambda: None,
    )
    assert {one.check for one in judged(silent, noun, **LEAST[noun])} == {noun}


def test_the_check_of_duplicates_is_that_of_the_store() -> None:
    trace = replace(trace_of(), stores={"workstation": tuple})
    assert only(trace, "store", ae="workstation", duplicates="whole").check == "store"


# -- five places at most ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noun", "wanted", "place"),
    [
        ("association", {**BETWEEN, "closed_by": "workstation"}, ""),
        ("association", {**BETWEEN, "ends": "released"}, "/3"),
        ("association", {**BETWEEN, "established": False}, "/3"),
        ("association", {**BETWEEN, "called_ae_title": "OTHER"}, ""),
        ("association", {**BETWEEN, **MODALITY, "application_context": "1.2"}, ""),
        ("context", {**BETWEEN, "result": "3"}, "/2"),
        ("context", {**BETWEEN, "sop_classes": MR}, ""),
        ("pdu", {**MODALITY, "type": "A-ABORT", "count": "0"}, "/3"),
        ("negotiation", {**BETWEEN, "selection": IMPLICIT}, None),
    ],
)
def test_of_six_associations_five_are_shown(noun: str, wanted: dict[str, Any], place: str | None) -> None:
    found = only(six(lambda talk: talk.opened().pdu(R, AAbort(0, 0)).saw(Kind.FIN, R)), noun, **wanted)
    if place is None:
        assert found.met
        return
    assert not found.met
    assert list(found.evidence) == [f"{one}{place}" for one in PLACES[:5]]


def test_of_six_negotiations_five_are_shown() -> None:
    def talk(one: Talk) -> None:
        one.pdu(R, request((CT, (EXPLICIT,)))).pdu(A, acceptance((0, IMPLICIT)))

    found = only(six(talk), "negotiation", **BETWEEN, rules="as_proposed")
    assert not found.met
    assert list(found.evidence) == [f"{one}/2" for one in PLACES[:5]]


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ({"type": "P-DATA-TF", "position": "each", "fields": {"result": "0"}}, [3, 4, 5, 6, 7]),
        ({"violations": "none"}, [3, 4, 5, 6, 7]),
        ({"within_maximum_length": True}, [3, 4, 5, 6, 7]),
        ({"longest": "at most 9"}, [8]),
        ({"longest": "at least 9"}, []),
    ],
)
def test_of_six_pdus_five_are_shown(wanted: dict[str, Any], places: list[int]) -> None:
    def talk(one: Talk, number: int) -> None:
        if "violations" in wanted:
            one.pdu(A, UnknownPDU(0x42, b"1234"))
        else:
            one.pdu(A, PDataTF((PDV(1, True, False, bytes(20_000)),)))

    found = only(long(talk), "pdu", **WORKSTATION, **wanted)
    assert found.met is (not places)
    assert list(found.evidence) == [f"link/0/{place}" for place in places]


def echoes(talk: Talk, number: int) -> None:
    talk.say(R, "C-ECHO-RQ", AffectedSOPClassUID=ECHO, MessageID=number)


def stores(talk: Talk, number: int) -> None:
    raw = element(0x0010, 0x0020, b"LO", f"P{number}".encode())
    talk.store(f"2.25.{number}", data_set=raw, message_id=number)


TWO = ((CT, (EXPLICIT,)), (ECHO, (EXPLICIT,)))


@pytest.mark.parametrize(
    ("talk", "wanted", "places", "actual"),
    [
        (echoes, {"message": "C-ECHO-RQ", "position": "each", "fields": {"MessageID": "9"}}, SIX[:5], None),
        (echoes, {"message": "C-ECHO-RQ", "count": "6"}, [1], "6 x C-ECHO-RQ"),
        (echoes, {"single_outstanding": True}, SIX[1:6], None),
        (
            lambda talk, number: talk.say(R, "C-CANCEL-RQ", MessageIDBeingRespondedTo=number),
            {"cancels_own": True},
            SIX[:5],
            None,
        ),
    ],
)
def test_of_six_messages_five_are_shown(
    talk: Callable[[Talk, int], object], wanted: dict[str, Any], places: Any, actual: str | None
) -> None:
    found = only(long(talk, *TWO), "dimse", **MODALITY, **wanted)
    assert found.met is (actual is not None)
    assert list(found.evidence) == [f"link/0/{2 + place}" for place in places]
    assert actual in (None, found.actual)


def test_of_six_responses_in_another_context_five_are_shown() -> None:
    def talk(one: Talk, number: int) -> None:
        one.say(R, "C-ECHO-RQ", context_id=3, AffectedSOPClassUID=ECHO, MessageID=number)
        one.say(A, "C-ECHO-RSP", context_id=1, MessageIDBeingRespondedTo=number, Status=0)

    found = only(long(talk, *TWO), "dimse", **WORKSTATION, same_context=True)
    assert list(found.evidence) == [f"link/0/{2 + 2 * number}" for number in SIX[:5]]


def test_each_context_that_was_not_accepted_is_shown_once() -> None:
    def talk(one: Talk, number: int) -> None:
        for _ in range(2):
            one.say(R, "C-ECHO-RQ", context_id=2 * number + 1, AffectedSOPClassUID=ECHO, MessageID=number)

    found = only(long(talk), "dimse", **MODALITY, accepted_contexts=True)
    assert list(found.evidence) == [f"link/0/{1 + 2 * number}" for number in SIX[:5]]
    assert found.actual.startswith("P-DATA-TF in context 3, which was not accepted, P-DATA-TF in context 5")


@pytest.mark.parametrize(
    ("talk", "wanted", "actual"),
    [
        (echoes, {**MODALITY, "cancels_own": True}, "0 C-CANCEL-RQs"),
        (echoes, {**MODALITY, "accepted_contexts": True}, "6 fragments"),
        (echoes, {**WORKSTATION, "same_context": True}, "0 responses"),
        (stores, {**WORKSTATION, "same_context": True}, "6 responses"),
        (stores, {**MODALITY, "accepted_contexts": True}, "12 fragments"),
        (stores, {**MODALITY, "single_outstanding": True}, "6 requests, each sent after the previous response"),
    ],
)
def test_what_keeps_a_rule_is_counted(talk: Callable[[Talk, int], object], wanted: dict[str, Any], actual: str) -> None:
    found = only(long(talk, *TWO), "dimse", **wanted)
    assert (found.met, found.actual, found.evidence) == (True, actual, ())


def test_a_cancel_that_is_lawful_is_counted() -> None:
    def talk(one: Talk, number: int) -> None:
        echoes(one, number)
        one.say(R, "C-CANCEL-RQ", MessageIDBeingRespondedTo=number)

    assert only(long(talk, *TWO), "dimse", **MODALITY, cancels_own=True).actual == "6 C-CANCEL-RQs"


def test_of_six_data_sets_five_places_and_four_texts_are_shown() -> None:
    found = only(long(stores), "data_set", **MODALITY, message="C-STORE-RQ", contains={"PatientID": "Q"})
    assert list(found.evidence) == [f"link/0/{place}" for place in (4, 7, 10, 13, 16)]
    assert found.actual == "PatientID 'P1', PatientID 'P2', PatientID 'P3', PatientID 'P4', and 2 more"
    right = only(long(stores), "data_set", **MODALITY, message="C-STORE-RQ", present="PatientID")
    assert (right.actual, right.evidence) == ("as expected in 6 messages", ())


def test_of_private_elements_four_are_shown() -> None:
    raw = b"".join(element(0x0011, 0x1000 + number, b"LO", b"x ") for number in SIX)
    found = only(
        long(lambda talk, number: talk.store(data_set=raw, message_id=number)),
        "data_set",
        **MODALITY,
        message="C-STORE-RQ",
        private="none",
        position="first",
    )
    assert found.actual.endswith("(0011,1004), and 2 more")


def test_of_six_associations_whose_answers_are_wrong_five_are_shown() -> None:
    def talk(one: Talk) -> None:
        one.opened().say(R, "C-ECHO-RQ", AffectedSOPClassUID=ECHO, MessageID=1)
        for number in (7, 8):
            one.say(A, "C-ECHO-RSP", MessageIDBeingRespondedTo=number, Status=0)

    found = only(six(talk), "answers", **WORKSTATION, rules="message_id")
    assert list(found.evidence) == PLACES[:5]
    assert found.actual == (
        "6 x C-ECHO-RSP 0000 to message 7, which is no open request, "
        "6 x C-ECHO-RSP 0000 to message 8, which is no open request"
    )
    unanswered = only(six(talk), "answers", **WORKSTATION, rules="every_request")
    assert unanswered.actual == "6 x no final response to C-ECHO-RQ 1 in context 1"


def test_of_six_breaches_five_are_shown() -> None:
    def talk(one: Talk) -> None:
        one.opened().say(A, "C-ECHO-RSP", MessageIDBeingRespondedTo=7, Status=0)

    found = only(six(talk), "rules", **WORKSTATION)
    assert not found.met
    assert list(found.evidence) == [f"{one}/3" for one in PLACES[:5]]


def test_of_six_responses_five_places_and_four_texts_are_shown() -> None:
    def talk(one: Talk, number: int) -> None:
        names = {"RequestedSOPClassUID": "1.2", "RequestedSOPInstanceUID": "1.2.3"}
        one.say(R, "N-GET-RQ", MessageID=number, **names)
        raw = element(0x2110, 0x0010, b"CS", f"S{number}".encode())
        one.say(A, "N-GET-RSP", raw, MessageIDBeingRespondedTo=number, Status=0)

    found = only(long(talk), "response", to="N-GET-RQ", contains={"PrinterStatus": "NORMAL"})
    assert list(found.evidence) == [f"link/0/{place}" for place in (5, 8, 11, 14, 17)]
    assert found.actual.endswith("PrinterStatus 'S4', and 2 more")
    status = only(long(talk), "response", to="N-GET-RQ", status="failure")
    assert (list(status.evidence), status.actual) == (["link/0/5"], "6 x N-GET-RSP 0000")


def test_of_instances_that_differ_six_are_shown_and_of_their_elements_four() -> None:
    was = b"".join(element(0x0010, number, b"LO", b"A ") for number in (0x10, 0x20, 0x40, 0x1010, 0x1020, 0x4000))
    sent = {f"2.25.{number}": Held(CT, f"2.25.{number}", EXPLICIT, was) for number in range(1, 8)}
    held = tuple(replace(one, data_set=was.replace(b"A ", b"B ")) for one in sent.values())
    trace = replace(trace_of(), originals=sent, stores={"archive": lambda: held})
    assert only(trace, "store", ae="archive", elements="identical").actual.endswith(", and 1 more")
    one = replace(trace, stores={"archive": lambda: held[:1]})
    assert only(one, "store", ae="archive", elements="identical").actual.endswith(", and 2 more")
    assert only(one, "store", ae="archive", data_set="identical").actual.endswith(", and 1 more")


# -- where and in which words -----------------------------------------------------------------------------------------


def test_a_list_is_counted_and_cut() -> None:
    assert listed([]) == "none"
    assert listed([], none="nothing") == "nothing"
    assert listed("ab") == "a, b"
    assert listed("aba") == "2 x a, b"
    assert listed("abcdef") == "a, b, c, d, e, f"
    assert listed("abcdefg") == "a, b, c, d, e, f, and 1 more"
    assert listed("abcd", most=2) == "a, b, and 2 more"


def test_things_are_picked_by_position() -> None:
    things = "abc"
    picked = {each: "".join(pick(things, each)) for each in (None, "each", "first", "last", 1, 2, 3, 4)}
    assert picked == {None: "abc", "each": "abc", "first": "a", "last": "c", 1: "a", 2: "b", 3: "c", 4: ""}
    assert [pick("", each) for each in ("first", "last", 1)] == [[], [], []]


def test_associations_are_named_by_their_ends() -> None:
    assert between("a", "b") == "from a to b"
    assert between("a", None) == "from a"
    assert between(None, "b") == "to b"
    assert between(None, None) == "of any AE"


def test_what_is_wanted_of_a_rejection_or_abort_is_written() -> None:
    assert wanted_fields(Rejection()) == "any"
    assert wanted_fields(Rejection(result=1, reason=[3, 7])) == "result 1, reason 3 or 7"
    assert wanted_fields(Abort(by="printer", source=0)) == "by printer, source 0"


@pytest.mark.parametrize(
    ("talk", "answer", "end"),
    [
        (lambda talk: talk.opened().store().released(), "/2", "/6"),
        (lambda talk: talk.pdu(R, request((CT, (EXPLICIT,)))).pdu(A, AAssociateRJ(1, 1, 1)), "/2", "/2"),
        (lambda talk: talk.opened().pdu(R, AAbort(0, 0)), "/2", "/3"),
        (lambda talk: talk.pdu(R, request((CT, (EXPLICIT,)))).pdu(A, AAbort(0, 0)), "/2", "/2"),
        (lambda talk: talk.pdu(R, request((CT, (EXPLICIT,)))).saw(Kind.FIN, A), "/1", ""),
        (lambda talk: talk, "", ""),
    ],
)
def test_pointers_name_the_pdu_that_answered_and_the_one_that_ended(
    talk: Callable[[Talk], object], answer: str, end: str
) -> None:
    (one,) = trace_of(lambda recorder: talk(Talk(recorder))).conversations
    assert (answer_pointer(one), end_pointer(one)) == (f"link/0{answer}", f"link/0{end}")


def test_an_association_that_ended_before_it_was_accepted_says_so() -> None:
    trace = six(lambda talk: talk.pdu(R, request((CT, (EXPLICIT,)))).saw(Kind.FIN, A))
    found = only(trace, "association", **BETWEEN, established=True)
    assert (found.met, found.actual.endswith(", never accepted")) == (False, True)
    assert found.expected == "the association from modality to workstation is established"
    opened = only(six(lambda talk: talk.opened()), "association", **BETWEEN, established=False)
    assert (opened.met, "accepted" in opened.actual) == (False, False)
    assert opened.expected == "the association from modality to workstation is not established"
    none = only(trace, "association", **BETWEEN, **WORKSTATION, contexts="1")
    assert (none.met, none.expected) == (False, "an A-ASSOCIATE PDU of workstation")
    assert (list(none.evidence), none.actual[:6]) == (["link/0"], "none; ")


# -- what was expected, in words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noun", "wanted", "expected"),
    [
        ("association", {**BETWEEN, "count": "2"}, "2 associations from modality to workstation"),
        ("association", {"acceptor": "workstation"}, "at least 1 association to workstation"),
        (
            "association",
            {**BETWEEN, "simultaneous": "at most 3"},
            "at most 3 associations from modality to workstation at the same time",
        ),
        ("association", {**BETWEEN, "rejection": {"result": 1}}, "A-ASSOCIATE-RJ: result 1"),
        ("association", {**BETWEEN, "abort": {}}, "A-ABORT: any"),
        ("association", {**BETWEEN, "called_ae_title": "A"}, "called AE title: A"),
        ("association", {**BETWEEN, "calling_ae_title": "A"}, "calling AE title: A"),
        ("association", {**BETWEEN, "contexts": "1"}, "presentation contexts of workstation: 1"),
        (
            "association",
            {**BETWEEN, "position": 9, "ends": "closed"},
            "an association from modality to workstation (9)",
        ),
        ("context", {**BETWEEN, "result": "0"}, "every presentation context: 0 (acceptance)"),
        (
            "context",
            {**BETWEEN, "sop_class": CT, "result": ["0", "4"]},
            f"{CT}: 0 (acceptance) or 4 (transfer_syntaxes_not_supported)",
        ),
        (
            "context",
            {**BETWEEN, "transfer_syntax": EXPLICIT},
            f"every presentation context: 0 (acceptance) of {EXPLICIT}",
        ),
        (
            "context",
            {**BETWEEN, "result": "3", "transfer_syntax": EXPLICIT},
            "every presentation context: 3 (abstract_syntax_not_supported)",
        ),
        ("context", {**BETWEEN, "accepted": "1"}, "1 of the presentation contexts accepted"),
        (
            "context",
            {**BETWEEN, "sop_class": CT, "proposed": EXPLICIT, "match": "only"},
            f"transfer syntaxes proposed for {CT}: only {EXPLICIT}",
        ),
        ("context", {**BETWEEN, "proposed": EXPLICIT}, f"transfer syntaxes proposed: at least {EXPLICIT}"),
        (
            "context",
            {**BETWEEN, "sop_class": CT, "sop_classes": CT, "match": "exactly"},
            f"abstract syntaxes proposed: exactly {CT}",
        ),
        ("pdu", {**MODALITY, "type": "A-ABORT"}, "at least 1 x A-ABORT from modality"),
        (
            "pdu",
            {**MODALITY, "type": ["A-ABORT", "A-RELEASE-RQ"], "fields": {"source": ["0", "2"]}, "position": "last"},
            "last: A-ABORT or A-RELEASE-RQ from modality with source 0 or 2",
        ),
        (
            "pdu",
            {**MODALITY, "type": "A-ABORT", "position": "last", "count": "2"},
            "last: A-ABORT from modality, 2 in all",
        ),
        (
            "pdu",
            {**MODALITY, "type": "A-ABORT", "or_closed": True},
            "at least 1 x A-ABORT from modality, or the connection closed by modality",
        ),
        ("pdu", {**MODALITY, "violations": "none"}, "every PDU of modality valid"),
        (
            "pdu",
            {**MODALITY, "violations": ["pdu-type-unknown"]},
            "every PDU of modality valid except for pdu-type-unknown",
        ),
        (
            "pdu",
            {**MODALITY, "within_maximum_length": True},
            "no P-DATA-TF of modality longer than its receiver announced",
        ),
        ("pdu", {**MODALITY, "longest": "at most 9"}, "the longest P-DATA-TF of modality: at most 9 bytes"),
        ("dimse", {**MODALITY, "message": "C-STORE-RQ"}, "at least 1 x C-STORE-RQ from modality"),
        (
            "dimse",
            {
                **MODALITY,
                "message": ["C-STORE-RQ", "C-ECHO-RQ"],
                "sop_class": CT,
                "status": ["0000", "failure"],
                "fields": {"MessageID": ["1", "2"]},
            },
            f"at least 1 x C-STORE-RQ or C-ECHO-RQ from modality with 0000 or failure, MessageID 1 or 2, of {CT}",
        ),
        ("dimse", {**MODALITY, "message": "C-ECHO-RQ", "position": 1}, "1: C-ECHO-RQ from modality"),
        (
            "dimse",
            {**MODALITY, "message": "C-ECHO-RQ", "position": 1, "count": "at most 2"},
            "1: C-ECHO-RQ from modality, at most 2 in all",
        ),
        ("dimse", {**MODALITY, "order": ["A", "B"]}, "in this order: A, B"),
        ("rules", MODALITY, "modality breaks no rule"),
        ("rules", {**MODALITY, "rules": ["first-pdu", "second-release"]}, "modality keeps first-pdu, second-release"),
        ("log", {"contains": "x"}, "the log of workstation contains 'x'"),
        ("log", {"absent": "x"}, "the log of workstation does not contain 'x'"),
        ("store", {"ae": "workstation", "instances": "2"}, "workstation holds 2 instances"),
        (
            "store",
            {"ae": "workstation", "transfer_syntax": [EXPLICIT, IMPLICIT]},
            f"every instance that workstation holds has transfer syntax {EXPLICIT} or {IMPLICIT}",
        ),
        (
            "store",
            {"ae": "workstation", "sop_class": CT},
            f"every instance that workstation holds has SOPClassUID {CT}",
        ),
        (
            "store",
            {"ae": "workstation", "pixel_data": "identical"},
            "pixel data of every instance that workstation holds identical to what was sent",
        ),
    ],
)
def test_what_is_expected_is_written(noun: str, wanted: dict[str, Any], expected: str) -> None:
    trace = trace_of(lambda recorder: Talk(recorder).opened().store("1.2", data_set=b"").released())
    trace = replace(trace, stores={"workstation": tuple}, logs={"workstation": list})
    assert judged(trace, noun, **wanted)[-1].expected == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"data_set": "none"}, "data set absent"),
        ({"data_set": "present"}, "data set present"),
        ({"encoding": "valid"}, "encoded in the transfer syntax of its presentation context"),
        ({"transfer_syntax": [EXPLICIT, IMPLICIT]}, f"transfer syntax {EXPLICIT} or {IMPLICIT}"),
        ({"bytes": {"PatientID": ["50", "51"]}}, "PatientID = the bytes 50 or 51"),
        ({"contains": {"PatientID": ["A", "B"]}}, "PatientID = A or B"),
        ({"present": "PatientID"}, "PatientID present"),
        ({"empty": "PatientID"}, "PatientID present and empty"),
        ({"absent": "PatientID"}, "PatientID absent"),
        ({"only": ["PatientID", "Rows"]}, "no elements other than PatientID, Rows"),
        ({"private": "none"}, "private elements: none"),
        ({"named_by_command": True}, "the SOP Class and SOP Instance that the command set names"),
    ],
)
def test_what_is_expected_of_a_data_set_is_written(wanted: dict[str, Any], expected: str) -> None:
    trace = trace_of(lambda recorder: Talk(recorder).opened().store("1.2", data_set=b"").released())
    found = only(trace, "data_set", **MODALITY, message="C-STORE-RQ", **wanted)
    assert found.expected == f"C-STORE-RQ from modality: {expected}"
    silent = only(trace, "data_set", **MODALITY, message=["C-FIND-RQ", "C-ECHO-RQ"], **wanted)
    assert (silent.met, silent.expected) == (False, "at least 1 x C-FIND-RQ or C-ECHO-RQ from modality")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"contains": {"PatientID": ["A", "B"]}}, "PatientID = A or B"),
        ({"present": "PatientID"}, "PatientID present"),
        ({"absent": "PatientID"}, "PatientID absent"),
        ({"only": ["PatientID", "Rows"]}, "no elements other than PatientID, Rows"),
        ({"items": {"ReferencedImageBoxSequence": "2"}}, "2 x an item of ReferencedImageBoxSequence"),
        ({"taken": "PatientID"}, "PatientID, if present, as requested"),
        ({"replaced": "PatientID"}, "PatientID present with the value taken, where another was taken"),
        ({"instance": "returned"}, "the SOP Instance UID that was made, where none was requested"),
        ({"instance": "kept"}, "no other SOP Instance UID than was requested"),
        ({"image_boxes": "as_laid_out"}, "an image box for each place of the Image Display Format"),
    ],
)
def test_what_is_expected_of_a_response_is_written(wanted: dict[str, Any], expected: str) -> None:
    def talk(one: Talk, number: int) -> None:
        one.say(R, "N-GET-RQ", MessageID=number, RequestedSOPClassUID="1.2", RequestedSOPInstanceUID="1.2.3")
        one.say(A, "N-GET-RSP", None, MessageIDBeingRespondedTo=number, Status=0x0110, ErrorComment="full ")

    found = only(long(talk), "response", to=["N-GET-RQ", "N-SET-RQ"], **wanted)
    assert (found.judged, found.expected) == (False, f"response to N-GET-RQ or N-SET-RQ: {expected}")
    assert found.actual == "not judged: no response is a success or a warning: 6 x N-GET-RSP 0110"
    status = only(long(talk), "response", to="N-GET-RQ", status=["0110", "success"], position="last")
    assert (status.met, status.expected) == (True, "last: N-GET-RQ is answered by 0110 or success")
    assert status.actual == "N-GET-RSP 0110 (full)"
    assert only(long(talk), "response", to="N-SET-RQ", **wanted).expected == "each: N-SET-RQ is sent"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"printed": True}, "printed: answered with success or a warning"),
        ({"printed": False}, "not printed"),
        ({"status": ["0000", "warning"]}, "N-ACTION-RSP 0000 or warning"),
        ({"session": {"PrintPriority": ["LOW", "HIGH"]}}, "PrintPriority LOW or HIGH of the film session"),
        ({"box": {"Trim": "YES"}}, "Trim YES of the film box"),
        ({"image": {"Polarity": ["NORMAL", "not sent"]}}, "Polarity NORMAL or not sent of each image box"),
        ({"boxes": "2"}, "2 image boxes"),
        ({"filled": "at least 1"}, "at least 1 image box with an image"),
        ({"preview": "exact"}, "the picture that the preview showed, within 0 of 255"),
        ({"preview": "within 1.5"}, "the picture that the preview showed, within 1.5 of 255"),
        ({"annotations": ["a", "b"]}, "annotations 'a', 'b'"),
        ({"lut": "none"}, "Presentation LUT none"),
        ({"bits": 12}, "samples of 12 bits"),
        ({"deleted": True}, "film box and film session deleted"),
        ({"deleted": False}, "film box or film session not deleted"),
        ({"job": ["DONE", "PENDING"]}, "print job reported as DONE or PENDING"),
        ({"events": [{"status": "DONE"}]}, "N-EVENT-REPORT DONE of the print job, answered with 0000"),
        (
            {"events": [{"status": "WARNING", "of": "printer", "info": "JAM"}]},
            "N-EVENT-REPORT WARNING of the printer (JAM), answered with 0000",
        ),
    ],
)
def test_what_is_expected_of_a_film_is_written(wanted: dict[str, Any], expected: str) -> None:
    def talk(recorder: Any) -> None:
        printing = PrintTalk(recorder)
        printing.action(printing.box(printing.session()))

    findings = judged(trace_of(talk), "film", **wanted)
    assert expected in [one.expected for one in findings]
    lawful = "images as PS3.3 C.13.5 requires"
    assert (lawful in [one.expected for one in findings]) is bool({"bits", "image"} & set(wanted))


def test_what_was_answered_to_a_context_is_written() -> None:
    def answered(*pdus: tuple[Any, Any]) -> list[str]:
        def talk(recorder: Any) -> None:
            one = Talk(recorder).pdu(R, request((CT, (EXPLICIT,))))
            for side, pdu in pdus:
                one.pdu(side, pdu)

        trace = replace(trace_of(talk), subject="workstation")
        contexts = [{"sop_class": CT, "proposed": EXPLICIT, "result": "2"}]
        alone = only(trace, "context", **BETWEEN, contexts=contexts)
        among = only(trace, "context", **BETWEEN, result="2")
        assert (alone.met, among.met) == (False, False)
        return [alone.actual, among.actual]

    for pdus, actual in (
        ([(A, acceptance((0, EXPLICIT)))], f"0 (acceptance) of {EXPLICIT}"),
        ([(A, acceptance((0, IMPLICIT)))], f"0 (acceptance) of {IMPLICIT}, which was not proposed"),
        ([(A, acceptance((3, None)))], "3 (abstract_syntax_not_supported)"),
    ):
        assert answered(*pdus) == [actual, actual]
    rejected = answered((A, AAssociateRJ(1, 1, 7)))
    assert all(one.startswith("A-ASSOCIATE-RJ: rejected") for one in rejected)
    aborted = answered((A, AAbort(2, 0)))
    assert aborted[0] == "no answer"
    assert aborted[1].startswith("no answer: aborted")
    assert [one.split(":")[0] for one in answered()] == ["no answer", "no answer"]


def test_pdus_are_told_with_the_fields_that_are_asked_for() -> None:
    trace = trace_of(lambda recorder: Talk(recorder).opened().pdu(R, AAbort(2, 6)))
    assert only(trace, "pdu", **MODALITY, type="A-ABORT").actual == "A-ABORT"
    fields = {"source": "2", "reason": ["5", "6"], "result": "absent"}
    found = only(trace, "pdu", **MODALITY, type="A-ABORT", fields=fields)
    assert (found.met, found.actual) == (True, "A-ABORT (source 2, reason 6, result absent)")
    none = only(trace, "pdu", **MODALITY, type="A-RELEASE-RQ")
    assert none.actual == "none; sent A-ASSOCIATE-RQ, A-ABORT"
