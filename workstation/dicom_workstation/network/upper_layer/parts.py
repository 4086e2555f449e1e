"""What the parts of an association (its messages, its upper layer) ask of the association that they belong to.

Invariants: an agreement, and nothing else; `association` keeps it, so that no part imports the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_primitives import DIMSEPrimitive
from pynetdicom.presentation import PresentationContext


class CommandSet(Protocol):
    """The values of a command set, whoever has read it."""

    def get(self, keyword: str, default: Any = None, /) -> Any:
        """Return a value; the default where it is not there."""


class DataSetReceipt(Protocol):
    """What takes the data set of a C-STORE while it comes."""

    def write(self, fragment: memoryview, /) -> None:
        """Take the next bytes; never raises."""

    def discard(self) -> None:
        """Forget them, unless they were kept."""


class WholeAssociation(Protocol):
    """The association that a part belongs to."""

    dimse: DIMSEServiceProvider
    announced_maximum_length: int
    peer_maximum_length: int
    most_waiting: int | None
    _accepted_cx: Mapping[int, PresentationContext]

    def receipt_for(self, command: CommandSet, context_id: int, /) -> DataSetReceipt | None:
        """Return what takes the data set of a C-STORE while it comes; None to have it dropped."""

    def takes_data_set(self, command_field: int, context_id: int, /) -> bool:
        """Return whether the data set of any other message is gathered; False to have it dropped."""

    def note_cancel(self, message_id: int | None, /) -> bool:
        """Take a C-CANCEL; False to have it wait as any other message."""

    def take_response(self, response: DIMSEPrimitive, /) -> bool:
        """Take a response; False to have it wait as any other message."""

    def abort(self) -> None:
        """Send A-ABORT now."""
