"""The shortest conversation that still shows a finding: in the capture itself, or in what a peer answers now."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_conformance.errors import HarnessError
from dicom_conformance.replay.finding import Wanted
from dicom_conformance.replay.playing import Peer, replay
from dicom_conformance.replay.recording import recording_of
from dicom_conformance.replay.remapping import ReplayError
from dicom_conformance.replay.shrinking import shrink
from dicom_conformance.trace import Conversation
from dicom_wire.capture import Side

MOST_REPLAYS = 2000
"""A peer is asked no more often than that; what is shortest so far is kept."""


@dataclass(frozen=True, slots=True)
class Reduced:
    """A reduced conversation, and how often a peer was asked."""

    conversation: Conversation
    replays: int


@dataclass(slots=True)
class _Asking:
    wanted: Wanted
    peer: Peer
    replays: int = 0

    def shows(self, one: Conversation) -> bool:
        """Replay a conversation, and tell whether the peer shows the finding."""
        if self.replays >= MOST_REPLAYS:
            return False
        self.replays += 1
        try:
            done = replay(recording_of(one), self.peer)
        except ReplayError:
            return False
        return self.wanted.shown_by(done.conversation)


def reduced(one: Conversation, wanted: Wanted, peer: Peer | None = None) -> Reduced:
    """Reduce a conversation.

    Parameters
    ----------
    peer : Peer, optional
        Who has to show the finding. Without one the capture has to: then only a run tells whether a product still does.

    Raises
    ------
    HarnessError
        The peer does not show it, or it is the requestor's, which is replayed.
    """
    if peer is None:
        return Reduced(shrink(one, wanted.shown_by), 0)
    if wanted.side is Side.REQUESTOR:
        raise HarnessError(f"{wanted}: the requestor's side is replayed, so that no peer can show it; leave --to out")
    asking = _Asking(wanted, peer)
    if not asking.shows(one):
        raise HarnessError(f"{peer.title} at {peer.host}:{peer.port} does not show it: {wanted}")
    return Reduced(shrink(one, asking.shows), asking.replays)
