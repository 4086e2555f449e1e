"""One film session in a printer: created, filled, printed and deleted again.

Invariants: images fill the boxes that the printer gives, in its order. What fails stops the film that it concerns
and no other, unless it concerns them all. Whatever was created is deleted afterwards, as long as the association lives,
film boxes one by one and then the session; a film box as soon as it is printed, so that the printer's memory stays
flat, too.

References
----------
Conformance statement, 3.2.4; PS3.4 Section H.4.1 to H.4.4, H.4.9
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Final

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from dicom_workstation.data_sets import counted
from dicom_workstation.outcome import OperationEndedError, Progress
from dicom_workstation.printing.attributes import annotation_content
from dicom_workstation.printing.errors import PrintError
from dicom_workstation.printing.films import Prepared
from dicom_workstation.printing.print_record import FilmRecord, PrintRecord
from dicom_workstation.printing.protocol import (
    OF_THE_SERVICE,
    PrintJobs,
    Response,
    Service,
    Services,
    can_be_named,
    reference,
    references,
)
from dicom_workstation.tables import (
    BASIC_ANNOTATION_BOX,
    COLOR_IMAGE_BOX,
    FILM_BOX,
    FILM_SESSION,
    GRAYSCALE_IMAGE_BOX,
    PRESENTATION_LUT,
)

PRINT_JOBS: Final = "ReferencedPrintJobSequencePullStoredPrint"  # pydicom's keyword of (2100,0500)
_DELETIONS: Final = {
    FILM_SESSION: Service.DELETE_SESSION,
    FILM_BOX: Service.DELETE_FILM,
    PRESENTATION_LUT: Service.DELETE_LUT,
}


class _FilmEndedError(Exception):
    """This film cannot be printed."""


class _AllEndedError(Exception):
    """No film can be printed (any more)."""


class FilmSession:
    """Prints what was prepared, on one association.

    Parameters
    ----------
    meta, lut, annotation
        The services of the Meta SOP Class, of Presentation LUT and of Basic Annotation Box; None where not accepted.
    unwanted
        Says why printing is to end, or nothing.
    """

    def __init__(
        self,
        prepared: Prepared,
        meta: Services,
        lut: Services | None,
        annotation: Services | None,
        jobs: PrintJobs,
        record: PrintRecord,
        unwanted: Callable[[], str],
        progress: Progress | None = None,
    ) -> None:
        self._prepared = prepared
        self._request = prepared.request
        self._meta = meta
        self._lut = lut
        self._annotation = annotation
        self._jobs = jobs
        self._record = record
        self._unwanted = unwanted
        self._progress = progress
        self._session = ""
        self._lut_instance = ""
        self._created: list[tuple[Services, str, str]] = []
        self._boxes = prepared.layout.box_count
        self._box_class = COLOR_IMAGE_BOX if prepared.colour else GRAYSCALE_IMAGE_BOX

    def perform(self) -> None:
        """Print every film; what became of it is in the record."""
        record = self._record
        try:
            try:
                self._create_session()
                self._make_films()
                if self._request.per == "session":
                    self._print_session()
            except _AllEndedError:
                pass
            finally:
                self._delete_all()
        except OperationEndedError as end:
            record.end = record.end or end
        if not record.films:
            self._count_films(0)
        for film in record.films:
            film.has_failed = film.has_failed or not film.is_accepted
        record.not_deleted += [instance for _, _, instance in self._created]

    # -- session

    def _create_session(self) -> None:
        self._check_wanted()
        if self._lut is not None and self._prepared.presentation_lut is not None:
            self._lut_instance = self._create(
                self._lut, Service.CREATE_LUT, PRESENTATION_LUT, self._prepared.presentation_lut
            )
        self._session = self._create(self._meta, Service.CREATE_SESSION, FILM_SESSION, self._prepared.session)

    def _create(self, services: Services, service: Service, sop_class: str, attributes: Dataset) -> str:
        """Create what all films need; returns its SOP Instance UID."""
        response, instance = self._created_as(services, sop_class, attributes)
        if not self._record.note(service, response):
            raise _AllEndedError
        if not instance:
            self._record.fail(f"{service}: the printer assigned no usable SOP Instance UID")
            raise _AllEndedError
        return instance

    def _created_as(self, services: Services, sop_class: str, attributes: Dataset) -> tuple[Response, str]:
        """N-CREATE; returns the UID that the instance now has, for the printer may assign another than we proposed."""
        proposed = None if self._request.printer_assigns_uids else generate_uid(prefix=None)
        response = services.create(sop_class, proposed, attributes)
        instance = response.instance or (proposed or "")
        if response.is_done and not can_be_named(instance):
            self._record.not_deleted += [instance] if instance else []
            return response, ""
        if response.is_done:
            self._created.append((services, sop_class, instance))
        return response, instance

    def _print_session(self) -> None:
        self._check_wanted()
        films = [film for film in self._record.films if not film.has_failed]
        if not films:
            return
        self._jobs.expect()
        response = self._meta.action(FILM_SESSION, self._session)
        found = self._named_jobs(response)
        is_done = self._record.note(Service.ACT_ON_SESSION, response)
        for index, film in enumerate(films):
            film.status, film.is_accepted = response.code, is_done
            if found:
                film.print_job = found[index if len(found) == len(films) else 0]
            self._tell(film)

    def _named_jobs(self, response: Response) -> list[str]:
        """Return the print jobs that an N-ACTION response names; they are known from now on."""
        found = [job for _, job in references(response.attributes, PRINT_JOBS) if can_be_named(job)]
        self._jobs.add(found)
        return found

    # -- films

    def _make_films(self) -> None:
        first, images = 0, len(self._prepared.images)
        while first < images:
            film = FilmRecord(len(self._record.films) + 1)
            self._record.films.append(film)
            try:
                self._try_film(film, first)
            except (_AllEndedError, OperationEndedError):
                self._count_films(first)
                raise
            if not film.boxes and not self._boxes:
                self._record.fail("it is not known how many images fit on a film: no further film is tried")
                raise _AllEndedError
            first += film.boxes or self._boxes or images
            self._boxes = film.boxes or self._boxes

    def _try_film(self, film: FilmRecord, first: int) -> None:
        try:
            self._check_wanted()
            self._make_film(film, first)
        except _FilmEndedError:
            film.has_failed = True
            self._drop_film(film)
            self._tell(film)

    def _count_films(self, first: int) -> None:
        """Count the films that are not tried any more, after the one that begins with this image, if one does."""
        films = self._record.films
        left, boxes = len(self._prepared.images) - first, (films[-1].boxes if films else 0) or self._boxes
        more = -(-left // boxes) - min(1, len(films)) if boxes else 0
        number = len(films)
        films += [FilmRecord(number + 1 + index) for index in range(more)]

    def _make_film(self, film: FilmRecord, first: int) -> None:
        where = f"film {film.number}"
        response, instance = self._created_as(self._meta, FILM_BOX, self._film_attributes())
        film.film_box = instance or None
        self._judge(film, Service.CREATE_FILM, response, where)
        if not instance:
            self._end_film(film, f"{where}: the printer assigned no usable SOP Instance UID")
        boxes = references(response.attributes, "ReferencedImageBoxSequence")
        film.boxes = len(boxes)
        if not boxes:
            self._end_film(film, f"{where}: the printer made a film box without image boxes")
        if not all(can_be_named(box) for _, box in boxes):
            self._end_film(film, f"{where}: the printer made an image box without a usable UID")
        if len({box for _, box in boxes}) < len(boxes):
            self._end_film(film, f"{where}: the printer named one image box twice: an image would take another's place")
        for position, (sop_class, box) in enumerate(boxes, start=1):
            if first + position > len(self._prepared.images):
                break
            self._check_wanted()
            self._set_image(film, first + position - 1, position, sop_class, box)
        self._set_annotations(film, response)
        if self._request.per == "film_box":
            self._print_film(film, instance)

    def _film_attributes(self) -> Dataset:
        found = copy(self._prepared.film)
        found.ReferencedFilmSessionSequence = [reference(FILM_SESSION, self._session)]
        if self._lut_instance:
            found.ReferencedPresentationLUTSequence = [reference(PRESENTATION_LUT, self._lut_instance)]
        return found

    def _set_image(self, film: FilmRecord, index: int, position: int, sop_class: str, box: str) -> None:
        where = f"film {film.number}, image {position}"
        try:
            content = self._prepared.images[index].content(position, self._meta.is_little_endian)
        except PrintError as error:
            self._end_film(film, f"{where}: {error}")
        known = sop_class if sop_class in (GRAYSCALE_IMAGE_BOX, COLOR_IMAGE_BOX) else self._box_class
        response = self._meta.set(known, box, content)
        service = Service.SET_COLOR_IMAGE if known == COLOR_IMAGE_BOX else Service.SET_IMAGE
        self._judge(film, service, response, where)
        if self._progress is not None:
            self._progress({"film": film.number, "image": position, "images": len(self._prepared.images)})

    def _set_annotations(self, film: FilmRecord, response: Response) -> None:
        if self._annotation is None or not self._prepared.annotations:
            return
        found = references(response.attributes, "ReferencedBasicAnnotationBoxSequence")
        boxes = [box for _, box in found if can_be_named(box)]
        for position, (text, box) in enumerate(zip(self._prepared.annotations, boxes, strict=False), start=1):
            response = self._annotation.set(BASIC_ANNOTATION_BOX, box, annotation_content(position, text))
            self._judge(film, Service.SET_ANNOTATION, response, f"film {film.number}, annotation {position}")
        if len(boxes) < len(self._prepared.annotations):
            lacking = len(self._prepared.annotations) - len(boxes)
            self._record.warn(
                f"film {film.number}: the printer created no box for {counted(lacking, 'annotation')}", is_result=True
            )

    def _print_film(self, film: FilmRecord, instance: str) -> None:
        self._check_wanted()
        self._jobs.expect()
        response = self._meta.action(FILM_BOX, instance)
        film.print_job = next(iter(self._named_jobs(response)), None)
        self._judge(film, Service.ACT_ON_FILM, response, f"film {film.number}")
        film.status, film.is_accepted = response.code, True
        self._tell(film)
        self._drop_film(film)

    def _judge(self, film: FilmRecord, service: Service, response: Response, where: str) -> None:
        if self._record.note(service, response, where):
            return
        film.status, film.has_failed = response.code, True
        raise _AllEndedError if response.status in OF_THE_SERVICE else _FilmEndedError

    def _end_film(self, film: FilmRecord, text: str) -> None:
        self._record.fail(text)
        film.has_failed = True
        raise _FilmEndedError

    # -- afterwards

    def _drop_film(self, film: FilmRecord) -> None:
        """Delete a film box that is printed, or that must not be printed with the others of its session."""
        created = next((each for each in self._created if each[1:] == (FILM_BOX, film.film_box)), None)
        if created is None or not self._request.delete:
            return
        if not self._delete(created) and film.has_failed and self._request.per == "session":
            self._record.fail(f"film {film.number} is still in the session, so the session is not printed")
            raise _AllEndedError

    def _delete(self, created: tuple[Services, str, str]) -> bool:
        services, sop_class, instance = created
        response = services.delete(sop_class, instance)
        is_done = self._record.note_minor(_DELETIONS[sop_class], response)
        self._created.remove(created)
        if not is_done:
            self._record.not_deleted.append(instance)
        return is_done

    def _delete_all(self) -> None:
        if not self._request.delete:
            return
        order = (FILM_BOX, FILM_SESSION, PRESENTATION_LUT)
        last_first = reversed(self._created)  # a printer deletes the film box created last (PS3.4 H.4.2.2.3)
        for created in sorted(last_first, key=lambda each: order.index(each[1])):
            self._delete(created)

    def _check_wanted(self) -> None:
        reason = self._unwanted()
        if reason:
            self._record.cancelled = reason
            raise _AllEndedError

    def _tell(self, film: FilmRecord) -> None:
        if self._progress is not None:
            self._progress(film.result().as_dict())
