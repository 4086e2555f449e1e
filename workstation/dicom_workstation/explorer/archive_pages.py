"""The pages of the archives: devices, and the studies, series and images that an archive lists."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dicom_workstation.explorer.answers import Answer
from dicom_workstation.explorer.pages import Explorer, page
from dicom_workstation.explorer.search import IMAGE, SERIES, STUDY, Level, sorted_by
from dicom_workstation.operations import ASSOCIATE, QUERY
from dicom_workstation.outcome import QueryOutcome, Result

PAGE_ROWS: Final = 200
ANSWERED: Final = (Result.SUCCESS, Result.WARNING, Result.PARTIAL)


class ArchivePages:
    """What is known of devices, and what they answer."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer

    def devices(self, request: Request) -> Response:
        """The list of archives."""
        return page(self._explorer, request, "devices.html", printers=self._explorer.printers())

    def studies(self, request: Request) -> Response:
        """The search form and the studies that it found."""
        return self._listed(request, STUDY, "studies.html", {})

    def series(self, request: Request) -> Response:
        """The series of a study."""
        study = request.path_params["study"]
        return self._listed(request, SERIES, "series.html", {"StudyInstanceUID": study}, self._about(study))

    def images(self, request: Request) -> Response:
        """The images of a series."""
        study, series = request.path_params["study"], request.path_params["series"]
        above = {"StudyInstanceUID": study, "SeriesInstanceUID": series}
        return self._listed(request, IMAGE, "images.html", above, self._about(study))

    def _about(self, study: str) -> Mapping[str, str]:
        """Return what is known of a study, from an answer or from memory."""
        held = self._explorer.holdings.study(study)
        return self._explorer.answers.study(study) or ({} if held is None else held.attributes)

    def _listed(
        self,
        request: Request,
        level: Level,
        template: str,
        above: Mapping[str, str],
        about: Mapping[str, str] | None = None,
    ) -> Response:
        name = request.path_params["name"]
        archive = self._explorer.devices().get(name)
        if archive is None:
            return page(self._explorer, request, "missing.html", 404, what=f"No archive {name} is configured.")
        form = {field.keyword: request.query_params.get(field.keyword, "") for field in level.fields}
        asked = request.query_params.get("ask", "" if level is STUDY else "1")
        answer = self._answer(name, level, level.keys(above, form), asked) if asked else None
        order = request.query_params.get("sort", level.order)
        matches = [] if answer is None else sorted_by(answer.outcome.matches, level, order)
        number = _page_number(request.query_params.get("page", "1"), len(matches))
        here = {**{key: text for key, text in form.items() if text}, "ask": asked}
        return page(
            self._explorer,
            request,
            template,
            name=name,
            archive=archive,
            level=level,
            form=form,
            order=order,
            next_ask=_submission(),
            answer=answer,
            is_answered=answer is not None and answer.outcome.result in ANSWERED,
            doubts=_doubts(answer),
            rows=matches[(number - 1) * PAGE_ROWS : number * PAGE_ROWS],
            first_row=(number - 1) * PAGE_ROWS + 1,
            page_number=number,
            pages=-(-len(matches) // PAGE_ROWS),
            counts=self._explorer.holdings.counts(),
            again=f"?{urlencode({**here, 'sort': order, 'ask': _submission()})}",
            sorted_url=lambda sort: f"?{urlencode({**here, 'sort': sort})}",
            page_url=lambda wanted: f"?{urlencode({**here, 'sort': order, 'page': wanted})}",
            about=about or {},
            study=above.get("StudyInstanceUID", ""),
            series=above.get("SeriesInstanceUID", ""),
        )

    def _answer(self, name: str, level: Level, keys: dict[str, object], submission: str) -> Answer:
        def query() -> QueryOutcome:
            outcome = QUERY.ask(self._explorer.workstation, name, {"level": level.name, "keys": keys})
            self._explorer.note_contact(outcome, time.strftime("%H:%M:%S"))
            if isinstance(outcome, QueryOutcome):
                return outcome
            return QueryOutcome(peer=name, result=outcome.result, detail=outcome.detail)

        key = (name, level.name, submission, tuple((keyword, str(value)) for keyword, value in keys.items()))
        return self._explorer.answers.of(key, query)

    def open(self, request: Request) -> Response:
        """Open a device as the user does who clicks on its icon (3.2.1.2.1.1.1): associate, then show its form."""
        name = request.path_params["name"]
        if name in self._explorer.devices():
            outcome = ASSOCIATE.ask(self._explorer.workstation, name, {})
            self._explorer.note_contact(outcome, time.strftime("%H:%M:%S"))
        return RedirectResponse(request.url_for("studies", name=name).path, 303)


def _submission() -> str:
    """Return a name for the next submission of a form: as long as it stays the same, nothing is asked again."""
    return f"{time.time_ns() // 1_000_000:x}"


def _doubts(answer: Answer | None) -> list[str]:
    """Say what is doubtful in the answers, the first twenty."""
    if answer is None:
        return []
    told = [f"answer {number}: {doubt}" for number, each in enumerate(answer.outcome.doubtful, 1) for doubt in each]
    return told[:20]


def _page_number(text: str, count: int) -> int:
    last = max(1, -(-count // PAGE_ROWS))
    return min(max(1, int(text)), last) if text.isdecimal() and len(text) < 6 else 1
