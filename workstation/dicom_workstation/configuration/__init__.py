"""What the workstation is configured to do: the configuration file, its models, TLS.

May import: `tables`, `data_sets`.
Begin with `configuration`; `yaml_file` reads files with line numbers, `tls` makes what `tls_profile` describes.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_workstation.configuration.configuration import Archive, Configuration, Printer
    from dicom_workstation.configuration.osm import OSM
    from dicom_workstation.configuration.tls import (
        TLS,
        StoppedError,
        TLSSocket,
        client_speaks_tls,
        close_unwanted,
        describe_tls_error,
        handshake,
        names_of,
    )
    from dicom_workstation.configuration.tls_profile import warnings_of
    from dicom_workstation.configuration.worklist import Worklist, vr_of
    from dicom_workstation.configuration.yaml_file import ConfigurationError

__all__ = [
    "OSM",
    "TLS",
    "Archive",
    "Configuration",
    "ConfigurationError",
    "Printer",
    "StoppedError",
    "TLSSocket",
    "Worklist",
    "client_speaks_tls",
    "close_unwanted",
    "describe_tls_error",
    "handshake",
    "names_of",
    "vr_of",
    "warnings_of",
]

# Loaded at first use: `--help` must not wait for the libraries of every module.
_MODULES = {
    "OSM": "osm",
    "Archive": "configuration",
    "Configuration": "configuration",
    "ConfigurationError": "yaml_file",
    "Printer": "configuration",
    "StoppedError": "tls",
    "TLS": "tls",
    "TLSSocket": "tls",
    "Worklist": "worklist",
    "client_speaks_tls": "tls",
    "close_unwanted": "tls",
    "describe_tls_error": "tls",
    "handshake": "tls",
    "names_of": "tls",
    "vr_of": "worklist",
    "warnings_of": "tls_profile",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        return found
