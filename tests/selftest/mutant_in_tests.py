"""A plugin of pytest: puts the mutant that an environment variable names into force for the whole session.

A test that waits for what a mutant never does would wait for a minute; what it waits for comes at once without one.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mutants_under_load import UNDER_LOAD
from mutation import Patch

VARIABLE = "MUTANT_UNDER_LOAD"
DEADLINE_S = 15.0


def pytest_configure() -> None:
    wanted = os.environ[VARIABLE]
    sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "workstation"))  # as pytest does for its test modules
    import raw_dicom_peer

    raw_dicom_peer.DEADLINE_S = DEADLINE_S
    next(mutant for mutant in UNDER_LOAD.mutants if mutant.name == wanted).mutate(Patch())
