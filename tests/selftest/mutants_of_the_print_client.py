"""Mutants of the print client, and of what it makes of images (DCS 3.2.4, 2.2.2.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from dicom_workstation.printing import client, film_layout, film_session, print_record, printer, printing
from dicom_workstation.printing.attributes import attributes
from dicom_workstation.printing.films import preparation, translation
from dicom_workstation.printing.protocol import association, job, printer_events, services
from dicom_workstation.tables import FILM_BOX, PRINT_EXTENSIONS, PRINT_JOB, UNCOMPRESSED
from mutation import Catalogue, Patch

PRINT = Catalogue()

_OF = "print/"
LAYOUT, JOB, WINDOW = f"{_OF}layout-standard", f"{_OF}job-fails-after-all", f"{_OF}window-of-the-user"
REFERS, EVENT = f"{_OF}refers-to-its-film-session", f"{_OF}hears-an-event-during-the-job"
GREY, BITS = f"{_OF}prints-in-the-grayscale-context-accepted", f"{_OF}bits-of-the-request"
ANOTHER = "another printer was chosen"


# -- associations


@PRINT.mutant(f"{_OF}choosing-another-printer-closes-the-one-before", "association")
def keeps_the_printer_before(patch: Patch) -> None:
    """The association with the printer before stays open until the other one is left."""
    kept: list[Any] = []

    def late(self: Any, chosen: Any, reason: str, timeout_s: float | None = None) -> None:
        if reason == ANOTHER:
            kept.append(chosen)
            return
        for each in (chosen, *kept):
            dismiss(self, each, reason, timeout_s)

    dismiss = patch.set(client.PrintClient, "_release", late)


@PRINT.mutant(f"{_OF}keeps-its-association", "association")
def opens_an_association_for_each_print(patch: Patch) -> None:
    """The association is released after every print."""

    def restless(self: Any, name: str, request: Any, progress: Any = None) -> Any:
        told = print_(self, name, request, progress)
        self._release(self._chosen, "printed")
        return told

    print_ = patch.set(client.PrintClient, "print", restless)


@PRINT.mutant(f"{_OF}proposes-table-5-alone", "context")
def proposes_what_is_not_claimed(patch: Patch) -> None:
    """Presentation LUT and Basic Annotation Box are proposed though no configuration names them."""

    def more(configuration: Any) -> Any:
        further = tuple((uid, syntax) for uid in PRINT_EXTENSIONS.values() for syntax in UNCOMPRESSED)
        return (*proposed(configuration), *further)

    proposed = patch.set(association, "proposed_contexts", more)


@PRINT.mutant(f"{_OF}proposes-table-5-alone", "association")
def does_not_propose_print_job(patch: Patch) -> None:
    """Print Job is not proposed."""

    def fewer(configuration: Any) -> Any:
        return tuple(row for row in proposed(configuration) if row[0] != PRINT_JOB)

    proposed = patch.set(association, "proposed_contexts", fewer)


@PRINT.mutant(f"{_OF}announces-itself", "association")
def announces_another_length(patch: Patch) -> None:
    """The maximum length is 64 KiB."""

    def long(configuration: Any, peer: Any, contexts: Any, length_bytes: int) -> Any:
        return requestor(configuration, peer, contexts, 2 * length_bytes)

    requestor = patch.set(association, "Requestor", long)


@PRINT.mutant(f"{_OF}tells-that-the-printer-ended-the-association[abort", "outcome")
def tells_a_printer_gone_as_connected(patch: Patch) -> None:
    """The user is shown that the printer is connected, whether it is or not."""

    def hopeful(self: Any) -> Any:
        return replace(shown(self), connected=True)

    shown = patch.set(printer.ChosenPrinter, "shown", hopeful)


# -- film session and film boxes


@PRINT.mutant(REFERS, "film")
def leaves_film_boxes_in_the_printer(patch: Patch) -> None:
    """Film boxes are not deleted."""

    def sparing(self: Any, created: Any) -> bool:
        if created[1] != FILM_BOX:
            return bool(delete(self, created))
        self._created.remove(created)
        return True

    delete = patch.set(film_session.FilmSession, "_delete", sparing)


@PRINT.mutant(REFERS, "dimse")
def deletes_the_film_session_first(patch: Patch) -> None:
    """The film session is deleted before its film boxes are."""
    patch.set(film_session.FilmSession, "_drop_film", lambda self, film: None)

    def session_first(self: Any) -> None:
        for created in list(self._created):
            self._delete(created)

    patch.set(film_session.FilmSession, "_delete_all", session_first)


@PRINT.mutant(f"{_OF}second-film-fails", "dimse")
def leaves_everything_after_a_failure(patch: Patch) -> None:
    """Nothing is deleted once something has failed."""

    def careless(self: Any, created: Any) -> bool:
        if not any(film.has_failed for film in self._record.films):
            return bool(delete(self, created))
        self._created.remove(created)
        return True

    delete = patch.set(film_session.FilmSession, "_delete", careless)


@PRINT.mutant(f"{_OF}layout-over-several-films", "dimse")
def loses_the_second_film(patch: Patch) -> None:
    """What does not fit on the first film is not printed."""

    def one_film(self: Any, film: Any, first: int) -> None:
        if not first:
            make(self, film, first)

    make = patch.set(film_session.FilmSession, "_make_film", one_film)


@PRINT.mutant(f"{_OF}first-film-fails", "outcome")
def gives_up_after_the_first_failure(patch: Patch) -> None:
    """A film that fails is the last one."""

    def downcast(self: Any, film: Any, first: int) -> None:
        try_film(self, film, first)
        if film.has_failed:
            raise film_session._AllEndedError

    try_film = patch.set(film_session.FilmSession, "_try_film", downcast)


@PRINT.mutant(f"{_OF}prints-the-session", "dimse")
def prints_film_boxes_in_the_place_of_the_session(patch: Patch) -> None:
    """Films are printed one by one though the session was to be printed."""

    def apart(request: Any, *further: Any) -> Any:
        return prepare(request.model_copy(update={"per": "film_box"}), *further)

    prepare = patch.set(client, "prepare", apart)


@PRINT.mutant(f"{_OF}uids-proposed[always", "film")
def goes_by_the_uids_it_proposed(patch: Patch) -> None:
    """The SOP Instance UID that the printer assigns is not looked at."""

    def stubborn(self: Any, sop_class: str, instance: str | None, content: Any) -> Any:
        told = create(self, sop_class, instance, content)
        return told if instance is None else replace(told, instance=instance)

    create = patch.set(services.Services, "create", stubborn)


def _say(patch: Patch, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Have other attributes of film session and film box sent than those that were said."""
    patch.set(preparation, "attributes", lambda values: attributes(change(dict(values))))


