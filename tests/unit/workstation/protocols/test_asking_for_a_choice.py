"""What is asked of an archive for a choice, what becomes of its answers, and what a reader is told; no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from hospital import protocol, read
from pydicom.dataset import Dataset
from test_protocol_choosing import PICTURES, radiograph

from dicom_workstation.application import protocol_choosing
from dicom_workstation.application.protocol_choosing import (
    MOST_QUESTIONS,
    ProtocolChoosing,
    _add_sequence,
    _attributes,
    _identifier,
    _plain,
)
from dicom_workstation.application.worklist_loading import WorklistLoading
from dicom_workstation.application.workstation import Workstation
from dicom_workstation.configuration import Configuration
from dicom_workstation.data_sets import encode
from dicom_workstation.instances import Memory
from dicom_workstation.instances.encode_instance import stored_instance
from dicom_workstation.outcome import QueryOutcome, Result, RetrieveOutcome
from dicom_workstation.protocols import Level, Question
from dicom_workstation.query_keys import Identifier
from dicom_workstation.worklist.outcomes import WorklistEntry, WorklistOutcome

EXPLICIT = "1.2.840.10008.1.2.1"
ARCHIVE = {"ae_title": "ARCHIVE", "host": "127.0.0.1", "port": 9}


class Archive:
    """Stands for the query engine and an archive behind it: some studies, and how its answers end."""

    def __init__(self, *pictures: Dataset) -> None:
        self.pictures = pictures
        self.results = {"STUDY": Result.SUCCESS, "SERIES": Result.SUCCESS, "IMAGE": Result.SUCCESS}
        self.asked: list[SimpleNamespace] = []
        self.conversations = 0

    def query(self, name: str, archive: object, identifier: Identifier, **more: object) -> QueryOutcome:
        """Answer a query for studies."""
        keys = self._noted(identifier)
        found = {
            str(each.StudyInstanceUID): {
                "StudyInstanceUID": str(each.StudyInstanceUID),
                "StudyDate": str(each.StudyDate),
                "ModalitiesInStudy": "CR",
                "BodyPartExamined": str(each.BodyPartExamined),
            }
            for each in self.pictures
            if keys.PatientID in ("", each.PatientID)
        }
        matches = tuple(found.values())
        return QueryOutcome(
            peer=name, result=self.results["STUDY"], status="0000", matches=matches, pending=len(matches), detail="told"
        )

    @contextmanager
    def conversation(self, name: str, archive: object) -> Iterator[Archive]:
        """Answer queries one after the other."""
        self.conversations += 1
        yield self

    def ask(self, identifier: Identifier, take: Callable[[bytes, str], None]) -> QueryOutcome:
        """Answer a query for series or images."""
        keys = self._noted(identifier)
        level = str(keys.QueryRetrieveLevel)
        unique = "SeriesInstanceUID" if level == "SERIES" else "SOPInstanceUID"
        if self.results[level] in (Result.SUCCESS, Result.WARNING):
            of_study = [each for each in self.pictures if each.StudyInstanceUID == keys.StudyInstanceUID]
            for match in {str(each[unique].value): each for each in of_study}.values():
                take(encode(match, EXPLICIT), EXPLICIT)
        return QueryOutcome(result=self.results[level], detail="no\n  disk")

    def _noted(self, identifier: Identifier) -> SimpleNamespace:
        self.asked.append(SimpleNamespace(**identifier.elements))
        return self.asked[-1]

    def levels(self) -> list[str]:
        """Return the levels that were asked for, in order."""
        return [str(each.QueryRetrieveLevel) for each in self.asked]


@pytest.fixture
def archive() -> Archive:
    return Archive(*PICTURES)


def choosing(archive: Archive, *held: Dataset, **configured: object) -> ProtocolChoosing:
    memory = Memory(1 << 20)
    for each in held:
        memory.keep(stored_instance(each))
    given = {"display_protocols": [read("chest-x-ray")], "archives": {"archive": ARCHIVE}, **configured}
    configuration = Configuration.from_keywords(**given)
    return ProtocolChoosing(lambda: configuration, archive, memory)


def known(choice: ProtocolChoosing) -> tuple[str, object]:
    return "archive", choice._configuration().archives["archive"]


def test_an_archive_is_asked_for_what_may_change_the_choice(archive: Archive) -> None:
    choice = choosing(archive, PICTURES[0])
    found = choice.choose("2.25.1", *known(choice))
    assert (found.result, found.protocol, found.unanswered, found.detail) == (Result.SUCCESS, "Chest X-ray", "", "")
    assert found.peer == "archive"
    assert archive.conversations == 1
    assert set(archive.levels()) <= {"SERIES", "IMAGE"}
    assert (found.series_queries, found.image_queries) == (
        archive.levels().count("SERIES"),
        archive.levels().count("IMAGE"),
    )
    assert found.series_queries >= 1
    assert found.image_queries >= 1
    assert {str(each.StudyInstanceUID) for each in archive.asked} == {"2.25.1"}
    assert {each.display_set: each.images for each in found.boxes}[4] == ("2.25.12",)  # which was not in memory


def test_without_an_archive_nothing_is_asked(archive: Archive) -> None:
    found = choosing(archive, PICTURES[0]).choose("2.25.1")
    assert (found.peer, found.series_queries, found.image_queries) == (None, 0, 0)
    assert archive.conversations == 0


def test_what_an_archive_does_not_answer_is_said_and_what_is_known_decides(archive: Archive) -> None:
    for level, what in (("SERIES", "series"), ("IMAGE", "images")):
        archive.results = dict.fromkeys(archive.results, Result.SUCCESS) | {level: Result.FAILURE}
        archive.asked.clear()
        choice = choosing(archive, PICTURES[0])
        found = choice.choose("2.25.1", *known(choice))
        assert found.unanswered == f"the query for {what} ended with failure: no disk"
        assert found.detail == f"chosen by what is known: {found.unanswered}"
        assert (found.result, found.protocol) == (Result.WARNING, "Chest X-ray")
        assert archive.levels()[-1] == level  # nothing is asked after it


def test_an_answer_with_a_warning_is_one(archive: Archive) -> None:
    archive.results = dict.fromkeys(archive.results, Result.WARNING)
    choice = choosing(archive, PICTURES[0])
    assert choice.choose("2.25.1", *known(choice)).unanswered == ""


def test_no_more_is_asked_than_a_reader_waits_for(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = iter(Question(Level.SERIES, f"2.25.{n}") for n in range(1000))
    monkeypatch.setattr(protocol_choosing, "questions", lambda *given: [next(endless)])
    choice = choosing(archive, PICTURES[0])
    found = choice.choose("2.25.1", *known(choice))
    assert len(archive.asked) == found.series_queries == MOST_QUESTIONS
    assert found.unanswered == "50 questions were asked, and no more are"


def test_the_priors_are_remembered_until_they_are_forgotten(archive: Archive) -> None:
    choice = choosing(archive, PICTURES[0], PICTURES[2])
    assert {each.display_set: each.images for each in choice.choose("2.25.1").boxes}[2] == ("2.25.21",)
    found = choice.priors(*known(choice), "2.25.1")
    assert (found.result, found.priors, found.status, found.detail, found.pending) == (
        Result.SUCCESS,
        ("2.25.2",),
        "0000",
        "told",
        2,
    )
    (asked,) = archive.asked
    assert (asked.PatientID, asked.StudyInstanceUID, asked.QueryRetrieveLevel) == ("4711", "", "STUDY")
    for keyword in ("StudyDate", "ModalitiesInStudy", "NumberOfStudyRelatedInstances"):
        assert hasattr(asked, keyword)
    choice.forget()
    assert choice._studies == choice._complete == choice._read == {}


def test_of_a_query_that_failed_nothing_is_remembered(archive: Archive) -> None:
    archive.results["STUDY"] = Result.FAILURE
    choice = choosing(archive, PICTURES[0])
    assert choice.priors(*known(choice), "2.25.1").priors == ()
    assert choice._studies == {}
    archive.results["STUDY"] = Result.WARNING
    assert choice.priors(*known(choice), "2.25.1").priors == ("2.25.2",)
    assert choice._studies["2.25.2"]["PatientID"] == ("4711",)


def test_a_study_that_is_complete_is_not_asked_for(archive: Archive) -> None:
    choice = choosing(archive, *PICTURES[:2])
    choice.complete("2.25.1")
    found = choice.choose("2.25.1", *known(choice))
    assert found.series_queries == found.image_queries == 0
    assert choice._complete == {"2.25.1": 2}


def test_attributes_of_a_match_belong_to_the_patient() -> None:
    assert _attributes({"ModalitiesInStudy": "CR\\ DX \\", "StudyDate": ""}, "4711") == {
        "ModalitiesInStudy": ("CR", "DX"),
        "StudyDate": (),
        "PatientID": ("4711",),
    }
    assert _attributes({"PatientID": "1"}, "4711")["PatientID"] == ("1",)
    assert _attributes({"PatientID": ""}, "4711")["PatientID"] == ("4711",)


def test_sequences_are_asked_for_with_the_keys_of_their_items() -> None:
    assert _plain(("Modality", "AnatomicRegionSequence", "RequestAttributesSequence.StudyInstanceUID")) == ("Modality",)
    code = {"CodeValue": "", "CodingSchemeDesignator": "", "CodeMeaning": ""}
    for key, expected in (
        ("AnatomicRegionSequence", {"AnatomicRegionSequence": [code]}),
        ("A.B", {"A": [{"B": ""}]}),
        ("A.AnatomicRegionSequence", {"A": [{"AnatomicRegionSequence": [code]}]}),
        ("A.B.C", {"A": [{"B": [{"C": ""}]}]}),
    ):
        wanted: dict[str, object] = {}
        _add_sequence(wanted, key)
        assert wanted == expected
    both: dict[str, object] = {}
    _add_sequence(both, "A.B")
    _add_sequence(both, "A.C")
    assert both == {"A": [{"B": "", "C": ""}]}


def test_a_question_names_what_it_is_below() -> None:
    keys = ("Modality", "AnatomicRegionSequence")
    series = SimpleNamespace(**_identifier(Question(Level.SERIES, "1.2"), (*keys, "SeriesInstanceUID")).elements)
    assert (series.QueryRetrieveLevel, series.StudyInstanceUID, series.SeriesInstanceUID) == ("SERIES", "1.2", "")
    assert series.AnatomicRegionSequence[0]["CodeValue"] == ""
    images = SimpleNamespace(**_identifier(Question(Level.IMAGE, "1.2", "1.3"), (*keys, "SOPInstanceUID")).elements)
    assert (images.QueryRetrieveLevel, images.StudyInstanceUID, images.SeriesInstanceUID) == ("IMAGE", "1.2", "1.3")
    assert images.SOPInstanceUID == images.Modality == ""


# -- what a reader is told --------------------------------------------------------------------------------------------


@pytest.fixture
def workstation() -> Workstation:
    found = Workstation(Configuration.from_keywords(display_protocols=[protocol("Any")], archives={"archive": ARCHIVE}))
    for each in PICTURES[:2]:
        found.memory.keep(stored_instance(each))
    return found


WHOLE = RetrieveOutcome(result=Result.SUCCESS, arrived=2, missing=0)


@pytest.mark.parametrize(
    ("outcome", "level", "study", "is_told"),
    [
        (WHOLE, "STUDY", "2.25.1", True),
        (RetrieveOutcome(result=Result.WARNING, arrived=2, missing=0), "STUDY", "2.25.1", True),
        (RetrieveOutcome(result=Result.SUCCESS, arrived=2, missing=1), "STUDY", "2.25.1", False),
        (RetrieveOutcome(result=Result.SUCCESS, arrived=2), "STUDY", "2.25.1", False),
        (RetrieveOutcome(result=Result.PARTIAL, arrived=2, missing=0), "STUDY", "2.25.1", False),
        (WHOLE, "SERIES", "2.25.1", False),
        (WHOLE, "STUDY", ["2.25.1"], False),
    ],
)
def test_a_study_that_was_loaded_as_a_whole_gets_a_protocol(
    workstation: Workstation, outcome: RetrieveOutcome, level: str, study: object, is_told: bool
) -> None:
    found = workstation._with_protocol(outcome, level, study)
    assert found.display_protocol == ("Any" if is_told else None)
    assert bool(found.display_protocol_why) == is_told
    assert workstation._choosing._complete == ({"2.25.1": 2} if is_told else {})


def test_without_protocols_nothing_is_told() -> None:
    bare = Workstation(Configuration.from_keywords())
    bare.memory.keep(stored_instance(PICTURES[0]))
    assert bare._with_protocol(WHOLE, "STUDY", "2.25.1") is WHOLE
    opened = WorklistOutcome(result=Result.SUCCESS, opened="2.25.1", studies=(WorklistEntry("2.25.1", "open"),))
    assert bare._of_the_open_study(opened) is opened


@pytest.mark.parametrize(
    ("instances", "loaded", "is_complete"), [(2, 2, True), (2, 3, True), (3, 2, False), (None, 2, False)]
)
def test_the_open_study_of_a_worklist_gets_a_protocol(
    workstation: Workstation, instances: int | None, loaded: int, is_complete: bool
) -> None:
    entries = (WorklistEntry("2.25.9", "ready"), WorklistEntry("2.25.1", "open", instances, loaded))
    opened = WorklistOutcome(result=Result.SUCCESS, name="mine", opened="2.25.1", studies=entries)
    found = workstation._of_the_open_study(opened)
    assert found.display_protocol == "Any"
    assert any("display protocol of study 2.25.1: Any: " in line for line in workstation.log())
    assert (workstation._choosing._complete == {"2.25.1": 2}) == is_complete
    closed = WorklistOutcome(result=Result.SUCCESS, name="mine", studies=entries)
    assert workstation._of_the_open_study(closed) is closed


def test_a_study_that_is_not_in_memory_has_no_protocol_and_says_why(workstation: Workstation) -> None:
    assert workstation._chosen("2.25.9") == ("none", "no image of study 2.25.9 is in memory")


def test_protocol_files_that_cannot_be_read_are_refused(tmp_path) -> None:
    broken = Workstation(Configuration.from_keywords(archives={"archive": ARCHIVE}))
    broken.memory.keep(stored_instance(PICTURES[0]))
    file = tmp_path / "protocol.yaml"
    file.write_text("HangingProtocolName: [")
    gone = broken._choosing._configuration().model_copy(update={"display_protocol_files": (str(file),)})
    broken._choosing._configuration = lambda: gone
    for outcome in (
        broken.choose_protocol(StudyInstanceUID="2.25.1"),
        broken.priors("archive", StudyInstanceUID="2.25.1"),
    ):
        assert outcome.result is Result.REFUSED
        assert "protocol.yaml" in outcome.detail
    assert broken._chosen("2.25.1")[0] == "none"
    assert "protocol.yaml" in broken._chosen("2.25.1")[1]


# -- worklists --------------------------------------------------------------------------------------------------------


class Engine:
    """Notes what a worklist has asked and loaded."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def query(self, name: str, archive: object, identifier: Identifier, *, began: object) -> QueryOutcome:
        """Note a query."""
        self.calls.append(("query", name, archive.ae_title, SimpleNamespace(**identifier.elements), began))
        return QueryOutcome(result=Result.SUCCESS)

    def retrieve(
        self, name: str, archive: object, identifier: Identifier, *, priority: int, began: object
    ) -> RetrieveOutcome:
        """Note a retrieve."""
        self.calls.append(("retrieve", name, archive.ae_title, SimpleNamespace(**identifier.elements), priority, began))
        return RetrieveOutcome(result=Result.SUCCESS)


