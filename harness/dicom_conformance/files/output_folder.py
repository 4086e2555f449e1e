"""The folder that a run writes into: one run at a time, and nothing of anybody else's is overwritten.

Invariants: a run holds the lock of its folder from before it removes anything until its report is written. The lock
belongs to the process, so that a run that crashed leaves none. Only what a run of ours wrote is ever removed.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from dicom_conformance.errors import DataError
from dicom_conformance.files.file_lock import lock

LOCK: Final = ".dicom-conformance"
"""The file that marks a folder as ours, and that is locked while a run writes into it."""
EVIDENCE: Final = "evidence"
FILES: Final = ("index.html", "results.jsonl", "run.json", "junit.xml", "summary.md")
NOTES: Final = ("fixtures.json", "measured.json", "locust.log")
"""What the processes of a run or of a load leave for each other; worth nothing to the next run."""
_EARLIER: Final = frozenset({"run.json", "results.jsonl"})  # by these a run of before there was a mark is known


class OutputFolder:
    """A context manager that holds the folder for one run, emptied of what an earlier run left.

    Parameters
    ----------
    path : Path
    keeps : bool
        Whether the notes of the earlier run stay, because the report is made from them once more.
    """

    def __init__(self, path: Path, keeps: bool = False) -> None:
        self.path = path
        self._keeps = keeps
        self._lock = -1

    def __enter__(self) -> Self:
        """Take the folder.

        Raises
        ------
        DataError
            Another run writes into it, or it holds something that no run wrote.
        """
        self._check()
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        if not lock(self._lock, wait=False):
            who = os.read(self._lock, 20).decode("ascii", "replace").strip()
            os.close(self._lock)
            text = f"another run{f' (process {who})' if who else ''} writes into this folder; give another --output"
            raise DataError(self.path, None, "", text)
        with suppress(OSError):  # a full disk is reported by the first file that matters
            os.truncate(self._lock, 0)
            os.write(self._lock, f"{os.getpid()}\n".encode())
        self._clean()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._lock)

    def _check(self) -> None:
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise DataError(self.path, None, "", "is a file; the report needs a folder")
        found = {entry.name for entry in self.path.iterdir()}
        foreign = found - {EVIDENCE, *FILES, *NOTES}
        if not found or LOCK in found or found >= _EARLIER or (found & _EARLIER and not foreign):
            return
        text = (
            f"this folder holds {min(foreign or found)}, which no run wrote; give an empty or a new folder as --output"
        )
        raise DataError(self.path, None, "", text)

    def _clean(self) -> None:
        """Remove what an earlier run left, and nothing else."""
        shutil.rmtree(self.path / EVIDENCE, ignore_errors=True)
        for name in FILES if self._keeps else (*FILES, *NOTES):
            (self.path / name).unlink(missing_ok=True)
