"""The soak, in short: it finds nothing, it would find something, and it can be extended. Nothing here judges a time."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
soak, soak_targets, soak_traffic = (importlib.import_module(name) for name in ("soak", "soak_targets", "soak_traffic"))
sys.path.remove(str(BENCHMARKS))

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the kernel tells nothing of processes")

TWO_MINUTES_S = 120
REST_S = 0.3
"""Of each worker after a conversation, so that the tests that run meanwhile have the processor, too."""
TARGETS = {target.name: target for target in soak_targets.TARGETS}


def without_memory(finding) -> list[str]:
    """Return the faults but for memory, which has no plateau in so short a time."""
    return [fault for fault in finding.faults if not fault.startswith("memory")]


@pytest.mark.parametrize("name", TARGETS)
def test_a_share_of_two_minutes_of_traffic_leaves_each_target_as_it_was(name):
    finding = soak.soak(TARGETS[name], TWO_MINUTES_S / len(TARGETS), quiet_s=1, rest_s=REST_S)
    assert without_memory(finding) == []
    assert len(finding.conversations) > 10
    assert finding.echoes_ms


@pytest.mark.long
@pytest.mark.parametrize("name", TARGETS)
def test_two_minutes_of_traffic_leave_each_target_as_it_was(name):
    finding = soak.soak(TARGETS[name], TWO_MINUTES_S)
    assert without_memory(finding) == []


def test_a_leak_is_found():
    """A target that is this process, where each conversation leaves a thread and a descriptor behind."""
    go_on = threading.Event()
    left: list[int] = []

    def leaves_something(subject, random):
        if len(left) < 50:
            left.append(os.dup(0))
            threading.Thread(target=go_on.wait, daemon=True).start()
        go_on.wait(0.01)

    @contextmanager
    def start(folder: Path) -> Iterator[object]:
        subject = soak_traffic.Subject(os.getpid(), "NOBODY", ("127.0.0.1", 1))
        yield soak_targets.Soaked(subject, (leaves_something,), (lambda subject, random: None,))

    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(soak, "SETTLE_S", 1)
            finding = soak.soak(soak_targets.Target("leaking", start), 1, quiet_s=0.1)
    finally:
        go_on.set()
        for descriptor in left:
            os.close(descriptor)
    found = " ".join(finding.faults)
    assert "threads at the end" in found
    assert "descriptors at the end" in found
    assert "no echo was answered" in found


def test_growth_of_memory_is_found():
    still, later = soak.Sample(1000, 1, 1), soak.Sample(1200, 1, 1)
    assert soak.plateau([still] * 50 + [later] * 50, 100) == (1000, 1200)
    finding = soak.Finding("grows", still, still, 1000, 1200, [1.0], Counter())
    assert finding.faults == ["memory grew from 1000 to 1200 KiB"]
    assert soak.Finding("stays", still, still, 1000, 1099, [1.0], Counter()).faults == []


def test_the_percentile():
    assert soak.percentile([float(number) for number in range(1, 101)], 99) == 99.0
    assert soak.percentile([5.0], 99) == 5.0


def test_every_conversation_has_its_own_name():
    names = [each.__name__ for each in (*soak_traffic.HONEST, *soak_traffic.HOSTILE)]
    assert len(set(names)) == len(names) > 15
