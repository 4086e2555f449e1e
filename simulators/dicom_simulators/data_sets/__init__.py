"""Synthetic SOP Instances: small, valid, seeded, the same on every machine.

Invariants: `build` is a pure function; the same arguments give the same bytes. Nothing is drawn or
parsed at import: numpy, pydicom and imagecodecs are imported by the functions that need them, since together they
cost a program that builds nothing a fifth of a second.

May import: `encoding`; numpy, pydicom and codecs within functions.
Begin with `building`; `recipes/` holds what can be built, `iods/` the modules of each IOD.
"""

from __future__ import annotations

from dicom_simulators.data_sets.building import build
from dicom_simulators.data_sets.exclusions import EXCLUSIONS, Exclusion, exclusion
from dicom_simulators.data_sets.folder import MEDIA_STORAGE_DIRECTORY, files_below, read_folder, why_skipped
from dicom_simulators.data_sets.identity import uid
from dicom_simulators.data_sets.instance import Instance, read_file, write_file
from dicom_simulators.data_sets.recipes import RECIPES, Recipe
from dicom_simulators.data_sets.sop_classes import SOP_CLASSES, UNASSIGNED_SOP_CLASS, SOPClass
from dicom_simulators.data_sets.study import build_studies, build_study
from dicom_simulators.data_sets.transfer_syntaxes import TRANSFER_SYNTAXES, TransferSyntax

__all__ = [
    "EXCLUSIONS",
    "MEDIA_STORAGE_DIRECTORY",
    "RECIPES",
    "SOP_CLASSES",
    "TRANSFER_SYNTAXES",
    "UNASSIGNED_SOP_CLASS",
    "Exclusion",
    "Instance",
    "Recipe",
    "SOPClass",
    "TransferSyntax",
    "build",
    "build_studies",
    "build_study",
    "exclusion",
    "files_below",
    "read_file",
    "read_folder",
    "uid",
    "why_skipped",
    "write_file",
]
