"""What the check `outcome` may want of printing: each once met, and once not."""

from __future__ import annotations

import pytest
from hand_written import judged, met

from dicom_conformance.trace.trace import Operation, Trace
from dicom_wire.capture.sighting import Recorder

PRINTED: dict[str, object] = {
    "operation": "print",
    "result": "partial",
    "status": "C602",
    "films": [
        {"number": 1, "status": "0000", "print_job": "2.25.7", "execution_status": "DONE", "boxes": 6},
        {"number": 2, "status": "C602", "print_job": None, "execution_status": None, "boxes": 6},
    ],
    "films_printed": 1,
    "films_failed": 1,
    "events": [{"of": "printer", "status": "WARNING", "info": "SUPPLY LOW", "at": "12:00"}],
    "warnings": ["the printer has no trim"],
    "not_deleted": ["2.25.9"],
    "printer": {"name": "laser", "connected": True, "status": "WARNING", "status_info": "SUPPLY LOW"},
}


def trace(outcome: dict[str, object]) -> Trace:
    found = Trace(Recorder())
    found.operations.append(Operation("workstation", "print", "printer", {}, 0, 1, outcome))
    return found


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"films": "2"}, {"films": "1"}),
        ({"films_printed": "1"}, {"films_printed": "2"}),
        ({"films_failed": "1"}, {"films_failed": "none"}),
        (
            {"film": [{"status": "C602", "print_job": "none"}]},
            {"film": [{"status": "C602", "execution_status": "DONE"}]},
        ),
        ({"events": "1"}, {"events": "0"}),
        ({"event": [{"of": "printer", "info": ["SUPPLY LOW", "SUPPLY EMPTY"]}]}, {"event": [{"of": "print_job"}]}),
        ({"warnings": "1"}, {"warnings": "0"}),
        ({"warned": "no TRIM"}, {"warned": "smoothing"}),
        ({"not_deleted": "1"}, {"not_deleted": "0"}),
        ({"not_deleted": ["2.25.9"]}, {"not_deleted": ["2.25.8"]}),
        ({"printer": {"connected": "true", "status": "WARNING"}}, {"printer": {"connected": "false"}}),
        ({"printer": {"status_info": "SUPPLY LOW"}}, {"printer": {"model": "x"}}),
    ],
)
def test_what_is_told_of_printing_is_judged(good: dict[str, object], bad: dict[str, object]) -> None:
    assert met(trace(PRINTED), "outcome", operation="print", **good)
    assert not met(trace(PRINTED), "outcome", operation="print", **bad)


def test_what_was_not_told_is_unmet_and_said_so() -> None:
    told = trace({"result": "unreachable"})
    for wanted in ({"film": [{"status": "0000"}]}, {"films": "1"}, {"printer": {"status": "NORMAL"}}, {"warned": "x"}):
        (finding,) = judged(told, "outcome", operation="print", **wanted)
        assert not finding.met
        assert "not reported" in finding.actual
