"""Responses that come in another presentation context than their request: some peers answer in the first accepted."""

from __future__ import annotations

from typing import Any

import pytest

from dicom_simulators.archive.archive import Archive
from dicom_simulators.association.association import Deadlines
from dicom_simulators.association.negotiation import Context
from dicom_simulators.association.notices import Notice, Notices
from dicom_simulators.association.requestor import Proposal, Requestor, propose
from dicom_simulators.data_sets import build
from dicom_simulators.scripted.scripted import Scripted
from dicom_wire import Message, Recorder, command_set

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
STUDY_ROOT_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
SHORT = Deadlines(2.0, 2.0, 2.0, 2.0, 2.0, 0.2, 2.0)


def answering(*context_ids: int) -> list[Any]:
    """Return a script that answers one C-STORE-RQ after the other, each in the context given."""
    script: list[Any] = [{"receive": {"pdu": "A-ASSOCIATE-RQ"}}, {"send": {"pdu": "A-ASSOCIATE-AC"}}]
    for context_id in context_ids:
        script += [{"receive": {"dimse": "C-STORE-RQ"}}, {"send": {"dimse": "C-STORE-RSP", "context_id": context_id}}]
    return [*script, {"receive": {"pdu": "A-RELEASE-RQ", "optional": "true"}}, {"send": {"pdu": "A-RELEASE-RP"}}]


def stored(peer_script: list[Any], asked_in: int = 1) -> tuple[list[int | None], Requestor, list[str]]:
    """Send two C-STORE-RQs in one context; return the statuses of the responses, the requestor and its notes."""
    peer = Scripted("peer", "PEER", Recorder(), script=peer_script, deadlines=SHORT)
    peer.start()
    notes: list[str] = []
    contexts = propose((CT, [IMPLICIT]), (CT, [EXPLICIT]), (MR, [IMPLICIT]))
    proposal = Proposal("PEER", "SCU", contexts)
    one = Requestor(Recorder(), peer.address, proposal, name="scu", peer="peer", deadlines=SHORT, note=notes.append)
    one.associate()
    statuses = []
    for _ in range(2):
        command = one.command("C-STORE-RQ", b"", AffectedSOPClassUID=CT, AffectedSOPInstanceUID="2.25.1", Priority=0)
        responses = one.request(Message(asked_in, command, b""))
        statuses += [response.command.number("Status") for response in responses]
    if one.ended is None:
        one.release()
    peer.stop()
    return statuses, one, notes


def test_a_context_of_the_same_abstract_syntax_is_taken_and_noted_once():
    statuses, one, notes = stored(answering(3, 3))
    assert statuses == [0, 0]
    assert "released" in type(one.ended).__name__.lower()
    assert len(notes) == 1
    assert "C-STORE-RSP in presentation context 3, but the request was in 1" in notes[0]


def test_the_context_of_the_request_needs_no_note():
    assert stored(answering(3, 3), asked_in=3)[2] == []


def test_a_context_of_another_abstract_syntax_ends_the_association():
    statuses, one, notes = stored(answering(5))
    assert (statuses, notes) == ([], [])
    assert "in presentation context 5, but the request was in 1" in str(one.ended)


@pytest.mark.parametrize("wrong", [{"MessageIDBeingRespondedTo": "99"}, {"Status": "absent"}])
def test_another_context_excuses_nothing_else(wrong):
    script = answering(3)
    script[3] = {"send": {**script[3]["send"], **wrong}}
    statuses, one, _ = stored(script)
    assert statuses == []
    assert "Aborted" in type(one.ended).__name__


def test_the_response_to_a_notice_is_taken_likewise():
    said: list[str] = []
    settled: list[Message | None] = []
    notices = Notices(60.0, said.append)
    notices.contexts = {number: Context(number, CT, IMPLICIT) for number in (1, 3)}
    event = command_set("N-EVENT-REPORT-RQ", MessageID=1, AffectedSOPClassUID=CT, EventTypeID=1)
    notice = Notice(Message(1, event), settled.append)
    notices.add(notice)
    notices.next()
    notices.sent(notice, 1)
    response = Message(3, command_set("N-EVENT-REPORT-RSP", MessageIDBeingRespondedTo=1, Status=0))
    notices.answered(response)
    assert settled == [response]
    assert "in presentation context 3, but the request was in 1" in said[0]
    notices.close()


def test_an_archive_moves_to_a_destination_that_answers_in_another_context():
    destination = Scripted("destination", "DEST", Recorder(), script=answering(3), deadlines=SHORT)
    destination.start()
    instance = build(sop_class=CT, transfer_syntax=EXPLICIT)
    archive = Archive(
        "archive",
        "ARCHIVE",
        Recorder(),
        instances=(instance,),
        destinations={"DEST": destination.address},
        deadlines=SHORT,
    )
    archive.start()
    move = Requestor(
        Recorder(),
        archive.address,
        Proposal("ARCHIVE", "SCU", propose((STUDY_ROOT_MOVE, [IMPLICIT]))),
        name="scu",
        peer="archive",
        deadlines=SHORT,
    )
    move.associate()
    study = str(instance.read().StudyInstanceUID).encode()
    level = b"\x08\x00\x52\x00\x06\x00\x00\x00STUDY "
    identifier = level + b"\x20\x00\x0d\x00" + (len(study) + len(study) % 2).to_bytes(4, "little")
    identifier += study + b"\0" * (len(study) % 2)
    command = move.command(
        "C-MOVE-RQ", identifier, AffectedSOPClassUID=STUDY_ROOT_MOVE, MoveDestination="DEST", Priority=0
    )
    final = list(move.request(Message(1, command, identifier)))[-1].command
    move.release()
    archive.stop()
    destination.stop()
    assert (final["Status"], final["NumberOfCompletedSuboperations"]) == (0, 1)
    assert any("in presentation context 3" in line for line in archive.log), list(archive.log)
