"""Our codec against pynetdicom's, both ways, for every PDU, item and message.

Where they differ, the difference is a test of its own that says who does what:
- pynetdicom reads AE titles and UIDs into values without trailing padding, as we do, and says reserved fields as zero
  whatever it read; we keep them;
- it writes C-CANCEL and other data-set-less messages as we do, but says 0001H, we 0000H, where a data set follows: any
  value but 0101H means that (PS3.7 E.1);
- it raises on an item it does not know, and says nothing of an even context ID; we tell a violation and keep the bytes.
"""

from __future__ import annotations

from io import BytesIO

import pytest
from pydicom.uid import UID
from pynetdicom import dimse_messages, dimse_primitives, pdu
from pynetdicom.dsutils import decode as decode_data_set

from dicom_wire import (
    MESSAGE_TYPES,
    PDU,
    PDV,
    AAbort,
    AAssociateAC,
    AAssociateRJ,
    AAssociateRQ,
    ApplicationContext,
    AReleaseRP,
    AReleaseRQ,
    AsynchronousOperationsWindow,
    CommandSet,
    ImplementationClassUID,
    ImplementationVersionName,
    MaximumLength,
    MessageType,
    PDataTF,
    PresentationContextAC,
    PresentationContextRQ,
    RoleSelection,
    SOPClassCommonExtendedNegotiation,
    SOPClassExtendedNegotiation,
    UnknownItem,
    UserIdentityAC,
    UserIdentityRQ,
    UserInformation,
    command_set,
    decode,
    decode_command,
    encode,
    encode_command,
)
from dicom_wire.command_elements import COMMAND_FIELDS

NAME = ApplicationContext("1.2.840.10008.3.1.1.1")
CT, VERIFICATION = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.1"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
WHO = (MaximumLength(16384), ImplementationClassUID("1.2.3"), ImplementationVersionName("VERSION_1"))
ASKED = (
    *WHO,
    AsynchronousOperationsWindow(3, 4),
    RoleSelection(CT, 1, 0),
    RoleSelection(VERIFICATION, 0, 1),
    SOPClassExtendedNegotiation(CT, b"\1\0\1\0"),
    SOPClassCommonExtendedNegotiation(CT, "1.2.840.10008.4.2", ("1.2.3", "1.2.34")),
    UserIdentityRQ(2, b"user", b"word", 1),
)
GRANTED = (*WHO, AsynchronousOperationsWindow(1, 1), RoleSelection(CT, 1, 0), UserIdentityAC(b"answer"))

PAIRS: list[tuple[PDU, type]] = [
    (
        AAssociateRQ(
            "CALLED",
            "CALLING",
            (
                NAME,
                PresentationContextRQ(1, VERIFICATION, (IMPLICIT,)),
                PresentationContextRQ(255, CT, (IMPLICIT, EXPLICIT)),
                UserInformation(ASKED),
            ),
        ),
        pdu.A_ASSOCIATE_RQ,
    ),
    (
        AAssociateAC(
            "CALLED",
            "CALLING",
            (
                NAME,
                PresentationContextAC(1, 0, IMPLICIT),
                PresentationContextAC(3, 3, IMPLICIT),
                PresentationContextAC(5, 4, IMPLICIT),
                UserInformation(GRANTED),
            ),
        ),
        pdu.A_ASSOCIATE_AC,
    ),
    (AAssociateRJ(1, 1, 7), pdu.A_ASSOCIATE_RJ),
    (AAssociateRJ(2, 3, 2), pdu.A_ASSOCIATE_RJ),
    (PDataTF((PDV(1, True, True, b"ab"), PDV(255, False, False, b"cdef"))), pdu.P_DATA_TF),
    (AReleaseRQ(), pdu.A_RELEASE_RQ),
    (AReleaseRP(), pdu.A_RELEASE_RP),
    (AAbort(0, 0), pdu.A_ABORT_RQ),
    (AAbort(2, 6), pdu.A_ABORT_RQ),
]


