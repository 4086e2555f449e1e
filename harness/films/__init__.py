"""Films read off the wire: who asked for which, what they hold, and what came of them.

The law of this package: only the bytes of the associations count, never what a simulator or the subject remembers.
Whatever stands in them, reading never raises.

References
----------
PS3.4 Annex H, PS3.3 C.13.
"""

from __future__ import annotations

from harness.films.printed import Event, PrintedFilm, PrintedImage
from harness.films.reading import events, films

__all__ = ["Event", "PrintedFilm", "PrintedImage", "events", "films"]
