"""Reading what a peer sent without Python warnings: what is wrong with it is a finding for the log, not for stderr.

Invariants: pydicom and pynetdicom warn about each value that is not conformant. Python's filters for warnings
belong to the whole process, and changing them is not safe among threads; so it is done under one lock.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pydicom import config

_LOCK = threading.RLock()


@contextmanager
def suppress_warnings() -> Iterator[None]:
    """Ignore warnings for a short while that does not wait for anything."""
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def accept_foreign_values() -> None:
    """Have pydicom read values without judging them (each UID of an A-ASSOCIATE-RQ among them): archives send many."""
    config.settings.reading_validation_mode = config.IGNORE
