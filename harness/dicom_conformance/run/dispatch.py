"""Which cases are played next: batches in the order of the cases, held back until what they depend on is done.

Scenarios that say of themselves that a case takes long come before all others, one case a batch. They wait more than
they compute, so that only few of them are played at a time, as long as there is something else to play.

A batch is a run of cases of one scenario and one configuration, so that a worker changes the subject's configuration
seldom. Nothing here knows of processes: it hands out batches and takes results in.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

from dicom_conformance.results import Result, Verdict
from dicom_conformance.scenario import Case

CASES_IN_A_BATCH = 8
LONG_AT_A_TIME = 1
_LOOK_AHEAD = 16
_GOOD = (Verdict.PASS, Verdict.WARN, Verdict.NOT_JUDGED, Verdict.NOT_CLAIMED)

FEW_CASES = 4
"""Up to this many cases are played in one process: starting others would take longer."""
PROCESSES_FOR_EACH_CORE = 2
"""A case waits as often as it computes, so that one process does not keep a core busy."""
MOST_PROCESSES = 16


class Dependencies:
    """Which scenarios did not pass, and what that means for those that depend on them."""

    def __init__(self) -> None:
        self._bad: set[str] = set()

    def judge(self, case: Case, result: Result) -> Result:
        """Note that a case is done; gives its result, INCONCLUSIVE if a scenario it depends on did not pass."""
        bad = [name for name in case.scenario.header.depends_on if name in self._bad]
        if bad and result.verdict not in (Verdict.NOT_JUDGED, Verdict.NOT_CLAIMED, Verdict.ERROR):
            reason = f"it depends on {', '.join(bad)}, which did not pass"
            result = replace(result, verdict=Verdict.INCONCLUSIVE, reason=reason)
        if result.verdict not in _GOOD:
            self._bad.add(case.scenario.id)
        return result


class Dispatch:
    """The cases of a run, by their number, and what is left of them."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.cases = cases
        self._open: dict[str, int] = {}
        self._dependencies = Dependencies()
        self._long_out: set[int] = set()
        self._batches: deque[list[int]] = deque()
        for number, case in enumerate(cases):
            self._open[case.scenario.id] = self._open.get(case.scenario.id, 0) + 1
            last = self._batches[-1] if self._batches else []
            most = 1 if _takes_s(case) else CASES_IN_A_BATCH
            if last and len(last) < most and _alike(cases[last[0]], case):
                last.append(number)
            else:
                self._batches.append([number])
        self._batches = deque(sorted(self._batches, key=lambda batch: -_takes_s(cases[batch[0]])))

    @property
    def left(self) -> int:
        """How many batches were not handed out yet."""
        return len(self._batches)

    def takes_long(self, batch: Sequence[int]) -> bool:
        """Tell whether a batch is a case that takes long."""
        return any(_takes_s(self.cases[number]) for number in batch)

    def next(self, configuration: str | None = None, *, only_long: bool = False) -> list[int] | None:
        """Hand out a batch whose dependencies are done, best one of this configuration; None if there is none now.

        `only_long`: one that takes long, and none while there is one out.
        """
        may_be_long = len(self._long_out) < LONG_AT_A_TIME
        if only_long:
            ready = [batch for batch in self._ready(with_long=True) if may_be_long and self.takes_long(batch)]
        else:
            ready = self._ready(with_long=may_be_long) or self._ready(with_long=True)
        if not ready:
            return None
        chosen = next((batch for batch in ready if self.cases[batch[0]].configuration == configuration), ready[0])
        self._batches.remove(chosen)
        self._long_out.update(number for number in chosen if _takes_s(self.cases[number]))
        return chosen

    def put_back(self, batch: Sequence[int]) -> None:
        """Take back the rest of a batch that was not played."""
        self._long_out.difference_update(batch)
        if batch:
            self._batches.appendleft(list(batch))

    def took(self, number: int, result: Result) -> Result:
        """Note that a case is done; gives its result, INCONCLUSIVE if a scenario it depends on did not pass."""
        case = self.cases[number]
        self._long_out.discard(number)
        self._open[case.scenario.id] -= 1
        return self._dependencies.judge(case, result)

    def _ready(self, with_long: bool) -> list[list[int]]:
        """Look at the next batches whose dependencies are done."""
        ready = (
            batch
            for batch in self._batches
            if self._is_ready(batch) and (with_long or not _takes_s(self.cases[batch[0]]))
        )
        return list(islice(ready, _LOOK_AHEAD))

    def _is_ready(self, batch: Sequence[int]) -> bool:
        depends_on = self.cases[batch[0]].scenario.header.depends_on
        return not any(self._open.get(name, 0) for name in depends_on)


def _takes_s(case: Case) -> float:
    return case.scenario.header.takes_s


def _alike(one: Case, other: Case) -> bool:
    return one.scenario.id == other.scenario.id and one.configuration == other.configuration


def firsts(cases: Sequence[Case]) -> frozenset[int]:
    """Number the first case of each scenario, whose timeline is kept."""
    found: Mapping[str, int] = {case.scenario.id: number for number, case in reversed(list(enumerate(cases)))}
    return frozenset(found.values())


def processes_that_wait(cases: Sequence[Case], processes: int) -> int:
    """Choose how many processes there are beside these for the cases that take long, since they mostly wait."""
    return LONG_AT_A_TIME if processes > 1 and any(map(_takes_s, cases)) else 0


def automatic_processes(cases: int, ours: bool) -> int:
    """Choose the number of processes; a single one for a foreign subject, whose peers have fixed ports."""
    if not ours or cases <= FEW_CASES:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(PROCESSES_FOR_EACH_CORE * cores, MOST_PROCESSES, cases)
