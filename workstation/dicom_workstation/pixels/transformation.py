"""The grayscale transformation sequence as explicit values.

Invariants: a transformation says everything about how stored values become P-Values, so that two sources of it
(the image itself, a presentation state, a person at the screen) cannot be mixed up later; it is made, not changed.

References
----------
PS3.4 Annex N.2.1; PS3.3 Section C.11.1, C.11.2, C.11.4, C.11.6, C.7.6.10, C.9.2
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from pydicom.dataset import Dataset

from dicom_workstation.data_sets import UNREADABLE
from dicom_workstation.pixels import mask, modality_lut, overlay, presentation_lut, voi_lut
from dicom_workstation.pixels.functional_groups import layers
from dicom_workstation.pixels.image import Image
from dicom_workstation.pixels.mask import Mask
from dicom_workstation.pixels.modality_lut import ModalityLUT
from dicom_workstation.pixels.overlay import ShownOverlay
from dicom_workstation.pixels.presentation_lut import PresentationLUT, Shape
from dicom_workstation.pixels.remarks import Remarks
from dicom_workstation.pixels.voi_lut import VOILUT


@dataclass(frozen=True, slots=True)
class Transformation:
    """From stored values to P-Values, step by step.

    Parameters
    ----------
    modality_lut : Rescale or LookUpTable or None
    mask : Mask or None
        Applied to the output of the Modality LUT.
    voi_lut : Window or LookUpTable or None
        None shows everything that the Modality LUT can give.
    presentation_lut : Shape or LookUpTable
    is_inverted : bool
        Polarity: the smallest value of interest is shown white, as MONOCHROME1 says of an image. Applied before the
        Presentation LUT.
    overlays : tuple of ShownOverlay
        Drawn last, in this order.
    """

    modality_lut: ModalityLUT | None = None
    mask: Mask | None = None
    voi_lut: VOILUT | None = None
    presentation_lut: PresentationLUT = Shape.IDENTITY
    is_inverted: bool = False
    overlays: tuple[ShownOverlay, ...] = ()

    @classmethod
    def of_image(
        cls,
        image: Image,
        frame: int = 1,
        window: VOILUT | None = None,
        alternative: int = 0,
        remarks: Remarks | None = None,
    ) -> Self:
        """Take what the image itself says about one of its frames, as far as it can be used.

        Parameters
        ----------
        window : Window or LookUpTable or None
            In place of the image's own VOI LUT.
        alternative : int
            Which of the image's own to take, counted from 0: windows first, then tables.
        remarks : Remarks or None
            Gathers what cannot be used, and why.
        """
        remarks = remarks or Remarks()
        shown = tuple(ShownOverlay(each) for each in overlay.usable_overlays(image, remarks))
        if not image.grayscale:
            return cls(overlays=shown)
        modality = modality_lut_of(image, frame, remarks)
        if window is None:
            found = voi_luts_of(image, frame, modality, remarks)
            window = found[min(alternative, len(found) - 1)] if found else None
        lut = presentation_lut_of(image, remarks)
        # PS3.3 C.8.11.3.1.2: INVERSE goes along with MONOCHROME1; both say the same, it is inverted once.
        is_inverted = image.pixel.photometric == "MONOCHROME1" and lut is not Shape.INVERSE
        subtraction: Mask | None = None
        with remarks.without("mask subtraction", *UNREADABLE):
            subtraction = mask_of(image)
        return cls(modality, subtraction, window, lut, is_inverted, shown)


def modality_lut_of(image: Image, frame: int, remarks: Remarks) -> ModalityLUT | None:
    """Return the image's own Modality LUT for a frame, if it can be used."""
    is_little = image.is_little_endian
    for layer in _layers(image, frame, "PixelValueTransformationSequence", remarks):
        found = modality_lut.read_usable(layer, remarks, is_signed=image.pixel.signed, is_little_endian=is_little)
        if found is not None:
            return found
    return None


def voi_luts_of(image: Image, frame: int, modality: ModalityLUT | None, remarks: Remarks) -> tuple[VOILUT, ...]:
    """Return the image's own windows and VOI LUTs for a frame that can be used."""
    lowest = modality_lut.extent(modality, image.pixel.minimum, image.pixel.maximum)[0]
    is_little = image.is_little_endian
    for layer in _layers(image, frame, "FrameVOILUTSequence", remarks):
        found = voi_lut.read_usable(layer, remarks, is_signed=lowest < 0, is_little_endian=is_little)
        if found:
            return found
    return ()


def presentation_lut_of(image: Image, remarks: Remarks) -> PresentationLUT:
    """Return the image's own Presentation LUT, if it can be used."""
    found: PresentationLUT | None = None
    with remarks.without("it", *UNREADABLE):
        found = presentation_lut.read(image.data_set, is_little_endian=image.is_little_endian, complaints=remarks)
    return found or Shape.IDENTITY


def _layers(image: Image, frame: int, macro: str, remarks: Remarks) -> tuple[Dataset, ...]:
    """Return the data sets in which to look; the image alone where its functional groups cannot be read."""
    found = [image.data_set]
    with remarks.without("its functional groups", *UNREADABLE):
        found[:0] = [layer for layer in layers(image.data_set, frame, macro) if layer is not image.data_set]
    return tuple(found)


def mask_of(image: Image) -> Mask | None:
    """Return the mask of an image that is to be viewed subtracted (Recommended Viewing Mode (0028,1090))."""
    if str(image.data_set.get("RecommendedViewingMode") or "").strip() != "SUB":
        return None
    return mask.read(image.data_set, image.frames)
