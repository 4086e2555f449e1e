"""Grayscale Softcopy Presentation States: applied to images (SCP) and created from what is displayed (SCU).

References
----------
Conformance statement, 3.2.5; PS3.4 Annex N; PS3.3 A.33.1
"""

from importlib import import_module
from typing import TYPE_CHECKING

from dicom_workstation.presentation_states.creation.creation import encode_texts_of
from dicom_workstation.presentation_states.errors import reading
from dicom_workstation.presentation_states.presentation import WINDOW_HELP, ImageFrames, Presentation, Table, Window

if TYPE_CHECKING:
    from dicom_workstation.presentation_states.creation import create_state, new_instance
    from dicom_workstation.presentation_states.displayed_area import Display
    from dicom_workstation.presentation_states.errors import StateError
    from dicom_workstation.presentation_states.image_selection import SelectedImage
    from dicom_workstation.presentation_states.presentation import ImageFrames, Presentation, Window
    from dicom_workstation.presentation_states.rendering import Rendering, check, render
    from dicom_workstation.presentation_states.state import PresentationState


# Loaded at first use: the request models are needed for `--help`, which must not wait for pydicom and numpy.
_MODULES = {
    "Display": "displayed_area",
    "SelectedImage": "displayed",
    "ImageFrames": "presentation",
    "Presentation": "presentation",
    "PresentationState": "state",
    "Rendering": "rendering",
    "StateError": "errors",
    "Window": "presentation",
    "check": "rendering",
    "create_state": "creation",
    "new_instance": "creation",
    "render": "rendering",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


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
