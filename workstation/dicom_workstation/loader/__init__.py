"""The loader: C-STORE as SCP and C-MOVE as SCU (conformance statement, 3.2.2).

May import: `network`, `instances` and what stands below them.
Begin with `loader_server` (what arrives) and `loader_client` (what is asked for).
"""

from dicom_workstation.loader.loader_client import LOW, MEDIUM, LoaderClient
from dicom_workstation.loader.loader_server import LoaderServer

__all__ = [
    "LOW",
    "MEDIUM",
    "LoaderClient",
    "LoaderServer",
]
