"""dciodvfy of dicom3tools: one file a call. The standard is compiled into it, so its version stands for the edition."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from dicom_conformance.iod_checks.program import Complaint, output_of

_ERROR = re.compile(r"Error - (?P<text>.*)")
_PATH = re.compile(r"^</(?P<path>[^>]*)> - ")
_MODULE = re.compile(r" - Module=<(?P<module>[^>]*)>")
_VALUE = re.compile(r" = (<.*?>|'.*)(?= - |$)")
_VERSION = re.compile(r"Version: (?P<version>\S+)")
_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})\d*\Z")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Dciodvfy:
    """dciodvfy.

    Parameters
    ----------
    command : str
        Its name on PATH, or its path.
    """

    name = "dciodvfy"

    def __init__(self, command: str = "dciodvfy") -> None:
        self._command = command

    @cached_property
    def _path(self) -> str:
        return shutil.which(self._command) or ""

    @cached_property
    def edition(self) -> str:
        """The version of dicom3tools, with the date of a snapshot."""
        found = _VERSION.search(output_of([self._path, "-version"]) or "") if self._path else None
        if found is None:
            return ""
        date = _DATE.search(found["version"])
        return f"the standard of dicom3tools {'-'.join(date.groups()) if date else found['version']}"

    @property
    def off(self) -> str:
        """Why it checks nothing."""
        return "" if self.edition else "not installed" if not self._path else "it does not tell its version"

    def check(self, files: Sequence[Path]) -> list[tuple[Complaint, ...]] | None:
        """Check files, one after the other."""
        found = []
        for file in files:
            said = output_of([self._path, "-new", str(file)])
            if said is None:
                return None
            found.append(tuple(dict.fromkeys(_complaints(said))))
        return found


def _complaints(said: str) -> Iterator[Complaint]:
    """Read the errors; warnings are advice."""
    for line in said.splitlines():
        error = _ERROR.fullmatch(line.strip())
        if error is None:
            continue
        text, module = error["text"], _MODULE.search(error["text"])
        text = _VALUE.sub("", _MODULE.sub("", text))
        text = _PATH.sub(lambda path: f"{_element(path['path'])} - ", text)
        yield Complaint(_WORDS.sub(" ", module["module"]) if module else "", text)


def _element(path: str) -> str:
    """Write `A(0008,1140)[1]/B(0008,1150)` as names and tags."""
    return " / ".join(_WORDS.sub(" ", part).replace("(", " (", 1) for part in path.split("/"))
