"""What extended negotiation granted, cancellation and unsupported keys: how the checks of queries take them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hand_written import EXPLICIT, A, R, Talk, acceptance, element, judged, met, request, trace_of

from dicom_conformance.scenario.fixtures import standard
from dicom_conformance.trace import Trace
from dicom_wire.items import SOPClassExtendedNegotiation, UserInformation
from dicom_wire.pdu import AAssociateAC, AAssociateRQ

FIND = "1.2.840.10008.5.1.4.1.2.2.1"
FIXTURES = standard()
FIRST, LAST = (FIXTURES.value(f"{name}.StudyInstanceUID") for name in ("first_day", "last_day"))
BOTH = {"exactly": ["first_day", "last_day"]}


def text(group: int, number: int, vr: bytes, value: str) -> bytes:
    raw = value.encode()
    return element(group, number, vr, raw + (b"\0" if vr == b"UI" else b" ") * (len(raw) % 2))


def identifier(uid: str = "", description: str | None = "") -> bytes:
    told = b"" if description is None else text(8, 0x1030, b"LO", description)
    return text(8, 0x52, b"CS", "STUDY") + text(8, 0x54, b"AE", "ARCHIVE") + told + text(0x20, 0xD, b"UI", uid)


def extended(
    pdu: AAssociateRQ | AAssociateAC, information: bytes | None, sop_class: str = FIND
) -> AAssociateRQ | AAssociateAC:
    """Add a SOP Class Extended Negotiation sub-item."""
    if information is None:
        return pdu
    more = SOPClassExtendedNegotiation(sop_class, information)
    items = (UserInformation((*one.sub_items, more)) if isinstance(one, UserInformation) else one for one in pdu.items)
    return replace(pdu, items=tuple(items))


def query(
    *answers: bytes, asked: bytes | None = None, granted: bytes | None = None, final: int = 0, pending: int = 0xFF00
) -> Trace:
    def talk(recorder: object) -> None:
        said = Talk(recorder, "scu", "subject")
        said.pdu(R, extended(request((FIND, (EXPLICIT,))), asked))
        said.pdu(A, extended(acceptance((0, EXPLICIT)), granted))
        said.say(R, "C-FIND-RQ", identifier(), AffectedSOPClassUID=FIND, MessageID=1, Priority=0)
        for one in answers:
            said.say(A, "C-FIND-RSP", one, AffectedSOPClassUID=FIND, MessageIDBeingRespondedTo=1, Status=pending)
        said.say(A, "C-FIND-RSP", None, AffectedSOPClassUID=FIND, MessageIDBeingRespondedTo=1, Status=final)
        said.released()

    return replace(trace_of(talk), known=FIXTURES.truth(["dates"]))


@pytest.mark.parametrize(
    ("asked", "granted"),
    [(b"\0\1", None), (b"\0\1", b"\0\0"), (b"\0\1", b"\0"), (b"\1\0", b"\0\1"), (None, None), (None, b"\0\1")],
)
def test_matches_as_negotiated_are_not_judged_unless_it_was_asked_and_granted(
    asked: bytes | None, granted: bytes | None
) -> None:
    findings = judged(query(asked=asked, granted=granted), "matches", **BOTH, negotiated="date_time")
    assert [(one.judged, one.actual) for one in findings] == [(False, "not judged: not granted: date_time")]


def test_matches_as_negotiated_are_judged_where_it_was_granted() -> None:
    agreed = {"asked": b"\0\1", "granted": b"\0\1"}
    right = (identifier(FIRST), identifier(LAST))
    assert met(query(*right, **agreed), "matches", **BOTH, negotiated="date_time")
    assert not met(query(right[0], **agreed), "matches", **BOTH, negotiated="date_time")


def test_a_cancelled_query_may_lack_matches_only_where_it_says_cancelled() -> None:
    assert met(query(identifier(FIRST), final=0xFE00), "matches", **BOTH, cancelled="true")
    assert met(query(identifier(FIRST), identifier(LAST)), "matches", **BOTH, cancelled="true")
    assert not met(query(identifier(FIRST)), "matches", **BOTH, cancelled="true")
    assert not met(query(identifier(FIRST), final=0xFE00), "matches", **BOTH)


def test_a_key_that_does_not_come_back_with_ff00_counts_as_unsupported() -> None:
    lacking = judged(query(identifier(FIRST, None)), "matches", **BOTH, if_supported="true")
    assert [one.judged for one in lacking] == [True, False]
    assert "StudyDescription" in lacking[1].actual
    assert not met(query(identifier(FIRST)), "matches", **BOTH, if_supported="true")


@pytest.mark.parametrize(
    ("asked", "granted", "says"),
    [
        (None, b"\0", "was not asked for"),
        (b"\0\1", b"\1\1", "relational is granted"),
        (b"\0", b"\0\0", "2 bytes for 1"),
    ],
)
def test_an_answer_with_more_than_was_asked_for_breaks_the_rule(asked: bytes | None, granted: bytes, says: str) -> None:
    (one,) = judged(query(asked=asked, granted=granted), "query_responses", rules=["extensions"])
    assert not one.met
    assert says in one.actual


@pytest.mark.parametrize(("asked", "granted"), [(None, None), (b"\1", None), (b"\1\1", b"\0\1"), (b"\1\1", b"\1")])
def test_an_answer_within_what_was_asked_for_breaks_no_rule(asked: bytes | None, granted: bytes | None) -> None:
    assert met(query(asked=asked, granted=granted), "query_responses", rules=["extensions"])


def test_a_text_beyond_ascii_that_changed_is_a_should_and_another_value_a_shall() -> None:
    known = FIXTURES.truth(["at_ten"])
    uid = FIXTURES.value("at_ten.StudyInstanceUID")
    lossy = replace(query(identifier(uid, "At ten")), known=known)
    assert met(lossy, "query_responses", rules=["values"])
    assert not met(lossy, "query_responses", rules=["texts"])
    other = replace(query(identifier(FIRST, "Another day")), known=FIXTURES.truth(["dates"]))
    assert not met(other, "query_responses", rules=["values"])
    assert met(other, "query_responses", rules=["texts"])
