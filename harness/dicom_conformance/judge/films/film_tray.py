"""The folder in which a printer leaves its films, over the cases of a run: each case gets its own films alone.

A printer answers an N-ACTION-RQ long before its film is a file. So a case that looks at films first waits for those
that earlier cases printed. A printer that leaves no file of some of them is waited for in full only once.
"""

from __future__ import annotations

from pathlib import Path

from dicom_conformance.judge.films.put_out import FilmFolder
from dicom_conformance.judge.films.reading import films
from dicom_conformance.trace import Trace

LATE_S = 10.0
"""How long a film of an earlier case is awaited."""
LESS_LATE_S = 1.0
"""How long it is awaited once one did not come at all."""


class FilmTray:
    """The films of a subject that leaves them in a folder.

    Parameters
    ----------
    path : Path
        The folder, which exists.
    late_s : float
        How long a film of an earlier case is awaited, in seconds.
    """

    def __init__(self, path: Path, late_s: float = LATE_S) -> None:
        self._path = path
        self._late_s = late_s
        self._folder = FilmFolder(path)
        self._printed = 0

    def begin(self, trace: Trace, *, looks_at_films: bool) -> None:
        """Let the trace of a case that begins see the films that come from now on."""
        if looks_at_films:
            came = len(self._folder.films(self._printed, self._late_s))
            if came < self._printed:
                self._late_s = min(self._late_s, LESS_LATE_S)
            self._folder, self._printed = FilmFolder(self._path), 0
        trace.films = self._folder.films

    def end(self, trace: Trace) -> None:
        """Count what the case had printed: its films may be files only later."""
        taken = (film for film in films(trace, acceptor=trace.subject) if film.printed)
        self._printed += sum(film.execution_status != "FAILURE" for film in taken)
