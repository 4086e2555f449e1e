"""The Query/Retrieve Information Models: which key belongs to which level, and which Identifiers are valid.

Invariants: it judges the *shape* of an Identifier, never its match. A wrong one becomes a `Refusal` (a value,
with the status that goes out), a right one a `FindRequest` or `MoveRequest`.

What is refused, as A900 (Identifier does not match SOP Class):

- Query/Retrieve Level absent, or no level of the model;
- hierarchical behaviour (the baseline): the unique key of a level above absent, or not exactly one value;
- a key that no matching of PS3.4 C.2.2.2 can read (a date that is no date, wildcards in a UID, two items in a key
  sequence);
- at PATIENT level several Patient IDs: a list has a meaning for UIDs alone (PS3.4 C.2.2.2.2, C.2.2.2.8);
- C-MOVE and C-GET: the unique key of the level absent or of zero length, or with wild cards;
- with ``strict``, an attribute that the level does not know. Otherwise that is an optional key which is not supported:
  it is neither matched nor returned, and the pending status becomes FF01.

References
----------
PS3.4 C.2.2.1 (key types), C.4.1.2 and C.4.1.3 (C-FIND), C.4.2.2 and C.4.2.3 (C-MOVE),
C.4.3.2 and C.4.3.3 (C-GET), C.6.1 and C.6.2 (models).
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field

from dicom_simulators.archive.keys import (
    ANY_LEVEL,
    OTHER_PATIENT_ATTRIBUTES,
    OTHER_SERIES_ATTRIBUTES,
    OTHER_STUDY_ATTRIBUTES,
    TABLE_C_6_1,
    TABLE_C_6_2,
    TABLE_C_6_3,
    TABLE_C_6_4,
    TABLE_C_6_5,
    Row,
)
from dicom_simulators.archive.matching import Matching, find_fault
from dicom_simulators.encoding import SPECIFIC_CHARACTER_SET, Element, Elements, character_set, tag_of, values, vr_of

QUERY_RETRIEVE_LEVEL = tag_of("QueryRetrieveLevel")
TIMEZONE_OFFSET_FROM_UTC = tag_of("TimezoneOffsetFromUTC")
STATUS_IDENTIFIER_DOES_NOT_MATCH = 0xA900


class Level(enum.Enum):
    """A level of a Query/Retrieve Information Model; the value is that of (0008,0052)."""

    PATIENT = "PATIENT"
    STUDY = "STUDY"
    SERIES = "SERIES"
    IMAGE = "IMAGE"

    @property
    def unique_key(self) -> int:
        """The tag of the level's unique key."""
        return _UNIQUE_KEYS[self]


_UNIQUE_KEYS = {
    Level.PATIENT: tag_of("PatientID"),
    Level.STUDY: tag_of("StudyInstanceUID"),
    Level.SERIES: tag_of("SeriesInstanceUID"),
    Level.IMAGE: tag_of("SOPInstanceUID"),
}


class KeyType(enum.Enum):
    """The symbols of PS3.4 C.1.2."""

    UNIQUE = "U"
    REQUIRED = "R"
    OPTIONAL = "O"


class Service(enum.Enum):
    """What a SOP Class of the Query/Retrieve Service Class does."""

    FIND = "C-FIND"
    MOVE = "C-MOVE"
    GET = "C-GET"


@dataclass(frozen=True, slots=True)
class InformationModel:
    """One Query/Retrieve Information Model.

    Attributes
    ----------
    name : str
        ``patient_root`` or ``study_root``.
    find, move, get : str
        Its SOP Class UIDs (PS3.4 C.6.1.3 and C.6.2.3).
    levels : tuple of Level
        From the root downwards.
    """

    name: str
    find: str
    move: str
    get: str
    levels: tuple[Level, ...]

    def key_type(self, level: Level, tag: int) -> KeyType | None:
        """Give the type of a key at `level`, None for an attribute that does not belong there."""
        listed = _listed(self.name, level).get(tag)
        if listed is not None:
            return listed
        if level is not Level.IMAGE or tag >> 16 & 1 or tag >> 16 < 8:
            return None
        # "All other Attributes at composite object instance level": whatever no other level claims
        claimed = any(tag in _listed(self.name, other) for other in self.levels if other is not level)
        return None if claimed or vr_of(tag) == "UN" else KeyType.OPTIONAL

    def above(self, level: Level) -> tuple[Level, ...]:
        """Give the levels above `level`, the root first."""
        return self.levels[: self.levels.index(level)]


