"""Films read off the wire: who requested them, what they hold, and how they ended.

Invariants: only the bytes of the associations count, never what a simulator or the subject remembers; `put_out` reads
what a printer left as files, and `likeness` finds the images again in it. Reading never raises, whatever they contain.

References
----------
PS3.4 Annex H, PS3.3 C.13.
"""

from __future__ import annotations

from dicom_conformance.judge.films.expectation import RequestedImage, hold, of_film, printing, requested_images
from dicom_conformance.judge.films.film_places import Place, places
from dicom_conformance.judge.films.film_tray import FilmTray
from dicom_conformance.judge.films.likeness import ALIKE, BETTER, TURNS, grid, likeness, steps, turned
from dicom_conformance.judge.films.printed import Event, PrintedFilm, PrintedImage
from dicom_conformance.judge.films.put_out import FilmFolder, PutOutFilm, StoredImage
from dicom_conformance.judge.films.reading import events, films

__all__ = [
    "ALIKE",
    "BETTER",
    "TURNS",
    "Event",
    "FilmFolder",
    "FilmTray",
    "Place",
    "PrintedFilm",
    "PrintedImage",
    "PutOutFilm",
    "RequestedImage",
    "StoredImage",
    "events",
    "films",
    "grid",
    "hold",
    "likeness",
    "of_film",
    "places",
    "printing",
    "requested_images",
    "steps",
    "turned",
]
