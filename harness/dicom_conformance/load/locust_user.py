"""The load as Locust runs it: a user, a shape that keeps the plan's bounds, and what passes between master and workers.

Importing this module imports Locust, which has gevent patch the standard library: nothing but a locustfile does that.

The master (or the one process of a run without workers) reads the plan and sends it to the workers, so that these need
no file. Workers ask for operations in portions and report what they did every three seconds. At the end the master has
them close, waits until no operation is going on, writes down what was measured, and starts the conclusion as a process
of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import locust
from locust.exception import StopUser
from locust.runners import MasterRunner, WorkerRunner
from locust.user.task import LOCUST_STATE_STOPPING

from dicom_conformance.errors import DataError, HarnessError
from dicom_conformance.files import OutputFolder
from dicom_conformance.load.bounds import Pace
from dicom_conformance.load.conductor import INTERRUPTED, STOPPED, Conductor
from dicom_conformance.load.figures import Sample
from dicom_conformance.load.measured import Part, Setting
from dicom_conformance.load.plan import Plan, parse_plan, read_plan
from dicom_conformance.load.setting import ALLOWING, Wishes, require_allowed, setting_of
from dicom_conformance.load.station import Station
from dicom_conformance.probe import Target, read_target

__all__ = ["LoadUser", "PlanShape", "install"]

ASK, GRANT, CLOSE, GONE, PART, UNREADY = (
    f"dicom_{name}" for name in ("ask", "grant", "close", "gone", "part", "unready")
)
DRAIN_S = 15.0
"""How much longer than an answer may take the end of the run is waited for."""
WRONG = 2
TURN_S = 0.05
GOLDEN = 0.618
"""Multiples of it, less their whole part, are spread evenly between 0 and 1, however many there are."""


class OperationFailedError(Exception):
    """What Locust shows of an operation that failed."""


class LoadUser(locust.User):
    """A user of the load: one association at a time, operations as the plan mixes them."""

    abstract = False

    def on_start(self) -> None:
        """Begin: the first operation is not due at once, so that users do not act in step."""
        load: Load = self.environment.dicom_load
        if not load.is_ready:
            raise StopUser
        self._station = load.station
        self._user = load.station.user()
        setting, number = load.setting, load.next_share()
        self._pace = Pace.of(setting.rate_per_s, setting.users, time.monotonic(), number)
        self._wait_s = self._pace.wait_s(time.monotonic())
        self.wait()

    def wait_time(self) -> float:
        """Give how long to wait before the next operation."""
        return self._wait_s

    @locust.task
    def act(self) -> None:
        """Perform the operations that are due, for a moment at most: each turn of Locust's own costs time."""
        until = time.monotonic() + TURN_S
        while True:
            self._act_once()
            now = time.monotonic()
            self._wait_s = self._pace.wait_s(now)
            if self._wait_s or now > until or self._state == LOCUST_STATE_STOPPING:
                return

    def _act_once(self) -> None:
        """Perform one operation, if one is left."""
        with self._station.turn() as may:
            if may:
                self._user.act()
            else:
                self._user.release()
        if not may:
            raise StopUser
        if self._station.is_target_gone:
            self.environment.runner.send_message(GONE, {})

    def on_stop(self) -> None:
        """End."""
        if hasattr(self, "_user"):  # otherwise it never began
            self._user.leave()


class PlanShape(locust.LoadTestShape):
    """Has the users of the plan act until one of its bounds is reached."""

    abstract = False
    use_common_options: ClassVar[bool] = True
    load: Load

    def tick(self) -> tuple[int, float] | None:
        """Give how many users there shall be, and how fast they begin; None: the run is over."""
        if why := self.load.why_over():
            self.load.end(why)
            return None
        return self.load.users, self.load.plan.file.spawn_rate_per_s


