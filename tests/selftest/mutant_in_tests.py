"""A plugin of pytest: puts the mutant that an environment variable names into force for the whole session."""

from __future__ import annotations

import os

from mutants_under_load import UNDER_LOAD
from mutation import Patch

VARIABLE = "MUTANT_UNDER_LOAD"


def pytest_configure() -> None:
    wanted = os.environ[VARIABLE]
    next(mutant for mutant in UNDER_LOAD.mutants if mutant.name == wanted).mutate(Patch())
