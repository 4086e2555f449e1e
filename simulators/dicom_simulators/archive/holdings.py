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

import mmap
import struct
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dicom_simulators.archive.information_model import TIMEZONE_OFFSET_FROM_UTC, Level
from dicom_simulators.archive.matching import Candidate, candidate_of
from dicom_simulators.archive.moments import offset_minutes
from dicom_simulators.data_sets import Instance
from dicom_simulators.encoding import (
    EXPLICIT_VR_LITTLE_ENDIAN,
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
_TRANSFER_SYNTAX_UID = 0x00020010


@dataclass(frozen=True, slots=True)
class FileInstance:
    """An instance in a file of PS3.10; the data set is read from there each time it is requested.

    Attributes
    ----------
    path : Path
        The file.
    offset_bytes : int
        Where the data set begins.
    """

    SOPClassUID: str
    SOPInstanceUID: str
    transfer_syntax: str
    path: Path
    offset_bytes: int

    @property
    def data_set(self) -> bytes:
        """The encoded data set, without File Meta Information."""
        with self.path.open("rb") as file:
            file.seek(self.offset_bytes)
            return file.read()

    def header(self) -> dict[int, Element]:
        """Read the elements before Pixel Data, without the rest of the file.

        Raises
        ------
        DataSetError
        """
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return read_elements(mapped, self.transfer_syntax, self.offset_bytes)


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
        A folder of DICOM files, searched to any depth; files that are no DICOM files are passed over.
    """

    def __init__(self, instances: Iterable[HeldInstance] = (), folder: Path | None = None) -> None:
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
            files, self._folder = sorted(path for path in self._folder.rglob("*") if path.is_file()), None
            self._pending[:0] = [(one, None) for one in map(read_file_instance, files) if one is not None]
        pending, self._pending = self._pending, []
        for instance, header in pending:
            try:
                self._index_one(instance, read_header(instance) if header is None else header)
            except DataSetError:
                self._unreadable.append(instance.SOPInstanceUID)

    def _index_one(self, instance: HeldInstance, header: Elements) -> None:
        self._remove(instance.SOPInstanceUID)
        study_uid, series_uid = (_first(header, level.unique_key) for level in (Level.STUDY, Level.SERIES))
        patient_id = _first(header, Level.PATIENT.unique_key)
        study = self._studies.get(study_uid)
        if study is None:
            identity = "\0".join((patient_id, _first(header, _ISSUER_OF_PATIENT_ID)))
            if not patient_id:
                identity += "\0" + _first(header, _PATIENT_NAME)
            patient = self._patients.setdefault(identity, Entity(Level.PATIENT, patient_id, header, None))
            study = self._studies[study_uid] = Entity(Level.STUDY, study_uid, header, patient)
            patient.children[study_uid] = study
        series = study.children.setdefault(series_uid, Entity(Level.SERIES, series_uid, header, study))
        image = Entity(Level.IMAGE, instance.SOPInstanceUID, header, series)
        image.instance = instance
        series.children[instance.SOPInstanceUID] = self._instances[instance.SOPInstanceUID] = image
        series.forget_encoded()

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


def _first(header: Elements, tag: int) -> str:
    element = header.get(tag)
    found = values(element, character_set(header)) if element is not None else ()
    return found[0] if found else ""


def read_file_instance(path: Path) -> FileInstance | None:
    """Read the File Meta Information and UIDs of a DICOM file; None if it is none (PS3.10 7.1)."""
    with path.open("rb") as file:
        start = file.read(132 + 12)
        if len(start) < 144 or start[128:132] != b"DICM":
            return None
        group_length = struct.unpack_from("<I", start, 140)[0]
        meta_raw = file.read(group_length)
        offset = file.tell()
        try:
            meta = read_elements(meta_raw, EXPLICIT_VR_LITTLE_ENDIAN)
        except DataSetError:
            return None
    sop_class, sop_instance, transfer_syntax = (
        _first(meta, tag) for tag in (0x00020002, 0x00020003, _TRANSFER_SYNTAX_UID)
    )
    if not (sop_class and sop_instance and transfer_syntax):
        return None
    return FileInstance(sop_class, sop_instance, transfer_syntax, path, offset)
