"""The check `response`: DIMSE-N responses held against their requests, on traces written by hand."""

from __future__ import annotations

import pytest
from hand_written import EXPLICIT, A, R, Talk, element, judged, met, trace_of

from dicom_conformance.judge.checks.response import places
from dicom_conformance.trace import Trace

META, FILM_SESSION, FILM_BOX = "1.2.840.10008.5.1.1.9", "1.2.840.10008.5.1.1.1", "1.2.840.10008.5.1.1.2"
IMAGE_BOX = "1.2.840.10008.5.1.1.4"


def text(group: int, number: int, vr: bytes, value: str) -> bytes:
    raw = value.encode()
    return element(group, number, vr, raw + (b"\0" if vr == b"UI" else b" ") * (len(raw) % 2))


def layout(value: str) -> bytes:
    return text(0x2010, 0x10, b"ST", value)


def boxes(*uids: str) -> bytes:
    held = b""
    for uid in uids:
        item = text(8, 0x1150, b"UI", IMAGE_BOX) + (text(8, 0x1155, b"UI", uid) if uid else b"")
        held += b"\xfe\xff\x00\xe0" + len(item).to_bytes(4, "little") + item
    return element(0x2010, 0x510, b"SQ", held)


def size(value: str) -> bytes:
    return text(0x2010, 0x50, b"CS", value)


def created(
    request: bytes, answer: bytes | None, status: int | None = 0, uid: str = "1.2.3", asked_uid: str = ""
) -> Trace:
    """A film session that is created, then a film box, on one association."""

    def talk(recorder: object) -> None:
        said = Talk(recorder, "scu", "subject").opened((META, (EXPLICIT,)))
        said.say(R, "N-CREATE-RQ", None, AffectedSOPClassUID=FILM_SESSION, MessageID=1)
        said.say(A, "N-CREATE-RSP", None, MessageIDBeingRespondedTo=1, Status=0, AffectedSOPInstanceUID="1.2")
        named = {"AffectedSOPInstanceUID": asked_uid} if asked_uid else {}
        said.say(R, "N-CREATE-RQ", request, AffectedSOPClassUID=FILM_BOX, MessageID=2, **named)
        if status is not None:
            told = {"AffectedSOPInstanceUID": uid} if uid else {}
            said.say(A, "N-CREATE-RSP", answer, MessageIDBeingRespondedTo=2, Status=status, **told)
        said.released()

    return trace_of(talk)


OF_FILM = {"to": ["N-CREATE-RQ"], "sop_class": FILM_BOX}
TWO = layout("STANDARD\\1,2")


def test_a_response_that_names_no_class_is_found_by_its_request() -> None:
    assert met(created(TWO, TWO + boxes("1.1", "1.2")), "response", **OF_FILM, status=["0000"])
    assert met(created(TWO, None, 0xB605), "response", **OF_FILM, status=["warning"])
    assert not met(created(TWO, None, 0x0106), "response", **OF_FILM, status=["success", "warning"])
    assert not met(created(TWO, None, None), "response", **OF_FILM, status=["success", "failure"])


def test_a_request_that_was_not_sent_is_not_met() -> None:
    (one,) = judged(created(TWO, None), "response", to=["N-ACTION-RQ"], status=["success"])
    assert not one.met
    assert one.actual == "0 sent"


@pytest.mark.parametrize(
    ("form", "uids", "right"),
    [
        ("STANDARD\\1,2", ("1.1", "1.2"), True),
        ("STANDARD\\1,2", ("1.1",), False),
        ("STANDARD\\1,2", ("1.1", "1.1"), False),
        ("STANDARD\\1,2", ("1.1", ""), False),
        ("ROW\\1,2", ("1.1", "1.2", "1.3"), True),
        ("COL\\1,2", ("1.1", "1.2"), False),
        ("SLIDE", ("1.1", "1.2", "1.3"), True),
        ("SLIDE", (), False),
    ],
)
def test_image_boxes_are_as_many_as_places(form: str, uids: tuple[str, ...], right: bool) -> None:
    trace = created(layout(form), layout(form) + boxes(*uids))
    assert met(trace, "response", **OF_FILM, image_boxes="as_laid_out") is right


