"""What each fault does to the bytes on the wire, at the peer that has it and at the link in between."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import pytest

from dicom_simulators.archive import Archive
from dicom_simulators.association import (
    Aborted,
    Closed,
    Deadlines,
    End,
    Established,
    Proposal,
    Rejected,
    Released,
    Requestor,
    TimedOut,
    Unreachable,
    propose,
)
from dicom_simulators.data_sets import build as build_instance
from dicom_simulators.encoding import IMPLICIT_VR_LITTLE_ENDIAN, encode_attributes, read_elements, tag_of
from dicom_simulators.faults import InForce, build
from dicom_simulators.link import Link
from dicom_wire import (
    AAssociateAC,
    AAssociateRQ,
    Assembler,
    Kind,
    Message,
    PDataTF,
    PDUStream,
    Recorder,
    Side,
    command_set,
)

CT = "1.2.840.10008.5.1.4.1.1.2"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"
ECHO = "1.2.840.10008.1.1"
DEADLINES = Deadlines(associate_s=5.0, release_s=5.0, dimse_s=5.0, artim_s=1.0, write_s=5.0)


@dataclass
class Talk:
    """One association with an archive, as the requestor sees it."""

    requestor: Requestor
    recorder: Recorder
    faults: InForce
    outcome: Established | End

    @property
    def answered(self) -> AAssociateAC:
        assert isinstance(self.outcome, Established)
        return self.outcome.acceptance

    def received(self) -> bytes:
        """What the acceptor's side sent, as it arrived."""
        return b"".join(
            one.data
            for one in self.recorder.sightings
            if one.kind is Kind.DATA and one.sender is Side.ACCEPTOR and not one.written
        )

    def pdus(self) -> list[bytes]:
        return [one.raw for one in PDUStream().feed(self.received())]

    def messages(self) -> list[Message]:
        assembler = Assembler()
        found: list[Message] = []
        for one in PDUStream().feed(self.received()):
            if isinstance(one.pdu, PDataTF):
                found += assembler.feed(one.pdu)
        return found

    def echo(self) -> list[Message]:
        return list(self.requestor.request(Message(1, self.requestor.command("C-ECHO-RQ", AffectedSOPClassUID=ECHO))))

    def find(self) -> list[Message]:
        keys = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "", "PatientName": "", "PatientID": ""}
        identifier = encode_attributes(keys, IMPLICIT_VR_LITTLE_ENDIAN)
        command = self.requestor.command("C-FIND-RQ", identifier, AffectedSOPClassUID=FIND, Priority=0)
        return list(self.requestor.request(Message(3, command, identifier)))


@functools.cache
def instances() -> tuple[object, ...]:
    names = ("DOE^A", "DOE^BB", "DOE^C")
    return tuple(build_instance(sop_class=CT, seed=number, PatientName=name) for number, name in enumerate(names))


@contextmanager
def talking(where: str, *given: tuple[str, dict[str, object]], deadlines: Deadlines = DEADLINES) -> Iterator[Talk]:
    """Open an association with an archive that has these faults, or a link that has."""
    faults = [build(name, parameters) for name, parameters in given]
    with ExitStack() as stack:
        archive = Archive(
            "archive",
            "ARCHIVE",
            Recorder(),
            instances=instances(),
            faults=faults if where == "peer" else (),
            deadlines=DEADLINES,
        )
        stack.enter_context(archive)
        address, in_force = archive.address, archive.faults
        if where == "link":
            link = Link("link", "scu", "archive", archive.address, Recorder(), faults=faults)
            link.start()
            stack.callback(link.stop)
            address, in_force = link.address, link.faults
        recorder = Recorder()
        proposal = Proposal(
            "ARCHIVE", "SCU", propose((ECHO, [IMPLICIT_VR_LITTLE_ENDIAN]), (FIND, [IMPLICIT_VR_LITTLE_ENDIAN]))
        )
        proposal = replace(proposal, called_ae_title="ARCHIVE", calling_ae_title="SCU")
        requestor = Requestor(recorder, address, proposal, name="scu", peer="archive", deadlines=deadlines)
        yield Talk(requestor, recorder, in_force, requestor.associate())
        requestor.close()


BOTH = pytest.mark.parametrize("where", ["peer", "link"])


@BOTH
def test_titles_are_swapped(where: str) -> None:
    with talking(where, ("answer_titles", {"swapped": "true"})) as talk:
        assert (talk.answered.called_ae_title, talk.answered.calling_ae_title) == ("SCU", "ARCHIVE")
        assert talk.echo()[0].command["Status"] == 0


