"""How the tests are divided among the processes of pytest-xdist.

Tests that share something costly (a run, a report, a process) go to one worker, so that it is made once; what takes
long by itself is divided test by test. The order is that of collection, but for the modules that take longest.
"""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:  # xdist is not needed to run the tests in one process
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

gc.set_threshold(50_000, 10, 10)  # else half of the time in which tests are collected goes into searching for garbage
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")  # how long an example takes says nothing on a machine with much else to do

TOGETHER = (
    "tests/unit/",
    "tests/property/",
    "tests/browser/",
    "tests/packaging/",
    "tests/interop/test_a_run_agrees_with_tshark.py",
    "tests/interop/test_archive_dcmtk.py",
    "tests/interop/test_matrix_with_dcmtk.py",
    "tests/interop/test_orthanc.py",
    "tests/interop/test_osm_",
    "tests/interop/test_probe_of_dcmtk.py",
    "tests/interop/test_scu_",
    "tests/interop/test_tls_orthanc.py",
)
"""Modules of which all tests go to one worker; more of them than there are workers, or with a costly fixture."""
FIRST = (
    "tests/unit/docs/test_readme_commands.py",
    "tests/unit/harness/test_simulate_command.py",
    "tests/interop/test_a_run_agrees_with_tshark.py",
    "tests/packaging/test_installed_wheel.py",
    "tests/unit/docs/test_tutorial.py",
    "tests/unit/harness/test_floods.py",
)
"""Modules that take longest, although they mostly wait: begun last, they would keep a worker busy after all others."""
BY_CASE = "tests/conformance/"
"""Each scenario goes to one worker, with all its cases."""


def group(nodeid: str) -> str:
    """Name the tests that go to one worker together with a test."""
    if nodeid.startswith(TOGETHER):
        return nodeid.partition("::")[0]
    return nodeid.partition("[")[0] if nodeid.startswith(BY_CASE) else nodeid


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the modules that take longest."""
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))


def pytest_collection_finish() -> None:
    """Never again search modules and collected tests for garbage: they live as long as the process."""
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Divide the tests by `group`."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

    config.option.loadscopereorder = False
    return Scheduling(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Use four workers a core, because most tests wait: for a deadline, for a peer, for another process."""
    return 4 * len(os.sched_getaffinity(0))
