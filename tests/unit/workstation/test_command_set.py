"""Command sets are written as pynetdicom's own encoder writes them."""

from __future__ import annotations

from io import BytesIO

import pytest
from pynetdicom import dimse
from pynetdicom.dimse_messages import _COMMAND_SET_KEYWORDS, _DATASET_KEYWORDS
from pynetdicom.dsutils import encode

from dicom_workstation.network.upper_layer.command_set import encode_message

VALUES = {
    "AffectedSOPClassUID": "1.2.840.10008.5.1.4.1.1.7",
    "RequestedSOPClassUID": "1.2.840.10008.5.1.1.16",
    "AffectedSOPInstanceUID": "1.2.3.4",
    "RequestedSOPInstanceUID": "1.2.3.45",
    "MessageID": 7,
    "MessageIDBeingRespondedTo": 65535,
    "MoveDestination": "DEST",
    "MoveOriginatorApplicationEntityTitle": "ODD",
    "MoveOriginatorMessageID": 3,
    "Priority": 2,
    "Status": 0xA700,
    "OffendingElement": [0x00100010, 0x00080018],
    "ErrorComment": "café",
    "ErrorID": 9,
    "EventTypeID": 1,
    "ActionTypeID": 2,
    "AttributeIdentifierList": [0x20100010],
    "NumberOfRemainingSuboperations": 1,
    "NumberOfCompletedSuboperations": 0,
    "NumberOfFailedSuboperations": 3,
    "NumberOfWarningSuboperations": 4,
}
MESSAGES = [
    (primitive, kind) for kinds in (dimse._RQ_TO_MESSAGE, dimse._RSP_TO_MESSAGE) for primitive, kind in kinds.items()
]


@pytest.mark.parametrize(("primitive_type", "kind"), MESSAGES, ids=lambda each: each.__name__)
@pytest.mark.parametrize("with_all", [True, False], ids=["every parameter", "the least"])
def test_each_message_is_as_pynetdicom_writes_it(primitive_type, kind, with_all):
    primitive = primitive_type()
    least = {"MessageID", "MessageIDBeingRespondedTo", "Status"}
    for keyword in _COMMAND_SET_KEYWORDS[kind.__name__.replace("_", "-")]:
        if keyword in VALUES and (with_all or keyword in least):
            setattr(primitive, keyword, VALUES[keyword])
    data_set_keyword = _DATASET_KEYWORDS.get(kind.__name__)
    if with_all and data_set_keyword is not None:
        setattr(primitive, data_set_keyword, BytesIO(b"\x08\x00\x18\x00\x02\x00\x00\x001\x00"))

    message = kind()
    message.primitive_to_message(primitive)
    command, data_set = encode_message(primitive)

    assert command == encode(message.command_set, True, True)
    assert (data_set.getvalue() if data_set else b"") == (message.data_set.getvalue() if message.data_set else b"")
