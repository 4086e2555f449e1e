"""The archive on the wire: driven by the requestor of the driver, with another archive as move destination."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dicom_simulators.archive.archive import EVERY_TRANSFER_SYNTAX, Archive, storage_sop_classes
from dicom_simulators.archive.archive_negotiation import Extension
from dicom_simulators.archive.information_model import PATIENT_ROOT, STUDY_ROOT
from dicom_simulators.association.association import Deadlines, Established, Proposal, Requestor, propose
from dicom_simulators.association.ends import Released
from dicom_simulators.data_sets import SOP_CLASSES as TABLE_3
from dicom_simulators.data_sets import build
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.encoding.data_set_codec import (
    Element,
    encoding_of,
    read_elements,
    tag_of,
    values,
    vr_of,
    write_elements,
)
from dicom_simulators.faults import build as fault
from dicom_wire import Message, Recorder, SOPClassExtendedNegotiation
from dicom_wire.capture.sighting import Side

CT = "1.2.840.10008.5.1.4.1.1.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT, EXPLICIT, BIG_ENDIAN = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
JPEG, J2K = "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.90"
DEADLINES = Deadlines(connect_s=5, associate_s=5, release_s=5, dimse_s=10, idle_s=30, artim_s=2, write_s=10)


@contextmanager
def running(archive: Archive) -> Iterator[Archive]:
    archive.start()
    try:
        yield archive
    finally:
        archive.stop()


def archive(title: str = "ARCHIVE", **options) -> Archive:
    return Archive(title.lower(), title, options.pop("recorder", None) or Recorder(), deadlines=DEADLINES, **options)


@contextmanager
def associated(to: Archive, *contexts: tuple[str, list[str]], items=()) -> Iterator[tuple[Requestor, Established]]:
    proposal = Proposal(to.ae_title, "SCU", propose(*contexts), user_information=items)
    requestor = Requestor(Recorder(), to.address, proposal, name="scu", peer=to.name, deadlines=DEADLINES)
    established = requestor.associate()
    assert isinstance(established, Established), established
    try:
        yield requestor, established
    finally:
        requestor.release()


def identifier(syntax: str, **keys: str) -> bytes:
    tags = {tag_of(keyword): text.encode() for keyword, text in keys.items()}
    return write_elements({tag: Element(tag, vr_of(tag), text) for tag, text in tags.items()}, encoding_of(syntax))


def ask(requestor: Requestor, established: Established, name: str, sop_class: str, data_set: bytes | None, **elements):
    context = established.find(sop_class)
    if name in ("C-STORE-RQ", "C-FIND-RQ", "C-MOVE-RQ"):
        elements.setdefault("Priority", 0)
    command = requestor.command(name, data_set, AffectedSOPClassUID=sop_class, **elements)
    return requestor.request(Message(context.context_id, command, data_set))


def statuses(responses: list[Message]) -> list[int]:
    return [one.command["Status"] for one in responses]


def study(count: int, syntax: str = EXPLICIT) -> list[Instance]:
    return [
        build("smallest", CT, syntax, seed=1, SOPInstanceUID=f"2.25.77{number}", InstanceNumber=number)
        for number in range(count)
    ]


def study_uid(instance: Instance) -> str:
    return str(instance.read().StudyInstanceUID)


def find(to: Archive, syntax: str = IMPLICIT, model=STUDY_ROOT, **keys: str) -> list[Message]:
    with associated(to, (model.find, [syntax])) as (requestor, established):
        return list(ask(requestor, established, "C-FIND-RQ", model.find, identifier(syntax, **keys)))


def move(to: Archive, destination: str, syntax: str = IMPLICIT, **keys: str) -> list[Message]:
    with associated(to, (STUDY_ROOT.move, [syntax])) as (requestor, established):
        data_set = identifier(syntax, **keys)
        return list(ask(requestor, established, "C-MOVE-RQ", STUDY_ROOT.move, data_set, MoveDestination=destination))


def counts(response: Message) -> tuple[object, ...]:
    names = ("Remaining", "Completed", "Failed", "Warning")
    return tuple(response.command.get(f"NumberOf{name}Suboperations") for name in names)


def test_every_storage_class_of_table_3_is_among_those_it_takes():
    uids = storage_sop_classes()
    assert {one.uid for one in TABLE_3} <= set(uids)
    assert len(uids) == len(set(uids)) > 100
    assert "1.2.840.10008.1.3.10" not in uids
    assert len(EVERY_TRANSFER_SYNTAX) == 9


def test_verification_is_answered():
    with running(archive()) as to, associated(to, (VERIFICATION, [IMPLICIT])) as (requestor, established):
        assert statuses(list(ask(requestor, established, "C-ECHO-RQ", VERIFICATION, None))) == [0]


@pytest.mark.parametrize("syntax", EVERY_TRANSFER_SYNTAX)
def test_what_is_stored_is_kept_as_it_came_and_can_be_found(syntax):
    made = build("smallest", CT, syntax, seed=3)
    with running(archive()) as to:
        with associated(to, (CT, [syntax])) as (requestor, established):
            uid = {"AffectedSOPInstanceUID": made.SOPInstanceUID}
            assert statuses(list(ask(requestor, established, "C-STORE-RQ", CT, made.data_set, **uid))) == [0]
        assert [(one.SOPInstanceUID, one.transfer_syntax, one.data_set) for one in to.stored] == [
            (made.SOPInstanceUID, syntax, made.data_set)
        ]
        found = find(to, QueryRetrieveLevel="STUDY", StudyInstanceUID=study_uid(made))
        assert statuses(found) == [0xFF00, 0]
        to.forget()
        assert to.stored == []
        assert statuses(find(to, QueryRetrieveLevel="STUDY", StudyInstanceUID=study_uid(made))) == [0]


def test_a_data_set_that_is_none_is_refused_and_not_kept():
    with running(archive()) as to:
        with associated(to, (CT, [EXPLICIT])) as (requestor, established):
            answers = list(ask(requestor, established, "C-STORE-RQ", CT, b"\1\2\3\4", AffectedSOPInstanceUID="2.25.1"))
        assert statuses(answers) == [0xC000]
        assert to.stored == []


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG_ENDIAN, JPEG, J2K])
def test_identifiers_are_in_the_accepted_transfer_syntax_or_explicit_for_jpeg(syntax):
    with running(archive(instances=study(2))) as to:
        found = find(to, syntax, QueryRetrieveLevel="STUDY", StudyInstanceUID="", NumberOfStudyRelatedInstances="")
    assert statuses(found) == [0xFF00, 0]
    read = read_elements(found[0].data_set, syntax)
    assert values(read[tag_of("NumberOfStudyRelatedInstances")]) == ("2",)
    assert found[-1].data_set is None


def test_both_models_answer():
    with running(archive(instances=study(1))) as to:
        assert statuses(find(to, model=PATIENT_ROOT, QueryRetrieveLevel="PATIENT", PatientID="")) == [0xFF00, 0]
        refused = find(to, QueryRetrieveLevel="PATIENT", PatientID="")
    assert statuses(refused) == [0xA900]
    assert refused[0].command["OffendingElement"] == (tag_of("QueryRetrieveLevel"),)
    assert "PATIENT" in refused[0].command["ErrorComment"]


def test_a_service_in_the_wrong_context_is_not_supported():
    with running(archive()) as to, associated(to, (STUDY_ROOT.move, [IMPLICIT])) as (requestor, established):
        data_set = identifier(IMPLICIT, QueryRetrieveLevel="STUDY")
        assert statuses(list(ask(requestor, established, "C-FIND-RQ", STUDY_ROOT.move, data_set))) == [0x0122]


def test_unsupported_keys_and_strictness_are_configured():
    keys = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "", "StudyDescription": ""}
    with running(archive(instances=study(1), unsupported_keys=["StudyDescription"])) as to:
        assert statuses(find(to, **keys)) == [0xFF01, 0]
    with running(archive(instances=study(1), strict=True)) as to:
        assert statuses(find(to, **keys)) == [0xFF00, 0]
        assert statuses(find(to, Modality="", **keys)) == [0xA900]


def test_relational_queries_where_offered_and_asked_for():
    item = SOPClassExtendedNegotiation(STUDY_ROOT.find, b"\1\1\1")
    keys = identifier(IMPLICIT, QueryRetrieveLevel="IMAGE", SOPInstanceUID="")
    with running(archive(instances=study(2), extensions=[Extension.RELATIONAL, "empty_value"])) as to:
        with associated(to, (STUDY_ROOT.find, [IMPLICIT]), items=(item,)) as (requestor, established):
            answered = established.acceptance.find(SOPClassExtendedNegotiation)
            assert [(one.sop_class, one.information) for one in answered] == [(STUDY_ROOT.find, b"\1\0\0")]
            found = list(ask(requestor, established, "C-FIND-RQ", STUDY_ROOT.find, keys))
            assert statuses(found) == [0xFF00, 0xFF00, 0]
        with associated(to, (STUDY_ROOT.find, [IMPLICIT])) as (requestor, established):
            assert statuses(list(ask(requestor, established, "C-FIND-RQ", STUDY_ROOT.find, keys))) == [0xA900]


def test_a_query_can_be_cancelled():
    held = [build("smallest", CT, EXPLICIT, seed=seed) for seed in range(30)]
    with running(archive(instances=held)) as to, associated(to, (STUDY_ROOT.find, [IMPLICIT])) as (scu, established):
        # the archive looks for C-CANCEL-RQ before each response: held back at the second, it must find it
        to.fault(fault("delay", {"s": 0.2, "on": "before C-FIND-RSP", "response": 2}))
        data_set = identifier(IMPLICIT, QueryRetrieveLevel="STUDY", StudyInstanceUID="")
        command = scu.command("C-FIND-RQ", data_set, AffectedSOPClassUID=STUDY_ROOT.find, Priority=0)
        message = Message(established.find(STUDY_ROOT.find).context_id, command, data_set)
        got = []
        for response in scu.request(message):
            if not got:
                scu.cancel(message)
            got.append(response)
    assert statuses(got)[-1] == 0xFE00
    assert len(got) < 10


@pytest.mark.parametrize(("order", "chosen"), [("acceptor", EXPLICIT), ("requestor", J2K)])
def test_whose_order_of_transfer_syntaxes_decides_is_configured(order, chosen):
    to = archive(order=order, transfer_syntaxes=(EXPLICIT, J2K), query_transfer_syntaxes=(IMPLICIT,), sop_classes=(CT,))
    contexts = ((CT, [J2K, EXPLICIT]), (STUDY_ROOT.find, [EXPLICIT]), (MR, [EXPLICIT]))
    with running(to), associated(to, *contexts) as (_, established):
        assert [one.transfer_syntax for one in established.accepted] == [chosen]
        assert [one.result for one in established.contexts] == [0, 4, 3]


def test_queries_are_answered_while_others_store():
    held = [build("smallest", CT, EXPLICIT, seed=1, SOPInstanceUID=f"2.25.88{number}") for number in range(60)]
    keys = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "", "NumberOfStudyRelatedInstances": ""}
    with running(archive()) as to:

        def store(part: list[Instance]) -> None:
            with associated(to, (CT, [EXPLICIT])) as (requestor, established):
                for one in part:
                    uid = {"AffectedSOPInstanceUID": one.SOPInstanceUID}
                    list(ask(requestor, established, "C-STORE-RQ", CT, one.data_set, **uid))

        threads = [threading.Thread(target=store, args=(held[at::3],)) for at in range(3)]
        for thread in threads:
            thread.start()
        counted = []
        while any(thread.is_alive() for thread in threads):
            found = find(to, **keys)
            assert statuses(found)[-1] == 0
            counted += [read_elements(one.data_set, IMPLICIT) for one in found[:-1]]
        for thread in threads:
            thread.join()
        numbers = [int(values(one[tag_of("NumberOfStudyRelatedInstances")])[0]) for one in counted]
        assert numbers == sorted(numbers)
        last = read_elements(find(to, **keys)[0].data_set, IMPLICIT)
        assert values(last[tag_of("NumberOfStudyRelatedInstances")]) == ("60",)


@pytest.fixture
def pair() -> Iterator[tuple[Archive, Archive]]:
    recorder = Recorder()
    with running(archive("DEST", recorder=recorder)) as destination:
        held = study(3)
        names = {"DEST": "workstation"}
        source = archive(
            recorder=recorder, instances=held, destinations={"DEST": destination.address}, destination_names=names
        )
        with running(source):
            yield source, destination


def test_a_study_is_moved(pair):
    source, destination = pair
    responses = move(source, "DEST", QueryRetrieveLevel="STUDY", StudyInstanceUID=study_uid(source.instances[0]))
    assert statuses(responses) == [0xFF00, 0xFF00, 0xFF00, 0]
    assert [counts(one) for one in responses] == [(3, 0, 0, 0), (2, 1, 0, 0), (1, 2, 0, 0), (None, 3, 0, 0)]
    assert [one.data_set for one in destination.stored] == [one.data_set for one in source.instances]
    assert {one.calling_ae_title for one in destination.stored} == {"ARCHIVE"}
    names = {(one.observer, one.requestor, one.acceptor) for one in source.recorder.connections}
    assert ("archive", "archive", "workstation") in names


def test_the_sub_operations_name_their_originator(pair):
    source, destination = pair
    asked = []
    store = destination._store

    def watched(request):
        asked.append(request.command)
        yield from store(request)

    destination._store = watched
    move(source, "DEST", QueryRetrieveLevel="STUDY", StudyInstanceUID=study_uid(source.instances[0]))
    assert [command["MoveOriginatorApplicationEntityTitle"] for command in asked] == ["SCU"] * 3
    assert [command["MoveOriginatorMessageID"] for command in asked] == [1] * 3
    assert [command["MessageID"] for command in asked] == [1, 2, 3]


@pytest.mark.parametrize(
    ("occurrence", "status", "final", "expected"),
    [
        (2, "A700", 0xB000, (None, 2, 1, 0)),
        (2, "B000", 0xB000, (None, 2, 0, 1)),
        (None, "C000", 0xA702, (None, 0, 3, 0)),
    ],
)
def test_what_the_destination_refuses_is_counted(pair, occurrence, status, final, expected):
    source, destination = pair
    parameters = {"to": "C-STORE-RQ", "status": status}
    destination.fault(fault("respond", parameters | ({"occurrence": occurrence} if occurrence else {})))
    responses = move(source, "DEST", QueryRetrieveLevel="STUDY", StudyInstanceUID=study_uid(source.instances[0]))
    assert statuses(responses)[-1] == final
    assert counts(responses[-1]) == expected
    listed = responses[-1].data_set
    failed = expected[2]
    assert (listed is None) is (failed == 0)
    if listed is not None:
        assert len(values(read_elements(listed, IMPLICIT)[tag_of("FailedSOPInstanceUIDList")])) == failed


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("reject", {"result": 1, "source": 1, "reason": 1}),
        ("abort", {"on": "C-STORE-RQ"}),
        ("close", {"on": "C-STORE-RQ"}),
    ],
)
def test_a_destination_that_breaks_off_fails_what_is_left(pair, name, parameters):
    source, destination = pair
    destination.fault(fault(name, parameters))
    responses = move(source, "DEST", QueryRetrieveLevel="STUDY", StudyInstanceUID=study_uid(source.instances[0]))
    assert statuses(responses)[-1] == 0xA702
    assert counts(responses[-1]) == (None, 0, 3, 0)


def test_unknown_and_unreachable_destinations():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        held = study(2)
        with running(archive(instances=held, destinations={"DEAD": taken.getsockname()})) as source:
            keys = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": study_uid(held[0])}
            assert statuses(move(source, "NOBODY", **keys)) == [0xA801]
            responses = move(source, "DEAD", **keys)
            assert (statuses(responses), counts(responses[0])) == ([0xA702], (None, 0, 2, 0))
            assert statuses(move(source, "DEAD", QueryRetrieveLevel="STUDY", StudyInstanceUID="2.25.404")) == [0]
            assert statuses(move(source, "DEAD", QueryRetrieveLevel="STUDY", StudyInstanceUID="")) == [0xA900]


def release_requests(recorder: Recorder) -> list[Side]:
    """Tell who sent an A-RELEASE-RQ PDU (PS3.8 9.3.6), as the archive saw it."""
    return [one.sender for one in recorder.sightings if one.data.startswith(b"\x05\x00")]


def test_an_archive_can_release_the_association_by_itself():
    recorder = Recorder()
    releasing = archive(recorder=recorder, faults=[fault("release", {"on": "before C-ECHO-RSP"})])
    with running(releasing), associated(releasing, (VERIFICATION, [IMPLICIT])) as (scu, established):
        command = scu.command("C-ECHO-RQ", AffectedSOPClassUID=VERIFICATION)
        assert list(scu.request(Message(established.find(VERIFICATION).context_id, command))) == []
        assert scu.ended == Released(by_us=False)
    assert release_requests(recorder) == [Side.ACCEPTOR]


def test_an_archive_does_not_release_what_its_peer_has_asked_to_release():
    recorder = Recorder()
    late = [fault("delay", {"on": "after C-ECHO-RSP", "s": 0.3}), fault("release", {"on": "after C-ECHO-RSP"})]
    releasing = archive(recorder=recorder, faults=late)
    with running(releasing), associated(releasing, (VERIFICATION, [IMPLICIT])) as (scu, established):
        command = scu.command("C-ECHO-RQ", AffectedSOPClassUID=VERIFICATION)
        assert len(list(scu.request(Message(established.find(VERIFICATION).context_id, command)))) == 1
        assert scu.release() == Released(by_us=True)
    assert release_requests(recorder) == [Side.REQUESTOR]


def test_a_move_can_be_cancelled(pair):
    source, destination = pair
    destination.fault(fault("delay", {"s": 0.2, "on": "C-STORE-RQ", "occurrence": 1}))
    with associated(source, (STUDY_ROOT.move, [IMPLICIT])) as (scu, established):
        data_set = identifier(IMPLICIT, QueryRetrieveLevel="STUDY", StudyInstanceUID=study_uid(source.instances[0]))
        command = scu.command(
            "C-MOVE-RQ", data_set, AffectedSOPClassUID=STUDY_ROOT.move, Priority=0, MoveDestination="DEST"
        )
        message = Message(established.find(STUDY_ROOT.move).context_id, command, data_set)
        got = []
        for response in scu.request(message):
            if not got:
                scu.cancel(message)
            got.append(response)
    assert statuses(got)[-1] == 0xFE00
    assert sum(counts(got[-1])) == 3
    assert counts(got[-1])[0] >= 1
    assert len(destination.stored) == counts(got[-1])[1]


@pytest.mark.parametrize("after_pending", [0, 1, 2])
def test_faults_answer_with_any_status_after_any_pending(pair, after_pending):
    source, _ = pair
    parameters = {"to": "C-MOVE-RQ", "status": "A701", "after_pending": after_pending}
    source.fault(fault("respond", parameters))
    keys = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": study_uid(source.instances[0])}
    assert statuses(move(source, "DEST", **keys)) == [0xFF00] * after_pending + [0xA701]
    source.clear()
    assert statuses(move(source, "DEST", **keys))[-1] == 0


def test_a_destination_without_the_compression_gets_it_decoded():
    held = study(1, J2K)
    with running(archive("DEST", transfer_syntaxes=(IMPLICIT,))) as destination:
        with running(archive(instances=held, destinations={"DEST": destination.address})) as source:
            responses = move(source, "DEST", QueryRetrieveLevel="STUDY", StudyInstanceUID=study_uid(held[0]))
        assert statuses(responses)[-1] == 0
        assert [one.transfer_syntax for one in destination.stored] == [IMPLICIT]
        assert len(destination.stored[0].data_set) > held[0].pixels.nbytes


def test_the_archive_stops_while_a_destination_is_silent():
    held = study(1)
    destination = archive("DEST", faults=[fault("silence", {"on": "C-STORE-RQ"})])
    with running(destination):
        source = archive(instances=held, destinations={"DEST": destination.address})
        source.start()
        keys = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": study_uid(held[0])}
        before = threading.active_count()
        with associated(source, (STUDY_ROOT.move, [IMPLICIT])) as (scu, established):
            data_set = identifier(IMPLICIT, **keys)
            responses = ask(scu, established, "C-MOVE-RQ", STUDY_ROOT.move, data_set, MoveDestination="DEST")
            assert next(responses).command["Status"] == 0xFF00
            source.stop()
            assert threading.active_count() <= before
