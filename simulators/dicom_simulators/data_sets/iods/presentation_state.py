"""Grayscale Softcopy Presentation State: how the smallest CT image of the same study is to be shown.

References
----------
PS3.3 A.33.1; C.11.9 (Presentation Series), C.11.10 (Identification), C.11.11 (Relationship), C.10.4 (Displayed Area),
C.10.5 (Graphic Annotation), C.10.7 (Graphic Layer), C.11.6 (Softcopy Presentation LUT), C.11.8 (Softcopy VOI LUT),
C.11.1 (Modality LUT).
"""

from __future__ import annotations

from dicom_simulators.data_sets.plan import CT_IMAGE_STORAGE, Attributes, Plan, plan
from dicom_simulators.data_sets.sop_classes import sop_class
from dicom_simulators.data_sets.transfer_syntaxes import transfer_syntax

_REFERRED_SYNTAX = "1.2.840.10008.1.2.1"
_LAYER = "MARKS"


def presentation_state(own: Plan) -> Attributes:
    """Presentation State Identification (C.11.10) and Relationship (C.11.11)."""
    image = _image(own)
    return {
        "InstanceNumber": own.number,
        "ContentLabel": "CONFORMANCE",
        "ContentDescription": "Synthetic presentation state",
        "ContentCreatorName": "Creator^Carl",
        "PresentationCreationDate": own.StudyDate,
        "PresentationCreationTime": own.StudyTime,
        "ReferencedSeriesSequence": [
            {"SeriesInstanceUID": image.SeriesInstanceUID, "ReferencedImageSequence": [_reference(image)]}
        ],
    }


def displayed_area(own: Plan) -> Attributes:
    """Displayed Area (C.10.4): the whole image, scaled to fit."""
    image = _image(own)
    return {
        "DisplayedAreaSelectionSequence": [
            {
                "ReferencedImageSequence": [_reference(image)],
                "DisplayedAreaTopLeftHandCorner": [1, 1],
                "DisplayedAreaBottomRightHandCorner": [image.columns, image.rows],
                "PresentationSizeMode": "SCALE TO FIT",
                "PresentationPixelSpacing": ["2", "2"],
            }
        ]
    }


def grayscale_transformations(own: Plan) -> Attributes:
    """Modality LUT (C.11.1), Softcopy VOI LUT (C.11.8) and Softcopy Presentation LUT (C.11.6)."""
    return {
        "RescaleIntercept": "0",
        "RescaleSlope": "1",
        "RescaleType": "HU",
        "SoftcopyVOILUTSequence": [
            {"ReferencedImageSequence": [_reference(_image(own))], "WindowCenter": "1024", "WindowWidth": "4096"}
        ],
        "PresentationLUTShape": "IDENTITY",
    }


def graphic_annotation(own: Plan) -> Attributes:
    """Graphic Annotation (C.10.5) and Graphic Layer (C.10.7): one line of text."""
    return {
        "GraphicAnnotationSequence": [
            {
                "ReferencedImageSequence": [_reference(_image(own))],
                "GraphicLayer": _LAYER,
                "TextObjectSequence": [
                    {
                        "BoundingBoxAnnotationUnits": "DISPLAY",
                        "UnformattedTextValue": "Synthetic",
                        "BoundingBoxTopLeftHandCorner": [0.1, 0.8],
                        "BoundingBoxBottomRightHandCorner": [0.9, 0.95],
                        "BoundingBoxTextHorizontalJustification": "LEFT",
                    }
                ],
            }
        ],
        "GraphicLayerSequence": [{"GraphicLayer": _LAYER, "GraphicLayerOrder": 1}],
    }


def _image(own: Plan) -> Plan:
    """Return the plan of the image that is referred to: the CT of the same recipe and seed, uncompressed."""
    return plan(own.recipe, sop_class(CT_IMAGE_STORAGE), transfer_syntax(_REFERRED_SYNTAX), own.seed)


def _reference(image: Plan) -> Attributes:
    """Return an item of Referenced Image Sequence (PS3.3 Table 10-3)."""
    return {"ReferencedSOPClassUID": image.sop_class.uid, "ReferencedSOPInstanceUID": image.SOPInstanceUID}
