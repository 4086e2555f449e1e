"""The workstation as one thing: its configuration, its services, its memory, its worklists, its log.

May import: every part of the workstation but `operations`, and what is built on it.
Begin with `workstation`.
"""

from dicom_workstation.application.local_archive import NAME as OSM_NAME
from dicom_workstation.application.workstation import Workstation

__all__ = [
    "OSM_NAME",
    "Workstation",
]
