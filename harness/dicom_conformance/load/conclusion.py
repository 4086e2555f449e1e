"""What a load run shows: figures, and findings where the target lost, failed, or was slower than the plan accepts.

Invariants: a run in which nothing was performed, in which the load itself made a mistake or lost a worker, or whose
holdings could not be asked for though the plan wants that, is not judged: it is neither a success nor the target's
fault.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from dicom_conformance.errors import HarnessError
from dicom_conformance.files import counted
from dicom_conformance.load.conductor import INTERRUPTED
from dicom_conformance.load.figures import Figures, Tally
from dicom_conformance.load.held import Account, account_of
from dicom_conformance.load.ledger import Entry, is_stored
from dicom_conformance.load.measured import Measured, read_measured
from dicom_conformance.load.names import Names
from dicom_conformance.load.plan import Plan, parse_plan
from dicom_conformance.results import (
    PERCENTILES,
    Finding,
    Level,
    LoadRun,
    LoadWorker,
    OperationFigures,
    StoredFigures,
    write_load_run,
)

__all__ = ["RUN", "conclude", "concluded"]

RUN = "run.json"
_KEPT = "PS3.4 B.2.2.1"
_OF_ASSOCIATIONS = ("A-ASSOCIATE", "A-RELEASE")


@dataclass(frozen=True, slots=True)
class Stored:
    """The instances that were sent, by what was answered, with what is known of the holdings."""

    measured: Measured
    account: Account | None

    def uid(self, entry: Entry) -> str:
        """Give the SOP Instance UID of an entry."""
        return Names(self.measured.setting.run, entry.worker).instance(entry.study, entry.instance)

    @property
    def answered(self) -> list[Entry]:
        """Those of which the target said that it stored them."""
        return [entry for entry in self.measured.ledger.entries if is_stored(entry.status)]

    @property
    def lost(self) -> list[Entry]:
        """Those of them that it does not hold."""
        if self.account is None:
            return []
        return [entry for entry in self.answered if self.uid(entry) not in self.account.held]


def conclude(folder: Path) -> LoadRun:
    """Judge what was measured, and write `run.json` beside it.

    Raises
    ------
    DataError
        Nothing was measured there.
    """
    run = concluded(read_measured(folder))
    write_load_run(folder / RUN, run)
    return run


def concluded(measured: Measured) -> LoadRun:
    """Judge what was measured; the target is asked what it holds."""
    setting = measured.setting
    plan = parse_plan(setting.plan_text, Path(setting.plan_path))
    not_judged = list(_why_not(measured))
    account: Account | None = None
    if plan.file.check.by != "none":
        try:
            account = account_of(measured, plan)
        except HarnessError as error:
            not_judged.append(f"what was stored could not be checked: {error}")
    stored = Stored(measured, account)
    findings = (*_of_stored(stored), *_of_failures(measured, plan), *_of_times(measured, plan), *_of_end(measured))
    return LoadRun(
        title=plan.file.title,
        target=setting.target,
        calling=setting.calling,
        start=measured.start,
        elapsed_s=round(measured.elapsed_s, 3),
        ended_by=measured.ended_by,
        bounds={name: getattr(setting, name) for name in ("operations", "rate_per_s", "users", "duration_s")},
        workers=tuple(
            LoadWorker(number, part.host, performed(part.figures), part.is_whole)
            for number, part in sorted(measured.parts.items())
        ),
        operations=tuple(_figures(measured)),
        stored=_counts(stored, plan),
        findings=findings,
        not_judged=tuple(not_judged),
        exit_status=2 if not_judged else 1 if any(one.unmet for one in findings) else 0,
        versions=_versions(),
        plan=setting.plan_path,
    )


def performed(figures: Figures) -> int:
    """Count the DIMSE operations that were performed."""
    return sum(tally.count for (name, _), tally in figures.tallies.items() if name not in _OF_ASSOCIATIONS)


def _why_not(measured: Measured) -> Iterator[str]:
    if measured.ended_by == INTERRUPTED:
        yield INTERRUPTED
    for mistake in measured.mistakes:
        yield f"the load made a mistake: {mistake}"
    for number, part in sorted(measured.parts.items()):
        if not part.is_whole:
            yield f"worker {number} on {part.host} did not report to its end; what it did last is not known"
    if not performed(measured.figures):
        failures = measured.figures.of("A-ASSOCIATE").failures
        why = "; ".join(f"{words} ({count})" for words, count in failures.most_common(3))
        yield "no operation was performed" + (f": A-ASSOCIATE: {why}" if why else "")


def _of_stored(stored: Stored) -> Iterator[Finding]:
    """Judge the holdings: one finding for each loss, one for all that is held."""
    account, lost = stored.account, stored.lost
    if account is None or not stored.answered:
        return
    for entry in lost:
        yield Finding(
            "stored",
            False,
            _KEPT,
            Level.SHALL,
            f"{stored.uid(entry)} is held, for it was answered {entry.status:04X}",
            "another instance is held under its UID" if stored.uid(entry) in account.replaced else "it is not held",
            requirement="What is answered as stored is stored",
        )
    for uid, what in sorted(account.altered.items()):
        yield Finding(
            "stored",
            False,
            "PS3.4 B.4.1.3",
            Level.SHOULD,
            f"{uid} is held as it was sent, for it was answered 0000",
            what,
            requirement="What is answered without a warning is stored as it was sent",
        )
    held = len(stored.answered) - len(lost)
    if held:
        expected = f"{counted(len(stored.answered), 'instance')} answered as stored"
        yield Finding("stored", True, _KEPT, Level.SHALL, expected, f"{held} held")


def _of_failures(measured: Measured, plan: Plan) -> Iterator[Finding]:
    at_most = plan.file.limits.failures_percent
    for operation in dict.fromkeys(name for name, _ in measured.figures.tallies):
        tally = measured.figures.of(operation)
        percent = 100 * tally.failures.total() / tally.count
        words = ", ".join(f"{why} ({count:,})" for why, count in tally.failures.most_common())
        actual = f"{percent:.3g} % of {tally.count:,} failed" + (f": {words}" if words else "")
        expected = f"no {operation} fails" if not at_most else f"at most {at_most:g} % of {operation} fail"
        yield Finding("failures", percent <= at_most, "", Level.HOUSE, expected, actual)


def _of_times(measured: Measured, plan: Plan) -> Iterator[Finding]:
    for limit in plan.file.limits.percentiles:
        operation = f"C-{limit.operation.upper()}"
        times = measured.figures.of(operation).times
        expected = f"{limit.percentile:g} of 100 {operation} take at most {limit.at_most_ms:g} ms"
        if not times.count:
            yield Finding("times", False, "", Level.HOUSE, expected, f"no {operation} succeeded")
            continue
        found_ms = times.percentile_s(limit.percentile) * 1000
        yield Finding("times", found_ms <= limit.at_most_ms, "", Level.HOUSE, expected, f"{found_ms:.3g} ms")


def _of_end(measured: Measured) -> Iterator[Finding]:
    if measured.is_gone:
        expected = "the target accepts connections until the load is over"
        yield Finding("reachable", False, "", Level.HOUSE, expected, measured.ended_by)


def _figures(measured: Measured) -> Iterator[OperationFigures]:
    elapsed_s = measured.elapsed_s
    for (operation, name), tally in sorted(measured.figures.tallies.items()):
        yield OperationFigures(
            operation,
            name,
            tally.count,
            dict(tally.failures.most_common()),
            _mean_ms(tally),
            {f"{each:g}": round(tally.times.percentile_s(each) * 1000, 3) for each in PERCENTILES if tally.times.count},
            round(tally.count / elapsed_s, 3) if elapsed_s else 0.0,
            tally.size_bytes,
        )


def _mean_ms(tally: Tally) -> float:
    return round(tally.times.total_s / tally.times.count * 1000, 3) if tally.times.count else 0.0


def _counts(stored: Stored, plan: Plan) -> StoredFigures:
    entries, account = stored.measured.ledger.entries, stored.account
    answered, unanswered = len(stored.answered), sum(1 for entry in entries if entry.status is None)
    lost = len(stored.lost)
    return StoredFigures(
        len(entries),
        answered,
        len(entries) - answered - unanswered,
        unanswered,
        None if account is None else answered - lost,
        lost,
        0 if account is None else len(account.altered),
        plan.file.check.by,
    )


def _versions() -> dict[str, str]:
    found = {"Python": platform.python_version()}
    for name in ("dicom-conformance", "locust", "gevent"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
