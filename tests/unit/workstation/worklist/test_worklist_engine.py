"""The rules of a worklist: which study is loaded, and which one opens. No network, no clock."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicom_workstation.worklist.answers import ListedStudy
from dicom_workstation.worklist.engine import RETRY_S, step
from dicom_workstation.worklist.state import (
    Answered,
    Ask,
    Busy,
    Cancel,
    Command,
    Event,
    Load,
    Loaded,
    NextWanted,
    NotAnswered,
    NotLoaded,
    Rules,
    Skipped,
    State,
    Study,
    StudyState,
    Tick,
)

RULES = Rules(every_s=60, load_ahead=1, parallel_retrieves=4)


def study(uid: str, instances: int | None = 2, held: int = 0) -> ListedStudy:
    return ListedStudy(uid, {"StudyInstanceUID": uid}, instances, held)


class Line:
    """A worklist that events are told to, one after the other; `commands` is what the last one led to."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.rules, self.state, self.now_s = rules, State(), 0.0
        self.commands: tuple[Command, ...] = ()

    def tell(self, *events: Event) -> Line:
        for event in events:
            self.state, self.commands = step(self.rules, self.state, event, self.now_s)
        return self

    def states(self) -> dict[str, str]:
        return {each.uid: str(each.state) for each in self.state.studies}


def listed(*uids: str) -> Answered:
    return Answered(tuple(study(uid) for uid in uids))


def test_the_archive_is_asked_at_once_and_then_every_minute() -> None:
    line = Line().tell(Tick())
    assert line.commands == (Ask(),)
    assert line.tell(Tick()).commands == ()  # while the query runs
    line.tell(Answered(()))
    line.now_s = 59.9
    assert line.tell(Tick()).commands == ()
    line.now_s = 60.0
    assert line.tell(Tick()).commands == (Ask(),)


def test_the_first_study_is_loaded_without_a_user_and_the_second_waits() -> None:
    line = Line().tell(Tick(), listed("1", "2"))
    assert line.commands == (Load("1"),)
    assert line.tell(Loaded("1", 2)).commands == ()
    assert line.states() == {"1": "ready", "2": "waiting"}


@pytest.mark.parametrize("ahead", [0, 1, 2, 3])
def test_as_many_are_loaded_ahead_as_configured(ahead: int) -> None:
    line = Line(replace(RULES, load_ahead=ahead)).tell(Tick(), listed("1", "2", "3", "4", "5"))
    loaded = []
    while line.commands:
        (load,) = line.commands
        assert isinstance(load, Load)
        loaded.append(load.uid)
        line.tell(Loaded(load.uid, 2))
    assert loaded == ["1", "2", "3"][:ahead]


def test_next_opens_the_study_that_is_ready_and_the_one_after_is_loaded() -> None:
    line = Line().tell(Tick(), listed("1", "2", "3"), Loaded("1", 2), NextWanted())
    assert (line.states(), line.commands) == ({"1": "open", "2": "loading", "3": "waiting"}, (Load("2"),))
    line.tell(Loaded("2", 2), NextWanted())
    assert (line.states(), line.commands) == ({"1": "read", "2": "open", "3": "loading"}, (Load("3"),))


def test_next_before_anything_is_loaded_opens_the_study_when_it_is() -> None:
    line = Line(replace(RULES, load_ahead=0)).tell(Tick(), listed("1", "2"), NextWanted())
    assert line.commands == (Load("1"),)
    assert line.tell(Loaded("1", 2)).states() == {"1": "open", "2": "waiting"}


def test_next_after_the_last_study_closes_it() -> None:
    line = Line().tell(Tick(), listed("1"), Loaded("1", 2), NextWanted(), NextWanted())
    assert (line.states(), line.commands, line.state.open) == ({"1": "read"}, (), None)


def test_a_study_whose_instances_are_held_is_not_loaded() -> None:
    line = Line().tell(Tick(), Answered((study("1", 2, held=2), study("2"))))
    assert (line.states(), line.commands) == ({"1": "ready", "2": "waiting"}, ())


def test_a_study_of_which_some_are_held_or_of_unknown_size_is_loaded() -> None:
    assert Line().tell(Tick(), Answered((study("1", 3, held=2),))).commands == (Load("1"),)
    assert Line().tell(Tick(), Answered((study("1", None, held=2),))).commands == (Load("1"),)


