"""The objects of a printer as one association built them: film sessions, film boxes, image boxes, annotations.

Invariants: it follows what requestor and acceptor sent to each other, and judges nothing. A request counts
once its response brought success or a warning; an N-ACTION-RQ counts at once, for what it asked for was asked for. It
never raises: what refers to nothing is passed over.

References
----------
PS3.4 H.2.2 (hierarchy), H.4; PS3.7 10.1 (N-services).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from dicom_conformance.judge.films.attributes import Attributes, read
from dicom_conformance.judge.films.printed import COLOR_SEQUENCE, GRAYSCALE_SEQUENCE, Event, PrintedFilm, PrintedImage
from dicom_conformance.trace import Conversation, SeenMessage
from dicom_simulators.printer import Annotation, FilmError, PresentationLUT, lay_out
from dicom_wire.capture import Side
from dicom_wire.statuses import StatusClass, status_class

FILM_SESSION, FILM_BOX = "1.2.840.10008.5.1.1.1", "1.2.840.10008.5.1.1.2"
PRINT_JOB, PRESENTATION_LUT = "1.2.840.10008.5.1.1.14", "1.2.840.10008.5.1.1.23"
COLOR_META = "1.2.840.10008.5.1.1.18"
_JOBS = "ReferencedPrintJobSequencePullStoredPrint"
"""The dictionary's keyword of Referenced Print Job Sequence (2100,0500), which is part of an N-ACTION-RSP."""

MOST_BOXES = 10_000
_JOB_EVENTS = {1: "PENDING", 2: "PRINTING", 3: "DONE", 4: "FAILURE"}
_PRINTER_EVENTS = {1: "NORMAL", 2: "WARNING", 3: "FAILURE"}


@dataclass(slots=True)
class _Object:
    """One SOP Instance: what the requestor sent of it, and what is in effect."""

    sop_class: str
    requested: dict[str, str] = field(default_factory=dict)
    effect: dict[str, str] = field(default_factory=dict)
    sequences: dict[str, tuple[Attributes, ...]] = field(default_factory=dict)
    lut: Attributes | None = None
    delete_requested: bool = False

    def references(self, keyword: str) -> tuple[str, ...]:
        return Attributes(sequences=self.sequences).references(keyword)


@dataclass(slots=True)
class _Job:
    """What was reported about a print job."""

    status: str = ""
    info: str = ""


