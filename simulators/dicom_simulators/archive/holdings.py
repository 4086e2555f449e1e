"""What an archive holds: instances, and the index of patients, studies, series and instances over them.

Invariants: an entity's attributes are those of the first instance that brought it, and what can be counted is
counted (PS3.4 C.3.4), never typed. Headers are read when the index is built, which is when a question comes first;
the pixel data of a file are read only to send them. Safe for several threads; the lock is held while the index changes
or is walked, not while a response goes out.

References
----------
PS3.4 C.2.1 and C.6 (hierarchies), C.3.4 (counts), C.2.2.3 and C.4.1.1.3.2 (what a response bears).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dicom_simulators.archive.file_instance import FileInstance, first_value, read_file_instance
from dicom_simulators.archive.information_model import TIMEZONE_OFFSET_FROM_UTC, Level
from dicom_simulators.archive.matching import Candidate, candidate_of
from dicom_simulators.archive.moments import offset_minutes
from dicom_simulators.data_sets import Instance, files_below, why_skipped
from dicom_simulators.encoding import (
    DataSetError,
    Element,
    Elements,
    Encoding,
    character_set,
    is_plain,
    read_elements,
    tag_of,
    text_element,
    values,
    vr_of,
    write_element,
)

_SOP_CLASS_UID = tag_of("SOPClassUID")
_MODALITY = tag_of("Modality")
_ISSUER_OF_PATIENT_ID = tag_of("IssuerOfPatientID")
_PATIENT_NAME = tag_of("PatientName")


HeldInstance = Instance | FileInstance
"""What an archive can hold: an instance in memory, or one in a file."""


class Entity:
    """A patient, study, series or instance of the index.

    Attributes
    ----------
    level : Level
        Which of the four.
    unique_value : str
        Of the level's unique key.
    header : Elements
        The data set, without pixel data, of the first instance below.
    parent : Entity or None
        One level up.
    children : dict of Entity
        One level down, by unique value.
    instance : HeldInstance or None
        At level IMAGE.
    """

    __slots__ = ("_encoded", "_terms", "_timezone", "children", "header", "instance", "level", "parent", "unique_value")

    def __init__(self, level: Level, unique_value: str, header: Elements, parent: Entity | None) -> None:
        self.level = level
        self.unique_value = unique_value
        self.header = header
        self.parent = parent
        self.children: dict[str, Entity] = {}
        self.instance: HeldInstance | None = None
        self._terms = character_set(header)
        self._encoded: dict[tuple[int, Encoding], tuple[bytes, bool]] = {}
        zone = header.get(TIMEZONE_OFFSET_FROM_UTC)
        given = values(zone) if zone is not None else ()
        self._timezone = (offset_minutes(given[0]) if given else None) or 0

    @property
    def terms(self) -> tuple[str, ...]:
        """The Specific Character Set of the header."""
        return self._terms

    def at_level(self, level: Level) -> Iterator[Entity]:
        """Give the entities of a level at or below this one, in the order in which they came."""
        if self.level is level:
            yield self
            return
        for child in self.children.values():
            yield from child.at_level(level)

    def ancestor(self, level: Level) -> Entity:
        """Give the entity of a level at or above this one."""
        entity = self
        while entity.level is not level and entity.parent is not None:
            entity = entity.parent
        return entity

    def element(self, tag: int) -> Element | None:
        """Give an attribute: counted, collected from below, or from the header; None if unknown."""
        counted = _COUNTS.get(tag)
        if counted is not None:
            of, what = counted
            return text_element(tag, "IS", str(sum(1 for _ in self.ancestor(of).at_level(what))))
        collected = _COLLECTED.get(tag)
        if collected is not None:
            what, source = collected
            found = {one for entity in self.ancestor(Level.STUDY).at_level(what) for one in entity.own_values(source)}
            return text_element(tag, vr_of(tag), "\\".join(sorted(found)))
        return self.header.get(tag)

    def own_values(self, tag: int) -> tuple[str, ...]:
        """Give the values of an attribute of the header."""
        element = self.header.get(tag)
        return values(element, self._terms) if element is not None else ()

    def candidate(self, tag: int) -> Candidate:
        """Give an attribute as matching wants it."""
        return candidate_of(self.element(tag), self._terms, self._timezone)

    def encoded(self, tag: int, encoding: Encoding) -> tuple[bytes, bool]:
        """Give an attribute as bytes of a response, and whether Specific Character Set is needed to read it.

        An attribute that is not known, or not of the VR that the dictionary gives, comes out with zero length.
        """
        cached = self._encoded.get((tag, encoding))
        if cached is None:
            element = self.element(tag) or Element(tag, vr_of(tag))
            cached = write_element(element, encoding), needs_character_set(element)
            self._encoded[tag, encoding] = cached
        return cached

    def forget_encoded(self) -> None:
        """Forget encoded attributes here and above, because a count has changed."""
        entity: Entity | None = self
        while entity is not None:
            entity._encoded.clear()
            entity = entity.parent


_COUNTS = {
    tag_of("NumberOfPatientRelatedStudies"): (Level.PATIENT, Level.STUDY),
    tag_of("NumberOfPatientRelatedSeries"): (Level.PATIENT, Level.SERIES),
    tag_of("NumberOfPatientRelatedInstances"): (Level.PATIENT, Level.IMAGE),
    tag_of("NumberOfStudyRelatedSeries"): (Level.STUDY, Level.SERIES),
    tag_of("NumberOfStudyRelatedInstances"): (Level.STUDY, Level.IMAGE),
    tag_of("NumberOfSeriesRelatedInstances"): (Level.SERIES, Level.IMAGE),
}
"""PS3.4 Table C.3-1: of which entity, and what of it, is counted."""
_COLLECTED = {
    tag_of("ModalitiesInStudy"): (Level.SERIES, _MODALITY),
    tag_of("SOPClassesInStudy"): (Level.IMAGE, _SOP_CLASS_UID),
}
"""PS3.4 Table C.3-1: the distinct values, over the study, of an attribute of these entities."""


def needs_character_set(element: Element) -> bool:
    """Tell whether a response with this element must bear Specific Character Set (PS3.4 C.4.1.1.3.2)."""
    if element.vr == "SQ":
        return any(needs_character_set(inner) for item in element.items for inner in item.values())
    return element.vr in ("SH", "LO", "ST", "LT", "UC", "UT", "PN") and not is_plain(element.value)


class Holdings:
    """The instances of one archive and their index.

    Parameters
    ----------
    instances : iterable of HeldInstance
        What it holds from the start.
    folder : Path, optional
        A folder of DICOM files, searched to any depth; what cannot be read is skipped.
    skipped : callable
        Called with a text for each file, or instance, that is skipped: which, and why; and for each file that takes
        the place of what was held under its SOP Instance UID.
    """

    def __init__(
        self,
        instances: Iterable[HeldInstance] = (),
        folder: Path | None = None,
        skipped: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._skipped = skipped
        self._lock = threading.RLock()
        self._pending: list[tuple[HeldInstance, Elements | None]] = [(one, None) for one in instances]
        self._folder = folder
        self._patients: dict[str, Entity] = {}
        self._studies: dict[str, Entity] = {}
        self._instances: dict[str, Entity] = {}
        self._unreadable: list[str] = []

    @property
    def unreadable(self) -> tuple[str, ...]:
        """SOP Instance UIDs of what is held but could not be indexed, because its data set cannot be read."""
        with self._lock:
            self._index()
            return tuple(self._unreadable)

    def __len__(self) -> int:
        with self._lock:
            self._index()
            return len(self._instances)

    def instance(self, sop_instance_uid: str) -> HeldInstance | None:
        """Give the instance of this UID; None where it is not held."""
        with self._lock:
            self._index()
            entity = self._instances.get(sop_instance_uid)
            return None if entity is None else entity.instance

    @contextmanager
    def unchanging(self) -> Iterator[None]:
        """Let nothing change while entities are read: counts are walks over what is below."""
        with self._lock:
            yield

    def add(self, instance: HeldInstance, header: Elements | None = None) -> None:
        """Hold one more instance; it takes the place of one with the same SOP Instance UID.

        Parameters
        ----------
        instance : HeldInstance
            To hold.
        header : Elements, optional
            Its elements before Pixel Data, where they have been read already.
        """
        with self._lock:
            self._pending.append((instance, header))

    def settle(self) -> None:
        """Let go of what was replaced."""
        with self._lock:
            self._index()

    def clear(self) -> None:
        """Hold nothing any more, not even the folder."""
        with self._lock:
            self._pending.clear()
            self._folder = None
            self._patients.clear()
            self._studies.clear()
            self._instances.clear()
            self._unreadable.clear()

    def entities(self, level: Level, above: tuple[tuple[Level, str], ...], unique: frozenset[str]) -> list[Entity]:
        """Give the entities of a level.

        Parameters
        ----------
        level : Level
            Wanted.
        above : tuple of (Level, value)
            Values of unique keys of levels above, which the entities must lie under.
        unique : frozenset of str
            Values that the level's unique key may have; empty for any.
        """
        with self._lock:
            self._index()
            return [
                entity
                for root in self._roots(level, dict(above), unique)
                for entity in root.at_level(level)
                if (not unique or entity.unique_value in unique)
                and all(entity.ancestor(upper).unique_value == value for upper, value in above)
            ]

    def _roots(self, level: Level, above: dict[Level, str], unique: frozenset[str]) -> list[Entity]:
        """Give few entities, at `level` or above, that everything wanted is at or under."""
        if level is Level.IMAGE and unique:
            return [self._instances[uid] for uid in unique if uid in self._instances]
        studies = unique if level is Level.STUDY and unique else {above[Level.STUDY]} if Level.STUDY in above else None
        if studies is not None:
            return [self._studies[uid] for uid in studies if uid in self._studies]
        return list(self._patients.values())

    def _index(self) -> None:
        """Put into the index what was added since."""
        if self._folder is not None:
            folder, self._folder = self._folder, None
            found = [(one, None) for one in self._read(folder)]
            if not found:
                self._skipped(f"{folder}: no DICOM file below that can be served")
            self._pending[:0] = found
        pending, self._pending = self._pending, []
        for instance, header in pending:
            try:
                self._index_one(instance, read_header(instance) if header is None else header)
            except (DataSetError, OSError, ValueError) as error:
                self._unreadable.append(instance.SOPInstanceUID)
                named = instance.path if isinstance(instance, FileInstance) else Path(instance.SOPInstanceUID)
                self._skipped(why_skipped(named, error))

    def _read(self, folder: Path) -> Iterator[FileInstance]:
        for path in files_below(folder, self._skipped):
            try:
                yield read_file_instance(path)
            except (OSError, ValueError) as error:
                self._skipped(why_skipped(path, error))

    def _index_one(self, instance: HeldInstance, header: Elements) -> None:
        self._note_repeated(instance)
        self._remove(instance.SOPInstanceUID)
        study_uid, series_uid = (first_value(header, level.unique_key) for level in (Level.STUDY, Level.SERIES))
        patient_id = first_value(header, Level.PATIENT.unique_key)
        study = self._studies.get(study_uid)
        if study is None:
            identity = "\0".join((patient_id, first_value(header, _ISSUER_OF_PATIENT_ID)))
            if not patient_id:
                identity += "\0" + first_value(header, _PATIENT_NAME)
            patient = self._patients.setdefault(identity, Entity(Level.PATIENT, patient_id, header, None))
            study = self._studies[study_uid] = Entity(Level.STUDY, study_uid, header, patient)
            patient.children[study_uid] = study
        series = study.children.setdefault(series_uid, Entity(Level.SERIES, series_uid, header, study))
        image = Entity(Level.IMAGE, instance.SOPInstanceUID, header, series)
        image.instance = instance
        series.children[instance.SOPInstanceUID] = self._instances[instance.SOPInstanceUID] = image
        series.forget_encoded()

    def _note_repeated(self, instance: HeldInstance) -> None:
        """Say which file takes the place of what was held under its SOP Instance UID."""
        before = self._instances.get(instance.SOPInstanceUID)
        if before is not None and isinstance(instance, FileInstance):
            held = before.instance.path if isinstance(before.instance, FileInstance) else "another instance"
            uid = instance.SOPInstanceUID
            self._skipped(f"{instance.path}: takes the place of {held}: both have SOP Instance UID {uid}")

    def _remove(self, sop_instance_uid: str) -> None:
        """Take an instance out of the index, and the entities that it leaves empty."""
        entity: Entity | None = self._instances.pop(sop_instance_uid, None)
        if entity is not None and entity.parent is not None:
            entity.parent.forget_encoded()
        while entity is not None and not entity.children:
            parent = entity.parent
            if parent is not None:
                parent.children.pop(entity.unique_value, None)
            if entity.level is Level.STUDY:
                self._studies.pop(entity.unique_value, None)
            if entity.level is Level.PATIENT:
                self._patients = {key: one for key, one in self._patients.items() if one is not entity}
            entity = parent


def read_header(instance: HeldInstance) -> Elements:
    """Read the elements of an instance before Pixel Data.

    Raises
    ------
    DataSetError
    """
    if isinstance(instance, FileInstance):
        return instance.header()
    return read_elements(instance.data_set, instance.transfer_syntax)