def test_a_study_that_has_grown_is_loaded_again_and_once() -> None:
    line = Line().tell(Tick(), listed("1"), Loaded("1", 2), Answered((study("1", 3, held=2),)))
    assert (line.states(), line.commands) == ({"1": "loading"}, (Load("1"),))
    line.tell(Loaded("1", 2))  # the archive lists more than it sends
    assert line.tell(Answered((study("1", 3, held=2),))).commands == ()


def test_a_study_that_is_open_stays_open_while_it_is_loaded_again() -> None:
    line = Line().tell(Tick(), listed("1"), Loaded("1", 2), NextWanted(), Answered((study("1", 3, held=2),)))
    assert (line.states(), line.commands) == ({"1": "open"}, (Load("1"),))
    assert line.tell(NotLoaded("1", "failure")).states() == {"1": "open"}
    assert line.commands == ()  # not at once


def test_a_study_that_was_removed_from_memory_is_loaded_again() -> None:
    line = Line().tell(Tick(), listed("1"), Loaded("1", 2), Answered((study("1", 2, held=0),)))
    assert line.commands == (Load("1"),)


def test_a_study_that_is_not_listed_any_more_is_not_loaded() -> None:
    line = Line().tell(Tick(), listed("1", "2"), listed("2"))
    assert (line.states(), line.commands) == ({"2": "waiting"}, (Cancel("1"),))
    assert line.tell(NotLoaded("1", "cancelled", was_cancelled=True)).commands == (Load("2"),)


def test_a_study_that_is_open_stays_although_it_is_not_listed_until_the_next_is_opened() -> None:
    line = Line().tell(Tick(), listed("1", "2"), Loaded("1", 2), NextWanted(), Loaded("2", 2))
    line.tell(Answered((study("2", 2, held=2),)))
    assert line.states() == {"1": "open", "2": "ready"}
    assert line.state.open is not None
    assert not line.state.open.is_listed
    assert line.tell(NextWanted()).states() == {"2": "open"}


def test_a_failed_load_is_repeated_after_one_two_four_and_at_last_thirty_minutes() -> None:
    line = Line().tell(Tick(), listed("1"))
    waits = []
    for _ in range(8):
        line.tell(NotLoaded("1", "failure"))
        assert (line.states()["1"], line.commands) == ("failed", ())
        again_s = line.state.studies[0].again_s
        waits.append(again_s - line.now_s)
        line.now_s = again_s - 0.1
        assert Load("1") not in line.tell(Tick()).commands
        line.now_s = again_s
        assert Load("1") in line.tell(Tick()).commands
    assert waits == [*RETRY_S, 1800.0, 1800.0]


def test_another_study_is_loaded_while_one_has_failed() -> None:
    line = Line().tell(Tick(), listed("1", "2"), NotLoaded("1", "failure"))
    assert line.commands == (Load("2"),)
    assert line.state.studies[0].detail == "failure"


def test_an_archive_that_does_not_answer_leaves_the_list_and_is_asked_again() -> None:
    line = Line().tell(Tick(), listed("1"), Loaded("1", 2))
    line.now_s = 60
    line.tell(Tick(), NotAnswered("PACS did not answer"))
    assert (line.states(), line.state.problem, line.state.listed_s) == ({"1": "ready"}, "PACS did not answer", 0.0)
    line.now_s = 120
    assert line.tell(Tick()).commands == (Ask(),)
    assert line.tell(listed("1")).state.problem == ""


def test_a_full_memory_stops_the_loading_until_the_next_time() -> None:
    line = Line().tell(Tick(), listed("1", "2"), NotLoaded("1", "A700", memory_is_full=True))
    assert (line.states()["1"], line.commands) == ("waiting", ())
    assert "memory is full" in line.state.problem
    line.now_s = 60
    assert Load("1") in line.tell(Tick()).commands


# -- turns


def test_a_load_begins_only_while_one_retrieve_stays_free() -> None:
    line = Line().tell(Busy(3), Tick(), listed("1"))
    assert line.commands == ()
    assert line.tell(Busy(2)).commands == (Load("1"),)


def test_a_reader_who_needs_the_turn_has_the_load_cancelled_and_it_is_resumed() -> None:
    line = Line(replace(RULES, parallel_retrieves=1)).tell(Tick(), listed("1"))
    assert line.tell(Busy(1)).commands == (Cancel("1"),)
    assert line.tell(Busy(1)).commands == ()  # told once
    assert line.tell(NotLoaded("1", "cancelled", was_cancelled=True)).states() == {"1": "paused"}
    assert line.commands == ()
    assert line.tell(Busy(0)).commands == (Load("1"),)


