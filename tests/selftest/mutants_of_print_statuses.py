"""Mutants of the print client that mistake statuses, lose what they created, or do not tell (DCS 3.2.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dicom_workstation.network import requestor
from dicom_workstation.outcome import Result, StatusClass, status_class
from dicom_workstation.printing import client, film_session, print_record, printer, printing
from dicom_workstation.printing.protocol import association, printer_events, services
from dicom_workstation.printing.protocol.job import PrintJobs
from dicom_workstation.printing.protocol.services import Response
from dicom_workstation.printing.protocol.statuses import GENERAL, SPECIFIC, Service
from dicom_workstation.tables import FILM_BOX, FILM_SESSION
from mutation import Catalogue, Patch

PRINT_STATUSES = Catalogue()

SESSION = film_session.FilmSession
Classed = Callable[[int], StatusClass]


def _class(patch: Patch, other: dict[int, StatusClass]) -> None:
    """Have the responses of print services classed otherwise."""
    patch.set(services, "status_class", lambda status: other.get(status, status_class(status)))


# -- statuses


@PRINT_STATUSES.mutant("print/status-warning-prints-on[film_session,N-CREATE,B600]", "outcome")
def takes_b600_for_a_failure(patch: Patch) -> None:
    """Memory allocation that is not supported ends the print."""
    _class(patch, {0xB600: StatusClass.FAILURE})


@PRINT_STATUSES.mutant("print/status-failure-of-an-image-box[grayscale_image_box,N-SET,C603]", "dimse")
def takes_c603_for_success(patch: Patch) -> None:
    """A film whose image was refused for its size is printed without it."""
    _class(patch, {0xC603: StatusClass.SUCCESS})


@PRINT_STATUSES.mutant("print/status-warning-prints-on[film_box,N-CREATE,0107]", "film")
def takes_an_attribute_list_error_for_a_failure(patch: Patch) -> None:
    """0107, with which the operation was performed, stops a film."""
    _class(patch, {0x0107: StatusClass.FAILURE})


@PRINT_STATUSES.mutant("print/status-failure-of-a-film-box[film_box,N-CREATE,C600]", "outcome")
def takes_an_unassigned_code_for_success(patch: Patch) -> None:
    """A code that the table of the service does not name is no failure."""

    def trusting(self: Any, service: Service, response: Response, where: str = "") -> bool:
        named = response.status in SPECIFIC.get(service, {}) or response.status in GENERAL
        return bool(note(self, service, response, where)) if named else True

    note = patch.set(print_record.PrintRecord, "note", trusting)


@PRINT_STATUSES.mutant("print/status-unassigned-warning-prints-on[film_box,N-ACTION,B600]", "outcome")
def takes_an_unassigned_warning_for_a_failure(patch: Patch) -> None:
    """A warning that the table of the service does not name is a failure."""

    def strict(self: Any, service: Service, response: Response, where: str = "") -> bool:
        named = response.status in SPECIFIC.get(service, {}) or response.status in GENERAL
        done = bool(note(self, service, response, where))
        return done and (named or response.status == 0)

    note = patch.set(print_record.PrintRecord, "note", strict)


@PRINT_STATUSES.mutant("print/status-warning-prints-on[grayscale_image_box,N-SET,B604]", "film")
def stops_at_a_warning(patch: Patch) -> None:
    """Whatever is not 0000 stops a film."""
    patch.set(Response, "is_done", property(lambda self: self.status == 0))


@PRINT_STATUSES.mutant("print/status-warning-prints-on[film_box,N-ACTION,B60A]", "outcome")
def does_not_tell_a_warning(patch: Patch) -> None:
    """A film that was decimated counts as printed, and the user learns nothing."""
    patch.set(print_record.PrintRecord, "warn", lambda self, text, is_result=False: None)


@PRINT_STATUSES.mutant("print/status-in-words[N-SET-RQ,1.2.840.10008.5.1.1.4,B609", "outcome")
def tells_another_meaning(patch: Patch) -> None:
    """An image that was cropped is told to have been demagnified."""
    table = SPECIFIC[Service.SET_IMAGE]
    patch.entry(table, 0xB609, table[0xB604])


@PRINT_STATUSES.mutant("print/attributes-not-supported[N-CREATE-RQ,1.2.840.10008.5.1.1.2,0106", "outcome")
def does_not_tell_which_attribute(patch: Patch) -> None:
    """A value is told to be refused, and not of which attribute."""
    patch.set(services, "named", lambda *_: ())


@PRINT_STATUSES.mutant("print/status-failure-of-the-printer[printer,N-GET,0110]", "outcome")
def hides_that_the_printer_told_nothing(patch: Patch) -> None:
    """A printer that refuses to tell its status is shown as one that told it."""

    def hiding(self: Any) -> Response:
        return replace(ask(self), status=0)

    ask = patch.set(printer.ChosenPrinter, "ask", hiding)


@PRINT_STATUSES.mutant("print/status-failure-of-a-print-job[print_job,N-GET,0112]", "outcome")
def takes_an_unknown_job_for_done(patch: Patch) -> None:
    """A print job of which the printer does not tell is told as DONE."""

    def hopeful(self: Any, uid: str) -> bool:
        self._chosen.jobs.tell(uid, "DONE", "")
        return True

    patch.set(printing.FilmJobs, "_ask", hopeful)


# -- what follows a failure


@PRINT_STATUSES.mutant("print/status-failure-of-the-film-session[film_session,N-CREATE,0110]", "dimse")
def goes_on_without_a_film_session(patch: Patch) -> None:
    """Film boxes are asked for though the film session was refused."""

    def heedless(self: Any, asked: Any, service: Service, sop_class: str, attributes: Any) -> str:
        response, instance = self._created_as(asked, sop_class, attributes)
        self._record.note(service, response)
        return str(instance)

    patch.set(SESSION, "_create", heedless)


@PRINT_STATUSES.mutant("print/status-failure-of-the-service[film_box,N-CREATE,0122]", "dimse")
def tries_every_film_whatever_failed(patch: Patch) -> None:
    """The next film is tried though its SOP Class is not supported."""
    patch.set(film_session, "OF_THE_SERVICE", frozenset())


@PRINT_STATUSES.mutant("print/status-failure-of-printing-a-film[film_box,N-ACTION,C602]", "outcome")
def gives_up_at_the_first_film(patch: Patch) -> None:
    """No film is tried after one that failed."""
    patch.set(film_session, "OF_THE_SERVICE", frozenset(range(1, 0x10000)))


@PRINT_STATUSES.mutant("print/status-failure-of-printing-a-film[film_box,N-ACTION,0110]", "film")
def asks_again_until_it_is_printed(patch: Patch) -> None:
    """An N-ACTION that failed is sent once more, without end."""

    def again(self: Any, sop_class: str, instance: str) -> Response:
        response: Response = action(self, sop_class, instance)
        while not response.is_done:
            response = action(self, sop_class, instance)
        return response

    action = patch.set(services.Services, "action", again)


@PRINT_STATUSES.mutant("print/status-failure-of-printing-a-film[film_box,N-ACTION,0110]", "dimse")
def leaves_the_film_box_that_was_not_printed(patch: Patch) -> None:
    """A film box is not deleted after its N-ACTION failed."""

    def careless(self: Any, film: Any) -> None:
        if film.has_failed:
            self._created = [one for one in self._created if one[2] != film.film_box]
        else:
            drop(self, film)

    drop = patch.set(SESSION, "_drop_film", careless)


@PRINT_STATUSES.mutant("print/status-failure-of-the-service[film_box,N-CREATE,0122]", "dimse")
def leaves_the_film_session_without_films(patch: Patch) -> None:
    """The film session is not deleted where no film box could be created."""

    def careless(self: Any) -> None:
        if any(film.is_accepted for film in self._record.films):
            delete_all(self)

    delete_all = patch.set(SESSION, "_delete_all", careless)


@PRINT_STATUSES.mutant("print/status-failure-of-a-session[film_session,N-ACTION,C601]", "dimse")
def deletes_the_film_session_before_its_films(patch: Patch) -> None:
    """The film session is deleted before its film boxes."""

    def hasty(self: Any) -> None:
        for created in sorted(self._created, key=lambda one: (FILM_SESSION, FILM_BOX).index(one[1])):
            self._delete(created)

    patch.set(SESSION, "_delete_all", hasty)


@PRINT_STATUSES.mutant("print/status-of-a-deletion[film_box,N-DELETE,0112]", "outcome")
def does_not_tell_what_was_not_deleted(patch: Patch) -> None:
    """What the printer refused to delete is told as deleted."""

    def tidy(self: Any, *further: Any) -> Any:
        return replace(outcome(self, *further), not_deleted=())

    outcome = patch.set(print_record.PrintRecord, "outcome", tidy)


@PRINT_STATUSES.mutant("print/status-failure-of-the-film-session[film_session,N-CREATE,0110]", "association")
def leaves_the_printer_after_a_failure(patch: Patch) -> None:
    """The association is released after a failure."""

    def parting(chosen: Any, *further: Any) -> Any:
        told = print_films(chosen, *further)
        if told.result is Result.FAILURE:
            chosen.association.release()
        return told

    print_films = printing.print_films
    patch.set(client, "print_films", parting)


# -- ends and odd answers


@PRINT_STATUSES.mutant("print/lost-when-it-is-aborted[second film box", "outcome")
def tells_an_association_lost_as_success(patch: Patch) -> None:
    """A print of which a part was made when the association was lost is told as success."""
    result = print_record.PrintRecord._result
    patch.set(
        print_record.PrintRecord,
        "_result",
        lambda self, printed: Result.SUCCESS if self.end and printed else result(self, printed),
    )


@PRINT_STATUSES.mutant("print/lost-when-it-is-closed[first N-ACTION", "outcome")
def counts_a_film_that_nobody_confirmed(patch: Patch) -> None:
    """A film counts as printed though its N-ACTION was never answered."""
    patch.set(print_record.FilmRecord, "is_printed", property(lambda self: self.film_box is not None and self.boxes))


@PRINT_STATUSES.mutant("print/lost-when-it-is-reset[film session deleted", "outcome")
def stays_on_an_association_that_is_lost(patch: Patch) -> None:
    """A printer whose association was lost is shown as connected."""

    def shown(self: Any) -> Any:
        return replace(told(self), connected=True)

    told = patch.set(printer.ChosenPrinter, "shown", shown)


@PRINT_STATUSES.mutant("print/lost-in-silence[film session", "outcome", deadline_s=3.0)
def waits_for_a_printer_without_end(patch: Patch) -> None:
    """A printer that does not answer is never given up."""

    def begin(self: Any, configuration: Any, *further: Any) -> None:
        initialise(self, configuration.changed(dimse_timeout_s=3600.0), *further)

    initialise = patch.set(association.PrinterAssociation, "__init__", begin)


@PRINT_STATUSES.mutant("print/answers-that-are-none[printing for another Message ID", "outcome")
def takes_an_answer_to_another_request(patch: Patch) -> None:
    """The Message ID being responded to is not looked at."""

    def careless(self: Any, kind: Any, context_id: int, message_id: int = 1, *further: Any) -> Any:
        def renamed(sign_of_life: Any) -> Any:
            received_id, response = await_message(self, sign_of_life)
            if response is not None:
                response.MessageIDBeingRespondedTo = message_id
            return received_id, response

        self._await_message = renamed
        return receive(self, kind, context_id, message_id, *further)

    await_message = requestor.Requestor._await_message
    receive = patch.set(requestor.Requestor, "receive", careless)


@PRINT_STATUSES.mutant("print/answers-that-are-none[printing pending", "outcome")
def takes_pending_for_an_answer_of_a_printer(patch: Patch) -> None:
    """A pending response, which no N-service has, is taken for its answer."""
    patch.set(requestor.Requestor, "receive_final", requestor.Requestor.receive)
    _class(patch, {0xFF00: StatusClass.SUCCESS})


@PRINT_STATUSES.mutant("print/uids-of-the-printer[always,false", "dimse")
def uses_the_uid_that_it_proposed(patch: Patch) -> None:
    """The UID that the printer assigned is not looked at where one was proposed."""

    def stubborn(self: Any, sop_class: str, instance: str | None, attributes: Any) -> Response:
        response: Response = create(self, sop_class, instance, attributes)
        return replace(response, instance=instance or response.instance)

    create = patch.set(services.Services, "create", stubborn)


@PRINT_STATUSES.mutant("print/film-boxes-that-hold-no-image[the same UID twice", "dimse")
def puts_one_image_over_another(patch: Patch) -> None:
    """Images are set into whatever image boxes the printer names."""

    def forgiving(self: Any, film: Any, text: str) -> None:
        if "twice" not in text:
            end_film(self, film, text)

    end_film = patch.set(SESSION, "_end_film", forgiving)


@PRINT_STATUSES.mutant("print/print-jobs-that-are-none[a job that it does not know", "outcome")
def believes_that_every_job_ends_well(patch: Patch) -> None:
    """A print job is DONE as soon as it is named."""

    def add(self: Any, uids: Any) -> None:
        found = list(uids)
        named(self, found)
        for uid in found:
            self.tell(uid, "DONE", "")

    named = patch.set(PrintJobs, "add", add)


@PRINT_STATUSES.mutant("print/requests-that-do-not-concern-it[another printer", "dimse")
def takes_every_report(patch: Patch) -> None:
    """A report of an instance that nobody knows is answered with success."""
    patch.set(printer_events, "_status", lambda *_: 0)
