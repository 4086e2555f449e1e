"""A data set written as keywords and texts, encoded: for what a scripted peer sends.

Multiple values are a list, sequences a list of mappings. The values are not judged; what pydicom cannot put into the
element's VR is a `ValueError`.
"""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Mapping

from pydicom import DataElement, Dataset
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from dicom_simulators.encoding.data_set_codec import deflated
from dicom_simulators.encoding.transfer_syntax_uids import EXPLICIT_VR_BIG_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN

_WHOLE = {
    **{vr: (0, (1 << bits) - 1) for vr, bits in (("US", 16), ("UL", 32), ("UV", 64))},
    **{vr: (-(1 << bits - 1), (1 << bits - 1) - 1) for vr, bits in (("SS", 16), ("SL", 32), ("SV", 64))},
}
"""The least and the greatest value of each VR of whole numbers (PS3.5 6.2)."""
_TAG = re.compile(r"\(([0-9A-Fa-f]{4}),([0-9A-Fa-f]{4})\)(?: ([A-Z]{2}))?")
_REAL = {"FL": "<f", "FD": "<d"}
_BYTES = frozenset({"OB", "OW", "OF", "OD", "OL", "OV", "UN"})


def encode_texts(values: Mapping[str, object], transfer_syntax: str) -> bytes:
    """Encode keywords, or tags as ``(gggg,eeee) VR``, and values in a transfer syntax.

    Compressed ones are Explicit VR Little Endian, deflated if the transfer syntax says so.

    Raises
    ------
    ValueError
        No such keyword, or a value that its VR cannot hold.
    """
    stream = DicomBytesIO()
    stream.is_little_endian = transfer_syntax != EXPLICIT_VR_BIG_ENDIAN
    stream.is_implicit_VR = transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
    try:
        with warnings.catch_warnings():  # of a character set that pydicom does not know, say: the values are not judged
            warnings.simplefilter("ignore")
            write_dataset(stream, _data_set(values))
    except (
        TypeError,
        AttributeError,
        OverflowError,
        OSError,
        struct.error,
    ) as error:  # OSError: of pydicom, not a file
        raise ValueError(f"data_set: {str(error).partition(chr(10))[0]}") from None
    return deflated(stream.getvalue(), transfer_syntax)


def _data_set(values: Mapping[str, object]) -> Dataset:
    data_set = Dataset()
    for keyword, value in values.items():
        tag, vr = _tag_and_vr(keyword)
        given = _value(keyword, vr, value)
        try:
            data_set.add(DataElement(tag, vr, given, validation_mode=IGNORE))
        except (TypeError, ValueError):
            raise ValueError(f"data_set.{keyword}: {value!r} is not a valid value of VR {vr}") from None
    return data_set


def _tag_and_vr(name: str) -> tuple[int, str]:
    """Read a keyword, or a tag as ``(gggg,eeee)``, behind which a VR may stand; that of a private attribute is UN."""
    written = _TAG.fullmatch(name)
    tag = tag_for_keyword(name) if written is None else int(written[1] + written[2], 16)
    if tag is None:
        raise ValueError(f"data_set.{name}: unknown keyword")
    if written is not None and written[3]:
        return tag, written[3]
    try:
        return tag, dictionary_VR(tag).split(" or ")[0]
    except KeyError:
        return tag, "LO" if tag >> 16 & 1 and 0x10 <= tag & 0xFFFF <= 0xFF else "UN"


def _value(keyword: str, vr: str, value: object) -> object:
    if vr == "SQ":
        items = value if isinstance(value, list | tuple) else [value]
        return [_data_set(item) for item in items if isinstance(item, Mapping)]
    if isinstance(value, list | tuple):
        return [_value(keyword, vr, entry) for entry in value]
    try:
        if vr in _WHOLE:
            return _whole_number(str(value), *_WHOLE[vr])
        if vr in _REAL:
            struct.pack(_REAL[vr], float(str(value)))
            return float(str(value))
        if vr in _BYTES:
            return bytes.fromhex(str(value))
    except (ValueError, OverflowError):
        raise ValueError(f"data_set.{keyword}: {value!r} is not a valid value of VR {vr}") from None
    return "" if value is None else str(value)


def _whole_number(text: str, least: int, greatest: int) -> int:
    number = int(text, 0)
    if not least <= number <= greatest:
        raise ValueError(f"{number} is not from {least} to {greatest}")
    return number
