"""What stands on a film: its size and layout, the images prepared for it, the preview.

May import: `pixels`, `presentation_states`, `instances` and what stands below them, the other modules of `printing`.
Begin with `preparation`.
"""

from dicom_workstation.printing.films.preparation import Needs, Prepared, needs, prepare
from dicom_workstation.printing.films.preview import films, preview_film, preview_without_printer

__all__ = [
    "Needs",
    "Prepared",
    "films",
    "needs",
    "prepare",
    "preview_film",
    "preview_without_printer",
]
