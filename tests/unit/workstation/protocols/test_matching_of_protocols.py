"""Whether an image meets a condition: selectors, filters, planes."""

from __future__ import annotations

import pytest
from hospital import CHEST, HEAD, Hospital, display_set, picture, protocol, shown, values

from dicom_workstation.configuration import ConfigurationError
from dicom_workstation.protocols.facts import Image, Leaf, Series, Study, moment
from dicom_workstation.protocols.matching import Truth, passes, plane_of, select
from dicom_workstation.protocols.selector import FilterOperation, ImageCondition
from dicom_workstation.protocols.times import units_before


def leaf(is_held: bool = True, **attributes: object) -> Leaf:
    image = Image("1.1.1", values(**attributes), is_held)
    series = Series("1.1", {}, (image,))
    return Leaf(Study("1", {}, (series,)), series, image, image.attributes)


def truth(condition: dict[str, object], **attributes: object) -> Truth:
    return passes(FilterOperation.model_validate(condition), leaf(**attributes)).truth


def number(operator: str, *wanted: object, attribute: str = "SliceThickness") -> dict[str, object]:
    return {"SelectorAttribute": attribute, "SelectorDSValue": list(wanted), "FilterByOperator": operator}


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        (number("RANGE_INCL", 2, 5), "2", Truth.YES),
        (number("RANGE_INCL", 2, 5), "5.0", Truth.YES),
        (number("RANGE_INCL", 2, 5), "5.1", Truth.NO),
        (number("RANGE_EXCL", 2, 5), "2", Truth.NO),
        (number("RANGE_EXCL", 2, 5), "1.9", Truth.YES),
        (number("GREATER_OR_EQUAL", 5), "5", Truth.YES),
        (number("GREATER_THAN", 5), "5", Truth.NO),
        (number("LESS_OR_EQUAL", 5), "5", Truth.YES),
        (number("LESS_THAN", 5), "5", Truth.NO),
        (number("LESS_THAN", 10), "9", Truth.YES),  # as numbers, not as text
        (number("MEMBER_OF", "5"), "5.00", Truth.YES),
        (number("NOT_MEMBER_OF", "5"), "5.00", Truth.NO),
        (number("LESS_THAN", 10), "thin", Truth.ABSENT),
    ],
)
def test_operators_compare_numbers(condition: dict[str, object], value: str, expected: Truth) -> None:
    assert truth(condition, SliceThickness=value) is expected


def image_type(place: int, operator: str = "MEMBER_OF", wanted: object = "LOCALIZER") -> dict[str, object]:
    return {
        "SelectorAttribute": "ImageType",
        "SelectorCSValue": wanted,
        "SelectorValueNumber": str(place),
        "FilterByOperator": operator,
    }


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (image_type(3), Truth.YES),
        (image_type(1), Truth.NO),
        (image_type(0), Truth.YES),
        (image_type(4), Truth.ABSENT),
        (image_type(3, "NOT_MEMBER_OF"), Truth.NO),
        (image_type(1, "NOT_MEMBER_OF"), Truth.YES),
        (image_type(3, wanted=["AXIAL", "LOCALIZER "]), Truth.YES),
    ],
)
def test_the_value_number_says_which_value_is_meant_and_zero_means_any(
    condition: dict[str, object], expected: Truth
) -> None:
    assert truth(condition, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]) is expected


def test_presence_is_a_question_of_its_own() -> None:
    present = {"SelectorAttribute": "ContrastBolusAgent", "FilterByAttributePresence": "PRESENT"}
    absent = {**present, "FilterByAttributePresence": "NOT_PRESENT"}
    assert truth(present, ContrastBolusAgent="X") is Truth.YES
    assert truth(present) is Truth.NO
    assert truth(absent) is Truth.YES
    assert truth(absent, ContrastBolusAgent="X") is Truth.NO
    assert passes(FilterOperation.model_validate(absent), leaf(is_held=False)).truth is Truth.UNKNOWN


@pytest.mark.parametrize(
    ("key", "given", "plane"),
    [
        ("ImageOrientationPatient", "1 0 0 0 1 0", "TRANSVERSE"),
        ("ImageOrientationPatient", "-1 0 0 0 -1 0", "TRANSVERSE"),
        ("ImageOrientationPatient", "1 0 0 0 0 -1", "CORONAL"),
        ("ImageOrientationPatient", "0 1 0 0 0 -1", "SAGITTAL"),
        ("ImageOrientationPatient", "0.98 0.17 0 0 0.17 -0.98", "CORONAL"),
        ("ImageOrientationPatient", "0.7 0.7 0 0 0 -1", "OBLIQUE"),
        ("ImageOrientationPatient", "1 0 0", ""),
        ("ImageOrientationPatient", "1 0 0 0 1 x", ""),
        ("PatientOrientation", "L P", "TRANSVERSE"),
        ("PatientOrientation", "L F", "CORONAL"),
        ("PatientOrientation", "AL FP", "SAGITTAL"),
        ("PatientOrientation", "L", ""),
    ],
)
def test_the_plane_of_an_image(key: str, given: str, plane: str) -> None:
    assert plane_of(key, tuple(given.split())) == plane


