"""What holds SOP Instances, be it memory or disk: how one comes in, and how it is read again.

Invariants: an instance is either wholly held or not at all; a receipt owns its room from its first byte until it is
kept or discarded; what is given back is the data set, byte for byte as it came. Every method may be called by any
thread.

References
----------
PS3.4 Section B.2.3 (statuses of C-STORE); PS3.7 Section 9.1.1
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO, Final, Protocol

DIGEST_BYTES: Final = 32
"""Size of the BLAKE2b digest by which two data sets are compared."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What the command set and the association say of an instance before its data set comes."""

    SOPClassUID: str
    SOPInstanceUID: str
    TransferSyntaxUID: str
    calling_ae_title: str = ""
    move_originator: str | None = None


@dataclass(frozen=True, slots=True)
class InstanceEntry:
    """What a store knows of an instance that it holds.

    Parameters
    ----------
    length_bytes : int
        Size of the data set, without File Meta Information.
    """

    SOPClassUID: str
    SOPInstanceUID: str
    StudyInstanceUID: str
    SeriesInstanceUID: str
    TransferSyntaxUID: str
    length_bytes: int


@dataclass(frozen=True, slots=True)
class Selection:
    """Which instances are meant: those that have one of the UIDs at each level that names any; empty: all."""

    studies: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    patient: str | None = None

    def includes(self, entry: InstanceEntry) -> bool:
        """Whether an instance is meant, as far as its UIDs say so."""
        return (
            (not self.studies or entry.StudyInstanceUID in self.studies)
            and (not self.series or entry.SeriesInstanceUID in self.series)
            and (not self.instances or entry.SOPInstanceUID in self.instances)
        )


class Admission(Enum):
    """What became of an instance that was received whole."""

    KEPT = "kept"
    ALREADY_KEPT = "already kept, with the same content"
    OTHER_CONTENT = "already kept with other content, which stays"
    REPLACED = "kept in the place of other content"


class RefusalReason(Enum):
    """Why a store does not keep an instance."""

    OUT_OF_RESOURCES = "there is no room"
    TOO_LARGE = "it is larger than an instance may be"
    NOT_UNDERSTOOD = "it cannot be understood"
    INSTANCE_DIFFERS = "its SOP Instance UID is not the one announced"
    CLASS_DIFFERS = "its SOP Class UID is not the one announced"


class StoreRefusedError(Exception):
    """An instance that is not kept; nothing of it is left in the store."""

    def __init__(self, reason: RefusalReason, detail: str = "") -> None:
        super().__init__(detail or reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Kept:
    """How an instance was kept.

    Parameters
    ----------
    deficiency : str or None
        What is missing of it, which its sender is warned of.
    remarks : tuple of str
        What is wrong with its encoding, although it can be read.
    """

    admission: Admission
    deficiency: str | None = None
    remarks: tuple[str, ...] = ()


class Receipt(Protocol):
    """The room of one instance whose data set is coming."""

    def write(self, fragment: memoryview) -> None:
        """Take the next bytes. A refusal does not show here: what comes is dropped, and `keep` raises."""

    def keep(self) -> Kept:
        """Hold the instance; when this returns it is as safe as the store can make it.

        Raises
        ------
        StoreRefusedError
            It is not held, and its room is free again.
        OSError
            The store itself failed; it is not held either.
        """

    def discard(self) -> None:
        """Give the room back; without effect after `keep`."""


class HeldInstance(Protocol):
    """An instance that a store holds."""

    @property
    def entry(self) -> InstanceEntry:
        """What is known of it."""

    def data_set(self) -> bytes:
        """Return the whole data set. OSError where it can no longer be read."""

    def open(self) -> BinaryIO:
        """Return the data set as a stream that can be sought; the caller closes it."""


class InstanceStore(Protocol):
    """What holds instances."""

    def receive(self, announced: Announced) -> Receipt:
        """Make room for an instance that is announced. StoreRefusedError where there is none."""

    def find(self, selection: Selection) -> Iterator[InstanceEntry]:
        """Yield what is held and meant, in the order of arrival."""

    def get(self, SOPInstanceUID: str) -> HeldInstance | None:
        """Return an instance, if it is held."""

    def remove(self, selection: Selection) -> int:
        """Forget what is meant; returns how many instances that were."""
