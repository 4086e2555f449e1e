from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from dicom_simulators.association.association import Deadlines
from dicom_simulators.association.negotiation import Supported
from dicom_simulators.data_sets import build
from dicom_simulators.destination import Destination
from dicom_simulators.faults import build as fault
from dicom_simulators.scu.modality import Modality
from dicom_wire import AAssociateRQ, AsynchronousOperationsWindow, Kind, PDUStream, Recorder, RoleSelection

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
SHORT = Deadlines(2.0, 1.0, 1.0, 0.5, 5.0, 0.2, 2.0)


class Stage:
    def __init__(self, **options: object) -> None:
        self.recorder = Recorder()
        self.instances = [build("smallest", sop_class=CT, transfer_syntax=EXPLICIT, seed=n) for n in range(3)]
        self.destination = Destination("destination", "DEST", self.recorder, deadlines=SHORT, **options)
        self.modality = Modality("modality", "MOD", self.recorder, instances=self.instances, deadlines=SHORT)
        self.destination.start()
        self.modality.start()

    def perform(self, operation: str, **arguments: object) -> dict[str, object]:
        return self.modality.perform(operation, self.destination.address, {"called_ae_title": "DEST", **arguments})

    def stop(self) -> None:
        self.modality.stop()
        self.destination.stop()

    def requests(self) -> list[AAssociateRQ]:
        """The A-ASSOCIATE-RQ PDUs as the destination read them."""
        found = []
        for number, connection in enumerate(self.recorder.connections):
            stream = PDUStream()
            for sighting in self.recorder.sightings:
                if connection.observer != "destination" or sighting.connection != number:
                    continue
                if sighting.kind is Kind.DATA and not sighting.written:
                    found += [r.pdu for r in stream.feed(sighting.data) if isinstance(r.pdu, AAssociateRQ)]
        return found


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.stop()
    assert not [t for t in threading.enumerate() if t.name.startswith(("destination ", "modality "))]


def test_echo(stage: Stage) -> None:
    assert stage.perform("echo") == {
        "operation": "echo",
        "peer": "workstation",
        "result": "success",
        "status": "0000",
        "detail": "",
    }


def test_store_keeps_every_byte(stage: Stage) -> None:
    outcome = stage.perform("store")
    assert (outcome["result"], outcome["status"]) == ("success", "0000")
    assert outcome["stored"] == [instance.SOPInstanceUID for instance in stage.instances]
    kept = stage.destination.stored
    assert [one.data_set for one in kept] == [instance.data_set for instance in stage.instances]
    assert {(one.calling_ae_title, one.transfer_syntax, one.SOPClassUID) for one in kept} == {("MOD", EXPLICIT, CT)}
    assert len(stage.requests()) == 1


def test_store_each_on_an_association_of_its_own(stage: Stage) -> None:
    assert stage.perform("store", associations="each")["result"] == "success"
    assert len(stage.requests()) == 3


def test_store_of_chosen_instances(stage: Stage) -> None:
    stage.perform("store", instances=["3", stage.instances[0].SOPInstanceUID])
    assert [one.data_set for one in stage.destination.stored] == [
        stage.instances[2].data_set,
        stage.instances[0].data_set,
    ]


@pytest.mark.parametrize(("on_failure", "stored", "sent"), [("continue", 2, 3), ("stop", 1, 2)])
def test_after_a_failure_it_goes_on_or_not(stage: Stage, on_failure: str, stored: int, sent: int) -> None:
    stage.destination.fault(fault("respond", {"to": "C-STORE-RQ", "status": "A700", "occurrence": "2"}))
    outcome = stage.perform("store", on_failure=on_failure)
    assert outcome["result"] == "partial"
    assert len(outcome["stored"]) == stored
    assert len(outcome["statuses"]) == sent
    assert stage.instances[1].SOPInstanceUID in outcome["not_stored"]


@pytest.mark.parametrize(
    ("name", "parameters", "result", "status"),
    [
        ("respond", {"to": "C-STORE-RQ", "status": "C123"}, "failure", "C123"),
        ("respond", {"to": "C-STORE-RQ", "status": "B007"}, "warning", "B007"),
        ("abort", {"on": "C-STORE-RQ", "source": "2", "reason": "4"}, "aborted", None),
        ("close", {"on": "C-STORE-RQ"}, "connection_lost", None),
        ("reset", {"on": "C-STORE-RQ"}, "connection_lost", None),
        ("close", {"on": "A-ASSOCIATE-RQ"}, "connection_lost", None),
        ("reject", {"result": "2", "source": "3", "reason": "1"}, "rejected", None),
        ("silence", {"on": "C-STORE-RQ"}, "timeout", None),
        ("silence", {"on": "A-ASSOCIATE-RQ"}, "timeout", None),
        ("wrong_message_id", {"of": "C-STORE-RSP"}, "invalid_response", None),
        ("drop_element", {"of": "C-STORE-RSP", "element": "Status"}, "invalid_response", None),
        ("delay", {"on": "before C-STORE-RSP", "s": "0.01"}, "success", "0000"),
    ],
)
def test_what_a_fault_at_the_acceptor_is_told_as(
    stage: Stage, name: str, parameters: dict[str, str], result: str, status: str | None
) -> None:
    stage.destination.fault(fault(name, parameters))
    outcome = stage.perform("store")
    assert (outcome["result"], outcome["status"]) == (result, status)
    stage.destination.clear()
    assert stage.perform("echo")["result"] == "success"


