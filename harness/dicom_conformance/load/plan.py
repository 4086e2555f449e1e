"""A load plan as read: its file, checked further, with UIDs in the place of names.

Invariants: reading a plan opens no socket. What the model cannot tell is told here, with file, line and field: a SOP
Class that is none, a keyword that PS3.6 does not have, a study that nobody stores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dicom_conformance.errors import DataError
from dicom_conformance.files import Document, parse, read, suggestion, validate
from dicom_conformance.load.plan_file import Find, Get, Move, PlanFile, Store
from dicom_conformance.statement import uid_names
from dicom_simulators.association import TLS
from dicom_simulators.data_sets import SOP_CLASSES, TRANSFER_SYNTAXES
from dicom_simulators.encoding import tag_of_name

__all__ = ["Plan", "Question", "parse_plan", "read_plan"]

Question = Find | Move | Get


@dataclass(frozen=True, slots=True)
class Plan:
    """A load plan.

    Attributes
    ----------
    path : Path
        The file that it was read from.
    text : str
        What is in the file: workers on other machines get this.
    file : PlanFile
        As read; SOP Classes and transfer syntaxes are UIDs.
    """

    path: Path
    text: str
    file: PlanFile

    @property
    def stores(self) -> tuple[Store, ...]:
        """The entries of the mix that store."""
        return tuple(one for one in self.file.mix if isinstance(one, Store))

    def users_at(self, elapsed_s: float) -> int:
        """Return how many users shall act so many seconds after the start of the load."""
        users = self.file.users
        for step in self.file.ramp:
            if step.after_s <= elapsed_s:
                users = step.users
        return users

    @property
    def questions(self) -> tuple[Question, ...]:
        """The entries of the mix that find or retrieve."""
        return tuple(one for one in self.file.mix if isinstance(one, Find | Move | Get))

    @property
    def check_model(self) -> str:
        """The information model in which the target is asked what it holds; a key of `asking.MODELS`."""
        models = {one.model for one in self.questions}
        return self.file.check.model or (models.pop() if len(models) == 1 else "study_root")

    @property
    def check_folder(self) -> Path:
        """Where the target writes its instances, if it is found out there."""
        return self.path.parent / Path(self.file.check.folder).expanduser()


def read_plan(path: Path) -> Plan:
    """Read a load plan.

    Raises
    ------
    DataError
        The file is no plan; one line says where and why, and `others` what else is wrong.
    """
    return _checked(read(path), path.read_text(encoding="utf-8-sig"))


def parse_plan(text: str, path: Path) -> Plan:
    """Read a load plan from its text; `path` is where it came from. Raises as `read_plan`."""
    return _checked(parse(text, path), text)


def _checked(document: Document, text: str) -> Plan:
    file = validate(document, PlanFile)
    faults = list(_faults(document, file))
    if faults:
        faults.sort(key=lambda fault: fault.line or 0)
        first = faults[0]
        raise DataError(first.path, first.line, first.field, first.message, tuple(faults[1:]))
    mix = tuple(_with_uids(entry) for entry in file.mix)
    tls = _tls(document, file.tls)
    return Plan(document.path, text, file.model_copy(update={"mix": mix, "tls": tls}))


def _tls(document: Document, section: TLS | None) -> TLS | None:
    """Name the files of a `tls` section from the folder of the plan, and see that they can be used."""
    if section is None:
        return None
    given = {name: getattr(section, name) for name in TLS.FILES}
    folder = document.path.parent
    tls = replace(section, **{name: folder / file.expanduser() for name, file in given.items() if file is not None})
    try:
        tls.requestor_context()
    except OSError as error:
        text = f"{error.filename or 'a file'} cannot be used: {error.strerror or error}"
        raise document.error(("tls",), text) from error
    return tls


def _faults(document: Document, file: PlanFile) -> list[DataError]:
    found: list[DataError] = []
    stores = any(isinstance(entry, Store) for entry in file.mix)
    for index, entry in enumerate(file.mix):
        wrong = (
            _of_store(entry)
            if isinstance(entry, Store)
            else _of_question(entry, stores)
            if isinstance(entry, Find | Move | Get)
            else []
        )
        found += [document.error(("mix", index, *field), message) for field, message in wrong]
    found += [document.error(("ramp", *field), message) for field, message in _of_ramp(file)]
    if file.check.by == "folder" and not file.check.folder:
        found.append(document.error(("check",), "by folder needs `folder`, where the target writes its instances"))
    if file.check.by != "folder" and file.check.folder:
        found.append(document.error(("check", "folder"), f"is of no use to `by: {file.check.by}`"))
    if file.check.by not in ("query", "get") and file.check.model:
        found.append(document.error(("check", "model"), f"is of no use to `by: {file.check.by}`"))
    asked = {entry.operation for entry in file.mix}
    for index, limit in enumerate(file.limits.percentiles):
        if limit.operation not in asked:
            message = f"the mix has no {limit.operation}{suggestion(limit.operation, sorted(asked))}"
            found.append(document.error(("limits", "percentiles", index, "operation"), message))
    return found


Wrong = list[tuple[tuple[str | int, ...], str]]


def _of_ramp(file: PlanFile) -> Wrong:
    found: Wrong = []
    if file.ramp and file.ramp[0].after_s:
        found.append(((0, "after_s"), "must be 0: the first step says how many users begin"))
    for index, step in enumerate(file.ramp):
        if step.users > file.users:
            found.append(((index, "users"), f"must be at most {file.users}, the users of the plan"))
        if index and step.after_s <= file.ramp[index - 1].after_s:
            found.append(((index, "after_s"), "must be later than the step before"))
        if step.after_s >= file.duration_s:
            found.append(((index, "after_s"), "is not reached before the end of the load"))
    return found


def _of_store(entry: Store) -> Wrong:
    found: Wrong = []
    buildable = [one.uid for one in SOP_CLASSES if one.native is not None]
    if message := _wrong_class(entry.sop_class, buildable):
        found.append((("sop_class",), message))
    if message := _wrong_syntax(entry.transfer_syntax):
        found.append((("transfer_syntax",), message))
    return found


def _wrong_class(text: str, buildable: Sequence[str]) -> str:
    if text in uid_names.SOP_CLASS_GROUPS:
        return f"{text} is a group; one SOP Class is needed"
    if message := uid_names.wrong_sop_class(text):
        return message
    return "" if uid_names.sop_classes([text])[0] in buildable else f"no images of {text} can be made"


def _wrong_syntax(text: str) -> str:
    if text in uid_names.TRANSFER_SYNTAX_GROUPS:
        return f"{text} is a group; one transfer syntax is needed"
    if message := uid_names.wrong_transfer_syntax(text):
        return message
    known = [one.uid for one in TRANSFER_SYNTAXES]
    return "" if uid_names.transfer_syntaxes([text])[0] in known else f"no images can be made in {text}"


def _of_question(entry: Question, stores: bool) -> Wrong:
    found: Wrong = []
    for keyword in entry.keys:
        try:
            tag_of_name(keyword, keyword)
        except ValueError:
            found.append((("keys", keyword), f"unknown keyword{suggestion(keyword, _KEYWORDS)}"))
    if isinstance(entry, Find) and entry.level == "PATIENT" and entry.model != "patient_root":
        found.append((("level",), "PATIENT is a level of `model: patient_root` only"))
    is_retrieve = entry.of == "keys" and not isinstance(entry, Find)
    if is_retrieve and entry.model == "patient_root" and not entry.keys.get("PatientID"):
        found.append((("keys",), f"{entry.operation} needs PatientID in the Patient Root model"))
    if entry.of == "stored" and not stores:
        where: tuple[str, ...] = ("of",) if "of" in entry.model_fields_set else ()
        found.append((where, "nothing in the mix stores; `of: keys` asks for what is there"))
    if entry.of == "keys" and not isinstance(entry, Find) and not entry.keys.get("StudyInstanceUID"):
        found.append((("keys",), f"{entry.operation} needs StudyInstanceUID"))
    if entry.of == "keys" and isinstance(entry, Find) and not entry.keys:
        found.append((("of",), "needs `keys`"))
    if isinstance(entry, Get):
        for number, text in enumerate(entry.sop_classes):
            if message := uid_names.wrong_sop_class(text):
                found.append((("sop_classes", number), message))
        if entry.of == "keys" and not entry.sop_classes and not stores:
            found.append(((), "`of: keys` needs `sop_classes`, the classes to be received"))
    return found


_KEYWORDS = (
    *("PatientID", "PatientName", "PatientBirthDate", "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID"),
    *("AccessionNumber", "ModalitiesInStudy", "StudyDescription", "SeriesInstanceUID", "SeriesNumber", "Modality"),
    *("SOPInstanceUID", "SOPClassUID", "InstanceNumber", "QueryRetrieveLevel", "ReferringPhysicianName"),
)
"""Keywords of usual keys, for suggestions."""


def _with_uids(entry: object) -> object:
    if isinstance(entry, Store):
        uids = {
            "sop_class": uid_names.sop_classes([entry.sop_class])[0],
            "transfer_syntax": uid_names.transfer_syntaxes([entry.transfer_syntax])[0],
        }
        return entry.model_copy(update=uids)
    if isinstance(entry, Get):
        return entry.model_copy(update={"sop_classes": uid_names.sop_classes(entry.sop_classes)})
    return entry
