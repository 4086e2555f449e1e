"""Data sets that no honest modality sends, to see what becomes of a receiver.

Invariants: each begins as a valid instance and breaks one thing; none is large itself.

References
----------
PS3.5 6.2 (value representations), 7.1 to 7.5 (structure), 9.1 (UIDs), A.4 (encapsulated Pixel Data), A.5 (deflated).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dicom_simulators.data_sets.assembly import Request, assemble, drawn, planned
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.data_sets.plan import Plan

DEPTH = 5000
INFLATED_BYTES = 1 << 26
_DIGITAL_SIGNATURES_SEQUENCE = (0xFFFA, 0xFFFA)
_TRAILING_PADDING = (0xFFFC, 0xFFFC)
_UNDEFINED = 0xFFFFFFFF
_BOMB_EDGE = 65500


def _valid(request: Request, **changes: Any) -> Instance:
    plan = planned(request)
    pixels = None if plan.sop_class.native is None else drawn(plan)
    return assemble(plan, {**request.changes, **changes}, pixels)


def _renamed(uid: str) -> Callable[[Request], Instance]:
    """Build one whose SOP Instance UID is not one, in data set and command alike."""
    return lambda request: replace(_valid(request, SOPInstanceUID=uid), SOPInstanceUID=uid)


def _empty_uid(request: Request) -> Instance:
    """Build one whose data set has an empty SOP Instance UID; the command has a right one."""
    return replace(_valid(request, SOPInstanceUID=""), SOPInstanceUID=planned(request).SOPInstanceUID)


def _overlong_value(request: Request) -> Instance:
    return _valid(request, PatientName="A" * 60_000)


def _header(plan: Plan, tag: tuple[int, int], vr: bytes, length: int) -> bytes:
    """Encode the header of an element with a 32-bit length."""
    order = ">" if plan.syntax.big_endian else "<"
    if plan.syntax.implicit_vr:
        return struct.pack(order + "HHI", *tag, length)
    return struct.pack(order + "HH2sHI", *tag, vr, 0, length)


def _item(plan: Plan, length: int) -> bytes:
    return struct.pack((">" if plan.syntax.big_endian else "<") + "HHI", 0xFFFE, 0xE000, length)


def _followed(request: Request, tail: Callable[[Plan], bytes]) -> Instance:
    instance = _valid(request)
    return replace(instance, data_set=instance.data_set + tail(planned(request)))


def _nested_without_end(request: Request) -> Instance:
    def opened(plan: Plan) -> bytes:
        return (_header(plan, _DIGITAL_SIGNATURES_SEQUENCE, b"SQ", _UNDEFINED) + _item(plan, _UNDEFINED)) * DEPTH

    return _followed(request, opened)


def _nested_too_deep(request: Request) -> Instance:
    def nested(plan: Plan) -> bytes:
        inner = b""
        for _ in range(DEPTH):
            items = _item(plan, len(inner)) + inner
            inner = _header(plan, _DIGITAL_SIGNATURES_SEQUENCE, b"SQ", len(items)) + items
        return inner

    return _followed(request, nested)


def _length_beyond_end(request: Request) -> Instance:
    return _followed(request, lambda plan: _header(plan, _TRAILING_PADDING, b"OB", 0x7FFFFFF0) + bytes(16))


def _group_length_lies(request: Request) -> Instance:
    plan, instance = planned(request), _valid(request)
    order = ">" if plan.syntax.big_endian else "<"
    short = b"" if plan.syntax.implicit_vr else struct.pack(order + "2sH", b"UL", 4)
    head = struct.pack(order + "HH", 8, 0) + (short or struct.pack(order + "I", 4))
    return replace(instance, data_set=head + struct.pack(order + "I", 0x7FFFFFF0) + instance.data_set)


def _unknown_vr(request: Request) -> Instance:
    """Build one with a private element of an unknown VR; in Implicit VR it has none, and is valid."""
    return _followed(request, lambda plan: _header(plan, (0x7FE3, 0x1001), b"ZZ", 4) + b"ABCD")


def _deflate_bomb(request: Request) -> Instance:
    """Build one that is deflated, whatever its transfer syntax, and becomes a thousand times as large."""
    instance, plan = _valid(request), planned(request)
    tail = _header(plan, _TRAILING_PADDING, b"OB", INFLATED_BYTES) + bytes(INFLATED_BYTES)
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)  # PS3.5 A.5: without a header
    raw = deflater.compress(instance.data_set + tail) + deflater.flush()
    return replace(instance, data_set=raw + b"\0" * (len(raw) % 2))


def _codestream_bomb(request: Request) -> Instance:
    """Build one whose first codestream says that it has 65500 x 65500 pixels, in JPEG or JPEG 2000."""
    instance = _valid(request)
    raw = bytearray(instance.data_set)
    at = raw.find(b"\xff\x4f\xff\x51")
    if at >= 0:
        struct.pack_into(">2I", raw, at + 8, _BOMB_EDGE, _BOMB_EDGE)
        return replace(instance, data_set=bytes(raw))
    at = raw.find(b"\xff\xd8\xff")
    if at < 0:
        raise ValueError(f"recipe codestream_bomb needs JPEG or JPEG 2000, not {request.transfer_syntax!r}")
    at += 2
    while raw[at + 1] not in (0xC0, 0xC1, 0xC2, 0xC3):
        at += 2 + int(struct.unpack_from(">H", raw, at + 2)[0])
    struct.pack_into(">2H", raw, at + 5, _BOMB_EDGE, _BOMB_EDGE)
    return replace(instance, data_set=bytes(raw))


HOSTILE: dict[str, tuple[Callable[[Request], Instance], str]] = {
    "uid_as_path": (_renamed("../../../../tmp/escaped"), "The SOP Instance UID is a path."),
    "odd_uid": (_renamed("1.2..3.04"), "The SOP Instance UID has an empty component, and one that begins with 0."),
    "empty_uid": (_empty_uid, "The data set has an empty SOP Instance UID."),
    "overlong_value": (_overlong_value, "Patient's Name has 60000 characters."),
    "nested_without_end": (
        _nested_without_end,
        "5000 nested sequences of undefined length, none closed.",
    ),
    "nested_too_deep": (_nested_too_deep, "5000 nested sequences of explicit length."),
    "length_beyond_end": (_length_beyond_end, "The last element declares two gigabytes."),
    "group_length_lies": (_group_length_lies, "Group Length of group 0008 declares two gigabytes."),
    "unknown_vr": (_unknown_vr, "A private element has an unknown VR."),
    "deflate_bomb": (_deflate_bomb, "The data set is deflated and would inflate to 64 MiB."),
    "codestream_bomb": (_codestream_bomb, "A small codestream declares 65500 x 65500 pixels."),
}
"""Recipes by name: what makes it, and what is wrong with it."""
