from __future__ import annotations

import pytest
from hand_written import CT, EXPLICIT, IMPLICIT, MR, A, R, Talk, acceptance, judged, met, request, trace_of
from pydantic import ValidationError

from dicom_conformance.errors import HarnessError
from dicom_conformance.judge.checks.choice import abort_differs
from dicom_conformance.judge.checks.outcome import OutcomeWanted
from dicom_conformance.judge.checks.wanted import Abort
from dicom_wire.capture.sighting import Kind
from dicom_wire.items import AsynchronousOperationsWindow, RoleSelection
from dicom_wire.pdu import PDV, AAbort, AAssociateRJ, AReleaseRQ, PDataTF, UnknownPDU

BETWEEN = {"requestor": "modality", "acceptor": "workstation"}


def released():
    return trace_of(lambda recorder: Talk(recorder).opened().store().released())


def closed():
    return trace_of(lambda recorder: Talk(recorder).opened().store().saw(Kind.FIN, A))


def rejected(result=1, source=1, reason=7):
    return trace_of(
        lambda recorder: Talk(recorder).pdu(R, request((CT, (EXPLICIT,)))).pdu(A, AAssociateRJ(result, source, reason))
    )


def aborted(by=A):
    return trace_of(lambda recorder: Talk(recorder).opened().pdu(by, AAbort(2, 2)))


@pytest.mark.parametrize(
    ("made", "ends"),
    [(released, "released"), (closed, "closed"), (rejected, "rejected"), (aborted, "aborted")],
)
def test_how_an_association_ends_is_told_apart(made, ends):
    for other in ("released", "closed", "rejected", "aborted", "reset", "refused", "open"):
        assert met(made(), "association", **BETWEEN, ends=other) is (other == ends)


def test_who_closes_the_connection_first_is_told_apart():
    by_acceptor = trace_of(lambda recorder: Talk(recorder).opened().saw(Kind.FIN, A).saw(Kind.FIN, R))
    reset = trace_of(lambda recorder: Talk(recorder).opened().saw(Kind.RST, R))
    still_open = trace_of(lambda recorder: Talk(recorder).opened())
    assert met(by_acceptor, "association", **BETWEEN, closed_by="workstation")
    assert not met(by_acceptor, "association", **BETWEEN, closed_by="modality")
    assert met(reset, "association", **BETWEEN, closed_by="modality")
    assert not met(still_open, "association", **BETWEEN, closed_by="workstation")


def test_a_close_may_stand_for_a_pdu_where_the_scenario_says_so():
    by_acceptor = trace_of(lambda recorder: Talk(recorder).opened().saw(Kind.FIN, A))
    by_requestor = trace_of(lambda recorder: Talk(recorder).opened().saw(Kind.FIN, R).saw(Kind.FIN, A))
    wanted = {**BETWEEN, "sender": "workstation", "type": "A-ABORT"}
    assert met(by_acceptor, "pdu", **wanted, or_closed="true")
    assert not met(by_requestor, "pdu", **wanted, or_closed="true")
    assert not met(by_acceptor, "pdu", **wanted)
    assert met(aborted(), "pdu", **wanted, or_closed="true")


def test_a_bare_close_is_no_rejection_and_no_abort():
    trace = trace_of(lambda recorder: Talk(recorder).pdu(R, request((CT, (EXPLICIT,)))).saw(Kind.FIN, A))
    assert not met(trace, "association", **BETWEEN, rejection={})
    assert not met(trace, "association", **BETWEEN, abort={})
    assert not met(trace, "context", **BETWEEN, result="not_accepted")


def test_the_triple_of_a_rejection_and_the_source_of_an_abort():
    assert met(rejected(), "association", **BETWEEN, rejection={"result": "1", "source": "1", "reason": "7"})
    assert not met(rejected(), "association", **BETWEEN, rejection={"result": "1", "source": "1", "reason": "3"})
    assert met(aborted(), "association", **BETWEEN, abort={"by": "workstation", "source": "2", "reason": ["2", "4"]})
    assert not met(aborted(), "association", **BETWEEN, abort={"by": "modality"})
    assert not met(aborted(), "association", **BETWEEN, abort={"source": "0"})


def test_an_abort_of_whom_nobody_knows_is_not_that_of_the_ae_wanted():
    assert not abort_differs(Abort(by="modality"), "modality", 0, 0)
    assert abort_differs(Abort(by="modality"), None, 0, 0)
    assert not abort_differs(Abort(), None, 0, 0)
    with pytest.raises(ValidationError, match="does not say who aborted"):
        OutcomeWanted(operation="print", abort={"by": "printer"})


