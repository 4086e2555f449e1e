"""States created: every module that the statement names is written, and what cannot be written is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from state_bench import COLUMNS, ROWS, Bench, image_data_set

from dicom_workstation.instances.encode_instance import stored_instance

EVERYTHING: dict[str, Any] = {
    "label": "FINDING 1",
    "window": {"center": "40", "width": "400", "function": "SIGMOID"},
    "rescale": {"slope": "2", "intercept": "-1024", "type": "HU"},
    "presentation_lut": {"bits": "12", "data": [str(16 * each) for each in range(256)]},
    "rotate": "90",
    "flip": "true",
    "shutters": [
        {"shape": "RECTANGULAR", "left": 1, "right": 9, "upper": 2, "lower": 8},
        {"shape": "CIRCULAR", "center": [5, 6], "radius": 4},
        {"shape": "POLYGONAL", "vertices": [[1, 1], [1, 9], [9, 9]]},
    ],
    "shutter_value": "4096",
    "annotations": [
        {"type": "ELLIPSE", "points": [[1, 5], [9, 5], [5, 3], [5, 7]], "filled": "true", "layer": "MARKS"},
        {
            "text": "Note",
            "box": [[0.1, 0.1], [0.9, 0.3]],
            "units": "DISPLAY",
            "anchor": [4, 4],
            "anchor_visible": "true",
        },
    ],
    "layers": [{"name": "MARKS", "p_value": "30000"}],
    "area": {"top_left": ["2", "3"], "bottom_right": ["11", "10"], "mode": "TRUE SIZE", "spacing": ["0.5", "0.25"]},
}


def created(bench: Bench, *images: Dataset, **arguments: Any) -> Dataset:
    """Create a state and read it back from its bytes."""
    outcome = bench.workstation.present(**{"images": [str(each.SOPInstanceUID) for each in images], **arguments})
    assert outcome.SOPInstanceUID is not None, outcome.detail
    return bench.data_set(outcome.SOPInstanceUID)


def test_every_module_is_written_as_it_was_displayed(bench: Bench) -> None:
    state = created(bench, bench.image(), **EVERYTHING)
    voi, (area,) = state.SoftcopyVOILUTSequence[0], state.DisplayedAreaSelectionSequence
    assert (float(state.RescaleSlope), float(state.RescaleIntercept), state.RescaleType) == (2, -1024, "HU")
    assert (float(voi.WindowCenter), float(voi.WindowWidth), voi.VOILUTFunction) == (40, 400, "SIGMOID")
    lut = state.PresentationLUTSequence[0]
    assert list(lut.LUTDescriptor) == [256, 0, 12]
    assert np.frombuffer(lut.LUTData, "<u2")[-1] == 4080
    assert "PresentationLUTShape" not in state
    assert (state.ImageRotation, state.ImageHorizontalFlip) == (90, "Y")
    assert list(state.ShutterShape) == ["RECTANGULAR", "CIRCULAR", "POLYGONAL"]
    assert state.VerticesOfThePolygonalShutter == [1, 1, 1, 9, 9, 9]
    assert (state.CenterOfCircularShutter, state.ShutterPresentationValue) == ([5, 6], 4096)
    # rotated by 90 degrees and flipped: the upper left corner stays where it is
    assert (area.DisplayedAreaTopLeftHandCorner, area.DisplayedAreaBottomRightHandCorner) == ([2, 3], [11, 10])
    assert (area.PresentationSizeMode, [float(each) for each in area.PresentationPixelSpacing]) == (
        "TRUE SIZE",
        [0.5, 0.25],
    )
    assert [(each.GraphicLayer, each.GraphicLayerOrder) for each in state.GraphicLayerSequence] == [
        ("MARKS", 1),
        ("ANNOTATIONS", 2),
    ]
    (ellipse,) = state.GraphicAnnotationSequence[0].GraphicObjectSequence
    assert (ellipse.GraphicType, ellipse.NumberOfGraphicPoints, ellipse.GraphicFilled) == ("ELLIPSE", 4, "Y")
    (text,) = state.GraphicAnnotationSequence[1].TextObjectSequence
    assert (text.UnformattedTextValue, text.AnchorPointVisibility) == ("Note", "Y")


def test_patient_study_and_references_are_the_images(bench: Bench) -> None:
    one, other = bench.image(), bench.image(SeriesInstanceUID="1.2.3.5")
    state = created(bench, one, other, label="BOTH")
    assert (state.PatientName, state.PatientID, state.StudyInstanceUID) == (one.PatientName, one.PatientID, "1.2.3")
    assert state.SeriesInstanceUID not in (one.SeriesInstanceUID, other.SeriesInstanceUID)
    assert (state.Modality, state.ContentLabel) == ("PR", "BOTH")
    assert {
        series.SeriesInstanceUID: [each.ReferencedSOPInstanceUID for each in series.ReferencedImageSequence]
        for series in state.ReferencedSeriesSequence
    } == {"1.2.3.4": [one.SOPInstanceUID], "1.2.3.5": [other.SOPInstanceUID]}
    assert len(state.DisplayedAreaSelectionSequence) == 2


def test_what_the_user_did_not_change_is_the_images(bench: Bench) -> None:
    image = bench.image(
        WindowCenter=["30", "99"],
        WindowWidth=["60", "9"],
        RescaleSlope="3",
        RescaleIntercept="1",
        PixelSpacing=["2", "1"],
    )
    state = created(bench, image)
    voi = state.SoftcopyVOILUTSequence[0]
    assert (float(voi.WindowCenter), float(voi.WindowWidth)) == (30, 60)
    assert (float(state.RescaleSlope), state.RescaleType, state.PresentationLUTShape) == (3, "US", "IDENTITY")
    assert [float(each) for each in state.DisplayedAreaSelectionSequence[0].PresentationPixelSpacing] == [2, 1]
    assert (bench.look(image, str(state.SOPInstanceUID)) == bench.look(image)).all()


@pytest.mark.parametrize("first", [-100, 0])
def test_the_tables_of_an_image_are_taken_over(bench: Bench, first: int) -> None:
    item = Dataset()
    item.add_new(0x00283002, "SS" if first < 0 else "US", [256, first, 16])
    item.add_new(0x00283006, "OW", np.arange(0, 65536, 256, dtype="<u2").tobytes())
    rescale = {"RescaleSlope": "1", "RescaleIntercept": str(first)}
    image = bench.image(VOILUTSequence=[item], **rescale)
    state = created(bench, image)
    assert list(state.SoftcopyVOILUTSequence[0].VOILUTSequence[0].LUTDescriptor) == [256, first, 16]
    assert (bench.look(image, str(state.SOPInstanceUID)) == bench.look(image)).all()


def test_a_table_of_65536_entries_counts_them_as_0(bench: Bench) -> None:
    state = created(bench, bench.image(), voi_lut={"data": list(range(65536))})
    assert list(state.SoftcopyVOILUTSequence[0].VOILUTSequence[0].LUTDescriptor) == [0, 0, 16]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"rotate": 45}, "rotate"),
        ({"window": {"center": 1, "width": 0}}, "window.width"),
        ({"window": {"center": 1, "width": 0.5}}, "at least 1"),
        ({"window": {"center": "nan", "width": 5}}, "window.center"),
        ({"colour": "red"}, "colour: this key is unknown"),
        ({"voi_lut": {"bits": 8, "data": [1, 256]}}, "does not fit into 8 bits"),
        ({"shutters": [{"shape": "CIRCULAR", "radius": 4}]}, "CIRCULAR needs center, radius"),
        ({"shutters": [{"shape": "BITMAP", "bitmap": [[1, 0], [0, 1]]}]}, "2 x 2"),
        ({"shutters": [{"shape": "BITMAP", "bitmap": [[1, 0], [0]]}]}, "the rows of the bitmap differ in length"),
        ({"shutters": [{"shape": "RECTANGULAR", "left": 9, "right": 1, "upper": 1, "lower": 2}]}, "in the wrong order"),
        ({"annotations": [{"type": "CIRCLE", "points": [[1, 1]]}]}, "CIRCLE has 1 points"),
        ({"annotations": [{"text": "nowhere"}]}, "a box or an anchor"),
        ({"area": {"mode": "MAGNIFY"}}, "magnification"),
        ({"area": {"mode": "TRUE SIZE"}}, "TRUE SIZE needs it"),
        ({"area": {"top_left": [90, 90], "bottom_right": [99, 99]}}, "contains no pixel"),
        ({"label": "lower case"}, "label"),
        ({"voi_lut": {"first": -1, "data": [1, 2]}}, "its input is 0 to 65535"),
        ({"presentation_lut": {"first": 1, "data": [1, 2]}}, "Presentation LUT must be 0"),
        ({"images": []}, "no image"),
        ({"images": ["9.9"]}, "9.9 is not in memory"),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is_kept(
    bench: Bench, arguments: dict[str, Any], said: str
) -> None:
    image = bench.image()
    outcome = bench.workstation.present(**{"images": [str(image.SOPInstanceUID)], **arguments})
    assert (outcome.result, outcome.SOPInstanceUID) == ("refused", None)
    assert said in outcome.detail
    assert len(bench.memory.instances()) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"StudyInstanceUID": "7.7"}, "several studies"),
        ({"RescaleSlope": "2", "RescaleIntercept": "0"}, "Modality LUT"),
        ({"PhotometricInterpretation": "MONOCHROME1"}, "polarity"),
    ],
)
def test_images_that_no_single_state_can_be_for_are_refused(bench: Bench, change: dict[str, Any], said: str) -> None:
    images = [str(each.SOPInstanceUID) for each in (bench.image(), bench.image(**change))]
    outcome = bench.workstation.present(images=images)
    assert (outcome.result, said in outcome.detail) == ("refused", True)


def test_frames_of_an_image_that_has_none_cannot_be_named(bench: Bench) -> None:
    image = bench.image()
    outcome = bench.workstation.present(images={"SOPInstanceUID": str(image.SOPInstanceUID), "frames": [1]})
    assert "not a multi-frame image" in outcome.detail


def test_an_image_is_saved_as_it_is_displayed(bench: Bench) -> None:
    image = bench.image(LossyImageCompression="01", LossyImageCompressionRatio="9")
    state = bench.workstation.present(images=[str(image.SOPInstanceUID)], rotate=90, polarity="REVERSE")
    picture = bench.look(image, state.SOPInstanceUID)
    outcome = bench.workstation.save(SOPInstanceUID=str(image.SOPInstanceUID), state=state.SOPInstanceUID)
    assert outcome.SOPInstanceUID is not None
    saved = bench.data_set(outcome.SOPInstanceUID)
    assert saved.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert {saved.SOPInstanceUID, saved.SeriesInstanceUID}.isdisjoint({image.SOPInstanceUID, image.SeriesInstanceUID})
    assert saved.SourceImageSequence[0].ReferencedSOPInstanceUID == image.SOPInstanceUID
    assert str(state.SOPInstanceUID) in saved.DerivationDescription
    assert (saved.ImageType[0], saved.LossyImageCompression, saved.StudyInstanceUID) == ("DERIVED", "01", "1.2.3")
    assert (saved.Rows, saved.Columns) == (COLUMNS, ROWS)
    assert (bench.look(saved) == picture).all()


def test_stored_values_are_given_as_they_are(bench: Bench) -> None:
    image = bench.image(frames=2)
    outcome = bench.workstation.decode(SOPInstanceUID=str(image.SOPInstanceUID), frame="2")
    assert outcome.pixels is not None
    told = outcome.pixels.as_dict()
    assert {**told, "data": None} == {
        "rows": ROWS,
        "columns": COLUMNS,
        "samples": 1,
        "bits": 8,
        "signed": False,
        "data": None,
    }
    assert told["data"] == image.PixelData[ROWS * COLUMNS :]
    assert bench.workstation.decode(SOPInstanceUID=str(image.SOPInstanceUID), frame=3).result == "refused"


@pytest.mark.parametrize(
    ("character_set", "name"),
    [("ISO_IR 100", "Müller^Jörg"), (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎"), ("", "Plain^Name")],
)
def test_what_the_user_writes_and_the_images_names_both_stay_readable(
    bench: Bench, character_set: object, name: str
) -> None:
    data_set = image_data_set(SpecificCharacterSet=character_set, PatientName=name)
    bench.memory.keep(stored_instance(data_set))
    text = {"text": "Größe 5 µm, 所見", "box": [[1, 1], [9, 9]]}
    state = created(bench, data_set, description="Größe", annotations=[text])
    assert (state.PatientName, state.ContentDescription) == (name, "Größe")
    assert state.GraphicAnnotationSequence[0].TextObjectSequence[0].UnformattedTextValue == text["text"]
    plain = created(bench, data_set)
    assert (plain.PatientName, plain.get("SpecificCharacterSet") or "") == (name, character_set)
    saved = bench.workstation.save(SOPInstanceUID=str(data_set.SOPInstanceUID), description="µ")
    assert bench.data_set(str(saved.SOPInstanceUID)).PatientName == name


def test_each_frame_may_have_a_window_of_its_own(bench: Bench) -> None:
    image = bench.image(frames=3)
    uid = str(image.SOPInstanceUID)
    images = [
        {"SOPInstanceUID": uid, "frames": [1], "window": {"center": 50, "width": 1}},
        {"SOPInstanceUID": uid, "frames": [2, 3]},
    ]
    outcome = bench.workstation.present(images=images, window={"center": 127.5, "width": 256})
    assert outcome.result == "success", outcome.detail
    stored = np.frombuffer(image.PixelData, np.uint8).reshape(3, ROWS, COLUMNS)
    assert (bench.look(image, outcome.SOPInstanceUID, frame=1) == np.where(stored[0] > 49.5, 255, 0)).all()
    assert np.abs(bench.look(image, outcome.SOPInstanceUID, frame=3).astype(int) - stored[2]).max() <= 1
    for twice in ([images[0], images[0]], [images[0], uid]):
        assert "given twice" in bench.workstation.present(images=twice).detail


def overlaid(image: Dataset, group: int = 0x6000) -> Dataset:
    for element, vr, value in (
        (0x0010, "US", 2),
        (0x0011, "US", 8),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x3000, "OW", b"\x81\x18"),
    ):
        image.add_new((group, element), vr, value)
    return image


@pytest.mark.parametrize(("shown", "layers"), [(True, ("OVERLAYS", "")), (False, ("", ""))])
def test_each_overlay_of_an_image_is_named_with_a_layer_or_with_none(
    bench: Bench, shown: bool, layers: tuple[str, str]
) -> None:
    """Overlay Activation Layer is type 2C (PS3.3 C.11.7); what only one of the images has is shown of neither."""
    bench.memory.clear()
    one, other = image_data_set(), image_data_set()
    other.SOPInstanceUID += ".1"
    for image in (overlaid(one), overlaid(overlaid(other), 0x6002)):
        bench.memory.keep(stored_instance(image))
    state = created(bench, one, other, overlays=shown)
    assert [str(state[group, 0x1001].value or "") for group in (0x6000, 0x6002)] == list(layers)
    assert (0x6004, 0x1001) not in state


def masked(bench: Bench, frames: int = 4, **changes: Any) -> Dataset:
    item = Dataset()
    for keyword, value in changes.items():
        setattr(item, keyword, value)
    return bench.image(
        frames=frames, RecommendedViewingMode="SUB", MaskSubtractionSequence=[item], WindowCenter="0", WindowWidth="99"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"MaskOperation": "AVG_SUB", "MaskFrameNumbers": 2},
        {"MaskOperation": "AVG_SUB", "MaskFrameNumbers": [1, 2], "ContrastFrameAveraging": 1},
        {"MaskOperation": "TID", "TIDOffset": -1},
        {"MaskOperation": "AVG_SUB", "MaskFrameNumbers": 1, "MaskSubPixelShift": [0.5, 1.5]},
    ],
)
def test_the_mask_that_is_displayed_is_the_states(bench: Bench, changes: dict[str, Any]) -> None:
    state = created(bench, masked(bench, **changes))
    (item,) = state.MaskSubtractionSequence
    assert state.RecommendedViewingMode == "SUB"
    assert {element.keyword: element.value for element in item} == changes
    assert "MaskSubtractionSequence" not in created(bench, bench.image(frames=2))


@pytest.mark.parametrize(
    ("frames", "is_subtracted"), [([2, 3], True), ([3], True), ([1, 4], False), ([1, 2], None), (None, None)]
)
def test_a_state_is_for_frames_that_are_subtracted_or_for_others(
    bench: Bench, frames: list[int] | None, is_subtracted: bool | None
) -> None:
    """No Applicable Frame Range is in a state (PS3.3 C.11.13): Referenced Frame Number takes its part."""
    image = masked(bench, MaskOperation="AVG_SUB", MaskFrameNumbers=1, ApplicableFrameRange=[2, 3])
    asked = {"SOPInstanceUID": image.SOPInstanceUID, **({} if frames is None else {"frames": frames})}
    outcome = bench.workstation.present(images=[asked])
    if is_subtracted is None:
        assert "some of these frames" in outcome.detail
        return
    state = bench.data_set(outcome.SOPInstanceUID)
    assert ("MaskSubtractionSequence" in state) is is_subtracted
    if is_subtracted:
        assert "ApplicableFrameRange" not in state.MaskSubtractionSequence[0]


def test_one_state_has_one_mask(bench: Bench) -> None:
    images = [masked(bench, MaskOperation="TID", TIDOffset=offset) for offset in (1, 2)]
    detail = bench.workstation.present(images=[str(each.SOPInstanceUID) for each in images]).detail
    assert "differ in their masks" in detail
