"""Films as a printer put them out: the files that it left in a folder, each of one film.

Invariants: what is read are pictures of whole films (PNG), and Stored Prints with the hardcopy images that they refer
to; any other file is passed over. A file counts if it was not there, or was another one, when the case began. What is
still being written is read again later. Where films are missing at last, a file that may be one and that cannot be read
(damaged, of an unknown encoding, larger than any memory) is given as such, so that nobody takes it for missing.

References
----------
PS3.3 A.42 (Stored Print IOD), A.43 (Hardcopy Grayscale Image IOD), A.44 (Hardcopy Color Image IOD), all retired:
PS3.3-2004.
"""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread

from dicom_conformance.interruption import waiting

STORED_PRINT = "1.2.840.10008.5.1.1.27"
HARDCOPIES = ("1.2.840.10008.5.1.1.29", "1.2.840.10008.5.1.1.30")
MOST_FILES = 10_000
MOST_BYTES = 1 << 28
LOOK_S = 0.02
"""How often the folder is looked at while films are awaited."""

_PNG, _DICOM, _DICOM_AT = b"\x89PNG\r\n\x1a\n", b"DICM", 128
_MOST_PIXELS = 1 << 27

Picture: TypeAlias = NDArray[np.uint8]
_Stamp: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class StoredImage:
    """One image of a Stored Print.

    Attributes
    ----------
    pixels : ndarray, shape (rows, columns) or (rows, columns, 3), uint8 or uint16
    parameters : mapping of str to str
        Polarity and Magnification Type of its image box, where they are there.
    """

    pixels: NDArray[Any]
    bits: int
    photometric_interpretation: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PutOutFilm:
    """One film that came out of a printer: a picture of it, or the images that it is made of.

    Attributes
    ----------
    name : str
        Of its file.
    picture : ndarray or None
        Shape (rows, columns) or (rows, columns, 3), 0 = black to 255 = white.
    images : mapping of int to StoredImage
        Of a Stored Print, by Image Box Position.
    magnification : str
        Magnification Type of the film box of a Stored Print; empty where it is absent.
    is_readable : bool
        False where a file seems to be a film and cannot be read: nothing of it is known.
    """

    name: str
    picture: Picture | None = None
    images: Mapping[int, StoredImage] = field(default_factory=dict)
    magnification: str = ""
    is_readable: bool = True


