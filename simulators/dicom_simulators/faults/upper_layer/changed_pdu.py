"""A PDU of association establishment about to be sent, changed field by field: what several faults have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dicom_simulators.faults.moment import ChangePDUAction
from dicom_wire import (
    AAssociateAC,
    AAssociateRQ,
    Item,
    MaximumLength,
    SubItem,
    UserInformation,
    decode,
    encode,
)

Associate = AAssociateRQ | AAssociateAC


def changing(change: Callable[[Associate], Associate]) -> ChangePDUAction:
    """Return the action that changes an A-ASSOCIATE-RQ or -AC; any other PDU goes out as it is."""

    def changed(raw: bytes) -> bytes:
        pdu = decode(raw).pdu
        return encode(change(pdu)) if isinstance(pdu, AAssociateRQ | AAssociateAC) else raw

    return ChangePDUAction(changed)


def with_maximum_length(pdu: Associate, length: int | None) -> Associate:
    """Announce another maximum length; None leaves the sub-item out."""
    items: list[Item] = []
    for item in pdu.items:
        if isinstance(item, UserInformation):
            kept: list[SubItem] = [sub for sub in item.sub_items if not isinstance(sub, MaximumLength)]
            announced: list[SubItem] = [] if length is None else [MaximumLength(length)]
            items.append(replace(item, sub_items=(*announced, *kept)))
        else:
            items.append(item)
    return replace(pdu, items=tuple(items))
