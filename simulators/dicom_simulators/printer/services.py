"""The DIMSE-N services of a printer on one association, as sequences of responses, without a socket.

Invariants: a request is looked at in the order of PS3.7 Annex C (SOP Class, operation, instance, attributes,
values) and then against what exists; the first thing that is wrong is the answer, and then nothing has changed.
The caller of a service sends what it yields. What goes on beyond the association (the queue, the jobs, the printer's
condition) is asked of a `Device`.

References
----------
PS3.4 Annex H; PS3.7 10.1, Annex C
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

from dicom_simulators.association import Response
from dicom_simulators.encoding import Element, character_set, tag_of
from dicom_simulators.printer.attributes import REFERENCED_PRINT_JOB_SEQUENCE, named, references, text, texts
from dicom_simulators.printer.creation import LUT_REFERENCE, Creation
from dicom_simulators.printer.images import read_image
from dicom_simulators.printer.objects import (
    AnnotationBox,
    FilmBox,
    FilmSession,
    ImageBox,
    LUTObject,
    Object,
    composed,
    link,
)
from dicom_simulators.printer.replies import RefusedError, Status
from dicom_simulators.printer.requests import JobRequest, PrintRequest, reply
from dicom_simulators.printer.rules import (
    ANNOTATION_BOX,
    COLOR_IMAGE_BOX,
    FILM_BOX_SET,
    FILM_SESSION,
    GRAYSCALE_IMAGE_BOX,
    Judged,
)
from dicom_simulators.printer.sizes import size_status
from dicom_simulators.printer.sop_classes import NAMES, OF_CONTEXT, PRINT_JOB, PRINTER, PRINTER_INSTANCE, SERVICES

PRINT = 1
"""Action Type ID (PS3.4 Tables H.4-3, H.4-8)."""


@dataclass(slots=True, eq=False)
class Printing(Creation):
    """The printer's side of one association: every service, and what `Creation` says of it."""

    def answer(self, request: PrintRequest) -> Generator[Response, None, None]:
        """Answer a request."""
        services = {
            "N-CREATE-RQ": self.create,
            "N-SET-RQ": self._set,
            "N-GET-RQ": self._get,
            "N-ACTION-RQ": self._act,
            "N-DELETE-RQ": self._delete,
        }
        try:
            if request.sop_class not in OF_CONTEXT.get(request.context, ()):
                raise RefusedError(Status.NO_SUCH_SOP_CLASS, f"not in this context: SOP Class {request.sop_class}")
            if request.service not in SERVICES[request.sop_class]:
                what = f"{request.service[:-3]} not supported for a {NAMES[request.sop_class]}"
                raise RefusedError(Status.UNRECOGNIZED_OPERATION, what)
            response = services[request.service](request)
        except RefusedError as refused:
            response = refused.response
        yield response

    # -- N-SET ----------------------------------------------------------------------------------------------------

    def _set(self, request: PrintRequest) -> Response:
        match self._existing(request):
            case FilmSession() as session:
                judged = self.judged(request, FILM_SESSION)
                self.allocate(judged)
                session.attributes.update(judged.attributes)
            case FilmBox() as film_box:
                self._demand_last(film_box)
                judged = self.judged(request, FILM_BOX_SET)
                lut = self.lut_of(judged.attributes)
                film_box.lut = lut if LUT_REFERENCE in judged.attributes else film_box.lut
                film_box.attributes.update(judged.attributes)
            case ImageBox() as image_box:
                judged = self._set_image(request, image_box)
            case AnnotationBox() as annotation_box:
                judged = self._set_annotation(request, annotation_box)
            case _:
                raise RefusedError(Status.UNRECOGNIZED_OPERATION, "it cannot be set")
        return reply(request, judged, {tag: judged.attributes[tag] for tag in judged.attributes if _echoed(tag)})

    def _set_image(self, request: PrintRequest, box: ImageBox) -> Judged:
        film_box = self.tree.film_box_of(box)
        self._demand_last(film_box)
        judged = self.judged(request, COLOR_IMAGE_BOX if film_box.colour else GRAYSCALE_IMAGE_BOX)
        _demand_position(judged.attributes, "ImageBoxPosition", box.position)
        sequence = judged.attributes.pop(
            tag_of("BasicColorImageSequence" if film_box.colour else "BasicGrayscaleImageSequence")
        )
        attributes = {**box.attributes, **judged.attributes}
        lut = self.lut_of(judged.attributes) if LUT_REFERENCE in judged.attributes else box.lut
        parameters = texts({tag: one for tag, one in attributes.items() if tag != tag_of("ImageBoxPosition")})
        image = read_image(sequence, box.position, film_box.colour, parameters, self.abilities)
        if image is not None:
            held = box.image.pixels.nbytes if box.image is not None else 0
            if self.tree.image_bytes - held + image.pixels.nbytes > self.abilities.memory_bytes:
                raise RefusedError(Status.INSUFFICIENT_MEMORY, f"not enough memory for {image.pixels.nbytes} bytes")
            size = size_status(film_box, image, self.abilities)
            # whenever sizes are judged: what may be decimated and not be magnified fails here (PS3.4 H.4.3.1.2.1.3)
            cannot_be = size == Status.IMAGE_TOO_LARGE and parameters.get("RequestedDecimateCropBehavior") == "DECIMATE"
            if self.abilities.judges_sizes_at == "set" or cannot_be:
                _report_size(judged, size)
        box.attributes, box.image, box.lut = attributes, image, lut
        return judged

    def _set_annotation(self, request: PrintRequest, box: AnnotationBox) -> Judged:
        self._demand_last(self.tree.film_box_of(box))
        judged = self.judged(request, ANNOTATION_BOX)
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

    def _get(self, request: PrintRequest) -> Response:
        if request.sop_class == PRINTER:
            attributes = self.device.state() if request.uid == PRINTER_INSTANCE else None
        else:
            attributes = self.device.job(request.uid)
        if attributes is None:
            raise self._unknown(request)
        judged = Judged(attributes)
        if request.identifiers:
            judged.attributes = {tag: attributes[tag] for tag in request.identifiers if tag in attributes}
            unknown = [tag for tag in request.identifiers if tag not in attributes]
            if unknown:
                judged.warn(Status.ATTRIBUTE_LIST_ERROR, f"unknown: {named(unknown)}", unknown)
        return reply(request, judged, judged.attributes)

    # -- N-ACTION -------------------------------------------------------------------------------------------------

    def _act(self, request: PrintRequest) -> Response:
        target = self._existing(request)
        if request.action != PRINT:
            raise RefusedError(Status.NO_SUCH_ACTION, f"unknown action {request.action}")
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
        return self._print(request, film_boxes, full, judged)

    def _print(self, request: PrintRequest, film_boxes: list[FilmBox], full: Status, judged: Judged) -> Response:
        session = self.tree.session
        if session is None:
            raise self._unknown(request)
        if self.abilities.judges_sizes_at == "print":
            for film_box in film_boxes:
                for box in film_box.image_boxes:
                    if box.image is not None:
                        _report_size(judged, size_status(film_box, box.image, self.abilities))
        films = tuple(composed(session, film_box) for film_box in film_boxes)
        job = self.device.submit(JobRequest(films, session.copies, texts(session.attributes)))
        if job is None:
            raise RefusedError(full, "the print queue is full")
        for film_box in film_boxes:
            film_box.printed = True
        jobs = references(REFERENCED_PRINT_JOB_SEQUENCE, [(PRINT_JOB, job)])
        supported = PRINT_JOB in self.negotiated
        return reply(request, judged, {REFERENCED_PRINT_JOB_SEQUENCE: jobs} if supported else {})

    # -- N-DELETE -------------------------------------------------------------------------------------------------

    def _delete(self, request: PrintRequest) -> Response:
        match self._existing(request):
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

    def _existing(self, request: PrintRequest) -> Object:
        """Return the object that a request is about."""
        found = self.tree.find(request.uid)
        if found is None or found.sop_class != request.sop_class:
            raise self._unknown(request, exists=found is not None)
        return found

    def _unknown(self, request: PrintRequest, exists: bool = False) -> RefusedError:
        """Say that there is no such instance, or that it is one of another SOP Class."""
        others = request.uid == PRINTER_INSTANCE or self.device.job(request.uid) is not None
        if exists or others or self.tree.find(request.uid) is not None:
            comment = f"not a {NAMES[request.sop_class]}: {request.uid}"
            return RefusedError(Status.CLASS_INSTANCE_CONFLICT, comment)
        return RefusedError(Status.NO_SUCH_SOP_INSTANCE, f"no such {NAMES[request.sop_class]}: {request.uid}")


def _demand_position(attributes: Mapping[int, Element], keyword: str, position: int) -> None:
    """A box keeps the position in which it was created (PS3.4 H.4.2.2.4.2: positions cannot collide)."""
    position_text = text(attributes, keyword)
    if position_text != str(position):
        comment = f"this box has position {position}, not {position_text}"
        raise RefusedError(Status.INVALID_ATTRIBUTE_VALUE, comment, (tag_of(keyword),))


def _report_size(judged: Judged, status: Status) -> None:
    if status == Status.IMAGE_TOO_LARGE:
        raise RefusedError(status, "the image is larger than its box")
    if status != Status.SUCCESS:
        judged.warn(status, "the image is larger than its box", [])


def _echoed(tag: int) -> bool:
    """Tell whether the response to an N-SET repeats an attribute: no images, no profiles."""
    return tag not in (tag_of("ICCProfile"), tag_of("PresentationLUTSequence"))
