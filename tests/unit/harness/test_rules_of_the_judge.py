"""Small rules of the judge, each asked directly: values, statuses, matching, errors of pictures, verdicts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hand_written import CT, EXPLICIT, A, R, Talk, operation, trace_of
from pydantic import TypeAdapter
from pydicom import Dataset
from pydicom.sequence import Sequence

from dicom_conformance.judge.checks.film import Tolerance
from dicom_conformance.judge.checks.outcome_values import Listed
from dicom_conformance.judge.checks.query_responses import _same
from dicom_conformance.judge.checks.rendering import picture, summary
from dicom_conformance.judge.checks.wanted import (
    Bounds,
    ContextResults,
    Position,
    read_bounds,
    read_statuses,
    result_name,
    status_admitted,
)
from dicom_conformance.judge.films.expectation import printing
from dicom_conformance.judge.films.printed import _pixels
from dicom_conformance.judge.query_matching import (
    NOTHING_AGREED,
    Agreed,
    date_of,
    differing,
    entity_fits,
    fits,
    time_of,
)
from dicom_conformance.judge.rendering import RenderError
from dicom_conformance.judge.rendering.colour import palette
from dicom_conformance.judge.rendering.values import described, number, numbers, words_of
from dicom_conformance.judge.unexplained_end import unexplained_end
from dicom_conformance.judge.verdict import unjudged
from dicom_conformance.results import Finding
from dicom_conformance.trace import Attribute, DataSet, Trace
from dicom_wire.capture.sighting import Side
from dicom_wire.pdu import AAbort

SECOND = 1_000_000


@pytest.mark.parametrize(
    ("vr", "was", "now", "same"),
    [
        ("IS", ("7",), ("007",), True),
        ("IS", ("7",), ("8",), False),
        ("DS", ("1.50", "2"), ("1.5", "2.0"), True),
        ("DS", ("1.50", "2"), ("2", "1.5"), False),
        ("DS", ("x",), ("x",), True),
        ("DS", ("x",), ("1",), False),
        ("TM", ("10",), ("100000.000000",), True),
        ("TM", ("10:30",), ("1030",), True),
        ("TM", ("1030",), ("1031",), False),
        ("TM", ("100000.5",), ("100000.50",), True),
        ("TM", ("100000.5",), ("100000.05",), False),
        ("PN", ("DOE^JANE",), ("DOE^JANE^^=",), True),
        ("PN", ("DOE^JANE",), ("DOE^JOAN",), False),
        ("CS", ("CT", "MR"), ("MR", "CT"), True),
        ("CS", ("CT", "MR"), ("CT",), False),
        ("LO", ("7",), ("007",), False),
    ],
)
def test_a_value_may_be_written_in_another_way(vr: str, was: tuple[str, ...], now: tuple[str, ...], same: bool) -> None:
    assert _same(vr, was, now) is same
    assert _same(vr, now, was) is same


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [("3", 3, 3), (0, 0, 0), ("at least 2", 2, None), ("at most 4", None, 4), ("2 to 4", 2, 4), (Bounds(1, 2), 1, 2)],
)
def test_bounds_admit_what_lies_between_them(text: Any, least: int | None, most: int | None) -> None:
    bounds = read_bounds(text)
    assert (bounds.at_least, bounds.at_most) == (least, most)
    for value in range(6):
        assert bounds.admit(value) is ((least is None or value >= least) and (most is None or value <= most))


@pytest.mark.parametrize("text", ["", "two", "-1", "at least", "2 to", "1.5"])
def test_other_words_are_no_bounds(text: str) -> None:
    with pytest.raises(ValueError, match="a count is a number"):
        read_bounds(text)


def test_statuses_are_digits_or_classes() -> None:
    assert read_statuses("success") == ("success",)
    assert read_statuses(["a700", "FF00", "pending"]) == ("A700", "FF00", "pending")
    for wrong in ("A70", "A7000", "fine", {"a": 1}):
        with pytest.raises(ValueError, match="a status is four hex digits"):
            read_statuses(wrong)
    assert status_admitted(0xA700, ("A700",))
    assert status_admitted(0xA700, ("failure",))
    assert not status_admitted(0xA700, ("success", "A701"))
    assert not status_admitted(None, ("success", "failure"))


def test_results_are_numbers_or_names() -> None:
    read = TypeAdapter(ContextResults).validate_python
    assert read("acceptance") == (0,)
    assert read("not_accepted") == (1, 2, 3, 4)
    assert read([0, "4", "no_reason", "user_rejection", "abstract_syntax_not_supported"]) == (0, 4, 2, 1, 3)
    assert read("transfer_syntaxes_not_supported") == (4,)
    for wrong in ("5", "-1", "accepted", {"a": 1}):
        with pytest.raises(ValueError, match="a result is"):
            read(wrong)
    assert (result_name(0), result_name(3)) == ("0 (acceptance)", "3 (abstract_syntax_not_supported)")
    assert (result_name(9), result_name(None)) == ("9 (undefined)", "no answer")


def test_positions() -> None:
    read = TypeAdapter(Position).validate_python
    assert [read(one) for one in ("first", "last", "each", 1, "7")] == ["first", "last", "each", 1, 7]
    for wrong in ("0", "-1", "second"):
        with pytest.raises(ValueError, match="position"):
            read(wrong)


def test_tolerances_and_lists() -> None:
    read = TypeAdapter(Tolerance).validate_python
    assert (read("exact"), read("within 2"), read("within 0.5")) == (None, 2.0, 0.5)
    for wrong in ("within", "about 2", "within 2 of 255"):
        with pytest.raises(ValueError, match="pixels are exact, or within N"):
            read(wrong)
    listed = TypeAdapter(Listed).validate_python
    assert listed(["1.2", 3]) == ("1.2", "3")
    assert listed("1.2.840") == ("1.2.840",)
    assert listed("at least 2") == Bounds(2, None)
    assert listed("12") == Bounds(12, 12)


class TestMatching:
    @staticmethod
    def answer(
        vr: str, key: str, held: str | None, agreed: Agreed = NOTHING_AGREED, tag: int = 0x00080050
    ) -> bool | None:
        asked = Attribute(tag, vr, tuple(key.split("\\")) if key else ())
        return fits(asked, None if held is None else Attribute(tag, vr, (held,) if held else ()), agreed)

    @pytest.mark.parametrize(
        ("vr", "key", "held", "expected"),
        [
            ("SH", "A1", None, None),
            ("SH", "A\ufffd", "A1", None),
            ("SH", "A1", "A\ufffd", None),
            ("DT", "20200101", "20200101", True),
            ("DT", "20200101", "20200102", None),
            ("IS", "7", "007", None),
            ("IS", "7", "8", False),
            ("IS", "7", "x", None),
            ("DA", "20200101-", "2020", None),
            ("DA", "x-20200101", "20200101", None),
            ("DA", "-", "20200101", None),
            ("TM", "10", "1000", True),
            ("TM", "1030", "10", None),
            ("TM", "1000", "100030", None),
            ("TM", "25", "x", None),
            ("PN", "DOE^JANE", "DOE^JANE=", True),
            ("PN", "DOE^JANE^^", "DOE^JANE", True),
        ],
    )
    def test_one_value(self, vr: str, key: str, held: str | None, expected: bool | None) -> None:
        assert self.answer(vr, key, held) is expected

    def test_a_private_key_decides_nothing(self) -> None:
        assert self.answer("LO", "A", "B", tag=0x00090010) is None

    @pytest.mark.parametrize(("held", "expected"), [("", True), ("A1", False), (None, None)])
    def test_a_key_for_an_empty_value_where_that_is_agreed(self, held: str | None, expected: bool | None) -> None:
        assert self.answer("SH", '""', held, Agreed(empty_value=True)) is expected

    def test_sequences_match_by_one_item(self) -> None:
        def code(*values: str) -> Attribute:
            items = tuple(DataSet({0x00080100: Attribute(0x00080100, "SH", (one,) if one else ())}) for one in values)
            return Attribute(0x00081032, "SQ", (), items)

        assert fits(code("A"), code("B", "A")) is True
        assert fits(code("A"), code("B", "C")) is False
        assert fits(code("A"), None) is None
        assert fits(code("A"), code()) is True
        assert fits(code(""), code("B")) is True
        assert fits(code(), code("B")) is True

    def test_what_differs_is_named(self) -> None:
        keys = [Attribute(0x00080050, "SH", ("A1",)), Attribute(0x00080060, "CS", ("CT",))]
        held = DataSet(
            {0x00080050: Attribute(0x00080050, "SH", ("B2",)), 0x00080060: Attribute(0x00080060, "CS", ("CT",))}
        )
        assert differing(keys, held) == ("AccessionNumber 'B2' where 'A1' was asked for",)
        assert differing(keys[1:], held) == ()
        assert differing(keys, DataSet()) == ()

    @pytest.mark.parametrize(
        ("held", "expected"),
        [
            (("20200101", "100000"), True),
            (("20200101", "095959"), False),
            (("20200102", "080000"), True),
            (("20200103", "120001"), False),
            (("20200103", "120000"), True),
            (("", "100000"), True),
            (None, None),
            (("2020", "100000"), None),
        ],
    )
    def test_date_and_time_are_one_moment_where_that_is_agreed(
        self, held: tuple[str, str] | None, expected: bool | None
    ) -> None:
        keys = [
            Attribute(0x00080020, "DA", ("20200101-20200103",)),
            Attribute(0x00080030, "TM", ("100000-120000",)),
        ]
        values = {} if held is None else {0x00080020: ("DA", held[0]), 0x00080030: ("TM", held[1])}
        entity = DataSet({tag: Attribute(tag, vr, (text,) if text else ()) for tag, (vr, text) in values.items()})
        assert entity_fits(keys, entity, Agreed(combined=True)) is expected

    def test_dates_and_times_are_read_at_their_precision(self) -> None:
        assert date_of("20200102") == (20200102, 20200102)
        assert date_of("2020") is None
        assert time_of("00") == (0, 3600 * SECOND - 1)
        assert time_of("0001") == (60 * SECOND, 120 * SECOND - 1)
        assert time_of("000001") == (SECOND, 2 * SECOND - 1)
        assert time_of("000000.5") == (500_000, 599_999)
        assert time_of("x") is None


class TestValuesOfPictures:
    @staticmethod
    def data_set(**elements: Any) -> Dataset:
        made = Dataset()
        for keyword, value in elements.items():
            setattr(made, keyword, value)
        return made

    def test_numbers(self) -> None:
        made = self.data_set(WindowCenter=["1.5", "2"], Rows=7)
        assert numbers(made, "WindowCenter") == [1.5, 2.0]
        assert (numbers(made, "Rows"), numbers(made, "Columns")) == ([7.0], [])
        assert (number(made, "WindowCenter", 9), number(made, "Columns", 9)) == (1.5, 9)
        with pytest.raises(RenderError, match="StudyID is not a number: 'abc'"):
            numbers(self.data_set(StudyID="abc"), "StudyID")

    @pytest.mark.parametrize(
        ("descriptor", "signed", "expected"),
        [
            ([256, 0, 8], False, (256, 0, 8)),
            ([0, 0, 16], False, (65536, 0, 16)),
            ([4, 65535, 16], True, (4, -1, 16)),
            ([4, 32767, 16], True, (4, 32767, 16)),
            ([4, 32768, 16], True, (4, -32768, 16)),
            ([4, 65535, 16], False, (4, 65535, 16)),
        ],
    )
    def test_descriptors(self, descriptor: list[int], signed: bool, expected: tuple[int, int, int]) -> None:
        made = self.data_set()
        made.add_new(0x00283002, "US", descriptor)
        assert described(made, "LUTDescriptor", signed) == expected

    def test_a_first_value_written_as_signed_is_that_of_unsigned_pixels(self) -> None:
        made = self.data_set()
        made.add_new(0x00283002, "SS", [4, -1, 16])
        assert described(made, "LUTDescriptor", False) == (4, 65535, 16)
        made.add_new(0x00283002, "US", [4, 1])
        with pytest.raises(RenderError, match="LUTDescriptor has 2 values, not three"):
            described(made, "LUTDescriptor", False)

    def test_words_and_bytes(self) -> None:
        made = self.data_set()
        made.add_new(0x00283006, "OW", b"\1\2\3\4\5")
        assert words_of(made, "LUTData", 16).tolist() == [0x0201, 0x0403]
        assert words_of(made, "LUTData", 8).tolist() == [1, 2, 3, 4]
        made.add_new(0x00283006, "US", [1, 65535])
        assert words_of(made, "LUTData", 16).tolist() == [1, 65535]

    @pytest.mark.parametrize(
        ("bits", "segmented", "message"),
        [
            (12, False, "says 12 bits, neither 8 nor 16"),
            (8, True, "a segmented palette of 8 bits is not judged"),
            (8, False, "Red palette has 2 entries instead of 4"),
        ],
    )
    def test_palettes_that_are_not_of_the_standard(self, bits: int, segmented: bool, message: str) -> None:
        made = self.data_set(PixelRepresentation=0)
        for number_, tag in enumerate((0x00281101, 0x00281102, 0x00281103)):
            made.add_new(tag, "US", [4, 0, bits])
            made.add_new((0x00281221 if segmented else 0x00281201) + number_, "OW", b"\0\1")
        with pytest.raises(RenderError, match=message):
            palette(made)


def drawn(*, graphic: dict[str, Any] | None = None, text: dict[str, Any] | None = None) -> Any:
    from dicom_conformance.judge.rendering.drawings import drawings
    from dicom_conformance.judge.rendering.geometry import Geometry

    def item(**elements: Any) -> Dataset:
        return TestValuesOfPictures.data_set(**elements)

    annotation = item(GraphicLayer="L")
    if graphic is not None:
        annotation.GraphicObjectSequence = Sequence([item(**graphic)])
    if text is not None:
        annotation.TextObjectSequence = Sequence([item(**text)])
    state = item(GraphicAnnotationSequence=Sequence([annotation]))
    return drawings(state, item(Rows=10, Columns=10), 1, Geometry(0, 0, 10, 10).fitted(10, 10), (10, 10))


POINT = {"GraphicType": "POINT", "GraphicDimensions": 2, "NumberOfGraphicPoints": 1, "GraphicData": [5.0, 5.0]}


class TestDrawings:
    def test_a_point_in_pixels_and_as_a_fraction(self) -> None:
        ((_, of_image),) = drawn(graphic={**POINT, "GraphicAnnotationUnits": "PIXEL"})
        ((_, of_area),) = drawn(graphic={**POINT, "GraphicData": [0.5, 0.5], "GraphicAnnotationUnits": "DISPLAY"})
        assert of_area.samples == ((5.0, 5.0),)
        assert np.allclose(of_image.samples, ((4.5, 4.5),), atol=0.6)
        assert of_area.may[4:6, 4:6].all()
        assert not of_area.may[0, 0]

    @pytest.mark.parametrize(
        ("graphic", "message"),
        [
            ({**POINT, "GraphicAnnotationUnits": "MATRIX"}, "unknown annotation units 'MATRIX'"),
            ({"GraphicType": "POINT", "GraphicAnnotationUnits": "PIXEL"}, "POINT has no Graphic Data"),
        ],
    )
    def test_a_graphic_that_is_not_of_the_standard(self, graphic: dict[str, Any], message: str) -> None:
        with pytest.raises(RenderError, match=message):
            drawn(graphic=graphic)

    def test_a_text_needs_a_place(self) -> None:
        with pytest.raises(RenderError, match="neither bounding box nor anchor point"):
            drawn(text={"UnformattedTextValue": "A"})
        anchored = {"AnchorPoint": [0.5, 0.5], "AnchorPointAnnotationUnits": "DISPLAY", "AnchorPointVisibility": "N"}
        ((_, drawing),) = drawn(text={"UnformattedTextValue": "AB ", **anchored})
        assert (drawing.what, drawing.least, drawing.samples) == ("TEXT", 6, ())
        assert drawing.may[5, 5]


class TestUnexplainedEnd:
    """A subject that aborts an association with a peer that did nothing wrong."""

    @staticmethod
    def trace(*, by: Side = A, answered: bool = True, name: str = "echo") -> Trace:
        def talk(recorder: Any) -> None:
            said = Talk(recorder, "modality", "workstation").opened((CT, (EXPLICIT,)))
            if answered:
                said.store()
            said.pdu(by, AAbort(0 if by is R else 2, 0))

        made = trace_of(talk)
        made.operations.append(operation({}, name))
        return made

    def test_it_is_a_finding(self) -> None:
        found = unexplained_end(self.trace(), None, frozenset())
        assert found is not None
        assert not found.met
        assert found.expected.startswith("the association with modality goes on")

    def test_it_is_none_where_the_peer_ended_it_or_a_fault_came_first(self) -> None:
        assert unexplained_end(self.trace(by=R), None, frozenset()) is None
        assert unexplained_end(self.trace(), 0, frozenset()) is None

    def test_it_is_none_where_the_subject_was_to_cancel(self) -> None:
        assert unexplained_end(self.trace(name="cancel"), None, frozenset()) is None

    def test_it_is_none_where_the_peer_played_a_script(self) -> None:
        assert unexplained_end(self.trace(), None, frozenset(("modality",))) is None


@pytest.mark.parametrize(
    ("requested_ns", "seconds", "is_found"),
    [(0, 1.0, True), (10**9, 1.0, True), (10**9 + 1, 1.0, False), (-1, 1.0, False), (5, None, True)],
)
def test_a_film_belongs_to_the_print_that_was_under_way(
    requested_ns: int, seconds: float | None, is_found: bool
) -> None:
    trace = trace_of()
    others = [operation({}, "print", seconds), operation({}, "query", 100.0)]
    trace.operations.extend(others)
    film: Any = SimpleNamespace(requested_ns=requested_ns, conversation=SimpleNamespace(requestor="workstation"))
    assert printing(trace, film) is (others[0] if is_found else None)
    film.conversation.requestor = "modality"
    assert printing(trace, film) is None


class TestPicturesOfOutcomes:
    @pytest.mark.parametrize(
        ("outcome", "words"),
        [
            ({"result": "success"}, "success"),
            (
                {"result": "refused", "detail": "too large", "warnings": ["a", "b"]},
                "refused too large warning: a warning: b",
            ),
        ],
    )
    def test_an_outcome_in_a_few_words(self, outcome: dict[str, Any], words: str) -> None:
        assert summary(outcome) == words

    @pytest.mark.parametrize(
        ("reported", "values"),
        [
            ({"rows": 1, "columns": 2, "data": b"\1\2"}, [[1, 2]]),
            ({"rows": 1, "columns": 2, "data": "AQI="}, [[1, 2]]),
            ({"rows": 1, "columns": 1, "data": b"\1\2"}, [[0x0201]]),
            ({"rows": 1, "columns": 1, "data": b"\xff", "signed": True}, [[-1]]),
            ({"rows": 1, "columns": 1, "samples": 3, "data": b"\1\2\3"}, [[[1, 2, 3]]]),
            ({"rows": 1, "columns": 2, "data": b"\1\2\3"}, None),
            ({"rows": 0, "columns": 2, "data": b""}, None),
            ("no picture", None),
            (None, None),
        ],
    )
    def test_a_picture_of_an_outcome(self, reported: Any, values: list[Any] | None) -> None:
        found = picture({"rendering": reported}, "rendering")
        assert (None if found is None else found.tolist()) == values
        assert picture(None, "rendering") is None

    @pytest.mark.parametrize(
        ("changes", "values"),
        [
            ({}, [[1, 2]]),
            ({"data": b"\1"}, None),
            ({"data": b"\1\2\3"}, [[1, 2]]),
            ({"data": None}, None),
            ({"Rows": 0}, None),
            ({"Columns": -2}, None),
            ({"SamplesPerPixel": 2}, None),
            ({"BitsAllocated": 16}, None),
            ({"BitsAllocated": 16, "data": b"\1\2\3\4"}, [[0x0201, 0x0403]]),
            ({"BitsAllocated": 16, "data": b"\1\2\3\4", "big_endian": True}, [[0x0102, 0x0304]]),
            ({"BitsAllocated": 32, "data": bytes(8)}, None),
            ({"SamplesPerPixel": 3, "data": b"\1\2\3\4\5\6"}, [[[1, 2, 3], [4, 5, 6]]]),
            ({"Rows": 1 << 20, "Columns": 1 << 20}, None),
        ],
    )
    def test_pixels_that_were_printed(self, changes: dict[str, Any], values: list[Any] | None) -> None:
        held = {"Rows": 1, "Columns": 2, "SamplesPerPixel": 1, "BitsAllocated": 8, "data": b"\1\2", **changes}
        data = {} if held["data"] is None else {"PixelData": held["data"]}
        content: Any = SimpleNamespace(number=held.get, data=data, big_endian=held.get("big_endian", False))
        found = _pixels(content)
        assert (None if found is None else found.tolist()) == values


def test_each_reason_why_nothing_was_judged_is_said_once() -> None:
    def one(actual: str, judged: bool) -> Finding:
        return Finding("dimse", False, expected="x", actual=actual, judged=judged)

    assert unjudged([one("a", False), one("b", True), one("a", False), one("c", False)]) == "a; c"
    assert unjudged([one("b", True)]) == ""
