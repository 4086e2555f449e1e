"""Replays of captured conversations: against a peer, as a scenario, and reduced to what still shows a finding.

May import: `capture`, `judge`, `trace`, `results`, `files`, `errors`.
Begin with `recording`, then `playing`; `remapping` is what the peer assigns anew.
"""

from dicom_conformance.replay.comparison import Answer, answers, lines
from dicom_conformance.replay.playing import Peer, Replayed, replay
from dicom_conformance.replay.recording import Exchange, Recording, recording_of
from dicom_conformance.replay.remapping import ReplayError
from dicom_conformance.replay.safety import Allowed, require_allowed

__all__ = [
    "Allowed",
    "Answer",
    "Exchange",
    "Peer",
    "Recording",
    "ReplayError",
    "Replayed",
    "answers",
    "lines",
    "recording_of",
    "replay",
    "require_allowed",
]
