"""The check `elapsed`: how long an operation took, or how far two events lie apart."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from dicom_conformance.files import LONGEST_WAIT_S
from dicom_conformance.judge.checks.choice import finding, listed, pick
from dicom_conformance.judge.checks.event import Event, described, moment_ns
from dicom_conformance.judge.checks.wanted import Position, Wanted
from dicom_conformance.results import Finding
from dicom_conformance.trace import Trace

CHECK = "elapsed"
Bound = Annotated[float, Field(ge=0, le=LONGEST_WAIT_S)]


class ElapsedWanted(Wanted):
    """Bounds, in seconds, on an operation (`ae`, `operation`) or on the time between two events (`from`, `to`)."""

    ae: str = Field(default="workstation", description="AE that performs the operation")
    operation: str | None = Field(default=None, description="the operation that is timed")
    position: Position = Field(default="last", description="which of several such operations")
    from_: Event | None = Field(
        default=None, alias="from", description="the event at which the time begins (instead of `operation`, with `to`)"
    )
    to: Event | None = Field(default=None, description="the event at which it ends")
    at_most_s: Bound | None = Field(default=None, description="most seconds")
    at_least_s: Bound | None = Field(default=None, description="least seconds")

    @model_validator(mode="after")
    def _something(self) -> ElapsedWanted:
        if (self.operation is None) == (self.from_ is None or self.to is None):
            raise ValueError("either operation, or both from and to, are needed")
        if self.at_most_s is None and self.at_least_s is None:
            raise ValueError("one of at_most_s, at_least_s is needed")
        return self


def judge(trace: Trace, wanted: ElapsedWanted) -> Finding:
    """Judge how long it took; what did not end, or was not seen, is not within any bound."""
    bounds = [f"at most {wanted.at_most_s} s"] if wanted.at_most_s is not None else []
    bounds += [f"at least {wanted.at_least_s} s"] if wanted.at_least_s is not None else []
    what, spans = _spans(trace, wanted)
    wrong = [span for span in spans if span is None or not _within(span, wanted)]
    actual = listed(
        ("its end was not seen" if span is None else f"{span:.3f} s" for span in wrong or spans), none="it was not seen"
    )
    return finding(CHECK, bool(spans) and not wrong, f"{what} takes {' and '.join(bounds)}", actual)


def _spans(trace: Trace, wanted: ElapsedWanted) -> tuple[str, list[float | None]]:
    if wanted.from_ is not None and wanted.to is not None:
        begin, end = moment_ns(trace, wanted.from_), moment_ns(trace, wanted.to)
        span = None if begin is None or end is None else (end - begin) / 1e9
        return f"from {described(wanted.from_)} to {described(wanted.to)}", [span] if begin is not None else []
    named = [one for one in trace.operations if one.ae == wanted.ae and one.operation == wanted.operation]
    spans = [
        None if one.finished_ns is None else (one.finished_ns - one.started_ns) / 1e9
        for one in pick(named, wanted.position)
    ]
    return f"{wanted.operation} of {wanted.ae}", spans


def _within(span: float, wanted: ElapsedWanted) -> bool:
    return (wanted.at_most_s is None or span <= wanted.at_most_s) and (
        wanted.at_least_s is None or span >= wanted.at_least_s
    )
