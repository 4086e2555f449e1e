"""Clients by servers: who can do what with whom, seen on the wire between them.

May import: `errors`, `files`, `pages`, `play`, `statement`, `trace`.
Begin with `matrix_file`, then `playing`.
"""

from dicom_conformance.matrix.cells import CELLS, Cell
from dicom_conformance.matrix.matrix_file import OWN_CLIENTS, OWN_SERVERS, MatrixDocument, MatrixFile, read_matrix
from dicom_conformance.matrix.outcome import MatrixOutcome
from dicom_conformance.matrix.playing import play_matrix

__all__ = [
    "CELLS",
    "OWN_CLIENTS",
    "OWN_SERVERS",
    "Cell",
    "MatrixDocument",
    "MatrixFile",
    "MatrixOutcome",
    "play_matrix",
    "read_matrix",
]
