"""How much memory an encoded image may ask for.

Invariants: whether a frame is decoded is settled before its first byte is; what the attributes declare, what the
codestream declares and what is really there have to agree, and be of a size that a workstation can hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dicom_workstation.pixels.errors import PixelError


@dataclass(frozen=True, slots=True)
class Limits:
    """What one frame may cost.

    Parameters
    ----------
    frame_bytes : int
        Largest decoded frame.
    trusted_bytes : int
        Decoded frames up to this size are not asked for their ratio: an empty picture compresses very well.
    ratio : int
        Largest decoded size over encoded size of a frame above `trusted_bytes`.
    """

    frame_bytes: int = 1 << 30
    trusted_bytes: int = 1 << 26
    ratio: int = 2000

    def check_declared(self, decoded_bytes: int) -> None:
        """Refuse a frame that its attributes declare too large; PixelError."""
        if decoded_bytes > self.frame_bytes:
            raise PixelError(f"a frame would take {decoded_bytes} bytes, more than the limit of {self.frame_bytes}")

    def check_encoded(self, decoded_bytes: int, encoded_bytes: int) -> None:
        """Refuse a frame that grows out of all proportion when it is decoded; PixelError."""
        if decoded_bytes > self.trusted_bytes and decoded_bytes > self.ratio * max(1, encoded_bytes):
            raise PixelError(
                f"decompression bomb: {encoded_bytes} encoded bytes declare {decoded_bytes} decoded ones, "
                f"more than {self.ratio} to 1"
            )


LIMITS: Final = Limits()
