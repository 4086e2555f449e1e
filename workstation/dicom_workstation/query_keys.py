"""What a query or a retrieve asks for: the level, and the elements of the Identifier, made once from the request.

Invariants: an Identifier that exists has a level of its model, a single value of each unique key above that level, and
the unique key of the level itself; a retrieve's has nothing but unique keys. Whether its values can be encoded, the
engine finds out, for that depends on the configuration.

References
----------
PS3.4 Section C.4.1.2.1, C.4.2.2.1 (unique keys; relational behaviour is never negotiated), C.2.2.1.2, C.2.2.1.3
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Self

from dicom_workstation.data_sets import Keys, values_of
from dicom_workstation.request_models import RequestError
from dicom_workstation.requests import QueryRequest, RetrieveRequest

LEVELS: Final = {
    "study_root": ("STUDY", "SERIES", "IMAGE"),
    "patient_root": ("PATIENT", "STUDY", "SERIES", "IMAGE"),
}
UNIQUE_KEYS: Final = {
    "PATIENT": "PatientID",
    "STUDY": "StudyInstanceUID",
    "SERIES": "SeriesInstanceUID",
    "IMAGE": "SOPInstanceUID",
}


@dataclass(frozen=True, slots=True)
class Identifier:
    """The Identifier of a C-FIND-RQ or C-MOVE-RQ: keyword -> value, the level among them."""

    model: str
    level: str
    elements: Mapping[str, object]

    @classmethod
    def of_query(cls, request: QueryRequest) -> Self:
        """Return what a query asks for; RequestError if the standard does not allow it."""
        if request.level not in LEVELS[request.model]:
            raise RequestError(f"there is no level {request.level} in model {request.model}")
        if lacking := missing_unique_key(request.model, request.level, request.keys):
            raise RequestError(lacking)
        # PS3.4 C.4.1.2.1: the unique key of the level is always there, with universal matching if nothing else
        elements = {UNIQUE_KEYS[request.level]: "", **request.keys, "QueryRetrieveLevel": request.level}
        return cls(request.model, request.level, elements)

    @classmethod
    def of_retrieve(cls, request: RetrieveRequest) -> Self:
        """Return what a retrieve asks for; RequestError if the standard does not allow it."""
        if not request.keys.get(UNIQUE_KEYS[request.level]):
            raise RequestError(f"{UNIQUE_KEYS[request.level]} is missing")
        if lacking := missing_unique_key(request.model, request.level, request.keys):
            raise RequestError(lacking)
        if others := beyond_unique(request.level, request.keys):
            raise RequestError(f"a retrieve takes only unique keys, not {', '.join(others)}")
        return cls(request.model, request.level, {**request.keys, "QueryRetrieveLevel": request.level})

    @property
    def unique_key(self) -> str:
        """The keyword that names what is asked for at the level."""
        return UNIQUE_KEYS[self.level]

    def with_elements(self, elements: Mapping[str, object]) -> Self:
        """Return the Identifier with other elements of the same level."""
        return replace(self, elements=elements)


def missing_unique_key(model: str, level: str, keys: Keys) -> str:
    """Say which unique key above a level has not a single value; empty if each has."""
    levels = LEVELS[model]
    for upper in levels[: levels.index(level)]:
        values = values_of(keys.get(UNIQUE_KEYS[upper]))
        if len(values) != 1 or set(values[0]) & set("*?"):
            return f"level {level} needs a single value of {UNIQUE_KEYS[upper]}"
    return ""


def beyond_unique(level: str, keys: Keys) -> list[str]:
    """Return the keywords that the Identifier of a C-MOVE-RQ shall not contain."""
    levels = LEVELS["study_root"]
    allowed = {"SpecificCharacterSet", *(UNIQUE_KEYS[each] for each in levels[: levels.index(level) + 1])}
    return [keyword for keyword in keys if keyword not in allowed]
