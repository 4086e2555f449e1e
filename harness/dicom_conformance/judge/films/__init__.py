"""Films read off the wire: who requested them, what they hold, and how they ended.

Invariants: only the bytes of the associations count, never what a simulator or the subject remembers; `put_out` reads
what a printer left as files, and `likeness` finds the images again in it. Reading never raises, whatever they contain.

References
----------
PS3.4 Annex H, PS3.3 C.13.
"""

from __future__ import annotations

from dicom_conformance.judge.films.expectation import RequestedImage, hold, of_film, printing, requested_images
from dicom_conformance.judge.films.printed import Event, PrintedFilm, PrintedImage
from dicom_conformance.judge.films.put_out import FilmFolder, PutOutFilm, StoredImage
from dicom_conformance.judge.films.reading import events, films

__all__ = [
    "Event",
    "FilmFolder",
    "PrintedFilm",
    "PrintedImage",
    "PutOutFilm",
    "RequestedImage",
    "StoredImage",
    "events",
    "films",
    "hold",
    "of_film",
    "printing",
    "requested_images",
]
