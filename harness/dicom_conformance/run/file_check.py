"""Files of the user's own, checked without playing anything: `dicom-conformance check`.

All mistakes of a file are told, each with its line. Of a scenario it is also told where it names claims that the
statement does not have, where all its expectations are met when nothing at all happens (such a scenario passes a
subject that was never there, and needs an expectation of something that is to be seen), and where all of them want a
refusal, an absence or silence and no `given` shows that the same peer is served: such a scenario passes a subject that
refuses everything. An answer of one of our own peers is none of these, whatever it says: somebody asked for it. Nor is
a fault or a script of a peer that the subject asks: where the fault has no effect, or the script does not receive what
it awaits, the case is INCONCLUSIVE. Nor is a reason that the subject has to tell in words of the case's own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dicom_conformance.errors import DataError, HarnessError
from dicom_conformance.files import counted, known_deviations, read
from dicom_conformance.judge import (
    Wanted,
    judge_expectation,
    wants_an_answer_of_ours,
    wants_more_than_a_refusal,
    wants_service,
)
from dicom_conformance.load import read_plan
from dicom_conformance.matrix import read_matrix
from dicom_conformance.play import Foreign, open_subject
from dicom_conformance.profiles import read_profile
from dicom_conformance.results import Finding
from dicom_conformance.run.configuration_check import WorkstationFile, what_it_is
from dicom_conformance.scenario import (
    Case,
    Do,
    Expect,
    Expectation,
    Fault,
    Given,
    Setup,
    expand,
    fixtures,
    listing,
    vocabulary,
)
from dicom_conformance.scenario import read as read_scenario
from dicom_conformance.statement import load, services
from dicom_conformance.trace import Trace
from dicom_wire.capture import Recorder

_UNKNOWN_KIND = (
    "is not one of the files that are checked here: a scenario has `steps`, a statement `device` or "
    "`application_entities`, a subject file `network_ae`, a matrix `clients` and `servers`, a load plan `mix`, a "
    "data file `studies`, a file of known deviations case ids, and a configuration the keys of `simulate --config` or "
    "`workstation --config`"
)
_NO_WORKSTATION = WorkstationFile()


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in a file; `summary` says what it is."""

    summary: str = ""
    mistakes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def tell(
    path: Path,
    statement: str,
    subject: str,
    complain: Callable[[str], object],
    workstation: WorkstationFile = _NO_WORKSTATION,
) -> bool:
    """Check one file and tell what was found; whether it has no mistake."""
    found = check(path, statement, subject, workstation)
    for line in (*found.mistakes, *(f"warning: {each}" for each in found.warnings)):
        complain(line)
    if not found.mistakes:
        sys.stdout.write(f"{path}: {found.summary}\n")
    return not found.mistakes


def check(path: Path, statement: str, subject: str, workstation: WorkstationFile = _NO_WORKSTATION) -> Checked:
    """Check one file, whichever kind it is."""
    try:
        data = read(path).data
        keys = data if isinstance(data, dict) else {}
        if "steps" in keys:
            return _scenario(path, statement, subject)
        if "network_ae" in keys:
            return _subject(path)
        if "application_entities" in keys or "device" in keys:
            return _statement(path)
        if "clients" in keys and "servers" in keys:
            matrix = read_matrix(path)
            sides = f"{counted(len(matrix.clients), 'client')} and {counted(len(matrix.servers), 'server')}"
            return Checked(f"a valid matrix of {sides}")
        if "mix" in keys:
            return Checked(f"a valid load plan of {counted(len(read_plan(path).file.mix), 'entry')}")
        if "reported" in keys:
            return Checked(f"a valid profile with {counted(len(read_profile(path).faults), 'fault')}")
        if "studies" in keys:
            return _studies(path, keys)
        if isinstance(data, dict) and "deviations" not in keys and not any("/" in key for key in keys):
            summary = what_it_is(path, data, workstation)
            return Checked(summary) if summary else Checked(mistakes=(f"{path}: {_UNKNOWN_KIND}",))
        known = known_deviations.load(path)
        return Checked(f"a valid file of {counted(len(known.reasons), 'known deviation')}")
    except DataError as error:
        return Checked(mistakes=(str(error), *(str(other) for other in error.others)))


def _subject(path: Path) -> Checked:
    subject = open_subject(str(path))
    subject.check_surroundings()
    unusual = subject.unusual_fields if isinstance(subject, Foreign) else ()
    warnings = [
        f"{path}: {{{name}}} is filled only by a scenario whose operation has an argument {name}" for name in unusual
    ]
    return Checked("a valid subject file", warnings=tuple(warnings))


def _studies(path: Path, keys: Mapping[str, object]) -> Checked:
    if "patients" in keys:
        return Checked(f"a valid file of fixtures with {counted(len(fixtures.load(path).known.instances), 'instance')}")
    return Checked(f"a valid data file of {counted(len(fixtures.read_data(path)), 'study')}")


def _statement(path: Path) -> Checked:
    found = load(path)
    unjudged = dict.fromkeys(each.service for each in found.capabilities() if each.service in services.NOT_JUDGED)
    warnings = tuple(f"{path}: {service} is read, and not judged yet" for service in unjudged)
    return Checked(f"a valid statement with {counted(len(found.claims), 'claim')}", warnings=warnings)


