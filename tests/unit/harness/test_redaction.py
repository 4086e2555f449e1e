"""What identifies a person or a place is replaced wherever a run leaves it, and nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.harness.hand_written import CT, Talk, acceptance, element, request, trace_of

from dicom_conformance.judge.after_operation import keys_asked, naming_operation
from dicom_conformance.play.case_evidence import redacted
from dicom_conformance.results import Finding, Level, Result, Verdict
from dicom_conformance.trace import Mark, Operation, Redaction, evidence
from dicom_conformance.trace.encoding import BIG_ENDIAN, IMPLICIT, elements
from dicom_conformance.trace.redaction import redacted_data_set
from dicom_wire import (
    AAssociateAC,
    AAssociateRQ,
    ApplicationContext,
    Message,
    UserIdentityAC,
    UserIdentityRQ,
    UserInformation,
    command_set,
    encode,
    fragment,
)
from dicom_wire.capture import Recorder, Side, pcap

EXPLICIT = "1.2.840.10008.1.2.1"
NAME, PATIENT_ID, BORN = b"Karenina^Anna ", b"PAT-4711", b"18530102"
PATIENT = (
    element(0x0008, 0x0018, b"UI", b"2.25.1")
    + element(0x0008, 0x1030, b"LO", b"Thorax of Anna")
    + element(0x0010, 0x0010, b"PN", NAME)
    + element(0x0010, 0x0020, b"LO", PATIENT_ID)
    + element(0x0010, 0x0030, b"DA", BORN)
    + element(0x0028, 0x0010, b"US", b"\x00\x02")
)


def redaction() -> Redaction:
    return Redaction(b"a secret")


def test_names_identifiers_and_dates_of_birth_are_replaced_in_place() -> None:
    changed = redacted_data_set(PATIENT, EXPLICIT, redaction())
    assert len(changed) == len(PATIENT)
    for value in (b"Karenina", b"Anna", PATIENT_ID, BORN, b"Thorax"):
        assert value not in changed
    before, after = (elements(each, EXPLICIT)[0] for each in (PATIENT, changed))
    assert [(one.tag, one.vr, len(one.value)) for one in before] == [(one.tag, one.vr, len(one.value)) for one in after]
    assert [bytes(one.value) for one in after if one.vr in ("UI", "US")] == [b"2.25.1", b"\x00\x02"]


def test_a_value_has_one_pseudonym_and_a_wildcard_still_matches() -> None:
    one, other = redaction().pseudonym("Karenina^Anna"), redaction().pseudonym("Karenina*")
    assert other == one.split("^")[0] + "*"
    assert Redaction(b"another secret").pseudonym("Karenina*") != other


def test_a_digit_stays_a_digit_and_a_letter_a_letter_of_its_case() -> None:
    changed = redaction().pseudonym("PAT-4711x")
    assert [(c.isdigit(), c.isupper(), c.islower()) for c in changed] == [
        (c.isdigit(), c.isupper(), c.islower()) for c in "PAT-4711x"
    ]


def test_implicit_elements_and_items_are_replaced() -> None:
    inner = b"\x10\x00\x10\x00" + len(NAME).to_bytes(4, "little") + NAME
    item = b"\xfe\xff\x00\xe0" + len(inner).to_bytes(4, "little") + inner
    raw = b"\x40\x00\x75\x02" + len(item).to_bytes(4, "little") + item
    changed = redacted_data_set(raw, IMPLICIT, redaction())
    assert b"Karenina" not in changed
    assert changed.replace(changed[-len(NAME) :], NAME) == raw


@pytest.mark.parametrize("raw", [PATIENT[:-1], b"\x10\x00\x10\x00PN\xff\xffKarenina^Anna"])
def test_what_cannot_be_read_becomes_zero(raw: bytes) -> None:
    assert redacted_data_set(raw, EXPLICIT, redaction()) == bytes(len(raw))
    assert redacted_data_set(PATIENT, None, redaction()) == bytes(len(PATIENT))
    assert b"Karenina" not in redacted_data_set(PATIENT, BIG_ENDIAN, redaction())


def test_capture_timeline_texts_and_result_agree_and_hold_nothing(tmp_path: Path) -> None:
    def talk(recorder: Recorder) -> None:
        Talk(recorder).opened(("1.2.840.10008.5.1.4.1.1.2", (EXPLICIT,))).store(data_set=PATIENT).released()

    trace = trace_of(talk)
    redacting = redaction()
    further: dict[str, str | bytes] = {"commands.json": '{"errors": "cannot store PAT-4711 of Karenina"}'}
    evidence.write(tmp_path, trace, 0, True, further, redacting)
    capture = (tmp_path / "trace.pcap").read_bytes()
    timeline = (tmp_path / "timeline.json").read_text()
    commands = (tmp_path / "commands.json").read_text()
    actual = "PatientID PAT-4711 in the data set of Karenina^Anna"
    result = Result(
        "a", "a", "s", "x", (), Level.SHALL, Verdict.FAIL, findings=(Finding("data_set", False, actual=actual),)
    )
    told = redacted(result, redacting).findings[0].actual
    for left in (capture.decode("latin-1"), timeline, commands, told):
        assert not any(word in left for word in ("Karenina", "PAT-4711", "18530102", "Thorax"))
    pseudonym = redaction().pseudonym("PAT-4711")
    assert told == f"PatientID {pseudonym} in the data set of {redaction().pseudonym('Karenina^Anna')}"
    assert pseudonym.encode() in capture
    assert pseudonym in timeline
    assert pseudonym in commands
    (stream,) = pcap.read(tmp_path / "trace.pcap")
    original = trace.conversations[0]
    assert len(stream.sent_by(Side.REQUESTOR)) == sum(
        len(seen.raw) for seen in original.pdus if seen.side is Side.REQUESTOR
    )
    assert json.loads(timeline)[0]["events"][0]["name"] == "A-ASSOCIATE-RQ"


def test_what_a_relay_changed_and_what_is_marked_hold_nothing_either(tmp_path: Path) -> None:
    """What arrived is shown beside what was sent, with lines that say what differs."""
    fragments = [
        b"".join(
            encode(pdu)
            for pdu in fragment(Message(1, command_set("C-STORE-RQ", CommandDataSetType=1), data_set), 16384)
        )
        for data_set in (PATIENT, PATIENT.replace(b"PAT-4711", b"PAT-0815"))
    ]

    def talk(recorder: Recorder) -> None:
        talking = Talk(recorder)
        for side, pdu in ((Side.REQUESTOR, request((CT, (EXPLICIT,)))), (Side.ACCEPTOR, acceptance((0, EXPLICIT)))):
            talking.pdu(side, pdu).bytes(side, encode(pdu), written=True)
        talking.bytes(Side.REQUESTOR, fragments[0]).bytes(Side.REQUESTOR, fragments[1], written=True)

    trace = trace_of(talk)
    mark = Mark(0, Side.REQUESTOR, "data_set", "PS3.5 7.1", "shall", "PatientID PAT-4711 of Karenina^Anna")
    evidence.write(tmp_path, trace, 0, True, {}, redaction(), [mark])
    timeline = (tmp_path / "timeline.json").read_text()
    (changed,) = (each["received"] for each in json.loads(timeline)[0]["events"] if each["name"] == "C-STORE-RQ")
    identifiers = [line[:24] for line in changed["differences"] if "PatientID" in line]
    assert identifiers == ["- (0010,0020) LO Patient", "+ (0010,0020) LO Patient"]
    assert not any(word in timeline for word in ("Karenina", "PAT-4711", "PAT-0815", "18530102"))


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_user_identities_leave_no_name_and_no_password(kind: int, tmp_path: Path) -> None:
    def talk(recorder: Recorder) -> None:
        identity = UserIdentityRQ(kind, b"karenina", b"station platform", 1)
        request = AAssociateRQ("CALLED", "CALLING", (ApplicationContext("1.2"), UserInformation((identity,))))
        answer = UserInformation((UserIdentityAC(server_response=b"a ticket"),))
        talking = Talk(recorder)
        talking.pdu(Side.REQUESTOR, request)
        talking.pdu(Side.ACCEPTOR, AAssociateAC("CALLED", "CALLING", (ApplicationContext("1.2"), answer)))

    trace = trace_of(talk)
    evidence.write(tmp_path, trace, 0, True, {}, redaction())
    (stream,) = pcap.read(tmp_path / "trace.pcap")
    sent = {side: stream.sent_by(side) for side in Side}
    assert [len(sent[side]) for side in Side] == [
        sum(len(seen.raw) for seen in trace.conversations[0].pdus if seen.side is side) for side in Side
    ]
    left = b"".join(sent.values()) + (tmp_path / "timeline.json").read_bytes()
    for word in (b"karenina", b"station platform", b"a ticket"):
        assert word not in left


def test_what_a_result_is_about_is_redacted_too() -> None:
    redacting = Redaction(b"a secret", frozenset({"PACS-OF-ANNA"}))
    result = Result("a", "a", "s", "PACS-OF-ANNA", (), Level.SHALL, Verdict.PASS, values={"called": "PACS-OF-ANNA"})
    assert "ANNA" not in repr(redacted(result, redacting))


def test_keys_that_were_asked_for_are_redacted_though_they_never_were_on_the_wire() -> None:
    """A finding names the keys of the operation before it, several values of one with `or` between them."""
    keys = {
        "PatientName": ["Karenina^Anna", "Levin^Kostja"],
        "PatientBirthDate": "18530102",
        "(0009,1001)": "secret word",
        "StudyDate": "19990101",
        "StudyInstanceUID": "2.25.1",
        "AccessionNumber": "",
    }
    asked = Operation("scu", "find", "subject", {"level": "STUDY", "keys": keys}, 0)
    mine = redaction()
    for key, value in keys_asked([asked, Operation("scu", "echo", "subject", {}, 0)]):
        mine.note_key(key, value)
    (named,) = naming_operation([Finding("matches", False, actual="Anna")], [asked], 2)
    told = mine.text(named.actual)
    for value in ("Karenina", "Anna", "Levin", "Kostja", "18530102", "secret word"):
        assert value not in told
    assert "StudyDate=19990101, StudyInstanceUID=2.25.1, AccessionNumber]" in told


def test_a_line_of_a_sequence_shows_nothing() -> None:
    assert redaction().line("  (0040,0275) SQ RequestAttributesSequence = 4b 61").endswith("= (redacted)")
    assert (
        redaction().line("  (0010,0010)  PatientName = Karenina^Anna").endswith(redaction().pseudonym("Karenina^Anna"))
    )