def test_associations_are_counted_and_none_is_not_enough():
    two = trace_of(*[lambda recorder: Talk(recorder).opened().released()] * 2)
    assert met(two, "association", **BETWEEN, count="2")
    assert not met(two, "association", **BETWEEN, count="at most 1")
    assert not met(trace_of(), "association", **BETWEEN, ends="released")
    assert met(trace_of(), "association", **BETWEEN, count="0")


def test_only_established_associations_overlap():
    def overlapping(recorder):
        first, second = Talk(recorder), Talk(recorder)
        first.opened()
        second.opened()
        first.released()
        second.released()

    assert met(trace_of(overlapping), "association", **BETWEEN, simultaneous="2")
    assert not met(trace_of(overlapping), "association", **BETWEEN, simultaneous="at most 1")
    after = trace_of(*[lambda recorder: Talk(recorder).opened().released()] * 2)
    assert met(after, "association", **BETWEEN, simultaneous="1")


def test_what_each_side_says_of_itself():
    trace = released()
    assert met(trace, "association", **BETWEEN, maximum_length="16384", implementation_class_uid="1.2.3")
    assert not met(trace, "association", **BETWEEN, maximum_length="at least 32768")
    assert not met(trace, "association", **BETWEEN, implementation_class_uid="1.2.4")
    assert met(trace, "association", **BETWEEN, called_ae_title="WORKSTATION", calling_ae_title="MODALITY")
    assert not met(trace, "association", **BETWEEN, called_ae_title="OTHER")
    assert met(trace, "association", **BETWEEN, asynchronous_operations_window="absent", role_selection="absent")


def test_an_asynchronous_operations_window_is_seen():
    window = AsynchronousOperationsWindow(4, 1)
    trace = trace_of(
        lambda recorder: (
            Talk(recorder).pdu(R, request((CT, (EXPLICIT,)), more=[window])).pdu(A, acceptance((0, EXPLICIT)))
        )
    )
    for said, expected in (("absent", False), ("single", False), ("present", True)):
        wanted = {**BETWEEN, "sender": "modality", "asynchronous_operations_window": said}
        assert met(trace, "association", **wanted) is expected


@pytest.mark.parametrize(
    ("roles", "admitted"),
    [
        ([], {"absent", "default"}),
        ([RoleSelection(CT, True, False)], {"present", "default"}),
        ([RoleSelection(CT, True, False), RoleSelection(MR, True, True)], {"present"}),
        ([RoleSelection(CT, False, True)], {"present"}),
        ([RoleSelection(CT, False, False)], {"present"}),
    ],
)
def test_roles_that_change_nothing_are_told_from_others(roles, admitted):
    trace = trace_of(
        lambda recorder: Talk(recorder).pdu(R, request((CT, (EXPLICIT,)), more=roles)).pdu(A, acceptance((0, EXPLICIT)))
    )
    for said in ("absent", "present", "default"):
        wanted = {**BETWEEN, "sender": "modality", "role_selection": said}
        assert met(trace, "association", **wanted) is (said in admitted)


def negotiated(*answers):
    return trace_of(
        lambda recorder: (
            Talk(recorder)
            .pdu(R, request((CT, (EXPLICIT, IMPLICIT)), (MR, (IMPLICIT,))))
            .pdu(A, acceptance(*answers))
            .released()
        )
    )


def expected(*results):
    rows = ((CT, [EXPLICIT, IMPLICIT]), (MR, [IMPLICIT]))
    return [
        {"sop_class": name, "proposed": proposed, "result": result, "configuration": "none"}
        | ({"transfer_syntax": syntax} if syntax else {})
        for (name, proposed), (result, syntax) in zip(rows, results, strict=True)
    ]


def test_each_context_is_a_finding_with_its_own_parameters():
    trace = negotiated((0, EXPLICIT), (3, None))
    findings = judged(trace, "context", **BETWEEN, contexts=expected(("acceptance", EXPLICIT), ("3", None)))
    assert [finding.met for finding in findings] == [True, True]
    assert findings[0].parameters["proposed"] == f"{EXPLICIT} {IMPLICIT}"
    assert findings[1].parameters["sop_class"] == MR
    wrong = judged(trace, "context", **BETWEEN, contexts=expected(("acceptance", IMPLICIT), ("4", None)))
    assert [finding.met for finding in wrong] == [False, False]
    assert EXPLICIT in wrong[0].actual


