"""UIDs of transfer syntaxes: those that the simulators treat differently, and all in which instances are stored.

References
----------
PS3.5 section 10 and Annex A; PS3.6 Table A-1.
"""

from __future__ import annotations

from typing import Final

IMPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2"
EXPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1"
DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1.99"
EXPLICIT_VR_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
UNCOMPRESSED: Final = (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN)
JPEG: Final = frozenset(f"1.2.840.10008.1.2.4.{last}" for last in (50, 51, 57, 70))
JPEG_2000: Final = frozenset(f"1.2.840.10008.1.2.4.{last}" for last in (90, 91))
DEFLATED: Final = frozenset({DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"})
"""Those in which the whole data set is deflated: Deflated Explicit VR, JPIP Referenced Deflate, and its HTJ2K twin."""


def _below(root: str, *last: int | str) -> tuple[str, ...]:
    return tuple(f"1.2.840.10008.1.2.{root}.{number}" for number in last)


EVERY_STORAGE_TRANSFER_SYNTAX: Final = (
    *UNCOMPRESSED,
    *_below("4", 50, 51, 57, 70, 90, 91),  # JPEG and JPEG 2000, as they are preferred by default
    *_below("4", 80, 81),  # JPEG-LS
    "1.2.840.10008.1.2.5",  # RLE Lossless
    *_below("4", 201, 202, 203),  # High-Throughput JPEG 2000
    *_below("4", 92, 93),  # JPEG 2000 Part 2
    *_below("4", 110, 111, 112),  # JPEG XL
    *_below("4", *range(52, 57), *range(58, 67)),  # the processes of JPEG that are retired
    *_below("4", 100, "100.1", 101, "101.1"),  # MPEG2
    *_below("4", 102, "102.1", 103, "103.1", 104, "104.1", 105, "105.1", 106, "106.1"),  # MPEG-4 AVC/H.264
    *_below("4", 107, 108),  # HEVC/H.265
    *_below("4", 94, 95, 204, 205),  # JPIP: the pixels are elsewhere
    *_below("1", 98, 99),  # encapsulated uncompressed, deflated
    *_below("8", 1),  # deflated frames
)
"""Every transfer syntax of PS3.6 Table A-1 in which an instance can be stored, most wanted first.

Not among them: those of real-time video (SMPTE ST 2110), of MIME and XML, and Papyrus.
"""
