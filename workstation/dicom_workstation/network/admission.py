"""Who may connect: the list of callers, the names in certificates, and the limits that an operator may set.

Invariants: nothing is limited that the configuration does not limit; an association that is let in is counted
until it has ended; a refusal carries the result, source and reason that say so.

References
----------
Conformance statement, 3.2.2.1.3; PS3.8 Table 9-21.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from dicom_workstation.configuration import Configuration
from dicom_workstation.data_sets import counted

Refusal = tuple[int, int, int]

NO_REASON_GIVEN: Final[Refusal] = (1, 1, 1)  # rejected-permanent, service-user
NO_SUCH_CALLING_AE_TITLE: Final[Refusal] = (1, 1, 3)
NO_SUCH_CALLED_AE_TITLE: Final[Refusal] = (1, 1, 7)
TEMPORARY_CONGESTION: Final[Refusal] = (2, 3, 1)  # rejected-transient, service-provider (presentation)
LOCAL_LIMIT_EXCEEDED: Final[Refusal] = (2, 3, 2)
SECOND: Final = 1.0


def is_allowed(callers: Iterable[str], calling: str, address: str) -> bool:
    """Whether one of the entries (title, network, or `TITLE@network`) admits this title from this address."""
    for entry in callers:
        title, at, network = entry.rpartition("@")
        if at:
            if title == calling and _within(address, network):
                return True
        elif entry == calling or _within(address, entry):
            return True
    return False


def _within(address: str, network: str) -> bool:
    try:
        return plain_address(address) in ipaddress.ip_network(network)
    except ValueError:
        return False  # the entry is a title


def plain_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Read an address; one of IPv4 that came over IPv6 (RFC 4291, 2.5.5.2) is what it is."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


class AdmissionControl:
    """Counts the associations that are open, in all and for each peer, and those of the last second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[object, str] = {}
        self._begun: deque[float] = deque()

    def enter(self, association: object, peer: str, configuration: Configuration) -> tuple[Refusal, str] | None:
        """Let an association in, or say why not; `leave` is to be called when it has ended."""
        now = self._clock()
        with self._lock:
            while self._begun and now - self._begun[0] >= SECOND:
                self._begun.popleft()
            per_peer = sum(1 for known in self._open.values() if known == peer)
            if _reached(len(self._open), configuration.maximum_associations):
                return LOCAL_LIMIT_EXCEEDED, f"limit reached: {counted(len(self._open), 'association')} open"
            if _reached(per_peer, configuration.maximum_associations_per_peer):
                return LOCAL_LIMIT_EXCEEDED, f"limit reached: {counted(per_peer, 'association')} of this peer open"
            if _reached(len(self._begun), configuration.maximum_associations_per_s):
                return (
                    TEMPORARY_CONGESTION,
                    f"limit reached: {counted(len(self._begun), 'association')} within a second",
                )
            self._open[association] = peer
            if configuration.maximum_associations_per_s is not None:
                self._begun.append(now)
            return None

    def leave(self, association: object) -> None:
        """An association has ended, whether it was let in or not."""
        with self._lock:
            self._open.pop(association, None)

    def forget(self) -> None:
        """Forget what began before: a fresh second begins."""
        with self._lock:
            self._begun.clear()


def _reached(count: int, limit: int | None) -> bool:
    return limit is not None and count >= limit
