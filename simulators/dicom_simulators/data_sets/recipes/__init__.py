"""Recipes of synthetic SOP Instances, one small module for each family.

May import: the other modules of `data_sets`.
Begin with `index`.
"""

from dicom_simulators.data_sets.recipes.index import RECIPES, Recipe

__all__ = [
    "RECIPES",
    "Recipe",
]
