"""Every recipe of a presentation state, printed in 12 bits, beside the court's own rendering of it."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from print_bench import PrintBench, samples_of
from pydicom.dataset import Dataset

from dicom_conformance.judge.rendering import compare, render
from dicom_simulators.data_sets import build, write_file
from dicom_simulators.data_sets.recipes.states import STATES
from dicom_workstation.printing.errors import PrintError

GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
REFUSED = (
    *("lut_short", "lut_bits", "modality_lut_empty", "window_width", "voi_function", "rotation", "shutter_shape"),
    *("shutter_vertices", "frame_missing", "other_image", "graphic_type", "graphic_points", "size_mode"),
    *("overlay_missing", "overlay_short", "mask_frame", "mask_operation", "of_colour"),
)
UNIFORM = ("state_mask",)  # the first frame less itself
HALF_A_STEP = 0.5 * 255 / 4095 + 1e-3
SHAPES = ("PresentationPixelSpacing", "PresentationPixelAspectRatio", "PixelSpacing", "PixelAspectRatio")


def with_square_pixels(data_set: Dataset) -> Dataset:
    """Return a data set in which nothing says that its pixels are no squares."""
    found = deepcopy(data_set)
    for item in (found, *(found.get("DisplayedAreaSelectionSequence") or ())):
        for keyword in SHAPES:
            if keyword in item:
                delattr(item, keyword)
        if item is not found:
            item.PresentationPixelAspectRatio = [1, 1]
    return found


@pytest.mark.parametrize("name", [name for name in STATES if name.removeprefix("state_hostile_") not in REFUSED])
def test_twelve_bits_are_what_the_court_expects(bench: PrintBench, tmp_path: Path, name: str) -> None:
    image, state = build(STATES[name].recipe, STATES[name].image, seed=7), build(name, GSPS, seed=7)
    files = write_file(image, tmp_path / "image.dcm"), write_file(state, tmp_path / "state.dcm")
    content = bench.prepared(bits=12, files=[str(files[0])], state=str(files[1])).images[0].content(1)
    item, pixels = samples_of(content)
    held, described = image.read(), state.read()
    if "PixelAspectRatio" in item:
        held, described = with_square_pixels(held), with_square_pixels(described)
    assert image.pixels is not None
    expected = render(image.pixels[0], held, described, 1, None, pixels.shape, None, False, image.pixels)
    found = compare(expected, pixels * (255 / 4095), HALF_A_STEP)
    assert found.complaints == ()
    assert found.judged > 0
    assert (len(np.unique(pixels)) > 1) is (name not in UNIFORM)


@pytest.mark.parametrize("name", REFUSED)
def test_states_that_cannot_be_followed_are_refused_before_anything_is_sent(
    bench: PrintBench, tmp_path: Path, name: str
) -> None:
    recipe = f"state_hostile_{name}"
    assert recipe in STATES
    image, state = build(STATES[recipe].recipe, STATES[recipe].image, seed=7), build(recipe, GSPS, seed=7)
    files = write_file(image, tmp_path / "image.dcm"), write_file(state, tmp_path / "state.dcm")
    with pytest.raises(PrintError, match=r"(image|state)\.dcm(, frame 1)?: "):
        bench.prepared(bits=12, files=[str(files[0])], state=str(files[1]))
