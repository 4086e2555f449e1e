"""The simulators by the names that scenarios and the command line use."""

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
