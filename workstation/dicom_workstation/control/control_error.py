"""What is said when the control interface cannot be asked."""

from __future__ import annotations


class ControlError(Exception):
    """The control interface could not be asked, or refused the request."""
