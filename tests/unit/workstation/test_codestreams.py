"""The size that a codestream tells of itself, before anything is decoded."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.data_sets import build
from workstation.codestreams import samples
from workstation.decoding import DecodingError, convert
from workstation.tables import EXPLICIT_VR_LITTLE_ENDIAN

PIXELS = np.arange(48, dtype=np.uint8).reshape(6, 8)


@pytest.mark.parametrize(
    "codestream",
    [
        imagecodecs.jpeg8_encode(PIXELS, 90),
        imagecodecs.jpeg8_encode(PIXELS, lossless=True, predictor=1),
        imagecodecs.jpeg2k_encode(PIXELS, reversible=True, codecformat="J2K"),
    ],
)
def test_rows_by_columns(codestream):
    assert samples(codestream) == 48
    assert samples(codestream[5:]) == 0


@given(st.binary(max_size=60), st.sampled_from([b"", b"\xff\xd8\xff\xc4", b"\xff\x4f\xff\x51", b"\xff\xd8\xff\xff"]))
def test_no_bytes_raise(rest, head):
    assert samples(head + rest) >= 0


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.90"])
def test_a_bomb_is_not_decoded(syntax):
    bomb = build("codestream_bomb", "1.2.840.10008.5.1.4.1.1.2", syntax)
    with pytest.raises(DecodingError, match="65500 x 65500"):
        convert(bomb.data_set, syntax, EXPLICIT_VR_LITTLE_ENDIAN)
