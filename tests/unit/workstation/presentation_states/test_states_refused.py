"""Hostile states: a clear error, or what the standard says and a warning; never a wrong picture without a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from state_bench import Bench

from dicom_workstation.instances.encode_instance import stored_instance

Change = Callable[[Dataset], object]


def having(**values: Any) -> Change:
    """Set elements."""

    def change(state: Dataset) -> None:
        for keyword, value in values.items():
            setattr(state, keyword, value)

    return change


def lacking(*keywords: str) -> Change:
    """Remove elements."""

    def change(state: Dataset) -> None:
        for keyword in keywords:
            delattr(state, keyword)

    return change


def table(keyword: str, entries: int, bits: int, data: bytes) -> Change:
    """Put a LUT into a sequence."""

    def change(state: Dataset) -> None:
        item = Dataset()
        item.add(DataElement(0x00283002, "US", [entries, 0, bits]))
        item.add(DataElement(0x00283006, "OW", data))
        if keyword == "VOILUTSequence":
            state.SoftcopyVOILUTSequence = [Dataset()]
            state.SoftcopyVOILUTSequence[0].VOILUTSequence = [item]
        else:
            setattr(state, keyword, [item])

    return change


def area(**values: Any) -> Change:
    """Change the displayed area."""
    return lambda state: having(**values)(state.DisplayedAreaSelectionSequence[0])


def graphic(**values: Any) -> Change:
    """Add a graphic, good but for these values."""

    def change(state: Dataset) -> None:
        item, layer = Dataset(), Dataset()
        item.GraphicAnnotationUnits, item.GraphicDimensions = "PIXEL", 2
        item.NumberOfGraphicPoints, item.GraphicData, item.GraphicType = 2, [1.0, 1.0, 5.0, 5.0], "POLYLINE"
        layer.GraphicLayer, layer.GraphicLayerOrder = "L", 1
        state.GraphicLayerSequence = [layer]
        state.GraphicAnnotationSequence = [Dataset()]
        state.GraphicAnnotationSequence[0].GraphicLayer = "L"
        state.GraphicAnnotationSequence[0].GraphicObjectSequence = [item]
        having(**values)(item)

    return change


def rectangle(left: int, right: int, **values: Any) -> Change:
    """A shutter of full height."""
    return having(
        ShutterShape="RECTANGULAR",
        ShutterLeftVerticalEdge=left,
        ShutterRightVerticalEdge=right,
        ShutterUpperHorizontalEdge=1,
        ShutterLowerHorizontalEdge=12,
        ShutterPresentationValue=0,
        **values,
    )


def reference(**values: Any) -> Change:
    """Change the reference to the image."""

    def change(state: Dataset) -> None:
        having(**values)(state.ReferencedSeriesSequence[0].ReferencedImageSequence[0])

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (having(ImageRotation=45), "ImageRotation is 45"),
        (having(ImageHorizontalFlip="X"), "ImageHorizontalFlip is 'X'"),
        (lacking("PresentationLUTShape"), "no Presentation LUT"),
        (having(PresentationLUTShape="LIN OD"), "LIN OD"),
        (table("ModalityLUTSequence", 100, 16, bytes(50)), "Modality LUT"),
        (table("VOILUTSequence", 100, 16, bytes(50)), "VOI LUT"),
        (table("VOILUTSequence", 256, 17, bytes(512)), "17 bits"),
        (table("PresentationLUTSequence", 256, 16, bytes(512)), "Presentation LUT Sequence and"),
        (rectangle(9, 3), "edges in the wrong order"),
        (having(ShutterShape="SQUARE"), "'SQUARE'"),
        (having(ShutterShape="CIRCULAR", CenterOfCircularShutter=[1, 2]), "RadiusOfCircularShutter"),
        (having(ShutterShape="POLYGONAL", VerticesOfThePolygonalShutter=[1, 1, 5, 5]), "2 vertices"),
        (having(ShutterShape=["BITMAP", "CIRCULAR"], ShutterOverlayGroup=0x6000), "beside another shape|missing"),
        (having(ShutterShape="BITMAP", ShutterOverlayGroup=0x6002), "6002 of the bitmap shutter is missing"),
        (having(ShutterShape="BITMAP", ShutterOverlayGroup=0x6003), "not an overlay group"),
        (area(PresentationSizeMode="HUGE"), "'HUGE'"),
        (area(DisplayedAreaTopLeftHandCorner=[100, 100], DisplayedAreaBottomRightHandCorner=[120, 120]), "no pixel"),
        (area(DisplayedAreaBottomRightHandCorner=[1 << 20, 1 << 20]), "picture would have"),
        (area(PresentationPixelAspectRatio=[0, 1]), "must be greater than 0"),
        (graphic(GraphicType="STAR"), "'STAR'"),
        (graphic(NumberOfGraphicPoints=3), "NumberOfGraphicPoints is 3"),
        (graphic(GraphicType="CIRCLE", NumberOfGraphicPoints=1, GraphicData=[1.0, 1.0]), "type CIRCLE has 1 points"),
        (graphic(GraphicData=[1.0, 1.0, 1e9, 5.0]), "far from any image"),
        (graphic(GraphicAnnotationUnits="MM"), "'MM'"),
        (reference(ReferencedSOPInstanceUID="1.2.3.9"), "does not refer to the image"),
        (reference(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.4"), "which is wrong"),
        (reference(ReferencedFrameNumber=7), "frame 7"),
        (lacking("ReferencedSeriesSequence"), "refers to no image"),
        (having(SOPClassUID="1.2.840.10008.5.1.4.1.1.11.2"), "not a Grayscale Softcopy Presentation State"),
        (lambda state: having(SeriesInstanceUID="9.9")(state.ReferencedSeriesSequence[0]), "in series 9.9"),
        (
            lambda state: state.DisplayedAreaSelectionSequence.append(state.DisplayedAreaSelectionSequence[0]),
            "2 items of DisplayedAreaSelectionSequence",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused_with_the_reason(bench: Bench, change: Change, said: str) -> None:
    image = bench.image()
    outcome = bench.outcome(image, bench.state(change, image))
    assert outcome.result == "refused"
    assert outcome.rendering is None
    assert any(part in outcome.detail for part in said.split("|"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (rectangle(100, 120), "hides the whole image"),
        (rectangle(100, 120), "lies outside the image"),
        (graphic(GraphicData=[100.0, 100.0, 120.0, 120.0]), "outside the displayed area"),
        (lambda state: (graphic()(state), delattr(state, "GraphicLayerSequence")), "layer 'L' is not defined"),
        (
            lambda state: having(DisplayedAreaSelectionSequence=[])(state),
            "does not cover this frame",
        ),
        (having(ImageRotation=90, ImageHorizontalFlip="N"), "corners of the displayed area"),
        (
            lambda state: (
                graphic()(state),
                having(CompoundGraphicSequence=[Dataset()])(state.GraphicAnnotationSequence[0]),
            ),
            "1 compound graphics are not drawn",
        ),
    ],
)
def test_what_is_doubtful_is_shown_with_a_warning(bench: Bench, change: Change, said: str) -> None:
    image = bench.image()
    outcome = bench.outcome(image, bench.state(change, image))
    assert outcome.result == "warning"
    assert any(said in warning for warning in outcome.warnings)


def test_a_frame_that_the_state_does_not_name_is_refused(bench: Bench) -> None:
    image = bench.image(frames=3)
    made = bench.workstation.present(images={"SOPInstanceUID": str(image.SOPInstanceUID), "frames": ["2"]})
    assert made.result == "success"
    assert bench.outcome(image, made.SOPInstanceUID, frame=2).result == "success"
    outcome = bench.outcome(image, made.SOPInstanceUID, frame=1)
    assert (outcome.result, "does not refer to frame 1" in outcome.detail) == ("refused", True)
    assert "no frame 4" in bench.outcome(image, made.SOPInstanceUID, frame=4).detail


def test_images_of_the_state_that_are_not_loaded_are_named(bench: Bench) -> None:
    one, other = bench.image(), bench.image()
    state = bench.workstation.present(images=[str(one.SOPInstanceUID), str(other.SOPInstanceUID)]).SOPInstanceUID
    assert bench.outcome(one, state).warnings == ()
    bench.memory.remove(str(other.SOPInstanceUID))
    outcome = bench.outcome(one, state)
    assert outcome.result == "warning"
    assert str(other.SOPInstanceUID) in outcome.detail
    (told,) = bench.workstation.states(SOPInstanceUID=str(one.SOPInstanceUID)).states
    assert (told.SOPInstanceUID, told.ContentLabel) == (state, "PRESENTATION")
    assert (told.missing, told.doubtful) == ((str(other.SOPInstanceUID),), ())


def test_a_colour_image_is_not_for_a_grayscale_state(bench: Bench) -> None:
    image = bench.image()
    state = bench.state(lambda _: None, image)
    bench.memory.remove(str(image.SOPInstanceUID))
    image.SamplesPerPixel, image.PhotometricInterpretation, image.PlanarConfiguration = 3, "RGB", 0
    image.PixelData = bytes(12 * 16 * 3)
    bench.memory.keep(stored_instance(image))
    assert "colour image" in bench.outcome(image, state).detail
    assert bench.look(image).shape == (12, 16, 3)
