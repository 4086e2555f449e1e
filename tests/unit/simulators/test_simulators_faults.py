from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from dicom_simulators.association.responses import PENDING, Response, apply_responds
from dicom_simulators.faults import FAULTS, Fault, InForce, Moment, When, build, describe
from dicom_simulators.faults.moment import (
    AbortAction,
    CloseAction,
    DelayAction,
    PaceAction,
    ReplaceAction,
    ResetAction,
    RespondAction,
)
from dicom_wire import Message, command_set

MINIMAL: dict[str, dict[str, str]] = {
    "answer_contexts": {},
    "answer_titles": {},
    "change_command": {"of": "C-ECHO-RSP"},
    "change_data_set": {"of": "C-FIND-RSP"},
    "corrupt_pdu": {"of": "A-ASSOCIATE-AC"},
    "early_release": {"to": "C-MOVE-RQ"},
    "implementation": {},
    "ignore": {"what": "C-CANCEL-RQ"},
    "late_release": {"s": "1"},
    "max_pdu": {},
    "odd_fragments": {},
    "odd_values": {"of": "C-FIND-RSP"},
    "refuse": {},
    "slice": {"bytes": "1"},
    "stall": {"on": "before C-FIND-RSP", "s": "1"},
    "throttle": {"bytes_per_s": "100"},
    "abort": {"on": "C-STORE-RQ"},
    "close": {"on": "connection"},
    "delay": {"on": "A-ASSOCIATE-RQ", "s": "0.5"},
    "drop_element": {"of": "C-ECHO-RSP", "element": "Status"},
    "duplicate_response": {"of": "C-ECHO-RSP"},
    "missing_character_set": {"of": "C-FIND-RSP"},
    "multi_valued_character_set": {"of": "C-FIND-RSP"},
    "reject": {},
    "release": {"on": "after C-MOVE-RSP"},
    "reset": {"on": "before C-FIND-RSP"},
    "respond": {"to": "C-FIND-RQ", "status": "A700"},
    "silence": {"on": "A-RELEASE-RQ"},
    "truncated_character": {"of": "C-FIND-RSP"},
    "unterminated_escape": {"of": "C-FIND-RSP"},
    "wrong_character_set": {"of": "C-FIND-RSP"},
    "wrong_message_id": {"of": "C-ECHO-RSP"},
}


