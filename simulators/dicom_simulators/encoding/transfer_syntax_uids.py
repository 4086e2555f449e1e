"""UIDs of the transfer syntaxes that the simulators treat differently (PS3.5 section 10, PS3.6 Table A-1)."""

from __future__ import annotations

from typing import Final

IMPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2"
EXPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1"
DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1.99"
EXPLICIT_VR_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
UNCOMPRESSED: Final = (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN)
JPEG: Final = frozenset(f"1.2.840.10008.1.2.4.{last}" for last in (50, 51, 57, 70))
JPEG_2000: Final = frozenset(f"1.2.840.10008.1.2.4.{last}" for last in (90, 91))
