"""Mutants of the worklist engine: what it asks, what it loads, and who comes first (DCS 2.2.2.1.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from dicom_workstation.application import worklist_loading
from dicom_workstation.application.worklist_loading import WorklistLoading
from dicom_workstation.configuration import worklist as configured
from dicom_workstation.loader import MEDIUM
from dicom_workstation.outcome import QueryOutcome, Result
from dicom_workstation.query_keys import Identifier
from dicom_workstation.requests import QueryRequest
from dicom_workstation.worklist import engine, runner, state
from mutation import Catalogue, Patch

WORKLIST = Catalogue()

STUDIES_ONLY = "worklist/queries-studies-only"
NEXT = "worklist/loads-the-next-study"


# -- what it asks


@WORKLIST.mutant(STUDIES_ONLY, "data_set")
def asks_for_series(patch: Patch) -> None:
    """It asks for the series of the first study, too."""

    def find_series(self: Any, archive: str, *further: Any) -> QueryOutcome:
        found = find(self, archive, *further)
        known = self._configuration().archives[archive]
        series = QueryRequest(level="SERIES", keys={"StudyInstanceUID": found.matches[0]["StudyInstanceUID"]})
        self._query_engine.query(archive, known, Identifier.of_query(series))
        return found

    find: Callable[..., QueryOutcome] = patch.set(WorklistLoading, "find", find_series)


@WORKLIST.mutant(STUDIES_ONLY, "data_set")
def leaves_the_filter_out(patch: Patch) -> None:
    """It asks for every study, and chooses among the answers."""
    query_keys = patch.set(
        configured.Worklist, "query_keys", lambda self, today: dict.fromkeys(query_keys(self, today), "")
    )


@WORKLIST.mutant(STUDIES_ONLY, "dimse")
def asks_once(patch: Patch) -> None:
    """It never asks again."""
    patch.set(engine, "_ask_in_time", _ask_once)


def _ask_once(taken: Any) -> None:
    if not taken.state.is_asking and taken.state.listed_s is None:
        taken.state = replace(taken.state, is_asking=True)
        taken.commands.append(state.Ask())


@WORKLIST.mutant("worklist/over-midnight", "data_set")
def keeps_the_day_it_began_on(patch: Patch) -> None:
    """`today` stays the day of the first query."""
    first: list[date] = []

    def frozen(self: Any, today: date) -> dict[str, object]:
        first.append(today)
        return query_keys(self, first[0])

    query_keys = patch.set(configured.Worklist, "query_keys", frozen)


@WORKLIST.mutant("worklist/archive-does-not-answer", "outcome")
def empties_the_list_when_the_archive_does_not_answer(patch: Patch) -> None:
    """A query that fails is taken for a list without studies."""

    find = patch.set(WorklistLoading, "find", lambda *given: replace(find(*given), result=Result.SUCCESS))


# -- what it loads


@WORKLIST.mutant(NEXT, "dimse")
def waits_for_the_user(patch: Patch) -> None:
    """It loads nothing by itself."""
    load_more = patch.set(engine, "_load_more", lambda taken: load_more(taken) if taken.state.wanted else None)


@WORKLIST.mutant(NEXT, "data_set")
def loads_the_last_study_first(patch: Patch) -> None:
    """The list is read from its end."""
    listed = patch.set(runner, "listed", lambda *given: tuple(reversed(listed(*given))))


@WORKLIST.mutant("worklist/loads-ahead[1]", "dimse")
def loads_every_study(patch: Patch) -> None:
    """It loads ahead without end."""
    to_load = patch.set(
        engine, "_to_load", lambda taken: to_load(replace_rules(taken, replace(taken.rules, load_ahead=99)))
    )


def replace_rules(taken: Any, rules: state.Rules) -> Any:
    """Give a step other rules."""
    taken.rules = rules
    return taken


@WORKLIST.mutant("worklist/loads-ahead[2]", "dimse")
def loads_with_medium_priority(patch: Patch) -> None:
    """Its C-MOVE-RQs have the Priority of a reader's own."""
    patch.set(worklist_loading, "LOW", MEDIUM)


@WORKLIST.mutant("worklist/what-is-held-is-not-loaded-again", "dimse")
def fetches_again_what_is_held(patch: Patch) -> None:
    """It does not look into the memory before it loads."""
    listed = patch.set(runner, "listed", lambda worklist, matches, held: listed(worklist, matches, {}))


@WORKLIST.mutant("worklist/what-the-filter-cannot-say", "data_set")
def takes_every_answer(patch: Patch) -> None:
    """What the answers are to be held against is not looked at."""
    patch.set(configured.Condition, "holds", lambda self, text: True)


@WORKLIST.mutant("worklist/what-the-filter-cannot-say", "dimse")
def takes_a_key_that_is_not_returned_for_a_mismatch(patch: Patch) -> None:
    """A key that the archive does not return excludes the study."""
    holds = patch.set(configured.Condition, "holds", lambda self, text: bool(text) and holds(self, text))


@WORKLIST.mutant("worklist/skipped-study-is-not-loaded", "data_set")
def loads_what_was_skipped(patch: Patch) -> None:
    """A study that the reader skipped is loaded all the same."""
    patch.set(engine, "_skip", lambda taken, uid: None)


@WORKLIST.mutant("worklist/next-opens-the-study-that-is-loaded", "outcome")
def opens_the_last_study(patch: Patch) -> None:
    """`next` opens the last study of the list, loaded or not."""
    patch.set(engine, "_next", lambda taken: engine._open(taken, taken.state.studies[-1].uid))


# -- who comes first


@WORKLIST.mutant("worklist/reader-comes-first", "dimse")
def lets_the_reader_wait(patch: Patch) -> None:
    """A load is never cancelled for a reader's own retrieve."""
    patch.set(engine._Step, "cancel_load", lambda self: None)


@WORKLIST.mutant("worklist/reader-comes-first", "dimse")
def never_resumes(patch: Patch) -> None:
    """A load that was cancelled is not taken up again."""
    waits = patch.set(
        engine, "_waits", lambda study, now_s: study.state is not state.StudyState.PAUSED and waits(study, now_s)
    )


@WORKLIST.mutant("worklist/memory-is-full", "store")
def makes_room_by_itself(patch: Patch) -> None:
    """It clears the memory when it finds it full."""

    def load(self: Any, *given: Any) -> Any:
        done = load_study(self, *given)
        if done.failed:
            self._memory.clear()
        return done

    load_study = patch.set(WorklistLoading, "load", load)
