"""Synthetic SOP Instances: small, valid, seeded, the same on every machine.

Invariants: `build` is a pure function; the same arguments give the same bytes. Nothing is drawn or
parsed at import: numpy, pydicom and imagecodecs are imported by the functions that need them, since together they
cost a program that builds nothing a fifth of a second.
"""

from __future__ import annotations

from .building import build
from .exclusions import EXCLUSIONS, Exclusion, exclusion
from .instance import Instance, read_file, write_file
from .recipes import RECIPES, Recipe
from .sop_classes import SOP_CLASSES, SOPClass
from .study import build_studies, build_study
from .transfer_syntaxes import TRANSFER_SYNTAXES, TransferSyntax

__all__ = [
    "EXCLUSIONS",
    "RECIPES",
    "SOP_CLASSES",
    "TRANSFER_SYNTAXES",
    "Exclusion",
    "Instance",
    "Recipe",
    "SOPClass",
    "TransferSyntax",
    "build",
    "build_studies",
    "build_study",
    "exclusion",
    "read_file",
    "write_file",
]
