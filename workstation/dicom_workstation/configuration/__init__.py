"""What the workstation is configured to do: the configuration file, its models, TLS.

May import: `tables`, `data_sets`.
Begin with `configuration`; `yaml_file` reads files with line numbers, `tls` makes what `tls_profile` describes.
"""

from dicom_workstation.configuration.configuration import Archive, Configuration, Printer
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
from dicom_workstation.configuration.yaml_file import ConfigurationError

__all__ = [
    "TLS",
    "Archive",
    "Configuration",
    "ConfigurationError",
    "Printer",
    "StoppedError",
    "TLSSocket",
    "client_speaks_tls",
    "close_unwanted",
    "describe_tls_error",
    "handshake",
    "names_of",
    "warnings_of",
]
