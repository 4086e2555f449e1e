"""The tables of the conformance statement that the workstation acts upon, as code of its own.

Invariants: each row is written as section 3.2 of the statement prints it, in its order, and nothing is computed
from another table. Where the printed text contradicts itself a comment beside the table gives the reading.
"""

from __future__ import annotations

from typing import Final, Literal

JPEGConfiguration = Literal["none", "lossless", "lossy", "jpeg2000"]
PrintExtension = Literal["presentation_lut", "annotation_box"]

APPLICATION_CONTEXT_NAME: Final = "1.2.840.10008.3.1.1.1"  # 3.2.1.1.4, 3.2.2.1.1.4; PS3.7 Annex A.2.1
IMPLEMENTATION_CLASS_UID: Final = "1.2.840.113704.7.0.2"  # 3.2.1.1.4, 3.2.2.1.1.4, 3.2.2.2.1.4, 3.2.3.1.4
IMPLEMENTATION_VERSION_NAME: Final = "DIRECTVIEW_5_2"
PDU_LENGTH_BYTES: Final = 32768  # 3.2.2.1.1.1, 3.2.2.2.1.1, 3.2.3.1.1; the minimum of 3.2.1.1.1

IMPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2"
EXPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1"
EXPLICIT_VR_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
JPEG_BASELINE: Final = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED: Final = "1.2.840.10008.1.2.4.51"
JPEG_LOSSLESS: Final = "1.2.840.10008.1.2.4.57"
JPEG_LOSSLESS_FIRST_ORDER: Final = "1.2.840.10008.1.2.4.70"
JPEG_2000_LOSSLESS_ONLY: Final = "1.2.840.10008.1.2.4.90"
JPEG_2000: Final = "1.2.840.10008.1.2.4.91"
# The statement has none of these four; the workstation reads them where a file is in one.
DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1.99"
JPEG_LS: Final = "1.2.840.10008.1.2.4.80"
JPEG_LS_NEAR_LOSSLESS: Final = "1.2.840.10008.1.2.4.81"
RLE_LOSSLESS: Final = "1.2.840.10008.1.2.5"

UNCOMPRESSED: Final = (IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN)
COMPRESSED: Final = (
    JPEG_BASELINE,
    JPEG_EXTENDED,
    JPEG_LOSSLESS,
    JPEG_LOSSLESS_FIRST_ORDER,
    JPEG_2000_LOSSLESS_ONLY,
    JPEG_2000,
)

VERIFICATION: Final = "1.2.840.10008.1.1"
STUDY_ROOT_FIND: Final = "1.2.840.10008.5.1.4.1.2.2.1"
# 3.2.1 prints 1.2.840.1008.5.1.4.1.1.11.1, which is no UID of the DICOM root; the standard's is meant (PS3.4 C.6.1.3).
PATIENT_ROOT_FIND: Final = "1.2.840.10008.5.1.4.1.2.1.1"
STUDY_ROOT_MOVE: Final = "1.2.840.10008.5.1.4.1.2.2.2"
GRAYSCALE_SOFTCOPY_PRESENTATION_STATE: Final = "1.2.840.10008.5.1.4.1.1.11.1"
SECONDARY_CAPTURE_IMAGE: Final = "1.2.840.10008.5.1.4.1.1.7"
BASIC_GRAYSCALE_PRINT: Final = "1.2.840.10008.5.1.1.9"
BASIC_COLOR_PRINT: Final = "1.2.840.10008.5.1.1.18"
# 3.2.4 prints 1.2.840.10008.5.1.4.1.1.14 in one place; Table 5 and 3.2.4.2.1.2.4 have the standard's.
PRINT_JOB: Final = "1.2.840.10008.5.1.1.14"
PRESENTATION_LUT: Final = "1.2.840.10008.5.1.1.23"
BASIC_ANNOTATION_BOX: Final = "1.2.840.10008.5.1.1.15"
# What the two print Meta SOP Classes are made of (PS3.4 Annex H.3.2).
FILM_SESSION: Final = "1.2.840.10008.5.1.1.1"
FILM_BOX: Final = "1.2.840.10008.5.1.1.2"
GRAYSCALE_IMAGE_BOX: Final = "1.2.840.10008.5.1.1.4"
COLOR_IMAGE_BOX: Final = "1.2.840.10008.5.1.1.4.1"
PRINTER: Final = "1.2.840.10008.5.1.1.16"
PRINTER_INSTANCE: Final = "1.2.840.10008.5.1.1.17"

