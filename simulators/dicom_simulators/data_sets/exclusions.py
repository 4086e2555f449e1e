"""Where a codec and an IOD exclude each other.

Invariants: every pair of Table 3 for which no instance can be valid, each with its reason; the instance is
built with the depth of the codec all the same, since the presentation context is claimed and has to be tried.

References
----------
PS3.5 8.2.1 and Table 8.2.1-1 (what the JPEG processes carry); PS3.3, the clause in each reason.
"""

from __future__ import annotations

from typing import NamedTuple

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"


class Exclusion(NamedTuple):
    """One pair.

    Parameters
    ----------
    sop_class, transfer_syntax : str
        UIDs of the pair.
    reason : str
        What the one demands and the other cannot give.
    attributes : tuple of str
        Keywords of the attributes that are not as the IOD has them.
    """

    sop_class: str
    transfer_syntax: str
    reason: str
    attributes: tuple[str, ...] = ("BitsAllocated", "BitsStored", "HighBit")


EXCLUSIONS = (
    Exclusion(
        "1.2.840.10008.5.1.4.1.1.2",
        JPEG_BASELINE,
        "CT Image has 16 bits allocated and 12 to 16 stored (PS3.3 C.8.2.1); JPEG Baseline has 8",
    ),
    Exclusion(
        "1.2.840.10008.5.1.4.1.1.4",
        JPEG_BASELINE,
        "MR Image has 16 bits allocated (PS3.3 C.8.3.1); JPEG Baseline has 8",
        ("BitsAllocated",),
    ),
    Exclusion(
        "1.2.840.10008.5.1.4.1.1.128",
        JPEG_BASELINE,
        "PET Image has 16 bits allocated and stored (PS3.3 C.8.9.4); JPEG Baseline has 8",
    ),
    Exclusion(
        "1.2.840.10008.5.1.4.1.1.128",
        JPEG_EXTENDED,
        "PET Image has 16 bits stored (PS3.3 C.8.9.4); JPEG Extended has 8 or 12",
        ("BitsStored", "HighBit"),
    ),
    Exclusion(
        "1.2.840.10008.5.1.4.1.1.7.3",
        JPEG_BASELINE,
        "Multi-frame Grayscale Word SC has 16 bits allocated and 9 to 16 stored (PS3.3 A.8.4.4); JPEG Baseline has 8",
    ),
    Exclusion(
        "1.2.840.10008.5.1.1.30",
        JPEG_EXTENDED,
        "Hardcopy Color Image has three samples a pixel; JPEG Extended has one (PS3.5 Table 8.2.1-1)",
        ("SamplesPerPixel", "PhotometricInterpretation"),
    ),
)
"""Every pair; all other instances are valid."""


def exclusion(sop_class: str, transfer_syntax: str) -> Exclusion | None:
    """Return why no instance of this pair can be valid, or None if it can."""
    for pair in EXCLUSIONS:
        if (pair.sop_class, pair.transfer_syntax) == (sop_class, transfer_syntax):
            return pair
    return None
