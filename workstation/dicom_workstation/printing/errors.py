"""The error raised when something cannot be printed as requested."""

from __future__ import annotations


class PrintError(Exception):
    """A request, or an image of it, that cannot be printed; the text says which, and why."""
