"""What the upper layer tells its service user (PS3.8 section 7)."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_wire import AAssociateAC, AAssociateRQ, Message


@dataclass(frozen=True, slots=True)
class ReleaseIndication:
    """The peer asked for release; answer it (`respond_release`) when nothing is left to be said."""

    collision: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseConfirmation:
    """The peer answered our release in a collision (AR-10); its own request is still to be answered."""


Indication = AAssociateRQ | AAssociateAC | Message | ReleaseIndication | ReleaseConfirmation
