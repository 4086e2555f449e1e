"""What cannot be shown, and why.

Invariants: one exception for all that the pixel pipeline refuses or cannot do; its text is for a person.
"""

from __future__ import annotations


class PixelError(Exception):
    """Pixel data, or a transformation of it, that cannot be decoded or that is refused; the text says why."""
