"""The 32 Storage SOP Classes of Table 3, and what their pixels usually look like.

Invariants: one row for each class, in the order of the printed list of SOP Classes of the statement; what
an IOD says beyond depth, colour and frames is in `iods`.

References
----------
DCS 3.2.2.1 (list of SOP Classes) and Table 3; PS3.4 B.5; PS3.3 Annex A.
"""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.data_sets.pixel_format import PixelFormat

_ROOT = "1.2.840.10008.5.1.4.1.1."


@dataclass(frozen=True, slots=True)
class SOPClass:
    """One Storage SOP Class.

    Parameters
    ----------
    uid, name : str
        Its UID and its name.
    label : str
        What is written into its picture.
    Modality : str
        Modality (0008,0060) of its series.
    native : PixelFormat or None
        What its pixels are, uncompressed; None if it has none.
    extended_bits : int
        Precision of its JPEG Extended form: 12 where its IOD can hold 12 bits, else 8 where it can hold 8; 12 if
        neither.
    frames : int
        Frames of the smallest instance; more than 1 exactly where the class is multi-frame.
    retired : bool
        Whether the class has left the standard.
    colour_only : bool
        Whether its IOD allows no grey.
    """

    uid: str
    name: str
    label: str
    Modality: str
    native: PixelFormat | None
    extended_bits: int = 12
    frames: int = 1
    retired: bool = False
    colour_only: bool = False


_CT = PixelFormat(16, signed=True)
_MONO_8, _MONO_10, _MONO_12, _MONO_16 = (PixelFormat(bits) for bits in (8, 10, 12, 16))
_NEGATIVE_12 = PixelFormat(12, photometric="MONOCHROME1")
_RGB = PixelFormat(8, photometric="RGB")
_RGB_BY_PLANE = PixelFormat(8, photometric="RGB", planar=True)

SOP_CLASSES = (
    SOPClass(_ROOT + "2", "CT Image Storage", "CT", "CT", _CT),
    SOPClass(_ROOT + "4", "MR Image Storage", "MR", "MR", _MONO_12),
    SOPClass(_ROOT + "20", "Nuclear Medicine Image Storage", "NM", "NM", _MONO_16, 8, 3),
    SOPClass(_ROOT + "1", "Computed Radiography Image Storage", "CR", "CR", _NEGATIVE_12),
    SOPClass(_ROOT + "7", "Secondary Capture Image Storage", "SC", "OT", _RGB, 8),
    SOPClass(_ROOT + "3", "Ultrasound Multi-frame Image Storage (Retired)", "USMF RET", "US", _MONO_8, 8, 3, True),
    SOPClass(_ROOT + "3.1", "Ultrasound Multi-frame Image Storage", "US MF", "US", _RGB, 8, 3),
    SOPClass(_ROOT + "6", "Ultrasound Image Storage (Retired)", "US RET", "US", _MONO_8, 8, 1, True),
    SOPClass(_ROOT + "6.1", "Ultrasound Image Storage", "US", "US", _RGB, 8),
    SOPClass(_ROOT + "12.1", "X-Ray Angiographic Image Storage", "XA", "XA", _MONO_8, 12, 3),
    SOPClass(_ROOT + "12.2", "X-Ray Radiofluoroscopic Image Storage", "RF", "RF", _MONO_10, 12, 3),
    SOPClass(_ROOT + "1.1", "Digital X-Ray Image Storage - For Presentation", "DX PRES", "DX", _MONO_12),
    SOPClass(_ROOT + "1.1.1", "Digital X-Ray Image Storage - For Processing", "DX PROC", "DX", _MONO_16),
    SOPClass(
        _ROOT + "1.2", "Digital Mammography X-Ray Image Storage - For Presentation", "MG PRES", "MG", _NEGATIVE_12
    ),
    SOPClass(_ROOT + "1.2.1", "Digital Mammography X-Ray Image Storage - For Processing", "MG PROC", "MG", _MONO_16),
    SOPClass(_ROOT + "1.3", "Digital Intra-Oral X-Ray Image Storage - For Presentation", "IO PRES", "IO", _MONO_8),
    SOPClass(_ROOT + "1.3.1", "Digital Intra-Oral X-Ray Image Storage - For Processing", "IO PROC", "IO", _MONO_12),
    SOPClass(_ROOT + "481.1", "RT Image Storage", "RTIMAGE", "RTIMAGE", _MONO_16),
    SOPClass(_ROOT + "77.1.1", "VL Endoscopic Image Storage", "VL ENDO", "ES", _RGB, 8),
    SOPClass(_ROOT + "77.1.2", "VL Microscopic Image Storage", "VL MICRO", "GM", _RGB, 8),
    SOPClass(_ROOT + "77.1.3", "VL Slide-Coordinates Microscopic Image Storage", "VL SLIDE", "SM", _RGB, 8),
    SOPClass(_ROOT + "77.1.4", "VL Photographic Image Storage", "VL PHOTO", "XC", _RGB, 8),
    SOPClass(_ROOT + "12.3", "X-Ray Angiographic Bi-Plane Image Storage", "XA BIPL", "XA", _MONO_8, 12, 2, True),
    SOPClass(_ROOT + "128", "Positron Emission Tomography Image Storage", "PET", "PT", _MONO_16),
    SOPClass("1.2.840.10008.5.1.1.29", "Hardcopy Grayscale Image Storage", "HC GRAY", "HC", _MONO_12, 12, 1, True),
    SOPClass(
        "1.2.840.10008.5.1.1.30", "Hardcopy Color Image Storage", "HC COLOR", "HC", _RGB_BY_PLANE, 8, 1, True, True
    ),
    SOPClass(
        _ROOT + "7.2", "Multi-frame Grayscale Byte Secondary Capture Image Storage", "SC BYTE", "OT", _MONO_8, 8, 3
    ),
    SOPClass(
        _ROOT + "7.3", "Multi-frame Grayscale Word Secondary Capture Image Storage", "SC WORD", "OT", _MONO_16, 12, 3
    ),
    SOPClass(_ROOT + "77.1", "VL Image Storage - Trial", "VL RET", "XC", _RGB, 8, 1, True),
    SOPClass(_ROOT + "77.2", "VL Multi-frame Image Storage - Trial", "VLMF RET", "XC", _RGB, 8, 3, True),
    SOPClass(_ROOT + "5", "Nuclear Medicine Image Storage (Retired)", "NM RET", "NM", _MONO_16, 8, 3, True),
    SOPClass(_ROOT + "11.1", "Grayscale Softcopy Presentation State Storage", "GSPS", "PR", None),
)
"""Every class of Table 3; each but the last has pixels."""

UNASSIGNED_SOP_CLASS = "2.25.310927"
"""UID of a SOP Class that nobody assigned: no IOD says what an instance of it must have."""

_BY_UID = {sop_class.uid: sop_class for sop_class in SOP_CLASSES}


def sop_class(uid: str) -> SOPClass:
    """Return the SOP Class with this UID.

    Raises
    ------
    ValueError
        If Table 3 does not name it.
    """
    try:
        return _BY_UID[uid]
    except KeyError:
        raise ValueError(f"no data set can be built of SOP Class {uid!r}") from None
