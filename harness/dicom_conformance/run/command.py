"""What the commands `run` and `list` have in common: a request from the options of the command line, and its cases."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

from dicom_conformance.errors import HarnessError
from dicom_conformance.files import KnownDeviations, counted
from dicom_conformance.play import CALLING, RunOptions, negotiate, subject_file
from dicom_conformance.profiles import profiles_of
from dicom_conformance.run.choice import Choice
from dicom_conformance.run.worker import RunRequest
from dicom_conformance.scenario import Case, Kind, fixtures, listing, selection
from dicom_conformance.statement import Statement

NEGOTIATION_S = 20.0
"""What each association of the negotiation before the first case may take."""

Say = Callable[[str], object]


def requested(arguments: argparse.Namespace, seed: int, options: RunOptions) -> RunRequest:
    """Make a request of the options that `run` and `list` share."""
    choice = Choice(
        kinds=None if arguments.kind is None else frozenset(map(Kind, arguments.kind)),
        house=arguments.house,
        may_store=arguments.allow_store,
        may_print=arguments.allow_print,
        may_be_hostile=arguments.allow_hostile,
        has_data=arguments.data is not None,
        may_be_slow=arguments.slow,
    )
    return RunRequest(
        tuple(arguments.select),
        arguments.statement or "",
        arguments.subject,
        seed,
        options=_with_data(options, arguments),
        quick=arguments.quick,
        choice=choice,
        profiles=() if arguments.against_profiles is None else profiles_of(arguments.against_profiles),
    )


def _with_data(options: RunOptions, arguments: argparse.Namespace) -> RunOptions:
    """Put what the options say into the options of a run.

    Raises
    ------
    DataError
        The data file is wrong.
    """
    data = () if arguments.data is None else fixtures.read_data(arguments.data)
    return replace(options, data=data, at_most=arguments.at_most, may_store=arguments.allow_store)


def samples(arguments: argparse.Namespace, skipped: Say) -> tuple[fixtures.Sample, ...]:
    """Find the files that `--samples` gives, none without it; `skipped` says which cannot be read, and why.

    Raises
    ------
    HarnessError
        The folder is missing, or has no file that is needed.
    """
    return () if arguments.samples is None else fixtures.find_samples(arguments.samples, skipped)


def measured(request: RunRequest) -> RunRequest:
    """Find by negotiation what the statement of a foreign subject leaves open; nothing where it leaves nothing open.

    Raises
    ------
    HarnessError
        The subject does not answer, and there is neither a statement nor an operation that it could be asked for.
    """
    foreign = subject_file(request.subject)
    if foreign is None or not (without_statement(request) or _is_open(request.load())):
        return request
    calling = next((peer.ae_title for peer in foreign.peers.values()), CALLING)
    found = negotiate(foreign.address, calling, foreign.limiter, NEGOTIATION_S)
    if found.reason and without_statement(request) and not foreign.file.operations:
        at = f"{foreign.address.ae_title} at {foreign.address.host}:{foreign.address.port}"
        raise HarnessError(f"the services of {foreign.product} cannot be found: {at}: {found.reason}")
    return replace(request, measured=found.accepted, announced=found.version_name)


def _is_open(statement: Statement) -> bool:
    """Tell whether a statement names no service, or leaves open which SOP Classes a service accepts."""
    stated = statement.capabilities()
    return not stated or any(each.role == "SCP" and not each.contexts for each in stated)


def without_statement(request: RunRequest) -> bool:
    """Tell whether a foreign subject has no statement at all."""
    foreign = subject_file(request.subject)
    return foreign is not None and not request.statement and not foreign.statement


def secret() -> str:
    """Make the secret of a run's pseudonyms; nothing keeps it."""
    return secrets.token_hex(16)


def notices(request: RunRequest, cases: Sequence[Case]) -> list[str]:
    """Say before the first case what a person should know of the names given, and of the evidence."""
    foreign = subject_file(request.subject)
    found = renamed(request.selects, cases)
    if foreign is not None and not foreign.is_on_loopback and not request.options.redact:
        found.append(
            f"{foreign.product} is on another machine: the evidence may hold data of real patients; see --redact"
        )
    return found


def renamed(selects: Sequence[str], cases: Sequence[Case]) -> list[str]:
    """Say which of the names that were given are those of earlier scenarios, and what the cases are called now."""
    moved = [case for case in cases if case.scenario.header.formerly]
    lines = []
    for select in dict.fromkeys(selects):
        for case in moved:
            if not case.id.startswith(select) and any(old.startswith(select) for old in case.former_ids):
                lines.append(f"{select} is now {case.scenario.id}")
                break
    return lines


def deviations(
    known: KnownDeviations, found: Sequence[Case], request: RunRequest, promised: Statement, say: Say
) -> dict[str, str]:
    """Give the reason of each known deviation by the present id of its case.

    Raises
    ------
    DataError
        An entry names no case.
    """
    every = list(found)
    if request.selects:
        every += selection.cases(selection.select((), request.scenarios), promised, request.seed)
    present = {old: case.id for case in every for old in case.former_ids}
    known.check({*present, *(case.id for case in every)})
    for name in known.reasons:
        if name in present:
            say(f"known deviation {name} is now {present[name]}")
    return {present.get(name, name): reason for name, reason in known.reasons.items()}


def list_cases(cases: Sequence[Case], say: Say) -> None:
    """List cases, with the reason of those that would not be played."""
    for case in cases:
        reason = f"NOT_CLAIMED: {case.reason}" if case.reason else case.withheld
        say(f"{case.id}  {reason}" if reason else case.id)
    cells = sum(case.cells for case in cases if not case.reason)
    say(f"{counted(len(cases), 'case')}, {cells:,} cells")


def list_claims(cases: Sequence[Case], promised: Statement, say: Say) -> None:
    """List the claims of a statement, each with the scenarios that reach it."""
    for reached in listing.claims(cases, promised):
        say(f"{reached.claim.id}  {reached.claim.text}")
        for name, count in reached.scenarios:
            say(f"    {name} ({count})")
        if reached.reason:
            say(f"    - {reached.reason}")
