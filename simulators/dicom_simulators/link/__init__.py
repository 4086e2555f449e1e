"""The link: it stands between two systems, records every byte, and misbehaves on request.

May import: `dicom_wire`, `association`, `faults`.
Begin with `link`.
"""

from dicom_simulators.link.link import Link

__all__ = [
    "Link",
]
