"""Each state shows: a display that ignores what the state is about is not taken for one that does it."""

from __future__ import annotations

import numpy as np
import pytest

from dicom_conformance.judge.rendering import compare, render
from dicom_simulators.data_sets import build
from dicom_simulators.data_sets.recipes.states import ANNOTATION, HOSTILE, STATES
from dicom_simulators.data_sets.recipes.states_of_planes import OVERLAYS

GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
NOTHING_SHOWS = (
    *("state_identity", "state_rotated_0", "state_without_voi"),  # what they say is as without them
    *("state_shutter_outside", "state_annotation_outside"),
    "state_overlay_none",
    "state_area_true_size",  # on a display whose pitch is unknown
)
ANNOTATED = (
    *ANNOTATION,
    *(name for name in OVERLAYS if name != "state_overlay_none"),
    "state_everything",
    "state_annotation_half_outside",
)
SHOWS = [name for name in STATES if name not in HOSTILE and name not in NOTHING_SHOWS]


@pytest.mark.parametrize("name", SHOWS)
def test_what_ignores_the_state_is_another_picture(name):
    image = build(STATES[name].recipe, sop_class=STATES[name].image, seed=7)
    base = "state_without_voi" if image.pixels.shape[0] > 1 else "state_identity"
    state = build(name, GSPS, seed=7).read()
    expected = render(image.pixels[0], image.read(), state, reduced=False, frames=image.pixels)
    ignored = render(image.pixels[0], image.read(), build(base, GSPS, seed=7).read()).picture
    laid_out = render(image.pixels[0], image.read(), state, shape=ignored.shape, reduced=False, frames=image.pixels)
    assert compare(laid_out, ignored, 2).complaints
    assert not [one.what for one in expected.drawings if not one.may.any()]


@pytest.mark.parametrize("name", ANNOTATED)
def test_an_annotation_that_is_left_out_is_missed(name):
    image = build(STATES[name].recipe, sop_class=STATES[name].image, seed=7)
    state = build(name, GSPS, seed=7).read()
    expected = render(image.pixels[0], image.read(), state)
    bare = np.rint(expected.low).astype(np.uint8)
    assert compare(expected, bare, 2).complaints
