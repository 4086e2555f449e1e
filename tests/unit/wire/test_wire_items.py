"""Each item and sub-item against bytes written by hand from PS3.8 9.3 and PS3.7 D.3.3."""

from __future__ import annotations

import pytest

from dicom_wire import (
    AAssociateAC,
    AAssociateRQ,
    AbstractSyntax,
    ApplicationContext,
    AsynchronousOperationsWindow,
    ImplementationClassUID,
    ImplementationVersionName,
    MaximumLength,
    PresentationContextAC,
    PresentationContextRQ,
    RoleSelection,
    SOPClassCommonExtendedNegotiation,
    SOPClassExtendedNegotiation,
    SubItem,
    TransferSyntax,
    UnknownItem,
    UserIdentityAC,
    UserIdentityRQ,
    UserInformation,
    decode,
    encode,
)

BOTH = (AAssociateRQ, AAssociateAC)

SUB_ITEMS: list[tuple[SubItem, str, tuple[type, ...]]] = [
    (MaximumLength(0x00010000), "51 00 0004 00010000", BOTH),
    (ImplementationClassUID("1.2.3"), "52 00 0005 312e322e33", BOTH),
    (AsynchronousOperationsWindow(5, 0), "53 00 0004 0005 0000", BOTH),
    (RoleSelection("1.2", 1, 0), "54 00 0007 0003 312e32 01 00", BOTH),
    (ImplementationVersionName("AB"), "55 00 0002 4142", BOTH),
    (SOPClassExtendedNegotiation("1.2", b"\1\0"), "56 00 0007 0003 312e32 0100", BOTH),
    (
        SOPClassCommonExtendedNegotiation("1.2", "1.3", ("1.4", "1.5")),
        "57 00 0016 0003 312e32 0003 312e33 000a 0003 312e34 0003 312e35",
        (AAssociateRQ,),
    ),
    (UserIdentityRQ(2, b"me", b"pw", 1), "58 00 000a 02 01 0002 6d65 0002 7077", (AAssociateRQ,)),
    (UserIdentityAC(b"ok"), "59 00 0004 0002 6f6b", (AAssociateAC,)),
    (UnknownItem(0x5A, b"ab"), "5a 00 0002 6162", BOTH),
]


@pytest.mark.parametrize(("sub_item", "raw", "where"), SUB_ITEMS)
def test_sub_items_are_the_bytes_of_their_tables(sub_item: SubItem, raw: str, where: tuple[type, ...]) -> None:
    assert sub_item.encode() == bytes.fromhex(raw)
    for kind in where:
        pdu = decode(encode(kind("A", "B", (UserInformation((sub_item,)),)))).pdu
        assert isinstance(pdu, AAssociateRQ | AAssociateAC)
        assert pdu.user_information == (sub_item,)


def test_every_sub_item_of_the_standard_is_here() -> None:
    assert {bytes.fromhex(raw)[0] for _, raw, _ in SUB_ITEMS} == set(range(0x51, 0x5B))


@pytest.mark.parametrize(
    ("item", "raw"),
    [
        (ApplicationContext("1.2"), "10 00 0003 312e32"),
        (AbstractSyntax("1.2"), "30 00 0003 312e32"),
        (TransferSyntax("1.2"), "40 00 0003 312e32"),
        (PresentationContextRQ(1, "1.2", ("1.3",)), "20 00 0012 01 000000 30 00 0003 312e32 40 00 0003 312e33"),
        (PresentationContextAC(1, 3, "1.3"), "21 00 000b 01 00 03 00 40 00 0003 312e33"),
        (PresentationContextAC(1, 3, None), "21 00 0004 01 00 03 00"),
        (PresentationContextAC(1, 0, None, (), b"\7\10"), "21 00 0004 01 07 00 08"),
    ],
)
def test_items_are_the_bytes_of_their_tables(item: ApplicationContext, raw: str) -> None:
    assert item.encode() == bytes.fromhex(raw)


def test_a_length_may_lie() -> None:
    assert MaximumLength(1, length=9, reserved=7).encode() == bytes.fromhex("51 07 0009 00000001")
    assert UnknownItem(1, b"x", length=0).encode() == bytes.fromhex("01 00 0000 78")


def test_any_header_may_be_said() -> None:
    assert UnknownItem(1, b"x", header=b"\xff").encode() == b"\xffx"


def test_a_context_may_hold_any_sub_items() -> None:
    said = (TransferSyntax("1.3"), UnknownItem(0x31, b"?"), AbstractSyntax("1.2"), AbstractSyntax("1.4"))
    pdu = AAssociateRQ("A", "B", (PresentationContextRQ(1, None, (), said),))
    decoded = decode(encode(pdu))
    assert isinstance(decoded.pdu, AAssociateRQ)
    context = decoded.pdu.presentation_contexts[0]
    assert context.sub_items == said
    assert (context.abstract_syntax, context.transfer_syntaxes) == ("1.2", ("1.3",))
    assert {"item-unknown", "item-duplicate"} <= {each.name for each in decoded.violations}


def test_the_cache_keeps_offsets_apart() -> None:
    bad = PresentationContextRQ(1, "1.x", ("1.3",))
    pdu = AAssociateRQ("A", "B", (bad, PresentationContextRQ(3, "1.x", ("1.3",))))
    offsets = [each.offset for each in decode(encode(pdu)).violations if each.name == "uid-syntax"]
    assert offsets == [74 + 12, 74 + 22 + 12]
