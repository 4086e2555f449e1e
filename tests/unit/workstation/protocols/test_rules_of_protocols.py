"""The rules by which images are judged, sorted and read for a display protocol, each asked directly."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hospital import CHEST, HEAD
from pydantic import ValidationError
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from dicom_workstation.protocols.codes import CodedValue
from dicom_workstation.protocols.display_set import DisplaySet, ImageBox
from dicom_workstation.protocols.fields import _code, _codes, _keyword, _plain, _texts, _words, _yes_no
from dicom_workstation.protocols.matching import (
    Truth,
    _chosen,
    _compared,
    _in_plane,
    _is_present,
    _member,
    cosines,
    is_same,
    passes,
    plane_of,
    select,
)
from dicom_workstation.protocols.reading import MOST_VALUES, attributes_of, values_at
from dicom_workstation.protocols.selector import FilterOperation, ImageCondition, SortingOperation
from dicom_workstation.protocols.sorting import _acquired, along_axis, in_order

PATIENT, LETTERS = "ImageOrientationPatient", "PatientOrientation"


class Leaf(SimpleNamespace):
    """An image with its attributes; what it does not have is absent, or not known."""

    def __init__(self, uid: str = "1", is_known: bool = True, time: object = None, **attributes: object) -> None:
        texts = {
            key: tuple(each if isinstance(each, CodedValue) else str(each) for each in value)
            if isinstance(value, list | tuple)
            else (value if isinstance(value, CodedValue) else str(value),)
            for key, value in attributes.items()
        }
        super().__init__(
            attributes=texts,
            image=SimpleNamespace(uid=uid, is_held=True),
            series=SimpleNamespace(uid="1.1"),
            study=SimpleNamespace(uid="1", time=time),
            is_known=is_known,
        )

    def is_absent(self, key: str) -> bool:
        """Whether it is known that the attribute is not there."""
        return self.is_known

    def question(self, key: str) -> None:
        """There is nobody to ask."""


# -- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        ("CT", "CT", True),
        ("CT", " CT ", True),
        ("CT", "MR", False),
        ("1.50", "1.5", True),
        ("1.5", "1.6", False),
        ("x", "1", False),
        (CHEST, CHEST, True),
        (CHEST, HEAD, False),
        (CHEST, "CHEST", True),
        ("CHEST", CHEST, True),
        (CHEST, "NOWHERE", False),
    ],
)
def test_two_values_are_the_same(wanted: object, found: object, expected: bool) -> None:
    assert is_same(wanted, found) == expected


@pytest.mark.parametrize(("number", "expected"), [(0, ("a", "b", "c")), (1, ("a",)), (3, ("c",)), (4, ())])
def test_a_selector_means_one_value_or_any(number: int, expected: tuple[str, ...]) -> None:
    assert _chosen(("a", "b", "c"), number) == expected


def test_a_member_is_among_those_wanted() -> None:
    assert _member(("A", "B"), ("B",)).truth is Truth.YES
    assert _member(("A", "B"), ("C", "A")).truth is Truth.YES
    assert (_member(("A",), ("C", "D")).truth, _member(("A",), ("C", "D")).seen) == (Truth.NO, "C\\D")
    assert (_member(("A",), ()).truth, _member(("A",), ()).seen) == (Truth.ABSENT, "has no such value")


@pytest.mark.parametrize(
    ("operator", "wanted", "holding", "failing"),
    [
        ("RANGE_INCL", ("2", "4"), (2, 3, 4), (1.9, 4.1)),
        ("RANGE_EXCL", ("2", "4"), (1.9, 4.1), (2, 3, 4)),
        ("GREATER_OR_EQUAL", ("2",), (2, 3), (1.9,)),
        ("LESS_OR_EQUAL", ("2",), (2, 1), (2.1,)),
        ("GREATER_THAN", ("2",), (2.1,), (2, 1)),
        ("LESS_THAN", ("2",), (1.9,), (2, 3)),
        ("MEMBER_OF", ("2", "4"), (2, 4), (3,)),
        ("NOT_MEMBER_OF", ("2", "4"), (3,), (2, 4)),
    ],
)
def test_an_operator_compares_numbers(operator: str, wanted: tuple[str, ...], holding: tuple, failing: tuple) -> None:
    for value in holding:
        assert _compared(operator, wanted, (str(value),), "DS").truth is Truth.YES, value
    for value in failing:
        assert _compared(operator, wanted, (str(value),), "DS").truth is Truth.NO, value


def test_every_number_has_to_hold_and_each_has_to_be_one() -> None:
    assert _compared("GREATER_THAN", ("2",), ("3", "1"), "DS").truth is Truth.NO
    for values, vr in ((("x",), "DS"), (("3", "x"), "DS"), (("3",), "LO")):
        found = _compared("GREATER_THAN", ("2",), values, vr)
        assert (found.truth, found.seen) == (Truth.ABSENT, f"{chr(92).join(values)} is no number")


def test_presence_is_an_answer_of_its_own() -> None:
    unknown = SimpleNamespace(truth=Truth.UNKNOWN)
    absent = SimpleNamespace(truth=Truth.ABSENT)
    assert _is_present(True, unknown) is unknown
    assert [_is_present(wanted, None).truth for wanted in (True, False)] == [Truth.YES, Truth.NO]
    assert [_is_present(wanted, absent).truth for wanted in (True, False)] == [Truth.NO, Truth.YES]
    assert (_is_present(True, None).seen, _is_present(True, absent).seen) == ("it is there", "absent")


def filtered(**fields: object) -> FilterOperation:
    return FilterOperation.model_validate(fields)


def test_a_filter_judges_the_value_that_it_means() -> None:
    second = filtered(
        SelectorAttribute="ImageType", SelectorCSValue="PRIMARY", SelectorValueNumber=2, FilterByOperator="MEMBER_OF"
    )
    assert passes(second, Leaf(ImageType=["ORIGINAL", "PRIMARY"])).truth is Truth.YES
    assert passes(second, Leaf(ImageType=["PRIMARY", "ORIGINAL"])).truth is Truth.NO
    missing = passes(second, Leaf(ImageType=["PRIMARY"]))
    assert (missing.truth, missing.seen) == (Truth.ABSENT, "has no value 2")
    assert passes(second, Leaf()).truth is Truth.ABSENT
    assert passes(second, Leaf(is_known=False)).truth is Truth.UNKNOWN
    present = filtered(SelectorAttribute="ImageType", FilterByAttributePresence="NOT_PRESENT")
    assert passes(present, Leaf()).truth is Truth.YES


def test_a_condition_of_an_image_set() -> None:
    wanted = ImageCondition.model_validate(
        {"SelectorAttribute": "Modality", "SelectorCSValue": ["CT", "MR"], "ImageSetSelectorUsageFlag": "MATCH"}
    )
    assert select(wanted, Leaf(Modality="MR")).truth is Truth.YES
    assert select(wanted, Leaf(Modality="US")).truth is Truth.NO
    assert select(wanted, Leaf()).truth is Truth.ABSENT
    excluded = select(wanted, Leaf(is_known=False, ModalitiesInStudy=["US", "SR"]))
    assert (excluded.truth, excluded.seen) == (Truth.NO, "ModalitiesInStudy US\\SR")
    assert select(wanted, Leaf(is_known=False, ModalitiesInStudy=["US", "CT"])).truth is Truth.UNKNOWN
    assert select(wanted, Leaf(is_known=False)).truth is Truth.UNKNOWN


# -- planes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "values", "plane"),
    [
        (PATIENT, ("1", "0", "0", "0", "1", "0"), "TRANSVERSE"),
        (PATIENT, ("1", "0", "0", "0", "0", "-1"), "CORONAL"),
        (PATIENT, ("0", "1", "0", "0", "0", "-1"), "SAGITTAL"),
        (PATIENT, ("0.6", "0.6", "0.53", "0", "0", "-1"), "OBLIQUE"),
        (PATIENT, ("1", "0", "0", "0", "1"), ""),
        (PATIENT, ("1", "0", "0", "0", "1", "x"), ""),
        (LETTERS, ("L", "P"), "TRANSVERSE"),
        (LETTERS, ("L", "F"), "CORONAL"),
        (LETTERS, ("P", "F"), "SAGITTAL"),
        (LETTERS, ("A", "H"), "SAGITTAL"),
        (LETTERS, ("R", "A"), "TRANSVERSE"),
        (LETTERS, ("LP", "FA"), "CORONAL"),
        (LETTERS, ("L", "R"), "OBLIQUE"),
        (LETTERS, ("L",), ""),
        (LETTERS, ("X", "P"), ""),
    ],
)
def test_the_plane_of_an_image(key: str, values: tuple[str, ...], plane: str) -> None:
    assert plane_of(key, values) == plane


def test_a_filter_by_plane() -> None:
    wanted = filtered(FilterByCategory="IMAGE_PLANE", SelectorCSValue="CORONAL", FilterByOperator="MEMBER_OF")
    unwanted = filtered(FilterByCategory="IMAGE_PLANE", SelectorCSValue="CORONAL", FilterByOperator="NOT_MEMBER_OF")
    coronal, other = Leaf(PatientOrientation=["L", "F"]), Leaf(PatientOrientation=["L", "P"])
    assert [_in_plane(wanted, each).truth for each in (coronal, other)] == [Truth.YES, Truth.NO]
    assert [_in_plane(unwanted, each).truth for each in (coronal, other)] == [Truth.NO, Truth.YES]
    none = passes(wanted, Leaf(PatientOrientation=["L"]))
    assert (none.truth, none.seen) == (Truth.ABSENT, "PatientOrientation L gives no plane")
    assert passes(wanted, Leaf()).truth is Truth.ABSENT
    assert cosines(("1",) * 6) == (1.0,) * 6


# -- order ------------------------------------------------------------------------------------------------------------


def sorting(direction: str = "INCREASING", **fields: object) -> SortingOperation:
    return SortingOperation.model_validate({"SortingDirection": direction, **fields})


def order(operations: list[SortingOperation], *leaves: Leaf) -> str:
    return "".join(each.image.uid for each in in_order(leaves, operations))


def test_what_does_not_have_the_attribute_comes_last_either_way() -> None:
    leaves = (Leaf("a"), Leaf("b", InstanceNumber=10), Leaf("c", InstanceNumber=9), Leaf("d", InstanceNumber="x"))
    numbers = {"SelectorAttribute": "InstanceNumber"}
    assert order([sorting(**numbers)], *leaves) == "cbad"
    assert order([sorting("DECREASING", **numbers)], *leaves) == "bcad"


def test_the_first_operation_decides_before_the_second() -> None:
    leaves = (Leaf("a", Modality="MR", Rows=2), Leaf("b", Modality="CT", Rows=2), Leaf("c", Modality="CT", Rows=1))
    by_modality, by_rows = sorting(SelectorAttribute="Modality"), sorting(SelectorAttribute="Rows")
    assert order([by_modality, by_rows], *leaves) == "cba"
    assert order([by_rows, by_modality], *leaves) == "cba"
    assert order([sorting("DECREASING", SelectorAttribute="Modality"), by_rows], *leaves) == "acb"


def test_without_an_operation_numbers_decide_and_then_uids() -> None:
    leaves = (Leaf("b", InstanceNumber=2), Leaf("a", InstanceNumber=2), Leaf("c", InstanceNumber=1), Leaf("d"))
    assert order([], *leaves) == "cabd"
    series = (Leaf("a", SeriesNumber=2, InstanceNumber=1), Leaf("b", SeriesNumber=1, InstanceNumber=2))
    assert order([], *series) == "ba"


def test_the_value_that_is_meant_sorts() -> None:
    leaves = (Leaf("a", EchoNumbers=[1, 9]), Leaf("b", EchoNumbers=[2, 8]), Leaf("c", EchoNumbers=[0]))
    echo = {"SelectorAttribute": "EchoNumbers"}
    assert order([sorting(**echo)], *leaves) == "cab"
    assert order([sorting(**echo, SelectorValueNumber=2)], *leaves) == "bac"
    assert order([sorting(**echo, SelectorValueNumber=0)], *leaves) == "cab"


def test_codes_are_sorted_by_their_meaning() -> None:
    region = {"SelectorAttribute": "AnatomicRegionSequence"}
    leaves = (Leaf("a", AnatomicRegionSequence=HEAD), Leaf("b", AnatomicRegionSequence=CHEST))
    assert order([sorting(**region)], *leaves) == "ba"


AXIAL = [1, 0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("orientation", "position", "place"),
    [
        (AXIAL, [1, 2, 30], 30.0),
        ([0, 1, 0, 1, 0, 0], [1, 2, 30], 30.0),  # the normal points to the feet; the axis to the head all the same
        ([1, 0, 0, 0, 0, -1], [1, 2, 30], 2.0),
        ([0, 1, 0, 0, 0, -1], [1, 2, 30], 1.0),
        (AXIAL, [1, 2], None),
        (AXIAL, [1, 2, "x"], None),
        ([1, 0, 0], [1, 2, 30], None),
    ],
)
def test_the_place_along_the_axis(orientation: list, position: list, place: float | None) -> None:
    found = along_axis(Leaf(ImageOrientationPatient=orientation, ImagePositionPatient=position))
    assert found == (None if place is None else pytest.approx(place))
    assert along_axis(Leaf(ImagePositionPatient=position)) is None


def test_images_are_sorted_along_the_axis() -> None:
    leaves = [Leaf(n, ImageOrientationPatient=AXIAL, ImagePositionPatient=[0, 0, z]) for n, z in (("a", 3), ("b", -1))]
    assert order([sorting(SortByCategory="ALONG_AXIS")], Leaf("c"), *leaves) == "bac"


@pytest.mark.parametrize(
    ("attributes", "moment"),
    [
        ({"AcquisitionDateTime": "20260102101530"}, "2026-01-02T10:15:30"),
        ({"AcquisitionDateTime": "20260102101530+0100"}, "2026-01-02T10:15:30"),
        ({"AcquisitionDate": "20260102", "AcquisitionTime": "1015"}, "2026-01-02T10:15:00"),
        ({"ContentDate": "20260102", "ContentTime": "10"}, "2026-01-02T10:00:00"),
        (
            {"AcquisitionDateTime": "x", "AcquisitionDate": "20260103", "ContentDate": "20260104"},
            "2026-01-03T00:00:00",
        ),
        ({}, None),
    ],
)
def test_when_an_image_was_acquired(attributes: dict[str, str], moment: str | None) -> None:
    assert _acquired(Leaf(**attributes)) == (None if moment is None else (0.0, moment))


# -- reading ----------------------------------------------------------------------------------------------------------


def elements(**given: object) -> Dataset:
    found = Dataset()
    for keyword, value in given.items():
        setattr(found, keyword, value)
    return found


def code(value: str, meaning: str = "Chest", **more: str) -> Dataset:
    return elements(**{"CodeValue": value, "CodingSchemeDesignator": "SCT", "CodeMeaning": meaning, **more})


def test_values_are_those_of_every_item_that_has_them() -> None:
    items = [elements(StudyID="1"), elements(), elements(StudyID="2")]
    found = elements(RequestAttributesSequence=Sequence(items), ImageType=["A", " "], StudyID="")
    assert values_at(found, "RequestAttributesSequence.StudyID") == ("1", "2")
    assert values_at(found, "ImageType") == ("A",)
    assert values_at(found, "StudyID") == ()
    assert values_at(found, "Modality") is None
    assert values_at(found, "RequestAttributesSequence.Modality") is None
    assert values_at(found, "StudyID.Modality") is None


def test_shared_groups_are_looked_at_before_those_of_frames() -> None:
    def group(value: str) -> Dataset:
        return elements(FrameAnatomySequence=Sequence([elements(FrameLaterality=value)]))

    path = "SharedFunctionalGroupsSequence.FrameAnatomySequence.FrameLaterality"
    frames = elements(PerFrameFunctionalGroupsSequence=Sequence([group("L"), group("R")]))
    assert values_at(frames, path) == ("L", "R")
    frames.SharedFunctionalGroupsSequence = Sequence([group("U")])
    assert values_at(frames, path) == ("U",)
    assert values_at(frames, "RequestAttributesSequence.FrameLaterality") is None


def test_codes_are_read_of_their_items() -> None:
    items = [code("1"), code("", LongCodeValue="a long one"), code(""), code("2", CodingSchemeVersion="7")]
    found = values_at(elements(AnatomicRegionSequence=Sequence(items)), "AnatomicRegionSequence")
    assert [(each.value, each.scheme, each.meaning, each.version) for each in found] == [
        ("1", "SCT", "Chest", ""),
        ("a long one", "SCT", "Chest", ""),
        ("2", "SCT", "Chest", "7"),
    ]


def test_bytes_are_no_values_and_there_is_an_end() -> None:
    assert values_at(elements(EncapsulatedDocument=b"ab"), "EncapsulatedDocument") == ()
    many = elements(SimpleFrameList=list(range(MOST_VALUES + 1)))
    assert len(values_at(many, "SimpleFrameList")) == MOST_VALUES
    assert attributes_of(b"no data set", "1.2.840.10008.1.2.1", ("Rows",)) == {}


# -- what is written in a file ----------------------------------------------------------------------------------------


def test_one_value_is_a_list_of_one() -> None:
    assert _texts("a") == ("a",)
    assert _texts(7) == _texts([7]) == ("7",)
    assert _texts(["a", 1.5]) == ("a", "1.5")
    assert _texts(None) == _texts("") == ()
    assert _codes(["1", "SCT", "Chest"]) == (CodedValue("1", "SCT", "Chest"),)
    assert _codes([["1", "SCT"], [2, "SCT", "Head"]]) == (CodedValue("1", "SCT"), CodedValue("2", "SCT", "Head"))
    assert _codes(None) == _codes("") == _codes([]) == ()
    given = CodedValue("1", "SCT")
    assert _code(given) is given
    assert _plain((CodedValue("1", "SCT", "Chest"), CodedValue("1", "SCT", "Chest", "7"))) == [
        ["1", "SCT", "Chest"],
        ["1", "SCT", "Chest", "7"],
    ]


@pytest.mark.parametrize(
    "given", [["1"], ["1", ""], ["", "SCT"], ["1", "SCT", "a", "b", "c"], [["x"], 1], "1", [1.5, "S"]]
)
def test_what_is_no_code_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match="a code is written"):
        _codes(given)


def test_words_for_yes_and_no() -> None:
    assert [_yes_no(each) for each in (True, "yes", "true", "YES")] == ["YES"] * 4
    assert [_yes_no(each) for each in (False, "no", "false", "NO")] == ["NO"] * 4
    assert (_yes_no(""), _yes_no("maybe"), _words(""), _words("x")) == (None, "maybe", None, "x")


def test_a_keyword_is_one_of_the_dictionary() -> None:
    assert _keyword("Modality") == "Modality"
    with pytest.raises(ValueError, match=r"Modalty is no keyword of the data dictionary.*Modality"):
        _keyword("Modalty")


NUMBER = {"SelectorAttribute": "Rows", "SelectorUSValue": [1]}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"FilterByOperator": "MEMBER_OF"}, "either FilterByCategory or SelectorAttribute"),
        ({**NUMBER, "FilterByCategory": "IMAGE_PLANE"}, "either FilterByCategory or SelectorAttribute"),
        ({**NUMBER, "FilterByAttributePresence": "PRESENT"}, "goes with neither an operator nor values"),
        (
            {"SelectorAttribute": "Rows", "FilterByAttributePresence": "PRESENT", "FilterByOperator": "MEMBER_OF"},
            "goes with neither an operator nor values",
        ),
        (NUMBER, "FilterByOperator is missing"),
        (
            {"SelectorAttribute": "Modality", "SelectorCSValue": "CT", "FilterByOperator": "LESS_THAN"},
            "LESS_THAN compares numbers",
        ),
        ({**NUMBER, "FilterByOperator": "RANGE_INCL"}, "RANGE_INCL needs two values"),
        (
            {**NUMBER, "SelectorUSValue": [2, 1], "FilterByOperator": "RANGE_EXCL"},
            "which is not the greater",
        ),
        ({**NUMBER, "SelectorUSValue": [1, 2], "FilterByOperator": "LESS_THAN"}, "LESS_THAN needs one value"),
        (
            {"FilterByCategory": "IMAGE_PLANE", "SelectorCSValue": "AXIAL", "FilterByOperator": "MEMBER_OF"},
            "AXIAL is no plane",
        ),
    ],
)
def test_a_filter_is_one_question(fields: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        filtered(**fields)


def test_filters_that_just_pass() -> None:
    filtered(**{**NUMBER, "SelectorUSValue": [1, 1]}, FilterByOperator="RANGE_INCL")
    filtered(**NUMBER, FilterByOperator="LESS_THAN")
    filtered(**{**NUMBER, "SelectorUSValue": [1, 2, 3]}, FilterByOperator="MEMBER_OF")
    assert filtered(SelectorAttribute="Rows", FilterByAttributePresence="PRESENT").key == "Rows"


@pytest.mark.parametrize("fields", [{}, {"SelectorAttribute": "Rows", "SortByCategory": "ALONG_AXIS"}])
def test_a_sorting_is_one_criterion(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="either SortByCategory or SelectorAttribute"):
        sorting(**fields)


def box(layout: str = "TILED", number: int = 1, **more: object) -> dict[str, object]:
    tiles = {"ImageBoxTileHorizontalDimension": 2, "ImageBoxTileVerticalDimension": 3} if layout == "TILED" else {}
    return {
        "ImageBoxNumber": number,
        "DisplayEnvironmentSpatialPosition": [0, 1, 1, 0],
        "ImageBoxLayoutType": layout,
        **tiles,
        **more,
    }


def displayed(*boxes: dict[str, object], **more: object) -> DisplaySet:
    return DisplaySet.model_validate(
        {"DisplaySetNumber": 1, "DisplaySetPresentationGroup": 1, "ImageSetNumber": 1, "ImageBoxes": boxes, **more}
    )


@pytest.mark.parametrize(("layout", "tiles"), [("TILED", 6), ("SINGLE", 1), ("STACK", 0), ("CINE", 0)])
def test_how_many_images_a_box_shows_at_once(layout: str, tiles: int) -> None:
    assert ImageBox.model_validate(box(layout)).tiles == tiles


@pytest.mark.parametrize(
    ("boxes", "told"),
    [
        ([box(ImageBoxTileHorizontalDimension=None)], "TILED needs"),
        ([box(ImageBoxTileVerticalDimension=None)], "TILED needs"),
        ([box("STACK", ImageBoxTileVerticalDimension=1)], "only a TILED box has tiles"),
        ([box("STACK", ImageBoxTileHorizontalDimension=1)], "only a TILED box has tiles"),
        ([box("STACK"), box("STACK", 2)], "only TILED images flow through several boxes"),
        ([box(), box("STACK", 2)], "only TILED images flow through several boxes"),
        ([box(number=2)], "ImageBoxNumber must be 1, 2, 3"),
        ([box(), box()], "ImageBoxNumber must be 1, 2, 3"),
        ([], "ImageBoxes"),
    ],
)
def test_boxes_that_contradict_each_other_are_refused(boxes: list, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        displayed(*boxes)


@pytest.mark.parametrize(
    ("more", "layout", "told"),
    [
        ({}, "STACK", ""),
        ({"ReformattingOperationType": "MPR"}, "STACK", "MPR is not supported"),
        ({"BlendingOperationType": "COLOR"}, "STACK", "blending is not supported"),
        ({}, "PROCESSED", "PROCESSED is not supported"),
    ],
)
def test_what_cannot_be_shown_is_said(more: dict[str, object], layout: str, told: str) -> None:
    found = displayed(box(layout), **more)
    assert found.unsupported == told
    assert found.has_processed_box == (layout == "PROCESSED")
    displayed(box(), box(number=2))
