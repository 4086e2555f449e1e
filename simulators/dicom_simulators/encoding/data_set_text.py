"""A data set written as keywords and texts, encoded: for what a scripted peer sends.

Multiple values are a list, sequences a list of mappings. The values are not judged; what pydicom cannot put into the
element's VR is a `ValueError`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydicom import DataElement, Dataset
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from dicom_simulators.encoding.transfer_syntax_uids import EXPLICIT_VR_BIG_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN

_WHOLE = frozenset({"US", "SS", "UL", "SL", "UV", "SV"})
_REAL = frozenset({"FL", "FD"})
_BYTES = frozenset({"OB", "OW", "OF", "OD", "OL", "OV", "UN"})


def encode_texts(values: Mapping[str, object], transfer_syntax: str) -> bytes:
    """Encode keywords and values in a transfer syntax (compressed ones as Explicit VR Little Endian).

    Raises
    ------
    ValueError
        No such keyword, or a value that its VR cannot hold.
    """
    stream = DicomBytesIO()
    stream.is_little_endian = transfer_syntax != EXPLICIT_VR_BIG_ENDIAN
    stream.is_implicit_VR = transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
    try:
        write_dataset(stream, _data_set(values))
    except (TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"data_set: {error}") from None
    return stream.getvalue()


def _data_set(values: Mapping[str, object]) -> Dataset:
    data_set = Dataset()
    for keyword, value in values.items():
        tag = tag_for_keyword(keyword)
        if tag is None:
            raise ValueError(f"data_set.{keyword}: unknown keyword")
        vr = dictionary_VR(tag).split(" or ")[0]
        data_set.add(DataElement(tag, vr, _value(keyword, vr, value), validation_mode=IGNORE))
    return data_set


def _value(keyword: str, vr: str, value: object) -> object:
    if vr == "SQ":
        items = value if isinstance(value, list | tuple) else [value]
        return [_data_set(item) for item in items if isinstance(item, Mapping)]
    if isinstance(value, list | tuple):
        return [_value(keyword, vr, entry) for entry in value]
    try:
        if vr in _WHOLE:
            return int(str(value), 0)
        if vr in _REAL:
            return float(str(value))
        if vr in _BYTES:
            return bytes.fromhex(str(value))
    except ValueError:
        raise ValueError(f"data_set.{keyword}: {value!r} is not a valid value of VR {vr}") from None
    return "" if value is None else str(value)
