"""Reading what a peer sent without Python warnings: what is wrong with it is a finding for the log, not for stderr.

Invariants: pydicom and pynetdicom warn about each value that is not conformant. Python's filters for warnings belong to
the whole process, so one filter of our own stands among them while any thread reads, and goes when the last one has
read. It names the modules that it silences: other warnings are not touched, and no filter of anybody else's is moved.
No lock is held while a thread reads, so that no thread waits for another; and `pydicom.config` stays as it is.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

_SILENCED: Final = r"(pydicom|pynetdicom|dicom_workstation)(\.|$)"


class _Silence:
    """One filter that stands while it is asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # of the count, and held for no longer than it takes to change it
        self._readers = 0
        self._filter: Any = None

    def begin(self) -> None:
        """Let the filter stand."""
        with self._lock:
            self._readers += 1
            if self._filter is None or self._filter not in warnings.filters:
                warnings.filterwarnings("ignore", module=_SILENCED)
                self._filter = warnings.filters[0]

    def end(self) -> None:
        """Take the filter away, if nobody reads any more."""
        with self._lock:
            self._readers -= 1
            if not self._readers and self._filter in warnings.filters:
                warnings.filters.remove(self._filter)  # type: ignore[attr-defined]


_silence = _Silence()


@contextmanager
def suppress_warnings() -> Iterator[None]:
    """Ignore the warnings of pydicom and pynetdicom; many threads may do so at once, for as long as they like."""
    _silence.begin()
    try:
        yield
    finally:
        _silence.end()
