"""Mutants of the Archive Explorer: whom a page asks, how often, and what it shows (DCS 2.2.2.1.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from starlette.responses import HTMLResponse, Response

from dicom_workstation.explorer import archive_pages, job_book, memory_pages
from dicom_workstation.explorer.actions import Actions
from dicom_workstation.explorer.answers import Answers
from dicom_workstation.explorer.pages import Explorer
from dicom_workstation.explorer.print_pages import PrintPages
from dicom_workstation.explorer.protocol_pages import ShownChoice
from dicom_workstation.explorer.search import Level
from dicom_workstation.operations import CANCEL, ECHO, PRIORS, QUERY, RETRIEVE
from dicom_workstation.outcome import QueryOutcome, Result
from mutation import Catalogue, Patch

EXPLORER = Catalogue()

LIST = "explorer/lists-the-archives"
STUDIES = "explorer/queries-studies"
SERIES = "explorer/queries-series"
IMAGES = "explorer/queries-images"
FAILURE = "explorer/shows-what-came-before-a-failure"
PATIENT = "explorer/shows-the-patient-asked-for"
SCRIPT = "explorer/shows-a-script-as-text"
EVERYONE = "explorer/pages-for-everyone"
PROTOCOL = "explorer/shows-the-display-protocol"
RETRIEVE_STUDY = "explorer/retrieves-what-arrives"
CANCEL_RETRIEVE = "explorer/cancels-a-retrieve"
PARTIAL = "explorer/says-what-did-not-arrive"
LIVES = "explorer/lives-when-the-archive-fails"
FILMS = "explorer/prints-what-is-in-memory"
KEYS = "explorer/by-keyboard-alone"


@EXPLORER.mutant(LIST, "outcome")
def forgets_an_archive(patch: Patch) -> None:
    """The last archive of the configuration is not in the list."""
    devices: Callable[[Any], Mapping[str, Any]] = patch.set(
        Explorer, "devices", lambda self: dict(list(devices(self).items())[:-1])
    )


@EXPLORER.mutant(LIST, "association")
def asks_the_first_archive(patch: Patch) -> None:
    """Whichever archive is chosen, the first of the list is asked."""

    def ask_first(self: Any, workstation: Any, peer: Any, *further: Any) -> Any:
        first = next(iter(workstation.configuration.archives), peer) if self is QUERY else peer
        return ask(self, workstation, first, *further)

    ask: Callable[..., Any] = patch.set(type(QUERY), "ask", ask_first)


@EXPLORER.mutant(STUDIES, "dimse")
def asks_twice(patch: Patch) -> None:
    """A submission is asked twice."""

    def ask_twice(self: Any, submission: object, ask: Callable[[], QueryOutcome]) -> Any:
        ask()
        return of(self, submission, ask)

    of: Callable[..., Any] = patch.set(Answers, "of", ask_twice)


@EXPLORER.mutant(STUDIES, "data_set")
def leaves_the_form_out(patch: Patch) -> None:
    """What is filled into the form is not asked for."""
    keys: Callable[..., Any] = patch.set(Level, "keys", lambda self, above, form: keys(self, above, {}))


@EXPLORER.mutant(SERIES, "data_set")
def asks_for_studies_again(patch: Patch) -> None:
    """Opening a study asks for studies."""
    _asks_at(patch, "SERIES", "STUDY")


@EXPLORER.mutant(IMAGES, "data_set")
def asks_for_series_again(patch: Patch) -> None:
    """Opening a series asks for series."""
    _asks_at(patch, "IMAGE", "SERIES")


@EXPLORER.mutant(FAILURE, "outcome")
def shows_a_failure_as_success(patch: Patch) -> None:
    """A query that failed after matches is shown as one that went well."""

    def shown(self: Any, submission: object, ask: Callable[[], QueryOutcome]) -> Any:
        found = of(self, submission, ask)
        return replace(found, outcome=replace(found.outcome, result=Result.SUCCESS))

    of: Callable[..., Any] = patch.set(Answers, "of", shown)


@EXPLORER.mutant(FAILURE, "outcome")
def drops_what_came(patch: Patch) -> None:
    """Where a query fails, the matches before the failure are not shown."""

    def shown(self: Any, submission: object, ask: Callable[[], QueryOutcome]) -> Any:
        found = of(self, submission, ask)
        return replace(found, outcome=replace(found.outcome, matches=()))

    of: Callable[..., Any] = patch.set(Answers, "of", shown)


@EXPLORER.mutant(PATIENT, "page")
def shows_the_wrong_patient(patch: Patch) -> None:
    """The study that was found stands on the page under the name of another patient."""

    def renamed(*arguments: Any) -> Any:
        return [{**each, "PatientName": "POE^EDGAR"} for each in rows(*arguments)]

    rows: Callable[..., Any] = patch.set(archive_pages, "sorted_by", renamed)


@EXPLORER.mutant(SCRIPT, "page")
def takes_a_name_for_html(patch: Patch) -> None:
    """What an archive returns is put into the page as it is, not as text."""
    _rewrite(patch, lambda html: html.replace("&lt;", "<").replace("&gt;", ">"))


@EXPLORER.mutant(EVERYONE, "axe")
def has_a_button_without_a_name(patch: Patch) -> None:
    """The button that opens an archive has neither a text nor a label."""
    _rewrite(patch, lambda html: re.sub(r'aria-label="Explore [^"]*">Explore<', "><", html))


@EXPLORER.mutant(PROTOCOL, "page")
def names_a_protocol_that_does_not_fit(patch: Patch) -> None:
    """The viewer names the last of the protocols, whichever was chosen."""
    patch.set(ShownChoice, "name", property(lambda self: self.outcome.protocols[-1].name))


@EXPLORER.mutant(PROTOCOL, "dimse")
def asks_for_priors_when_a_study_is_opened(patch: Patch) -> None:
    """The viewer asks the first archive for the other studies of the patient, though nobody asked for them."""

    def choose(explorer: Explorer, study: str) -> Any:
        PRIORS.ask(explorer.workstation, next(iter(explorer.devices())), {"StudyInstanceUID": study})
        return choose_for(explorer, study)

    choose_for: Callable[..., Any] = patch.set(memory_pages, "choose_for", choose)


@EXPLORER.mutant(RETRIEVE_STUDY, "dimse")
def retrieves_twice(patch: Patch) -> None:
    """One press of the button retrieves the study two times."""

    def begin_twice(self: Any, operation: str, *further: Any) -> Any:
        if operation == RETRIEVE.name:
            begin(self, operation, *further)
        return begin(self, operation, *further)

    begin: Callable[..., Any] = patch.set(Actions, "_begin", begin_twice)


@EXPLORER.mutant(CANCEL_RETRIEVE, "dimse")
def cancels_nothing(patch: Patch) -> None:
    """The button that cancels asks for an echo instead."""

    def begin_another(self: Any, operation: str, *further: Any) -> Any:
        return begin(self, ECHO.name if operation == CANCEL.name else operation, *further)

    begin: Callable[..., Any] = patch.set(Actions, "_begin", begin_another)


@EXPLORER.mutant(PARTIAL, "page")
def counts_what_the_archive_claims(patch: Patch) -> None:
    """The page counts the images that the archive says it sent, not those that came."""
    patch.set(job_book, "_of_a_retrieve", lambda outcome, arrived: [f"{outcome['completed']} images arrived"])


@EXPLORER.mutant(LIVES, "page")
def hides_how_a_job_ended(patch: Patch) -> None:
    """A job that has ended is shown as done, however it ended."""

    def shown(*arguments: Any) -> Any:
        told = state(*arguments)
        return told if told.is_running else replace(told, result="done", words="")

    state: Callable[..., Any] = patch.set(job_book, "_state", shown)


@EXPLORER.mutant(FILMS, "dimse")
def prints_the_first_image_alone(patch: Patch) -> None:
    """Of the images that are to be printed, the first goes on a film."""
    images: Callable[..., list[str]] = patch.set(PrintPages, "_images", lambda self, request: images(self, request)[:1])


@EXPLORER.mutant(KEYS, "outcome")
def does_nothing_at_a_key(patch: Patch) -> None:
    """The list of studies comes without the script that reads the keys."""
    _rewrite(patch, lambda html: re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL))


def _rewrite(patch: Patch, change: Callable[[str], str]) -> None:
    """Change the HTML of the pages of the archives."""

    def rewritten(*arguments: Any, **further: Any) -> Response:
        answer: Response = page(*arguments, **further)
        return HTMLResponse(change(bytes(answer.body).decode()), answer.status_code)

    page: Callable[..., Any] = patch.set(archive_pages, "page", rewritten)


def _asks_at(patch: Patch, level: str, other: str) -> None:
    def ask_at(self: Any, workstation: Any, peer: Any, arguments: Mapping[str, Any], *further: Any) -> Any:
        if self is QUERY and arguments.get("level") == level:
            unique = {"STUDY": ("StudyInstanceUID",), "SERIES": ("StudyInstanceUID", "SeriesInstanceUID")}[other]
            keys = {name: value for name, value in arguments["keys"].items() if name in unique}
            arguments = {**arguments, "level": other, "keys": keys}
        return ask(self, workstation, peer, arguments, *further)

    ask: Callable[..., Any] = patch.set(type(QUERY), "ask", ask_at)