@pytest.mark.parametrize(
    ("form", "count"),
    [("STANDARD\\2,3", 6), ("ROW\\2,3", 5), ("COL\\4", 4), ("SLIDE", None), ("CUSTOM\\1", None), ("STANDARD\\2", None)],
)
def test_the_places_of_a_format(form: str, count: int | None) -> None:
    assert places(form) == count


def test_an_attribute_list_is_not_judged_where_the_request_failed() -> None:
    (one,) = judged(created(TWO, None, 0x0106), "response", **OF_FILM, image_boxes="as_laid_out")
    assert not one.judged
    assert "0106" in one.actual


def test_a_value_taken_is_the_one_requested_or_is_not_told() -> None:
    asked = size("14INX17IN")
    assert met(created(asked, asked), "response", **OF_FILM, taken=["FilmSizeID"])
    assert met(created(asked, None), "response", **OF_FILM, taken=["FilmSizeID"])
    assert not met(created(asked, size("8INX10IN")), "response", **OF_FILM, taken=["FilmSizeID"])


@pytest.mark.parametrize(
    ("answer", "status", "right"),
    [
        (size("8INX10IN"), 0x0116, True),
        (size("8INX10IN"), 0xB605, True),
        (None, 0x0116, False),
        (size("A9"), 0x0116, False),
        (None, 0x0000, True),
    ],
)
def test_a_value_that_was_replaced_is_told(answer: bytes | None, status: int, right: bool) -> None:
    assert met(created(size("A9"), answer, status), "response", **OF_FILM, replaced=["FilmSizeID"]) is right


@pytest.mark.parametrize(
    ("asked", "answered", "wanted", "right"),
    [
        ("", "1.2.3", "returned", True),
        ("", "", "returned", False),
        ("1.5", "", "returned", True),
        ("", "1.6", "kept", True),
        ("1.5", "", "kept", True),
        ("1.5", "1.5", "kept", True),
        ("1.5", "1.6", "kept", False),
    ],
)
def test_the_instance_that_was_made_is_returned_and_the_one_requested_kept(
    asked: str, answered: str, wanted: str, right: bool
) -> None:
    assert met(created(TWO, None, uid=answered, asked_uid=asked), "response", **OF_FILM, instance=wanted) is right


def test_elements_are_counted_and_named() -> None:
    trace = created(TWO, TWO + boxes("1.1", "1.2"))
    assert met(trace, "response", **OF_FILM, items={"ReferencedImageBoxSequence": 2})
    assert not met(trace, "response", **OF_FILM, items={"ReferencedImageBoxSequence": "at least 3"})
    assert met(trace, "response", **OF_FILM, only=["ImageDisplayFormat", "ReferencedImageBoxSequence"])
    assert not met(trace, "response", **OF_FILM, only=["ImageDisplayFormat"])
    assert met(trace, "response", **OF_FILM, present=["ImageDisplayFormat"], absent=["FilmSizeID"])
    assert not met(trace, "response", **OF_FILM, absent=["ImageDisplayFormat"])
    assert met(trace, "response", **OF_FILM, contains={"ImageDisplayFormat": "STANDARD\\1,2"})
    assert not met(trace, "response", **OF_FILM, contains={"ImageDisplayFormat": "STANDARD\\2,1"})


def test_a_data_set_that_cannot_be_read_is_not_taken_for_one_that_lacks_something() -> None:
    trace = created(TWO, TWO + b"\x10\x20\x50\x00CS\xff\x00")
    (one,) = judged(trace, "response", **OF_FILM, absent=["FilmSizeID"])
    assert not one.met
    assert "no readable data set" in one.actual
