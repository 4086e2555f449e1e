"""Grayscale Softcopy Presentation States: applied to images (SCP) and created from what is displayed (SCU).

References
----------
Conformance statement, 3.2.5; PS3.4 Annex N; PS3.3 A.33.1
"""

from workstation.presentation_states.creation import create_state, new_instance
from workstation.presentation_states.displayed import Displayed
from workstation.presentation_states.displayed_area import Display
from workstation.presentation_states.errors import StateError
from workstation.presentation_states.presentation import ImageFrames, Presentation, Window, checked
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
    "checked",
    "create_state",
    "new_instance",
    "render",
]
