"""A run: every case that is called for, in this process or in several, and what it leaves in the output folder.

Results are written in the order of the cases as soon as all before them are there, so that `results.jsonl` is the same
however many processes played; an interrupted run writes what there is.
"""

from __future__ import annotations

import platform
import shlex
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dicom_conformance import upper_layer
from dicom_conformance.files import OutputFolder
from dicom_conformance.interruption import waiting
from dicom_conformance.iod_checks import programs
from dicom_conformance.judge import verdict
from dicom_conformance.play import redaction_of, subject_file
from dicom_conformance.results import Erratum, Result, ResultsWriter, Run, StateCell, write_run
from dicom_conformance.run import junit, markdown_summary
from dicom_conformance.run.dispatch import Dispatch, firsts
from dicom_conformance.run.memory import peak_rss_bytes
from dicom_conformance.run.worker import Pool, RunRequest, broken
from dicom_conformance.scenario import Case, listing
from dicom_conformance.statement import Statement, registry, statement_model

PACKAGES = ("dicom-conformance", "pynetdicom", "pydicom", "numpy", "imagecodecs", "pydantic")
WITHHELD = "withheld: "
"""With this begins the reason of a case that was not played because no option allowed it."""
QUICK = "--quick"
"""The option of the command line that leaves cases out."""

OnResult = Callable[[Result], None]
Rendered = Callable[[Path], Path]
Stream = Generator[tuple[int, Result], None, None]


@dataclass(slots=True)
class Outcome:
    """What came of a run: its results in the order of the cases, and the run as a whole."""

    run: Run
    results: list[Result] = field(default_factory=list)
    interrupted: bool = False


def run(
    request: RunRequest,
    promised: Statement,
    cases: Sequence[Case],
    *,
    processes: int = 1,
    on_result: OnResult = lambda result: None,
    command: Sequence[str] = (),
    render: Rendered | None = None,
    left_out: int = 0,
    waiting: int = 0,
) -> Outcome:
    """Play cases and write the report.

    Parameters
    ----------
    request : RunRequest
        What was asked for; `request.options.output` is where the report goes (None: nowhere).
    promised : Statement
        What `request.load` gave.
    cases : sequence of Case
        What `request.cases` gave: workers expand the same.
    processes : int
        1: in this one.
    on_result : callable
        Called with each result as it comes.
    command : sequence of str
        What was typed.
    render : callable, optional
        Writes `index.html` into the output folder.
    left_out : int
        How many cases were chosen not to be played (`--quick`).
    waiting : int
        How many processes there are beside `processes` for cases that take long.

    Raises
    ------
    DataError
        Another run writes into the output folder, or it holds something that no run wrote.
    OSError
        A file of the report cannot be written; the error names path and size.
    """
    with nullcontext() if request.options.output is None else OutputFolder(request.options.output):
        return _run(request, promised, cases, (processes, waiting), on_result, command, render, left_out)


def _run(
    request: RunRequest,
    promised: Statement,
    cases: Sequence[Case],
    processes: tuple[int, int],
    on_result: OnResult,
    command: Sequence[str],
    render: Rendered | None,
    left_out: int,
) -> Outcome:
    output = request.options.output
    start, begin_s = datetime.now(UTC).isoformat(timespec="seconds"), time.perf_counter()
    results: dict[int, Result] = {}
    interrupted = False
    dispatch = Dispatch(cases)
    peaks: dict[str, int] = {}
    try:
        play = _play_here if processes == (1, 0) else partial(_play_in_workers, processes=processes, peaks=peaks)
        with (
            closing(play(request, promised, dispatch)) as played,
            closing(_written(played, dispatch, output)) as written,
        ):
            for number, result in written:
                results[number] = result
                on_result(result)
    except KeyboardInterrupt:
        interrupted = True
    in_order = [results[number] for number in sorted(results)]
    elapsed_s = time.perf_counter() - begin_s
    summary = _summarise(request, promised, in_order, start, elapsed_s, tuple(command))
    summary = replace(summary, left_out=left_out, run_all=_run_all(command) if left_out else "")
    if interrupted:  # whatever was not played was not judged
        summary = replace(summary, interrupted=True, exit_status=verdict.EXIT_NOT_JUDGED)
    if output is not None:
        _report(output, summary, in_order, render)
    summary = replace(summary, peak_rss_bytes={"main": peak_rss_bytes(), **peaks})
    if output is not None:  # again, for only now is the report's own memory known
        write_run(output / "run.json", summary)
    return Outcome(summary, in_order, interrupted)


def _run_all(command: Sequence[str]) -> str:
    """Give the command that leaves nothing out."""
    return shlex.join(word for word in command if word != QUICK)


