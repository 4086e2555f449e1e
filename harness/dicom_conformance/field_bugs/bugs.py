"""The bugs, as data: `scenarios/bugs/interop-bugs.yaml`."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from dicom_conformance.files import Part, Texts, read, scenarios_folder, validate

FILE = scenarios_folder() / "bugs" / "interop-bugs.yaml"


class BugEntry(Part):
    """One bug."""

    bug: str = Field(min_length=1, description="what goes wrong, in a sentence")
    reported: str = Field(default="", description="the threads that report it; none where nobody did yet")
    scenarios: Texts = Field(min_length=1, description="ids of the scenarios that reproduce it")


class BugFile(Part):
    """The bugs that are reproduced."""

    bugs: tuple[BugEntry, ...] = Field(min_length=1, description="the bugs")


@dataclass(frozen=True, slots=True)
class Bug:
    """A bug: what goes wrong, where that was reported, and the scenarios that reproduce it."""

    bug: str
    reported: str
    scenarios: tuple[str, ...]


def every_bug() -> tuple[Bug, ...]:
    """Read the bugs.

    Raises
    ------
    DataError
        The file is wrong.
    """
    file = validate(read(FILE), BugFile)
    return tuple(Bug(entry.bug, entry.reported, entry.scenarios) for entry in file.bugs)
