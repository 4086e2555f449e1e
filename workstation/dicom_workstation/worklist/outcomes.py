"""What the user is told of a worklist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dicom_workstation.outcome import LEFT_OUT_IF_NONE, Outcome, Record


@dataclass(frozen=True, slots=True)
class WorklistEntry(Record):
    """A study of a worklist.

    Parameters
    ----------
    state : str
        waiting, loading, paused, ready, open, read, skipped or failed.
    instances : int or None
        How many the archive lists; None if it does not say.
    loaded : int
        How many were in memory when it was loaded.
    is_listed : bool
        Whether the archive still lists it.
    attributes : mapping
        What the archive answered, as keyword -> text.
    """

    StudyInstanceUID: str
    state: str
    instances: int | None = None
    loaded: int = 0
    is_listed: bool = True
    detail: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistOutcome(Outcome):
    """A worklist at one moment.

    `problem` says why the list is not what it should be, and `listed_at` when the archive last answered, in the format
    of ISO 8601; `opened` is the study that is open, and `display_protocol` the one that it got, or none, if any are
    configured.
    """

    name: str = ""
    reader: str = ""
    studies: tuple[WorklistEntry, ...] = ()
    opened: str | None = None
    listed_at: str = ""
    problem: str = ""
    display_protocol: str | None = field(default=None, metadata=LEFT_OUT_IF_NONE)
    display_protocol_why: str | None = field(default=None, metadata=LEFT_OUT_IF_NONE)