def test_an_answer_that_is_missing_or_was_not_proposed_is_unmet():
    assert not met(negotiated((0, EXPLICIT)), "context", **BETWEEN, sop_class=MR, result="not_accepted")
    strange = negotiated((0, "1.2.840.10008.1.2.4.50"), (3, None))
    assert not met(strange, "context", **BETWEEN, sop_class=CT, result="acceptance")


def test_a_rejected_association_gives_no_result_of_a_context():
    assert not met(rejected(), "context", **BETWEEN, sop_class=CT, result="not_accepted")
    assert not met(rejected(), "context", **BETWEEN, sop_class=CT, result="3")


def test_a_peer_that_proposes_something_else_is_our_fault():
    with pytest.raises(HarnessError, match="proposed"):
        judged(
            negotiated((0, EXPLICIT), (3, None)), "context", **BETWEEN, contexts=expected(("0", None), ("3", None))[:1]
        )


@pytest.mark.parametrize(("match", "named", "good"), [
    ("at_least", [EXPLICIT], True),
    ("exactly", [EXPLICIT], False),
    ("exactly", [IMPLICIT, EXPLICIT], True),
    ("only", [IMPLICIT, EXPLICIT, "1.2.840.10008.1.2.2"], True),
    ("only", [EXPLICIT], False),
    ("at_least", ["1.2.840.10008.1.2.2"], False),
])  # fmt: skip
def test_what_a_requestor_proposes(match, named, good):
    trace = negotiated((0, EXPLICIT), (3, None))
    assert met(trace, "context", **BETWEEN, sop_class=CT, proposed=named, match=match) is good


def test_pdus_are_counted_and_their_fields_read():
    wanted = {"sender": "workstation", "type": "A-ASSOCIATE-RJ"}
    assert met(rejected(), "pdu", **wanted, count="1", fields={"result": "1", "reason": "7"})
    assert not met(rejected(), "pdu", **wanted, fields={"reason": "1"})
    assert not met(released(), "pdu", **wanted)


def test_unlawful_pdus_are_named():
    assert met(released(), "pdu", sender="workstation", violations="none")
    odd = trace_of(lambda recorder: Talk(recorder).opened().pdu(A, UnknownPDU(0x42, b"1234")))
    assert not met(odd, "pdu", sender="workstation", violations="none")
    assert met(odd, "pdu", sender="workstation", violations="pdu-type-unknown")
    assert not met(odd, "pdu", sender="modality", type="P-DATA-TF")


@pytest.mark.parametrize(("length", "good"), [(16378, True), (16380, False)])
def test_no_p_data_exceeds_what_its_receiver_announced(length, good):
    pdv = PDV(1, True, False, bytes(length))
    trace = trace_of(lambda recorder: Talk(recorder).opened().pdu(A, PDataTF((pdv,))))
    assert met(trace, "pdu", sender="workstation", within_maximum_length="true") is good
    assert not met(released(), "pdu", sender="archive", within_maximum_length="true"), "nothing sent is nothing judged"


@pytest.mark.parametrize(("length", "good"), [(94, True), (96, False)])
def test_the_longest_p_data_has_bounds_of_its_own_where_the_receiver_announced_more(length, good):
    pdv = PDV(1, True, False, bytes(length))
    trace = trace_of(lambda recorder: Talk(recorder).opened().pdu(A, PDataTF((pdv,))))
    assert met(trace, "pdu", sender="workstation", longest="at most 100") is good
    assert not met(released(), "pdu", sender="archive", longest="at most 100"), "nothing sent is nothing judged"


def test_dimse_messages_by_status_count_and_position():
    trace = trace_of(
        lambda recorder: Talk(recorder).opened().store("2.25.1").store("2.25.2", 0xA700, message_id=2).released()
    )
    wanted = {"sender": "workstation", "message": "C-STORE-RSP"}
    assert met(trace, "dimse", **wanted, status="0000", count="1")
    assert not met(trace, "dimse", **wanted, status="0000", count="2")
    assert met(trace, "dimse", **wanted, position="last", status="failure")
    assert not met(trace, "dimse", **wanted, position="first", status="failure")
    assert not met(trace, "dimse", **wanted, position="each", status="0000")
    assert not met(trace, "dimse", **wanted, position="3", status="0000")
    assert met(trace, "dimse", **wanted, position="2", fields={"AffectedSOPInstanceUID": "2.25.2"})
    assert not met(trace, "dimse", **wanted, fields={"ErrorComment": "present"})
    assert met(trace, "dimse", **wanted, position="each", fields={"ErrorComment": "absent"})


