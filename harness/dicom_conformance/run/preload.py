"""What the server of the worker processes imports (`worker_processes`): all that plays cases.

Invariants: nothing else imports this module, for its import has an effect: the garbage collector of this process and
of its forks never looks through what was imported.
"""

from __future__ import annotations

from dicom_conformance.run import worker
from dicom_conformance.run.memory import collect_seldom
from dicom_simulators import SIMULATORS, faults

__all__ = ["SIMULATORS", "faults", "worker"]

collect_seldom()
