"""The types of graphics, and how many points each has (PS3.3 C.10.5.1.2)."""

from __future__ import annotations

from typing import Final

# Graphic Type -> the least and the greatest number of points.
GRAPHIC_TYPES: Final[dict[str, tuple[int, int | None]]] = {
    "POINT": (1, 1),
    "POLYLINE": (2, None),
    "INTERPOLATED": (2, None),
    "CIRCLE": (2, 2),
    "ELLIPSE": (4, 4),
}


def wrong_count(graphic_type: str, count: int) -> str:
    """Say that a graphic of this type cannot have so many points; nothing if it can."""
    least, most = GRAPHIC_TYPES[graphic_type]
    if count < least or (most is not None and count > most):
        return f"a graphic of type {graphic_type} has {count} points"
    return ""
