"""The clients of a matrix: our SCU, the workstation, and products that a subject file has act."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from dicom_conformance.errors import HarnessError
from dicom_conformance.matrix.cells import Cell
from dicom_conformance.matrix.matrix_file import Side
from dicom_conformance.play import Address, Subject, UnsupportedError, open_subject
from dicom_simulators import SIMULATORS
from dicom_simulators.data_sets import Instance
from dicom_wire import Recorder

__all__ = ["Client", "Material", "open_client"]

_SERVER = "server"


@dataclass(frozen=True, slots=True)
class Material:
    """What cells store, ask for and print: one study, in memory and as files."""

    instances: tuple[Instance, ...]
    files: tuple[Path, ...]
    study_instance_uid: str


class Client(Protocol):
    """A client of a matrix."""

    def receiver(self) -> Address | None:
        """Give where it accepts instances; None where it does not."""
        ...

    def perform(self, cell: Cell, server: Address, material: Material) -> str:
        """Have it do what a cell asks; return what it said of a failure, if anything.

        Raises
        ------
        UnsupportedError
            It cannot.
        """
        ...

    def close(self) -> None:
        """End it."""
        ...


def open_client(name: str, side: Side) -> Client:
    """Open a client; DataError if its subject file is wrong."""
    if side.subject == "scu":
        return _OwnScu(name)
    return _OfSubject(open_subject("embedded" if side.subject == "workstation" else side.subject))


@dataclass(slots=True)
class _OwnScu:
    """Our SCU of every service; it retrieves by C-GET."""

    name: str

    def receiver(self) -> Address | None:
        return None

    def perform(self, cell: Cell, server: Address, material: Material) -> str:
        instances = material.instances if cell.name in ("store", "print") else ()
        scu = SIMULATORS["scu"](self.name, self.name.upper()[:16], Recorder(), instances=instances)
        operation = {"query": "find", "retrieve": "get"}.get(cell.name, cell.name)
        keys = {"StudyInstanceUID": material.study_instance_uid}
        arguments: dict[str, Any] = {"called_ae_title": server.ae_title}
        if cell.name in ("query", "retrieve"):
            arguments |= {"model": "study_root", "level": "STUDY", "keys": keys}
        if cell.name == "retrieve":
            arguments["sop_classes"] = list(dict.fromkeys(one.SOPClassUID for one in material.instances))
        scu.start()
        try:
            outcome = scu.perform(operation, server.endpoint, arguments)
        finally:
            scu.stop()
        return "" if outcome.get("result") == "success" else str(outcome.get("detail") or outcome.get("result") or "")

    def close(self) -> None:
        return None


@dataclass(slots=True)
class _OfSubject:
    """A subject: the workstation, or a product by its file."""

    subject: Subject
    _at: Address | None = field(default=None)

    def receiver(self) -> Address | None:
        if "outcome" not in self.subject.observes:
            return None  # what a product accepts, and where, its own file says to nobody here
        self._at = self.subject.prepare("none", {}, {})
        return self._at

    def perform(self, cell: Cell, server: Address, material: Material) -> str:
        if reason := self.subject.offers(cell.operation, "none"):
            raise UnsupportedError(reason)
        self._at = self.subject.prepare("none", {_SERVER: server}, {})
        try:
            outcome = self.subject.perform(cell.operation, _SERVER, _ARGUMENTS[cell.name](material))
        except HarnessError as error:
            return str(error)
        ends = [str(end) for end in self.subject.settle() if end.status != 0]
        if outcome is None:
            return "; ".join(ends)
        return "" if outcome.get("result") == "success" else str(outcome.get("detail") or outcome.get("result") or "")

    def close(self) -> None:
        self.subject.close()


def _files(material: Material) -> Mapping[str, object]:
    return {"files": [str(path) for path in material.files]}


def _keys(material: Material) -> Mapping[str, object]:
    return {"level": "STUDY", "keys": {"StudyInstanceUID": material.study_instance_uid}}


def _query(material: Material) -> Mapping[str, object]:
    keys: dict[str, Sequence[str] | str] = {"StudyInstanceUID": material.study_instance_uid, "PatientName": ""}
    return {"level": "STUDY", "model": "study_root", "keys": keys}


_ARGUMENTS: Mapping[str, Callable[[Material], Mapping[str, object]]] = {
    "echo": lambda material: {},
    "store": _files,
    "query": _query,
    "retrieve": _keys,
    "print": _files,
}