# Tables 1, 2 and 4 list these seven, in this order, for each abstract syntax.
SEVEN_TRANSFER_SYNTAXES: Final = (
    IMPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    JPEG_BASELINE,
    JPEG_EXTENDED,
    JPEG_LOSSLESS,
    JPEG_LOSSLESS_FIRST_ORDER,
)

# Table 3: each of its classes comes with these nine.
NINE_TRANSFER_SYNTAXES: Final = (*SEVEN_TRANSFER_SYNTAXES, JPEG_2000_LOSSLESS_ONLY, JPEG_2000)

# 3.2.3: the classes that the store client prints.
STORE_CLIENT_SOP_CLASSES: Final = {
    "1.2.840.10008.5.1.4.1.1.2": "CT Image Storage",
    "1.2.840.10008.5.1.4.1.1.4": "MR Image Storage",
    "1.2.840.10008.5.1.4.1.1.20": "Nuclear Medicine Image Storage",
    "1.2.840.10008.5.1.4.1.1.1": "Computed Radiography Image Storage",
    "1.2.840.10008.5.1.4.1.1.7": "Secondary Capture Image Storage",
    "1.2.840.10008.5.1.4.1.1.3": "Ultrasound Multi-Frame Image Storage (Retired)",
    "1.2.840.10008.5.1.4.1.1.3.1": "Ultrasound Multi-Frame Image Storage",
    "1.2.840.10008.5.1.4.1.1.6": "Ultrasound Image Storage (Retired)",
    "1.2.840.10008.5.1.4.1.1.6.1": "Ultrasound Image Storage",
    "1.2.840.10008.5.1.4.1.1.12.1": "X-Ray Angiographic Image Storage",
    "1.2.840.10008.5.1.4.1.1.12.2": "X-Ray Radiofluoroscopic Image Storage",
    "1.2.840.10008.5.1.4.1.1.1.1": "Digital X-Ray Image Storage for Presentation",
    "1.2.840.10008.5.1.4.1.1.1.1.1": "Digital X-Ray Image Storage for Processing",
    "1.2.840.10008.5.1.4.1.1.1.2": "Digital Mammography X-Ray Image Storage for Presentation",
    "1.2.840.10008.5.1.4.1.1.1.2.1": "Digital Mammography X-Ray Image Storage for Processing",
    "1.2.840.10008.5.1.4.1.1.1.3": "Digital Intra Oral X-Ray Image Storage for Presentation",
    "1.2.840.10008.5.1.4.1.1.1.3.1": "Digital Intra Oral X-Ray Image Storage for Processing",
    "1.2.840.10008.5.1.4.1.1.481.1": "RT Image Storage",
    "1.2.840.10008.5.1.4.1.1.77.1.1": "VL Endoscopic Image Storage",
    "1.2.840.10008.5.1.4.1.1.77.1.2": "VL Microscopic Image Storage",
    "1.2.840.10008.5.1.4.1.1.77.1.3": "VL Slide Coordinates Microscopic Image Storage",
    "1.2.840.10008.5.1.4.1.1.77.1.4": "VL Photographic Image Storage",
    "1.2.840.10008.5.1.4.1.1.12.3": "X-Ray Angiographic Bi-Plane Image Storage",
    "1.2.840.10008.5.1.4.1.1.128": "Positron Emission Tomography",
    "1.2.840.10008.5.1.1.29": "Hardcopy Grayscale Image Storage",
    "1.2.840.10008.5.1.1.30": "Hardcopy Color Image Storage",
    "1.2.840.10008.5.1.4.1.1.7.2": "Multi-Frame Grayscale Byte Secondary Capture Image Storage",
    "1.2.840.10008.5.1.4.1.1.7.3": "Multi-Frame Grayscale Word Secondary Capture Image Storage",
    "1.2.840.10008.5.1.4.1.1.77.1": "Visible Light Image Storage (Retired)",
    "1.2.840.10008.5.1.4.1.1.77.2": "Visible Light Multi-Frame Image Storage (Retired)",
    "1.2.840.10008.5.1.4.1.1.5": "Nuclear Medicine Image Storage (Retired)",
}

# 3.2.2.1 and Table 3: the same classes, and the presentation state.
LOADER_SOP_CLASSES: Final = {
    **STORE_CLIENT_SOP_CLASSES,
    GRAYSCALE_SOFTCOPY_PRESENTATION_STATE: "Grayscale Softcopy Presentation State",
}

