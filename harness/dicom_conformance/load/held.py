"""What the target holds of that which was stored: asked by query or retrieval, or read from the folder it writes to.

Invariants: only what was answered as stored is asked for; what is not there yet is asked for again until the plan's
time is over. That nobody could be asked is never taken for a loss.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dicom_conformance.errors import HarnessError
from dicom_conformance.load.asking import MODELS, Answer, Held
from dicom_conformance.load.ledger import Entry, is_stored
from dicom_conformance.load.measured import Measured
from dicom_conformance.load.names import Names
from dicom_conformance.load.plan import Plan
from dicom_conformance.load.templates import Template, templates_of
from dicom_conformance.load.user import SYNTAXES, opened
from dicom_conformance.probe import read_target
from dicom_conformance.trace import element_differences
from dicom_simulators.association import Context, Proposal, in_words, propose
from dicom_simulators.data_sets import read_file
from dicom_simulators.encoding import DataSetError, decode_attributes
from dicom_wire import Message, RoleSelection

__all__ = ["Account", "account_of"]

AGAIN_AFTER_S = 0.5
MOST_DIFFERENCES = 3
OTHER_INSTANCE = "(0008,0018) has another value"
"""How another SOP Instance UID is told."""
Study = tuple[int, int]
"""The numbers of the worker and of its study."""


@dataclass(slots=True)
class Account:
    """What is known of the holdings.

    Attributes
    ----------
    held : set of str
        SOP Instance UIDs.
    altered : dict of str to str
        SOP Instance UID to what differs.
    replaced : set of str
        SOP Instance UIDs under which another instance is held.
    """

    held: set[str] = field(default_factory=set)
    altered: dict[str, str] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)


def account_of(measured: Measured, plan: Plan) -> Account:
    """Find out what the target holds.

    Raises
    ------
    HarnessError
        It cannot be found out; the message says why.
    """
    entries = [entry for entry in measured.ledger.entries if is_stored(entry.status)]
    inquiry = Inquiry(measured, plan, entries)
    if not entries:
        return inquiry.account
    look: Callable[[Iterable[Study]], None] = {
        "query": inquiry.query,
        "get": inquiry.get,
        "folder": inquiry.read_folder,
    }[plan.file.check.by]
    deadline = time.monotonic() + plan.file.check.within_s
    while True:
        is_last = time.monotonic() + AGAIN_AFTER_S > deadline
        try:
            look(inquiry.incomplete())
        except HarnessError:
            if is_last:
                raise
        else:
            if is_last or not inquiry.incomplete():
                return inquiry.account
        time.sleep(AGAIN_AFTER_S)


class Inquiry:
    """Asks for studies, and keeps what is known of their instances."""

    def __init__(self, measured: Measured, plan: Plan, entries: Iterable[Entry]) -> None:
        self.account = Account()
        self._measured = measured
        self._plan = plan
        self._target = read_target(measured.setting.target)
        self._templates: Mapping[tuple[int, int], Template] = templates_of(plan)
        self._studies: dict[Study, dict[str, Entry]] = {}
        for entry in entries:
            uid = self.names(entry.worker).instance(entry.study, entry.instance)
            self._studies.setdefault((entry.worker, entry.study), {})[uid] = entry
        self._entries = {uid: entry for study in self._studies.values() for uid, entry in study.items()}

    def names(self, worker: int) -> Names:
        """Give the names of a worker of this run."""
        return Names(self._measured.setting.run, worker)

    def incomplete(self) -> list[Study]:
        """Give the studies of which instances are still missing."""
        return [study for study, uids in self._studies.items() if not uids.keys() <= self.account.held]

    def query(self, studies: Iterable[Study]) -> None:
        """Ask by C-FIND at the IMAGE level."""
        find = MODELS[self._plan.check_model]["find"]
        held = self._open(Proposal(self._target.title, self._measured.setting.calling, propose((find, SYNTAXES))))
        for study in studies:
            series = self.names(study[0]).series(study[1])
            keys = {**self._study_keys("IMAGE", study), "SeriesInstanceUID": series, "SOPInstanceUID": ""}
            found = held.find(keys, wanted=True, model=self._plan.check_model)
            answer = self._answered(held, found, "C-FIND")
            for response in answer.responses:
                self.account.held |= set(self._found(held, response)) & self._entries.keys()
        held.requestor.release()

    def get(self, studies: Iterable[Study]) -> None:
        """Retrieve by C-GET, and compare what comes."""
        pairs = dict.fromkeys((one.sop_class, one.transfer_syntax) for one in self._templates.values())
        get = MODELS[self._plan.check_model]["get"]
        contexts = propose((get, SYNTAXES), *((sop_class, (syntax,)) for sop_class, syntax in pairs))
        roles = tuple(RoleSelection(one, 0, 1) for one in dict.fromkeys(sop_class for sop_class, _ in pairs))
        calling = self._measured.setting.calling
        held = self._open(Proposal(self._target.title, calling, contexts, user_information=roles))
        for study in studies:
            self._answered(held, held.get(self._study_keys("STUDY", study), self._plan.check_model), "C-GET")
        held.requestor.release()

    def read_folder(self, studies: Iterable[Study]) -> None:
        """Read the files of the folder, and compare them."""
        folder = self._plan.check_folder
        if not folder.is_dir():
            raise HarnessError(f"{folder} is no folder")
        for path in _files(folder):
            try:
                instance = read_file(path)
            except (OSError, ValueError):
                continue  # not whole yet, or something else
            self._compare(instance.SOPInstanceUID, instance.data_set, instance.transfer_syntax)

    def _open(self, proposal: Proposal) -> Held:
        held = opened(self._target, proposal, self._plan, self._receive)
        if not isinstance(held, Held):
            raise HarnessError(f"{self._target} cannot be asked what it holds: {in_words(held)}")
        return held

    def _study_keys(self, level: str, study: Study) -> dict[str, str]:
        """Return the level, and the unique keys that name a study (PS3.4 C.6.1, C.6.2)."""
        names = self.names(study[0])
        patient = {"PatientID": names.patient(study[1])} if self._plan.check_model == "patient_root" else {}
        return {"QueryRetrieveLevel": level, **patient, "StudyInstanceUID": names.study(study[1])}

    def _answered(self, held: Held, answer: Answer, name: str) -> Answer:
        if answer.failure:
            if held.is_open:
                held.requestor.release()
            raise HarnessError(f"{self._target} does not say what it holds: {name}: {answer.failure}")
        return answer

    def _found(self, held: Held, response: Message) -> Iterator[str]:
        context = held.requestor.contexts.get(response.context_id)
        if response.data_set is None or context is None:
            return
        try:
            yield str(decode_attributes(response.data_set, context.transfer_syntax).get("SOPInstanceUID", ""))
        except DataSetError as error:
            raise HarnessError(f"an Identifier of {self._target} cannot be read: {error}") from error

    def _receive(self, message: Message, context: Context) -> int:
        uid = (message.command.text("AffectedSOPInstanceUID") or "").strip(" \0")
        self._compare(uid, message.data_set or b"", context.transfer_syntax)
        return 0

    def _compare(self, uid: str, data_set: bytes, transfer_syntax: str) -> None:
        entry = self._entries.get(uid)
        if entry is None:
            return
        template = self._templates[entry.kind]
        sent = template.data_set(self.names(entry.worker), entry.study, entry.instance)
        is_same = sent == data_set and transfer_syntax == template.transfer_syntax
        different = () if is_same else element_differences(sent, template.transfer_syntax, data_set, transfer_syntax)
        if OTHER_INSTANCE in different:
            self.account.replaced.add(uid)
            return
        self.account.held.add(uid)
        changed = [one for one in different if not one.endswith("was not there")]
        if changed and not entry.status:  # by a warning the target says itself that it changed something (PS3.4 B.2.3)
            self.account.altered[uid] = "; ".join(changed[:MOST_DIFFERENCES])


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*")) if path.is_file())
