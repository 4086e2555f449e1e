"""The files of a run: `results.jsonl` holds one `Result` a line, `run.json` one `Run`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from dicom_conformance.errors import DataError
from dicom_conformance.files import write_whole, writing
from dicom_conformance.results.findings import Result
from dicom_conformance.results.run_file import read_run_file
from dicom_conformance.results.run_summary import Run


class ResultsWriter:
    """Writes `results.jsonl` as the results come; a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("wb", buffering=0)
        self._whole_bytes = 0

    def write(self, result: Result) -> None:
        """Append one result, so that a run that is interrupted, or whose disk is full, leaves whole lines.

        Raises
        ------
        OSError
            It cannot be written; the error names the file and the size of the line.
        """
        line = json.dumps(result.to_json(), ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
        left = memoryview(line)
        try:
            with writing(self.path, len(line)):
                while left:
                    left = left[self._file.write(left) :]
        except OSError:
            self._file.truncate(self._whole_bytes)
            self._file.seek(self._whole_bytes)
            raise
        self._whole_bytes += len(line)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def write_results(path: Path, results: Iterable[Result]) -> None:
    """Write a whole `results.jsonl`."""
    with ResultsWriter(path) as writer:
        for result in results:
            writer.write(result)


def read_results(path: Path) -> Iterator[Result]:
    """Read `results.jsonl`, one result at a time.

    Raises
    ------
    DataError
        The file cannot be read, or a line of it is not a result.
    """
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _read_line(path, number, line)
    except OSError as error:
        raise DataError(path, None, "", error.strerror or "cannot be read") from error
    except UnicodeDecodeError as error:
        raise DataError(path, None, "", f"is not UTF-8: {error.reason}") from error


def _read_line(path: Path, number: int, line: str) -> Result:
    try:
        return Result.from_json(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # by what the line holds: it is only taken apart
        raise DataError(path, number, "", f"is not a result: {error}") from error


def write_run(path: Path, run: Run) -> None:
    """Write `run.json`."""
    write_whole(path, json.dumps(run.to_json(), indent=1) + "\n")


def read_run(path: Path) -> Run:
    """Read `run.json`.

    Raises
    ------
    DataError
        The file cannot be read or is not a run.
    """
    return read_run_file(path, Run.from_json, "a run")
