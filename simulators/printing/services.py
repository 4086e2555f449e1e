"""The DIMSE-N services of a printer on one association, as sequences of responses, without a socket.

The law of this file: a request is looked at in the order of PS3.7 Annex C (SOP Class, operation, instance, attributes,
values) and then against what exists; the first thing that is wrong is the answer, and then nothing has changed.
Whoever runs a service sends what it yields. What goes on beyond the association (the queue, the jobs, the printer's
condition) is asked of a `Device`.

References
----------
PS3.4 Annex H; PS3.7 10.1, Annex C
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from simulators.acceptor import Response
from simulators.archive_data_set import (
    DataSetError,
    Element,
    character_set,
    encoding_of,
    read_elements,
    tag_of,
    values,
    write_elements,
)
from simulators.printing.abilities import Abilities
from simulators.printing.attributes import (
    REFERENCED_PRINT_JOB_SEQUENCE,
    REFERENCED_SOP_CLASS_UID,
    REFERENCED_SOP_INSTANCE_UID,
    Attributes,
    named,
    references,
    text,
    texts,
)
from simulators.printing.film import Film
from simulators.printing.images import read_image, read_lut
from simulators.printing.layout import FilmError
from simulators.printing.objects import (
    AnnotationBox,
    FilmBox,
    FilmSession,
    ImageBox,
    LUTObject,
    Object,
    Tree,
    composed,
    image_box_class,
    link,
)
from simulators.printing.replies import Elements, RefusedError, Status
from simulators.printing.rules import (
    ANNOTATION_BOX,
    COLOR_IMAGE_BOX,
    FILM_BOX_CREATE,
    FILM_BOX_SET,
    FILM_SESSION,
    GRAYSCALE_IMAGE_BOX,
    PRESENTATION_LUT,
    Judged,
    Rule,
    judge,
)
from simulators.printing.sizes import size_status
from simulators.printing.sop_classes import (
    ANNOTATION_BOX as ANNOTATION_BOX_CLASS,
)
from simulators.printing.sop_classes import (
    COLOR_META,
    NAMES,
    OF_CONTEXT,
    PRINT_JOB,
    PRINTER,
    PRINTER_INSTANCE,
    SERVICES,
)
from simulators.printing.sop_classes import FILM_BOX as FILM_BOX_CLASS
from simulators.printing.sop_classes import FILM_SESSION as FILM_SESSION_CLASS
from simulators.printing.sop_classes import PRESENTATION_LUT as PRESENTATION_LUT_CLASS

PRINT = 1
"""Action Type ID (PS3.4 Tables H.4-3, H.4-8)."""

KIBIBYTE = 1024
_SESSION_REFERENCE = tag_of("ReferencedFilmSessionSequence")
_LUT_REFERENCE = tag_of("ReferencedPresentationLUTSequence")
_IMAGE_REFERENCE = tag_of("ReferencedImageBoxSequence")
_ANNOTATION_REFERENCE = tag_of("ReferencedBasicAnnotationBoxSequence")
_LAYOUT = tag_of("ImageDisplayFormat")
_MEMORY = tag_of("MemoryAllocation")


@dataclass(frozen=True, slots=True)
class Asked:
    """A DIMSE-N request, as a service sees it.

    Attributes
    ----------
    service : str
        N-CREATE-RQ ...
    context : str
        The abstract syntax of its presentation context.
    sop_class, uid : str
        Affected or requested; empty where it names none.
    action : int or None
        Action Type ID.
    identifiers : tuple of int
        Attribute Identifier List.
    """

    service: str
    context: str
    transfer_syntax: str
    sop_class: str
    uid: str = ""
    data_set: bytes | None = None
    action: int | None = None
    identifiers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """Films to be printed as one print job.

    Attributes
    ----------
    films : tuple of Film
        In order, one copy of each.
    copies : int
        How many; of the whole, 1 2 1 2 (PS3.4 H.4.1.2.4).
    session : mapping
        Attributes of the film session.
    """

    films: tuple[Film, ...]
    copies: int
    session: Mapping[str, str]


class Device(Protocol):
    """The printer itself, as its services see it."""

    def submit(self, order: Order) -> str | None:
        """Take films into the print queue; give the UID of the print job, or None where the queue is full."""

    def job(self, uid: str) -> Attributes | None:
        """Give the attributes of a print job."""

    def state(self) -> Attributes:
        """Give the attributes of the printer."""


@dataclass(slots=True, eq=False)
class Printing:
    """The printer's side of one association.

    Parameters
    ----------
    abilities : Abilities
    device : Device
    make_uid : callable
        Gives a new SOP Instance UID for an object of this kind.
    negotiated : frozenset of str
        Abstract syntaxes of the accepted presentation contexts.
    always_assigns : bool
        Whether SOP Instance UIDs are assigned even where the SCU proposes one.
    """

    abilities: Abilities
    device: Device
    make_uid: Callable[[str], str]
    negotiated: frozenset[str]
    always_assigns: bool = False
    tree: Tree = field(default_factory=Tree)

    def answer(self, asked: Asked) -> Generator[Response, None, None]:
        """Answer a request."""
        services = {
            "N-CREATE-RQ": self._create,
            "N-SET-RQ": self._set,
            "N-GET-RQ": self._get,
            "N-ACTION-RQ": self._act,
            "N-DELETE-RQ": self._delete,
        }
        try:
            if asked.sop_class not in OF_CONTEXT.get(asked.context, ()):
                raise RefusedError(Status.NO_SUCH_SOP_CLASS, f"no SOP Class of this context: {asked.sop_class}")
            if asked.service not in SERVICES[asked.sop_class]:
                what = f"no {asked.service[:-3]} of a {NAMES[asked.sop_class]}"
                raise RefusedError(Status.UNRECOGNIZED_OPERATION, what)
            response = services[asked.service](asked)
        except RefusedError as refused:
            response = refused.response
        yield response

    # -- N-CREATE -------------------------------------------------------------------------------------------------

    def _create(self, asked: Asked) -> Response:
        if asked.uid and (self.tree.find(asked.uid) is not None or self.device.job(asked.uid) is not None):
            raise RefusedError(Status.DUPLICATE_SOP_INSTANCE, f"exists: {asked.uid}")
        creators = {
            FILM_SESSION_CLASS: self._create_session,
            FILM_BOX_CLASS: self._create_film_box,
            PRESENTATION_LUT_CLASS: self._create_lut,
        }
        assigned = not asked.uid or self.always_assigns
        uid = self.make_uid(NAMES[asked.sop_class]) if assigned else asked.uid
        judged, attributes = creators[asked.sop_class](asked, uid)
        return _reply(asked, judged, attributes, {"AffectedSOPInstanceUID": uid} if assigned else {})

    def _create_session(self, asked: Asked, uid: str) -> tuple[Judged, Attributes]:
        """Create the film session: one at a time on an association (PS3.4 H.4.1.2.1.3)."""
        if self.tree.session is not None:
            raise RefusedError(Status.DUPLICATE_SOP_INSTANCE, "this association has a film session")
        judged = self._judged(asked, FILM_SESSION, creating=True)
        self._allocate(judged)
        self.tree.session = FilmSession(uid, judged.attributes)
        return judged, judged.attributes

    def _allocate(self, judged: Judged) -> None:
        """Hear a Memory Allocation, in kilobytes (PS3.3 C.13.1, PS3.4 H.4.1.2.1.2)."""
        told = text(judged.attributes, "MemoryAllocation")
        if not told:
            return
        if not self.abilities.allocates_memory:
            del judged.attributes[_MEMORY]
            judged.warn(Status.MEMORY_ALLOCATION_NOT_SUPPORTED, "memory is not allocated", [_MEMORY])
        elif int(told) * KIBIBYTE > self.abilities.memory_bytes:
            raise RefusedError(Status.INVALID_ATTRIBUTE_VALUE, f"not so much memory: {told} KB", (_MEMORY,))

    def _create_film_box(self, asked: Asked, uid: str) -> tuple[Judged, Attributes]:
        judged = self._judged(asked, FILM_BOX_CREATE, creating=True)
        session = self._session_of(judged)
        if not self.abilities.collates and any(not one.printed for one in session.film_boxes):
            raise RefusedError(Status.UNPRINTED_FILM_BOX, "the film box before has not been printed")
        film_box = FilmBox(uid, asked.context == COLOR_META, judged.attributes, lut=self._lut_of(judged.attributes))
        try:
            boxes = film_box.laid_out(self.abilities.custom_layouts).boxes
        except FilmError as error:
            raise RefusedError(Status.INVALID_ATTRIBUTE_VALUE, str(error), (_LAYOUT,)) from None
        kind = image_box_class(film_box.colour)
        film_box.image_boxes = tuple(
            ImageBox(self.make_uid("image box"), kind, position) for position in range(1, len(boxes) + 1)
        )
        judged.attributes[_IMAGE_REFERENCE] = references(
            _IMAGE_REFERENCE, ((box.sop_class, box.uid) for box in film_box.image_boxes)
        )
        self._add_annotation_boxes(film_box)
        session.film_boxes.append(film_box)
        link(session)
        return judged, judged.attributes

    def _add_annotation_boxes(self, film_box: FilmBox) -> None:
        """Create the annotation boxes of an Annotation Display Format ID, where they were negotiated."""
        if ANNOTATION_BOX_CLASS not in self.negotiated:
            return
        told = text(film_box.attributes, "AnnotationDisplayFormatID")
        count = self.abilities.annotation_formats.get(told, 0)
        film_box.annotation_boxes = tuple(
            AnnotationBox(self.make_uid("annotation box"), position) for position in range(1, count + 1)
        )
        film_box.attributes[_ANNOTATION_REFERENCE] = references(
            _ANNOTATION_REFERENCE, ((box.sop_class, box.uid) for box in film_box.annotation_boxes)
        )

    def _session_of(self, judged: Judged) -> FilmSession:
        """Return the film session that a film box is to belong to."""
        session = self.tree.session
        sop_class, uid = _reference(judged.attributes[_SESSION_REFERENCE])
        if session is None or (sop_class, uid) != (FILM_SESSION_CLASS, session.uid):
            comment = "no such film session" if session is not None else "no film session"
            raise RefusedError(Status.INVALID_ATTRIBUTE_VALUE, f"{comment}: {uid}", (_SESSION_REFERENCE,))
        return session

    def _lut_of(self, attributes: Mapping[int, Element]) -> LUTObject | None:
        """Return the Presentation LUT that is referred to, if one is."""
        element = attributes.get(_LUT_REFERENCE)
        if element is None or not element.items:
            return None
        sop_class, uid = _reference(element)
        found = self.tree.luts.get(uid)
        if found is None or sop_class != PRESENTATION_LUT_CLASS:
            raise RefusedError(Status.INVALID_ATTRIBUTE_VALUE, f"no such presentation LUT: {uid}", (_LUT_REFERENCE,))
        return found

    def _create_lut(self, asked: Asked, uid: str) -> tuple[Judged, Attributes]:
        judged = self._judged(asked, PRESENTATION_LUT, creating=True)
        self.tree.luts[uid] = LUTObject(uid, read_lut(judged.attributes), judged.attributes)
        return judged, judged.attributes

    # -- N-SET ----------------------------------------------------------------------------------------------------

    def _set(self, asked: Asked) -> Response:
        match self._existing(asked):
            case FilmSession() as session:
                judged = self._judged(asked, FILM_SESSION)
                self._allocate(judged)
                session.attributes.update(judged.attributes)
            case FilmBox() as film_box:
                self._demand_last(film_box)
                judged = self._judged(asked, FILM_BOX_SET)
                lut = self._lut_of(judged.attributes)
                film_box.lut = lut if _LUT_REFERENCE in judged.attributes else film_box.lut
                film_box.attributes.update(judged.attributes)
            case ImageBox() as image_box:
                judged = self._set_image(asked, image_box)
            case AnnotationBox() as annotation_box:
                judged = self._set_annotation(asked, annotation_box)
            case _:
                raise RefusedError(Status.UNRECOGNIZED_OPERATION, "it cannot be set")
        return _reply(asked, judged, {tag: judged.attributes[tag] for tag in judged.attributes if _echoed(tag)})

    def _set_image(self, asked: Asked, box: ImageBox) -> Judged:
        film_box = self.tree.film_box_of(box)
        self._demand_last(film_box)
        judged = self._judged(asked, COLOR_IMAGE_BOX if film_box.colour else GRAYSCALE_IMAGE_BOX)
        _demand_position(judged.attributes, "ImageBoxPosition", box.position)
        sequence = judged.attributes.pop(
            tag_of("BasicColorImageSequence" if film_box.colour else "BasicGrayscaleImageSequence")
        )
        attributes = {**box.attributes, **judged.attributes}
        lut = self._lut_of(attributes)
        parameters = texts({tag: one for tag, one in attributes.items() if tag != tag_of("ImageBoxPosition")})
        image = read_image(sequence, box.position, film_box.colour, parameters, self.abilities)
        if image is not None:
            held = box.image.pixels.nbytes if box.image is not None else 0
            if self.tree.image_bytes - held + image.pixels.nbytes > self.abilities.memory_bytes:
                raise RefusedError(Status.INSUFFICIENT_MEMORY, f"no room for {image.pixels.nbytes} bytes")
            if self.abilities.judges_sizes_at == "set":
                _tell_size(judged, size_status(film_box, image, self.abilities))
        box.attributes, box.image, box.lut = attributes, image, lut
        return judged

    def _set_annotation(self, asked: Asked, box: AnnotationBox) -> Judged:
        self._demand_last(self.tree.film_box_of(box))
        judged = self._judged(asked, ANNOTATION_BOX)
        _demand_position(judged.attributes, "AnnotationPosition", box.position)
        if tag_of("TextString") in judged.attributes:
            session = self.tree.session
            terms = character_set(judged.attributes, character_set(session.attributes) if session else ())
            box.text = text(judged.attributes, "TextString", terms)
        return judged

    def _demand_last(self, film_box: FilmBox) -> None:
        """Only the film box created last may be changed, printed and deleted (PS3.4 H.4.2.2.2.3)."""
        if self.abilities.last_only and film_box is not self.tree.film_boxes[-1]:
            raise RefusedError(Status.PROCESSING_FAILURE, "not the film box created last")

    # -- N-GET ----------------------------------------------------------------------------------------------------

    def _get(self, asked: Asked) -> Response:
        if asked.sop_class == PRINTER:
            attributes = self.device.state() if asked.uid == PRINTER_INSTANCE else None
        else:
            attributes = self.device.job(asked.uid)
        if attributes is None:
            raise self._unknown(asked)
        judged = Judged(attributes)
        if asked.identifiers:
            judged.attributes = {tag: attributes[tag] for tag in asked.identifiers if tag in attributes}
            strangers = [tag for tag in asked.identifiers if tag not in attributes]
            if strangers:
                judged.warn(Status.ATTRIBUTE_LIST_ERROR, f"not known: {named(strangers)}", strangers)
        return _reply(asked, judged, judged.attributes)

    # -- N-ACTION -------------------------------------------------------------------------------------------------

    def _act(self, asked: Asked) -> Response:
        target = self._existing(asked)
        if asked.action != PRINT:
            raise RefusedError(Status.NO_SUCH_ACTION, f"no action {asked.action}")
        judged = Judged({})
        if isinstance(target, FilmSession):
            film_boxes, full = target.film_boxes, Status.QUEUE_FULL_SESSION
            if not film_boxes:
                raise RefusedError(Status.NO_FILM_BOX, "the film session has no film box")
            if not self.abilities.collates:
                judged.warn(Status.COLLATION_NOT_SUPPORTED, "films are not collated", [])
            if all(one.empty for one in film_boxes):
                judged.warn(Status.EMPTY_SESSION, "no image box holds an image", [])
        elif isinstance(target, FilmBox):
            self._demand_last(target)
            film_boxes, full = [target], Status.QUEUE_FULL_FILM
            if target.empty:
                judged.warn(Status.EMPTY_FILM, "no image box holds an image", [])
        else:
            raise RefusedError(Status.UNRECOGNIZED_OPERATION, "it cannot be printed")
        return self._print(asked, film_boxes, full, judged)

    def _print(self, asked: Asked, film_boxes: list[FilmBox], full: Status, judged: Judged) -> Response:
        session = self.tree.session
        if session is None:
            raise self._unknown(asked)
        if self.abilities.judges_sizes_at == "print":
            for film_box in film_boxes:
                for box in film_box.image_boxes:
                    if box.image is not None:
                        _tell_size(judged, size_status(film_box, box.image, self.abilities))
        films = tuple(composed(session, film_box) for film_box in film_boxes)
        job = self.device.submit(Order(films, session.copies, texts(session.attributes)))
        if job is None:
            raise RefusedError(full, "the print queue is full")
        for film_box in film_boxes:
            film_box.printed = True
        reply = references(REFERENCED_PRINT_JOB_SEQUENCE, [(PRINT_JOB, job)])
        supported = PRINT_JOB in self.negotiated
        return _reply(asked, judged, {REFERENCED_PRINT_JOB_SEQUENCE: reply} if supported else {})

    # -- N-DELETE -------------------------------------------------------------------------------------------------

    def _delete(self, asked: Asked) -> Response:
        match self._existing(asked):
            case FilmSession():
                self.tree.session = None
            case FilmBox() as film_box:
                self._demand_last(film_box)
                self.tree.film_boxes.remove(film_box)
                if self.tree.session is not None:
                    link(self.tree.session)
            case LUTObject() as lut:
                del self.tree.luts[lut.uid]
            case _:
                raise RefusedError(Status.UNRECOGNIZED_OPERATION, "it cannot be deleted")
        return Response(int(Status.SUCCESS))

    # -- what they share ------------------------------------------------------------------------------------------

    def _existing(self, asked: Asked) -> Object:
        """Return the object that a request is about."""
        found = self.tree.find(asked.uid)
        if found is None or found.sop_class != asked.sop_class:
            raise self._unknown(asked, exists=found is not None)
        return found

    def _unknown(self, asked: Asked, exists: bool = False) -> RefusedError:
        """Say that there is no such instance, or that it is one of another SOP Class."""
        others = asked.uid == PRINTER_INSTANCE or self.device.job(asked.uid) is not None
        if exists or others or self.tree.find(asked.uid) is not None:
            comment = f"no {NAMES[asked.sop_class]}: {asked.uid}"
            return RefusedError(Status.CLASS_INSTANCE_CONFLICT, comment)
        return RefusedError(Status.NO_SUCH_SOP_INSTANCE, f"no such {NAMES[asked.sop_class]}: {asked.uid}")

    def _judged(self, asked: Asked, rules: tuple[Rule, ...], creating: bool = False) -> Judged:
        """Read and judge the data set of a request."""
        try:
            # Pixel Data stands within a sequence here, and is read with it
            attributes = read_elements(asked.data_set or b"", asked.transfer_syntax, stop_tag=0xFFFFFFFF)
        except DataSetError as error:
            raise RefusedError(Status.PROCESSING_FAILURE, f"data set: {error}") from None
        with_luts = PRESENTATION_LUT_CLASS in self.negotiated
        return judge(attributes, rules, self.abilities, creating=creating, with_luts=with_luts)


def _reference(element: Element) -> tuple[str, str]:
    """Read the first item of a sequence of references."""
    item = element.items[0] if element.items else {}
    found = []
    for tag in (REFERENCED_SOP_CLASS_UID, REFERENCED_SOP_INSTANCE_UID):
        if tag not in item:
            raise RefusedError(Status.MISSING_ATTRIBUTE, f"missing: {named((tag,))}", (tag,))
        told = values(item[tag])
        if not told:
            raise RefusedError(Status.MISSING_ATTRIBUTE_VALUE, f"without a value: {named((tag,))}", (tag,))
        found.append(told[0])
    return found[0], found[1]


def _demand_position(attributes: Mapping[int, Element], keyword: str, position: int) -> None:
    """A box keeps the position in which it was created (PS3.4 H.4.2.2.4.2: positions cannot collide)."""
    told = text(attributes, keyword)
    if told != str(position):
        comment = f"this box has position {position}, not {told}"
        raise RefusedError(Status.INVALID_ATTRIBUTE_VALUE, comment, (tag_of(keyword),))


def _tell_size(judged: Judged, status: Status) -> None:
    if status == Status.IMAGE_TOO_LARGE:
        raise RefusedError(status, "the image is larger than its box")
    if status != Status.SUCCESS:
        judged.warn(status, "the image is larger than its box", [])


def _echoed(tag: int) -> bool:
    """Tell whether the response to an N-SET repeats an attribute: no images, no profiles."""
    return tag not in (tag_of("ICCProfile"), tag_of("PresentationLUTSequence"))


def _reply(asked: Asked, judged: Judged, attributes: Mapping[int, Element], more: Elements | None = None) -> Response:
    """Word a response: success or a warning, with the attributes in the transfer syntax of the context."""
    data_set = write_elements(attributes, encoding_of(asked.transfer_syntax)) if attributes else None
    return Response(int(judged.warning), data_set, {**judged.elements, **(more or {})})
