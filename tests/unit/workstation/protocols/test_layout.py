"""Which image stands in which box: the order of images, tiles, and what becomes of boxes without images."""

from __future__ import annotations

import pytest
from hospital import CHEST, HEAD, Hospital, Picture, boxed, display_set, image_set, picture, protocol, shown

from dicom_workstation.protocols import Choice, DisplayProtocol


def hang(wanted: DisplayProtocol, *pictures: Picture) -> Choice:
    return Hospital(pictures, frozenset(each.uid for each in pictures)).choose(wanted)


def sorted_by(*operations: dict[str, object]) -> DisplayProtocol:
    return protocol(DisplaySets=[display_set(1, 1, SortingOperations=list(operations))])


def by(keyword: str, direction: str = "INCREASING", place: str = "1") -> dict[str, object]:
    return {"SelectorAttribute": keyword, "SelectorValueNumber": place, "SortingDirection": direction}


IMAGES = (
    picture("1", "1.1", "a", InstanceNumber="10", ViewPosition="PA", StudyDate="20260330", ImageComments="b"),
    picture("1", "1.1", "b", InstanceNumber="9", ViewPosition="LL", StudyDate="20260330", ImageComments="a"),
    picture("1", "1.1", "c", InstanceNumber="11", ViewPosition="PA", StudyDate="20260330"),
)


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ((), "bac"),
        ((by("InstanceNumber"),), "bac"),
        ((by("InstanceNumber", "DECREASING"),), "cab"),
        ((by("ViewPosition"), by("InstanceNumber", "DECREASING")), "bca"),
        ((by("ViewPosition", "DECREASING"), by("InstanceNumber")), "acb"),
        ((by("ImageComments"),), "bac"),
        ((by("ImageComments", "DECREASING"),), "abc"),  # what has none comes last in either direction
    ],
)
def test_images_are_sorted_by_the_first_operation_and_then_by_the_second(
    operations: tuple[dict[str, object], ...], expected: str
) -> None:
    assert "".join(shown(hang(sorted_by(*operations), *IMAGES))[1]) == expected


def test_codes_are_sorted_by_their_meaning() -> None:
    images = (
        picture("1", "1.1", "a", AnatomicRegionSequence=HEAD),
        picture("1", "1.1", "b", AnatomicRegionSequence=CHEST),
    )
    assert shown(hang(sorted_by(by("AnatomicRegionSequence")), *images)) == {1: ("b", "a")}


def test_images_are_sorted_by_when_they_were_acquired() -> None:
    images = (
        picture("1", "1.1", "a", AcquisitionDate="20260330", AcquisitionTime="120000"),
        picture("1", "1.1", "b", AcquisitionDateTime="20260330115959.5+0100"),
        picture("1", "1.1", "c", ContentDate="20260330", ContentTime="1130"),
    )
    by_time = {"SortByCategory": "BY_ACQ_TIME", "SortingDirection": "INCREASING"}
    assert shown(hang(sorted_by(by_time), *images)) == {1: ("c", "b", "a")}


@pytest.mark.parametrize(
    ("orientation", "axis"), [("1 0 0 0 1 0", 2), ("1 0 0 0 0 -1", 1), ("0 1 0 0 0 -1", 0), ("-1 0 0 0 1 0", 2)]
)
def test_the_axis_points_to_where_the_coordinate_of_the_patient_grows(orientation: str, axis: int) -> None:
    def at(uid: str, place: int) -> Picture:
        position = ["0", "0", "0"]
        position[axis] = str(place)
        return picture("1", "1.1", uid, ImageOrientationPatient=orientation.split(), ImagePositionPatient=position)

    along = {"SortByCategory": "ALONG_AXIS", "SortingDirection": "INCREASING"}
    assert shown(hang(sorted_by(along), at("a", 20), at("b", -10), at("c", 5))) == {1: ("b", "c", "a")}


