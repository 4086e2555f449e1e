"""Grayscale Softcopy Presentation States: applied to images (SCP) and created from what is displayed (SCU).

May import: `data_sets`, `pixels`, `request_models`, `tables`.
Begin with `state` (a state as it was read) and `rendering` (a state applied); `creation` makes new ones.

References
----------
Conformance statement, 3.2.5; PS3.4 Annex N; PS3.3 A.33.1
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_workstation.presentation_states.creation import create_state, encode_texts_of, new_instance
    from dicom_workstation.presentation_states.displayed_area import Display
    from dicom_workstation.presentation_states.errors import StateError, reading
    from dicom_workstation.presentation_states.image_selection import SelectedImage
    from dicom_workstation.presentation_states.presentation import (
        WINDOW_HELP,
        ImageFrames,
        Presentation,
        Table,
        Window,
    )
    from dicom_workstation.presentation_states.rendering import Rendering, check, render
    from dicom_workstation.presentation_states.state import PresentationState

__all__ = [
    "WINDOW_HELP",
    "Display",
    "ImageFrames",
    "Presentation",
    "PresentationState",
    "Rendering",
    "SelectedImage",
    "StateError",
    "Table",
    "Window",
    "check",
    "create_state",
    "encode_texts_of",
    "new_instance",
    "reading",
    "render",
]

# Loaded at first use: the request models are needed for `--help`, which must not wait for pydicom and numpy.
_MODULES = {
    "WINDOW_HELP": "presentation",
    "Display": "displayed_area",
    "SelectedImage": "image_selection",
    "ImageFrames": "presentation",
    "Presentation": "presentation",
    "PresentationState": "state",
    "Rendering": "rendering",
    "StateError": "errors",
    "Table": "presentation",
    "Window": "presentation",
    "check": "rendering",
    "create_state": "creation",
    "new_instance": "creation",
    "reading": "errors",
    "render": "rendering",
    "encode_texts_of": "creation",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