PATIENT_ROOT = InformationModel(
    "patient_root",
    "1.2.840.10008.5.1.4.1.2.1.1",
    "1.2.840.10008.5.1.4.1.2.1.2",
    "1.2.840.10008.5.1.4.1.2.1.3",
    tuple(Level),
)
STUDY_ROOT = InformationModel(
    "study_root",
    "1.2.840.10008.5.1.4.1.2.2.1",
    "1.2.840.10008.5.1.4.1.2.2.2",
    "1.2.840.10008.5.1.4.1.2.2.3",
    tuple(Level)[1:],
)
SOP_CLASSES: dict[str, tuple[InformationModel, Service]] = {
    uid: (model, service)
    for model in (PATIENT_ROOT, STUDY_ROOT)
    for uid, service in ((model.find, Service.FIND), (model.move, Service.MOVE), (model.get, Service.GET))
}

_ROWS: dict[tuple[str, Level], tuple[tuple[Row, ...], tuple[str, ...]]] = {
    ("patient_root", Level.PATIENT): (TABLE_C_6_1, OTHER_PATIENT_ATTRIBUTES),
    ("patient_root", Level.STUDY): (TABLE_C_6_2, OTHER_STUDY_ATTRIBUTES),
    ("study_root", Level.STUDY): (TABLE_C_6_5, OTHER_PATIENT_ATTRIBUTES + OTHER_STUDY_ATTRIBUTES),
}


@functools.cache
def _listed(model: str, level: Level) -> dict[int, KeyType]:
    """Collect the keys that the tables name for a level, those inside sequences left out."""
    below = {Level.SERIES: (TABLE_C_6_3, OTHER_SERIES_ATTRIBUTES), Level.IMAGE: (TABLE_C_6_4, ())}
    rows, others = _ROWS.get((model, level)) or below[level]
    keys = dict.fromkeys(map(tag_of, others + ANY_LEVEL), KeyType.OPTIONAL)
    keys.update((tag_of(keyword), KeyType(kind)) for keyword, kind in rows if not keyword.startswith(">"))
    return keys


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an Identifier is not processed.

    Attributes
    ----------
    status : int
        Of the final response.
    comment : str
        For Error Comment (0000,0902), at most 64 characters (VR LO).
    offending : tuple of int
        Tags for Offending Element (0000,0901).
    """

    status: int
    comment: str
    offending: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FindRequest:
    """A valid C-FIND Identifier.

    Attributes
    ----------
    model : InformationModel
        That of the SOP Class.
    level : Level
        Of the entities that are asked for.
    above : tuple of (Level, value)
        Single values of the unique keys above, the root first.
    keys : tuple of Element
        What is matched and returned, in the order of the tags.
    unsupported : tuple of int
        Optional keys that are neither; not empty makes the pending status FF01.
    character_set : tuple of str
        Of the request.
    matching : Matching
        What extended negotiation and the request's time zone change about matching.
    """

    model: InformationModel
    level: Level
    above: tuple[tuple[Level, str], ...]
    keys: tuple[Element, ...]
    unsupported: tuple[int, ...]
    character_set: tuple[str, ...]
    matching: Matching


@dataclass(frozen=True, slots=True)
class MoveRequest:
    """A valid Identifier of a C-MOVE or C-GET: the level, one value of each unique key above, the values of its own."""

    model: InformationModel
    level: Level
    above: tuple[tuple[Level, str], ...]
    unique_values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How an archive reads Identifiers.

    Attributes
    ----------
    strict : bool
        Refuse attributes that the level does not know instead of leaving them out.
    relational : bool
        Relational queries and retrievals were negotiated (PS3.4 C.5.1): keys of the levels above are allowed, and the
        unique keys above may be left out.
    unsupported : frozenset of int
        Optional keys that this archive does not support, by tag.
    matching : Matching
        The further options of extended negotiation.
    """

    strict: bool = False
    relational: bool = False
    unsupported: frozenset[int] = frozenset()
    matching: Matching = field(default_factory=Matching)


def _refuse(comment: str, *offending: int) -> Refusal:
    return Refusal(STATUS_IDENTIFIER_DOES_NOT_MATCH, comment[:64], offending)


def _read_level(model: InformationModel, identifier: Elements) -> Level | Refusal:
    """Read Query/Retrieve Level (PS3.4 C.4.1.1.3.1)."""
    element = identifier.get(QUERY_RETRIEVE_LEVEL)
    if element is None:
        return _refuse("Query/Retrieve Level is absent", QUERY_RETRIEVE_LEVEL)
    found = values(element)
    for level in model.levels:
        if found == (level.value,):
            return level
    return _refuse(f"no such Query/Retrieve Level: {chr(92).join(found)!r}", QUERY_RETRIEVE_LEVEL)


