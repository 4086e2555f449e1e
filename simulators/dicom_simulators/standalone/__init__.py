"""Simulators on their own, in one process or in several that share a port: what `dicom-conformance simulate` runs.

May import: `association`, `faults`, `journal`.
Begin with `serving`.
"""

from dicom_simulators.standalone.control import ControlDoor, ControlError, order
from dicom_simulators.standalone.counts import Counts
from dicom_simulators.standalone.log import Log, Writable, descriptors_of, open_log
from dicom_simulators.standalone.recorder import Forgetful
from dicom_simulators.standalone.serving import serve, stop_requested, wait_for_any

__all__ = [
    "ControlDoor",
    "ControlError",
    "Counts",
    "Forgetful",
    "Log",
    "Writable",
    "descriptors_of",
    "open_log",
    "order",
    "serve",
    "stop_requested",
    "wait_for_any",
]