class FilmFolder:
    """The folder in which a printer leaves its films, from now on.

    Parameters
    ----------
    path : Path
        A folder that exists.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pause = threading.Event()
        self._before = dict(self._files())
        self._read: dict[tuple[Path, _Stamp], PutOutFilm | Dataset | None] = {}

    def films(self, count: int, within_s: float) -> tuple[PutOutFilm, ...]:
        """Give the films that came out, in the order of their files' times.

        Parameters
        ----------
        count : int
            How many are awaited.
        within_s : float
            How long they are awaited, in seconds; what is there then is given, and what cannot be read with it.
        """
        until = time.monotonic() + within_s
        found = self._now()
        while len(found) < count and time.monotonic() < until:
            with waiting():
                self._pause.wait(LOOK_S)
            found = self._now()
        return tuple(found if len(found) >= count else [*found, *self._unreadable(found)])

    def _unreadable(self, found: list[PutOutFilm]) -> Iterator[PutOutFilm]:
        """Give the new files that seem to be films and are none of those found."""
        names = {film.name for film in found}
        stored = {str(one.get("SOPInstanceUID")) for one in self._read.values() if isinstance(one, Dataset)}
        for (path, (_, size_bytes)), one in self._read.items():
            is_picture = one is None and (size_bytes > MOST_BYTES or _begins_as_png(path))
            is_print = isinstance(one, Dataset) and one.get("SOPClassUID") == STORED_PRINT and _images_of(one) <= stored
            if path.name not in names and path.exists() and (is_picture or is_print):
                yield PutOutFilm(path.name, is_readable=False)

    def _files(self) -> Iterator[tuple[Path, _Stamp]]:
        """Give the files of the folder, each with the time and the size by which it is known."""
        try:
            paths = [path for path, _ in zip(self.path.iterdir(), range(MOST_FILES), strict=False)]
        except OSError:
            return
        for path in paths:
            try:
                status = path.stat()
            except OSError:  # it is gone again
                continue
            if path.is_file():
                yield path, (status.st_mtime_ns, status.st_size)

    def _now(self) -> list[PutOutFilm]:
        new = sorted(
            ((path, stamp) for path, stamp in self._files() if self._before.get(path) != stamp),
            key=lambda one: (one[1], one[0].name),
        )
        for path, stamp in new:
            if self._read.get((path, stamp)) is None:
                self._read[path, stamp] = _read(path, stamp[1])
        held = [self._read[one] for one in new]
        hardcopies = {str(one.SOPInstanceUID): one for one in held if isinstance(one, Dataset) and _is_hardcopy(one)}
        found: list[PutOutFilm] = []
        for (path, _), one in zip(new, held, strict=True):
            film = _stored_print(path.name, one, hardcopies) if isinstance(one, Dataset) else one
            found += [] if film is None else [film]
        return found


def _begins_as_png(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_PNG)) == _PNG
    except OSError:
        return False


def _images_of(stored_print: Dataset) -> set[str]:
    """Give the SOP Instance UIDs of the images of a Stored Print."""
    boxes = stored_print.get("ImageBoxContentSequence") or ()
    return {
        str(each.get("ReferencedSOPInstanceUID")) for box in boxes for each in box.get("ReferencedImageSequence") or ()
    }


def _is_hardcopy(one: Dataset) -> bool:
    return one.get("SOPClassUID") in HARDCOPIES and "SOPInstanceUID" in one


def _read(path: Path, size_bytes: int) -> PutOutFilm | Dataset | None:
    """Read a file; None where it is not whole, or of a kind that tells nothing."""
    if size_bytes > MOST_BYTES:
        return None
    try:
        raw = path.read_bytes()
        if raw.startswith(_PNG):
            picture = _picture(raw)
            return None if picture is None else PutOutFilm(path.name, picture)
        if raw[_DICOM_AT : _DICOM_AT + len(_DICOM)] == _DICOM:
            return dcmread(path)
    except Exception:  # whatever a decoder raises at a file that another program has not yet finished
        return None
    return None


def _picture(raw: bytes) -> Picture | None:
    """Decode a PNG file to 8 bits a sample, without its opacity."""
    import imagecodecs  # only who reads films pays for it

    columns, rows = struct.unpack(">II", raw[16:24])
    if not 0 < rows * columns <= _MOST_PIXELS:
        return None
    found: NDArray[Any] = imagecodecs.png_decode(raw)
    if found.dtype == np.uint16:
        found = (found >> 8).astype(np.uint8)
    if found.ndim == 3:
        found = found[..., 0] if found.shape[2] < 3 else found[..., :3]
    return found if found.dtype == np.uint8 else None


def _stored_print(name: str, one: Dataset, hardcopies: Mapping[str, Dataset]) -> PutOutFilm | None:
    """Give a Stored Print with its images; None where it is none, or an image of it is not there yet."""
    if one.get("SOPClassUID") != STORED_PRINT:
        return None
    images = {}
    for box in one.get("ImageBoxContentSequence") or ():
        references = box.get("ReferencedImageSequence") or ()
        position = box.get("ImageBoxPosition")
        if not references or position is None:
            continue
        hardcopy = hardcopies.get(str(references[0].get("ReferencedSOPInstanceUID", "")))
        image = None if hardcopy is None else _stored_image(hardcopy, box)
        if image is None:
            return None
        images[int(position)] = image
    films = one.get("FilmBoxContentSequence") or (Dataset(),)
    return PutOutFilm(name, None, images, str(films[0].get("MagnificationType", "")))


def _stored_image(hardcopy: Dataset, box: Dataset) -> StoredImage | None:
    try:
        pixels = hardcopy.pixel_array
    except Exception:  # whatever pydicom raises at pixels that cannot be read
        return None
    keywords = ("Polarity", "MagnificationType")
    texts = {keyword: str(box.get(keyword)) for keyword in keywords if box.get(keyword)}
    return StoredImage(pixels, int(hardcopy.get("BitsStored", 8)), str(hardcopy.PhotometricInterpretation), texts)


Source: TypeAlias = Callable[[int, float], tuple[PutOutFilm, ...]]
"""What gives films that came out: how many are awaited, and for how long, in seconds."""
