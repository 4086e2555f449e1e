from __future__ import annotations

import pytest
from hand_written import CT, EXPLICIT, A, R, Talk, element, held, judged, met, operation, trace_of

from dicom_conformance.judge.checks import WANTED, unobserved
from dicom_conformance.trace.encoding import elements, pixel_data
from dicom_wire.capture.sighting import Kind

PATIENT = element(0x0010, 0x0020, b"LO", b"P1")
EMPTY = element(0x0010, 0x0040, b"CS", b"")
PIXELS = element(0x7FE0, 0x0010, b"OW", b"\1\2\3\4")
ITEM = b"\xfe\xff\x00\xe0" + len(PATIENT).to_bytes(4, "little") + PATIENT
SEQUENCE = element(0x0008, 0x1115, b"SQ", ITEM)


def sent(data_set, uid="2.25.1"):
    return trace_of(lambda recorder: Talk(recorder).opened().store(uid, data_set=data_set).released())


def data_set(data, **wanted):
    return met(sent(data), "data_set", sender="modality", message="C-STORE-RQ", **wanted)


def test_elements_of_a_data_set():
    data = SEQUENCE + PATIENT + EMPTY
    assert data_set(data, contains={"PatientID": "P1", "ReferencedSeriesSequence.PatientID": "P1"})
    assert not data_set(data, contains={"PatientID": "P2"})
    assert not data_set(data, contains={"ReferencedSeriesSequence[2].PatientID": "P1"})
    assert data_set(data, present=["PatientSex"], empty=["PatientSex"], absent=["PatientName"])
    assert not data_set(data, empty=["PatientID"])
    assert not data_set(data, present=["PatientName"])
    assert not data_set(data, absent=["PatientID"])
    assert not data_set(data, only=["PatientID", "PatientSex"])
    assert data_set(data, only=["PatientID", "PatientSex", "ReferencedSeriesSequence"])


def test_private_elements_are_found_in_every_item():
    private = bytes.fromhex("0900 1000 4c4f 0400") + b"MINE" + bytes.fromhex("0900 0110 4c4f 0200") + b"1 "
    item = bytes.fromhex("feff00e0") + len(private).to_bytes(4, "little") + private
    nested = bytes.fromhex("0800 1511 5351 0000") + len(item).to_bytes(4, "little") + item  # ReferencedSeriesSequence
    for data, there in ((PATIENT, False), (private + PATIENT, True), (nested + PATIENT, True)):
        assert data_set(data, private="present") is there
        assert data_set(data, private="none") is not there
    assert not data_set(PATIENT[:-1], private="none")  # what cannot be read tells nothing


def test_what_is_counted_is_said_in_numbers_whether_met_or_not():
    outcome = {"result": "success", "status": "0000", "matches": [{"PatientID": "P1"}], "arrived": 3, "stored": ["1.2"]}
    trace = trace_of()
    trace.operations.append(operation(outcome))
    asked = {"matches": "1", "match": [{"PatientID": "P1"}], "arrived": "3", "missing": "0", "stored": ["1.2"]}
    told = [found.actual for found in judged(trace, "outcome", operation="query", **asked)]
    assert told == ["matches 1", "matches 1", "arrived 3", "missing not reported", "stored 1.2"]


def test_the_encoding_of_a_data_set_is_read_to_its_last_byte():
    assert data_set(PATIENT + PIXELS, encoding="valid", transfer_syntax=EXPLICIT)
    assert not data_set(PATIENT + PIXELS[:-1], encoding="valid")
    assert not data_set(PIXELS + PATIENT, encoding="valid")
    assert not data_set(PATIENT, transfer_syntax="1.2.840.10008.1.2")
    assert not data_set(b"\x10\x00\x20\x00P1\x02\x00P1", encoding="valid")


def test_encapsulated_pixel_data_and_items_of_undefined_length():
    fragments = b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\0\0\0\0"
    fragments += b"\xfe\xff\x00\xe0\2\0\0\0AB" + b"\xfe\xff\xdd\xe0\0\0\0\0"
    found, wrong = elements(PATIENT + fragments, "1.2.840.10008.1.2.4.50")
    assert wrong is None
    assert len(found) == 2
    assert elements(PATIENT + fragments[:-8], "1.2.840.10008.1.2.4.50")[1] is not None
    nested = b"\x08\x00\x15\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" + PATIENT
    nested += b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    assert elements(nested + PATIENT, EXPLICIT)[1] is None
    assert pixel_data(PATIENT + PIXELS, EXPLICIT) == b"\1\2\3\4"


@pytest.mark.parametrize("raw", [b"", b"\0", b"\xff" * 40, bytes(range(256)), PIXELS[:9]])
@pytest.mark.parametrize("syntax", [EXPLICIT, "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"])
def test_no_bytes_make_the_reader_raise(raw, syntax):
    found, wrong = elements(raw, syntax)
    assert wrong is not None or found or not raw


def test_no_message_is_no_data_set():
    assert not met(sent(PATIENT), "data_set", sender="modality", message="C-FIND-RQ", present=["PatientID"])
    assert met(sent(PATIENT), "data_set", sender="workstation", message="C-STORE-RSP", data_set="none")
    assert not met(sent(PATIENT), "data_set", sender="modality", message="C-STORE-RQ", data_set="none")


