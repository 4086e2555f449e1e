"""The levels of the Query/Retrieve information models, and the unique key of each (PS3.4 C.6)."""

from __future__ import annotations

from typing import Final

from dicom_workstation.data_sets.identifiers import Keys, values_of

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


def missing_unique_key(model: str, level: str, keys: Keys) -> str:
    """Say which unique key above a level has not a single value; empty if each has.

    References
    ----------
    PS3.4 Section C.4.1.2.1 and C.4.2.2.1; relational behaviour is never negotiated
    """
    levels = LEVELS[model]
    for upper in levels[: levels.index(level)]:
        values = values_of(keys.get(UNIQUE_KEYS[upper]))
        if len(values) != 1 or set(values[0]) & set("*?"):
            return f"level {level} needs a single value of {UNIQUE_KEYS[upper]}"
    return ""
