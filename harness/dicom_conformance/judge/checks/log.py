"""The check `log`: what an AE wrote in its log."""

from __future__ import annotations

from pydantic import Field, model_validator

from dicom_conformance.files import Texts, counted
from dicom_conformance.judge.checks.choice import finding, listed
from dicom_conformance.judge.checks.wanted import Wanted
from dicom_conformance.results import Finding
from dicom_conformance.trace import Trace

CHECK = "log"


class LogWanted(Wanted):
    """Texts that the log of `ae` must, or must not, contain (letter case aside)."""

    ae: str = Field(default="workstation", description="AE whose log is read")
    contains: Texts = Field(default=(), description="texts that the log contains; upper and lower case are the same")
    absent: Texts = Field(default=(), description="texts that it does not contain")

    @model_validator(mode="after")
    def _something(self) -> LogWanted:
        if not (self.contains or self.absent):
            raise ValueError("one of contains, absent is needed")
        return self


def judge(trace: Trace, wanted: LogWanted) -> list[Finding]:
    """Judge the log: one finding for each text."""
    lines = trace.logs[wanted.ae]()
    count = counted(len(lines), "line")
    findings = []
    for text in wanted.contains:
        there = any(text.lower() in line.lower() for line in lines)
        actual = f"it does, in {count}" if there else f"not in {count}, which end with: {listed(lines[-5:])}"
        findings.append(finding(CHECK, there, f"the log of {wanted.ae} contains {text!r}", actual))
    for text in wanted.absent:
        matching = [line for line in lines if text.lower() in line.lower()]
        actual = listed(matching, none=f"it does not, in {count}")
        findings.append(finding(CHECK, not matching, f"the log of {wanted.ae} does not contain {text!r}", actual))
    return findings
