"""From a file, bytes, or a data set to attributes and to the place of Pixel Data.

Invariants: Pixel Data is found, not read; the bytes given are not copied; pydicom's complaints are PixelErrors.

References
----------
PS3.10 Section 7.1; PS3.5 Section 7.1.2, 7.1.3, Annex A.4, A.5
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, Literal

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from dicom_workstation.data_sets import (
    UNREADABLE,
    FileError,
    inflate,
    is_our_mistake,
    read_elements,
    read_file_meta,
    suppress_warnings,
)
from dicom_workstation.pixels.decoding import InFile, InMemory, PixelSource
from dicom_workstation.pixels.errors import PixelError
from dicom_workstation.pixels.limits import LIMITS
from dicom_workstation.pixels.remarks import Remarks
from dicom_workstation.tables import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    UNCOMPRESSED,
)

_NATIVE: Final = (*UNCOMPRESSED, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN)
_PIXEL_DATA: Final = 0x7FE00010
_FLOAT: Final = {0x7FE00008: "Float Pixel Data", 0x7FE00009: "Double Float Pixel Data"}
_LOOKED_AT: Final = frozenset({0x0018, 0x0028, 0x2050, 0x5200})
_EXPLICIT_VRS: Final = (b"OB", b"OW", b"UN")
_UNDEFINED: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class OpenedImage:
    """What was found."""

    data_set: Dataset
    transfer_syntax: str
    source: PixelSource
    vr: str
    remarks: Remarks

    @property
    def is_little_endian(self) -> bool:
        """Whether numbers of the data set are."""
        return self.transfer_syntax != EXPLICIT_VR_BIG_ENDIAN

    @property
    def is_encapsulated(self) -> bool:
        """Whether Pixel Data is made of items."""
        return self.transfer_syntax not in _NATIVE


def open_image(source: Dataset | str | Path | tuple[bytes, str]) -> OpenedImage:
    """Read all but Pixel Data; PixelError if that cannot be done."""
    try:
        with suppress_warnings():
            if isinstance(source, Dataset):
                found = _of_data_set(source)
                for tag in _looked_at(source):
                    _interpret(source, tag)
                return found
            found = _of_bytes(source[0], str(source[1])) if isinstance(source, tuple) else _of_file(Path(source))
            _interpret_or_remove(found)
            return found
    except FileError as error:
        raise PixelError(str(error)) from error
    except UNREADABLE as error:
        if is_our_mistake(error):
            raise
        raise PixelError(f"cannot be read: {type(error).__name__}: {str(error)[:200]}") from error


def _looked_at(data_set: Dataset) -> list[BaseTag]:
    return [tag for tag in tuple(data_set.keys()) if tag.group in _LOOKED_AT or 0x6000 <= tag.group <= 0x601E]


def _interpret(data_set: Dataset, tag: BaseTag) -> None:
    """Have pydicom interpret a value now, while it may complain, for the pipeline will look at it."""
    element = data_set[tag]
    for item in element.value if element.VR == "SQ" else ():
        for _ in item.iterall():
            pass


def _interpret_or_remove(found: OpenedImage) -> None:
    """Interpret what the pipeline will look at; go on without what cannot be interpreted, as if it were not there."""
    for tag in _looked_at(found.data_set):
        try:
            _interpret(found.data_set, tag)
        except UNREADABLE as error:
            del found.data_set[tag]
            found.remarks.add(f"element {int(tag):08X} cannot be read and is ignored: {str(error)[:100]}")


def _of_data_set(data_set: Dataset) -> OpenedImage:
    element = data_set.get(_PIXEL_DATA)
    if element is None:
        raise PixelError(_missing(data_set))
    raw = element.value
    if not isinstance(raw, bytes) or not raw:
        raise PixelError("Pixel Data is empty")
    source = InMemory(raw, 0, len(raw))
    return OpenedImage(data_set, _syntax_of(data_set), source, str(element.VR), Remarks())


def _syntax_of(data_set: Dataset) -> str:
    """Return the Transfer Syntax UID of File Meta Information, else what the data set itself was read as."""
    found = str(getattr(getattr(data_set, "file_meta", None), "TransferSyntaxUID", "") or "")
    if found:
        return found
    is_implicit, is_little = data_set.original_encoding
    if is_little is False:
        return EXPLICIT_VR_BIG_ENDIAN
    return EXPLICIT_VR_LITTLE_ENDIAN if is_implicit is False else IMPLICIT_VR_LITTLE_ENDIAN


def _missing(data_set: Dataset) -> str:
    names = [name for tag, name in _FLOAT.items() if tag in data_set]
    if names:
        return f"{names[0]} cannot be shown"
    is_something = "SOPClassUID" in data_set or getattr(data_set, "file_meta", None)
    return "there is no Pixel Data" if is_something else "is not a DICOM file"


def _of_bytes(raw: bytes, transfer_syntax: str) -> OpenedImage:
    if transfer_syntax == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN:
        raw = inflate(raw, LIMITS.frame_bytes)
    stream = BytesIO(raw)
    data_set, start, length, vr = _of_stream(stream, transfer_syntax, len(raw))
    return OpenedImage(data_set, transfer_syntax, InMemory(raw, start, length), vr, Remarks())


def _of_file(path: Path) -> OpenedImage:
    with path.open("rb") as stream:
        meta = read_file_meta(stream, may_be_absent=True)
        if meta.is_deflated:
            found = _of_bytes(stream.read(), meta.TransferSyntaxUID)
        else:
            transfer_syntax = meta.TransferSyntaxUID or _guessed_syntax(stream)
            data_set, start, length, vr = _of_stream(stream, transfer_syntax, path.stat().st_size)
            found = OpenedImage(data_set, transfer_syntax, InFile(path, start, length), vr, Remarks())
    found.data_set.file_meta = meta.elements
    return found


def _guessed_syntax(stream: BinaryIO) -> str:
    """Return what a data set that no File Meta Information describes is encoded in, by its first element."""
    start = stream.tell()
    head = stream.read(6)
    stream.seek(start)
    if not (head[4:6].isalpha() and head[4:6].isupper()):
        return IMPLICIT_VR_LITTLE_ENDIAN
    return EXPLICIT_VR_BIG_ENDIAN if head[0] < head[1] else EXPLICIT_VR_LITTLE_ENDIAN


def _of_stream(stream: BinaryIO, transfer_syntax: str, size: int) -> tuple[Dataset, int, int, str]:
    """Read the attributes before Pixel Data, and where its value is: offset, length and VR."""
    is_implicit, is_little = transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN, transfer_syntax != EXPLICIT_VR_BIG_ENDIAN
    data_set, _ = read_elements(stream, is_implicit, is_little, _is_at_pixel_data)
    return data_set, *_element(stream, is_implicit, is_little, size, data_set)


def _is_at_pixel_data(tag: BaseTag) -> bool:
    return tag == _PIXEL_DATA or tag in _FLOAT


def _element(
    stream: BinaryIO, is_implicit: bool, is_little: bool, size: int, data_set: Dataset
) -> tuple[int, int, str]:
    """Read the header of Pixel Data, where reading stopped: offset and length of its value, and its VR."""
    order: Literal["little", "big"] = "little" if is_little else "big"
    header = stream.read(8)
    group, number = int.from_bytes(header[:2], order), int.from_bytes(header[2:4], order)
    tag = group << 16 | number
    if tag in _FLOAT:
        raise PixelError(f"{_FLOAT[tag]} cannot be shown")
    if len(header) < 8 or tag != _PIXEL_DATA:
        raise PixelError(_missing(data_set))
    # pydicom forgives a data set in Implicit VR under a syntax in Explicit VR; so its last header is checked again.
    is_implicit = is_implicit or header[4:6] not in _EXPLICIT_VRS
    vr = "OW" if is_implicit else header[4:6].decode("latin-1")
    length = int.from_bytes(header[4:] if is_implicit else stream.read(4), order)
    start = stream.tell()
    if length == 0 or start >= size:
        raise PixelError("Pixel Data is empty")
    return start, size - start if length == _UNDEFINED else min(length, size - start), vr