class Load:
    """One process of a run, whichever part it has: what Locust's events call."""

    plan: Plan
    setting: Setting
    station: Station

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._events = environment.events
        self._options = environment.parsed_options
        self._is_worker = isinstance(environment.runner, WorkerRunner)
        self._users = 0
        self._station: Station | None = None
        self._conductor: Conductor | None = None

    # -- before the run -------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Read plan and target, where this process conducts; have messages heard."""
        runner = self._environment.runner
        if not self._is_worker:
            options = self._options
            self.plan, self._target = self._read()
            duration_s = options.duration or options.run_time
            self._wishes = Wishes(options.count, options.rate, options.num_users, duration_s, options.calling)
            if not options.measure_only:  # otherwise the command holds the folder that it gives
                self._folder = OutputFolder(Path(options.output).absolute())
                self._folder.__enter__()
            self._environment.stop_timeout = self.plan.file.answer_s + DRAIN_S
            self._environment.shape_class.load = self
            for name, listener in (
                (ASK, self._on_ask),
                (GONE, self._on_gone),
                (PART, self._on_part),
                (UNREADY, self._on_unready),
            ):
                runner.register_message(name, listener)
            self._events.worker_report.add_listener(self._on_worker_report)
        if self._is_worker:
            self._events.report_to_master.add_listener(self._on_report)
        if not isinstance(runner, MasterRunner):
            runner.register_message(GRANT, self._on_grant)
            runner.register_message(CLOSE, self._on_close, concurrent=True)

    def _read(self) -> tuple[Plan, Target]:
        options = self._options
        if not options.plan:
            raise HarnessError("--plan FILE is needed")
        plan = read_plan(Path(options.plan).absolute())
        if not options.host:
            raise HarnessError("--host AET@HOST:PORT is needed")
        try:
            target = read_target(options.host)
        except ValueError as error:
            raise HarnessError(f"--host: {error}") from None
        require_allowed(target, options.i_may_load_this_host)
        return plan, target

    def begin(self) -> None:
        """Begin a run: the conductor says what it is, everyone who has users makes ready for them."""
        options = self._options
        if not self._is_worker:
            self.setting = setting_of(self.plan, self._target, self._wishes)
            options.dicom_setting = asdict(self.setting)
            self._conductor = Conductor.of(self.setting, Path(options.output).absolute())
        if not isinstance(self._environment.runner, MasterRunner):
            try:
                self._make_station()
            except (DataError, HarnessError) as error:  # such as a file of TLS that this machine does not have
                worker = self._environment.runner.worker_index
                self._environment.runner.send_message(UNREADY, {"worker": worker, "why": str(error)})

    @property
    def is_ready(self) -> bool:
        """Whether users can act in this process."""
        return self._station is not None

    def _make_station(self) -> None:
        self.setting = Setting(**self._options.dicom_setting)
        self.plan = parse_plan(self.setting.plan_text, Path(self.setting.plan_path))
        target = read_target(self.setting.target)
        require_allowed(target, self._options.i_may_load_this_host)
        worker = self._environment.runner.worker_index
        self._users = 0
        self._station = self.station = Station(self.plan, target, self.setting, worker, self._ask, self._show)

    def next_share(self) -> float:
        """Give where in its interval the next user begins: each at another place, workers beside each other."""
        self._users += 1
        return (self._users * GOLDEN + self.station.worker * GOLDEN / 2) % 1.0

    # -- a worker -------------------------------------------------------------------------------------------------

    def _ask(self, wanted: int) -> None:
        self._environment.runner.send_message(ASK, {"wanted": wanted})

    def _show(self, sample: Sample) -> None:
        self._environment.events.request.fire(
            request_type=sample.operation,
            name=sample.name or sample.operation,
            response_time=sample.elapsed_s * 1000,
            response_length=sample.size_bytes,
            exception=OperationFailedError(sample.failure) if sample.failure else None,
            context={},
        )

    def _on_grant(self, environment: Any, msg: Any) -> None:
        if self._station is not None:
            self._station.granted(int(msg.data["count"]))

    def _on_close(self, environment: Any, msg: Any) -> None:
        """Let users end their operations, and report to the end."""
        if self._station is None:
            self._send(-1, Part(is_whole=True))
            return
        self._station.close()
        is_idle = self._station.wait_until_idle(self.plan.file.answer_s + DRAIN_S)
        self._send(self._station.worker, self._station.report(is_whole=is_idle))

    def _on_report(self, client_id: str, data: dict[str, Any]) -> None:
        """Add to a report of Locust's what was done since the last one."""
        if self._station is not None:
            data[PART] = {"worker": self._station.worker, "part": self._station.report().to_plain()}

    def stopped(self) -> None:
        """Report to the end, where Locust was told to stop."""
        if self._station is not None and self._is_worker:
            self._station.close()
            is_idle = self._station.wait_until_idle(0.0)
            self._send(self._station.worker, self._station.report(is_whole=is_idle))
            self._station = None

    def _send(self, worker: int, part: Part) -> None:
        self._environment.runner.send_message(PART, {"worker": worker, "part": part.to_plain()})

    # -- the conductor --------------------------------------------------------------------------------------------

    def clients(self) -> set[str]:
        """Give how Locust calls the workers that are there."""
        runner = self._environment.runner
        if not isinstance(runner, MasterRunner):
            return {"local"}
        return {client.id for client in runner.clients.all if client.state != "missing"}

    def _on_ask(self, environment: Any, msg: Any) -> None:
        conductor = self._conductor
        count = conductor.grants.grant(msg.node_id, int(msg.data["wanted"])) if conductor is not None else 0
        environment.runner.send_message(GRANT, {"count": count}, msg.node_id)

    def _on_gone(self, environment: Any, msg: Any) -> None:
        if self._conductor is not None:
            self._conductor.target_is_gone()

    def _on_unready(self, environment: Any, msg: Any) -> None:
        if self._conductor is not None:
            self._conductor.is_unready(int(msg.data["worker"]), str(msg.data["why"]))

    def _on_part(self, environment: Any, msg: Any) -> None:
        self._take(msg.node_id, msg.data)

    def _on_worker_report(self, client_id: str, data: dict[str, Any]) -> None:
        if PART in data:
            self._take(client_id, data[PART])

    def _take(self, client: str, data: dict[str, Any]) -> None:
        if self._conductor is not None:
            self._conductor.take(client, int(data["worker"]), Part.from_plain(data["part"]))

    @property
    def users(self) -> int:
        """How many users there shall be."""
        users, wished = self.plan.users_at(self._environment.shape_class.get_run_time()), self._wishes.users
        return users if wished is None else min(wished, users)

    def why_over(self) -> str:
        """Say why the run is over; empty while it is not."""
        return self._conductor.why_over(self.clients()) if self._conductor is not None else ""

    def end(self, why: str) -> None:
        """Have every worker end its operations, and wait for that."""
        clients, runner = self.clients(), self._environment.runner
        if isinstance(runner, MasterRunner):
            runner.send_message(CLOSE, {})
        else:
            self._on_close(self._environment, None)
        if self._conductor is not None:
            self._conductor.await_whole(clients, self.plan.file.answer_s + 2 * DRAIN_S)
            self._conductor.finish(why)

    def conclude(self, is_last: bool) -> None:
        """Write down what was measured, once, and have the conclusion drawn."""
        conductor = self._conductor
        if conductor is None or conductor.is_written or not (is_last or conductor.is_finished):
            return
        if not isinstance(self._environment.runner, MasterRunner) and not conductor.is_finished:
            self._on_close(self._environment, None)
        conductor.finish(INTERRUPTED if self._options.headless else STOPPED)
        mistakes = [f"{one['msg']}\n{one['traceback']}" for one in self._environment.runner.exceptions.values()]
        conductor.write(mistakes)
        self._environment.process_exit_code = 0
        if not self._options.measure_only:
            command = [sys.executable, "-m", "dicom_conformance", "load", "--folder-is-held", "--conclude"]
            command.append(str(conductor.folder))
            self._environment.process_exit_code = subprocess.run(command, check=False).returncode


