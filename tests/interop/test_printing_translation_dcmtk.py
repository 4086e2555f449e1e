"""What is sent to a printer beside what DCMTK's dcmp2pgm makes of the same image and presentation state."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from dicom_simulators.data_sets import build, write_file
from dicom_simulators.data_sets.recipes.states import STATES
from dicom_workstation.instances.memory import Memory
from dicom_workstation.printing.films.preparation import prepare
from dicom_workstation.printing.request import PrintRequest
from foreign_programs import require
from portable_map import samples

GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
DEADLINE_S = 120
TOLERANCE = 2.0  # of 255: DCMTK works on integers between the steps
# dcmp2pgm renders the grayscale sequence, rotation, flip and bitmap shutters.
COMPARED = (
    *("state_rescale", "state_modality_lut", "state_window", "state_window_of_1", "state_voi_lut"),
    *("state_shutter_bitmap", "state_of_monochrome1", "state_identity", "state_inverse", "state_presentation_lut"),
    *(name for name in STATES if name.startswith("state_rotated")),
)

pytestmark = pytest.mark.peer("dcmtk")


@pytest.fixture(autouse=True, scope="module")
def tools() -> None:
    require("dcmp2pgm", package="dcmtk")


@pytest.mark.parametrize("bits", [8, 12])
@pytest.mark.parametrize("name", COMPARED)
def test_what_is_sent_is_what_dcmtk_shows(name: str, bits: int, tmp_path: Path) -> None:
    image, state = build(sop_class=STATES[name].image, seed=7), build(name, GSPS, seed=7)
    files = write_file(image, tmp_path / "image.dcm"), write_file(state, tmp_path / "state.dcm")
    picture = tmp_path / "picture.pgm"
    command = ["dcmp2pgm", "-p", str(files[1]), str(files[0]), str(picture)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert picture.is_file(), done.stderr
    theirs = samples(picture).astype(np.float64)
    request = PrintRequest.read({"files": [str(files[0])], "state": str(files[1])})
    item = prepare(request, Memory(0), bits=bits).images[0].content(1).BasicGrayscaleImageSequence[0]
    dtype = np.uint8 if bits == 8 else np.dtype("<u2")
    ours = np.frombuffer(item.PixelData, dtype, item.Rows * item.Columns).reshape(item.Rows, item.Columns)
    assert ours.shape == theirs.shape
    assert np.abs(ours * (255 / ((1 << bits) - 1)) - theirs).max() <= TOLERANCE
