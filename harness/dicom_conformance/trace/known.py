"""What an archive is known to hold: entities by name at each level, and their attributes.

Invariants: a name stands for one entity, or for all that belong to a group; what lies below an entity is named
`study.series` and `study.series.instance`. A level of which nothing is known has no entities.

References
----------
PS3.4 C.6.1.1 and C.6.2.1 (levels and their unique keys).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydicom.datadict import dictionary_VR, tag_for_keyword

from dicom_conformance.trace.attributes import Attribute, DataSet
from dicom_conformance.trace.held import Held

UNIQUE_KEYS: Final = {
    "PATIENT": "PatientID",
    "STUDY": "StudyInstanceUID",
    "SERIES": "SeriesInstanceUID",
    "IMAGE": "SOPInstanceUID",
}
"""Query/Retrieve Level to its unique key."""
LEVELS: Final = tuple(UNIQUE_KEYS)


@dataclass(frozen=True, slots=True)
class KnownInstance:
    """One instance that is known, or one study of which no more is known (its lower keys are empty then).

    Parameters
    ----------
    name : str
        `study.series.instance`, or `study`.
    patient : str
        Name of the patient.
    keys : mapping
        Level to the value of its unique key; a level that is not known is not in it.
    attributes : callable
        Reads its attributes.
    original : callable, optional
        Gives the instance as it was stored; None where it is not known.
    """

    name: str
    patient: str
    keys: Mapping[str, str]
    attributes: Callable[[], DataSet] = field(repr=False, compare=False)
    original: Callable[[], Held] | None = field(default=None, repr=False, compare=False)

    def name_at(self, level: str) -> str:
        """Name its entity at a level."""
        if level == "PATIENT":
            return self.patient
        return ".".join(self.name.split(".")[: LEVELS.index(level)])


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that is known of what an archive holds.

    Parameters
    ----------
    instances : sequence of KnownInstance
        In the order of the file.
    groups : mapping
        Further names to the names of the studies that they stand for.
    """

    instances: Sequence[KnownInstance]
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def below(self, name: str) -> tuple[KnownInstance, ...]:
        """Give the instances of an entity, or of a group.

        Raises
        ------
        LookupError
            Nothing has the name.
        """
        first, _, rest = name.partition(".")
        names = [f"{each}.{rest}" if rest else each for each in self.groups.get(first, (first,))]
        found = tuple(
            one
            for one in self.instances
            if one.patient in names or any(one.name == each or one.name.startswith(f"{each}.") for each in names)
        )
        if not found:
            raise LookupError(f"no fixture has the name {name!r}")
        return found

    def keys(self, names: Sequence[str], level: str) -> dict[str, str]:
        """Give what some names stand for at a level: unique key to name."""
        found: dict[str, str] = {}
        for name in names:
            for one in self.below(name):
                if level in one.keys:
                    found.setdefault(one.keys[level], self._shown(name, one, level))
        return found

    def _shown(self, asked: str, one: KnownInstance, level: str) -> str:
        own = one.name_at(level)
        is_alias = len(self.groups.get(asked, ())) == 1
        return asked if is_alias and level == "STUDY" else own

    def all_keys(self, level: str) -> dict[str, str]:
        """Give every entity of a level: unique key to name."""
        return {one.keys[level]: one.name_at(level) for one in reversed(self.instances) if level in one.keys}

    def find(self, level: str, key: str) -> KnownInstance | None:
        """Give the first instance of an entity by its unique key."""
        return next((one for one in self.instances if one.keys.get(level) == key), None)

    def entity(self, one: KnownInstance, level: str) -> DataSet:
        """Give the attributes of the entity of an instance at a level, with those that are counted or collected.

        References
        ----------
        PS3.4 C.3.4 (Table C.3-1: additional Query/Retrieve Attributes).
        """
        attributes = dict(one.attributes().attributes)
        for keyword, values in self._collected(one, level).items():
            tag = tag_for_keyword(keyword)
            if tag is not None:
                attributes[tag] = Attribute(tag, dictionary_VR(tag), values)
        return DataSet(attributes, one.attributes().character_set)

    def _collected(self, one: KnownInstance, level: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for above in LEVELS[: LEVELS.index(level) + 1] if level != "IMAGE" else LEVELS[:-1]:
            family = [each for each in self.instances if each.keys.get(above) == one.keys.get(above)]
            for below, noun in (("STUDY", "Studies"), ("SERIES", "Series"), ("IMAGE", "Instances")):
                keys = {each.keys.get(below) for each in family}
                if LEVELS.index(below) > LEVELS.index(above) and None not in keys:
                    found[f"NumberOf{above.capitalize()}Related{noun}"] = (str(len(keys)),)
            if above == "STUDY" and one.original is not None:
                series = {each.keys["SERIES"]: each for each in family}
                modalities = (each.attributes().text("Modality") or "" for each in series.values())
                found["ModalitiesInStudy"] = tuple(dict.fromkeys(modalities))
        return found