def test_the_order_of_messages_and_one_operation_at_a_time():
    good = trace_of(lambda recorder: Talk(recorder).opened().store(message_id=1).store(message_id=2))
    assert met(good, "dimse", sender="modality", order=["C-STORE-RQ", "C-STORE-RSP", "C-STORE-RQ"])
    assert not met(good, "dimse", sender="modality", order=["C-STORE-RSP", "C-STORE-RSP", "C-STORE-RQ"])
    assert met(good, "dimse", sender="modality", single_outstanding="true")

    def eager(recorder):
        talk = Talk(recorder).opened()
        for number in (1, 2):
            talk.say(R, "C-ECHO-RQ", AffectedSOPClassUID="1.2.840.10008.1.1", MessageID=number)

    assert not met(trace_of(eager), "dimse", sender="modality", single_outstanding="true")


def test_a_release_without_answer_leaves_the_association_open():
    trace = trace_of(lambda recorder: Talk(recorder).opened().pdu(R, AReleaseRQ()))
    assert met(trace, "association", **BETWEEN, ends="open")


def test_the_count_of_associations_is_of_all_of_them_whichever_is_judged():
    two = trace_of(
        lambda recorder: Talk(recorder).opened().released(), lambda recorder: Talk(recorder).opened().released()
    )
    assert met(two, "association", **BETWEEN, count=2, position="first", ends="released")
    assert not met(two, "association", **BETWEEN, count=1, position="first", ends="released")
    assert not met(two, "association", **BETWEEN, position=3, ends="released")


def test_an_association_of_which_nothing_more_is_wanted_is_there_or_not():
    assert met(trace_of(lambda recorder: Talk(recorder).opened()), "association", **BETWEEN)
    assert not met(trace_of(), "association", **BETWEEN)


@pytest.mark.parametrize("count", ["at least 0", "at most 3", "0 to 1", "0"])
@pytest.mark.parametrize("position", ["each", "first", None])
@pytest.mark.parametrize(
    ("noun", "wanted"),
    [
        ("data_set", {"message": "C-FIND-RQ", "encoding": "valid"}),
        ("dimse", {"message": "C-FIND-RQ", "status": "0000"}),
        ("pdu", {"type": "A-ABORT"}),
    ],
)
def test_a_count_that_admits_none_is_met_by_none(noun, wanted, position, count):
    silent = trace_of(lambda recorder: Talk(recorder).opened().released())
    where = {} if position is None else {"position": position}
    assert met(silent, noun, sender="modality", count=count, **where, **wanted)
    assert not met(silent, noun, sender="modality", count="at least 1", **where, **wanted)


def test_a_count_that_admits_none_demands_the_rest_of_what_there_is():
    stored = trace_of(lambda recorder: Talk(recorder).opened().store(data_set=b"no data set").released())
    assert not met(stored, "data_set", sender="modality", message="C-STORE-RQ", encoding="valid", count="at least 0")
    wanted = {"sender": "workstation", "message": "C-STORE-RSP", "count": "at least 0", "position": "each"}
    assert not met(stored, "dimse", status="A700", **wanted)


def test_who_sends_no_request_has_none_outstanding():
    silent = trace_of(lambda recorder: Talk(recorder).opened().released())
    (found,) = judged(silent, "dimse", sender="modality", single_outstanding="true")
    assert (found.met, found.actual) == (True, "no request was sent")


def test_a_response_in_the_context_of_its_request():
    two = ((CT, (EXPLICIT,)), (CT, (EXPLICIT,)))

    def answered(context_id):
        def talk(recorder):
            one = Talk(recorder).opened(*two)
            one.say(R, "C-ECHO-RQ", AffectedSOPClassUID=CT, MessageID=4)
            one.say(A, "C-ECHO-RSP", AffectedSOPClassUID=CT, MessageIDBeingRespondedTo=4, context_id=context_id)

        return trace_of(talk)

    assert met(answered(1), "dimse", sender="workstation", same_context="true")
    (found,) = judged(answered(3), "dimse", sender="workstation", same_context="true")
    assert (found.met, found.actual) == (False, "C-ECHO-RSP in context 3 to a request in 1")
