"""The printer: SCP of the Print Management Service Class, over the association driver.

Invariants: it only joins the parts. What may be asked on an association is in `printing.services`, what
exists there in `printing.objects`, how films are printed one after the other in `printing.jobs`, how they look in
`printing.rendering`, what is reported, and what a person may do to a printer, in `printing.events`; here are the SOP
Classes that are accepted, and what becomes of a film.

It is SCP of Verification, Basic Grayscale and Basic Color Print Management, Printer, Print Job, Presentation LUT and
Basic Annotation Box, in the three uncompressed transfer syntaxes.

References
----------
PS3.4 Annex H; PS3.3 C.13; PS3.7 10.1
"""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from dicom_simulators.association import (
    VERIFICATION,
    Acceptor,
    OwnOperation,
    Request,
    Response,
    Service,
    Simulator,
    Supported,
    ignore_response,
)
from dicom_simulators.data_sets import uid as uid_of
from dicom_simulators.encoding import UNCOMPRESSED
from dicom_simulators.printer.abilities import (
    ANNOTATION_FORMATS,
    DESTINATIONS,
    DOTS_PER_MM,
    FILM_SIZES,
    LAYOUTS,
    MEDIA,
    MEMORY_BYTES,
    Abilities,
)
from dicom_simulators.printer.attributes import Attributes, made
from dicom_simulators.printer.events import ANSWER_S, Handling, Reporter
from dicom_simulators.printer.films import CUSTOM_LAYOUTS, Film, FilmError, film_name, last_number, render, write_png
from dicom_simulators.printer.jobs import NORMAL, Job, Spooler
from dicom_simulators.printer.replies import Status
from dicom_simulators.printer.requests import JobRequest, print_request
from dicom_simulators.printer.services import Printing
from dicom_simulators.printer.sop_classes import (
    ANNOTATION_BOX,
    COLOR_META,
    GRAYSCALE_META,
    NAMES,
    PRESENTATION_LUT,
    PRINT_JOB,
    PRINTER,
)
from dicom_wire import Message, Recorder

N_SERVICES = ("N-CREATE-RQ", "N-SET-RQ", "N-GET-RQ", "N-ACTION-RQ", "N-DELETE-RQ")
QUEUE = 200
Fractions = Sequence[tuple[float, float, float, float]]


