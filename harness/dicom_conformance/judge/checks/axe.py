"""The check `axe`: whether the page on which a visit ended can be used with assistive technology, by the rules of axe.

References
----------
WCAG 2.2, levels A and AA, as far as axe-core can tell
"""

from __future__ import annotations

from pydantic import Field

from dicom_conformance.judge.checks.choice import finding, listed, not_judged
from dicom_conformance.judge.checks.page import page_of, unfinished, visits
from dicom_conformance.judge.checks.wanted import Bounds, Count, Wanted
from dicom_conformance.results import Finding
from dicom_conformance.trace import Trace

CHECK = "axe"


class AxeWanted(Wanted):
    """How many rules of axe the page breaks."""

    ae: str = Field(default="workstation", description="AE whose page it is")
    violations: Count = Field(default=Bounds(0, 0), description="how many rules are broken; 0 if not given")


def judge(trace: Trace, wanted: AxeWanted) -> Finding:
    """Judge the page on which the last visit ended."""
    stopped = unfinished(CHECK, trace, wanted.ae)
    if stopped is not None:
        return stopped
    page = page_of(visits(trace, wanted.ae)[-1])
    assert page is not None
    expected = f"the page {page.path} breaks {wanted.violations} rules of axe"
    if page.violations is None:
        return not_judged(CHECK, expected, "axe-core-python is not installed")
    broken = page.violations
    actual = f"it breaks {len(broken)}: {listed(broken)}" if broken else "it breaks none"
    return finding(CHECK, wanted.violations.admit(len(broken)), expected, actual)
