"""Rules of the checks that whole traces rarely meet, each asked directly."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hand_written import EXPLICIT, A, R, Talk, acceptance, judged, met, request, trace_of
from PIL import Image
from printed_by_hand import PrintTalk, attributes, encoded, ramp
from pydantic import ValidationError
from pydicom.dataset import Dataset
from test_check_of_rendering import IMAGE, INVERSE, seen, told
from test_check_of_rendering import trace as rendered
from test_checks_of_the_archive import FIND, FIRST, FIXTURES, KEYS, query, study, text

from dicom_conformance.errors import HarnessError
from dicom_conformance.judge.case_pictures import _alike, _fate, _stretched, pictures
from dicom_conformance.judge.checks import WANTED
from dicom_conformance.judge.checks.announcement import (
    _admit_count,
    _admit_length,
    _admit_presence,
    _admit_role_selection,
    _admit_text,
    _admit_window,
)
from dicom_conformance.judge.checks.exchange import _which, chosen
from dicom_conformance.judge.checks.film import FilmWanted, _tolerance
from dicom_conformance.judge.checks.film_images import _named, _widened
from dicom_conformance.judge.checks.query_responses import QueryResponsesWanted, _padded, _same
from dicom_conformance.judge.checks.rendering import picture, stored_bounds, summary
from dicom_conformance.judge.checks.wanted import (
    Bounds,
    _position,
    _results,
    read_statuses,
    result_name,
    status_admitted,
)
from dicom_conformance.judge.displayed import DisplayedImage, displayed_image, from_held
from dicom_conformance.judge.films import FilmFolder, RequestedImage
from dicom_conformance.judge.films.expectation import (
    _between,
    _from_file,
    _listed,
    _luminance,
    _square,
    _state,
    _turned,
    _window,
    _worst,
    hold,
    of_film,
    requested_images,
)
from dicom_conformance.judge.films.put_out import _picture, _stored_print
from dicom_conformance.judge.films.reading import films
from dicom_conformance.judge.rendering import Comparison, Expected, png
from dicom_conformance.judge.standing.upper_layer_rules import UpperLayerRules
from dicom_conformance.trace import Held
from dicom_conformance.trace.page_seen import PageSeen
from dicom_conformance.trace.trace import Operation, Trace
from dicom_wire.capture.sighting import Kind, Recorder, Side
from dicom_wire.pdu import AAbort, AAssociateRJ, AReleaseRP, AReleaseRQ

# -- what may be wanted -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noun", "wanted", "said"),
    [
        ("page", {}, "one of contains, absent, role is needed"),
        ("page", {"contains": "x", "name": "y"}, "name and count need a role"),
        ("page", {"contains": "x", "count": 1}, "name and count need a role"),
        ("films", {"within_s": 1}, "one of count, copies, images"),
        ("film", {"pixels": "nearly"}, "pixels are exact, or within N"),
        ("film", {"position": 0}, "a position is first, last, each or a number"),
        ("query_responses", {"request": 0}, "a request is latest, or a number"),
    ],
)
def test_what_cannot_be_wanted_is_refused(noun: str, wanted: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        WANTED[noun].model_validate(wanted)


def test_results_of_a_presentation_context() -> None:
    assert _results("acceptance") == _results(0) == _results("0") == (0,)
    assert _results(["user_rejection", 4]) == (1, 4)
    assert _results("not_accepted") == (1, 2, 3, 4)
    with pytest.raises(ValueError, match="a result is a number from 0 to 4 or its name"):
        _results({"0": 1})
    for wrong in ("5", "-1", "rejected", [7]):
        with pytest.raises(ValueError, match="a result is 0 to 4, not_accepted or"):
            _results(wrong)
    assert (result_name(None), result_name(0), result_name(3), result_name(9)) == (
        "no answer",
        "0 (acceptance)",
        "3 (abstract_syntax_not_supported)",
        "9 (undefined)",
    )


def test_statuses_are_digits_or_classes() -> None:
    assert read_statuses("success") == ("success",)
    assert read_statuses(["b000", "A700", "warning"]) == ("B000", "A700", "warning")
    with pytest.raises(ValueError, match="a status is four hex digits or the name of a class"):
        read_statuses({"0000": 1})
    for wrong in ("B00", "B0000", "good", ["0000", "x"]):
        with pytest.raises(ValueError, match="a status is four hex digits or one of"):
            read_statuses(wrong)


def test_positions_requests_and_tolerances() -> None:
    assert [_position(each) for each in ("first", "last", "each", "2", 3)] == ["first", "last", "each", 2, 3]
    assert [_which(each) for each in ("latest", "2", 3)] == ["latest", 2, 3]
    assert [_tolerance(each) for each in ("exact", " within 2 ", "within 0.5")] == [None, 2.0, 0.5]
    for read, wrong in (
        (_position, "0"),
        (_position, "middle"),
        (_which, "0"),
        (_which, "first"),
        (_tolerance, "within"),
    ):
        with pytest.raises(ValueError, match=r"a position is|a request is|pixels are"):
            read(wrong)
    assert [chosen(["a", "b"], each) for each in ("latest", 1, 2, 3)] == ["b", "a", "b", None]
    assert chosen([], "latest") is None


@pytest.mark.parametrize(
    ("status", "admitted", "expected"),
    [
        (0x0000, ("success",), True),
        (0x0000, ("0000",), True),
        (0xB000, ("success", "warning"), True),
        (0xA700, ("success", "warning"), False),
        (0xA700, ("A700",), True),
        (0xA701, ("A700",), False),
        (None, ("success",), False),
    ],
)
def test_a_status_is_admitted_by_its_digits_or_its_class(status, admitted, expected) -> None:
    assert status_admitted(status, admitted) == expected


@pytest.mark.parametrize(
    ("wanted", "looks"),
    [
        ({}, False),
        ({"printed": True}, False),
        *(
            ({each: value}, True)
            for each, value in (
                ("pixels", "exact"),
                ("preview", "exact"),
                ("images", "1"),
                ("image", {"Polarity": "NORMAL"}),
                ("box", {"Trim": "YES"}),
            )
        ),
    ],
)
def test_some_of_what_is_wanted_is_how_a_film_looks(wanted: dict[str, object], looks: bool) -> None:
    assert FilmWanted.model_validate(wanted).looks_at_film == looks


# -- announcements ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("least", "most", "value", "expected"),
    [
        (None, 16384, 16384, True),
        (None, 16384, 16385, False),
        (None, 16384, 0, False),  # no limit
        (4096, None, 0, True),
        (4096, None, 4095, False),
        (None, 0, 0, True),
        (None, 16384, None, False),
    ],
)
def test_a_maximum_length_of_0_is_no_limit(least, most, value, expected) -> None:
    assert _admit_length(Bounds(least, most), value) == expected


def test_what_is_announced() -> None:
    assert [_admit_count(Bounds(1, 2), each) for each in (0, 1, 2, 3, "1")] == [False, True, True, False, False]
    assert [_admit_presence("absent", each) for each in ("absent", "present")] == [True, False]
    assert [_admit_presence("present", each) for each in ("absent", "present")] == [False, True]
    assert [_admit_text("absent", each) for each in (None, "x")] == [True, False]
    assert [_admit_text("present", each) for each in (None, "x")] == [False, True]
    assert [_admit_text("x", each) for each in (None, "x", "y")] == [False, True, False]
    assert [_admit_window("single", each) for each in ("absent", "1,1", "2,1")] == [True, True, False]
    assert [_admit_window("present", each) for each in ("absent", "1,1")] == [False, True]
    assert [_admit_role_selection("default", each) for each in ("absent", "default", "present")] == [True, True, False]
    assert [_admit_role_selection("absent", each) for each in ("absent", "present")] == [True, False]


# -- pages ------------------------------------------------------------------------------------------------------------


def visited(page: object = None, **outcome: object) -> Trace:
    found = trace_of()
    found.operations.append(Operation("workstation", "browse", None, {}, 0, 1, {"page": page, **outcome}))
    return found


ELEMENTS = (("link", "PACS"), ("link", "VAULT"), ("button", "PACS"))
PAGE = PageSeen("/devices", "Archives\nPACS is online", ELEMENTS, screenshot=b"PNG")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"contains": "PACS"}, True),
        ({"contains": "pacs"}, False),
        ({"absent": "pacs"}, True),
        ({"absent": "PACS"}, False),
        ({"role": "link"}, True),
        ({"role": "table"}, False),
        ({"role": "link", "name": "PACS"}, True),
        ({"role": "link", "name": "PAC"}, False),
        ({"role": "link", "count": 2}, True),
        ({"role": "link", "name": "PACS", "count": 2}, False),
        ({"role": "table", "count": 0}, True),
    ],
)
def test_a_page_shows_what_is_wanted(wanted: dict[str, object], expected: bool) -> None:
    assert met(visited(PAGE), "page", **wanted) == expected


def test_a_visit_that_was_not_made_to_its_end_is_no_visit() -> None:
    assert not met(trace_of(), "page", contains="x")
    assert judged(visited(), "page", absent="x")[0].actual == "no page was seen"
    assert judged(visited(PAGE, detail="no link"), "page", contains="PACS")[0].actual == "no link"
    assert judged(visited(PAGE), "page", contains="PACS", ae="other")[0].actual == "no page was seen"
    long = replace(PAGE, text="x " * 400)
    (finding,) = judged(visited(long), "page", contains="y")
    assert finding.actual.endswith("...'")
    assert len(finding.actual) < 330


def test_pages_are_in_the_evidence() -> None:
    trace = visited(PAGE)
    trace.subject = "workstation"
    assert pictures(trace) == {"page.png": b"PNG"}
    trace.operations *= 2
    assert list(pictures(trace)) == ["page.png", "page-2.png"]


# -- answers of archives ----------------------------------------------------------------------------------------------


def every_key(trace: Trace) -> str:
    (finding,) = judged(trace, "query_responses", rules=["every_key"])
    return "" if finding.met else finding.actual


def test_every_key_comes_back_with_its_value() -> None:
    assert every_key(query(study(FIRST))) == ""
    assert every_key(query()) == "no match"
    without = study(FIRST).replace(text(8, 0x20, b"DA", "19530102"), b"")
    assert every_key(query(without)) == "without StudyDate"
    empty = study(FIRST).replace(text(8, 0x20, b"DA", "19530102"), text(8, 0x20, b"DA", ""))
    assert "StudyDate without its value '19530102'" in every_key(query(empty))
    unknown = study("1.2.3").replace(text(8, 0x20, b"DA", "19530102"), text(8, 0x20, b"DA", ""))
    assert every_key(query(unknown)) == ""  # nobody knows a value of it
    assert every_key(replace(query(study(FIRST)), known=None)) == ""


def test_a_query_without_any_response_is_no_answer() -> None:
    def talk(recorder: Recorder) -> None:
        said = Talk(recorder, "scu", "subject").opened((FIND, (EXPLICIT,)))
        said.say(R, "C-FIND-RQ", KEYS, AffectedSOPClassUID=FIND, MessageID=1, Priority=0).released()

    trace = replace(trace_of(talk), known=FIXTURES.truth(["dates"]))
    (finding,) = judged(trace, "query_responses")
    assert (finding.met, finding.expected) == (False, "a C-FIND-RSP")
    assert not met(trace_of(), "query_responses")


def test_text_that_cannot_be_read_is_said() -> None:
    uid = text(0x20, 0xD, b"UI", FIRST)
    name = text(0x10, 0x10, b"PN", "x").replace(b"x ", b"\xff ")
    broken = study(FIRST, character_set="ISO_IR 192").replace(uid, name + uid)
    (finding,) = judged(query(broken), "query_responses", rules=["character_set"])
    assert not finding.met
    assert "a text that cannot be read in ISO_IR 192" in finding.actual


@pytest.mark.parametrize(
    ("vr", "was", "now", "expected"),
    [
        ("IS", ("7",), ("07",), True),
        ("IS", ("7",), ("8",), False),
        ("DS", ("1.50",), ("1.5",), True),
        ("IS", ("x",), ("x",), True),
        ("IS", ("x",), ("y",), False),
        ("TM", ("10",), ("10:00:00",), True),
        ("TM", ("101530.5",), ("101530.500000",), True),
        ("TM", ("101530",), ("101531",), False),
        ("PN", ("A^B^^",), ("A^B",), True),
        ("PN", ("A^B",), ("A^C",), False),
        ("CS", ("A", "B"), ("B", "A"), True),
        ("LO", ("a",), ("A",), False),
    ],
)
def test_a_value_may_be_written_in_other_ways(vr, was, now, expected) -> None:
    assert _same(vr, was, now) == expected


def test_a_time_is_padded_to_its_microseconds() -> None:
    assert [_padded(each) for each in ("10", "10:15", "101530.25")] == ["100000000000", "101500000000", "101530250000"]
    assert QueryResponsesWanted().request == "latest"


# -- renderings -------------------------------------------------------------------------------------------------------


def test_pictures_of_outcomes_are_read() -> None:
    assert picture({"rendering": {"rows": 1, "columns": 2, "data": b"\1\2"}}, "rendering").tolist() == [[1, 2]]
    coloured = {"rows": 1, "columns": 1, "samples": 3, "data": base64.b64encode(b"\1\2\3").decode()}
    assert picture({"rendering": coloured}, "rendering").tolist() == [[[1, 2, 3]]]
    signed = {"rows": 1, "columns": 1, "data": b"\xff\xff", "signed": True}
    assert picture({"pixels": signed}, "pixels").tolist() == [[-1]]
    assert picture({"pixels": {**signed, "signed": False}}, "pixels").tolist() == [[65535]]
    for wrong in (None, {}, {"rendering": "x"}, {"rendering": {"rows": 0, "columns": 2, "data": b""}}):
        assert picture(wrong, "rendering") is None
    assert picture({"rendering": {"rows": 1, "columns": 2, "data": b"\1\2\3"}}, "rendering") is None


def test_an_outcome_is_told_in_a_few_words() -> None:
    assert summary({"result": "refused", "detail": "no", "warnings": ["odd"]}) == "refused no warning: odd"
    assert summary({"result": "success", "detail": ""}) == "success"


def test_what_has_no_picture_is_said() -> None:
    trace = rendered({"result": "refused", "detail": "why"}, {"result": "refused", "detail": "why"})
    assert "no picture" in judged(trace, "rendering", same_as=1)[-1].actual
    with pytest.raises(HarnessError, match="there is no render 3: 2 were requested"):
        judged(trace, "rendering", same_as=3)
    decoded = rendered({"result": "refused", "detail": "why"}, operation="decode")
    assert judged(decoded, "rendering", operation="decode")[0].actual == "no pixels: refused why"


def test_the_same_picture_twice_is_the_same() -> None:
    assert met(rendered(told(seen()), told(seen())), "rendering", same_as=1)
    assert not met(rendered(told(seen()), told(seen(INVERSE))), "rendering", same_as=1)


def test_an_instance_that_the_harness_cannot_read_is_its_own_fault() -> None:
    with pytest.raises(HarnessError, match=r"the harness cannot read 1\.2\.3"):
        from_held(Held("1.2", "1.2.3", "1.2.840.10008.1.2.1.99", b"not deflated"))
    with pytest.raises(HarnessError, match=r"no instance 9\.9 was sent in this case"):
        displayed_image(trace_of(), "9.9")
    short = IMAGE.read()
    short.PixelData = b"\0\0"
    raw = build_of(short)
    with pytest.raises(HarnessError, match="samples instead of"):
        from_held(Held(IMAGE.SOPClassUID, "1.2.3", EXPLICIT, raw))
    broken = replace(Held(IMAGE.SOPClassUID, "1.2.3", "1.2.840.10008.1.2.4.70", encapsulated(b"no codestream")))
    with pytest.raises(HarnessError, match=r"the pixels of 1\.2\.3 cannot be decoded"):
        from_held(broken)


def build_of(data_set: Dataset) -> bytes:
    return encoded(data_set, EXPLICIT)


def encapsulated(stream: bytes) -> bytes:
    head = IMAGE.read()
    del head.PixelData
    raw = build_of(head)
    items = b"\xfe\xff\x00\xe0\0\0\0\0" + b"\xfe\xff\x00\xe0" + struct.pack("<L", len(stream) + len(stream) % 2)
    items += stream + b"\0" * (len(stream) % 2) + b"\xfe\xff\xdd\xe0\0\0\0\0"
    return raw + b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff" + items


def test_frames_are_counted_from_1() -> None:
    image = DisplayedImage("1.2", Dataset(), np.arange(4).reshape(2, 1, 2))
    assert image.frame(2).tolist() == [[2, 3]]
    for number in (0, 3):
        with pytest.raises(HarnessError, match=f"has no frame {number}"):
            image.frame(number)
    with pytest.raises(HarnessError, match="has no frame 1"):
        DisplayedImage("1.2", Dataset()).frame(1)


def test_an_image_that_was_carried_is_known() -> None:
    def talk(recorder: Recorder) -> None:
        Talk(recorder).opened().store("2.25.7", data_set=IMAGE.data_set).released()

    found = displayed_image(trace_of(talk), "2.25.7")
    assert found.frame(1).shape == IMAGE.pixels[0].shape
    assert not found.of_recipe


def test_stored_values_in_another_colour_space_are_rounded_either_way() -> None:
    told_ = attributes(PhotometricInterpretation="YBR_FULL", BitsStored=8, SamplesPerPixel=3)
    low, high = stored_bounds(DisplayedImage("1.2", told_, np.full((1, 1, 1, 3), 100)), 1)
    assert (high - low >= 0).all()
    assert (high - low <= 1).all()
    rgb = attributes(PhotometricInterpretation="RGB", BitsStored=8, SamplesPerPixel=3)
    one, other = stored_bounds(DisplayedImage("1.2", rgb, np.full((1, 1, 1, 3), 100)), 1)
    assert one.tolist() == other.tolist() == [[[100, 100, 100]]]
    odd = attributes(PhotometricInterpretation="HSV", BitsStored=8, SamplesPerPixel=3)
    with pytest.raises(HarnessError, match="the harness cannot decode"):
        stored_bounds(DisplayedImage("1.2", odd, np.full((1, 1, 1, 3), 100)), 1)


# -- pictures of a case -----------------------------------------------------------------------------------------------


def test_only_what_differs_of_a_decode_is_shown() -> None:
    low, high = np.array([[1, 2]]), np.array([[1, 3]])
    assert _alike(low, high, np.array([[1, 3]]), 0)
    assert not _alike(low, high, np.array([[1, 4]]), 0)
    assert _alike(low, high, np.array([[1, 4]]), 1)
    assert not _alike(low, high, np.array([[0, 2]]), 0)
    assert not _alike(low, high, np.array([[1, 2, 3]]), 9)
    assert _stretched(np.array([[-5, 0, 5]])).tolist() == [[0, 128, 255]]
    assert _stretched(np.array([[7, 7]])).tolist() == [[0, 0]]


def test_what_cannot_be_drawn_is_left_out_of_the_evidence() -> None:
    trace = rendered(told(seen()), {"result": "refused"})
    assert set(pictures(trace)) == {"expected.png", "actual.png", "difference.png"}
    trace.operations[0] = replace(trace.operations[0], arguments={"SOPInstanceUID": "9.9"})
    assert pictures(trace) == {}


def test_the_fate_of_a_film_is_in_its_name() -> None:
    film = SimpleNamespace(printed=True, status=0, execution_status="DONE")
    assert _fate(film) == ""
    assert _fate(SimpleNamespace(printed=True, status=0, execution_status="FAILURE")) == "-job-failed"
    assert _fate(SimpleNamespace(printed=False, status=0xC602, execution_status="")) == "-not-printed-C602"
    assert _fate(SimpleNamespace(printed=False, status=None, execution_status="")) == "-not-answered"


# -- what a film must hold --------------------------------------------------------------------------------------------


def expected(low: float, high: float, shape: tuple[int, ...] = (1, 1)) -> Expected:
    return Expected(np.full(shape, low), np.full(shape, high), np.zeros(shape[:2], bool), ())


def test_pictures_of_what_is_expected_are_combined() -> None:
    between = _between([expected(10, 10), expected(5, 5), expected(7, 20)])
    assert (between.low[0, 0], between.high[0, 0]) == (5, 20)
    turned = _turned(expected(10, 20))
    assert (turned.low[0, 0], turned.high[0, 0]) == (235, 245)
    grey = _luminance(Expected(np.array([[[100.0, 0, 0]]]), np.array([[[0, 100.0, 0]]]), np.zeros((1, 1), bool), ()))
    assert (grey.low[0, 0], grey.high[0, 0]) == (pytest.approx(29.9), pytest.approx(58.7))
    found = [Comparison((), 9.0, 1, 0), Comparison(("a",), 1.0, 1, 0), Comparison(("b",), 2.0, 1, 0)]
    assert _worst(found).complaints == ("b",)


def test_what_says_that_pixels_are_not_square_is_removed_everywhere() -> None:
    area = attributes(PresentationPixelSpacing=[1, 2], PresentationSizeMode="SCALE TO FIT")
    told_ = attributes(PixelSpacing=[1, 2], PixelAspectRatio=[1, 2], DisplayedAreaSelectionSequence=[area], Rows=3)
    found = _square(told_)
    assert "PixelSpacing" not in found
    assert "PixelAspectRatio" not in found
    assert "PresentationPixelSpacing" not in found.DisplayedAreaSelectionSequence[0]
    assert list(found.DisplayedAreaSelectionSequence[0].PresentationPixelAspectRatio) == [1, 1]
    assert found.Rows == 3
    assert "PixelSpacing" in told_  # what was given is not changed


def asked(**arguments: object) -> list[RequestedImage]:
    operation = Operation("workstation", "print", "printer", arguments, 0, None, None)
    return requested_images(trace_of(), operation)


WINDOW = {"center": 1, "width": 2}


def test_the_images_that_are_asked_for_are_in_their_order() -> None:
    found = asked(
        images=[
            "1.2",
            {"SOPInstanceUID": "1.3", "frame": "2", "polarity": "REVERSE", "window": {"center": 1, "width": 2}},
        ],
        files="a.dcm",
        state="1.9",
    )
    assert [(one.uid, one.file, one.frame, one.reverse, one.window) for one in found] == [
        ("1.2", "", 1, False, None),
        ("1.3", "", 2, True, (1.0, 2.0)),
        ("", "a.dcm", 1, False, None),
    ]
    assert {one.state for one in found} == {"1.9"}
    assert asked(images=["1.2"], polarity="REVERSE", window={"center": 3, "width": 4})[0] == RequestedImage(
        "1.2", window=(3.0, 4.0), reverse=True
    )
    assert asked() == []
    assert (_listed(None), _listed("x"), _listed(("x", "y"))) == ([], ["x"], ["x", "y"])
    assert _window("x") is None


def test_all_frames_of_a_file_are_asked_for_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(IMAGE.file_bytes())
    found = asked(images=[{"file": str(tmp_path / "a.dcm"), "frame": "all"}])
    assert [one.frame for one in found] == list(range(1, len(IMAGE.pixels) + 1))
    (tmp_path / "b.dcm").write_text("not DICOM")
    for name in ("b.dcm", "missing.dcm"):
        with pytest.raises(HarnessError, match=f"{name} cannot be read"):
            _from_file(str(tmp_path / name))
    (tmp_path / "state.dcm").write_bytes(INVERSE.file_bytes())
    state = _state(trace_of(), RequestedImage("1.2", state=str(tmp_path / "state.dcm")))
    assert state is not None
    assert state.SOPInstanceUID == INVERSE.SOPInstanceUID
    assert _state(trace_of(), RequestedImage("1.2")) is None


def printed_image(**changes: object) -> Trace:
    trace = Trace(Recorder())
    talk = PrintTalk(trace.recorder)
    box = talk.box(talk.session())
    talk.image(box, 1, ramp(), **changes)
    talk.action(box)
    return trace


def test_pixels_that_cannot_be_read_are_a_complaint_of_their_own() -> None:
    (film,) = films(printed_image(PixelData=None))
    found = hold(trace_of(), RequestedImage("1.2"), film.images[0], None)
    assert "no Pixel Data" in found.complaints[0]


def test_what_the_harness_cannot_draw_is_its_own_fault(tmp_path: Path) -> None:
    odd = IMAGE.read()
    odd.WindowCenter, odd.WindowWidth, odd.VOILUTFunction = 1, 2, "CUBIC"
    trace = printed_image()
    trace.originals["1.2.3"] = Held(IMAGE.SOPClassUID, "1.2.3", EXPLICIT, build_of(odd))
    (film,) = films(trace)
    with pytest.raises(HarnessError, match=r"the harness cannot draw 1\.2\.3: unknown VOI LUT Function"):
        hold(trace, RequestedImage("1.2.3"), film.images[0], None)


def test_a_render_that_the_harness_cannot_draw_is_its_own_fault() -> None:
    odd = IMAGE.read()
    odd.WindowCenter, odd.WindowWidth, odd.VOILUTFunction = 1, 2, "CUBIC"
    trace = rendered(told(seen()))
    trace.originals[IMAGE.SOPInstanceUID] = Held(IMAGE.SOPClassUID, IMAGE.SOPInstanceUID, EXPLICIT, build_of(odd))
    with pytest.raises(HarnessError, match=r"the harness cannot draw .*: unknown VOI LUT Function"):
        judged(trace, "rendering")


def test_a_film_belongs_to_the_print_that_was_under_way() -> None:
    (film,) = films(printed_image())
    with pytest.raises(HarnessError, match="film 1: workstation had no print operation in progress"):
        of_film(printed_image(), film)


def test_an_image_is_named_by_its_number_or_its_uid() -> None:
    known = [RequestedImage("1.2"), RequestedImage("1.3", frame=2)]
    assert _named("2", known) is known[1]
    assert _named("1.3", known) is known[1]
    assert _named("9.9", known) == RequestedImage("9.9")
    for name in ("0", "3"):
        with pytest.raises(HarnessError, match=f"there is no image {name}: the print request has 2"):
            _named(name, known)


@pytest.mark.parametrize(
    ("values", "bits", "widened"),
    [
        ([0, 16, 32], 12, True),  # shifted
        ([0, 18, 35], 12, False),
        ([0x112, 0x223, 0xFF1], 12, False),
        ([0, 16, 4095 - 15], 12, True),
        ([0, 16, 33], 12, False),
        ([0, 16], 12, False),  # too few to tell
        ([0, 16, 4112], 12, False),  # no 12 bits
        ([0, 16, 32], 8, False),
        ([0, (1 << 4) | 0, (2 << 4) | 0], 12, True),
        ([round(each * 4095 / 255) for each in (3, 77, 201)], 12, True),  # scaled
        ([each << 4 | each >> 4 for each in (3, 77, 201)], 12, True),  # repeated
    ],
)
def test_eight_bits_in_a_twelve_bit_frame(values: list[int], bits: int, widened: bool) -> None:
    image = SimpleNamespace(pixels=np.array([values]), bits=bits)
    assert _widened(image) == widened
    assert not _widened(SimpleNamespace(pixels=None, bits=12))


def test_a_film_without_images_or_jobs_says_so() -> None:
    trace = Trace(Recorder())
    talk = PrintTalk(trace.recorder)
    talk.action(talk.box(talk.session()))
    for wanted, said in (
        ({"bits": 8}, "no image was set"),
        ({"image": {"Polarity": "NORMAL"}}, "no image was set"),
        ({"job": "DONE"}, "no print job"),
    ):
        assert any(said in each.actual for each in judged(trace, "film", **wanted)), wanted


# -- files of films ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "I;16"])
def test_pictures_of_films_of_every_kind_are_read(mode: str, tmp_path: Path) -> None:
    shape = {"L": (2, 3), "I;16": (2, 3), "LA": (2, 3, 2), "RGB": (2, 3, 3), "RGBA": (2, 3, 4)}[mode]
    values = (np.arange(np.prod(shape)) * 3).reshape(shape).astype(np.uint16 if mode == "I;16" else np.uint8)
    picture_ = Image.fromarray(values << 8 if mode == "I;16" else values, None if mode == "I;16" else mode)
    picture_.save(tmp_path / "film.png")
    found = _picture((tmp_path / "film.png").read_bytes())
    wanted = values if mode in ("L", "RGB", "I;16") else values[..., 0] if mode == "LA" else values[..., :3]
    assert found.dtype == np.uint8
    assert found.tolist() == wanted.tolist()


def test_a_picture_larger_than_any_memory_is_not_decoded() -> None:
    head = struct.pack(">IIBBBBB", 1 << 20, 1 << 20, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    assert _picture(b"\x89PNG\r\n\x1a\n" + chunk) is None
    assert _picture(png(np.zeros((1, 1), np.uint8))) is not None


def test_a_folder_that_is_gone_has_no_films(tmp_path: Path) -> None:
    folder = FilmFolder(tmp_path / "gone")
    assert folder.films(1, 0.0) == ()
    assert _stored_print("a", attributes(SOPClassUID="1.2"), {}) is None
    boxes = [attributes(ImageBoxPosition=1), attributes(ReferencedImageSequence=[attributes()])]
    empty = _stored_print("a", attributes(SOPClassUID="1.2.840.10008.5.1.1.27", ImageBoxContentSequence=boxes), {})
    assert empty is not None
    assert empty.images == {}


# -- the upper layer --------------------------------------------------------------------------------------------------


def opened(maximum_length: int = 16384) -> UpperLayerRules:
    layer = UpperLayerRules()
    assert list(layer.pdu(R, request(("1.2.840.10008.1.1", (EXPLICIT,)), maximum_length=maximum_length))) == []
    assert list(layer.pdu(A, acceptance((0, EXPLICIT), (3, None), maximum_length=maximum_length))) == []
    return layer


def rules(found: object) -> list[str]:
    return [rule for rule, _ in found]


def test_plain_data_break_no_rule() -> None:
    for length, context in ((100, 1), (16384, 1), (16385, 1), (100, 3), (100, 5)):
        for side in (R, A):
            assert not UpperLayerRules().is_plain_data(side, length, context)
            layer = opened()
            list(layer.data(side, 10, [1]))
            plain = layer.is_plain_data(side, length, context)
            assert plain == (rules(layer.data(side, length, [context])) == []), (side, length, context)
            assert plain == (length <= 16384 and context == 1)
    unlimited = opened(0)
    list(unlimited.data(R, 10, [1]))
    assert unlimited.is_plain_data(R, 1 << 30, 1)


@pytest.mark.parametrize(
    ("pdu", "rule"), [(AAbort(0, 0), "after-abort"), (AReleaseRQ(), "after-release"), (AReleaseRP(), "after-release")]
)
def test_after_an_end_data_are_never_plain(pdu: object, rule: str) -> None:
    layer = opened()
    list(layer.data(R, 10, [1]))
    list(layer.pdu(R, pdu))
    assert not layer.is_plain_data(R, 10, 1)
    assert rules(layer.data(R, 10, [1])) == [rule]


def test_what_comes_after_an_abort_or_a_rejection_is_said() -> None:
    layer = opened()
    list(layer.pdu(R, AAbort(0, 0)))
    assert "after-abort" in rules(layer.pdu(R, AReleaseRQ()))
    rejected = UpperLayerRules()
    list(rejected.pdu(R, request(("1.2.840.10008.1.1", (EXPLICIT,)))))
    assert rules(rejected.pdu(A, AAssociateRJ(1, 1, 1))) == []
    assert rules(rejected.data(A, 10, [1])) == ["after-rejection"]
    assert rules(rejected.pdu(A, AAbort(0, 0))) == []
    assert rules(rejected.end(R, Kind.FIN)) == []


@pytest.mark.parametrize(
    ("steps", "side", "rule"),
    [
        ((), R, []),
        (("request",), A, ["request-not-answered"]),
        (("request", "accept"), R, ["closed-without-release"]),
        (("request", "accept", "release"), A, ["release-not-answered"]),
        (("request", "accept", "release", "answer"), A, []),
        (("request", "accept", "abort"), R, []),
    ],
)
def test_the_end_of_a_connection(steps: tuple[str, ...], side: Side, rule: list[str]) -> None:
    said = {
        "request": (R, request(("1.2.840.10008.1.1", (EXPLICIT,)))),
        "accept": (A, acceptance((0, EXPLICIT))),
        "release": (R, AReleaseRQ()),
        "answer": (A, AReleaseRP()),
        "abort": (R, AAbort(0, 0)),
    }
    layer = UpperLayerRules()
    for step in steps:
        assert rules(layer.pdu(*said[step])) == []
    assert rules(layer.end(side, Kind.FIN)) == rule
    assert rules(layer.end(side.other, Kind.FIN)) == []  # it is said once


@pytest.mark.parametrize(
    ("side", "name", "rule"),
    [
        (A, "request", "wrong-side"),
        (R, "accept", "wrong-side"),
        (A, "accept", "wrong-side"),  # nothing was requested
        (R, "release", "before-association"),
        (A, "answer", "release-not-requested"),
    ],
)
def test_what_is_said_out_of_turn(side: Side, name: str, rule: str) -> None:
    said = {
        "request": request(("1.2.840.10008.1.1", (EXPLICIT,))),
        "accept": acceptance((0, EXPLICIT)),
        "release": AReleaseRQ(),
        "answer": AReleaseRP(),
    }
    assert rule in rules(UpperLayerRules().pdu(side, said[name]))


def test_what_is_said_twice() -> None:
    layer = opened()
    assert rules(layer.pdu(R, request(("1.2.840.10008.1.1", (EXPLICIT,))))) == ["second-request"]
    assert rules(layer.pdu(A, acceptance((0, EXPLICIT)))) == ["second-answer"]
    assert rules(layer.pdu(R, AReleaseRQ())) == []
    assert rules(layer.pdu(R, AReleaseRQ())) == ["second-release"]
    fresh = UpperLayerRules()
    assert rules(fresh.data(R, 10, [1])) == ["first-pdu", "before-association"]
    wrong = opened()
    assert rules(wrong.data(R, 10, [7])) == ["context-not-accepted"]
    assert rules(wrong.data(R, 10, [7])) == []  # each context is said once
