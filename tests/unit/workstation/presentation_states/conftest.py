"""A bench of its own for each test."""

from __future__ import annotations

import pytest
from state_bench import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()
