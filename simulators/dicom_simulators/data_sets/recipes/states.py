"""The presentation states by name, grouped by the transformation that they are about.

Invariants: data only; each row names one state. Hostile ones are kept apart.

References
----------
DCS 3.2.5; PS3.4 N.2.
"""

from __future__ import annotations

from dicom_simulators.data_sets.plan import COLUMNS, ROWS
from dicom_simulators.data_sets.recipes.presentation_states import BYTE_IMAGE_STORAGE, CR_IMAGE_STORAGE, State, Subject
from dicom_simulators.data_sets.recipes.state_elements import (
    Elements,
    annotation,
    area,
    bitmap_shutter,
    gamma,
    graphic,
    layer,
    lut,
    modality_lut,
    presentation_lut,
    rescale,
    shutter,
    spatial,
    text,
    voi_lut,
    window,
)
from dicom_simulators.data_sets.recipes.states_of_planes import HOSTILE_PLANES, MASKS, OVERLAYS

_HALF, _QUARTER = 0x8000, 0x4000


def _voi(*found: Elements) -> Elements:
    return {"SoftcopyVOILUTSequence": list(found)}


def _marks(*graphics: Elements, texts: tuple[Elements, ...] = ()) -> Elements:
    return {"GraphicAnnotationSequence": [annotation(graphics, texts)], "GraphicLayerSequence": [layer()]}


def _area(
    corner: tuple[int, int] = (1, 1),
    opposite: tuple[int, int] = (COLUMNS, ROWS),
    mode: str = "SCALE TO FIT",
    **further: object,
) -> Elements:
    return {"DisplayedAreaSelectionSequence": [area(corner, opposite, mode, **further)]}


def _turned(rotation: int, flip: bool) -> State:
    transformation, whole = spatial(rotation, flip)
    words = f"Rotated by {rotation} degrees clockwise{', then flipped' if flip else ''}."
    return State(words, lambda _: {**transformation, "DisplayedAreaSelectionSequence": [whole]})


MODALITY_LUT = {
    "state_rescale": State(
        "Twice the stored values, minus 500.", lambda _: {**rescale("2", "-500"), **_voi(window("1200", "3000"))}
    ),
    "state_rescale_negative": State(
        "A negative slope.", lambda _: {**rescale("-0.5", "100"), **_voi(window("-400", "1500"))}
    ),
    "state_modality_lut": State(
        "A falling table whose first value is negative; the image exceeds both of its ends.",
        lambda to: {
            **modality_lut(-200, [60000 - 50 * place for place in range(1000)], to.big_endian),
            **_voi(window("35000", "60000")),
        },
    ),
    "state_modality_lut_65536": State(
        "A table of 65,536 entries, which the descriptor writes as 0.",
        lambda to: {
            **modality_lut(-32768, [(7 * place) % 65536 for place in range(65536)], to.big_endian),
            **_voi(window("32768", "65536")),
        },
    ),
}

VOI_LUT = {
    "state_window": State("A window.", lambda _: _voi(window("900", "1200"))),
    "state_window_narrow": State(
        "A window of width 24; a width of 23 would be visible.", lambda _: _voi(window("-17", "24"))
    ),
    "state_window_of_1": State("A window of width 1: a threshold.", lambda _: _voi(window("700", "1"))),
    "state_window_linear_exact": State(
        "VOI LUT Function LINEAR_EXACT.", lambda _: _voi(window("-17", "24", "LINEAR_EXACT"))
    ),
    "state_window_sigmoid": State("VOI LUT Function SIGMOID.", lambda _: _voi(window("900", "1000", "SIGMOID"))),
    "state_windows_several": State(
        "Two windows, of which the first is displayed.", lambda _: _voi(window("900\\2500", "1200\\100"))
    ),
    "state_voi_lut": State(
        "A table of 12 bits whose first value is negative; the image exceeds both of its ends.",
        lambda to: _voi(voi_lut(-300, 12, gamma(1500, 4095, 2.0), to.big_endian)),
    ),
    "state_voi_lut_falling": State(
        "A falling table of 16 bits: values beyond an end get the entry at that end.",
        lambda to: _voi(voi_lut(0, 16, gamma(1024, 60000, 0.7)[::-1], to.big_endian)),
    ),
}

