"""The known-deviations file: case ids that may fail, each with a reason.

Strict: a case that is listed and no longer fails turns the run red, and an id that no scenario gives is a wrong file,
so that the list cannot outlive what it excuses.

    format: 1
    deviations:
      - {case: "storage/loader-...[CT,1.2.840.10008.1.2.4.90]", reason: fixed in 5.3}

A plain mapping of id to reason is read as well.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, StringConstraints

from dicom_conformance.files.known_names import suggestion
from dicom_conformance.files.output_file import write_whole
from dicom_conformance.files.scalars import Part
from dicom_conformance.files.strict_yaml import Document, Location, read, validate

_HEADING = "# Cases that may fail. Give each a reason; the file is refused as long as one is missing."
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Deviation(Part):
    """One case that may fail."""

    case: Text = Field(validation_alias=AliasChoices("case", "id"), description="id of the case, as `list` prints it")
    reason: Text = Field(description="why it may fail")


class DeviationsFile(Part):
    """A whole file in its long form."""

    format: Literal["1"] = Field(default="1", description="version of the file format")
    deviations: tuple[Deviation, ...] = Field(description="the cases that may fail")


@dataclass(frozen=True, slots=True)
class KnownDeviations:
    """Case id to reason, and the location of each in the file."""

    document: Document
    reasons: Mapping[str, str]
    locations: Mapping[str, Location]

    def check(self, cases: Collection[str]) -> None:
        """Refuse an id that is none of `cases` (all that the statement calls for, whatever is selected).

        Raises
        ------
        DataError
            At the first such id.
        """
        for identifier, location in self.locations.items():
            if identifier not in cases:
                near = suggestion(identifier, [*cases]) if len(cases) < 5000 else ""
                raise self.document.error(location, f"no case has the id {identifier!r}{near}")


def load(path: Path | str) -> KnownDeviations:
    """Read a known-deviations file.

    Raises
    ------
    DataError
        The file is wrong: an entry without a reason, an id twice, an unknown key.
    """
    document = read(path)
    entries: list[tuple[str, str, Location]]
    data = document.data
    if isinstance(data, list):
        wrapped = Document(document.path, {"deviations": data}, _under("deviations", document.lines))
        entries = _entries(validate(wrapped, DeviationsFile), ())
    elif isinstance(data, dict) and "deviations" not in data:
        entries = [_plain(document, identifier, reason) for identifier, reason in data.items()]
    else:
        entries = _entries(validate(document, DeviationsFile), ("deviations",))
    reasons: dict[str, str] = {}
    locations: dict[str, Location] = {}
    for identifier, reason, location in entries:
        if identifier in reasons:
            first = document.line(locations[identifier])
            raise document.error(location, f"the case {identifier!r} is listed twice (first on line {first})")
        reasons[identifier] = reason
        locations[identifier] = location
    return KnownDeviations(document, reasons, locations)


def write(path: Path, reasons: Mapping[str, str]) -> None:
    """Write a known-deviations file; a reason that is empty has to be filled in before the file can be used.

    Raises
    ------
    OSError
        It cannot be written.
    """
    lines = ['format: "1"', "deviations:" if reasons else "deviations: []"]
    for identifier, reason in reasons.items():
        lines.append(f"  - case: {json.dumps(identifier)}")
        lines.append(f"    reason: {json.dumps(reason)}")
    write_whole(path, "\n".join((_HEADING, *lines)) + "\n")


def _entries(file: DeviationsFile, base: Location) -> list[tuple[str, str, Location]]:
    return [(entry.case, entry.reason, (*base, index)) for index, entry in enumerate(file.deviations)]


def _plain(document: Document, identifier: str, reason: Any) -> tuple[str, str, Location]:
    if not isinstance(reason, str) or not reason.strip():
        raise document.error((identifier,), "a reason is missing")
    return identifier, reason.strip(), (identifier,)


def _under(key: str, lines: Mapping[Location, int]) -> dict[Location, int]:
    return {(): lines[()], **{(key, *location): line for location, line in lines.items()}}
