"""What the check `outcome` may want of display protocols and worklists: each once met, and once not."""

from __future__ import annotations

import pytest
from hand_written import judged, met

from dicom_conformance.trace.trace import Operation, Trace
from dicom_wire.capture.sighting import Recorder

CHOSEN: dict[str, object] = {
    "result": "warning",
    "protocol": "Chest",
    "why": "it goes before CR by the anatomic region of its definition",
    "unanswered": "the query for series ended with failure",
    "display_protocol": None,
    "opened": "2.25.1",
    "problem": "rejected",
    "boxes": [
        {"display_set": 1, "position": "0\\1\\1\\0", "images": ["2.25.11", "2.25.12"], "detail": ""},
        {"display_set": 2, "position": "0\\1\\1\\0", "images": [], "detail": "image set 2 has no images"},
    ],
    "image_sets": [{"number": 1, "studies": ["2.25.1"]}],
    "reasons": [{"protocol": "CT", "rule": "modality is CT", "result": "failed", "on": "2.25.11", "detail": "CR"}],
    "protocols": [{"name": "CT", "fits": False, "why": "not met: modality is CT (CR)"}],
    "to_load": ["2.25.2"],
}


def trace(outcome: dict[str, object]) -> Trace:
    found = Trace(Recorder())
    found.operations.append(Operation("workstation", "choose_protocol", "archive", {}, 0, 1, outcome))
    return found


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"protocol": "Chest"}, {"protocol": "CT"}),
        ({"display_protocol": "none"}, {"display_protocol": "Chest"}),
        ({"why": "anatomic REGION"}, {"why": "the name"}),
        ({"unanswered": "series"}, {"unanswered": "images"}),
        ({"opened": "2.25.1"}, {"opened": "none"}),
        ({"problem": "rejected"}, {"problem": "full"}),
        ({"boxes": "2"}, {"boxes": "3"}),
        ({"box": [{"display_set": "1", "images": "2.25.11\\2.25.12"}]}, {"box": [{"images": "2.25.12\\2.25.11"}]}),
        ({"box": [{"display_set": "2", "images": ""}]}, {"box": [{"display_set": "1", "images": ""}]}),
        ({"image_set": [{"studies": "2.25.1"}]}, {"image_set": [{"studies": "2.25.2"}]}),
        ({"reason": [{"protocol": "CT", "result": "failed"}]}, {"reason": [{"protocol": "CT", "result": "met"}]}),
        ({"candidate": [{"name": "CT", "fits": "false"}]}, {"candidate": [{"name": "CT", "fits": "true"}]}),
        ({"to_load": ["2.25.2"]}, {"to_load": ["2.25.3"]}),
        ({"to_load": "1"}, {"to_load": "0"}),
    ],
)
def test_what_is_reported_of_a_choice_is_judged(good: dict[str, object], bad: dict[str, object]) -> None:
    assert met(trace(CHOSEN), "outcome", operation="choose_protocol", **good)
    assert not met(trace(CHOSEN), "outcome", operation="choose_protocol", **bad)


def test_what_was_not_reported_is_unmet_and_the_finding_says_so() -> None:
    silent = trace({"result": "refused", "detail": "no image is in memory"})
    for wanted in ({"protocol": "none"}, {"boxes": "0"}, {"box": [{"images": ""}]}, {"why": "name"}, {"to_load": "0"}):
        (finding,) = judged(silent, "outcome", operation="choose_protocol", **wanted)
        assert not finding.met
        assert "not reported" in finding.actual
