"""What the benchmarks say of the machine, and of a ratio beside its aim."""

from __future__ import annotations

import platform
import runpy
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
MACHINE = runpy.run_path(str(BENCHMARKS / "machine.py"))


def test_the_machine_is_described() -> None:
    told = dict(line.split(": ", 1) for line in MACHINE["machine"]())
    assert list(told) == ["processor", "cores", "system", "Python", "load average (1, 5, 15 min)"]
    assert all(told.values())
    assert platform.python_version() in told["Python"]


@pytest.mark.parametrize(
    ("ratio", "told"),
    [(0.97, "0.97 x (below its aim of 1.0 x)"), (1.0, "1.00 x (aim: 1.0 x)"), (2.5, "2.50 x (aim: 1.0 x)")],
)
def test_a_ratio_below_its_aim_is_told_as_such(ratio: float, told: str) -> None:
    assert MACHINE["with_aim"](ratio, 1.0) == told


@pytest.mark.parametrize("name", ["loader", "printing", "rendering", "throughput"])
def test_each_benchmark_says_on_which_machine_it_ran(name: str) -> None:
    text = (BENCHMARKS / f"{name}.py").read_text(encoding="utf-8")
    assert "machine()" in text
    assert "with_aim(" in text
