"""Instances that a conversion of their transfer syntax, or a decoder, easily damages.

Invariants: each is valid, or breaks one thing that leaves it readable; its values are the same in every transfer
syntax in which it can be built.

References
----------
PS3.5 6.1 (character sets), 7.5 (sequences), 7.8 (private elements), 8.1.1 (unused bits of a cell), 8.2.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dicom_simulators.data_sets.assembly import Request, assemble, drawn, planned
from dicom_simulators.data_sets.codec import LOSSLESS_PREDICTOR, encapsulate
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.data_sets.plan import Plan
from dicom_simulators.data_sets.transfer_syntaxes import Codec, transfer_syntax

if TYPE_CHECKING:  # numpy costs 60 ms at start-up: only what draws imports it
    from numpy.typing import NDArray

_EXPLICIT = "1.2.840.10008.1.2.1"
_NAME_IN_UTF_8 = "Müller^Jérôme"
_NAME_IN_LATIN_1 = _NAME_IN_UTF_8.encode("latin-1") + b" "
_UNDEFINED = 0xFFFFFFFF


def _same_in_every_syntax(request: Request) -> Instance:
    """Build what `smallest` gives in Explicit VR Little Endian, and then encode it as requested."""
    wanted = transfer_syntax(request.transfer_syntax)
    if wanted.lossy:
        raise ValueError(f"recipe {request.recipe} needs a lossless transfer syntax, not {wanted.uid}")
    plan = planned(replace(request, transfer_syntax=_EXPLICIT))
    changes = {"SeriesDescription": "The same in every transfer syntax", **request.changes}
    return assemble(replace(plan, syntax=wanted), changes, None if plan.sop_class.native is None else drawn(plan))


def _text_outside_its_character_set(request: Request) -> Instance:
    """Build one that declares UTF-8 and has Latin-1 in Patient's Name."""
    changes = {"SpecificCharacterSet": "ISO_IR 192", **request.changes, "PatientName": "A" * len(_NAME_IN_LATIN_1)}
    made = _same_in_every_syntax(replace(request, changes=changes))
    return replace(made, data_set=made.data_set.replace(b"A" * len(_NAME_IN_LATIN_1), _NAME_IN_LATIN_1, 1))


def _private_elements(request: Request) -> Instance:
    """Build one with private elements behind Pixel Data: text, numbers, words, a sequence, unknown bytes."""
    made = _same_in_every_syntax(request)
    return replace(made, data_set=made.data_set + _Writer(planned(request)).private())


class _Writer:
    """Writes private elements of group 7FE3 in a transfer syntax."""

    def __init__(self, plan: Plan) -> None:
        self._order = ">" if plan.syntax.big_endian else "<"
        self._is_implicit = plan.syntax.implicit_vr

    def private(self) -> bytes:
        order = self._order
        numbers = ((0x02, "US", "2H", (513, 1027)), (0x03, "SL", "i", (-70000,)), (0x04, "FD", "d", (0.1,)))
        words = struct.pack(order + "3H", 0x0102, 0x0304, 0x0506)
        floats = struct.pack(order + "2f", 1.5, -2.25)
        inner = self._element(0x7FE3, 0x0010, "LO", b"SYNTHETIC ") + self._element(0x7FE3, 0x1001, "LO", b"INSIDE")
        item = struct.pack(order + "HHI", 0xFFFE, 0xE000, len(inner)) + inner
        end = struct.pack(order + "HHI", 0xFFFE, 0xE0DD, 0)
        return b"".join(
            [
                self._element(0x7FE3, 0x0010, "LO", b"SYNTHETIC "),
                self._element(0x7FE3, 0x1001, "LO", b"M\xfcller"),
                *(
                    self._element(0x7FE3, 0x1000 | number, vr, struct.pack(order + form, *values))
                    for number, vr, form, values in numbers
                ),
                self._element(0x7FE3, 0x1005, "OW", words),
                self._element(0x7FE3, 0x1006, "OF", floats),
                self._element(0x7FE3, 0x1007, "UN", b"\1\2\3\4"),
                self._element(0x7FE3, 0x1008, "SQ", item + end, _UNDEFINED),
            ]
        )

    def _element(self, group: int, number: int, vr: str, value: bytes, length: int | None = None) -> bytes:
        length = len(value) if length is None else length
        if self._is_implicit:
            return struct.pack(self._order + "HHI", group, number, length) + value
        if vr in ("OW", "OF", "UN", "SQ"):
            return struct.pack(self._order + "HH2sHI", group, number, vr.encode(), 0, length) + value
        return struct.pack(self._order + "HH2sH", group, number, vr.encode(), length) + value


