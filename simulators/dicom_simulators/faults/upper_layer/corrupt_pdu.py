"""corrupt_pdu: bytes of a PDU are overwritten, flipped at random, cut off or added; its length field may be wrong."""

from __future__ import annotations

import random
from dataclasses import dataclass

from dicom_simulators.faults.moment import Action, ChangePDUAction, Moment
from dicom_simulators.faults.parameters import Addressed, hexadecimal, is_before, parameter, sent_name, whole

_BYTE = whole(0, 0xFF)
Raw = bytes
"""Bytes, in a class that has a field of that name."""


@dataclass(frozen=True, slots=True)
class CorruptPDU(Addressed):
    """Damage a PDU about to be sent; of a DIMSE message its first PDU. What is not damaged stays as it was.

    References
    ----------
    PS3.8 9.3.1: type, reserved byte, and the length of what follows
    """

    of: str = parameter(sent_name, "the PDU, or the DIMSE message")
    type: int | None = parameter(_BYTE, "the PDU-type that is sent", None)
    length: int | None = parameter(whole(0, 0xFFFFFFFF), "the PDU-length field, in bytes, whatever follows", None)
    offset: int = parameter(whole(0, 1 << 31), "where `bytes` are written, counted from the PDU-type", 6)
    bytes: str | None = parameter(hexadecimal, "hex digits that are written over what is there", None)
    flip: int = parameter(whole(0, 1 << 20), "the number of bits after the length field that are flipped at random", 0)
    cut: int = parameter(whole(0, 1 << 31), "the number of bytes that are left out at the end", 0)
    append: str | None = parameter(hexadecimal, "hex digits that are sent behind the PDU", None)
    seed: int = parameter(whole(0, 1 << 63), "seed of the bits that are flipped", 0)
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "which such PDU or message since the fault was set; default: all", None
    )

    def at(self, moment: Moment) -> Action | None:
        """Act before it is sent."""
        if not is_before(moment, self.of, self.occurrence):
            return None
        occurrence = moment.occurrence
        return ChangePDUAction(lambda raw: self._damaged(raw, occurrence))

    def _damaged(self, raw: Raw, occurrence: int) -> Raw:
        damaged = bytearray(raw)
        drawn = random.Random(f"{self.seed} {self.of} {occurrence}")
        for _ in range(self.flip if len(damaged) > 6 else 0):
            damaged[drawn.randrange(6, len(damaged))] ^= 1 << drawn.randrange(8)
        if self.bytes is not None:
            written = Raw.fromhex(self.bytes)[: max(0, len(damaged) - self.offset)]
            damaged[self.offset : self.offset + len(written)] = written
        if self.type is not None:
            damaged[0] = self.type
        if self.length is not None:
            damaged[2:6] = self.length.to_bytes(4, "big")
        kept = damaged[: len(damaged) - self.cut] if self.cut < len(damaged) else b""
        return b"".join((kept, Raw.fromhex(self.append or "")))
