"""The case runner: plays cases against one subject, one after the other, and gives each its verdict.

Before the first case of a configuration the prologue: the subject accepts a TCP connection and answers an
A-ASSOCIATE-RQ, by acceptance or rejection, else the case is INCONCLUSIVE. After each case the epilogue: faults and
links are removed, and the subject still answers as far as it did then. A subject that hangs or no longer answers is
abandoned and started again, so that the next case starts clean. Whatever goes wrong on our side is an ERROR of that
case alone, with its traceback in the evidence.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from dicom_conformance.errors import DataError, HarnessError
from dicom_conformance.iod_checks import IodChecker, programs
from dicom_conformance.judge import FilmTray, marks, verdict
from dicom_conformance.play import case_evidence, certificates, ruling
from dicom_conformance.play.echo import PATIENCE_AFTERWARDS_S, PATIENCE_S, Reach, Reached, echo
from dicom_conformance.play.holdings import Holdings
from dicom_conformance.play.instances import lacking, original
from dicom_conformance.play.peers import Peers
from dicom_conformance.play.ports import missing_feature, with_free_port
from dicom_conformance.play.ruling import PlayedCase
from dicom_conformance.play.run_options import RunOptions
from dicom_conformance.play.step_runner import StepRunner
from dicom_conformance.play.subjects import Address, Foreign, Subject, UnsupportedError
from dicom_conformance.play.task import Capture, HangError, within
from dicom_conformance.play.thread_faults import ThreadFaults
from dicom_conformance.results import Finding, Result, Verdict, split_parameters
from dicom_conformance.scenario import SUBJECT, Case, Do, Setup
from dicom_conformance.statement import Statement
from dicom_conformance.trace import Held, Known, Trace, timeline_lines
from dicom_wire.capture import Recorder

PREPARE_DEADLINE_S = 30.0
ECHO_DEADLINE_S = 10.0
READING_DEADLINE_S = 30.0
"""What the subject may take to show its memory or its log, which is large after a long case."""
SLOW_DEADLINE_S = 90.0
"""What a case may take that waits for the timers of a foreign subject."""
CALLING = "CONFORMANCE"
"""The AE title of prologue and epilogue, where the subject knows none of our simulators by a fixed one."""


class CaseRunner:
    """Judges one subject by one statement; `close` ends the subject."""

    def __init__(self, statement: Statement, subject: Subject, options: RunOptions) -> None:
        self.statement = statement
        self.subject = subject
        self.options = options
        self.wire: tuple[str, ...] = ()
        self._prologues: dict[str, tuple[Address | None, str]] = {}
        self._reached: dict[str, Reach] = {}
        self._holdings = Holdings(statement, subject, options)
        checks = options.iod_checks and isinstance(subject, Foreign)
        self._iod_checker = IodChecker(programs() if checks else ())
        self._films = None if subject.films is None else FilmTray(subject.films)
        self._accepts = bool(statement.capabilities(role="SCP"))

    def subject_holds(self, studies: Iterable[str]) -> None:
        """Note that the subject holds the fixtures of some studies from the start, so that none of them is stored."""
        self._holdings.note_held(studies)

    def close(self) -> None:
        """Stop the subject; one that does not stop within its deadline is abandoned."""
        capture = Capture()
        with capture:
            within(self.subject.close, PREPARE_DEADLINE_S, "stopping the subject")
        if isinstance(capture.error, HangError):
            self.subject.abandon()

    def play(self, case: Case, with_timeline: bool = False) -> Result:
        """Play a case, and again where it fails and is to be verified; never raises but for an interrupt by the user.

        The evidence is that of the first time.
        """
        result = self._result(case, with_timeline, self.options.output)
        if result.verdict is not Verdict.FAIL or result.deviation or not self.options.verify:
            return result
        wire, again = self.wire, []
        for _ in range(self.options.verify):
            self._give_up()
            again.append(self._result(case, False, None).verdict)
        self.wire = wire
        return verdict.verified(result, again)

    def _result(self, case: Case, with_timeline: bool, output: Path | None) -> Result:
        begin_s, begin_ns = time.perf_counter(), time.monotonic_ns()
        played = PlayedCase()
        capture = Capture()
        with capture:
            played = self._played(case, begin_ns)
        if capture.error is not None:
            played = self._broken(capture.error)
        folder, redaction = "", case_evidence.redaction_of(self.options.redact, self.subject)
        if played.trace is not None:
            writing = Capture()
            with writing:
                if self.options.output is not None and isinstance(self.subject, Foreign):
                    case_evidence.list_stored(self.options.output, case, played.trace)
                if output is not None:
                    folder = case_evidence.write(output, case, played, begin_ns, with_timeline, redaction)
            if writing.error is not None:  # a verdict without its evidence is none
                lost = self._broken(writing.error)
                played = replace(lost, reason=f"the evidence cannot be written: {lost.reason}", wire=played.wire)
        self.wire = played.wire if redaction is None else tuple(map(redaction.line, played.wire))
        parameters, values = split_parameters(case.parameters)
        result = Result(
            id=case.id,
            scenario=case.scenario.id,
            statement=self.statement.id,
            subject=self.subject.name,
            clause=case.clause,
            level=case.level,
            verdict=played.verdict,
            title=case.title,
            parameters=parameters,
            values={**values, **ruling.reported_last(case, played)},
            findings=played.findings,
            cells=ruling.cells(case, played),
            elapsed_s=time.perf_counter() - begin_s,
            evidence=folder,
            reason=played.reason,
            deviation=self.options.deviations.get(case.id, ""),
            unobserved=played.unobserved,
        )
        return result if redaction is None else case_evidence.redacted(result, redaction)

    def _broken(self, error: Exception) -> PlayedCase:
        if isinstance(error, UnsupportedError):
            return PlayedCase(verdict=Verdict.NOT_CLAIMED, reason=str(error))
        text = "".join(traceback.format_exception(error))
        known = str(error) if isinstance(error, DataError) else f"{type(error).__name__}: {error}"
        if isinstance(error, OSError) and error.filename:
            known = f"{error.filename}: {error.strerror}"
        return PlayedCase(verdict=Verdict.ERROR, reason=known, trace=Trace(Recorder()), further={"traceback.txt": text})

    def _played(self, case: Case, begin_ns: int) -> PlayedCase:
        if case.reason:
            return PlayedCase(verdict=Verdict.NOT_CLAIMED, reason=case.reason)
        if case.withheld:
            return PlayedCase(verdict=Verdict.NOT_JUDGED, reason=case.withheld)
        case.scenario.check_subject_words(self.subject.argument_names, self.subject.setting_names())
        for operation in case.scenario.operations or ("",):
            reason = self.subject.offers(operation, case.configuration)
            if reason:
                return PlayedCase(verdict=Verdict.NOT_CLAIMED, reason=reason)
        shown = self.subject.observes | ({"films"} if self.subject.films is not None else set())
        hidden = sorted(set(case.scenario.header.needs.observes) - shown)
        if hidden:
            return PlayedCase(verdict=Verdict.NOT_CLAIMED, reason=f"unobserved: {', '.join(hidden)}")
        address, reason = self._prologue(case.configuration)
        if address is None:
            return PlayedCase(verdict=Verdict.INCONCLUSIVE, reason=reason)
        truth = self._holdings.truth(case, address)
        if truth.reason:
            return PlayedCase(verdict=truth.verdict, reason=truth.reason)
        at_play = {"subject.title": address.ae_title, "run.id": self.options.run_id, **truth.values}
        setup = case.setup(at_play)
        reason = missing_feature(setup)
        if reason:
            return PlayedCase(verdict=Verdict.NOT_CLAIMED, reason=reason)
        withheld = self.subject.limiter.withholds(setup.steps, setup.subject)
        withheld = withheld or lacking(setup.peers.values(), self.options.samples)
        if withheld:
            return PlayedCase(verdict=Verdict.NOT_JUDGED, reason=withheld)
        return self._with_peers(case, setup, address, begin_ns, truth.known)

    def _prologue(self, configuration: str) -> tuple[Address | None, str]:
        """Bring the subject into a configuration for the first time and check that it answers."""
        known = self._prologues.get(configuration)
        if known is not None:
            return known
        found: tuple[Address | None, str]
        try:
            address = within(
                lambda: self.subject.prepare(configuration, {}, {}), PREPARE_DEADLINE_S, "starting the subject"
            )
            reached = self._echo(address)
            self._reached[configuration] = reached.reach
            if self._accepts and reached.reach is Reach.SILENT:
                found = (None, f"prologue: the subject does not answer: {_at(address)}: {reached.detail}")
            else:
                found = (address, "")
        except HangError as error:
            self._give_up()
            found = (None, f"prologue: {error}")
        self._prologues[configuration] = found
        return found

    def _echo(self, address: Address, patience_s: float = PATIENCE_S) -> Reached:
        if not self._accepts:
            return Reached(Reach.SILENT)
        calling = next((peer.ae_title for peer in self.subject.peers.values()), CALLING)
        self.subject.limiter.request()
        return echo(address.endpoint, address.ae_title, calling, ECHO_DEADLINE_S, patience_s)

    def _give_up(self) -> None:
        self.subject.abandon()
        self._prologues.clear()

    def _with_peers(self, case: Case, setup: Setup, address: Address, begin_ns: int, known: Known | None) -> PlayedCase:
        header = case.scenario.header
        recorder = Recorder(header.traffic_limit_mib << 20, header.traffic_limit_pdus)
        trace = Trace(recorder, subject=setup.subject, product=self._shown(setup), known=known)
        is_slow = case.scenario.header.needs.slow and isinstance(self.subject, Foreign)
        settings = setup.settings_of_subject(isinstance(self.subject, Foreign), is_slow)
        setup = replace(setup, settings=with_free_port(certificates.secured(settings)))
        if setup.settings:  # they may move it to another port, or give it another title
            prepare = partial(self.subject.prepare, case.configuration, {}, setup.settings)
            moved = within(prepare, PREPARE_DEADLINE_S, "preparing the subject")
            if moved.endpoint != address.endpoint:
                self._prologues.clear()  # where it will be afterwards, the next case asks
            address = moved
        asks = any(isinstance(step, Do) for step in setup.steps)
        trace.counts_from_first_operation = asks and not self.subject.observes
        with _temporary_folder() as folder:
            configured = replace(  # peers call it as it was configured, whatever it says of itself
                address,
                ae_title=str(setup.settings.get("ae_title", address.ae_title)),
                port=int(setup.settings.get("port", address.port)),
            )
            peers = Peers(
                setup,
                configured,
                recorder,
                fixed=self.subject.peers,
                base=case.scenario.path.parent,
                seed=case.seed,
                links=self.options.links,
                case_deadline_s=self.options.case_deadline_s,
                others=lambda: self.subject.others,
                limiter=self.subject.limiter,
                samples=self.options.samples,
            )
            with ThreadFaults() as faults, peers:
                self._prepare(case, setup, peers, address)
                self._observe(trace, peers)
                if self._films is not None:
                    self._films.begin(trace, looks_at_films="films" in case.scenario.header.needs.observes)
                deadline = time.monotonic() + (SLOW_DEADLINE_S if is_slow else self.options.case_deadline_s)
                step_runner = StepRunner(case, setup, self.subject, peers, trace, folder, deadline)
                capture = Capture()
                with capture:
                    step_runner.play()
                ends = self.subject.settle()
                _keep(trace, step_runner)
        step_runner.judge_commands(ends)
        if self._films is not None:
            self._films.end(trace)
        return self._judged(case, setup, step_runner, capture.error, faults.first, begin_ns)

    def _shown(self, setup: Setup) -> str:
        """What a report calls the subject: of a case of format 2 by the product's name."""
        return self.subject.product if setup.subject == SUBJECT else setup.subject

    def _prepare(self, case: Case, setup: Setup, peers: Peers, known: Address) -> None:
        address = within(
            lambda: self.subject.prepare(case.configuration, peers.known(), setup.settings),
            PREPARE_DEADLINE_S,
            "preparing the subject",
        )
        if address != known:
            raise HarnessError(f"the subject changed its address from {known} to {address} during the case")

    def _observe(self, trace: Trace, peers: Peers) -> None:
        """Let the trace see what can be seen beyond the wire."""
        trace.titles = peers.titles
        for instances in peers.instances.values():
            for instance in instances:
                trace.originals[instance.SOPInstanceUID] = original(instance)
        for name in peers.names():
            if hasattr(peers.simulator(name), "stored"):
                trace.stores[name] = _stored(peers, name)
            trace.logs[name] = _log(peers, name)
        if "store" in self.subject.observes:
            trace.stores[trace.subject] = self._memory
        if "log" in self.subject.observes:
            trace.logs[trace.subject] = lambda: tuple(
                within(self.subject.log, READING_DEADLINE_S, "reading the subject's log")
            )

    def _memory(self) -> tuple[Held, ...]:
        found = within(self.subject.instances, READING_DEADLINE_S, "reading the subject's memory")
        return tuple(
            Held(one["SOPClassUID"], one["SOPInstanceUID"], one["TransferSyntaxUID"], one["data_set"]) for one in found
        )

    def _judged(
        self,
        case: Case,
        setup: Setup,
        step_runner: StepRunner,
        error: Exception | None,
        fault: Exception | None,
        begin_ns: int,
    ) -> PlayedCase:
        """Judge what was seen; nothing of it counts where a thread of ours ended by a `fault`."""
        if step_runner.hung:
            self._give_up()
        elif not isinstance(error, UnsupportedError):
            self._epilogue(case, setup, step_runner)
        ours = fault if step_runner.hung else fault or error
        if fault is None and step_runner.trace.recorder.full:
            step_runner.judge_traffic()
        elif ours is not None:
            broken = self._broken(ours)
            broken.trace = step_runner.trace
            return broken
        for name in step_runner.peers.fired_tripwires():
            expected = f"nothing that the fault {name} acts on"
            step_runner.failed(Finding("dimse", False, expected=expected, actual="it had an effect"))
        played = ruling.ruled(case, step_runner, self.options.strict)
        played.findings += self._iod_checker.notes(step_runner.trace)
        if step_runner.ended:
            played.further["commands.json"] = case_evidence.commands(step_runner.ended)
        played.shows_films = self.options.output is not None and setup.looks_at_films
        if played.verdict is not Verdict.PASS:
            marked = marks(step_runner.trace, played.findings, "; ".join(case.clause), case.level)
            played.wire = tuple(timeline_lines(step_runner.trace, begin_ns, marks=marked))
        return played

    def _epilogue(self, case: Case, setup: Setup, step_runner: StepRunner) -> None:
        """Check that the subject still answers as in the prologue, without the faults and settings of the case."""
        reason, address = "", step_runner.peers.subject
        before = self._reached.get(case.configuration, Reach.SILENT)
        try:
            if setup.settings:
                prepare = partial(self.subject.prepare, case.configuration, {}, {})
                address = within(prepare, PREPARE_DEADLINE_S, "preparing the subject")
                self._prologues[case.configuration] = (address, "")
            reached = self._echo(address, PATIENCE_AFTERWARDS_S if before is Reach.ECHOES else 0.0)
            if reached.reach < before:
                reason = f"{_at(address)}: {reached.detail}"
        except HangError as error:
            reason = str(error)
        if reason:
            self._give_up()
            asked = "C-ECHO" if before is Reach.ECHOES else "an A-ASSOCIATE-RQ"
            expected = f"after the case the subject still answers {asked}"
            finding = Finding("association", False, expected=expected, actual=f"no longer answers: {reason}")
            step_runner.failed(finding)


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    """Give the path of a folder that nobody has made; what is made there is removed. Most cases write nothing."""
    folder = Path(tempfile.gettempdir(), f"conformance-{secrets.token_hex(8)}")
    try:
        yield folder
    finally:
        if folder.is_dir():
            shutil.rmtree(folder)


def _at(address: Address) -> str:
    return f"{address.ae_title} at {address.host}:{address.port}"


def _stored(peers: Peers, name: str) -> Callable[[], tuple[Held, ...]]:
    def held() -> tuple[Held, ...]:
        found = []
        for stored in peers.simulator(name).stored:
            instance = getattr(stored, "instance", stored)
            found.append(
                Held(instance.SOPClassUID, instance.SOPInstanceUID, instance.transfer_syntax, instance.data_set)
            )
        return tuple(found)

    return held


def _log(peers: Peers, name: str) -> Callable[[], tuple[str, ...]]:
    return lambda: tuple(peers.simulator(name).log)


def _keep(trace: Trace, step_runner: StepRunner) -> None:
    """Drop the functions that read what no longer exists after the case."""
    trace.stores.clear()
    trace.logs.clear()
    step_runner.peers.instances.clear()
