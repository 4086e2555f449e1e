"""Simulators on their own, in one process or in several that share a port: what `dicom-conformance simulate` runs.

May import: `association`, `journal`.
Begin with `serving`.
"""

from dicom_simulators.standalone.counts import Counts
from dicom_simulators.standalone.log import Log, Writable, descriptors_of, open_log
from dicom_simulators.standalone.recorder import Forgetful
from dicom_simulators.standalone.serving import serve, stop_requested, wait_for_any

__all__ = [
    "Counts",
    "Forgetful",
    "Log",
    "Writable",
    "descriptors_of",
    "open_log",
    "serve",
    "stop_requested",
    "wait_for_any",
]
