"""The grey values that a state asks for: Modality LUT, Softcopy VOI LUT and Softcopy Presentation LUT Modules.

Invariants: these take the place of the image's own, all of them; one that the state lacks is an identity
(PS3.4 N.2), except the Presentation LUT, which a state must have.

References
----------
PS3.3 C.11.1, C.11.8, C.11.6; PS3.4 N.2.1
"""

from __future__ import annotations

from pydicom.dataset import Dataset

from dicom_workstation.pixels import Image, Transformation, mask, modality_lut, presentation_lut, voi_lut
from dicom_workstation.presentation_states.attributes import items, text, values
from dicom_workstation.presentation_states.errors import StateError
from dicom_workstation.presentation_states.references import single_applying_item
from dicom_workstation.presentation_states.state import PresentationState


def read_modality_lut(data_set: Dataset, image: Image, is_little_endian: bool) -> modality_lut.ModalityLUT | None:
    """Read the Modality LUT of a state for the stored values of an image."""
    if items(data_set, "ModalityLUTSequence") and "RescaleSlope" in data_set:
        raise StateError("the state has a Modality LUT Sequence and a Rescale Slope (PS3.3 C.11.1)")
    return modality_lut.read(data_set, is_signed=image.pixel.signed, is_little_endian=is_little_endian)


def read_voi_lut(
    data_set: Dataset, image: Image, frame: int, is_signed: bool, is_little_endian: bool
) -> voi_lut.VOILUT | None:
    """Read the VOI LUT of a frame, the first of alternative ones (PS3.3 C.11.2.1.2); None if the state has none."""
    keyword = "SoftcopyVOILUTSequence"
    item = single_applying_item(items(data_set, keyword), str(image.data_set.SOPInstanceUID), frame, keyword)
    if item is None:
        return None
    found = voi_lut.read(item, is_signed=is_signed, is_little_endian=is_little_endian)
    if not found:
        raise StateError(f"an item of {keyword} has neither window nor table")
    return found[0]


def read_presentation_lut(data_set: Dataset, is_little_endian: bool) -> presentation_lut.PresentationLUT:
    """Read the Presentation LUT that a state must have."""
    if items(data_set, "PresentationLUTSequence") and values(data_set, "PresentationLUTShape"):
        raise StateError("the state has a Presentation LUT Sequence and a Presentation LUT Shape (PS3.3 C.11.6)")
    found = presentation_lut.read(data_set, is_little_endian=is_little_endian)
    if found is None:
        raise StateError("the state has no Presentation LUT (PS3.3 C.11.6: Sequence or Shape)")
    return found


def read_transformation(state: PresentationState, image: Image, frame: int) -> Transformation:
    """Read what the stored values of a frame go through; StateError or PixelError if it cannot be followed."""
    data_set, is_little = state.data_set, state.is_little_endian
    modality = read_modality_lut(data_set, image, is_little)
    lowest = modality_lut.extent(modality, image.pixel.minimum, image.pixel.maximum)[0]
    return Transformation(
        modality_lut=modality,
        mask=mask.read(data_set, image.frames) if text(data_set, "RecommendedViewingMode", "SUB") == "SUB" else None,
        voi_lut=read_voi_lut(data_set, image, frame, lowest < 0, is_little),
        presentation_lut=read_presentation_lut(data_set, is_little),
    )
