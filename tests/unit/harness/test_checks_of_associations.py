"""What the checks of associations, contexts, moments and logs say of traces written by hand, in each of their forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hand_written import CT, EXPLICIT, IMPLICIT, MR, A, R, Talk, acceptance, judged, met, operation, request, trace_of
from pydantic import ValidationError

from dicom_conformance.errors import HarnessError
from dicom_conformance.judge.checks import WANTED
from dicom_conformance.judge.checks.event import Event, described, moment_ns
from dicom_conformance.results import Finding
from dicom_conformance.trace import Trace
from dicom_wire.capture.sighting import Kind
from dicom_wire.items import ImplementationVersionName, RoleSelection, UserIdentityRQ
from dicom_wire.pdu import AAbort, AAssociateRJ, AReleaseRP, AReleaseRQ

BETWEEN = {"requestor": "modality", "acceptor": "workstation"}
BOTH = (request((CT, (EXPLICIT, IMPLICIT)), (MR, (IMPLICIT,))), acceptance((0, EXPLICIT), (3, None)))


def said(*pdus: tuple[Any, Any]) -> Trace:
    def talk(recorder: Any) -> None:
        one = Talk(recorder)
        for side, pdu in pdus:
            one.pdu(side, pdu)

    return trace_of(talk)


def negotiation() -> Trace:
    return said((R, BOTH[0]), (A, BOTH[1]), (R, AReleaseRQ()), (A, AReleaseRP()))


def only(trace: Trace, noun: str, **wanted: Any) -> Finding:
    (found,) = judged(trace, noun, **wanted)
    return found


@pytest.mark.parametrize(
    ("noun", "wanted", "message"),
    [
        ("context", {"result": "0"}, "requestor, acceptor or both"),
        ("context", BETWEEN, "one of result, transfer_syntax, accepted, contexts, proposed, sop_classes is needed"),
        ("elapsed", {"at_most_s": 1}, "either operation, or both from and to"),
        ("elapsed", {"operation": "query"}, "one of at_most_s, at_least_s"),
        ("log", {}, "one of contains, absent is needed"),
        ("dimse", {"sender": "modality"}, "one of message, order, single_outstanding"),
        ("response", {"to": "N-CREATE-RQ"}, "one of status, contains, present, absent, only, items"),
        ("data_set", {"sender": "modality", "message": "C-STORE-RQ"}, "named_by_command is needed"),
        (
            "store",
            {"ae": "workstation"},
            "one of instances, pixel_data",
        ),
    ],
)
def test_an_expectation_that_expects_nothing_is_refused(noun: str, wanted: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        WANTED[noun].model_validate(wanted)


class TestAssociation:
    @pytest.mark.parametrize(
        ("pdus", "established"),
        [
            ([(R, BOTH[0]), (A, BOTH[1])], True),
            ([(R, BOTH[0]), (A, AAssociateRJ(1, 1, 7))], False),
        ],
    )
    def test_whether_it_was_established(self, pdus: list[Any], established: bool) -> None:
        for wanted in (True, False):
            found = judged(said(*pdus), "association", **BETWEEN, established=wanted)
            assert [one.met for one in found] == [established is wanted]
            assert ("not established" in found[0].expected) is not wanted

    def test_established_ones_are_counted_without_those_that_were_rejected(self) -> None:
        trace = trace_of(
            lambda recorder: Talk(recorder).opened().released(),
            lambda recorder: Talk(recorder).pdu(R, BOTH[0]).pdu(A, AAssociateRJ(1, 1, 7)),
        )
        assert only(trace, "association", **BETWEEN, established=True, count="1").actual.startswith("1: ")
        assert met(trace, "association", **BETWEEN, count="2")

    def test_who_released_it(self) -> None:
        by_acceptor = said((R, BOTH[0]), (A, BOTH[1]), (A, AReleaseRQ()), (R, AReleaseRP()))
        for trace, by in ((negotiation(), "modality"), (by_acceptor, "workstation")):
            for wanted in ("modality", "workstation"):
                found = only(trace, "association", **BETWEEN, released_by=wanted)
                assert (found.met, found.expected.endswith(f"released by {wanted}")) == (wanted == by, True)
        assert not met(
            said((R, BOTH[0]), (A, BOTH[1]), (R, AAbort(0, 0))), "association", **BETWEEN, released_by="modality"
        )

    def test_nothing_is_judged_that_is_not_wanted(self) -> None:
        assert len(judged(negotiation(), "association", **BETWEEN, ends="released")) == 1
        assert len(judged(negotiation(), "association", **BETWEEN, ends="released", established=True)) == 2

    @pytest.mark.parametrize(
        ("wanted", "is_met"),
        [
            ([{"sop_class": CT, "scu": True, "scp": False}], True),
            ([{"sop_class": CT, "scu": True, "scp": True}], False),
            ([{"sop_class": MR, "scu": True, "scp": False}], False),
            ([{"sop_class": CT, "scu": True, "scp": False}, {"sop_class": MR, "scu": False, "scp": True}], True),
        ],
    )
    def test_each_role_that_is_wanted_must_be_selected(self, wanted: list[Any], is_met: bool) -> None:
        roles = [RoleSelection(CT, True, False), RoleSelection(MR, False, True)]
        trace = said((R, request((CT, (EXPLICIT,)), more=roles)), (A, acceptance((0, EXPLICIT))))
        found = only(trace, "association", **BETWEEN, sender="modality", roles=wanted)
        assert found.met is is_met
        assert f"{CT} SCU 1 SCP 0, {MR} SCU 0 SCP 1" in found.actual
        assert f"{wanted[0]['sop_class']} SCU 1 SCP {int(wanted[0]['scp'])}" in found.expected

    @pytest.mark.parametrize("name", [None, "ONE"])
    def test_a_version_name_may_be_there_or_not(self, name: str | None) -> None:
        more = [] if name is None else [ImplementationVersionName(name)]
        trace = said((R, request((CT, (EXPLICIT,)), more=more)), (A, acceptance((0, EXPLICIT))))
        for wanted in ("absent", "present", "ONE", "TWO"):
            found = only(trace, "association", **BETWEEN, sender="modality", implementation_version_name=wanted)
            right = wanted == "absent" if name is None else wanted in ("present", "ONE")
            assert found.met is right

    @pytest.mark.parametrize(("bounds", "is_met"), [("2", True), ("1", False), ("at least 3", False)])
    def test_contexts_are_counted(self, bounds: str, is_met: bool) -> None:
        assert met(negotiation(), "association", **BETWEEN, sender="modality", contexts=bounds) is is_met

    @pytest.mark.parametrize(
        ("length", "bounds", "is_met"),
        [
            (0, "at least 16384", True),
            (0, "at most 16384", False),
            (0, "0", True),
            (16384, "0", False),
            (16384, "at most 16384", True),
            (16385, "at most 16384", False),
            (4096, "at least 4097", False),
        ],
    )
    def test_a_maximum_length_of_0_is_more_than_any(self, length: int, bounds: str, is_met: bool) -> None:
        trace = said((R, request((CT, (EXPLICIT,)), maximum_length=length)), (A, acceptance((0, EXPLICIT))))
        assert met(trace, "association", **BETWEEN, sender="modality", maximum_length=bounds) is is_met

    def test_an_identity_of_a_user_is_there_or_not(self) -> None:
        more = [UserIdentityRQ(1, b"someone")]
        trace = said((R, request((CT, (EXPLICIT,)), more=more)), (A, acceptance((0, EXPLICIT))))
        for by, there in (("modality", "present"), ("workstation", "absent")):
            for wanted in ("present", "absent"):
                assert met(trace, "association", **BETWEEN, sender=by, user_identity=wanted) is (wanted == there)


class TestContext:
    @pytest.mark.parametrize(("bounds", "is_met"), [("1", True), ("0", False), ("2", False), ("at most 1", True)])
    def test_accepted_contexts_are_counted(self, bounds: str, is_met: bool) -> None:
        found = only(negotiation(), "context", **BETWEEN, accepted=bounds)
        assert (found.met, found.actual) == (is_met, f"1 of 2 accepted: {CT}")
        assert only(negotiation(), "context", **BETWEEN, accepted=bounds, sop_class=MR).actual.startswith("0 of 1")

    def test_a_rejected_association_accepts_none_and_says_so(self) -> None:
        trace = said((R, BOTH[0]), (A, AAssociateRJ(1, 1, 7)))
        found = only(trace, "context", **BETWEEN, accepted="0")
        assert found.met
        assert "rejected" in found.actual

    @pytest.mark.parametrize(
        ("classes", "match", "is_met"),
        [
            ([CT], "at_least", True),
            ([CT], "exactly", False),
            ([CT, MR], "exactly", True),
            ([CT], "only", False),
            ([CT, MR, "1.2.3"], "only", True),
            (["1.2.3"], "at_least", False),
        ],
    )
    def test_proposed_sop_classes(self, classes: list[str], match: str, is_met: bool) -> None:
        found = only(negotiation(), "context", **BETWEEN, sop_classes=classes, match=match)
        assert found.met is is_met
        assert f"{CT}, {MR}" in found.actual

    def test_proposed_transfer_syntaxes_are_those_of_the_sop_class(self) -> None:
        assert met(negotiation(), "context", **BETWEEN, proposed=[EXPLICIT, IMPLICIT], sop_class=CT, match="exactly")
        assert not met(negotiation(), "context", **BETWEEN, proposed=[EXPLICIT], sop_class=MR)

    @staticmethod
    def each(*contexts: tuple[str, list[str], str], subject: str = "modality") -> list[Finding]:
        wanted = [{"sop_class": one, "proposed": syntaxes, "result": result} for one, syntaxes, result in contexts]
        return judged(replace(negotiation(), subject=subject), "context", **BETWEEN, contexts=wanted)

    def test_each_context_in_turn(self) -> None:
        first, second = (CT, [EXPLICIT, IMPLICIT], "0"), (MR, [IMPLICIT], "3")
        assert [one.met for one in self.each(first, second)] == [True, True]
        assert [one.met for one in self.each(first, (MR, [IMPLICIT], "0"))] == [True, False]

    def test_what_the_subject_proposes_otherwise_is_its_own(self) -> None:
        first, second = (CT, [EXPLICIT, IMPLICIT], "0"), (MR, [IMPLICIT], "3")
        more = self.each(first)
        assert [one.met for one in more] == [True, False]
        assert more[1].actual == f"also proposed: {MR} with {IMPLICIT}"
        other = self.each(first, (MR, [EXPLICIT], "3"))
        assert (other[1].met, other[1].actual) == (False, f"{MR} with {IMPLICIT}")
        fewer = self.each(first, second, second)
        assert (fewer[2].met, fewer[2].actual) == (False, "no such context")

    def test_what_our_own_peer_proposes_otherwise_is_our_fault(self) -> None:
        first = (CT, [EXPLICIT, IMPLICIT], "0")
        with pytest.raises(HarnessError, match="proposed 2 presentation contexts, not 1"):
            self.each(first, subject="workstation")
        with pytest.raises(HarnessError, match=f"proposed {MR} with {IMPLICIT} instead of"):
            self.each(first, (MR, [EXPLICIT], "3"), subject="workstation")


class TestMoments:
    @staticmethod
    def trace() -> Trace:
        made = trace_of(
            lambda recorder: Talk(recorder).opened().store().store(message_id=2, status=0xA700).released(),
            lambda recorder: Talk(recorder).pdu(R, BOTH[0]).pdu(A, AAssociateRJ(1, 1, 7)).saw(Kind.FIN, A),
        )
        return replace(made, operations=(operation({}, "query", 2.0), operation(None, "store", None)))

    @pytest.mark.parametrize(
        ("event", "words"),
        [
            ({"pdu": "A-ASSOCIATE-AC", "sender": "workstation"}, "first A-ASSOCIATE-AC of workstation"),
            ({"pdu": "A-ASSOCIATE-RJ"}, "first A-ASSOCIATE-RJ"),
            ({"dimse": "C-STORE-RSP", "status": "A700"}, "first C-STORE-RSP"),
            ({"dimse": "C-STORE-RQ", "position": "last", **BETWEEN}, "last C-STORE-RQ from modality to workstation"),
            ({"association": "opened"}, "first opened"),
            ({"association": "established"}, "first established"),
            ({"association": "released"}, "first released"),
            ({"association": "rejected"}, "first rejected"),
            ({"association": "ended", "position": "2"}, "2 ended"),
            ({"operation": "query", "ae": "workstation"}, "first query finished of workstation"),
            ({"operation": "store", "state": "started"}, "first store started"),
        ],
    )
    def test_what_was_seen_has_a_time_and_words(self, event: dict[str, Any], words: str) -> None:
        one = Event.model_validate(event)
        assert moment_ns(self.trace(), one) is not None
        assert described(one) == words

    @pytest.mark.parametrize(
        "event",
        [
            {"pdu": "A-ASSOCIATE-AC", "sender": "modality"},
            {"pdu": "A-ABORT"},
            {"dimse": "C-STORE-RSP", "status": "0122"},
            {"dimse": "C-STORE-RSP", "sender": "modality"},
            {"dimse": "C-STORE-RSP", "requestor": "workstation"},
            {"association": "aborted"},
            {"association": "opened", "position": "3"},
            {"association": "established", "position": "2"},
            {"operation": "query", "ae": "modality"},
            {"operation": "print"},
            {"operation": "store"},
        ],
    )
    def test_what_was_not_seen_has_none(self, event: dict[str, Any]) -> None:
        assert moment_ns(self.trace(), Event.model_validate(event)) is None

    def test_moments_are_those_of_the_trace(self) -> None:
        trace = self.trace()
        first, second = trace.conversations
        times = {
            name: moment_ns(trace, Event.model_validate({"association": name}))
            for name in ("opened", "established", "released", "rejected")
        }
        assert first.accept is not None
        assert times["opened"] == first.opened_ns
        assert times["released"] == first.end.t_ns
        assert times["rejected"] == second.end.t_ns
        assert first.opened_ns <= (times["established"] or 0) <= first.end.t_ns
        finished = Event.model_validate({"operation": "query"})
        assert moment_ns(trace, finished) == 2_000_000_000
        assert moment_ns(trace, finished.model_copy(update={"state": "started"})) == 0

    @pytest.mark.parametrize(
        ("event", "message"),
        [
            ({}, "exactly one of pdu, dimse, association, operation"),
            ({"pdu": "A-ABORT", "dimse": "C-ECHO-RQ"}, "exactly one of pdu, dimse, association, operation"),
            ({"pdu": "A-ABORT", "position": "each"}, "first, last or a number"),
        ],
    )
    def test_an_event_is_one_thing_at_one_place(self, event: dict[str, Any], message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            Event.model_validate(event)

    @pytest.mark.parametrize(
        ("bound", "is_met"),
        [
            ({"at_most_s": 2}, True),
            ({"at_most_s": 1.9}, False),
            ({"at_least_s": 2}, True),
            ({"at_least_s": 2.1}, False),
        ],
    )
    def test_an_operation_takes_its_time(self, bound: dict[str, Any], is_met: bool) -> None:
        found = only(self.trace(), "elapsed", operation="query", **bound)
        assert (found.met, found.actual) == (is_met, "2.000 s")

    def test_the_bounds_are_said(self) -> None:
        found = only(self.trace(), "elapsed", operation="query", at_least_s=1, at_most_s=3)
        assert (found.met, found.expected) == (True, "query of workstation takes at most 3.0 s and at least 1.0 s")
        found = only(self.trace(), "elapsed", operation="query", at_least_s=1)
        assert found.expected == "query of workstation takes at least 1.0 s"

    def test_what_has_no_end_is_within_no_bound(self) -> None:
        assert only(self.trace(), "elapsed", operation="store", at_least_s=0).actual == "its end was not seen"
        assert only(self.trace(), "elapsed", operation="print", at_least_s=0).actual == "it was not seen"
        span = {"from": {"association": "opened"}, "to": {"pdu": "A-ABORT"}, "at_least_s": 0}
        assert only(self.trace(), "elapsed", **span).actual == "its end was not seen"
        span = {"from": {"association": "opened"}, "to": {"association": "released"}, "at_least_s": 0}
        assert only(self.trace(), "elapsed", **span).met


class TestMessages:
    @staticmethod
    def trace() -> Trace:
        def talk(recorder: Any) -> None:
            said = Talk(recorder).opened()
            said.say(
                R,
                "N-GET-RQ",
                MessageID=1,
                RequestedSOPClassUID="1.2.3",
                RequestedSOPInstanceUID="1.2.3.4",
                AttributeIdentifierList=(0x20000010, 0x20000020),
            )
            said.released()

        return trace_of(talk)

    @pytest.mark.parametrize(
        ("fields", "is_met"),
        [
            ({"AttributeIdentifierList": f"{0x20000010}\\{0x20000020}"}, True),
            ({"AttributeIdentifierList": f"{0x20000010}"}, False),
            ({"RequestedSOPInstanceUID": ["1.2.3.5", "1.2.3.4"]}, True),
            ({"RequestedSOPInstanceUID": "present"}, True),
            ({"ErrorComment": "present"}, False),
            ({"ErrorComment": "absent"}, True),
        ],
    )
    def test_elements_of_a_command(self, fields: dict[str, Any], is_met: bool) -> None:
        assert met(self.trace(), "dimse", sender="modality", message="N-GET-RQ", fields=fields) is is_met

    @pytest.mark.parametrize(
        ("order", "is_met"), [(["N-GET-RQ"], True), (["N-GET-RQ", "N-GET-RSP"], False), (["C-ECHO-RQ"], False)]
    )
    def test_an_order_is_that_of_an_association_of_the_sender(self, order: list[str], is_met: bool) -> None:
        assert met(self.trace(), "dimse", sender="modality", order=order) is is_met
        assert only(self.trace(), "dimse", sender="archive", order=order).actual == "no association"


class TestLog:
    @pytest.mark.parametrize(
        ("wanted", "is_met"),
        [
            ({"contains": "STORED"}, True),
            ({"contains": "lost"}, False),
            ({"absent": "lost"}, True),
            ({"absent": "Stored"}, False),
            ({"contains": ["stored", "lost"]}, False),
        ],
    )
    def test_a_text_is_there_whatever_its_case(self, wanted: dict[str, Any], is_met: bool) -> None:
        trace = replace(trace_of(), logs={"workstation": lambda: ["It was Stored", "the end"]})
        assert met(trace, "log", **wanted) is is_met
