"""The check `rendering` on pictures in colour, on overlays, on masks, and what images are read without a recipe."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hand_written import judged, met, trace_of

from dicom_conformance.errors import HarnessError
from dicom_conformance.judge.case_pictures import pictures
from dicom_conformance.judge.displayed import RGB, from_held
from dicom_conformance.judge.rendering import render
from dicom_conformance.play.instances import original
from dicom_conformance.trace.trace import Held, Operation, Trace
from dicom_simulators.data_sets import Instance, build

SC, XA, MR, GSPS = (f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("7", "12.1", "4", "11.1"))
DEFLATED = "1.2.840.10008.1.2.1.99"


def trace(*instances: Instance, operation: str = "render", told: dict[str, object] | None = None, **arguments) -> Trace:
    found = trace_of()
    for instance in instances:
        found.originals[instance.SOPInstanceUID] = original(instance)
    asked = {"SOPInstanceUID": instances[0].SOPInstanceUID, **arguments}
    found.operations.append(Operation("workstation", operation, None, asked, 0, 1, told))
    return found


def picture(values: np.ndarray, key: str = "rendering") -> dict[str, object]:
    samples = 3 if values.ndim == 3 else 1
    content = {"rows": values.shape[0], "columns": values.shape[1], "samples": samples, "data": values.tobytes()}
    return {"operation": "render", "result": "success", key: content}


def court(instance: Instance, state: Instance | None = None, frame: int = 1) -> np.ndarray:
    one = from_held(original(instance))
    attributes = None if state is None else state.read()
    return render(one.frame(frame), one.data_set, attributes, frame, frames=one.pixels, model=one.model).picture


@pytest.mark.parametrize("name", ["smallest", "rgb_by_plane", "ybr_full", "ybr_full_422", "palette_segmented"])
def test_a_picture_in_colour_is_judged_in_each_of_its_colours(name):
    instance = build(name, SC, seed=7)
    seen = court(instance)
    assert seen.shape == (48, 64, 3)
    assert met(trace(instance, told=picture(seen)), "rendering")
    assert not met(trace(instance, told=picture(seen[..., ::-1].copy())), "rendering")
    assert not met(trace(instance, told=picture(seen[..., 0].copy())), "rendering")


def test_a_state_for_an_image_in_colour_is_what_the_court_cannot_draw():
    image = build("palette_8", SC, seed=7)
    state = build("state_inverse", GSPS, seed=7)
    applied = trace(image, state, told=picture(court(image)), state=state.SOPInstanceUID)
    assert not met(applied, "rendering")  # it refers to another image
    assert met(trace(image, state, told={"result": "refused", "detail": "no"}), "rendering", reports="refused")


@pytest.mark.parametrize(("name", "drawn"), [("state_overlay", True), ("state_overlay_none", False)])
def test_an_overlay_is_judged_by_what_the_state_activates(name, drawn):
    image, state = build("overlay", seed=7), build(name, GSPS, seed=7)
    plain = court(image, build("state_overlay_none", GSPS, seed=7))
    shown = court(image, build("state_overlay", GSPS, seed=7))
    for seen, is_drawn in ((plain, False), (shown, True)):
        found = trace(image, state, told=picture(seen), state=state.SOPInstanceUID)
        assert met(found, "rendering") is (drawn == is_drawn)


def test_a_mask_is_made_of_the_other_frames():
    image, state = build(sop_class=XA, seed=7), build("state_mask", GSPS, seed=7)
    for frame in (1, 2, 3):
        seen = court(image, state, frame)
        asked = {"state": state.SOPInstanceUID, "frame": str(frame)}
        assert met(trace(image, state, told=picture(seen), **asked), "rendering")
        assert not met(trace(image, state, told=picture(255 - seen // 2), **asked), "rendering")


def test_three_samples_are_decoded_to_rgb_within_rounding():
    instance = build("ybr_full", SC, seed=7)
    seen = court(instance)
    asked = {"operation": "decode"}
    assert met(trace(instance, told=picture(seen, "pixels"), operation="decode"), "rendering", **asked)
    stored = from_held(original(instance)).frame(1).astype(np.uint8)
    wrong = trace(instance, told=picture(stored, "pixels"), operation="decode")
    assert not met(wrong, "rendering", **asked)
    assert "difference.png" in pictures(wrong)
    assert "expected.png" in pictures(trace(instance, told=picture(seen)))


def test_unused_bits_are_no_part_of_what_is_decoded():
    instance = build("overlay_within_pixels", MR, seed=7)
    bare = Held(instance.SOPClassUID, instance.SOPInstanceUID, instance.transfer_syntax, instance.data_set)
    assert np.array_equal(from_held(bare).frame(1), instance.pixels[0])


def test_what_is_compressed_and_of_no_recipe_is_decoded_to_rgb():
    instance = build(sop_class=SC, transfer_syntax="1.2.840.10008.1.2.4.50", seed=7)
    bare = Held(instance.SOPClassUID, instance.SOPInstanceUID, instance.transfer_syntax, instance.data_set)
    one = from_held(bare)
    assert (one.model, one.of_recipe) == (RGB, False)
    assert np.abs(one.frame(1).astype(int) - instance.pixels[0]).max() <= instance.max_error


def test_a_deflated_data_set_is_inflated():
    instance = build(seed=7)
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = packer.compress(instance.data_set) + packer.flush()
    one = from_held(Held(instance.SOPClassUID, instance.SOPInstanceUID, DEFLATED, deflated))
    assert np.array_equal(one.frame(1), instance.pixels[0])


def test_native_pixels_that_are_missing_are_said():
    instance = build("pixel_data_too_short", seed=7)
    bare = Held(instance.SOPClassUID, instance.SOPInstanceUID, instance.transfer_syntax, instance.data_set)
    with pytest.raises(HarnessError, match="samples instead of"):
        from_held(bare)
    unknown = trace(instance, told=picture(court(build(seed=7))))
    unknown.originals[instance.SOPInstanceUID] = bare
    with pytest.raises(HarnessError):
        judged(unknown, "rendering")
