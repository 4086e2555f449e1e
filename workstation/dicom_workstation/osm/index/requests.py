"""Identifiers of C-FIND, C-MOVE and C-GET, read and judged.

Invariants: what is asked is judged before anything is looked up; a key that the level does not have is neither matched
nor returned, and no fault.

References
----------
PS3.4 Section C.4.1.1.3 and C.4.1.3.1 (C-FIND), C.4.2.1.4 and C.4.2.2 (C-MOVE), C.4.3.1.3 (C-GET)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydicom.datadict import keyword_for_tag

from dicom_workstation.data_sets import DataSetError, Item, read_tree
from dicom_workstation.osm.index.attribute_values import Attributes, AttributeValue, read_attributes, texts_of
from dicom_workstation.osm.index.keys import UNIQUE_KEYS, Level, Model, supported_keys
from dicom_workstation.osm.index.matching import is_uid

MOST_KEY_BYTES = 1 << 24
MOST_UIDS = 10_000
WILD_CARDS = frozenset("*?")
_SPECIFIC_CHARACTER_SET = "SpecificCharacterSet"
_NOT_KEYS = (_SPECIFIC_CHARACTER_SET, "QueryRetrieveLevel", "TimezoneOffsetFromUTC")


class UnreadableIdentifierError(Exception):
    """An Identifier that is no data set; the text says why."""


class IdentifierMismatchError(Exception):
    """An Identifier that does not match the SOP Class (status A900); the text says why."""


@dataclass(frozen=True, slots=True)
class FindRequest:
    """What a C-FIND asks.

    Parameters
    ----------
    above : dict
        The one value of the unique key of each level above.
    keys : dict
        Values of the keys that are supported, by keyword.
    has_unsupported : bool
        Whether there were keys that are not.
    character_set : str
        The Specific Character Set that the Identifier declares.
    """

    model: Model
    level: Level
    above: dict[Level, str]
    keys: Attributes
    has_unsupported: bool = False
    character_set: str = ""


@dataclass(frozen=True, slots=True)
class RetrieveRequest:
    """What a C-MOVE or C-GET asks: one value for each level above, and those of its own."""

    model: Model
    level: Level
    above: dict[Level, str]
    values: tuple[str, ...] = field(default=())


def read_find(raw: bytes, transfer_syntax: str, model: Model) -> FindRequest:
    """Read the Identifier of a C-FIND.

    Raises
    ------
    UnreadableIdentifierError
        If it is no data set.
    IdentifierMismatchError
        If its level is none of the model, the unique key of a level above has not exactly one value, or Patient ID has
        several where it is the unique key of the level.
    """
    found, unknown = _read(raw, transfer_syntax)
    level = _level_of(found, model)
    above = _above(found, model, level)
    if level is Level.PATIENT:
        _check_patient_id(texts_of(found.get(UNIQUE_KEYS[level])))
    supported = supported_keys(model, level)
    asked = {keyword: value for keyword, value in found.items() if keyword not in _NOT_KEYS}
    keys = {keyword: value for keyword, value in asked.items() if keyword in supported}
    declared = "\\".join(texts_of(found.get(_SPECIFIC_CHARACTER_SET)))
    return FindRequest(model, level, above, keys, unknown or len(keys) < len(asked), declared)


def read_retrieve(raw: bytes, transfer_syntax: str, model: Model) -> RetrieveRequest:
    """Read the Identifier of a C-MOVE or C-GET; raises as `read_find`, and where no entity is named as it has to be."""
    found, _ = _read(raw, transfer_syntax)
    level = _level_of(found, model)
    above = _above(found, model, level)
    values = tuple(texts_of(found.get(UNIQUE_KEYS[level])))
    if not values:
        raise IdentifierMismatchError(f"{UNIQUE_KEYS[level]} is needed")
    if len(values) > MOST_UIDS:
        raise IdentifierMismatchError(f"more than {MOST_UIDS} UIDs")
    if level is Level.PATIENT:
        _check_patient_id(values)
        if set(values[0]) & WILD_CARDS:
            raise IdentifierMismatchError("one Patient ID without wild cards is needed")
    for each, named in {**{upper: (uid,) for upper, uid in above.items()}, level: values}.items():
        if each is not Level.PATIENT and not all(map(is_uid, named)):
            raise IdentifierMismatchError(f"{UNIQUE_KEYS[each]}: not a UID")
    return RetrieveRequest(model, level, above, values)


def _check_patient_id(values: Sequence[str]) -> None:
    """Refuse several values of Patient ID where it is the unique key of the level.

    List of UID Matching is for UIDs alone, and Patient ID has one value: no type of matching gives a list of them a
    meaning (PS3.4 Section C.2.2.2, C.4.2.1.4.1). Of other keys, where the meaning of several values is open as well, it
    is enough that one matches: they do not name the entity.
    """
    if len(values) > 1:
        raise IdentifierMismatchError("one Patient ID is needed")


def _read(raw: bytes, transfer_syntax: str) -> tuple[Attributes, bool]:
    """Return the attributes of an Identifier, and whether there are more that have no keyword."""
    try:
        tree = read_tree(raw, transfer_syntax) if raw else Item(())
    except DataSetError as error:
        raise UnreadableIdentifierError(f"Identifier {error}") from error
    found = read_attributes(tree.elements, most_value_bytes=MOST_KEY_BYTES)
    unknown = any(each.tag & 0xFFFF and not keyword_for_tag(each.tag) for each in tree.elements)
    return {keyword: value for keyword, value in found.items() if not keyword.endswith("GroupLength")}, unknown


def _level_of(found: Attributes, model: Model) -> Level:
    given = texts_of(found.get("QueryRetrieveLevel"))
    level = next((each for each in model.levels if given == [each.value]), None)
    if level is None:
        raise IdentifierMismatchError(f"Query/Retrieve Level {given[0][:16]!r}" if given else "no Query/Retrieve Level")
    return level


def _above(found: Attributes, model: Model, level: Level) -> dict[Level, str]:
    """Return the one value of the unique key of each level above (PS3.4 Section C.4.1.3.1.1)."""
    above: dict[Level, str] = {}
    for each in model.above(level):
        value: AttributeValue = texts_of(found.get(UNIQUE_KEYS[each]))
        if len(value) != 1 or not value[0] or set(value[0]) & WILD_CARDS:
            raise IdentifierMismatchError(f"one value of {UNIQUE_KEYS[each]} is needed")
        above[each] = value[0]
    return above
