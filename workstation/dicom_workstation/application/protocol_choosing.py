"""How the display protocol engine comes by what it knows: from memory, and by the query engine from archives.

Invariants: nothing is asked but what the engine wants, one question after the other on one association; each at most
once for a choice, and no more than `MOST_QUESTIONS`. Studies are asked for by `priors` alone. Where an archive fails,
what is known decides, and the outcome says so.

References
----------
Conformance statement, 2.2.2.1.3; PS3.4 Section C.4.1, C.6.2.1 (Study Root)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dicom_workstation.configuration import Archive, Configuration, read_protocol_files, vr_of
from dicom_workstation.instances import Memory, StoredInstance
from dicom_workstation.outcome import Result
from dicom_workstation.protocols import (
    Attributes,
    ChoiceOutcome,
    DisplayProtocol,
    HeldInstance,
    Known,
    Level,
    PriorsOutcome,
    Question,
    Reader,
    attributes_of,
    choose,
    describe_choice,
    gather,
    keys_at,
    keys_of,
    questions,
)
from dicom_workstation.query import Conversation, QueryEngine
from dicom_workstation.query_keys import Identifier
from dicom_workstation.requests import QueryRequest

MOST_QUESTIONS: Final = 50
_CODE: Final = {"CodeValue": "", "CodingSchemeDesignator": "", "CodeMeaning": ""}
_OF_STUDIES: Final = (
    *("StudyInstanceUID", "PatientID", "StudyDate", "StudyTime", "StudyDescription", "ModalitiesInStudy"),
    "NumberOfStudyRelatedInstances",
)
_IS_IMAGE: Final = "Rows"
_DONE: Final = (Result.SUCCESS, Result.WARNING)


@dataclass(slots=True)
class _Asking:
    """What one choice asked so far: the answers, how many of each level, and why it asks no more."""

    answers: dict[Question, Sequence[Attributes] | None] = field(default_factory=dict)
    unanswered: str = ""

    def count(self, level: Level) -> int:
        """Return how many questions of a level were asked."""
        return sum(each.level is level for each in self.answers)


@dataclass(frozen=True, slots=True)
class _Read:
    """An instance in memory, and what was read of it."""

    instance: StoredInstance
    wanted: tuple[str, ...]
    held: HeldInstance

    @classmethod
    def of(cls, instance: StoredInstance, wanted: tuple[str, ...]) -> _Read:
        """Read an instance."""
        attributes = attributes_of(instance.data_set, instance.TransferSyntaxUID, wanted)
        uids = instance.StudyInstanceUID, instance.SeriesInstanceUID, instance.SOPInstanceUID
        return cls(instance, wanted, HeldInstance(*uids, attributes, bool(attributes.get(_IS_IMAGE))))


class ProtocolChoosing:
    """Chooses display protocols; its methods may be called by any thread."""

    def __init__(self, configuration: Callable[[], Configuration], query_engine: QueryEngine, memory: Memory) -> None:
        self._configuration = configuration
        self._query_engine = query_engine
        self._memory = memory
        self._lock = threading.Lock()
        self._of: tuple[object, ...] = ()
        self._protocols: tuple[DisplayProtocol, ...] = ()
        self._studies: dict[str, Attributes] = {}
        self._complete: dict[str, int] = {}
        self._read: dict[str, _Read] = {}

    @property
    def has_protocols(self) -> bool:
        """Whether any display protocol is configured."""
        configuration = self._configuration()
        return bool(configuration.display_protocols or configuration.display_protocol_files)

    def forget(self) -> None:
        """Forget what archives answered."""
        with self._lock:
            self._studies.clear()
            self._complete.clear()
            self._read.clear()

    def complete(self, study: str) -> None:
        """Take it that all of a study is in memory, as it is now."""
        count = len(self._memory.instances(study))
        with self._lock:
            self._complete[study] = count

    def priors(self, name: str, archive: Archive, study: str) -> PriorsOutcome:
        """Ask an archive for the studies of a patient: the only query for studies that there is here."""
        keys = self._keys()
        patient = next((text for each in self._held(keys) if each.study == study and (text := _patient(each))), "")
        if not patient:
            return PriorsOutcome.refused(name, f"no image of study {study} with a Patient ID is in memory")
        wanted = dict.fromkeys((*_OF_STUDIES, *_plain(keys_at(Level.STUDY, keys))), "")
        identifier = Identifier.of_query(QueryRequest(keys={**wanted, "PatientID": patient}))
        found = self._query_engine.query(name, archive, identifier)
        if found.result in _DONE:
            with self._lock:
                for match in found.matches:
                    if uid := match.get("StudyInstanceUID", ""):
                        self._studies[uid] = _attributes(match, patient)
        facts = gather(study, self._known({}), can_ask=False)
        return PriorsOutcome(
            peer=name,
            result=found.result,
            detail=found.detail,
            status=found.status,
            rejection=found.rejection,
            abort=found.abort,
            matches=found.matches,
            pending=found.pending,
            doubtful=found.doubtful,
            priors=tuple(each.uid for each in facts.priors),
        )

    def choose(self, study: str, name: str | None = None, archive: Archive | None = None) -> ChoiceOutcome:
        """Choose the display protocol of a study; without an archive by what is known."""
        if not any(each.StudyInstanceUID == study for each in self._memory.instances()):
            return ChoiceOutcome.refused(name, f"no image of study {study} is in memory")
        asking = _Asking()
        protocols, reader = self._configured(), self._reader()
        if name is not None and archive is not None:
            with self._query_engine.conversation(name, archive) as conversation:
                self._ask(study, protocols, reader, asking, conversation)
        facts = gather(study, self._known(asking.answers), can_ask=False)
        found = ChoiceOutcome(
            peer=name,
            result=Result.WARNING if asking.unanswered else Result.SUCCESS,
            detail=asking.unanswered and f"chosen by what is known: {asking.unanswered}",
            series_queries=asking.count(Level.SERIES),
            image_queries=asking.count(Level.IMAGE),
            unanswered=asking.unanswered,
        )
        return describe_choice(choose(protocols, facts, reader), found)

    def _ask(
        self,
        study: str,
        protocols: Sequence[DisplayProtocol],
        reader: Reader,
        asking: _Asking,
        conversation: Conversation,
    ) -> None:
        """Ask one question after the other, as long as one may change the choice."""
        while not asking.unanswered:
            facts = gather(study, self._known(asking.answers), can_ask=True)
            wanted = questions(protocols, facts, reader)
            if not wanted:
                return
            if len(asking.answers) == MOST_QUESTIONS:
                asking.unanswered = f"{MOST_QUESTIONS} questions were asked, and no more are"
                return
            self._ask_one(wanted[0], asking, conversation)

    def _ask_one(self, question: Question, asking: _Asking, conversation: Conversation) -> None:
        keys = keys_at(question.level, self._keys())
        matches: list[Attributes] = []
        wanted = (*keys, *_counted(question.level))
        found = conversation.ask(
            _identifier(question, wanted), lambda raw, syntax: matches.append(attributes_of(raw, syntax, wanted))
        )
        is_answered = found.result in _DONE
        asking.answers[question] = matches if is_answered else None
        if not is_answered:
            what = "series" if question.level is Level.SERIES else "images"
            asking.unanswered = " ".join(f"the query for {what} ended with {found.result}: {found.detail}".split())

    # -- what is configured, and what is in memory

    def _configured(self) -> tuple[DisplayProtocol, ...]:
        """Return the protocols; files are read again when the configuration changes."""
        configuration = self._configuration()
        wanted = (configuration.display_protocols, configuration.display_protocol_files)
        with self._lock:
            if self._of != wanted:
                files = read_protocol_files(configuration.display_protocol_files)
                self._protocols, self._of = (*configuration.display_protocols, *files), wanted
            return self._protocols

    def _reader(self) -> Reader:
        configuration = self._configuration()
        return Reader(configuration.reader_code, configuration.reader_group, configuration.screens)

    def _keys(self) -> tuple[str, ...]:
        return keys_of(self._configured())

    def _known(self, answers: Mapping[Question, Sequence[Attributes] | None]) -> Known:
        held = self._held(self._keys())
        with self._lock:
            return Known(held, dict(self._studies), dict(self._complete), dict(answers))

    def _held(self, keys: Sequence[str]) -> tuple[HeldInstance, ...]:
        """Return what is in memory; an instance is read once, unless other attributes are wanted of it."""
        wanted = (*keys, *_OF_STUDIES, _IS_IMAGE)
        instances = self._memory.instances()
        with self._lock:
            known = {uid: each for uid, each in self._read.items() if each.wanted == wanted}
            self._read = {
                each.SOPInstanceUID: found
                if (found := known.get(each.SOPInstanceUID)) is not None and found.instance is each
                else _Read.of(each, wanted)
                for each in instances
            }
            return tuple(each.held for each in self._read.values())


def _patient(held: HeldInstance) -> str:
    found = held.attributes.get("PatientID", ())
    return str(found[0]) if found else ""


def _attributes(match: Mapping[str, str], patient: str) -> Attributes:
    """Return what an archive answered of a study; it is the patient's, whether or not the Patient ID was returned."""
    texts = {**match, "PatientID": match.get("PatientID") or patient}
    return {key: tuple(each.strip() for each in text.split("\\") if each.strip()) for key, text in texts.items()}


