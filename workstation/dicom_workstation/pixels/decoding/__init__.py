"""From the bytes of Pixel Data to stored values: fragments, codestreams, native cells.

May import: `data_sets`, the other modules of `pixels`.
Begin with `codecs`.
"""

from dicom_workstation.pixels.decoding import cells, codecs, encapsulation, pydicom_plugin
from dicom_workstation.pixels.decoding.contiguous import copied
from dicom_workstation.pixels.decoding.native import Native
from dicom_workstation.pixels.decoding.pixel_source import InFile, InMemory, PixelSource

__all__ = [
    "InFile",
    "InMemory",
    "Native",
    "PixelSource",
    "cells",
    "codecs",
    "copied",
    "encapsulation",
    "pydicom_plugin",
]
