"""The file of a matrix: which clients meet which servers, and how a server is started.

A side is a name of ours (`archive`, `printer`, `scu`, `workstation`) or a subject file, by its path from the matrix
file. With `command` a server is started for the matrix and ended after it; in the command and in `files` these stand
for values: `$port`, `$title`, `$folder`, and of each client that can receive, `$<client>_port` and `$<client>_title`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from dicom_conformance.files import Document, Part, Seconds, read, suggestion, validate

__all__ = ["OWN_CLIENTS", "OWN_SERVERS", "MatrixDocument", "MatrixFile", "Side", "read_matrix"]

OWN_CLIENTS = ("scu", "workstation")
OWN_SERVERS = ("archive", "printer", "workstation")

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Side(Part):
    """One client or server."""

    subject: str = Field(description="a name of ours, or the path of a subject file from this file")
    command: str | None = Field(default=None, description="of a server: program that is started for the matrix")
    files: dict[str, str] = Field(default={}, description="of a server: files to write before it is started, by name")
    within_s: Seconds = Field(default=30.0, description="of a server: it listens within so many seconds")


class MatrixFile(Part):
    """A whole file."""

    format: Literal["1"] = Field(default="1", description="version of the file format")
    clients: dict[Name, str | Side] = Field(min_length=1, description="clients, by name")
    servers: dict[Name, str | Side] = Field(min_length=1, description="servers, by name")


@dataclass(frozen=True, slots=True)
class MatrixDocument:
    """A matrix file as read: its sides, with paths that can be opened."""

    path: Path
    clients: Mapping[str, Side]
    servers: Mapping[str, Side]


def read_matrix(path: Path) -> MatrixDocument:
    """Read a matrix file.

    Raises
    ------
    DataError
        It is wrong, or names what is neither ours nor a file.
    """
    document = read(path)
    file = validate(document, MatrixFile)
    return MatrixDocument(
        path,
        {name: _side(document, "clients", name, side, OWN_CLIENTS) for name, side in file.clients.items()},
        {name: _side(document, "servers", name, side, OWN_SERVERS) for name, side in file.servers.items()},
    )


def _side(document: Document, kind: str, name: str, given: str | Side, own: tuple[str, ...]) -> Side:
    side = Side(subject=given) if isinstance(given, str) else given
    at = (kind, name) if isinstance(given, str) else (kind, name, "subject")
    if kind == "clients" and not isinstance(given, str) and (given.command is not None or given.files):
        raise document.error((kind, name), "a client is not started: its subject file says how it acts")
    if side.subject in own:
        if side.command is not None or side.files:
            raise document.error((kind, name), f"{side.subject} is ours; it needs no command and no files")
        return side
    file = document.path.parent / side.subject
    if not file.is_file():
        known = suggestion(side.subject, list(own))
        raise document.error(at, f"{side.subject!r} is neither one of ours ({', '.join(own)}) nor a file{known}")
    return side.model_copy(update={"subject": str(file)})