@PRINT.mutant(f"{_OF}film-orientation[LANDSCAPE", "film")
def drops_the_orientation(patch: Patch) -> None:
    """Film Orientation is not sent."""
    _say(patch, lambda values: {key: value for key, value in values.items() if key != "FilmOrientation"})


@PRINT.mutant(f"{_OF}copies-come-out[film_box", "film")
def prints_one_copy(patch: Patch) -> None:
    """One copy is asked for, however many the user wants."""
    _say(patch, lambda values: {**values, "NumberOfCopies": 1} if "NumberOfCopies" in values else values)


@PRINT.mutant(f"{_OF}what-is-not-said-is-not-sent", "data_set")
def says_what_the_user_did_not(patch: Patch) -> None:
    """Trim NO is sent though nobody said so."""
    _say(patch, lambda values: {**values, "Trim": "NO"} if "ImageDisplayFormat" in values else values)


@PRINT.mutant(f"{LAYOUT}[2x3", "film")
def exchanges_rows_and_columns(patch: Patch) -> None:
    """A layout of two rows and three columns is printed as two columns and three rows."""

    def exchanged(cls: Any, text: str) -> Any:
        found = read.__func__(cls, text)
        return replace(found, numbers=found.numbers[::-1]) if "x" in text else found

    read = patch.set(film_layout.Layout, "read", classmethod(exchanged))