def test_a_load_goes_on_beside_a_reader_who_finds_a_turn_free() -> None:
    line = Line(replace(RULES, parallel_retrieves=2)).tell(Tick(), listed("1"))
    assert line.tell(Busy(1)).commands == ()
    assert line.tell(Busy(2)).commands == (Cancel("1"),)


# -- skipping


def test_a_study_that_is_skipped_is_never_loaded() -> None:
    line = Line().tell(Tick(), listed("1", "2"), Skipped("1"))
    assert line.commands == (Cancel("1"),)
    line.tell(NotLoaded("1", "cancelled", was_cancelled=True))
    assert (line.states(), line.commands) == ({"1": "skipped", "2": "loading"}, (Load("2"),))
    assert line.tell(listed("1", "2")).states()["1"] == "skipped"


def test_the_study_that_is_open_is_skipped_if_none_is_named() -> None:
    line = Line().tell(Tick(), listed("1"), Loaded("1", 2), NextWanted(), Skipped())
    assert line.states() == {"1": "skipped"}


# -- whatever happens

UIDS = st.sampled_from(["1", "2", "3"])
STUDIES = st.lists(
    st.builds(study, UIDS, st.none() | st.integers(0, 3), st.integers(0, 3)), unique_by=lambda one: one.uid, max_size=3
)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.just(Tick()),
    st.builds(lambda studies: Answered(tuple(studies)), STUDIES),
    st.just(NotAnswered("no")),
    st.builds(Busy, st.integers(0, 4)),
    st.just(NextWanted()),
    st.builds(Skipped, st.none() | UIDS),
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(EVENTS, st.floats(0, 100), st.integers(0, 3), st.booleans()), max_size=30),
    st.integers(0, 3),
    st.integers(1, 4),
)
def test_whatever_happens_one_study_is_loaded_at_a_time_and_never_one_that_is_not_wanted(
    steps: list[tuple[Event, float, int, bool]], ahead: int, parallel: int
) -> None:
    line = Line(Rules(60, ahead, parallel))
    loading: str | None = None
    for event, seconds, held, ends in steps:
        line.now_s += seconds
        told = [event]
        if ends and loading is not None:
            told.append(Loaded(loading, held) if held else NotLoaded(loading, "failure"))
        for one in told:
            if isinstance(one, Loaded | NotLoaded):
                loading = None
            line.tell(one)
            assert [each for each in line.commands if isinstance(each, Ask)] in ([], [Ask()])
            for command in line.commands:
                if isinstance(command, Load):
                    assert loading is None
                    assert line.state.busy < max(1, parallel - 1)
                    loading = command.uid
                    assert line.states()[loading] in ("loading", "open")
            assert line.state.loading == loading
            assert sum(each.state is StudyState.OPEN for each in line.state.studies) <= 1
            uids = [each.uid for each in line.state.studies]
            assert len(uids) == len(set(uids))


def test_only_a_study_that_waits_for_a_time_wakes_the_worklist() -> None:
    waiting, other = Study(study("1"), again_s=5.0), Study(study("2"))
    assert State(studies=(waiting, other), ask_s=9.0).wakes_s == (9.0, 5.0)


def loading(uid: str = "1", *others: str) -> Line:
    line = Line().tell(listed(uid, *others))
    assert line.commands[-1] == Load(uid)
    return line


def test_what_was_cancelled_can_be_cancelled_again_when_it_runs_again() -> None:
    line = loading().tell(Busy(4))
    assert line.commands == (Cancel("1"),)
    assert line.tell(Busy(4)).commands == ()  # it was told
    line.tell(NotLoaded("1", "cancelled", was_cancelled=True), Busy(0))
    assert line.commands == (Load("1"),)
    assert line.tell(Busy(4)).commands == (Cancel("1"),)


def test_after_a_failure_and_after_a_success_nothing_is_being_cancelled() -> None:
    for end in (NotLoaded("1", "no disk"), Loaded("1", 2)):
        line = loading("1", "2").tell(Busy(4), end)
        assert (line.state.loading, line.state.is_cancelling) == (None, False)