@pytest.mark.parametrize(("operator", "expected"), [("MEMBER_OF", Truth.YES), ("NOT_MEMBER_OF", Truth.NO)])
def test_a_filter_by_plane(operator: str, expected: Truth) -> None:
    condition = {
        "FilterByCategory": "IMAGE_PLANE",
        "SelectorCSValue": ["CORONAL", "TRANSVERSE"],
        "FilterByOperator": operator,
    }
    assert truth(condition, PatientOrientation=["L", "P"]) is expected
    assert truth(condition) is Truth.ABSENT


def test_a_filter_lets_pass_what_does_not_have_the_attribute_unless_it_says_otherwise() -> None:
    images = tuple(picture("1", "1.1", f"1.1.{each}") for each in (1, 2))
    condition = {"SelectorAttribute": "ViewPosition", "SelectorCSValue": "PA", "FilterByOperator": "MEMBER_OF"}
    for flag, passing in (({}, ("1.1.1", "1.1.2")), ({"ImageSetSelectorUsageFlag": "NO_MATCH"}, ())):
        wanted = protocol(DisplaySets=[display_set(1, 1, FilterOperations=[{**condition, **flag}])])
        found = Hospital(images, frozenset(("1.1.1", "1.1.2"))).choose(wanted)
        assert shown(found) == {1: passing}


def test_a_selector_knows_codes_and_texts() -> None:
    def selected(field: str, wanted: object, attribute: str, **attributes: object) -> Truth:
        condition = {"SelectorAttribute": attribute, field: wanted, "ImageSetSelectorUsageFlag": "NO_MATCH"}
        return select(ImageCondition.model_validate(condition), leaf(**attributes)).truth

    codes = [["1", "X", "One"], [CHEST.value, "SCT", "Chest"]]
    assert (
        selected("SelectorCodeSequenceValue", codes, "AnatomicRegionSequence", AnatomicRegionSequence=CHEST)
        is Truth.YES
    )
    assert (
        selected("SelectorCodeSequenceValue", codes, "AnatomicRegionSequence", AnatomicRegionSequence=HEAD) is Truth.NO
    )
    assert selected("SelectorCodeSequenceValue", codes, "AnatomicRegionSequence") is Truth.ABSENT
    assert selected("SelectorLOValue", "Lung", "SeriesDescription", SeriesDescription="Lung ") is Truth.YES
    assert selected("SelectorLOValue", "Lung", "SeriesDescription", SeriesDescription="lung") is Truth.NO


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            {"SelectorAttribute": "ViewPosition", "SelectorLOValue": "PA", "FilterByOperator": "MEMBER_OF"},
            "in SelectorCSValue; SelectorLOValue",
        ),
        ({"SelectorAttribute": "ViewPosition", "FilterByOperator": "MEMBER_OF"}, "in SelectorCSValue; none is given"),
        ({"SelectorAttribute": "ViewPosition", "SelectorCSValue": "PA"}, "FilterByOperator is missing"),
        (
            {"SelectorAttribute": "ViewPosition", "SelectorCSValue": "1", "FilterByOperator": "LESS_THAN"},
            "compares numbers",
        ),
        (number("RANGE_INCL", 5, 2), "two values"),
        (number("LESS_THAN", 5, 2), "one value"),
        (number("LESS_THAN", "thin"), "is no number"),
        (
            {"FilterByCategory": "IMAGE_PLANE", "SelectorCSValue": "AXIAL", "FilterByOperator": "MEMBER_OF"},
            "AXIAL is no plane",
        ),
        ({"FilterByOperator": "MEMBER_OF", "SelectorCSValue": "PA"}, "either FilterByCategory or SelectorAttribute"),
        (
            {"SelectorAttribute": "ViewPosition", "FilterByAttributePresence": "PRESENT", "SelectorCSValue": "PA"},
            "neither an operator",
        ),
        (
            {"SelectorAttribute": "PixelData", "SelectorUIValue": "1", "FilterByOperator": "MEMBER_OF"},
            "cannot be selected",
        ),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(condition: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        protocol(DisplaySets=[display_set(1, 1, FilterOperations=[condition])])


@pytest.mark.parametrize(
    ("earlier", "units", "expected"),
    [
        ("20260330 115959", "SECONDS", 1),
        ("20260330 110001", "MINUTES", 59),
        ("20260329 130000", "HOURS", 23),
        ("20260329 235959", "DAYS", 1),
        ("20260316 000000", "WEEKS", 2),
        ("20260301 000000", "MONTHS", 0),
        ("20260228 000000", "MONTHS", 1),
        ("20250331 000000", "YEARS", 0),
        ("20250330 000000", "YEARS", 1),
    ],
)
def test_units_are_counted_when_they_are_whole(earlier: str, units: str, expected: int) -> None:
    now, before = moment("20260330", "120000"), moment(*earlier.split())
    assert now is not None
    assert before is not None
    assert units_before(before, now, units) == expected


@pytest.mark.parametrize(
    ("date", "time", "expected"),
    [
        ("20260330", "", "2026-03-30T00:00:00"),
        ("2026.03.30", "11:22:33", "2026-03-30T11:22:33"),
        ("20260330", "112233.5", "2026-03-30T11:22:33.500000"),
        ("20260330", "11", "2026-03-30T11:00:00"),
        ("20260330", "112260", "2026-03-30T11:22:59"),  # a leap second
        ("20260330", "noon", "2026-03-30T00:00:00"),
    ],
)
def test_a_date_and_a_time(date: str, time: str, expected: str) -> None:
    found = moment(date, time)
    assert found is not None
    assert found.isoformat() == expected
    assert moment("", time) is None
    assert moment("20261330", time) is None
