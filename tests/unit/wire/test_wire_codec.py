"""Each PDU against bytes written by hand from the tables of PS3.8 9.3, and each violation against what causes it."""

from __future__ import annotations

import timeit

import pytest

from dicom_wire import (
    CLAUSES,
    PDU,
    PDV,
    AAbort,
    AAssociateAC,
    AAssociateRJ,
    AAssociateRQ,
    ApplicationContext,
    AReleaseRP,
    AReleaseRQ,
    ImplementationClassUID,
    ImplementationVersionName,
    Item,
    MaximumLength,
    PDataTF,
    PresentationContextAC,
    PresentationContextRQ,
    RoleSelection,
    SubItem,
    TransferSyntax,
    UnknownItem,
    UnknownPDU,
    UserIdentityRQ,
    UserInformation,
    decode,
    encode,
)

VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT = "1.2.840.10008.1.2"
CONTEXT_NAME = ApplicationContext("1.2.840.10008.3.1.1.1")
WHO = UserInformation((MaximumLength(16384), ImplementationClassUID("1.2.3"), ImplementationVersionName("V1")))
ECHO = PresentationContextRQ(1, VERIFICATION, (IMPLICIT,))
ECHO_ACCEPTED = PresentationContextAC(1, 0, IMPLICIT)


def request(*items: Item, **fields: object) -> AAssociateRQ:
    return AAssociateRQ("CALLED", "CALLING", items or (CONTEXT_NAME, ECHO, WHO), **fields)


def accept(*items: Item) -> AAssociateAC:
    return AAssociateAC("CALLED", "CALLING", items or (CONTEXT_NAME, ECHO_ACCEPTED, WHO))


def violations(pdu: PDU | bytes) -> list[str]:
    return [each.name for each in decode(pdu if isinstance(pdu, bytes) else encode(pdu)).violations]


def item(kind: str, data: bytes) -> bytes:
    return bytes.fromhex(kind) + b"\0" + len(data).to_bytes(2, "big") + data


USER_INFORMATION = item("50", item("51", bytes.fromhex("00004000")) + item("52", b"1.2.3") + item("55", b"V1"))
FIXED = b"\0\1\0\0" + b"CALLED          " + b"CALLING         " + bytes(32)


def test_association_request_is_the_bytes_of_table_9_11() -> None:
    syntaxes = item("30", VERIFICATION.encode()) + item("40", IMPLICIT.encode())
    context = item("20", b"\1\0\0\0" + syntaxes)
    body = FIXED + item("10", b"1.2.840.10008.3.1.1.1") + context + USER_INFORMATION
    raw = b"\1\0" + len(body).to_bytes(4, "big") + body
    assert encode(request()) == raw
    assert decode(raw).pdu == request()
    assert decode(raw).violations == ()


def test_association_acceptance_is_the_bytes_of_table_9_17() -> None:
    context = item("21", b"\1\0\0\0" + item("40", IMPLICIT.encode()))
    body = FIXED + item("10", b"1.2.840.10008.3.1.1.1") + context + USER_INFORMATION
    raw = b"\2\0" + len(body).to_bytes(4, "big") + body
    assert encode(accept()) == raw
    assert decode(raw).pdu == accept()
    assert decode(raw).violations == ()


@pytest.mark.parametrize(
    ("pdu", "raw"),
    [
        (AAssociateRJ(1, 1, 7), "03 00 00000004 00 01 01 07"),
        (AReleaseRQ(), "05 00 00000004 00000000"),
        (AReleaseRP(), "06 00 00000004 00000000"),
        (AAbort(2, 6), "07 00 00000004 0000 02 06"),
        (AAbort(0, 9), "07 00 00000004 0000 00 09"),  # of the service-user, the reason is not significant
        (PDataTF((PDV(3, True, False, b"ab"),)), "04 00 00000008 00000004 03 01 6162"),
        (
            PDataTF((PDV(3, True, True, b"ab"), PDV(3, False, True, b"cdef"))),
            "04 00 00000012 00000004 03 03 6162 00000006 03 02 63646566",
        ),
    ],
)
def test_short_pdus_are_the_bytes_of_their_tables(pdu: PDU, raw: str) -> None:
    assert encode(pdu) == bytes.fromhex(raw)
    decoded = decode(bytes.fromhex(raw))
    assert decoded.pdu == pdu
    assert decoded.violations == ()


