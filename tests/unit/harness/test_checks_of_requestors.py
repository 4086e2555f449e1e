"""What the checks ask of a requestor: contexts that were accepted, cancels, data sets that their commands name."""

from __future__ import annotations

from hand_written import CT, EXPLICIT, MR, A, R, Talk, acceptance, element, judged, met, request, trace_of

from dicom_conformance.trace import Trace
from dicom_wire.capture.sighting import Recorder

FIND = {"AffectedSOPClassUID": "1.2.840.10008.5.1.4.1.2.2.1", "Priority": 0}


def _stored(context_id: int) -> Trace:
    def talk(recorder: Recorder) -> None:
        one = Talk(recorder).pdu(R, request((CT, (EXPLICIT,)), (MR, (EXPLICIT,))))
        one.pdu(A, acceptance((0, EXPLICIT), (3, None)))
        one.say(R, "C-ECHO-RQ", None, context_id, AffectedSOPClassUID="1.2.840.10008.1.1", MessageID=1)

    return trace_of(talk)


def test_a_message_comes_in_an_accepted_context() -> None:
    assert met(_stored(1), "dimse", sender="modality", accepted_contexts="on")
    assert met(trace_of(), "dimse", sender="modality", accepted_contexts="on")
    for context_id in (3, 5):
        (found,) = judged(_stored(context_id), "dimse", sender="modality", accepted_contexts="on")
        assert not found.met
        assert f"in context {context_id}, which was not accepted" in found.actual


def _cancelled(message_id: int) -> Trace:
    def talk(recorder: Recorder) -> None:
        one = Talk(recorder).opened(("1.2.840.10008.5.1.4.1.2.2.1", (EXPLICIT,)))
        one.say(R, "C-FIND-RQ", b"", MessageID=7, **FIND)
        one.say(R, "C-CANCEL-RQ", MessageIDBeingRespondedTo=message_id)

    return trace_of(talk)


def test_a_cancel_names_an_operation_that_its_sender_began() -> None:
    assert met(_cancelled(7), "dimse", sender="modality", cancels_own="on")
    (found,) = judged(_cancelled(8), "dimse", sender="modality", cancels_own="on")
    assert not found.met
    assert "C-CANCEL-RQ of message 8" in found.actual


def _instance(sop_class: str = CT, uid: str = "2.25.1", before: bytes = b"") -> Trace:
    def padded(text: str) -> bytes:
        return text.encode() + b"\0" * (len(text) % 2)

    data_set = before + element(8, 0x16, b"UI", padded(sop_class)) + element(8, 0x18, b"UI", padded(uid))
    return trace_of(lambda recorder: Talk(recorder).opened().store(data_set=data_set))


def test_a_data_set_is_the_one_that_its_command_names() -> None:
    wanted = {"sender": "modality", "message": "C-STORE-RQ", "named_by_command": "on"}
    assert met(_instance(), "data_set", **wanted)
    meta = element(2, 0x10, b"UI", b"1.2\0")
    for trace, told in (
        (_instance(sop_class=MR), f"SOPClassUID {MR}"),
        (_instance(uid="2.25.2"), "SOPInstanceUID 2.25.2"),
        (_instance(before=meta), "File Meta Information"),
    ):
        (found,) = judged(trace, "data_set", **wanted)
        assert not found.met
        assert told in found.actual


def test_whoever_need_not_send_keeps_within_the_length() -> None:
    opened = trace_of(lambda recorder: Talk(recorder).opened().released())
    assert not met(opened, "pdu", sender="modality", within_maximum_length="on")
    assert met(opened, "pdu", sender="modality", within_maximum_length="on", count="at least 0")


def test_a_field_of_a_pdu_is_there_or_not() -> None:
    opened = trace_of(lambda recorder: Talk(recorder).opened().released())
    wanted = {"sender": "modality", "type": "A-ASSOCIATE-RQ"}
    assert met(opened, "pdu", **wanted, fields={"maximum_length": "present", "implementation_version_name": "absent"})
    assert not met(opened, "pdu", **wanted, fields={"implementation_version_name": "present"})
