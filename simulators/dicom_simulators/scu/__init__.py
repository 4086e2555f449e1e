"""The modality: C-ECHO and C-STORE as SCU.

May import: `association`, `data_sets`.
Begin with `modality`.
"""

from dicom_simulators.scu.modality import Modality

__all__ = [
    "Modality",
]
