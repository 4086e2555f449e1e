"""One case played: its steps one after the other, and what came of them.

`do` never fails by itself: what came of it is recorded in the trace. A `wait` that is missed is remembered, and the
steps go on, for an expectation after it may tell whose fault it was. An `expect` judges the trace so far, after what
it looks at has come to rest. Every wait here is for a condition, and has a deadline.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from pathlib import Path
from typing import Any

from dicom_conformance.errors import HarnessError
from dicom_conformance.interruption import waiting
from dicom_conformance.judge import (
    AssociationWanted,
    Event,
    LogWanted,
    NotSentError,
    Wanted,
    described,
    judge_expectation,
    moment_ns,
    naming_operation,
    unobserved,
)
from dicom_conformance.play.instances import made, original, referred
from dicom_conformance.play.peers import Peers
from dicom_conformance.play.subjects import CommandEnd, CrashError, Subject, UnsupportedError
from dicom_conformance.play.task import HangError, Task
from dicom_conformance.results import Finding
from dicom_conformance.scenario import (
    Case,
    Clear,
    Do,
    Expect,
    Expectation,
    Fault,
    Given,
    Holding,
    Setup,
    Wait,
)
from dicom_conformance.trace import Operation, Trace
from dicom_simulators.data_sets import write_file

SETTLE_S = 5.0
"""How long an association may take to end before it counts as open."""
LOG_WAIT_S, LOG_LOOK_S = 1.0, 0.02

_AT_REST = ("association", "outcome", "store", "log", "elapsed", "rendering", "film", "films", "page", "axe")
"""Nouns that look at the state after all operations have ended."""

_WITH_FILES = ("store", "print", "preview")
"""Operations of the workstation that may be given files, or instances which are written to files for it."""


@dataclass(slots=True)
class StepRunner:
    """The playing of one case.

    Parameters
    ----------
    folder : Path
        The case's temporary directory, which is made when something is written into it.
    deadline : float
        When everything must be over, on the clock of `time.monotonic`.

    Attributes
    ----------
    findings : list of Finding
        Everything that was judged.
    failures : list of Finding
        Those of them that no expectation made, and that stand whatever our peers did: the subject crashed, no longer
        answers, or sends without end.
    of_scripts : list of Finding
        Those of them that say how the operation `play` of a scripted peer ended.
    unmet_givens : list of str
        What was to be so before anything could be judged, and was not.
    """

    case: Case
    setup: Setup
    subject: Subject
    peers: Peers
    trace: Trace
    folder: Path
    deadline: float
    findings: list[Finding] = field(default_factory=list)
    failures: list[Finding] = field(default_factory=list)
    of_scripts: list[Finding] = field(default_factory=list)
    unmet_givens: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    not_seen: list[str] = field(default_factory=list)
    never_began: list[str] = field(default_factory=list)
    ended: list[CommandEnd] = field(default_factory=list)
    hung: bool = False
    _pause: threading.Event = field(default_factory=threading.Event)
    _background: list[tuple[Do, Task[None]]] = field(default_factory=list)

    def play(self) -> None:
        """Play every step.

        Raises
        ------
        HarnessError, UnsupportedError
            We failed, or the subject does not offer what a step asks of it.
        """
        steps = self.setup.steps
        last = max((index for index, step in enumerate(steps) if isinstance(step, Expect)), default=-1)
        for index, step in enumerate(steps):
            if isinstance(step, Do):
                self._do(step)
            elif isinstance(step, Wait):
                self._wait(step)
            elif isinstance(step, Fault):
                self.peers.fault(step.ae, step.calls, step.at == "link")
            elif isinstance(step, Clear):
                self.peers.clear(step.ae, step.fault)
            elif isinstance(step, Given):
                self._given(step)
            else:
                self._expect(step, index == last)
        self._join()
        self.trace.verify_agreement()

    def judge_commands(self, ends: Sequence[CommandEnd]) -> None:
        """Judge how the subject's commands ended.

        One that opened no connection proves nothing about the subject, whatever it says. One that a signal ended after
        it had opened a connection crashed.
        """
        opened = [
            one.view.sightings[0].t_ns for one in self.trace.select(requestor=self.trace.subject) if one.view.sightings
        ]
        self.ended.extend(ends)
        for end in ends:
            if not any(end.started_ns <= t_ns <= end.ended_ns for t_ns in opened):
                self.never_began.append(f"the command opened no association: {end}")
            elif end.by_signal:
                program = Path(end.program).name
                self._subject_failed(f"{program} is not ended by a signal", str(end), False)

    def judge_traffic(self) -> None:
        """Judge who exchanged more than a case may: the subject fails.

        Raises
        ------
        HarnessError
            It was our peers that did.
        """
        recorder, header = self.trace.recorder, self.case.scenario.header
        sent_mib, sent_pdus = recorder.bytes_of(self.trace.subject) / (1 << 20), recorder.pdus_of(self.trace.subject)
        most = f"{header.traffic_limit_mib} MiB and {header.traffic_limit_pdus:,} PDUs"
        if sent_mib * 2 < header.traffic_limit_mib and sent_pdus * 2 < header.traffic_limit_pdus:
            raise HarnessError(f"the peers sent more than {most}: the scenario needs another traffic_limit_mib")
        expected = f"at most {most} on the wire in the case"
        actual = f"the subject had sent {sent_mib:.1f} MiB in {sent_pdus:,} PDUs"
        self.failed(Finding("association", False, expected=expected, actual=actual))

    def failed(self, finding: Finding) -> None:
        """Note that the subject failed by what no expectation need ask for."""
        self.findings.append(finding)
        self.failures.append(finding)

    def _left_s(self) -> float:
        return max(self.deadline - time.monotonic(), 0.0)

    def _do(self, step: Do) -> None:
        if self.hung:
            return
        perform = self._by_subject if step.ae == self.setup.subject else self._by_peer
        arguments = self._arguments(step)
        operation = Operation(step.ae, step.operation, step.peer, dict(arguments), time.monotonic_ns())
        self.trace.operations.append(operation)
        task = Task(lambda: perform(step, operation, arguments), f"{step.ae} {step.operation}")
        if step.background:
            self._background.append((step, task))
        else:
            self._finish(step, task)

    def _arguments(self, step: Do) -> dict[str, Any]:
        """Give the arguments of an operation, with references followed and files written."""
        arguments: dict[str, Any] = referred(dict(step.arguments), self.peers.instances, outcomes=self._outcomes())
        if step.ae != self.setup.subject or step.operation not in _WITH_FILES:
            return arguments
        base = self.case.scenario.path.parent
        if step.operation != "store" and not ("files" in arguments or "instances" in arguments):
            return arguments
        held = arguments.pop("held", None)
        if held is not None:
            return {**arguments, "instances": _list(held)}
        holds = arguments.pop("instances", None)
        files = [str(base / path) for path in _list(arguments.get("files"))]
        if holds is not None:
            begin = len(self.trace.originals)
            holdings = [Holding.model_validate(entry) for entry in _list(holds)]
            for number, instance in enumerate(made(holdings, base, begin)):
                self.peers.instances.setdefault(self.setup.subject, []).append(instance)
                self.trace.originals[instance.SOPInstanceUID] = original(instance)
                self.folder.mkdir(mode=0o700, exist_ok=True)
                files.append(str(write_file(instance, self.folder / f"{begin + number:05d}.dcm")))
        return {**arguments, "files": files}

    def _outcomes(self) -> dict[str, Mapping[str, Any]]:
        """Give the last outcome of each operation that the workstation has performed."""
        mine = (one for one in self.trace.operations if one.ae == self.setup.subject)
        return {one.operation: one.outcome or {} for one in mine}

    def _by_subject(self, step: Do, operation: Operation, arguments: dict[str, Any]) -> None:
        outcome = self.subject.perform(step.operation, step.peer, arguments)
        operation.observable = outcome is not None
        operation.outcome = outcome
        operation.finished_ns = time.monotonic_ns()

    def _by_peer(self, step: Do, operation: Operation, arguments: dict[str, Any]) -> None:
        simulator = self.peers.simulator(step.ae)
        if step.peer is not None:
            arguments.setdefault("called_ae_title", self.peers.title(step.peer))
            arguments.setdefault("peer", step.peer)
            address = self.peers.address(step.ae, step.peer)
        else:
            address = None
        if arguments.get("destination") in (
            *self.peers.names(),
            self.setup.subject,
        ):  # of a move: a peer's name, or a title
            arguments["destination"] = self.peers.title(arguments["destination"])
        outcome = simulator.perform(step.operation, address, arguments)
        operation.outcome = plain(outcome)
        operation.finished_ns = time.monotonic_ns()

    def _finish(self, step: Do, task: Task[None]) -> None:
        """Wait for an operation to end; one that does not is a failure of the subject."""
        if not task.wait(self._left_s()):
            # each wait of a peer's has a deadline of its own: it is the subject's answers that took the case's time
            whose = "" if step.ae == self.setup.subject else f" of {step.ae}"
            outcomes = "it was still running when the time limit of the case was reached"
            self._subject_failed(f"{step.operation}{whose} ends", outcomes, True)
        elif isinstance(task.error, UnsupportedError | HarnessError):
            raise task.error
        elif task.error is not None:
            if not isinstance(task.error, CrashError):  # a mistake of ours, which is never told as the subject's
                known = str(task.error) if isinstance(task.error, ValueError) else ""
                text = known or f"{type(task.error).__name__}: {task.error}"
                raise HarnessError(f"{task.name}: {text}") from task.error
            text = f"the subject crashed: {task.error}"
            self._subject_failed(f"{step.operation} ends with an outcome", text, False)

    def _subject_failed(self, expected: str, actual: str, hung: bool) -> None:
        self.hung = self.hung or hung
        finding = Finding("outcome", False, expected=expected, actual=actual)
        if hung:  # it may have waited for a peer
            self.findings.append(finding)
        else:
            self.failed(finding)

    def _join(self) -> None:
        """Wait for what still runs."""
        waiting, self._background = self._background, []
        for step, task in waiting:
            self._finish(step, task)

    def _wait(self, step: Wait) -> None:
        event = step.event
        within_s = min(step.within_s, self._left_s())
        if event.operation is not None and event.state == "finished":
            seen = self._wait_for_operation(event, within_s)
        else:
            with waiting():
                seen = self.trace.recorder.wait(lambda: moment_ns(self.trace, event) is not None, within_s)
        if not seen:
            self.missed.append(f"waited {step.within_s:g} s for {described(event)}, which did not happen")

    def _wait_for_operation(self, event: Event, within_s: float) -> bool:
        until = time.monotonic() + within_s
        for step, task in self._background:
            if step.operation == event.operation and event.ae in (None, step.ae):
                task.wait(until - time.monotonic())
        return moment_ns(self.trace, event) is not None

    def _expect(self, step: Expect, is_last: bool) -> None:
        self._rest(step, is_last)
        for expectation in step.expectations:
            found = self._judge(expectation)
            self.findings.extend(found or ())
            if expectation.check == "outcome" and getattr(expectation.wanted, "operation", None) == "play":
                self.of_scripts.extend(found or ())

    def _given(self, step: Given) -> None:
        self._rest(step, False)
        for expectation in step.expectations:
            found = self._judge(expectation)
            if found is None:
                self.unmet_givens.append(f"given: {self.not_seen[-1]} is not observed")
            for finding in found or ():
                if not finding.met:
                    self.unmet_givens.append(f"given: expected {finding.expected}; actual {finding.actual}")

    def _rest(self, step: Expect | Given, is_last: bool) -> None:
        """Wait until what a step looks at has come to rest."""
        nouns = {expectation.check for expectation in step.expectations}
        if is_last or nouns & set(_AT_REST):
            self._join()
        asked = [found for expectation in step.expectations if (found := _ends_asked(expectation)) is not None]
        if asked and not self.hung:
            self._wait_for_ends(asked)

    def _wait_for_ends(self, asked: Sequence[AssociationWanted]) -> None:
        """Wait until every association that is asked about has ended, or it is plain that one stays open."""
        trace = self.trace
        within_s = min(SETTLE_S, self._left_s())
        between = {(wanted.requestor, wanted.acceptor) for wanted in asked}

        def ended() -> bool:
            return all(one.end.how != "open" for pair in between for one in trace.select(*pair))

        with waiting():
            trace.recorder.wait(ended, within_s)

    def _await_lines(self, wanted: LogWanted) -> None:
        """Give the AE a moment to write what it is to write: who sees an end may be quicker than who tells of it."""
        until = time.monotonic() + min(LOG_WAIT_S, self._left_s())
        missing = set(wanted.contains)
        while missing and time.monotonic() < until:
            lines = "\n".join(self.trace.logs[wanted.ae]()).lower()
            missing = {text for text in missing if text.lower() not in lines}
            if missing:
                with waiting():
                    self._pause.wait(LOG_LOOK_S)

    def _judge(self, expectation: Expectation) -> list[Finding] | None:
        """Judge one expectation; None where the subject does not show what it is about."""
        wanted = expectation.wanted
        if expectation.unstated:
            unjudged = Finding(
                expectation.check, False, judged=False, actual=f"not judged: unstated: {expectation.unstated}"
            )
            return _stamped([unjudged], expectation, self.case)
        if not isinstance(wanted, Wanted):
            raise HarnessError(f"the check {expectation.check} is not implemented")
        unseen = unobserved(self.trace, wanted)
        if unseen is not None:
            self.not_seen.append(unseen)
            return None
        if isinstance(wanted, LogWanted):
            self._await_lines(wanted)
        try:
            found = _stamped(judge_expectation(self.trace, expectation.check, wanted), expectation, self.case)
        except NotSentError as error:
            if self.case.amendment is None:
                raise
            self.missed.append(str(error))  # the peer kept it from being sent
            return []
        operations = sum(isinstance(step, Do) for step in self.setup.steps)
        return naming_operation(found, self.trace.operations, operations)


def _stamped(found: list[Finding], expectation: Expectation, case: Case) -> list[Finding]:
    """Put the expectation's level, clause and requirement into its findings, where they are not the case's own.

    A finding that a check gave a level, clause or requirement of its own keeps it.
    """
    own: dict[str, Any] = {}
    if expectation.level != case.level:
        own["level"] = expectation.level
    if expectation.clause != case.clause:
        own["clause"] = "; ".join(expectation.clause)
    if expectation.requirement != case.title:
        own["requirement"] = expectation.requirement
    if expectation.promise:
        own |= {"promise": expectation.promise, "claims": case.claims.get(expectation.promise, ())}
    lacking = [{key: value for key, value in own.items() if not getattr(one, key)} for one in found]
    return [replace(one, **more) if more else one for one, more in zip(found, lacking, strict=True)]


def _ends_asked(expectation: Expectation) -> AssociationWanted | None:
    """Give what is wanted of associations that have to end before they are judged; None where none has to."""
    wanted = expectation.wanted
    return wanted if isinstance(wanted, AssociationWanted) and "open" not in wanted.ends else None


def _list(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]


def plain(outcome: Any) -> Mapping[str, Any]:
    """Give the outcome that a simulator returned as plain data."""
    if isinstance(outcome, Mapping):
        return outcome
    if is_dataclass(outcome) and not isinstance(outcome, type):
        return asdict(outcome)
    raise HarnessError(f"a simulator returned {type(outcome).__name__} as its outcome")


__all__ = ["SETTLE_S", "HangError", "StepRunner", "plain"]