def _noise_above_bits_stored(request: Request) -> Instance:
    """Build one whose whole cells are compressed without loss, with noise where Bits Stored does not reach."""
    import numpy as np  # here for a quick start of programs that draw nothing

    plan = planned(request)
    form = plan.form
    if plan.sop_class.native is None or form.colour or form.bits_stored == form.bits_allocated or plan.syntax.lossy:
        raise ValueError(f"recipe {request.recipe} needs unused bits and no loss: {plan.sop_class.name} does not do")
    pixels = drawn(plan)
    unsigned = pixels.view(f"u{pixels.itemsize}").astype(np.uint32)
    below = (1 << form.bits_stored) - 1
    noise = np.arange(pixels.size, dtype=np.uint32).reshape(pixels.shape) << form.bits_stored
    cells = ((unsigned & below) | noise).astype(f"u{pixels.itemsize}")

    def spoil(_: bytes) -> bytes:
        if not plan.syntax.encapsulated:
            return bytes(cells.astype(f"{'>' if plan.syntax.big_endian else '<'}u{pixels.itemsize}").tobytes())
        return encapsulate([_whole_cells(frame, plan) for frame in cells])

    return assemble(plan, request.changes, pixels, spoil)


def _whole_cells(frame: NDArray[Any], plan: Plan) -> bytes:
    import imagecodecs  # here for a quick start of programs that encode nothing

    bits = plan.form.bits_allocated
    if plan.syntax.codec is Codec.JPEG_2000_REVERSIBLE:
        return bytes(
            imagecodecs.jpeg2k_encode(frame, codecformat="J2K", reversible=True, mct=False, bitspersample=bits)
        )
    predictor = 1 if plan.syntax.codec is Codec.JPEG_LOSSLESS_SV1 else LOSSLESS_PREDICTOR
    return bytes(imagecodecs.jpeg8_encode(frame, lossless=True, predictor=predictor, bitspersample=bits))


def _lossy_above_bits_stored(request: Request) -> Instance:
    """Build one whose lossy codestream has 16 bits and values just above the largest that Bits Stored can hold."""
    import imagecodecs  # here for a quick start of programs that encode nothing
    import numpy as np

    plan = planned(request)
    form = plan.form
    if plan.syntax.codec is not Codec.JPEG_2000_IRREVERSIBLE or form.colour or form.signed or form.bits_stored > 12:
        raise ValueError(f"recipe {request.recipe} needs up to 12 bits in grey and lossy JPEG 2000")
    white = form.maximum
    columns = np.arange(plan.columns) // 4 % 2
    pixels = np.where(columns, white + 8, white - 8).astype("<u2")
    pixels = np.broadcast_to(pixels, (plan.frames, plan.rows, plan.columns)).copy()
    frames = [
        bytes(imagecodecs.jpeg2k_encode(frame, 100, codecformat="J2K", reversible=False, mct=False, bitspersample=16))
        for frame in pixels
    ]
    made = assemble(plan, request.changes, np.minimum(pixels, white), lambda _: encapsulate(frames))
    return replace(made, pixels=pixels, max_error=4)


CONVERTED: Mapping[str, tuple[Callable[[Request], Instance], str]] = {
    "same_in_every_syntax": (
        _same_in_every_syntax,
        "Like smallest, with the same UIDs, values and pixels in every lossless transfer syntax.",
    ),
    "text_outside_its_character_set": (
        _text_outside_its_character_set,
        "Patient's Name is in Latin-1, where UTF-8 is declared.",
    ),
    "private_elements": (
        _private_elements,
        "Private elements of many VRs behind Pixel Data: numbers, words, a sequence, text in Latin-1.",
    ),
    "noise_above_bits_stored": (
        _noise_above_bits_stored,
        "The bits above Bits Stored of each cell are noise, also where the cells are compressed without loss.",
    ),
    "lossy_above_bits_stored": (
        _lossy_above_bits_stored,
        "A lossy codestream of JPEG 2000 with 16 bits, and values just above what Bits Stored can hold.",
    ),
}
"""Name -> what builds it, and what comes of it."""
