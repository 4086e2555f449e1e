"""Every scenario that `dicom_scenarios` names: played by the plugin, or held against the run that was recorded.

Without a recorded run, the plugin collects the cases as if their files stood here; a file that pytest was pointed at
directly is collected there, and whichever comes first has it, so that no case runs twice. With one
(docs/decisions/0013), a test is a scenario: its cases are in the results of the run already, each by itself.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from dicom_conformance.pytest_plugin import RESULTS, EveryScenario, lines
from dicom_conformance.run import RecordedResults
from dicom_conformance.scenario import expand, scenario, selection
from dicom_conformance.statement import Statement, load

RIGHT = {"PASS", "WARN", "NOT_CLAIMED", "NOT_JUDGED"}


@cache
def recorded() -> RecordedResults:
    return RecordedResults(Path(os.environ[RESULTS]), statement().id)


@cache
def statement() -> Statement:
    return load("directview-5.2")


if os.environ.get(RESULTS):

    @pytest.mark.parametrize(
        "file", [str(path.relative_to(selection.FOLDER)) for path in selection.find(selection.FOLDER)]
    )
    def test_every_case_was_played_and_is_right(file: str) -> None:
        for case in expand(scenario.read(selection.FOLDER / file), statement(), 0):
            result = recorded().get(case.id)
            assert result is not None, f"the recorded run has no result of {case.id}"
            assert result.verdict.value in RIGHT, "\n".join(lines(result, ()))
else:
    test_scenarios = EveryScenario()
