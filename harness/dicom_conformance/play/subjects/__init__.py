"""Subjects: what is judged, behind one face.

`open_subject` finds one by the name of an entry point (`embedded`, `process`), by `module:Class`, or from a subject
file. Whatever it is, the harness asks it for the same few things; what it cannot do it says (`UnsupportedError`), and
the case is then NOT_CLAIMED, never a failure.
"""

from __future__ import annotations

from pathlib import Path

from dicom_conformance.errors import DataError
from dicom_conformance.play.subjects.foreign import OPERATIONS, Foreign, SubjectFile
from dicom_conformance.play.subjects.product import Product, find_product
from dicom_conformance.play.subjects.programs import find as find_program
from dicom_conformance.play.subjects.subject import Address, CommandEnd, CrashError, Subject, UnsupportedError

__all__ = [
    "OPERATIONS",
    "Address",
    "CommandEnd",
    "CrashError",
    "Foreign",
    "Product",
    "Subject",
    "SubjectFile",
    "UnsupportedError",
    "find_program",
    "open_subject",
    "subject_file",
]


def open_subject(name: str) -> Subject:
    """Find a subject: the name of an entry point, `module:Class`, a subject file, or ``AET@HOST:PORT``.

    Raises
    ------
    DataError
        There is no such subject, or its file is wrong.
    """
    foreign = subject_file(name)
    if foreign is not None:
        return foreign
    factory = find_product(name)
    if factory is None:
        raise DataError(Path(name), None, "", "is not a subject (embedded, process), a subject file, or AET@HOST:PORT")
    return Product(name, factory)


def subject_file(name: str) -> Foreign | None:
    """Read a subject file, or ``AET@HOST:PORT``; None where the name is that of a subject of ours.

    Raises
    ------
    DataError
        The file is wrong.
    """
    path = Path(name)
    return Foreign.from_file(path) if path.suffix in (".yaml", ".yml") or path.is_file() else Foreign.at(name)
