"""Options of `run` for CI: a part of the cases, a file of today's failures, the summary of the job."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_conformance.results import Result
    from dicom_conformance.run import Shard

SHARD_SEED = 1
"""The seed of a shard for which none is given: that of its siblings, with which it is merged."""


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `run`."""
    parser.add_argument(
        "--shard",
        type=_shard,
        metavar="I/N",
        help="play part I of N, divided by scenario; every case is in exactly one part. Give each part the same --seed "
        f"(default with this option: {SHARD_SEED}), and put them together with `merge`",
    )
    parser.add_argument(
        "--no-iod-checks",
        dest="iod_checks",
        action="store_false",
        help="do not check the instances that a foreign subject sends by dciodvfy and dicom-validator, where these are "
        "installed; what they find are notes, which never change a verdict",
    )
    parser.add_argument(
        "--samples",
        type=Path,
        metavar="DIR",
        help="folder of DICOM files; one of each SOP Class that cannot be built here is stored on a foreign subject "
        "that accepts the class, with --allow-store. Use test data: nothing is changed in it",
    )
    parser.add_argument(
        "--write-known-deviations",
        type=Path,
        metavar="FILE",
        help="write the failures of this run into a known-deviations file, with the reasons that are known, else empty "
        "ones, which you have to fill in before the file can be used",
    )


def shard_seed(arguments: argparse.Namespace) -> int | None:
    """Give the seed that was asked for: with `--shard` always one."""
    seed: int | None = arguments.seed
    return SHARD_SEED if seed is None and arguments.shard is not None else seed


def after_run(arguments: argparse.Namespace, output: Path, results: Sequence[Result]) -> None:
    """Write what the options and the environment ask for beside the report; OSError if that fails."""
    from dicom_conformance.files import known_deviations
    from dicom_conformance.results import Verdict
    from dicom_conformance.run import markdown_summary

    markdown_summary.append_to_step_summary(output / "summary.md")
    if arguments.write_known_deviations is not None:
        failed = {one.id: one.deviation for one in results if one.verdict is Verdict.FAIL}
        known_deviations.write(arguments.write_known_deviations, failed)
        print(f"known deviations: {arguments.write_known_deviations} ({len(failed)})")


def _shard(text: str) -> Shard:
    from dicom_conformance.run import read_shard

    try:
        return read_shard(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
