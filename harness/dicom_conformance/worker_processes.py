"""How worker processes start: a server process imports everything once, and every worker is a fork of it.

A worker that imports for itself needs more than a second before its first case. The server is the one of the standard
library (`multiprocessing`, start method `forkserver`): it has no threads, it ends when this process ends, and what it
imported is memory that the workers share. Where the system cannot fork, each worker is a new process that imports for
itself.

This module imports nothing of the harness, so that a command can start the server before it imports anything else.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from multiprocessing.context import ForkServerContext, SpawnContext

SUBJECTS = "dicom_conformance.subjects"
"""The group of entry points that name the subjects."""
_PRELOAD = "dicom_conformance.run.preload"
MOST_FOR_A_SOCKET = 64
"""Bytes of a folder's path: the path of a socket may have 104 on some systems, and the library adds 34."""
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}
"""Of the server and of its workers: the threads of numpy's linear algebra would take time from the cases."""


def context(subject: str) -> ForkServerContext | SpawnContext:
    """Give the way in which worker processes for a subject start.

    Parameters
    ----------
    subject : str
        As on the command line. The module of one that is an entry point is imported by the server; the module of any
        other is not, because an error in it would end the server.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods() or not _is_short_enough(tempfile.gettempdir()):
        return multiprocessing.get_context("spawn")
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload([_PRELOAD, *(point.module for point in entry_points(group=SUBJECTS, name=subject))])
    return found


def _is_short_enough(folder: str) -> bool:
    """Whether the server can have its socket in a folder of the folder of temporary files."""
    return len(os.fsencode(folder)) <= MOST_FOR_A_SOCKET


def start_server(subject: str) -> None:
    """Start the server, unless it runs; it imports while this process goes on."""
    if not isinstance(context(subject), ForkServerContext):
        return
    from multiprocessing import forkserver  # does not exist where the system cannot fork

    with _environment():
        forkserver.ensure_running()


@contextmanager
def _environment() -> Iterator[None]:
    """Set the environment of the processes that start within the block."""
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
