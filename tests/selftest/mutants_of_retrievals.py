"""Mutants of the archive that retrieves, stores and commits wrongly, besides those of `mutants_of_the_archive`."""

from __future__ import annotations

from mutation import Catalogue

RETRIEVALS = Catalogue()
