"""A print as SCU: film session, film boxes, images, and what the print job reports (PS3.4 Annex H)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dicom_simulators.association import Arguments, Outcome, of_status, outcome
from dicom_simulators.data_sets import Instance
from dicom_simulators.encoding import uid_of
from dicom_simulators.scu.delivery import Held
from dicom_simulators.scu.events import Event
from dicom_simulators.scu.film_images import image_item
from dicom_simulators.scu.normalized import COLOR_META, GRAYSCALE_META, Normalized, Performed, perform
from dicom_simulators.scu.queries import character_sets
from dicom_wire import StatusClass, status_class

FILM_SESSION, FILM_BOX = uid_of("BasicFilmSession"), uid_of("BasicFilmBox")
GRAYSCALE_IMAGE_BOX, COLOR_IMAGE_BOX = uid_of("BasicGrayscaleImageBox"), uid_of("BasicColorImageBox")
PRINT_JOB = uid_of("PrintJob")
PRINT = 1  # Action Type ID, PS3.4 H.4.1.2.4 and H.4.2.2.4
_JOBS = "ReferencedPrintJobSequencePullStoredPrint"  # so PS3.6 names (2100,0500), which the N-ACTION-RSP bears
LAST_EVENTS = ("DONE", "FAILURE")
_EVENT_NAMES = {1: "PENDING", 2: "PRINTING", 3: "DONE", 4: "FAILURE"}  # PS3.4 H.4.5.2.1


@dataclass(frozen=True, slots=True)
class Print:
    """What is to be printed.

    Attributes
    ----------
    images : tuple of Instance
        In the order of their places; as many films as they need.
    at : {"film", "session", "nothing"}
        What the N-ACTION is of.
    session, film, image : mapping
        Further attributes of the film session, of each film box, of each image box.
    within_s : float
        How long the end of the print jobs is waited for, in seconds.
    """

    images: tuple[Instance, ...]
    layout: str
    at: str
    color: bool
    bits: int
    session: Mapping[str, object]
    film: Mapping[str, object]
    image: Mapping[str, object]
    delete: bool
    within_s: float
    terms: tuple[str, ...] = ()

    @property
    def abstract_syntaxes(self) -> tuple[str, ...]:
        """What is proposed for it."""
        return (COLOR_META if self.color else GRAYSCALE_META, PRINT_JOB)


def read_print(arguments: Arguments, images: Sequence[Instance]) -> Print:
    """Read what is to be printed.

    Raises
    ------
    ValueError
    """
    color = arguments.choice("meta", ("grayscale", "color")) == "color"
    bits = arguments.number("bits", 8)
    if bits not in (8, 12):
        raise arguments.wrong("bits", f"expected 8 or 12, not {bits}")
    copies = arguments.text("copies", "")
    return Print(
        tuple(images),
        arguments.text("layout", "STANDARD\\1,1"),
        arguments.choice("at", ("film", "session", "nothing")),
        color,
        bits,
        {**({"NumberOfCopies": copies} if copies else {}), **_mapping(arguments, "session")},
        _mapping(arguments, "film"),
        _mapping(arguments, "image"),
        arguments.truth("delete"),
        arguments.seconds("within_s", 0.0),
        character_sets(arguments),
    )


def _mapping(arguments: Arguments, key: str) -> Mapping[str, object]:
    given = arguments.raw(key)
    if given is not None and not isinstance(given, Mapping):
        raise arguments.wrong(key, f"expected a mapping of keywords to values, not {given!r}")
    return given or {}


@dataclass(slots=True)
class Printing:
    """A print on its way over one association, and what became of it."""

    wanted: Print
    held: Held
    session: str = ""
    films: list[dict[str, object]] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    _responses: list[dict[str, object]] = field(default_factory=list)
    _worst: int | None = None
    _last: Outcome = field(default_factory=dict)
    _notes: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Create, set, print; end where nothing can follow."""
        created = self._perform("n_create", FILM_SESSION, "", self.wanted.session)
        if created is None:
            return
        self.session = created.instance
        if self._film_boxes() and self.wanted.at == "session":
            self._print(FILM_SESSION, self.session)
        if self.wanted.delete and self.held.requestor.ended is None:
            self._perform("n_delete", FILM_SESSION, self.session, None)

    def _film_boxes(self) -> bool:
        """Create film boxes until all images have a place; return whether all could be created."""
        left = list(self.wanted.images)
        while left or not self.films:
            box = self._film_box()
            if box is None:
                return False
            uid, places = box
            for place, image in zip(places, left, strict=False):
                self._image(place, image, position=places.index(place) + 1)
            self.films.append({"instance": uid, "images": places})
            if self.wanted.at == "film":
                self._print(FILM_BOX, uid)
            if not places:
                return not left
            left = left[len(places) :]
        return True

    def _film_box(self) -> tuple[str, list[str]] | None:
        reference = {"ReferencedSOPClassUID": FILM_SESSION, "ReferencedSOPInstanceUID": self.session}
        attributes = {"ImageDisplayFormat": self.wanted.layout, "ReferencedFilmSessionSequence": [reference]}
        created = self._perform("n_create", FILM_BOX, "", {**attributes, **self.wanted.film})
        if created is None:
            return None
        return created.instance, list(_references(created, "ReferencedImageBoxSequence"))

    def _image(self, place: str, image: Instance, position: int) -> None:
        color = self.wanted.color
        sequence = "BasicColorImageSequence" if color else "BasicGrayscaleImageSequence"
        item = image_item(image, self.wanted.bits, color)
        attributes = {"ImageBoxPosition": str(position), sequence: [item], **self.wanted.image}
        self._perform("n_set", COLOR_IMAGE_BOX if color else GRAYSCALE_IMAGE_BOX, place, attributes)

    def _print(self, sop_class: str, instance: str) -> None:
        printed = self._perform("n_action", sop_class, instance, None, PRINT)
        if printed is not None:
            self.jobs += _references(printed, _JOBS)

    def _perform(
        self,
        operation: str,
        sop_class: str,
        instance: str,
        attributes: Mapping[str, object] | None,
        action_type: int | None = None,
    ) -> Performed | None:
        """Perform one operation; None where it failed or found no answer."""
        if self.held.requestor.ended is not None:
            return None
        meta = self.wanted.abstract_syntaxes[0]
        given = attributes if operation != "n_create" or attributes else None
        done = perform(
            self.held,
            Normalized(operation, sop_class, instance, meta, given, (), action_type, self.wanted.terms),
        )
        if done is None:
            self._last = outcome("print", "", "not_accepted", None, f"{meta} was not accepted")
            return None
        self._note(operation, sop_class, done)
        status = done.status
        return done if status is not None and _is_done(status) else None

    def _note(self, operation: str, sop_class: str, done: Performed) -> None:
        status = done.status
        self._responses.append(
            {
                "operation": operation,
                "sop_class": sop_class,
                "instance": done.instance,
                "status": None if status is None else f"{status:04X}",
            }
        )
        said = done.outcome("print")
        self._notes += list(done.exchanged.notes) + ([done.unreadable] if done.unreadable else [])
        if status is None or self._worst is None or _rank(status) > _rank(self._worst):
            self._worst = status
            self._last = said

    def outcome(self, events: Sequence[Event]) -> Outcome:
        """Tell what became of it; its result is the worst that came."""
        kept = ("operation", "peer", "result", "status", "detail", "rejection", "abort")
        return {
            **{key: value for key, value in self._last.items() if key in kept},
            "responses": self._responses,
            "session": self.session,
            "films": self.films,
            "jobs": self.jobs,
            "events": list(_events(events)),
            "noted": self._notes,
        }

    def is_over(self, events: Sequence[Event]) -> bool:
        """Whether each print job reported its end, or nothing more can come."""
        ended = {event.instance for event in events if _EVENT_NAMES.get(event.type or 0) in LAST_EVENTS}
        return self.held.requestor.ended is not None or set(self.jobs) <= ended


def as_response(said: Mapping[str, Any]) -> Outcome:
    """Give the outcome of a print the form of a response, for references to its session and to its print jobs."""
    jobs = [{"ReferencedSOPInstanceUID": job} for job in said.get("jobs", [])]
    return {"instance": said.get("session", ""), "attributes": {_JOBS: jobs}}


def _references(done: Performed, keyword: str) -> Iterator[str]:
    value = done.attributes.get(keyword)
    for item in value if isinstance(value, list) else []:
        if isinstance(item, Mapping):
            yield str(item.get("ReferencedSOPInstanceUID", ""))


def _events(events: Sequence[Event]) -> Iterator[dict[str, object]]:
    for event in events:
        if event.sop_class == PRINT_JOB:
            status = _EVENT_NAMES.get(event.type or 0, "")
            info = event.attributes.get("ExecutionStatusInfo", "")
            yield {"type": event.type, "status": status, "info": info, "job": event.instance}


def _is_done(status: int) -> bool:
    return status_class(status) in (StatusClass.SUCCESS, StatusClass.WARNING)


def _rank(status: int) -> int:
    return ("success", "warning").index(of_status(status)) if _is_done(status) else 2
