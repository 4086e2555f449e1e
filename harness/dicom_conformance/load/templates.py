"""Instances that differ in their names only, so that making one costs no more than joining its parts."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from dicom_conformance.load.names import PATIENT_CHARACTERS, Names
from dicom_conformance.load.plan import Plan
from dicom_conformance.load.plan_file import Size, Store
from dicom_simulators.data_sets import SOP_CLASSES, build

__all__ = ["Template", "make_template", "templates_of"]

_STUDY, _SERIES, _INSTANCE = (f"2.25.{digit * 39}" for digit in "123")
_PATIENT = "LOAD".ljust(PATIENT_CHARACTERS, "0")
_PLACES = re.compile("|".join(map(re.escape, (_STUDY, _SERIES, _INSTANCE, _PATIENT))).encode())
_DRAWN_BYTES = 1 << 20
"""Up to this size pixels are drawn one by one; beyond it they are repeated tiles."""


@dataclass(frozen=True, slots=True)
class Template:
    """An encoded data set with places for the names.

    Attributes
    ----------
    parts : tuple of bytes
        What stands between the places.
    places : tuple of str
        What stands in each place: ``study``, ``series``, ``instance`` or ``patient``.
    size_bytes : int
        The length of the data set.
    """

    sop_class: str
    transfer_syntax: str
    parts: tuple[bytes, ...]
    places: tuple[str, ...]
    size_bytes: int

    def data_set(self, names: Names, study: int, instance: int) -> bytes:
        """Give the data set of one instance."""
        values = {
            "study": names.study(study).encode(),
            "series": names.series(study).encode(),
            "instance": names.instance(study, instance).encode(),
            "patient": names.patient(study).encode(),
        }
        pieces = [self.parts[0]]
        for place, part in zip(self.places, self.parts[1:], strict=True):
            pieces += (values[place], part)
        return b"".join(pieces)


def make_template(entry: Store, size: Size) -> Template:
    """Make the template of the instances of an entry that have a size.

    Raises
    ------
    ValueError
        No such instance can be built.
    """
    meanings = {_STUDY: "study", _SERIES: "series", _INSTANCE: "instance", _PATIENT: "patient"}
    names: dict[str, Any] = {
        "StudyInstanceUID": _STUDY,
        "SeriesInstanceUID": _SERIES,
        "SOPInstanceUID": _INSTANCE,
        "PatientID": _PATIENT,
        "PatientName": "Load^Synthetic",
    }
    if size.bytes <= _DRAWN_BYTES:
        edge = _edge(entry.sop_class, size.bytes)
        built = build("smallest", entry.sop_class, entry.transfer_syntax, rows=edge, columns=edge, **names)
    else:
        built = build("large", entry.sop_class, entry.transfer_syntax, size_bytes=size.bytes, **names)
    found = list(_PLACES.finditer(built.data_set))
    starts, ends = [0, *(one.end() for one in found)], [*(one.start() for one in found), len(built.data_set)]
    parts = tuple(built.data_set[start:end] for start, end in zip(starts, ends, strict=True))
    places = tuple(meanings[one.group().decode()] for one in found)
    return Template(entry.sop_class, entry.transfer_syntax, parts, places, len(built.data_set))


def _edge(sop_class: str, size_bytes: int) -> int:
    """Give the rows and columns, an even number of each, of a picture with at least so many bytes of pixels."""
    kind = next(one for one in SOP_CLASSES if one.uid == sop_class)
    if kind.native is None:
        raise ValueError(f"{sop_class} has no pixels")
    pixel_bytes = kind.native.bits_allocated // 8 * kind.native.samples * kind.frames
    return max(2, math.ceil(math.sqrt(size_bytes / pixel_bytes) / 2) * 2)


def templates_of(plan: Plan) -> dict[tuple[int, int], Template]:
    """Make every template of a plan, by the index of the entry in the mix and that of the size in the entry.

    Raises
    ------
    ValueError
        An instance cannot be built; the message says of which entry.
    """
    made = {}
    for index, entry in enumerate(plan.file.mix):
        if isinstance(entry, Store):
            for number, size in enumerate(entry.sizes):
                try:
                    made[index, number] = make_template(entry, size)
                except ValueError as error:
                    raise ValueError(f"mix[{index}]: {error}") from error
    return made
