"""Several runs as one: the shards of a run, or runs of different parts of the catalogue, put together.

What is counted is counted anew from the results; coverage is the sum of the parts, whose cases are disjoint. Runs that
cannot be parts of one whole are refused.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from dicom_conformance.errors import DataError
from dicom_conformance.files import OutputFolder
from dicom_conformance.judge import verdict
from dicom_conformance.results import (
    ClaimCoverage,
    ClaimState,
    Result,
    Run,
    list_of_all,
    read_results,
    read_run,
    write_results,
    write_run,
)
from dicom_conformance.run import junit, markdown_summary
from dicom_conformance.run.shards import read_shard

__all__ = ["Merged", "merge"]

PACKAGE = "dicom-conformance"


@dataclass(frozen=True, slots=True)
class Merged:
    """What the parts are together."""

    run: Run
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    folder: Path
    run: Run
    results: tuple[Result, ...]

    @property
    def file(self) -> Path:
        return self.folder / "run.json"


def merge(
    folders: Sequence[Path],
    output: Path,
    *,
    command: Sequence[str] = (),
    render: Callable[[Path], Path] | None = None,
) -> Merged:
    """Put runs together and write the whole report of all of them.

    Parameters
    ----------
    folders : sequence of Path
        Output folders of runs.
    output : Path
        Where the report goes; none of `folders`.
    command : sequence of str
        What was typed.
    render : callable, optional
        Writes `index.html` into the output folder.

    Raises
    ------
    DataError
        A folder holds no run; the runs differ in version, statement, subject, seed or strictness; a shard is missing; a
        case is in two of them.
    OSError
        A file cannot be read or written.
    """
    twice = [folder for folder, count in Counter(folder.resolve() for folder in folders).items() if count > 1]
    if twice:
        raise DataError(twice[0], None, "", "this folder is given twice")
    if output.resolve() in {folder.resolve() for folder in folders}:
        raise DataError(output, None, "", "this is one of the folders to be merged; give another --output")
    parts = [_Part(each, read_run(each / "run.json"), tuple(read_results(each / "results.jsonl"))) for each in folders]
    _check_alike(parts)
    _check_shards(parts)
    _check_cases(parts)
    results = tuple(sorted((one for part in parts for one in part.results), key=lambda one: one.scenario))
    run = _whole(parts, results, tuple(command))
    with OutputFolder(output):
        for part in parts:
            _take_evidence(part, output)
        _take_cleanup(parts, output)
        write_results(output / "results.jsonl", results)
        write_run(output / "run.json", run)
        junit.write(output / "junit.xml", results, run)
        markdown_summary.write(output / "summary.md", results, run)
        if render is not None:
            render(output)
    return Merged(run, results)


def _check_alike(parts: Sequence[_Part]) -> None:
    """Refuse runs that differ in what their verdicts depend on; a seed decides what is sent, so it counts too."""
    first = parts[0]
    for part in parts[1:]:
        for what, value_of in _ALIKE:
            if value_of(part.run) != value_of(first.run):
                text = f"{what} is {value_of(part.run)}, but {value_of(first.run)} in {first.folder}"
                raise DataError(part.file, None, "", text)
        if [claim.id for claim in part.run.register] != [claim.id for claim in first.run.register]:
            raise DataError(part.file, None, "", f"the claims are not those of {first.folder}")


_ALIKE: tuple[tuple[str, Callable[[Run], object]], ...] = (
    ("the version of the harness", lambda run: run.versions.get(PACKAGE, "unknown")),
    ("the statement", lambda run: run.statement),
    ("the subject", lambda run: run.subject),
    ("the seed", lambda run: run.seed),
    ("--strict", lambda run: "given" if run.strict else "not given"),
)


def _check_shards(parts: Sequence[_Part]) -> None:
    """Refuse shards of different divisions, and a division of which one is missing."""
    sharded = [(part, read_shard(part.run.shard)) for part in parts if part.run.shard]
    if not sharded:
        return
    first, count = sharded[0][0], sharded[0][1].count
    for part, shard in sharded:
        if shard.count != count:
            raise DataError(part.file, None, "", f"it is shard {shard}, but {first.folder} is shard {first.run.shard}")
    missing = sorted(set(range(1, count + 1)) - {shard.number for _, shard in sharded})
    if missing:
        text = f"shard {', '.join(f'{number}/{count}' for number in missing)} is missing"
        raise DataError(first.file, None, "", text)


def _check_cases(parts: Sequence[_Part]) -> None:
    seen: dict[str, Path] = {}
    for part in parts:
        for result in part.results:
            if result.id in seen:
                text = f"the case {result.id!r} is in {seen[result.id]} too"
                raise DataError(part.folder / "results.jsonl", None, "", text)
            seen[result.id] = part.folder


def _whole(parts: Sequence[_Part], results: Sequence[Result], command: tuple[str, ...]) -> Run:
    deviations = {result.id: result.deviation for result in results if result.deviation}
    interrupted = any(part.run.interrupted for part in parts)
    status = verdict.EXIT_NOT_JUDGED if interrupted else verdict.exit_status(results, deviations)
    peaks = {f"{part.folder.name}: {name}": peak for part in parts for name, peak in part.run.peak_rss_bytes.items()}
    return replace(
        parts[0].run,
        start=min(part.run.start for part in parts),
        elapsed_s=sum(part.run.elapsed_s for part in parts),
        counts=verdict.count(results),
        cells=sum(result.cells for result in results),
        exit_status=status,
        register=_register(part.run.register for part in parts),
        stale_deviations=verdict.stale_deviations(results, deviations),
        command=command,
        interrupted=interrupted,
        left_out=_left_out(parts),
        run_all="; ".join(dict.fromkeys(part.run.run_all for part in parts if part.run.run_all)),
        shard="",
        withheld=_withheld(parts),
        notes=tuple(note for part in parts for note in part.run.notes),
        peak_rss_bytes=peaks,
        state_table=next((part.run.state_table for part in parts if part.run.state_table), ()),
    )


def _left_out(parts: Sequence[_Part]) -> int:
    """Count the cases that `--quick` left out; each shard tells those of the whole."""
    sharded = [part.run.left_out for part in parts if part.run.shard]
    return sum(part.run.left_out for part in parts if not part.run.shard) + max(sharded, default=0)


def _register(registers: Iterable[Sequence[ClaimCoverage]]) -> tuple[ClaimCoverage, ...]:
    """Add up the cases that reach each claim, and give its worst state; no case is in two parts."""
    return tuple(
        replace(
            claims[0],
            cases=sum(claim.cases for claim in claims),
            state=min((claim.state for claim in claims), key=_STATES.index),
        )
        for claims in zip(*registers, strict=True)
    )


_STATES = (ClaimState.DIFFERS, ClaimState.PROVED, ClaimState.NOT_OBSERVED, ClaimState.NOT_JUDGED)
"""States of a claim, those first that outweigh the others."""


def _withheld(parts: Sequence[_Part]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for part in parts:
        counted.update(part.run.withheld)
    return dict(counted)


def _take_evidence(part: _Part, output: Path) -> None:
    """Link the evidence of a part into the output folder, or copy it where another file system forbids links."""
    for result in part.results:
        source = part.folder / result.evidence
        if not result.evidence or not source.is_dir():
            continue
        if not source.resolve().is_relative_to(part.folder.resolve()):
            raise DataError(part.folder / "results.jsonl", None, "", f"{result.evidence} lies outside the folder")
        shutil.copytree(source, output / result.evidence, copy_function=_link, dirs_exist_ok=True)


def _take_cleanup(parts: Sequence[_Part], output: Path) -> None:
    """Put together what the parts, and an earlier merge, stored at the subject."""
    list_of_all(output, [output, *(part.folder for part in parts)])


def _link(source: str, target: str) -> str:
    with suppress(OSError):
        Path(target).hardlink_to(source)
        return target
    shutil.copy2(source, target)
    return target