@BOTH
@pytest.mark.parametrize(
    ("parameters", "answers"),
    [
        ({"result": "2"}, [(1, 2, IMPLICIT_VR_LITTLE_ENDIAN), (3, 2, IMPLICIT_VR_LITTLE_ENDIAN)]),
        (
            {"result": "3", "transfer_syntax": "absent", "abstract_syntax": ECHO},
            [(1, 3, None), (3, 0, IMPLICIT_VR_LITTLE_ENDIAN)],
        ),
        ({"transfer_syntax": "empty"}, [(1, 0, ""), (3, 0, "")]),
        ({"transfer_syntax": "1.2.3", "abstract_syntax": FIND}, [(1, 0, IMPLICIT_VR_LITTLE_ENDIAN), (3, 0, "1.2.3")]),
        ({"put": "reversed"}, [(3, 0, IMPLICIT_VR_LITTLE_ENDIAN), (1, 0, IMPLICIT_VR_LITTLE_ENDIAN)]),
        ({"put": "left_out", "abstract_syntax": FIND}, [(1, 0, IMPLICIT_VR_LITTLE_ENDIAN)]),
        ({"put": "twice", "abstract_syntax": FIND}, [(n, 0, IMPLICIT_VR_LITTLE_ENDIAN) for n in (1, 3, 3)]),
        (
            {"context_id": "4", "abstract_syntax": FIND},
            [(1, 0, IMPLICIT_VR_LITTLE_ENDIAN), (4, 0, IMPLICIT_VR_LITTLE_ENDIAN)],
        ),
    ],
)
def test_contexts_are_answered_otherwise(where: str, parameters: dict[str, object], answers: list[object]) -> None:
    with talking(where, ("answer_contexts", parameters)) as talk:
        pdu = PDUStream().feed(talk.received())[0].pdu
        assert isinstance(pdu, AAssociateAC)
        found = [(one.context_id, one.result, one.transfer_syntax) for one in pdu.presentation_contexts]
        assert found == answers
        order = [type(item).__name__ for item in pdu.items]
        assert order[0] == "ApplicationContext"
        assert order[-1] == "UserInformation"


@BOTH
@pytest.mark.parametrize(("announced", "length"), [("0", 0), ("17", 17), ("absent", None)])
def test_another_maximum_length_is_announced(where: str, announced: str, length: int | None) -> None:
    with talking(where, ("max_pdu", {"announced": announced})) as talk:
        if where == "link" and length is None:  # a link takes it from the request, too, which is refused then
            assert isinstance(talk.outcome, Aborted)
            return
        assert talk.answered.maximum_length == length
        assert talk.find()[-1].command["Status"] == 0


@BOTH
def test_longer_pdus_are_sent_than_the_receiver_takes(where: str) -> None:
    with talking(where, ("max_pdu", {"sent": "20"})) as talk:
        assert len(talk.find()) == 4
        assert max(len(raw) for raw in talk.pdus()[1:]) == 26


@BOTH
def test_a_pdu_is_damaged(where: str) -> None:
    damage = {"of": "A-ASSOCIATE-AC", "type": "42", "length": "9", "append": "ffff"}
    with talking(where, ("corrupt_pdu", damage)) as talk:
        assert isinstance(talk.outcome, Aborted)
        received = talk.received()
        assert received[:6] == b"\x2a\x00\x00\x00\x00\x09"
        assert received.endswith(b"\xff\xff")


@BOTH
def test_the_first_pdu_of_a_message_is_damaged_and_no_other(where: str) -> None:
    damage = {"of": "C-FIND-RSP", "occurrence": "2", "offset": "12", "bytes": "0909"}
    with talking(where, ("corrupt_pdu", damage)) as talk:
        talk.find()
        commands = [raw for raw in talk.pdus() if raw[0] == 4 and raw[11] & 1]
        assert [raw[12:14] == b"\x09\x09" for raw in commands[:2]] == [False, True]


@BOTH
def test_bits_flip_the_same_way_at_each_run(where: str) -> None:
    damaged = []
    for _ in range(2):
        with talking(where, ("corrupt_pdu", {"of": "A-ASSOCIATE-AC", "flip": "3", "seed": "8"})) as talk:
            damaged.append(talk.received())
    assert damaged[0] == damaged[1]


