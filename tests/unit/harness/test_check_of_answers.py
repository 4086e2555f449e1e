"""The check `answers`: every request is answered, and every response belongs to a request."""

from __future__ import annotations

import pytest
from hand_written import CT, EXPLICIT, MR, A, R, Talk, judged, met, trace_of
from pydantic import ValidationError

from dicom_wire.pdu import AAbort

FIND = "1.2.840.10008.5.1.4.1.2.2.1"
TWO = ((FIND, (EXPLICIT,)), (FIND, (EXPLICIT,)))


def query(*responses, number=4, context_id=1):
    """Give a trace of a C-FIND-RQ and these responses to it: elements of each, over those that are right."""

    def talk(recorder):
        one = Talk(recorder).opened(*TWO)
        one.say(R, "C-FIND-RQ", AffectedSOPClassUID=FIND, MessageID=number, Priority=0, context_id=context_id)
        for elements in responses:
            right = {"MessageIDBeingRespondedTo": number, "AffectedSOPClassUID": FIND, "context_id": context_id}
            one.say(A, "C-FIND-RSP", **{**right, **elements})

    return trace_of(talk)


def judged_by(trace, *rules):
    return judged(trace, "answers", sender="workstation", rules=list(rules))


def test_a_query_with_its_matches_and_its_end_is_answered_in_place():
    trace = query({"Status": 0xFF00}, {"Status": 0xFF01}, {"Status": 0})
    found = judged_by(trace, "every_request", "message_id", "names", "context")
    assert [(one.met, one.actual) for one in found] == [(True, "3 responses")] * 4


def test_a_request_that_has_pending_responses_alone_has_no_answer():
    (found,) = judged_by(query({"Status": 0xFF00}), "every_request")
    assert (found.met, found.actual) == (False, "no final response to C-FIND-RQ 4 in context 1")


def test_an_abort_by_the_sender_is_as_good_as_a_response_for_one_of_the_rules():
    def aborted(by):
        def talk(recorder):
            one = Talk(recorder).opened(*TWO)
            one.say(R, "C-FIND-RQ", AffectedSOPClassUID=FIND, MessageID=4, Priority=0)
            one.pdu(by, AAbort(0, 0))

        return trace_of(talk)

    assert met(aborted(A), "answers", sender="workstation", rules="response_or_abort")
    assert not met(aborted(R), "answers", sender="workstation", rules="response_or_abort")
    assert not met(query(), "answers", sender="workstation", rules="response_or_abort")
    assert not met(aborted(A), "answers", sender="workstation", rules="every_request")


def test_a_request_without_any_response_has_no_answer():
    assert not met(query(), "answers", sender="workstation", rules="every_request")


def test_a_response_names_the_message_id_of_its_request():
    (found,) = judged_by(query({"MessageIDBeingRespondedTo": 5, "Status": 0}), "message_id")
    assert (found.met, found.actual) == (False, "C-FIND-RSP 0000 to message 5, which is no open request")


def test_a_response_after_the_final_one_belongs_to_no_request():
    (found,) = judged_by(query({"Status": 0}, {"Status": 0}), "message_id")
    assert (found.met, found.actual) == (False, "C-FIND-RSP 0000 to message 4, which is no open request")


def test_a_response_of_another_kind_belongs_to_no_request():
    def talk(recorder):
        one = Talk(recorder).opened(*TWO)
        one.say(R, "C-FIND-RQ", AffectedSOPClassUID=FIND, MessageID=4, Priority=0)
        one.say(A, "C-ECHO-RSP", MessageIDBeingRespondedTo=4, Status=0)

    assert not met(trace_of(talk), "answers", sender="workstation", rules="message_id")
    assert not met(trace_of(talk), "answers", sender="workstation", rules="every_request")


def test_class_and_instance_may_be_absent_and_may_not_be_others():
    def stored(**elements):
        def talk(recorder):
            one = Talk(recorder).opened((CT, (EXPLICIT,)))
            names = {"AffectedSOPClassUID": CT, "AffectedSOPInstanceUID": "2.25.7"}
            one.say(R, "C-STORE-RQ", MessageID=4, Priority=0, **names)
            one.say(A, "C-STORE-RSP", MessageIDBeingRespondedTo=4, Status=0, **elements)

        return trace_of(talk)

    wanted = {"sender": "workstation", "rules": "names"}
    assert met(stored(), "answers", **wanted)
    assert met(stored(AffectedSOPClassUID=CT, AffectedSOPInstanceUID="2.25.7"), "answers", **wanted)
    assert not met(stored(AffectedSOPClassUID=MR), "answers", **wanted)
    assert not met(stored(AffectedSOPInstanceUID="2.25.8"), "answers", **wanted)


def test_what_a_request_names_as_requested_a_response_names_as_affected():
    def acted(instance):
        def talk(recorder):
            one = Talk(recorder).opened((CT, (EXPLICIT,)))
            named = {"RequestedSOPClassUID": CT, "RequestedSOPInstanceUID": "2.25.7"}
            one.say(R, "N-ACTION-RQ", MessageID=4, ActionTypeID=1, **named)
            one.say(A, "N-ACTION-RSP", MessageIDBeingRespondedTo=4, Status=0, AffectedSOPInstanceUID=instance)

        return trace_of(talk)

    assert met(acted("2.25.7"), "answers", sender="workstation", rules="names")
    assert not met(acted("2.25.8"), "answers", sender="workstation", rules="names")


def test_a_response_in_another_context():
    (found,) = judged_by(query({"Status": 0, "context_id": 3}), "context")
    assert (found.met, found.actual) == (False, "C-FIND-RSP in context 3 to a request in 1")


def test_only_the_requests_that_are_named_are_judged():
    def talk(recorder):
        one = Talk(recorder).opened(*TWO)
        one.say(R, "C-FIND-RQ", AffectedSOPClassUID=FIND, MessageID=4, Priority=0)
        one.say(R, "C-ECHO-RQ", AffectedSOPClassUID=FIND, MessageID=5)
        one.say(A, "C-ECHO-RSP", MessageIDBeingRespondedTo=5, Status=0)

    trace = trace_of(talk)
    assert met(trace, "answers", sender="workstation", rules="every_request", to="C-ECHO-RQ")
    assert not met(trace, "answers", sender="workstation", rules="every_request", to="C-FIND-RQ")


def test_who_answers_nothing_meets_no_rule():
    silent = trace_of(lambda recorder: Talk(recorder).opened().released())
    rules = ["every_request", "message_id", "names", "context"]
    assert [one.met for one in judged(silent, "answers", sender="workstation", rules=rules)] == [False] * 4


def test_a_rule_is_needed():
    with pytest.raises(ValidationError):
        judged(query(), "answers", sender="workstation", rules=[])
