"""C-ECHO as SCP, the same for every AE that has it (PS3.4 Annex A)."""

from __future__ import annotations

from collections.abc import Iterator

from dicom_workstation.instances import Announced
from dicom_workstation.network.service import Call, Peer, Reply, ServiceRequest


class VerificationService:
    """Answers."""

    def receive(self, announced: Announced, peer: Peer) -> None:
        """Nothing is stored."""

    def perform(self, request: ServiceRequest, call: Call) -> Iterator[Reply]:
        """Reply success."""
        yield Reply(0x0000)
