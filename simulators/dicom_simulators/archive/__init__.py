"""The archive (PACS): C-ECHO, C-STORE, C-FIND, C-MOVE, C-GET and storage commitment as SCP.

May import: `association`, `data_sets`, `encoding`.
Begin with `archive`; `holdings` keeps the instances, `matching` compares keys with values.
"""

from dicom_simulators.archive.archive import Archive

__all__ = [
    "Archive",
]
