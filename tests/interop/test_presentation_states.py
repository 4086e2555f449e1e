"""Presentation states under the eyes of others: DCMTK's renderer and checker, dicom3tools' verifier.

`dcmp2pgm` renders the grayscale pipeline, rotation, flip and bitmap shutters; it knows nothing of displayed areas,
other shutters and annotations, which are judged elsewhere.

References
----------
PS3.4 N.2; PS3.3 A.33.1
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dicom_simulators.data_sets import build, write_file
from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.instances.part10 import part10_file, read_part10
from foreign_programs import require
from portable_map import samples

TOLERANCE = 2  # of 255
PACKAGES = {"dciodvfy": "dicom3tools"}
EXPLICIT = "1.2.840.10008.1.2.1"
CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "CR": "1.2.840.10008.5.1.4.1.1.1",
    "multi-frame": "1.2.840.10008.5.1.4.1.1.7.2",
}
BITMAP = [[8 <= row < 20 and 5 <= column < 40 for column in range(64)] for row in range(48)]
WINDOW = {"center": 900, "width": 1200}
RAMP_12 = [round(4095 * (entry / 1499) ** 2) for entry in range(1500)]
RENDERED: dict[str, dict[str, Any]] = {
    "as-it-is": {},
    "window": {"window": WINDOW},
    "narrow-window": {"window": {"center": 120.5, "width": 1}},
    "sigmoid": {"window": {**WINDOW, "function": "SIGMOID"}},
    "voi-lut": {"voi_lut": {"first": 100, "bits": 12, "data": RAMP_12}},
    "rescale": {"rescale": {"slope": -2, "intercept": 500}, "window": {"center": -900, "width": 3000}},
    "modality-lut": {
        "modality_lut": {"data": [65535 - 16 * entry for entry in range(4096)]},
        "window": {"center": 40000, "width": 50000},
    },
    "inverse": {"window": WINDOW, "polarity": "REVERSE"},
    "presentation-lut": {"window": WINDOW, "presentation_lut": {"bits": 12, "data": list(range(4095, -1, -1))}},
    "bitmap-shutter": {"shutters": [{"shape": "BITMAP", "bitmap": BITMAP}], "shutter_value": 30000},
    **{
        f"rotate-{rotate}{'-flip' if flip else ''}": {"window": WINDOW, "rotate": rotate, "flip": flip}
        for rotate in (0, 90, 180, 270)
        for flip in (False, True)
    },
}
DRAWN: dict[str, dict[str, Any]] = {
    "shutters": {
        "shutters": [
            {"shape": "RECTANGULAR", "left": 3, "right": 50, "upper": 4, "lower": 40},
            {"shape": "CIRCULAR", "center": [20, 20], "radius": 15},
            {"shape": "POLYGONAL", "vertices": [[2, 2], [40, 10], [20, 60]]},
        ]
    },
    "annotations": {
        "annotations": [
            {"type": "POINT", "points": [[3, 3]]},
            {"type": "CIRCLE", "points": [[20, 20], [25, 25]], "filled": True},
            {"type": "ELLIPSE", "points": [[5, 20], [35, 20], [20, 10], [20, 30]]},
            {
                "type": "INTERPOLATED",
                "points": [[0.1, 0.1], [0.5, 0.5], [0.1, 0.9]],
                "units": "DISPLAY",
                "layer": "TOP",
            },
            {"text": "Box", "box": [[1, 1], [30, 10]], "anchor": [40, 40], "anchor_visible": True, "layer": "TOP"},
            {"text": "Anchored", "anchor": [0.5, 0.5], "anchor_units": "DISPLAY"},
        ]
    },
    "area": {"area": {"top_left": [11, 7], "bottom_right": [42, 30], "mode": "MAGNIFY", "magnification": 2}},
    "true-size": {"area": {"mode": "TRUE SIZE", "spacing": [0.5, 0.25]}},
}


class Made:
    """An image and a state for it, as files, and our own picture."""

    def __init__(self, folder: Path, sop_class: str, arguments: dict[str, Any], **changes: Any) -> None:
        instance = build(sop_class=sop_class, transfer_syntax=EXPLICIT, **changes)
        self.image = write_file(instance, folder / "image.dcm")
        workstation = Workstation(Configuration.from_keywords(memory_budget_bytes=1 << 26))
        memory = workstation.memory
        memory.keep(read_part10(self.image))
        outcome = workstation.present(**{"images": [instance.SOPInstanceUID], **arguments})
        state = memory.get(outcome.SOPInstanceUID or "")
        assert state is not None, outcome.detail
        self.state = folder / "state.dcm"
        self.state.write_bytes(part10_file(state))
        picture = workstation.render(SOPInstanceUID=instance.SOPInstanceUID, state=state.SOPInstanceUID).rendering
        assert picture is not None
        self.picture = np.frombuffer(picture.data, np.uint8).reshape(picture.rows, picture.columns)


def run(*command: str | Path) -> str:
    """Run a program of theirs; returns what it said."""
    require(str(command[0]), package=PACKAGES.get(str(command[0]), "dcmtk"))
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120)
    return done.stdout + done.stderr


def rendered_by_dcmtk(made: Made, folder: Path) -> np.ndarray:
    """Have `dcmp2pgm` render the image with the state."""
    picture = folder / "theirs.pgm"
    said = run("dcmp2pgm", "-p", made.state, made.image, picture)
    assert picture.exists(), said
    return samples(picture)


@pytest.mark.peer("dcmtk")
@pytest.mark.parametrize("name", [name for name in RENDERED if name != "sigmoid"])  # which dcmp2pgm does not know
@pytest.mark.parametrize("kind", CLASSES)
def test_dcmtk_renders_the_same_picture(kind: str, name: str, tmp_path: Path) -> None:
    made = Made(tmp_path, CLASSES[kind], RENDERED[name])
    theirs = rendered_by_dcmtk(made, tmp_path)
    assert theirs.shape == made.picture.shape
    assert np.abs(theirs.astype(int) - made.picture).max() <= TOLERANCE


@pytest.mark.peer("dcmtk")
@pytest.mark.parametrize("shape", ["IDENTITY", "INVERSE"])
def test_dcmtk_shows_monochrome1_by_the_states_polarity_too(shape: str, tmp_path: Path) -> None:
    arguments = {"window": WINDOW, "presentation_lut": shape}
    made = Made(tmp_path, CLASSES["CR"], arguments, PhotometricInterpretation="MONOCHROME1")
    assert np.abs(rendered_by_dcmtk(made, tmp_path).astype(int) - made.picture).max() <= TOLERANCE


@pytest.mark.peer("dcmtk")
@pytest.mark.parametrize("name", [*RENDERED, *DRAWN])
def test_dcmtk_finds_the_state_valid(name: str, tmp_path: Path) -> None:
    made = Made(tmp_path, CLASSES["CT"], {**RENDERED, **DRAWN}[name])
    said = run("dcmpschk", made.state)
    assert "Test passed." in said, said


@pytest.mark.peer("dicom3tools")
@pytest.mark.parametrize("name", [*RENDERED, *DRAWN])
def test_dicom3tools_find_no_error(name: str, tmp_path: Path) -> None:
    made = Made(tmp_path, CLASSES["CT"], {**RENDERED, **DRAWN}[name])
    said = run("dciodvfy", made.state)
    assert "GrayscaleSoftcopyPresentationState" in said
    errors = [line for line in said.splitlines() if line.startswith("Error")]
    if name == "voi-lut":  # PS3.3 C.11.2.1.1 allows 8 to 16 bits in a presentation state; it knows 8 and 16 alone
        errors = [line for line in errors if "value 3 of attribute <LUT Descriptor>" not in line]
    assert errors == []


@pytest.mark.peer("dicom3tools")
def test_dicom3tools_find_no_error_in_a_saved_image(tmp_path: Path) -> None:
    image = write_file(build(sop_class=CLASSES["CT"], transfer_syntax=EXPLICIT), tmp_path / "image.dcm")
    workstation = Workstation(Configuration.from_keywords(memory_budget_bytes=1 << 26))
    memory = workstation.memory
    instance = read_part10(image)
    memory.keep(instance)
    saved = memory.get(workstation.save(SOPInstanceUID=instance.SOPInstanceUID).SOPInstanceUID or "")
    assert saved is not None
    (tmp_path / "saved.dcm").write_bytes(part10_file(saved))
    said = run("dciodvfy", tmp_path / "saved.dcm")
    assert [line for line in said.splitlines() if line.startswith("Error")] == []
