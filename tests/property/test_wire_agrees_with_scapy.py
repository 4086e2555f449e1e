"""What we write, scapy reads as we mean it, and the other way round; where the two differ, the test says why.

Scapy is a process of its own (`scapy_witness`), which is asked by descriptions that neither side's types appear in.

Where the two differ on purpose, and who is right:

- scapy pads UIDs of items to an even length, which PS3.8 Annex F forbids: a violation that we report;
- scapy writes and reads the Secondary-field-length of a User Identity item of type 2 alone; PS3.7 D.3.3.7 has it in
  each, with the value 0 in the others;
- scapy puts Move Destination behind Command Data Set Type; PS3.7 6.3.1 has elements ordered by their tags.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicom_wire import (
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
    ImplementationClassUID,
    ImplementationVersionName,
    MaximumLength,
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
from dicom_wire.command_elements import BY_KEYWORD
from dicom_wire.command_values import value_field

WITNESS = Path(__file__).with_name("scapy_witness.py")
Ask = Callable[[dict[str, Any]], Any]
relaxed = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    command = [sys.executable, str(WITNESS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def asking(question: dict[str, Any]) -> Any:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield asking
        process.stdin.close()


# -- descriptions of what we have

INFORMATION: dict[type, tuple[int, dict[str, str]]] = {
    MaximumLength: (0x51, {"length_bytes": "length"}),
    AsynchronousOperationsWindow: (0x53, {"invoked": "invoked", "performed": "performed"}),
    RoleSelection: (0x54, {"sop_class": "sop_class", "scu": "scu", "scp": "scp"}),
    SOPClassExtendedNegotiation: (0x56, {"sop_class": "sop_class", "information": "information"}),
    UserIdentityAC: (0x59, {"server_response": "response"}),
    ApplicationContext: (0x10, {"name": "name"}),
    ImplementationClassUID: (0x52, {"uid": "name"}),
    ImplementationVersionName: (0x55, {"name": "name"}),
    AAssociateRJ: (3, {"result": "result", "source": "source", "reason": "reason"}),
    AReleaseRQ: (5, {}),
    AReleaseRP: (6, {}),
    AAbort: (7, {"source": "source", "reason": "reason"}),
}
OF_A_PDV = ("context_id", "is_command", "is_last", "data")


def plain(value: Any) -> Any:
    """Give a value as a description has it."""
    if isinstance(value, str):
        return value.encode("latin-1").hex()
    return int(value) if isinstance(value, bool | int) else bytes(value).hex()


def described(thing: Any) -> dict[str, Any]:
    """Describe a PDU or an item of ours."""
    match thing:
        case AAssociateRQ() | AAssociateAC():
            titles = {"called": thing.called_ae_title.ljust(16), "calling": thing.calling_ae_title.ljust(16)}
            return {
                "type": thing.TYPE,
                "version": thing.protocol_version,
                **{key: plain(title) for key, title in titles.items()},
                "items": [described(item) for item in thing.items],
            }
        case PDataTF():
            return {"type": 4, "pdvs": [{key: plain(getattr(pdv, key)) for key in OF_A_PDV} for pdv in thing.pdvs]}
        case PresentationContextRQ():
            syntaxes = [(0x30, thing.abstract_syntax), *((0x40, each) for each in thing.transfer_syntaxes)]
            return {"type": 0x20, "context_id": thing.context_id, "items": _names(syntaxes)}
        case PresentationContextAC():
            syntax = [] if thing.transfer_syntax is None else [(0x40, thing.transfer_syntax)]
            return {"type": 0x21, "context_id": thing.context_id, "result": thing.result, "items": _names(syntax)}
        case UserInformation():
            return {"type": 0x50, "items": [described(item) for item in thing.sub_items]}
        case UserIdentityRQ():
            return {
                "type": 0x58,
                "kind": thing.user_identity_type,
                "wanted": thing.positive_response_requested,
                "primary": thing.primary_field.hex(),
                "secondary": thing.secondary_field.hex() if thing.user_identity_type == 2 else None,
            }
        case SOPClassCommonExtendedNegotiation():
            related = b"".join(len(uid).to_bytes(2, "big") + uid.encode() for uid in thing.related_general_sop_classes)
            names = {"sop_class": plain(thing.sop_class), "service_class": plain(thing.service_class)}
            return {"type": 0x57, **names, "related": related.hex()}
        case UnknownItem():
            return {"type": thing.type, "data": thing.data.hex()}
    number, fields = INFORMATION[type(thing)]
    return {"type": number, **{theirs: plain(getattr(thing, ours)) for ours, theirs in fields.items()}}


def _names(syntaxes: list[tuple[int, str]]) -> list[dict[str, Any]]:
    return [{"type": number, "name": plain(name)} for number, name in syntaxes]


# -- what is drawn: whatever both can say

byte, word, long = st.integers(0, 0xFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
uid = st.lists(st.integers(0, 99999), min_size=2, max_size=8).map(lambda parts: ".".join(map(str, parts)))
title = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=16)
some = st.binary(min_size=1, max_size=12)
of_both = [
    st.builds(MaximumLength, long),
    st.builds(ImplementationClassUID, uid),
    st.builds(ImplementationVersionName, title),
    st.builds(AsynchronousOperationsWindow, word, word),
    st.builds(RoleSelection, uid, byte, byte),
    st.builds(SOPClassExtendedNegotiation, uid, some),
    st.builds(UnknownItem, st.integers(0x60, 0xFF), some),
]
asked = st.one_of(
    *of_both,
    st.builds(UserIdentityRQ, st.just(2), some, some, st.integers(0, 1)),
    st.builds(SOPClassCommonExtendedNegotiation, uid, uid, st.lists(uid, max_size=3).map(tuple)),
)
granted = st.one_of(*of_both, st.builds(UserIdentityAC, some))


def associate(kind: type, context: st.SearchStrategy[Any], sub_item: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    information = st.builds(UserInformation, st.lists(sub_item, min_size=1, max_size=5).map(tuple))
    contexts = st.lists(context, max_size=4)
    items = st.tuples(st.builds(ApplicationContext, uid), contexts, information)
    return st.builds(kind, title, title, items.map(lambda parts: (parts[0], *parts[1], parts[2])), word)


pdus = st.one_of(
    associate(AAssociateRQ, st.builds(PresentationContextRQ, byte, uid, st.lists(uid, max_size=4).map(tuple)), asked),
    associate(AAssociateAC, st.builds(PresentationContextAC, byte, byte, st.none() | uid), granted),
    st.builds(AAssociateRJ, byte, byte, byte),
    st.builds(
        PDataTF,
        st.lists(st.builds(PDV, byte, st.booleans(), st.booleans(), some), min_size=1, max_size=4).map(tuple),
    ),
    st.just(AReleaseRQ()),
    st.just(AReleaseRP()),
    st.builds(AAbort, byte, byte),
)


@relaxed
@given(pdu=pdus)
def test_scapy_reads_what_we_write(ask: Ask, pdu: PDU) -> None:
    assert ask({"read": encode(pdu).hex()}) == described(pdu)


@relaxed
@given(pdu=pdus)
def test_we_read_what_scapy_writes(ask: Ask, pdu: PDU) -> None:
    raw = bytes.fromhex(ask({"write": described(pdu)}))
    assert decode(raw).pdu == pdu
    assert raw == encode(pdu)


# -- command sets

UIDS = {"AffectedSOPClassUID": "1.2.840.10008.1.1", "AffectedSOPInstanceUID": "1.2.3.45"}
ANSWERED = {"MessageIDBeingRespondedTo": 0x1234, "Status": 0xB000}
COUNTS = {f"NumberOf{which}Suboperations": n for n, which in enumerate(("Remaining", "Completed", "Failed", "Warning"))}
MESSAGES: dict[str, dict[str, Any]] = {
    "C-ECHO-RQ": {"MessageID": 7},
    "C-ECHO-RSP": ANSWERED,
    "C-STORE-RQ": {"MessageID": 7, "Priority": 2, "AffectedSOPInstanceUID": UIDS["AffectedSOPInstanceUID"]},
    "C-STORE-RSP": {**ANSWERED, "AffectedSOPInstanceUID": UIDS["AffectedSOPInstanceUID"]},
    "C-FIND-RQ": {"MessageID": 7, "Priority": 0},
    "C-FIND-RSP": ANSWERED,
    "C-MOVE-RSP": {**ANSWERED, **COUNTS},
    "C-GET-RQ": {"MessageID": 7, "Priority": 1},
    "C-GET-RSP": {**ANSWERED, **COUNTS},
}


def command_of(name: str) -> Any:
    return command_set(name, AffectedSOPClassUID=UIDS["AffectedSOPClassUID"], **MESSAGES[name])


def elements_of(command: Any) -> dict[str, Any]:
    """Describe the elements of a command set but its group length: numbers, and value fields as hex digits."""
    return {
        f"{element.tag:04x}": element.value
        if isinstance(element.value, int)
        else value_field(element.tag, element.value).hex()
        for element in command.elements
        if element.tag
    }


@pytest.mark.parametrize("name", MESSAGES)
def test_command_sets_agree(ask: Ask, name: str) -> None:
    command = command_of(name)
    raw = encode_command(command)
    assert ask({"read_command": raw.hex(), "message": name}) == {**elements_of(command), "rest": ""}
    theirs = bytes.fromhex(ask({"write_command": elements_of(command), "message": name}))
    assert theirs == raw
    assert decode_command(theirs) == (command, decode_command(raw)[1])


# -- where the two differ


def test_scapy_pads_the_uids_of_items(ask: Ask) -> None:
    found = decode(bytes.fromhex(ask({"usual": {}})))
    padded = {each.detail for each in found.violations if each.name == "uid-padding"}
    others = {each.name for each in found.violations} - {"uid-padding"}
    assert padded, found.violations
    assert others <= {"item-missing"}, (
        found.violations
    )  # it announces no Implementation Class UID unless it is given one
    assert isinstance(found.pdu, AAssociateRQ)
    assert found.pdu.presentation_contexts[0].abstract_syntax == "1.2.840.10008.1.1"


def test_scapy_knows_no_secondary_field_length_but_of_a_passcode(ask: Ask) -> None:
    items = (ApplicationContext("1.2"), UserInformation((UserIdentityRQ(1, b"name", b"", 0), MaximumLength(1))))
    pdu = AAssociateRQ("A", "B", items)
    theirs = bytes.fromhex(ask({"write": described(pdu)}))
    maximum_length = b"\x51\0\0\4\0\0\0\1"
    assert b"\0\4name\0\0" + maximum_length in encode(pdu)
    assert b"\0\4name" + maximum_length in theirs
    assert "item-length" in {each.name for each in decode(theirs).violations}
    assert "item-length" not in {each.name for each in decode(encode(pdu)).violations}


def test_scapy_orders_the_elements_of_a_c_move_otherwise(ask: Ask) -> None:
    command = command_set(
        "C-MOVE-RQ", AffectedSOPClassUID=UIDS["AffectedSOPClassUID"], MessageID=7, Priority=0, MoveDestination="A"
    )
    raw = bytes.fromhex(ask({"write_command": elements_of(command), "message": "C-MOVE-RQ"}))
    theirs, violations = decode_command(raw)
    assert [each.name for each in violations] == ["command-order"]
    assert {each.tag: each.value for each in theirs.elements if each.tag} == {
        each.tag: each.value for each in command.elements if each.tag
    }
    assert theirs.elements[-1].tag == BY_KEYWORD["MoveDestination"].element
