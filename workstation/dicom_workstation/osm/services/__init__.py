"""The services of the OSM: what answers each kind of request, and what reports storage commitment later.

Begin with `find_service`; `sub_operations` is what C-MOVE and C-GET have in common. C-STORE and C-ECHO are answered by
`storage.StorageService` and `network.VerificationService`, as the loader's are.
"""

from dicom_workstation.osm.services.commitment_service import PUSH_MODEL, CommitmentService
from dicom_workstation.osm.services.conversions import Conversions
from dicom_workstation.osm.services.find_service import FindService
from dicom_workstation.osm.services.get_service import GetService
from dicom_workstation.osm.services.move_service import MoveService
from dicom_workstation.osm.services.reporting import CommitmentReporter

__all__ = [
    "PUSH_MODEL",
    "CommitmentReporter",
    "CommitmentService",
    "Conversions",
    "FindService",
    "GetService",
    "MoveService",
]
