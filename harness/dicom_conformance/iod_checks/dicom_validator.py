"""dicom-validator: any number of files a call, by a copy of the standard that it keeps in the user's home folder.

It would fetch the standard where it has none. So it is given a folder of its own in which one edition is listed, that
which is there, and it is off where there is none.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from dicom_conformance.iod_checks.program import Complaint, output_of

_FILES = (
    *(f"docbook/part{part}.xml" for part in ("03", "04", "06")),
    *(f"json/{name}" for name in ("dict_info.json", "iod_info.json", "module_info.json", "uid_info.json", "version")),
)
"""What it fetches or makes anew where it is missing."""
_EDITION = re.compile(r"\d{4}[a-z]")
_FILE = re.compile(r"Validating DICOM file (?P<path>.*)")
_MODULE = re.compile(r'Module "(?P<module>.*)":')
_TAG = re.compile(r"\s*Tag (?P<tag>.*)")
_UNKNOWN = re.compile(r"^(?:Unknown or retired|Missing) SOP Class UID", re.MULTILINE)
"""What it says in the place of a file that it cannot check."""
_BROKEN = "Traceback (most recent call last)"
_VALUE = re.compile(r"value '.*?'(?= for VR| not allowed)")


class DicomValidator:
    """dicom-validator, as the command `validate_iods`.

    Parameters
    ----------
    command : str
        Its name on PATH, or its path.
    standard : Path, optional
        The folder of its copies of the standard; `dicom-validator` in the user's home folder unless given.
    """

    name = "dicom-validator"

    def __init__(self, command: str = "validate_iods", standard: Path | None = None) -> None:
        self._command = command
        self._standard = standard

    @cached_property
    def _path(self) -> str:
        return shutil.which(self._command) or ""

    @cached_property
    def _edition(self) -> str:
        """The newest edition of which everything is there."""
        try:
            folder = self._standard or Path.home() / "dicom-validator"
            editions = sorted(path for path in folder.iterdir() if _EDITION.fullmatch(path.name))
        except (OSError, RuntimeError):  # no folder, no home
            return ""
        whole = [path for path in editions if all((path / name).is_file() for name in _FILES)]
        return str(whole[-1]) if whole else ""

    @property
    def edition(self) -> str:
        """The edition of the standard."""
        return f"PS3.3 {Path(self._edition).name}" if self._path and self._edition else ""

    @property
    def off(self) -> str:
        """Why it checks nothing."""
        if not self._path:
            return "not installed"
        return "" if self._edition else "its copy of the standard is not there"

    def check(self, files: Sequence[Path]) -> list[tuple[Complaint, ...]] | None:
        """Check files in one call."""
        edition = Path(self._edition)
        with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
            (Path(folder) / "editions.json").write_text(json.dumps([edition.name]), encoding="utf-8")
            try:
                (Path(folder) / edition.name).symlink_to(edition, target_is_directory=True)
            except OSError:
                return None
            words = [self._path, "--standard-path", folder, "--edition", "local", "--suppress-vr-warnings"]
            said = output_of([*words, *map(str, files)])
        return None if said is None else _by_file(said, files)


def _by_file(said: str, files: Sequence[Path]) -> list[tuple[Complaint, ...]] | None:
    """Read what was said of each file; None where it did not come to an end: with a traceback, or before the last."""
    found: dict[str, list[Complaint]] = {}
    for path, complaint in _complaints(said):
        found.setdefault(path, []).extend([complaint] if complaint is not None else [])
    if _BROKEN in said or len(found) + len(_UNKNOWN.findall(said)) < len(files):
        return None
    return [tuple(dict.fromkeys(found.get(str(file), ()))) for file in files]


def _complaints(said: str) -> Iterator[tuple[str, Complaint | None]]:
    path = module = ""
    for line in said.splitlines():
        if (found := _FILE.fullmatch(line)) is not None:
            path, module = found["path"], ""
            yield path, None
        elif (found := _MODULE.fullmatch(line)) is not None:
            module = found["module"]
        elif path and (found := _TAG.fullmatch(line)) is not None:
            yield path, Complaint(module, _VALUE.sub("value", found["tag"]).rstrip(","))
