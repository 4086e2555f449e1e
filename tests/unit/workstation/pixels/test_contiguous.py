"""Copies are the picture that they are copies of."""

from __future__ import annotations

import numpy as np
import pytest

from dicom_workstation.pixels.decoding.contiguous import copied


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("shape", [(1, 1), (3, 100), (70, 33), (40, 50, 3)])
def test_a_copy_is_the_same_picture_in_c_order(shape, turns):
    picture = np.random.default_rng(4).integers(0, 255, shape, "u1")
    turned = np.rot90(picture, turns)
    found = copied(turned)
    assert np.array_equal(found, turned)
    assert found.flags.c_contiguous
    found[...] = 0
    assert picture.any()
