from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from simulators.acceptor import PENDING, Response, apply_responds
from simulators.faults import FAULTS, Fault, InForce, Moment, When, build, describe
from simulators.faults import moment as m
from wire import Message, command_set

MINIMAL: dict[str, dict[str, str]] = {
    "abort": {"on": "C-STORE-RQ"},
    "close": {"on": "connection"},
    "delay": {"on": "A-ASSOCIATE-RQ", "s": "0.5"},
    "drop_element": {"of": "C-ECHO-RSP", "element": "Status"},
    "duplicate_response": {"of": "C-ECHO-RSP"},
    "missing_character_set": {"of": "C-FIND-RSP"},
    "multi_valued_character_set": {"of": "C-FIND-RSP"},
    "reject": {},
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
    assert [in_force.actions(moment) for _ in range(3)] == [[], [m.Close()], []]
    in_force.clear()
    assert not in_force.any


def test_faults_compose_in_order() -> None:
    in_force = InForce(
        [build("delay", {"on": "C-ECHO-RQ", "s": "1"}), build("abort", {"on": "C-ECHO-RQ", "source": "2"})]
    )
    assert in_force.actions(Moment(When.RECEIVED, "C-ECHO-RQ")) == [m.Delay(1.0), m.Abort(2, 0)]


def test_before_alone_means_any_message_and_response_its_number() -> None:
    fault = build("reset", {"on": "before", "response": "3"})
    assert fault.at(Moment(When.BEFORE, "C-FIND-RSP", 9, 3)) == m.Reset()
    assert fault.at(Moment(When.BEFORE, "C-FIND-RSP", 9, 2)) is None
    assert fault.at(Moment(When.AFTER, "C-FIND-RSP", 9, 3)) is None


def test_a_drawn_delay_is_the_same_each_time_and_within_its_bounds() -> None:
    parameters = {"on": "C-ECHO-RQ", "s": "0.1", "up_to_s": "0.4", "seed": "5"}
    moments = [Moment(When.RECEIVED, "C-ECHO-RQ", occurrence) for occurrence in range(1, 20)]
    first, second = ([build("delay", parameters).at(moment) for moment in moments] for _ in range(2))
    assert first == second
    assert len(set(first)) > 10
    assert all(isinstance(action, m.Delay) and 0.1 <= action.s <= 0.4 for action in first)


def test_a_response_bears_another_message_id() -> None:
    action = build("wrong_message_id", {"of": "C-ECHO-RSP"}).at(
        Moment(When.BEFORE, "C-ECHO-RSP", message=response(message_id=0xFFFF))
    )
    assert isinstance(action, m.Replace)
    assert action.command["MessageIDBeingRespondedTo"] == 0
    assert action.command["Status"] == 0


def test_a_response_lacks_an_element() -> None:
    action = build("drop_element", MINIMAL["drop_element"]).at(Moment(When.BEFORE, "C-ECHO-RSP", message=response()))
    assert isinstance(action, m.Replace)
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