class Tree:
    """What one association built.

    Parameters
    ----------
    conversation : Conversation
    first : int
        The number of its first film.
    """

    def __init__(self, conversation: Conversation, first: int = 1) -> None:
        self._conversation = conversation
        self._first = first
        self._objects: dict[str, _Object] = {}
        self._films: list[PrintedFilm] = []
        self._asked: list[int | None] = []
        self._jobs: dict[str, _Job] = {}
        self._boxes: dict[str, list[tuple[str, int]]] = {}  # film session to its film boxes, and their image boxes
        self.events: list[Event] = []
        self._open: dict[tuple[Side, int], SeenMessage] = {}
        self._events_open: dict[int, int] = {}
        for message in conversation.messages:
            self._take(message)

    def films(self) -> Iterator[PrintedFilm]:
        """Give the films, with everything that was reported about them until the end."""
        for film in self._films:
            job = self._jobs.get(film.print_job or "", _Job())
            events = tuple(one for one in self.events if one.of == "printer" or one.instance == film.print_job)
            left = [
                name
                for name, uid in (("film box", film.film_box), ("film session", film.film_session))
                if uid in self._objects and not self._objects[uid].delete_requested
            ]
            yield replace(
                film,
                execution_status=job.status,
                execution_status_info=job.info,
                events=events,
                not_deleted=tuple(left),
            )

    # -- messages ---------------------------------------------------------------------------------------------------

    def _take(self, message: SeenMessage) -> None:
        command = message.command
        if message.name.endswith("-RQ"):
            number = command.number("MessageID")
            if number is not None:
                self._open[message.side, number] = message
            if message.name == "N-ACTION-RQ":
                self._action(message)
            elif message.name == "N-DELETE-RQ":
                self._delete(message)
            elif message.name == "N-EVENT-REPORT-RQ":
                self._event(message)
            return
        number = command.number("MessageIDBeingRespondedTo")
        asker = Side.ACCEPTOR if message.side is Side.REQUESTOR else Side.REQUESTOR
        request = None if number is None else self._open.pop((asker, number), None)
        if request is None or request.name.removesuffix("-RQ") != message.name.removesuffix("-RSP"):
            return
        match message.name:
            case "N-CREATE-RSP" if _good(message):
                self._created(request, message)
            case "N-CREATE-RSP":
                self._not_created(request)
            case "N-SET-RSP" if _good(message):
                self._was_set(request, message)
            case "N-ACTION-RSP":
                self._acted(request, message)
            case "N-GET-RSP" if _good(message):
                self._got(request, message)
            case "N-EVENT-REPORT-RSP":
                self._answered(request, message)

    def _created(self, request: SeenMessage, response: SeenMessage) -> None:
        uid = _uid(response.command.text("AffectedSOPInstanceUID")) or _uid(
            request.command.text("AffectedSOPInstanceUID")
        )
        sop_class = _uid(request.command.text("AffectedSOPClassUID"))
        if not uid:
            return
        requested, returned = _read(request), _read(response)
        made = _Object(sop_class, dict(requested.texts), {**requested.texts, **returned.texts})
        made.sequences = {**requested.sequences, **returned.sequences}
        if sop_class == PRESENTATION_LUT:
            made.lut = requested
        self._objects[uid] = made
        if sop_class == FILM_BOX:
            count = len(made.references("ReferencedImageBoxSequence"))
            self._boxes.setdefault(self._session_of(uid), []).append((uid, count))

    def _not_created(self, request: SeenMessage) -> None:
        """Take down a film box that the printer would not create: the images for it are not printed."""
        requested = _read(request)
        if _uid(request.command.text("AffectedSOPClassUID")) != FILM_BOX:
            return
        try:
            count = len(lay_out(requested.texts).boxes)
        except FilmError:
            count = 0
        session = next(iter(requested.references("ReferencedFilmSessionSequence")), "")
        self._boxes.setdefault(session, []).append(("", count))

    def _was_set(self, request: SeenMessage, response: SeenMessage) -> None:
        uid = _uid(request.command.text("RequestedSOPInstanceUID"))
        sop_class = _uid(request.command.text("RequestedSOPClassUID"))
        if not uid:
            return
        requested, returned = _read(request), _read(response)
        known = self._objects.setdefault(uid, _Object(sop_class))
        known.requested.update(requested.texts)
        known.effect.update({**requested.texts, **returned.texts})
        known.sequences.update(requested.sequences)

    def _delete(self, message: SeenMessage) -> None:
        known = self._objects.get(_uid(message.command.text("RequestedSOPInstanceUID")))
        if known is not None:
            known.delete_requested = True

    def _action(self, message: SeenMessage) -> None:
        uid = _uid(message.command.text("RequestedSOPInstanceUID"))
        sop_class = _uid(message.command.text("RequestedSOPClassUID"))
        boxes = [uid]
        if sop_class == FILM_SESSION:
            boxes = [key for key in self._objects if self._session_of(key) == uid and self._is_there(key)]
        elif sop_class != FILM_BOX:
            return
        for box in boxes[:MOST_BOXES]:
            self._films.append(self._film(message, box, uid if sop_class == FILM_SESSION else self._session_of(box)))
            self._asked.append(message.command.number("MessageID"))

    def _is_there(self, box: str) -> bool:
        known = self._objects[box]
        return known.sop_class == FILM_BOX and not known.delete_requested

    def _acted(self, request: SeenMessage, response: SeenMessage) -> None:
        jobs = _read(response).references(_JOBS)
        for index, (film, requested) in enumerate(zip(self._films, self._asked, strict=True)):
            if requested == request.command.number("MessageID") and film.requested_ns == request.t_ns:
                self._films[index] = replace(film, status=response.status, print_job=jobs[0] if jobs else None)

    def _event(self, message: SeenMessage) -> None:
        command, returned = message.command, _read(message)
        is_job = _uid(command.text("AffectedSOPClassUID")) == PRINT_JOB
        uid = _uid(command.text("AffectedSOPInstanceUID"))
        kind = command.number("EventTypeID")
        names = _JOB_EVENTS if is_job else _PRINTER_EVENTS
        status = names.get(kind if kind is not None else -1, f"event {kind}")
        info = returned.text("ExecutionStatusInfo" if is_job else "PrinterStatusInfo")
        number = command.number("MessageID")
        if number is not None:
            self._events_open[number] = len(self.events)
        self.events.append(Event(message.t_ns, "print_job" if is_job else "printer", uid, status, info))
        if is_job:
            self._jobs[uid] = _Job(status, info)

    def _answered(self, request: SeenMessage, response: SeenMessage) -> None:
        index = self._events_open.get(request.command.number("MessageID") or 0)
        if index is not None:
            self.events[index] = replace(self.events[index], answered=response.status)

    def _got(self, request: SeenMessage, response: SeenMessage) -> None:
        if _uid(request.command.text("RequestedSOPClassUID")) != PRINT_JOB:
            return
        returned = _read(response)
        if returned.text("ExecutionStatus"):
            uid = _uid(request.command.text("RequestedSOPInstanceUID"))
            self._jobs[uid] = _Job(returned.text("ExecutionStatus"), returned.text("ExecutionStatusInfo"))

    # -- films ------------------------------------------------------------------------------------------------------

    def _session_of(self, box: str) -> str:
        known = self._objects.get(box)
        return next(iter(known.references("ReferencedFilmSessionSequence")), "") if known is not None else ""

    def _film(self, message: SeenMessage, box: str, session: str) -> PrintedFilm:
        """Record a film as it is when it is requested."""
        nothing = _Object("")
        film_box, film_session = self._objects.get(box, nothing), self._objects.get(session, nothing)
        places = film_box.references("ReferencedImageBoxSequence")
        created = self._boxes.get(self._session_of(box), [])
        place = next((number for number, (uid, _) in enumerate(created, 1) if uid == box), 1)
        return PrintedFilm(
            number=self._first + len(self._films),
            conversation=self._conversation,
            requested_ns=message.t_ns,
            colour=message.abstract_syntax == COLOR_META,
            film_box=box,
            film_session=session,
            status=None,
            session=dict(film_session.effect),
            box=dict(film_box.effect),
            requested_session=dict(film_session.requested),
            requested_box=dict(film_box.requested),
            boxes=len(places),
            images=tuple(self._images(places[:MOST_BOXES])),
            place=place,
            boxes_before=sum(count for _, count in created[: place - 1]),
            annotations=tuple(self._annotations(film_box)),
            presentation_lut=self._presentation_lut(film_box),
        )

    def _images(self, places: tuple[str, ...]) -> Iterator[PrintedImage]:
        for place, uid in enumerate(places, 1):
            known = self._objects.get(uid)
            if known is None:
                continue
            sequences = Attributes(sequences=known.sequences)
            color = COLOR_SEQUENCE in known.sequences
            content = next(iter(sequences.items(COLOR_SEQUENCE if color else GRAYSCALE_SEQUENCE)), None)
            position = Attributes(known.requested).number("ImageBoxPosition")
            lut = self._presentation_lut(known)
            yield PrintedImage(uid, position or place, place, dict(known.requested), content, color, lut)

    def _annotations(self, film_box: _Object) -> Iterator[Annotation]:
        for place, uid in enumerate(film_box.references("ReferencedBasicAnnotationBoxSequence")[:MOST_BOXES], 1):
            requested: Mapping[str, str] = self._objects[uid].requested if uid in self._objects else {}
            yield Annotation(
                Attributes(requested).number("AnnotationPosition") or place, requested.get("TextString", "")
            )

    def _presentation_lut(self, box: _Object) -> PresentationLUT | None:
        """Return what a film box or an image box refers to."""
        uid = next(iter(box.references("ReferencedPresentationLUTSequence")), "")
        known = self._objects.get(uid)
        return None if known is None or known.lut is None else _lut(known.lut)


