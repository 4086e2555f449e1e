"""The results of an earlier run, looked up by the ids of its cases.

Invariants: an earlier run counts only if it is whole, of this version and of the same statement; a result is read from
the file when it is asked for, so that a run of thousands of cases costs little.
"""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dicom_conformance.errors import DataError
from dicom_conformance.results import Result, Run, read_run

_PACKAGE = "dicom-conformance"
_ID = '{"id":'


class RecordedResults:
    """What a run left in its output folder."""

    def __init__(self, folder: Path, statement: str) -> None:
        """Find every case of the run.

        Raises
        ------
        DataError
            The folder holds no run, or one that does not count.
        """
        self.folder = folder
        self._path = folder / "results.jsonl"
        reason = _objection(read_run(folder / "run.json"), statement)
        if reason:
            raise DataError(folder / "run.json", None, "", reason)
        self._places = dict(self._found())

    def __len__(self) -> int:
        return len(self._places)

    def get(self, case_id: str) -> Result | None:
        """Read the result of a case; None if the run has none."""
        place = self._places.get(case_id)
        if place is None:
            return None
        with self._path.open("rb") as file:
            file.seek(place)
            return Result.from_json(json.loads(file.readline()))

    def _found(self) -> list[tuple[str, int]]:
        """List the ids of the cases, and where their lines begin."""
        found, place, decoder = [], 0, json.JSONDecoder()
        try:
            with self._path.open("rb") as file:
                for line in file:
                    identifier, _ = decoder.raw_decode(line.decode(), len(_ID))
                    found.append((str(identifier), place))
                    place += len(line)
        except OSError as error:
            raise DataError(self._path, None, "", error.strerror or "cannot be read") from error
        except ValueError as error:
            raise DataError(self._path, len(found) + 1, "", f"is not a result: {error}") from error
        return found


def _objection(run: Run, statement: str) -> str:
    """Say why a run does not count; empty if it does."""
    if run.interrupted:
        return "the run was interrupted"
    if run.left_out:
        return f"the run left out {run.left_out} cases; play every case: {run.run_all}"
    if run.shard:
        return f"it is shard {run.shard} of a run; merge all its shards first"
    if run.statement != statement:
        return f"the run is of the statement {run.statement}, not of {statement}"
    try:
        installed = version(_PACKAGE)
    except PackageNotFoundError:
        return ""
    if run.versions.get(_PACKAGE, installed) != installed:
        return f"the run is of version {run.versions[_PACKAGE]}, installed is {installed}"
    return ""