def response(status: int = 0, message_id: int = 7) -> Message:
    return Message(1, command_set("C-ECHO-RSP", MessageIDBeingRespondedTo=message_id, Status=status))


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_frozen_described_and_built_from_text(name: str) -> None:
    fault = build(name, MINIMAL[name])
    assert isinstance(fault, Fault)
    first = fields(FAULTS[name])[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(fault, first, "x")
    assert all(description.doc for description in describe(FAULTS[name]))
    assert {d.name for d in describe(FAULTS[name]) if d.required} == set(MINIMAL[name])


@pytest.mark.parametrize(
    ("name", "parameters", "field"),
    [
        ("respond", {"to": "C-FIND-RSP", "status": "A700"}, "to:"),
        ("respond", {"to": "C-FIND-RQ", "status": "A7000"}, "status:"),
        ("respond", {"to": "C-FIND-RQ"}, "status:"),
        ("respond", {"to": "C-FIND-RQ", "status": "A700", "OffendingElement": "PatientID"}, "OffendingElement:"),
        ("respond", {"to": "C-FIND-RQ", "status": "A700", "after_pending": "-1"}, "after_pending:"),
        ("respond", {"to": "C-FIND-RQ", "status": "A700", "goes_on": "ja"}, "goes_on:"),
        ("close", {"on": "noon"}, "on:"),
        ("close", {"on": "connection", "occurrence": "0"}, "occurrence:"),
        ("close", {"on": "connection", "when": "x"}, "when:"),
        ("abort", {"on": "connection", "source": "256"}, "source:"),
        ("delay", {"on": "connection", "s": "nan"}, "s:"),
        ("drop_element", {"of": "C-ECHO-RSP", "element": "Sttus"}, "element:"),
        ("change_data_set", {"of": "C-FIND-RSP", "wrong_vr": "PatientName"}, "wrong_vr: expected a mapping of"),
        ("nothing", {}, "no fault"),
    ],
)
def test_a_wrong_parameter_is_named(name: str, parameters: dict[str, object], field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}"):
        build(name, parameters)


def test_moments_are_counted_from_when_the_fault_is_in_force() -> None:
    second = build("close", {"on": "C-STORE-RQ", "occurrence": "2"})
    in_force = InForce()
    moment = Moment(When.RECEIVED, "C-STORE-RQ")
    assert in_force.actions(moment) == []
    in_force.add(second)
    assert [in_force.actions(moment) for _ in range(3)] == [[], [CloseAction()], []]
    in_force.clear()
    assert not in_force.any


def test_faults_compose_in_order() -> None:
    in_force = InForce(
        [build("delay", {"on": "C-ECHO-RQ", "s": "1"}), build("abort", {"on": "C-ECHO-RQ", "source": "2"})]
    )
    assert in_force.actions(Moment(When.RECEIVED, "C-ECHO-RQ")) == [DelayAction(1.0), AbortAction(2, 0)]


def test_before_alone_means_any_message_and_response_its_number() -> None:
    fault = build("reset", {"on": "before", "response": "3"})
    assert fault.at(Moment(When.BEFORE, "C-FIND-RSP", 9, 3)) == ResetAction()
    assert fault.at(Moment(When.BEFORE, "C-FIND-RSP", 9, 2)) is None
    assert fault.at(Moment(When.AFTER, "C-FIND-RSP", 9, 3)) is None


def test_a_drawn_delay_is_the_same_each_time_and_within_its_bounds() -> None:
    parameters = {"on": "C-ECHO-RQ", "s": "0.1", "up_to_s": "0.4", "seed": "5"}
    moments = [Moment(When.RECEIVED, "C-ECHO-RQ", occurrence) for occurrence in range(1, 20)]
    first, second = ([build("delay", parameters).at(moment) for moment in moments] for _ in range(2))
    assert first == second
    assert len(set(first)) > 10
    assert all(isinstance(action, DelayAction) and 0.1 <= action.s <= 0.4 for action in first)


def test_a_response_bears_another_message_id() -> None:
    action = build("wrong_message_id", {"of": "C-ECHO-RSP"}).at(
        Moment(When.BEFORE, "C-ECHO-RSP", message=response(message_id=0xFFFF))
    )
    assert isinstance(action, ReplaceAction)
    assert action.command["MessageIDBeingRespondedTo"] == 0
    assert action.command["Status"] == 0


def test_a_command_is_changed_only_where_a_data_set_follows() -> None:
    fault = build("change_command", {"of": "C-FIND-RSP", "with_data_set": "true", "set": {"CommandDataSetType": "514"}})
    for kind, changed in ((0x0001, True), (0x0102, True), (0x0101, False)):
        command = command_set("C-FIND-RSP", MessageIDBeingRespondedTo=1, Status=0, CommandDataSetType=kind)
        assert (fault.at(Moment(When.BEFORE, "C-FIND-RSP", message=Message(1, command, None))) is not None) is changed


def test_a_response_lacks_an_element() -> None:
    action = build("drop_element", MINIMAL["drop_element"]).at(Moment(When.BEFORE, "C-ECHO-RSP", message=response()))
    assert isinstance(action, ReplaceAction)
    assert "Status" not in action.command
    assert "MessageIDBeingRespondedTo" in action.command


def statuses(pending: int, *, seen: list[int] | None = None, **parameters: Any) -> list[int]:
    def service() -> Any:
        for number in range(pending):
            if seen is not None:
                seen.append(number)
            yield Response(PENDING, b"match", {"NumberOfRemainingSuboperations": pending - number})
        yield Response(0)

    fault = build("respond", {"to": "C-FIND-RQ", "status": "A700", **parameters})
    action = fault.at(Moment(When.RECEIVED, "C-FIND-RQ"))
    assert action is not None
    return [one.status for one in apply_responds(service(), [action])]


def test_a_status_takes_the_place_of_the_services_own() -> None:
    seen: list[int] = []
    assert statuses(3, seen=seen) == [0xA700]
    assert seen == []


def test_pending_responses_go_first() -> None:
    assert statuses(3, after_pending="2") == [PENDING, PENDING, 0xA700]
    assert statuses(3, after_pending="3") == [PENDING, PENDING, PENDING, 0xA700]
    assert statuses(1, after_pending="5") == [PENDING, 0xA700]


def test_one_response_is_changed_and_the_others_go_on() -> None:
    assert statuses(3, status="FF01", after_pending="1", goes_on="true") == [PENDING, 0xFF01, PENDING, 0]


def test_no_fault_leaves_the_service_alone() -> None:
    assert [one.status for one in apply_responds(iter([Response(PENDING), Response(0)]), [])] == [PENDING, 0]


def test_other_requests_are_left_alone() -> None:
    fault = build("respond", MINIMAL["respond"])
    assert fault.at(Moment(When.RECEIVED, "C-STORE-RQ")) is None
    assert fault.at(Moment(When.BEFORE, "C-FIND-RQ")) is None


def set_request(sop_class: str, name: str = "RequestedSOPClassUID") -> Message:
    return Message(1, command_set("N-SET-RQ", MessageID=1, **{name: sop_class}))


def test_a_fault_addressed_to_a_sop_class_neither_sees_nor_counts_others() -> None:
    fault = build("close", {"on": "N-SET-RQ", "sop_class": "Basic Film Box", "occurrence": "2"})
    in_force = InForce([fault])
    film_box, session = set_request("1.2.840.10008.5.1.1.2"), set_request("1.2.840.10008.5.1.1.1")
    met = [
        bool(in_force.actions(Moment(When.RECEIVED, "N-SET-RQ", message=message)))
        for message in (film_box, session, session, film_box, film_box)
    ]
    assert met == [False, False, False, True, False]
    assert in_force.actions(Moment(When.RECEIVED, "N-SET-RQ")) == []


def test_the_sop_class_of_a_response_is_the_affected_one() -> None:
    message = Message(1, command_set("N-SET-RSP", AffectedSOPClassUID="1.2.3", Status=0))
    assert Moment(When.BEFORE, "N-SET-RSP", message=message).sop_class == "1.2.3"
    assert Moment(When.BEFORE, "N-SET-RSP").sop_class == ""


@pytest.mark.parametrize("value", ["BasicFilmBoxx", "1.2.x", ""])
def test_what_is_no_sop_class_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"^sop_class:"):
        build("silence", {"on": "N-SET-RQ", "sop_class": value})


