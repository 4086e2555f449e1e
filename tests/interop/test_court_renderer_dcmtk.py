"""The court's own renderer against DCMTK's dcmp2pgm, which shares no line with it: a judge is judged too.

dcmp2pgm renders the grayscale sequence, rotation, flip and bitmap shutters; it renders no other shutter, no displayed
area and no annotation, so those are held against numbers worked out by hand only.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from dicom_conformance.judge.rendering import render
from dicom_simulators.data_sets import build, write_file
from dicom_simulators.data_sets.recipes.states import STATES
from foreign_programs import require
from portable_map import samples

GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
DEADLINE_S = 120
TOLERANCE = 2.0  # of 255: DCMTK works on integers between the steps
COMPARED = (
    *("state_rescale", "state_rescale_negative", "state_modality_lut"),
    *("state_window", "state_window_of_1", "state_voi_lut", "state_voi_lut_falling"),
    *("state_window_narrow", "state_shutter_bitmap", "state_of_monochrome1"),
    *("state_identity", "state_inverse", "state_presentation_lut", "state_presentation_lut_falling"),
    *(name for name in STATES if name.startswith("state_rotated")),
)

pytestmark = pytest.mark.peer("dcmtk")


@pytest.fixture(autouse=True, scope="module")
def tools() -> None:
    require("dcmp2pgm", package="dcmtk")


@pytest.mark.parametrize("name", COMPARED)
def test_the_same_picture(name: str, tmp_path: Path) -> None:
    image, state = build(sop_class=STATES[name].image, seed=7), build(name, GSPS, seed=7)
    picture = tmp_path / "picture.pgm"
    command = ["dcmp2pgm", "-p", write_file(state, tmp_path / "state.dcm"), write_file(image, tmp_path / "image.dcm")]
    done = subprocess.run(
        [*map(str, command), str(picture)], capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert picture.is_file(), done.stderr
    theirs = samples(picture).astype(np.float64)
    ours = render(image.pixels[0], image.read(), state.read())
    assert theirs.shape == ours.low.shape
    assert float(np.abs(theirs - ours.low).max()) <= TOLERANCE
