"""The one reader of Part 10 files: what File Meta Information says, and where the data set begins.

Invariants: no more than File Meta Information is read until the data set is asked for; a deflated data set is
inflated, but only up to a limit, so that a small file cannot take all memory.

References
----------
PS3.10 Section 7.1; PS3.5 Annex A.5
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from pydicom.dataset import FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag

from dicom_workstation.data_sets.data_set_encoding import UNREADABLE, is_our_mistake
from dicom_workstation.data_sets.pydicom_warnings import suppress_warnings
from dicom_workstation.tables import DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN

MOST_INFLATED_BYTES: Final = 1 << 29
_LARGEST_RATIO: Final = 1032  # of inflated to deflated bytes, RFC 1951: 258 bytes by two bits
_PIECE_BYTES: Final = 1 << 20
_PREAMBLE_BYTES: Final = 128
_PREFIX: Final = b"DICM"
_FILE_META_GROUP: Final = 0x0002


class FileError(ValueError):
    """A file that cannot be read as a DICOM file; the text says why."""


@dataclass(frozen=True, slots=True)
class FileMeta:
    """What File Meta Information says; a UID that it does not have is empty.

    Parameters
    ----------
    offset : int
        Where the data set begins, counted from the start of the file.
    elements : FileMetaDataset
        All of it, as pydicom holds it.
    """

    SOPClassUID: str
    SOPInstanceUID: str
    TransferSyntaxUID: str
    offset: int
    elements: FileMetaDataset = field(repr=False, compare=False)

    @property
    def is_deflated(self) -> bool:
        """Whether the data set is to be inflated before it can be read."""
        return self.TransferSyntaxUID == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN


@dataclass(frozen=True, slots=True)
class Part10File:
    """A file of which File Meta Information has been read."""

    path: Path
    meta: FileMeta

    @property
    def transfer_syntax(self) -> str:
        """The transfer syntax of what `data_set` returns."""
        return EXPLICIT_VR_LITTLE_ENDIAN if self.meta.is_deflated else self.meta.TransferSyntaxUID

    def data_set(self) -> bytes:
        """Read the encoded data set, inflated if need be.

        Raises
        ------
        FileError
            If it cannot be inflated, or would take too much memory.
        OSError
            If the file can no longer be read.
        """
        with self.open() as stream:
            raw = stream.read()
        return inflate(raw) if self.meta.is_deflated else raw

    def open(self) -> BinaryIO:
        """Open the file where its encoded data set begins; OSError if it can no longer be read."""
        stream = self.path.open("rb")
        stream.seek(self.meta.offset)
        return stream


def open_part10(path: Path) -> Part10File:
    """Read the File Meta Information of a file.

    Raises
    ------
    FileError
        If it is not a Part 10 file, or its File Meta Information names no transfer syntax.
    """
    try:
        with path.open("rb") as stream:
            meta = read_file_meta(stream)
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror or error}") from error
    if not meta.TransferSyntaxUID:
        raise FileError("is not a complete DICOM file: its File Meta Information has no Transfer Syntax UID")
    return Part10File(path, meta)


def read_file_meta(stream: BinaryIO, *, may_be_absent: bool = False) -> FileMeta:
    """Read preamble, prefix and File Meta Information; the stream then stands where the data set begins.

    Parameters
    ----------
    may_be_absent : bool
        Whether to read on from the first byte where there is no preamble, as in files that were written before Part 10.

    Raises
    ------
    FileError
        If the file does not begin as PS3.10 Section 7.1 demands.
    """
    if stream.read(_PREAMBLE_BYTES + len(_PREFIX))[_PREAMBLE_BYTES:] != _PREFIX:
        if not may_be_absent:
            raise FileError("is not a DICOM file: it has no DICM prefix")
        stream.seek(0)
    try:
        with suppress_warnings():
            found = FileMetaDataset(read_dataset(stream, False, True, stop_when=_is_after_file_meta))
            sop_class, sop_instance, transfer_syntax = (
                str(found.get(keyword) or "")
                for keyword in ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "TransferSyntaxUID")
            )
    except UNREADABLE as error:
        if is_our_mistake(error):
            raise
        raise FileError(f"has unreadable File Meta Information: {error}") from error
    return FileMeta(sop_class, sop_instance, transfer_syntax, stream.tell(), found)


def _is_after_file_meta(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag.group != _FILE_META_GROUP


def inflate(raw: bytes, most_bytes: int = MOST_INFLATED_BYTES) -> bytes:
    """Inflate a deflated data set.

    Raises
    ------
    FileError
        If the bytes are not deflated, or if more than `most_bytes`, or `MOST_INFLATED_BYTES`, would come out.
    """
    most_bytes = min(most_bytes, MOST_INFLATED_BYTES)
    if len(raw) * _LARGEST_RATIO > most_bytes:
        size = 0
        for piece in _inflated_pieces(raw):  # counted first, so that what is refused takes no memory
            size += len(piece)
            if size > most_bytes:
                raise FileError(f"decompression bomb: the inflated data set is larger than {most_bytes} bytes")
    found = BytesIO()  # gives its bytes away without a copy
    for piece in _inflated_pieces(raw):
        found.write(piece)
    return found.getvalue()


def _inflated_pieces(raw: bytes) -> Iterator[bytes]:
    """Yield what comes out, at most `_PIECE_BYTES` at a time."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    left: bytes | memoryview = memoryview(raw)
    while not inflater.eof:
        given, left = left[:_PIECE_BYTES], left[_PIECE_BYTES:]
        if not given:
            return
        tail: bytes | memoryview = given
        while tail and not inflater.eof:
            try:
                yield inflater.decompress(tail, _PIECE_BYTES)
            except zlib.error as error:
                raise FileError(f"cannot be inflated: {error}") from error
            tail = inflater.unconsumed_tail
