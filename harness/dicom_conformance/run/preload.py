"""What the server of the worker processes imports (`worker_processes`): all that plays cases.

Invariants: nothing else imports this module, for its import has effects on this process and on its forks: the garbage
collector never looks through what was imported, and pydicom does not check what it reads. Its checks only warn, and
nobody sees these warnings: what a subject sends is judged by the bytes. They take a twentieth of a run.
"""

from __future__ import annotations

from pydicom import config

from dicom_conformance.run import worker
from dicom_conformance.run.memory import collect_seldom
from dicom_simulators import SIMULATORS, faults

__all__ = ["SIMULATORS", "faults", "worker"]

collect_seldom()
config.settings.reading_validation_mode = config.IGNORE
