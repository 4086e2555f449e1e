"""Synthetic studies that look like studies: ellipses in a body, the same on every run.

May import: nothing of the room.
Begin with `studies`, the table of them; `drawing` makes the pixels, `files` the DICOM files.
"""

from dicom_simulators.phantoms.files import write_studies
from dicom_simulators.phantoms.studies import STUDIES, PhantomSeries, PhantomStudy

__all__ = ["STUDIES", "PhantomSeries", "PhantomStudy", "write_studies"]
