"""The pages of `docs/reference/`, made from the models of files, simulators and commands.

Begin with `pages`, which names every page. A page is made of tables (`markdown`) whose rows come from the JSON Schema
of a model (`models`, `json_types`) or from a docstring (`docstrings`).

May import: everything of the harness but `pytest_plugin`.
"""

from dicom_conformance.reference import schema
from dicom_conformance.reference.operations import Operation
from dicom_conformance.reference.pages import Sources, pages, write
from dicom_conformance.reference.schema import export

__all__ = [
    "Operation",
    "Sources",
    "export",
    "pages",
    "schema",
    "write",
]