def _plain(keys: Sequence[str]) -> tuple[str, ...]:
    """Return those attributes that are no sequences."""
    return tuple(each for each in keys if "." not in each and vr_of(each) != "SQ")


def _counted(level: Level) -> tuple[str, ...]:
    return ("SeriesInstanceUID", "NumberOfSeriesRelatedInstances") if level is Level.SERIES else ("SOPInstanceUID",)


def _identifier(question: Question, keys: Sequence[str]) -> Identifier:
    """Return the Identifier of a question; a code sequence is asked for with the keys of its items."""
    wanted: dict[str, object] = {}
    for key in keys:
        if "." in key or vr_of(key) == "SQ":
            _add_sequence(wanted, key)
        else:
            wanted[key] = ""
    wanted["StudyInstanceUID"] = question.study
    if question.level is Level.IMAGE:
        wanted["SeriesInstanceUID"] = question.series
    if question.level is Level.SERIES:
        return Identifier.of_query(QueryRequest(level="SERIES", keys=wanted))
    return Identifier.of_query(QueryRequest(level="IMAGE", keys=wanted))


def _add_sequence(wanted: dict[str, object], key: str) -> None:
    """Add an attribute in the item of a sequence, or a code sequence, to the keys of a query."""
    first, _, rest = key.partition(".")
    items = wanted.setdefault(first, [{}])
    item = items[0] if isinstance(items, list) else {}
    if not rest:
        item.update(_CODE)
    elif "." in rest or vr_of(rest) == "SQ":
        _add_sequence(item, rest)
    else:
        item[rest] = ""
