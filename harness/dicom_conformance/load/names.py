"""The names of what is stored: unique for each run, each worker and each instance, and known again from numbers alone.

Invariants: every UID is ``2.25.`` and an integer of 39 digits made of a version 5 UUID (PS3.5 B.2), so that all have
the same length. The same numbers give the same names on every machine: a worker reports numbers, and whoever gathers
them knows the UIDs.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass

from dicom_simulators.data_sets import uid

__all__ = ["PATIENT_CHARACTERS", "UID_CHARACTERS", "Names"]

UID_CHARACTERS = 44
PATIENT_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Names:
    """The names that one worker of a run gives.

    Attributes
    ----------
    run : str
        What distinguishes the run from every other.
    worker : int
        The number of the worker within the run.
    """

    run: str
    worker: int

    def study(self, study: int) -> str:
        """Give the Study Instance UID of a study."""
        return self._uid("study", study)

    def series(self, study: int) -> str:
        """Give the Series Instance UID of the one series that a study has."""
        return self._uid("series", study)

    def instance(self, study: int, instance: int) -> str:
        """Give a SOP Instance UID."""
        return self._uid("instance", study, instance)

    def patient(self, study: int) -> str:
        """Give the Patient ID of a study: each study has a patient of its own."""
        text = f"{self.run}/{self.worker}/{study}"
        return "LOAD" + hashlib.sha256(text.encode()).hexdigest()[: PATIENT_CHARACTERS - 4].upper()

    def _uid(self, *parts: object) -> str:
        for attempt in itertools.count():
            made = uid("load", self.run, self.worker, *parts, attempt)
            if len(made) == UID_CHARACTERS:
                return made
        raise AssertionError