def holding(*instances, data=PATIENT + PIXELS):
    trace = sent(data)
    trace.stores["workstation"] = lambda: instances
    return trace


def test_what_is_held_is_compared_with_what_was_sent():
    trace = holding(held("2.25.1", PATIENT + PIXELS))
    assert met(trace, "store", ae="workstation", instances="1", pixel_data="identical", data_set="identical")
    assert not met(trace, "store", ae="workstation", instances="2")
    other = holding(held("2.25.1", PATIENT + PIXELS[:-1] + b"\5"))
    assert not met(other, "store", ae="workstation", pixel_data="identical")
    assert not met(other, "store", ae="workstation", data_set="identical")
    assert not met(holding(), "store", ae="workstation", pixel_data="identical"), "nothing held is not identical"
    assert not met(holding(held("2.25.9", PATIENT)), "store", ae="workstation", data_set="identical")
    assert met(trace, "store", ae="workstation", sop_class=CT, transfer_syntax=EXPLICIT)
    assert not met(trace, "store", ae="workstation", transfer_syntax="1.2.840.10008.1.2")


def told(outcome, **wanted):
    trace = trace_of()
    trace.operations.append(operation(outcome))
    return met(trace, "outcome", operation="query", **wanted)


def test_what_the_user_was_told():
    outcome = {"result": "partial", "status": "B000", "detail": "two are missing", "matches": [{"PatientID": "P1"}]}
    outcome |= {"missing": 2, "remaining": None, "failed_instances": ["1.2", "1.3"]}
    assert told(outcome, result=["partial", "warning"], status="B000", detail="TWO", matches="1", missing="2")
    assert told(outcome, match=[{"PatientID": "P1"}], remaining="none", failed_instances=["1.3", "1.2"])
    assert told(outcome, failed_instances="2", status="warning")
    for wanted in (
        {"result": "success"},
        {"status": "0000"},
        {"status": "none"},
        {"detail": "three"},
        {"matches": "2"},
        {"match": [{"PatientID": "P2"}]},
        {"missing": "none"},
        {"remaining": "0"},
        {"failed_instances": ["1.2"]},
        {"rejection": {}},
        {"abort": {}},
    ):
        assert not told(outcome, **wanted), wanted
    assert told({"result": "rejected", "rejection": {"result": 1, "source": 1, "reason": 7}}, rejection={"reason": "7"})
    assert not told({"result": "rejected", "rejection": {"reason": 7}}, rejection={"reason": "3"})
    assert not told(None, result="success")


def test_what_was_never_asked_for_has_no_outcome():
    assert not met(trace_of(), "outcome", operation="query", result="success")


def test_the_log():
    trace = trace_of()
    trace.logs["workstation"] = lambda: ("One Line", "another")
    assert met(trace, "log", contains="one line", absent="third")
    assert not met(trace, "log", contains="third")
    assert not met(trace, "log", absent="another")


def test_how_long_it_took():
    trace = sent(PATIENT)
    trace.operations.append(operation({}, seconds=1.5))
    assert met(trace, "elapsed", operation="query", at_most_s="2", at_least_s="1")
    assert not met(trace, "elapsed", operation="query", at_most_s="1")
    assert not met(trace, "elapsed", operation="query", at_least_s="2")
    trace.operations.append(operation(None, seconds=None))
    assert not met(trace, "elapsed", operation="query", at_most_s="9"), "what did not end is within no bound"
    both = {"from": {"dimse": "C-STORE-RQ"}, "to": {"association": "released"}}
    assert met(trace, "elapsed", **both, at_most_s="5")
    assert not met(trace, "elapsed", **both, at_least_s="5")
    assert not met(trace, "elapsed", **{"from": {"pdu": "A-ABORT"}, "to": {"pdu": "A-ABORT"}}, at_most_s="5")


def test_what_a_foreign_subject_cannot_show_is_left_out():
    trace = trace_of()
    trace.operations.append(operation(None))
    trace.operations[0].observable = False
    for noun, wanted in (
        ("store", {"ae": "workstation", "instances": "1"}),
        ("log", {"contains": "x"}),
        ("outcome", {"operation": "query", "result": "success"}),
    ):
        assert unobserved(trace, WANTED[noun].model_validate(wanted))
    assert unobserved(trace, WANTED["dimse"].model_validate({"sender": "archive", "message": "C-FIND-RSP"})) is None


def test_a_wrong_expectation_is_refused():
    for noun, wanted in (
        ("dimse", {"sender": "workstation", "message": "C-FIND-RSP", "count": "many"}),
        ("dimse", {"sender": "workstation", "message": "C-FIND-RSP", "status": "12"}),
        ("context", {"acceptor": "workstation", "result": "5"}),
        ("association", {"ends": "released"}),
        ("pdu", {"sender": "workstation"}),
        ("elapsed", {"operation": "query"}),
        ("outcome", {"resulted": "x"}),
    ):
        with pytest.raises(ValueError, match="validation error"):
            judged(trace_of(), noun, **wanted)


def test_a_message_on_the_second_association_is_found():
    trace = trace_of(
        lambda recorder: Talk(recorder).opened().released(),
        lambda recorder: Talk(recorder).opened().store("2.25.7", data_set=PATIENT).saw(Kind.FIN, R),
    )
    assert met(trace, "dimse", sender="modality", message="C-STORE-RQ", fields={"AffectedSOPInstanceUID": "2.25.7"})
    assert A is not R
