"""One SOP Instance, encoded; how it becomes a Part 10 file and how a file becomes it.

Invariants: an `Instance` never changes, and the bytes of its data set are kept as they were made or read;
File Meta Information is written anew. Nothing here needs pydicom but `Instance.read`.

References
----------
PS3.10 7.1 (File Meta Information).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicom_simulators.data_sets.identity import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME

if TYPE_CHECKING:  # numpy and pydicom cost 200 ms at start-up: only what draws or parses imports them
    from numpy.typing import NDArray
    from pydicom import Dataset

_PREAMBLE_BYTES = 128
_LONG_VRS = (b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UC", b"UN", b"UR", b"UT", b"SV", b"UV")
_MEDIA_STORAGE_SOP_CLASS_UID = 0x0002
_MEDIA_STORAGE_SOP_INSTANCE_UID = 0x0003
_TRANSFER_SYNTAX_UID = 0x0010


@dataclass(frozen=True, slots=True)
class Instance:
    """One SOP Instance as it goes over the wire or into a file.

    Parameters
    ----------
    SOPClassUID, SOPInstanceUID : str
        What a C-STORE-RQ names (Affected SOP Class UID, Affected SOP Instance UID).
    transfer_syntax : str
        UID of the transfer syntax that `data_set` is encoded in.
    data_set : bytes
        The encoded data set, without File Meta Information.
    pixels : ndarray or None
        Stored values before compression, shape (frames, rows, columns) or, in colour, (frames, rows, columns, 3) as
        RGB; not writeable. None if there are none or if they are not known (a file that was read).
    max_error : int
        Largest absolute difference between `pixels` and what a decoder gives back; 0 unless the transfer syntax is
        lossy.
    """

    SOPClassUID: str
    SOPInstanceUID: str
    transfer_syntax: str
    data_set: bytes = field(repr=False)
    pixels: NDArray[Any] | None = field(default=None, repr=False, compare=False)
    max_error: int = 0

    def file_bytes(self) -> bytes:
        """Return the instance as a Part 10 file: preamble, prefix, File Meta Information, data set."""
        return file_meta(self) + self.data_set

    def read(self) -> Dataset:
        """Return the instance as pydicom reads its file.

        Raises
        ------
        pydicom.errors.InvalidDicomError
            If the data set is deliberately no data set and pydicom notices.
        """
        from io import BytesIO

        from pydicom import dcmread  # here for a quick start of programs that parse nothing

        return dcmread(BytesIO(self.file_bytes()))


def file_meta(instance: Instance) -> bytes:
    """Return preamble, prefix and File Meta Information (PS3.10 Table 7.1-1)."""
    elements = b"".join(
        (
            b"\x02\x00\x01\x00OB\x00\x00\x02\x00\x00\x00\x00\x01",  # File Meta Information Version
            _element(_MEDIA_STORAGE_SOP_CLASS_UID, b"UI", instance.SOPClassUID),
            _element(_MEDIA_STORAGE_SOP_INSTANCE_UID, b"UI", instance.SOPInstanceUID),
            _element(_TRANSFER_SYNTAX_UID, b"UI", instance.transfer_syntax),
            _element(0x0012, b"UI", IMPLEMENTATION_CLASS_UID),
            _element(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME),
        )
    )
    group_length = b"\x02\x00\x00\x00UL\x04\x00" + struct.pack("<I", len(elements))
    return b"\0" * _PREAMBLE_BYTES + b"DICM" + group_length + elements


def read_file(path: str | Path) -> Instance:
    """Read a Part 10 file; the bytes of its data set stay as they are.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is no Part 10 file, or its File Meta Information names no SOP Class, SOP Instance or transfer syntax.
    """
    raw = Path(path).read_bytes()
    if raw[_PREAMBLE_BYTES : _PREAMBLE_BYTES + 4] != b"DICM":
        raise ValueError(f"{path}: not a DICOM file (no DICM after the preamble)")
    meta, start = _parse_file_meta(raw, _PREAMBLE_BYTES + 4)
    wanted = (_MEDIA_STORAGE_SOP_CLASS_UID, _MEDIA_STORAGE_SOP_INSTANCE_UID, _TRANSFER_SYNTAX_UID)
    uids = [meta.get(element, b"").decode("ascii", "replace").rstrip("\0 ") for element in wanted]
    for element, value in zip(wanted, uids, strict=True):
        if not value:
            raise ValueError(f"{path}: File Meta Information lacks (0002,{element:04X})")
    return Instance(uids[0], uids[1], uids[2], raw[start:])


def write_file(instance: Instance, path: str | Path) -> Path:
    """Write the instance as a Part 10 file and return its path."""
    target = Path(path)
    with target.open("wb") as file:
        file.writelines((file_meta(instance), instance.data_set))
    return target


def _element(number: int, vr: bytes, text: str) -> bytes:
    """Return one element of group 0002; UIDs are padded with NUL, text with a space (PS3.5 6.2)."""
    value = text.encode("ascii")
    if len(value) % 2:
        value += b"\0" if vr == b"UI" else b" "
    return struct.pack("<HH2sH", 0x0002, number, vr, len(value)) + value


def _parse_file_meta(raw: bytes, position: int) -> tuple[dict[int, bytes], int]:
    """Return the values of group 0002 by element number, and where the data set starts.

    The group is Explicit VR Little Endian in every file (PS3.10 7.1); its group length is not relied upon.
    """
    values: dict[int, bytes] = {}
    while raw[position : position + 2] == b"\x02\x00" and position + 8 <= len(raw):
        number = int.from_bytes(raw[position + 2 : position + 4], "little")
        if raw[position + 4 : position + 6] in _LONG_VRS:
            length, head = int.from_bytes(raw[position + 8 : position + 12], "little"), 12
        else:
            length, head = int.from_bytes(raw[position + 6 : position + 8], "little"), 8
        values[number] = raw[position + head : position + head + length]
        position += head + length
    return values, position
