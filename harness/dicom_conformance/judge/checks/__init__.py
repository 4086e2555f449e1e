"""The checks: one noun a file, each a pure function from a trace and what was wanted to findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from dicom_conformance.judge.checks import (
    answers,
    association,
    axe,
    committed,
    context,
    data_set,
    dimse,
    elapsed,
    film,
    films,
    log,
    matches,
    negotiation,
    outcome,
    page,
    pdu,
    query_responses,
    rendering,
    response,
    retrieved,
    rules,
    store,
)
from dicom_conformance.judge.checks.association import AssociationWanted
from dicom_conformance.judge.checks.choice import end_pointer
from dicom_conformance.judge.checks.event import Event, described, moment_ns
from dicom_conformance.judge.checks.film import FilmWanted
from dicom_conformance.judge.checks.log import LogWanted
from dicom_conformance.judge.checks.page import pages_seen
from dicom_conformance.judge.checks.rendering import expectation, frame_of, picture, stored_bounds, subject_of
from dicom_conformance.judge.checks.wanted import RESULTS, STATUS_CLASSES, Wanted, status_admitted
from dicom_conformance.results import Finding
from dicom_conformance.trace import Trace

Check: TypeAlias = Callable[[Trace, Any], Finding | list[Finding]]

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "association": association.judge,
        "context": context.judge,
        "negotiation": negotiation.judge,
        "pdu": pdu.judge,
        "dimse": dimse.judge,
        "data_set": data_set.judge,
        "store": store.judge,
        "outcome": outcome.judge,
        "log": log.judge,
        "elapsed": elapsed.judge,
        "rendering": rendering.judge,
        "film": film.judge,
        "films": films.judge,
        "matches": matches.judge,
        "query_responses": query_responses.judge,
        "retrieved": retrieved.judge,
        "committed": committed.judge,
        "response": response.judge,
        "answers": answers.judge,
        "rules": rules.judge,
        "page": page.judge,
        "axe": axe.judge,
    }
)
"""Noun to check."""

WANTED: Mapping[str, type[Wanted]] = MappingProxyType(
    {
        "association": association.AssociationWanted,
        "context": context.ContextWanted,
        "negotiation": negotiation.NegotiationWanted,
        "pdu": pdu.PduWanted,
        "dimse": dimse.DimseWanted,
        "data_set": data_set.DataSetWanted,
        "store": store.StoreWanted,
        "outcome": outcome.OutcomeWanted,
        "log": log.LogWanted,
        "elapsed": elapsed.ElapsedWanted,
        "rendering": rendering.RenderingWanted,
        "film": film.FilmWanted,
        "films": films.FilmsWanted,
        "matches": matches.MatchesWanted,
        "query_responses": query_responses.QueryResponsesWanted,
        "retrieved": retrieved.RetrievedWanted,
        "committed": committed.CommittedWanted,
        "response": response.ResponseWanted,
        "answers": answers.AnswersWanted,
        "rules": rules.RulesWanted,
        "page": page.PageWanted,
        "axe": axe.AxeWanted,
    }
)
"""The model of what each noun may want; scenarios are validated with it."""


def judge_expectation(trace: Trace, noun: str, wanted: Wanted) -> list[Finding]:
    """Judge one expectation; a check that has one finding gives it alone."""
    found = CHECKS[noun](trace, wanted)
    return [found] if isinstance(found, Finding) else found


def unobserved(trace: Trace, wanted: Wanted) -> str | None:
    """Say what an expectation needs that this subject does not show; None where everything is visible."""
    if isinstance(wanted, store.StoreWanted) and wanted.ae not in trace.stores:
        return f"what {wanted.ae} holds"
    if isinstance(wanted, log.LogWanted) and wanted.ae not in trace.logs:
        return f"the log of {wanted.ae}"
    if isinstance(wanted, films.FilmsWanted) and trace.films is None:
        return f"the films of {trace.subject}"
    if isinstance(wanted, outcome.OutcomeWanted | rendering.RenderingWanted):
        peer = wanted.peer if isinstance(wanted, outcome.OutcomeWanted) else None
        chosen = outcome.chosen_operations(trace, wanted.ae, wanted.operation, peer)
        if chosen and not any(one.observable for one in chosen):
            return f"what {wanted.ae} reports to its user"
    return None


__all__ = [
    "CHECKS",
    "RESULTS",
    "STATUS_CLASSES",
    "WANTED",
    "AssociationWanted",
    "Check",
    "Event",
    "FilmWanted",
    "LogWanted",
    "Wanted",
    "described",
    "end_pointer",
    "expectation",
    "frame_of",
    "judge_expectation",
    "moment_ns",
    "pages_seen",
    "picture",
    "status_admitted",
    "stored_bounds",
    "subject_of",
    "unobserved",
]
