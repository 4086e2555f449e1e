"""Each rule of a presentation state, asked directly: what is refused, with which words, and what just passes."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from state_bench import Bench

from dicom_workstation.presentation_states import StateError
from dicom_workstation.presentation_states.attributes import items, number, numbers, pairs, text, values, word
from dicom_workstation.presentation_states.creation.created_shutter import _free_group
from dicom_workstation.presentation_states.graphic_annotation import read_annotations, undrawn
from dicom_workstation.presentation_states.graphic_layer import GraphicLayer, read_layers, with_undefined
from dicom_workstation.presentation_states.presentation import (
    Annotation,
    Area,
    LayerSettings,
    ModalityTable,
    Presentation,
    ShutterShape,
    Table,
    Window,
)
from dicom_workstation.presentation_states.references import (
    ImageReference,
    applying,
    check_reference,
    read_references,
    read_relationship,
    single_applying_item,
)
from dicom_workstation.presentation_states.shutter import p_value_of, read_shutter
from dicom_workstation.request_models import RequestError


def elements(**given: object) -> Dataset:
    found = Dataset()
    for keyword, value in given.items():
        setattr(found, keyword, value)
    return found


# -- values -----------------------------------------------------------------------------------------------------------


def test_values_are_those_of_the_element() -> None:
    assert values(elements(ImageType=["A", "B"]), "ImageType") == ("A", "B")
    assert values(elements(Rows=0), "Rows") == (0,)
    assert values(elements(StudyID=""), "StudyID") == values(Dataset(), "Rows") == ()


class Odd(Dataset):
    """A data set with values that a file gives another VR."""

    def get(self, key, default=None):
        """Give such a value."""
        return {"WindowCenter": float("inf"), "WindowWidth": "wide", "Sequence": "text", "List": [1]}.get(key, default)


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (lambda: numbers(Odd(), "WindowCenter"), "WindowCenter is not a finite number"),
        (lambda: numbers(Odd(), "WindowWidth"), "WindowWidth is not a number"),
        (lambda: numbers(elements(Rows=1), "Rows", 2), "Rows has 1 values instead of 2"),
        (lambda: number(Dataset(), "Rows"), "Rows has 0 values instead of 1"),
        (lambda: text(Dataset(), "StudyID"), "StudyID is missing"),
        (lambda: word(elements(StudyID="X"), "StudyID", ("A", "B")), "StudyID is 'X', not one of A, B"),
        (lambda: items(Odd(), "Sequence"), "Sequence is not a sequence"),
        (lambda: items(Odd(), "List"), "List is not a sequence"),
        (lambda: pairs((1, 2, 3), "GraphicData"), "GraphicData has 3 values, which cannot form pairs"),
    ],
)
def test_what_an_element_lacks_is_said(read: Callable[[], object], told: str) -> None:
    with pytest.raises(StateError, match=told):
        read()


def test_what_an_element_has_is_read() -> None:
    assert numbers(elements(WindowCenter=["1", "2.5"]), "WindowCenter", 2) == (1.0, 2.5)
    assert text(elements(ImageType=["A ", "B"]), "ImageType") == "A\\B"
    assert text(Dataset(), "StudyID", "none") == "none"
    assert word(elements(StudyID="A"), "StudyID", ("A", "B")) == word(Dataset(), "StudyID", ("A",), "A") == "A"
    assert items(Dataset(), "ReferencedImageSequence") == ()
    assert pairs((1, 2, 3, 4), "GraphicData") == ((1, 2), (3, 4))


# -- references -------------------------------------------------------------------------------------------------------


def reference(uid: str = "1.2", frames: object = None) -> Dataset:
    found = elements(ReferencedSOPClassUID="1.9", ReferencedSOPInstanceUID=uid)
    if frames is not None:
        found.ReferencedFrameNumber = frames
    return found


def test_references_name_images_and_frames() -> None:
    found = read_references(elements(ReferencedImageSequence=Sequence([reference(), reference("1.3", [1, 3])])), "1.8")
    assert found == (ImageReference("1.9", "1.2", (), "1.8"), ImageReference("1.9", "1.3", (1, 3), "1.8"))
    assert found[0].covers(7)
    assert [found[1].covers(frame) for frame in (1, 2, 3)] == [True, False, True]


@pytest.mark.parametrize("frame", [0, -1])
def test_a_frame_is_counted_from_1(frame: int) -> None:
    with pytest.raises(StateError, match="is not a frame number"):
        read_references(elements(ReferencedImageSequence=Sequence([reference(frames=frame)])))


def test_a_state_refers_to_an_image() -> None:
    with pytest.raises(StateError, match="the state refers to no image"):
        read_relationship(elements(ReferencedSeriesSequence=Sequence([elements(SeriesInstanceUID="1.8")])))


IMAGE = elements(SOPInstanceUID="1.2", SOPClassUID="1.9", SeriesInstanceUID="1.8")


@pytest.mark.parametrize(
    ("one", "frame", "told"),
    [
        (ImageReference("1.9", "1.3", (), "1.8"), 1, "the state does not refer to the image 1.2"),
        (ImageReference("1.7", "1.2", (), "1.8"), 1, "as an instance of 1.7, which is wrong"),
        (ImageReference("1.9", "1.2", (), "1.7"), 1, "in series 1.7, which is wrong"),
        (ImageReference("1.9", "1.2", (3, 4), "1.8"), 3, "refers to frame 4 of 1.2, which has only 3"),
        (ImageReference("1.9", "1.2", (1, 3), "1.8"), 2, "does not refer to frame 2 of 1.2"),
        (ImageReference("1.9", "1.2", (1, 3), "1.8"), 3, ""),
        (ImageReference("1.9", "1.2", (), "1.8"), 2, ""),
    ],
)
def test_a_state_is_for_what_it_refers_to(one: ImageReference, frame: int, told: str) -> None:
    if not told:
        check_reference((one,), IMAGE, frame, 3)
        return
    with pytest.raises(StateError, match=told):
        check_reference((one,), IMAGE, frame, 3)


def test_the_items_for_a_frame() -> None:
    whole, second = Dataset(), elements(ReferencedImageSequence=Sequence([reference(frames=2)]))
    other = elements(ReferencedImageSequence=Sequence([reference("9.9")]))
    sequence = (whole, second, other)
    assert list(applying(sequence, "1.2", 2)) == [whole, second]
    assert list(applying(sequence, "1.2", 1)) == [whole]
    assert single_applying_item((second, other), "1.2", 1, "X") is None
    assert single_applying_item((second, other), "1.2", 2, "X") is second
    with pytest.raises(StateError, match=r"2 items of X apply to frame 2 of 1\.2: only one may"):
        single_applying_item(sequence, "1.2", 2, "X")


# -- layers and annotations -------------------------------------------------------------------------------------------


def layer(name: str, order: int = 1, **more: object) -> Dataset:
    return elements(GraphicLayer=name, GraphicLayerOrder=order, **more)


def test_layers_are_drawn_by_their_order() -> None:
    state = elements(GraphicLayerSequence=Sequence([layer("B", 2), layer("A", 1)]))
    assert [each.name for each in read_layers(state)] == ["A", "B"]
    assert read_layers(state)[0].p_value == 0xFFFF
    state.GraphicLayerSequence[0].GraphicLayerRecommendedDisplayGrayscaleValue = 0
    assert read_layers(state)[1].p_value == 0


def test_a_layer_has_one_name() -> None:
    with pytest.raises(StateError, match="names a layer twice"):
        read_layers(elements(GraphicLayerSequence=Sequence([layer("A"), layer("A", 2)])))


@pytest.mark.parametrize("value", [-1, 0x10000])
def test_a_p_value_has_16_bits(value: int) -> None:
    class OutOfRange(Dataset):
        def get(self, key, default=None):
            """Give a value that no US can have."""
            return value if "GrayscaleValue" in str(key) else super().get(key, default)

    one = OutOfRange()
    one.GraphicLayer, one.GraphicLayerOrder = "A", 1
    with pytest.raises(StateError, match=f"{value} is not a P-Value"):
        read_layers(elements(GraphicLayerSequence=Sequence([one])))
    state = elements(ShutterShape="RECTANGULAR")

    class Shuttered(Dataset):
        def get(self, key, default=None):
            """Give a value that no US can have."""
            return value if key == "ShutterPresentationValue" else state.get(key, default)

    with pytest.raises(StateError, match=f"ShutterPresentationValue {value} is not a P-Value"):
        read_shutter(Shuttered())


def test_layers_that_are_used_and_not_defined_lie_above_the_others() -> None:
    known = (GraphicLayer("A", 7, 0xFFFF),)
    found, warnings = with_undefined(known, ["B", "A", "C", "B"])
    assert [(each.name, each.order) for each in found] == [("A", 7), ("B", 8), ("C", 8)]
    assert warnings == tuple(f"layer {name!r} is not defined: it is drawn above the others" for name in "BC")
    assert with_undefined((), ["B"])[0][0].order == 1
    assert with_undefined(known, ["A"]) == (known, ())


def graphic(**changes: object) -> Dataset:
    given = {
        "GraphicType": "POLYLINE",
        "GraphicData": [1.0, 1.0, 5.0, 5.0],
        "NumberOfGraphicPoints": 2,
        "GraphicAnnotationUnits": "PIXEL",
        **changes,
    }
    return elements(**{keyword: value for keyword, value in given.items() if value is not None})


def annotated(*graphics: Dataset, texts: tuple[Dataset, ...] = (), compounds: int = 0) -> Dataset:
    item = elements(GraphicLayer="A", GraphicObjectSequence=Sequence(graphics), TextObjectSequence=Sequence(texts))
    item.CompoundGraphicSequence = Sequence([Dataset() for _ in range(compounds)])
    return elements(GraphicAnnotationSequence=Sequence([item]))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"GraphicDimensions": 3}, "GraphicDimensions is not 2"),
        ({"NumberOfGraphicPoints": 3}, "NumberOfGraphicPoints is 3, but GraphicData has 2 points"),
        ({"GraphicAnnotationUnits": "MATRIX"}, "GraphicAnnotationUnits is 'MATRIX'"),
        ({"GraphicFilled": "MAYBE"}, "GraphicFilled is 'MAYBE'"),
        ({"GraphicType": None}, "GraphicType is missing"),
        ({"GraphicType": "ELLIPSE"}, "ELLIPSE"),
    ],
)
def test_a_graphic_that_contradicts_itself_is_refused(changes: dict[str, object], told: str) -> None:
    with pytest.raises(StateError, match=told):
        read_annotations(annotated(graphic(**changes)), "1.2", 1)


def test_only_what_is_closed_can_be_filled() -> None:
    triangle = {"GraphicData": [1.0, 1.0, 5.0, 5.0, 5.0, 1.0], "NumberOfGraphicPoints": 3, "GraphicFilled": "Y"}
    (opened,) = read_annotations(annotated(graphic(**triangle)), "1.2", 1)
    assert not opened.is_filled
    closed = {"GraphicData": [*triangle["GraphicData"], 1.0, 1.0], "NumberOfGraphicPoints": 4, "GraphicFilled": "Y"}
    (filled,) = read_annotations(annotated(graphic(**closed)), "1.2", 1)
    assert filled.is_filled
    (empty,) = read_annotations(annotated(graphic(**{**closed, "GraphicFilled": "N"})), "1.2", 1)
    assert not empty.is_filled
    (circle,) = read_annotations(annotated(graphic(GraphicType="CIRCLE", GraphicFilled="Y")), "1.2", 1)
    assert circle.is_filled


BOX = {
    "BoundingBoxTopLeftHandCorner": [1.0, 2.0],
    "BoundingBoxBottomRightHandCorner": [5.0, 6.0],
    "BoundingBoxAnnotationUnits": "DISPLAY",
}


def test_a_text_is_read_with_its_box_and_its_anchor() -> None:
    boxed = elements(UnformattedTextValue="words", **BOX)
    anchored = elements(UnformattedTextValue="words", AnchorPoint=[3.0, 4.0], AnchorPointAnnotationUnits="PIXEL")
    anchored.AnchorPointVisibility = "Y"
    one, other = read_annotations(annotated(texts=(boxed, anchored)), "1.2", 1)
    assert (one.box, one.box_units, one.anchor, one.justification) == (((1, 2), (5, 6)), "DISPLAY", None, "LEFT")
    assert (other.box, other.anchor, other.anchor_units, other.is_anchor_visible) == (None, (3, 4), "PIXEL", True)
    assert not one.is_anchor_visible


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "the text 'words' has neither bounding box nor anchor point"),
        ({"BoundingBoxTopLeftHandCorner": [1.0, 2.0]}, "BoundingBoxBottomRightHandCorner has 0 values"),
        ({"BoundingBoxBottomRightHandCorner": [1.0, 2.0]}, "BoundingBoxTopLeftHandCorner has 0 values"),
        ({"AnchorPoint": [1.0]}, "AnchorPoint has 1 values"),
        ({**BOX, "BoundingBoxTextHorizontalJustification": "TOP"}, "Justification is 'TOP'"),
    ],
)
def test_a_text_without_a_place_is_refused(changes: dict[str, object], told: str) -> None:
    with pytest.raises(StateError, match=told):
        read_annotations(annotated(texts=(elements(UnformattedTextValue="words", **changes),)), "1.2", 1)


def test_what_is_not_drawn_is_counted() -> None:
    assert undrawn(annotated(compounds=2), "1.2", 1) == ("2 compound graphics are not drawn",)
    assert undrawn(annotated(), "1.2", 1) == ()


# -- shutters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (elements(ShutterShape=["CIRCULAR", "CIRCULAR"]), "names a shape twice"),
        (elements(ShutterShape=["BITMAP", "CIRCULAR"]), "BITMAP cannot be combined with another shape"),
        (
            elements(ShutterShape="CIRCULAR", CenterOfCircularShutter=[1, 2], RadiusOfCircularShutter=-1),
            "RadiusOfCircularShutter is -1",
        ),
        (elements(ShutterShape="CIRCULAR", CenterOfCircularShutter=[1], RadiusOfCircularShutter=1), "has 1 values"),
    ],
)
def test_a_shutter_that_contradicts_itself_is_refused(state: Dataset, told: str) -> None:
    with pytest.raises(StateError, match=told):
        read_shutter(state)


def test_a_shutter_of_no_radius_hides_all_and_says_so() -> None:
    shutter = read_shutter(
        elements(ShutterShape="CIRCULAR", CenterOfCircularShutter=[-5, -5], RadiusOfCircularShutter=0)
    )
    assert shutter is not None
    shown, warnings = shutter.apply(np.full((2, 3), 9, np.uint8), 1.0, 255)
    assert shown.tolist() == [[0] * 3] * 2
    assert warnings == ("the shutter hides the whole image",)
    assert read_shutter(Dataset()) is None


@pytest.mark.parametrize(
    ("value", "maximum", "expected"), [(0, 255, 0), (0xFFFF, 255, 255), (0x8000, 255, 128), (129, 255, 1)]
)
def test_a_p_value_is_rounded_to_its_range(value: int, maximum: int, expected: int) -> None:
    assert p_value_of(value, maximum) == expected


# -- what a user asks for ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "given", "told"),
    [
        (Window, {"center": 1, "width": 0.5}, "the width of a LINEAR window must be at least 1"),
        (Table, {"bits": 8, "data": [256]}, "an entry does not fit into 8 bits"),
        (Table, {"bits": 7, "data": [1]}, "bits"),
        (Table, {"bits": 17, "data": [1]}, "bits"),
        (ModalityTable, {"bits": 12, "data": [1]}, "bits"),
        (ShutterShape, {"shape": "CIRCULAR", "center": [1, 1]}, "CIRCULAR needs center, radius and nothing else"),
        (ShutterShape, {"shape": "CIRCULAR", "center": [1, 1], "radius": 1, "left": 1}, "and nothing else"),
        (
            ShutterShape,
            {"shape": "RECTANGULAR", "left": 2, "right": 1, "upper": 1, "lower": 1},
            "edges of the rectangle are in the wrong order",
        ),
        (
            ShutterShape,
            {"shape": "RECTANGULAR", "left": 1, "right": 1, "upper": 2, "lower": 1},
            "edges of the rectangle are in the wrong order",
        ),
        (ShutterShape, {"shape": "BITMAP", "bitmap": [[True], [True, False]]}, "rows of the bitmap differ in length"),
        (Annotation, {}, "either a type and points, or a text"),
        (Annotation, {"type": "POINT", "points": [[1, 1]], "text": "x"}, "either a type and points, or a text"),
        (Annotation, {"text": "x"}, "a text needs a box or an anchor, and no points"),
        (Annotation, {"text": "x", "anchor": [1, 1], "points": [[1, 1]]}, "and no points"),
        (Annotation, {"text": "a\x01b", "anchor": [1, 1]}, "control characters other than TAB"),
        (Annotation, {"text": "a\x7fb", "anchor": [1, 1]}, "control characters other than TAB"),
        (Annotation, {"type": "CIRCLE", "points": [[1, 1]]}, "CIRCLE"),
        (LayerSettings, {"name": "A", "description": "a\\b"}, "must not contain a backslash"),
        (LayerSettings, {"name": "A", "description": "a\nb"}, "or control characters"),
        (LayerSettings, {"name": "A", "description": "a\x7fb"}, "or control characters"),
        (Area, {"top_left": [1, 1]}, "an area needs both corners or neither"),
        (Area, {"bottom_right": [1, 1]}, "an area needs both corners or neither"),
        (Area, {"mode": "MAGNIFY"}, "MAGNIFY needs one"),
        (Area, {"magnification": 2}, "a magnification belongs to MAGNIFY"),
        (Area, {"spacing": [1, 1], "aspect": [1, 1]}, "spacing and aspect cannot be combined"),
        (Presentation, {"creator": "A=B=C=D"}, "at most 3 component groups of 64 characters"),
        (Presentation, {"creator": "A" * 65}, "at most 3 component groups of 64 characters"),
        (
            Presentation,
            {"window": {"center": 1, "width": 2}, "voi_lut": {"data": [1]}},
            "window and voi_lut cannot be combined",
        ),
        (Presentation, {"rescale": {}, "modality_lut": {"data": [1]}}, "rescale and modality_lut cannot be combined"),
        (Presentation, {"presentation_lut": {"first": 1, "data": [1]}}, "first value of a Presentation LUT must be 0"),
        (
            Presentation,
            {"shutters": [{"shape": "CIRCULAR", "center": [1, 1], "radius": 1}] * 2},
            "give each shutter shape once",
        ),
        (
            Presentation,
            {
                "shutters": [
                    {"shape": "CIRCULAR", "center": [1, 1], "radius": 1},
                    {"shape": "BITMAP", "bitmap": [[True]]},
                ]
            },
            "and BITMAP alone",
        ),
        (Presentation, {"layers": [{"name": "A"}, {"name": "A"}]}, "a layer is given twice"),
        (Presentation, {"label": "lower case"}, "label"),
        (Presentation, {"label": "A" * 17}, "label"),
        (Presentation, {"rotate": 45}, "rotate"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(model: type, given: dict[str, object], told: str) -> None:
    with pytest.raises(RequestError, match=told):
        model.read(given)


@pytest.mark.parametrize(
    ("model", "given"),
    [
        (Window, {"center": 1, "width": 1}),
        (Window, {"center": 1, "width": 0.5, "function": "SIGMOID"}),
        (Table, {"bits": 8, "data": [255]}),
        (Table, {"bits": 16, "data": [65535]}),
        (ShutterShape, {"shape": "RECTANGULAR", "left": 1, "right": 1, "upper": 1, "lower": 1}),
        (ShutterShape, {"shape": "CIRCULAR", "center": [1, 1], "radius": 0}),
        (Annotation, {"text": "a\tb\nc\fd\re", "anchor": [1, 1]}),
        (Annotation, {"text": "x", "box": [[1, 1], [2, 2]]}),
        (LayerSettings, {"name": "A", "description": "x" * 64}),
        (Area, {"top_left": [1, 1], "bottom_right": [1, 1]}),
        (Area, {"mode": "MAGNIFY", "magnification": 2}),
        (Area, {"spacing": [1, 1]}),
        (Presentation, {"creator": "=".join(["A" * 64] * 3)}),
        (Presentation, {"presentation_lut": {"first": 0, "data": [1]}}),
        (Presentation, {"shutters": [{"shape": "BITMAP", "bitmap": [[True]]}]}),
        (Presentation, {"layers": [{"name": "A"}, {"name": "B"}]}),
        (Presentation, {"label": "A" * 16}),
        (Presentation, {"rotate": 270, "voi_lut": {"data": [1]}, "rescale": {}}),
    ],
)
def test_what_can_just_be_asked_for_is_taken(model: type, given: dict[str, object]) -> None:
    assert model.read(given) is not None


# -- states that are created and applied ------------------------------------------------------------------------------


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_state_is_for_frames_that_there_are(bench: Bench) -> None:
    image = bench.image(frames=2)
    uid = str(image.SOPInstanceUID)
    refused = bench.workstation.present(images=[{"SOPInstanceUID": uid, "frames": [3]}])
    assert refused.SOPInstanceUID is None
    assert f"{uid} has 2 frames, not 3" in refused.detail
    assert bench.workstation.present(images=[{"SOPInstanceUID": uid, "frames": [2]}]).SOPInstanceUID is not None


def test_a_bitmap_shutter_takes_the_first_group_without_an_overlay() -> None:
    def image(*groups: int) -> SimpleNamespace:
        found = Dataset()
        for group in groups:
            found.add_new((group, 0x3000), "OW", b"\0\0")
            found.add_new((group, 0x0010), "US", 1)
        return SimpleNamespace(image=found)

    assert _free_group([image()]) == 0x6000
    assert _free_group([image(0x6000), image(0x6004)]) == 0x6002
    with pytest.raises(StateError, match="no group is left for the bitmap shutter"):
        _free_group([image(*range(0x6000, 0x6020, 2))])


def test_a_state_is_for_grayscale_images(bench: Bench) -> None:
    colour = bench.image(
        np.zeros((4, 4), np.uint8),
        SamplesPerPixel=3,
        PhotometricInterpretation="RGB",
        PlanarConfiguration=0,
        PixelData=bytes(48),
    )
    refused = bench.workstation.present(images=[str(colour.SOPInstanceUID)])
    assert refused.SOPInstanceUID is None
    assert f"{colour.SOPInstanceUID} is not a grayscale image" in refused.detail


@pytest.mark.parametrize("keyword", ["Laterality", "PatientID", "StudyDate", "AccessionNumber", "SeriesInstanceUID"])
def test_what_a_state_has_of_its_image(bench: Bench, keyword: str) -> None:
    image = bench.image(Laterality="L", StudyDate="20260101", AccessionNumber="A1")
    made = bench.data_set(bench.workstation.present(images=[str(image.SOPInstanceUID)]).SOPInstanceUID)
    if keyword == "SeriesInstanceUID":
        assert made.SeriesInstanceUID != image.SeriesInstanceUID
    else:
        assert made[keyword].value == image[keyword].value
