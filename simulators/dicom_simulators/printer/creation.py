"""N-CREATE of a printer: film sessions, film boxes with what hangs below them, Presentation LUTs.

Invariants: an object comes into being as a whole, with every default and every reference, or not at all.

References
----------
PS3.4 H.4.1.2.1 (film session), H.4.2.2.1 (film box), H.4.9.2.1 (Presentation LUT)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dicom_simulators.association import Response
from dicom_simulators.encoding import DataSetError, Element, read_elements, tag_of
from dicom_simulators.printer.abilities import Abilities
from dicom_simulators.printer.attributes import Attributes, references, text
from dicom_simulators.printer.films import FilmError
from dicom_simulators.printer.images import read_lut
from dicom_simulators.printer.objects import (
    AnnotationBox,
    FilmBox,
    FilmSession,
    ImageBox,
    LUTObject,
    Tree,
    image_box_class,
    link,
)
from dicom_simulators.printer.replies import RefusedError, Status
from dicom_simulators.printer.requests import Device, PrintRequest, reference, reply
from dicom_simulators.printer.rules import FILM_BOX_CREATE, FILM_SESSION, PRESENTATION_LUT, Judged, Rule, judge
from dicom_simulators.printer.sop_classes import ANNOTATION_BOX as ANNOTATION_BOX_CLASS
from dicom_simulators.printer.sop_classes import COLOR_META, NAMES
from dicom_simulators.printer.sop_classes import FILM_BOX as FILM_BOX_CLASS
from dicom_simulators.printer.sop_classes import FILM_SESSION as FILM_SESSION_CLASS
from dicom_simulators.printer.sop_classes import PRESENTATION_LUT as PRESENTATION_LUT_CLASS

KIBIBYTE = 1024
MOST_OBJECTS = 1000
"""Film boxes, and Presentation LUTs, that an association may have at once."""
_SESSION_REFERENCE = tag_of("ReferencedFilmSessionSequence")
_IMAGE_REFERENCE = tag_of("ReferencedImageBoxSequence")
_ANNOTATION_REFERENCE = tag_of("ReferencedBasicAnnotationBoxSequence")
_LAYOUT = tag_of("ImageDisplayFormat")
_MEMORY = tag_of("MemoryAllocation")
LUT_REFERENCE = tag_of("ReferencedPresentationLUTSequence")


@dataclass(slots=True, eq=False)
class Creation:
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

    def create(self, request: PrintRequest) -> Response:
        """Answer an N-CREATE-RQ.

        Raises
        ------
        RefusedError
        """
        if request.uid and (self.tree.find(request.uid) is not None or self.device.job(request.uid) is not None):
            raise RefusedError(Status.DUPLICATE_SOP_INSTANCE, f"already exists: {request.uid}")
        if max(len(self.tree.film_boxes), len(self.tree.luts)) >= MOST_OBJECTS:
            raise RefusedError(Status.RESOURCE_LIMITATION, f"there are {MOST_OBJECTS} objects already")
        creators = {
            FILM_SESSION_CLASS: self._create_session,
            FILM_BOX_CLASS: self._create_film_box,
            PRESENTATION_LUT_CLASS: self._create_lut,
        }
        assigned = not request.uid or self.always_assigns
        uid = self.make_uid(NAMES[request.sop_class]) if assigned else request.uid
        judged, attributes = creators[request.sop_class](request, uid)
        return reply(request, judged, attributes, {"AffectedSOPInstanceUID": uid} if assigned else {})

    def _create_session(self, request: PrintRequest, uid: str) -> tuple[Judged, Attributes]:
        """Create the film session: one at a time on an association (PS3.4 H.4.1.2.1.3)."""
        if self.tree.session is not None:
            raise RefusedError(Status.DUPLICATE_SOP_INSTANCE, "there is a film session already")
        judged = self.judged(request, FILM_SESSION, creating=True)
        self.allocate(judged)
        self.tree.session = FilmSession(uid, judged.attributes)
        return judged, judged.attributes

    def allocate(self, judged: Judged) -> None:
        """Apply a Memory Allocation, in kilobytes (PS3.3 C.13.1, PS3.4 H.4.1.2.1.2)."""
        value = text(judged.attributes, "MemoryAllocation")
        if not value:
            return
        if not self.abilities.allocates_memory:
            del judged.attributes[_MEMORY]
            judged.warn(Status.MEMORY_ALLOCATION_NOT_SUPPORTED, "memory is not allocated", [_MEMORY])
        elif int(value) * KIBIBYTE > self.abilities.memory_bytes:
            raise RefusedError(Status.INVALID_ATTRIBUTE_VALUE, f"not enough memory for {value} KB", (_MEMORY,))

    def _create_film_box(self, request: PrintRequest, uid: str) -> tuple[Judged, Attributes]:
        judged = self.judged(request, FILM_BOX_CREATE, creating=True)
        session = self._session_of(judged)
        if not self.abilities.collates and any(not one.printed for one in session.film_boxes):
            raise RefusedError(Status.UNPRINTED_FILM_BOX, "the previous film box has not been printed")
        film_box = FilmBox(uid, request.context == COLOR_META, judged.attributes, lut=self.lut_of(judged.attributes))
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
        value = text(film_box.attributes, "AnnotationDisplayFormatID")
        count = self.abilities.annotation_formats.get(value, 0)
        film_box.annotation_boxes = tuple(
            AnnotationBox(self.make_uid("annotation box"), position) for position in range(1, count + 1)
        )
        film_box.attributes[_ANNOTATION_REFERENCE] = references(
            _ANNOTATION_REFERENCE, ((box.sop_class, box.uid) for box in film_box.annotation_boxes)
        )

    def _session_of(self, judged: Judged) -> FilmSession:
        """Return the film session that a film box is to belong to."""
        session = self.tree.session
        sop_class, uid = reference(judged.attributes[_SESSION_REFERENCE])
        if session is None or (sop_class, uid) != (FILM_SESSION_CLASS, session.uid):
            comment = "no such film session" if session is not None else "no film session"
            raise RefusedError(Status.INVALID_ATTRIBUTE_VALUE, f"{comment}: {uid}", (_SESSION_REFERENCE,))
        return session

    def lut_of(self, attributes: Mapping[int, Element]) -> LUTObject | None:
        """Return the Presentation LUT that is referred to, if one is."""
        element = attributes.get(LUT_REFERENCE)
        if element is None or not element.items:
            return None
        sop_class, uid = reference(element)
        found = self.tree.luts.get(uid)
        if found is None or sop_class != PRESENTATION_LUT_CLASS:
            raise RefusedError(Status.INVALID_ATTRIBUTE_VALUE, f"no such presentation LUT: {uid}", (LUT_REFERENCE,))
        return found

    def _create_lut(self, request: PrintRequest, uid: str) -> tuple[Judged, Attributes]:
        judged = self.judged(request, PRESENTATION_LUT, creating=True)
        self.tree.luts[uid] = LUTObject(uid, read_lut(judged.attributes), judged.attributes)
        return judged, judged.attributes

    def judged(self, request: PrintRequest, rules: tuple[Rule, ...], creating: bool = False) -> Judged:
        """Read and judge the data set of a request."""
        try:
            # Pixel Data is in a sequence here, and is read with it
            attributes = read_elements(request.data_set or b"", request.transfer_syntax, stop_tag=0xFFFFFFFF)
        except DataSetError as error:
            raise RefusedError(Status.PROCESSING_FAILURE, f"data set: {error}") from None
        with_luts = PRESENTATION_LUT_CLASS in self.negotiated
        return judge(attributes, rules, self.abilities, creating=creating, with_luts=with_luts)
