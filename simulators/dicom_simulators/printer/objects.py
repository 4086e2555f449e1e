"""The objects of a printer on one association: a film session, its film boxes, their image and annotation boxes, LUTs.

Invariants: what exists, and what refers to what; whether a request may make, change or delete it is decided
in `printer.services`. A film is composed from copies, so that what is changed afterwards changes no film
that was asked for (PS3.4 H.4.2.2.4.3).

References
----------
PS3.4 H.2.2 (the tree of instances), H.4; PS3.3 C.13
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dicom_simulators.encoding import character_set, tag_of
from dicom_simulators.printer.attributes import Attributes, references, text, texts, whole_number
from dicom_simulators.printer.films import Annotation, CustomLayouts, Film, FilmImage, Layout, PresentationLUT, lay_out
from dicom_simulators.printer.sop_classes import (
    ANNOTATION_BOX,
    COLOR_IMAGE_BOX,
    FILM_BOX,
    FILM_SESSION,
    GRAYSCALE_IMAGE_BOX,
    PRESENTATION_LUT,
)


@dataclass(slots=True, eq=False)
class LUTObject:
    """A Presentation LUT SOP Instance; it lives on in what refers to it (PS3.4 H.4.9.2.2.2)."""

    uid: str
    lut: PresentationLUT
    attributes: Attributes
    sop_class: str = PRESENTATION_LUT


@dataclass(slots=True, eq=False)
class ImageBox:
    """An image box; `image` is None where it is empty."""

    uid: str
    sop_class: str
    position: int
    attributes: Attributes = field(default_factory=dict)
    image: FilmImage | None = None
    lut: LUTObject | None = None


@dataclass(slots=True, eq=False)
class AnnotationBox:
    """An annotation box."""

    uid: str
    position: int
    text: str = ""
    sop_class: str = ANNOTATION_BOX


@dataclass(slots=True, eq=False)
class FilmBox:
    """A film box with its boxes, in order of position."""

    uid: str
    colour: bool
    attributes: Attributes
    image_boxes: tuple[ImageBox, ...] = ()
    annotation_boxes: tuple[AnnotationBox, ...] = ()
    lut: LUTObject | None = None
    printed: bool = False
    sop_class: str = FILM_BOX

    @property
    def empty(self) -> bool:
        """Whether no image box holds an image."""
        return all(box.image is None for box in self.image_boxes)

    def texts(self) -> dict[str, str]:
        """Return its attributes by keyword."""
        return texts(self.attributes)

    def laid_out(self, custom_layouts: CustomLayouts) -> Layout:
        """Return where its boxes lie; FilmError where they cannot."""
        return lay_out(self.texts(), sum(bool(box.text) for box in self.annotation_boxes), custom_layouts)


@dataclass(slots=True, eq=False)
class FilmSession:
    """A film session and its film boxes, in order of creation."""

    uid: str
    attributes: Attributes
    film_boxes: list[FilmBox] = field(default_factory=list)
    sop_class: str = FILM_SESSION

    @property
    def copies(self) -> int:
        """Number of Copies."""
        return whole_number(text(self.attributes, "NumberOfCopies")) or 1


Object = FilmSession | FilmBox | ImageBox | AnnotationBox | LUTObject


@dataclass(slots=True, eq=False)
class Tree:
    """Every object of one association."""

    session: FilmSession | None = None
    luts: dict[str, LUTObject] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Object]:
        yield from self.luts.values()
        if self.session is not None:
            yield self.session
            for film_box in self.session.film_boxes:
                yield film_box
                yield from film_box.image_boxes
                yield from film_box.annotation_boxes

    def find(self, uid: str) -> Object | None:
        """Return the object with this SOP Instance UID."""
        return next((one for one in self if one.uid == uid), None)

    @property
    def film_boxes(self) -> list[FilmBox]:
        """The film boxes, in order of creation."""
        return [] if self.session is None else self.session.film_boxes

    def film_box_of(self, box: ImageBox | AnnotationBox) -> FilmBox:
        """Return the film box that an image or annotation box belongs to; StopIteration if it belongs to none."""
        return next(one for one in self.film_boxes if box in one.image_boxes or box in one.annotation_boxes)

    @property
    def image_bytes(self) -> int:
        """What its images take, in bytes."""
        held = (box.image for one in self.film_boxes for box in one.image_boxes)
        return sum(image.pixels.nbytes for image in held if image is not None)


def link(session: FilmSession) -> None:
    """Write the references of a session to its film boxes (PS3.4 H.4.2.2.1.3)."""
    tag = tag_of("ReferencedFilmBoxSequence")
    session.attributes[tag] = references(tag, ((one.sop_class, one.uid) for one in session.film_boxes))


def image_box_class(colour: bool) -> str:
    """Return the SOP Class of the image boxes of a film (PS3.4 H.4.2.2.1.3: the context decides)."""
    return COLOR_IMAGE_BOX if colour else GRAYSCALE_IMAGE_BOX


def composed(session: FilmSession, film_box: FilmBox, number: int = 0) -> Film:
    """Compose the film of a film box, from what it holds now.

    A Presentation LUT of an image box goes before that of its film box (PS3.4 H.4.3.1.2.1.1).
    """
    terms = character_set(session.attributes)
    return Film(
        number,
        film_box.colour,
        texts(session.attributes),
        texts(film_box.attributes, terms),
        tuple(_printed(box.image, box.lut) for box in film_box.image_boxes if box.image is not None),
        tuple(Annotation(box.position, box.text) for box in film_box.annotation_boxes if box.text),
        None if film_box.lut is None else film_box.lut.lut,
    )


def _printed(image: FilmImage, lut: LUTObject | None) -> FilmImage:
    """Return what an image box holds, with its own Presentation LUT."""
    return image if lut is None else replace(image, presentation_lut=lut.lut)