def _read_above(
    model: InformationModel, level: Level, identifier: Elements, relational: bool
) -> tuple[tuple[Level, str], ...] | Refusal:
    """Read the unique keys above `level`: one value each (PS3.4 C.4.1.2.1, C.4.1.3.1.1)."""
    found = []
    terms = character_set(identifier)
    for upper in model.above(level):
        element = identifier.get(upper.unique_key)
        given = values(element, terms) if element is not None else ()
        if relational and not given:
            continue
        if len(given) != 1 or (upper is Level.PATIENT and set(given[0]) & set("*?")):
            return _refuse(f"one value of the unique key of {upper.value} is needed", upper.unique_key)
        if fault := find_fault(element) if element is not None else None:
            return _refuse(fault, upper.unique_key)
        found.append((upper, given[0]))
    return tuple(found)


def _read_levels(
    model: InformationModel, identifier: Elements, relational: bool
) -> tuple[Level, tuple[tuple[Level, str], ...]] | Refusal:
    """Read the level of a request, and the unique keys above it."""
    level = _read_level(model, identifier)
    if isinstance(level, Refusal):
        return level
    above = _read_above(model, level, identifier, relational)
    return above if isinstance(above, Refusal) else (level, above)


def read_find(model: InformationModel, identifier: Elements, behaviour: Behaviour) -> FindRequest | Refusal:
    """Judge the Identifier of a C-FIND-RQ."""
    levels = _read_levels(model, identifier, behaviour.relational)
    if isinstance(levels, Refusal):
        return levels
    level, above = levels
    patient_id = identifier.get(Level.PATIENT.unique_key)
    if level is Level.PATIENT and patient_id is not None and len(values(patient_id, character_set(identifier))) > 1:
        return _refuse("one Patient ID is needed", level.unique_key)
    keys: list[Element] = []
    unsupported: list[int] = []
    for element in _key_elements(identifier):
        if not _is_supported(model, level, element.tag, behaviour):
            unsupported.append(element.tag)
        elif fault := find_fault(element):
            return _refuse(fault, element.tag)
        else:
            keys.append(element)
    if unsupported and behaviour.strict:
        return _refuse(f"no key of level {level.value}", *unsupported)
    timezone = identifier.get(TIMEZONE_OFFSET_FROM_UTC)
    matching = behaviour.matching.in_timezone(values(timezone) if timezone is not None else ())
    return FindRequest(model, level, above, tuple(keys), tuple(unsupported), character_set(identifier), matching)


def _key_elements(identifier: Elements) -> Iterator[Element]:
    """Give the elements that are keys; the others say how the Identifier is to be read."""
    for tag in sorted(identifier):
        if tag & 0xFFFF and tag not in (SPECIFIC_CHARACTER_SET, QUERY_RETRIEVE_LEVEL, TIMEZONE_OFFSET_FROM_UTC):
            yield identifier[tag]


def _is_supported(model: InformationModel, level: Level, tag: int, behaviour: Behaviour) -> bool:
    above = model.above(level)
    if any(tag == upper.unique_key for upper in above):
        return True
    kind = model.key_type(level, tag)
    if behaviour.relational and kind is None:
        kind = next(filter(None, (model.key_type(upper, tag) for upper in above)), None)
    return kind is not None and not (kind is KeyType.OPTIONAL and tag in behaviour.unsupported)


def read_move(model: InformationModel, identifier: Elements, behaviour: Behaviour) -> MoveRequest | Refusal:
    """Judge the Identifier of a C-MOVE-RQ or C-GET-RQ (PS3.4 C.4.2.1.4.1, C.4.2.2.1, C.4.3.1.3.1, C.4.3.2.1)."""
    levels = _read_levels(model, identifier, behaviour.relational)
    if isinstance(levels, Refusal):
        return levels
    level, above = levels
    element = identifier.get(level.unique_key)
    given = values(element, character_set(identifier)) if element is not None else ()
    if element is None or not given:
        return _refuse(f"the unique key of {level.value} is needed", level.unique_key)
    if level is Level.PATIENT and (len(given) > 1 or set(given[0]) & set("*?")):
        return _refuse("one Patient ID is needed", level.unique_key)
    if fault := find_fault(element):
        return _refuse(fault, level.unique_key)
    lawful = {SPECIFIC_CHARACTER_SET, QUERY_RETRIEVE_LEVEL, *(one.unique_key for one in (*model.above(level), level))}
    others = [tag for tag in sorted(identifier) if tag & 0xFFFF and tag not in lawful]
    if others and behaviour.strict:
        return _refuse("only unique keys may be given for a retrieval", *others)
    return MoveRequest(model, level, above, given)
