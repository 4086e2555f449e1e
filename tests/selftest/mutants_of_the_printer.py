"""Mutants of the printer simulator: one deviation each, which the printer suite has to catch.

The case of a mutant is a scenario of `scenarios/scp/print/`, the check the noun whose finding must be unmet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dicom_simulators.association import Response, acceptor
from dicom_simulators.encoding import encoding_of, tag_of, write_elements
from dicom_simulators.printer import attributes, creation, events, images, objects, printer, rules, services, sizes
from dicom_simulators.printer.replies import RefusedError, Status
from dicom_simulators.printer.requests import PrintRequest
from dicom_simulators.printer.sop_classes import (
    ANNOTATION_BOX,
    COLOR_IMAGE_BOX,
    COLOR_META,
    FILM_BOX,
    FILM_SESSION,
    GRAYSCALE_META,
    PRESENTATION_LUT,
    PRINT_JOB,
    PRINTER,
)
from mutation import Catalogue, Patch

PRINTERS = Catalogue()
SET, CREATE, GET, ACT, DELETE = "N-SET-RQ", "N-CREATE-RQ", "N-GET-RQ", "N-ACTION-RQ", "N-DELETE-RQ"
JOBS = tag_of("ReferencedPrintJobSequencePullStoredPrint")


def answers(
    patch: Patch, service: str, sop_class: str, change: Callable[[Response, PrintRequest], Response | None]
) -> None:
    """Let `change` have each response to one kind of request; None takes it away."""

    def answering(self: Any, request: PrintRequest) -> Any:
        for response in answer(self, request):
            asked = request.service == service and request.sop_class == sop_class
            said = change(response, request) if asked else response
            if said is not None:
                yield said

    answer = patch.set(services.Printing, "answer", answering)


def succeeds_where_it_failed(response: Response, request: PrintRequest) -> Response:
    """Answer 0000, whatever was found."""
    return Response(0) if response.status >= 0x0100 and response.status != 0x0107 else response


def with_elements(response: Response, **elements: Any) -> Response:
    return replace(response, elements={**response.elements, **elements})


def bearing(response: Response, request: PrintRequest, **values: str) -> Response:
    """Answer with other attributes alone."""
    made = [attributes.made(keyword, value) for keyword, value in values.items()]
    return replace(
        response, data_set=write_elements({one.tag: one for one in made}, encoding_of(request.transfer_syntax))
    )


def without_class(patch: Patch, *sop_classes: str) -> None:
    """Take SOP Classes from those that are accepted."""

    def supported(self: Any) -> Any:
        return tuple(one for one in accepted(self) if one.sop_class not in sop_classes)

    accepted = patch.set(printer.Printer, "supported", supported)


def without_rule(patch: Patch, owner: Any, table: str, keyword: str, **changes: Any) -> None:
    """Change what is said of one attribute; no change takes it away."""
    rows = vars(owner)[table]
    changed = tuple(
        replace(row, **changes) if row.keyword == keyword else row for row in rows if changes or row.keyword != keyword
    )
    patch.set(owner, table, changed)


# -- what is accepted


@PRINTERS.mutant("scp/print/meta-classes", "context")
def accepts_no_meta_sop_class(patch: Patch) -> None:
    """Neither Meta SOP Class is accepted."""
    without_class(patch, GRAYSCALE_META, COLOR_META)


@PRINTERS.mutant("scp/print/claimed-classes", "context")
def does_not_accept_print_job(patch: Patch) -> None:
    """Print Job, which the statement gives, is not accepted."""
    without_class(patch, PRINT_JOB)


@PRINTERS.mutant("scp/print/optional-classes", "context")
def does_not_accept_presentation_lut(patch: Patch) -> None:
    """Presentation LUT, which the statement gives, is not accepted."""
    without_class(patch, PRESENTATION_LUT)


@PRINTERS.mutant("scp/print/status-alone", "pdu")
def does_not_answer_an_association_of_printer_alone(patch: Patch) -> None:
    """An association that proposes nothing but Printer is aborted."""

    def establish(self: Any) -> None:
        def admit(request: Any) -> Any:
            if {context.abstract_syntax for context in request.presentation_contexts} == {PRINTER}:
                raise acceptor.AssociationEndedError(self._upper_layer.abort(0, 0, "nothing to print"))
            return admits(request)

        admits, self._admit = self._admit, admit
        before(self)

    before = patch.set(acceptor.Acceptor, "_establish", establish)


# -- the printer itself


@PRINTERS.mutant("scp/print/printer-status", "response")
def tells_a_status_that_there_is_none(patch: Patch) -> None:
    """Printer Status has a value that is not defined."""
    answers(patch, GET, PRINTER, lambda response, request: bearing(response, request, PrinterStatus="READY"))


@PRINTERS.mutant("scp/print/printer-status", "response")
def tells_more_than_it_was_asked_for(patch: Patch) -> None:
    """An N-GET of one attribute is answered with another besides."""

    def more(response: Response, request: PrintRequest) -> Response:
        return bearing(response, request, PrinterStatus="NORMAL", PrinterStatusInfo="NORMAL", PrinterName="P")

    answers(patch, GET, PRINTER, more)


@PRINTERS.mutant("scp/print/printer-status", "response")
def tells_nothing_where_nothing_was_named(patch: Patch) -> None:
    """An N-GET that names no attribute is answered without any."""

    def nothing(response: Response, request: PrintRequest) -> Response:
        return response if request.identifiers else replace(response, data_set=None)

    answers(patch, GET, PRINTER, nothing)


@PRINTERS.mutant("scp/print/printer-events", "dimse")
def reports_an_event_that_there_is_none(patch: Patch) -> None:
    """After a film session was created, the printer reports an event of type 7."""

    def create(self: Any, request: PrintRequest, uid: str) -> Any:
        made = before(self, request, uid)
        device = self.device
        own = device.submit.keywords["acceptor"]
        events.Reporter("P", "BIN_1", 1.0).report(own, None, "WARNING", "UNKNOWN", 7)
        return made

    before = patch.set(creation.Creation, "_create_session", create)


# -- film session


@PRINTERS.mutant("scp/print/session", "response")
def does_not_tell_the_uid_it_made(patch: Patch) -> None:
    """The response to an N-CREATE without SOP Instance UID has none either."""

    def silent(response: Response, request: PrintRequest) -> Response:
        kept = {key: value for key, value in response.elements.items() if key != "AffectedSOPInstanceUID"}
        return replace(response, elements=kept)

    answers(patch, CREATE, FILM_SESSION, silent)


@PRINTERS.mutant("scp/print/session", "response")
def gives_a_session_another_uid_than_it_was_given(patch: Patch) -> None:
    """An N-CREATE with a SOP Instance UID is answered with another one."""

    def other(response: Response, request: PrintRequest) -> Response:
        return with_elements(response, AffectedSOPInstanceUID="2.25.99") if request.uid else response

    answers(patch, CREATE, FILM_SESSION, other)


@PRINTERS.mutant("scp/print/one-session", "dimse")
def has_two_sessions_on_an_association(patch: Patch) -> None:
    """A second film session lives beside the first."""

    def second(response: Response, request: PrintRequest) -> Response:
        return response if response.status == 0 else Response(0, None, {"AffectedSOPInstanceUID": "2.25.7"})

    answers(patch, CREATE, FILM_SESSION, second)
    answers(patch, SET, FILM_SESSION, succeeds_where_it_failed)


@PRINTERS.mutant("scp/print/one-session", "response")
def replaces_the_first_session(patch: Patch) -> None:
    """A second film session takes the place of the first."""

    def create(self: Any, request: PrintRequest, uid: str) -> Any:
        self.tree.session = None
        return before(self, request, uid)

    before = patch.set(creation.Creation, "_create_session", create)


@PRINTERS.mutant("scp/print/session-set", "response")
def cannot_change_a_session(patch: Patch) -> None:
    """N-SET of a film session is no operation that it knows."""
    answers(patch, SET, FILM_SESSION, lambda response, request: Response(int(Status.UNRECOGNIZED_OPERATION)))


@PRINTERS.mutant("scp/print/session-set[PrintPriority,HIGH]", "response")
def does_not_know_print_priority(patch: Patch) -> None:
    """Print Priority, which every printer has to know, is an unknown attribute."""
    without_rule(patch, services, "FILM_SESSION", "PrintPriority")


@PRINTERS.mutant("scp/print/session-deleted", "response")
def keeps_what_belongs_to_a_deleted_session(patch: Patch) -> None:
    """An image box can be set after its film session was deleted."""
    answers(patch, SET, "1.2.840.10008.5.1.1.4", succeeds_where_it_failed)


@PRINTERS.mutant("scp/print/session-deleted", "response")
def refuses_a_new_session_after_one_was_deleted(patch: Patch) -> None:
    """There is one film session in the life of an association."""

    def delete(self: Any, request: PrintRequest) -> Response:
        session = self.tree.session
        said = before(self, request)
        self.tree.session = session
        return said

    before = patch.set(services.Printing, "_delete", delete)


@PRINTERS.mutant("scp/print/memory", "response")
def refuses_memory_by_a_status_of_its_own(patch: Patch) -> None:
    """Memory Allocation is refused by C900."""

    def allocate(self: Any, judged: Any) -> None:
        if tag_of("MemoryAllocation") in judged.attributes:
            error = RefusedError(Status.PROCESSING_FAILURE, "memory")
            error.response = Response(0xC900)
            raise error

    patch.set(creation.Creation, "allocate", allocate)


# -- film box


@PRINTERS.mutant("scp/print/film-box", "response")
def names_one_image_box_too_few(patch: Patch) -> None:
    """The last place of a film has no image box."""

    def references(tag: int, pairs: Any) -> Any:
        every = list(pairs)
        image_boxes = tag == tag_of("ReferencedImageBoxSequence")
        return attributes.references(tag, every[:-1] if image_boxes and len(every) > 1 else every)

    patch.set(creation, "references", references)


@PRINTERS.mutant("scp/print/film-box", "response")
def names_the_same_image_box_for_each_place(patch: Patch) -> None:
    """Every place of a film has the same image box."""

    def references(tag: int, pairs: Any) -> Any:
        every = list(pairs)
        return attributes.references(tag, every[:1] * len(every))

    patch.set(creation, "references", references)


@PRINTERS.mutant("scp/print/image-colour", "response")
def makes_grayscale_image_boxes_of_a_colour_film(patch: Patch) -> None:
    """The image boxes of a film in the context of colour are grayscale ones."""

    def of_the_other(colour: bool) -> str:
        return objects.image_box_class(False)

    patch.set(creation, "image_box_class", of_the_other)


@PRINTERS.mutant("scp/print/each-claimed-layout[ROW\\2,3]", "response")
def does_not_have_a_layout_that_it_claims(patch: Patch) -> None:
    """ROW is refused."""

    def layout(value: str, abilities: Any) -> bool:
        return value.startswith("STANDARD")

    without_rule(patch, creation, "FILM_BOX_CREATE", "ImageDisplayFormat", check=layout)


@PRINTERS.mutant("scp/print/annotation-boxes[COMBINED,2]", "response")
def makes_one_annotation_box_whatever_the_format(patch: Patch) -> None:
    """A format of two annotation boxes has one."""

    def references(tag: int, pairs: Any) -> Any:
        every = list(pairs)
        annotations = tag == tag_of("ReferencedBasicAnnotationBoxSequence")
        return attributes.references(tag, every[:1] if annotations else every)

    patch.set(creation, "references", references)


@PRINTERS.mutant("scp/print/annotation-boxes", "response")
def takes_no_text_of_an_annotation(patch: Patch) -> None:
    """N-SET of an annotation box fails."""
    answers(patch, SET, ANNOTATION_BOX, lambda response, request: Response(int(Status.PROCESSING_FAILURE)))


@PRINTERS.mutant("scp/print/missing-attribute", "response")
def creates_a_film_box_without_a_format(patch: Patch) -> None:
    """A film box without Image Display Format has one place."""
    answers(patch, CREATE, FILM_BOX, succeeds_where_it_failed)


@PRINTERS.mutant("scp/print/missing-attribute", "response")
def names_a_missing_attribute_as_a_wrong_value(patch: Patch) -> None:
    """0106 instead of 0120."""
    answers(
        patch,
        CREATE,
        FILM_BOX,
        lambda response, request: replace(response, status=0x0106) if response.status == 0x0120 else response,
    )


@PRINTERS.mutant("scp/print/unsupported-attribute", "response")
def fails_without_a_reason_at_an_optional_attribute(patch: Patch) -> None:
    """An attribute that it does not support is answered by 0110."""
    without_rule(patch, creation, "FILM_SESSION", "OwnerID")
    answers(
        patch,
        CREATE,
        FILM_SESSION,
        lambda response, request: replace(response, status=0x0110) if response.status == 0x0105 else response,
    )


@PRINTERS.mutant("scp/print/unknown-attribute", "response")
def ignores_an_unknown_attribute_in_silence(patch: Patch) -> None:
    """An attribute that no film session has is left out without a warning."""
    patch.set(rules, "_check_unknown", lambda requested, known, abilities, judged: None)


@PRINTERS.mutant("scp/print/unsupported-session-value", "response")
def takes_any_medium(patch: Patch) -> None:
    """Any Medium Type is taken."""
    without_rule(patch, creation, "FILM_SESSION", "MediumType", check=rules.anything)


@PRINTERS.mutant("scp/print/unsupported-session-value", "response")
def does_not_tell_the_value_that_it_took(patch: Patch) -> None:
    """0116 without the value that was taken."""

    def silent(response: Response, request: PrintRequest) -> Response:
        return Response(0x0116, None, response.elements) if response.status == 0x0106 else response

    answers(patch, CREATE, FILM_SESSION, silent)


@PRINTERS.mutant("scp/print/unsupported-film-size", "response")
def takes_any_film_size(patch: Patch) -> None:
    """Any Film Size ID is taken."""
    answers(patch, CREATE, FILM_BOX, succeeds_where_it_failed)


@PRINTERS.mutant("scp/print/unsupported-orientation", "response")
def takes_any_orientation(patch: Patch) -> None:
    """Any Film Orientation is taken."""
    answers(patch, CREATE, FILM_BOX, succeeds_where_it_failed)


@PRINTERS.mutant("scp/print/unsupported-magnification", "response")
def takes_any_magnification(patch: Patch) -> None:
    """Any Magnification Type is taken."""
    without_rule(patch, creation, "FILM_BOX_CREATE", "MagnificationType", check=rules.anything)


@PRINTERS.mutant("scp/print/unsupported-polarity", "response")
def takes_any_polarity(patch: Patch) -> None:
    """Any Polarity is taken."""
    without_rule(patch, services, "GRAYSCALE_IMAGE_BOX", "Polarity", check=rules.anything)


@PRINTERS.mutant("scp/print/unsupported-layout", "response")
def fails_at_an_unknown_layout_as_if_it_were_missing(patch: Patch) -> None:
    """An Image Display Format that it does not have is answered by 0120."""
    answers(
        patch,
        CREATE,
        FILM_BOX,
        lambda response, request: replace(response, status=0x0120) if response.status == 0x0106 else response,
    )


@PRINTERS.mutant("scp/print/density", "response")
def takes_any_density(patch: Patch) -> None:
    """Densities have no bounds."""
    patch.set(rules, "_bound_densities", lambda judged, abilities: None)


@PRINTERS.mutant("scp/print/density-outside-the-range", "response")
def warns_of_a_density_and_does_not_tell_the_one_taken(patch: Patch) -> None:
    """B605 with the density that was requested."""

    def unchanged(judged: Any, abilities: Any) -> None:
        before = dict(judged.attributes)
        bound(judged, abilities)
        judged.attributes.update(before)

    bound = patch.set(rules, "_bound_densities", unchanged)


@PRINTERS.mutant("scp/print/each-claimed-film-size", "response")
def takes_another_film_size_in_silence(patch: Patch) -> None:
    """Every film is 14INX17IN, with status 0000."""
    answers(patch, CREATE, FILM_BOX, lambda response, request: bearing(response, request, FilmSizeID="14INX17IN"))


@PRINTERS.mutant("scp/print/each-claimed-medium", "response")
def lacks_a_medium_that_it_claims(patch: Patch) -> None:
    """MAMMO BLUE FILM is refused."""
    without_rule(
        patch, creation, "FILM_SESSION", "MediumType", check=lambda value, abilities: value != "MAMMO BLUE FILM"
    )


# -- images


@PRINTERS.mutant("scp/print/image-8", "response")
def takes_no_image_of_8_bits(patch: Patch) -> None:
    """8 bits are refused."""
    narrowed(patch, (12,))


@PRINTERS.mutant("scp/print/image-12", "response")
def takes_no_image_of_12_bits(patch: Patch) -> None:
    """12 bits, which the statement gives, are refused."""
    narrowed(patch, (8,))


def narrowed(patch: Patch, bits: tuple[int, ...]) -> None:
    """Take images of these bits alone."""

    def read(sequence: Any, position: int, colour: bool, parameters: Any, abilities: Any) -> Any:
        return images.read_image(sequence, position, colour, parameters, replace(abilities, bits=bits))

    patch.set(services, "read_image", read)


@PRINTERS.mutant("scp/print/image-colour", "response")
def takes_no_colour_image(patch: Patch) -> None:
    """An image in colour is refused."""
    answers(patch, SET, COLOR_IMAGE_BOX, lambda response, request: Response(0x0106))


@PRINTERS.mutant("scp/print/image-wrong", "response")
def takes_an_image_without_looking(patch: Patch) -> None:
    """Pixel Data that is too short is taken."""

    def read(*arguments: Any) -> Any:
        try:
            return images.read_image(*arguments)
        except RefusedError:
            return None

    patch.set(services, "read_image", read)


@PRINTERS.mutant("scp/print/image-wrong", "response")
def takes_no_image_after_a_wrong_one(patch: Patch) -> None:
    """After an image was refused, the next one is refused, too."""

    def change(response: Response, request: PrintRequest) -> Response:
        failed.append(response.status)
        return Response(0x0110) if any(failed[:-1]) else response

    failed: list[int] = []
    answers(patch, SET, "1.2.840.10008.5.1.1.4", change)


@PRINTERS.mutant("scp/print/image-position", "response")
def takes_an_image_for_any_position(patch: Patch) -> None:
    """The position of an image is not looked at."""
    patch.set(services, "_demand_position", lambda attributes, keyword, position: None)


@PRINTERS.mutant("scp/print/image-too-large", "response")
def refuses_a_large_image_by_a_status_of_its_own(patch: Patch) -> None:
    """An image that is too large is refused by 0110."""
    patch.set(services, "size_status", lambda film_box, image, abilities: Status.IMAGE_TOO_LARGE)
    answers(patch, SET, "1.2.840.10008.5.1.1.4", lambda response, request: Response(0x0110))


@PRINTERS.mutant("scp/print/image-too-large-to-decimate", "response")
def decimates_what_must_not_be_magnified(patch: Patch) -> None:
    """An image that is too large is decimated, whatever Magnification Type says."""
    patch.set(sizes, "_unmagnified", lambda film_box, image: False)


# -- presentation LUT


@PRINTERS.mutant("scp/print/presentation-lut[IDENTITY]", "response")
def does_not_know_identity(patch: Patch) -> None:
    """The shape IDENTITY, which every printer with Presentation LUT has to know, is refused."""
    without_rule(patch, creation, "PRESENTATION_LUT", "PresentationLUTShape", check=rules.one_of("LIN OD"))


@PRINTERS.mutant("scp/print/presentation-lut", "response")
def does_not_let_a_film_box_refer_to_a_lut(patch: Patch) -> None:
    """A Presentation LUT is created and cannot be found."""

    def nothing(self: Any, attributes: Any) -> None:
        if creation.LUT_REFERENCE in attributes:
            raise RefusedError(Status.INVALID_ATTRIBUTE_VALUE, "no such presentation LUT")

    patch.set(creation.Creation, "lut_of", nothing)


@PRINTERS.mutant("scp/print/presentation-lut", "response")
def does_not_delete_a_lut(patch: Patch) -> None:
    """A Presentation LUT cannot be deleted."""
    answers(patch, DELETE, PRESENTATION_LUT, lambda response, request: Response(0x0211))


# -- lives of objects


@PRINTERS.mutant("scp/print/film-deleted", "response")
def keeps_the_image_boxes_of_a_deleted_film(patch: Patch) -> None:
    """N-SET of an image box of a film that was deleted succeeds."""
    answers(patch, SET, "1.2.840.10008.5.1.1.4", succeeds_where_it_failed)


@PRINTERS.mutant("scp/print/film-deleted", "response")
def does_not_delete_a_film(patch: Patch) -> None:
    """A film box cannot be deleted."""
    answers(patch, DELETE, FILM_BOX, lambda response, request: Response(0x0211))


@PRINTERS.mutant("scp/print/unprinted-film", "response")
def refuses_a_second_film_without_the_status_for_it(patch: Patch) -> None:
    """A second film box is refused by 0110."""

    def create(self: Any, request: PrintRequest, uid: str) -> Any:
        if self.tree.film_boxes:
            raise RefusedError(Status.PROCESSING_FAILURE, "a film box is there")
        return before(self, request, uid)

    before = patch.set(creation.Creation, "_create_film_box", create)


@PRINTERS.mutant("scp/print/unknown-instance", "response")
def deletes_what_is_not_there(patch: Patch) -> None:
    """N-DELETE of an unknown film box succeeds."""
    answers(patch, DELETE, FILM_BOX, succeeds_where_it_failed)


@PRINTERS.mutant("scp/print/unknown-instance", "response")
def answers_for_another_printer(patch: Patch) -> None:
    """N-GET of an unknown printer tells its own state."""

    def get(self: Any, request: PrintRequest) -> Response:
        own = replace(request, uid=services.PRINTER_INSTANCE)
        return before(self, own if request.sop_class == PRINTER else request)

    before = patch.set(services.Printing, "_get", get)


@PRINTERS.mutant("scp/print/unknown-instance", "response")
def says_wrongly_why_an_instance_is_unknown(patch: Patch) -> None:
    """0110 instead of 0112."""

    def unknown(self: Any, request: PrintRequest, exists: bool = False) -> RefusedError:
        return RefusedError(Status.PROCESSING_FAILURE, "no")

    patch.set(services.Printing, "_unknown", unknown)


@PRINTERS.mutant("scp/print/unknown-action", "response")
def takes_any_action_for_print(patch: Patch) -> None:
    """Whatever the Action Type ID, the film is printed."""

    def act(self: Any, request: PrintRequest) -> Response:
        return before(self, replace(request, action=services.PRINT))

    before = patch.set(services.Printing, "_act", act)


@PRINTERS.mutant("scp/print/ends-with-association", "response")
def keeps_a_session_beyond_its_association(patch: Patch) -> None:
    """A film session lives on when its association has ended."""

    def opened(self: Any, own: Any) -> None:
        before(self, own)
        mine = self._associations[own]
        mine.tree = kept.setdefault("tree", mine.tree)

    kept: dict[str, Any] = {}
    before = patch.set(printer.Printer, "association_opened", opened)


# -- printing


@PRINTERS.mutant("scp/print/film-printed", "response")
def names_no_print_job(patch: Patch) -> None:
    """The response to the N-ACTION of a film names no print job, though Print Job was accepted."""
    answers(patch, ACT, FILM_BOX, lambda response, request: replace(response, data_set=None))


@PRINTERS.mutant("scp/print/film-printed-without-job", "response")
def names_a_print_job_that_cannot_be_asked_for(patch: Patch) -> None:
    """The print job is named though Print Job was not accepted."""

    def act(self: Any, *arguments: Any) -> Response:
        self.negotiated |= {PRINT_JOB}
        return before(self, *arguments)

    before = patch.set(services.Printing, "_print", act)


@PRINTERS.mutant("scp/print/film-printed-without-job", "response")
def does_not_print(patch: Patch) -> None:
    """The N-ACTION of a film fails."""
    answers(patch, ACT, FILM_BOX, lambda response, request: Response(0x0110))


@PRINTERS.mutant("scp/print/empty-film", "response")
def refuses_an_empty_film(patch: Patch) -> None:
    """A film without images is refused."""
    answers(
        patch,
        ACT,
        FILM_BOX,
        lambda response, request: Response(0xC603) if response.status == Status.EMPTY_FILM else response,
    )


@PRINTERS.mutant("scp/print/session-printed", "response")
def does_not_print_a_session(patch: Patch) -> None:
    """A film session cannot be printed as a whole, though the statement says so."""
    answers(patch, ACT, FILM_SESSION, lambda response, request: Response(0x0211))


@PRINTERS.mutant("scp/print/job-events", "dimse")
def reports_the_end_of_a_job_twice(patch: Patch) -> None:
    """The end of a print job is reported twice."""

    def changed(self: Any, job: Any) -> None:
        before(self, job)
        if job.ended:
            before(self, job)

    before = patch.set(printer.Printer, "_report_job_change", changed)


@PRINTERS.mutant("scp/print/job-events", "dimse")
def reports_a_job_to_everybody(patch: Patch) -> None:
    """Every association that accepted Print Job hears of a print job."""

    def changed(self: Any, job: Any) -> None:
        before(self, job)
        for other in self._open():
            if other is not job.owner:
                self._reporter.report(other, job, job.status, job.info)

    before = patch.set(printer.Printer, "_report_job_change", changed)


@PRINTERS.mutant("scp/print/job-events", "dimse")
def reports_a_job_by_a_type_that_there_is_none(patch: Patch) -> None:
    """The event types of print jobs are those of nobody."""

    def report(
        self: Any, owner: Any, job: Any, status: str, info: str, event: Any = None, *further: Any, **named: Any
    ) -> Any:
        return before(self, owner, job, status, info, 9 if status == "PENDING" else event, *further, **named)

    before = patch.set(events.Reporter, "report", report)


@PRINTERS.mutant("scp/print/job-get", "response")
def keeps_a_job_after_its_end_was_confirmed(patch: Patch) -> None:
    """A print job can be asked for its state for ever."""
    patch.set(printer.Printer, "_confirmed", lambda self, job, response: None)


@PRINTERS.mutant("scp/print/job-get", "response")
def tells_a_state_of_a_job_that_there_is_none(patch: Patch) -> None:
    """Execution Status has a value that is not defined."""
    answers(patch, GET, PRINT_JOB, lambda response, request: bearing(response, request, ExecutionStatus="WAITING"))


@PRINTERS.mutant("scp/print/queue-full", "response")
def refuses_a_film_by_the_status_of_a_session(patch: Patch) -> None:
    """A full queue is C601 for a film box, too."""

    def act(self: Any, request: PrintRequest, film_boxes: Any, full: Status, judged: Any) -> Response:
        raise RefusedError(Status.QUEUE_FULL_SESSION, "the print queue is full")

    patch.set(services.Printing, "_print", act)


@PRINTERS.mutant("scp/print/empty-session", "response")
def prints_a_session_without_films(patch: Patch) -> None:
    """A film session without film boxes is printed with success."""
    answers(patch, ACT, FILM_SESSION, succeeds_where_it_failed)


@PRINTERS.mutant("scp/print/presentation-lut-in-use", "response")
def loses_image_boxes_with_the_lut_that_they_refer_to(patch: Patch) -> None:
    """Once a Presentation LUT was deleted, no image box can be set."""
    deleted: list[PrintRequest] = []

    def note(response: Response, request: PrintRequest) -> Response:
        deleted.append(request)
        return response

    def refuse(response: Response, request: PrintRequest) -> Response:
        return Response(0x0112) if deleted else response

    answers(patch, DELETE, PRESENTATION_LUT, note)
    answers(patch, SET, "1.2.840.10008.5.1.1.4", refuse)
