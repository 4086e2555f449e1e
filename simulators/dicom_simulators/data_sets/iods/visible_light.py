"""Visible light: endoscopic, microscopic, slide coordinates, photographic, and the two trial classes before them.

References
----------
PS3.3 A.32.1 to A.32.4; C.8.12.1, C.8.12.2, C.7.6.14 and C.7.6.22. The trial classes 1.2.840.10008.5.1.4.1.1.77.1 and
.77.2 come from the draft of Supplement 15; they are written as the VL Image of today, .77.2 with Multi-frame and
Cine.
"""

from __future__ import annotations

from dicom_simulators.data_sets.identity import uid
from dicom_simulators.data_sets.iods.composite import code
from dicom_simulators.data_sets.plan import Attributes, Plan


def vl_image(plan: Plan) -> Attributes:
    """VL Image (C.8.12.1)."""
    return {"ImageType": ["ORIGINAL", "PRIMARY"], "AcquisitionContextSequence": []}


def specimen(plan: Plan) -> Attributes:
    """Specimen (C.7.6.22): one specimen on a slide."""
    return {
        "ContainerIdentifier": f"C{plan.seed}",
        "IssuerOfTheContainerIdentifierSequence": [],
        "ContainerTypeCodeSequence": [code("433466003", "SCT", "Microscope slide")],
        "SpecimenDescriptionSequence": [
            {
                "SpecimenIdentifier": f"C{plan.seed}.1",
                "IssuerOfTheSpecimenIdentifierSequence": [],
                "SpecimenUID": uid("specimen", plan.seed),
                "SpecimenPreparationSequence": [],
            }
        ],
    }


def slide_coordinates(plan: Plan) -> Attributes:
    """Slide Coordinates (C.8.12.2), and the position reference that goes with them (C.7.4.1.1.2)."""
    return {
        "PositionReferenceIndicator": "SLIDE_CORNER",
        "ImageCenterPointCoordinatesSequence": [
            {
                "XOffsetInSlideCoordinateSystem": "10",
                "YOffsetInSlideCoordinateSystem": "20",
                "ZOffsetInSlideCoordinateSystem": None,
            }
        ],
    }
