"""Programs of a subject file, found along PATH: DCMTK's own, not the scripts of the same names that pynetdicom brings.

pynetdicom installs `echoscu`, `storescp` and others beside Python, so that an activated virtual environment puts them
before DCMTK's. They take other options, and a subject that is pynetdicom would be judged in the place of DCMTK.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from dicom_conformance.play.subjects.subject import UnsupportedError

_HEAD_BYTES = 4096


def find(name: str) -> str:
    """Give the path of a program; the name itself where there is none, or where it has a folder of its own.

    Raises
    ------
    UnsupportedError
        Only pynetdicom's script of this name is on PATH.
    """
    if os.sep in name:
        return name
    script: Path | None = None
    for path in _candidates(name):
        if not _is_of_pynetdicom(path):
            return str(path)
        script = script or path
    if script is None:
        return name
    raise UnsupportedError(
        f"{name}: PATH has pynetdicom's alone ({script}), which takes other options; install DCMTK, or write the whole "
        "path of the program into the subject file"
    )


def exists(name: str) -> bool:
    """Whether there is a program of this name on PATH, or where it has a folder of its own, there."""
    return shutil.which(name) is not None


def _candidates(name: str) -> Iterator[Path]:
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = Path(folder or ".") / name
        if path.is_file() and os.access(path, os.X_OK):
            yield path


def _is_of_pynetdicom(path: Path) -> bool:
    """Tell whether a program is one of the scripts that pip makes for pynetdicom."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    return head.startswith(b"#!") and b"pynetdicom" in head
