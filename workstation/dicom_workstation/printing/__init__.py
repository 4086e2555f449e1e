"""The print client: what a user has printed, translated for the printer, previewed, and sent to it.

References
----------
Conformance statement, 2.2.2.4, 3.2.4; PS3.4 Annex H; PS3.3 C.13

May import: `network`, `instances`, `presentation_states`, `pixels` and what stands below them.
Begin with `client`; `films/` prepares what is on a film, `protocol/` talks to the printer.
"""

from dicom_workstation.printing.client import PrintClient
from dicom_workstation.printing.errors import PrintError
from dicom_workstation.printing.films import preview_without_printer
from dicom_workstation.printing.request import PrintRequest

__all__ = [
    "PrintClient",
    "PrintError",
    "PrintRequest",
    "preview_without_printer",
]
