"""The cells of the state table of PS3.8 Table 9-10: which of them a peer reaches, how, and why not the others.

May import: nothing of this room.
Begin with `cells`; `page` writes `docs/upper-layer.md`.
"""

from dicom_conformance.upper_layer.cells import (
    CELLS,
    EVENT_TEXTS,
    STATE_TEXTS,
    Cell,
    Role,
    reachable,
    unreachable,
)
from dicom_conformance.upper_layer.stimuli import stimulus

__all__ = [
    "CELLS",
    "EVENT_TEXTS",
    "STATE_TEXTS",
    "Cell",
    "Role",
    "reachable",
    "stimulus",
    "unreachable",
]