def install(events: Any) -> None:
    """Have Locust's events lead the load; a locustfile calls this once."""

    @events.init_command_line_parser.add_listener
    def _add_options(parser: Any) -> None:
        def add(name: str, help: str, **how: Any) -> None:
            parser.add_argument(name, help=help, include_in_web_ui=False, **how)

        add("--plan", "the load plan; --host is AET@HOST:PORT, and -u and -t lower the plan's bounds", default="")
        add("--output", "folder for the results (default: load-report)", default="load-report")
        add("--calling", "our AE title (default: the plan's)", default="")
        add("--count", "at most so many operations", type=int)
        add("--rate", "at most so many operations in a second", type=float)
        add("--duration", "end after so many seconds", type=float)
        add(ALLOWING, "load a host that is not this machine", action="store_true")
        add("--measure-only", argparse.SUPPRESS, action="store_true")

    @events.init.add_listener
    def _prepare(environment: Any, **_: Any) -> None:
        environment.dicom_load = load = Load(environment)
        try:
            load.prepare()
        except (DataError, HarnessError) as error:
            sys.stderr.write(f"dicom-conformance: {error}\n")
            sys.exit(WRONG)

    @events.test_start.add_listener
    def _begin(environment: Any, **_: Any) -> None:
        environment.dicom_load.begin()

    @events.test_stop.add_listener
    def _stop(environment: Any, **_: Any) -> None:
        environment.dicom_load.stopped()
        environment.dicom_load.conclude(is_last=not environment.parsed_options.headless)

    @events.quitting.add_listener
    def _quit(environment: Any, **_: Any) -> None:
        environment.dicom_load.conclude(is_last=True)
