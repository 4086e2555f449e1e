"""The checks of text: bytes of a value, attributes that are shown, and what is told to be doubtful."""

from __future__ import annotations

import pytest
from hand_written import Talk, element, judged, met, operation, trace_of

from dicom_conformance.judge.checks import WANTED

NAME = element(0x0010, 0x0010, b"PN", b"M\xfcller  ")


def bytes_met(digits: str, data_set: bytes = NAME) -> bool:
    trace = trace_of(lambda recorder: Talk(recorder).opened().store("2.25.1", data_set=data_set).released())
    return bool(met(trace, "data_set", sender="modality", message="C-STORE-RQ", bytes={"PatientName": digits}))


def outcome_met(outcome: dict[str, object], **wanted: object) -> bool:
    trace = trace_of()
    trace.operations.append(operation({"result": "success", **outcome}))
    return bool(met(trace, "outcome", **wanted))


def test_bytes_of_a_value_without_its_padding():
    assert bytes_met("4d fc 6c 6c 65 72")
    assert bytes_met("4DFC6C6C6572")
    assert not bytes_met("4d c3 bc 6c 6c 65 72")
    assert not bytes_met("")
    assert not bytes_met("4d fc", element(0x0010, 0x0010, b"PN", b"M\xfc ")), (
        "no element has an odd length (PS3.5 7.1.1)"
    )


ODD = element(0x0028, 0x0010, b"US", b"\x01\x00") + element(0x7FE0, 0x0010, b"OB", b"\x01\x02\x03")


def test_a_value_of_odd_length_is_seen_and_hides_nothing_else():
    trace = trace_of(lambda recorder: Talk(recorder).opened().store("2.25.1", data_set=ODD).released())
    of_sent = {"sender": "modality", "message": "C-STORE-RQ"}
    assert met(trace, "data_set", **of_sent, bytes={"PixelData": "01 02 03"})
    assert not met(trace, "data_set", **of_sent, bytes={"PixelData": "01 02"})
    assert met(trace, "data_set", **of_sent, present=["PixelData", "Rows"], contains={"Rows": "1"})
    assert not met(trace, "data_set", **of_sent, absent="PixelData")
    (found,) = judged(trace, "data_set", **of_sent, encoding="valid")
    assert not found.met
    assert "(7FE0,0010)" in found.actual
    assert "odd length 3" in found.actual
    (found,) = judged(trace, "data_set", **of_sent, contains={"PixelData": "01 02 03"})
    assert (found.met, found.actual) == (False, "PixelData of the odd length 3")


@pytest.mark.parametrize(
    "wanted",
    [{"contains": {"Rows": "1"}}, {"present": "Rows"}, {"empty": "Rows"}, {"absent": "Columns"}, {"only": "Rows"}],
)
def test_of_a_data_set_that_cannot_be_read_nothing_is_told_but_why(wanted):
    cut = ODD[:-1]
    trace = trace_of(lambda recorder: Talk(recorder).opened().store("2.25.1", data_set=cut).released())
    (found,) = judged(trace, "data_set", sender="modality", message="C-STORE-RQ", **wanted)
    assert not found.met
    assert found.actual.startswith("no readable data set: (7FE0,0010)")


def test_bytes_of_a_value_in_an_item():
    item = b"\xfe\xff\x00\xe0" + len(NAME).to_bytes(4, "little") + NAME
    sequence = b"\x08\x00\x40\x11SQ\0\0" + len(item).to_bytes(4, "little") + item
    trace = trace_of(lambda recorder: Talk(recorder).opened().store("2.25.1", data_set=sequence).released())
    path = "ReferencedImageSequence"
    for keyword, is_met in ((".PatientName", True), ("[1].PatientName", True), ("[2].PatientName", False)):
        wanted = {f"{path}{keyword}": "4d fc 6c 6c 65 72"}
        assert bool(met(trace, "data_set", sender="modality", message="C-STORE-RQ", bytes=wanted)) is is_met


def test_states_and_the_texts_of_a_picture():
    outcome = {"states": [{"ContentLabel": "A"}, {"ContentLabel": "B", "doubtful": []}], "texts": ["山田", "B"]}
    assert outcome_met(outcome, states="2", state=[{"ContentLabel": "B", "doubtful": "[]"}], texts=["B", "山田"])
    assert not outcome_met(outcome, states="1")
    assert not outcome_met(outcome, state=[{"ContentLabel": "C"}])
    assert not outcome_met(outcome, texts=["B"])


def test_bytes_are_hex_digits():
    with pytest.raises(ValueError, match="hex digits"):
        WANTED["data_set"](sender="modality", message="C-STORE-RQ", bytes={"PatientName": "M"})


def test_how_many_matches_are_doubtful_and_why():
    outcome = {"matches": [{}, {}], "doubtful": [["PatientName: why"], []]}
    assert outcome_met(outcome, doubtful="1")
    assert not outcome_met(outcome, doubtful="0")
    assert not outcome_met(outcome, doubtful="2")
    assert outcome_met(outcome, doubt="PatientName")
    assert not outcome_met(outcome, doubt="because")
    assert outcome_met({"matches": [{}], "doubtful": [[]]}, doubtful="0")
    assert not outcome_met({"matches": [{}]}, doubt="PatientName")
    assert not outcome_met({"matches": [{}]}, doubtful="0")  # nothing was reported at all


def test_attributes_that_are_shown():
    outcome = {"attributes": {"PatientName": "Müller"}, "doubtful": ["PatientName: why", "StudyID: why"]}
    assert outcome_met(outcome, attributes={"PatientName": "Müller"})
    assert not outcome_met(outcome, attributes={"PatientName": "Muller"})
    assert not outcome_met(outcome, attributes={"PatientID": ""})
    assert not outcome_met({}, attributes={"PatientName": "Müller"})
    assert outcome_met(outcome, doubtful="1", doubt="StudyID")