@PRINT.mutant(f"{_OF}prints-images-in-order", "film")
def fills_films_from_the_end(patch: Patch) -> None:
    """The last image is in the first box."""

    def backwards(self: Any, film: Any, index: int, *further: Any) -> None:
        set_image(self, film, len(self._prepared.images) - 1 - index, *further)

    set_image = patch.set(film_session.FilmSession, "_set_image", backwards)


# -- images


@PRINT.mutant(f"{_OF}image-polarity[REVERSE", "film")
def ignores_the_polarity(patch: Patch) -> None:
    """Polarity is not sent."""

    def plain(self: Any, made: Any) -> Any:
        return {key: value for key, value in parameters(self, made).items() if key != "Polarity"}

    parameters = patch.set(preparation.PreparedImage, "parameters", plain)


@PRINT.mutant(f"{_OF}image-polarity[REVERSE", "film")
def turns_the_pixels_as_well_as_the_polarity(patch: Patch) -> None:
    """Pixels are turned about, and the printer asked to do the same."""

    def turned(self: Any) -> Any:
        made = translated(self)
        most = made.pixels.dtype.type((1 << made.bits) - 1)
        return replace(made, pixels=most - made.pixels) if self.asked.polarity == "REVERSE" else made

    translated = patch.set(preparation.PreparedImage, "translated", turned)


@PRINT.mutant(f"{BITS}[12", "film")
def puts_8_bits_into_a_frame_of_12(patch: Patch) -> None:
    """Pixels of 8 bits are shifted into 12."""

    def shifted(image: Any, frame: int, state: Any, window: Any, colour: bool, bits: int) -> Any:
        made = translate(image, frame, state, window, colour, 8)
        return made if bits == 8 else replace(made, pixels=made.pixels.astype(np.uint16) << 4, bits=12)

    translate = patch.set(preparation, "translate", shifted)


@PRINT.mutant(f"{BITS}[12", "film")
def puts_12_bits_into_a_frame_of_8(patch: Patch) -> None:
    """Pixels of 12 bits are declared as 8."""

    def declared(made: Any, is_little_endian: bool = True) -> Any:
        item = image_item(made, is_little_endian)
        if made.bits == 12:
            item.BitsAllocated, item.BitsStored, item.HighBit = 8, 8, 7
        return item

    image_item = patch.set(preparation, "image_item", declared)


@PRINT.mutant(f"{GREY}[PRINT-GRAY,1.2.840.10008.1.2.2", "film")
def orders_bytes_as_ever(patch: Patch) -> None:
    """Pixels of 12 bits are little endian in every transfer syntax."""

    def little(made: Any, is_little_endian: bool = True) -> Any:
        return image_item(made, True)

    image_item = patch.set(preparation, "image_item", little)


@PRINT.mutant(f"{_OF}prints-in-the-colour-context-accepted", "film")
def sends_colour_by_pixel(patch: Patch) -> None:
    """Colour is sent pixel by pixel, where a printer wants one plane after the other."""

    def by_pixel(made: Any, is_little_endian: bool = True) -> Any:
        item = image_item(made, is_little_endian)
        if made.pixels.ndim == 3:
            item.PlanarConfiguration, item.PixelData = 0, np.ascontiguousarray(made.pixels).tobytes()
        return item

    image_item = patch.set(preparation, "image_item", by_pixel)


@PRINT.mutant(f"{WINDOW}[1000", "film")
def ignores_the_window_of_the_user(patch: Patch) -> None:
    """Images are printed with a window of their own, whatever the user set."""

    def deaf(image: Any, frame: int, state: Any, window: Any, colour: bool, bits: int) -> Any:
        return translate(image, frame, state, None, colour, bits)

    translate = patch.set(preparation, "translate", deaf)


@PRINT.mutant(f"{_OF}presentation-states[state_rotated_90", "film")
def ignores_the_state(patch: Patch) -> None:
    """Images are printed without their presentation state."""

    def bare(image: Any, frame: int, state: Any, window: Any, colour: bool, bits: int) -> Any:
        return translate(image, frame, None, window, colour, bits)

    translate = patch.set(preparation, "translate", bare)


