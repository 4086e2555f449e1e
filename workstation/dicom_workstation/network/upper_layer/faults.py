"""What a peer does wrong: what decoders raise on its bytes, and the reasons that an A-ABORT tells.

Invariants: a fault of the peer's is never an exception that leaves this package, and is told by its reason.

References
----------
PS3.8 Section 9.3.8, Table 9-26
"""

from __future__ import annotations

import queue
from typing import Final

from dicom_workstation.data_sets import UNREADABLE

# What pynetdicom's and pydicom's decoders raise on the bytes of a peer.
PEER_FAULTS: Final = (*UNREADABLE, AssertionError, queue.Empty)

# PS3.8 Table 9-26, reasons of a provider's A-ABORT.
NOT_SPECIFIED, UNRECOGNIZED_PDU, UNEXPECTED_PDU, INVALID_PARAMETER = 0, 1, 2, 6


def in_words(error: Exception) -> str:
    """Say what a peer did wrong: in the words of the error where it has some, and else that it cannot be read."""
    if type(error) is ValueError and str(error):
        return str(error)
    return f"what came cannot be read ({type(error).__name__}: {error})"
