"""What the forms of the pages do: one operation each, begun as a job.

Invariants: nothing is done without the session's CSRF token; only the operations of `DONE_HERE` are; no file path is
ever taken from a page.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Final
from urllib.parse import quote

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from dicom_workstation.explorer.job_book import Task
from dicom_workstation.explorer.pages import Explorer, form_of, name_text, viewer_of
from dicom_workstation.operations import (
    CANCEL,
    ECHO,
    NEXT_STUDY,
    PRESENT,
    PRINT,
    RETRIEVE,
    SAVE,
    SELECT_PRINTER,
    SKIP_STUDY,
    STORE,
)
from dicom_workstation.request_models import RequestError

DONE_HERE: Final = frozenset(
    each.name for each in (ECHO, RETRIEVE, STORE, CANCEL, PRESENT, SAVE, PRINT, SELECT_PRINTER, NEXT_STUDY, SKIP_STUDY)
)
UID: Final = re.compile(r"[0-9.]{1,64}")
AT_ONCE: Final = frozenset(each.name for each in (ECHO, CANCEL, SELECT_PRINTER, NEXT_STUDY, SKIP_STUDY))
"""Operations that are quick, or whose answer the next page shows: the page waits for them."""
FOREIGN: Final = "the form is not one of this session: load the page again\n"
Form = Mapping[str, list[str]]


class Actions:
    """Performs what a form asks for."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer

    async def do(self, request: Request) -> Response:
        """Perform the operation named in the address, with the fields of the form."""
        form, operation = await form_of(request), request.path_params["operation"]
        if _is_foreign(form, request):
            return PlainTextResponse(FOREIGN, 403)
        if operation not in DONE_HERE:
            return PlainTextResponse(f"{operation} cannot be done here\n", 404)
        try:
            asked = _arguments(operation, form)
        except RequestError as error:
            return PlainTextResponse(f"{error}\n", 400)
        wants_json = "application/json" in request.headers.get("accept", "")
        tasks = []
        for arguments in asked:
            study = _study_of(arguments) or _one(form, "study")
            tasks.append(self._begin(operation, form, arguments, study))
        if operation in AT_ONCE or wants_json:
            for task in tasks:
                await run_sync(task.job.wait, 60.0, 1 << 30)
        self._note(tasks)
        if wants_json:
            return JSONResponse([asdict(task.state()) for task in tasks])
        return RedirectResponse(_back(form) or (f"/jobs/{tasks[0].job.identifier}" if tasks else "/jobs"), 303)

    def _begin(self, operation: str, form: Form, arguments: Mapping[str, object], study: str) -> Task:
        title = _one(form, "title") or self._title(study)
        return self._explorer.jobs.begin(operation, _one(form, "peer") or None, arguments, title, study)

    def _title(self, study: str) -> str:
        """Say what a study is, from what is known of it."""
        if not study:
            return ""
        held = self._explorer.holdings.study(study)
        known = self._explorer.answers.study(study) or ({} if held is None else held.attributes)
        return name_text(known.get("PatientName", "")) or study

    def _note(self, tasks: list[Task]) -> None:
        for task in tasks:
            if (
                task.job.operation in (ECHO.name, SELECT_PRINTER.name)
                and task.job.is_finished
                and task.job.outcome is not None
            ):
                self._explorer.note_contact(task.job.outcome, time.strftime("%H:%M:%S"))

    async def forget(self, request: Request) -> Response:
        """Remove a study from memory: the user determines how long it is kept (3.2.2.1.3.2.3)."""
        form = await form_of(request)
        if _is_foreign(form, request):
            return PlainTextResponse(FOREIGN, 403)
        memory = self._explorer.workstation.memory
        for uid in form.get("StudyInstanceUID", []):
            for each in memory.instances(uid):
                memory.remove(each.SOPInstanceUID)
            self._explorer.workstation.note(f"explorer: study {uid[:64]} removed from memory")
        return RedirectResponse(_back(form) or "/loaded", 303)

    async def open_next(self, request: Request) -> Response:
        """Close the study that is open in a worklist, and open the next one in the viewer."""
        form, name = await form_of(request), request.path_params["name"]
        if _is_foreign(form, request):
            return PlainTextResponse(FOREIGN, 403)
        workstation = self._explorer.workstation
        outcome = await run_sync(NEXT_STUDY.ask, workstation, None, {"name": name})
        opened = outcome.as_dict().get("opened")
        if isinstance(opened, str) and workstation.memory.instances(opened):
            return RedirectResponse(viewer_of(opened, name), 303)
        return RedirectResponse(f"/worklists/{quote(name, safe='')}?opening=1", 303)


def _is_foreign(form: Form, request: Request) -> bool:
    """Whether a form lacks the CSRF token of the session."""
    return not secrets.compare_digest(_one(form, "csrf").encode(), request.state.session.csrf.encode())


def _one(form: Form, name: str) -> str:
    return form.get(name, [""])[-1]


def _back(form: Form) -> str:
    """Return the page to go back to: of this site, or none."""
    given = _one(form, "back")
    is_ours = given.startswith("/") and not given.startswith(("//", "/\\")) and given.isprintable()
    return given if is_ours else ""


def _arguments(operation: str, form: Form) -> list[Mapping[str, object]]:
    """Return the arguments of each operation that a form asks for."""
    if operation == RETRIEVE.name and "arguments" not in form:
        return [_retrieve(form, uid) for uid in form.get(_unique(form), [])]
    try:
        given = json.loads(_one(form, "arguments") or "{}")
    except ValueError as error:
        raise RequestError(f"arguments: {error}") from error
    if not isinstance(given, dict):
        raise RequestError("arguments: must be an object")
    refuse_paths(given)
    return [given]


def _unique(form: Form) -> str:
    levels = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID", "IMAGE": "SOPInstanceUID"}
    return levels.get(_one(form, "level"), "StudyInstanceUID")


def _retrieve(form: Form, uid: str) -> Mapping[str, object]:
    unique, keys = _unique(form), {}
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        keys[keyword] = uid if keyword == unique else _one(form, keyword)
        if keyword == unique:
            break
    return {"level": _one(form, "level") or "STUDY", "keys": keys}


def _study_of(arguments: Mapping[str, object]) -> str:
    keys = arguments.get("keys")
    found = keys.get("StudyInstanceUID", "") if isinstance(keys, dict) else ""
    return found if isinstance(found, str) else ""


def refuse_paths(given: object) -> None:
    """Refuse what names a file, however deep: a page has no say over files of this machine.

    Raises
    ------
    RequestError
        With the argument that does.
    """
    if isinstance(given, list):
        for each in given:
            refuse_paths(each)
    elif isinstance(given, dict):
        for name, value in given.items():
            if name in ("file", "files"):
                raise RequestError(f"{name}: a file cannot be named here")
            if name == "state" and value is not None and not (isinstance(value, str) and UID.fullmatch(value)):
                raise RequestError("state: must be a SOP Instance UID")
            refuse_paths(value)
