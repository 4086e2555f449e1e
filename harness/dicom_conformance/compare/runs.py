"""Run with run: which failures are new, which are gone, what is judged no longer, what became slower.

A case is found by its id, else by an id that its scenario had before (`formerly`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dicom_conformance.compare.comparison import Comparison, Row
from dicom_conformance.errors import DataError
from dicom_conformance.results import Result, Run, Verdict, read_results, read_run

__all__ = ["compare_runs"]

NEW, FLAKY, NO_LONGER, FIXED, SLOWER = "new failure", "flaky", "no longer judged", "fixed", "slower"
STILL, CHANGED, ADDED, SAME = "still failing", "changed", "added", "unchanged"
STATES = (NEW, FLAKY, NO_LONGER, SLOWER, FIXED, STILL, CHANGED, ADDED, SAME)

SLOWER_FACTOR = 2.0
"""A case is slower if it takes more than so many times as long,"""
SLOWER_BY_S = 1.0
"""and at least so many seconds more."""

_JUDGED = frozenset({Verdict.PASS, Verdict.WARN, Verdict.FAIL})
_GOOD = frozenset({Verdict.PASS, Verdict.WARN})


def compare_runs(first: Path, second: Path, formerly: Mapping[str, Sequence[str]] | None = None) -> Comparison:
    """Compare the output folders of two runs, the earlier one first.

    Parameters
    ----------
    first, second : Path
        Folders with `run.json` and `results.jsonl`.
    formerly : mapping of str to sequence of str, optional
        Id of a scenario to the ids that it had before.

    Raises
    ------
    DataError
        A folder holds no run, or a case twice.
    """
    runs = (read_run(first / "run.json"), read_run(second / "run.json"))
    earlier, later = _by_id(first), _by_id(second)
    rows = tuple(_rows(earlier, later, formerly or {}))
    return Comparison(
        f"{first} and {second}",
        str(first),
        str(second),
        rows,
        STATES,
        frozenset({NEW, FLAKY, NO_LONGER}),
        frozenset({STILL, CHANGED, ADDED, SAME}),
        tuple(_notes(*runs)),
    )


def _by_id(folder: Path) -> dict[str, Result]:
    found: dict[str, Result] = {}
    for result in read_results(folder / "results.jsonl"):
        if result.id in found:
            raise DataError(folder / "results.jsonl", None, "", f"the case {result.id!r} appears twice")
        found[result.id] = result
    return found


def _notes(first: Run, second: Run) -> Iterator[str]:
    """Say in what the runs differ, apart from what came of them."""
    for what, one, other in (
        ("subject", first.subject, second.subject),
        ("statement", first.statement, second.statement),
        ("version", *(run.versions.get("dicom-conformance", "unknown") for run in (first, second))),
    ):
        if one != other:
            yield f"The {what} is {one} in the first run and {other} in the second."
    for name, run in (("first", first), ("second", second)):
        if run.interrupted or run.left_out or run.shard:
            yield f"The {name} run does not cover every case."


def _rows(
    earlier: Mapping[str, Result], later: Mapping[str, Result], formerly: Mapping[str, Sequence[str]]
) -> Iterator[Row]:
    matched: set[str] = set()
    for identifier, result in later.items():
        before = _before(identifier, earlier, formerly)
        if before is not None:
            matched.add(before.id)
        yield _row(before, result)
    for identifier, result in earlier.items():
        if identifier not in matched:
            state = NO_LONGER if result.verdict in _JUDGED else SAME
            yield Row(state, identifier, result.verdict.value, "not played", result.title)


def _before(identifier: str, earlier: Mapping[str, Result], formerly: Mapping[str, Sequence[str]]) -> Result | None:
    """Find a case in the earlier run, by its id or by one that it had."""
    if identifier in earlier:
        return earlier[identifier]
    scenario, bracket, rest = identifier.partition("[")
    for old in formerly.get(scenario, ()):
        for candidate in (f"{old}{bracket}{rest}", old):
            if candidate in earlier:
                return earlier[candidate]
    return None


def _row(before: Result | None, after: Result) -> Row:
    state = _state(before, after)
    first = "not played" if before is None else before.verdict.value
    second = after.verdict.value
    if state == SLOWER and before is not None:
        first, second = f"{first}, {before.elapsed_s:.1f} s", f"{second}, {after.elapsed_s:.1f} s"
    renamed = f"formerly {before.id}\n" if before is not None and before.id != after.id else ""
    return Row(state, after.id, first, second, renamed + _why(after))


def _state(before: Result | None, after: Result) -> str:
    now = after.verdict
    then = before.verdict if before is not None else None
    if now is Verdict.FLAKY:
        return FLAKY
    if then in _JUDGED and now not in _JUDGED:
        return NO_LONGER
    if now is Verdict.FAIL:
        return STILL if then is Verdict.FAIL else NEW
    if then is Verdict.FAIL and now in _GOOD:
        return FIXED
    if before is None:
        return ADDED
    longer_s = after.elapsed_s - before.elapsed_s
    if longer_s >= SLOWER_BY_S and after.elapsed_s > SLOWER_FACTOR * before.elapsed_s:
        return SLOWER
    return SAME if then is now else CHANGED


def _why(result: Result) -> str:
    lines = [result.title] if result.title else []
    if result.reason:
        lines.append(result.reason)
    lines += [f"{one.check}: expected {one.expected}; actual {one.actual}" for one in result.unmet[:3]]
    return "\n".join(" ".join(line.split()) for line in lines)