def test_what_an_association_request_says_has_names() -> None:
    pdu = decode(encode(request())).pdu
    assert isinstance(pdu, AAssociateRQ)
    assert (pdu.called_ae_title, pdu.calling_ae_title) == ("CALLED", "CALLING")
    assert pdu.application_context_name == "1.2.840.10008.3.1.1.1"
    assert pdu.presentation_contexts == (ECHO,)
    assert pdu.maximum_length == 16384
    assert pdu.implementation_class_uid == "1.2.3"
    assert pdu.implementation_version_name == "V1"
    assert pdu.find(MaximumLength) == (MaximumLength(16384),)
    assert pdu.find(RoleSelection) == ()


def test_what_is_not_said_is_none() -> None:
    pdu = AAssociateRQ("A", "B", ())
    assert pdu.application_context_name is None
    assert pdu.maximum_length is None
    assert pdu.implementation_class_uid is None
    assert pdu.implementation_version_name is None
    assert pdu.user_information == ()


def test_reserved_fields_are_not_tested_but_kept() -> None:
    pdu = request(reserved=255, reserved_9_10=b"\7\7", reserved_43_74=bytes(range(32)))
    decoded = decode(encode(pdu))
    assert decoded.pdu == pdu
    assert decoded.violations == ()


def sub(*items: SubItem) -> PDU:
    return request(CONTEXT_NAME, ECHO, UserInformation((*WHO.sub_items, *items)))


def raw_sub(kind: int, data: bytes) -> PDU:
    return sub(UnknownItem(kind, data))


SYNTAX_TWICE = (TransferSyntax(IMPLICIT), TransferSyntax(IMPLICIT))