def test_a_response_says_what_a_fault_gives_it() -> None:
    parameters = {"to": "N-ACTION-RQ", "status": "0120", "AttributeIdentifierList": "20100010 20100500"}
    further = {"ActionTypeID": "7", "AffectedSOPInstanceUID": "2.25.1", "data_set": {"PrinterName": "X"}}
    action = build("respond", {**parameters, **further}).at(Moment(When.RECEIVED, "N-ACTION-RQ"))
    assert isinstance(action, RespondAction)
    [response] = apply_responds(iter([Response(0, b"own")]), [action])
    assert response.elements == {
        "AttributeIdentifierList": (0x20100010, 0x20100500),
        "ActionTypeID": 7,
        "AffectedSOPInstanceUID": "2.25.1",
    }
    assert response.data_set == b"\x10\x21\x30\x00\x02\x00\x00\x00X "
    with pytest.raises(ValueError, match=r"^data_set: data_set.Printer: unknown keyword"):
        build("respond", {**parameters, "data_set": {"Printer": "X"}})
    with pytest.raises(ValueError, match=r"^data_set: expected a mapping"):
        build("respond", {**parameters, "data_set": "X"})


def test_a_status_goes_on_with_the_services_own_data_set() -> None:
    action = build("respond", {"to": "N-CREATE-RQ", "status": "B605", "goes_on": "true"}).at(
        Moment(When.RECEIVED, "N-CREATE-RQ")
    )
    assert action is not None
    own = Response(0, b"own", {"AffectedSOPInstanceUID": "2.25.1"})
    assert list(apply_responds(iter([own]), [action])) == [Response(0xB605, b"own", own.elements)]


@pytest.mark.parametrize(
    ("pace", "pieces"),
    [
        (PaceAction(), [(0.0, b"abcde")]),
        (PaceAction(pause_s=0.5), [(0.5, b"abcde")]),
        (PaceAction(piece_bytes=2), [(0.0, b"ab"), (0.0, b"cd"), (0.0, b"e")]),
        (PaceAction(piece_bytes=5, pause_s=0.5), [(0.5, b"abcde")]),
        (PaceAction(stall_after_bytes=2, stall_s=3.0), [(0.0, b"ab"), (3.0, b"cde")]),
        (PaceAction(stall_s=3.0), [(3.0, b"abcde")]),
    ],
)
def test_a_pace_cuts_what_is_sent_into_pieces_with_a_wait_before_each(
    pace: PaceAction, pieces: list[tuple[float, bytes]]
) -> None:
    assert pace.pieces(b"abcde") == pieces


def test_a_pace_keeps_its_wait_where_there_is_nothing_to_send() -> None:
    assert PaceAction(piece_bytes=2, pause_s=0.5).pieces(b"") == [(0.5, b"")]