@pytest.mark.parametrize("parallel", [1, 2, 3, 4])
def test_how_many_retrieves_leave_a_turn_free(parallel: int) -> None:
    free = max(1, parallel - 1)
    rules = Rules(every_s=60, load_ahead=1, parallel_retrieves=parallel)
    for busy, begins in ((free - 1, True), (free, False)):
        line = Line(rules).tell(Busy(busy), listed("1"))
        assert (Load("1") in line.commands) == begins, busy
    cancelled = Line(rules).tell(listed("1"), Busy(parallel))
    assert cancelled.commands == (Cancel("1"),)
    assert Line(rules).tell(listed("1"), Busy(parallel - 1)).commands == ()


def test_each_failure_waits_longer_to_the_second() -> None:
    line = loading()
    for wait_s in (*RETRY_S, RETRY_S[-1]):
        line.tell(NotLoaded("1", "no disk"))
        assert line.states() == {"1": "failed"}
        assert line.state.studies[0].detail == "no disk"
        line.now_s += wait_s - 1
        assert Load("1") not in line.tell(Tick()).commands
        line.now_s += 1
        assert Load("1") in line.tell(Tick()).commands
    line.tell(Loaded("1", 2))
    assert (line.state.studies[0].failures, line.state.studies[0].detail) == (0, "")


def test_what_ends_after_it_was_skipped_read_or_gone_changes_nothing() -> None:
    skipped = loading().tell(Skipped("1"), NotLoaded("1", "cancelled", was_cancelled=True))
    assert skipped.states() == {"1": "skipped"}
    assert loading().tell(Skipped("1"), Loaded("1", 2)).states() == {"1": "skipped"}
    for end in (Loaded("1", 2), NotLoaded("1", "no disk")):
        gone = loading().tell(Answered(()), end)
        assert (gone.states(), gone.state.loading) == ({}, None)


def test_a_full_memory_is_waited_for_and_an_open_study_stays_open() -> None:
    line = loading("1", "2").tell(NotLoaded("1", "no room", memory_is_full=True))
    assert line.states()["1"] == "waiting"
    assert line.state.studies[0].detail == "waits for room in memory"
    assert line.state.problem == "the memory is full; nothing is loaded"
    assert line.commands == ()
    line.now_s = 59.0
    assert line.tell(Tick()).commands == ()
    line.now_s = 60.0
    assert Load("1") in line.tell(Tick()).commands
    opened = loading().tell(Loaded("1", 2), NextWanted(), Answered((study("1", 3),)))
    assert opened.commands == (Load("1"),)
    for end in (
        NotLoaded("1", "no room", memory_is_full=True),
        NotLoaded("1", "cancelled", was_cancelled=True),
        NotLoaded("1", "no disk"),
    ):
        again = loading().tell(Loaded("1", 2), NextWanted(), Answered((study("1", 3),)), end)
        assert again.states() == {"1": "open"}


def test_an_answer_clears_the_problem_and_tells_when_it_came() -> None:
    line = Line().tell(NotAnswered("no disk"))
    assert (line.state.problem, line.state.is_asking, line.state.ask_s) == ("no disk", False, 60.0)
    line.now_s = 61.0
    assert line.tell(Tick()).commands == (Ask(),)
    assert line.state.is_asking
    assert line.tell(Tick()).commands == ()  # it is asked already
    line.tell(listed("1"))
    assert (line.state.problem, line.state.is_asking, line.state.ask_s, line.state.listed_s) == ("", False, 121.0, 61.0)


@pytest.mark.parametrize(
    ("instances", "held", "state"),
    [(2, 2, "ready"), (2, 3, "ready"), (2, 1, "loading"), (0, 0, "loading"), (None, 2, "loading")],
)
def test_what_is_held_as_a_whole_is_ready(instances: int | None, held: int, state: str) -> None:
    line = Line().tell(Answered((study("1", instances, held),)))
    assert line.states() == {"1": state}


def test_the_reader_waits_for_the_first_that_may_come_and_no_longer_for_one_that_is_gone() -> None:
    line = loading("1", "2").tell(NextWanted())
    assert line.state.wanted == "1"
    assert line.tell(listed("2")).state.wanted is None
    waiting = loading("1", "2").tell(NextWanted(), Skipped("1"))
    assert waiting.state.wanted is None
    assert loading().tell(NextWanted(), listed("1")).state.wanted == "1"
