"""What is said when a presentation state cannot be read, applied or created."""

from __future__ import annotations


class StateError(Exception):
    """A presentation state that cannot be followed; the text says which attribute, and why."""
