"""The places of a film that came out: for each image that was sent, what is where it belongs.

References
----------
PS3.3 C.13.5.1 (Image Box Position).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from dicom_conformance.judge.films.likeness import Area, Greys, cells, ground, is_distinct, located, sent_greys
from dicom_conformance.judge.films.printed import PrintedFilm, PrintedImage
from dicom_conformance.judge.films.put_out import Picture, PutOutFilm, StoredImage

_DENSITIES = ("MinDensity", "MaxDensity")


@dataclass(frozen=True, slots=True)
class Place:
    """One image that was sent, and what came out where it belongs.

    Attributes
    ----------
    name : str
        The file and the position.
    sent : PrintedImage
    greys : ndarray
        What it must look like, 0 to 255, before any Presentation LUT.
    others : mapping of int to ndarray
        Likewise of the other images of the film, by position.
    printed : ndarray or None
        The rectangle of the picture in which an image lies; None where there is none.
    stored : StoredImage or None
        What a Stored Print holds at the position.
    unjudged : str
        Why the place cannot be judged; empty where it can be.
    """

    name: str
    sent: PrintedImage
    film: PrintedFilm
    greys: Greys
    others: Mapping[int, Greys]
    printed: NDArray[Any] | None = None
    stored: StoredImage | None = None
    magnification_told: str = ""
    unjudged: str = ""
    other_pixels: Mapping[int, NDArray[Any]] = field(default_factory=dict)

    @property
    def has_lut(self) -> bool:
        """Whether the image goes through a Presentation LUT."""
        return self.sent.presentation_lut is not None or self.film.presentation_lut is not None

    @property
    def has_densities(self) -> bool:
        """Whether densities were asked for, which change what black and white are."""
        return any(self.film.requested_box.get(key) or self.sent.parameters.get(key) for key in _DENSITIES)

    @property
    def magnification_asked(self) -> str:
        """Magnification Type of the image box, else of the film box, as they were sent (PS3.3 C.13.5)."""
        texts = (source.get("MagnificationType", "").strip() for source in (self.sent.parameters, self.film.box))
        return next((text for text in texts if text), "")


def places(film: PrintedFilm, came: PutOutFilm) -> Iterator[Place]:
    """Give a place for each image of a film that was sent, in order of position."""
    greys = {image.position: each for image in film.images if (each := sent_greys(image)) is not None}
    pixels: dict[int, NDArray[Any]] = {}
    for image in film.images:
        if (own_pixels := image.pixels) is not None:
            pixels[image.position] = own_pixels
    for image in sorted(film.images, key=lambda one: one.position):
        own = greys.get(image.position)
        if own is None:
            continue
        others = {position: each for position, each in greys.items() if position != image.position}
        other_pixels = {position: each for position, each in pixels.items() if position != image.position}
        found: dict[str, Any] = {}
        if came.picture is None:
            stored = came.images.get(image.position)
            unjudged = "" if stored is not None else "the Stored Print has no image there"
            found = {"stored": stored, "magnification_told": came.magnification, "unjudged": unjudged}
        else:
            found = _found(film, came.picture, image.position, own)
        name = f"{came.name}, position {image.position}"
        yield Place(name, image, film, own, others, other_pixels=other_pixels, **found)


def _found(film: PrintedFilm, picture: Picture, position: int, own: Greys) -> dict[str, Any]:
    layout = film.requested_box.get("ImageDisplayFormat", "")
    places_of_film = cells(layout, *picture.shape[:2])
    if not 1 <= position <= len(places_of_film):
        return {"unjudged": f"only the printer knows where position {position} of {layout} is"}
    around = ground(picture)
    if not is_distinct(own, around):
        return {"unjudged": "the edge of the image cannot be told from the film around it"}
    area: Area | None = located(picture, places_of_film[position - 1], around)
    return {"printed": None if area is None else area.of(picture)}
