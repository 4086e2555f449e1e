"""The recipes: each breaks what it says, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.encaps import generate_frames, parse_basic_offsets
from pydicom.pixels import pixel_array

from dicom_simulators.data_sets import EXCLUSIONS, RECIPES, SOP_CLASSES, TRANSFER_SYNTAXES, build, exclusion

SYNTAXES = [pytest.param(syntax.uid, id=syntax.uid) for syntax in TRANSFER_SYNTAXES]
ENCAPSULATED = [pytest.param(syntax.uid, id=syntax.uid) for syntax in TRANSFER_SYNTAXES if syntax.encapsulated]
US_MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.3.1"
CT = "1.2.840.10008.5.1.4.1.1.2"


def test_every_recipe_tells_what_comes_of_it() -> None:
    assert all(recipe.tells.endswith(".") for recipe in RECIPES.values())
    assert {"smallest", "ct_512", "large", "pixel_data_too_short", "unparsable"} <= set(RECIPES)


def test_ct_512_is_what_the_benchmarks_measure() -> None:
    data_set = build("ct_512").read()
    assert (data_set.Rows, data_set.Columns, data_set.BitsAllocated) == (512, 512, 16)
    assert len(data_set.PixelData) == 512 * 512 * 2
    assert build("ct_512") is not build("ct_512"), "big instances are not kept"


@pytest.mark.parametrize("sop_class", [CT, US_MULTI_FRAME])
@pytest.mark.parametrize(
    ("uid", "is_held_once"),
    [
        ("1.2.840.10008.1.2", True),
        ("1.2.840.10008.1.2.1", True),
        ("1.2.840.10008.1.2.2", False),
        ("1.2.840.10008.1.2.4.70", False),
    ],
)
def test_the_pixels_of_a_large_instance_are_held_once_where_the_data_set_has_them_as_they_are(
    sop_class: str, uid: str, is_held_once: bool
) -> None:
    instance = build("large", sop_class, uid, size_bytes=3_000_000, DataSetTrailingPadding="00" * 100_000)
    pixels = instance.pixels
    assert pixels is not None
    is_8_bit = pixels.itemsize == 1  # these have no byte order
    assert np.shares_memory(pixels, np.frombuffer(instance.data_set, "u1")) is (
        is_held_once or (is_8_bit and uid == "1.2.840.10008.1.2.2")
    )
    assert not pixels.flags.writeable
    read = pixel_array(instance.read()).reshape(pixels.shape)
    assert np.array_equal(read, pixels)
    tile = pixels[0, :256, :256]
    assert all(np.array_equal(frame[:256, :256], tile) for frame in pixels)


def test_large_pixels_that_were_changed_remain_what_was_drawn() -> None:
    drawn = build("large", CT, size_bytes=3_000_000)
    changed = build("large", CT, size_bytes=3_000_000, PixelData="ff" * 2_000_000)
    assert drawn.pixels is not None
    assert changed.pixels is not None
    assert np.array_equal(changed.pixels, drawn.pixels)
    assert changed.read().PixelData == b"\xff" * 2_000_000


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.4.70"])
@pytest.mark.parametrize("sop_class", [CT, US_MULTI_FRAME])
def test_large_has_the_size_that_was_asked_for(sop_class: str, uid: str) -> None:
    wanted = 1_000_000
    instance = build("large", sop_class, uid, size_bytes=wanted)
    assert instance.pixels is not None
    assert wanted <= instance.pixels.nbytes < wanted * 1.5
    data_set = instance.read()
    assert np.array_equal(pixel_array(data_set).reshape(instance.pixels.shape), instance.pixels)
    assert data_set.get("NumberOfFrames", 1) == instance.pixels.shape[0]


def test_large_that_no_frame_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="one frame"):
        build("large", CT, size_bytes=1 << 40)


@pytest.mark.parametrize("uid", SYNTAXES)
def test_unparsable_cannot_be_parsed(uid: str) -> None:
    instance = build("unparsable", CT, uid)
    with pytest.raises(OSError, match="No tag to read"):
        instance.read()
    assert instance.SOPInstanceUID in instance.file_bytes().decode("latin-1"), "the File Meta Information is in order"


@pytest.mark.parametrize("uid", SYNTAXES)
def test_pixel_data_too_short_lacks_pixels_only(uid: str) -> None:
    whole = build("smallest", US_MULTI_FRAME, uid).read()
    short = build("pixel_data_too_short", US_MULTI_FRAME, uid).read()
    assert whole.keys() == short.keys()
    differing = {element.keyword for element in whole if element.VR != "UI" and element != short[element.tag]}
    assert differing == {"PixelData"}
    assert len(short.PixelData) < len(whole.PixelData)


@pytest.mark.parametrize("uid", ENCAPSULATED)
def test_pixel_data_too_short_keeps_items_and_the_first_frames(uid: str) -> None:
    whole, short = (
        build("smallest", US_MULTI_FRAME, uid).read(),
        build("pixel_data_too_short", US_MULTI_FRAME, uid).read(),
    )
    frames = list(generate_frames(short.PixelData, number_of_frames=3))
    wanted = list(generate_frames(whole.PixelData, number_of_frames=3))
    assert frames[:2] == wanted[:2]
    assert wanted[2].startswith(frames[2])
    assert 0 < len(frames[2]) < len(wanted[2])


@pytest.mark.parametrize("uid", ENCAPSULATED)
def test_an_empty_offset_table_leaves_the_frames(uid: str) -> None:
    data_set = build("empty_offset_table", US_MULTI_FRAME, uid).read()
    whole = build("smallest", US_MULTI_FRAME, uid).read()
    assert parse_basic_offsets(data_set.PixelData) == []
    assert list(generate_frames(data_set.PixelData, number_of_frames=3)) == list(
        generate_frames(whole.PixelData, number_of_frames=3)
    )


def test_each_exclusion_is_real_and_says_why() -> None:
    known = {sop_class.uid for sop_class in SOP_CLASSES}
    assert len({(pair.sop_class, pair.transfer_syntax) for pair in EXCLUSIONS}) == len(EXCLUSIONS) == 6
    for pair in EXCLUSIONS:
        assert pair.sop_class in known
        assert "(PS3." in pair.reason
        usual = build("smallest", pair.sop_class).read()
        excluded = build("smallest", pair.sop_class, pair.transfer_syntax).read()
        assert any(usual[keyword].value != excluded[keyword].value for keyword in pair.attributes)


def test_an_exclusion_is_found_by_its_pair() -> None:
    found = exclusion(CT, "1.2.840.10008.1.2.4.50")
    assert found is not None
    assert "8" in found.reason
    assert exclusion(CT, "1.2.840.10008.1.2.4.51") is None