class Printer(Simulator):
    """A printer.

    Parameters
    ----------
    name, ae_title, recorder
        As for every simulator.
    grayscale : bool
        Whether it accepts the Basic Grayscale Print Management Meta SOP Class.
    colour : bool
        Whether it accepts the Basic Color Print Management Meta SOP Class.
    print_job : bool
        Whether it accepts the Print Job SOP Class.
    presentation_lut : bool
        Whether it accepts the Presentation LUT SOP Class.
    annotation_box : bool
        Whether it accepts the Basic Annotation Box SOP Class.
    transfer_syntaxes : tuple of str
        Transfer syntaxes that it accepts, in its order of preference.
    assigns_uids : {"when_absent", "always"}
        Whether it makes SOP Instance UIDs of its own even where the SCU proposes one.
    queue : int
        How many print jobs may wait or print at once; beyond it the statuses are C601 and C602.
    film_s : float or "never"
        How long a film takes, in seconds; `never`: until the operation `finish`.
    job_ends : {"DONE", "FAILURE"}
        How print jobs end.
    job_info : str
        Execution Status Info of print jobs that fail.
    condition : {"NORMAL", "WARNING", "FAILURE"}
        Printer Status; while it is FAILURE no film begins.
    condition_info : str
        Printer Status Info.
    printer_name : str
        Printer Name.
    manufacturer : str
        Manufacturer.
    model : str
        Manufacturer's Model Name.
    serial_number : str
        Device Serial Number.
    software : str
        Software Versions.
    reports : bool
        Whether it sends events by itself.
    output : path, optional
        A folder in which each film is written as a picture (PNG); films are numbered on after those that are there.
    keeps : bool
        Whether films are kept in memory; if not, they are printed and counted.
    bits, media, destinations_of_film, film_sizes, layouts ...
        The attributes of `Abilities`.
    **options
        Of `Simulator`: host, port, faults, callers, deadlines, maximum_length ...
    """

    notifies = True
    ARGUMENTS: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType(
        {
            **dict.fromkeys(("condition", "report", "report_job", "finish"), ("status", "info", "event_type")),
            "end": ("how",),
        }
    )

    def __init__(
        self,
        name: str,
        ae_title: str,
        recorder: Recorder,
        *,
        grayscale: bool = True,
        colour: bool = True,
        print_job: bool = True,
        presentation_lut: bool = True,
        annotation_box: bool = True,
        transfer_syntaxes: tuple[str, ...] = UNCOMPRESSED,
        assigns_uids: Literal["when_absent", "always"] = "when_absent",
        bits: tuple[int, ...] = (8, 12),
        media: tuple[str, ...] = MEDIA,
        destinations_of_film: tuple[str, ...] = DESTINATIONS,
        film_sizes: tuple[str, ...] = FILM_SIZES,
        layouts: tuple[str, ...] = LAYOUTS,
        custom_layouts: Mapping[str, Fractions] | None = None,
        annotation_formats: Mapping[str, int] | None = None,
        densities: tuple[int, int] = (20, 300),
        memory_bytes: int = MEMORY_BYTES,
        allocates_memory: bool = True,
        dots_per_mm: float = DOTS_PER_MM,
        collates: bool = True,
        replaces: bool = False,
        last_only: bool = True,
        judges_sizes_at: Literal["set", "print"] = "set",
        queue: int = QUEUE,
        film_s: float | Literal["never"] = 0.02,
        job_ends: Literal["DONE", "FAILURE"] = "DONE",
        job_info: str = "UNKNOWN",
        condition: Literal["NORMAL", "WARNING", "FAILURE"] = "NORMAL",
        condition_info: str = "",
        printer_name: str = "PRINTER",
        manufacturer: str = "DICOM CONFORMANCE",
        model: str = "PRINTER SIMULATOR",
        serial_number: str = "1",
        software: str = "1",
        reports: bool = True,
        output: Path | None = None,
        keeps: bool = True,
        **options: Any,
    ) -> None:
        self.abilities = Abilities(
            media=media,
            destinations_of_film=destinations_of_film,
            film_sizes=film_sizes,
            layouts=layouts,
            custom_layouts=CUSTOM_LAYOUTS if custom_layouts is None else custom_layouts,
            annotation_formats=ANNOTATION_FORMATS if annotation_formats is None else annotation_formats,
            bits=bits,
            densities=densities,
            memory_bytes=memory_bytes,
            allocates_memory=allocates_memory,
            dots_per_mm=dots_per_mm,
            collates=collates,
            replaces=replaces,
            last_only=last_only,
            judges_sizes_at=judges_sizes_at,
        )
        optional = {GRAYSCALE_META: grayscale, COLOR_META: colour, PRINT_JOB: print_job}
        optional |= {PRESENTATION_LUT: presentation_lut, ANNOTATION_BOX: annotation_box}
        accepted = (VERIFICATION, PRINTER, *(uid for uid, wanted in optional.items() if wanted))
        self._supported = tuple(Supported(uid, transfer_syntaxes) for uid in accepted)
        self._always_assigns = assigns_uids == "always"
        self._reports, self._keeps = reports, keeps
        self._output = None if output is None else Path(output)
        self._identity = {
            "PrinterName": printer_name,
            "Manufacturer": manufacturer,
            "ManufacturerModelName": model,
            "DeviceSerialNumber": serial_number,
            "SoftwareVersions": software,
        }
        self._films: list[Film] = []
        self._printed = 0
        self._before = 0  # number of the last film that was in the output folder before
        self._picture: tuple[Film | None, Any] = (None, None)
        self._changed = threading.Condition()
        self._associations: dict[Acceptor, Printing] = {}
        self._made = itertools.count(1)
        super().__init__(name, ae_title, recorder, **options)
        self._spooler = Spooler(
            queue=queue,
            film_s=film_s,
            ends=job_ends,
            info=job_info,
            condition=(condition, condition_info or (NORMAL if condition == NORMAL else "UNKNOWN")),
            make_uid=self._make_uid,
            print_film=self._come_out,
            on_change=self._report_job_change,
            name=name,
        )
        within_s = min(ANSWER_S, self.deadlines.dimse_s)
        self._reporter = Reporter(printer_name, destinations_of_film[0], within_s)
        self._handling = Handling(self._reporter, self._spooler, reports, self._open, self._wait_over, self.note)

    # -- what it supports -----------------------------------------------------------------------------------------

    def supported(self) -> tuple[Supported, ...]:
        """Return the SOP Classes that it accepts as acceptor."""
        return self._supported

    def services(self) -> Mapping[str, Service]:
        """Return its services, by DIMSE request."""
        return {**super().services(), **dict.fromkeys(N_SERVICES, self._serve)}

    def own_operations(self) -> Mapping[str, OwnOperation]:
        """Return what may be done to it."""
        return self._handling.operations()

    def start(self) -> None:
        """Listen, and begin to print.

        Raises
        ------
        OSError
            The port cannot be had, or the output folder cannot be made.
        """
        if self._output is not None:
            self._output.mkdir(parents=True, exist_ok=True)
            self._before = max(0, last_number(self._output) - self._printed)
        super().start()
        self._spooler.start()

    def stop(self) -> None:
        """End every association and print no more; every thread is joined."""
        super().stop()
        self._spooler.stop()

    # -- films ----------------------------------------------------------------------------------------------------

    @property
    def films(self) -> list[Film]:
        """The films printed, in order; each copy is one."""
        with self._changed:
            return list(self._films)

    @property
    def films_printed(self) -> int:
        """How many films were printed, kept or not."""
        with self._changed:
            return self._printed

    def wait_films(self, count: int, deadline_s: float) -> bool:
        """Wait until at least `count` films were printed; return whether they were."""
        with self._changed:
            return self._changed.wait_for(lambda: self._printed >= count, deadline_s)

    def forget(self) -> None:
        """Forget the films printed."""
        with self._changed:
            self._films.clear()
        super().forget()

    def _come_out(self, film: Film) -> None:
        """Take a film that was printed; called by the printing thread."""
        numbered = replace(film, number=self._before + self._printed + 1)  # no other thread counts
        if self._output is not None:
            self._draw(film, self._output / film_name(numbered.number))
        with self._changed:
            self._printed += 1
            if self._keeps:
                self._films.append(numbered)
            self._changed.notify_all()
        layout, size = film.box.get("ImageDisplayFormat", ""), film.box.get("FilmSizeID", "")
        images = "1 image" if len(film.images) == 1 else f"{len(film.images)} images"
        self.note(f"film {numbered.number} printed: {images}, {layout}, {size}")

    def _draw(self, film: Film, path: Path) -> None:
        """Write the picture of a film; copies are drawn once."""
        try:
            if self._picture[0] is not film:
                self._picture = film, render(film, self.abilities.dots_per_mm, self.abilities.custom_layouts)
            write_png(path, self._picture[1])
        except FilmError as error:
            self.note(f"a film cannot be drawn: {error}")
        except OSError as error:
            self.note(f"{path.name} cannot be written: {error.strerror or error}")

    # -- associations ---------------------------------------------------------------------------------------------

    def association_opened(self, acceptor: Acceptor) -> None:
        """Give the association its own objects."""
        negotiated = frozenset(context.abstract_syntax for context in acceptor.contexts.values())
        device = _Device(self, acceptor)
        printing = Printing(self.abilities, device, self._make_uid, negotiated, self._always_assigns)
        with self._changed:
            self._associations[acceptor] = printing

    def association_closed(self, acceptor: Acceptor) -> None:
        """Forget the association's objects (PS3.4 H.4.1.2.1.3)."""
        with self._changed:
            self._associations.pop(acceptor, None)
            self._changed.notify_all()
        self._spooler.disown(acceptor)

    def _serve(self, request: Request) -> Generator[Response, None, None]:
        """Answer a DIMSE-N request."""
        asked = print_request(request)
        printing = self._associations[request.acceptor]
        for response in printing.answer(asked):
            if response.status != Status.SUCCESS:
                what = NAMES.get(asked.sop_class, asked.sop_class)
                why = response.elements.get("ErrorComment")
                comment = why if isinstance(why, str) else ""
                self.note(f"{asked.service[:-3]} of a {what}: {response.status:04X} {comment}")
            yield response

    def _make_uid(self, kind: str) -> str:
        return uid_of("printer", self.seed, self.ae_title, kind, next(self._made))

    def submit(self, order: JobRequest, acceptor: Acceptor) -> str | None:
        """Take films into the print queue, for an association."""
        job = self._spooler.submit(order, acceptor.calling_ae_title, acceptor)
        return None if job is None else job.uid

    def job(self, uid: str) -> Attributes | None:
        """Return the attributes of a print job, for any requestor."""
        job = self._spooler.find(uid)
        return None if job is None else job.attributes(self._identity["PrinterName"])

    def state(self) -> Attributes:
        """Return the attributes of the printer (PS3.4 Table H.4-17)."""
        status, info = self._spooler.condition
        fields = {"PrinterStatus": status, "PrinterStatusInfo": info, **self._identity}
        elements = [made(keyword, value) for keyword, value in fields.items()]
        return {element.tag: element for element in elements}

    # -- events ---------------------------------------------------------------------------------------------------

    def _report_job_change(self, job: Job) -> None:
        """Report a job that has changed to the association on which it was created (PS3.4 H.4.5.2.1.2)."""
        self.note(f"print job {job.number} of {job.originator}: {job.status}, {job.info}")
        if self._reports and isinstance(job.owner, Acceptor):
            on_response = functools.partial(self._confirmed, job) if job.ended else ignore_response
            self._reporter.report(job.owner, job, job.status, job.info, on_response=on_response)

    def _confirmed(self, job: Job, response: Message | None) -> None:
        """Delete a job whose end its association has confirmed (PS3.4 H.4.5.2.1.2)."""
        if response is not None and response.command.number("Status") == Status.SUCCESS:
            self._spooler.delete(job)

    def _open(self) -> list[Acceptor]:
        with self._changed:
            return list(self._associations)

    def _wait_over(self, acceptors: list[Acceptor], within_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not any(one in self._associations for one in acceptors), within_s)


class _Device:
    """The printer, as one association sees it."""

    def __init__(self, printer: Printer, acceptor: Acceptor) -> None:
        self.submit = functools.partial(printer.submit, acceptor=acceptor)
        self.job = printer.job
        self.state = printer.state