def _scenario(path: Path, statement: str, subject: str) -> Checked:
    found, promised = read_scenario(path), load(statement)
    cases = expand(found, promised)
    asked = open_subject(subject)
    try:
        found.check_subject_words(asked.argument_names, asked.setting_names())
        configuration = next((case.configuration for case in cases if not case.reason), None)
        if configuration is None:  # no case is claimed, so that none has a configuration
            configuration = next(iter(promised.configurations), "")
        offered = [asked.offers(operation, configuration) for operation in found.operations]
    finally:
        asked.close()
    warnings = [
        f"{name}: {clause} is not a claim of {promised.id}" for name, clause in listing.unknown_clauses(cases, promised)
    ]
    warnings.extend(f"{found.id}: {reason}" for reason in dict.fromkeys(offered) if reason)
    warnings.extend(_met_by_nothing(cases))
    warnings.extend(_uncontrolled(cases))
    unclaimed = {case.reason for case in cases if case.reason}
    warnings.extend(f"{found.id}: not claimed: {reason}" for reason in sorted(unclaimed))
    return Checked(f"a valid scenario with {counted(len(cases), 'case')}", warnings=tuple(warnings))


def _met_by_nothing(cases: list[Case]) -> Iterator[str]:
    case = next((one for one in cases if not one.reason), None)
    if case is not None and is_met_by_nothing(case.setup()):
        yield f"{case.scenario.id}: every expectation is met if nothing happens; add one of what has to happen"


def _uncontrolled(cases: list[Case]) -> Iterator[str]:
    case = next((one for one in cases if not one.reason), None)
    if case is not None and lacks_positive_control(case.setup()):
        setup = case.setup()
        asks = any(isinstance(step, Do) and step.ae == setup.subject for step in setup.steps)
        who = "client that no peer ever serves" if asks else "subject that serves nobody"
        control = "the same peer serves the subject" if asks else "the same peer is served"
        yield (
            f"{case.scenario.id}: every expectation wants a refusal, an absence or silence, and would be met by a "
            f"{who}; add a `given` in which {control}"
        )


def lacks_positive_control(setup: Setup) -> bool:
    """Tell whether a subject that refuses everything would meet every expectation, and no `given` shows otherwise.

    Where the subject asks and one of our peers must have answered, or must have misbehaved, the refusal is our peer's:
    such a subject did ask. Another peer that is served is enough where the refused one can never be: it plays a script,
    or the settings of the case say who is served.
    """
    if any(_has_a_part(name, setup) for name in _asked(setup)):
        return False
    expected = _of_steps(setup, Expect)
    wants = [_wants(one, setup) for one in expected]
    if any(wants) or False not in wants:
        return False
    refused = {name for one in expected for name in _parties(one) & set(setup.peers)}
    if setup.settings or any(setup.peers[name].simulator == "scripted" for name in refused):
        refused = set()
    return not any(
        _wants(one, setup) and (not refused or not _parties(one) & set(setup.peers) or _parties(one) & refused)
        for one in _of_steps(setup, Given)
    )


def _asked(setup: Setup) -> set[str]:
    """Name the peers that the subject asks."""
    named = {step.peer for step in setup.steps if isinstance(step, Do) and step.ae == setup.subject}
    return {name for name in named if name is not None and name in setup.peers}


def _has_a_part(name: str, setup: Setup) -> bool:
    """Tell whether a peer misbehaves in a way, or plays a script, without which nothing is judged."""
    peer = setup.peers[name]
    later = (call for step in setup.steps if isinstance(step, Fault) and step.ae == name for call in step.calls)
    is_faulty = any(not call.tripwire and not call.optional for call in (*peer.fault_calls, *later))
    return is_faulty or any(isinstance(line, Mapping) and "receive" in line for line in peer.script)


def _wants(one: Expectation, setup: Setup) -> bool | None:
    if not isinstance(one.wanted, Wanted):
        return None
    asking = (wants_an_answer_of_ours, wants_more_than_a_refusal)
    return any(wants(one.check, one.wanted, setup.subject) for wants in asking) or wants_service(one.check, one.wanted)


def _of_steps(setup: Setup, kind: type[Expect | Given]) -> list[Expectation]:
    return [one for step in setup.steps if isinstance(step, kind) for one in step.expectations]


def _parties(expectation: Expectation) -> set[str]:
    """Name the AEs that an expectation is about."""
    named = {getattr(expectation.wanted, field, None) for field in vocabulary.PARTIES}
    return {name for name in named if isinstance(name, str)}


def is_met_by_nothing(setup: Setup) -> bool:
    """Tell whether everything that a scenario expects, and is given, is met by a trace in which nothing happened."""
    names = (*setup.peers, setup.subject)
    nothing = Trace(
        Recorder(),
        subject=setup.subject,
        stores=dict.fromkeys(names, tuple),
        logs=dict.fromkeys(names, tuple),
    )
    wanted = [(one.check, one.wanted) for kind in (Expect, Given) for one in _of_steps(setup, kind)]
    try:
        return all(finding.met for check, each in wanted for finding in _judged(nothing, check, each))
    except HarnessError:
        return False  # it needs to see what our own peers did


def _judged(trace: Trace, check: str, wanted: object) -> list[Finding]:
    return judge_expectation(trace, check, wanted) if isinstance(wanted, Wanted) else []