FRAMES = {
    "state_windows_of_frames": State(
        "One window for the first frame, another for the others.",
        lambda to: _voi(
            {"ReferencedImageSequence": [to.reference(1, "1")], **window("100", "60")},
            {"ReferencedImageSequence": [to.reference(1, "2\\3")], **window("170", "120")},
        ),
        image=BYTE_IMAGE_STORAGE,
    ),
    "state_windows_of_images": State(
        "One window for the first image, another for the second.",
        lambda to: _voi(
            {"ReferencedImageSequence": [to.reference(1)], **window("400", "700")},
            {"ReferencedImageSequence": [to.reference(2)], **window("1500", "2000")},
        ),
        images=2,
    ),
    "state_without_voi": State(
        "No VOI LUT: the unchanged range of the image.",
        lambda _: {"SoftcopyVOILUTSequence": None},
        image=BYTE_IMAGE_STORAGE,
    ),
}

PRESENTATION_LUT = {
    "state_identity": State("Presentation LUT Shape IDENTITY.", lambda _: {"PresentationLUTShape": "IDENTITY"}),
    "state_inverse": State("Presentation LUT Shape INVERSE.", lambda _: {"PresentationLUTShape": "INVERSE"}),
    "state_presentation_lut": State(
        "A table of 4,096 entries of 12 bits.",
        lambda to: {"PresentationLUTShape": None, **presentation_lut(gamma(4096, 4095, 0.5), 12, to.big_endian)},
    ),
    "state_presentation_lut_falling": State(
        "A falling table of 1,024 entries of 10 bits.",
        lambda to: {"PresentationLUTShape": None, **presentation_lut(gamma(1024, 1023, 1.5)[::-1], 10, to.big_endian)},
    ),
}

SHUTTER = {
    "state_shutter_rectangular": State("Rectangular, white.", lambda _: shutter("RECTANGULAR", value=0xFFFF)),
    "state_shutter_circular": State("Circular, grey.", lambda _: shutter("CIRCULAR", value=_HALF)),
    "state_shutter_polygonal": State("Polygonal, dark grey.", lambda _: shutter("POLYGONAL", value=_QUARTER)),
    "state_shutter_combined": State(
        "All three shapes: a pixel is visible where every shape shows it.",
        lambda _: shutter("RECTANGULAR", "CIRCULAR", "POLYGONAL", value=_HALF),
    ),
    "state_shutter_bitmap": State(
        "A bitmap: the pixels under the overlay are occluded.",
        lambda to: bitmap_shutter(_QUARTER, to.big_endian)[0],
        overlay=lambda to: bitmap_shutter(_QUARTER, to.big_endian)[1],
    ),
    "state_shutter_inverse": State(
        "Rectangular with INVERSE: the presentation value is a P-Value and is not inverted.",
        lambda _: {**shutter("RECTANGULAR", value=0xC000), "PresentationLUTShape": "INVERSE"},
    ),
}

_TRIANGLE = (10, 8, 40, 14, 18, 34, 10, 8)

