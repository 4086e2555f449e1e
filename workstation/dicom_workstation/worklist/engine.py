"""The rules of a worklist, without a network: which study is loaded next, which one the reader opens next.

Invariants: `step` is pure: it takes what happened and says what is to be done. Only studies are ever asked for: an
`Ask` names no level. One study is loaded at a time. A reader's own retrieve comes first. Nothing that is held is loaded
again, and nothing is removed from memory to make room.

References
----------
Conformance statement, 2.2.2.1.2: the engine loads the next study by itself; it queries for studies only, with a filter
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from dicom_workstation.worklist.answers import ListedStudy
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

RETRY_S: Final = (60.0, 120.0, 240.0, 480.0, 960.0, 1800.0)
"""How long after its first, second ... failure a study is loaded again; after the last, always as long."""


@dataclass(slots=True)
class _Step:
    """The state while one event is taken, and the commands so far."""

    rules: Rules
    state: State
    now_s: float
    commands: list[Command] = field(default_factory=list)

    def change(self, uid: str, change: Callable[[Study], Study]) -> None:
        """Change one study."""
        studies = tuple(change(each) if each.uid == uid else each for each in self.state.studies)
        self.state = replace(self.state, studies=studies)

    def set(self, uid: str, state: StudyState, detail: str = "") -> None:
        """Change the state of one study."""
        self.change(uid, lambda study: replace(study, state=state, detail=detail))

    def cancel_load(self) -> None:
        """End the load that runs, if it was not told yet."""
        if self.state.loading is not None and not self.state.is_cancelling:
            self.commands.append(Cancel(self.state.loading))
            self.state = replace(self.state, is_cancelling=True)


def step(rules: Rules, state: State, event: Event, now_s: float) -> tuple[State, tuple[Command, ...]]:
    """Take an event; return the new state and what is to be done."""
    taken = _Step(rules, state, now_s)
    match event:
        case Answered(studies):
            _answered(taken, studies)
        case NotAnswered(reason):
            taken.state = replace(taken.state, is_asking=False, ask_s=now_s + rules.every_s, problem=reason)
        case Loaded(uid, held):
            _loaded(taken, uid, held)
        case NotLoaded():
            _not_loaded(taken, event)
        case Busy(count):
            taken.state = replace(taken.state, busy=count)
            if count >= rules.parallel_retrieves:
                taken.cancel_load()
        case NextWanted():
            _next(taken)
        case Skipped(uid):
            _skip(taken, uid)
        case Tick():
            pass
    _ask_in_time(taken)
    _load_more(taken)
    return taken.state, tuple(taken.commands)


def _answered(taken: _Step, listed: tuple[ListedStudy, ...]) -> None:
    known = {each.uid: each for each in taken.state.studies}
    uids = {each.uid for each in listed}
    gone = [each for each in taken.state.studies if each.uid not in uids]
    kept = tuple(replace(each, is_listed=False) for each in gone if each.state is StudyState.OPEN)
    if any(each.uid == taken.state.loading and each.state is not StudyState.OPEN for each in gone):
        taken.cancel_load()
    studies = tuple(_listed_again(known.get(each.uid), each) for each in listed)
    wanted = taken.state.wanted if taken.state.wanted in uids else None
    taken.state = replace(
        taken.state,
        studies=kept + studies,
        is_asking=False,
        ask_s=taken.now_s + taken.rules.every_s,
        listed_s=taken.now_s,
        problem="",
        wanted=wanted,
    )


def _listed_again(study: Study | None, listed: ListedStudy) -> Study:
    """Return a study as it stands after the archive listed it."""
    study = Study(listed) if study is None else replace(study, listed=listed, is_listed=True)
    held = listed.held
    if study.state is StudyState.READY and held < study.loaded:  # it was removed from memory meanwhile
        return replace(study, state=StudyState.WAITING, loaded=held)
    is_whole = listed.instances is not None and 0 < listed.instances <= held
    if study.state in (StudyState.WAITING, StudyState.FAILED) and is_whole:
        return replace(study, state=StudyState.READY, loaded=held, loaded_of=listed.instances or 0, detail="")
    return study


def _loaded(taken: _Step, uid: str, held: int) -> None:
    taken.state = replace(taken.state, loading=None, is_cancelling=False, room_again_s=0.0)
    study = taken.state.study(uid)
    if study is None:
        return
    count = study.listed.instances or 0
    taken.change(uid, lambda one: replace(one, loaded=held, loaded_of=count, failures=0, detail=""))
    if study.state in (StudyState.LOADING, StudyState.PAUSED, StudyState.WAITING):
        taken.set(uid, StudyState.READY)
    if taken.state.wanted == uid:
        _open(taken, uid)


def _not_loaded(taken: _Step, event: NotLoaded) -> None:
    taken.state = replace(taken.state, loading=None, is_cancelling=False)
    study = taken.state.study(event.uid)
    if study is None or study.state in (StudyState.SKIPPED, StudyState.READ):
        return
    is_open = study.state is StudyState.OPEN
    if event.was_cancelled:
        if not is_open:
            taken.set(event.uid, StudyState.PAUSED)
        return
    if event.memory_is_full:
        taken.state = replace(
            taken.state, room_again_s=taken.now_s + taken.rules.every_s, problem="the memory is full; nothing is loaded"
        )
        if not is_open:
            taken.set(event.uid, StudyState.WAITING, "waits for room in memory")
        return
    wait_s = RETRY_S[min(study.failures, len(RETRY_S) - 1)]
    taken.change(
        event.uid,
        lambda one: replace(
            one,
            state=one.state if is_open else StudyState.FAILED,
            failures=one.failures + 1,
            again_s=taken.now_s + wait_s,
            detail=event.reason,
        ),
    )


def _open(taken: _Step, uid: str) -> None:
    taken.state = replace(taken.state, wanted=None)
    taken.set(uid, StudyState.OPEN)


def _next(taken: _Step) -> None:
    """Open the first study that is ready; if none is, the first that waits is loaded next, and opens when it is."""
    before = taken.state.open
    if before is not None:
        taken.set(before.uid, StudyState.READ)
        if not before.is_listed:
            taken.state = replace(
                taken.state, studies=tuple(each for each in taken.state.studies if each.uid != before.uid)
            )
    ready = next((each for each in taken.state.studies if each.state is StudyState.READY), None)
    if ready is not None:
        _open(taken, ready.uid)
        return
    waits = (StudyState.LOADING, StudyState.PAUSED, StudyState.WAITING)
    first = next((each for each in taken.state.studies if each.state in waits), None)
    taken.state = replace(taken.state, wanted=None if first is None else first.uid)


def _skip(taken: _Step, uid: str | None) -> None:
    study = taken.state.open if uid is None else taken.state.study(uid)
    if study is None:
        return
    if taken.state.loading == study.uid:
        taken.cancel_load()
    if taken.state.wanted == study.uid:
        taken.state = replace(taken.state, wanted=None)
    taken.set(study.uid, StudyState.SKIPPED)


def _ask_in_time(taken: _Step) -> None:
    if not taken.state.is_asking and taken.now_s >= taken.state.ask_s:
        taken.state = replace(taken.state, is_asking=True)
        taken.commands.append(Ask())


def _load_more(taken: _Step) -> None:
    """Begin to load a study, if there is one to load, and one turn of the retrieves stays free."""
    state, rules = taken.state, taken.rules
    if state.loading is not None or state.busy >= max(1, rules.parallel_retrieves - 1):
        return
    if taken.now_s < state.room_again_s:
        return
    study = _to_load(taken)
    if study is None:
        return
    taken.state = replace(state, loading=study.uid)
    if study.state is not StudyState.OPEN:
        taken.set(study.uid, StudyState.LOADING)
    taken.commands.append(Load(study.uid))


def _to_load(taken: _Step) -> Study | None:
    """Return the study to load: the one that the reader waits for, one that has grown, or the next ones ahead."""
    state = taken.state
    waits = [each for each in state.studies if _waits(each, taken.now_s)]
    if (wanted := next((each for each in waits if each.uid == state.wanted), None)) is not None:
        return wanted
    held = [each for each in state.studies if each.state in (StudyState.READY, StudyState.OPEN)]
    grown = next((each for each in held if each.has_grown and taken.now_s >= each.again_s), None)
    if grown is not None:
        return grown
    ahead = sum(each.state is StudyState.READY for each in state.studies)
    return waits[0] if waits and ahead < taken.rules.load_ahead else None


def _waits(study: Study, now_s: float) -> bool:
    """Whether a study may be loaded now."""
    if study.state in (StudyState.WAITING, StudyState.PAUSED):
        return True
    return study.state is StudyState.FAILED and now_s >= study.again_s
