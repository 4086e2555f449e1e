"""The tables of statuses: exactly the codes of PS3.4 H.4, each at the service whose table names it."""

from __future__ import annotations

import pytest

from dicom_workstation.outcome import StatusClass, status_class
from dicom_workstation.printing.protocol.services import Response
from dicom_workstation.printing.protocol.statuses import GENERAL, SPECIFIC, Service, meaning

ALL = {
    0xB600, 0xB601, 0xB602, 0xB603, 0xB604, 0xB605, 0xB609, 0xB60A,
    0xC600, 0xC601, 0xC602, 0xC603, 0xC605, 0xC613, 0xC616,
}  # fmt: skip


def test_the_codes_are_those_of_the_standard():
    assert {code for table in SPECIFIC.values() for code in table} == ALL
    assert len(GENERAL) == 22


@pytest.mark.parametrize("code", sorted(ALL))
def test_a_code_has_its_meaning_nowhere_else(code):
    named = {service for service in Service if code in SPECIFIC.get(service, {})}
    assert named
    for service in Service:
        text = meaning(service, Response(code))
        assert text.startswith(f"{code:04X}: ")
        assert ("not defined" in text) == (service not in named)


@pytest.mark.parametrize("code", sorted(GENERAL))
def test_the_general_codes_are_known_everywhere(code):
    assert "not defined" not in meaning(Service.DELETE_FILM, Response(code))
    assert (status_class(code) is StatusClass.WARNING) == (code in (0x0107, 0x0116))


def test_the_printer_s_own_words_are_told():
    assert meaning(Service.CREATE_FILM, Response(0x0106, comment="no such film")).endswith("(no such film)")
    assert meaning(Service.CREATE_FILM, Response(0xB999)).endswith("treated as a warning")
    assert meaning(Service.CREATE_FILM, Response(0x9999)).endswith("treated as a failure")
