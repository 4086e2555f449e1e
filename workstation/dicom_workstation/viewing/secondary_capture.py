"""A newly created image: what is displayed, as a Secondary Capture image of the same patient and study.

Invariants: the new instance has UIDs of its own and says what it was derived from; its pixels are the picture,
annotations burned in, so that every viewer shows the same.

References
----------
Conformance statement, 2.2.2.3 and 3.2.3; PS3.3 A.8.1 (Secondary Capture Image), C.7.6.1 (Derivation Description, Source
Image Sequence), C.8.6.1 (Conversion Type WSD)
"""

from __future__ import annotations

from pydicom.dataset import Dataset

from dicom_workstation.presentation_states import Rendering, encode_texts_of, new_instance
from dicom_workstation.tables import SECONDARY_CAPTURE_IMAGE


def derived_image(
    image: Dataset, frame: int, frames: int, rendering: Rendering, description: str
) -> tuple[Dataset, tuple[str, ...]]:
    """Return a Secondary Capture image that holds a rendering, and what is doubtful in text that was taken over.

    Parameters
    ----------
    image : Dataset
        The image that was displayed.
    frame, frames : int
        Which frame of it, and how many it has.
    description : str
        What was done, for Derivation Description; at most 1024 characters.
    """
    made = new_instance(image, SECONDARY_CAPTURE_IMAGE, "OT")
    made.ConversionType = "WSD"
    made.PatientOrientation = ""
    made.ImageType = ["DERIVED", "SECONDARY"]
    made.DerivationDescription = description[:1024]
    made.SourceImageSequence = [_source(image, frame, frames)]
    made.BurnedInAnnotation = "YES"
    made.DateOfSecondaryCapture, made.TimeOfSecondaryCapture = made.InstanceCreationDate, made.InstanceCreationTime
    made.ContentDate, made.ContentTime = made.InstanceCreationDate, made.InstanceCreationTime
    pixels = rendering.pixels
    made.Rows, made.Columns = (int(size) for size in pixels.shape[:2])
    made.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
    made.PhotometricInterpretation = "MONOCHROME2" if pixels.ndim == 2 else "RGB"
    if pixels.ndim == 3:
        made.PlanarConfiguration = 0
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    raw = pixels.tobytes()
    made.PixelData = raw + b"\0" * (len(raw) % 2)
    made["PixelData"].VR = "OB"
    if image.get("LossyImageCompression") == "01":  # once lossy, always lossy (PS3.3 C.7.6.1.1.5)
        for keyword in ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod"):
            if keyword in image:
                made[keyword] = image[keyword]
    return made, encode_texts_of(made, image)


def _source(image: Dataset, frame: int, frames: int) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = image.SOPClassUID
    item.ReferencedSOPInstanceUID = image.SOPInstanceUID
    if frames > 1:
        item.ReferencedFrameNumber = frame
    return item
