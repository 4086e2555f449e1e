"""A query that is asked as a user of the Archive Explorer asks it: over its pages, by its list, its form, its rows.

Invariants: only what stands on the pages is told; what the form does not offer cannot be asked.

References
----------
Conformance statement, 2.2.2.1.1
"""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Final
from urllib.parse import quote

import httpx

from dicom_workstation.operations import QUERY
from dicom_workstation.outcome import QueryOutcome, Result

UNIQUE: Final = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID", "IMAGE": "SOPInstanceUID"}
PATIENCE_S: Final = 120.0


class _Page(HTMLParser):
    """What a user finds on a page: links by their text, fields of forms, what can be chosen, how an answer ended."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.fields: set[str] = set()
        self.choices: list[tuple[str, str]] = []
        self.answer: Mapping[str, str] = {}
        self._link: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self._link = [given.get("href", ""), ""]
        elif tag in ("input", "button") and given.get("type") != "hidden" and "name" in given:
            self.fields.add(given["name"])
            self.choices.append((given["name"], given.get("value", "")))
        elif "data-result" in given:
            self.answer = given

    def handle_data(self, data: str) -> None:
        if self._link:
            self._link[1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link:
            self.links.setdefault(self._link[1].strip(), self._link[0])
            self._link = []

    def chosen(self, name: str) -> list[str]:
        """Return what can be chosen under a name, in the order of the page."""
        return [value for each, value in self.choices if each == name]


def query(link: str, peer: str | None, arguments: Mapping[str, object]) -> dict[str, object]:
    """Choose an archive from the list, fill in the form, submit it once, and tell what the page shows.

    Parameters
    ----------
    link : str
        The link that the explorer gave out.
    """
    level, keys = str(arguments.get("level", "STUDY")), arguments.get("keys")
    given = {name: str(value) for name, value in keys.items() if value} if isinstance(keys, Mapping) else {}
    if arguments.get("model", "study_root") != "study_root" or level not in UNIQUE:
        return _refused(peer, "the explorer asks in the Study Root model")
    with httpx.Client(follow_redirects=True, timeout=PATIENCE_S) as browser:
        entered = browser.get(link)
        studies = _Page(entered.text).links.get(peer or "")
        if studies is None:
            return _refused(peer, f"{peer} is not in the list of archives")
        address = _below(entered.url.join(studies), level, given)
        form = _Page(browser.get(address).text) if level == "STUDY" else None
        fields = {name: value for name, value in given.items() if name not in _named_above(level)}
        if form is not None and (unknown := fields.keys() - form.fields):
            return _refused(peer, f"the form has no field {', '.join(sorted(unknown))}")
        page = _Page(browser.get(address, params={**fields, "ask": "1"}).text)
    if not page.answer:
        return _refused(peer, "the page shows no answer")
    matches = tuple({UNIQUE[level]: uid} for uid in page.chosen(UNIQUE[level]))
    result, status = Result(page.answer["data-result"]), page.answer.get("data-status") or None
    detail = page.answer.get("data-detail", "")
    return QueryOutcome(
        operation=QUERY.name,
        peer=peer,
        result=result,
        status=status,
        detail=detail,
        matches=matches,
        pending=len(matches),
    ).as_dict()


def _named_above(level: str) -> tuple[str, ...]:
    return {"STUDY": (), "SERIES": ("StudyInstanceUID",)}.get(level, ("StudyInstanceUID", "SeriesInstanceUID"))


def _below(studies: httpx.URL, level: str, given: Mapping[str, str]) -> str:
    """Return the address of the page of a level; a level below the studies is asked as soon as it is opened."""
    parts = [str(studies)]
    if level != "STUDY":
        parts.append(quote(given.get("StudyInstanceUID", ""), safe=""))
    if level == "IMAGE":
        parts += ["series", quote(given.get("SeriesInstanceUID", ""), safe="")]
    return "/".join(parts)


def _refused(peer: str | None, detail: str) -> dict[str, object]:
    return {**QueryOutcome.refused(peer, detail).as_dict(), "operation": QUERY.name}
