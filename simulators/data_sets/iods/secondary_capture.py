"""Secondary Capture, its multi-frame relations, and the retired Hardcopy images.

References
----------
PS3.3 A.8; C.8.6.1 to C.8.6.4. Hardcopy: PS3.3-2004 A.?, retired since.
"""

from __future__ import annotations

from ..plan import Attributes, Plan


def sc_equipment(plan: Plan) -> Attributes:
    """SC Equipment (C.8.6.1) and SC Image (C.8.6.2)."""
    return {"ConversionType": "SYN", "DateOfSecondaryCapture": plan.StudyDate, "TimeOfSecondaryCapture": plan.StudyTime}