@PRINT.mutant(f"{_OF}each-frame", "film")
def prints_the_first_frame_always(patch: Patch) -> None:
    """The first frame is printed in the place of each other."""

    def first(image: Any, frame: int, *further: Any) -> Any:
        return translate(image, 1, *further)

    translate = patch.set(preparation, "translate", first)


@PRINT.mutant(f"{_OF}colour-on-a-grayscale-printer", "film")
def takes_the_mean_for_grey(patch: Patch) -> None:
    """The grey of a colour is the mean of its samples, not its luminance."""

    def mean(rgb: Any, bits: int) -> Any:
        grey = rgb.astype(np.float64).mean(axis=2) * (((1 << bits) - 1) / 255)
        return np.floor(grey + 0.5).astype(np.uint8 if bits == 8 else np.uint16)

    patch.set(translation, "grey_of", mean)


@PRINT.mutant(f"{_OF}pixels-that-are-no-squares", "film")
def forgets_the_shape_of_pixels(patch: Patch) -> None:
    """Pixels that are no squares are sent without their Pixel Aspect Ratio."""
    patch.set(translation, "aspect_ratio", lambda height, width: (1, 1))


@PRINT.mutant(f"{_OF}true-size[0.5", "film")
def takes_a_pixel_for_a_millimetre(patch: Patch) -> None:
    """True size is the number of columns in millimetres."""

    def wide(self: Any, made: Any) -> float | None:
        return float(made.pixels.shape[1]) if self.asked.size == "true" else size_mm(self, made)

    size_mm: Callable[[Any, Any], float | None] = patch.set(preparation.PreparedImage, "_size_mm", wide)


# -- events and print jobs


@PRINT.mutant(f"{EVENT}[WARNING", "outcome")
def keeps_events_to_itself(patch: Patch) -> None:
    """Events of the printer are answered, and not told."""

    def silent(self: Any, event: Any, told: Any) -> None:
        if event.of != "printer":
            take(self, event, told)

    take = patch.set(printer.ChosenPrinter, "_take", silent)


@PRINT.mutant(f"{EVENT}[FAILURE", "film")
def refuses_events(patch: Patch) -> None:
    """Events are answered with 0110."""
    patch.set(printer_events, "_status", lambda *_: 0x0110)


@PRINT.mutant(f"{_OF}asks-the-printer-how-it-is[WARNING", "outcome")
def shows_every_printer_as_normal(patch: Patch) -> None:
    """The status that a printer tells is not shown."""

    def rosy(self: Any, told: Any) -> None:
        keep(self, told)
        self._told.update(status="NORMAL", status_info="NORMAL")

    keep = patch.set(printer.ChosenPrinter, "_keep", rosy)


@PRINT.mutant(f"{JOB}[INVALID PAGE DES", "outcome")
def tells_a_failed_job_as_printed(patch: Patch) -> None:
    """A film whose job has failed is told as printed, for the printer had taken it."""
    patch.set(print_record.FilmRecord, "is_printed", property(lambda self: self.is_accepted and not self.has_failed))
    patch.set(print_record.PrintRecord, "note_jobs", lambda self: None)


@PRINT.mutant(f"{JOB}[FILM JAM", "outcome")
def does_not_follow_jobs(patch: Patch) -> None:
    """A job is taken as done as soon as the printer has taken it."""

    def hasty(self: Any, uids: Any, told: Any) -> tuple[str, ...]:
        for uid in uids:
            self._jobs._jobs[uid] = job.Execution("DONE", "NORMAL")
        return ()

    patch.set(job.JobFollower, "follow", hasty)


@PRINT.mutant(f"{_OF}follows-a-job-without-events[DONE", "outcome")
def waits_for_events_alone(patch: Patch) -> None:
    """A job of which no event tells is not asked for."""
    patch.set(printing.FilmJobs, "_ask", lambda self, uid: False)


@PRINT.mutant(f"{_OF}previewer-opens-the-association", "association")
def closes_with_the_previewer(patch: Patch) -> None:
    """The association is released once the film was shown."""

    def restless(self: Any, name: str, request: Any) -> Any:
        told = preview(self, name, request)
        self._release(self._chosen, "previewed")
        return told

    preview = patch.set(client.PrintClient, "preview", restless)
