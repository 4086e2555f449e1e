"""The messages to and from a printer: its association, the N-services, events, print jobs, statuses (PS3.4 Annex H).

May import: `network` and what stands below it, the other modules of `printing`.
Begin with `services`.
"""

from dicom_workstation.printing.protocol.association import PrinterAssociation
from dicom_workstation.printing.protocol.job import EXECUTION, Execution, JobFollower, PrintJobs
from dicom_workstation.printing.protocol.printer_events import EVENTS_KEPT, answer
from dicom_workstation.printing.protocol.services import (
    Response,
    Services,
    can_be_named,
    reference,
    references,
    text_of,
)
from dicom_workstation.printing.protocol.statuses import OF_THE_SERVICE, Service, meaning

__all__ = [
    "EVENTS_KEPT",
    "EXECUTION",
    "OF_THE_SERVICE",
    "Execution",
    "JobFollower",
    "PrintJobs",
    "PrinterAssociation",
    "Response",
    "Service",
    "Services",
    "answer",
    "can_be_named",
    "meaning",
    "reference",
    "references",
    "text_of",
]
