"""The images that the loader holds in memory, as the application gets them.

Invariants: what is kept is the data set byte for byte as it was received, with its transfer syntax; it is
indexed by study, series and SOP Instance UID; it stays for as long as the user asked for and never beyond the budget.
Every method may be called by any thread.

References
----------
Conformance statement, 3.2.2.1.3.2.1 and 3.2.2.1.3.2.3
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from dicom_workstation.instances.same_content import has_same_content


@dataclass(frozen=True, slots=True)
class StoredInstance:
    """One SOP Instance in memory; `data_set` is encoded in `TransferSyntaxUID`, without File Meta Information.

    `warnings` is what was wrong with it when it came, although it was kept.
    """

    SOPClassUID: str
    SOPInstanceUID: str
    StudyInstanceUID: str
    SeriesInstanceUID: str
    TransferSyntaxUID: str
    data_set: bytes
    calling_ae_title: str = ""
    move_originator: str | None = None
    warnings: tuple[str, ...] = ()


class KeepResult(Enum):
    """What became of an instance that was offered to the memory."""

    KEPT = "kept"
    ALREADY_KEPT = "already kept, with the same content"
    OTHER_CONTENT = "already kept with other content"
    NO_ROOM = "the memory budget does not allow it"


class Memory:
    """Holds instances until they are removed, expire, or the memory is cleared."""

    def __init__(self, budget_bytes: int, keep_s: float | None = None) -> None:
        self._budget_bytes = budget_bytes
        self._keep_s = keep_s
        self._used_bytes = 0
        self._reserved_bytes = 0
        self._instances: dict[str, tuple[StoredInstance, float | None]] = {}
        self._earliest_end: float | None = None
        self._watches: list[Watch] = []
        self._refusals = 0
        self._changed = threading.Condition()

    def configure(self, budget_bytes: int, keep_s: float | None) -> None:
        """Change budget and duration; what is held stays."""
        with self._changed:
            self._budget_bytes, self._keep_s = budget_bytes, keep_s

    @property
    def used_bytes(self) -> int:
        """How many bytes of data sets are held."""
        with self._changed:
            self._expire()
            return self._used_bytes

    def reserve(self, count_bytes: int) -> bool:
        """Reserve room for bytes that are still coming; False when the budget does not allow it."""
        with self._changed:
            self._expire()
            if self._used_bytes + self._reserved_bytes + count_bytes > self._budget_bytes:
                self._refusals += 1
                return False
            self._reserved_bytes += count_bytes
            return True

    def release(self, count_bytes: int) -> None:
        """Give reserved room back."""
        with self._changed:
            self._reserved_bytes -= count_bytes

    @property
    def refusals(self) -> int:
        """How often something was refused because there was no room for it."""
        with self._changed:
            return self._refusals

    @property
    def reserved_bytes(self) -> int:
        """How many bytes are reserved for data sets that are on their way."""
        with self._changed:
            return self._reserved_bytes

    def keep(self, instance: StoredInstance, reserved_bytes: int = 0) -> KeepResult:
        """Hold an instance if there is room and no other content bears its UID.

        Contents are compared while others may use the memory, since that may take the decoding of pixels.

        Parameters
        ----------
        reserved_bytes
            What was reserved for it: given back here, whatever the result, so that it is never counted twice and room
            that others reserved is not taken from them.
        """
        compared: StoredInstance | None = None
        is_same = False
        while True:
            with self._changed:
                self._expire()
                known = self._instances.get(instance.SOPInstanceUID)
                if known is None or known[0] is compared:
                    self._reserved_bytes -= reserved_bytes
                    return self._admit(instance, known is not None, is_same)
            compared = known[0]
            is_same = has_same_content(
                compared.data_set, compared.TransferSyntaxUID, instance.data_set, instance.TransferSyntaxUID
            )

    def _admit(self, instance: StoredInstance, is_known: bool, is_same: bool) -> KeepResult:
        """Hold an instance that is not known yet; the lock is held by the caller."""
        with self._changed:
            if is_known:
                admission = KeepResult.ALREADY_KEPT if is_same else KeepResult.OTHER_CONTENT
            elif self._used_bytes + self._reserved_bytes + len(instance.data_set) > self._budget_bytes:
                admission = KeepResult.NO_ROOM
                self._refusals += 1
            else:
                until = None if self._keep_s is None else time.monotonic() + self._keep_s
                self._instances[instance.SOPInstanceUID] = (instance, until)
                if until is not None and (self._earliest_end is None or until < self._earliest_end):
                    self._earliest_end = until
                self._used_bytes += len(instance.data_set)
                admission = KeepResult.KEPT
            if admission is not KeepResult.NO_ROOM:
                for watch in self._watches:
                    watch.see(instance)
            self._changed.notify_all()
            return admission

    def instances(
        self, StudyInstanceUID: str | None = None, SeriesInstanceUID: str | None = None
    ) -> tuple[StoredInstance, ...]:
        """Return what is held, in order of arrival, of a study or a series if one is given."""
        with self._changed:
            self._expire()
            return tuple(
                instance
                for instance, _ in self._instances.values()
                if StudyInstanceUID in (None, instance.StudyInstanceUID)
                and SeriesInstanceUID in (None, instance.SeriesInstanceUID)
            )

    def get(self, SOPInstanceUID: str) -> StoredInstance | None:
        """Return an instance, if it is held."""
        with self._changed:
            self._expire()
            known = self._instances.get(SOPInstanceUID)
            return known[0] if known is not None else None

    def remove(self, SOPInstanceUID: str) -> bool:
        """Forget an instance; False when it is not held."""
        with self._changed:
            known = self._instances.pop(SOPInstanceUID, None)
            if known is None:
                return False
            self._used_bytes -= len(known[0].data_set)
            return True

    def clear(self) -> None:
        """Forget everything."""
        with self._changed:
            self._instances.clear()
            self._used_bytes = 0

    def watch(self, wanted: Callable[[StoredInstance], bool]) -> Watch:
        """Begin to note each wanted instance that arrives, new or held already; to be ended by `unwatch`."""
        watch = Watch(wanted)
        with self._changed:
            self._watches.append(watch)
        return watch

    def unwatch(self, watch: Watch) -> None:
        """End a watch."""
        with self._changed:
            self._watches.remove(watch)

    def wait(self, until: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until the condition holds, tested at each arrival and `wake`; False when the time is over first."""
        with self._changed:
            return self._changed.wait_for(until, timeout_s)

    def wake(self) -> None:
        """Have whoever waits test its condition again."""
        with self._changed:
            self._changed.notify_all()

    def _expire(self) -> None:
        now = time.monotonic()
        if self._earliest_end is None or now < self._earliest_end:
            return
        expired = [uid for uid, (_, until) in self._instances.items() if until is not None and until <= now]
        for uid in expired:
            self._used_bytes -= len(self._instances.pop(uid)[0].data_set)
        self._earliest_end = min((until for _, until in self._instances.values() if until is not None), default=None)


class Watch:
    """Which of the wanted instances have arrived since the watch began."""

    def __init__(self, wanted: Callable[[StoredInstance], bool]) -> None:
        self._wanted = wanted
        self.arrived: set[str] = set()

    def see(self, instance: StoredInstance) -> None:
        """Note an instance that the memory was offered and did not refuse."""
        if self._wanted(instance):
            self.arrived.add(instance.SOPInstanceUID)
