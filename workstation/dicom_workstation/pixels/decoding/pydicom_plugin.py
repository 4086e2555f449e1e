"""imagecodecs as a decoding plugin of pydicom, which has none: `Dataset.pixel_array` then knows all of Table 3.

Invariants: pydicom's decoders belong to the whole process, so they are extended only where `register` is called, and
the workstation itself never calls it; the decoding itself is `codecs`.

References
----------
Conformance statement 3.2.2.1.3.2.4 (Table 3)
"""

from __future__ import annotations

from typing import Final

import numpy as np
from pydicom.pixels.decoders.base import DecodeRunner, get_decoder
from pydicom.uid import UID

from dicom_workstation.pixels.decoding import codecs
from dicom_workstation.pixels.image_pixel import ImagePixel
from dicom_workstation.pixels.limits import LIMITS
from dicom_workstation.tables import COMPRESSED

NAME: Final = "imagecodecs"
DECODER_DEPENDENCIES: Final = {UID(syntax): ("numpy", "imagecodecs") for syntax in COMPRESSED}


def is_available(uid: str) -> bool:
    """Whether the plugin decodes a transfer syntax; pydicom asks."""
    return uid in COMPRESSED


def decode_frame(encoded: bytes, runner: DecodeRunner) -> bytearray:
    """Decode one frame for pydicom, and tell it what colour space the samples are in."""
    pixel = ImagePixel(
        rows=runner.rows,
        columns=runner.columns,
        samples=runner.samples_per_pixel,
        photometric=str(runner.photometric_interpretation),
        bits_allocated=runner.bits_allocated,
        bits_stored=runner.bits_stored,
        high_bit=runner.bits_stored - 1,
        signed=runner.pixel_representation == 1,
        planar=False,
    )
    decoded = codecs.decode(encoded, runner.transfer_syntax, pixel, LIMITS)
    runner.set_option("photometric_interpretation", decoded.photometric)
    if pixel.samples > 1:
        runner.set_option("planar_configuration", 0)
    return bytearray(np.ascontiguousarray(decoded.samples).data.cast("B"))


def register() -> None:
    """Add the plugin to pydicom's decoders, if it is not there yet."""
    for syntax in COMPRESSED:
        decoder = get_decoder(UID(syntax))
        if NAME not in decoder.available_plugins:
            decoder.add_plugin(NAME, (__name__, decode_frame.__name__))