def _lut(returned: Attributes) -> PresentationLUT | None:
    """Read a Presentation LUT (PS3.3 C.11.4); None where it can be read as neither a shape nor a table."""
    shape = returned.text("PresentationLUTShape")
    if shape:
        return PresentationLUT(shape)
    item = next(iter(returned.items("PresentationLUTSequence")), None)
    if item is None:
        return None
    descriptor = [int(part) for part in item.text("LUTDescriptor").split("\\") if part.isascii() and part.isdigit()]
    entries = _entries(item)
    if len(descriptor) != 3 or not 8 <= descriptor[2] <= 16 or not entries:
        return None
    return PresentationLUT(None, entries, descriptor[1], descriptor[2])


def _entries(item: Attributes) -> tuple[int, ...]:
    """Read LUT Data, of VR OW or US."""
    data = item.data.get("LUTData")
    if data is not None:
        order = ">u2" if item.big_endian else "<u2"
        return tuple(np.frombuffer(data[: len(data) // 2 * 2], order).tolist())
    return tuple(int(part) for part in item.text("LUTData").split("\\") if part.isascii() and part.isdigit())


def _good(response: SeenMessage) -> bool:
    status = response.status
    return status is not None and status_class(status) in (StatusClass.SUCCESS, StatusClass.WARNING)


def _uid(text: str | None) -> str:
    return (text or "").rstrip("\0 ")


def _read(message: SeenMessage) -> Attributes:
    return read(message.data_set, message.transfer_syntax)
