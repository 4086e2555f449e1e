"""A load without Locust, for tests: a plain loop drives the users, in this process."""

from __future__ import annotations

from pathlib import Path

from dicom_conformance.load import Plan, Wishes, read_plan
from dicom_conformance.load.conductor import COUNT, Conductor
from dicom_conformance.load.measured import Measured, read_measured
from dicom_conformance.load.setting import setting_of
from dicom_conformance.load.station import Station
from dicom_conformance.probe import Target

HEAD = """\
title: A small load
users: 2
duration_s: 60
at_most: {operations: 1000, rate_per_s: 100000}
answer_s: 10
"""


def plan(folder: Path, text: str) -> Plan:
    """Read a plan of the usual head and these lines."""
    path = folder / "plan.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return read_plan(path)


def load(planned: Plan, address: tuple[str, int], operations: int, folder: Path, title: str = "ARCHIVE") -> Measured:
    """Have one user perform so many operations, or fewer where the target is gone before."""
    target = Target(title, *address)
    setting = setting_of(planned, target, Wishes(operations=operations))
    conductor = Conductor.of(setting, folder)

    def ask(wanted: int) -> None:
        station.granted(conductor.grants.grant("local", wanted))

    station = Station(planned, target, setting, 0, ask, lambda sample: None)
    user = station.user()
    may = True
    while may and not station.is_target_gone:
        with station.turn() as may:
            if may:
                user.act()
            else:
                user.release()
    if station.is_target_gone:
        conductor.target_is_gone()
    conductor.take("local", 0, station.report(is_whole=True))
    conductor.finish(conductor.why_over(["local"]) or COUNT)
    conductor.write(())
    return read_measured(folder)