@pytest.mark.parametrize(("ours", "kind"), PAIRS, ids=lambda value: getattr(value, "NAME", ""))
def test_pynetdicom_says_again_what_we_said(ours: PDU, kind: type) -> None:
    raw = encode(ours)
    theirs = kind()
    theirs.decode(raw)
    assert theirs.encode() == raw
    assert decode(theirs.encode()).pdu == ours
    assert len(theirs) == len(raw)


def test_all_seven_pdus_are_compared() -> None:
    assert {ours.TYPE for ours, _ in PAIRS} == set(range(1, 8))


def test_an_association_request_means_the_same() -> None:
    ours, _ = PAIRS[0]
    assert isinstance(ours, AAssociateRQ)
    theirs = pdu.A_ASSOCIATE_RQ()
    theirs.decode(encode(ours))
    assert theirs.called_ae_title.strip() == ours.called_ae_title
    assert theirs.calling_ae_title.strip() == ours.calling_ae_title
    assert theirs.protocol_version == ours.protocol_version
    assert theirs.application_context_name == ours.application_context_name
    for their, our in zip(theirs.presentation_context, ours.presentation_contexts, strict=True):
        assert their.context_id == our.context_id
        assert their.abstract_syntax == our.abstract_syntax
        assert tuple(their.transfer_syntax) == our.transfer_syntaxes
    information = theirs.user_information
    assert information.maximum_length == ours.maximum_length
    assert information.implementation_class_uid == ours.implementation_class_uid
    assert information.implementation_version_name == ours.implementation_version_name
    window = ours.find(AsynchronousOperationsWindow)[0]
    assert information.async_ops_window.maximum_number_operations_invoked == window.invoked
    assert information.async_ops_window.maximum_number_operations_performed == window.performed
    for role in ours.find(RoleSelection):
        their_role = information.role_selection[UID(role.sop_class)]
        assert (their_role.scu_role, their_role.scp_role) == (role.scu, role.scp)
    (extended,) = ours.find(SOPClassExtendedNegotiation)
    assert information.ext_neg[0].app_info == extended.information
    (common,) = ours.find(SOPClassCommonExtendedNegotiation)
    (their_common,) = information.common_ext_neg
    assert their_common.service_class_uid == common.service_class
    assert tuple(their_common.related_general_sop_class_identification) == common.related_general_sop_classes
    (identity,) = ours.find(UserIdentityRQ)
    assert information.user_identity.primary_field == identity.primary_field
    assert information.user_identity.secondary_field == identity.secondary_field


def test_an_acceptance_means_the_same() -> None:
    ours, _ = PAIRS[1]
    assert isinstance(ours, AAssociateAC)
    theirs = pdu.A_ASSOCIATE_AC()
    theirs.decode(encode(ours))
    for their, our in zip(theirs.presentation_context, ours.presentation_contexts, strict=True):
        assert (their.context_id, their.result) == (our.context_id, our.result)
        if our.result == 0:
            assert their.transfer_syntax == our.transfer_syntax


def test_rejections_and_aborts_mean_the_same() -> None:
    theirs = pdu.A_ASSOCIATE_RJ()
    theirs.decode(encode(AAssociateRJ(2, 3, 1)))
    assert (theirs.result, theirs.source, theirs.reason_diagnostic) == (2, 3, 1)
    abort = pdu.A_ABORT_RQ()
    abort.decode(encode(AAbort(2, 5)))
    assert (abort.source, abort.reason_diagnostic) == (2, 5)


def test_pdvs_mean_the_same() -> None:
    theirs = pdu.P_DATA_TF()
    theirs.decode(encode(PDataTF((PDV(1, True, True, b"ab"), PDV(255, False, False, b"cdef")))))
    items = [(item.context_id, item.presentation_data_value) for item in theirs.presentation_data_value_items]
    assert items == [(1, b"\x03ab"), (255, b"\x00cdef")]


