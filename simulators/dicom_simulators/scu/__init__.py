"""The SCUs: the modality (C-ECHO and C-STORE), and the SCU of every service, which observes what it is answered.

May import: `association`, `data_sets`, `encoding`, `faults`.
Begin with `modality`; `scu` adds to it, on `observer`, which leads an association from both sides.
"""

from dicom_simulators.scu.modality import Modality
from dicom_simulators.scu.receiver import Receive, Receiver
from dicom_simulators.scu.scu import Scu

__all__ = [
    "Modality",
    "Receive",
    "Receiver",
    "Scu",
]
