"""The check `page`: what a user finds on the page on which a visit of the operation `browse` ended."""

from __future__ import annotations

from pydantic import Field, model_validator

from dicom_conformance.files import Texts
from dicom_conformance.judge.checks.choice import finding, listed
from dicom_conformance.judge.checks.wanted import Bounds, Count, Wanted
from dicom_conformance.results import Finding
from dicom_conformance.trace import Operation, PageSeen, Trace

CHECK = "page"
MOST_OF_A_TEXT = 300


class PageWanted(Wanted):
    """What the page shows: texts that can be read on it, and how many elements of a role and name there are."""

    ae: str = Field(default="workstation", description="AE whose page it is")
    contains: Texts = Field(default=(), description="texts that can be read on the page, upper and lower case as given")
    absent: Texts = Field(default=(), description="texts that cannot be read on it")
    role: str | None = Field(default=None, description="ARIA role of the elements that are counted")
    name: str | None = Field(default=None, description="accessible name, whole, of the elements that are counted")
    count: Count | None = Field(default=None, description="how many such elements there are; at least 1 if not given")

    @model_validator(mode="after")
    def _something(self) -> PageWanted:
        if not (self.contains or self.absent or self.role):
            raise ValueError("one of contains, absent, role is needed")
        if (self.name is not None or self.count is not None) and self.role is None:
            raise ValueError("name and count need a role")
        return self


def visits(trace: Trace, ae: str) -> list[Operation]:
    """Give the visits to the pages of an AE that have ended."""
    return [one for one in trace.operations if one.ae == ae and one.operation == "browse" and one.outcome]


def page_of(visit: Operation) -> PageSeen | None:
    """Give the page on which a visit ended."""
    page = (visit.outcome or {}).get("page")
    return page if isinstance(page, PageSeen) else None


def pages_seen(trace: Trace) -> list[PageSeen]:
    """Give the pages on which the visits to the subject's pages ended."""
    found = [page_of(one) for one in visits(trace, trace.subject)]
    return [page for page in found if page is not None]


def unfinished(check: str, trace: Trace, ae: str) -> Finding | None:
    """Give the finding of a visit that there was not, or that could not be made to its end; None where all is well."""
    made = visits(trace, ae)
    expected = f"the visit to the pages of {ae} can be made to its end"
    if not made or page_of(made[-1]) is None:
        return finding(check, False, expected, "no page was seen")
    detail = str((made[-1].outcome or {}).get("detail") or "")
    return finding(check, False, expected, detail) if detail else None


def judge(trace: Trace, wanted: PageWanted) -> list[Finding]:
    """Judge the page on which the last visit ended: one finding for each text, and one for the elements."""
    stopped = unfinished(CHECK, trace, wanted.ae)
    if stopped is not None:
        return [stopped]
    page = page_of(visits(trace, wanted.ae)[-1])
    assert page is not None
    where = f"the page {page.path}"
    findings = []
    for text in wanted.contains:
        there = text in page.text
        actual = "it shows it" if there else f"it shows: {_shortened(page.text)}"
        findings.append(finding(CHECK, there, f"{where} shows {text!r}", actual))
    for text in wanted.absent:
        there = text in page.text
        actual = f"it shows it: {_around(page.text, text)}" if there else "it does not show it"
        findings.append(finding(CHECK, not there, f"{where} does not show {text!r}", actual))
    if wanted.role is not None:
        findings.append(_counted(page, wanted, wanted.role, where))
    return findings


def _counted(page: PageSeen, wanted: PageWanted, role: str, where: str) -> Finding:
    named = [name for found, name in page.elements if found == role]
    count = len(named) if wanted.name is None else named.count(wanted.name)
    bounds = wanted.count or Bounds(1, None)
    what = f"the role {role}" + ("" if wanted.name is None else f" and the name {wanted.name!r}")
    actual = f"{count}; the names of those of the role {role}: {listed(map(repr, named))}"
    return finding(CHECK, bounds.admit(count), f"{where} has {bounds} elements of {what}", actual)


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return repr(words if len(words) <= MOST_OF_A_TEXT else f"{words[:MOST_OF_A_TEXT]}...")


def _around(text: str, part: str) -> str:
    begin = text.index(part)
    return repr(" ".join(text[max(0, begin - 40) : begin + len(part) + 40].split()))
