"""How a page is made: the templates, what each of them gets, and the names of the files beside it.

Invariants: every value is escaped by the template engine; a file's address changes with its content, so that a browser
never mixes two versions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydicom.uid import UID
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dicom_workstation.application import OSM_NAME, Workstation
from dicom_workstation.configuration import Archive, Printer
from dicom_workstation.explorer.answers import Answers
from dicom_workstation.explorer.holdings import Holdings
from dicom_workstation.explorer.job_book import JobBook
from dicom_workstation.explorer.session import Session
from dicom_workstation.outcome import Outcome, PrinterOutcome

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
FROM_WORKLIST: Final = "worklist"
"""The parameter of the viewer's address that names the worklist from which a study was opened."""


@dataclass(frozen=True, slots=True)
class Contact:
    """How the last attempt to reach a device ended."""

    word: str
    detail: str
    at: str


@dataclass(frozen=True, slots=True)
class Explorer:
    """What the pages work with."""

    workstation: Workstation
    jobs: JobBook
    answers: Answers
    holdings: Holdings
    contacts: dict[str, Contact] = field(default_factory=dict)

    def devices(self) -> Mapping[str, Archive]:
        """Return the archives, by name: the workstation's own OSM first where there is one."""
        configuration, address = self.workstation.configuration, self.workstation.osm_address
        archives = configuration.archives
        if configuration.osm is None or address is None or OSM_NAME in archives:
            return archives
        own = Archive(ae_title=configuration.osm.ae_title, host=address[0], port=address[1])
        return {OSM_NAME: own, **archives}

    def printers(self) -> Mapping[str, Printer]:
        """Return the printers, by name."""
        return self.workstation.configuration.printers

    def note_contact(self, outcome: Outcome, at: str) -> None:
        """Remember how a device answered."""
        if outcome.peer is not None:
            detail = outcome.detail
            if isinstance(outcome, PrinterOutcome) and (details := outcome.printer.details) is not None:
                detail = " ".join(dict.fromkeys(filter(None, (details.status, details.status_info, detail))))
            self.contacts[outcome.peer] = Contact(_contact_word(outcome), detail, at)


def _contact_word(outcome: Outcome) -> str:
    if outcome.result in ("success", "warning", "partial", "cancelled", "failure"):
        return "online"
    return str(outcome.result).replace("_", " ")


@cache
def static_version() -> str:
    """Return a hash of all files that pages load."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(STATIC.iterdir()):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@cache
def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["date"] = date_text
    found.filters["name"] = name_text
    found.filters["uid_name"] = uid_text
    found.filters["encoded"] = urlencode
    found.filters["json_text"] = lambda value: json.dumps(value)
    return found


def date_text(text: str) -> str:
    """Return a DICOM date as people read it: 2026-11-27; anything else as it is."""
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 and text.isdigit() else text


def name_text(text: str) -> str:
    """Return a person name with its first component group as people read it: `DOE, JANE`; others after it."""
    groups = [group for group in text.split("=") if group]
    shown = [", ".join(part for part in group.split("^")[:2] if part) or group for group in groups]
    return " / ".join(shown)


def uid_text(uid: str) -> str:
    """Return the name of a UID without the word that all of its kind have: `CT Image`; the UID where it has none."""
    return UID(uid).name.removesuffix(" Storage")


def viewer_of(study: str, worklist: str) -> str:
    """Return the address of the viewer of a study that was opened from a worklist."""
    return f"/viewer/{quote(study, safe='')}?{urlencode({FROM_WORKLIST: worklist})}"


def page(explorer: Explorer, request: Request, template: str, status: int = 200, **values: object) -> Response:
    """Return a page."""
    session: Session = request.state.session
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    text = (
        _environment()
        .get_template(template)
        .render(
            csrf=session.csrf,
            static=f"/static/{static_version()}",
            here=here,
            path=request.url.path,
            devices=explorer.devices(),
            contacts=explorer.contacts,
            running=len(explorer.jobs.running()),
            ae_title=explorer.workstation.configuration.ae_title,
            **values,
        )
    )
    return HTMLResponse(text, status)


async def form_of(request: Request) -> dict[str, list[str]]:
    """Read a form (application/x-www-form-urlencoded); the gate has bounded its length."""
    text = (await request.body()).decode("utf-8", "replace")
    return parse_qs(text, keep_blank_values=True, max_num_fields=20_000)
