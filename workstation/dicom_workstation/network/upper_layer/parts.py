"""What the parts of an association (its messages, its upper layer) ask of the association that they belong to.

Invariants: an agreement, and nothing else; `association` keeps it, so that no part imports the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.presentation import PresentationContext


class WholeAssociation(Protocol):
    """The association that a part belongs to."""

    dimse: DIMSEServiceProvider
    announced_maximum_length: int
    peer_maximum_length: int
    _accepted_cx: Mapping[int, PresentationContext]

    def reserve(self, count_bytes: int, /) -> bool:
        """Return whether so many more bytes of a C-STORE data set may be gathered; they are then reserved."""

    def release(self, count_bytes: int, /) -> None:
        """Give back what was reserved."""
