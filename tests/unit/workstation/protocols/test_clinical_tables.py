"""What radiologists hang every day, as tables: mammography, hands of both sides, CT with its prior."""

from __future__ import annotations

import pytest
from hospital import Hospital, Picture, boxed, display_set, image_set, picture, protocol

from dicom_workstation.protocols import DisplayProtocol


def hang(wanted: tuple[DisplayProtocol, ...], *pictures: Picture) -> tuple[str | None, dict[int, str]]:
    """Return the protocol, and the image in the first box of each display set."""
    choice = Hospital(pictures, frozenset(each.uid for each in pictures)).choose(*wanted)
    name = None if choice.protocol is None else choice.protocol.HangingProtocolName
    return name, {number: "".join(images[:1]) for (number, _), images in boxed(choice).items()}


def equals(keyword: str, value: str) -> dict[str, object]:
    return {
        "SelectorAttribute": keyword,
        "SelectorCSValue": value,
        "FilterByOperator": "MEMBER_OF",
        "ImageSetSelectorUsageFlag": "NO_MATCH",
    }


def view(number: int, images: int, side: str, position: str) -> dict[str, object]:
    filters = [equals("ImageLaterality", side), equals("ViewPosition", position)]
    return display_set(number, images, FilterOperations=filters, layout="SINGLE")


VIEWS = (("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO"))
SCREENING = protocol(
    "screening",
    modality="MG",
    DisplaySets=[view(number, 1, *each) for number, each in enumerate(VIEWS, 1)],
)
COMPARISON = protocol(
    "comparison",
    modality="MG",
    NumberOfPriorsReferenced=1,
    ImageSets=[image_set("Modality", "CS", "MG", (1, [0, 0]), (2, (1, 1)))],
    DisplaySets=[view(number, 1 + number // 5, *each) for number, each in enumerate(VIEWS + VIEWS, 1)],
)


def mammogram(study: str, side: str, position: str, date: str = "20260330") -> Picture:
    attributes = {"Modality": "MG", "ImageLaterality": side, "ViewPosition": position, "StudyDate": date}
    return picture(study, f"{study}.{side}{position}", f"{study}.{side}{position}", **attributes)


FOUR = tuple(mammogram("1", *each) for each in VIEWS)


@pytest.mark.parametrize("left_out", [None, 0, 1, 2, 3])
def test_each_mammogram_has_its_box_and_a_missing_view_leaves_its_box_empty(left_out: int | None) -> None:
    taken = tuple(each for number, each in enumerate(FOUR) if number != left_out)
    name, boxes = hang((SCREENING, COMPARISON), *taken)
    assert name == "screening"
    expected = {number: f"1.{side}{position}" for number, (side, position) in enumerate(VIEWS, 1)}
    assert boxes == {number: "" if number - 1 == left_out else uid for number, uid in expected.items()}


@pytest.mark.parametrize("prior", ["20250301", "20100101", "20260329"])
def test_mammograms_are_compared_with_the_latest_prior_if_there_is_one(prior: str) -> None:
    earlier = tuple(mammogram("2", *each, prior) for each in VIEWS)
    oldest = tuple(mammogram("3", *each, "20000101") for each in VIEWS)
    name, boxes = hang((SCREENING, COMPARISON), *oldest, *FOUR, *earlier)
    assert name == "comparison"
    assert boxes == {
        number: f"{1 + number // 5}.{side}{position}" for number, (side, position) in enumerate(VIEWS + VIEWS, 1)
    }


@pytest.mark.parametrize("modality", ["CT", "MR", "US", "CR"])
def test_another_prior_is_not_compared_with_a_mammogram(modality: str) -> None:
    other = picture("2", "2.1", "2.1.1", Modality=modality, StudyDate="20250301")
    assert hang((SCREENING, COMPARISON), *FOUR, other)[0] == "screening"


HAND = ["85562004", "SCT", "Hand"]
HANDS = tuple(
    protocol(
        name,
        HangingProtocolDefinition=[{"Modality": "CR", "AnatomicRegion": HAND, "Laterality": side}],
        ImageSets=[image_set("Laterality", "CS", side, (1, [0, 0]))],
    )
    for name, side in (("right hand", "R"), ("left hand", "L"))
)
ANY_HAND = protocol("hand", HangingProtocolDefinition=[{"Modality": "CR", "AnatomicRegion": HAND}])


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"Laterality": "R", "BodyPartExamined": "HAND"}, "right hand"),
        ({"Laterality": "L", "BodyPartExamined": "HAND"}, "left hand"),
        ({"Laterality": "L", "BodyPartExamined": "hand"}, "left hand"),
        ({"BodyPartExamined": "HAND"}, "hand"),
        ({"Laterality": "B", "BodyPartExamined": "HAND"}, "hand"),
        ({"Laterality": "R", "BodyPartExamined": "FOOT"}, "plain"),
        ({"Laterality": "R"}, "plain"),
        ({"Modality": "DX", "Laterality": "R", "BodyPartExamined": "HAND"}, None),
    ],
)
def test_a_hand_has_the_protocol_of_its_side(attributes: dict[str, object], name: str | None) -> None:
    """A protocol for a region comes after one that asks for less, where the region is not known."""
    found, _ = hang((*HANDS, ANY_HAND, protocol("plain")), picture("1", "1.1", "1.1.1", **attributes))
    assert found == name


CT_ALONE = protocol("CT", modality="CT")
CT_WITH_PRIOR = protocol(
    "CT and prior",
    modality="CT",
    ImageSets=[image_set("Modality", "CS", "CT", (1, [0, 0]), (2, [30, 400]))],
    DisplaySets=[display_set(1, 1), display_set(2, 2)],
)


@pytest.mark.parametrize(
    ("date", "name"),
    [
        ("20260327", "CT"),  # too young to be compared
        ("20260228", "CT and prior"),
        ("20250301", "CT and prior"),
        ("20200101", "CT"),
        ("20260331", "CT"),  # later than the current study
        ("", "CT"),
    ],
)
def test_a_ct_is_compared_with_one_of_the_right_age(date: str, name: str) -> None:
    current = picture("1", "1.1", "1.1.1", Modality="CT")
    earlier = picture("2", "2.1", "2.1.1", Modality="CT", StudyDate=date)
    assert hang((CT_ALONE, CT_WITH_PRIOR), current, earlier)[0] == name
