"""PDUs to bytes and back (PS3.8 9.3).

Invariants: `encode` encodes what it is given, valid or not; only a value that its field cannot hold is refused.
PDUs are read by `pdu_reader` (one) and `stream` (many), which are re-exported here.
"""

from __future__ import annotations

import struct

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
from dicom_wire.pdu_reader import Decoded, decode
from dicom_wire.stream import PDUStream, Received
from dicom_wire.violations import Violation

__all__ = ["Decoded", "PDUStream", "Received", "Violation", "decode", "encode"]

AE_TITLE_BYTES = 16

_HEADER = struct.Struct(">BBL")
_PDV = struct.Struct(">LBB")


def encode(pdu: PDU) -> bytes:
    """Return the bytes of a PDU.

    Raises
    ------
    ValueError
        A value does not fit the width of its field (an AE title of 17 bytes, a context ID of 256 ...).
    """
    try:
        kind, body = _body(pdu)
        if isinstance(pdu, UnknownPDU) and pdu.header is not None:
            return pdu.header + body
        return _HEADER.pack(kind, pdu.reserved, len(body) if pdu.length is None else pdu.length) + body
    except (struct.error, OverflowError) as error:
        raise ValueError(f"{pdu.NAME}: a value does not fit its field: {error}") from error


def _body(pdu: PDU) -> tuple[int, bytes]:
    match pdu:
        case PDataTF():
            return pdu.TYPE, b"".join([*map(_pdv, pdu.pdvs), pdu.trailing])
        case AAssociateRQ() | AAssociateAC():
            return pdu.TYPE, _associate(pdu)
        case AAssociateRJ():
            return pdu.TYPE, bytes((pdu.reserved_7, pdu.result, pdu.source, pdu.reason)) + pdu.trailing
        case AReleaseRQ() | AReleaseRP():
            return pdu.TYPE, pdu.reserved_7_10 + pdu.trailing
        case AAbort():
            return pdu.TYPE, pdu.reserved_7_8 + bytes((pdu.source, pdu.reason)) + pdu.trailing
        case UnknownPDU():
            return pdu.type, pdu.data


def _pdv(pdv: PDV) -> bytes:
    length = len(pdv.data) + 2 if pdv.length is None else pdv.length
    return b"".join((_PDV.pack(length, pdv.context_id, pdv.control_header), pdv.data))


def _associate(pdu: AAssociateRQ | AAssociateAC) -> bytes:
    fixed = (
        pdu.protocol_version.to_bytes(2, "big"),
        pdu.reserved_9_10,
        _ae_title(pdu.called_ae_title),
        _ae_title(pdu.calling_ae_title),
        pdu.reserved_43_74,
    )
    return b"".join([*fixed, *[item.encode() for item in pdu.items]])


def _ae_title(title: str) -> bytes:
    field = title.encode("latin-1").ljust(AE_TITLE_BYTES)
    if len(field) != AE_TITLE_BYTES:
        raise ValueError(f"AE title of {len(field)} bytes in a field of {AE_TITLE_BYTES}: {title!r}")
    return field
