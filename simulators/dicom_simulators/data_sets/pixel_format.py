"""How the stored pixels of one instance look: depth, sign, colour.

Invariants: an IOD says which formats it allows (`sop_classes`), a transfer syntax what its codec can carry;
`choose` brings both together. Where they exclude each other the codec wins, and the pair is listed in `exclusions`.

References
----------
PS3.5 8.1.1, 8.2.1 and 8.2.4; PS3.3 C.7.6.3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dicom_simulators.data_sets.transfer_syntaxes import Codec, TransferSyntax


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """The Image Pixel attributes that do not depend on the picture.

    Parameters
    ----------
    bits_stored : int
        Bits Stored (0028,0101); High Bit is one less.
    signed : bool
        Pixel Representation (0028,0103) is 1.
    photometric : str
        Photometric Interpretation (0028,0004).
    planar : bool
        Planar Configuration (0028,0006) is 1; meaningful in colour only.
    """

    bits_stored: int
    signed: bool = False
    photometric: str = "MONOCHROME2"
    planar: bool = False

    @property
    def bits_allocated(self) -> int:
        """Bits Allocated (0028,0100)."""
        return 8 if self.bits_stored <= 8 else 16

    @property
    def colour(self) -> bool:
        """Whether there are three samples a pixel."""
        return not self.photometric.startswith("MONOCHROME")

    @property
    def samples(self) -> int:
        """Samples per Pixel (0028,0002)."""
        return 3 if self.colour else 1

    @property
    def minimum(self) -> int:
        """Smallest stored value."""
        return -(1 << (self.bits_stored - 1)) if self.signed else 0

    @property
    def maximum(self) -> int:
        """Largest stored value."""
        return (1 << (self.bits_stored - 1)) - 1 if self.signed else (1 << self.bits_stored) - 1


def choose(
    native: PixelFormat, extended_bits: int, syntax: TransferSyntax, *, colour_only: bool = False
) -> PixelFormat:
    """Return the format of an instance in a transfer syntax.

    Parameters
    ----------
    native : PixelFormat
        What the IOD usually has, uncompressed.
    extended_bits : int
        8 or 12: precision for JPEG Extended, which carries both (PS3.5 Table 8.2.1-1).
    syntax : TransferSyntax
        What the pixels will be encoded in.
    colour_only : bool
        Whether the IOD allows no grey.
    """
    match syntax.codec:
        case Codec.NATIVE:
            return native
        case Codec.JPEG_BASELINE:
            lossy = replace(native, bits_stored=8, signed=False, planar=False)
            return replace(lossy, photometric="YBR_FULL_422") if native.colour else lossy
        case Codec.JPEG_EXTENDED:
            lossy = replace(native, bits_stored=extended_bits, signed=False, planar=False)
            if not native.colour:
                return lossy
            # PS3.5 Table 8.2.1-1 lists grey only for it: so colour turns grey wherever the IOD allows that.
            return replace(lossy, photometric="YBR_FULL_422" if colour_only else "MONOCHROME2")
        case Codec.JPEG_2000_REVERSIBLE if native.colour:
            return replace(native, photometric="YBR_RCT", planar=False)  # PS3.5 8.2.4: its own component transform
        case Codec.JPEG_2000_IRREVERSIBLE if native.colour:
            return replace(native, photometric="YBR_ICT", planar=False)
        case _:
            return replace(native, planar=False)  # PS3.5 8.2.1: samples of compressed pixels are interleaved