CASES: dict[str, tuple[PDU | bytes, str]] = {
    "nothing": (b"", "pdu-header-truncated"),
    "cut header": (b"\1\0\0", "pdu-header-truncated"),
    "type 8": (UnknownPDU(8, b"1234"), "pdu-type-unknown"),
    "type 0": (UnknownPDU(0), "pdu-type-unknown"),
    "cut body": (encode(AReleaseRQ())[:-1], "pdu-truncated"),
    "length too large": (AReleaseRQ(length=9), "pdu-truncated"),
    "release of 5": (AReleaseRQ(trailing=b"x"), "pdu-length"),
    "release of 3": (b"\5\0\0\0\0\3abc", "pdu-length"),
    "request of 67": (b"\1\0\0\0\0\x43" + bytes(67), "pdu-length"),
    "acceptance of 67": (b"\2\0\0\0\0\x43" + bytes(67), "pdu-length"),
    "after the end": (encode(AReleaseRQ()) + b"x", "trailing-bytes"),
    "version 2": (request(protocol_version=2), "protocol-version"),
    "no called title": (AAssociateRQ("", "B", request().items), "ae-title-blank"),
    "backslash": (AAssociateRQ("A\\", "B", request().items), "ae-title-characters"),
    "latin": (AAssociateRQ("A", "\xe9", request().items), "ae-title-characters"),
    "cut item": (request(CONTEXT_NAME, ECHO, WHO, UnknownItem(0x50, header=b"\x50\0")), "item-header-truncated"),
    "item too long": (request(CONTEXT_NAME, ECHO, UserInformation(WHO.sub_items, length=999)), "item-overflow"),
    "max length of 3": (raw_sub(0x51, b"abc"), "item-length"),
    "window of 5": (raw_sub(0x53, b"abcde"), "item-length"),
    "role too short": (raw_sub(0x54, b"\0\5"), "item-length"),
    "role too long": (raw_sub(0x54, b"\0\0\0\0\0"), "item-length"),
    "extended too short": (raw_sub(0x56, b"\0"), "item-length"),
    "common too short": (raw_sub(0x57, b"\0\0\0\0\0"), "item-length"),
    "common, related cut": (raw_sub(0x57, b"\0\0\0\0\0\1a"), "item-length"),
    "identity too short": (raw_sub(0x58, b"\1\0\0\0\0"), "item-length"),
    "context of 3": (request(CONTEXT_NAME, ECHO, UnknownItem(0x20, b"abc"), WHO), "item-length"),
    "answered context of 3": (accept(CONTEXT_NAME, ECHO_ACCEPTED, UnknownItem(0x21, b"abc"), WHO), "item-length"),
    "unknown item": (request(CONTEXT_NAME, ECHO, WHO, UnknownItem(0x60)), "item-unknown"),
    "unknown sub-item": (raw_sub(0x5A, b""), "item-unknown"),
    "answer in a request": (request(CONTEXT_NAME, ECHO, ECHO_ACCEPTED, WHO), "item-misplaced"),
    "identity answer in a request": (raw_sub(0x59, b"\0\0"), "item-misplaced"),
    "order": (request(CONTEXT_NAME, WHO, ECHO), "item-order"),
    "two application contexts": (request(CONTEXT_NAME, CONTEXT_NAME, ECHO, WHO), "item-duplicate"),
    "two user informations": (request(CONTEXT_NAME, ECHO, WHO, WHO), "item-duplicate"),
    "two maximum lengths": (sub(MaximumLength(1)), "item-duplicate"),
    "two roles": (sub(RoleSelection("1.2", 1, 0), RoleSelection("1.2", 1, 1)), "item-duplicate"),
    "no application context": (request(ECHO, WHO), "item-missing"),
    "no context": (request(CONTEXT_NAME, WHO), "item-missing"),
    "no answered context": (accept(CONTEXT_NAME, WHO), "item-missing"),
    "no user information": (request(CONTEXT_NAME, ECHO), "item-missing"),
    "no maximum length": (
        request(CONTEXT_NAME, ECHO, UserInformation((ImplementationClassUID("1.2"),))),
        "item-missing",
    ),
    "no implementation": (request(CONTEXT_NAME, ECHO, UserInformation((MaximumLength(0),))), "item-missing"),
    "no abstract syntax": (request(CONTEXT_NAME, PresentationContextRQ(1, None, (IMPLICIT,)), WHO), "item-missing"),
    "no transfer syntax": (request(CONTEXT_NAME, PresentationContextRQ(1, "1.2", ()), WHO), "item-missing"),
    "accepted without syntax": (accept(CONTEXT_NAME, PresentationContextAC(1, 0, None), WHO), "item-missing"),
    "two answers": (
        accept(CONTEXT_NAME, PresentationContextAC(1, 0, IMPLICIT, SYNTAX_TWICE), WHO),
        "item-duplicate",
    ),
    "context 2": (request(CONTEXT_NAME, PresentationContextRQ(2, "1.2", (IMPLICIT,)), WHO), "context-id-even"),
    "context 0": (request(CONTEXT_NAME, PresentationContextRQ(0, "1.2", (IMPLICIT,)), WHO), "context-id-even"),
    "context twice": (request(CONTEXT_NAME, ECHO, ECHO, WHO), "context-id-duplicate"),
    "answer twice": (accept(CONTEXT_NAME, ECHO_ACCEPTED, ECHO_ACCEPTED, WHO), "context-id-duplicate"),
    "result 5": (accept(CONTEXT_NAME, PresentationContextAC(1, 5, IMPLICIT), WHO), "context-result"),
    "empty UID": (request(ApplicationContext(""), ECHO, WHO), "uid-empty"),
    "long UID": (request(ApplicationContext("1." + "2" * 63), ECHO, WHO), "uid-length"),
    "UID with a letter": (request(ApplicationContext("1.2.x"), ECHO, WHO), "uid-syntax"),
    "UID with a leading zero": (request(ApplicationContext("1.02"), ECHO, WHO), "uid-syntax"),
    "UID ending in a dot": (request(ApplicationContext("1.2."), ECHO, WHO), "uid-syntax"),
    "padded UID": (request(ApplicationContext("1.2\0"), ECHO, WHO), "uid-padding"),
    "abstract syntax with a letter": (
        request(CONTEXT_NAME, PresentationContextRQ(1, "x", (IMPLICIT,)), WHO),
        "uid-syntax",
    ),
    "version name of 17": (sub(ImplementationVersionName("x" * 17)), "implementation-version-name"),
    "role 2": (sub(RoleSelection("1.2", 2, 0)), "role-value"),
    "identity 6": (sub(UserIdentityRQ(6, b"x")), "identity-type"),
    "identity response 2": (sub(UserIdentityRQ(1, b"x", b"", 2)), "identity-response-requested"),
    "identity passcode": (sub(UserIdentityRQ(1, b"x", b"y")), "identity-secondary-field"),
    "rejection result 0": (AAssociateRJ(0, 1, 1), "rejection-result"),
    "rejection source 4": (AAssociateRJ(1, 4, 1), "rejection-source"),
    "rejection 1.4": (AAssociateRJ(1, 1, 4), "rejection-reason"),
    "rejection 2.3": (AAssociateRJ(1, 2, 3), "rejection-reason"),
    "rejection 3.0": (AAssociateRJ(1, 3, 0), "rejection-reason"),
    "abort source 1": (AAbort(1, 0), "abort-source"),
    "abort reason 3": (AAbort(2, 3), "abort-reason"),
    "no PDV": (PDataTF(()), "pdv-missing"),
    "cut PDV": (PDataTF((PDV(1, True, True, b"ab"),), b"\0\0\0"), "pdv-header-truncated"),
    "PDV of 0": (PDataTF((), b"\0\0\0\0\0\0"), "pdv-length"),
    "PDV of 1": (PDataTF((), b"\0\0\0\1\1\3"), "pdv-length"),
    "PDV too long": (PDataTF((PDV(1, True, True, b"ab", length=99),)), "pdv-overflow"),
    "PDV of 4 GiB": (PDataTF((PDV(1, True, True, b"ab", length=0xFFFFFFFF),)), "pdv-overflow"),
    "odd PDV": (PDataTF((PDV(1, True, True, b"abc"),)), "pdv-odd"),
    "PDV of context 4": (PDataTF((PDV(4, True, True, b"ab"),)), "pdv-context-id-even"),
    "PDV with bit 7": (PDataTF((PDV(1, True, True, b"ab", reserved_bits=0x80),)), "pdv-reserved-bits"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_violation_is_seen(case: str) -> None:
    pdu, name = CASES[case]
    assert name in violations(pdu)


@pytest.mark.parametrize("case", [case for case, (pdu, _) in CASES.items() if not isinstance(pdu, bytes)])
def test_what_is_illegal_is_said_and_read_back(case: str) -> None:
    pdu, name = CASES[case]
    raw = encode(pdu)
    if name not in ("uid-padding", "trailing-bytes"):
        assert encode(decode(raw).pdu) == raw


def test_every_violation_of_a_pdu_has_its_case() -> None:
    of_pdus = {name for name in CLAUSES if not name.startswith(("command-", "message-", "pdu-over-limit"))}
    assert {name for _, name in CASES.values()} == of_pdus


@pytest.mark.parametrize(
    ("pdu", "name", "offset"),
    [
        (AAssociateRJ(1, 1, 4), "rejection-reason", 9),
        (request(CONTEXT_NAME, PresentationContextRQ(2, "1.2", (IMPLICIT,)), WHO), "context-id-even", 74 + 25 + 4),
        (
            request(CONTEXT_NAME, PresentationContextRQ(1, VERIFICATION, ("1.x",)), WHO),
            "uid-syntax",
            74 + 25 + 4 + 4 + 21 + 4,
        ),
        (PDataTF((PDV(1, True, True, b"ab"), PDV(4, True, True, b"ab"))), "pdv-context-id-even", 6 + 8 + 4),
        (AAbort(2, 3), "abort-reason", 9),
    ],
)
def test_a_violation_points_at_its_byte(pdu: PDU, name: str, offset: int) -> None:
    found = [each for each in decode(encode(pdu)).violations if each.name == name]
    assert [each.offset for each in found] == [offset]
    assert found[0].clause.startswith("PS3.")


@pytest.mark.parametrize("result", [1, 2, 3, 4])
@pytest.mark.parametrize("transfer_syntax", [None, "", IMPLICIT, "not a UID"])
def test_the_transfer_syntax_of_a_refused_context_is_not_tested(result: int, transfer_syntax: str | None) -> None:
    pdu = accept(CONTEXT_NAME, PresentationContextAC(1, result, transfer_syntax), WHO)
    assert violations(pdu) == []
    assert decode(encode(pdu)).pdu == pdu


@pytest.mark.parametrize("source_and_reasons", [(1, (1, 2, 3, 7)), (2, (1, 2)), (3, (1, 2))])
def test_every_rejection_of_table_9_21_is_lawful(source_and_reasons: tuple[int, tuple[int, ...]]) -> None:
    source, reasons = source_and_reasons
    for result in (1, 2):
        assert all(violations(AAssociateRJ(result, source, reason)) == [] for reason in reasons)


def test_a_uid_padded_by_the_peer_still_names_its_class() -> None:
    pdu = decode(encode(request(CONTEXT_NAME, PresentationContextRQ(1, VERIFICATION + "\0", (IMPLICIT,)), WHO))).pdu
    assert isinstance(pdu, AAssociateRQ)
    assert pdu.presentation_contexts[0].abstract_syntax == VERIFICATION


def test_data_of_a_view_are_views() -> None:
    raw = encode(PDataTF((PDV(1, False, True, b"abcd"),)))
    pdu = decode(memoryview(raw)).pdu
    assert isinstance(pdu, PDataTF)
    assert isinstance(pdu.pdvs[0].data, memoryview)
    assert pdu.pdvs[0].data == b"abcd"
    assert decode(bytearray(raw)).pdu == pdu


@pytest.mark.parametrize(
    "pdu",
    [
        AAssociateRQ("A" * 17, "B", ()),
        AAssociateRQ("\u0416", "B", ()),
        request(PresentationContextRQ(256, None, ())),
        AAssociateRJ(256, 1, 1),
        AReleaseRQ(length=1 << 32),
        PDataTF((PDV(256, True, True),)),
        request(MaximumLength(1 << 32)),
    ],
)
def test_a_value_that_no_field_can_hold_is_refused(pdu: PDU) -> None:
    with pytest.raises(ValueError, match=r"field|range"):
        encode(pdu)


def test_a_negotiation_of_128_contexts_is_quick() -> None:
    syntaxes = tuple([f"1.2.840.10008.1.2.4.{number}" for number in range(50, 55)])
    contexts = [PresentationContextRQ(2 * n + 1, f"1.2.840.10008.5.1.4.1.1.{n}", syntaxes) for n in range(1, 128)]
    pdu = request(CONTEXT_NAME, *contexts, WHO)
    raw = encode(pdu)
    assert min(timeit.repeat(lambda: encode(pdu), number=1, repeat=40)) < 0.001
    assert min(timeit.repeat(lambda: decode(raw), number=1, repeat=40)) < 0.002
