"""What is reported, announced and held, value by value: outcomes, pages, data sets, marks and matching."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hand_written import (
    CT,
    EXPLICIT,
    IMPLICIT,
    MR,
    A,
    R,
    Talk,
    acceptance,
    element,
    judged,
    met,
    operation,
    request,
    trace_of,
)
from pydantic import TypeAdapter
from pydicom import DataElement, Dataset

from dicom_conformance.judge.checks import outcome as outcome_check
from dicom_conformance.judge.checks import outcome_lists as lists
from dicom_conformance.judge.checks.announcement import FACETS, Role, _admit_roles
from dicom_conformance.judge.checks.choice import abort_differs, message_text, rejection_differs
from dicom_conformance.judge.checks.data_set import element_text
from dicom_conformance.judge.checks.dimse import _element, sop_class
from dicom_conformance.judge.checks.outcome_values import CountOrNone, Listed, StatusOrNone
from dicom_conformance.judge.checks.page import _around, _shortened
from dicom_conformance.judge.checks.rendering import _alike, _message, frame_of
from dicom_conformance.judge.checks.response import _same
from dicom_conformance.judge.checks.same_instance import _shown, _value
from dicom_conformance.judge.checks.wanted import Abort, Bounds, Rejection
from dicom_conformance.judge.displayed import _carried
from dicom_conformance.judge.films.likeness import Area, ground, located, steps
from dicom_conformance.judge.marks import LONGEST_TEXT, MOST_MARKS, _Places, marks, of_side
from dicom_conformance.judge.query_matching import (
    Agreed,
    _all,
    _any,
    _groups,
    _is_universal,
    _name_fits,
    _range_of,
    _value_fits,
    _within,
    date_of,
    entity_fits,
    fits,
    time_of,
)
from dicom_conformance.judge.rendering import Comparison
from dicom_conformance.judge.standing import breaches
from dicom_conformance.judge.standing.message_rules import KNEW_AFTER_NS, MessageRules
from dicom_conformance.results import Finding, Level
from dicom_conformance.trace import Attribute, DataSet, Operation, Trace
from dicom_conformance.trace.page_seen import PageSeen
from dicom_conformance.trace.trace import Held
from dicom_wire.items import (
    AsynchronousOperationsWindow,
    RoleSelection,
    SOPClassCommonExtendedNegotiation,
    SOPClassExtendedNegotiation,
    UserIdentityAC,
    UserIdentityRQ,
)

ECHO = "1.2.840.10008.1.1"
BETWEEN = {"requestor": "modality", "acceptor": "workstation"}


def traced(talk: Any) -> Trace:
    return trace_of(lambda recorder: talk(Talk(recorder)))


# -- outcomes ---------------------------------------------------------------------------------------------------------


def test_an_outcome_is_summed_up() -> None:
    assert lists.summary({"result": "refused", "status": "A700", "detail": "full"}) == "refused status A700 full"
    assert lists.summary({"result": "success", "status": "", "detail": None}) == "success"
    assert lists.keys_text({"a": ("1", "2"), "b": ("3",)}) == "a 1 or 2, b 3"


@pytest.mark.parametrize(
    ("outcome", "bounds", "problem", "told"),
    [
        ({"n": 2}, Bounds(2, 2), None, "n 2"),
        ({"n": 2}, Bounds(3, None), "n 2", "n 2"),
        ({"n": [1, 2]}, Bounds(2, 2), None, "n 2"),
        ({"n": (1, 2, 3)}, Bounds(2, 2), "n 3", "n 3"),
        ({"n": None}, Bounds(0, 0), "n not reported", "n not reported"),
        ({}, None, None, "n not reported"),
        ({"n": 0}, None, "n 0", "n 0"),
        ({"n": "2"}, Bounds(2, 2), "n 2", "n 2"),
    ],
)
def test_what_is_counted_in_an_outcome(outcome: Any, bounds: Bounds | None, problem: str | None, told: str) -> None:
    assert lists.counted_problem("n", bounds, outcome) == problem
    assert lists.number_text("n", outcome) == told


def test_lists_of_an_outcome_are_told() -> None:
    assert lists.names_text("n", {"n": ["a", "b"]}) == "n a, b"
    assert lists.names_text("n", {"n": [str(each) for each in range(22)]}).endswith("19, and 2 more")
    assert lists.names_text("n", {"n": []}) == "n none"
    assert lists.names_text("n", {}) == lists.names_text("n", {"n": 3}) == "n not reported"
    entries = {"n": [{"a": None, "b": True, "c": b"x", "data": "y"}, "text", {"a": ["1", None]}]}
    assert lists._entries("n", entries) == "n: a none b true, a 1\\none"
    assert lists._entries("n", {"n": [{"a": each} for each in range(6)]}).endswith("a 3, and 2 more")
    assert lists._entries("n", {"result": "refused"}) == "n not reported: refused"
    for keys, is_met in (
        ({"a": ("none",)}, True),
        ({"a": ("none",), "b": ("true",)}, True),
        ({"a": ("none",), "b": ("false",)}, False),
        ({"a": ("1\\none",)}, True),
        ({"a": ("2", "1\\none"), "b": ("none",)}, True),
        ({"z": ("none",)}, True),
        ({"z": ("x",)}, False),
    ):
        assert (lists._match_entry(keys, "n", entries) is None) is is_met
    assert lists._match_entry({"a": ("1",)}, "n", {"n": 3, "result": "success"}) == "n not reported: success"
    assert [lists._word(each) for each in (None, True, False, 3, "x", [1, True])] == [
        "none",
        "true",
        "false",
        "3",
        "x",
        "1\\true",
    ]


def test_texts_of_an_outcome_are_whole_or_parts() -> None:
    assert lists._text("n", "x", {"n": "x"}) is None
    assert lists._text("n", "none", {"n": None}) is None
    assert lists._text("n", "x", {"n": "xy"}) == "n 'xy'"
    assert lists._text("n", "none", {"result": "success"}) == "n not reported: success"
    assert lists._holds("n", "FULL", {"n": "disk full"}) is None
    assert lists._holds("n", "none", {"n": None}) == "n 'none'"
    assert lists._holds("n", "x", {"result": "success"}) == "n not reported: success"
    assert lists._warned("Odd", {"warnings": ["plain", "an odd one"]}) is None
    assert lists._warned("odd", {"warnings": ["plain"]}) == "warnings plain"
    assert lists._warned("odd", {"warnings": "odd"}) == "warnings not reported"
    assert lists._printer("k", ("a", "b"), {"printer": {"k": "b"}}) is None
    assert lists._printer("k", ("a",), {"printer": {"k": "b"}}) == "k b"
    assert lists._printer("k", ("none",), {"printer": {}}) is None
    assert lists._printer("k", ("none",), {"printer": "x"}) == "k not reported"


def test_results_statuses_and_details() -> None:
    check = outcome_check
    assert check._result(("success", "partial"), {"result": "partial"}) is None
    assert check._result(("success",), {"result": "refused", "detail": "no"}) == "refused no"
    assert check._status(("A700",), {"status": "A700"}) is None
    assert check._status(("failure",), {"status": "a700"}) is None
    assert check._status(("success",), {"status": "A700"}) == "status A700"
    assert check._status(("success",), {}) == "status not reported"
    assert check._status(None, {}) is None
    assert check._status(None, {"status": "0000"}) == "status 0000"
    assert check._detail("FULL", {"detail": "disk full"}) is None
    assert check._detail("x", {"detail": None}) == "detail ''"
    told = {"rejection": {"result": 1, "source": 2, "reason": 3}, "abort": {"source": 2, "reason": 0}}
    for wanted, is_met in (
        (Rejection(), True),
        (Rejection(result=1, source=2, reason=3), True),
        (Rejection(result=2), False),
        (Rejection(source=1), False),
        (Rejection(reason=[1, 2]), False),
    ):
        assert (check._rejection(wanted, told) is None) is is_met
    assert check._rejection(Rejection(), {"result": "success"}) == "no rejection: success"
    assert check._rejection(Rejection(result=2), told) == "rejection {'result': 1, 'source': 2, 'reason': 3}"
    assert check._abort(Abort(source=2, reason=0), told) is None
    assert check._abort(Abort(source=0), told) == "abort {'source': 2, 'reason': 0}"
    assert check._abort(Abort(reason=1), told) == "abort {'source': 2, 'reason': 0}"
    assert check._abort(Abort(), {"result": "success"}) == "no abort: success"
    assert check._listing("n", ("b", "a"), {"n": ["a", "b"]}) is None
    assert check._listing("n", ("a",), {"n": ["a", "a"]}) == "n 2 x a"
    assert check._listing("n", ("1",), {"n": (1,)}) is None
    assert check._attribute("k", ("a",), {"attributes": {"k": "a"}}) is None
    assert check._attribute("k", ("a",), {"attributes": {"k": "b"}}) == "k 'b'"
    assert check._attribute("k", ("a",), {"attributes": {}, "result": "success"}) == "k not shown: success"
    assert check._match({"k": ("a",)}, "n", {"n": [{"k": "b"}, {"k": "a"}]}) is None
    assert check._match({"k": ("",)}, "n", {"n": [{}]}) is None
    assert check._match({"k": ("a",)}, "n", {"n": [{"k": each} for each in range(5)]}).endswith(", and 2 more")
    assert check._match({"k": ("a",)}, "n", {}) == "n 0: none"


def test_doubts_are_counted_by_match_or_by_instance() -> None:
    check = outcome_check
    several = {"doubtful": [["a", "b"], [], "c"]}
    assert check._doubts(several) == [["a", "b"], ["c"]]
    assert check._doubtful(Bounds(2, 2), several) is None
    assert check._doubtful(Bounds(1, 1), several) == "2 doubtful: a, b, c"
    assert check._doubtful(Bounds(1, 1), {**several, "attributes": {}}) is None
    assert check._doubtful(Bounds(0, 0), {"doubtful": [], "attributes": {}}) is None
    assert check._doubtful(Bounds(0, 0), {"result": "success"}) == (
        "it was not reported whether text is doubtful: success"
    )
    many = {"doubtful": [["a", "b", "c", "d"]]}
    assert check._doubtful(Bounds(0, 0), many) == "1 doubtful: a, b, c, and 1 more"
    assert check._doubts_text(many) == "a, b, c, and 1 more"
    assert check._doubt("b", many) is None
    assert check._doubt("x", {"doubtful": []}) == "no doubt reported"


def test_what_did_not_end_has_no_outcome() -> None:
    trace = trace_of()
    trace.operations.append(operation(None, "query", None))
    assert judged(trace, "outcome", operation="query", result="success")[0].actual == "query has not ended"
    trace.operations[0] = operation(None, "query", 1.0)
    assert judged(trace, "outcome", operation="query", result="success")[0].actual == "no outcome was reported"
    trace.operations[0] = operation({"result": "success"}, "query")
    (found,) = judged(trace, "outcome", operation="query", result=["success", "partial"])
    assert (found.met, found.expected) == (True, "query of workstation: result success or partial")
    assert judged(trace, "outcome", operation="query", peer="other", result="success")[0].actual == (
        "no such operation was requested"
    )
    assert met(trace, "outcome", operation="query", peer="archive", result="success")
    assert judged(trace, "outcome", ae="other", result="success")[0].expected == "an outcome of operation of other"


def test_each_count_of_an_outcome_is_judged() -> None:
    names = ("pending", "completed", "failed", "warning", "remaining", "arrived", "missing")
    for number, name in enumerate((*names, "films_printed", "films_failed")):
        trace = trace_of()
        trace.operations.append(operation({name: number}))
        assert met(trace, "outcome", **{name: str(number)})
        (wrong,) = judged(trace, "outcome", **{name: str(number + 1)})
        assert (wrong.met, wrong.actual) == (False, f"{name} {number}")
        (reported,) = judged(trace, "outcome", **{name: "none"})
        assert (reported.met, reported.expected) == (False, f"operation of workstation: {name} not reported")
    for name in ("failed_instances", "stored", "stored_with_warning", "not_stored", "not_deleted", "to_load"):
        trace = trace_of()
        trace.operations.append(operation({name: ["1.2", "1.3"]}))
        assert met(trace, "outcome", **{name: "2"})
        assert met(trace, "outcome", **{name: ["1.3", "1.2"]})
        assert not met(trace, "outcome", **{name: ["1.3"]})
        assert not met(trace, "outcome", **{name: "1"})


def test_values_of_outcomes_are_read() -> None:
    count, listing, status = (TypeAdapter(each).validate_python for each in (CountOrNone, Listed, StatusOrNone))
    assert (count("none"), count(" none "), count("2")) == (None, None, Bounds(2, 2))
    assert (listing("1.2.3"), listing(["1.2", 7]), listing("12"), listing(3)) == (
        ("1.2.3",),
        ("1.2", "7"),
        Bounds(12, 12),
        Bounds(3, 3),
    )
    assert (status("none"), status("0000")) == (None, ("0000",))


@pytest.mark.parametrize(
    ("outcome", "reports", "is_met"),
    [
        ({"result": "refused", "detail": "why"}, "refused", True),
        ({"result": "refused", "detail": " "}, "refused", False),
        ({"result": "refused"}, "refused", False),
        ({"result": "success", "detail": "why"}, "refused", False),
        ({"result": "success", "warnings": ["odd"]}, "refused", False),
        ({"result": "success", "warnings": ["odd"]}, "warned", True),
        ({"result": "success", "warnings": [" "]}, "warned", False),
        ({"result": "success"}, "warned", False),
        ({"result": "refused", "detail": "why"}, "warned", True),
        (None, "warned", False),
    ],
)
def test_a_user_is_told_of_what_cannot_be_displayed(outcome: Any, reports: str, is_met: bool) -> None:
    found = _message(operation(outcome, "render"), reports)
    assert found.met is is_met
    words = "refused with a message" if reports == "refused" else "refused with a message, or displayed with a warning"
    assert found.expected == f"render: {words}"


def test_how_alike_pictures_are_is_told() -> None:
    assert _alike(Comparison((), 0.25, 9, 0)) == "9 pixels differ by at most 0.2"
    assert _alike(Comparison((), 1.0, 9, 2)) == (
        "9 pixels differ by at most 1.0, 2 not compared by value (annotated, or on an edge)"
    )
    for given, frame in (({}, 1), ({"frame": "3"}, 3), ({"frame": 0}, 1), ({"frame": ""}, 1)):
        assert frame_of(Operation("a", "render", None, given, 0, 1, {})) == frame


# -- pages ------------------------------------------------------------------------------------------------------------


def test_texts_of_pages_are_cut() -> None:
    assert _shortened("a  b\n c") == "'a b c'"
    assert _shortened("x" * 300) == repr("x" * 300)
    assert _shortened("x" * 301) == repr("x" * 300 + "...")
    assert _around("a" * 50 + "part" + "b" * 50, "part") == repr("a" * 40 + "part" + "b" * 40)
    assert _around("part", "part") == "'part'"


@pytest.mark.parametrize(
    ("broken", "wanted", "is_met", "judged_", "actual"),
    [
        ((), {}, True, True, "it breaks none"),
        (("a", "b"), {}, False, True, "it breaks 2: a, b"),
        (("a", "b"), {"violations": "at most 2"}, True, True, "it breaks 2: a, b"),
        (None, {}, True, False, "not judged: axe-core-python is not installed"),
    ],
)
def test_rules_of_axe_that_a_page_breaks(broken: Any, wanted: Any, is_met: bool, judged_: bool, actual: str) -> None:
    trace = trace_of()
    for path, violations in (("/first", ("x",)), ("/", broken)):
        page = PageSeen(path, "text", (), screenshot=b"", violations=violations)
        trace.operations.append(Operation("workstation", "browse", None, {}, 0, 1, {"page": page}))
    (found,) = judged(trace, "axe", **wanted)
    assert (found.met, found.judged, found.actual) == (is_met, judged_, actual)
    assert found.expected == f"the page / breaks {wanted.get('violations', '0')} rules of axe"


# -- commands and data sets -------------------------------------------------------------------------------------------


def test_elements_of_a_data_set_are_written() -> None:
    inner = Dataset()
    inner.PatientID = "P1"
    other = Dataset()
    other.PatientID = "P2"
    whole = Dataset()
    whole.ReferencedStudySequence = [inner, other]
    whole.ImageType = ["A", "B"]
    whole.PatientName = None
    whole.Rows = 7
    whole.PixelData = b"\1\xff"
    for path, text in (
        ("ImageType", "A\\B"),
        ("PatientName", ""),
        ("Rows", "7"),
        ("PixelData", "01 ff"),
        ("ReferencedStudySequence.PatientID", "P1"),
        ("ReferencedStudySequence[1].PatientID", "P1"),
        ("ReferencedStudySequence[2].PatientID", "P2"),
        ("ReferencedStudySequence[3].PatientID", None),
        ("ReferencedStudySequence[0].PatientID", None),
        ("ReferencedStudySequence[x].PatientID", None),
        ("ReferencedSeriesSequence.PatientID", None),
        ("ReferencedStudySequence.PatientName", None),
        ("Columns", None),
    ):
        assert element_text(whole, path) == text, path
    assert element_text(None, "Rows") is None
    assert element_text(None, "ReferencedStudySequence.Rows") is None


def test_elements_of_a_command_are_written() -> None:
    def talk(one: Talk) -> None:
        one.opened((CT, (EXPLICIT,)))
        one.say(R, "N-GET-RQ", RequestedSOPClassUID="1.2", MessageID=1, AttributeIdentifierList=(1, 2))
        one.say(R, "C-ECHO-RQ", AffectedSOPClassUID=ECHO, MessageID=2)
        one.say(A, "C-ECHO-RSP", MessageIDBeingRespondedTo=2, Status=0xB000)
        one.say(R, "C-ECHO-RQ", None, 9, MessageID=3)

    get, asked, answered, lost = traced(talk).conversations[0].messages
    assert [_element(get, each) for each in ("MessageID", "AttributeIdentifierList", "Priority")] == [
        "1",
        "1\\2",
        "absent",
    ]
    assert _element(asked, "AffectedSOPClassUID") == ECHO
    assert [sop_class(each) for each in (get, asked, answered, lost)] == ["1.2", ECHO, CT, None]
    assert [message_text(each) for each in (asked, answered)] == ["C-ECHO-RQ", "C-ECHO-RSP B000"]


def test_a_cancel_of_the_other_side_is_not_counted() -> None:
    def talk(one: Talk) -> None:
        one.opened()
        one.say(R, "C-ECHO-RQ", AffectedSOPClassUID=ECHO, MessageID=1)
        one.say(A, "C-CANCEL-RQ", MessageIDBeingRespondedTo=7)
        one.say(A, "C-ECHO-RQ", AffectedSOPClassUID=ECHO, MessageID=9)
        one.say(R, "C-CANCEL-RQ", MessageIDBeingRespondedTo=9)

    (found,) = judged(traced(talk), "dimse", sender="modality", cancels_own=True)
    assert (found.met, found.actual) == (
        False,
        "C-CANCEL-RQ of message 9, which is not an operation of modality",
    )


@pytest.mark.parametrize(
    ("text", "asked", "same"),
    [("1", "1", True), ("1", "1.0", True), ("1", "2", False), ("a", "b", False), ("a", "a", True), ("1", None, False)],
)
def test_values_are_the_same_as_texts_or_numbers(text: str, asked: str | None, same: bool) -> None:
    assert _same(text, asked) is same


@pytest.mark.parametrize(
    ("vr", "was", "now", "same"),
    [
        ("UN", b"a\0 ", b"a", True),
        ("UN", b"a", b"b", False),
        ("OB", b"a", b"a\0", True),
        ("OB", b"ab", b"ab\0\0", False),
        ("LO", " a ", "a", True),
        ("LO", "", None, True),
        ("LO", "a", None, False),
        ("CS", ["A", "B"], ["A", "B"], True),
        ("CS", ["A", "B"], ["B", "A"], False),
        ("DS", "1.0", "1", False),
        ("IS", "7", "7", True),
    ],
)
def test_values_of_two_encodings_are_the_same(vr: str, was: Any, now: Any, same: bool) -> None:
    held = Held(CT, "1.2", EXPLICIT, b"")
    values = [_value(DataElement(0x00091010, vr, each), held) for each in (was, now)]
    assert (values[0] == values[1]) is same


def test_words_are_compared_in_one_byte_order() -> None:
    big = Held(CT, "1.2", "1.2.840.10008.1.2.2", b"")
    little = Held(CT, "1.2", EXPLICIT, b"")
    assert _value(DataElement(0x7FE00010, "OW", b"\1\2"), big) == _value(DataElement(0x7FE00010, "OW", b"\2\1"), little)
    assert _value(DataElement(0x7FE00010, "OB", b"\1\2"), big) == b"\1\2"
    assert _value(DataElement(0x7FE00010, "OW", b"\1\2\3"), big) == b"\1\2\3\0"
    assert _shown(DataElement(0x00100020, "LO", "x" * 64)) == repr("x" * 64)
    assert _shown(DataElement(0x00104000, "LT", "x" * 65)) == repr("x" * 64 + "...")


def test_an_instance_is_the_one_that_was_carried() -> None:
    raw = element(0x0010, 0x0020, b"LO", b"P1")

    def talk(one: Talk) -> None:
        one.opened((CT, (EXPLICIT,)))
        one.say(R, "C-STORE-RQ", None, MessageID=1, AffectedSOPInstanceUID="1.2", AffectedSOPClassUID=CT)
        one.say(R, "C-STORE-RQ", b"lost", 9, MessageID=2, AffectedSOPInstanceUID="1.2", AffectedSOPClassUID=CT)
        one.say(R, "C-STORE-RQ", b"other", MessageID=3, AffectedSOPInstanceUID="1.3", AffectedSOPClassUID=CT)
        one.say(R, "C-STORE-RQ", raw, MessageID=4, AffectedSOPInstanceUID="1.2")
        one.say(R, "C-STORE-RQ", b"again", MessageID=5, AffectedSOPInstanceUID="1.2", AffectedSOPClassUID=CT)

    assert _carried(traced(talk), "1.2") == Held("", "1.2", EXPLICIT, raw)
    assert _carried(traced(talk), "1.3") == Held(CT, "1.3", EXPLICIT, b"other")
    assert _carried(traced(talk), "1.4") is None


# -- announcements ----------------------------------------------------------------------------------------------------


def test_each_facet_is_read_of_a_request() -> None:
    more = [
        AsynchronousOperationsWindow(4, 2),
        RoleSelection(CT, True, False),
        SOPClassExtendedNegotiation(CT, b"\1"),
        UserIdentityRQ(1, b"someone"),
    ]
    facets = {each.field: each for each in FACETS}
    plain, full = request((CT, (EXPLICIT,))), request((CT, (EXPLICIT,)), (MR, (IMPLICIT,)), more=more)
    assert {name: each.read(plain) for name, each in facets.items()} == {
        "maximum_length": 16384,
        "implementation_class_uid": "1.2.3",
        "implementation_version_name": None,
        "application_context": "1.2.840.10008.3.1.1.1",
        "protocol_version": 1,
        "contexts": 1,
        "asynchronous_operations_window": "absent",
        "role_selection": "absent",
        "roles": "none",
        "extended_negotiation": "absent",
        "user_identity": "absent",
    }
    told = {name: each.read(full) for name, each in facets.items()}
    assert (told["contexts"], told["asynchronous_operations_window"], told["role_selection"]) == (2, "4,2", "default")
    assert (told["roles"], told["extended_negotiation"]) == (f"{CT} SCU 1 SCP 0", "present")
    assert told["user_identity"] == "present"
    assert facets["user_identity"].read(acceptance((0, EXPLICIT))) == "absent"
    assert [facets["protocol_version"].admit(each, 1) for each in (1, 2)] == [True, False]
    role = Role(sop_class=CT, scu=True, scp=False)
    assert facets["roles"].expected((role,)) == f"{CT} SCU 1 SCP 0"
    assert facets["contexts"].expected(Bounds(2, 2)) == "2"
    assert _admit_roles((role,), told["roles"])
    assert not _admit_roles((role,), f"{CT}0 SCU 1 SCP 0")
    for kind in (SOPClassCommonExtendedNegotiation, SOPClassExtendedNegotiation):
        pdu: Any = SimpleNamespace(find=lambda asked, kind=kind: (1,) if asked is kind else ())
        assert facets["extended_negotiation"].read(pdu) == "present"
    answer: Any = SimpleNamespace(find=lambda asked: (1,) if asked is UserIdentityAC else ())
    assert facets["user_identity"].read(answer) == "present"


def test_a_rejection_and_an_abort_differ_in_what_is_wanted_of_them() -> None:
    assert not rejection_differs(Rejection(), 1, 2, 3)
    for wanted in (Rejection(result=2), Rejection(source=1), Rejection(reason=1)):
        assert rejection_differs(wanted, 1, 2, 3)
        assert rejection_differs(wanted, None, None, None)
    assert not abort_differs(Abort(by="a", source=2, reason=3), "a", 2, 3)
    for abort in (Abort(by="b"), Abort(source=1), Abort(reason=2)):
        assert abort_differs(abort, "a", 2, 3)


# -- marks ------------------------------------------------------------------------------------------------------------


def test_marks_point_at_the_pdu_that_completes_a_message() -> None:
    def talk(one: Talk) -> None:
        one.opened().store("1.2", data_set=b"ab")
        one.say(A, "C-ECHO-RSP", AffectedSOPClassUID=ECHO, MessageIDBeingRespondedTo=7, Status=0)

    (one,) = traced(talk).conversations
    places = _Places(one)
    assert [places.of(number) for number in range(8)] == [
        None,
        (R, 0),
        (A, 0),
        (R, 2),  # the command: the message is whole with its data set
        (R, 2),
        (A, 1),
        (A, 2),
        None,
    ]
    assert [(each.connection, each.rule, each.at) for side in (R, A) for each in of_side(one, side, 5)] == [
        (5, "data-set-unreadable", (R, 2)),
        (5, "response-not-due", (A, 2)),
    ]


def test_no_more_than_some_breaches_are_marked_and_texts_are_cut() -> None:
    def talk(one: Talk) -> None:
        one.opened()
        for number in range(MOST_MARKS + 5):
            one.say(A, "C-ECHO-RSP", AffectedSOPClassUID=CT, MessageIDBeingRespondedTo=number, Status=0)

    trace = traced(talk)
    assert len(list(of_side(trace.conversations[0], A, 0))) == MOST_MARKS == 500
    assert LONGEST_TEXT == 300
    found = Finding("dimse", False, expected="x" * 400, actual="y", evidence=("link/0/1", "link/0/1", "link/9/1"))
    quiet = traced(lambda one: one.opened())
    (mark,) = marks(quiet, [found], "PS3.7 9", Level.SHALL)
    assert len(mark.text) == 300
    assert mark.text.startswith("expected xxx")


@pytest.mark.parametrize(
    ("changes", "level", "number"),
    [
        ({}, Level.SHALL, 1),
        ({"met": True}, Level.SHALL, 0),
        ({"check": "rules"}, Level.SHALL, 0),
        ({}, Level.NOTE, 0),
        ({"level": Level.NOTE}, Level.SHALL, 0),
        ({"level": Level.SHOULD}, Level.NOTE, 1),
        ({"evidence": ()}, Level.SHALL, 0),
        ({"evidence": ("link/0",)}, Level.SHALL, 1),
        ({"evidence": ("link/0", "link/0/2")}, Level.SHALL, 2),
    ],
)
def test_what_was_not_met_is_marked_at_the_subject(changes: dict[str, Any], level: Level, number: int) -> None:
    given: dict[str, Any] = {"check": "dimse", "met": False, "expected": "x", "actual": "y", **changes}
    found = Finding(**{"evidence": ("link/0/2",), **given})
    assert len(marks(traced(lambda one: one.opened()), [found], "c", level)) == number


# -- rules of messages ------------------------------------------------------------------------------------------------


def rules(talk: Any) -> list[str]:
    (one,) = traced(talk).conversations
    return [each.rule for each in breaches(one)]


@pytest.mark.parametrize(
    ("talk", "broken"),
    [
        (lambda one: one.say(R, "C-ECHO-RQ", AffectedSOPClassUID=CT, MessageID=1), []),
        (lambda one: one.say(R, "C-ECHO-RQ", AffectedSOPClassUID=MR, MessageID=1), ["class-of-another-context"]),
        (lambda one: one.say(R, "N-GET-RQ", RequestedSOPClassUID=MR, RequestedSOPInstanceUID="1.2", MessageID=1), []),
        (lambda one: one.say(R, "C-CANCEL-RQ", MessageIDBeingRespondedTo=1), ["cancel-of-nothing"]),
    ],
)
def test_messages_that_break_a_rule(talk: Any, broken: list[str]) -> None:
    assert rules(lambda one: talk(one.opened())) == broken


def test_a_release_owes_what_was_known_for_a_second() -> None:
    def talk(one: Talk) -> None:
        one.opened().say(R, "C-ECHO-RQ", AffectedSOPClassUID=CT, MessageID=1)

    (one,) = traced(talk).conversations
    (asked,) = one.messages
    for after_ns, owed in ((0, 0), (KNEW_AFTER_NS, 0), (KNEW_AFTER_NS + 1, 1)):
        messages = MessageRules()
        assert list(messages.message(asked)) == []
        found = list(messages.release(A, asked.t_ns + after_ns))
        assert [rule for rule, _, _ in found] == ["released-while-owing"] * owed
        assert list(messages.release(R, asked.t_ns + 9 * KNEW_AFTER_NS)) == []
    assert KNEW_AFTER_NS == 1_000_000_000


@pytest.mark.parametrize(
    ("invoked", "performed", "side", "broken"),
    [(1, 1, R, 2), (2, 1, R, 1), (3, 1, R, 0), (0, 1, R, 0), (1, 3, R, 2), (1, 1, A, 2), (1, 0, A, 0), (3, 1, A, 2)],
)
def test_a_window_limits_what_a_side_may_invoke(invoked: int, performed: int, side: Any, broken: int) -> None:
    def talk(one: Talk) -> None:
        one.opened()
        for number in (1, 2, 3):
            one.say(side, "C-ECHO-RQ", AffectedSOPClassUID=CT, MessageID=number)

    messages = MessageRules()
    messages.negotiated(invoked, performed)
    (one,) = traced(talk).conversations
    found = [rule for seen in one.messages for rule, _, _ in messages.message(seen)]
    assert found == ["window-exceeded"] * broken


# -- matching ---------------------------------------------------------------------------------------------------------


def attribute(vr: str, *values: str, tag: int = 0x00080050, items: tuple[DataSet, ...] = ()) -> Attribute:
    return Attribute(tag, vr, values, items)


def held(*attributes: Attribute) -> DataSet:
    return DataSet({each.tag: each for each in attributes})


def test_an_item_that_asks_for_nothing_is_universal() -> None:
    empty, full = held(attribute("SH")), held(attribute("SH", "A"))
    assert _is_universal(attribute("SH"))
    assert not _is_universal(attribute("SH", "A"))
    assert _is_universal(attribute("SQ"))
    assert _is_universal(attribute("SQ", items=(empty,)))
    assert not _is_universal(attribute("SQ", items=(full,)))
    nested = held(attribute("SQ", items=(empty,)))
    assert fits(attribute("SQ", items=(nested,)), None) is True
    assert fits(attribute("SQ", items=(held(attribute("SQ", items=(full,))),)), None) is None


def test_answers_are_taken_together() -> None:
    assert [_all(each) for each in ([], [True], [True, None], [None, False])] == [True, True, None, False]
    assert [_any(each) for each in ([], [False], [False, None], [None, True])] == [False, False, None, True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20200101", ((20200101,) * 2, (20200101,) * 2, False)),
        ("20200101-", ((20200101,) * 2, None, True)),
        ("-20200101", (None, (20200101,) * 2, True)),
        ("20200101-20200102", ((20200101,) * 2, (20200102,) * 2, True)),
        ("-", None),
        ("x", None),
        ("x-20200101", None),
        ("20200101-x", None),
        ("2020.01.01", ((20200101,) * 2, (20200101,) * 2, False)),
        ("", None),
    ],
)
def test_a_range_has_one_end_or_two(text: str, expected: Any) -> None:
    assert _range_of(text, date_of) == expected


@pytest.mark.parametrize(
    ("first", "last", "value", "is_range", "expected"),
    [
        ((2, 4), (2, 4), (2, 4), False, True),
        ((2, 4), (2, 4), (2, 3), False, True),
        ((2, 4), (2, 4), (3, 4), False, None),
        ((2, 4), (2, 4), (0, 1), False, False),
        ((2, 4), (2, 4), (5, 6), False, False),
        ((2, 2), None, (2, 2), True, True),
        ((2, 2), None, (1, 1), True, False),
        ((2, 2), None, (1, 3), True, None),
        (None, (4, 4), (4, 4), True, True),
        (None, (4, 4), (5, 5), True, False),
        (None, (4, 4), (4, 6), True, True),
        ((2, 2), (4, 4), (3, 3), True, True),
    ],
)
def test_a_value_lies_in_a_range_or_not(first: Any, last: Any, value: Any, is_range: bool, expected: Any) -> None:
    assert _within(first, last, value, is_range) is expected


@pytest.mark.parametrize(
    ("wanted", "name", "agreed", "expected"),
    [
        ("DOE^JANE", "DOE^JANE", Agreed(), True),
        ("DOE^JANE", "doe^jane", Agreed(), None),
        ("DOE^JANE", "doe^jane", Agreed(case_counts=True), False),
        ("DOE^JANE", "doe^jane", Agreed(case_counts=False), True),
        ("DOE^JANE", "ROE^JANE", Agreed(), False),
        ("DOE*", "DOE^JANE", Agreed(), None),
        ("DOE*", "DOE^JANE", Agreed(wildcards_in_names=True), True),
        ("DOE*", "DOE^JANE", Agreed(wildcards_in_names=False), False),
        ("DOE*", "DOE*", Agreed(wildcards_in_names=False), None),
        ("DOE*", "DOE*", Agreed(wildcards_in_names=True), True),
        ("D?E", "DOE", Agreed(wildcards_in_names=True), True),
        ("D?E", "DOOE", Agreed(wildcards_in_names=True), False),
        ("DOE*", "doe^jane", Agreed(False, True), True),
        ("DOE*", "doe^jane", Agreed(False), None),
        ("DOE*", "doe^jane", Agreed(True, True), False),
        ("DOE", "DOE=X", Agreed(), None),
        ("X", "DOE=X", Agreed(), None),
        ("Y", "DOE=X", Agreed(), False),
        ("DOE=X", "DOE=X", Agreed(), True),
        ("DOE=X", "DOE=Y", Agreed(), False),
        ("DOE=*", "DOE=Y", Agreed(wildcards_in_names=True), None),
        ("=X", "DOE=X", Agreed(), None),
        ("DOÉ", "DOE", Agreed(), None),
        ("DOÉ", "DOE", Agreed(case_counts=False), True),
    ],
)
def test_names_match_as_was_agreed(wanted: str, name: str, agreed: Agreed, expected: bool | None) -> None:
    assert _name_fits(wanted, name, agreed) is expected


def test_groups_of_a_name_end_where_they_are_empty() -> None:
    assert _groups("A^B^^=C = ") == ("A^B", "C")
    assert _groups("") == ("",)
    assert _groups("=X") == ("", "X")


@pytest.mark.parametrize(
    ("vr", "wanted", "value", "expected"),
    [
        ("LO", "A*", "ABC", True),
        ("LO", "A?", "AB", True),
        ("LO", "A?", "ABC", False),
        ("LO", "A.", "AB", False),
        ("LO", "A\nB*", "A\nBC", True),
        ("UI", "1.2*", "1.2.3", False),
        ("IS", "7", "7", True),
        ("DS", "7", "7.0", None),
        ("DS", "7", "8", False),
        ("DS", "x", "8", None),
        ("DT", "2020", "2020", True),
        ("DT", "2020", "2021", None),
        ("LO", "É", "E\u0301", True),
    ],
)
def test_single_values_match(vr: str, wanted: str, value: str, expected: bool | None) -> None:
    assert _value_fits(vr, wanted, value, Agreed()) is expected


@pytest.mark.parametrize(
    ("keys", "values", "agreed", "expected"),
    [
        (("A", "B"), ("A",), Agreed(), None),
        (("A", "B"), ("A", "B"), Agreed(multiple_values=True), True),
        (("A", "B"), ("A", "C"), Agreed(multiple_values=True), False),
        (("A",), ("B", "A"), Agreed(), True),
        (("*",), ("B",), Agreed(), True),
        (("**",), None, Agreed(), True),
        (('""',), ("B",), Agreed(), False),
        (('""',), (), Agreed(empty_value=True), True),
        (('""',), ("B",), Agreed(empty_value=True), False),
        (("A",), ("A",), Agreed(empty_value=True), True),
        (("A",), (), Agreed(empty_value=True), True),
        (("A",), None, Agreed(empty_value=True), None),
    ],
)
def test_several_values_match(keys: Any, values: Any, agreed: Agreed, expected: bool | None) -> None:
    there = None if values is None else attribute("LO", *values)
    assert fits(attribute("LO", *keys), there, agreed) is expected


@pytest.mark.parametrize(
    ("keys", "values", "expected"),
    [
        (("1.2", "1.3"), ("1.3",), True),
        (("1.2", "1.3"), ("1.4",), False),
        (("1.2*",), ("1.2",), None),
        (("1" * 64,), ("1" * 64,), True),
        (("1" * 65,), ("1" * 65,), None),
    ],
)
def test_uids_match_by_list(keys: Any, values: Any, expected: bool | None) -> None:
    assert fits(attribute("UI", *keys), attribute("UI", *values)) is expected


@pytest.mark.parametrize(
    ("date", "time", "day", "moment", "expected"),
    [
        ("20200101-", "1000-", "20200101", "1000", True),
        ("20200101-", "1000-", "20200101", "0959", False),
        ("20200101-", "1000-", "20300101", "0000", True),
        ("-20200101", "-1000", "20200101", "1000", True),
        ("-20200101", "-1000", "20200101", "1001", False),
        ("-20200101", "1000-", "20200101", "235959", True),
        ("20200101-", "-1000", "20200101", "000000", True),
        ("20200101", "1000", "20200101", "1000", True),
        ("x", "1000", "20200101", "1000", None),
        ("20200101", "x", "20200101", "1000", None),
        ("20200101", "1000", "20200101", "x", None),
    ],
)
def test_moments_match(date: str, time: str, day: str, moment: str, expected: bool | None) -> None:
    pairs = ((0x00080020, 0x00080030), (0x00080021, 0x00080031), (0x00100030, 0x00100032))
    for of_day, of_time in pairs:
        keys = [attribute("DA", date, tag=of_day), attribute("TM", time, tag=of_time)]
        entity = held(attribute("DA", day, tag=of_day), attribute("TM", moment, tag=of_time))
        assert entity_fits(keys, entity, Agreed(combined=True)) is expected
        assert entity_fits(keys[:1], entity, Agreed(combined=True)) is entity_fits(keys[:1], entity)


def test_what_is_no_key_is_not_matched() -> None:
    no_keys = (0x00080005, 0x00080052, 0x00080053, 0x00080054, 0x00080056, 0x00080201, 0x00880130, 0x00880140)
    for tag in no_keys:
        assert entity_fits([attribute("CS", "A", tag=tag)], held(attribute("CS", "B", tag=tag))) is True
    assert entity_fits([attribute("CS", "A")], held(attribute("CS", "B"))) is False
    assert [time_of(each) for each in ("10:20:30", "1020")] == [
        (37_230_000_000, 37_230_999_999),
        (37_200_000_000, 37_259_999_999),
    ]


# -- an image on a film -----------------------------------------------------------------------------------------------


def test_a_line_is_no_image() -> None:
    picture = np.zeros((10, 10), np.uint8)
    picture[4, 2:8] = 255
    assert located(picture, Area(0, 0, 10, 10), np.array([0.0])) is None
    picture[5, 2:8] = 255
    assert located(picture, Area(0, 0, 10, 10), np.array([0.0])) == Area(4, 2, 6, 8)
    assert located(picture, Area(3, 1, 10, 10), np.array([0.0])) == Area(4, 2, 6, 8)


def test_the_film_around_is_the_middle_of_its_four_edges() -> None:
    picture = np.array([[1, 2, 3, 4], [5, 99, 98, 6], [7, 97, 96, 8], [9, 10, 11, 12]])
    assert ground(picture).tolist() == [6.5]
    for turned in (picture[::-1], picture[:, ::-1]):
        assert ground(turned).tolist() == [6.5]
    coloured = np.stack([picture, picture + 1, picture + 2], axis=2)
    assert ground(coloured).tolist() == [6.5, 7.5, 8.5]


def test_steps_of_colours_are_those_of_any_sample() -> None:
    picture = np.zeros((4, 5, 3), np.uint8)
    picture[2:] = (1, 2, 3)
    picture[:, 3:, 1] = 9
    assert steps(picture) == (1, 1)
    assert steps(picture[..., 1]) == (1, 1)
