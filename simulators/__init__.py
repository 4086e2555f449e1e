"""The peers: simulators of other AEs, built on `wire`, one blocking thread per association.

`SIMULATORS` is the index by the names that scenarios use. Invariants: every byte sent and received can be changed by
us and is reported to the recorder; a simulator answers as the standard says, unless an active fault says otherwise.
"""

from __future__ import annotations

from simulators.archive import Archive
from simulators.destination import Destination
from simulators.modality import Modality
from simulators.printer import Printer
from simulators.scripted import Scripted
from simulators.simulator import Simulator

SIMULATORS: dict[str, type[Simulator]] = {
    "archive": Archive,
    "destination": Destination,
    "modality": Modality,
    "printer": Printer,
    "scripted": Scripted,
}

__all__ = ["SIMULATORS", "Simulator"]
