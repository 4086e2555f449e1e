"""A state with any of its bytes changed: a picture or a refusal with words, never an exception of another kind."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicom_simulators.data_sets import build, write_file
from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.instances.memory import StoredInstance
from dicom_workstation.instances.part10 import read_part10

ARGUMENTS = {
    "window": {"center": 900, "width": 1200},
    "rescale": {"slope": 2, "intercept": -500},
    "presentation_lut": {"bits": 12, "data": list(range(0, 4096, 16))},
    "rotate": 90,
    "shutters": [{"shape": "CIRCULAR", "center": [20, 20], "radius": 15}],
    "annotations": [
        {"type": "CIRCLE", "points": [[20, 20], [25, 25]], "filled": True},
        {"text": "Box", "box": [[1, 1], [30, 10]], "anchor": [40, 40], "anchor_visible": True},
    ],
    "area": {"top_left": [11, 7], "bottom_right": [42, 30], "mode": "MAGNIFY", "magnification": 2},
}


class Fuzzed:
    """An image, and a state for it that is held with its bytes changed."""

    def __init__(self, folder: Path) -> None:
        self.workstation = Workstation(Configuration.from_keywords(memory_budget_bytes=1 << 26))
        self.memory = self.workstation.memory
        image = build(sop_class="1.2.840.10008.5.1.4.1.1.2", transfer_syntax="1.2.840.10008.1.2.1")
        self.memory.keep(read_part10(write_file(image, folder / "image.dcm")))
        self.image = image.SOPInstanceUID
        made = self.workstation.present(**{"images": [self.image], **ARGUMENTS})
        state = self.memory.get(made.SOPInstanceUID or "")
        assert state is not None, made.detail
        self.state = state

    def render(self, changes: list[tuple[int, int]]) -> object:
        """Change bytes, hold the state, render; returns the outcome."""
        raw = bytearray(self.state.data_set)
        for place, byte in changes:
            raw[place % len(raw)] = byte
        self.memory.remove("1")
        self.memory.keep(
            StoredInstance(self.state.SOPClassUID, "1", "1", "1", self.state.TransferSyntaxUID, bytes(raw))
        )
        return self.workstation.render(SOPInstanceUID=self.image, state="1")


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Fuzzed:
    return Fuzzed(tmp_path_factory.mktemp("fuzz"))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, sys.maxsize), st.integers(0, 255)), min_size=1, max_size=4))
def test_whatever_bytes_a_state_has_it_is_shown_or_refused_with_words(fuzzed, changes):
    outcome = fuzzed.render(changes)
    assert outcome.result in ("success", "warning", "refused")
    assert (outcome.rendering is None) == (outcome.result == "refused")
    assert bool(outcome.detail) == (outcome.result != "success")
