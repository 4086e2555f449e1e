"""The table of pages: address, and what answers it.

Invariants: an address with its query says what is shown, so that a page can be linked to, reloaded and gone back to;
what changes anything is a POST.

References
----------
Conformance statement, 2.2.2.1.1
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dicom_workstation.application import Workstation
from dicom_workstation.control import Jobs
from dicom_workstation.explorer.actions import Actions
from dicom_workstation.explorer.answers import Answers
from dicom_workstation.explorer.archive_pages import ArchivePages
from dicom_workstation.explorer.holdings import Holdings
from dicom_workstation.explorer.job_book import JobBook
from dicom_workstation.explorer.memory_pages import MemoryPages
from dicom_workstation.explorer.pages import STATIC, Explorer, page, static_version
from dicom_workstation.explorer.print_pages import PrintPages
from dicom_workstation.explorer.protocol_pages import ProtocolPages
from dicom_workstation.explorer.state_pages import StatePages


def build(workstation: Workstation, jobs: Jobs) -> ASGIApp:
    """Return the site of a workstation."""
    explorer = Explorer(workstation, JobBook(jobs), Answers(), Holdings(workstation.memory))
    return Starlette(
        routes=[
            Route("/", _home),
            *_archive_routes(ArchivePages(explorer)),
            *_memory_routes(MemoryPages(explorer)),
            *_state_routes(StatePages(explorer)),
            *_print_routes(PrintPages(explorer)),
            Route("/protocols/{study}", ProtocolPages(explorer).study),
            *_action_routes(Actions(explorer)),
            Mount(f"/static/{static_version()}", _Unchanging(StaticFiles(directory=STATIC))),
        ],
        exception_handlers={404: _missing(explorer)},
    )


def _home(request: Request) -> Response:
    return RedirectResponse("/devices", 303)


def _missing(explorer: Explorer) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        return page(explorer, request, "missing.html", 404, what="There is no such page.")

    return answer


def _archive_routes(pages: ArchivePages) -> list[Route]:
    device = "/devices/{name}"
    return [
        Route("/devices", pages.devices),
        Route(f"{device}/open", pages.open, methods=["POST"]),
        Route(f"{device}/studies", pages.studies, name="studies"),
        Route(f"{device}/studies/{{study}}", pages.series),
        Route(f"{device}/studies/{{study}}/series/{{series}}", pages.images),
    ]


def _memory_routes(pages: MemoryPages) -> list[Route]:
    image = "/image/{image}"
    return [
        Route("/loaded", pages.loaded),
        Route("/viewer/{study}", pages.viewer),
        Route("/viewer/{study}/contents", pages.contents),
        Route(f"{image}/picture", pages.picture),
        Route(f"{image}/facts", pages.facts),
        Route(f"{image}/values", pages.values),
        Route(f"{image}/states", pages.states),
    ]


def _state_routes(pages: StatePages) -> list[Route]:
    return [
        Route("/jobs", pages.jobs),
        Route("/jobs/progress", pages.progress),
        Route("/jobs/{id}", pages.job),
        Route("/worklists", pages.worklists),
        Route("/worklists/{name}", pages.worklist),
        Route("/configuration", pages.configuration),
        Route("/log", pages.log),
        Route("/keys", pages.keys),
    ]


def _print_routes(pages: PrintPages) -> list[Route]:
    return [Route("/print", pages.form), Route("/print/film/{number:int}", pages.film)]


def _action_routes(actions: Actions) -> list[Route]:
    return [
        Route("/do/forget", actions.forget, methods=["POST"]),
        Route("/do/{operation}", actions.do, methods=["POST"]),
        Route("/worklists/{name}/next", actions.open_next, methods=["POST"]),
    ]


class _Unchanging:
    """Files whose address changes with their content: a browser may keep them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = (b"cache-control", b"private, max-age=31536000, immutable")
                message = {**message, "headers": [*message.get("headers", []), kept]}
            await send(message)

        await self._app(scope, receive, sending)
