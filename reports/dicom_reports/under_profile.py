"""What a subject did with peers that have a profile: how it judged, and what it reported, summed up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from dicom_conformance.results import Result

MOST_REPORTED = 6
"""So many of the things that a subject reported under one profile are shown, the most frequent first."""


@dataclass(slots=True)
class UnderProfile:
    """The cases that were played with peers of one profile.

    Parameters
    ----------
    name : str
        Of the profile.
    cases : int
        Those that were judged.
    untouched : int
        Those that were not, for the profile had no effect on them, or kept what they need from happening.
    verdicts, reported : Counter
        Of the cases that were judged.
    """

    name: str
    cases: int = 0
    untouched: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    reported: Counter[str] = field(default_factory=Counter)

    def take(self, result: Result) -> None:
        """Count a case."""
        if str(result.verdict) == "NOT_JUDGED":
            self.untouched += 1
            return
        self.cases += 1
        self.verdicts[str(result.verdict)] += 1
        if words := result.values.get("reported"):
            self.reported[words] += 1

    @property
    def most_reported(self) -> list[tuple[str, int]]:
        """What the subject reported most often, and how often."""
        return self.reported.most_common(MOST_REPORTED)

    @property
    def further(self) -> int:
        """How many other things it reported."""
        return max(0, len(self.reported) - MOST_REPORTED)