def test_the_latest_study_comes_first_and_then_the_number_of_the_series() -> None:
    wanted = protocol(
        ImageSets=[image_set("Modality", "CS", "CR", (1, [0, 0]), (2, (1, -1)))],
        DisplaySets=[display_set(1, 1), display_set(2, 2)],
    )
    earlier = (
        picture("2", "2.1", "old", StudyDate="20200101", SeriesNumber="1"),
        picture("3", "3.2", "ten", StudyDate="20250101", SeriesNumber="10"),
        picture("3", "3.1", "nine", StudyDate="20250101", SeriesNumber="9"),
    )
    assert shown(hang(wanted, *IMAGES, *earlier))[2] == ("nine", "ten", "old")


def test_a_single_box_shows_one_image_and_tiles_show_as_many_as_there_are() -> None:
    single = protocol(DisplaySets=[display_set(1, 1, layout="SINGLE")])
    assert boxed(hang(single, *IMAGES)) == {(1, 1): ("b",)}
    box = {
        "DisplayEnvironmentSpatialPosition": [0.0, 1.0, 1.0, 0.0],
        "ImageBoxLayoutType": "TILED",
        "ImageBoxTileHorizontalDimension": 2,
        "ImageBoxTileVerticalDimension": 1,
    }
    boxes = [{"ImageBoxNumber": number, **box} for number in (2, 1, 3)]
    choice = hang(protocol(DisplaySets=[{**display_set(1, 1), "ImageBoxes": boxes}]), *IMAGES)
    assert boxed(choice) == {(1, 1): ("b", "a"), (1, 2): ("c",), (1, 3): ()}
    assert choice.displays[0].boxes[2].detail == "the images before it fill the other boxes"


SCREEN = {"NumberOfVerticalPixels": 2560, "NumberOfHorizontalPixels": 2048}
QUARTERS = ([0.0, 1.0, 0.25, 0.0], [0.25, 1.0, 0.5, 0.0], [0.5, 1.0, 0.75, 0.0], [0.75, 1.0, 1.0, 0.0])


def quarters(handling: str, *, screens: bool) -> DisplayProtocol:
    """Return a protocol of four boxes, of which the first and the third show priors."""
    halves = ([0.0, 1.0, 0.5, 0.0], [0.5, 1.0, 1.0, 0.0])
    nominal = [{**SCREEN, "DisplayEnvironmentSpatialPosition": each} for each in halves] if screens else []
    return protocol(
        ImageSets=[image_set("Modality", "CS", "CR", (1, [0, 0]), (2, (1, 1)))],
        NominalScreenDefinition=nominal,
        DisplaySets=[
            display_set(number, 2 if number in (1, 3) else 1, QUARTERS[number - 1]) for number in (1, 2, 3, 4)
        ],
        PartialDataDisplayHandling=handling,
    )


@pytest.mark.parametrize(
    ("handling", "screens", "expected"),
    [
        ("MAINTAIN_LAYOUT", True, {1: QUARTERS[0], 2: QUARTERS[1], 3: QUARTERS[2], 4: QUARTERS[3]}),
        ("", True, {1: QUARTERS[0], 2: QUARTERS[1], 3: QUARTERS[2], 4: QUARTERS[3]}),
        ("ADAPT_LAYOUT", True, {2: [0.0, 1.0, 0.5, 0.0], 4: [0.5, 1.0, 1.0, 0.0]}),
    ],
)
def test_what_becomes_of_the_layout_without_priors(
    handling: str, screens: bool, expected: dict[int, list[float]]
) -> None:
    choice = hang(quarters(handling, screens=screens), *IMAGES)
    found = {each.display_set.DisplaySetNumber: list(box.position) for each in choice.displays for box in each.boxes}
    assert found == expected


def test_a_layout_is_adapted_over_the_whole_display_if_no_screens_are_given() -> None:
    choice = hang(quarters("ADAPT_LAYOUT", screens=False), *IMAGES)
    left, right = (box.position for each in choice.displays for box in each.boxes)
    assert left[0] == 0.0
    assert right[2] == 1.0
    assert left[2] < right[0]
