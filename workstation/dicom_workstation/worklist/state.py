"""What a worklist knows at one moment, what may happen to it, and what it may have done: plain data.

Invariants: frozen; an `Ask` names no level, for only studies are ever asked for (conformance statement, 2.2.2.1.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from dicom_workstation.worklist.answers import ListedStudy


class StudyState(StrEnum):
    """Where a study of the list stands."""

    WAITING = "waiting"
    LOADING = "loading"
    PAUSED = "paused"
    READY = "ready"
    OPEN = "open"
    READ = "read"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Study:
    """A study of the list.

    Parameters
    ----------
    loaded : int
        How many of its instances were in memory when it was last loaded or found there.
    loaded_of : int
        How many the archive listed then.
    again_s : float
        Before which time a study that failed is not loaded again.
    is_listed : bool
        Whether the archive still lists it; a study that is open stays in the list all the same.
    """

    listed: ListedStudy
    state: StudyState = StudyState.WAITING
    loaded: int = 0
    loaded_of: int = 0
    failures: int = 0
    again_s: float = 0.0
    detail: str = ""
    is_listed: bool = True

    @property
    def uid(self) -> str:
        """Its Study Instance UID."""
        return self.listed.uid

    @property
    def has_grown(self) -> bool:
        """Whether the archive lists more instances than when it was loaded."""
        return self.listed.instances is not None and self.listed.instances > max(self.loaded, self.loaded_of)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a worklist is told of its own: how often it asks, how far it loads ahead, how many retrieves run at once."""

    every_s: float = 60.0
    load_ahead: int = 1
    parallel_retrieves: int = 4


@dataclass(frozen=True, slots=True)
class State:
    """A worklist at one moment; times as the clock counts them, in seconds.

    Parameters
    ----------
    studies : tuple of Study
        In the order of the list.
    is_asking : bool
        Whether a query runs.
    listed_s : float or None
        When the archive last answered.
    problem : str
        Why the list is not what it should be; empty if nothing is wrong.
    loading : str or None
        The study that is being loaded, by its UID.
    is_cancelling : bool
        Whether the load was told to end.
    wanted : str or None
        The study that opens as soon as it is loaded.
    busy : int
        How many retrieves of others run or wait.
    room_again_s : float
        Until when nothing is loaded because the memory is full.
    """

    studies: tuple[Study, ...] = ()
    is_asking: bool = False
    ask_s: float = 0.0
    listed_s: float | None = None
    problem: str = ""
    loading: str | None = None
    is_cancelling: bool = False
    wanted: str | None = None
    busy: int = 0
    room_again_s: float = 0.0

    def study(self, uid: str | None) -> Study | None:
        """Return a study of the list."""
        return next((each for each in self.studies if each.uid == uid), None)

    @property
    def open(self) -> Study | None:
        """The study that the reader looks at."""
        return next((each for each in self.studies if each.state is StudyState.OPEN), None)

    @property
    def wakes_s(self) -> tuple[float, ...]:
        """When something may be to do although nothing happens."""
        asks = () if self.is_asking else (self.ask_s,)
        if self.loading is not None:
            return asks
        rooms = (self.room_again_s,) if self.room_again_s else ()
        return (*asks, *rooms, *(each.again_s for each in self.studies if each.again_s))


# -- what happens


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The archive answered: the studies of the list, in its order."""

    studies: tuple[ListedStudy, ...]


@dataclass(frozen=True, slots=True)
class NotAnswered:
    """The query failed."""

    reason: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """A load ended well: so many instances of the study are in memory."""

    uid: str
    held: int


@dataclass(frozen=True, slots=True)
class NotLoaded:
    """A load ended otherwise."""

    uid: str
    reason: str
    was_cancelled: bool = False
    memory_is_full: bool = False


@dataclass(frozen=True, slots=True)
class Busy:
    """So many retrieves of others run or wait."""

    count: int


@dataclass(frozen=True, slots=True)
class NextWanted:
    """The reader has read the study that is open, and wants the next one."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """The reader does not want a study: the one named, or the one that is open."""

    uid: str | None = None


Event: TypeAlias = Tick | Answered | NotAnswered | Loaded | NotLoaded | Busy | NextWanted | Skipped


# -- what is to be done


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the archive for the studies of the list."""


@dataclass(frozen=True, slots=True)
class Load:
    """Load a study into memory."""

    uid: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """End the load of a study."""

    uid: str


Command: TypeAlias = Ask | Load | Cancel