def test_a_second_answer_is_not_taken_for_the_next_one(stage: Stage) -> None:
    stage.destination.fault(fault("duplicate_response", {"of": "C-STORE-RSP", "occurrence": "1"}))
    outcome = stage.perform("store")
    assert outcome["result"] == "partial"
    assert "Message ID 1, but 2 is outstanding" in str(outcome["detail"])


def test_faults_of_the_requestor(stage: Stage) -> None:
    stage.modality.fault(fault("abort", {"on": "after C-STORE-RQ", "source": "0"}))
    assert stage.perform("store")["result"] in ("aborted", "invalid_response")
    assert len(stage.destination.stored) <= 1


def test_a_fault_at_the_connection_of_the_requestor(stage: Stage) -> None:
    stage.modality.fault(fault("close", {"on": "connection"}))
    assert stage.perform("echo")["result"] != "success"
    assert stage.requests() == []


def test_unreachable(stage: Stage) -> None:
    stage.destination.stop()
    assert stage.perform("echo")["result"] == "unreachable"


def test_associate_proposes_exactly_what_it_is_told(stage: Stage) -> None:
    contexts = [
        {"sop_class": CT, "transfer_syntaxes": [IMPLICIT, "1.2.3"], "context_id": "5"},
        {"sop_class": "1.2.840", "transfer_syntaxes": "1.2.3"},
    ]
    outcome = stage.perform(
        "associate",
        contexts=contexts,
        calling_ae_title="OTHER",
        maximum_length="16384",
        asynchronous_operations={"invoked": "3", "performed": "0"},
        roles=[{"sop_class": CT, "scu": "0", "scp": "1"}],
    )
    assert outcome["result"] == "success"
    assert outcome["contexts"] == [
        {"context_id": 5, "sop_class": CT, "result": 0, "transfer_syntax": IMPLICIT},
        {"context_id": 3, "sop_class": "1.2.840", "result": 4, "transfer_syntax": None},
    ]
    (request,) = stage.requests()
    assert [(c.context_id, c.abstract_syntax, c.transfer_syntaxes) for c in request.presentation_contexts] == [
        (5, CT, (IMPLICIT, "1.2.3")),
        (3, "1.2.840", ("1.2.3",)),
    ]
    assert (request.called_ae_title, request.calling_ae_title, request.maximum_length) == ("DEST", "OTHER", 16384)
    assert request.find(AsynchronousOperationsWindow) == (AsynchronousOperationsWindow(3, 0),)
    assert request.find(RoleSelection) == (RoleSelection(CT, 0, 1),)


def test_128_contexts(stage: Stage) -> None:
    outcome = stage.perform("associate", contexts=[{"sop_class": MR, "transfer_syntaxes": [IMPLICIT]}] * 128)
    told = outcome["contexts"]
    assert isinstance(told, list)
    assert [context["context_id"] for context in told] == list(range(1, 257, 2))


def test_nothing_accepted() -> None:
    stage = Stage(supports=[Supported(MR)])
    try:
        asked = [{"sop_class": CT, "transfer_syntaxes": [IMPLICIT]}]
        assert stage.perform("associate", contexts=asked)["result"] == "not_accepted"
        outcome = stage.perform("store")
        assert outcome["result"] == "not_accepted"
        assert len(outcome["not_stored"]) == 3
    finally:
        stage.stop()


def test_several_associations_are_held_used_and_ended(stage: Stage) -> None:
    contexts = [
        {"sop_class": "1.2.840.10008.1.1", "transfer_syntaxes": [IMPLICIT]},
        {"sop_class": CT, "transfer_syntaxes": [EXPLICIT]},
    ]
    for name in ("a", "b", "c"):
        assert stage.perform("associate", contexts=contexts, hold="true", association=name)["result"] == "success"
    assert stage.modality.held == ("a", "b", "c")
    assert stage.perform("echo", association="b")["status"] == "0000"
    assert stage.perform("store", association="c")["result"] == "success"
    assert stage.perform("release", association="b")["result"] == "success"
    assert stage.perform("abort", association="a")["result"] == "success"
    assert stage.modality.held == ("c",)
    assert stage.perform("release")["result"] == "success"
    assert stage.modality.held == ()
    assert len(stage.requests()) == 3


def test_what_is_held_ends_with_the_modality(stage: Stage) -> None:
    contexts = [{"sop_class": CT, "transfer_syntaxes": [EXPLICIT]}]
    stage.perform("associate", contexts=contexts, hold="true")
    stage.modality.stop()
    assert stage.modality.held == ()


@pytest.mark.parametrize(
    ("operation", "arguments", "message"),
    [
        ("find", {}, "no operation"),
        ("echo", {"colour": "red"}, "colour: unknown"),
        ("associate", {"contexts": [{"sop_class": CT}]}, r"contexts\[0\].transfer_syntaxes: "),
        ("associate", {"contexts": "all"}, "contexts: expected a list"),
        ("store", {"instances": ["4"]}, "instances: modality holds no '4'"),
        ("store", {"on_failure": "panic"}, "on_failure: expected one of"),
        ("release", {"association": "x"}, "association: modality has none"),
        ("associate", {"maximum_length": "-1", "contexts": []}, "maximum_length: "),
    ],
)
def test_wrong_arguments_are_named(stage: Stage, operation: str, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stage.perform(operation, **arguments)
