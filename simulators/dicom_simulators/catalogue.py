"""The simulators by the names that scenarios and the command line use."""

from __future__ import annotations

from dicom_simulators.archive import Archive
from dicom_simulators.association import Simulator
from dicom_simulators.destination import Destination
from dicom_simulators.printer import Printer
from dicom_simulators.scripted import Scripted
from dicom_simulators.scu import Modality, Scu

SIMULATORS: dict[str, type[Simulator]] = {
    "archive": Archive,
    "destination": Destination,
    "modality": Modality,
    "printer": Printer,
    "scripted": Scripted,
    "scu": Scu,
}
