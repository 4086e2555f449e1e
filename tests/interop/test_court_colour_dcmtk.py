"""The court's colours and overlays against DCMTK's dcm2pnm and pydicom, which share no line with them.

dcm2pnm works on integers, rounds down, and expands no segmented palette: that one is held against pydicom alone. No
program of DCMTK draws the overlays that a presentation state activates, or subtracts a mask; they are held against
numbers worked out by hand only.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file
from pydicom.pixels.processing import apply_color_lut

from dicom_conformance.judge.displayed import from_held
from dicom_conformance.judge.rendering import Expected, compare, render
from dicom_conformance.judge.rendering.stored import stored_values
from dicom_conformance.trace.trace import Held
from dicom_simulators.data_sets import Instance, build, read_file, write_file
from foreign_programs import require
from portable_map import samples

SC, MR, BYTE = (f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("7", "4", "7.2"))
NATIVE = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
DEADLINE_S = 120
TOLERANCE = 2.0
EXACT = ("rgb_by_plane", "palette_8")

pytestmark = pytest.mark.peer("dcmtk")


@pytest.fixture(autouse=True, scope="module")
def tools() -> None:
    require("dcm2pnm", package="dcmtk")


def theirs(instance: Instance, tmp_path: Path, *options: str) -> np.ndarray:
    picture = tmp_path / "picture.pnm"
    command = ["dcm2pnm", *options, str(write_file(instance, tmp_path / "image.dcm")), str(picture)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert picture.is_file(), done.stderr
    return samples(picture)


def ours(instance: Instance, frame: int = 1) -> Expected:
    held = Held(instance.SOPClassUID, instance.SOPInstanceUID, instance.transfer_syntax, instance.data_set)
    told = from_held(held)
    return render(told.frame(frame), told.data_set, None, frame, model=told.model)


@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize(
    "name", ["rgb_by_plane", "ybr_full", "ybr_full_by_plane", "ybr_full_422", "palette_8", "palette_16"]
)
def test_the_same_colours(name: str, syntax: str, tmp_path: Path) -> None:
    instance = build(name, SC, syntax, seed=7)
    found = compare(ours(instance), theirs(instance, tmp_path), 0.0 if name in EXACT else TOLERANCE)
    assert not found.complaints
    assert found.unjudged == 0


def test_the_same_segmented_palette() -> None:
    """Without copies of segments: their offset is of bytes, and pydicom counts it in words."""
    told = build("palette_segmented", SC, seed=7).read()
    told.SegmentedBluePaletteColorLookupTableData = told.SegmentedGreenPaletteColorLookupTableData
    looked_up = apply_color_lut(stored_values(told)[0].astype(np.uint8), told)
    expected = render(stored_values(told)[0], told, None)
    assert np.abs(expected.low - looked_up * (255 / 65535)).max() < 0.01


@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize(("name", "sop_class"), [("overlay", MR), ("overlay", SC), ("overlay_within_pixels", MR)])
def test_overlays_lie_in_the_same_pixels(name: str, sop_class: str, syntax: str, tmp_path: Path) -> None:
    instance = build(name, sop_class, syntax, seed=7)
    stated = [] if sop_class == SC else ["+Wi", "1"]  # the window that the image says
    expected = ours(instance)
    assert [one.required for one in expected.drawings] == [False] * len(expected.drawings)
    shown = theirs(instance, tmp_path, *stated)
    assert not compare(expected, shown, TOLERANCE).complaints
    if sop_class != SC:  # dcm2pnm draws none upon colours
        assert not compare(expected, theirs(instance, tmp_path, *stated, "-O"), TOLERANCE).complaints
        covered = np.logical_or.reduce([one.interior for one in expected.drawings])
        assert (shown[covered] == 255).all()


@pytest.mark.parametrize("frame", [1, 2, 3])
def test_each_frame_has_its_own_plane(frame: int, tmp_path: Path) -> None:
    instance = build("overlay_of_frames", BYTE, seed=7)
    expected = ours(instance, frame)
    shown = theirs(instance, tmp_path, "+F", str(frame), "-W")
    assert not compare(expected, shown, TOLERANCE).complaints
    assert [bool(one.interior.any()) for one in expected.drawings] == [frame > 1, frame == 3]
    assert all((shown[one.interior] == 255).all() for one in expected.drawings)


@pytest.mark.parametrize(
    "name",
    [
        "examples_overlay.dcm",
        "examples_palette.dcm",
        "examples_rgb_color.dcm",
        "SC_ybr_full_422_uncompressed.dcm",
    ],
)
def test_real_images_are_the_same_picture(name: str, tmp_path: Path) -> None:
    path = get_testdata_file(name, download=False)
    if path is None:
        pytest.skip(f"pydicom did not bring {name}")
    instance = read_file(path)
    told = instance.read()
    window = ["+Wi", "1"] if "WindowCenter" in told else []
    expected = ours(instance)
    found = compare(expected, theirs(instance, tmp_path, *window), TOLERANCE)
    assert not [one for one in found.complaints if "columns are" not in one], found.complaints
