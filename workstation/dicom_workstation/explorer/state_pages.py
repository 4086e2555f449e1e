"""The pages of how things stand: jobs, worklists, the configuration, the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from dicom_workstation.explorer.pages import Explorer, page, viewer_of
from dicom_workstation.operations import WORKLIST
from dicom_workstation.worklist import WorklistOutcome

SECTIONS: Final = (
    ("ae_title", "3.2.1.1.1"),
    ("archives", "2.2.2.1.1"),
    ("printers", "3.2.4"),
    ("worklists", "2.2.2.1.2"),
    ("display_protocols", "2.2.2.1.3"),
    ("display_protocol_files", "2.2.2.1.3"),
    ("tls", "4.2.2"),
    ("query_pdu_length_bytes", "3.2.1.1.1"),
    ("query_character_sets", "7"),
    ("parallel_retrieves", "3.2.2.2.1.2"),
    ("allowed_callers", "3.2.2.1.3"),
    ("keep_s", "3.2.2.1.3.2.3"),
)
"""Fields of the configuration, and the section of the conformance statement that each is about."""


class StatePages:
    """Pages that only show how things stand."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer

    def jobs(self, request: Request) -> Response:
        """All jobs that were begun here."""
        states = [each.state() for each in self._explorer.jobs.tasks()]
        return page(self._explorer, request, "jobs.html", states=states)

    def job(self, request: Request) -> Response:
        """One job: how far it is, or what came of it."""
        task = self._explorer.jobs.find(request.path_params["id"])
        if task is None:
            return page(self._explorer, request, "missing.html", 404, what="This job is no longer kept.")
        ended = task.job.outcome
        outcome = {} if ended is None else ended.as_dict()
        return page(
            self._explorer,
            request,
            "job.html",
            state=task.state(),
            arguments=task.arguments,
            outcome={
                key: value for key, value in outcome.items() if value not in (None, "", [], {}) and key != "films"
            },
        )

    def progress(self, request: Request) -> Response:
        """How the jobs stand, and how much of each study is in memory (JSON): pages ask for it while jobs run."""
        tasks = self._explorer.jobs.tasks()
        counts = self._explorer.holdings.counts()
        studies = [uid for uid in request.query_params.get("held", "").split(",") if uid]
        return JSONResponse(
            {
                "jobs": [asdict(each.state()) for each in tasks[:20]],
                "running": sum(each.is_running for each in tasks),
                "held": {uid: counts[uid] for uid in studies[:500]},
            }
        )

    def worklists(self, request: Request) -> Response:
        """The worklists."""
        names = list(self._explorer.workstation.configuration.worklists)
        return page(self._explorer, request, "worklists.html", worklists={name: self._worklist(name) for name in names})

    def worklist(self, request: Request) -> Response:
        """One worklist."""
        name = request.path_params["name"]
        found = self._worklist(name)
        if found is None:
            return page(self._explorer, request, "missing.html", 404, what=f"No worklist {name} is configured.")
        counts = self._explorer.holdings.counts()
        is_opening = bool(request.query_params.get("opening"))
        if is_opening and found.opened and counts[found.opened]:
            return RedirectResponse(viewer_of(found.opened, name), 303)
        return page(
            self._explorer,
            request,
            "worklist.html",
            name=name,
            worklist=found,
            counts=counts,
            is_opening=is_opening and any(each.state == "loading" for each in found.studies),
        )

    def _worklist(self, name: str) -> WorklistOutcome | None:
        if name not in self._explorer.workstation.configuration.worklists:
            return None
        outcome = WORKLIST.ask(self._explorer.workstation, None, {"name": name})
        return outcome if isinstance(outcome, WorklistOutcome) else None

    def configuration(self, request: Request) -> Response:
        """The configuration in force; it is read only here."""
        plain = self._explorer.workstation.configuration.model_dump(mode="json")
        sections = dict(SECTIONS)
        protocols = self._explorer.workstation.configuration.display_protocols
        plain["display_protocols"] = [each.HangingProtocolName for each in protocols]
        rows = [(name, _lines(value), sections.get(name, "")) for name, value in plain.items()]
        return page(self._explorer, request, "configuration.html", rows=rows)

    def log(self, request: Request) -> Response:
        """The last lines of the log."""
        return page(self._explorer, request, "log.html", lines=self._explorer.workstation.log()[-1000:])

    def keys(self, request: Request) -> Response:
        """Which keys do what."""
        return page(self._explorer, request, "keys.html")


def _lines(value: object) -> list[str]:
    """Return a value of the configuration as lines; the private key of a certificate is a path, never its content."""
    match value:
        case dict():
            return [f"{name}: {_short(each)}" for name, each in value.items()] or ["none"]
        case list():
            return [_short(each) for each in value] or ["none"]
    return [_short(value)]


def _short(value: object) -> str:
    """Return a value on one line: what is not given is left out of groups of values."""
    match value:
        case None | "":
            return "not given"
        case bool():
            return "yes" if value else "no"
        case Mapping():
            given = ((name, each) for name, each in value.items() if each not in (None, "", [], {}))
            return ", ".join(f"{name} {_short(each)}" for name, each in given)
        case list():
            return " ".join(_short(each) if each != "" else "any" for each in value)
    return str(value)
