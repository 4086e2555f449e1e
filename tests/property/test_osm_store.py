"""The store of the OSM against a dict: whatever is stored, removed, asked and restarted, both say the same."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pydicom.dataset import Dataset

from dicom_workstation.data_sets import encode, suppress_warnings
from dicom_workstation.instances import Admission, Announced, Selection
from dicom_workstation.osm import DiskStore, StoreLimits, check
from dicom_workstation.osm.index import FindRequest, Level, MatchingRules, Model, SearchLimits, search

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
NAMES = ("Doe^Jane", "DOE^JOHN", "Ro", "")
PATTERNS = ("doe*", "d?e^j*", "*", "ro", "r?", "nobody", "")
STUDIES, OF_A_STUDY = 3, 3


@suppress_warnings()
def encoded(study: int, number: int, content: int) -> bytes:
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = CT, uid_of(study, number)
    made.StudyInstanceUID, made.SeriesInstanceUID = f"1.2.{study}", f"1.2.{study}.{number % 2}"
    made.PatientName, made.PatientID = NAMES[study], f"P{study % 2}"
    made.Modality = "CT" if number % 2 else "MR"
    made.ImageComments = str(content)
    return encode(made, EXPLICIT)


def uid_of(study: int, number: int) -> str:
    return f"1.3.{study}.{number}"


def fits(pattern: str, name: str) -> bool:
    """Match wild cards naively, without regard to case."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(fits(pattern[1:], name[begin:]) for begin in range(len(name) + 1))
    return bool(name) and pattern[0] in ("?", name[0]) and fits(pattern[1:], name[1:])


class StoreBesideDict(RuleBasedStateMachine):
    """What is held, by study and number: its encoding."""

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.folder = Path(self.open.enter_context(tempfile.TemporaryDirectory(prefix="osm-")))
        self.held: dict[tuple[int, int], bytes] = {}
        self.replaces = False
        self.store = self.opened()

    def opened(self) -> DiskStore:
        store = DiskStore(self.folder / "store", StoreLimits(0, 1 << 20, self.replaces))
        recovery = store.open()
        assert (recovery.rejected, recovery.lost) == ((), ())
        return store

    @rule(study=st.integers(0, STUDIES - 1), number=st.integers(0, OF_A_STUDY - 1), content=st.integers(0, 1))
    def put(self, study: int, number: int, content: int) -> None:
        raw = encoded(study, number, content)
        known = self.held.get((study, number))
        receipt = self.store.receive(Announced(CT, uid_of(study, number), EXPLICIT, "SCU"))
        receipt.write(memoryview(raw))
        admission = receipt.keep().admission
        if known is None:
            assert admission is Admission.KEPT
        elif known == raw:
            assert admission is Admission.ALREADY_KEPT
        else:
            assert admission is (Admission.REPLACED if self.replaces else Admission.OTHER_CONTENT)
        if known is None or self.replaces:
            self.held[study, number] = raw

    @rule(study=st.integers(0, STUDIES - 1))
    def begin_and_break_off(self, study: int) -> None:
        receipt = self.store.receive(Announced(CT, uid_of(study, 9), EXPLICIT, "SCU"))
        receipt.write(memoryview(b"\x08\x00"))
        receipt.discard()

    @precondition(lambda self: self.held)
    @rule(data=st.data(), whole_study=st.booleans())
    def remove(self, data: st.DataObject, whole_study: bool) -> None:
        study, number = data.draw(st.sampled_from(sorted(self.held)))
        gone = {key for key in self.held if key == (study, number) or (whole_study and key[0] == study)}
        meant = Selection(studies=(f"1.2.{study}",)) if whole_study else Selection(instances=(uid_of(study, number),))
        assert self.store.remove(meant) == len(gone)
        for key in gone:
            del self.held[key]

    @rule(pattern=st.sampled_from(PATTERNS))
    def find_studies(self, pattern: str) -> None:
        keys = {"PatientName": [pattern] if pattern else [], "StudyInstanceUID": []}
        request = FindRequest(Model.STUDY_ROOT, Level.STUDY, {}, keys)
        found = {
            match["StudyInstanceUID"][0]: (
                match["NumberOfStudyRelatedInstances"],
                match["NumberOfStudyRelatedSeries"],
                match["ModalitiesInStudy"],
            )
            for match in search(self.store.parts.database, request, MatchingRules(), SearchLimits())
        }
        wanted = {}
        for study in {study for study, _ in self.held}:
            numbers = [number for each, number in self.held if each == study]
            name = NAMES[study].casefold()
            if not pattern or not name or fits(pattern, name):
                modalities = sorted({"CT" if number % 2 else "MR" for number in numbers})
                series = len({number % 2 for number in numbers})
                wanted[f"1.2.{study}"] = ([str(len(numbers))], [str(series)], modalities)
        assert found == wanted

    @rule(replaces=st.booleans())
    def restart(self, replaces: bool) -> None:
        self.store.close()
        self.replaces = replaces
        self.store = self.opened()

    @invariant()
    def what_is_held_is_the_same(self) -> None:
        entries = {entry.SOPInstanceUID for entry in self.store.find(Selection())}
        assert entries == {uid_of(*key) for key in self.held}
        for key, raw in self.held.items():
            held = self.store.get(uid_of(*key))
            assert held is not None
            assert held.data_set() == raw

    def teardown(self) -> None:
        try:
            assert list(check(self.store)) == []
        finally:
            self.store.close()
            self.open.close()


TestStoreBesideDict = StoreBesideDict.TestCase
TestStoreBesideDict.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
