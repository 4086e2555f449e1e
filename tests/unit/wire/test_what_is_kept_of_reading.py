"""What was read is kept for whoever reads the same bytes again; nothing else is."""

from __future__ import annotations

import pytest

from dicom_wire import command, pdu_reader
from dicom_wire.codec import encode
from dicom_wire.command import command_set, decode_command, encode_command
from dicom_wire.items import ApplicationContext, PresentationContextRQ, UserInformation
from dicom_wire.pdu import AAssociateAC, AAssociateRQ, AReleaseRQ


def request(contexts: int = 1) -> bytes:
    syntaxes = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")
    proposed = tuple(PresentationContextRQ(1, "1.2.840.10008.1.1", syntaxes) for _ in range(contexts))
    items = (ApplicationContext("1.2.840.10008.3.1.1.1"), *proposed, UserInformation(()))
    return bytes(encode(AAssociateRQ("CALLED", "CALLING", items)))


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview])
def test_the_same_pdu_is_read_once_in_whatever_form_it_comes(form: type) -> None:
    assert pdu_reader.decode(form(request())) is pdu_reader.decode(request())


def test_an_acceptance_is_kept_too() -> None:
    raw = bytes(encode(AAssociateAC("CALLED", "CALLING", (UserInformation(()),))))
    assert pdu_reader.decode(raw) is pdu_reader.decode(bytearray(raw))


def test_a_buffer_that_is_used_again_is_read_again() -> None:
    buffer = bytearray(request())
    before = pdu_reader.decode(buffer).pdu
    buffer[10:16] = b"OTHERS"
    after = pdu_reader.decode(buffer).pdu
    assert isinstance(before, AAssociateRQ)
    assert isinstance(after, AAssociateRQ)
    assert (before.called_ae_title, after.called_ae_title) == ("CALLED", "OTHERS")


def test_long_and_other_pdus_are_not_kept() -> None:
    long = request(500)
    assert len(long) > pdu_reader.LONGEST_KEPT_BYTES
    for raw in (long, bytes(encode(AReleaseRQ()))):
        first, second = pdu_reader.decode(raw), pdu_reader.decode(raw)
        assert first == second
        assert first is not second


def test_a_command_set_is_read_once_unless_it_is_long() -> None:
    raw = encode_command(command_set("C-ECHO-RQ", AffectedSOPClassUID="1.2.840.10008.1.1", MessageID=7))
    assert decode_command(bytearray(raw)) is decode_command(memoryview(raw))
    long = raw + bytes(command.LONGEST_KEPT_BYTES)
    assert decode_command(long) == decode_command(long)
    assert decode_command(long) is not decode_command(long)
