"""The recipes of overlays and colour models: what pydicom reads out of them, in each native transfer syntax."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.pixels import pixel_array

from dicom_conformance.trace.encoding import elements
from dicom_simulators.data_sets import TRANSFER_SYNTAXES, build
from dicom_simulators.data_sets.recipes.colour_models import COLOUR_MODELS
from dicom_simulators.data_sets.recipes.overlaid_images import ARROW, ARROW_AT, HATCHING, OVERLAID
from dicom_simulators.data_sets.recipes.overlay_elements import arrow, hatching

SC, MR, XA = (f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("7", "4", "12.1"))
NATIVE = [syntax.uid for syntax in TRANSFER_SYNTAXES if not syntax.encapsulated]
BIG_ENDIAN = "1.2.840.10008.1.2.2"
LOSSLESS = "1.2.840.10008.1.2.4.70"


def bits(covers, shape):
    return np.array([[covers(row, column) for column in range(shape[1])] for row in range(shape[0])])


@pytest.mark.parametrize("syntax", NATIVE)
def test_pydicom_reads_the_overlays_as_they_were_drawn(syntax):
    if syntax == BIG_ENDIAN:
        told = build("overlay", MR, syntax, seed=3).read()
        for group in (0x6000, 0x6002):  # pydicom unpacks words of this order as if they were of the other
            element = told[group, 0x3000]
            element.value = np.frombuffer(element.value, ">u2").astype("<u2").tobytes()
        assert np.array_equal(told.overlay_array(0x6000), bits(arrow, ARROW))
        return
    told = build("overlay", MR, syntax, seed=3).read()
    assert np.array_equal(told.overlay_array(0x6000), bits(arrow, ARROW))
    assert np.array_equal(told.overlay_array(0x6002), bits(hatching, HATCHING))
    assert tuple(told[0x6000, 0x0050].value) == ARROW_AT


@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize("name", [*OVERLAID, *COLOUR_MODELS])
def test_each_reads_to_its_last_byte(name, syntax):
    instance = build(name, {"overlay_of_frames": XA}.get(name, MR if name in OVERLAID else SC), syntax, seed=3)
    assert elements(instance.data_set, syntax)[1] is None
    tags = [element.tag for element in instance.read()]
    assert tags == sorted(tags)


def test_an_overlay_changes_no_pixel_and_may_lie_in_a_compressed_image():
    for syntax in (NATIVE[0], LOSSLESS):
        instance = build("overlay", MR, syntax, seed=3)
        assert np.array_equal(pixel_array(instance.read()), instance.pixels[0])
        assert np.array_equal(instance.read().overlay_array(0x6000), bits(arrow, ARROW))


def test_planes_of_frames_begin_with_the_second():
    told = build("overlay_of_frames", XA, seed=3).read()
    assert (told[0x6000, 0x0015].value, told[0x6000, 0x0051].value) == (2, 2)
    assert np.array_equal(told.overlay_array(0x6000)[1], bits(hatching, ARROW))


def test_a_plane_within_pixels_is_their_highest_bit():
    instance = build("overlay_within_pixels", MR, seed=3)
    words = np.frombuffer(instance.read().PixelData, "<u2").reshape(48, 64)
    assert np.array_equal(words >> 15, bits(arrow, (48, 64)))
    assert np.array_equal(words & 0x0FFF, instance.pixels[0])


def test_ybr_full_is_read_as_nearly_the_same_by_pixel_and_by_plane():
    by_pixel, by_plane = (build(name, SC, seed=3).read() for name in ("ybr_full", "ybr_full_by_plane"))
    below = (slice(20, None), slice(None))  # the letters tell the recipe
    assert np.array_equal(pixel_array(by_pixel)[below], pixel_array(by_plane)[below])
    assert (by_pixel.PlanarConfiguration, by_plane.PlanarConfiguration) == (0, 1)


def test_two_pixels_share_cb_and_cr():
    assert len(build("ybr_full_422", SC, seed=3).read().PixelData) == 48 * 64 * 2


@pytest.mark.parametrize(
    ("name", "sop_class", "syntax", "why"),
    [
        ("ybr_full", MR, NATIVE[0], "colour"),
        ("palette_8", SC, LOSSLESS, "native"),
        ("overlay_within_pixels", SC, NATIVE[0], "unused bits"),
        ("overlay_within_pixels", MR, LOSSLESS, "unused bits"),
        ("overlay_of_frames", MR, NATIVE[0], "multi-frame"),
        ("overlay", "1.2.840.10008.5.1.4.1.1.11.1", NATIVE[0], "pixels"),
    ],
)
def test_what_cannot_be_built_is_said(name, sop_class, syntax, why):
    with pytest.raises(ValueError, match=why):
        build(name, sop_class, syntax)


def test_pairs_of_an_odd_number_of_columns_cannot_be_built():
    with pytest.raises(ValueError, match="even number"):
        build("ybr_full_422", SC, columns=33)
