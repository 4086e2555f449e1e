"""The attributes of film session, film box, image boxes, annotation boxes and Presentation LUT that a request gives.

Invariants: what the user did not say is not sent; each text is in a character set that can hold it, and that set
is declared where it is not the default repertoire.

References
----------
PS3.4 H.4.1.2.1.1 (film session, with its Specific Character Set), H.4.2.2.1.1 (film box), H.4.3 (image boxes), H.4.9
(Presentation LUT); PS3.3 C.13.1, C.13.3, C.13.5, C.13.7, C.11.4
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset

from dicom_workstation.data_sets import ENCODED_TEXT, LEAST_FIRST, choose
from dicom_workstation.presentation_states import Table
from dicom_workstation.printing.errors import PrintError
from dicom_workstation.printing.request import PrintImage, PrintRequest

SESSION: Final = {
    "NumberOfCopies": "copies",
    "PrintPriority": "priority",
    "MediumType": "medium",
    "FilmDestination": "destination",
    "FilmSessionLabel": "label",
    "MemoryAllocation": "memory_allocation",
    "OwnerID": "owner",
}
FILM: Final = {
    "ImageDisplayFormat": "layout",
    "AnnotationDisplayFormatID": "annotation_format",
    "FilmOrientation": "orientation",
    "FilmSizeID": "film_size",
    "MagnificationType": "magnification",
    "SmoothingType": "smoothing",
    "BorderDensity": "border_density",
    "EmptyImageDensity": "empty_image_density",
    "MinDensity": "min_density",
    "MaxDensity": "max_density",
    "Trim": "trim",
    "ConfigurationInformation": "configuration_information",
    "Illumination": "illumination",
    "ReflectedAmbientLight": "reflected_ambient_light",
    "RequestedResolutionID": "resolution",
}
IMAGE_BOX: Final = {
    "Polarity": "polarity",
    "MagnificationType": "magnification",
    "SmoothingType": "smoothing",
    "ConfigurationInformation": "configuration_information",
    "RequestedDecimateCropBehavior": "crop",
}


def given_values(model: PrintRequest | PrintImage, names: Mapping[str, str]) -> dict[str, Any]:
    """Return keyword -> value of what the request gives."""
    values = {keyword: getattr(model, name) for keyword, name in names.items()}
    return {keyword: value for keyword, value in values.items() if value is not None}


def annotation_content(position: int, text: str) -> Dataset:
    """Return the Modification List of an N-SET of an annotation box (PS3.3 C.13.7)."""
    return attributes({"AnnotationPosition": position, "TextString": text})


def attributes(values: Mapping[str, Any]) -> Dataset:
    """Return a data set, with a Specific Character Set where the default repertoire cannot hold its texts."""
    found = Dataset()
    texts = [(str(value), dictionary_VR(keyword)) for keyword, value in values.items()]
    declared = choose([(text, vr) for text, vr in texts if vr in ENCODED_TEXT], LEAST_FIRST)
    if declared:
        found.SpecificCharacterSet = declared
    for keyword, value in values.items():
        setattr(found, keyword, value)
    return found


def presentation_lut(request: PrintRequest, bits: int) -> Dataset | None:
    """Return the attributes of N-CREATE of a Presentation LUT; None if none is asked for.

    Raises
    ------
    PrintError
        If a table is not for images of so many bits.
    """
    lut = request.presentation_lut
    if lut is None:
        return None
    found = Dataset()
    if not isinstance(lut, Table):
        found.PresentationLUTShape = lut
        return found
    if len(lut.data) != 1 << bits:
        raise PrintError(f"presentation_lut: has {len(lut.data)} entries, images of {bits} bits need {1 << bits}")
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(lut.data), lut.first, lut.bits])
    if lut.explanation:
        item.LUTExplanation = lut.explanation
    item.add_new("LUTData", "US", list(lut.data))
    found.PresentationLUTSequence = [item]
    return found
