"""What the user sees of an image in memory: decoded, rendered, presented, saved.

May import: `pixels`, `presentation_states`, `instances` and what stands below them.
Begin with `viewer`.
"""

from dicom_workstation.viewing.viewer import Viewer

__all__ = [
    "Viewer",
]