def test_a_worklist_asks_and_loads_as_a_reader_does() -> None:
    engine, memory, notes = Engine(), Memory(1), []
    configuration = Configuration.from_keywords(archives={"archive": ARCHIVE})
    loading = WorklistLoading(lambda: configuration, engine, engine, memory, notes.append)

    def began(operation: object) -> None: ...

    assert loading.find("archive", {"PatientName": "DOE*"}, began).result is Result.SUCCESS
    assert loading.load("archive", "2.25.1", began).result is Result.SUCCESS
    queried, loaded = engine.calls
    assert (queried[1:3], queried[4], loaded[1:3], loaded[5]) == (
        ("archive", "ARCHIVE"),
        began,
        ("archive", "ARCHIVE"),
        began,
    )
    assert (queried[3].QueryRetrieveLevel, queried[3].PatientName) == ("STUDY", "DOE*")
    assert (loaded[3].QueryRetrieveLevel, loaded[3].StudyInstanceUID) == ("STUDY", "2.25.1")
    assert loaded[4] == 2  # Priority LOW (PS3.7 Section 9.3.4.1)
    for outcome in (loading.find("other", {}, began), loading.load("other", "2.25.1", began)):
        assert (outcome.result, outcome.detail) == (Result.REFUSED, "no archive of this name is configured")
    assert len(engine.calls) == 2
    loading.note("a line")
    assert notes == ["a line"]


def test_a_worklist_knows_what_is_held_and_what_was_refused() -> None:
    memory = Memory(1 << 20)
    loading = WorklistLoading(Configuration.from_keywords, Engine(), Engine(), memory, print)
    for each in PICTURES:
        memory.keep(stored_instance(each))
    assert loading.held() == {"2.25.1": 2, "2.25.2": 1}
    assert loading.refusals() == 0
    memory.configure(1, None)
    memory.keep(stored_instance(radiograph("2.25.5", "2.25.51")))
    memory.reserve(1)
    assert loading.refusals() == 2
