"""The diagnostic workstation of the conformance statement, built on pynetdicom.

It acts; what it promises stands elsewhere and it never reads it: query engine (3.2.1), loader, server and client
side (3.2.2), store client (3.2.3), print client (3.2.4), presentation states (3.2.5), its memory, its configuration
and its control interface. It knows of no test.

Begin with `Workstation`, which is the only door, and `OPERATIONS`, the table of what it can be asked to do; `Outcome`
and its kinds are what it answers. What else is public stands in `__all__`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_workstation.application import Workstation
    from dicom_workstation.configuration import TLS, Archive, Configuration, ConfigurationError, Printer
    from dicom_workstation.control import ControlClient, ControlError, ControlServer
    from dicom_workstation.instances import Memory, StoredInstance, part10_file, read_part10
    from dicom_workstation.operations import OPERATIONS, Operation
    from dicom_workstation.outcome import (
        Abort,
        CreationOutcome,
        DecodeOutcome,
        FilmResult,
        Outcome,
        Picture,
        PreviewFilm,
        PreviewOutcome,
        PrinterEvent,
        PrinterOutcome,
        PrinterState,
        PrintOutcome,
        QueryOutcome,
        Rejection,
        RenderOutcome,
        Result,
        RetrieveOutcome,
        ShowOutcome,
        StatesOutcome,
        StateSummary,
        StoredPixels,
        StoreOutcome,
    )
    from dicom_workstation.pixels import Image, PixelError, Transformation, apply
    from dicom_workstation.presentation_states import Display, PresentationState, StateError, Window, render
    from dicom_workstation.requests import (
        PresentRequest,
        PrintRequest,
        QueryRequest,
        RenderRequest,
        RequestError,
        RetrieveRequest,
        SaveRequest,
        StoreRequest,
    )

__all__ = [
    "OPERATIONS",
    "TLS",
    "Abort",
    "Archive",
    "Configuration",
    "ConfigurationError",
    "ControlClient",
    "ControlError",
    "ControlServer",
    "CreationOutcome",
    "DecodeOutcome",
    "Display",
    "FilmResult",
    "Image",
    "Memory",
    "Operation",
    "Outcome",
    "Picture",
    "PixelError",
    "PresentRequest",
    "PresentationState",
    "PreviewFilm",
    "PreviewOutcome",
    "PrintOutcome",
    "PrintRequest",
    "Printer",
    "PrinterEvent",
    "PrinterOutcome",
    "PrinterState",
    "QueryOutcome",
    "QueryRequest",
    "Rejection",
    "RenderOutcome",
    "RenderRequest",
    "RequestError",
    "Result",
    "RetrieveOutcome",
    "RetrieveRequest",
    "SaveRequest",
    "ShowOutcome",
    "StateError",
    "StateSummary",
    "StatesOutcome",
    "StoreOutcome",
    "StoreRequest",
    "StoredInstance",
    "StoredPixels",
    "Transformation",
    "Window",
    "Workstation",
    "apply",
    "part10_file",
    "read_part10",
    "render",
]

# Each is loaded at its first use: importing the package loads no third-party library.
_MODULES = {
    "application": ("Workstation",),
    "configuration": ("TLS", "Archive", "Configuration", "ConfigurationError", "Printer"),
    "control": ("ControlClient", "ControlError", "ControlServer"),
    "instances": ("Memory", "StoredInstance", "part10_file", "read_part10"),
    "operations": ("OPERATIONS", "Operation"),
    "outcome": (
        *("Abort", "CreationOutcome", "DecodeOutcome", "FilmResult", "Outcome", "Picture", "PreviewFilm"),
        *("PreviewOutcome", "PrintOutcome", "PrinterEvent", "PrinterOutcome", "PrinterState"),
        *("QueryOutcome", "Rejection", "RenderOutcome", "Result", "RetrieveOutcome", "ShowOutcome"),
        *("StateSummary", "StatesOutcome", "StoreOutcome", "StoredPixels"),
    ),
    "pixels": ("Image", "PixelError", "Transformation", "apply"),
    "presentation_states": ("Display", "PresentationState", "StateError", "Window", "render"),
    "requests": (
        *("PresentRequest", "PrintRequest", "QueryRequest", "RenderRequest", "RequestError"),
        *("RetrieveRequest", "SaveRequest", "StoreRequest"),
    ),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found