def _play_here(request: RunRequest, promised: Statement, dispatch: Dispatch) -> Stream:
    """Play everything in this process."""
    first = firsts(dispatch.cases)
    case_runner = request.case_runner(promised)
    try:
        while (batch := dispatch.next()) is not None:
            for number in batch:
                with waiting():  # a signal that came meanwhile
                    pass
                yield number, case_runner.play(dispatch.cases[number], number in first)
    finally:
        case_runner.close()


def _play_in_workers(
    request: RunRequest, promised: Statement, dispatch: Dispatch, processes: tuple[int, int], peaks: dict[str, int]
) -> Stream:
    """Play everything in worker processes: so many, and so many that wait."""
    count, waiting = processes
    pool = Pool(request, dispatch, count, lambda case, reason: broken(request, promised, case, reason), waiting)
    try:
        yield from pool.results()
    finally:
        pool.close()
        peaks.update(pool.peak_rss_bytes)


def _written(played: Stream, dispatch: Dispatch, output: Path | None) -> Stream:
    """Pass results through, writing each once all before it are written; at the end, the rest by number."""
    waiting: dict[int, Result] = {}
    following = 0
    writer = ResultsWriter(output / "results.jsonl") if output is not None else None
    try:
        for number, result in played:
            judged = dispatch.took(number, result)
            waiting[number] = judged
            while following in waiting:
                _write(writer, waiting.pop(following))
                following += 1
            yield number, judged
    finally:
        for number in sorted(waiting):
            _write(writer, waiting[number])
        if writer is not None:
            writer.close()


def _write(writer: ResultsWriter | None, result: Result) -> None:
    if writer is not None:
        writer.write(result)


def _summarise(
    request: RunRequest,
    promised: Statement,
    results: list[Result],
    start: str,
    elapsed_s: float,
    command: tuple[str, ...],
) -> Run:
    deviations = request.options.deviations
    return Run(
        start=start,
        elapsed_s=elapsed_s,
        seed=request.seed,
        statement=promised.id,
        subject=results[0].subject if results else request.subject,
        counts=verdict.count(results),
        cells=sum(result.cells for result in results),
        exit_status=verdict.exit_status(results, deviations),
        strict=request.options.strict,
        versions={**versions(), **_iod_checks(request)},
        command=_without_places(request, command),
        register=listing.register(promised, results),
        errata=tuple(_erratum(erratum) for erratum in promised.errata),
        stale_deviations=verdict.stale_deviations(results, deviations),
        shard=str(request.shard or ""),
        names=registry.NAMES,
        product=_without_places(request, (request.product(promised),))[0],
        redacted=bool(request.options.redact),
        withheld=Counter(each.reason for each in results if each.reason.startswith(WITHHELD)),
        notes=tuple(f"{each.id}: {finding.actual}" for each in results for finding in each.notes),
        state_table=_state_table(results),
    )


def _without_places(request: RunRequest, words: tuple[str, ...]) -> tuple[str, ...]:
    """Redact titles and host of the subject in what the user typed or called it, where the run is redacted."""
    foreign = subject_file(request.subject)
    redaction = redaction_of(request.options.redact, foreign) if foreign is not None else None
    return words if redaction is None else tuple(map(redaction.text, words))


def _state_table(results: Sequence[Result]) -> tuple[StateCell, ...]:
    """Give the cells of the state table, where a case of the run names one."""
    if not any("event" in result.parameters for result in results):
        return ()
    return tuple(
        StateCell(
            cell.state.value,
            cell.event.value,
            cell.action,
            cell.following,
            upper_layer.STATE_TEXTS[cell.state],
            upper_layer.EVENT_TEXTS[cell.event],
            cell.why_not["acceptor"],
            cell.why_not["requestor"],
        )
        for cell in upper_layer.CELLS
    )


def _erratum(erratum: statement_model.Erratum) -> Erratum:
    return Erratum(erratum.id, ", ".join(erratum.section), erratum.printed, erratum.read_as, erratum.why)


def _iod_checks(request: RunRequest) -> dict[str, str]:
    """Tell by which edition each program checks what a foreign subject sends, or why it does not."""
    if subject_file(request.subject) is None:
        return {}
    checks = request.options.iod_checks
    return {one.name: (one.off or one.edition) if checks else "not asked (--no-iod-checks)" for one in programs()}


def versions() -> dict[str, str]:
    """Tell what this ran with."""
    found = {"Python": platform.python_version(), "system": platform.platform(terse=True)}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _report(output: Path, summary: Run, results: list[Result], render: Rendered | None) -> None:
    write_run(output / "run.json", summary)
    junit.write(output / "junit.xml", results, summary)
    markdown_summary.write(output / "summary.md", results, summary)
    if render is not None:
        render(output)
