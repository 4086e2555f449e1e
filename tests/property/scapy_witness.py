"""Scapy's DICOM layer as a process of its own: a line of JSON in, a line of JSON out.

`{"read": hex}` gives the description of a PDU, `{"write": description}` its bytes, `{"read_command": hex, "message":
name}` and `{"write_command": {...}, "message": name}` the same of a command set, `{"usual": {}}` the A-ASSOCIATE-RQ
that scapy makes of its defaults. A description names types by their numbers and keeps bytes as hex digits.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from scapy.contrib import dicom
from scapy.packet import Packet

GROUP_LENGTH_BYTES = 12
CONTEXTS = {0x20: dicom.DICOMPresentationContextRQ, 0x21: dicom.DICOMPresentationContextAC}
NAMES = {
    0x10: (dicom.DICOMApplicationContext, "uid"),
    0x30: (dicom.DICOMAbstractSyntax, "uid"),
    0x40: (dicom.DICOMTransferSyntax, "uid"),
    0x52: (dicom.DICOMImplementationClassUID, "uid"),
    0x55: (dicom.DICOMImplementationVersionName, "name"),
}
NUMBERS = {
    0x51: (dicom.DICOMMaximumLength, {"max_pdu_length": "length"}),
    0x53: (dicom.DICOMAsyncOperationsWindow, {"max_ops_invoked": "invoked", "max_ops_performed": "performed"}),
    0x54: (
        dicom.DICOMSCPSCURoleSelection,
        {"sop_class_uid": "sop_class", "scu_role": "scu", "scp_role": "scp"},
    ),
    0x56: (
        dicom.DICOMSOPClassExtendedNegotiation,
        {"sop_class_uid": "sop_class", "service_class_application_information": "information"},
    ),
    0x57: (
        dicom.DICOMSOPClassCommonExtendedNegotiation,
        {"sop_class_uid": "sop_class", "service_class_uid": "service_class", "related_sop_class_uids": "related"},
    ),
    0x58: (
        dicom.DICOMUserIdentity,
        {
            "user_identity_type": "kind",
            "positive_response_requested": "wanted",
            "primary_field": "primary",
            "secondary_field": "secondary",
        },
    ),
    0x59: (dicom.DICOMUserIdentityResponse, {"server_response": "response"}),
}
ASSOCIATE = {1: dicom.A_ASSOCIATE_RQ, 2: dicom.A_ASSOCIATE_AC}
PLAIN = {
    3: (dicom.A_ASSOCIATE_RJ, {"result": "result", "source": "source", "reason_diag": "reason"}),
    5: (dicom.A_RELEASE_RQ, {}),
    6: (dicom.A_RELEASE_RP, {}),
    7: (dicom.A_ABORT, {"source": "source", "reason_diag": "reason"}),
}
PDV = {"context_id": "context_id", "is_command": "is_command", "is_last": "is_last", "data": "data"}


def shown(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def taken(value: Any) -> Any:
    return bytes.fromhex(value) if isinstance(value, str) else value


def values(packet: Packet, names: dict[str, str]) -> dict[str, Any]:
    return {ours: shown(packet.getfieldval(theirs)) for theirs, ours in names.items()}


def packed(kind: Any, names: dict[str, str], described: dict[str, Any]) -> Packet:
    return kind(**{theirs: taken(described[ours]) for theirs, ours in names.items() if described[ours] is not None})


def read_item(item: Packet) -> dict[str, Any]:
    found: dict[str, Any] = {"type": item.item_type}
    content = item.payload
    if item.item_type in CONTEXTS:
        found["context_id"] = content.context_id
        if item.item_type == 0x21:
            found["result"] = content.result
    if item.item_type in CONTEXTS or item.item_type == 0x50:
        found["items"] = [read_item(each) for each in content.sub_items]
    elif item.item_type in NAMES:
        found["name"] = shown(content.getfieldval(NAMES[item.item_type][1]))
    elif item.item_type in NUMBERS:
        found |= values(content, NUMBERS[item.item_type][1])
    else:
        found["data"] = shown(bytes(content))
    return found


def write_item(described: dict[str, Any]) -> Packet:
    kind = described["type"]
    head = dicom.DICOMVariableItem(item_type=kind)
    if kind in CONTEXTS or kind == 0x50:
        fields = {key: described[key] for key in ("context_id", "result") if key in described}
        within = CONTEXTS.get(kind, dicom.DICOMUserInformation)
        return head / within(sub_items=[write_item(each) for each in described["items"]], **fields)
    if kind in NAMES:
        made, field = NAMES[kind]
        return head / made(**{field: taken(described["name"])})
    if kind in NUMBERS:
        return head / packed(*NUMBERS[kind], described)
    return head / dicom.DICOMGenericItem(data=taken(described["data"]))


def read(raw: bytes) -> dict[str, Any]:
    whole = dicom.DICOM(raw)
    content = whole.payload
    found: dict[str, Any] = {"type": whole.pdu_type}
    if whole.pdu_type in ASSOCIATE:
        found |= values(content, {"protocol_version": "version", "called_ae_title": "called"})
        found["calling"] = shown(content.calling_ae_title)
        found["items"] = [read_item(each) for each in content.variable_items]
    elif whole.pdu_type == 4:
        found["pdvs"] = [values(each, PDV) for each in content.pdv_items]
    else:
        found |= values(content, PLAIN[whole.pdu_type][1])
    return found


def write(described: dict[str, Any]) -> bytes:
    kind = described["type"]
    head = dicom.DICOM(pdu_type=kind)
    if kind in ASSOCIATE:
        names = {"protocol_version": "version", "called_ae_title": "called", "calling_ae_title": "calling"}
        content = packed(ASSOCIATE[kind], names, described)
        content.variable_items = [write_item(each) for each in described["items"]]
    elif kind == 4:
        pdvs = [packed(dicom.PresentationDataValueItem, PDV, each) for each in described["pdvs"]]
        content = dicom.P_DATA_TF(pdv_items=pdvs)
    else:
        content = packed(*PLAIN[kind], described)
    return bytes(head / content)


def command_class(message: str) -> Any:
    return getattr(dicom, message.replace("-", "_"))


def read_command(raw: bytes, message: str) -> dict[str, Any]:
    packet = command_class(message)(raw[GROUP_LENGTH_BYTES:])
    found = {f"{field.tag_elem:04x}": shown(packet.getfieldval(field.name)) for field in packet.fields_desc}
    return {**found, "rest": shown(bytes(packet.payload))}


def write_command(elements: dict[str, Any], message: str) -> bytes:
    kind = command_class(message)
    named = {f"{field.tag_elem:04x}": field.name for field in kind.fields_desc}
    return bytes(kind(**{named[element]: taken(value) for element, value in elements.items()}))


def usual() -> bytes:
    context = dicom.build_presentation_context_rq(
        1, dicom.VERIFICATION_SOP_CLASS_UID, [dicom.DEFAULT_TRANSFER_SYNTAX_UID]
    )
    items = [dicom.DICOMVariableItem() / dicom.DICOMApplicationContext(), context, dicom.build_user_information()]
    request = dicom.A_ASSOCIATE_RQ(called_ae_title="A", calling_ae_title="B", variable_items=items)
    return bytes(dicom.DICOM() / request)


def answer(asked: dict[str, Any]) -> Any:
    if "read" in asked:
        return read(bytes.fromhex(asked["read"]))
    if "write" in asked:
        return write(asked["write"]).hex()
    if "read_command" in asked:
        return read_command(bytes.fromhex(asked["read_command"]), asked["message"])
    if "write_command" in asked:
        return write_command(asked["write_command"], asked["message"]).hex()
    return usual().hex()


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
