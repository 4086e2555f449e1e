"""What the user sees of an image in memory: decoded, rendered, presented, saved.

May import: `pixels`, `presentation_states`, `instances` and what stands below them.
Begin with `viewer`; `frame_values` is for a display that changes the window by itself.
"""

from dicom_workstation.viewing.frame_values import FrameValuesError, frame_facts, frame_values
from dicom_workstation.viewing.viewer import Viewer

__all__ = [
    "FrameValuesError",
    "Viewer",
    "frame_facts",
    "frame_values",
]
