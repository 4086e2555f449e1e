"""What an accepted association asks of the service that listens.

Invariants: an agreement, and what most acceptors do; `network.service_server` keeps it.

References
----------
Conformance statement, 3.2.2.1
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pynetdicom.dimse_primitives import DIMSEPrimitive
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.presentation import PresentationContext

from dicom_workstation.instances import Announced
from dicom_workstation.network.upper_layer.association import Association
from dicom_workstation.network.upper_layer.parts import DataSetReceipt


class Acceptor(Protocol):
    """What an accepted association asks of the service that listens."""

    @property
    def transfer_syntaxes(self) -> Mapping[str, tuple[str, ...]]:
        """Abstract syntax -> transfer syntaxes that are accepted, most wanted first."""

    @property
    def reads_nul_as_space(self) -> bool:
        """Whether NUL in an AE title of a caller is read as a space."""

    def rejection(self, request: A_ASSOCIATE, address: str) -> tuple[int, int, int] | None:
        """Result, source and reason of an A-ASSOCIATE-RJ, or None to accept the request."""

    def certificate_rejection(
        self, request: A_ASSOCIATE, address: str, names: tuple[str, ...]
    ) -> tuple[int, int, int] | None:
        """Likewise, by the names in the peer's certificate."""

    def enter(self, request: A_ASSOCIATE, address: str, association: Association) -> tuple[int, int, int] | None:
        """Likewise, by the limits that are set; whoever is let in counts until `leave`."""

    def leave(self, association: Association) -> None:
        """An association has ended, whether it was let in or not."""

    def receipt_for(self, announced: Announced, association: Association) -> DataSetReceipt:
        """Return what takes the data set of a C-STORE while it comes."""

    def takes_data_set(self, command_field: int, context: PresentationContext) -> bool:
        """Whether the data set of any other message is gathered; False to have it dropped."""

    def serve(
        self, request: DIMSEPrimitive, context: PresentationContext, association: Association
    ) -> DIMSEPrimitive | None:
        """Perform a DIMSE request; the response primitive, or None where none is due."""

    def note(self, text: str) -> None:
        """Write a line into the log."""

    # -- what an acceptor need not know of

    @property
    def peer_may_be_scp(self) -> frozenset[str]:
        """The abstract syntaxes for which the requestor may take the SCP role (PS3.7 Annex D.3.3.4)."""
        return frozenset()

    @property
    def most_waiting(self) -> int | None:
        """How many requests may wait while one is served; any number if None."""
        return None
