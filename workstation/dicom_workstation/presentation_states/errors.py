"""The error raised when a presentation state cannot be read, applied or created."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dicom_workstation.data_sets import UNREADABLE, is_our_mistake, suppress_warnings


class StateError(Exception):
    """A presentation state that cannot be followed; the text says which attribute, and why."""


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn what pydicom raises on elements that it cannot read into a StateError; its complaints are not warnings."""
    try:
        with suppress_warnings():
            yield
    except UNREADABLE as error:
        if is_our_mistake(error):
            raise
        raise StateError(f"{what} cannot be read: {type(error).__name__}: {str(error)[:200]}") from error
