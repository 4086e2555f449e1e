"""A bench of its own for each test."""

from __future__ import annotations

import pytest
from print_bench import PrintBench


@pytest.fixture
def bench() -> PrintBench:
    return PrintBench()
