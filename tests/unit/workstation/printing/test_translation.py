"""Images become what a printer takes: values computed by hand, and the pixel pipeline as the other opinion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from print_bench import PrintBench, samples_of

from dicom_simulators.data_sets import EXCLUSIONS, build, write_file
from dicom_workstation.instances.encode_instance import stored_instance
from dicom_workstation.instances.part10 import read_part10
from dicom_workstation.pixels import Image, Transformation, apply
from dicom_workstation.printing.errors import PrintError
from dicom_workstation.printing.films.translation import aspect_ratio
from dicom_workstation.tables import NINE_TRANSFER_SYNTAXES, STORE_CLIENT_SOP_CLASSES

WHOLE_RANGE = {"WindowCenter": "2048", "WindowWidth": "4096"}  # LINEAR: 0 becomes black, 4095 white
RAMP = np.arange(0, 4096, 273, dtype=np.uint16).reshape(4, 4)


def sent(bench: PrintBench, uid: str, colour: bool = False, bits: int = 8, **asked: Any) -> tuple[Any, np.ndarray]:
    """Return the item that an image becomes, and its pixels."""
    prepared = bench.prepared(colour, bits, images=[{"SOPInstanceUID": uid, **asked}])
    return samples_of(prepared.images[0].content(1))


def test_twelve_bits_are_p_values_of_twelve_bits(bench: PrintBench) -> None:
    item, pixels = sent(bench, bench.image(RAMP, 12, **WHOLE_RANGE), bits=12)
    assert (item.BitsAllocated, item.BitsStored, item.HighBit, item.PixelRepresentation) == (16, 12, 11, 0)
    assert (item.SamplesPerPixel, item.PhotometricInterpretation, item.Rows, item.Columns) == (1, "MONOCHROME2", 4, 4)
    assert pixels.tolist() == RAMP.tolist()
    assert "PixelAspectRatio" not in item


def test_eight_bits_are_rounded_once(bench: PrintBench) -> None:
    item, pixels = sent(bench, bench.image(RAMP, 12, **WHOLE_RANGE))
    assert (item.BitsAllocated, item.BitsStored, item.HighBit) == (8, 8, 7)
    assert pixels.ravel().tolist() == [17 * n for n in range(16)]


def test_modality_and_voi_are_applied(bench: PrintBench) -> None:
    stored = np.array([[-1000, 0, 10, 20, 40, 1000]], np.int16)
    uid = bench.image(stored, RescaleSlope="2", RescaleIntercept="-20", WindowCenter="20.5", WindowWidth="41")
    # 2v - 20 gives -2020, -20, 0, 20, 60, 1980; the window maps 0 to black and 40 to white
    assert sent(bench, uid)[1].tolist() == [[0, 0, 0, 128, 255, 255]]
    assert sent(bench, uid, bits=12)[1].tolist() == [[0, 0, 0, 2048, 4095, 4095]]


def test_a_window_of_the_user_takes_the_place_of_the_images(bench: PrintBench) -> None:
    uid = bench.image(RAMP, 12, **WHOLE_RANGE)
    asked = {"center": 2048, "width": 1}
    assert set(sent(bench, uid, window=asked)[1].ravel().tolist()) == {0, 255}


def test_monochrome1_is_sent_as_monochrome2(bench: PrintBench) -> None:
    uid = bench.image(RAMP, 12, PhotometricInterpretation="MONOCHROME1", **WHOLE_RANGE)
    assert sent(bench, uid, bits=12)[1].tolist() == (4095 - RAMP).tolist()


def test_a_polarity_that_was_asked_for_is_left_to_the_printer(bench: PrintBench) -> None:
    uid = bench.image(RAMP, 12, **WHOLE_RANGE)
    prepared = bench.prepared(bits=12, images=[{"SOPInstanceUID": uid, "polarity": "REVERSE"}])
    content = prepared.images[0].content(3)
    assert (content.ImageBoxPosition, content.Polarity) == (3, "REVERSE")
    assert samples_of(content)[1].tolist() == RAMP.tolist()


def test_grey_of_colour_is_its_luminance(bench: PrintBench) -> None:
    rgb = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [10, 20, 30]]], np.uint8)
    uid = bench.image(rgb)
    assert sent(bench, uid)[1].tolist() == [[76, 150, 29, 255, 18]]  # 76.245 149.685 29.07 255 18.15
    item, twelve = sent(bench, uid, bits=12)
    assert twelve.tolist() == [[1224, 2404, 467, 4095, 291]]  # times 4095 / 255
    assert item.PhotometricInterpretation == "MONOCHROME2"


def test_colour_is_sent_plane_by_plane(bench: PrintBench) -> None:
    rgb = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    prepared = bench.prepared(True, 12, images=[bench.image(rgb)])
    item = prepared.images[0].content(1).BasicColorImageSequence[0]
    assert (item.SamplesPerPixel, item.PlanarConfiguration, item.BitsStored) == (3, 1, 8)
    assert item.PixelData == bytes([*range(0, 24, 3), *range(1, 24, 3), *range(2, 24, 3)])
    assert prepared.bits == 8


def test_grey_becomes_three_equal_planes(bench: PrintBench) -> None:
    item, pixels = sent(bench, bench.image(RAMP, 12, **WHOLE_RANGE), colour=True)
    assert item.PhotometricInterpretation == "RGB"
    assert (pixels == (RAMP // 273 * 17)[..., None]).all()


def test_pixel_data_has_an_even_length_and_the_byte_order_of_the_transfer_syntax(bench: PrintBench) -> None:
    uid = bench.image(np.array([[1, 2, 3]], np.uint8))
    assert len(sent(bench, uid)[0].PixelData) == 4
    big = bench.prepared(bits=12, images=[bench.image(RAMP, 12, **WHOLE_RANGE)]).images[0].content(1, False)
    assert samples_of(big, ">")[1].tolist() == RAMP.tolist()
    assert big.BasicGrayscaleImageSequence[0].PixelData[2:4] == (273).to_bytes(2, "big")


def test_overlays_are_burned_in(bench: PrintBench) -> None:
    uid = bench.image(np.zeros((2, 8), np.uint16), 12, **WHOLE_RANGE)
    made = bench.data_set(uid)
    made.SOPInstanceUID = "1.2.3.4.5"
    for element, vr, value in (
        (0x10, "US", 1),
        (0x11, "US", 8),
        (0x40, "CS", "G"),
        (0x50, "SS", [2, 1]),
        (0x100, "US", 1),
        (0x102, "US", 0),
        (0x3000, "OW", b"\x05\x00"),
    ):
        made.add_new((0x6000, element), vr, value)
    bench.memory.keep(stored_instance(made))
    _, pixels = sent(bench, "1.2.3.4.5", bits=12)
    assert pixels.tolist() == [[0] * 8, [4095, 0, 4095, 0, 0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, None),
        ({"PixelSpacing": [0.5, 0.5]}, None),
        ({"PixelSpacing": [0.7, 0.5]}, [7, 5]),
        ({"ImagerPixelSpacing": [0.1, 0.2]}, [1, 2]),
        ({"PixelAspectRatio": [4, 3]}, [4, 3]),
        ({"PixelAspectRatio": [3, 3]}, None),
    ],
)
def test_the_shape_of_pixels_is_told(bench: PrintBench, changes: dict[str, Any], wanted: Any) -> None:
    item, pixels = sent(bench, bench.image(RAMP, 12, **changes))
    assert item.get("PixelAspectRatio") == wanted
    assert pixels.shape == RAMP.shape


@pytest.mark.parametrize(
    ("height", "width", "ratio"),
    [(1, 1, (1, 1)), (2, 1, (2, 1)), (1, 2, (1, 2)), (0.35, 0.25, (7, 5)), (1.0004, 1, (1, 1)), (1e9, 1, (1000, 1))],
)
def test_aspect_ratios_are_whole_numbers(height: float, width: float, ratio: tuple[int, int]) -> None:
    assert aspect_ratio(height, width) == ratio


@pytest.mark.parametrize(
    ("changes", "size", "told"),
    [
        ({"PixelSpacing": [0.5, 0.25]}, "1", ()),
        ({"ImagerPixelSpacing": [2, 2]}, "8", ()),
        ({"PixelSpacing": [0.1, 0.3], "ImagerPixelSpacing": [2, 2]}, "1.2", ()),
        ({"PixelAspectRatio": [2, 1]}, None, ("true size",)),
        ({}, None, ("true size",)),
    ],
)
def test_true_size(bench: PrintBench, changes: dict[str, Any], size: str | None, told: tuple[str, ...]) -> None:
    uid = bench.image(RAMP, 12, **changes)
    prepared = bench.prepared(images=[{"SOPInstanceUID": uid, "size": "true"}])
    content = prepared.images[0].content(1)
    assert (str(content.RequestedImageSize) if "RequestedImageSize" in content else None) == size
    assert len(prepared.warnings) == len(told)
    assert all(part in text and uid in text for part, text in zip(told, prepared.warnings, strict=True))


def test_a_size_in_mm_is_sent_as_it_is(bench: PrintBench) -> None:
    prepared = bench.prepared(images=[{"SOPInstanceUID": bench.image(RAMP, 12), "size": 123.5, "crop": "FAIL"}])
    content = prepared.images[0].content(1)
    assert (str(content.RequestedImageSize), content.RequestedDecimateCropBehavior) == ("123.5", "FAIL")


def test_frames_are_printed_one_by_one(bench: PrintBench) -> None:
    frames = np.stack([np.full((2, 2), value, np.uint8) for value in (10, 20, 30)])
    uid = bench.image(frames, frames=True)
    prepared = bench.prepared(images=[{"SOPInstanceUID": uid, "frame": "all"}, {"SOPInstanceUID": uid, "frame": 2}])
    assert [int(samples_of(each.content(1))[1][0, 0]) for each in prepared.images] == [10, 20, 30, 20]
    assert prepared.images[1].name == f"{uid}, frame 2"


def test_a_state_is_applied_in_twelve_bits(bench: PrintBench) -> None:
    uid = bench.image(RAMP, 12, **WHOLE_RANGE)
    state = bench.state(uid, window={"center": 2048, "width": 4096}, rotate=90, flip=True, polarity="REVERSE")
    _, pixels = sent(bench, uid, bits=12, state=state)
    assert pixels.tolist() == (4095 - np.fliplr(np.rot90(RAMP, -1))).tolist()


def test_a_shutter_of_a_state_is_burned_in(bench: PrintBench) -> None:
    uid = bench.image(np.full((4, 4), 2000, np.uint16), 12, **WHOLE_RANGE)
    shutter = {"shape": "RECTANGULAR", "left": 2, "right": 3, "upper": 2, "lower": 3}
    state = bench.state(uid, shutters=[shutter], shutter_value=0x8000)
    _, pixels = sent(bench, uid, bits=12, state=state)
    assert pixels.tolist() == [[2048] * 4, [2048, 2000, 2000, 2048], [2048, 2000, 2000, 2048], [2048] * 4]


@pytest.mark.parametrize("colour", [False, True])
def test_a_shutter_of_an_image_in_colour_is_burned_in(bench: PrintBench, colour: bool) -> None:
    shutter = {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [2, 2], "RadiusOfCircularShutter": 1}
    uid = bench.image(np.full((3, 3, 3), 200, np.uint8), **shutter, ShutterPresentationValue=0xFFFF)
    _, pixels = sent(bench, uid, colour)
    seen = pixels[..., 0] if colour else pixels
    assert seen.tolist() == [[255, 200, 255], [200, 200, 200], [255, 200, 255]]


def test_annotations_of_a_state_are_burned_in(bench: PrintBench) -> None:
    uid = bench.image(np.full((60, 80), 1000, np.uint16), 12, **WHOLE_RANGE)
    drawn = [
        {"type": "POLYLINE", "points": [(0, 0), (79, 0)]},
        {"text": "12 bits", "box": [(5, 10), (75, 30)]},
        {"type": "CIRCLE", "points": [(40, 45), (50, 45)], "layer": "OTHER"},
    ]
    layers = [{"name": "ANNOTATIONS", "p_value": 0xFFFF}, {"name": "OTHER", "p_value": 0}]
    state = bench.state(uid, annotations=drawn, layers=layers)
    _, eight = sent(bench, uid, state=state)
    _, twelve = sent(bench, uid, bits=12, state=state)
    assert (twelve[0] == 4095).all()
    assert twelve.min() == 0
    assert len(np.unique(twelve)) > 5  # the edges of letters
    assert np.abs(twelve * (255 / 4095) - eight).max() <= 1.5


def test_a_turned_image_has_turned_pixels(bench: PrintBench) -> None:
    uid = bench.image(RAMP[:2], 12, PixelSpacing=[0.75, 0.25])
    turned = bench.state(uid, rotate=90)
    item, pixels = sent(bench, uid, state=turned, size="true")
    assert (pixels.shape, item.PixelAspectRatio) == ((4, 2), [1, 3])
    content = bench.prepared(images=[{"SOPInstanceUID": uid, "state": turned, "size": "true"}]).images[0].content(1)
    assert str(content.RequestedImageSize) == "1.5"  # two rows of 0.75 mm, side by side


def test_text_on_pixels_that_are_no_squares_keeps_its_form(bench: PrintBench) -> None:
    uid = bench.image(np.zeros((20, 20), np.uint16), 12, PixelSpacing=[1, 0.5])
    state = bench.state(uid, annotations=[{"type": "CIRCLE", "points": [(10, 10), (15, 10)]}])
    item, pixels = sent(bench, uid, state=state)
    assert pixels.shape == (40, 20)
    assert "PixelAspectRatio" not in item
    rows, columns = np.nonzero(pixels)
    assert np.ptp(rows) == np.ptp(columns) == 10


def test_true_size_of_a_state_is_kept(bench: PrintBench) -> None:
    uid = bench.image(RAMP, 12, PixelSpacing=[9, 9])
    area = {"mode": "TRUE SIZE", "spacing": (0.5, 0.25), "top_left": (2, 1), "bottom_right": (4, 4)}
    state = bench.state(uid, area=area)
    prepared = bench.prepared(images=[{"SOPInstanceUID": uid, "state": state, "size": "true"}])
    content = prepared.images[0].content(1)
    assert (str(content.RequestedImageSize), prepared.warnings) == ("0.75", ())
    assert samples_of(content)[1].shape == (4, 3)


def test_the_displayed_area_is_what_is_printed(bench: PrintBench) -> None:
    uid = bench.image(RAMP, 12, **WHOLE_RANGE)
    state = bench.state(uid, window={"center": 2048, "width": 4096}, area={"top_left": (2, 3), "bottom_right": (4, 4)})
    assert sent(bench, uid, bits=12, state=state)[1].tolist() == RAMP[2:4, 1:4].tolist()


@pytest.mark.parametrize("syntax", NINE_TRANSFER_SYNTAXES)
def test_every_transfer_syntax_is_translated(bench: PrintBench, tmp_path: Path, syntax: str) -> None:
    file = write_file(build(sop_class="1.2.840.10008.5.1.4.1.1.7", transfer_syntax=syntax), tmp_path / "image.dcm")
    image = Image(file)
    prepared = bench.prepared(not image.grayscale, files=[str(file)])
    _, pixels = samples_of(prepared.images[0].content(1))
    wanted = apply(image, 1, Transformation.of_image(image, 1))
    assert (pixels == wanted).all()


@pytest.mark.parametrize("sop_class", STORE_CLIENT_SOP_CLASSES)
def test_every_class_is_translated(bench: PrintBench, tmp_path: Path, sop_class: str) -> None:
    syntax = "1.2.840.10008.1.2.4.70"
    if (sop_class, syntax) in EXCLUSIONS:
        syntax = "1.2.840.10008.1.2.1"
    instance = read_part10(write_file(build(sop_class=sop_class, transfer_syntax=syntax), tmp_path / "image.dcm"))
    bench.memory.keep(instance)
    image = Image((instance.data_set, instance.TransferSyntaxUID))
    for colour in (False, True):
        item, pixels = sent(bench, instance.SOPInstanceUID, colour, 12)
        assert item.BitsStored == (8 if colour else 12)
        assert pixels.shape[:2] == (image.pixel.rows, image.pixel.columns)
        if image.grayscale and not colour:
            assert (pixels == apply(image, 1, Transformation.of_image(image, 1), 12)).all()


def test_what_cannot_be_decoded_is_told_with_the_image(bench: PrintBench) -> None:
    uid = bench.image(RAMP, 12, PixelData=b"too short!")
    prepared = bench.prepared(images=[uid])
    with pytest.raises(PrintError, match=f"{uid}: .*bytes"):
        prepared.images[0].content(1)