ANNOTATION = {
    "state_point": State("A point.", lambda _: _marks(graphic("POINT", (20.5, 30.5)))),
    "state_polyline": State(
        "A line of three segments.", lambda _: _marks(graphic("POLYLINE", (6, 8, 50, 12, 30, 34, 10, 30)))
    ),
    "state_interpolated": State(
        "A curve through four points.", lambda _: _marks(graphic("INTERPOLATED", (8, 30, 22, 12, 38, 26, 54, 10)))
    ),
    "state_circle": State("A circle.", lambda _: _marks(graphic("CIRCLE", (26, 22, 38, 22)))),
    "state_ellipse": State(
        "An ellipse whose axes are not those of the image.",
        lambda _: _marks(graphic("ELLIPSE", (16, 14, 48, 30, 36, 14, 28, 30))),
    ),
    "state_polyline_filled": State(
        "A triangle, filled.", lambda _: _marks(graphic("POLYLINE", _TRIANGLE, filled=True))
    ),
    "state_circle_filled": State("A disc.", lambda _: _marks(graphic("CIRCLE", (26, 22, 36, 22), filled=True))),
    "state_ellipse_filled": State(
        "An ellipse, filled.", lambda _: _marks(graphic("ELLIPSE", (12, 22, 52, 22, 32, 12, 32, 32), filled=True))
    ),
    "state_display_units": State(
        "A line in fractions of the displayed area, on an image rotated by 90 degrees.",
        lambda _: {
            **_marks(graphic("POLYLINE", (0.1, 0.2, 0.9, 0.4, 0.3, 0.8), units="DISPLAY")),
            **spatial(90, False)[0],
            "DisplayedAreaSelectionSequence": [spatial(90, False)[1]],
        },
    ),
    "state_pixel_units_rotated": State(
        "A line in pixels of the image: it turns with the image.",
        lambda _: {
            **_marks(graphic("POLYLINE", (6, 8, 50, 12, 30, 34))),
            **spatial(90, True)[0],
            "DisplayedAreaSelectionSequence": [spatial(90, True)[1]],
        },
    ),
    "state_layers": State(
        "Two overlapping discs: the one in the higher layer is visible, although it comes first.",
        lambda _: {
            "GraphicAnnotationSequence": [
                annotation([graphic("CIRCLE", (38, 22, 50, 22), filled=True)], layer="UPPER"),
                annotation([graphic("CIRCLE", (24, 22, 36, 22), filled=True)], layer="LOWER"),
            ],
            "GraphicLayerSequence": [layer("UPPER", 2, 0xFFFF), layer("LOWER", 1, 0x2000)],
        },
    ),
    "state_text": State("A text in a box.", lambda _: _marks(texts=(text("AB", (4, 4, 44, 24)),))),
    "state_text_display_units": State(
        "A text in a box in fractions of the displayed area.",
        lambda _: _marks(texts=(text("AB", (0.1, 0.5, 0.8, 0.9), units="DISPLAY"),)),
    ),
    "state_text_anchored": State(
        "A text in a box, with an anchor point outside the box.",
        lambda _: _marks(texts=(text("AB", (4, 4, 40, 22), (50, 38)),)),
    ),
}

SPATIAL = {
    f"state_rotated_{rotation}{'_flipped' if flip else ''}": _turned(rotation, flip)
    for flip in (False, True)
    for rotation in (0, 90, 180, 270)
}

DISPLAYED_AREA = {
    "state_area_part": State("A part of the image, scaled to fit.", lambda _: _area((11, 7), (42, 30))),
    "state_area_magnified": State(
        "A part of the image, three times as large.",
        lambda _: _area((11, 7), (42, 30), "MAGNIFY", PresentationPixelMagnificationRatio=3.0),
    ),
    "state_area_aspect_ratio": State(
        "Pixels twice as high as they are wide.",
        lambda _: _area((1, 1), (COLUMNS, ROWS), PresentationPixelAspectRatio=["2", "1"]),
    ),
    "state_area_rotated": State(
        "A part of the image, rotated by 90 degrees.",
        lambda _: {"ImageRotation": 90, "ImageHorizontalFlip": "N", **_area((11, 30), (42, 7))},
    ),
}


TRUE_SIZE = {
    "state_area_true_size": State("The image in its true size.", lambda _: _area((1, 1), (COLUMNS, ROWS), "TRUE SIZE")),
    "state_area_true_size_rotated": State(
        "A part of the image in its true size, rotated by 270 degrees; its pixels are not square.",
        lambda _: {
            "ImageRotation": 270,
            "ImageHorizontalFlip": "N",
            **_area((42, 7), (11, 30), "TRUE SIZE", PresentationPixelSpacing=["2", "1"]),
        },
    ),
}


def _everything(to: Subject) -> Elements:
    """All six transformations, none of which hides another."""
    _, whole = spatial(270, True)
    return {
        **rescale("2", "-500"),
        **_voi(window("1500", "8000")),
        "PresentationLUTShape": "INVERSE",
        **shutter("RECTANGULAR", value=_HALF),
        **_marks(graphic("CIRCLE", (28, 18, 36, 18), filled=True), graphic("POLYLINE", (12, 10, 46, 14))),
        "ImageRotation": 270,
        "ImageHorizontalFlip": "Y",
        "DisplayedAreaSelectionSequence": [whole],
    }


COMBINED = {
    "state_everything": State("Every transformation in one state.", _everything),
    "state_of_monochrome1": State(
        "INVERSE for an image that is MONOCHROME1: inverted once.",
        lambda _: {"PresentationLUTShape": "INVERSE", **_voi(window("1800", "3000"))},
        image=CR_IMAGE_STORAGE,
    ),
}


def _misdescribed(descriptor: list[int], to: Subject) -> Elements:
    """Give a VOI LUT of 1,000 entries under a descriptor that says something else."""
    return _voi({"VOILUTSequence": [{**lut(0, 16, range(1000), to.big_endian), "LUTDescriptor": descriptor}]})


