"""A patient's studies as an archive holds them, some of them in memory, for the display protocol engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dicom_workstation.configuration import protocol_of, read_protocol_files
from dicom_workstation.protocols import Choice, DisplayProtocol, Reader, choose
from dicom_workstation.protocols.archive_questions import questions
from dicom_workstation.protocols.codes import CodedValue
from dicom_workstation.protocols.facts import Attributes, Facts, Level, Question, level_of
from dicom_workstation.protocols.gathering import HeldInstance, Known, gather

DATA = Path(__file__).parents[3] / "data" / "display_protocols"
CHEST = CodedValue("51185008", "SCT", "Chest")
HEAD = CodedValue("69536005", "SCT", "Head")


def read(name: str) -> DisplayProtocol:
    """Read one of the protocols of PS3.17 Annex V."""
    return read_protocol_files((DATA / f"{name}.yaml",))[0]


def values(**given: object) -> dict[str, tuple[str | CodedValue, ...]]:
    """Return attributes: a single value, or a list of them."""
    return {
        key: tuple(each if isinstance(each, CodedValue) else str(each) for each in value)
        if isinstance(value, list | tuple)
        else (value if isinstance(value, CodedValue) else str(value),)
        for key, value in given.items()
    }


@dataclass(frozen=True)
class Picture:
    """One image in an archive, with all its attributes."""

    study: str
    series: str
    uid: str
    attributes: Attributes


def picture(study: str, series: str, uid: str, **attributes: object) -> Picture:
    """Return an image of the patient 4711, in the year 2026 unless another date is given."""
    common = {"PatientID": "4711", "StudyDate": "20260330", "Modality": "CR", "InstanceNumber": "1"}
    return Picture(study, series, uid, values(**{**common, **attributes}))


@dataclass
class Hospital:
    """An archive, and a workstation that holds some of its images.

    `returned` limits the keys that answers have; `fails` are levels that are not answered.
    """

    pictures: Sequence[Picture]
    held: frozenset[str] = frozenset()
    current: str = "1"
    has_asked_for_priors: bool = True
    returned: frozenset[str] | None = None
    counts: bool = True
    fails: frozenset[Level] = frozenset()
    asked: list[Question] = field(default_factory=list)

    def known(self, answers: dict[Question, Sequence[Attributes] | None]) -> Known:
        """Return what memory, the query for priors, and the answers so far tell."""
        held = tuple(
            HeldInstance(each.study, each.series, each.uid, each.attributes)
            for each in self.pictures
            if each.uid in self.held
        )
        studies = (
            {each.study: self._of(each, Level.STUDY) for each in self.pictures} if self.has_asked_for_priors else {}
        )
        return Known(held, studies, {}, answers)

    def _of(self, one: Picture, level: Level) -> Attributes:
        found = {key: given for key, given in one.attributes.items() if level_of(key) is level and self._returns(key)}
        if level is Level.STUDY:
            same = [each for each in self.pictures if each.study == one.study]
            found["PatientID"] = one.attributes["PatientID"]
            found["ModalitiesInStudy"] = tuple(sorted({str(each.attributes["Modality"][0]) for each in same}))
            if self.counts:
                found["NumberOfStudyRelatedInstances"] = (str(len(same)),)
        if level is Level.SERIES:
            found["SeriesInstanceUID"] = (one.series,)
            if self.counts:
                count = sum(each.series == one.series for each in self.pictures)
                found["NumberOfSeriesRelatedInstances"] = (str(count),)
        if level is Level.IMAGE:
            found["SOPInstanceUID"] = (one.uid,)
        return found

    def _returns(self, key: str) -> bool:
        return self.returned is None or key in self.returned

    def answer(self, question: Question) -> list[Attributes] | None:
        """Answer a question as an archive does."""
        if question.level in self.fails:
            return None
        found = [each for each in self.pictures if each.study == question.study]
        if question.level is Level.SERIES:
            return list({each.series: self._of(each, Level.SERIES) for each in found}.values())
        return [self._of(each, Level.IMAGE) for each in found if each.series == question.series]

    def facts(self, answers: dict[Question, Sequence[Attributes] | None] | None = None, can_ask: bool = True) -> Facts:
        """Return the facts after some answers."""
        return gather(self.current, self.known(answers or {}), can_ask=can_ask)

    def ask(self, protocols: Sequence[DisplayProtocol], reader: Reader | None = None) -> Facts:
        """Ask what the engine wants, one question after the other; returns the facts in the end."""
        answers: dict[Question, Sequence[Attributes] | None] = {}
        while wanted := questions(protocols, self.facts(answers), reader or Reader()):
            assert len(answers) < 50
            assert wanted[0] not in answers
            answers[wanted[0]] = self.answer(wanted[0])
            self.asked.append(wanted[0])
        return self.facts(answers, can_ask=False)

    def choose(self, *protocols: DisplayProtocol, reader: Reader | None = None) -> Choice:
        """Ask, and choose."""
        return choose(protocols, self.ask(protocols, reader), reader or Reader())

    def levels(self) -> str:
        """Return the levels that were asked, in order: S for series, I for images."""
        return "".join("S" if each.level is Level.SERIES else "I" for each in self.asked)


def protocol(name: str = "plain", **changes: object) -> DisplayProtocol:
    """Return a protocol for CR: its current images in one box; fields that are given are changed."""
    modality = changes.pop("modality", "CR")
    fields: dict[str, object] = {
        "HangingProtocolName": name,
        "HangingProtocolLevel": "SITE",
        "HangingProtocolDefinition": [{"Modality": modality}],
        "ImageSets": [image_set("Modality", "CS", modality, (1, [0, 0]))],
        "DisplaySets": [display_set(1, 1)],
    }
    return protocol_of({**fields, **changes})


def image_set(
    attribute: str, vr: str, wanted: object, *times: tuple[int, object], flag: str = "NO_MATCH"
) -> dict[str, object]:
    """Return an image set with one condition; a time is [from, to] in days, or `prior` and two numbers."""
    name = "SelectorCodeSequenceValue" if vr == "SQ" else f"Selector{vr}Value"
    condition = {"SelectorAttribute": attribute, name: wanted, "ImageSetSelectorUsageFlag": flag}
    return {"ImageSetSelector": [condition], "TimeBasedImageSets": [_timed(*each) for each in times]}


def _timed(number: int, time: object) -> dict[str, object]:
    if isinstance(time, tuple):
        return {
            "ImageSetNumber": number,
            "ImageSetSelectorCategory": "ABSTRACT_PRIOR",
            "AbstractPriorValue": list(time),
        }
    return {
        "ImageSetNumber": number,
        "ImageSetSelectorCategory": "RELATIVE_TIME",
        "RelativeTime": time,
        "RelativeTimeUnits": "DAYS",
    }


def display_set(number: int, images: int, position: object = None, **changes: object) -> dict[str, object]:
    """Return a display set with one box."""
    box = {
        "ImageBoxNumber": 1,
        "DisplayEnvironmentSpatialPosition": position or [0.0, 1.0, 1.0, 0.0],
        "ImageBoxLayoutType": changes.pop("layout", "STACK"),
    }
    return {
        "DisplaySetNumber": number,
        "DisplaySetPresentationGroup": 1,
        "ImageSetNumber": images,
        "ImageBoxes": [box],
        **changes,
    }


def shown(choice: Choice) -> dict[int, tuple[str, ...]]:
    """Return the images of each display set, by its number."""
    return {each.display_set.DisplaySetNumber: each.images for each in choice.displays}


def boxed(choice: Choice) -> dict[tuple[int, int], tuple[str, ...]]:
    """Return the images that each box shows, by the numbers of display set and box."""
    return {
        (each.display_set.DisplaySetNumber, box.number): box.images for each in choice.displays for box in each.boxes
    }
