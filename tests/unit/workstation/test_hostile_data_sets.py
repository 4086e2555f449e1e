"""Hostile data sets: each is refused with words, and before it has cost any memory worth the name."""

from __future__ import annotations

import tracemalloc

import pytest

from dicom_simulators.data_sets import build
from dicom_simulators.data_sets.recipes.hostile import HOSTILE
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.data_sets.inspection import describe
from dicom_workstation.data_sets.structure import DataSetError
from dicom_workstation.instances.memory import Memory
from dicom_workstation.loader.loader_server import LoaderServer
from dicom_workstation.tables import EXPLICIT_VR_BIG_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN

CT = "1.2.840.10008.5.1.4.1.1.2"
JPEG_LOSSLESS, JPEG_2000 = "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.90"
SYNTAXES = {
    "codestream_bomb": (JPEG_LOSSLESS, JPEG_2000),
    "unknown_vr": (EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN),
}
ALL = (IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN)
KEPT = {"group_length_lies"}  # a stale Group Length is kept with a warning, be it beyond the end
CASES = [(name, syntax) for name in HOSTILE if name not in KEPT for syntax in SYNTAXES.get(name, ALL)]


@pytest.mark.parametrize(("recipe", "syntax"), CASES)
def test_is_refused_and_costs_nothing(recipe, syntax):
    data_set = build(recipe, CT, syntax).data_set
    tracemalloc.start()
    try:
        with pytest.raises(DataSetError):
            describe(data_set, syntax)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


def test_what_the_loader_notes_is_one_line(make_note):
    lines, note = make_note
    note("C-STORE 1.2\n09:00:00 forged\x1b[2J")
    assert lines == ["loader: C-STORE 1.2\\x0a09:00:00 forged\\x1b[2J"]


@pytest.fixture
def make_note():
    lines: list[str] = []
    server = LoaderServer(Configuration(), Memory(1000), lines.append)
    return lines, server.note