@BOTH
def test_bytes_come_in_slices(where: str) -> None:
    with talking(where, ("slice", {"bytes": "5", "pause_s": "0.002", "of": "C-ECHO-RSP"})) as talk:
        talk.echo()
        before = [one.data for one in talk.recorder.sightings if one.sender is Side.ACCEPTOR and one.data]
        assert len(before[0]) > 5
        assert len(before) > 5


@BOTH
def test_a_pdu_stalls_in_its_middle(where: str) -> None:
    with talking(where, ("stall", {"on": "before A-ASSOCIATE-AC", "after_bytes": "3", "s": "0.2"})) as talk:
        sizes = [len(one.data) for one in talk.recorder.sightings if one.sender is Side.ACCEPTOR and one.data]
        assert sizes[0] == 3
        assert isinstance(talk.outcome, Established)


@BOTH
def test_a_connection_is_slow(where: str) -> None:
    with talking(where, ("throttle", {"bytes_per_s": "2000"})) as talk:
        assert len(talk.find()) == 4
        sizes = [len(one.data) for one in talk.recorder.sightings if one.sender is Side.ACCEPTOR and one.data]
        assert sorted(sizes)[len(sizes) // 2] <= 200


@BOTH
def test_connections_are_refused_until_the_fault_is_lifted(where: str) -> None:
    with talking(where, ("refuse", {})) as talk:
        assert isinstance(talk.outcome, Unreachable)
        talk.faults.clear()
        again = Requestor(talk.recorder, talk.requestor._address, talk.requestor.proposal, name="scu", peer="archive")
        assert isinstance(again.associate(), Established)
        assert isinstance(again.release(), Released)


@BOTH
@pytest.mark.parametrize(("what", "waits_for"), [("A-RELEASE-RQ", "A-RELEASE-RP"), ("C-ECHO-RQ", "C-ECHO-RSP")])
def test_what_is_ignored_gets_no_answer(where: str, what: str, waits_for: str) -> None:
    hasty = replace(DEADLINES, release_s=0.3, dimse_s=0.3)
    with talking(where, ("ignore", {"what": what}), deadlines=hasty) as talk:
        if what == "C-ECHO-RQ":
            assert talk.echo() == []
            assert talk.requestor.ended == TimedOut(waits_for)
        else:
            assert len(talk.echo()) == 1
            assert talk.requestor.release() == TimedOut(waits_for)


@BOTH
def test_an_ignored_association_request_stays_without_an_answer(where: str) -> None:
    hasty = replace(DEADLINES, associate_s=0.3)
    with talking(where, ("ignore", {"what": "A-ASSOCIATE-RQ"}), deadlines=hasty) as talk:
        assert isinstance(talk.outcome, TimedOut)


@BOTH
@pytest.mark.parametrize("responses", ["0", "2"])
def test_an_association_is_released_early(where: str, responses: str) -> None:
    with talking(where, ("early_release", {"to": "C-FIND-RQ", "after_responses": responses})) as talk:
        assert len(talk.find()) == int(responses)
        assert talk.requestor.ended == Released(by_us=False)


@BOTH
def test_a_release_is_late(where: str) -> None:
    hasty = replace(DEADLINES, release_s=0.2)
    with talking(where, ("late_release", {"s": "2"}), deadlines=hasty) as talk:
        assert len(talk.echo()) == 1
        assert talk.requestor.release() == TimedOut("A-RELEASE-RP")


@BOTH
@pytest.mark.parametrize(
    ("parameters", "sizes"),
    [({"bytes": "7"}, {19}), ({"bytes": "40", "together": "true"}, set()), ({"bytes": "64", "empty": "true"}, {12})],
)
def test_fragments_are_odd(where: str, parameters: dict[str, object], sizes: set[int]) -> None:
    with talking(where, ("odd_fragments", {"of": "C-FIND-RSP", **parameters})) as talk:
        assert len(talk.find()) == 4
        lengths = {len(raw) for raw in talk.pdus() if raw[0] == 4}
        assert sizes <= lengths
        if "together" in parameters:
            assert len([raw for raw in talk.pdus() if raw[0] == 4]) == 4


@BOTH
def test_a_command_set_is_changed(where: str) -> None:
    changes = {"set": {"Status": "A700", "CommandDataSetType": "0x0202", "ErrorComment": "full"}, "remove": "MessageID"}
    with talking(where, ("change_command", {"of": "C-FIND-RSP", "response": "last", **changes})) as talk:
        talk.find()
        statuses = [message.command["Status"] for message in talk.messages()]
        assert statuses[:3] == [0xFF00] * 3
        raw = [one for one in talk.pdus() if one[0] == 4][-1]
        assert b"\x00\x00\x00\x09\x02\x00\x00\x00\x00\xa7" in raw
        assert b"\x00\x00\x00\x08\x02\x00\x00\x00\x02\x02" in raw
        assert b"full" in raw


@BOTH
@pytest.mark.parametrize(("response", "lacking"), [("2", [1]), ("last", [3])])
def test_an_element_is_missing_in_one_response(where: str, response: str, lacking: list[int]) -> None:
    given = {"of": "C-FIND-RSP", "element": "AffectedSOPClassUID", "response": response}
    with talking(where, ("drop_element", given)) as talk:
        talk.find()
        missing = ["AffectedSOPClassUID" not in message.command for message in talk.messages()]
        assert [number for number, is_missing in enumerate(missing) if is_missing] == lacking


@BOTH
@pytest.mark.parametrize(
    ("parameters", "statuses"),
    [
        ({"status": "A700"}, [0xA700]),
        ({"status": "A700", "response": "3"}, [0xFF00, 0xFF00, 0xA700]),
        ({"status": "B000", "response": "last"}, [0xFF00, 0xFF00, 0xFF00, 0xB000]),
        ({"status": "FF01", "response": "2", "goes_on": "true"}, [0xFF00, 0xFF01, 0xFF00, 0]),
        ({"status": "C001", "response": "last", "goes_on": "true"}, [0xFF00, 0xFF00, 0xFF00, 0xC001]),
        ({"status": "FE00", "after_pending": "1"}, [0xFF00, 0xFE00]),
    ],
)
def test_a_status_takes_the_place_of_one_response(
    where: str, parameters: dict[str, object], statuses: list[int]
) -> None:
    with talking(where, ("respond", {"to": "C-FIND-RQ", **parameters})) as talk:
        assert [message.command["Status"] for message in talk.find()] == statuses
        assert isinstance(talk.requestor.release(), Released)


@BOTH
def test_a_data_set_is_changed(where: str) -> None:
    changes = {
        "set": {"PatientName": "Müller^X", "(0009,0010)": "MAKER"},
        "remove": ["PatientID"],
        "bytes": {"StudyInstanceUID": "4c4f43"},
    }
    with talking(where, ("change_data_set", {"of": "C-FIND-RSP", "response": "2", **changes})) as talk:
        talk.find()
        first, second, *_ = [
            read_elements(message.data_set or b"", IMPLICIT_VR_LITTLE_ENDIAN) for message in talk.messages()
        ]
        assert first[tag_of("PatientID")].value
        assert tag_of("PatientID") not in second
        assert second[tag_of("StudyInstanceUID")].value == b"LOC\0"
        assert second[0x00090010].value == b"MAKER "
        assert second[tag_of("PatientName")].value.rstrip() in ("Müller^X".encode(), "Müller^X".encode("latin-1"))


@BOTH
def test_a_data_set_is_cut_off(where: str) -> None:
    with talking(where) as talk:
        talk.find()
        whole = [message.data_set or b"" for message in talk.messages()]
    with talking(where, ("change_data_set", {"of": "C-FIND-RSP", "truncate": "5"})) as talk:
        talk.find()
        assert [message.data_set or b"" for message in talk.messages()] == [one[:-5] for one in whole]


@BOTH
def test_values_are_odd(where: str) -> None:
    with talking(where, ("odd_values", {"of": "C-FIND-RSP", "elements": ["PatientName"]})) as talk:
        talk.find()
        found = [read_elements(one.data_set or b"", IMPLICIT_VR_LITTLE_ENDIAN) for one in talk.messages()[:3]]
        names = sorted(one[tag_of("PatientName")].value for one in found)
        assert names == [b"DOE^A", b"DOE^BB ", b"DOE^C"]


@BOTH
def test_a_fault_acts_so_many_times_and_no_more(where: str) -> None:
    given = {"of": "C-FIND-RSP", "element": "AffectedSOPClassUID", "at_most": "2"}
    with talking(where, ("drop_element", given)) as talk:
        talk.find()
        assert ["AffectedSOPClassUID" in message.command for message in talk.messages()] == [False, False, True, True]
        assert [one.acted for one in talk.faults.active()] == [2]


@BOTH
@pytest.mark.parametrize(("sender", "ends"), [("acceptor", True), ("requestor", False)])
def test_a_fault_is_for_one_direction(where: str, sender: str, ends: bool) -> None:
    given = {"of": "P-DATA-TF", "type": "99", "sender": sender}
    with talking(where, ("corrupt_pdu", given)) as talk:
        answers = talk.echo()
        if ends or where == "link":
            assert answers == []
        else:
            assert len(answers) == 1


@BOTH
def test_several_faults_act_together(where: str) -> None:
    with talking(
        where,
        ("answer_titles", {"called": "OTHER"}),
        ("max_pdu", {"announced": "4096"}),
        ("change_command", {"of": "C-FIND-RSP", "set": {"ErrorComment": "one"}}),
        ("change_data_set", {"of": "C-FIND-RSP", "set": {"PatientName": "TWO"}}),
        ("odd_fragments", {"of": "C-FIND-RSP", "bytes": "9"}),
        ("slice", {"bytes": "100", "of": "C-FIND-RSP"}),
        ("duplicate_response", {"of": "C-FIND-RSP", "response": "1"}),
    ) as talk:
        assert talk.answered.called_ae_title == "OTHER"
        assert talk.answered.maximum_length == 4096
        assert len(talk.find()) == 5
        messages = talk.messages()
        assert all(message.command["ErrorComment"] == "one" for message in messages)
        assert all(b"TWO" in (message.data_set or b"TWO") for message in messages)
        assert messages[0] == messages[1]


@BOTH
def test_a_fault_comes_and_goes(where: str) -> None:
    with talking(where) as talk:
        assert len(talk.echo()) == 1
        number = talk.faults.add(build("respond", {"to": "C-ECHO-RQ", "status": "0110"}))
        assert talk.echo()[0].command["Status"] == 0x0110
        assert [one.number for one in talk.faults.lift(lambda one: one.number == number)] == [number]
        assert talk.echo()[0].command["Status"] == 0
        assert isinstance(talk.requestor.release(), Released)


@BOTH
@pytest.mark.parametrize(
    ("fault", "end"),
    [
        (("abort", {"on": "C-ECHO-RQ", "source": "2", "reason": "5"}), Aborted(2, 5)),
        (("close", {"on": "C-ECHO-RQ"}), Closed(False)),
        (("release", {"on": "C-ECHO-RQ"}), Released(by_us=False)),
    ],
)
def test_an_association_ends(where: str, fault: tuple[str, dict[str, object]], end: End) -> None:
    with talking(where, fault) as talk:
        assert talk.echo() == []
        assert talk.requestor.ended == end


@BOTH
def test_an_association_is_rejected(where: str) -> None:
    with talking(where, ("reject", {"result": "2", "source": "3", "reason": "2"})) as talk:
        assert talk.outcome == Rejected(2, 3, 2)


def test_a_requestor_has_the_faults_of_what_it_sends() -> None:
    recorder = Recorder()
    with Archive("archive", "ARCHIVE", recorder, deadlines=DEADLINES) as archive:
        faults = InForce(
            [build("max_pdu", {"announced": "5000"}), build("odd_fragments", {"of": "C-ECHO-RQ", "bytes": "11"})]
        )
        proposal = Proposal("ARCHIVE", "SCU", propose((ECHO, [IMPLICIT_VR_LITTLE_ENDIAN])))
        requestor = Requestor(Recorder(), archive.address, proposal, name="scu", peer="archive", faults=faults)
        assert isinstance(requestor.associate(), Established)
        command = requestor.command("C-ECHO-RQ", AffectedSOPClassUID=ECHO)
        assert len(list(requestor.request(Message(1, command)))) == 1
        assert isinstance(requestor.release(), Released)
    sent = b"".join(one.data for one in recorder.sightings if one.sender is Side.REQUESTOR and one.data)
    pdus = PDUStream().feed(sent)
    assert isinstance(pdus[0].pdu, AAssociateRQ)
    assert pdus[0].pdu.maximum_length == 5000
    assert max(len(one.raw) for one in pdus[1:]) == 6 + 6 + 11


def test_a_command_element_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^set: Sttus"):
        build("change_command", {"of": "C-ECHO-RSP", "set": {"Sttus": "0000"}})
    assert command_set("C-ECHO-RSP", Status=0)["Status"] == 0
