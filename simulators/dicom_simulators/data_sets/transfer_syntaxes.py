"""The nine transfer syntaxes in which an instance can be built.

Invariants: one row for each, in the order of their UIDs; what a codec does to the pixels (is it reversible,
at what precision) is read here and nowhere else.

References
----------
PS3.5 section 10 and Annex A; PS3.6 Table A-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Codec(Enum):
    """How the pixels of an encapsulated transfer syntax are encoded."""

    NATIVE = "none"
    JPEG_BASELINE = "JPEG process 1, SOF0"
    JPEG_EXTENDED = "JPEG processes 2 and 4, SOF1"
    JPEG_LOSSLESS = "JPEG process 14, SOF3, any predictor"
    JPEG_LOSSLESS_SV1 = "JPEG process 14, SOF3, predictor 1"
    JPEG_2000_REVERSIBLE = "JPEG 2000, 5/3 wavelet"
    JPEG_2000_IRREVERSIBLE = "JPEG 2000, 9/7 wavelet"


@dataclass(frozen=True, slots=True)
class TransferSyntax:
    """One transfer syntax.

    Parameters
    ----------
    uid : str
        Its UID.
    name : str
        Its name in PS3.6 Table A-1.
    codec : Codec
        What encodes the pixels.
    implicit_vr, big_endian : bool
        How the data elements outside the pixels are encoded.
    lossy_method : str
        Lossy Image Compression Method (0028,2114), PS3.3 C.7.6.1.1.5.1; empty if nothing is lost.
    """

    uid: str
    name: str
    codec: Codec = Codec.NATIVE
    implicit_vr: bool = False
    big_endian: bool = False
    lossy_method: str = ""

    @property
    def encapsulated(self) -> bool:
        """Whether Pixel Data is a sequence of fragments (PS3.5 A.4)."""
        return self.codec is not Codec.NATIVE

    @property
    def lossy(self) -> bool:
        """Whether the pixels that come out may differ from those that went in."""
        return bool(self.lossy_method)

    @property
    def jpeg_2000(self) -> bool:
        """Whether it is one of the two of JPEG 2000 Part 1."""
        return self.codec in (Codec.JPEG_2000_REVERSIBLE, Codec.JPEG_2000_IRREVERSIBLE)


TRANSFER_SYNTAXES = (
    TransferSyntax("1.2.840.10008.1.2", "Implicit VR Little Endian", implicit_vr=True),
    TransferSyntax("1.2.840.10008.1.2.1", "Explicit VR Little Endian"),
    TransferSyntax("1.2.840.10008.1.2.2", "Explicit VR Big Endian", big_endian=True),
    TransferSyntax(
        "1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)", Codec.JPEG_BASELINE, lossy_method="ISO_10918_1"
    ),
    TransferSyntax(
        "1.2.840.10008.1.2.4.51", "JPEG Extended (Process 2 & 4)", Codec.JPEG_EXTENDED, lossy_method="ISO_10918_1"
    ),
    TransferSyntax("1.2.840.10008.1.2.4.57", "JPEG Lossless, Non-Hierarchical (Process 14)", Codec.JPEG_LOSSLESS),
    TransferSyntax(
        "1.2.840.10008.1.2.4.70",
        "JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 1])",
        Codec.JPEG_LOSSLESS_SV1,
    ),
    TransferSyntax("1.2.840.10008.1.2.4.90", "JPEG 2000 Image Compression (Lossless Only)", Codec.JPEG_2000_REVERSIBLE),
    TransferSyntax(
        "1.2.840.10008.1.2.4.91",
        "JPEG 2000 Image Compression",
        Codec.JPEG_2000_IRREVERSIBLE,
        lossy_method="ISO_15444_1",
    ),
)
"""All that can be built, in the order of their UIDs."""

_BY_UID = {syntax.uid: syntax for syntax in TRANSFER_SYNTAXES}


def transfer_syntax(uid: str) -> TransferSyntax:
    """Return the transfer syntax with this UID.

    Raises
    ------
    ValueError
        If it is none of the nine.
    """
    try:
        return _BY_UID[uid]
    except KeyError:
        raise ValueError(f"no data set can be built in transfer syntax {uid!r}") from None
