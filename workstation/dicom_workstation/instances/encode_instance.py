"""An instance that was created here, encoded as the memory holds instances.

Invariants: Explicit VR Little Endian, without File Meta Information; the bytes are what is sent and what is read.
"""

from __future__ import annotations

from pydicom.dataset import Dataset

from dicom_workstation.data_sets import encode
from dicom_workstation.instances.memory import StoredInstance
from dicom_workstation.tables import EXPLICIT_VR_LITTLE_ENDIAN


def stored_instance(made: Dataset) -> StoredInstance:
    """Encode a data set."""
    return StoredInstance(
        SOPClassUID=str(made.SOPClassUID),
        SOPInstanceUID=str(made.SOPInstanceUID),
        StudyInstanceUID=str(made.StudyInstanceUID),
        SeriesInstanceUID=str(made.SeriesInstanceUID),
        TransferSyntaxUID=EXPLICIT_VR_LITTLE_ENDIAN,
        data_set=encode(made, EXPLICIT_VR_LITTLE_ENDIAN),
    )
