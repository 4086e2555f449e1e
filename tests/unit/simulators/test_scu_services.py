"""The SCU against our archive and our printer: queries, retrieval, storage commitment, print, DIMSE-N."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from dicom_simulators.archive.archive import Archive
from dicom_simulators.association import Proposal, Request, Requestor, Response, Service, Simulator, Supported
from dicom_simulators.association.association import Deadlines, Established, propose
from dicom_simulators.association.simulator import StoredInstance
from dicom_simulators.data_sets import UNASSIGNED_SOP_CLASS, build
from dicom_simulators.destination import Destination
from dicom_simulators.encoding import decode_attributes, encode_attributes, transcode
from dicom_simulators.faults import build as build_fault
from dicom_simulators.printer.printer import Printer
from dicom_simulators.scu.scu import Scu
from dicom_wire import Message, Recorder, RoleSelection, command_set

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
CR, RAW_DATA = "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.66"
EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
COMMITMENT, COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1", "1.2.840.10008.1.20.1.1"
SHORT = Deadlines(2.0, 2.0, 2.0, 5.0, 5.0, 0.2, 2.0)


class Stage:
    """An archive that holds two studies of two patients each, a destination, and the SCU."""

    def __init__(self, **of_destination: Any) -> None:
        self.recorder = Recorder()
        self.instances = [
            build("smallest", sop_class, EXPLICIT, seed=seed, PatientName=name, PatientID=f"P{seed}")
            for seed, name in enumerate(("MÜLLER^JÜRGEN", "DOE^JANE"))
            for sop_class in (CT, MR)
        ]
        common: dict[str, Any] = {"deadlines": SHORT}
        self.scu = Scu("scu", "SCU", self.recorder, instances=self.instances, **common)
        self.destination = Destination("destination", "DEST", self.recorder, **common, **of_destination)
        for one in (self.scu, self.destination):
            one.start()
        known = {"DEST": self.destination.address, "SCU": self.scu.address}
        self.archive = Archive("archive", "ARCH", self.recorder, instances=self.instances, destinations=known, **common)
        self.archive.start()

    def perform(self, operation: str, **arguments: Any) -> dict[str, Any]:
        return self.scu.perform(operation, self.archive.address, {"called_ae_title": "ARCH", **arguments})

    def uid(self, number: int, keyword: str = "StudyInstanceUID") -> str:
        return str(self.instances[number].read()[keyword].value)

    def stop(self) -> None:
        for one in (self.scu, self.archive, self.destination):
            one.stop()


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.stop()
    assert not [one for one in threading.enumerate() if one.name.startswith(("scu ", "archive ", "destination "))]


def test_a_query_in_a_character_set_finds_the_name(stage: Stage) -> None:
    keys = {"PatientName": "MÜLLER^JÜRGEN", "StudyInstanceUID": ""}
    found = stage.perform("find", level="STUDY", keys=keys, character_set="ISO_IR 192")
    assert {one["StudyInstanceUID"] for one in found["matches"]} == {stage.uid(0), stage.uid(1)}
    assert {one["PatientName"] for one in found["matches"]} == {"MÜLLER^JÜRGEN"}


def test_several_values_are_a_list_and_items_mappings(stage: Stage) -> None:
    keys = {"StudyInstanceUID": [stage.uid(0), stage.uid(2)], "ProcedureCodeSequence": [{"CodeValue": ""}]}
    found = stage.perform("find", level="STUDY", keys=keys, query_id="two")
    assert {one["StudyInstanceUID"] for one in found["matches"]} == {stage.uid(0), stage.uid(2)}
    assert found["query_id"] == "two"


def test_a_query_is_cancelled_at_once(stage: Stage) -> None:
    found = stage.perform("find", level="STUDY", keys={"StudyInstanceUID": ""}, cancel="at_once", linger_s="0.1")
    assert found["status"] in ("FE00", "0000")
    assert found["after_final"] == 0


def test_extensions_are_asked_for_and_named_where_granted(stage: Stage) -> None:
    found = stage.perform("find", level="IMAGE", keys={"SOPInstanceUID": ""}, extended=["relational", "fuzzy"])
    assert found["extended"] == []  # the archive offers none unless it is set to
    with Archive("archive", "ARCH", stage.recorder, deadlines=SHORT, extensions=["relational"]) as archive:
        arguments = {"called_ae_title": "ARCH", "level": "IMAGE", "keys": {"SOPInstanceUID": ""}}
        found = stage.scu.perform("find", archive.address, {**arguments, "extended": ["relational", "fuzzy"]})
    assert found["extended"] == ["relational"]


@pytest.mark.parametrize("transfer_syntax", [IMPLICIT, EXPLICIT, "ExplicitVRLittleEndian"])
def test_a_query_in_the_transfer_syntax_asked_for(stage: Stage, transfer_syntax: str) -> None:
    found = stage.perform("find", level="STUDY", keys={"StudyInstanceUID": ""}, transfer_syntax=transfer_syntax)
    assert (found["result"], found["count"], found["noted"]) == ("success", 4, [])


def test_a_move_counts_what_the_destination_answered() -> None:
    stage = Stage(answers={"*": "A700"})
    try:
        keys = {"StudyInstanceUID": stage.uid(0)}
        moved = stage.perform("move", level="STUDY", keys=keys, destination="DEST")
        assert (moved["completed"], moved["failed"], moved["warning"]) == (0, 1, 0)
        assert moved["failed_instances"] == [stage.instances[0].SOPInstanceUID]
        assert moved["result"] == "failure"
    finally:
        stage.stop()


def test_a_move_to_itself_arrives(stage: Stage) -> None:
    moved = stage.perform("move", level="STUDY", keys={"StudyInstanceUID": stage.uid(1)}, destination="SCU")
    assert (moved["status"], moved["arrived"]) == ("0000", [stage.instances[1].SOPInstanceUID])
    (kept,) = stage.scu.stored
    assert (kept.move_originator_ae_title, kept.data_set) == ("SCU", stage.instances[1].data_set)


def test_a_get_takes_what_comes_and_answers_as_asked(stage: Stage) -> None:
    first, second = (stage.instances[number].SOPInstanceUID for number in (0, 1))
    keys = {"StudyInstanceUID": [stage.uid(0), stage.uid(1)]}
    got = stage.perform("get", level="STUDY", keys=keys, answers={first: "B007", second: "A700"}, delay_s="0.01")
    assert got["answered"] == {first: "B007", second: "A700"}
    assert (got["completed"], got["warning"], got["failed"]) == (0, 1, 1)
    assert got["failed_instances"] == [second]
    assert [one.SOPInstanceUID for one in stage.scu.stored] == [first]


def test_a_get_answers_one_of_several_by_its_number(stage: Stage) -> None:
    keys = {"StudyInstanceUID": [stage.uid(0), stage.uid(1)]}
    got = stage.perform("get", level="STUDY", keys=keys, answers={"2": "A700"})
    assert [*got["answered"].values()] == ["0000", "A700"]
    assert (got["completed"], got["failed"], got["status"]) == (1, 1, "B000")


def test_queries_and_a_get_on_one_association(stage: Stage) -> None:
    contexts = [
        {"sop_class": "1.2.840.10008.5.1.4.1.2.2.1", "transfer_syntaxes": [EXPLICIT]},
        {"sop_class": "1.2.840.10008.5.1.4.1.2.2.3", "transfer_syntaxes": [EXPLICIT]},
        {"sop_class": CT, "transfer_syntaxes": [EXPLICIT]},
    ]
    roles = [{"sop_class": CT, "scu": "0", "scp": "1"}]
    stage.perform("associate", hold="true", association="one", contexts=contexts, roles=roles)
    for _ in range(2):
        assert stage.perform("find", association="one", level="STUDY", keys={"PatientName": "DOE*"})["count"] == 2
    got = stage.perform("get", association="one", level="STUDY", keys={"StudyInstanceUID": stage.uid(0)})
    assert got["arrived"] == [stage.instances[0].SOPInstanceUID]
    assert stage.perform("release", association="one")["result"] == "success"


def test_the_contexts_of_a_get_may_be_given_and_get_their_roles(stage: Stage) -> None:
    contexts = [
        {"sop_class": "1.2.840.10008.5.1.4.1.2.2.3", "transfer_syntaxes": [IMPLICIT]},
        {"sop_class": "1.2.840.10008.5.1.4.1.2.2.1", "transfer_syntaxes": [IMPLICIT]},
        {"sop_class": CT, "transfer_syntaxes": [EXPLICIT]},
    ]
    got = stage.perform("get", level="STUDY", keys={"StudyInstanceUID": stage.uid(0)}, contexts=contexts)
    assert got["answered"] == {stage.instances[0].SOPInstanceUID: "0000"}


def test_it_stores_as_the_modality_does(stage: Stage) -> None:
    outcome = stage.scu.perform("store", stage.destination.address, {"called_ae_title": "DEST"})
    assert (outcome["result"], len(outcome["stored"])) == ("success", 4)
    assert [one.data_set for one in stage.destination.stored] == [one.data_set for one in stage.instances]


def test_what_is_lost_for_want_of_memory_is_noted(stage: Stage) -> None:
    small = Scu("scu", "SCU", stage.recorder, deadlines=SHORT, memory_bytes=64)
    with small:
        keys = {"StudyInstanceUID": stage.uid(0)}
        arguments = {"called_ae_title": "ARCH", "level": "STUDY", "keys": keys, "sop_classes": [CT]}
        got = small.perform("get", stage.archive.address, arguments)
    assert got["answered"] == {stage.instances[0].SOPInstanceUID: "A700"}
    assert small.refused_for_memory > 0


# -- storage commitment ---------------------------------------------------------------------------------------------


class Committer(Simulator):
    """A storage commitment SCP that reports on the association of the N-ACTION, or on a new one."""

    notifies = True

    def __init__(
        self, recorder: Recorder, to: tuple[str, int] | None = None, missing: str = "", silent: bool = False
    ) -> None:
        super().__init__("committer", "COMMIT", recorder, deadlines=SHORT)
        self._to, self._missing, self._silent = to, missing, silent
        self.reporting: list[threading.Thread] = []

    def supported(self) -> tuple[Supported, ...]:
        return (*super().supported(), Supported(COMMITMENT))

    def services(self) -> Mapping[str, Service]:
        return {**super().services(), "N-ACTION-RQ": self._action}

    def _action(self, request: Request) -> Generator[Response, None, None]:
        asked = decode_attributes(request.data_set or b"", request.transfer_syntax)
        yield Response(0)
        if self._silent:
            return
        items = asked["ReferencedSOPSequence"]
        assert isinstance(items, list)
        known = [item for item in items if item["ReferencedSOPInstanceUID"] != self._missing]
        failed = [{**item, "FailureReason": "274"} for item in items if item not in known]
        event: dict[str, object] = {"TransactionUID": asked["TransactionUID"], "ReferencedSOPSequence": known}
        if failed:
            event["FailedSOPSequence"] = failed
        if self._to is None:
            request.acceptor.notify(self._report(event, bool(failed), request.context.context_id, request))
        else:
            thread = threading.Thread(target=self._report_to, args=(self._to, event, bool(failed)))
            self.reporting.append(thread)
            thread.start()

    def _report(
        self, event: Mapping[str, object], failed: bool, context_id: int, request: Request | None = None
    ) -> Message:
        syntax = IMPLICIT if request is None else request.transfer_syntax
        named = {"AffectedSOPClassUID": COMMITMENT, "AffectedSOPInstanceUID": COMMITMENT_INSTANCE}
        command = command_set("N-EVENT-REPORT-RQ", **named, EventTypeID=2 if failed else 1, CommandDataSetType=1)
        return Message(context_id, command, encode_attributes(event, syntax))

    def _report_to(self, address: tuple[str, int], event: Mapping[str, object], failed: bool) -> None:
        contexts = propose((COMMITMENT, [IMPLICIT]))
        proposal = Proposal("SCU", "COMMIT", contexts, user_information=(RoleSelection(COMMITMENT, 0, 1),))
        one = Requestor(self.recorder, address, proposal, name="committer", peer="scu", deadlines=SHORT)
        established = one.associate()
        assert isinstance(established, Established)
        assert [context.scp for context in established.accepted] == [True]
        report = self._report(event, failed, 1)
        message = Message(1, report.command.changed(MessageID=1), report.data_set)
        assert [response.command.number("Status") for response in one.request(message)] == [0]
        one.release()


@pytest.mark.parametrize("on", ["same", "new"])
def test_the_result_of_storage_commitment_comes_on_either_association(stage: Stage, on: str) -> None:
    committer = Committer(stage.recorder, stage.scu.address if on == "new" else None)
    with committer:
        arguments = {"called_ae_title": "COMMIT", "instances": ["1"], "keep_open": "true", "transaction": "1.2.3"}
        done = stage.scu.perform("commit", committer.address, arguments)
        for thread in committer.reporting:
            thread.join()
    uid = stage.instances[0].SOPInstanceUID
    event = {"type": 1, "transaction": "1.2.3", "committed": [uid], "failed": {}, "on": on}
    assert (done["result"], done["status"], done["transaction"], done["events"]) == (
        "success",
        "0000",
        "1.2.3",
        [event],
    )


def test_what_could_not_be_committed_is_named(stage: Stage) -> None:
    first, second = (stage.instances[number].SOPInstanceUID for number in (0, 1))
    with Committer(stage.recorder, stage.scu.address, missing=second) as committer:
        arguments = {"called_ae_title": "COMMIT", "instances": ["1", "2"]}
        done = stage.scu.perform("commit", committer.address, arguments)
        for thread in committer.reporting:
            thread.join()
    (event,) = done["events"]
    assert (done["result"], event["type"]) == ("partial", 2)
    assert (event["committed"], event["failed"]) == ([first], {second: "0112"})


@pytest.mark.parametrize("keep_open", ["true", "false"])
def test_no_event_is_a_timeout(stage: Stage, keep_open: str) -> None:
    with Committer(stage.recorder, silent=True) as committer:
        arguments = {"called_ae_title": "COMMIT", "instances": ["1"], "within_s": "0.1", "keep_open": keep_open}
        done = stage.scu.perform("commit", committer.address, arguments)
    assert (done["result"], done["status"], done["events"]) == ("timeout", "0000", [])
    assert done["detail"] == "no event of this transaction within 0.1 s"


@pytest.mark.parametrize(("reports_on", "on"), [("same_association", "same"), ("new_association", "new")])
def test_our_archive_commits_itself_to_what_it_holds(stage: Stage, reports_on: Any, on: str) -> None:
    first = stage.instances[0].SOPInstanceUID
    with Archive(
        "archive",
        "ARCH",
        stage.recorder,
        instances=stage.instances[:1],
        destinations={"SCU": stage.scu.address},
        reports_on=reports_on,
        deadlines=SHORT,
    ) as archive:
        arguments = {"called_ae_title": "ARCH", "keep_open": "true", "within_s": "5"}
        done = stage.scu.perform("commit", archive.address, {**arguments, "instances": ["1"]})
        partly = stage.scu.perform("commit", archive.address, {**arguments, "instances": ["1", "2"]})
    (event,) = done["events"]
    assert (done["result"], event["type"], event["committed"], event["on"]) == ("success", 1, [first], on)
    (event,) = partly["events"]
    assert (partly["result"], event["type"], event["committed"]) == ("partial", 2, [first])
    assert event["failed"] == {stage.instances[1].SOPInstanceUID: "0112"}


def test_a_refused_request_waits_for_nothing(stage: Stage) -> None:
    done = stage.scu.perform("commit", stage.destination.address, {"called_ae_title": "DEST", "instances": ["1"]})
    assert (done["result"], done["status"], done["events"]) == ("failure", "0211", [])


# -- print ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def printer() -> Iterator[Printer]:
    with Printer("printer", "PRINTER", Recorder(), deadlines=SHORT) as made:
        yield made


def printed(printer: Printer, operation: str, **arguments: Any) -> dict[str, Any]:
    images = [build(sop_class=CT, seed=seed, rows=40, columns=60) for seed in range(3)]
    with Scu("scu", "SCU", Recorder(), instances=images, deadlines=SHORT) as scu:
        return scu.perform(operation, printer.address, {"called_ae_title": "PRINTER", **arguments})


@pytest.mark.parametrize(("at", "jobs"), [("film", 2), ("session", 1), ("nothing", 0)])
def test_a_print_and_its_job_events(printer: Printer, at: str, jobs: int) -> None:
    done = printed(printer, "print", layout=r"STANDARD\2,1", at=at, within_s="5", copies="1", delete="true")
    assert done["result"] == "success", done
    assert [len(film["images"]) for film in done["films"]] == [2, 2]
    assert len(done["jobs"]) == jobs
    assert {one["job"] for one in done["events"] if one["status"] == "DONE"} == set(done["jobs"])
    assert done["responses"][-1]["operation"] == "n_delete"


def test_a_color_print(printer: Printer) -> None:
    done = printed(printer, "print", meta="color", instances=["1"])
    assert (done["result"], len(done["films"])) == ("success", 1)


def test_what_the_printer_refuses_is_told(printer: Printer) -> None:
    done = printed(printer, "print", layout=r"NONSENSE\9")
    assert done["result"] == "failure"
    assert [one["operation"] for one in done["responses"]] == ["n_create", "n_create"]
    assert done["responses"][-1]["status"] == done["status"]


def test_any_dimse_n_operation(printer: Printer) -> None:
    status = printed(printer, "n_get", sop_class="Printer", instance="PrinterInstance", attributes=["PrinterStatus"])
    assert (status["status"], status["attributes"]) == ("0000", {"PrinterStatus": "NORMAL"})
    made = printed(printer, "n_create", sop_class="BasicFilmSession", attributes={"NumberOfCopies": "2"})
    assert made["status"] == "0000"
    assert made["instance"].startswith("2.25.")
    unknown = {"sop_class": "BasicFilmSession", "instance": "1.2.3"}
    for operation in ("n_set", "n_action", "n_delete"):
        assert printed(printer, operation, **unknown)["status"] == "0112", operation


def test_an_instance_keeps_who_asked_for_it() -> None:
    command = command_set(
        "C-STORE-RQ",
        MessageID=1,
        MoveOriginatorApplicationEntityTitle="MOVER",
        MoveOriginatorMessageID=7,
    )
    kept = StoredInstance(CT, "1.2.3", IMPLICIT, b"", "ARCH", 0, command)
    assert (kept.move_originator_ae_title, kept.move_originator_message_id) == ("MOVER", 7)


def test_several_associations_are_held_and_the_last_has_the_name(stage: Stage) -> None:
    contexts = [{"sop_class": "1.2.840.10008.1.1", "transfer_syntaxes": [IMPLICIT]}]
    opened = stage.perform("associate", contexts=contexts, hold="true", count="3", association="many")
    assert (opened["result"], stage.scu.held) == ("success", ("many 1", "many 2", "many"))
    assert stage.perform("echo", association="many")["status"] == "0000"
    assert stage.perform("release")["result"] == "success"
    assert stage.scu.held == ()


def test_more_contexts_than_one_association_has_room_for_are_proposed_on_several(stage: Stage) -> None:
    contexts = [{"sop_class": f"2.25.{number}", "transfer_syntaxes": [IMPLICIT]} for number in range(1, 200)]
    contexts.append({"sop_class": CT, "transfer_syntaxes": [IMPLICIT]})
    told = stage.perform("associate", contexts=contexts)
    assert (told["result"], len(told["contexts"])) == ("success", 200)
    assert [one["result"] for one in told["contexts"]] == [3] * 199 + [0]
    with pytest.raises(ValueError, match="200 are more than one association has room for"):
        stage.perform("associate", contexts=contexts, hold="true")


def test_an_instance_is_stored_in_each_context_that_is_accepted(stage: Stage) -> None:
    contexts = [
        {"sop_class": uid, "transfer_syntaxes": [syntax]}
        for uid, syntax in ((CT, EXPLICIT), ("2.25.99", IMPLICIT), (RAW_DATA, IMPLICIT), (MR, IMPLICIT))
    ]
    told = stage.perform("store_in_each_context", contexts=contexts)
    assert (told["result"], told["statuses"]) == ("success", ["0000"] * 2)
    assert [one.SOPClassUID for one in stage.archive.stored] == [CT, MR]
    assert told["not_built"] == [RAW_DATA]


def test_a_class_that_nobody_assigned_needs_no_more_than_identifiers(stage: Stage) -> None:
    contexts = [{"sop_class": UNASSIGNED_SOP_CLASS, "transfer_syntaxes": [IMPLICIT]}]
    with Archive("other", "OTHER", stage.recorder, sop_classes=(UNASSIGNED_SOP_CLASS,), deadlines=SHORT) as other:
        arguments = {"called_ae_title": "OTHER", "contexts": contexts}
        told = stage.scu.perform("store_in_each_context", other.address, arguments)
        (stored,) = other.stored
    assert (told["statuses"], told["not_built"]) == (["0000"], [])
    assert decode_attributes(stored.data_set, IMPLICIT)["PatientID"] == "CONFSTORE"


def test_after_an_abort_the_contexts_that_are_left_are_tried_on_another_association(stage: Stage) -> None:
    contexts = [{"sop_class": uid, "transfer_syntaxes": [IMPLICIT]} for uid in (CT, CR, MR)]
    stage.archive.fault(build_fault("abort", {"on": "C-STORE-RQ", "occurrence": "2"}))
    told = stage.perform("store_in_each_context", contexts=contexts)
    assert (told["result"], told["statuses"]) == ("aborted", ["0000", "0000"])
    assert [one.SOPClassUID for one in stage.archive.stored] == [CT, MR]


def test_a_class_that_cannot_be_built_is_stored_as_the_sample_that_the_scu_holds(stage: Stage) -> None:
    sample = replace(build("smallest", CT, EXPLICIT, seed=7, SOPClassUID=RAW_DATA), SOPClassUID=RAW_DATA)
    stage.scu.instances = (*stage.scu.instances, sample)
    contexts = [{"sop_class": RAW_DATA, "transfer_syntaxes": [syntax]} for syntax in (EXPLICIT, IMPLICIT)]
    told = stage.perform("store_in_each_context", contexts=contexts)
    assert (told["result"], told["statuses"]) == ("success", ["0000"] * 2)
    first, second = stage.archive.stored
    assert {first.SOPInstanceUID, second.SOPInstanceUID} == {sample.SOPInstanceUID}
    assert first.data_set == sample.data_set
    assert second.data_set == transcode(sample.data_set, EXPLICIT, IMPLICIT) != sample.data_set


def test_a_sample_that_cannot_be_encoded_anew_is_not_sent(stage: Stage) -> None:
    made = build("smallest", CT, EXPLICIT, seed=7, SOPClassUID=RAW_DATA)
    sample = replace(made, SOPClassUID=RAW_DATA, transfer_syntax="1.2.840.10008.1.2.4.102")  # video
    stage.scu.instances = (*stage.scu.instances, sample)
    contexts = [{"sop_class": RAW_DATA, "transfer_syntaxes": [IMPLICIT]}]
    assert stage.perform("store_in_each_context", contexts=contexts)["not_built"] == [RAW_DATA]
    assert not stage.archive.stored