def test_difference_reserved_fields_are_kept_by_us_and_zeroed_by_pynetdicom() -> None:
    raw = b"\5\7\0\0\0\4\1\2\3\4"
    assert encode(decode(raw).pdu) == raw
    theirs = pdu.A_RELEASE_RQ()
    theirs.decode(raw)
    assert theirs.encode() == encode(AReleaseRQ())


def test_difference_an_even_context_id_is_told_by_us_only() -> None:
    raw = encode(AAssociateRQ("A", "B", (PresentationContextRQ(2, "1.2", (IMPLICIT,)),)))
    assert "context-id-even" in [each.name for each in decode(raw).violations]
    theirs = pdu.A_ASSOCIATE_RQ()
    theirs.decode(raw)
    assert theirs.encode() == raw


def test_difference_an_unknown_item_is_raised_by_pynetdicom_and_kept_by_us() -> None:
    raw = encode(AAssociateRQ("A", "B", (UnknownItem(0x2F, b"ab"),)))
    assert "item-unknown" in [each.name for each in decode(raw).violations]
    assert encode(decode(raw).pdu) == raw
    theirs = pdu.A_ASSOCIATE_RQ()
    with pytest.raises(KeyError):
        theirs.decode(raw)


VALUES = {"US": 7, "UL": 9, "UI": "1.2.840.1", "AE": "TITLE", "LO": "comment", "AT": (0x00100010, 0x00100020)}


@pytest.mark.parametrize("row", MESSAGE_TYPES, ids=lambda row: row.name)
def test_command_sets_mean_the_same(row: MessageType) -> None:
    keywords = dimse_messages._COMMAND_SET_KEYWORDS[row.name]
    vrs = {element.keyword: element.vr for element in COMMAND_FIELDS}
    values = {keyword: VALUES[vrs[keyword]] for keyword in keywords if not keyword.startswith("Command")}
    ours = command_set(row.name, **values)
    theirs = decode_data_set(BytesIO(encode_command(ours)), True, True)
    assert {element.keyword for element in theirs} == set(ours.keywords())
    for element in theirs:
        value = ours[element.keyword]
        assert (list(element.value) if element.VM > 1 else element.value) == (
            list(value) if isinstance(value, tuple) else value
        )
    assert theirs.CommandField == row.command_field


def their_command(primitive: object, kind: type, context_id: int) -> CommandSet:
    message = kind()
    message.primitive_to_message(primitive)
    (fragment, *_) = message.encode_msg(context_id, 16384)
    return decode_command(fragment.presentation_data_value_list[0][1][1:])[0]


def test_what_pynetdicom_commands_is_what_we_command() -> None:
    echo = dimse_primitives.C_ECHO()
    echo.MessageID, echo.AffectedSOPClassUID = 7, VERIFICATION
    theirs = their_command(echo, dimse_messages.C_ECHO_RQ, 1)
    assert theirs == command_set("C-ECHO-RQ", MessageID=7, AffectedSOPClassUID=VERIFICATION)
    cancel = dimse_primitives.C_CANCEL()
    cancel.MessageIDBeingRespondedTo = 7
    theirs = their_command(cancel, dimse_messages.C_CANCEL_RQ, 1)
    assert theirs == command_set("C-CANCEL-RQ", MessageIDBeingRespondedTo=7)


def test_difference_the_value_that_announces_a_data_set() -> None:
    store = dimse_primitives.C_STORE()
    store.MessageID, store.Priority, store.DataSet = 7, 2, BytesIO(b"\0\0")
    store.AffectedSOPClassUID, store.AffectedSOPInstanceUID = CT, "1.2.3"
    theirs = their_command(store, dimse_messages.C_STORE_RQ, 1)
    ours = command_set("C-STORE-RQ", MessageID=7, Priority=2, AffectedSOPClassUID=CT, AffectedSOPInstanceUID="1.2.3")
    assert (theirs["CommandDataSetType"], ours["CommandDataSetType"]) == (0x0001, 0x0000)
    assert theirs.changed(CommandDataSetType=0) == ours
