"""Replays of captured conversations: against a peer, as a scenario, and reduced to what still shows a finding.

May import: `capture`, `judge`, `results`, `trace`, `files`, `errors`.
Begin with `recording`, then `playing`; `remapping` is what the peer assigns anew. `reduced` makes a conversation short,
`scenario_text` writes it down.
"""

from dicom_conformance.replay.comparison import Answer, answers, lines
from dicom_conformance.replay.finding import Wanted, read_finding
from dicom_conformance.replay.playing import Peer, Replayed, replay
from dicom_conformance.replay.recording import Exchange, Recording, recording_of
from dicom_conformance.replay.reduced import Reduced, reduced
from dicom_conformance.replay.remapping import ReplayError
from dicom_conformance.replay.safety import Allowed, require_allowed
from dicom_conformance.replay.scenario_text import scenario_text

__all__ = [
    "Allowed",
    "Answer",
    "Exchange",
    "Peer",
    "Recording",
    "Reduced",
    "ReplayError",
    "Replayed",
    "Wanted",
    "answers",
    "lines",
    "read_finding",
    "recording_of",
    "reduced",
    "replay",
    "require_allowed",
    "scenario_text",
]