# 3.2.1.2.1.2, Table 1: each row is a presentation context of its own; Patient Root FIND is proposed in the same seven.
TABLE_1: Final = tuple((STUDY_ROOT_FIND, syntax) for syntax in SEVEN_TRANSFER_SYNTAXES)
TABLE_1_PATIENT_ROOT: Final = tuple((PATIENT_ROOT_FIND, syntax) for syntax in SEVEN_TRANSFER_SYNTAXES)
# 3.2.2.1.3.1.2, Table 2.
TABLE_2: Final = tuple((VERIFICATION, syntax) for syntax in SEVEN_TRANSFER_SYNTAXES)
# 3.2.2.1.3.2.4, Table 3.
TABLE_3: Final = tuple((sop_class, syntax) for sop_class in LOADER_SOP_CLASSES for syntax in NINE_TRANSFER_SYNTAXES)
# 3.2.2.2, Table 4: proposed as printed; the presentation-state rows have no use in a C-MOVE.
TABLE_4: Final = tuple(
    (abstract_syntax, syntax)
    for abstract_syntax in (STUDY_ROOT_MOVE, GRAYSCALE_SOFTCOPY_PRESENTATION_STATE)
    for syntax in SEVEN_TRANSFER_SYNTAXES
)
# 3.2.4.2.1.2, Table 5.
TABLE_5: Final = tuple(
    (abstract_syntax, syntax)
    for abstract_syntax in (BASIC_GRAYSCALE_PRINT, BASIC_COLOR_PRINT, PRINT_JOB)
    for syntax in UNCOMPRESSED
)
# Not claimed by the statement, so proposed only where the configuration says so: PS3.4 H.4.9 and H.4.4.
PRINT_EXTENSIONS: Final[dict[PrintExtension, str]] = {
    "presentation_lut": PRESENTATION_LUT,
    "annotation_box": BASIC_ANNOTATION_BOX,
}

# 3.2.2.1.3.1.4 and 3.2.2.1.3.2.5. The policy for JPEG 2000 is printed in the second alone; it is applied to
# Verification too, since 3.2.2.1.3.1.3 admits .90 and .91 there. A syntax that the list of the configuration does not
# name is refused under it.
SELECTION_POLICIES: Final[dict[JPEGConfiguration, tuple[str, ...]]] = {
    "none": (EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN),
    "lossless": (
        JPEG_LOSSLESS,
        JPEG_LOSSLESS_FIRST_ORDER,
        EXPLICIT_VR_LITTLE_ENDIAN,
        EXPLICIT_VR_BIG_ENDIAN,
        IMPLICIT_VR_LITTLE_ENDIAN,
    ),
    "lossy": (
        JPEG_BASELINE,
        JPEG_EXTENDED,
        EXPLICIT_VR_LITTLE_ENDIAN,
        EXPLICIT_VR_BIG_ENDIAN,
        IMPLICIT_VR_LITTLE_ENDIAN,
    ),
    "jpeg2000": (
        JPEG_2000,
        JPEG_2000_LOSSLESS_ONLY,
        EXPLICIT_VR_LITTLE_ENDIAN,
        EXPLICIT_VR_BIG_ENDIAN,
        IMPLICIT_VR_LITTLE_ENDIAN,
    ),
}

# 3.2.3.2.1.2: what each configuration adds to the store client's base list, which the statement forgets to print and
# which is read as the three uncompressed syntaxes.
STORE_CLIENT_ADDITIONS: Final[dict[JPEGConfiguration, tuple[str, ...]]] = {
    "none": (),
    "lossless": (JPEG_LOSSLESS, JPEG_LOSSLESS_FIRST_ORDER),
    "lossy": (JPEG_BASELINE, JPEG_EXTENDED),
    "jpeg2000": (JPEG_2000_LOSSLESS_ONLY, JPEG_2000),
}


def store_client_transfer_syntaxes(sop_class: str, configuration: JPEGConfiguration) -> tuple[str, ...]:
    """Return what the store client proposes for a SOP Class, in order; nothing for a class that it does not claim.

    References
    ----------
    Conformance statement, 3.2.3.2.1.2; for the presentation state 3.2.5 (read as the store client's, uncompressed).
    """
    if sop_class == GRAYSCALE_SOFTCOPY_PRESENTATION_STATE:
        return UNCOMPRESSED
    if sop_class not in STORE_CLIENT_SOP_CLASSES:
        return ()
    return UNCOMPRESSED + STORE_CLIENT_ADDITIONS[configuration]
