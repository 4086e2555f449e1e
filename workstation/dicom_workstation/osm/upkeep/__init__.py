"""What an operator does with the folder of an OSM: import, check, rebuild, look.

Begin with `checking`; none of these is needed while the server runs well.
"""

from dicom_workstation.osm.upkeep.checking import (
    Fault,
    FaultKind,
    check,
    count_instances,
    deficient_instances,
    fault_of,
    repair,
)
from dicom_workstation.osm.upkeep.importing import ImportedFile, ImportResult, import_files
from dicom_workstation.osm.upkeep.rebuilding import Rebuilt, rebuild
from dicom_workstation.osm.upkeep.running_figures import figures_of
from dicom_workstation.osm.upkeep.status import StoreStatus, status_of

__all__ = [
    "Fault",
    "FaultKind",
    "ImportResult",
    "ImportedFile",
    "Rebuilt",
    "StoreStatus",
    "check",
    "count_instances",
    "deficient_instances",
    "fault_of",
    "figures_of",
    "import_files",
    "rebuild",
    "repair",
    "status_of",
]
