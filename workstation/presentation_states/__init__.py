"""Grayscale Softcopy Presentation States: applied to images (SCP) and created from what is displayed (SCU).

References
----------
Conformance statement, 3.2.5; PS3.4 Annex N; PS3.3 A.33.1
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workstation.presentation_states.creation import create_state, new_instance
    from workstation.presentation_states.displayed import Displayed
    from workstation.presentation_states.displayed_area import Display
    from workstation.presentation_states.errors import StateError
    from workstation.presentation_states.presentation import ImageFrames, Presentation, Window
    from workstation.presentation_states.rendering import Rendering, check, render
    from workstation.presentation_states.state import PresentationState

__all__ = [
    "Display",
    "Displayed",
    "ImageFrames",
    "Presentation",
    "PresentationState",
    "Rendering",
    "StateError",
    "Window",
    "check",
    "create_state",
    "new_instance",
    "render",
]

# Loaded at first use: the request models are needed for `--help`, which must not wait for pydicom and numpy.
_MODULES = {
    "Display": "displayed_area",
    "Displayed": "displayed",
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
