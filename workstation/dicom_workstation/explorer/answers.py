"""The answers that archives gave to searches, so that sorting, paging, back and reload do not ask again.

Invariants: one C-FIND a submission: two requests of the same page at once wait for the same answer. Only the last
`KEPT` answers are kept, and none beyond the process.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from dicom_workstation.outcome import QueryOutcome

KEPT: Final = 48


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a query, and when: `HH:MM:SS`."""

    outcome: QueryOutcome
    asked_at: str


class Answers:
    """Keeps answers by the submission that asked for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asking: dict[object, threading.Lock] = {}
        self._kept: OrderedDict[object, Answer] = OrderedDict()

    def of(self, submission: object, ask: Callable[[], QueryOutcome]) -> Answer:
        """Return the answer to a submission; `ask` is called if there is none yet."""
        with self._lock:
            turn = self._asking.setdefault(submission, threading.Lock())
        with turn:
            with self._lock:
                found = self._kept.get(submission)
            if found is not None:
                return found
            answer = Answer(ask(), time.strftime("%H:%M:%S"))
            with self._lock:
                self._kept[submission] = answer
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
                self._asking.pop(submission, None)
            return answer

    def study(self, uid: str) -> Mapping[str, str]:
        """Return what an archive last answered of a study; empty if none did."""
        with self._lock:
            for answer in reversed(self._kept.values()):
                for match in answer.outcome.matches:
                    if match.get("StudyInstanceUID") == uid and "PatientName" in match:
                        return match
        return {}
