"""Bytes to PDUs (PS3.8 9.3).

Invariants: `decode` never raises on any bytes and loses none of them: what it returns encodes to the very
bytes it was given, except for UIDs that were padded (violation `uid-padding`) and bytes after the PDU's end (violation
`trailing-bytes`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from dicom_wire.item_reader import ACCEPTANCE_READERS, REQUEST_READERS, read_items
from dicom_wire.items import (
    ApplicationContext,
    Item,
    PresentationContextAC,
    PresentationContextRQ,
    UnknownItem,
    UserInformation,
)
from dicom_wire.pdu import (
    PDU,
    PDV,
    AAbort,
    AAssociateAC,
    AAssociateRJ,
    AAssociateRQ,
    AReleaseRP,
    AReleaseRQ,
    PDataTF,
    UnknownPDU,
)
from dicom_wire.violations import Violation, count_bytes, violation

PDU_HEADER_BYTES = 6
PDV_HEADER_BYTES = 6  # four of length, context ID, message control header
ASSOCIATE_FIXED_BYTES = 68

LONGEST_KEPT_BYTES = 32 * 1024
"""An A-ASSOCIATE-RQ or -AC up to this length is kept as it was read: whoever sends, relays and judges it reads it."""
_MOST_KEPT = 16

_HEADER = struct.Struct(">BBL")
_PDV = struct.Struct(">LBB")

# PS3.8 Table 9-21: which reasons each source may give
REJECTION_REASONS: dict[int, frozenset[int]] = {
    1: frozenset({1, 2, 3, 7}),
    2: frozenset({1, 2}),
    3: frozenset({1, 2}),
}
# PS3.8 Table 9-26: reasons of the service-provider
ABORT_REASONS = frozenset({0, 1, 2, 4, 5, 6})


@dataclass(frozen=True, slots=True)
class Decoded:
    """One PDU and what is wrong with it; offsets count from its type byte."""

    pdu: PDU
    violations: tuple[Violation, ...]


def decode(raw: bytes | bytearray | memoryview) -> Decoded:
    """Read one whole PDU. The PDVs of a P-DATA-TF given as a memoryview are views into it.

    Never raises. A PDU that is too short for its type, or of an unknown type, is an `UnknownPDU`.
    """
    if len(raw) <= LONGEST_KEPT_BYTES and raw[:1] in _KEPT_TYPES:
        return _decode_kept(bytes(raw))
    return _decode(raw)


def _decode(raw: bytes | bytearray | memoryview) -> Decoded:
    if len(raw) < PDU_HEADER_BYTES:
        found = violation("pdu-header-truncated", 0, f"{len(raw)} of {PDU_HEADER_BYTES} bytes")
        return Decoded(UnknownPDU(raw[0] if len(raw) else 0, header=bytes(raw)), (found,))
    kind, reserved, declared = _HEADER.unpack_from(raw)
    report: list[Violation] = []
    whole = bytes(raw) if isinstance(raw, bytearray) else raw
    body = whole[PDU_HEADER_BYTES : PDU_HEADER_BYTES + declared]
    length: int | None = None
    if len(body) < declared:
        report.append(violation("pdu-truncated", 2, f"length {declared}, {count_bytes(len(body))} present"))
        length = declared
    reader = _READERS.get(kind)
    pdu: PDU | None = None
    if kind == PDataTF.TYPE:
        pdu = _read_data(body, reserved, length, report)
    elif reader is None:
        report.append(violation("pdu-type-unknown", 0, f"PDU type {kind:02X}H"))
    else:
        pdu = reader(bytes(body), reserved, length, report)
        if pdu is None:
            report.append(violation("pdu-length", 2, f"PDU type {kind:02X}H of length {declared}"))
    if pdu is None:
        pdu = UnknownPDU(kind, bytes(body), reserved=reserved, length=length)
    end = PDU_HEADER_BYTES + declared
    if len(raw) > end:
        report.append(violation("trailing-bytes", end, f"{count_bytes(len(raw) - end)} after the PDU"))
    return Decoded(pdu, tuple(report))


_KEPT_TYPES = (bytes([AAssociateRQ.TYPE]), bytes([AAssociateAC.TYPE]))
_decode_kept = lru_cache(maxsize=_MOST_KEPT)(_decode)


def _read_request(body: bytes, reserved: int, length: int | None, report: list[Violation]) -> AAssociateRQ | None:
    if len(body) < ASSOCIATE_FIXED_BYTES:
        return None
    called, calling = body[4:20], body[20:36]
    for name, at, title in (("called", 10, called), ("calling", 26, calling)):
        _check_ae_title(f"{name} AE title", title, at, report)
    begins: list[int] = []
    items = read_items(body[68:], REQUEST_READERS, report, 74, begins)
    _check_items(items, begins, PresentationContextRQ, report)
    version = _protocol_version(body, report)
    return AAssociateRQ(
        _title(called), _title(calling), items, version, body[2:4], body[36:68], reserved=reserved, length=length
    )


def _read_acceptance(body: bytes, reserved: int, length: int | None, report: list[Violation]) -> AAssociateAC | None:
    if len(body) < ASSOCIATE_FIXED_BYTES:
        return None
    begins: list[int] = []
    items = read_items(body[68:], ACCEPTANCE_READERS, report, 74, begins)
    _check_items(items, begins, PresentationContextAC, report)
    version = _protocol_version(body, report)
    called, calling = _title(body[4:20]), _title(body[20:36])  # reserved: not tested (PS3.8 Table 9-17)
    return AAssociateAC(called, calling, items, version, body[2:4], body[36:68], reserved=reserved, length=length)


def _protocol_version(body: bytes, report: list[Violation]) -> int:
    version = body[0] << 8 | body[1]
    if not version & 1:  # PS3.8 9.3.2: version 1 is bit 0; only this bit is tested
        report.append(violation("protocol-version", 6, f"{version:04X}H"))
    return version


def _title(field: bytes) -> str:
    return field.decode("latin-1").rstrip(" ")


def _check_ae_title(name: str, field: bytes, offset: int, report: list[Violation]) -> None:
    """PS3.8 9.3.2: ISO 646 basic G0 set; PS3.5 6.2 (AE): no backslash, no control character, not only spaces."""
    if not field.strip(b" "):
        report.append(violation("ae-title-blank", offset, name))
    elif any(not 0x20 <= byte <= 0x7E or byte == 0x5C for byte in field):
        report.append(violation("ae-title-characters", offset, f"{name} {field!r}"))


def _check_items(
    items: tuple[Item, ...],
    begins: list[int],
    context: type[PresentationContextRQ] | type[PresentationContextAC],
    report: list[Violation],
) -> None:
    """Report missing and doubled items, even and doubled context IDs (PS3.8 9.3.2, 9.3.3)."""
    clause = "PS3.8 9.3.2" if context is PresentationContextRQ else "PS3.8 9.3.3"
    kinds: set[str] = set()
    ids: set[int] = set()
    highest = 0  # PS3.8 9.3.1: items come in increasing order of their types
    for item, at in zip(items, begins, strict=False):
        if isinstance(item, PresentationContextRQ | PresentationContextAC):
            if not item.context_id & 1:
                report.append(violation("context-id-even", at + 4, f"context ID {item.context_id}", f"{clause}.2"))
            if item.context_id in ids:
                report.append(violation("context-id-duplicate", at + 4, f"context ID {item.context_id}", f"{clause}.2"))
            ids.add(item.context_id)
        elif isinstance(item, ApplicationContext | UserInformation) and item.NAME in kinds:
            report.append(violation("item-duplicate", at, item.NAME, clause))
        kinds.add(item.NAME)
        number = item.type if isinstance(item, UnknownItem) else item.TYPE
        if number < highest:
            report.append(violation("item-order", at, f"item type {number:02X}H after {highest:02X}H"))
        highest = max(highest, number)
    for kind in (ApplicationContext, context, UserInformation):
        if kind.NAME not in kinds:
            report.append(violation("item-missing", PDU_HEADER_BYTES + ASSOCIATE_FIXED_BYTES, kind.NAME, clause))


def _read_rejection(body: bytes, reserved: int, length: int | None, report: list[Violation]) -> AAssociateRJ | None:
    if len(body) < 4:
        return None
    result, source, reason = body[1:4]
    if result not in (1, 2):
        report.append(violation("rejection-result", 7, f"result {result}"))
    if source not in REJECTION_REASONS:
        report.append(violation("rejection-source", 8, f"source {source}"))
    elif reason not in REJECTION_REASONS[source]:
        report.append(violation("rejection-reason", 9, f"source {source}, reason {reason}"))
    trailing = _trailing(body, report)
    return AAssociateRJ(result, source, reason, body[0], trailing, reserved=reserved, length=length)


def _trailing(body: bytes, report: list[Violation]) -> bytes:
    if len(body) > 4:
        report.append(violation("pdu-length", 2, f"length {len(body)}, must be 4"))
    return body[4:]


def _read_release_request(body: bytes, reserved: int, length: int | None, report: list[Violation]) -> AReleaseRQ | None:
    if len(body) < 4:
        return None
    return AReleaseRQ(body[:4], _trailing(body, report), reserved=reserved, length=length)


def _read_release_response(
    body: bytes, reserved: int, length: int | None, report: list[Violation]
) -> AReleaseRP | None:
    if len(body) < 4:
        return None
    return AReleaseRP(body[:4], _trailing(body, report), reserved=reserved, length=length)


def _read_abort(body: bytes, reserved: int, length: int | None, report: list[Violation]) -> AAbort | None:
    if len(body) < 4:
        return None
    source, reason = body[2:4]
    if source not in (0, 2):
        report.append(violation("abort-source", 8, f"source {source}"))
    elif source == 2 and reason not in ABORT_REASONS:  # of source 0 the reason is not significant
        report.append(violation("abort-reason", 9, f"reason {reason}"))
    return AAbort(source, reason, body[:2], _trailing(body, report), reserved=reserved, length=length)


def _read_data(body: bytes | memoryview, reserved: int, length: int | None, report: list[Violation]) -> PDataTF:
    """Read PDVs until the first that cannot be one; the rest is `trailing`."""
    pdvs: list[PDV] = []
    at, end = 0, len(body)
    while end - at >= PDV_HEADER_BYTES:
        declared, context_id, control = _PDV.unpack_from(body, at)
        if declared < 2:
            report.append(violation("pdv-length", 6 + at, f"PDV length {declared}"))
            break
        data = body[at + 6 : at + 4 + declared]
        override = None
        if len(data) + 2 != declared:
            report.append(
                violation("pdv-overflow", 6 + at, f"PDV length {declared}, {count_bytes(len(data) + 2)} left")
            )
            override = declared
        if len(data) % 2:
            report.append(violation("pdv-odd", 6 + at, f"fragment of {len(data)} bytes"))
        if not context_id & 1:
            report.append(violation("pdv-context-id-even", 10 + at, f"context ID {context_id}"))
        if control & 0xFC:
            report.append(violation("pdv-reserved-bits", 11 + at, f"message control header {control:02X}H"))
        is_command, is_last = bool(control & 1), bool(control & 2)
        pdvs.append(PDV(context_id, is_command, is_last, data, reserved_bits=control & 0xFC, length=override))
        at += PDV_HEADER_BYTES + len(data)
    else:
        if at < end:
            report.append(violation("pdv-header-truncated", 6 + at, f"{count_bytes(end - at)} left"))
    if not pdvs and at == end:
        report.append(violation("pdv-missing", 2, "no presentation data value"))
    trailing = body[at:] if at < end else b""  # an empty view would keep all bytes
    return PDataTF(tuple(pdvs), trailing, reserved=reserved, length=length)


_Reader: TypeAlias = Callable[[bytes, int, int | None, list[Violation]], PDU | None]
_READERS: dict[int, _Reader] = {
    AAssociateRQ.TYPE: _read_request,
    AAssociateAC.TYPE: _read_acceptance,
    AAssociateRJ.TYPE: _read_rejection,
    AReleaseRQ.TYPE: _read_release_request,
    AReleaseRP.TYPE: _read_release_response,
    AAbort.TYPE: _read_abort,
}
