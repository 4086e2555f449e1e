"""Real peers first: an activated virtual environment puts pynetdicom's `echoscu` and others before DCMTK's.

Folders of PATH that hold such scripts are moved to its end, before any module of these tests copies the environment.
"""

from __future__ import annotations

import os
from pathlib import Path

from postgresql_server import empty_database, postgresql

__all__ = ["empty_database", "postgresql"]


def _holds_scripts_of_pynetdicom(folder: str) -> bool:
    script = Path(folder or ".") / "echoscu"
    try:
        return b"pynetdicom" in script.read_bytes()[:4096]
    except OSError:
        return False


os.environ["PATH"] = os.pathsep.join(
    sorted(os.environ.get("PATH", os.defpath).split(os.pathsep), key=_holds_scripts_of_pynetdicom)
)
