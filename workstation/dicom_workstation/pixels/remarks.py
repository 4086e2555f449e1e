"""What is wrong with how an image asks to be displayed: an error in a presentation state, a warning in an image.

Invariants: whoever reads a value says what is wrong with it before going on with what can be used of it. By default
that is the end of it; an image's own values are read with `Remarks`, and shown without what cannot be used.

References
----------
docs/reading-images.md
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

from dicom_workstation.pixels.errors import PixelError

_MOST: Final = 32


class Complaints(Protocol):
    """Where a reader says what is wrong."""

    def add(self, text: str) -> None:
        """Say what is wrong; PixelError where nothing may be."""


class _Refusing:
    """Takes nothing that is wrong."""

    def add(self, text: str) -> None:
        raise PixelError(text)


REFUSING: Final[Complaints] = _Refusing()


@dataclass(slots=True)
class Remarks:
    """Gathers what is wrong, each once, and no more than a user reads."""

    _texts: dict[str, None] = field(default_factory=dict)

    def add(self, text: str) -> None:
        """Note it."""
        if len(self._texts) < _MOST:
            self._texts[text] = None

    @property
    def texts(self) -> tuple[str, ...]:
        """What was noted, in order."""
        return tuple(self._texts)

    @contextmanager
    def without(self, what: str, *errors: type[Exception]) -> Iterator[None]:
        """Go on without something that cannot be read: a PixelError, or one of `errors`, becomes a remark."""
        try:
            yield
        except Exception as error:
            if not isinstance(error, (PixelError, *errors)):
                raise
            self.add(f"{error} (the image is shown without {what})")