def _other_series(to: Subject, **changes: str) -> Elements:
    reference = {**to.reference(), **changes}
    series = {"SeriesInstanceUID": to.images[0].SeriesInstanceUID, "ReferencedImageSequence": [reference]}
    return {"ReferencedSeriesSequence": [series]}


HOSTILE = {
    "state_hostile_lut_short": State(
        "A VOI LUT whose descriptor declares 1,024 entries, of which 1,000 are present.",
        lambda to: _voi(
            {"VOILUTSequence": [{**lut(0, 16, range(1000), to.big_endian), "LUTDescriptor": [1024, 0, 16]}]}
        ),
    ),
    "state_hostile_lut_bits": State(
        "A VOI LUT of 20 bits.",
        lambda to: _voi(
            {"VOILUTSequence": [{**lut(0, 16, range(1000), to.big_endian), "LUTDescriptor": [1000, 0, 20]}]}
        ),
    ),
    "state_hostile_modality_lut_empty": State(
        "A Modality LUT without entries.",
        lambda _: {"ModalityLUTSequence": [{"LUTDescriptor": [16, 0, 16], "ModalityLUTType": "US", "LUTData": b""}]},
    ),
    "state_hostile_window_width": State("A window of width 0.", lambda _: _voi(window("900", "0"))),
    "state_hostile_voi_function": State("An unknown VOI LUT Function.", lambda _: _voi(window("900", "100", "CUBIC"))),
    "state_hostile_rotation": State(
        "Rotated by 45 degrees.", lambda _: {"ImageRotation": 45, "ImageHorizontalFlip": "N"}
    ),
    "state_hostile_shutter_shape": State(
        "A shutter of an unknown shape.", lambda _: {"ShutterShape": "STAR", "ShutterPresentationValue": 0}
    ),
    "state_hostile_shutter_vertices": State(
        "A polygonal shutter with two vertices.",
        lambda _: {**shutter("POLYGONAL"), "VerticesOfThePolygonalShutter": ["4", "10", "8", "58"]},
    ),
    "state_hostile_frame_missing": State(
        "It is for frame 9 of an image that has three frames.",
        lambda to: _other_series(to, ReferencedFrameNumber="9"),
        image=BYTE_IMAGE_STORAGE,
    ),
    "state_hostile_other_image": State(
        "It is for another image.", lambda to: _other_series(to, ReferencedSOPInstanceUID="2.25.4711")
    ),
    "state_hostile_graphic_type": State(
        "A graphic of an unknown type.",
        lambda _: _marks({**graphic("POLYLINE", (6, 8, 50, 12)), "GraphicType": "STAR"}),
    ),
    "state_hostile_graphic_points": State("A circle with one point.", lambda _: _marks(graphic("CIRCLE", (26, 22)))),
    "state_hostile_size_mode": State("An unknown Presentation Size Mode.", lambda _: _area(mode="FILL")),
    **HOSTILE_PLANES,
}

BEYOND = {
    "state_shutter_outside": State(
        "A rectangular shutter whose edges are outside the image: nothing is occluded.",
        lambda _: {
            **shutter("RECTANGULAR", value=_HALF),
            "ShutterLeftVerticalEdge": "-20",
            "ShutterRightVerticalEdge": "500",
            "ShutterUpperHorizontalEdge": "-20",
            "ShutterLowerHorizontalEdge": "500",
        },
    ),
    "state_annotation_outside": State(
        "A line outside the image: no part of it is visible.",
        lambda _: _marks(graphic("POLYLINE", (200, 200, 300, 250))),
    ),
    "state_annotation_half_outside": State(
        "A line that leaves the image: the part inside is visible.",
        lambda _: _marks(graphic("POLYLINE", (6, 8, 150, 40))),
    ),
}
"""Valid, although unusual: the standard defines what is displayed."""

STATES: dict[str, State] = {
    **MODALITY_LUT,
    **VOI_LUT,
    **FRAMES,
    **PRESENTATION_LUT,
    **SHUTTER,
    **ANNOTATION,
    **SPATIAL,
    **DISPLAYED_AREA,
    **TRUE_SIZE,
    **COMBINED,
    **OVERLAYS,
    **MASKS,
    **BEYOND,
    **HOSTILE,
}
"""Every state by the name of its recipe."""
