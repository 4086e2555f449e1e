"""Encoded bytes to a data set of pydicom, and back.

Invariants: a data set is read to its last byte or it is a `DataSetError`; what is written is encoded exactly as the
transfer syntax says, and values are neither validated nor repaired on the way.

References
----------
PS3.5 Section 7.1 and Annex A
"""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path
from typing import Final

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import UID

from dicom_workstation.data_sets.data_set_reading import read_elements
from dicom_workstation.data_sets.pydicom_warnings import suppress_warnings
from dicom_workstation.data_sets.structure import DataSetError
from dicom_workstation.tables import EXPLICIT_VR_BIG_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN

# What pydicom raises on bytes that are not a data set.
UNREADABLE: Final = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    EOFError,
    OSError,
    RecursionError,
    struct.error,
    BytesLengthException,
    InvalidDicomError,
    Warning,
)

_OURS: Final = str(Path(__file__).parents[1])


def is_our_mistake(error: BaseException) -> bool:
    """Whether a line of ours made a mistake, whatever the bytes were: such an error is never told as a file's fault.

    A `TypeError`, `AttributeError` or `NameError` is ours if a line of ours raised it, for what depends on the bytes
    is raised by pydicom; so is an attribute that is asked of a data set and is no keyword of the standard.
    """
    if not isinstance(error, TypeError | AttributeError | NameError):
        return False
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is not None and last.tb_frame.f_code.co_filename.startswith(_OURS):
        return True
    return (
        isinstance(error, AttributeError)
        and isinstance(error.obj, Dataset)
        and error.name is not None
        and tag_for_keyword(error.name) is None
    )


def read(data_set: bytes, transfer_syntax: str) -> Dataset:
    """Read an encoded data set; values are interpreted when they are asked for.

    Raises
    ------
    DataSetError
        If the bytes are not a data set in the transfer syntax, to their end.
    """
    is_implicit = transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
    is_little = transfer_syntax != EXPLICIT_VR_BIG_ENDIAN
    stream = BytesIO(data_set)
    try:
        with suppress_warnings():
            found, last_end = read_elements(stream, is_implicit, is_little)
    except UNREADABLE as error:
        if is_our_mistake(error):
            raise
        raise DataSetError(f"cannot be read as {UID(transfer_syntax).name}: {error}") from error
    end = len(data_set) if last_end is None else last_end
    if not len(found) or end > len(data_set) or data_set[min(end, stream.tell()) :].strip(b"\0"):
        raise DataSetError("is not a complete data set")
    return found


def encode(data_set: Dataset, transfer_syntax: str) -> bytes:
    """Encode a data set; bytes of words (Pixel Data) are in the order of the transfer syntax already."""
    stream = DicomBytesIO()
    stream.is_implicit_VR = transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
    stream.is_little_endian = transfer_syntax != EXPLICIT_VR_BIG_ENDIAN
    with suppress_warnings():
        write_dataset(stream, data_set)
    return bytes(stream.getvalue())
